//! One sync with every peer whose address is known, for the command line.

use std::sync::Arc;
use std::time::Duration;

use cairn_casebook::{Member, PeerEvent, Reason, reason};
use cairn_ledger::ReplicaId;
use quinn::{Connection, Endpoint};

use crate::LinkError;
use crate::book::{Book, Clock};
use crate::conduct::Ended;
use crate::drive::{self, Link};
use crate::endpoint::{self, DialFailure};
use crate::sessions::Sessions;
use crate::tls::{Identity, SYNC_ALPN};

/// How it went with one peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerOutcome {
    /// The peer.
    pub replica: ReplicaId,
    /// Its site.
    pub site: String,
    /// Whether it is a hub.
    pub hub: bool,
    /// How it went.
    pub outcome: Outcome,
    /// Bytes sent, with everything QUIC adds.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
}

/// How a sync went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Both hold the same and have signed it.
    Equal,
    /// Something is still different; why.
    Unequal(String),
    /// It did not come to a session; why.
    Failed(String),
}

/// Syncs once with every member whose address is known, at the same time, and gives how it went, hubs first. What was
/// kept when the time runs out stays kept. Not for use while a [`crate::SyncTask`] of the same casebook runs.
pub async fn sync_once(book: Arc<dyn Book>, clock: Clock, limit: Duration) -> Result<Vec<PeerOutcome>, LinkError> {
    let (asked, replica, seed) = (book.clone(), book.replica(), book.replica_seed());
    let asked = tokio::task::spawn_blocking(move || (asked.is_cut(), asked.members())).await;
    let (cut, mut members) = asked.unwrap_or((false, Vec::new()));
    if cut {
        return Err(LinkError::Cut);
    }
    members.retain(|member| !member.addresses.is_empty());
    if members.is_empty() {
        return Err(LinkError::Nobody);
    }
    members.sort_by_key(|member| (!member.is_hub(), member.site.clone()));
    let once = Once { identity: Identity::new(replica, &seed)?, sessions: Arc::default(), book, clock, limit };
    once.listen_for_changes();
    let once = Arc::new(once);
    let syncs: Vec<_> = members.into_iter().map(|member| tokio::spawn(sync_with(once.clone(), member))).collect();
    let mut outcomes = Vec::new();
    for sync in syncs {
        outcomes.extend(sync.await.ok());
    }
    Ok(outcomes)
}

struct Once {
    identity: Identity,
    sessions: Arc<Sessions>,
    book: Arc<dyn Book>,
    clock: Clock,
    limit: Duration,
}

impl Once {
    fn listen_for_changes(&self) {
        let sessions = Arc::downgrade(&self.sessions);
        self.book.on_change(Box::new(move |change| {
            if let Some(sessions) = sessions.upgrade() {
                sessions.tell(&change);
            }
        }));
    }

    /// The first address that answers. The endpoint must live as long as the connection.
    async fn reach(&self, member: &Member) -> Result<(Endpoint, Connection), Reason> {
        let mut failure = DialFailure::Silent(reason!("link-no-such-address"));
        for name in &member.addresses {
            for address in endpoint::resolve(None, name).await {
                let endpoint =
                    endpoint::dial_only(address).map_err(|error| reason!("link-other", detail = error.to_string()))?;
                let expected = endpoint::expect_one(member.replica);
                match endpoint::dial(&endpoint, &self.identity, SYNC_ALPN, expected, address).await {
                    Ok(connection) => return Ok((endpoint, connection)),
                    Err(other) => failure = other,
                }
            }
        }
        Err(failure.reason())
    }

    async fn member_now(&self, member: Member) -> Member {
        let (book, replica) = (self.book.clone(), member.replica);
        let members = tokio::task::spawn_blocking(move || book.members()).await.unwrap_or_default();
        members.into_iter().find(|known| known.replica == replica).unwrap_or(member)
    }

    async fn note_failure(&self, peer: ReplicaId, reason: Reason) {
        let (book, now_ms) = (self.book.clone(), (self.clock)());
        let event = PeerEvent::Failed { reason, next_attempt_ms: None };
        let noted = tokio::task::spawn_blocking(move || book.note_peer(peer, event, now_ms)).await;
        if let Ok(Err(error)) = noted {
            tracing::warn!(%error, "a failed attempt could not be noted");
        }
    }
}

async fn sync_with(once: Arc<Once>, member: Member) -> PeerOutcome {
    let outcome = |member: &Member, outcome, sent, received| PeerOutcome {
        replica: member.replica,
        site: member.site.clone(),
        hub: member.is_hub(),
        outcome,
        sent,
        received,
    };
    let reached = tokio::time::timeout(once.limit, once.reach(&member)).await;
    let (endpoint, connection) = match reached.unwrap_or_else(|_| Err(reason!("link-no-answer"))) {
        Ok(reached) => reached,
        Err(reason) => {
            once.note_failure(member.replica, reason.clone()).await;
            return outcome(&member, Outcome::Failed(reason.to_string()), 0, 0);
        }
    };
    let Some(place) = once.sessions.enter(member.replica, once.book.replica()) else {
        return outcome(&member, Outcome::Failed("a sync with this peer already runs".to_owned()), 0, 0);
    };
    endpoint::welcome(&connection);
    let nudge = place.nudge.clone();
    let session = drive::run(Link {
        book: once.book.clone(),
        clock: once.clock.clone(),
        peer: member.replica,
        connection,
        dialled: true,
        place,
        once: true,
    });
    tokio::pin!(session);
    let ended = tokio::select! {
        ended = &mut session => ended,
        () = tokio::time::sleep(once.limit) => {
            nudge.close("timeout");
            session.await
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), endpoint.wait_idle()).await;
    // The first sync after joining brings the names of the sites.
    let member = once.member_now(member).await;
    outcome(&member, judge(&ended), ended.sent, ended.received)
}

fn judge(ended: &Ended) -> Outcome {
    if ended.equal {
        return Outcome::Equal;
    }
    let set_aside = ended.set_aside.join("; ");
    match &ended.reason {
        Some(reason) => Outcome::Unequal(reason.to_string()),
        None if set_aside.is_empty() => Outcome::Unequal("not everything could be exchanged yet".to_owned()),
        None => Outcome::Unequal(set_aside),
    }
}
