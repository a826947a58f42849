//! Chunks in files: one each, under its name, in a folder of its space.
//!
//! `blobs/SPACE/D/NAME`, where `D` is the first hexadecimal digit of the name. A chunk is written under the name
//! `NAME.tmp`, flushed, and renamed: under its own name it is always whole. One that is damaged all the same becomes
//! `NAME.damaged`. What ends in `.tmp` is removed when the store is opened.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{BlobStore, Room, SealedChunk};
use crate::disk::{is_full, make_folder, private_file, remove_if_there, sync_dir};
use crate::names::{ChunkName, SpaceId};
use crate::store::{FreeSpace, StoreError};

const TEMPORARY: &str = "tmp";
const DAMAGED: &str = "damaged";

/// Chunks in a folder.
pub struct FileBlobs {
    dir: PathBuf,
    space: FreeSpace,
    /// One writer at a time: two that write the same chunk must not meet at its temporary name.
    writing: Mutex<()>,
}

impl FileBlobs {
    /// Opens the store in `dir`, which is made when the first chunk comes. `floor_bytes` stay free.
    pub fn open(dir: &Path, floor_bytes: u64) -> Result<Self, StoreError> {
        let watched = dir.parent().unwrap_or(dir);
        let store =
            Self { dir: dir.to_owned(), space: FreeSpace::watch(watched, floor_bytes, 0), writing: Mutex::default() };
        store.walk(&mut |path| match path.extension() {
            Some(ending) if ending == TEMPORARY => fs::remove_file(path),
            _ => Ok(()),
        })?;
        Ok(store)
    }

    fn shard(&self, space: &SpaceId, name: &ChunkName) -> PathBuf {
        self.dir.join(space.to_string()).join(format!("{:x}", name.0[0] >> 4))
    }

    fn path(&self, space: &SpaceId, name: &ChunkName) -> PathBuf {
        self.shard(space, name).join(name.to_string())
    }

    /// Shows every file of the store.
    fn walk(&self, visit: &mut dyn FnMut(&Path) -> io::Result<()>) -> io::Result<()> {
        for space in entries_of(&self.dir)? {
            for shard in entries_of(&space)? {
                for file in entries_of(&shard)? {
                    visit(&file)?;
                }
            }
        }
        Ok(())
    }

    fn write(&self, space: &SpaceId, chunks: &[&SealedChunk]) -> io::Result<()> {
        let mut written = Vec::with_capacity(chunks.len());
        let mut folders = BTreeSet::new();
        for chunk in chunks {
            let (shard, path) = (self.shard(space, &chunk.name()), self.path(space, &chunk.name()));
            if folders.insert(shard.clone()) {
                make_folder(&shard)?;
            }
            let temporary = path.with_extension(TEMPORARY);
            let mut file = private_file().create(true).truncate(true).open(&temporary)?;
            file.write_all(chunk.bytes())?;
            written.push((file, temporary, path));
        }
        // All are under way before the first is waited for, so that the disk can take them together.
        for (file, temporary, path) in written {
            file.sync_all()?;
            drop(file);
            fs::rename(temporary, path)?;
        }
        folders.iter().try_for_each(|folder| sync_dir(folder))
    }
}

impl BlobStore for FileBlobs {
    fn put(&self, space: &SpaceId, chunks: &[SealedChunk]) -> Result<(), StoreError> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<&SealedChunk> = chunks.iter().filter(|chunk| !self.has(space, &chunk.name())).collect();
        if new.is_empty() {
            return Ok(());
        }
        self.room().check(new.iter().map(|chunk| chunk.bytes().len() as u64).sum())?;
        self.write(space, &new).map_err(|error| if is_full(&error) { StoreError::Full } else { error.into() })
    }

    fn get(&self, space: &SpaceId, name: &ChunkName) -> Result<Option<SealedChunk>, StoreError> {
        let path = self.path(space, name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let chunk = SealedChunk::checked(*name, bytes);
        if chunk.is_none() {
            tracing::warn!(chunk = %name, "a damaged chunk of an attachment was set aside; it will be fetched again");
            fs::rename(&path, path.with_extension(DAMAGED))?;
        }
        Ok(chunk)
    }

    fn has(&self, space: &SpaceId, name: &ChunkName) -> bool {
        self.path(space, name).is_file()
    }

    fn remove(&self, space: &SpaceId, name: &ChunkName) -> Result<(), StoreError> {
        Ok(remove_if_there(&self.path(space, name))?)
    }

    fn each(&self, visit: &mut dyn FnMut(SpaceId, ChunkName)) -> Result<(), StoreError> {
        let part = |path: Option<&Path>| path?.file_name()?.to_str().map(str::to_owned);
        self.walk(&mut |path| {
            let space = part(path.parent().and_then(Path::parent)).and_then(|text| text.parse().ok());
            let name = part(Some(path)).and_then(|text| text.parse().ok());
            if let (Some(space), Some(name)) = (space, name) {
                visit(space, name);
            }
            Ok(())
        })?;
        Ok(())
    }

    fn room(&self) -> Room {
        Room { free_bytes: self.space.free(), floor_bytes: self.space.floor() }
    }
}

fn entries_of(dir: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect(),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
