//! What can go wrong at the door, in sentences for people.

use cairn_finder::FinderError;
use cairn_ledger::view::ViewError;
use cairn_ledger::{CommitError, StoreError};
use cairn_record::{Arg, Problem, Reason, reason};

/// Why a request was not carried out. The texts say what happened, whether anything was lost and what to do.
#[derive(Debug, thiserror::Error)]
pub enum CasebookError {
    /// The role may not.
    #[error(transparent)]
    Refused(#[from] crate::Refused),
    /// The draft breaks rules; nothing was written.
    #[error("the record was not saved: {} ", .0.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Problem>),
    /// No such thing here.
    #[error("{0}")]
    NotFound(Reason),
    /// The request does not make sense as it stands; nothing was changed.
    #[error("{0}")]
    BadRequest(Reason),
    /// Not possible in the present state (not enrolled, already enrolled, links cut …).
    #[error("{0}")]
    NotNow(Reason),
    /// The peer's parcel was refused with a named reason.
    #[error("{name}: {detail}")]
    PeerRefused {
        /// Stable name of the reason.
        name: &'static str,
        /// More, for a person.
        detail: Reason,
    },
    /// There is no room on the disk; nothing was written.
    #[error("{0}")]
    NoRoom(Reason),
    /// Views or search cannot be read for the moment. [`Casebook::tick`](crate::Casebook::tick) mends them.
    #[error("{}", self.reason())]
    Mending(Reason),
    /// Durable in the logs, but the views could not follow.
    #[error("{}", self.reason())]
    SavedUnseen(Reason),
    /// The disk failed, or what it holds cannot be read.
    #[error("{0}")]
    Storage(Reason),
}

impl CasebookError {
    /// The same as data, for those who say it in other words.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Refused(_) => reason!("not-your-role"),
            Self::Invalid(problems) => {
                let all = problems.iter().map(|problem| Arg::from(problem.said()));
                reason!("not-saved", problems = Arg::List(all.collect()))
            }
            Self::NotFound(reason)
            | Self::BadRequest(reason)
            | Self::NotNow(reason)
            | Self::NoRoom(reason)
            | Self::Storage(reason) => reason.clone(),
            Self::Mending(why) => reason!("mending", why = why.clone()),
            Self::SavedUnseen(why) => reason!("saved-unseen", why = why.clone()),
            Self::PeerRefused { detail, .. } => detail.clone(),
        }
    }
}

/// Why a sign-in failed. Deliberately says no more than this.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown name, wrong password or switched-off account.
    #[error("the name or the password is wrong")]
    Wrong,
    /// Too many failures.
    #[error("too many failed attempts; the next one is possible in {seconds} s")]
    Wait {
        /// How long to wait.
        seconds: u64,
    },
    /// The disk is full to the last byte of the reserve: the audit cannot be written, so nobody may come in.
    #[error("{0}")]
    NoRoom(Reason),
    /// The audit could not be written, so nobody may come in.
    #[error("sign-in is not possible: {0}")]
    Storage(String),
}

impl SignInError {
    /// The audit line of a sign-in could not be written.
    pub(crate) fn unaudited(error: &CasebookError) -> Self {
        match error {
            CasebookError::NoRoom(_) => Self::NoRoom(reason!("sign-in-disk-full")),
            other => Self::Storage(other.to_string()),
        }
    }
}

impl From<CommitError> for CasebookError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => error.into(),
            other => Self::Storage(reason!("disk-other", detail = other.to_string())),
        }
    }
}

impl From<std::io::Error> for CasebookError {
    fn from(error: std::io::Error) -> Self {
        Self::Storage(reason!("disk-other", detail = error.to_string()))
    }
}

impl From<StoreError> for CasebookError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::NoRoom(reason!("disk-full")),
            StoreError::LowSpace { free_bytes, floor_bytes } => {
                let mb = |bytes: u64| bytes / 1_000_000;
                Self::NoRoom(reason!("disk-low", free = mb(free_bytes), floor = mb(floor_bytes)))
            }
            StoreError::NeedsReopen => Self::Storage(reason!("disk-reopen")),
            other => Self::Storage(reason!("disk-other", detail = other.to_string())),
        }
    }
}

impl From<ViewError> for CasebookError {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::TooLarge { .. } | ViewError::Locked => {
                Self::Storage(reason!("disk-other", detail = error.to_string()))
            }
            ViewError::Full => Self::Mending(reason!("view-no-room")),
            ViewError::Corrupt(_) => Self::Mending(reason!("view-damage")),
            other => Self::Mending(reason!("view-other", detail = other.to_string())),
        }
    }
}

impl From<FinderError> for CasebookError {
    /// A question over a limit is the asker's to change; everything else is the index in trouble.
    fn from(error: FinderError) -> Self {
        match error {
            FinderError::QueryTooLong { max, .. } => Self::BadRequest(reason!("search-too-long", most = max)),
            FinderError::PageTooLarge { .. } => Self::BadRequest(reason!("search-too-deep")),
            other => Self::Storage(reason!("disk-other", detail = other.to_string())),
        }
    }
}
