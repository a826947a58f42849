//! A change that nobody else had when its journal went bad: it is lost for good, and nothing else may be.
//!
//! One in a world is enough. What its record says may differ from then on; what was written before and behind it must reach
//! everybody.

use cairn_ledger::store::Lost;
use cairn_ledger::{Entry, EntryHash, EntryKind, Ledger, LogId, LogStore};
use cairn_record::RecordId;

use crate::truth::{self, Written};
use crate::world::World;

/// The change.
#[derive(Clone, Copy, Debug)]
pub struct Gone {
    log: LogId,
    number: u64,
    record: RecordId,
}

impl World {
    /// What would be gone with an entry that only one machine has, if the world may lose it: a change of a record that
    /// somebody saved.
    pub(crate) fn gone_with(&self, entry: &Entry) -> Option<Gone> {
        let core = &entry.header.core;
        if self.gone.is_some() || core.kind != EntryKind::RecordChange {
            return None;
        }
        let (log, number, hash) = (core.log, core.number, entry.header.hash());
        let truth = truth::of(&self.truth);
        let mut records = truth.of_record.iter().filter(|(_, entries)| entries.contains(&hash));
        let record = *records.next()?.0;
        Some(Gone { log, number, record })
    }

    /// Whether this is what is gone.
    pub(crate) fn is_gone(&self, lost: &Lost) -> bool {
        lost.first == lost.last && self.is_gone_at(&lost.log, lost.first)
    }

    /// Whether a machine lacks what is gone, and says so.
    pub(crate) fn is_torn(&self, machine: usize) -> bool {
        self.machines[machine].disk.logs.lost().iter().any(|lost| self.is_gone(lost))
    }

    /// Whether the entry there is gone.
    pub(crate) fn is_gone_at(&self, log: &LogId, number: u64) -> bool {
        self.gone.as_ref().is_some_and(|gone| (gone.log, gone.number) == (*log, number))
    }

    /// Whether a change of this record is gone.
    pub(crate) fn is_of_gone(&self, record: &RecordId) -> bool {
        self.gone.as_ref().is_some_and(|gone| gone.record == *record)
    }

    /// Whether a machine holds an entry, in its log or, where something is gone, carried on.
    pub(crate) fn has(&self, machine: usize, hash: &EntryHash, written: &Written) -> bool {
        let one = &self.machines[machine];
        if one.holds(&written.log, written.number, hash) {
            return true;
        }
        let raw = self.gone.as_ref().and_then(|_| one.raw_with_keys());
        raw.is_some_and(|raw| is_carried(&raw, &written.log, written.number, hash))
    }
}

/// Whether this very entry is held there or carried on.
pub(crate) fn is_carried(raw: &Ledger, log: &LogId, number: u64, hash: &EntryHash) -> bool {
    let named = raw.entry_named(log, number, hash.short());
    named.is_ok_and(|entry| entry.is_some_and(|entry| entry.header.hash() == *hash))
}
