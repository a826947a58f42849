//! Why something a peer sent was not kept. Every reason has a name that does not change.

use crate::crypto::OpenError;
use crate::fork::ForkProof;
use crate::names::{LogId, SpaceId};
use crate::store::StoreError;

/// A peer knows more of this replica's own log than the replica itself does: it was restored or cloned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollback {
    /// The log.
    pub log: LogId,
    /// Last number held here.
    pub held: u64,
    /// Last number that the peer knows of.
    pub known: u64,
}

/// A batch was refused. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No entries.
    #[error("the batch holds no entries")]
    Empty,
    /// Too many entries or bytes.
    #[error("the batch is larger than allowed")]
    TooLarge,
    /// An entry or the seal belongs to another log, or numbers do not follow each other.
    #[error("the entries of the batch are not consecutive entries of its log")]
    NotConsecutive,
    /// The entries before it are missing.
    #[error("the batch starts after number {held}, the last one held; the entries between are missing")]
    Gap {
        /// Last number held.
        held: u64,
    },
    /// A header does not contain the hash of the one before it.
    #[error("entry {0} does not follow from the one before it")]
    BadChain(u64),
    /// The seal does not hold.
    #[error("the seal is not the log owner's signature over the last entry")]
    BadSeal,
    /// A body is not the one that its header names.
    #[error("the body of entry {0} is not the one its header names")]
    BadBodyHash(u64),
    /// A body is missing.
    #[error("the body of entry {0} is missing")]
    MissingBody(u64),
    /// This replica keeps nothing of the space.
    #[error("this replica is not a member of space {0}")]
    WrongSpace(SpaceId),
    /// The key is not held, or not yet.
    #[error("the key of epoch {0} is not held here yet; the registry must be synced first")]
    UnknownEpoch(u32),
    /// A body does not open.
    #[error("the body of entry {0} does not open with the key it names")]
    Undecryptable(u64),
    /// The record tag of a header is not that of the record in the body.
    #[error("entry {0} names one record outside and another inside")]
    BadRecordTag(u64),
    /// The registry does not allow it.
    #[error("not authorised: {0}")]
    NotAuthorised(String),
    /// The log has two histories. The proof was kept and the log frozen.
    #[error("the log has two histories; a proof was kept, and nothing after the last common entry is taken")]
    Fork(Box<ForkProof>),
    /// The log is frozen, and the batch is beyond the point.
    #[error("the log has two histories and is frozen after entry {common}")]
    Frozen {
        /// The last common number.
        common: u64,
    },
    /// It is this replica's own log, and the peer knows more of it.
    #[error("a peer holds entries of this replica's own log that it does not have: it must take a new incarnation")]
    RolledBack(Box<Rollback>),
    /// Could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    /// A stable name for logs, tests and the protocol.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too-large",
            Self::NotConsecutive => "not-consecutive",
            Self::Gap { .. } => "gap",
            Self::BadChain(_) => "bad-chain",
            Self::BadSeal => "bad-seal",
            Self::BadBodyHash(_) => "bad-body-hash",
            Self::MissingBody(_) => "missing-body",
            Self::WrongSpace(_) => "wrong-space",
            Self::UnknownEpoch(_) => "unknown-epoch",
            Self::Undecryptable(_) => "undecryptable",
            Self::BadRecordTag(_) => "bad-record-tag",
            Self::NotAuthorised(_) => "not-authorised",
            Self::Fork(_) => "fork",
            Self::Frozen { .. } => "frozen",
            Self::RolledBack(_) => "rolled-back",
            Self::Store(StoreError::Full | StoreError::LowSpace { .. }) => "no-room",
            Self::Store(_) => "store",
        }
    }

    pub(super) fn of_body(error: &OpenError, number: u64) -> Self {
        match error {
            OpenError::UnknownEpoch(epoch) => Self::UnknownEpoch(*epoch),
            OpenError::NoBody => Self::MissingBody(number),
            OpenError::Undecryptable | OpenError::Decode(_) => Self::Undecryptable(number),
        }
    }
}
