//! Opening the views of a data folder: whatever is wrong with them ends in views that can be trusted.
//!
//! ```text
//! views/
//!   lock            held while a Cairn uses the folder
//!   current         the name of the folder that counts; replaced by a rename
//!   closed          there only after an orderly close: a keyed hash of every file of that folder
//!   views-000001/   sled's files
//! ```
//!
//! The flow: take the lock; if `closed` is there and agrees with the files, what they hold was checked
//! before and has not changed since. Otherwise read every row and compare with the account. When sled does
//! not open or the account does not agree, climb the ladder: drop unfinished snapshots, drop all snapshots,
//! start empty. `closed` is removed before anything is written.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::sealed_views::SealedViews;
use super::sled_engine::SledEngine;
use super::{ViewError, ViewKey, ViewStore};

const LOCK: &str = "lock";
const CURRENT: &str = "current";
const CLOSED: &str = "closed";
const PLACE_PREFIX: &str = "views-";

/// What opening found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReport {
    /// Whether the views are there.
    pub outcome: OpenOutcome,
    /// The stamp they were built from; `None` means that everything has to be folded in.
    pub stamp: Option<Vec<u8>>,
}

/// Whether the views are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenOutcome {
    /// As they were left. The stamp may be behind the logs.
    Opened,
    /// There were none: the store is empty.
    Created,
    /// They could not be trusted and were removed: the store is empty.
    Rebuild {
        /// Why, for the log and the doctor's report.
        reason: String,
    },
}

/// Opens the views in `dir`, which is created when it is not there. Never fails because of what the files
/// hold; [`ViewError::Locked`] when another process has them, `Full` and `Io` when the device refuses.
pub fn open_views(dir: &Path, view_key: &ViewKey) -> Result<(Box<dyn ViewStore>, OpenReport), ViewError> {
    let (views, outcome) = open(&Arc::new(ViewFolder::lock(dir, view_key)?))?;
    let stamp = views.stamp();
    Ok((Box::new(views), OpenReport { outcome, stamp }))
}

pub(super) fn open(folder: &Arc<ViewFolder>) -> Result<(SealedViews<SledEngine>, OpenOutcome), ViewError> {
    let reason = match folder.current()? {
        Current::Never => return Ok((start_empty(folder)?, OpenOutcome::Created)),
        Current::Lost => "the name of the current folder is missing",
        Current::Place(place) => match climb(folder, &place)? {
            Ok(views) => return Ok((views, OpenOutcome::Opened)),
            Err(reason) => reason,
        },
    };
    tracing::warn!(reason, "the views cannot be trusted and are built again; no record is lost");
    Ok((start_empty(folder)?, OpenOutcome::Rebuild { reason: reason.to_owned() }))
}

/// Opens what is there, on the first rung of the ladder that holds. The inner error says why none did.
fn climb(folder: &Arc<ViewFolder>, place: &Path) -> Result<Result<SealedViews<SledEngine>, &'static str>, ViewError> {
    let trusted = folder.take_closed_mark(place)?;
    remove_snapshots(place, |name| name.ends_with(".generating"))?;
    let mut outcome = open_place(folder, place, trusted);
    if matches!(outcome, Err(ViewError::Corrupt(_))) && remove_snapshots(place, |_| true)? > 0 {
        outcome = open_place(folder, place, false);
    }
    match outcome {
        Ok(views) => Ok(Ok(views)),
        Err(ViewError::Corrupt(reason)) => Ok(Err(reason)),
        Err(other) => Err(other),
    }
}

fn open_place(folder: &Arc<ViewFolder>, place: &Path, trusted: bool) -> Result<SealedViews<SledEngine>, ViewError> {
    let views = SealedViews::open(SledEngine::open(folder, place)?, &folder.key)?;
    if !trusted {
        views.check()?;
    }
    Ok(views)
}

fn start_empty(folder: &Arc<ViewFolder>) -> Result<SealedViews<SledEngine>, ViewError> {
    let old = folder.places()?;
    let place = folder.next_place()?;
    folder.make_current(&place)?;
    old.iter().try_for_each(fs::remove_dir_all)?;
    open_place(folder, &place, true)
}

fn remove_snapshots(place: &Path, which: impl Fn(&str) -> bool) -> io::Result<usize> {
    let mut removed = 0;
    for file in files_in(place)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("snap.") && which(&name) {
            fs::remove_file(&file)?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// The folder of the views, and the lock on it.
pub(super) struct ViewFolder {
    dir: PathBuf,
    key: ViewKey,
    _lock: File,
}

enum Current {
    /// Nothing was ever here.
    Never,
    /// There are places but none is named.
    Lost,
    Place(PathBuf),
}

impl ViewFolder {
    fn lock(dir: &Path, key: &ViewKey) -> Result<Self, ViewError> {
        fs::create_dir_all(dir)?;
        let lock = File::options().create(true).truncate(false).write(true).open(dir.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { dir: dir.to_owned(), key: key.clone(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(ViewError::Locked),
            Err(TryLockError::Error(error)) => Err(error.into()),
        }
    }

    fn current(&self) -> io::Result<Current> {
        let places = self.places()?;
        let named = match fs::read(self.dir.join(CURRENT)) {
            Ok(name) => places.iter().find(|place| place.file_name().is_some_and(|of| of.as_encoded_bytes() == name)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok(match named {
            Some(place) => Current::Place(place.clone()),
            None if places.is_empty() && !self.dir.join(CURRENT).exists() => Current::Never,
            None => Current::Lost,
        })
    }

    fn places(&self) -> io::Result<Vec<PathBuf>> {
        let mut places = Vec::new();
        for found in fs::read_dir(&self.dir)? {
            let found = found?;
            if found.file_type()?.is_dir() && place_number(&found.path()).is_some() {
                places.push(found.path());
            }
        }
        Ok(places)
    }

    /// A folder that is not there yet.
    pub(super) fn next_place(&self) -> io::Result<PathBuf> {
        let last = self.places()?.iter().filter_map(|place| place_number(place)).max().unwrap_or(0);
        Ok(self.dir.join(format!("{PLACE_PREFIX}{:06}", last + 1)))
    }

    /// From now on `place` is what is opened.
    pub(super) fn make_current(&self, place: &Path) -> io::Result<()> {
        let name = place.file_name().unwrap_or_default();
        self.replace_file(CURRENT, name.as_encoded_bytes())
    }

    /// Notes that the files of `place` are complete and what they are.
    pub(super) fn mark_closed(&self, place: &Path) -> io::Result<()> {
        let hash = self.hash_of(place)?;
        self.replace_file(CLOSED, &hash)
    }

    /// Removes the mark of an orderly close; whether it was there and agrees with the files.
    fn take_closed_mark(&self, place: &Path) -> io::Result<bool> {
        let path = self.dir.join(CLOSED);
        let mark = match fs::read(&path) {
            Ok(mark) => mark,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let agrees = mark == self.hash_of(place)?;
        fs::remove_file(&path)?;
        File::open(&self.dir)?.sync_all()?;
        Ok(agrees)
    }

    fn hash_of(&self, place: &Path) -> io::Result<[u8; 32]> {
        let mut hasher = blake3::Hasher::new_keyed(&self.key.derive("cairn 2026 views: closed mark v1"));
        let mut buffer = vec![0; 64 * 1024];
        for path in files_in(place)? {
            let name = path.as_os_str().as_encoded_bytes();
            hasher.update(&(name.len() as u64).to_be_bytes()).update(name);
            let mut file = File::open(&path)?;
            hasher.update(&file.metadata()?.len().to_be_bytes());
            loop {
                let read = file.read(&mut buffer)?;
                if read == 0 {
                    break;
                }
                hasher.update(&buffer[..read]);
            }
        }
        Ok(*hasher.finalize().as_bytes())
    }

    /// Writes a file so that it is either the old or the new one after a power cut.
    fn replace_file(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.dir.join(format!("{name}.new"));
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, self.dir.join(name))?;
        File::open(&self.dir)?.sync_all()
    }
}

fn place_number(place: &Path) -> Option<u64> {
    place.file_name()?.to_str()?.strip_prefix(PLACE_PREFIX)?.parse().ok()
}

/// The files of a place and of the folders inside it, sorted.
pub(super) fn files_in(place: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![place.to_owned()];
    while let Some(folder) = folders.pop() {
        for found in fs::read_dir(folder)? {
            let found = found?;
            if found.file_type()?.is_dir() { folders.push(found.path()) } else { files.push(found.path()) }
        }
    }
    files.sort();
    Ok(files)
}
