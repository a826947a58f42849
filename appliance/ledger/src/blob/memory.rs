//! Chunks in memory, with faults on request: for simulations and tests.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{BlobStore, Room, SealedChunk};
use crate::names::{ChunkName, SpaceId};
use crate::store::StoreError;

/// What happens at a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobFault {
    /// The disk is full: nothing is kept.
    Full,
    /// The disk fails after half of the chunks.
    Half,
}

/// Chunks in memory.
#[derive(Default)]
pub struct MemoryBlobs(Mutex<State>);

#[derive(Clone, Default)]
struct State {
    chunks: BTreeMap<(SpaceId, ChunkName), Vec<u8>>,
    faults: Vec<(u64, BlobFault)>,
    puts: u64,
    low_space: bool,
}

impl MemoryBlobs {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the put after `puts` further ones fail.
    pub fn inject(&self, puts: u64, fault: BlobFault) {
        let mut state = self.state();
        let at = state.puts + puts;
        state.faults.push((at, fault));
    }

    /// From now on there is, or is not, less free than the floor.
    pub fn set_low_space(&self, low: bool) {
        self.state().low_space = low;
    }

    /// Changes a byte of this chunk, as a bad sector would.
    pub fn damage(&self, space: &SpaceId, name: &ChunkName) {
        if let Some(byte) = self.state().chunks.get_mut(&(*space, *name)).and_then(|bytes| bytes.get_mut(9)) {
            *byte ^= 0x20;
        }
    }

    /// Another store with the same chunks.
    pub fn copy(&self) -> Self {
        let chunks = self.state().chunks.clone();
        Self(Mutex::new(State { chunks, ..State::default() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn room(&self) -> Room {
        Room { free_bytes: if self.low_space { 0 } else { u64::MAX }, floor_bytes: u64::from(self.low_space) }
    }

    fn fault(&mut self) -> Option<BlobFault> {
        let at = self.puts;
        self.puts += 1;
        self.faults.iter().find(|(when, _)| *when == at).map(|(_, fault)| *fault)
    }
}

impl BlobStore for MemoryBlobs {
    fn put(&self, space: &SpaceId, chunks: &[SealedChunk]) -> Result<(), StoreError> {
        let mut state = self.state();
        state.room().check(0)?;
        let fault = state.fault();
        let kept = match fault {
            None => chunks,
            Some(BlobFault::Full) => return Err(StoreError::Full),
            Some(BlobFault::Half) => &chunks[..chunks.len() / 2],
        };
        for chunk in kept {
            state.chunks.entry((*space, chunk.name())).or_insert_with(|| chunk.bytes().to_vec());
        }
        if fault.is_some() { Err(StoreError::Io(std::io::Error::other("write failed on request"))) } else { Ok(()) }
    }

    fn get(&self, space: &SpaceId, name: &ChunkName) -> Result<Option<SealedChunk>, StoreError> {
        let mut state = self.state();
        let Some(bytes) = state.chunks.get(&(*space, *name)) else { return Ok(None) };
        let chunk = SealedChunk::checked(*name, bytes.clone());
        if chunk.is_none() {
            state.chunks.remove(&(*space, *name));
        }
        Ok(chunk)
    }

    fn has(&self, space: &SpaceId, name: &ChunkName) -> bool {
        self.state().chunks.contains_key(&(*space, *name))
    }

    fn remove(&self, space: &SpaceId, name: &ChunkName) -> Result<(), StoreError> {
        self.state().chunks.remove(&(*space, *name));
        Ok(())
    }

    fn each(&self, visit: &mut dyn FnMut(SpaceId, ChunkName)) -> Result<(), StoreError> {
        let names: Vec<_> = self.state().chunks.keys().copied().collect();
        names.into_iter().for_each(|(space, name)| visit(space, name));
        Ok(())
    }

    fn room(&self) -> Room {
        self.state().room()
    }
}
