//! A machine's disk: journal, views and key store in memory, with faults, backups and power cuts.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cairn_casebook::{CasebookError, Place, Searchable};
use cairn_finder::RandomSource;
use cairn_ledger::keystore::KeyPlace;
use cairn_ledger::store::{Lost, OpenReport, StoreStats, StoredItem};
use cairn_ledger::view::{MemoryViews, ViewError, ViewKey, ViewStore};
use cairn_ledger::{
    BlobStore, Entry, EntryHash, Frontier, LogId, LogStore, MemoryBlobs, MemoryStore, ReplicaId, Seal, SpaceId,
    StoreError,
};

use crate::truth::{self, SharedTruth};

/// Who the disk belongs to and who watches it.
#[derive(Clone)]
pub struct Label {
    /// For messages.
    pub name: String,
    /// The replica, as soon as it is known.
    pub owner: Arc<Mutex<Option<ReplicaId>>>,
    /// Whether what it keeps must be right.
    pub honest: Arc<AtomicBool>,
    /// What really happened.
    pub truth: SharedTruth,
}

/// Everything that a machine keeps. Clones share it.
#[derive(Clone)]
pub struct Disk {
    /// Whose it is.
    pub label: Label,
    /// The journal.
    pub logs: Arc<MemoryStore>,
    /// The chunks of attachments.
    pub blobs: Arc<MemoryBlobs>,
    /// The views.
    pub views: MemoryViews,
    keys: Arc<Mutex<Vec<u8>>>,
    copied: Arc<AtomicBool>,
}

impl Disk {
    /// An empty disk.
    pub fn new(label: Label) -> Self {
        Self {
            label,
            logs: Arc::new(MemoryStore::new()),
            blobs: Arc::default(),
            views: MemoryViews::new(),
            keys: Arc::default(),
            copied: Arc::default(),
        }
    }

    /// The disk after a power cut: of what was not flushed, this share is there.
    pub fn after_power_cut(&self, share: f64, views: MemoryViews) -> Self {
        let logs = Arc::new(MemoryStore::from_bytes(self.logs.after_power_cut(share)));
        Self { logs, views, ..self.clone() }
    }

    /// The disk with a byte of this entry's body gone bad; whether it was found there.
    pub fn with_damage(&self, entry: &Entry) -> (Self, bool) {
        let mut bytes = self.logs.after_power_cut(0.0);
        let body = entry.body.as_deref().unwrap_or_default();
        let at = bytes.windows(body.len().max(1)).position(|window| window == body);
        if let Some(at) = at {
            bytes[at + body.len() / 2] ^= 1;
        }
        (Self { logs: Arc::new(MemoryStore::from_bytes(bytes)), ..self.clone() }, at.is_some())
    }

    /// A copy of everything, for a backup or another card; `label` is the new owner's.
    pub fn copy(&self, label: Label, by_file: bool) -> Self {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self {
            label,
            logs: Arc::new(MemoryStore::from_bytes(self.logs.after_power_cut(0.0))),
            blobs: Arc::new(self.blobs.copy()),
            views: self.views.copy(),
            keys: Arc::new(Mutex::new(keys)),
            copied: Arc::new(AtomicBool::new(by_file)),
        }
    }

    /// The journal, as a store that is watched. `outlaw`: what is written through it has no right to exist.
    pub fn store(&self, outlaw: bool) -> Watched {
        Watched { label: self.label.clone(), logs: self.logs.clone(), outlaw }
    }
}

impl Place for Disk {
    fn name(&self) -> String {
        self.label.name.clone()
    }

    fn exists(&self) -> bool {
        !self.keys.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn make(&self) -> io::Result<()> {
        Ok(())
    }

    fn keystore(&self) -> KeyPlace {
        KeyPlace::Memory(self.keys.clone())
    }

    fn logs(&self, _small: bool) -> Result<Box<dyn LogStore>, StoreError> {
        Ok(Box::new(self.store(false)))
    }

    fn blobs(&self) -> Result<Box<dyn BlobStore>, StoreError> {
        Ok(Box::new(self.blobs.clone()))
    }

    fn views(&self, key: &ViewKey) -> Result<Box<dyn ViewStore>, ViewError> {
        Ok(self.views.open(key)?.0)
    }

    fn search(&self, _key: &[u8; 32], _random: RandomSource) -> Result<Option<Searchable>, CasebookError> {
        Ok(None)
    }

    fn is_copy(&self) -> bool {
        self.copied.load(Ordering::Relaxed)
    }

    fn settle(&self) -> io::Result<()> {
        self.copied.store(false, Ordering::Relaxed);
        Ok(())
    }
}

/// A journal whose appends are told to the truth.
pub struct Watched {
    label: Label,
    logs: Arc<MemoryStore>,
    outlaw: bool,
}

impl LogStore for Watched {
    fn append(&self, items: &[StoredItem]) -> Result<(), StoreError> {
        let mut owner = self.label.owner.lock().unwrap_or_else(PoisonError::into_inner);
        // The first entries of an installation are its own: its founding.
        let first = items.iter().find_map(|item| match item {
            StoredItem::Entry(entry) => Some(entry.header.core.log.key.replica),
            StoredItem::Seal(_) => None,
        });
        if let Some(owner) = first.map(|first| *owner.get_or_insert(first)) {
            let honest = self.label.honest.load(Ordering::Relaxed);
            truth::of(&self.label.truth).witness(&self.label.name, owner, honest, self.outlaw, items);
        }
        drop(owner);
        self.logs.append(items)
    }

    fn entry(&self, log: &LogId, number: u64) -> Result<Option<Entry>, StoreError> {
        self.logs.entry(log, number)
    }

    fn read(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Vec<Entry>, StoreError> {
        self.logs.read(log, from, bytes_max)
    }

    fn seal_at(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        self.logs.seal_at(log, number)
    }

    fn seal_before(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        self.logs.seal_before(log, number)
    }

    fn last(&self, log: &LogId) -> (u64, EntryHash) {
        self.logs.last(log)
    }

    fn next_held(&self, log: &LogId, number: u64) -> Option<u64> {
        self.logs.next_held(log, number)
    }

    fn lost(&self) -> Vec<Lost> {
        self.logs.lost()
    }

    fn frontier(&self, space: &SpaceId) -> Frontier {
        self.logs.frontier(space)
    }

    fn spaces(&self) -> Vec<SpaceId> {
        self.logs.spaces()
    }

    fn logs(&self) -> Vec<LogId> {
        self.logs.logs()
    }

    fn stats(&self) -> StoreStats {
        self.logs.stats()
    }

    fn open_report(&self) -> OpenReport {
        self.logs.open_report()
    }
}
