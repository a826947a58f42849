//! What really happened: every entry that somebody rightly wrote, told by the disks as they take it.
//!
//! The machines know nothing of this. It is what their words and their logs are held against.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cairn_ledger::store::StoredItem;
use cairn_ledger::{EntryHash, EntryKind, LogId, ReplicaId};
use cairn_record::RecordId;

/// An entry that a machine wrote.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// True time.
    pub at_ms: u64,
    /// Its log.
    pub log: LogId,
    /// Its number.
    pub number: u64,
}

/// Everything that is true.
#[derive(Debug, Default)]
pub struct Truth {
    /// True time.
    pub now_ms: u64,
    /// Entries that a member wrote through its casebook.
    pub written: HashMap<EntryHash, Written>,
    /// Entries sealed by a member that had no right to write them.
    pub outlawed: HashSet<EntryHash>,
    /// Entries of each record.
    pub of_record: HashMap<RecordId, Vec<EntryHash>>,
    /// What a machine's disk took since the last [`Truth::take_fresh`], its own entries only.
    fresh: Vec<(EntryHash, EntryKind)>,
    /// Rules that were broken.
    pub broken: Vec<String>,
}

/// Shared by all disks.
pub type SharedTruth = Arc<Mutex<Truth>>;

/// Looks at it.
pub fn of(truth: &SharedTruth) -> MutexGuard<'_, Truth> {
    truth.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Truth {
    /// A disk is about to take these on behalf of `owner`. What it did not write itself must have been written by somebody
    /// who may.
    pub fn witness(&mut self, machine: &str, owner: ReplicaId, honest: bool, outlaw: bool, items: &[StoredItem]) {
        for item in items {
            let StoredItem::Entry(entry) = item else { continue };
            let (core, hash) = (&entry.header.core, entry.header.hash());
            if self.written.contains_key(&hash) {
                continue;
            }
            let own = core.log.key.replica == owner;
            if own && outlaw {
                self.outlawed.insert(hash);
            } else if own && !self.outlawed.contains(&hash) {
                self.written.insert(hash, Written { at_ms: self.now_ms, log: core.log, number: core.number });
                self.fresh.push((hash, core.kind));
            } else if honest {
                let what = if self.outlawed.contains(&hash) { "its writer had no right to" } else { "nobody wrote" };
                let (kind, number) = (core.kind, core.number);
                self.broken.push(format!("{machine} kept an entry that {what} ({kind:?} {number} of {:?})", core.log));
            }
        }
    }

    /// Entries written since the last call.
    pub fn take_fresh(&mut self) -> Vec<(EntryHash, EntryKind)> {
        std::mem::take(&mut self.fresh)
    }

    /// A rule is broken.
    pub fn breaks(&mut self, what: String) {
        if self.broken.len() < 20 {
            self.broken.push(what);
        }
    }
}
