//! The store in append-only segment files: the default engine.
//!
//! The folder holds `00000001.seg`, `00000002.seg` … , an `.idx` sidecar for every segment but the last, a
//! `lock`, perhaps a `reserve`, and `torn-…` files with what was cut off after a power cut. Nothing is ever
//! rewritten. The sidecars can be deleted; opening makes them again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::frame::{self, SEAL_FRAME_LEN, SEGMENT_HEAD_LEN};
use super::index::{Index, Place};
use super::space::FreeSpace;
use super::{LogStore, OpenReport, StoreError, StoreStats, StoredItem, Torn};
use crate::disk::{is_full, make_folder, sync_dir, write_replacing};
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
    index: RwLock<Index>,
    /// Segment `n` is at `n - 1`.
    files: RwLock<Vec<Arc<File>>>,
    report: OpenReport,
    /// Held for as long as the store is open.
    _lock: FolderLock,
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
        let (Opening { index, files, report, .. }, writer) = Opening::of(dir)?;
        Ok(Self {
            dir: dir.to_owned(),
            options,
            space,
            writer: Mutex::new(writer),
            index: RwLock::new(index),
            files: RwLock::new(files),
            report,
            _lock: lock,
        })
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
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
            let index = self.index();
            (index.encode_segment(writer.segment, writer.len), index.commits)
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
        self.files.write().unwrap_or_else(PoisonError::into_inner).push(file.clone());
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

    fn read_at(&self, place: Place, at: u64, len: usize) -> Result<Vec<u8>, StoreError> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let file = files.get(place.segment as usize - 1).cloned().ok_or(StoreError::NeedsReopen)?;
        drop(files);
        Ok(read_up_to(&file, at, len)?)
    }

    fn entry_at(&self, place: Place) -> Result<(Entry, u64), StoreError> {
        let at = u64::from(place.offset);
        let corrupt = |error| corrupt(&self.dir, place.segment, at, error);
        let mut bytes = self.read_at(place, at, READ_GUESS)?;
        let len = frame::frame_len(&bytes).map_err(corrupt)?;
        if len > bytes.len() {
            bytes = self.read_at(place, at, len)?;
        }
        let entry = frame::read_entry(&bytes).map_err(corrupt)?;
        Ok((entry, at + len as u64))
    }

    fn seal(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        let Some(place) = self.index().place(log, number) else { return Ok(None) };
        let (entry, at) = self.entry_at(place)?;
        let bytes = self.read_at(place, at, SEAL_FRAME_LEN)?;
        frame::read_seal(&bytes, &entry.header).map(Some).map_err(|error| corrupt(&self.dir, place.segment, at, error))
    }
}

impl LogStore for SegmentStore {
    fn append(&self, items: &[StoredItem]) -> Result<(), StoreError> {
        let mut writer = self.writer();
        if writer.needs_reopen {
            return Err(StoreError::NeedsReopen);
        }
        self.check_room(items)?;
        let mut group = frame::encode_group(items, &self.index())?;
        self.roll(&mut writer).inspect_err(|_| writer.needs_reopen = true)?;
        let start = writer.len as u32;
        self.write(&mut writer, &group.bytes)?;
        group.placements.iter_mut().for_each(|placement| placement.offset += start);
        self.index_mut().add(writer.segment, &group.placements);
        Ok(())
    }

    fn entry(&self, log: &LogId, number: u64) -> Result<Option<Entry>, StoreError> {
        let place = self.index().place(log, number);
        place.map(|place| Ok(self.entry_at(place)?.0)).transpose()
    }

    fn read(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Vec<Entry>, StoreError> {
        super::read_while(from, bytes_max, |number| self.entry(log, number))
    }

    fn seal_at(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        let sealed = self.index().sealed_at(log, number);
        sealed.map_or(Ok(None), |number| self.seal(log, number))
    }

    fn seal_before(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        let sealed = self.index().sealed_before(log, number);
        sealed.map_or(Ok(None), |number| self.seal(log, number))
    }

    fn last(&self, log: &LogId) -> (u64, EntryHash) {
        self.index().last(log)
    }

    fn frontier(&self, space: &SpaceId) -> Frontier {
        self.index().frontier(space)
    }

    fn spaces(&self) -> Vec<SpaceId> {
        self.index().spaces()
    }

    fn logs(&self) -> Vec<LogId> {
        self.index().logs().copied().collect()
    }

    fn stats(&self) -> StoreStats {
        let (bytes, needs_reopen) = {
            let writer = self.writer();
            (writer.closed_bytes + writer.len, writer.needs_reopen)
        };
        let free_bytes = self.space.free();
        let index = self.index();
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
        self.report.clone()
    }

    fn reopen(&self) -> Result<(), StoreError> {
        let mut writing = self.writer();
        let (Opening { index, files, report, .. }, writer) = Opening::of(&self.dir)?;
        if report.torn.as_ref().is_some_and(|torn| torn.commits_behind > 0) {
            // Only a start can take the new incarnation that this calls for.
            return Err(StoreError::Corrupt("whole commits are missing in the middle; start Cairn again".into()));
        }
        *self.files.write().unwrap_or_else(PoisonError::into_inner) = files;
        *self.index_mut() = index;
        *writing = writer;
        Ok(())
    }

    fn release_reserve(&self) -> bool {
        self.space.release_reserve()
    }

    fn keep_reserve(&self) {
        self.space.keep_reserve();
    }
}

/// A store while it is being opened.
struct Opening<'a> {
    dir: &'a Path,
    index: Index,
    files: Vec<Arc<File>>,
    report: OpenReport,
}

impl<'a> Opening<'a> {
    /// What is in the folder, and the place to write on.
    fn of(dir: &'a Path) -> Result<(Self, Writer), StoreError> {
        let mut opening = Self { dir, index: Index::default(), files: Vec::new(), report: OpenReport::default() };
        let (len, closed_bytes) = opening.open_all()?;
        let file = opening.files.last().ok_or(StoreError::NeedsReopen)?.clone();
        let segment = opening.files.len() as u32;
        Ok((opening, Writer { file, segment, len, closed_bytes, needs_reopen: false }))
    }

    /// Opens every segment; answers the length of the last one and the bytes in all the others.
    fn open_all(&mut self) -> Result<(u64, u64), StoreError> {
        let count = count_segments(self.dir)?;
        let mut closed_bytes = 0;
        for segment in 1..count {
            closed_bytes += self.open_closed(segment)?;
        }
        let len = if count == 0 { self.begin(1)? } else { self.open_last(count)? };
        Ok((len, closed_bytes))
    }

    fn begin(&mut self, segment: u32) -> Result<u64, StoreError> {
        self.files.push(Arc::new(create_segment(self.dir, segment, self.index.commits)?));
        Ok(SEGMENT_HEAD_LEN as u64)
    }

    /// A segment that is not the last: its sidecar is enough; without one it is read.
    fn open_closed(&mut self, segment: u32) -> Result<u64, StoreError> {
        let file = File::open(path(self.dir, segment, "seg"))?;
        let len = file.metadata()?.len();
        self.files.push(Arc::new(file));
        let sidecar = fs::read(path(self.dir, segment, "idx")).ok();
        if sidecar.is_some_and(|bytes| self.index.add_sidecar(&bytes, segment, len).is_ok()) {
            return Ok(len);
        }
        let bytes = fs::read(path(self.dir, segment, "seg"))?;
        let scan = frame::scan_into(&bytes, segment, &mut self.index);
        if let Some(problem) = scan.problem {
            return Err(corrupt(self.dir, segment, scan.good_len, problem));
        }
        write_replacing(&path(self.dir, segment, "idx"), &self.index.encode_segment(segment, len))?;
        self.report.indexes_rebuilt += 1;
        Ok(len)
    }

    /// The last segment is read to its last whole commit; a torn rest is moved aside.
    fn open_last(&mut self, segment: u32) -> Result<u64, StoreError> {
        let name = path(self.dir, segment, "seg");
        let bytes = fs::read(&name)?;
        let scan = frame::scan_into(&bytes, segment, &mut self.index);
        if scan.problem.is_some() {
            self.set_aside(segment, &bytes[scan.good_len as usize..], &scan)?;
        }
        if scan.good_len == 0 {
            fs::remove_file(&name)?;
            return self.begin(segment);
        }
        let file = OpenOptions::new().read(true).append(true).open(&name)?;
        if scan.problem.is_some() {
            file.set_len(scan.good_len)?;
            file.sync_all()?;
        }
        self.files.push(Arc::new(file));
        Ok(scan.good_len)
    }

    fn set_aside(&mut self, segment: u32, rest: &[u8], scan: &frame::Scan) -> Result<(), StoreError> {
        let kept_as = (0u32..)
            .map(|again| self.dir.join(format!("torn-{segment:08}-{}-{again}.bin", scan.good_len)))
            .find(|path| !path.exists())
            .ok_or(StoreError::Full)?;
        write_replacing(&kept_as, rest)?;
        tracing::warn!(segment, offset = scan.good_len, bytes = rest.len(), "a torn end of the journal was set aside");
        self.report.torn = Some(Torn {
            segment,
            offset: scan.good_len,
            bytes: rest.len() as u64,
            kept_as: Some(kept_as),
            commits_behind: scan.commits_behind,
        });
        Ok(())
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

fn path(dir: &Path, segment: u32, extension: &str) -> PathBuf {
    dir.join(format!("{segment:08}.{extension}"))
}

/// How many segments there are. They must be numbered without a gap.
fn count_segments(dir: &Path) -> Result<u32, StoreError> {
    let mut count = 0;
    let mut highest = 0;
    for item in fs::read_dir(dir)? {
        let name = item?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".seg")).and_then(|name| name.parse().ok());
        if let Some(number) = number {
            count += 1;
            highest = highest.max(number);
        }
    }
    if count == highest {
        return Ok(count);
    }
    Err(StoreError::Corrupt(format!("{} holds {count} segments, but the last is number {highest}", dir.display())))
}

fn corrupt(dir: &Path, segment: u32, at: u64, error: crate::DecodeError) -> StoreError {
    StoreError::Corrupt(format!("{} at byte {at}: {error}", path(dir, segment, "seg").display()))
}

/// A new segment with its head, durable with its name.
fn create_segment(dir: &Path, segment: u32, commits: u64) -> io::Result<File> {
    let mut file = OpenOptions::new().read(true).append(true).create_new(true).open(path(dir, segment, "seg"))?;
    file.write_all(&frame::segment_head(segment, commits))?;
    file.sync_all()?;
    sync_dir(dir)?;
    Ok(file)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
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
