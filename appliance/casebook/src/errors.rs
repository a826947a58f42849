//! What can go wrong at the door, in sentences for people.

use cairn_finder::FinderError;
use cairn_ledger::view::ViewError;
use cairn_ledger::{CommitError, StoreError};
use cairn_record::Problem;

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
    #[error("{0} is not held here; it may not have arrived yet")]
    NotFound(String),
    /// The request does not make sense as it stands; nothing was changed.
    #[error("{0}")]
    BadRequest(String),
    /// Not possible in the present state (not enrolled, already enrolled, links cut …).
    #[error("{0}")]
    NotNow(String),
    /// The peer's parcel was refused with a named reason.
    #[error("{name}: {detail}")]
    PeerRefused {
        /// Stable name of the reason.
        name: &'static str,
        /// More, for a person.
        detail: String,
    },
    /// There is no room on the disk; nothing was written.
    #[error("{0}")]
    NoRoom(String),
    /// Views or search cannot be read for the moment. [`Casebook::tick`](crate::Casebook::tick) mends them.
    #[error(
        "the appliance is putting its index right after an error of the disk ({0}); no record is lost, and nothing is \
         answered meanwhile, because the answer could be incomplete: try again in a few seconds"
    )]
    Mending(String),
    /// Durable in the logs, but the views could not follow.
    #[error(
        "this was saved on this machine and is safe, but it cannot be shown yet ({0}): do not enter it again, it appears \
         by itself when the disk works again"
    )]
    SavedUnseen(String),
    /// The disk failed, or what it holds cannot be read.
    #[error("{0}")]
    Storage(String),
}

/// Why a sign-in failed. Deliberately says no more than this.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown name, wrong password or switched-off account.
    #[error("the name or the password is wrong")]
    Wrong,
    /// Too many failures.
    #[error("too many failed attempts; try again in {seconds} seconds")]
    Wait {
        /// How long to wait.
        seconds: u64,
    },
    /// The audit could not be written, so nobody may come in.
    #[error("sign-in is not possible: {0}")]
    Storage(String),
}

macro_rules! storage {
    ($($error:ty),*) => {
        $(impl From<$error> for CasebookError {
            fn from(error: $error) -> Self {
                Self::Storage(error.to_string())
            }
        })*
    };
}

storage!(std::io::Error);

impl From<StoreError> for CasebookError {
    fn from(error: StoreError) -> Self {
        let text = error.to_string();
        match error {
            StoreError::Full | StoreError::LowSpace { .. } => Self::NoRoom(text),
            _ => Self::Storage(text),
        }
    }
}

impl From<CommitError> for CasebookError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => error.into(),
            other => Self::Storage(other.to_string()),
        }
    }
}

impl From<ViewError> for CasebookError {
    fn from(error: ViewError) -> Self {
        let text = error.to_string();
        match error {
            ViewError::TooLarge { .. } | ViewError::Locked => Self::Storage(text),
            _ => Self::Mending(text),
        }
    }
}

impl From<FinderError> for CasebookError {
    /// A question over a limit is the asker's to change; everything else is the index in trouble.
    fn from(error: FinderError) -> Self {
        let text = error.to_string();
        match error {
            FinderError::QueryTooLong { .. } | FinderError::PageTooLarge { .. } => Self::BadRequest(text),
            _ => Self::Storage(text),
        }
    }
}
