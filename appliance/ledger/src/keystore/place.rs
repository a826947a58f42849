//! Where the sealed bytes of a key store are kept: a file, or memory in simulations.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::disk::write_replacing;

/// Where the sealed bytes are kept. Clones share the place.
#[derive(Clone, Debug)]
pub enum KeyPlace {
    /// A file, replaced by a rename.
    File(PathBuf),
    /// Memory; empty while there is no key store.
    Memory(Arc<Mutex<Vec<u8>>>),
}

impl KeyPlace {
    pub(super) fn exists(&self) -> bool {
        match self {
            Self::File(path) => path.exists(),
            Self::Memory(bytes) => !lock(bytes).is_empty(),
        }
    }

    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::File(path) => std::fs::read(path),
            Self::Memory(bytes) => Ok(lock(bytes).clone()),
        }
    }

    /// Durable on return; the old bytes or the new ones are there at any time.
    pub(super) fn replace(&self, new: &[u8]) -> io::Result<()> {
        match self {
            Self::File(path) => write_replacing(path, new),
            Self::Memory(bytes) => {
                *lock(bytes) = new.to_vec();
                Ok(())
            }
        }
    }

    pub(super) fn name(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Memory(_) => PathBuf::from("memory"),
        }
    }
}

impl From<&Path> for KeyPlace {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<&PathBuf> for KeyPlace {
    fn from(path: &PathBuf) -> Self {
        Self::File(path.clone())
    }
}

fn lock(bytes: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}
