//! An installation that lives in memory: for posts of which two hundred run in one process.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use cairn_casebook::{CasebookError, Entropy, InitRequest, Place, Searchable, Unlock};
use cairn_finder::RandomSource;
use cairn_ledger::keystore::{KeyPlace, Unlock as RawUnlock};
use cairn_ledger::view::{MemoryViews, ViewError, ViewKey, ViewStore};
use cairn_ledger::{BlobStore, Keystore, LogStore, MemoryBlobs, MemoryStore, StoreError};

/// Everything that an installation keeps. Clones share it, however often it is opened.
#[derive(Clone)]
pub struct Memory {
    name: String,
    /// Opens the key store. Posts of one run share it.
    key_file: PathBuf,
    logs: Arc<MemoryStore>,
    blobs: Arc<MemoryBlobs>,
    views: MemoryViews,
    keys: Arc<Mutex<Vec<u8>>>,
}

impl Memory {
    /// Nothing yet.
    pub fn new(name: &str, key_file: &Path) -> Self {
        Self {
            name: name.to_owned(),
            key_file: key_file.to_owned(),
            logs: Arc::default(),
            blobs: Arc::default(),
            views: MemoryViews::new(),
            keys: Arc::default(),
        }
    }

    /// What a post of that name asks for when it is set up.
    pub fn request(&self) -> InitRequest {
        InitRequest {
            agency: "Three Rivers Border Service".into(),
            site: self.name.clone(),
            country: "XTR".into(),
            hub: false,
            demo: true,
        }
    }

    /// What opens its secrets.
    pub fn unlock(&self) -> Unlock {
        Unlock::KeyFile(self.key_file.clone())
    }

    /// Its secrets.
    pub fn keystore(&self) -> Keystore {
        Keystore::open(Place::keystore(self), RawUnlock::KeyFile(&self.key_file)).unwrap()
    }

    /// Its journal.
    pub fn store(&self) -> Box<dyn LogStore> {
        Box::new(self.logs.clone())
    }
}

impl Place for Memory {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn exists(&self) -> bool {
        !self.keys.lock().unwrap().is_empty()
    }

    fn make(&self) -> io::Result<()> {
        Ok(())
    }

    fn keystore(&self) -> KeyPlace {
        KeyPlace::Memory(self.keys.clone())
    }

    fn logs(&self, _small: bool) -> Result<Box<dyn LogStore>, StoreError> {
        Ok(self.store())
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
        false
    }

    fn settle(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The system's randomness.
pub struct System;

impl Entropy for System {
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).unwrap();
    }
}
