//! Short numbers for logs, and how far the views have folded each.
//!
//! Rows of the views name a log by its index here, two bytes instead of 57. The table is itself a view: it grows back
//! with the others.

use std::collections::HashMap;

use cairn_ledger::LogId;

/// Most logs that views can refer to.
pub const LOGS_MAX: usize = u16::MAX as usize;

/// All logs met so far and the last entry of each that is in the views.
#[derive(Clone, Debug, Default)]
pub struct LogTable {
    logs: Vec<(LogId, u64)>,
    index: HashMap<LogId, u16>,
}

impl LogTable {
    /// The index of a log, given out on first meeting; `None` when the table is full.
    pub fn index(&mut self, log: &LogId) -> Option<u16> {
        if let Some(index) = self.index.get(log) {
            return Some(*index);
        }
        let index = u16::try_from(self.logs.len()).ok().filter(|_| self.logs.len() < LOGS_MAX)?;
        self.logs.push((*log, 0));
        self.index.insert(*log, index);
        Some(index)
    }

    /// The log with this index.
    pub fn log(&self, index: u16) -> Option<LogId> {
        self.logs.get(usize::from(index)).map(|(log, _)| *log)
    }

    /// Last number of this log that is in the views.
    pub fn folded(&self, log: &LogId) -> u64 {
        self.index.get(log).and_then(|index| self.logs.get(usize::from(*index))).map_or(0, |(_, number)| *number)
    }

    /// Notes how far a log has been folded.
    pub fn set_folded(&mut self, index: u16, number: u64) {
        if let Some(row) = self.logs.get_mut(usize::from(index)) {
            row.1 = number;
        }
    }

    /// All logs with how far they are folded, by index.
    pub fn rows(&self) -> impl Iterator<Item = (u16, &LogId, u64)> {
        (0_u16..).zip(&self.logs).map(|(index, (log, number))| (index, log, *number))
    }
}
