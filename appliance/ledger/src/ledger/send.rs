//! Reading for a peer: a run of entries that ends in a seal, sealed or in clear, and the way back.

use super::receive::BATCH_BYTES_MAX;
use super::{Ledger, ReceivedBatch, Refusal};
use crate::body::Body;
use crate::crypto::OpenError;
use crate::entry::{Core, Entry, EntryKind, Position, Seal};
use crate::fork::ENTRIES_PER_SEAL_MAX;
use crate::names::{EntryRef, LogId};
use crate::parcel::{HASH_TO_DERIVE, OpenEntry, OpenParcel, holes_in};
use crate::store::StoreError;

impl Ledger {
    /// Entries from `from` on up to a seal: as many as fit in `bytes_max`, or if no seal is within reach, all
    /// up to the first one. Where damage took an entry before that seal, this replica seals what it wrote itself anew.
    /// `None` when nothing is held from there that a seal covers.
    pub fn sealed_run(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Option<ReceivedBatch>, StoreError> {
        // Half of what may be received leaves room for the way to the next seal.
        let mut entries = self.store.read(log, from, bytes_max.min(BATCH_BYTES_MAX / 2))?;
        entries.truncate(ENTRIES_PER_SEAL_MAX);
        let Some(last) = entries.last().map(|entry| entry.header.position()) else { return Ok(None) };
        let within = self.store.seal_before(log, last.number)?.filter(|seal| seal.number >= from);
        let covering = within.map_or_else(|| self.store.seal_at(log, last.number), |seal| Ok(Some(seal)))?;
        let seal = match covering {
            Some(seal) if self.end_with(&mut entries, from, seal.number)? => seal,
            _ if log.key.replica == self.replica() => Seal::sign(&last, &self.key.0),
            _ => return Ok(None),
        };
        Ok(Some(ReceivedBatch { log: *log, entries, seal }))
    }

    /// Lets consecutive entries from `from` on end with this number; changes nothing where one is missing before it.
    fn end_with(&self, entries: &mut Vec<Entry>, from: u64, number: u64) -> Result<bool, StoreError> {
        entries.truncate((number + 1).saturating_sub(from) as usize);
        let held = entries.len();
        for next in from + held as u64..=number {
            let Some(entry) = self.store.entry(&entries[0].header.core.log, next)? else {
                entries.truncate(held);
                return Ok(false);
            };
            entries.push(entry);
        }
        Ok(true)
    }

    /// The same run in clear, for a fellow member inside an encrypted connection.
    pub fn open_run(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Option<OpenParcel>, RunError> {
        let Some(batch) = self.sealed_run(log, from, bytes_max)? else { return Ok(None) };
        let entries = batch.entries.iter().map(|entry| self.open_entry(entry)).collect::<Result<Vec<_>, _>>()?;
        let names: Vec<EntryRef> = batch.entries.iter().map(|entry| entry.header.hash().short()).collect();
        let holes = holes_in(&entries, &names);
        Ok(Some(OpenParcel { log: *log, first: from, entries, holes, seal: batch.seal }))
    }

    /// An entry in clear.
    pub fn open_entry(&self, entry: &Entry) -> Result<OpenEntry, OpenError> {
        let plain = self.open_plain(entry)?;
        let core = &entry.header.core;
        let record = Body::decode(&plain)?.record;
        let (epoch, hlc, clock, kind) = (core.key_epoch, core.hlc, core.clock, core.kind.code());
        Ok(OpenEntry { epoch, hlc, clock, kind, record, body: plain.to_vec() })
    }

    /// Seals a parcel again: the entries that its writer made, if the parcel is honest. Their chain and seal
    /// are checked by [`Ledger::receive`].
    pub fn seal_parcel(&self, parcel: &OpenParcel) -> Result<ReceivedBatch, Refusal> {
        if parcel.entries.len() > ENTRIES_PER_SEAL_MAX {
            return Err(Refusal::TooLarge);
        }
        let mut parcel = parcel.clone();
        let mut prev = self.hash_before(&parcel)?;
        let mut entries = Vec::with_capacity(parcel.entries.len());
        let mut names = Vec::with_capacity(parcel.entries.len());
        for (index, number) in (0..parcel.entries.len()).zip(parcel.first..) {
            parcel.fill(index, &names);
            let open = &parcel.entries[index];
            let at = Position { log: parcel.log, number, hash: prev };
            let refuse = |error| Refusal::of_body(&error, number);
            let core = self.derive_core(open, &at).map_err(refuse)?;
            let entry = self.rebuild(core, &open.body).map_err(refuse)?;
            prev = entry.header.hash();
            names.push(prev.short());
            entries.push(entry);
        }
        if parcel.seal.hash == HASH_TO_DERIVE {
            parcel.seal.hash = prev;
        }
        Ok(ReceivedBatch { log: parcel.log, entries, seal: parcel.seal })
    }

    fn hash_before(&self, parcel: &OpenParcel) -> Result<crate::names::EntryHash, Refusal> {
        if parcel.first <= 1 {
            return Ok(crate::names::EntryHash([0; 32]));
        }
        let before = self.store.entry(&parcel.log, parcel.first - 1)?;
        before.map(|entry| entry.header.hash()).ok_or(Refusal::Gap { held: self.store.last(&parcel.log).0 })
    }

    /// The core of an entry of which `at` gives log, number and the hash before it.
    fn derive_core(&self, open: &OpenEntry, at: &Position) -> Result<Core, OpenError> {
        let keyring = self.keyring();
        let key = keyring.of_epoch(&at.log.space, open.epoch).ok_or(OpenError::UnknownEpoch(open.epoch))?;
        Ok(Core {
            log: at.log,
            number: at.number,
            key_epoch: open.epoch,
            key_id: key.id(),
            record_tag: open.record.map_or([0; 16], |record| key.record_tag(&record)),
            hlc: open.hlc,
            clock: open.clock,
            kind: EntryKind::from_code(open.kind),
            prev: at.hash,
        })
    }
}

/// A run could not be read in clear. Send it sealed instead when only a body is the reason.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A body does not open or cannot be read here.
    #[error(transparent)]
    Body(#[from] OpenError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<crate::DecodeError> for RunError {
    fn from(error: crate::DecodeError) -> Self {
        Self::Body(error.into())
    }
}
