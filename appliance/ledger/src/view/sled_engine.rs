//! sled 0.34.7 behind [`Engine`], set up as the experiments showed it stays healthy: one tree, a small
//! cache, its own rhythm of flushing, no values large enough to leave its log.

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use super::ViewError;
use super::engine::{Engine, Write};
use super::open::{ViewFolder, files_in, open};
use super::sealed_views::SealedViews;

const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// Garbage collection rides on the flusher, so it must run.
const FLUSH_EVERY_MS: u64 = 500;
/// How long sled may take to open before it counts as hanging.
const OPEN_SECONDS_MAX: u64 = 120;
/// How often to look whether sled has let go of its files, 5 ms apart.
const RELEASE_LOOKS_MAX: u32 = 4000;
const DATA: &str = "db";

pub(super) struct SledEngine {
    /// `None` once closed; holds the lock on the folder.
    folder: Option<Arc<ViewFolder>>,
    place: PathBuf,
    db: Option<sled::Db>,
    failed: AtomicBool,
}

impl SledEngine {
    /// Opens the database in `place`, in a thread of its own so that one that hangs can be left behind.
    pub(super) fn open(folder: &Arc<ViewFolder>, place: &Path) -> Result<Self, ViewError> {
        fs::create_dir_all(place)?;
        wait_for_release(place)?;
        let path = place.to_owned();
        let (send, opened) = mpsc::channel();
        thread::Builder::new().name("open views".into()).spawn(move || {
            // When nobody waits any more there is nobody to tell.
            let _ = send.send(guarded(|| config(&path).open()));
        })?;
        let db = opened
            .recv_timeout(Duration::from_secs(OPEN_SECONDS_MAX))
            .map_err(|_| ViewError::Corrupt("sled did not finish opening"))??;
        Ok(Self {
            folder: Some(Arc::clone(folder)),
            place: place.to_owned(),
            db: Some(db),
            failed: AtomicBool::new(false),
        })
    }

    /// Runs sled code. Any error or panic ends this engine.
    fn run<T>(&self, run: impl FnOnce(&sled::Db) -> sled::Result<T>) -> Result<T, ViewError> {
        let db = self.db.as_ref().filter(|_| !self.failed.load(Ordering::SeqCst)).ok_or(ViewError::NeedsReopen)?;
        let done = guarded(|| run(db));
        if done.is_err() {
            self.failed.store(true, Ordering::SeqCst);
        }
        done
    }

    /// Gives everything to the device. sled's own flush does not reach it.
    fn sync(&self) -> Result<(), ViewError> {
        self.run(|db| db.flush())?;
        for file in files_in(&self.place)? {
            File::open(file)?.sync_all()?;
        }
        File::open(&self.place)?.sync_all()?;
        Ok(())
    }

    /// Drops the database and waits until nothing of it writes any more.
    fn release(&mut self) -> Result<(), ViewError> {
        let Some(db) = self.db.take() else { return Ok(()) };
        guarded(|| {
            drop(db);
            Ok(())
        })?;
        wait_for_release(&self.place)
    }
}

impl Engine for SledEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        self.run(|db| Ok(db.get(key)?.map(|value| value.to_vec())))
    }

    fn walk(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), ViewError> {
        use std::ops::Bound;
        let start = after.filter(|after| *after >= prefix).map_or(Bound::Included(prefix), Bound::Excluded);
        self.run(|db| {
            for row in db.range::<&[u8], _>((start, Bound::Unbounded)) {
                let (key, value) = row?;
                if !key.starts_with(prefix) || !visit(&key, &value) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn apply(&self, writes: &[Write]) -> Result<(), ViewError> {
        let mut batch = sled::Batch::default();
        for (key, value) in writes {
            match value {
                Some(value) => batch.insert(key.as_slice(), value.as_slice()),
                None => batch.remove(key.as_slice()),
            }
        }
        self.run(|db| db.apply_batch(batch))
    }

    fn disk_bytes(&self) -> Result<u64, ViewError> {
        let mut bytes = 0;
        for file in files_in(&self.place)? {
            match fs::metadata(file) {
                Ok(metadata) => bytes += metadata.len(),
                // sled replaces its snapshots while we look.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(bytes)
    }

    fn beside(&self) -> Result<Self, ViewError> {
        let folder = self.folder.as_ref().ok_or(ViewError::NeedsReopen)?;
        Self::open(folder, &folder.next_place()?)
    }

    fn switch_to(&mut self, other: Self) -> Result<(), ViewError> {
        let folder = self.folder.clone().ok_or(ViewError::NeedsReopen)?;
        other.sync()?;
        folder.make_current(&other.place)?;
        let mut old = std::mem::replace(self, other);
        old.release()?;
        fs::remove_dir_all(&old.place)?;
        Ok(())
    }

    fn again(&mut self) -> Result<SealedViews<Self>, ViewError> {
        let folder = self.folder.clone().ok_or(ViewError::NeedsReopen)?;
        self.release()?;
        Ok(open(&folder)?.0)
    }

    fn close(&mut self, in_order: bool) -> Result<(), ViewError> {
        let Some(folder) = self.folder.take() else { return Ok(()) };
        let in_order = in_order && !self.failed.load(Ordering::SeqCst) && self.db.is_some();
        if in_order {
            self.run(|db| db.flush())?;
        }
        self.release()?;
        if in_order {
            for file in files_in(&self.place)? {
                File::open(file)?.sync_all()?;
            }
            folder.mark_closed(&self.place)?;
        }
        Ok(())
    }
}

impl Drop for SledEngine {
    fn drop(&mut self) {
        if let Err(error) = self.release() {
            tracing::warn!(%error, "the views did not close in order; they are checked at the next start");
        }
    }
}

fn config(path: &Path) -> sled::Config {
    sled::Config::new().path(path).cache_capacity(CACHE_BYTES).flush_every_ms(Some(FLUSH_EVERY_MS))
}

/// sled lets go of its files a moment after it is dropped, from a thread of its own. We hold the lock on the
/// folder around it, so whoever still has the file is on the way out.
fn wait_for_release(place: &Path) -> Result<(), ViewError> {
    let file = match File::open(place.join(DATA)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    for _ in 0..RELEASE_LOOKS_MAX {
        if file.try_lock().is_ok() {
            file.unlock()?;
            return Ok(());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Err(ViewError::Locked)
}

fn guarded<T>(run: impl FnOnce() -> sled::Result<T>) -> Result<T, ViewError> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(done) => done.map_err(view_error),
        Err(_) => Err(ViewError::Corrupt("sled panicked")),
    }
}

fn view_error(error: sled::Error) -> ViewError {
    match error {
        sled::Error::Io(error) if error.kind() == io::ErrorKind::StorageFull => ViewError::Full,
        sled::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            ViewError::Corrupt("a file is cut short")
        }
        sled::Error::Io(error) => ViewError::Io(error),
        sled::Error::Corruption { .. } => ViewError::Corrupt("sled found its files damaged"),
        sled::Error::CollectionNotFound(_) | sled::Error::Unsupported(_) | sled::Error::ReportableBug(_) => {
            ViewError::Corrupt("sled cannot work with its files")
        }
    }
}
