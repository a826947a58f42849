//! Logs with two histories: where they are frozen, what from behind that, or from behind damage, is carried on, and how both are
//! remembered.
//!
//! A proof is an entry like any other, in the urgent lane of the space of the forked log, so it survives a
//! restart and reaches every member before anything else does.

use std::collections::{BTreeMap, BTreeSet};

use super::clock::Clock;
use super::rescue::rescued_in;
use super::{EntryDraft, Ledger, Refusal};
use crate::body::{Author, Body};
use crate::entry::{Entry, EntryKind};
use crate::fork::{ForkProof, Forked};
use crate::keyring::Keyring;
use crate::names::{ClockQuality, EntryRef, Lane, LogId, SpaceId};
use crate::store::{LogStore, Lost, StoreError, pages};

/// The frozen logs and their last common numbers, and what from behind them is carried on elsewhere.
#[derive(Debug, Default)]
pub(super) struct Frozen {
    common: BTreeMap<LogId, u64>,
    /// Where the carriers of each rescued entry stand.
    carriers: BTreeMap<EntryRef, BTreeSet<(LogId, u64)>>,
    /// Nothing is left to rescue, of this replica's own logs or of all.
    settled: Settled,
}

/// Whether nothing was left to rescue when that was last looked at.
#[derive(Debug, Default)]
struct Settled {
    own: bool,
    all: bool,
    /// What damage took, and nothing behind it is left.
    behind: BTreeSet<Lost>,
}

impl Frozen {
    /// Reads the proofs and carriers in the urgent lanes, of one space or of all. What is damaged is left out.
    pub(super) fn of_store(
        store: &dyn LogStore,
        keyring: &Keyring,
        space: Option<&SpaceId>,
    ) -> Result<Self, StoreError> {
        let mut frozen = Self::default();
        let urgent = |log: &LogId| log.key.lane == Lane::Urgent && space.is_none_or(|space| log.space == *space);
        for log in store.logs().into_iter().filter(urgent) {
            match frozen.read(store, keyring, &log) {
                Err(StoreError::Corrupt(text)) => tracing::warn!(?log, text, "a log is damaged; verify it"),
                result => result?,
            }
        }
        Ok(frozen)
    }

    fn read(&mut self, store: &dyn LogStore, keyring: &Keyring, log: &LogId) -> Result<(), StoreError> {
        for page in pages(store, log, 1) {
            page?.iter().for_each(|entry| self.learn(entry, keyring));
        }
        Ok(())
    }

    /// Takes note of a proof or a carrier.
    fn learn(&mut self, entry: &Entry, keyring: &Keyring) {
        if let Some(forked) = proof_in(entry, keyring) {
            self.add(forked);
        }
        let core = &entry.header.core;
        for rescued in rescued_in(entry, keyring).unwrap_or_default() {
            self.carriers.entry(rescued.header.hash().short()).or_default().insert((core.log, core.number));
            // Behind damage it can only be less now.
            (self.settled.own, self.settled.all) = (false, false);
        }
    }

    /// Whether an entry is behind the last common one of its log.
    pub(super) fn is_behind(&self, log: &LogId, number: u64) -> bool {
        self.common(log).is_some_and(|common| number > common)
    }

    /// Where the carriers of an entry stand that are passed on.
    pub(super) fn carriers_of(&self, name: EntryRef) -> Vec<(LogId, u64)> {
        let places = self.carriers.get(&name).into_iter().flatten().copied();
        places.filter(|(log, number)| !self.is_behind(log, *number)).collect()
    }

    /// Where the carriers of a space stand that are passed on.
    pub(super) fn carriers_in(&self, space: &SpaceId) -> BTreeSet<(LogId, u64)> {
        let places = self.carriers.values().flatten().copied();
        places.filter(|(log, number)| log.space == *space && !self.is_behind(log, *number)).collect()
    }

    /// Whether nothing is left to rescue, as far as that was looked at.
    pub(super) fn is_settled(&self, all: bool) -> bool {
        self.common.is_empty() || self.settled.all || (self.settled.own && !all)
    }

    /// Nothing is left to rescue until more is learnt.
    pub(super) fn settle(&mut self, all: bool) {
        self.settled.own = true;
        self.settled.all |= all;
    }

    /// Whether nothing is left to rescue behind what damage took, as far as that was looked at.
    pub(super) fn is_settled_behind(&self, lost: &Lost) -> bool {
        self.settled.behind.contains(lost)
    }

    /// Nothing is left to rescue behind it until more is learnt.
    pub(super) fn settle_behind(&mut self, lost: Lost) {
        self.settled.behind.insert(lost);
    }

    /// The last common number, if the log is frozen.
    pub(super) fn common(&self, log: &LogId) -> Option<u64> {
        self.common.get(log).copied()
    }

    /// All frozen logs.
    pub(super) fn all(&self) -> Vec<(LogId, u64)> {
        self.common.iter().map(|(log, common)| (*log, *common)).collect()
    }

    /// The frozen logs of a space.
    pub(super) fn of_space(&self, space: &SpaceId) -> Vec<(LogId, u64)> {
        self.common.iter().filter(|(log, _)| log.space == *space).map(|(log, common)| (*log, *common)).collect()
    }

    /// Adds what others prove.
    pub(super) fn merge(&mut self, other: Self) {
        other.common.into_iter().for_each(|(log, common)| self.add(Forked { log, common }));
        for (hash, places) in other.carriers {
            self.carriers.entry(hash).or_default().extend(places);
        }
        self.settled = Settled::default();
    }

    fn add(&mut self, forked: Forked) {
        let common = self.common.entry(forked.log).or_insert(forked.common);
        *common = forked.common.min(*common);
        self.settled = Settled::default();
    }
}

/// What an entry proves, if it is a proof about a log of its own space.
fn proof_in(entry: &Entry, keyring: &Keyring) -> Option<Forked> {
    read_proof(entry, keyring).map(|(forked, _)| forked)
}

fn read_proof(entry: &Entry, keyring: &Keyring) -> Option<(Forked, ForkProof)> {
    let core = &entry.header.core;
    if core.kind != EntryKind::ForkProof || core.log.key.lane != Lane::Urgent {
        return None;
    }
    let plain = keyring.for_entry(core).ok()?.open(core, entry.body.as_ref()?).ok()?;
    let proof = ForkProof::decode(&Body::decode(&plain).ok()?.payload).ok()?;
    let forked = proof.verify().ok().filter(|forked| forked.log.space == core.log.space)?;
    Some((forked, proof))
}

impl Ledger {
    /// The frozen logs, each with its last common number.
    pub fn frozen_logs(&self) -> Vec<(LogId, u64)> {
        self.frozen().all()
    }

    /// The last common number of a log, if it is frozen.
    pub fn frozen_after(&self, log: &LogId) -> Option<u64> {
        self.frozen().common(log)
    }

    /// A proof that this log has two histories, if no entry that is passed on holds one: those that are known stand in logs
    /// that are frozen themselves, behind their last common entry.
    pub(super) fn stranded_proof(&self, log: &LogId) -> Result<Option<ForkProof>, StoreError> {
        let mut stranded = None;
        let urgent = |one: &LogId| one.key.lane == Lane::Urgent && one.space == log.space;
        for holder in self.store.logs().into_iter().filter(urgent) {
            let until = self.frozen_after(&holder).unwrap_or(u64::MAX);
            for page in self.pages(&holder, 1) {
                for entry in &page? {
                    let read = read_proof(entry, &self.keyring()).filter(|(forked, _)| forked.log == *log);
                    match read {
                        Some(_) if entry.header.core.number <= until => return Ok(None),
                        Some((_, proof)) => stranded = Some(proof),
                        None => {}
                    }
                }
            }
        }
        Ok(stranded)
    }

    /// Takes note of the proofs and carriers among entries that are now held.
    pub(super) fn learn_forks(&self, entries: &[Entry]) {
        let telling = |entry: &&Entry| matches!(entry.header.core.kind, EntryKind::ForkProof | EntryKind::Rescued);
        let mut telling = entries.iter().filter(telling).peekable();
        if telling.peek().is_some() {
            let keyring = self.keyring();
            let mut frozen = self.frozen_mut();
            telling.for_each(|entry| frozen.learn(entry, &keyring));
        }
    }

    /// Freezes the log, keeps the proof if it says more than what is known, and answers the refusal.
    pub(super) fn keep_fork(&self, clock: &mut Clock, proof: ForkProof) -> Refusal {
        let Ok(forked) = proof.verify() else { return Refusal::BadSeal };
        if let Some(common) = self.frozen().common(&forked.log).filter(|common| *common <= forked.common) {
            return Refusal::Frozen { common };
        }
        self.freeze(forked);
        if self.is_own(&forked.log) && forked.log.key.lane == Lane::Urgent {
            // The proof cannot be written into the very log that it freezes; peers hold it or will find it.
            return Refusal::Fork(Box::new(proof));
        }
        let body = Body { author: Author::default(), purpose: None, record: None, payload: proof.encode() };
        let draft = EntryDraft { space: forked.log.space, lane: Lane::Urgent, kind: EntryKind::ForkProof, body };
        // Nobody tells the time here: the entry comes right after the last own one, however far ahead others are.
        if let Err(error) = self.commit_locked(clock, &[draft], 0, ClockQuality::Unknown) {
            tracing::warn!(%error, "a proof of a forked log could not be kept; it will be found again");
        }
        Refusal::Fork(Box::new(proof))
    }

    fn freeze(&self, forked: Forked) {
        self.frozen_mut().add(forked);
    }
}
