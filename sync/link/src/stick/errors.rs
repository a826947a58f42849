//! Why a stick could not be written or read, each with its name and its sentence.

use cairn_casebook::{CasebookError, Reason, StickRefused, reason};
use cairn_ledger::age_file::AgeFileError;
use cairn_sync_protocol::Refusal;

/// What was kept of a stick before it broke.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Entries.
    pub entries: u64,
    /// Files that became whole.
    pub files: u64,
}

/// A stick could not be written or read.
#[derive(Debug)]
pub enum StickError {
    /// The casebook refused: the role, a stick that is foreign, replayed, expired, of an unknown writer; or its disk.
    Casebook(CasebookError),
    /// Not a stick at all.
    NotAStick,
    /// It breaks off.
    Truncated(Kept),
    /// It is not as it was written.
    Altered(Kept),
    /// It is in a form from a newer Cairn.
    Newer(Kept),
    /// It goes on from what is not here.
    Missing {
        /// Its number.
        number: u64,
        /// Who wrote it.
        site: String,
        /// What fitted and was kept.
        kept: Kept,
    },
    /// It is larger than one stick may be.
    TooLarge(&'static str),
    /// The medium said no.
    Medium(std::io::Error),
}

impl From<CasebookError> for StickError {
    fn from(error: CasebookError) -> Self {
        Self::Casebook(error)
    }
}

impl std::fmt::Display for StickError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.reason())
    }
}

impl std::error::Error for StickError {}

impl StickError {
    /// The same as data, for those who say it in other words.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Casebook(error) => error.reason(),
            Self::NotAStick => reason!("stick-none"),
            Self::Truncated(kept) => reason!("stick-truncated", kept = kept.reason()),
            Self::Altered(kept) => reason!("stick-altered", kept = kept.reason()),
            Self::Newer(kept) => reason!("stick-newer", kept = kept.reason()),
            Self::Missing { number, site, kept } => {
                reason!("stick-missing", number = *number, site = site, kept = kept.reason())
            }
            Self::TooLarge(what) => reason!("stick-too-large", what = *what),
            Self::Medium(error) => reason!("stick-medium", detail = error.to_string()),
        }
    }

    /// The stable name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Casebook(CasebookError::PeerRefused { name, .. }) => name,
            Self::Casebook(_) => "casebook",
            Self::NotAStick => "not-a-stick",
            Self::Truncated(_) => "stick-truncated",
            Self::Altered(_) => "stick-altered",
            Self::Newer(_) => "stick-newer",
            Self::Missing { .. } => "stick-missing",
            Self::TooLarge(_) => "stick-too-large",
            Self::Medium(_) => "stick-medium",
        }
    }

    /// What an age file that does not open means, after so much was kept.
    pub(super) fn of_file(error: AgeFileError, kept: Kept) -> Self {
        match error {
            AgeFileError::NotAge => Self::NotAStick,
            AgeFileError::NotForUs => Self::Casebook(StickRefused::Foreign.into()),
            AgeFileError::Truncated => Self::Truncated(kept),
            AgeFileError::Altered => Self::Altered(kept),
            AgeFileError::Key(error) => Self::Casebook(CasebookError::Storage(error.to_string().into())),
            AgeFileError::Io(error) => Self::Medium(error),
        }
    }

    /// What content that breaks the format means.
    pub(super) fn of_content(refusal: Refusal, kept: Kept) -> Self {
        match refusal {
            Refusal::BadValue("the first bytes of a stick") => Self::NotAStick,
            Refusal::UnknownForm(_) | Refusal::UnknownFrame(_) | Refusal::UnknownDictionary(_) => Self::Newer(kept),
            _ => Self::Altered(kept),
        }
    }
}

impl Kept {
    /// In words.
    fn reason(self) -> Reason {
        match self {
            Self { entries: 0, files: 0 } => reason!("stick-kept-nothing"),
            Self { entries, files: 0 } => reason!("stick-kept", entries = entries),
            Self { entries, files } => reason!("stick-kept-files", entries = entries, files = files),
        }
    }
}
