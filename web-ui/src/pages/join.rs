//! Enrolment: a hub invites a post with a code or a file, and a post joins with it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use cairn_casebook::{Invitation, ReplicaRole, join_line};

use super::{Done, Frame, Section, Trouble, Visit, page, page_with};
use crate::forms::{CheckedForm, CheckedUpload};
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::words::Html;
use crate::{Failure, qr};
use cairn_record::reason;

const HOUR_MS: u64 = 60 * 60 * 1000;
/// Hours for which an invitation can be good, with the key of the words for them; the usual one first.
pub(crate) const HOURS: [(u64, &str); 3] = [(24, "invite-valid-24"), (1, "invite-valid-1"), (168, "invite-valid-168")];
/// Addresses named in one invitation.
const ADDRESSES_MAX: usize = 8;

#[derive(Template)]
#[template(path = "invite.html")]
pub(super) struct InvitePage {
    pub frame: Frame,
    pub open: Vec<Invitation>,
    pub made: Option<Invitation>,
    pub addresses: String,
}

#[derive(Template)]
#[template(path = "join.html")]
pub(super) struct JoinPage {
    pub frame: Frame,
    pub code: String,
    pub address: String,
    /// Whether this machine has joined nobody, and nobody has joined it.
    pub may_join: bool,
}

/// Invitations that are open, and a form for another one.
pub(super) async fn invitations(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
) -> Result<Response, Failure> {
    let actor = who.actor.clone();
    let open = blocking(&state, move |casebook, now_ms| casebook.invitations(&actor, now_ms)).await?;
    page(&InvitePage::of(visit, open, None, state.settings.addresses.join("\n")))
}

/// Makes an invitation and shows its code, once.
pub(super) async fn invite(
    State(state): State<AppState>,
    visit: Visit,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let actor = sent.signed_in.actor.clone();
    let asked = sent.get("hours").parse::<u64>().unwrap_or_default();
    let hours = HOURS.into_iter().find(|(hours, _)| *hours == asked).map_or(HOURS[0].0, |(hours, _)| hours);
    let typed = sent.exact("addresses").to_string();
    let addresses = lines(&typed);
    let role = match sent.get("for") {
        "hub" => ReplicaRole::Hub,
        "relay" => ReplicaRole::Relay,
        _ => ReplicaRole::Post,
    };
    let made = blocking(&state, move |casebook, now_ms| {
        let made = casebook.invite_as(&actor, role, &addresses, hours * HOUR_MS, now_ms)?;
        Ok::<_, Failure>((made, casebook.invitations(&actor, now_ms)?))
    });
    match made.await {
        Ok((made, open)) => {
            let others = open.into_iter().filter(|one| one.code != made.code).collect();
            page(&InvitePage::of(visit, others, Some(made), typed))
        }
        Err(failure) if failure.status.is_client_error() && failure.status != StatusCode::FORBIDDEN => {
            let mut shown = InvitePage::of(visit, Vec::new(), None, typed);
            let told = failure.in_words(shown.frame.words);
            shown.frame = shown.frame.with_trouble(told);
            page_with(failure.status, &shown)
        }
        Err(failure) => Err(failure),
    }
}

/// An open invitation as a file to carry.
pub(super) async fn invitation_file(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    let actor = who.actor.clone();
    let open = blocking(&state, move |casebook, now_ms| casebook.invitations(&actor, now_ms)).await?;
    let gone = || Failure::not_found(reason!("invitation-gone"));
    let invitation = open.iter().find(|one| name_of(one) == name).ok_or_else(gone)?;
    let text = serde_json::to_string_pretty(invitation).map_err(|_| gone())?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"cairn-invitation.json\""),
    ];
    Ok((headers, text).into_response())
}

/// The form to join with.
pub(super) async fn show(State(state): State<AppState>, visit: Visit) -> Result<Response, Failure> {
    page(&JoinPage::of(visit, may_join(&state).await?))
}

async fn may_join(state: &AppState) -> Result<bool, Failure> {
    blocking(state, |casebook, _| Ok::<_, Failure>(casebook.may_join())).await
}

/// Joins the hub that the code or the file names.
pub(super) async fn join(
    State(state): State<AppState>,
    visit: Visit,
    sent: CheckedUpload,
) -> Result<Response, Failure> {
    let typed = |name: &str| sent.fields.get(name).map_or("", |text| text.trim());
    let may_join = may_join(&state).await?;
    let mut shown =
        JoinPage { code: typed("code").into(), address: typed("address").into(), ..JoinPage::of(visit, may_join) };
    let w = shown.frame.words;
    let mut addresses = lines(&shown.address);
    let mut code = shown.code.clone();
    if let Some(file) = sent.file.as_ref().filter(|file| !file.bytes.is_empty()) {
        let Ok(invitation) = serde_json::from_slice::<Invitation>(&file.bytes) else {
            return shown.again("file", w.t("join-bad-file"));
        };
        addresses.extend(invitation.addresses);
        code = invitation.code;
    }
    if code.is_empty() {
        return shown.again("code", w.t("join-need-code"));
    }
    match state.reach.join(&sent.signed_in.actor, &code, &addresses).await {
        Ok(()) => Ok(Done::Joined.at("/sync")),
        Err(refused) => {
            shown.code = code;
            shown.again("code", Failure::from(refused).in_words(w))
        }
    }
}

/// Names an invitation in addresses without giving its code away.
fn name_of(invitation: &Invitation) -> String {
    blake3::derive_key("cairn 2026 name of an invitation v1", invitation.code.as_bytes())[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Addresses one a line, or with commas between them.
fn lines(text: &str) -> Vec<String> {
    let parts = text.split(['\n', ',', ' ']).map(str::trim).filter(|part| !part.is_empty());
    parts.take(ADDRESSES_MAX).map(str::to_string).collect()
}

impl InvitePage {
    pub(super) fn of(visit: Visit, open: Vec<Invitation>, made: Option<Invitation>, addresses: String) -> Self {
        let title = visit.words().t("invite-title");
        Self { frame: visit.frame(Section::Sync, title), open, made, addresses }
    }

    /// Address of an invitation as a file.
    pub fn file(&self, invitation: &Invitation) -> String {
        format!("/sync/invite/{}/file", name_of(invitation))
    }

    /// The square that carries an invitation; nothing if it does not fit into one.
    pub fn square(&self, invitation: &Invitation) -> Option<Html> {
        qr::svg(&join_line(&invitation.code, &invitation.addresses), &self.frame.words.t("invite-scan"))
    }

    /// An invitation in one line, as a scanner types it.
    pub fn line(&self, invitation: &Invitation) -> String {
        join_line(&invitation.code, &invitation.addresses)
    }

    /// When an invitation ends, in words.
    pub fn ends(&self, invitation: &Invitation) -> String {
        self.frame.clock.until_words(invitation.expires_ms)
    }
}

impl JoinPage {
    pub(super) fn of(visit: Visit, may_join: bool) -> Self {
        let title = visit.words().t("join-title");
        Self { frame: visit.frame(Section::Sync, title), code: String::new(), address: String::new(), may_join }
    }

    /// The form again, with what was wrong.
    fn again(mut self, at: &str, text: String) -> Result<Response, Failure> {
        self.frame.troubles.push(Trouble { at: at.into(), text });
        page_with(StatusCode::UNPROCESSABLE_ENTITY, &self)
    }
}
