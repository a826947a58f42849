//! Reading a sealed file, any part of it at a time.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tantivy::HasLen;
use tantivy::directory::{FileHandle, OwnedBytes};

use super::cache::ChunkCache;
use super::live::LiveReads;
use super::seal::{CHUNK, FileSeal, HEADER, Place, Seal, TAG, damaged};

/// Reads that span more chunks than this are not kept in the cache: a merge that reads whole files would otherwise
/// push out everything that searches need.
const CACHED_SPAN_MAX: u64 = 8;

/// What all open files of a folder share.
pub(super) struct Unsealing {
    pub(super) seal: Arc<Seal>,
    pub(super) cache: ChunkCache,
    live: LiveReads,
    /// Set when something is not as it was written: tantivy does not hand every error on.
    damage_seen: AtomicBool,
}

impl Unsealing {
    pub(super) fn new(seal: Seal, cache_bytes: usize) -> Self {
        Self {
            seal: Arc::new(seal),
            cache: ChunkCache::new(cache_bytes),
            live: LiveReads::default(),
            damage_seen: AtomicBool::new(false),
        }
    }

    pub(super) fn damage_was_seen(&self) -> bool {
        self.damage_seen.load(Ordering::Relaxed)
    }

    pub(super) fn forget_damage(&self) {
        self.damage_seen.store(false, Ordering::Relaxed);
    }

    fn note(&self, error: &io::Error) {
        if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) {
            self.damage_seen.store(true, Ordering::Relaxed);
        }
    }
}

/// An open file. The handle stays good when the file is deleted, as tantivy expects.
pub(super) struct SealedFile {
    file: Mutex<File>,
    folder: Arc<Unsealing>,
    this: FileSeal,
    len: u64,
    chunks: u64,
}

impl SealedFile {
    /// Opens the file and checks its end, so that a file cut short is found out before anything of it is used.
    pub(super) fn open(file: File, path: &Path, folder: &Arc<Unsealing>) -> io::Result<Self> {
        Self::open_checked(file, path, folder).inspect_err(|error| folder.note(error))
    }

    fn open_checked(mut file: File, path: &Path, folder: &Arc<Unsealing>) -> io::Result<Self> {
        let (chunks, len) = shape(file.metadata()?.len()).ok_or_else(|| damaged("a file is cut short"))?;
        let mut header = [0; HEADER];
        file.read_exact(&mut header)?;
        let this = folder.seal.read_header(path, &header)?;
        let sealed = Self { file: Mutex::new(file), folder: folder.clone(), this, len, chunks };
        sealed.chunk(chunks - 1, true)?;
        Ok(sealed)
    }

    /// Everything in the file, for small files.
    pub(super) fn read_all(&self) -> io::Result<Vec<u8>> {
        self.gather(0..self.len)
    }

    /// Reads every chunk from the disk, whatever the cache holds.
    pub(super) fn verify(&self) -> io::Result<()> {
        (0..self.chunks).try_for_each(|number| self.open_chunk(number).map(drop))
    }

    fn chunk(&self, number: u64, keep: bool) -> io::Result<Arc<[u8]>> {
        if let Some(content) = self.folder.cache.get(&self.this, number) {
            return Ok(content);
        }
        let content: Arc<[u8]> = self.open_chunk(number)?.into();
        if keep {
            self.folder.cache.put(&self.this, number, content.clone());
        }
        Ok(content)
    }

    fn open_chunk(&self, number: u64) -> io::Result<Vec<u8>> {
        let last = number + 1 == self.chunks;
        let place = Place { number, whole_len: last.then_some(self.len) };
        self.read_sealed(number)
            .and_then(|sealed| self.folder.seal.open(&self.this, place, &sealed))
            .inspect_err(|error| self.folder.note(error))
    }

    fn read_sealed(&self, number: u64) -> io::Result<Vec<u8>> {
        let content = (self.len - number * CHUNK as u64).min(CHUNK as u64) as usize;
        let mut sealed = vec![0; content + TAG];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(HEADER as u64 + number * (CHUNK + TAG) as u64))?;
        file.read_exact(&mut sealed)?;
        Ok(sealed)
    }

    /// The bytes of several chunks, shared with whoever holds the same ones already.
    fn long_read(&self, range: Range<u64>) -> io::Result<Arc<[u8]>> {
        if let Some(bytes) = self.folder.live.get(&self.this, &range) {
            return Ok(bytes);
        }
        let bytes: Arc<[u8]> = self.gather(range.clone())?.into();
        self.folder.live.put(&self.this, &range, &bytes);
        Ok(bytes)
    }

    fn gather(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let numbers = range.start / CHUNK as u64..range.end.div_ceil(CHUNK as u64);
        let keep = numbers.end - numbers.start <= CACHED_SPAN_MAX;
        let mut bytes = Vec::with_capacity((range.end - range.start) as usize);
        for number in numbers {
            let content = self.chunk(number, keep)?;
            let begins = number * CHUNK as u64;
            let from = range.start.saturating_sub(begins) as usize;
            let to = (range.end - begins).min(content.len() as u64) as usize;
            bytes.extend_from_slice(&content[from..to]);
        }
        Ok(bytes)
    }
}

/// How many chunks and how many bytes of content a file of this size on disk has. `None` when it cannot be whole.
fn shape(on_disk: u64) -> Option<(u64, u64)> {
    let body = on_disk.checked_sub(HEADER as u64)?;
    let chunks = body.div_ceil((CHUNK + TAG) as u64);
    let last = body - chunks.checked_sub(1)? * (CHUNK + TAG) as u64;
    last.checked_sub(TAG as u64)?;
    Some((chunks, body - chunks * TAG as u64))
}

impl FileHandle for SealedFile {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.start > range.end || range.end as u64 > self.len {
            return Err(damaged("a file is shorter than another file says"));
        }
        if range.is_empty() {
            return Ok(OwnedBytes::empty());
        }
        let number = range.start / CHUNK;
        if (range.end - 1) / CHUNK == number {
            let begins = number * CHUNK;
            let content = OwnedBytes::new(self.chunk(number as u64, true)?);
            return Ok(content.slice(range.start - begins..range.end - begins));
        }
        Ok(OwnedBytes::new(self.long_read(range.start as u64..range.end as u64)?))
    }
}

impl HasLen for SealedFile {
    fn len(&self) -> usize {
        self.len as usize
    }
}

impl std::fmt::Debug for SealedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedFile").field("len", &self.len).finish_non_exhaustive()
    }
}
