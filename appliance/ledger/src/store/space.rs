//! Free space: the floor under which bulk work waits, and the reserve file that lets the box end its work
//! in order when the disk is full all the same.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use fs4::FileExt;

/// Watches the disk that holds a store.
#[derive(Debug)]
pub struct FreeSpace {
    dir: PathBuf,
    floor_bytes: u64,
    reserve_bytes: u64,
}

impl FreeSpace {
    /// Watches the disk of `dir`, and makes the reserve file when there is room for it above the floor.
    /// A store without a reserve is better than no store, so that failing is only said in the log.
    pub fn watch(dir: &Path, floor_bytes: u64, reserve_bytes: u64) -> Self {
        let space = Self { dir: dir.to_owned(), floor_bytes, reserve_bytes };
        space.keep_reserve();
        space
    }

    /// Makes the reserve file unless it is there or there is no room for it.
    pub fn keep_reserve(&self) {
        let held = fs::metadata(self.reserve_path()).map_or(0, |file| file.len());
        let wanted = held < self.reserve_bytes && self.free() > self.floor_bytes.saturating_add(self.reserve_bytes);
        if let Some(error) = wanted.then(|| self.make_reserve()).and_then(Result::err) {
            tracing::warn!(%error, "the reserve file could not be made");
            self.release_reserve();
        }
    }

    fn make_reserve(&self) -> io::Result<()> {
        let file = File::create(self.reserve_path())?;
        file.allocate(self.reserve_bytes)?;
        file.sync_all()
    }

    /// Free bytes; `u64::MAX` when the system does not say.
    pub fn free(&self) -> u64 {
        fs4::available_space(&self.dir).unwrap_or(u64::MAX)
    }

    /// Free space must be above this for bulk work.
    pub fn floor(&self) -> u64 {
        self.floor_bytes
    }

    /// Gives the reserve back to the disk. Says whether there was one.
    pub fn release_reserve(&self) -> bool {
        self.reserve_bytes > 0 && fs::remove_file(self.reserve_path()).is_ok()
    }

    fn reserve_path(&self) -> PathBuf {
        self.dir.join("reserve")
    }
}
