//! Records of which a change is lost for good: what builds on it waits for ever and is never shown, so a person has to
//! write the record anew.
//!
//! A change that waits here waits for ever when it was carried here from behind damage, or when damage took here what its writer
//! wrote, and no site is known to hold that. Any other may wait for a site that has not called yet: of it nothing is said.

use std::collections::BTreeSet;

use cairn_ledger::registry::SpaceKind;
use cairn_ledger::store::Lost;
use cairn_ledger::view::{Key, Table};
use cairn_ledger::{Entry, LogId, ReplicaId};
use cairn_record::{Reason, RecordId, reason};

use crate::row::{EntryAt, RecordRow};
use crate::{Casebook, CasebookError, LostPart, keys};

/// Most changes of one record that are counted as waiting.
const WAITING_MAX: usize = 1_000;

/// Entries about records that damage took here and no site is known to hold: gathered once, asked of many changes.
struct Losses {
    gone: Vec<Lost>,
}

impl Losses {
    fn took(&self, log: &LogId, number: u64) -> bool {
        self.gone.iter().any(|lost| lost.log == *log && (lost.first..=lost.last).contains(&number))
    }

    fn took_of(&self, writer: ReplicaId) -> bool {
        self.gone.iter().any(|lost| lost.log.key.replica == writer)
    }
}

impl Casebook {
    /// What was lost of a record and does not come back, if anything was.
    pub(crate) fn lost_part(
        &self,
        record: RecordId,
        row: Option<&RecordRow>,
    ) -> Result<Option<LostPart>, CasebookError> {
        let rows = self.views.scan(&keys::parked_of(record), WAITING_MAX, None)?;
        let mut waiting: Vec<EntryAt> = rows.iter().filter_map(|row| keys::read_parked(&row.value)).collect();
        waiting.retain(|at| row.is_none_or(|row| row.find(at.entry).is_none()));
        if waiting.is_empty() && self.ledger.lost().is_empty() {
            return Ok(None);
        }
        let losses = self.losses();
        let mut lost = row.is_some_and(|row| self.is_torn(row, &losses));
        for at in &waiting {
            lost = lost || self.waits_in_vain(*at, &losses)?;
        }
        Ok(lost.then(|| LostPart::new(waiting.len() as u64)))
    }

    /// The records of which a change is lost for good, for a doctor, who reads every row: by their numbers, since what they
    /// say is not theirs to read.
    pub(crate) fn lost_record_lines(&self) -> Result<Vec<Reason>, CasebookError> {
        let losses = self.losses();
        let mut records = self.records_waiting_in_vain(&losses)?;
        if !losses.gone.is_empty() {
            for row in self.views.rows(Key::new(Table::Record)) {
                let row = RecordRow::decode(&row?.value).filter(|row| self.is_torn(row, &losses));
                records.extend(row.map(|row| row.state.record));
            }
        }
        Ok(records.into_iter().map(|record| reason!("doctor-lost-record", record = record.to_string())).collect())
    }

    fn records_waiting_in_vain(&self, losses: &Losses) -> Result<BTreeSet<RecordId>, CasebookError> {
        let mut records = BTreeSet::new();
        for row in self.views.rows(Key::new(Table::Parked)) {
            let Some(at) = keys::read_parked(&row?.value) else { continue };
            let Some(entry) = self.entry_at(at)? else { continue };
            let Ok(change) = self.change_in(&entry) else { continue };
            let shown = self.row(change.record)?.is_some_and(|row| row.find(at.entry).is_some());
            if !shown && self.waits_in_vain(at, losses)? {
                records.insert(change.record);
            }
        }
        Ok(records)
    }

    fn losses(&self) -> Losses {
        let mut gone = self.ledger.lost();
        gone.retain(|lost| self.space_kind(lost.log.space) == Some(SpaceKind::Records));
        gone.retain(|lost| !self.is_held_elsewhere(lost));
        Losses { gone }
    }

    /// Whether the row shows a change that only it remembers.
    fn is_torn(&self, row: &RecordRow, losses: &Losses) -> bool {
        let took = |at: &EntryAt| self.logs().log(at.log).is_some_and(|log| losses.took(&log, at.number));
        !losses.gone.is_empty() && row.entries.iter().any(took)
    }

    /// Whether what a change waits for does not come.
    fn waits_in_vain(&self, at: EntryAt, losses: &Losses) -> Result<bool, CasebookError> {
        let Some(entry) = self.entry_at(at)? else { return Ok(false) };
        let writer = entry.header.core.log.key.replica;
        let of_this_machine = writer == self.ledger.replica() && !losses.gone.is_empty();
        Ok(of_this_machine || losses.took_of(writer) || self.came_from_behind_damage(&entry)?)
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
