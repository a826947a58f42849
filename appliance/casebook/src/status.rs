//! What the casebook answers about the machine itself: people, peers, identity, audit. Stable JSON.

use cairn_ledger::{Lane, ReplicaId, SpaceId};
use cairn_record::{Reason, RecordId};
use serde::{Deserialize, Serialize};

use crate::link_rules::{HeldBack, LinkRule};
use crate::{Notice, Role};

/// A person who can sign in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Sign-in name.
    pub user: String,
    /// Name others see.
    pub display: String,
    /// Role.
    pub role: Role,
    /// Whether sign-in is switched off.
    pub disabled: bool,
    /// Last sign-in on this machine since it was started.
    pub last_sign_in_ms: Option<u64>,
}

/// A person to add.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPerson {
    /// Sign-in name: 2 to 32 of a–z, 0–9, dot, hyphen.
    pub user: String,
    /// Name others see, at most 64 characters.
    pub display: String,
    /// Role.
    pub role: Role,
    /// Password, at least 10 characters.
    pub password: String,
}

/// What stands between this machine and one peer in one space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceSync {
    /// The space.
    pub space: SpaceId,
    /// Its title.
    pub title: String,
    /// `registry`, `records` or `audit`.
    pub kind: String,
    /// Whether both frontiers were equal when last compared and nothing was written here since; `None`: never compared.
    pub equal: Option<bool>,
    /// Entries here that the peer lacked when last compared; 0 when never compared.
    pub to_send: u64,
    /// Entries the peer announced that are not here yet.
    pub to_receive: u64,
}

/// One peer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerSync {
    /// The peer.
    pub replica: ReplicaId,
    /// Its site.
    pub site: String,
    /// `hub` or `post`.
    pub role: String,
    /// Addresses known, last that worked first.
    pub addresses: Vec<String>,
    /// Whether a session is open now.
    pub connected: bool,
    /// When a session last reached the end of its greeting.
    pub last_contact_ms: Option<u64>,
    /// When all spaces were last equal.
    pub last_equal_ms: Option<u64>,
    /// Bytes sent to it since the machine started.
    pub bytes_sent: u64,
    /// Bytes received from it since the machine started.
    pub bytes_received: u64,
    /// Why the last attempt failed, in a sentence; empty when it did not.
    pub failure: String,
    /// The same as data, for those who say it in other words.
    #[serde(skip)]
    pub failed: Option<Reason>,
    /// The next attempt by itself; `None` when none is due, when it waits for a person, and while links are cut.
    pub next_attempt_ms: Option<u64>,
    /// How the link is used, by the rules of this machine.
    pub link: LinkUse,
    /// Per space.
    pub spaces: Vec<SpaceSync>,
}

/// How the link with a peer is used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkUse {
    /// The rule that counts.
    pub rule: LinkRule,
    /// Whether it is the site's own; else it is the general one.
    pub own: bool,
    /// Minutes by which the time of the rules is ahead of UTC.
    pub offset_minutes: i32,
    /// Bytes that went today under this rule, both ways.
    pub used_today: u64,
    /// Why the link is not used now, if it is not.
    pub waits: Option<LinkWaits>,
}

/// Why a link is not used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkWaits {
    /// Why.
    pub because: HeldBack,
    /// Until when, if time alone changes it.
    pub until_ms: Option<u64>,
}

/// What is where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncStatus {
    /// Whether links are cut here on purpose.
    pub cut: bool,
    /// Until when nothing goes because a person cancelled, if one did: urgent entries go, and "Sync now" goes on.
    pub cancelled_until_ms: Option<u64>,
    /// Peers.
    pub peers: Vec<PeerSync>,
    /// One sentence for the footer.
    pub words: String,
    /// `ok`, `waiting`, `cut`, `alone` or `trouble`: for the mark beside the sentence.
    pub state: String,
    /// What to know before trusting a date or the name of a machine.
    pub notices: Vec<Notice>,
}

/// What this installation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The replica.
    pub replica: ReplicaId,
    /// Agency name.
    pub agency: String,
    /// Site name.
    pub site: String,
    /// ISO 3166-1 alpha-3.
    pub country: String,
    /// `hub` or `post`.
    pub role: String,
    /// Whether a hub has certified it (a hub certifies itself).
    pub enrolled: bool,
    /// Whether it keeps the registry of its agency, so that it can invite.
    pub keeps_registry: bool,
    /// Whether this is a demonstration: shown on every page.
    pub demo: bool,
}

/// One line of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditLine {
    /// Site whose log it is in.
    pub site: String,
    /// Number in that log.
    pub number: u64,
    /// When, by that site's clock.
    pub at_ms: u64,
    /// Who.
    pub person: String,
    /// Sign-in name.
    pub user: String,
    /// Their role.
    pub role: String,
    /// `check`, `search`, `view`, `create`, `change`, `settle`, `import`, `undo_import`, `sign_in`, `sign_in_refused`,
    /// `sign_out`, `people`, `enrol`, `sync`, `stick_write`, `stick_read`, `stick_refused`, `stick_receipt`, `audit_read`, `refused`, `start`, `new_incarnation`, `fork`.
    pub action: String,
    /// On what: record ids.
    pub records: Vec<RecordId>,
    /// In English words: the text checked, the file imported, what happened.
    pub detail: String,
    /// The same as data, where it is a sentence.
    #[serde(skip)]
    pub said: Option<Reason>,
    /// How many hits, rows, entries; by action.
    pub count: u64,
    /// Whether a peer is proved to hold this entry.
    pub witnessed: bool,
}

/// Which lines of the audit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditQuery {
    /// Only this action; empty means all.
    pub action: String,
    /// Only this sign-in name; empty means all.
    pub user: String,
    /// Only lines that touch this record.
    pub record: Option<RecordId>,
    /// Lines older than this; `None` starts at the newest.
    pub before_ms: Option<u64>,
    /// At most this many, up to 500; 0 means 100.
    pub limit: usize,
}

/// A verified log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedLog {
    /// Title of its space.
    pub space: String,
    /// Kind of its space.
    pub kind: String,
    /// Who wrote it.
    pub site: String,
    /// Lane.
    pub lane: Lane,
    /// Entries verified.
    pub entries: u64,
    /// Whether nothing is wrong with what is there, and damage of this disk took some.
    #[serde(skip)]
    pub holed: bool,
    /// What is wrong, or empty.
    pub fault: String,
    /// The same as data, for those who say it in other words.
    #[serde(skip)]
    pub said: Option<Reason>,
}

/// The result of verifying logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Whether every log verified.
    pub sound: bool,
    /// Each log.
    pub logs: Vec<VerifiedLog>,
}
