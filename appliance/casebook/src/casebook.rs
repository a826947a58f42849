//! The words in which others talk to the casebook: how it is opened, what it tells, what the sync task brings.

use std::collections::BTreeMap;

use cairn_ledger::registry::ReplicaRole;
use cairn_ledger::{EntryHash, Frontier, ReplicaId, SpaceId};
use cairn_record::Reason;

/// Source of randomness, passed in by the binary (and by the simulator, from a seed).
pub trait Entropy: Send + Sync {
    /// Fills the buffer with unpredictable bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// How the machine's secrets are opened.
#[derive(Clone, Debug)]
pub enum Unlock {
    /// A passphrase, through Argon2id.
    Passphrase(zeroize::Zeroizing<String>),
    /// A file with 32 random bytes; `init` makes it when it does not exist.
    KeyFile(std::path::PathBuf),
}

/// What a new installation is.
#[derive(Clone, Debug)]
pub struct InitRequest {
    /// Agency name.
    pub agency: String,
    /// Site name.
    pub site: String,
    /// ISO 3166-1 alpha-3.
    pub country: String,
    /// True for a hub.
    pub hub: bool,
    /// True for a demonstration or a classroom.
    pub demo: bool,
}

/// The one door. Safe to call from many threads behind an `Arc`. All calls block for as long as the disk takes; callers
/// in async code use `spawn_blocking`.
pub struct Casebook(pub(crate) crate::core::Parts);

/// Something another part of the appliance may want to react to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Entries were written or kept in a space; `urgent` when any was in the urgent lane; `audit` when it was only audit or receipts.
    Entries {
        /// Where.
        space: SpaceId,
        /// Whether any of them is urgent.
        urgent: bool,
        /// Whether they are audit entries and receipts only.
        audit: bool,
    },
    /// Membership or keys changed.
    Registry,
    /// Links were cut or restored, or a sync was asked for or cancelled.
    Links,
    /// Chunks of attachments are wanted, or have come.
    Attachments,
}

/// What was kept of a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Last number now held of that log.
    pub number: u64,
    /// Its hash.
    pub hash: EntryHash,
    /// How many entries were new.
    pub new: u64,
}

/// A member of the agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its key.
    pub replica: ReplicaId,
    /// Its site.
    pub site: String,
    /// What it is for.
    pub role: ReplicaRole,
    /// Addresses `host:port`, best first.
    pub addresses: Vec<String>,
}

impl Member {
    /// Whether others come to it for what the agency holds.
    pub fn is_hub(&self) -> bool {
        self.role == ReplicaRole::Hub
    }
}

/// A space shared with a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedSpace {
    /// The space.
    pub space: SpaceId,
    /// Whether it is the registry (goes first and completely).
    pub registry: bool,
    /// Whether it is audit (goes last, does not wake a sync by itself).
    pub audit: bool,
}

/// What happened with a peer.
#[derive(Clone, Debug, PartialEq)]
pub enum PeerEvent {
    /// A session was opened.
    Connected {
        /// The peer's address, where it can be dialled again.
        address: String,
    },
    /// The session ended.
    Disconnected {
        /// Why; `None` when it ended in good order.
        reason: Option<Reason>,
    },
    /// An attempt failed.
    Failed {
        /// Why.
        reason: Reason,
        /// When it is tried again.
        next_attempt_ms: Option<u64>,
    },
    /// The peer's frontier of a space, as its greeting, its parcels and its answers say.
    Frontier {
        /// The space.
        space: SpaceId,
        /// What the peer holds of it.
        frontier: Frontier,
    },
    /// Bytes moved since the last event of this kind.
    Bytes {
        /// To the peer.
        sent: u64,
        /// From the peer.
        received: u64,
    },
    /// The peer was proved to hold the same as this machine: this.
    Equal {
        /// Frontier of each shared space.
        held: BTreeMap<SpaceId, Frontier>,
    },
    /// Entries of a space were read to be sent to the peer.
    Sending {
        /// The space.
        space: SpaceId,
        /// How many.
        entries: u64,
    },
    /// Some time passed in a session; to be told about once a minute.
    Passing,
    /// The peer's clock differs from ours.
    ClockSkew {
        /// Milliseconds by which it is ahead.
        ms: i64,
    },
    /// What the peer said of files: how many of those it wants it lacks, and of how many files it knows.
    Files {
        /// Files that it wants and of which chunks are missing there.
        lacking: u64,
        /// Files of which it holds the manifest.
        known: u64,
    },
    /// The peer sent something that was refused.
    Refused {
        /// Stable name of the reason.
        name: String,
        /// The reason as a sentence.
        detail: String,
    },
}

/// An invitation for one post, one more hub or one relay.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Invitation {
    /// The code to read over the telephone: groups of four characters, pins the hub's key and carries the secret.
    pub code: String,
    /// Addresses of the hub.
    pub addresses: Vec<String>,
    /// Agency name, for the person who joins to recognise.
    pub agency: String,
    /// Site of the hub.
    pub site: String,
    /// Until when.
    pub expires_ms: u64,
    /// Whether it admits another hub.
    #[serde(default)]
    pub hub: bool,
    /// Whether it admits a relay; neither: a post.
    #[serde(default)]
    pub relay: bool,
}

impl Invitation {
    /// What it admits.
    pub const fn role(&self) -> ReplicaRole {
        crate::role_of(self.hub, self.relay)
    }
}

/// What a post, or one more hub, sends to join.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct JoinRequest {
    /// The secret part of the code.
    pub secret: [u8; crate::code::SECRET_BYTES],
    /// Site name of the post.
    pub site: String,
    /// ISO 3166-1 alpha-3.
    pub country: String,
    /// Its age recipient.
    pub age_recipient: String,
    /// Whether it is a hub.
    #[serde(default)]
    pub hub: bool,
    /// Where others reach it, when it is a hub or becomes a relay.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// Whether no record was ever written on it: only such a machine can become a relay.
    #[serde(default)]
    pub unused: bool,
    /// Spaces that it opened before it joined, so that nothing written until then is lost to the agency.
    pub spaces: Vec<JoiningSpace>,
}

/// A space that a post brings along. Its key travels inside TLS to the hub whose key the code pins.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct JoiningSpace {
    /// The space.
    pub space: SpaceId,
    /// `records` or `audit`.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// The epoch of the key.
    pub epoch: u32,
    /// The key.
    pub key: [u8; 32],
}

/// What the hub answers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct JoinGrant {
    /// Agency name.
    pub agency: String,
    /// The registry space.
    pub registry: SpaceId,
    /// Root public key of the agency.
    pub root: [u8; 32],
    /// Epoch of the registry's key.
    pub registry_epoch: u32,
    /// The registry's key.
    pub registry_key: [u8; 32],
    /// The site name under which the post is certified.
    pub site: String,
    /// The hub.
    pub hub: ReplicaId,
    /// Its addresses.
    pub addresses: Vec<String>,
    /// Whether the newcomer is a relay.
    #[serde(default)]
    pub relay: bool,
}
