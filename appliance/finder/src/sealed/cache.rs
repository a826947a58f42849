//! The opened chunks that are kept in memory, at most as many as the folder was given room for.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use super::seal::{CHUNK, FileSeal};

type Chunks = LruCache<(FileSeal, u64), Arc<[u8]>>;

/// Least recently used goes first. A file's salt is part of the key, so a file that takes the name of a deleted one
/// never meets its chunks.
pub(super) struct ChunkCache(Mutex<Chunks>);

impl ChunkCache {
    /// Room for `bytes` of content, at least for eight chunks.
    pub(super) fn new(bytes: usize) -> Self {
        let least = NonZeroUsize::MIN.saturating_add(7);
        let chunks = NonZeroUsize::new(bytes / CHUNK).map_or(least, |chunks| chunks.max(least));
        Self(Mutex::new(LruCache::new(chunks)))
    }

    pub(super) fn get(&self, file: &FileSeal, number: u64) -> Option<Arc<[u8]>> {
        self.lock().get(&(*file, number)).cloned()
    }

    pub(super) fn put(&self, file: &FileSeal, number: u64, content: Arc<[u8]>) {
        self.lock().put((*file, number), content);
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, Chunks> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
