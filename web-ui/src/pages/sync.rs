//! Sync: each peer and space in words and numbers, and what a person can do about it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cairn_casebook::{Actor, Carried, Casebook, CasebookError, PeerSync, ReplicaId, Right, SyncStatus};

use super::{Done, Frame, Section, Visit, page, page_with};
use crate::Failure;
use crate::forms::CheckedForm;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};

#[derive(Template)]
#[template(path = "sync.html")]
pub(super) struct SyncPage {
    pub frame: Frame,
    pub status: SyncStatus,
    /// What this machine carries and cannot read.
    pub carried: Vec<Carried>,
    pub address: String,
}

#[derive(Template)]
#[template(path = "parts/sync_line.html")]
pub(super) struct SyncLine {
    pub frame: Frame,
}

/// What is where.
pub(super) async fn show(State(state): State<AppState>, visit: Visit, who: SignedIn) -> Result<Response, Failure> {
    let (status, carried) = what_is_where(&state, who.actor.clone()).await?;
    page(&SyncPage::of(visit, status, carried))
}

async fn what_is_where(state: &AppState, actor: Actor) -> Result<(SyncStatus, Vec<Carried>), Failure> {
    let read = move |casebook: &Casebook, now_ms| -> Result<_, CasebookError> {
        Ok((casebook.sync_status(&actor, now_ms)?, casebook.carried(&actor)?))
    };
    Ok(blocking(state, read).await?)
}

/// The footer's sentence, asked for by every open page now and then.
pub(super) async fn footer(visit: Visit) -> Result<Response, Failure> {
    page(&SyncLine { frame: visit.frame(Section::Other, "") })
}

/// Asks for a sync.
pub(super) async fn now(State(state): State<AppState>, sent: CheckedForm) -> Result<Response, Failure> {
    command(&state, &sent, |casebook, actor, now_ms| casebook.ask_sync(actor, true, now_ms)).await?;
    Ok(Done::SyncAsked.at("/sync"))
}

/// Cancels the sync that is going.
pub(super) async fn cancel(State(state): State<AppState>, sent: CheckedForm) -> Result<Response, Failure> {
    command(&state, &sent, |casebook, actor, now_ms| casebook.ask_sync(actor, false, now_ms)).await?;
    Ok(Done::SyncCancelled.at("/sync"))
}

/// Cuts the links of this machine.
pub(super) async fn cut(State(state): State<AppState>, sent: CheckedForm) -> Result<Response, Failure> {
    command(&state, &sent, |casebook, actor, now_ms| casebook.set_cut(actor, true, now_ms)).await?;
    Ok(Done::Cut.back_at(sent.get("back")))
}

/// Restores the links of this machine.
pub(super) async fn restore(State(state): State<AppState>, sent: CheckedForm) -> Result<Response, Failure> {
    command(&state, &sent, |casebook, actor, now_ms| casebook.set_cut(actor, false, now_ms)).await?;
    Ok(Done::Restored.back_at(sent.get("back")))
}

/// Adds an address for a peer.
pub(super) async fn add_address(
    State(state): State<AppState>,
    visit: Visit,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let address = sent.get("address").to_string();
    let replica = match sent.get("replica") {
        "" => None,
        text => Some(text.parse::<ReplicaId>().map_err(|_| Failure::not_from_here())?),
    };
    let wanted = address.clone();
    let added =
        command(&state, &sent, move |casebook, actor, now_ms| casebook.add_address(actor, replica, &wanted, now_ms));
    let failure = match added.await {
        Ok(()) => return Ok(Done::AddressAdded.at("/sync")),
        Err(failure) => failure,
    };
    let (status, carried) = what_is_where(&state, sent.signed_in.actor.clone()).await?;
    let mut shown = SyncPage { address, ..SyncPage::of(visit, status, carried) };
    shown.frame.troubles.push(super::Trouble { at: "address".into(), text: failure.in_words(shown.frame.words) });
    page_with(failure.status, &shown)
}

/// Runs a command of the person who sent a form.
async fn command(
    state: &AppState,
    sent: &CheckedForm,
    work: impl FnOnce(&Casebook, &Actor, u64) -> Result<(), CasebookError> + Send + 'static,
) -> Result<(), Failure> {
    let actor = sent.signed_in.actor.clone();
    Ok(blocking(state, move |casebook, now_ms| work(casebook, &actor, now_ms)).await?)
}

impl SyncPage {
    pub(super) fn of(visit: Visit, status: SyncStatus, carried: Vec<Carried>) -> Self {
        let title = visit.words().t("sync-title");
        Self { frame: visit.frame(Section::Sync, title), status, carried, address: String::new() }
    }

    /// Entries that wait for a peer, in both directions.
    pub fn waits(&self, peer: &PeerSync) -> (u64, u64) {
        peer.spaces.iter().fold((0, 0), |(send, receive), space| (send + space.to_send, receive + space.to_receive))
    }

    /// When the peer is tried again; nothing when the link waits for something, which says that itself.
    pub fn next_attempt(&self, peer: &PeerSync) -> Option<u64> {
        peer.next_attempt_ms.filter(|_| peer.link.waits.is_none())
    }

    /// Key of the words for a kind of space.
    pub fn kind_key(&self, kind: &str) -> &'static str {
        super::space_kind_key(kind)
    }

    /// What is said of a peer with which every space is equal: while there is a link, or as of the last comparison. Before
    /// its first sync a post shares no space but the registry, and that this is equal is not everything.
    pub fn all_equal(&self, peer: &PeerSync) -> Option<&'static str> {
        let records = peer.spaces.iter().any(|space| space.kind == "records");
        let equal = records && peer.spaces.iter().all(|space| space.equal == Some(true));
        let then = peer.last_equal_ms.map(|_| "sync-all-equal-then");
        if peer.connected { Some("sync-all-equal") } else { then }.filter(|_| equal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::gallery::Flavour;

    #[test]
    fn everything_is_equal_only_when_records_were_compared_and_there_is_a_link() {
        let status = Flavour::PLAIN.sync();
        let said = |connected, kinds: &[&str], equal| {
            let visit = Flavour::PLAIN.visit(cairn_casebook::Role::Officer, "/sync");
            let page = SyncPage::of(visit, status.clone(), Vec::new());
            let mut peer = status.peers[0].clone();
            peer.connected = connected;
            peer.spaces.retain(|space| kinds.contains(&space.kind.as_str()));
            peer.spaces.iter_mut().for_each(|space| space.equal = equal);
            page.all_equal(&peer)
        };
        let all = ["registry", "records", "audit"];
        assert_eq!(said(true, &all, Some(true)), Some("sync-all-equal"));
        assert_eq!(said(false, &all, Some(true)), Some("sync-all-equal-then"));
        assert_eq!(said(true, &["registry"], Some(true)), None, "of the records nothing was compared");
        assert_eq!([said(true, &all, None), said(true, &all, Some(false)), said(true, &[], None)], [None; 3]);
    }
}
