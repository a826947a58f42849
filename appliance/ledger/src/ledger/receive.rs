//! Keeping what others wrote: check everything, then keep all of it or nothing.

use super::clock::Clock;
use super::{Ledger, Refusal, Rollback};
use crate::body::Body;
use crate::entry::{Entry, EntryKind, Seal};
use crate::fork::{ENTRIES_PER_SEAL_MAX, Evidence, ForkProof};
use crate::names::LogId;
use crate::store::{StoreError, StoredItem};

/// Most bytes of entries in one batch.
pub const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Consecutive sealed entries of one log and the seal over the last of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedBatch {
    /// The log.
    pub log: LogId,
    /// The entries in order, at most [`ENTRIES_PER_SEAL_MAX`].
    pub entries: Vec<Entry>,
    /// The seal over the last.
    pub seal: Seal,
}

/// What came of a batch that was accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The entries that are new here, in order.
    pub entries: Vec<Entry>,
    /// How many were held already.
    pub held_before: u64,
}

/// May this entry be kept? Asked for every new entry before anything is kept. It is asked while nothing else can be
/// appended, so it must not call [`Ledger::commit`] or [`Ledger::receive`].
pub type Authority<'a> = &'a dyn Fn(&LogId, EntryKind, u64) -> Result<(), Refusal>;

impl Ledger {
    /// Checks a batch and keeps it, durable on return. Entries already held are skipped when they are the
    /// same, also behind a hole that the others fill. Of a frozen log only what belongs to the common history is kept.
    pub fn receive(&self, batch: ReceivedBatch, authority: Authority<'_>) -> Result<Kept, Refusal> {
        self.receive_checked(batch, authority, &|entry| self.check_body(entry))
    }

    /// The same for a relay, which keeps what it cannot open: of a space whose key it lacks, chain, seal, the hashes of the
    /// bodies and the writer's right are checked, and no body is.
    pub fn carry(&self, batch: ReceivedBatch, authority: Authority<'_>) -> Result<Kept, Refusal> {
        let readable = self.keyring().is_member(&batch.log.space);
        self.receive_checked(batch, authority, &|entry| if readable { self.check_body(entry) } else { Ok(()) })
    }

    fn receive_checked(
        &self,
        batch: ReceivedBatch,
        authority: Authority<'_>,
        check_body: &dyn Fn(&Entry) -> Result<(), Refusal>,
    ) -> Result<Kept, Refusal> {
        check_shape(&batch)?;
        check_signed(&batch)?;
        let mut clock = self.writer();
        if let Some(proof) = self.contradiction(&batch)? {
            return Err(self.keep_fork(&mut clock, proof));
        }
        let held = self.store.last(&batch.log).0;
        let sent = batch.entries.len();
        let mut entries = batch.entries;
        entries.retain(|entry| !self.holds(&batch.log, entry.header.core.number));
        let held_before = sent - entries.len();
        self.check_own_past(&batch.log, held, &entries)?;
        self.cut_frozen(&batch.log, &mut entries)?;
        for entry in &entries {
            authority(&batch.log, entry.header.core.kind, entry.header.core.number)?;
            check_body(entry)?;
        }
        self.keep(&mut clock, &entries, batch.seal)?;
        Ok(Kept { entries, held_before: held_before as u64 })
    }

    /// Whether a peer that says it holds `known` entries of `log`, the last with this hash, knows a past of
    /// this replica that the replica itself has lost.
    pub fn rollback_check(
        &self,
        log: &LogId,
        known: u64,
        hash: &crate::names::EntryHash,
    ) -> Result<Option<Rollback>, StoreError> {
        if !self.is_own(log) {
            return Ok(None);
        }
        let held = self.store.last(log).0;
        let lost = match self.store.entry(log, known)? {
            Some(entry) => entry.header.hash() != *hash,
            None => known > held,
        };
        Ok(lost.then_some(Rollback { log: *log, held, known }))
    }

    /// A proof, if the batch and the held log cannot both be true.
    fn contradiction(&self, batch: &ReceivedBatch) -> Result<Option<ForkProof>, Refusal> {
        let (held, last_hash) = self.store.last(&batch.log);
        let first = batch.entries[0].header.core.number;
        if first > held + 1 {
            return Err(Refusal::Gap { held });
        }
        let mut differing = self.first_differing(batch)?;
        if differing.is_none() && first == held + 1 && batch.entries[0].header.core.prev != last_hash {
            differing = Some((0, held));
        }
        let Some((at, number)) = differing else { return Ok(None) };
        let theirs = Evidence::new(&batch.entries[at].header, &batch.entries[at + 1..], batch.seal.clone());
        match self.evidence(&batch.log, number)? {
            Some(ours) => Ok(Some(ForkProof { left: ours, right: theirs })),
            // Ours is not sealed, which happens only in a log that is frozen already, or before a hole.
            None => Err(Refusal::Frozen { common: self.frozen().common(&batch.log).unwrap_or(number - 1) }),
        }
    }

    /// The first entry of the batch, by its place, that an entry held here contradicts, and the number of that one: another
    /// stands under its number, or behind the hole that it fills one that follows another.
    fn first_differing(&self, batch: &ReceivedBatch) -> Result<Option<(usize, u64)>, StoreError> {
        for (at, entry) in batch.entries.iter().enumerate() {
            let number = entry.header.core.number;
            if let Some(ours) = self.store.entry(&batch.log, number)? {
                if ours.header != entry.header {
                    return Ok(Some((at, number)));
                }
            } else if let Some(next) = self.store.entry(&batch.log, number + 1)?
                && next.header.core.prev != entry.header.hash()
            {
                return Ok(Some((at, number + 1)));
            }
        }
        Ok(None)
    }

    fn holds(&self, log: &LogId, number: u64) -> bool {
        self.store.next_held(log, number) == Some(number)
    }

    pub(super) fn evidence(&self, log: &LogId, number: u64) -> Result<Option<Evidence>, StoreError> {
        let (Some(seal), Some(entry)) = (self.store.seal_at(log, number)?, self.store.entry(log, number)?) else {
            return Ok(None);
        };
        let mut after = Vec::new();
        for number in number + 1..=seal.number {
            let Some(next) = self.store.entry(log, number)? else { return Ok(None) };
            after.push(next);
        }
        Ok(Some(Evidence::new(&entry.header, &after, seal)))
    }

    fn check_own_past(&self, log: &LogId, held: u64, new: &[Entry]) -> Result<(), Refusal> {
        match new.last().filter(|_| self.is_own(log)) {
            Some(last) => {
                let known = last.header.core.number;
                Err(Refusal::RolledBack(Box::new(Rollback { log: *log, held, known })))
            }
            None => Ok(()),
        }
    }

    /// Drops what lies behind the last common entry of a frozen log.
    fn cut_frozen(&self, log: &LogId, entries: &mut Vec<Entry>) -> Result<(), Refusal> {
        let Some(common) = self.frozen().common(log) else { return Ok(()) };
        let sent = entries.len();
        entries.retain(|entry| entry.header.core.number <= common);
        if entries.is_empty() && sent > 0 { Err(Refusal::Frozen { common }) } else { Ok(()) }
    }

    fn check_body(&self, entry: &Entry) -> Result<(), Refusal> {
        let core = &entry.header.core;
        let keyring = self.keyring();
        if !keyring.is_member(&core.log.space) {
            return Err(Refusal::WrongSpace(core.log.space));
        }
        let refuse = |error| Refusal::of_body(&error, core.number);
        let key = keyring.for_entry(core).map_err(refuse)?;
        let sealed = entry.body.as_ref().ok_or(Refusal::MissingBody(core.number))?;
        let plain = key.open(core, sealed).map_err(refuse)?;
        // A body in a form from a newer Cairn is kept; whoever interprets it sets it aside.
        let Ok(body) = Body::decode(&plain) else { return Ok(()) };
        let tag = body.record.map_or([0; 16], |record| key.record_tag(&record));
        if tag == core.record_tag { Ok(()) } else { Err(Refusal::BadRecordTag(core.number)) }
    }

    fn keep(&self, clock: &mut Clock, entries: &[Entry], seal: Seal) -> Result<(), Refusal> {
        let Some(last) = entries.last() else { return Ok(()) };
        let sealed = last.header.core.number == seal.number;
        let mut items: Vec<_> = entries.iter().cloned().map(StoredItem::Entry).collect();
        items.extend(sealed.then_some(StoredItem::Seal(seal)));
        self.store.append(&items)?;
        let own = self.replica();
        entries.iter().for_each(|entry| clock.see(&entry.header.core, &own));
        self.learn_forks(entries);
        Ok(())
    }
}

fn check_shape(batch: &ReceivedBatch) -> Result<(), Refusal> {
    let first = batch.entries.first().ok_or(Refusal::Empty)?.header.core.number;
    let bytes: usize = batch.entries.iter().map(Entry::encoded_len).sum();
    if batch.entries.len() > ENTRIES_PER_SEAL_MAX || bytes > BATCH_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    let consecutive = batch
        .entries
        .iter()
        .zip(first..)
        .all(|(entry, number)| entry.header.core.log == batch.log && entry.header.core.number == number);
    let sealed = batch.seal.log == batch.log && batch.seal.number == first + batch.entries.len() as u64 - 1;
    if consecutive && sealed { Ok(()) } else { Err(Refusal::NotConsecutive) }
}

/// Checks that the bodies belong to the headers, that the headers lead to the seal, and the seal.
fn check_signed(batch: &ReceivedBatch) -> Result<(), Refusal> {
    let mut prev = None;
    for entry in &batch.entries {
        let core = &entry.header.core;
        if prev.is_some_and(|prev| prev != core.prev) {
            return Err(Refusal::BadChain(core.number));
        }
        if entry.body.is_none() {
            return Err(Refusal::MissingBody(core.number));
        }
        if !entry.body_matches() {
            return Err(Refusal::BadBodyHash(core.number));
        }
        prev = Some(entry.header.hash());
    }
    if prev != Some(batch.seal.hash) || batch.seal.verify().is_err() {
        return Err(Refusal::BadSeal);
    }
    Ok(())
}
