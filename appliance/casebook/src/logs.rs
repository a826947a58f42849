//! Short numbers for logs, and how far the views have folded each.
//!
//! Rows of the views name a log by its index here, two bytes instead of 57. The table is itself a view: it grows back
//! with the others. A log keeps its index whatever becomes of other rows: an index that was given out and never written, because
//! nothing of its log could be folded, stays free for ever.

use std::collections::{BTreeMap, HashMap};

use cairn_ledger::LogId;

/// Most logs that views can refer to.
pub const LOGS_MAX: usize = u16::MAX as usize;

/// All logs met so far and the last entry of each that is in the views.
#[derive(Clone, Debug, Default)]
pub struct LogTable {
    logs: BTreeMap<u16, (LogId, u64)>,
    index: HashMap<LogId, u16>,
}

impl LogTable {
    /// The index of a log, given out on first meeting; `None` when the table is full.
    pub fn index(&mut self, log: &LogId) -> Option<u16> {
        if let Some(index) = self.index.get(log) {
            return Some(*index);
        }
        let next = self.logs.last_key_value().map_or(0, |(last, _)| usize::from(*last) + 1);
        let index = u16::try_from(next).ok().filter(|_| next < LOGS_MAX)?;
        self.put(index, *log, 0);
        Some(index)
    }

    /// Takes a log over with the index that rows know it by.
    pub fn put(&mut self, index: u16, log: LogId, folded: u64) {
        self.logs.insert(index, (log, folded));
        self.index.insert(log, index);
    }

    /// The log with this index.
    pub fn log(&self, index: u16) -> Option<LogId> {
        self.row(index).map(|(log, _)| log)
    }

    /// The log with this index, and how far it is folded.
    pub fn row(&self, index: u16) -> Option<(LogId, u64)> {
        self.logs.get(&index).copied()
    }

    /// Last number of this log that is in the views.
    pub fn folded(&self, log: &LogId) -> u64 {
        self.index.get(log).and_then(|index| self.row(*index)).map_or(0, |(_, number)| number)
    }

    /// Notes how far a log has been folded.
    pub fn set_folded(&mut self, index: u16, number: u64) {
        if let Some(row) = self.logs.get_mut(&index) {
            row.1 = number;
        }
    }

    /// All logs with how far they are folded, by index.
    pub fn rows(&self) -> impl Iterator<Item = (u16, &LogId, u64)> {
        self.logs.iter().map(|(index, (log, number))| (*index, log, *number))
    }
}

#[cfg(test)]
mod tests {
    use cairn_ledger::{Incarnation, Lane, LogKey, ReplicaId, SpaceId};

    use super::*;

    fn log(number: u8) -> LogId {
        let key = LogKey { replica: ReplicaId([number; 32]), incarnation: Incarnation(1), lane: Lane::Normal };
        LogId { space: SpaceId([9; 16]), key }
    }

    #[test]
    fn a_row_that_was_never_written_does_not_shift_those_behind_it() {
        let mut written = LogTable::default();
        let indexes = [1, 2, 3].map(|number| written.index(&log(number)).unwrap());
        let mut read = LogTable::default();
        for (index, log, folded) in written.rows().filter(|(index, ..)| *index != indexes[1]) {
            read.put(index, *log, folded);
        }
        assert_eq!(read.log(indexes[2]), Some(log(3)));
        assert_eq!(read.log(indexes[1]), None);
        let again = read.index(&log(2)).unwrap();
        assert!(!indexes.contains(&again));
        assert_eq!((read.log(again), read.index(&log(3))), (Some(log(2)), Some(indexes[2])));
    }
}
