//! Damage of the journal: looked for all the time, set aside when it is found, and named until it is made good.
//!
//! Where entries are missing a log ends for peers at the last one before, so that the next sync brings them back like any
//! others. Nothing that is answered meanwhile may say "complete".

use std::collections::BTreeMap;

use cairn_ledger::registry::SpaceKind;
use cairn_ledger::store::{Lost, StoreError};
use cairn_ledger::{Ledger, ReplicaId};
use cairn_record::{Reason, reason};

use crate::notices::{Notice, NoticeKind};
use crate::{Casebook, CasebookError, Change};

/// How long after one look at the whole journal the next one begins.
const LOOK_EVERY_MS: u64 = 24 * 3_600 * 1_000;

/// How far the journal has been looked at.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// The part that is next, from 1; 0 while none is due.
    next: u32,
    begun_ms: Option<u64>,
}

impl Look {
    /// The part to look at now, of so many, if one is due.
    fn due(&mut self, parts: u32, now_ms: u64) -> Option<u32> {
        if self.begun_ms.is_none_or(|begun_ms| now_ms.abs_diff(begun_ms) >= LOOK_EVERY_MS) {
            *self = Self { next: 1, begun_ms: Some(now_ms) };
        }
        let part = (1..=parts).contains(&self.next).then_some(self.next);
        self.next = part.map_or(0, |part| part + 1);
        part
    }
}

/// Does what needs the journal. What of it does not read as it was written is set aside, and the rest must do.
pub(crate) fn mending<T>(ledger: &Ledger, work: impl Fn() -> Result<T, CasebookError>) -> Result<T, CasebookError> {
    match work() {
        Err(_) if mend_all(ledger)? => work(),
        done => done,
    }
}

/// Looks at the whole journal and sets aside what is damaged; whether anything was.
fn mend_all(ledger: &Ledger) -> Result<bool, StoreError> {
    let mut damaged = false;
    for part in 1..=ledger.parts() {
        damaged |= ledger.mend(part)?;
    }
    Ok(damaged)
}

impl Casebook {
    /// Reads the next part of the journal when one is due, or the one that could not be read just now.
    pub(crate) fn look_at_journal(&self, now_ms: u64) -> Result<(), CasebookError> {
        let part = match self.ledger.suspect() {
            Some(part) => Some(part),
            None => {
                let mut look = self.look.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                look.due(self.ledger.parts(), now_ms)
            }
        };
        match part.map(|part| self.ledger.mend(part)).transpose()? {
            Some(true) => self.after_damage(now_ms),
            _ => Ok(()),
        }
    }

    /// Looks at the whole journal, for a doctor.
    pub(crate) fn look_at_whole_journal(&self, now_ms: u64) -> Result<(), CasebookError> {
        if mend_all(&self.ledger)? { self.after_damage(now_ms) } else { Ok(()) }
    }

    /// Numbers that this machine wrote may be taken: it goes on in another life. Peers are asked for what is missing.
    fn after_damage(&self, now_ms: u64) -> Result<(), CasebookError> {
        let writing = self.writing();
        self.fold_again_from_holes();
        if self.ledger.lost_own() {
            self.new_life(reason!("audit-lost-commits"), now_ms)?;
        }
        drop(writing);
        self.tell(Change::Registry);
        Ok(())
    }

    /// What damage took of records here, in order.
    pub(crate) fn lost_of_records(&self) -> Vec<Lost> {
        let mut lost = self.ledger.lost();
        lost.retain(|lost| self.space_kind(lost.log.space) == Some(SpaceKind::Records));
        lost
    }

    /// Whether entries about records are missing that these replicas wrote.
    pub(crate) fn lost_records_of(&self) -> Vec<ReplicaId> {
        self.lost_of_records().iter().map(|lost| lost.log.key.replica).collect()
    }

    /// Whether a site is known to hold what is missing here.
    pub(crate) fn is_held_elsewhere(&self, lost: &Lost) -> bool {
        self.peers().values().any(|peer| peer.holds(lost.log.space, &lost.log.key, lost.last))
    }

    /// What is missing, by who wrote it and whether it is known to come back.
    pub(crate) fn lost_notices(&self) -> Vec<Notice> {
        let mut counts: BTreeMap<(bool, String), u64> = BTreeMap::new();
        let local = self.local_space();
        // Of this machine's own notes there are copies.
        for lost in self.ledger.lost().into_iter().filter(|lost| lost.log.space != local) {
            let key = (self.is_held_elsewhere(&lost), self.site_of(lost.log.key.replica));
            *counts.entry(key).or_default() += lost.last - lost.first + 1;
        }
        let notices = counts.into_iter().map(|((elsewhere, site), entries)| {
            let kind = if elsewhere { NoticeKind::Damaged } else { NoticeKind::Lost };
            Notice { entries, ..Notice::new(kind, site, 0, 0) }
        });
        notices.collect()
    }

    /// What is missing, log by log with its numbers, and whether it is known to come back.
    pub(crate) fn lost_lines(&self) -> Vec<Reason> {
        let line = |lost: Lost| {
            let (log, numbers) = (lost.log, numbers(&lost));
            let site = self.site_of(log.key.replica);
            let space = self.space_title(log.space);
            let life = format!("{:016x}/{}", log.key.incarnation.0, log.key.lane as u8);
            if log.space == self.local_space() {
                reason!("doctor-lost-notes", life = life, numbers = numbers)
            } else if self.is_held_elsewhere(&lost) {
                reason!("doctor-damaged", site = site, space = space, life = life, numbers = numbers)
            } else {
                reason!("doctor-lost", site = site, space = space, life = life, numbers = numbers)
            }
        };
        self.ledger.lost().into_iter().map(line).collect()
    }
}

/// The numbers of lost entries: "31", or "22–23".
pub(crate) fn numbers(lost: &Lost) -> String {
    if lost.first == lost.last { lost.first.to_string() } else { format!("{}–{}", lost.first, lost.last) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_looked_at_once_a_day() {
        let mut look = Look::default();
        let parts: Vec<_> = (0..5).map(|_| look.due(3, 1_000)).collect();
        assert_eq!(parts, [Some(1), Some(2), Some(3), None, None]);
        assert_eq!(look.due(3, 1_000 + LOOK_EVERY_MS - 1), None);
        assert_eq!(look.due(3, 1_000 + LOOK_EVERY_MS), Some(1));
    }
}
