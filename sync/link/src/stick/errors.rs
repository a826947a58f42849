//! Why a stick could not be written or read, each with its name and its sentence.

use cairn_casebook::{CasebookError, StickRefused};
use cairn_ledger::age_file::AgeFileError;
use cairn_sync_protocol::Refusal;

/// A stick could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StickError {
    /// The casebook refused: the role, a stick that is foreign, replayed, expired, of an unknown writer; or its disk.
    #[error("{}", said(.0))]
    Casebook(#[from] CasebookError),
    /// Not a stick at all.
    #[error(
        "this file is not a Cairn stick; nothing was read; choose a file that `cairn stick write` or the sync page made"
    )]
    NotAStick,
    /// It breaks off.
    #[error(
        "the stick breaks off before its end{}; nothing is lost; copy it again from where it came from, or ask for a \
         new stick, which carries the same",
        kept(*.0)
    )]
    Truncated(u64),
    /// It is not as it was written.
    #[error(
        "the stick is not as it was written: it was altered or damaged on the way{}; nothing is lost; ask for a new stick",
        kept(*.0)
    )]
    Altered(u64),
    /// It is in a form from a newer Cairn.
    #[error(
        "the stick was written by a newer Cairn than this one{}; nothing is lost; update this machine, then read it again",
        kept(*.0)
    )]
    Newer(u64),
    /// It goes on from what is not here.
    #[error(
        "stick {number} from {site} goes on from entries that this machine does not hold: an earlier one is missing, or this \
         machine was restored from a backup{}; nothing is lost; ask {site} for a stick with everything",
        kept(*.entries)
    )]
    Missing {
        /// Its number.
        number: u64,
        /// Who wrote it.
        site: String,
        /// Entries that fitted and were kept.
        entries: u64,
    },
    /// It is larger than one stick may be.
    #[error("there is too much to say for one stick ({0}); nothing was written; sync over a link once")]
    TooLarge(&'static str),
    /// The medium said no.
    #[error(
        "the stick or its disk answered: {0}; what was kept before is safe; put it in again and repeat the command"
    )]
    Medium(std::io::Error),
}

impl StickError {
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
            AgeFileError::Key(error) => Self::Casebook(CasebookError::Storage(error.to_string())),
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

/// The refusal without its name, which is told apart.
fn said(error: &CasebookError) -> String {
    match error {
        CasebookError::PeerRefused { detail, .. } => detail.clone(),
        other => other.to_string(),
    }
}

fn kept(entries: u64) -> String {
    match entries {
        0 => "; nothing of it was kept".to_owned(),
        1 => "; 1 entry that stood whole before was checked and kept".to_owned(),
        _ => format!("; {entries} entries that stood whole before were checked and kept"),
    }
}
