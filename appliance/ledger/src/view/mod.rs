//! Views: everything that can be rebuilt from the logs, kept so that a page answers at once.
//!
//! A view store holds rows under a [`Key`] (a [`Table`] and parts), in one order, and one *stamp*: the
//! opaque bytes, in practice a frontier, that say up to where the views were built. The flow: the casebook
//! folds entries into a [`Batch`] and commits it together with the new stamp; after a start it compares the
//! stamp with the logs and folds in what is missing. Nothing here is truth. Whatever is damaged is thrown
//! away and built again, and [`OpenReport`] says so.
//!
//! Two engines stand behind one [`ViewStore`]: sled for the appliance ([`open_views`]) and memory with
//! injected faults for tests ([`MemoryViews`]). They share keys, sealing, chunks and accounts
//! (`sealed_views`), so that what is proved of one holds for the other; no engine type, engine error or
//! panic crosses the trait. FORMAT.md, section "Views", gives the bytes.

mod engine;
mod key;
mod memory;
mod open;
mod seal;
mod sealed_views;
mod sled_engine;

pub use key::{Batch, Key, Part, Row, Table};
pub use memory::{Fault, Faults, MemoryViews};
pub use open::{OpenOutcome, OpenReport, open_views};
pub use seal::ViewKey;

/// Longest value of a row. A record's state that is longer cannot be shown.
pub const VALUE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest part of a key.
pub const PART_BYTES_MAX: usize = 2_048;
/// Most parts of a key.
pub const PARTS_MAX: usize = 6;
/// Longest stamp.
pub const STAMP_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most rows that one call of [`ViewStore::scan`] gives.
pub const SCAN_ROWS_MAX: usize = 10_000;

/// Rows in key order, and the stamp they were built from. All methods can be called from any thread; one
/// commit runs at a time.
pub trait ViewStore: Send + Sync {
    /// What the last complete [`ViewStore::commit`] gave as stamp; `None` before the first.
    fn stamp(&self) -> Option<Vec<u8>>;

    /// Writes all rows of `batch` and then the stamp (`None` leaves it as it is). A small batch, up to 100
    /// rows and 64 KB, is kept whole or not at all. A larger one is written in several steps with the
    /// stamp in the last, so after a crash some of its rows may be ahead of the stamp: folding the same
    /// entries in again must give the same rows. Survives a crash of the process soon after, not at once:
    /// the logs are what is durable.
    fn commit(&self, batch: &Batch, stamp: Option<&[u8]>) -> Result<(), ViewError>;

    /// The value under `key`.
    fn get(&self, key: &Key) -> Result<Option<Vec<u8>>, ViewError>;

    /// At most `limit` rows whose key begins with `prefix` (a table and its first parts), in key order,
    /// those after the key `after` when given. Hidden parts have a fixed but meaningless order.
    fn scan(&self, prefix: &Key, limit: usize, after: Option<&Key>) -> Result<Vec<Row>, ViewError>;

    /// How many rows begin with `prefix`. Walks them.
    fn count(&self, prefix: &Key) -> Result<u64, ViewError>;

    /// Sizes.
    fn stats(&self) -> Result<ViewStats, ViewError>;

    /// Reads every row and compares them with the account that each commit keeps. Finds what was changed,
    /// lost or brought back from the past underneath.
    fn check(&self) -> Result<ViewStats, ViewError>;

    /// Writes all live rows into a new place and switches to it. Worth while when
    /// [`ViewStats::wants_compaction`].
    fn compact(&self) -> Result<(), ViewError>;

    /// Takes everything away but the rows of these tables, the stamp too, by moving them to a new place: what a
    /// rebuild begins with. A crash in between leaves everything as it was.
    fn keep_only(&self, tables: &[Table]) -> Result<(), ViewError>;

    /// Opens again, in place, after [`ViewError::NeedsReopen`]: what the files hold now, or nothing when that cannot be
    /// trusted. [`ViewStore::stamp`] then says up to where the rows were built. Can be tried again when it fails.
    fn reopen(&self) -> Result<(), ViewError>;

    /// Writes out what is buffered and marks the store as closed in order, so that the next opening can
    /// trust it without reading it. After this every call says [`ViewError::NeedsReopen`].
    fn close(&self) -> Result<(), ViewError>;
}

/// Rows that `rows` reads at a time.
const ROWS_A_PAGE: usize = 1_000;

impl<'views> dyn ViewStore + 'views {
    /// All rows whose key begins with `prefix`, in key order, read a page at a time, so that what is written meanwhile may
    /// be among them or not. Ends after the first failure.
    pub fn rows(&self, prefix: Key) -> impl Iterator<Item = Result<Row, ViewError>> + use<'_, 'views> {
        let (mut page, mut after, mut over) = (Vec::new().into_iter(), None, false);
        std::iter::from_fn(move || {
            if let Some(row) = page.next() {
                return Some(Ok(row));
            }
            if over {
                return None;
            }
            let read: Result<Vec<Row>, ViewError> = self.scan(&prefix, ROWS_A_PAGE, after.as_ref());
            over = read.as_ref().map_or(true, |rows| rows.len() < ROWS_A_PAGE);
            match read {
                Ok(rows) => {
                    after = rows.last().map(|row| row.key.clone());
                    page = rows.into_iter();
                    page.next().map(Ok)
                }
                Err(error) => Some(Err(error)),
            }
        })
    }
}

/// Sizes of a view store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ViewStats {
    /// Rows, without the pieces of long values.
    pub rows: u64,
    /// Bytes of keys and sealed values of these rows.
    pub live_bytes: u64,
    /// Bytes of files; 0 in memory.
    pub disk_bytes: u64,
}

impl ViewStats {
    /// Whether the files are so much larger than what lives in them that rewriting pays: at six times.
    pub fn wants_compaction(&self) -> bool {
        self.disk_bytes > 32 * 1024 * 1024 && self.disk_bytes / 6 > self.live_bytes
    }
}

/// Why a view store did not do it. Nothing that matters is lost: views can be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// No space on the device.
    #[error("the disk is full; views cannot be written until there is space. No record is lost")]
    Full,
    /// Another process has these views open.
    #[error("another running Cairn uses this data folder; stop it first")]
    Locked,
    /// A row does not open, or the account does not agree.
    #[error("a view is damaged ({0}); rebuild the views. No record is lost")]
    Corrupt(&'static str),
    /// An earlier error, or [`ViewStore::close`], ended this store. Open it again.
    #[error("the views have to be opened again after an earlier error")]
    NeedsReopen,
    /// A value, key part, key or stamp is above its limit.
    #[error("{what} is {bytes} long, above the limit of {bytes_max}")]
    TooLarge {
        /// What.
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// The most allowed.
        bytes_max: usize,
    },
    /// The device or the system refused.
    #[error("the views cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
}

#[cfg(test)]
mod tests;
