//! What was written behind a fork, or behind damage that nobody can make good, reaches everybody all the same.
//!
//! A log with two histories is passed on up to its last common entry only. What either history holds behind it is carried
//! on, as it is, inside entries of a log that goes on: by the machine that wrote it as soon as it knows of the fork, and by
//! whoever else holds it once there is a peer that holds the same and nobody has carried it yet.
//!
//! A log ends for peers where damage took something of it, until somebody brings that back. While no site is known that could,
//! what stands behind it is carried on in the same way: once there is a peer that holds the same, and so lacks it too, or when a
//! stick is written.

use cairn_ledger::store::{Lost, StoreError};
use cairn_ledger::{Entry, EntryDraft, EntryKind, LogId, SpaceId};
use cairn_record::{Reason, reason};

use crate::fold::unusable;
use crate::row::EntryAt;
use crate::{AuditEvent, Casebook, CasebookError};

impl Casebook {
    /// Carries on what stands behind forks here: of `all` logs, or of those that this machine wrote. Where that fails, on a full
    /// disk, it is tried again at the next occasion.
    pub(crate) fn rescue(&self, all: bool, now_ms: u64) {
        self.carry_on(now_ms, || self.ledger.rescue_drafts(all));
    }

    /// Carries on what stands behind damage here that no site is known to make good: of `all` logs, or of those that this
    /// machine wrote.
    pub(crate) fn rescue_behind_damage(&self, all: bool, now_ms: u64) {
        let own = self.ledger.replica();
        let mut lost = self.ledger.lost();
        // Of this machine's own notes there are copies.
        lost.retain(|lost| lost.log.space != self.local_space() && (all || lost.log.key.replica == own));
        lost.retain(|lost| !self.is_held_elsewhere(lost));
        self.carry_on(now_ms, || self.ledger.rescue_drafts_behind(&lost));
    }

    /// The logs of records that this machine wrote and damage tore, with the last number behind, while what stands there waits
    /// to be carried on.
    pub(crate) fn own_behind_damage(&self) -> Vec<(LogId, u64)> {
        let mut lost = self.own_lost();
        lost.dedup_by_key(|lost| lost.log);
        lost.iter().filter_map(|lost| Some((lost.log, self.ledger.uncarried_behind(lost)?))).collect()
    }

    /// Whether nothing of the records that this machine wrote is still to come back or to be carried on.
    pub(crate) fn is_whole_itself(&self) -> bool {
        !self.own_lost().iter().any(|lost| self.is_held_elsewhere(lost)) && self.own_behind_damage().is_empty()
    }

    /// What damage took of the records that this machine wrote, in order.
    fn own_lost(&self) -> Vec<Lost> {
        let mut lost = self.lost_of_records();
        lost.retain(|lost| lost.log.key.replica == self.ledger.replica());
        lost
    }

    /// At the start: what this machine wrote behind damage and is carried on already does not wait.
    pub(crate) fn look_behind_damage(&self) {
        if let Err(error) = self.ledger.rescue_drafts_behind(&self.own_lost()) {
            tracing::warn!(%error, "what stands behind damage could not be read; it will be tried again");
        }
    }

    fn carry_on(&self, now_ms: u64, drafts: impl Fn() -> Result<Vec<EntryDraft>, StoreError>) {
        if self.is_relay() {
            return;
        }
        if let Err(error) = self.write_carriers(now_ms, drafts) {
            tracing::warn!(%error, "what no log passes on any more could not be carried on; it will be tried again");
        }
    }

    fn write_carriers(
        &self,
        now_ms: u64,
        drafts: impl Fn() -> Result<Vec<EntryDraft>, StoreError>,
    ) -> Result<(), CasebookError> {
        let mut carriers = 0;
        loop {
            let drafts = drafts()?;
            if drafts.is_empty() {
                break;
            }
            carriers += drafts.len() as u64;
            self.commit(&mut self.writing(), drafts, now_ms)?;
        }
        if carriers > 0 {
            let event = AuditEvent::new("rescue", "machine").say(reason!("audit-rescued")).count(carriers);
            self.write_machine_audit(event, now_ms)?;
        }
        Ok(())
    }

    /// The entries that a carrier holds, when their writers signed them and had the right to write them.
    pub(crate) fn rescued_by(&self, carrier: &Entry) -> Result<Vec<Entry>, Reason> {
        let entries = self.ledger.rescued_in(carrier).map_err(|error| unusable(&error))?;
        for core in entries.iter().map(|entry| &entry.header.core) {
            self.may_write(&core.log, core.kind).map_err(|error| unusable(&error))?;
        }
        Ok(entries)
    }

    /// The entries of a kind in what was carried here of a space.
    pub(crate) fn rescued_of_kind(&self, space: SpaceId, kind: EntryKind) -> Result<Vec<Entry>, CasebookError> {
        let mut found = Vec::new();
        for (log, number) in self.ledger.carriers_in(&space) {
            let Some(carrier) = self.ledger.entry(&log, number)? else { continue };
            let entries = self.rescued_by(&carrier).unwrap_or_default().into_iter();
            found.extend(entries.filter(|entry| entry.header.core.kind == kind));
        }
        found.sort_unstable_by_key(|entry| (entry.header.core.hlc, entry.header.hash().0));
        found.dedup_by_key(|entry| entry.header.hash());
        Ok(found)
    }

    /// The entry that stands there, or was carried here from there.
    pub(crate) fn entry_at(&self, at: EntryAt) -> Result<Option<Entry>, CasebookError> {
        let Some(log) = self.logs().log(at.log) else { return Ok(None) };
        Ok(self.ledger.entry_named(&log, at.number, at.entry)?)
    }
}
