//! The encrypted folder: a tantivy [`Directory`] whose files nobody can read, or change unnoticed, without the key.
//!
//! [`seal`] says how files are sealed and what is defended against. Names on disk are keyed hashes, so not even the
//! number of a segment shows. Bytes are opened a chunk at a time and kept in a bounded [`cache`].
//!
//! tantivy's list of the files it made (`.managed.json`) is kept in memory only. tantivy rewrites it for each of the
//! seven or so files of a segment, and on the cards of small machines each durable rewrite costs more than the segment.
//! The list only serves to delete files that are no longer needed; [`SealedDirectory::keep_only`] makes it again from
//! the index's own list of segments at every opening, and deletes what a killed process left behind.

mod cache;
mod live;
mod locks;
mod reading;
mod seal;
#[cfg(test)]
mod tests;
mod writing;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, WatchCallback, WatchCallbackList, WatchHandle, WritePtr,
};

use locks::Locks;
use reading::{SealedFile, Unsealing};
use seal::Seal;
use writing::SealedWriter;

/// Fills the buffer with unpredictable bytes. Passed in, so that a simulation can repeat a run from a seed; it must
/// not give out the same bytes again when a folder is opened again, or two files would be sealed alike.
pub type RandomSource = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// tantivy's list of the files it made.
const MANAGED: &str = ".managed.json";
/// tantivy's list of segments: the one file that is replaced.
pub(crate) const META: &str = "meta.json";
/// Ending of our files on disk, and of a file about to replace another.
const ENDING: &str = "sealed";
const ENDING_NEW: &str = "new";

/// An encrypted folder for one index. Clones share everything.
#[derive(Clone)]
pub struct SealedDirectory(Arc<Folder>);

struct Folder {
    path: PathBuf,
    unsealing: Arc<Unsealing>,
    random: RandomSource,
    locks: Arc<Locks>,
    watchers: WatchCallbackList,
    /// Files that live in memory only.
    fleeting: Mutex<HashMap<PathBuf, Vec<u8>>>,
}

impl SealedDirectory {
    /// Opens the folder, making it when it is missing. `cache_bytes` bounds the opened chunks kept in memory.
    pub fn open(path: &Path, key: &[u8; 32], cache_bytes: usize, random: RandomSource) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        Ok(Self(Arc::new(Folder {
            path: path.to_owned(),
            unsealing: Arc::new(Unsealing::new(Seal::new(key), cache_bytes)),
            random,
            locks: Arc::default(),
            watchers: WatchCallbackList::default(),
            fleeting: Mutex::default(),
        })))
    }

    /// Whether the folder holds any file of ours, readable or not.
    pub fn is_used(&self) -> io::Result<bool> {
        Ok(!self.ours()?.is_empty())
    }

    /// Deletes every file of ours.
    pub fn wipe(&self) -> io::Result<()> {
        self.forget_opened();
        self.0.unsealing.forget_damage();
        self.fleeting().clear();
        self.ours()?.iter().try_for_each(fs::remove_file)?;
        self.sync_directory()
    }

    /// Whether any file was not as it was written, since opening or the last [`SealedDirectory::wipe`].
    pub fn damage_was_seen(&self) -> bool {
        self.0.unsealing.damage_was_seen()
    }

    /// Takes the list of segments away and lets no new one be written, so that whoever opens the folder next finds an
    /// index that must be built anew. [`SealedDirectory::wipe`] makes the folder usable again.
    pub fn condemn(&self) {
        match fs::remove_file(self.on_disk(Path::new(META))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "a damaged search index could not be marked; it is checked again when it is used");
            }
            _ => {}
        }
    }

    /// Drops the opened chunks from memory.
    pub fn forget_opened(&self) {
        self.0.unsealing.cache.clear();
    }

    /// Deletes every file of ours that is not among `living`, and tells tantivy that it made those. An error when one
    /// of them is missing.
    pub fn keep_only(&self, living: &HashSet<PathBuf>) -> io::Result<()> {
        let names: HashSet<PathBuf> = living.iter().map(|path| self.on_disk(path)).collect();
        let ours = self.ours()?;
        if !names.is_subset(&ours) {
            return Err(io::Error::new(io::ErrorKind::NotFound, "a file is missing"));
        }
        ours.difference(&names).try_for_each(fs::remove_file)?;
        self.fleeting().insert(MANAGED.into(), managed_list(living));
        Ok(())
    }

    /// Reads every byte of these files.
    pub fn verify(&self, paths: &HashSet<PathBuf>) -> io::Result<()> {
        paths.iter().try_for_each(|path| self.open_file(path)?.verify())
    }

    fn on_disk(&self, path: &Path) -> PathBuf {
        self.0.path.join(self.0.unsealing.seal.disk_name(path)).with_extension(ENDING)
    }

    fn ours(&self) -> io::Result<HashSet<PathBuf>> {
        let mut ours = HashSet::new();
        for file in fs::read_dir(&self.0.path)? {
            let path = file?.path();
            if path.extension().is_some_and(|ending| ending == ENDING || ending == ENDING_NEW) {
                ours.insert(path);
            }
        }
        Ok(ours)
    }

    fn fleeting(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Vec<u8>>> {
        self.0.fleeting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open_file(&self, path: &Path) -> io::Result<SealedFile> {
        let file = File::open(self.on_disk(path))?;
        SealedFile::open(file, path, &self.0.unsealing)
    }

    fn begin(&self, path: &Path, file: File) -> io::Result<SealedWriter> {
        let seal = &self.0.unsealing.seal;
        SealedWriter::begin(file, seal.clone(), seal.new_file(path, &*self.0.random))
    }

    fn replace(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let target = self.on_disk(path);
        let new = target.with_extension(ENDING_NEW);
        let mut writer = self.begin(path, File::create(&new)?)?;
        writer.write_all(content)?;
        writer.finish()?;
        fs::rename(&new, &target)?;
        // tantivy deletes files that the old list of segments still names, so the new list has to last.
        self.sync_directory()
    }
}

/// tantivy's list as it writes it: a JSON array of names. Its names are letters, digits, dots and dashes.
fn managed_list(made: &HashSet<PathBuf>) -> Vec<u8> {
    let names: Vec<String> = made.iter().map(|path| format!("\"{}\"", path.display())).collect();
    format!("[{}]", names.join(",")).into_bytes()
}

fn read_error(path: &Path, error: io::Error) -> OpenReadError {
    match error.kind() {
        io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
        _ => OpenReadError::wrap_io_error(error, path.to_owned()),
    }
}

impl Directory for SealedDirectory {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let file = self.open_file(path).map_err(|error| read_error(path, error))?;
        Ok(Arc::new(file))
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        fs::remove_file(self.on_disk(path)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DeleteError::FileDoesNotExist(path.to_owned()),
            _ => DeleteError::IoError { io_error: Arc::new(error), filepath: path.to_owned() },
        })
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        if path == Path::new(MANAGED) {
            return Ok(self.fleeting().contains_key(path));
        }
        self.on_disk(path).try_exists().map_err(|error| read_error(path, error))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let writer = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(self.on_disk(path))
            .and_then(|file| self.begin(path, file))
            .map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
                _ => OpenWriteError::wrap_io_error(error, path.to_owned()),
            })?;
        Ok(BufWriter::new(Box::new(writer)))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        if path == Path::new(MANAGED) {
            let found = self.fleeting().get(path).cloned();
            return found.ok_or_else(|| OpenReadError::FileDoesNotExist(path.to_owned()));
        }
        self.open_file(path).and_then(|file| file.read_all()).map_err(|error| read_error(path, error))
    }

    fn atomic_write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        if path == Path::new(MANAGED) {
            self.fleeting().insert(path.to_owned(), content.to_vec());
            return Ok(());
        }
        if self.damage_was_seen() {
            return Err(seal::damaged("the folder is damaged, and nothing more is written to it"));
        }
        self.replace(path, content)?;
        if path == Path::new(META) {
            // Whoever watches runs on a thread of tantivy's; nothing here waits for them.
            drop(self.0.watchers.broadcast());
        }
        Ok(())
    }

    fn sync_directory(&self) -> io::Result<()> {
        // A folder cannot be opened for syncing on Windows, and needs no syncing there.
        if cfg!(windows) { Ok(()) } else { File::open(&self.0.path)?.sync_all() }
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.0.locks.acquire(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(self.0.watchers.subscribe(callback))
    }
}

impl std::fmt::Debug for SealedDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedDirectory").field("path", &self.0.path).finish_non_exhaustive()
    }
}
