//! The locks tantivy takes, kept in memory.
//!
//! One process owns the folder (the ledger locks the whole installation), so a lock file would only be in the way:
//! a killed process would leave it behind.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tantivy::directory::error::LockError;
use tantivy::directory::{DirectoryLock, Lock};

/// Longest wait for a lock that may be waited for. Such locks guard a few file openings.
const WAIT_MAX: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(super) struct Locks {
    held: Mutex<HashSet<PathBuf>>,
    freed: Condvar,
}

/// Frees its lock when dropped.
struct Held {
    locks: Arc<Locks>,
    path: PathBuf,
}

impl Locks {
    pub(super) fn acquire(self: &Arc<Self>, lock: &Lock) -> Result<DirectoryLock, LockError> {
        let patience = if lock.is_blocking { WAIT_MAX } else { Duration::ZERO };
        let (mut held, waited) = self
            .freed
            .wait_timeout_while(self.lock(), patience, |held| held.contains(&lock.filepath))
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return Err(LockError::LockBusy);
        }
        held.insert(lock.filepath.clone());
        Ok(DirectoryLock::from(Box::new(Held { locks: self.clone(), path: lock.filepath.clone() })))
    }

    fn release(&self, path: &Path) {
        self.lock().remove(path);
        self.freed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.locks.release(&self.path);
    }
}
