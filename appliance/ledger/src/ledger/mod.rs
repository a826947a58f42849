//! The facade over store and keys: commit what this replica writes, keep what others wrote, read, verify.
//!
//! [`Ledger::commit`] and [`Ledger::receive`] are the only ways in. Both end in one durable append, or in a
//! named refusal with nothing kept.

mod clock;
mod commit;
mod freeze;
mod receive;
mod refusal;
mod rescue;
mod send;
mod verify;
mod witness;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use crate::body::Body;
use crate::crypto::{EpochKey, OpenError};
use crate::entry::{Core, Entry, Header, RecordTag, Seal};
use crate::keyring::{KeyError, Keyring};
use crate::names::{EntryHash, Frontier, Incarnation, LogId, ReplicaId, SpaceId};
use crate::store::{LogStore, Lost, OpenReport, StoreError, StoreStats};
use clock::Clock;
use freeze::Frozen;

pub use commit::{CommitError, EntryDraft};
pub use receive::{Authority, BATCH_BYTES_MAX, Kept, ReceivedBatch};
pub use refusal::{Refusal, Rollback};
pub use rescue::RescueError;
pub use send::RunError;

/// A replica's signing key.
pub struct ReplicaKey(SigningKey);

impl ReplicaKey {
    /// The key made from 32 secret random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public key, which names the replica.
    pub fn id(&self) -> ReplicaId {
        ReplicaId(self.0.verifying_key().to_bytes())
    }

    /// Signs a message of another protocol. `context` keeps its signatures apart from seals.
    pub fn sign(&self, context: &str, message: &[u8]) -> [u8; 64] {
        use ed25519_dalek::Signer;
        self.0.sign(&signed_message(context, message)).to_bytes()
    }
}

/// Whether `signature` is one that [`ReplicaKey::sign`] of this replica made.
pub fn verify_signature(signer: &ReplicaId, context: &str, message: &[u8], signature: &[u8; 64]) -> bool {
    crate::entry::verify_strict(signer, &signed_message(context, message), signature).is_some()
}

fn signed_message(context: &str, message: &[u8]) -> Vec<u8> {
    [b"cairn 2026 signed ", context.as_bytes(), b"\0", message].concat()
}

/// Entries, keys and the right to write as one replica. Synchronised inside: every method takes `&self`.
pub struct Ledger {
    store: Box<dyn LogStore>,
    key: ReplicaKey,
    keyring: RwLock<Keyring>,
    frozen: RwLock<Frozen>,
    incarnation: AtomicU64,
    /// Held during every append. What it guards is the clock.
    writer: Mutex<Clock>,
}

impl Ledger {
    /// Opens the ledger of the replica with this key over a store, with the keys that it holds.
    ///
    /// When [`OpenReport::torn`] says that whole commits are missing, choose a new incarnation first.
    pub fn open(
        store: Box<dyn LogStore>,
        key: ReplicaKey,
        incarnation: Incarnation,
        keyring: Keyring,
    ) -> Result<Self, StoreError> {
        let clock = Clock::of_store(store.as_ref(), &key.id())?;
        let frozen = Frozen::of_store(store.as_ref(), &keyring, None)?;
        Ok(Self {
            store,
            key,
            keyring: RwLock::new(keyring),
            frozen: RwLock::new(frozen),
            incarnation: AtomicU64::new(incarnation.0),
            writer: Mutex::new(clock),
        })
    }

    /// This replica.
    pub fn replica(&self) -> ReplicaId {
        self.key.id()
    }

    /// The key of this replica, to sign receipts and greetings with.
    pub fn key(&self) -> &ReplicaKey {
        &self.key
    }

    /// The current incarnation.
    pub fn incarnation(&self) -> Incarnation {
        Incarnation(self.incarnation.load(Ordering::SeqCst))
    }

    /// Writes under a new incarnation from now on. Save it in the key store first. The logs of the old one
    /// are received from peers like anybody's.
    pub fn take_new_incarnation(&self, incarnation: Incarnation) {
        let _no_append_meanwhile = self.writer();
        self.incarnation.store(incarnation.0, Ordering::SeqCst);
    }

    /// Whether the log is one that this replica writes now.
    fn is_own(&self, log: &LogId) -> bool {
        log.key.replica == self.replica() && log.key.incarnation == self.incarnation()
    }

    /// Keeps an epoch key. Proofs that could not be read without it are read now.
    pub fn add_key(&self, space: SpaceId, epoch: u32, key: EpochKey) -> Result<(), KeyError> {
        self.keyring.write().unwrap_or_else(PoisonError::into_inner).insert(space, epoch, key)?;
        match Frozen::of_store(self.store.as_ref(), &self.keyring(), Some(&space)) {
            Ok(frozen) => self.frozen_mut().merge(frozen),
            Err(error) => tracing::warn!(%error, "proofs of forked logs could not be read"),
        }
        Ok(())
    }

    /// The keys, for reading. Do not hold this across other calls of the ledger.
    pub fn keyring(&self) -> RwLockReadGuard<'_, Keyring> {
        self.keyring.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// One entry, if held.
    pub fn entry(&self, log: &LogId, number: u64) -> Result<Option<Entry>, StoreError> {
        self.store.entry(log, number)
    }

    /// Consecutive entries from `from` on, as many as fit in `bytes_max` encoded, at least one if held.
    pub fn read(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Vec<Entry>, StoreError> {
        self.store.read(log, from, bytes_max)
    }

    /// A log from a number on, some entries at a time, to its end; holes are passed over. After an error there is nothing more.
    pub fn pages<'a>(&'a self, log: &'a LogId, from: u64) -> impl Iterator<Item = Result<Vec<Entry>, StoreError>> + 'a {
        crate::store::pages(self.store.as_ref(), log, from)
    }

    /// The first seal over `number` or a later entry.
    pub fn seal_at(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        self.store.seal_at(log, number)
    }

    /// What damage took and is not back yet.
    pub fn lost(&self) -> Vec<Lost> {
        self.store.lost()
    }

    /// Whether damage took entries of a log that this replica writes now.
    pub fn lost_own(&self) -> bool {
        self.store.lost().iter().any(|lost| self.is_own(&lost.log))
    }

    /// In how many parts the journal can be looked at again.
    pub fn parts(&self) -> u32 {
        self.store.parts()
    }

    /// A part of the journal that did not read as it was written.
    pub fn suspect(&self) -> Option<u32> {
        self.store.suspect()
    }

    /// The logs of a space: those in its frontier, and those that begin with a hole.
    pub fn logs_of(&self, space: &SpaceId) -> Result<std::collections::BTreeSet<LogId>, StoreError> {
        let in_frontier = self.frontier(space)?.0.into_keys().map(|key| LogId { space: *space, key });
        let holed = self.store.lost().into_iter().map(|lost| lost.log).filter(|log| log.space == *space);
        Ok(in_frontier.chain(holed).collect())
    }

    /// Reads a part of the journal from the disk; see [`LogStore::mend`].
    pub fn mend(&self, part: u32) -> Result<bool, StoreError> {
        self.store.mend(part)
    }

    /// Number and hash of the last entry held of a log before its first hole; `(0, zero)` when none is.
    pub fn last(&self, log: &LogId) -> (u64, EntryHash) {
        self.store.last(log)
    }

    /// Last number and hash of every log of a space. A frozen log counts up to its last common entry.
    pub fn frontier(&self, space: &SpaceId) -> Result<Frontier, StoreError> {
        let mut frontier = self.store.frontier(space);
        for (log, common) in self.frozen().of_space(space) {
            self.cut(&mut frontier, &log, common)?;
        }
        Ok(frontier)
    }

    fn cut(&self, frontier: &mut Frontier, log: &LogId, common: u64) -> Result<(), StoreError> {
        if frontier.number(&log.key) <= common {
            return Ok(());
        }
        match self.store.entry(log, common)? {
            Some(entry) => frontier.0.insert(log.key, (common, entry.header.hash())),
            None => frontier.0.remove(&log.key),
        };
        Ok(())
    }

    /// Spaces with at least one entry.
    pub fn spaces(&self) -> Vec<SpaceId> {
        self.store.spaces()
    }

    /// Logs with at least one entry.
    pub fn logs(&self) -> Vec<LogId> {
        self.store.logs()
    }

    /// How much is held, and how much room there is.
    pub fn stats(&self) -> StoreStats {
        self.store.stats()
    }

    /// Opens the store again after an error of the disk; see [`LogStore::reopen`].
    pub fn reopen(&self) -> Result<(), StoreError> {
        let _no_append_meanwhile = self.writer();
        self.store.reopen()
    }

    /// Gives back the room that the store holds in reserve; whether there was any.
    pub fn release_reserve(&self) -> bool {
        self.store.release_reserve()
    }

    /// Lets the store hold room in reserve again, when there is some.
    pub fn keep_reserve(&self) {
        self.store.keep_reserve();
    }

    /// What opening the store found.
    pub fn open_report(&self) -> OpenReport {
        self.store.open_report()
    }

    /// Opens and reads an entry's body.
    pub fn open_body(&self, entry: &Entry) -> Result<Body, OpenError> {
        Ok(Body::decode(&self.open_plain(entry)?)?)
    }

    /// Opens an entry's body without reading it.
    pub fn open_plain(&self, entry: &Entry) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let sealed = entry.body.as_ref().ok_or(OpenError::NoBody)?;
        self.keyring().for_entry(&entry.header.core)?.open(&entry.header.core, sealed)
    }

    /// The entry with this core and this body in clear: byte for byte what its writer made.
    pub fn rebuild(&self, core: Core, plain: &[u8]) -> Result<Entry, OpenError> {
        let sealed = self.keyring().for_entry(&core)?.seal(&core, plain)?;
        Ok(Entry { header: Header::new(core, &sealed), body: Some(sealed) })
    }

    /// The keyed hash by which entries of this epoch name a record; all zero for no record.
    pub fn record_tag(
        &self,
        space: &SpaceId,
        epoch: u32,
        record: Option<&cairn_record::RecordId>,
    ) -> Result<RecordTag, OpenError> {
        let Some(record) = record else { return Ok([0; 16]) };
        let keyring = self.keyring();
        keyring.of_epoch(space, epoch).map(|key| key.record_tag(record)).ok_or(OpenError::UnknownEpoch(epoch))
    }

    /// The time that an entry written now would bear, when the machine's clock shows `now_ms`. It never goes back, and neither
    /// a peer nor a clock that leaps by years pulls it far ahead.
    pub fn time_of_next(&self, now_ms: u64) -> u64 {
        self.writer().next(now_ms).unix_ms
    }

    fn writer(&self) -> MutexGuard<'_, Clock> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn frozen(&self) -> RwLockReadGuard<'_, Frozen> {
        self.frozen.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn frozen_mut(&self) -> RwLockWriteGuard<'_, Frozen> {
        self.frozen.write().unwrap_or_else(PoisonError::into_inner)
    }
}
