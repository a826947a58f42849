//! Chunks of attachments: what they are called, how they are sealed, and where they are kept.
//!
//! A file is cut into chunks of [`CHUNK_BYTES`]. Each is sealed with a key of its space's epoch, the same bytes always to
//! the same bytes, and is called by a hash of what came out: so the same content in the same space is kept once, whoever
//! holds a sealed chunk can check it against its name without a key, and without the key nobody can test a guess of the
//! content against a name. Chunks are durable before the entry that names them ([`crate::attachment`]) is written; one
//! that no entry names is left over from an attempt that was never acknowledged.
//!
//! [`BlobStore`] is all that the rest of Cairn knows. [`FileBlobs`] keeps each chunk in a file; [`MemoryBlobs`] keeps them
//! in memory and can be told to fail.

mod chunk;
mod files;
mod memory;

#[cfg(test)]
mod tests;

pub use chunk::{CHUNK_BYTES, CHUNK_SEALED_MAX, ChunkKey, SealedChunk};
pub use files::FileBlobs;
pub use memory::{BlobFault, MemoryBlobs};

use crate::names::{ChunkName, SpaceId};
use crate::store::StoreError;

/// How much room there is for chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Free bytes on the disk; `u64::MAX` when the engine cannot know.
    pub free_bytes: u64,
    /// What has to stay free, so that records can still be written.
    pub floor_bytes: u64,
}

impl Room {
    /// Refuses what would take the disk below its floor.
    pub fn check(&self, wanted_bytes: u64) -> Result<(), StoreError> {
        let (free_bytes, floor_bytes) = (self.free_bytes, self.floor_bytes);
        if free_bytes.saturating_sub(wanted_bytes) < floor_bytes {
            return Err(StoreError::LowSpace { free_bytes, floor_bytes });
        }
        Ok(())
    }
}

/// Keeps sealed chunks by space and name. Every method takes `&self`; engines lock inside.
pub trait BlobStore: Send + Sync {
    /// Keeps chunks, durable when it returns; those held already stay as they are. When it fails, some of them may be
    /// kept. Refused below the floor of free space.
    fn put(&self, space: &SpaceId, chunks: &[SealedChunk]) -> Result<(), StoreError>;

    /// One chunk, checked against its name. One that is damaged is set aside and counts as not held from then on.
    fn get(&self, space: &SpaceId, name: &ChunkName) -> Result<Option<SealedChunk>, StoreError>;

    /// Whether a chunk of this name is held. Its bytes are not looked at.
    fn has(&self, space: &SpaceId, name: &ChunkName) -> bool;

    /// Removes a chunk, if it is held.
    fn remove(&self, space: &SpaceId, name: &ChunkName) -> Result<(), StoreError>;

    /// Names every chunk held, in no particular order.
    fn each(&self, visit: &mut dyn FnMut(SpaceId, ChunkName)) -> Result<(), StoreError>;

    /// How much room there is.
    fn room(&self) -> Room;
}

impl<T: BlobStore + ?Sized> BlobStore for std::sync::Arc<T> {
    fn put(&self, space: &SpaceId, chunks: &[SealedChunk]) -> Result<(), StoreError> {
        (**self).put(space, chunks)
    }

    fn get(&self, space: &SpaceId, name: &ChunkName) -> Result<Option<SealedChunk>, StoreError> {
        (**self).get(space, name)
    }

    fn has(&self, space: &SpaceId, name: &ChunkName) -> bool {
        (**self).has(space, name)
    }

    fn remove(&self, space: &SpaceId, name: &ChunkName) -> Result<(), StoreError> {
        (**self).remove(space, name)
    }

    fn each(&self, visit: &mut dyn FnMut(SpaceId, ChunkName)) -> Result<(), StoreError> {
        (**self).each(visit)
    }

    fn room(&self) -> Room {
        (**self).room()
    }
}

impl dyn BlobStore + '_ {
    /// Those of these chunks that are not held, in their order, each once.
    pub fn missing(&self, space: &SpaceId, names: &[ChunkName]) -> Vec<ChunkName> {
        let mut met = std::collections::HashSet::new();
        names.iter().filter(|name| !self.has(space, name) && met.insert(**name)).copied().collect()
    }
}
