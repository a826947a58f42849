//! Records of which a change is lost for good: what builds on it waits for ever and is never shown, so a person has to
//! write the record anew.
//!
//! A change that waits here waits for ever when it was carried here from behind damage, or when damage took here what its writer
//! wrote, and no site is known to hold that. Any other may wait for a site that has not called yet: of it nothing is said.

use std::collections::BTreeSet;

use cairn_ledger::Entry;
use cairn_ledger::store::Lost;
use cairn_ledger::view::{Key, Table};
use cairn_record::{Reason, RecordId, reason};

use crate::row::{EntryAt, RecordRow};
use crate::{Casebook, CasebookError, LostPart, keys};

impl Casebook {
    /// What was lost of a record and does not come back, if anything was.
    pub(crate) fn lost_part(
        &self,
        record: RecordId,
        row: Option<&RecordRow>,
    ) -> Result<Option<LostPart>, CasebookError> {
        let mut waiting = self.parked_in_views(record)?;
        waiting.retain(|at| row.is_none_or(|row| row.find(at.entry).is_none()));
        if waiting.is_empty() && self.ledger.lost().is_empty() {
            return Ok(None);
        }
        let gone = self.gone();
        let mut lost = row.is_some_and(|row| self.is_torn(row, &gone));
        for at in &waiting {
            lost = lost || self.waits_in_vain(*at, &gone)?;
        }
        Ok(lost.then(|| LostPart::new(waiting.len() as u64)))
    }

    /// The records of which a change is lost for good, for a doctor, who reads every row: by their numbers, since what they
    /// say is not theirs to read.
    pub(crate) fn lost_record_lines(&self) -> Result<Vec<Reason>, CasebookError> {
        let gone = self.gone();
        let mut records = self.records_waiting_in_vain(&gone)?;
        if !gone.is_empty() {
            for row in self.views.rows(Key::new(Table::Record)) {
                let row = RecordRow::decode(&row?.value).filter(|row| self.is_torn(row, &gone));
                records.extend(row.map(|row| row.state.record));
            }
        }
        Ok(records.into_iter().map(|record| reason!("doctor-lost-record", record = record.to_string())).collect())
    }

    fn records_waiting_in_vain(&self, gone: &[Lost]) -> Result<BTreeSet<RecordId>, CasebookError> {
        let mut records = BTreeSet::new();
        for row in self.views.rows(Key::new(Table::Parked)) {
            let Some(at) = keys::read_parked(&row?.value) else { continue };
            let Some(entry) = self.entry_at(at)? else { continue };
            let Ok(change) = self.change_in(&entry) else { continue };
            let shown = self.row(change.record)?.is_some_and(|row| row.find(at.entry).is_some());
            if !shown && self.waits_in_vain(at, gone)? {
                records.insert(change.record);
            }
        }
        Ok(records)
    }

    /// Entries about records that damage took here and no site is known to hold.
    fn gone(&self) -> Vec<Lost> {
        let mut gone = self.lost_of_records();
        gone.retain(|lost| !self.is_held_elsewhere(lost));
        gone
    }

    /// Whether the row shows a change that only it remembers.
    fn is_torn(&self, row: &RecordRow, gone: &[Lost]) -> bool {
        let took = |at: &EntryAt| {
            let log = self.logs().log(at.log);
            let within = |lost: &Lost| log == Some(lost.log) && (lost.first..=lost.last).contains(&at.number);
            gone.iter().any(within)
        };
        !gone.is_empty() && row.entries.iter().any(took)
    }

    /// Whether what a change waits for does not come.
    fn waits_in_vain(&self, at: EntryAt, gone: &[Lost]) -> Result<bool, CasebookError> {
        let Some(entry) = self.entry_at(at)? else { return Ok(false) };
        let writer = entry.header.core.log.key.replica;
        let of_this_machine = writer == self.ledger.replica() && !gone.is_empty();
        let of_writer = gone.iter().any(|lost| lost.log.key.replica == writer);
        Ok(of_this_machine || of_writer || self.came_from_behind_damage(&entry)?)
    }

    /// Whether an entry is here only because it was carried on, and its log has one history.
    fn came_from_behind_damage(&self, entry: &Entry) -> Result<bool, CasebookError> {
        let core = &entry.header.core;
        let forked = self.ledger.frozen_logs().iter().any(|(log, _)| *log == core.log);
        Ok(!forked && self.ledger.entry(&core.log, core.number)?.is_none())
    }
}

impl LostPart {
    fn new(waiting: u64) -> Self {
        let mut part = Self { waiting, words: String::new() };
        part.words = part.said().to_string();
        part
    }

    /// What is lost, what that means and what to do.
    pub fn said(&self) -> Reason {
        match self.waiting {
            0 => reason!("record-lost"),
            1 => reason!("record-lost-one-waits"),
            waiting => reason!("record-lost-some-wait", waiting = waiting),
        }
    }
}
