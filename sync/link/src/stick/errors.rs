//! Why a stick could not be written or read, each with its name and its sentence.

use cairn_casebook::{CasebookError, Reason, StickRefused, reason};
use cairn_ledger::age_file::AgeFileError;
use cairn_sync_protocol::Refusal;

/// A stick could not be written or read.
#[derive(Debug)]
pub enum StickError {
    /// The casebook refused: the role, a stick that is foreign, replayed, expired, of an unknown writer; or its disk.
    Casebook(CasebookError),
    /// Not a stick at all.
    NotAStick,
    /// It breaks off.
    Truncated(u64),
    /// It is not as it was written.
    Altered(u64),
    /// It is in a form from a newer Cairn.
    Newer(u64),
    /// It goes on from what is not here.
    Missing {
        /// Its number.
        number: u64,
        /// Who wrote it.
        site: String,
        /// Entries that fitted and were kept.
        entries: u64,
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
            Self::Truncated(entries) => reason!("stick-truncated", kept = kept(*entries)),
            Self::Altered(entries) => reason!("stick-altered", kept = kept(*entries)),
            Self::Newer(entries) => reason!("stick-newer", kept = kept(*entries)),
            Self::Missing { number, site, entries } => {
                reason!("stick-missing", number = *number, site = site, kept = kept(*entries))
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

    /// What an age file that does not open means, after so many entries were kept.
    pub(super) fn of_file(error: AgeFileError, kept: u64) -> Self {
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
    pub(super) fn of_content(refusal: Refusal, kept: u64) -> Self {
        match refusal {
            Refusal::BadValue("the first bytes of a stick") => Self::NotAStick,
            Refusal::UnknownForm(_) | Refusal::UnknownFrame(_) | Refusal::UnknownDictionary(_) => Self::Newer(kept),
            _ => Self::Altered(kept),
        }
    }
}

/// What was kept of it before it broke.
fn kept(entries: u64) -> Reason {
    match entries {
        0 => reason!("stick-kept-nothing"),
        _ => reason!("stick-kept", entries = entries),
    }
}
