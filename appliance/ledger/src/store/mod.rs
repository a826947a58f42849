//! Where the logs are kept: the seam, and its engines.
//!
//! [`LogStore`] is all that the rest of Cairn knows. [`SegmentStore`] keeps the logs in append-only files
//! with sidecar indexes; [`MemoryStore`] keeps the same frames in memory and can be told to fail. Both hold
//! one journal in which the entries of all logs are interleaved, so that a commit that touches several logs
//! costs one device flush.

mod frame;
mod index;
mod lost;
mod memory;
mod opening;
mod salvage;
mod segment;
mod space;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::entry::{Entry, Seal};
use crate::names::{EntryHash, Frontier, LogId, SpaceId};

/// Bytes of entries read from a log at a time.
const PAGE_BYTES: usize = 256 * 1024;

pub use frame::{COMMIT_BYTES_MAX, Scan, scan};
pub use lost::Lost;
pub use memory::{Fault, MemoryStore};
pub use segment::{SegmentOptions, SegmentStore};
pub(crate) use space::FreeSpace;

/// One thing to append. A seal must directly follow the entry that it seals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredItem {
    /// The next entry of its log.
    Entry(Entry),
    /// The seal over the entry just before it.
    Seal(Seal),
}

/// Why the store could not do it. After any of these, nothing of the refused append will be found later,
/// except where [`StoreError::NeedsReopen`] says that it is unknown.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room. What was saved before is safe.
    #[error("the disk is full; nothing was lost, but this was not saved: free some space and try again")]
    Full,
    /// Too little room for bulk work.
    #[error(
        "only {} MB of disk are free, less than the {} MB kept for records: imports and attachments wait until there is \
         more room. Records can still be written",
        .free_bytes / 1_000_000, .floor_bytes / 1_000_000
    )]
    LowSpace {
        /// Free now.
        free_bytes: u64,
        /// Wanted before bulk work goes on.
        floor_bytes: u64,
    },
    /// Another process has the folder.
    #[error("another Cairn is already running on {0}; stop it first")]
    Locked(PathBuf),
    /// Stored bytes are damaged.
    #[error("stored data is damaged ({0}); what a peer still holds can be fetched again")]
    Corrupt(String),
    /// An earlier error left the file in an unknown state.
    #[error("the store must be opened again after an error of the disk; what was acknowledged before is safe")]
    NeedsReopen,
    /// More than one commit may hold.
    #[error("the commit is larger than the {COMMIT_BYTES_MAX} bytes allowed; nothing was saved")]
    TooLarge,
    /// The items do not continue their logs.
    #[error("the items do not continue their logs ({0}); nothing was saved")]
    OutOfOrder(String),
    /// The operating system said no.
    #[error("the disk answered: {0}")]
    Io(#[from] std::io::Error),
}

/// What opening found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// An unfinished last commit was moved aside.
    pub torn: Option<Torn>,
    /// Sidecar indexes that had to be made again.
    pub indexes_rebuilt: u32,
    /// Segments that were damaged or missing, and are there again with what is good of them.
    pub mended: Vec<Mended>,
}

/// A part of the journal that was damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// Which segment.
    pub segment: u32,
    /// Where the damaged file is now; `None` when there was no file, or the engine has none.
    pub kept_as: Option<PathBuf>,
}

/// The rest of the journal after the last commit that is whole and follows, moved to a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// Segment that it was in.
    pub segment: u32,
    /// Where it began.
    pub offset: u64,
    /// How many bytes.
    pub bytes: u64,
    /// Where it is now, for engines with files.
    pub kept_as: Option<PathBuf>,
    /// Commits that were finished from the damage on: more than a torn write. What is good of them stays; entries that were
    /// acknowledged are missing, and this replica must take a new incarnation before it writes again.
    pub commits_behind: u32,
}

/// How much is held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct StoreStats {
    /// Logs.
    pub logs: u64,
    /// Entries in all logs.
    pub entries: u64,
    /// Commits since the store was made.
    pub commits: u64,
    /// Bytes of the journal.
    pub bytes: u64,
    /// Free bytes on the disk; `u64::MAX` when the engine cannot know.
    pub free_bytes: u64,
    /// Whether there is room enough for imports.
    pub roomy: bool,
    /// Whether an error of the disk made it necessary to open the store again.
    pub needs_reopen: bool,
}

/// Something wrong that a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The log, if it could be told.
    pub log: Option<LogId>,
    /// The number in it; 0 when the finding concerns the log as a whole.
    pub number: u64,
    /// What is wrong, as a sentence.
    pub text: String,
}

/// What a verification looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Verified {
    /// Logs read.
    pub logs: u64,
    /// Entries whose chain and body hash hold.
    pub entries: u64,
    /// Signatures that hold.
    pub seals: u64,
    /// Bodies that opened.
    pub bodies: u64,
    /// Things wrong.
    pub findings: u64,
}

/// Keeps logs. Every method takes `&self`; engines lock inside.
pub trait LogStore: Send + Sync {
    /// Appends one commit: all of it or nothing, durable when this returns.
    fn append(&self, items: &[StoredItem]) -> Result<(), StoreError>;

    /// One entry, if held.
    fn entry(&self, log: &LogId, number: u64) -> Result<Option<Entry>, StoreError>;

    /// Consecutive entries from `from` on, as many as fit in `bytes_max` encoded, but at least one if held.
    fn read(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Vec<Entry>, StoreError>;

    /// The first seal over `number` or a later entry.
    fn seal_at(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError>;

    /// The last seal over `number` or an earlier entry.
    fn seal_before(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError>;

    /// Number and hash of the last entry before the first hole; `(0, zero)` when none is held. A log ends there for
    /// everybody: an append goes on from it, and so fills the hole.
    fn last(&self, log: &LogId) -> (u64, EntryHash);

    /// The first number held of a log from `number` on, also behind a hole.
    fn next_held(&self, log: &LogId, number: u64) -> Option<u64>;

    /// What damage took and is not back yet.
    fn lost(&self) -> Vec<Lost>;

    /// Last number and hash of every log of a space, as [`LogStore::last`].
    fn frontier(&self, space: &SpaceId) -> Frontier;

    /// Spaces with at least one entry.
    fn spaces(&self) -> Vec<SpaceId>;

    /// Logs with at least one entry.
    fn logs(&self) -> Vec<LogId>;

    /// How much is held.
    fn stats(&self) -> StoreStats;

    /// What opening found.
    fn open_report(&self) -> OpenReport;

    /// Opens again, in place, after [`StoreError::NeedsReopen`]. A commit of which it was unknown whether it was kept is
    /// there afterwards, whole, or it is not. Engines that cannot do this say `NeedsReopen`.
    fn reopen(&self) -> Result<(), StoreError> {
        Err(StoreError::NeedsReopen)
    }

    /// In how many parts the journal can be looked at again.
    fn parts(&self) -> u32 {
        0
    }

    /// A part that did not read as it was written, since it was last looked at.
    fn suspect(&self) -> Option<u32> {
        None
    }

    /// Reads one part, from 1 on, from the disk. What is damaged is set aside and counts as lost from then on; whether
    /// anything was.
    fn mend(&self, _part: u32) -> Result<bool, StoreError> {
        Ok(false)
    }

    /// Gives back the room that is held in reserve for a full disk; whether there was any.
    fn release_reserve(&self) -> bool {
        false
    }

    /// Takes the reserve again when there is room for it.
    fn keep_reserve(&self) {}
}

/// A store that several hold: opened again, it is the same.
impl<T: LogStore + ?Sized> LogStore for std::sync::Arc<T> {
    fn append(&self, items: &[StoredItem]) -> Result<(), StoreError> {
        (**self).append(items)
    }

    fn entry(&self, log: &LogId, number: u64) -> Result<Option<Entry>, StoreError> {
        (**self).entry(log, number)
    }

    fn read(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Vec<Entry>, StoreError> {
        (**self).read(log, from, bytes_max)
    }

    fn seal_at(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        (**self).seal_at(log, number)
    }

    fn seal_before(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        (**self).seal_before(log, number)
    }

    fn last(&self, log: &LogId) -> (u64, EntryHash) {
        (**self).last(log)
    }

    fn next_held(&self, log: &LogId, number: u64) -> Option<u64> {
        (**self).next_held(log, number)
    }

    fn lost(&self) -> Vec<Lost> {
        (**self).lost()
    }

    fn frontier(&self, space: &SpaceId) -> Frontier {
        (**self).frontier(space)
    }

    fn spaces(&self) -> Vec<SpaceId> {
        (**self).spaces()
    }

    fn logs(&self) -> Vec<LogId> {
        (**self).logs()
    }

    fn stats(&self) -> StoreStats {
        (**self).stats()
    }

    fn open_report(&self) -> OpenReport {
        (**self).open_report()
    }

    fn reopen(&self) -> Result<(), StoreError> {
        (**self).reopen()
    }

    fn parts(&self) -> u32 {
        (**self).parts()
    }

    fn suspect(&self) -> Option<u32> {
        (**self).suspect()
    }

    fn mend(&self, part: u32) -> Result<bool, StoreError> {
        (**self).mend(part)
    }

    fn release_reserve(&self) -> bool {
        (**self).release_reserve()
    }

    fn keep_reserve(&self) {
        (**self).keep_reserve();
    }
}

/// A log from a number on, some entries at a time, to its end; holes are passed over. After an error there is nothing more.
pub(crate) fn pages<'a>(
    store: &'a dyn LogStore,
    log: &'a LogId,
    from: u64,
) -> impl Iterator<Item = Result<Vec<Entry>, StoreError>> + 'a {
    let mut next = store.next_held(log, from);
    std::iter::from_fn(move || {
        let first = next?;
        let page = store.read(log, first, PAGE_BYTES);
        next = page.as_ref().ok().and_then(|entries| store.next_held(log, first + entries.len() as u64));
        match page {
            Ok(entries) if entries.is_empty() => None,
            page => Some(page),
        }
    })
}

/// Consecutive entries from `from` on while they fit, at least one.
fn read_while(
    from: u64,
    bytes_max: usize,
    entry: impl Fn(u64) -> Result<Option<Entry>, StoreError>,
) -> Result<Vec<Entry>, StoreError> {
    let mut entries = Vec::new();
    let mut bytes = 0;
    for number in from.max(1).. {
        let Some(next) = entry(number)? else { break };
        bytes += next.encoded_len();
        if bytes > bytes_max && !entries.is_empty() {
            break;
        }
        entries.push(next);
    }
    Ok(entries)
}
