//! Opening a folder of segments: reading what is there, mending what is damaged, and finding the place to write on.
//!
//! Closed segments are believed by their sidecars; one that does not have its length, or has no sidecar, is read. What is
//! damaged is set aside under another name and never deleted; what is good of it is written anew in its place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::frame::{self, SEGMENT_HEAD_LEN};
use super::index::{Index, listed_in_sidecar, sidecar_covers};
use super::lost::{self, Lost};
use super::salvage::salvage;
use super::{Mended, OpenReport, StoreError, Torn};
use crate::disk::{remove_if_there, sync_dir, write_replacing};

/// A store while it is being opened.
pub(super) struct Opening<'a> {
    dir: &'a Path,
    pub index: Index,
    /// Segment `n` is at `n - 1`.
    pub files: Vec<Arc<File>>,
    pub report: OpenReport,
    /// What is missing, once all is read.
    pub lost: Vec<Lost>,
    /// Length of the last segment.
    pub len: u64,
    /// Bytes of all the others.
    pub closed_bytes: u64,
}

impl<'a> Opening<'a> {
    /// What is in the folder. What is known to have been there, as `known`, counts as lost unless it is found.
    pub fn of(dir: &'a Path, known: &[Lost]) -> Result<Self, StoreError> {
        let listed = lost::load(dir)?;
        let mut opening = Self {
            dir,
            index: Index::default(),
            files: Vec::new(),
            report: OpenReport::default(),
            lost: [&listed, known].concat(),
            len: 0,
            closed_bytes: 0,
        };
        opening.open_all()?;
        opening.lost = lost::missing(&opening.index, &opening.lost);
        if opening.lost != listed || opening.report.indexes_rebuilt > 0 {
            lost::save(dir, &opening.lost)?;
        }
        Ok(opening)
    }

    fn open_all(&mut self) -> Result<(), StoreError> {
        let count = last_segment(self.dir)?;
        for segment in 1..count {
            self.closed_bytes += self.open_closed(segment)?;
        }
        self.len = if count == 0 { self.begin(1)? } else { self.open_last(count)? };
        Ok(())
    }

    fn begin(&mut self, segment: u32) -> Result<u64, StoreError> {
        self.files.push(Arc::new(create_segment(self.dir, segment, self.index.commits)?));
        Ok(SEGMENT_HEAD_LEN as u64)
    }

    /// A segment that is not the last: its sidecar is enough; without one it is read.
    fn open_closed(&mut self, segment: u32) -> Result<u64, StoreError> {
        let name = path(self.dir, segment, "seg");
        let len = length(&name)?;
        let sidecar = fs::read(path(self.dir, segment, "idx")).unwrap_or_default();
        let believed = len.filter(|len| self.index.add_sidecar(&sidecar, segment, *len).is_ok());
        if let Some(len) = believed {
            self.files.push(Arc::new(File::open(name)?));
            return Ok(len);
        }
        let bytes = len.map_or_else(|| Ok(Vec::new()), |_| fs::read(&name))?;
        let mut index = self.index.clone();
        let scan = frame::scan_into(&bytes, segment, &mut index);
        self.remember(&listed_in_sidecar(&sidecar, segment))?;
        let len = if scan.problem.is_none() {
            self.index = index;
            bytes.len() as u64
        } else {
            let kept_as = if len.is_some() { Some(self.keep_aside(segment, &bytes)?) } else { None };
            self.replace(segment, &bytes, true)?;
            tracing::warn!(segment, ?kept_as, "a damaged segment was set aside; what is good of it stays");
            self.report.mended.push(Mended { segment, kept_as });
            length(&name)?.unwrap_or_default()
        };
        self.files.push(Arc::new(File::open(name)?));
        write_replacing(&path(self.dir, segment, "idx"), &self.index.encode_segment(segment, len, self.index.commits))?;
        self.report.indexes_rebuilt += 1;
        Ok(len)
    }

    /// The last segment is read. A torn end is moved aside; when more is damaged, what is good behind the damage stays.
    fn open_last(&mut self, segment: u32) -> Result<u64, StoreError> {
        let name = path(self.dir, segment, "seg");
        let bytes = fs::read(&name)?;
        let mut index = self.index.clone();
        let scan = frame::scan_into(&bytes, segment, &mut index);
        if scan.problem.is_some() {
            self.set_aside(segment, &bytes[scan.good_len as usize..], &scan)?;
        }
        if scan.commits_behind > 0 {
            self.replace(segment, &bytes, false)?;
        } else {
            self.index = index;
            if scan.good_len == 0 {
                fs::remove_file(&name)?;
                return self.begin(segment);
            }
        }
        let file = OpenOptions::new().read(true).append(true).open(&name)?;
        if scan.problem.is_some() && scan.commits_behind == 0 {
            file.set_len(scan.good_len)?;
            file.sync_all()?;
        }
        let len = file.metadata()?.len();
        self.files.push(Arc::new(file));
        if self.ends_early(segment, len) {
            let rest = (segment, len);
            tracing::warn!(?rest, "the last segment is missing, or was about to be begun");
            let torn = Torn { segment: segment + 1, offset: 0, bytes: 0, kept_as: None, commits_behind: 1 };
            self.report.torn.get_or_insert(torn);
        }
        Ok(len)
    }

    /// A sidecar is written when a segment is closed, just before the next one is begun. So when it stands beside the last
    /// segment, the one after it is gone, or power failed in that very moment.
    fn ends_early(&self, segment: u32, len: u64) -> bool {
        let sidecar = fs::read(path(self.dir, segment, "idx")).unwrap_or_default();
        sidecar_covers(&sidecar, segment) == Some(len)
    }

    /// Writes what is good of a damaged segment in its place, and reads that.
    fn replace(&mut self, segment: u32, bytes: &[u8], closed: bool) -> Result<(), StoreError> {
        let before = frame::commits_before(bytes, segment).filter(|before| *before >= self.index.commits);
        let good = salvage(bytes, segment, before.unwrap_or(self.index.commits), closed);
        let name = path(self.dir, segment, "seg");
        let scan = frame::scan_into(&good, segment, &mut self.index);
        if let Some(problem) = scan.problem {
            return Err(corrupt(self.dir, segment, scan.good_len, problem));
        }
        remove_if_there(&path(self.dir, segment, "idx"))?;
        write_replacing(&name, &good)?;
        Ok(())
    }

    /// Remembers these as lost until they are found to be held.
    fn remember(&mut self, more: &[Lost]) -> io::Result<()> {
        self.lost.extend_from_slice(more);
        if more.is_empty() { Ok(()) } else { lost::save(self.dir, &self.lost) }
    }

    /// Gives a damaged segment a second name, under which it stays when its own goes to what is good of it.
    fn keep_aside(&self, segment: u32, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        let kept_as = self.free_name(|again| format!("damaged-{segment:08}-{again}.bin"))?;
        if fs::hard_link(path(self.dir, segment, "seg"), &kept_as).is_ok() {
            sync_dir(self.dir)?;
        } else {
            // Not every card can give a file two names.
            write_replacing(&kept_as, bytes)?;
        }
        Ok(kept_as)
    }

    fn free_name(&self, name: impl Fn(u32) -> String) -> Result<PathBuf, StoreError> {
        let names = (0u32..).map(|again| self.dir.join(name(again)));
        names.into_iter().find(|path| !path.exists()).ok_or(StoreError::Full)
    }

    fn set_aside(&mut self, segment: u32, rest: &[u8], scan: &frame::Scan) -> Result<(), StoreError> {
        let kept_as = self.free_name(|again| format!("torn-{segment:08}-{}-{again}.bin", scan.good_len))?;
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

pub(super) fn path(dir: &Path, segment: u32, extension: &str) -> PathBuf {
    dir.join(format!("{segment:08}.{extension}"))
}

fn length(path: &Path) -> io::Result<Option<u64>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        metadata => metadata.map(|metadata| Some(metadata.len())),
    }
}

/// The highest number of a segment: those before it were there once, whatever has become of their files.
fn last_segment(dir: &Path) -> Result<u32, StoreError> {
    let mut highest = 0;
    for item in fs::read_dir(dir)? {
        let name = item?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".seg")).and_then(|name| name.parse().ok());
        highest = highest.max(number.unwrap_or(0));
    }
    Ok(highest)
}

pub(super) fn corrupt(dir: &Path, segment: u32, at: u64, error: crate::DecodeError) -> StoreError {
    StoreError::Corrupt(format!("{} at byte {at}: {error}", path(dir, segment, "seg").display()))
}

/// A new segment with its head, durable with its name.
pub(super) fn create_segment(dir: &Path, segment: u32, commits: u64) -> io::Result<File> {
    let mut file = OpenOptions::new().read(true).append(true).create_new(true).open(path(dir, segment, "seg"))?;
    file.write_all(&frame::segment_head(segment, commits))?;
    file.sync_all()?;
    sync_dir(dir)?;
    Ok(file)
}
