//! The store in append-only segment files: the default engine.
//!
//! The folder holds `00000001.seg`, `00000002.seg` … , an `.idx` sidecar for every segment but the last, a
//! `lock`, perhaps a `reserve`, `torn-…` files with what was cut off after a power cut, `damaged-…` files with segments
//! that went bad, and `lost` as long as something is missing. Nothing good is ever rewritten, but in place of a damaged
//! segment. The sidecars can be deleted; opening makes them again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::frame::{self, SEAL_FRAME_LEN, SEGMENT_HEAD_LEN};
use super::index::{Index, Place};
use super::lost::{self, Lost};
use super::opening::{Opening, corrupt, create_segment, path};
use super::space::FreeSpace;
use super::{LogStore, OpenReport, StoreError, StoreStats, StoredItem};
use crate::disk::{is_full, make_folder, remove_if_there, write_replacing};
use crate::entry::{Entry, Seal};
use crate::names::{EntryHash, Frontier, Lane, LogId, SpaceId};

/// Bytes read at first for one entry; most entries fit.
const READ_GUESS: usize = 1024;

/// A segment is never written on beyond this, whatever happens: places have 31 bits.
const SEGMENT_BYTES_MAX: u64 = 1 << 30;

/// How a [`SegmentStore`] behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentOptions {
    /// A segment that has reached this length is closed and a new one begun.
    pub segment_bytes: u64,
    /// Bulk work stops when less than this is free.
    pub floor_bytes: u64,
    /// Length of the reserve file; 0 for none.
    pub reserve_bytes: u64,
}

impl Default for SegmentOptions {
    fn default() -> Self {
        Self { segment_bytes: 16 << 20, floor_bytes: 64 << 20, reserve_bytes: 16 << 20 }
    }
}

impl SegmentOptions {
    /// No floor and no reserve: for demonstrations and tests.
    pub fn without_reserve() -> Self {
        Self { floor_bytes: 0, reserve_bytes: 0, ..Self::default() }
    }
}

/// Logs in a folder.
pub struct SegmentStore {
    dir: PathBuf,
    options: SegmentOptions,
    space: FreeSpace,
    writer: Mutex<Writer>,
    held: RwLock<Held>,
    /// A segment of which an entry could not be read; 0 for none.
    suspect: AtomicU32,
    /// Held for as long as the store is open.
    _lock: FolderLock,
}

/// What is there, as readers see it.
struct Held {
    index: Index,
    /// Segment `n` is at `n - 1`.
    files: Vec<Arc<File>>,
    lost: Vec<Lost>,
    report: OpenReport,
}

struct Writer {
    file: Arc<File>,
    segment: u32,
    len: u64,
    closed_bytes: u64,
    needs_reopen: bool,
}

impl SegmentStore {
    /// Opens the store in `dir`, or makes an empty one.
    pub fn open(dir: &Path, options: SegmentOptions) -> Result<Self, StoreError> {
        make_folder(dir)?;
        let lock = take_lock(dir)?;
        let space = FreeSpace::watch(dir, options.floor_bytes, options.reserve_bytes);
        let opening = match Opening::of(dir, &[]) {
            // What is good of a damaged segment needs room beside it.
            Err(StoreError::Io(error)) if is_full(&error) && space.release_reserve() => Opening::of(dir, &[])?,
            opening => opening?,
        };
        let (held, writer) = opened(opening)?;
        Ok(Self {
            dir: dir.to_owned(),
            options,
            space,
            writer: Mutex::new(writer),
            held: RwLock::new(held),
            suspect: AtomicU32::new(0),
            _lock: lock,
        })
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn held(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn held_mut(&self) -> RwLockWriteGuard<'_, Held> {
        self.held.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_room(&self, items: &[StoredItem]) -> Result<(), StoreError> {
        let bulk = items.iter().any(|item| match item {
            StoredItem::Entry(entry) => entry.header.core.log.key.lane == Lane::Bulk,
            StoredItem::Seal(_) => false,
        });
        if !bulk {
            return Ok(());
        }
        let (free_bytes, floor_bytes) = (self.space.free(), self.space.floor());
        if free_bytes < floor_bytes { Err(StoreError::LowSpace { free_bytes, floor_bytes }) } else { Ok(()) }
    }

    /// Closes the segment when it is long enough, and begins the next one. On a full disk the old one is
    /// written on: the commit itself will find out whether it fits.
    fn roll(&self, writer: &mut Writer) -> Result<(), StoreError> {
        if writer.len < self.options.segment_bytes {
            return Ok(());
        }
        let (sidecar, commits) = {
            let held = self.held();
            let commits = held.index.commits;
            (held.index.encode_segment(writer.segment, writer.len, commits), commits)
        };
        let begun = write_replacing(&path(&self.dir, writer.segment, "idx"), &sidecar)
            .and_then(|()| create_segment(&self.dir, writer.segment + 1, commits));
        let file = match begun {
            Ok(file) => Arc::new(file),
            Err(error) if is_full(&error) && writer.len < SEGMENT_BYTES_MAX => {
                remove_if_there(&path(&self.dir, writer.segment + 1, "seg"))?;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        self.held_mut().files.push(file.clone());
        writer.closed_bytes += writer.len;
        *writer = Writer { file, segment: writer.segment + 1, len: SEGMENT_HEAD_LEN as u64, ..*writer };
        Ok(())
    }

    /// Writes and flushes. When there is no room the half-written commit is taken back, the reserve given
    /// up, and one more attempt made.
    fn write(&self, writer: &mut Writer, bytes: &[u8]) -> Result<(), StoreError> {
        match write_at_end(writer, bytes) {
            Err(StoreError::Full) if self.space.release_reserve() => {
                tracing::warn!("the disk is full: the reserve file was released");
                write_at_end(writer, bytes)
            }
            result => result,
        }
    }

    /// Where an entry is, and in which file.
    fn find(&self, log: &LogId, number: u64) -> Result<Option<(Place, Arc<File>)>, StoreError> {
        let held = self.held();
        let Some(place) = held.index.place(log, number) else { return Ok(None) };
        let file = held.files.get(place.segment as usize - 1).cloned().ok_or(StoreError::NeedsReopen)?;
        Ok(Some((place, file)))
    }

    fn entry_at(&self, place: Place, file: &File) -> Result<(Entry, u64), StoreError> {
        let at = u64::from(place.offset);
        let corrupt = |error| self.doubt(place.segment, at, error);
        let mut bytes = read_up_to(file, at, READ_GUESS)?;
        let len = frame::frame_len(&bytes).map_err(corrupt)?;
        if len > bytes.len() {
            bytes = read_up_to(file, at, len)?;
        }
        let entry = frame::read_entry(&bytes).map_err(corrupt)?;
        Ok((entry, at + len as u64))
    }

    fn seal(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        let Some((place, file)) = self.find(log, number)? else { return Ok(None) };
        let (entry, at) = self.entry_at(place, &file)?;
        let bytes = read_up_to(&file, at, SEAL_FRAME_LEN)?;
        frame::read_seal(&bytes, &entry.header).map(Some).map_err(|error| self.doubt(place.segment, at, error))
    }

    fn doubt(&self, segment: u32, at: u64, error: crate::DecodeError) -> StoreError {
        self.suspect.store(segment, Ordering::Relaxed);
        corrupt(&self.dir, segment, at, error)
    }

    /// What is lost, and what these segments were written with.
    fn known(&self, segments: &[u32]) -> Vec<Lost> {
        let held = self.held();
        let written = segments.iter().flat_map(|segment| held.index.in_segment(*segment));
        held.lost.iter().copied().chain(written).collect()
    }

    /// Opens again. What is in these segments, as it was acknowledged, counts as lost unless it is found.
    fn open_again(&self, writing: &mut Writer, segments: &[u32]) -> Result<(), StoreError> {
        let known = self.known(segments);
        let (mut held, writer) = opened(Opening::of(&self.dir, &known)?)?;
        let mut mended = self.held().report.mended.clone();
        mended.append(&mut held.report.mended);
        held.report.mended = mended;
        *self.held_mut() = held;
        *writing = writer;
        Ok(())
    }

    /// Whether a segment reads, up to this length, as it was written.
    fn is_good(&self, segment: u32, len: u64) -> Result<bool, StoreError> {
        let known = self.held().index.in_segment(segment);
        let bytes = match fs::read(path(&self.dir, segment, "seg")) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            bytes => bytes?,
        };
        let Some(bytes) = bytes.get(..len as usize) else { return Ok(false) };
        let (scan, entries) = (frame::scan(bytes), known.iter().map(|run| run.last - run.first + 1).sum::<u64>());
        Ok(scan.problem.is_none() && scan.entries == entries)
    }
}

/// What was opened, for readers and for the writer.
fn opened(opening: Opening<'_>) -> Result<(Held, Writer), StoreError> {
    let Opening { index, files, report, lost, len, closed_bytes, .. } = opening;
    let file = files.last().ok_or(StoreError::NeedsReopen)?.clone();
    let segment = files.len() as u32;
    let writer = Writer { file, segment, len, closed_bytes, needs_reopen: false };
    Ok((Held { index, files, lost, report }, writer))
}

impl LogStore for SegmentStore {
    fn append(&self, items: &[StoredItem]) -> Result<(), StoreError> {
        let mut writer = self.writer();
        if writer.needs_reopen {
            return Err(StoreError::NeedsReopen);
        }
        self.check_room(items)?;
        let mut group = frame::encode_group(items, &self.held().index)?;
        self.roll(&mut writer).inspect_err(|_| writer.needs_reopen = true)?;
        let start = writer.len as u32;
        self.write(&mut writer, &group.bytes)?;
        group.placements.iter_mut().for_each(|placement| placement.offset += start);
        let mut held = self.held_mut();
        let commit = held.index.commits + 1;
        held.index.add(writer.segment, commit, &group.placements);
        if !held.lost.is_empty() {
            held.lost = lost::missing(&held.index, &held.lost);
            if held.lost.is_empty() {
                // At the next start the list would be found to be out of date all the same.
                lost::save(&self.dir, &held.lost).unwrap_or_else(|error| tracing::warn!(%error, "an old list stays"));
            }
        }
        Ok(())
    }

    fn entry(&self, log: &LogId, number: u64) -> Result<Option<Entry>, StoreError> {
        let found = self.find(log, number)?;
        found.map(|(place, file)| Ok(self.entry_at(place, &file)?.0)).transpose()
    }

    fn read(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Vec<Entry>, StoreError> {
        super::read_while(from, bytes_max, |number| self.entry(log, number))
    }

    fn seal_at(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        let sealed = self.held().index.sealed_at(log, number);
        sealed.map_or(Ok(None), |number| self.seal(log, number))
    }

    fn seal_before(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        let sealed = self.held().index.sealed_before(log, number);
        sealed.map_or(Ok(None), |number| self.seal(log, number))
    }

    fn last(&self, log: &LogId) -> (u64, EntryHash) {
        self.held().index.last(log)
    }

    fn next_held(&self, log: &LogId, number: u64) -> Option<u64> {
        self.held().index.next_held(log, number)
    }

    fn lost(&self) -> Vec<Lost> {
        self.held().lost.clone()
    }

    fn frontier(&self, space: &SpaceId) -> Frontier {
        self.held().index.frontier(space)
    }

    fn spaces(&self) -> Vec<SpaceId> {
        self.held().index.spaces()
    }

    fn logs(&self) -> Vec<LogId> {
        self.held().index.logs().copied().collect()
    }

    fn stats(&self) -> StoreStats {
        let (bytes, needs_reopen) = {
            let writer = self.writer();
            (writer.closed_bytes + writer.len, writer.needs_reopen)
        };
        let free_bytes = self.space.free();
        let held = self.held();
        let index = &held.index;
        StoreStats {
            logs: index.logs().count() as u64,
            entries: index.entries,
            commits: index.commits,
            bytes,
            free_bytes,
            roomy: free_bytes >= self.space.floor(),
            needs_reopen,
        }
    }

    fn open_report(&self) -> OpenReport {
        self.held().report.clone()
    }

    fn reopen(&self) -> Result<(), StoreError> {
        let mut writing = self.writer();
        let last = writing.segment;
        self.open_again(&mut writing, &[last])
    }

    fn parts(&self) -> u32 {
        self.writer().segment
    }

    fn suspect(&self) -> Option<u32> {
        Some(self.suspect.load(Ordering::Relaxed)).filter(|segment| *segment > 0)
    }

    fn mend(&self, part: u32) -> Result<bool, StoreError> {
        let _ = self.suspect.compare_exchange(part, 0, Ordering::Relaxed, Ordering::Relaxed);
        let file = self.held().files.get(part.saturating_sub(1) as usize).cloned();
        let Some(file) = file else { return Ok(false) };
        let mut writing = self.writer();
        if part == writing.segment {
            if self.is_good(part, writing.len)? {
                return Ok(false);
            }
        } else {
            drop(writing);
            if self.is_good(part, file.metadata()?.len())? {
                return Ok(false);
            }
            writing = self.writer();
        }
        let last = writing.segment;
        lost::save(&self.dir, &self.known(&[part, last]))?;
        // A sidecar would be believed once more.
        remove_if_there(&path(&self.dir, part, "idx"))?;
        self.open_again(&mut writing, &[part, last])?;
        Ok(true)
    }

    fn release_reserve(&self) -> bool {
        self.space.release_reserve()
    }

    fn keep_reserve(&self) {
        self.space.keep_reserve();
    }
}

/// The exclusive lock on a store's folder. It is given up by name: closing the file is not enough while a
/// process that was just started from here still has its copy.
struct FolderLock(File);

impl Drop for FolderLock {
    fn drop(&mut self) {
        if let Err(error) = fs4::FileExt::unlock(&self.0) {
            tracing::warn!(%error, "the lock of the store could not be given up");
        }
    }
}

fn take_lock(dir: &Path) -> Result<FolderLock, StoreError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(dir.join("lock"))?;
    match fs4::FileExt::try_lock(&file) {
        Ok(()) => Ok(FolderLock(file)),
        Err(fs4::TryLockError::WouldBlock) => Err(StoreError::Locked(dir.to_owned())),
        Err(fs4::TryLockError::Error(error)) => Err(error.into()),
    }
}

fn write_at_end(writer: &mut Writer, bytes: &[u8]) -> Result<(), StoreError> {
    if let Err(error) = (&*writer.file).write_all(bytes) {
        let full = is_full(&error);
        writer.needs_reopen = !full || writer.file.set_len(writer.len).is_err();
        return Err(if full { StoreError::Full } else { error.into() });
    }
    if let Err(error) = writer.file.sync_data() {
        writer.needs_reopen = true;
        return Err(if is_full(&error) { StoreError::NeedsReopen } else { error.into() });
    }
    writer.len += bytes.len() as u64;
    Ok(())
}

/// Up to `len` bytes from `at`; fewer at the end of the file.
fn read_up_to(file: &File, at: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let mut filled = 0;
    while filled < len {
        match read_some(file, &mut bytes[filled..], at + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

#[cfg(unix)]
fn read_some(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, at)
}

#[cfg(windows)]
fn read_some(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, at)
}
