//! What stands behind forks and damage here, and what others carried from there.

use std::collections::BTreeSet;

use super::{EntryDraft, Ledger, ReceivedBatch};
use crate::body::{Author, Body};
use crate::crypto::OpenError;
use crate::entry::{Entry, EntryKind};
use crate::keyring::Keyring;
use crate::names::{EntryRef, Lane, LogId, SpaceId};
use crate::rescue::{BadRescue, Rescued};
use crate::store::{Lost, StoreError};

/// Bytes of entries read at a time.
const RUN_BYTES: usize = 64 * 1024;
/// Carriers made at a time: some hundred kilobytes.
const CARRIERS_A_TIME: usize = 8;

/// A carrier whose entries cannot be taken out.
#[derive(Debug, thiserror::Error)]
pub enum RescueError {
    /// Its body does not open or cannot be read here.
    #[error(transparent)]
    Body(#[from] OpenError),
    /// What is in it was not written so.
    #[error(transparent)]
    Bad(#[from] BadRescue),
}

impl From<crate::DecodeError> for RescueError {
    fn from(error: crate::DecodeError) -> Self {
        Self::Body(error.into())
    }
}

/// The entries that a carrier holds, also those in carriers among them; nothing for an entry of another kind, or in another
/// lane than carriers go.
pub(super) fn rescued_in(entry: &Entry, keyring: &Keyring) -> Result<Vec<Entry>, RescueError> {
    let core = &entry.header.core;
    if core.kind != EntryKind::Rescued || core.log.key.lane != Lane::Urgent {
        return Ok(Vec::new());
    }
    let sealed = entry.body.as_ref().ok_or(OpenError::NoBody)?;
    let plain = keyring.for_entry(core)?.open(core, sealed)?;
    let rescued = Rescued::decode(&Body::decode(&plain)?.payload)?;
    rescued.verify(&core.log.space)?;
    let mut entries = Vec::with_capacity(rescued.entries.len());
    for entry in rescued.entries {
        // One that holds nothing sound is an entry like any other, for whoever reads it to set aside.
        entries.extend(rescued_in(&entry, keyring).unwrap_or_default());
        entries.push(entry);
    }
    Ok(entries)
}

impl Ledger {
    /// The entries that a carrier holds, each proved to be its writer's, also those in carriers among them; nothing for an
    /// entry of another kind.
    pub fn rescued_in(&self, entry: &Entry) -> Result<Vec<Entry>, RescueError> {
        rescued_in(entry, &self.keyring())
    }

    /// The entry with this name that stands there, or if it does not, the one that was carried here.
    pub fn entry_named(&self, log: &LogId, number: u64, name: EntryRef) -> Result<Option<Entry>, StoreError> {
        let named = |entry: &Entry| entry.header.hash().short() == name;
        if let Some(entry) = self.store.entry(log, number)?.filter(named) {
            return Ok(Some(entry));
        }
        for (log, number) in self.carriers_of(name) {
            let Some(carrier) = self.store.entry(&log, number)? else { continue };
            if let Some(entry) = self.rescued_in(&carrier).unwrap_or_default().into_iter().find(named) {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// Where the carriers of an entry stand that are passed on.
    pub fn carriers_of(&self, name: EntryRef) -> Vec<(LogId, u64)> {
        self.frozen().carriers_of(name)
    }

    /// Whether an entry is not passed on, because it stands behind the last common one of its log.
    pub fn is_behind_fork(&self, log: &LogId, number: u64) -> bool {
        self.frozen().is_behind(log, number)
    }

    /// Where the carriers of a space stand that are passed on.
    pub fn carriers_in(&self, space: &SpaceId) -> BTreeSet<(LogId, u64)> {
        self.frozen().carriers_in(space)
    }

    /// Carriers, some at a time, for what stands behind forks here and none carries yet: of `all` logs, or of those that this
    /// replica wrote. Empty when nothing is left.
    pub fn rescue_drafts(&self, all: bool) -> Result<Vec<EntryDraft>, StoreError> {
        if self.frozen().is_settled(all) {
            return Ok(Vec::new());
        }
        let mut drafts = Vec::new();
        let frozen = self.frozen().all().into_iter();
        for (log, common) in frozen.filter(|(log, _)| all || log.key.replica == self.replica()) {
            if self.keyring().is_member(&log.space) {
                self.rescue_from(&log, common + 1, &mut drafts)?;
            }
            if drafts.len() >= CARRIERS_A_TIME {
                return Ok(drafts);
            }
        }
        if drafts.is_empty() {
            self.frozen_mut().settle(all);
        }
        Ok(drafts)
    }

    /// Carriers, some at a time, for what stands here behind what damage took of logs and none carries yet. Empty when nothing is
    /// left.
    pub fn rescue_drafts_behind(&self, lost: &[Lost]) -> Result<Vec<EntryDraft>, StoreError> {
        let mut drafts = Vec::new();
        // The first hole of each log: what is behind the others is behind it, too.
        for holes in lost.chunk_by(|one, next| one.log == next.log) {
            let first = holes[0];
            if self.frozen().is_settled_behind(&first) || !self.keyring().is_member(&first.log.space) {
                continue;
            }
            let before = drafts.len();
            self.rescue_from(&first.log, first.last + 1, &mut drafts)?;
            if drafts.len() == before {
                self.frozen_mut().settle_behind(first);
            } else if drafts.len() >= CARRIERS_A_TIME {
                break;
            }
        }
        Ok(drafts)
    }

    /// The last number held of a log behind what damage took of it, while that is not known to be carried on.
    pub fn uncarried_behind(&self, lost: &Lost) -> Option<u64> {
        let held = |number| self.store.next_held(&lost.log, number);
        let mut last = held(lost.last + 1).filter(|_| !self.frozen().is_settled_behind(lost))?;
        let mut step = 1;
        while step > 0 {
            match held(last + step) {
                Some(further) => (last, step) = (further, step * 2),
                None => step /= 2,
            }
        }
        Some(last)
    }

    fn rescue_from(&self, log: &LogId, first: u64, drafts: &mut Vec<EntryDraft>) -> Result<(), StoreError> {
        let mut from = first;
        while let Some(held) = self.store.next_held(log, from).filter(|_| drafts.len() < CARRIERS_A_TIME) {
            // What no seal covers, nobody else would take.
            let Some(run) = self.sealed_run(log, held, RUN_BYTES)? else {
                from = held + 1;
                continue;
            };
            from = run.seal.number + 1;
            drafts.extend(self.unrescued(&run).into_iter().map(|rescued| EntryDraft {
                space: log.space,
                lane: Lane::Urgent,
                kind: EntryKind::Rescued,
                body: Body { author: Author::default(), purpose: None, record: None, payload: rescued.encode() },
            }));
        }
        Ok(())
    }

    /// Those parts of a run of which something is not carried yet. What its reader would refuse is none: it would be made anew
    /// for ever.
    fn unrescued(&self, run: &ReceivedBatch) -> Vec<Rescued> {
        let frozen = self.frozen();
        let lacking = |part: &Rescued| {
            part.entries.iter().any(|entry| frozen.carriers_of(entry.header.hash().short()).is_empty())
        };
        let sound = |part: &Rescued| part.is_whole() && part.verify(&run.log.space).is_ok();
        Rescued::parts(run).into_iter().filter(|part| lacking(part) && sound(part)).collect()
    }
}
