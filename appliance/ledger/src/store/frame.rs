//! Frames: how the journal is written, and how it is read back after anything may have happened to it.
//!
//! A segment starts with a head that names it. Then come frames: length, CRC-32, type, payload. A commit is
//! entry frames, each perhaps followed by the signature that seals it, closed by a commit frame with the
//! commit's number and a hash of everything in it. A reader believes a commit only when its last frame is
//! there and its hash is right, so a torn write is simply a commit that never happened.

use std::collections::BTreeMap;

use super::index::{Index, Placement};
use super::{StoreError, StoredItem};
use crate::entry::{Entry, HEADER_LEN, Header, MAX_BODY_LEN, Seal};
use crate::names::{EntryHash, LogId};
use crate::wire::{DecodeError, Reader};

/// Largest commit in bytes.
pub const COMMIT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Length of the head of a segment.
pub(super) const SEGMENT_HEAD_LEN: usize = 25;
/// Length of what comes before a frame's payload.
pub(super) const FRAME_HEAD_LEN: usize = 9;
/// Length of a whole seal frame.
pub(super) const SEAL_FRAME_LEN: usize = FRAME_HEAD_LEN + 64;

const MAGIC: &[u8; 8] = b"CAIRNSEG";
const VERSION: u8 = 1;
pub(super) const ENTRY: u8 = 1;
pub(super) const SEAL: u8 = 2;
pub(super) const COMMIT: u8 = 3;
const COMMIT_LEN: usize = 8 + 4 + 8;
const PAYLOAD_MAX: usize = HEADER_LEN + 1 + MAX_BODY_LEN;
const CHECK_CONTEXT: &str = "cairn 2026 commit check v1";

/// The head of segment `number`, before which `commits` commits were made.
pub(super) fn segment_head(number: u32, commits: u64) -> [u8; SEGMENT_HEAD_LEN] {
    let mut head = [0; SEGMENT_HEAD_LEN];
    head[..8].copy_from_slice(MAGIC);
    head[8] = VERSION;
    head[9..13].copy_from_slice(&number.to_be_bytes());
    head[13..21].copy_from_slice(&commits.to_be_bytes());
    let crc = crc32fast::hash(&head[..21]);
    head[21..].copy_from_slice(&crc.to_be_bytes());
    head
}

fn read_segment_head(bytes: &[u8]) -> Result<(u32, u64), DecodeError> {
    let mut reader = Reader::new(bytes, "the head of a segment");
    let content = reader.take(21)?;
    if crc32fast::hash(content) != reader.u32()? || content[..8] != *MAGIC {
        return Err(DecodeError::BadValue("the head of a segment"));
    }
    let mut content = Reader::new(&content[8..], "the head of a segment");
    match content.u8()? {
        VERSION => Ok((content.u32()?, content.u64()?)),
        other => Err(DecodeError::Version("a segment", other)),
    }
}

/// How many commits were made before a segment with this number, if its head is whole.
pub(super) fn commits_before(bytes: &[u8], segment: u32) -> Option<u64> {
    read_segment_head(bytes).ok().filter(|(number, _)| *number == segment).map(|(_, commits)| commits)
}

fn put_frame(out: &mut Vec<u8>, kind: u8, parts: &[&[u8]]) {
    let start = out.len();
    let len: usize = parts.iter().map(|part| part.len()).sum();
    out.extend_from_slice(&(len as u32).to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.push(kind);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    let crc = crc32fast::hash(&out[start + 8..]);
    out[start + 4..start + 8].copy_from_slice(&crc.to_be_bytes());
}

/// One frame: its type, its payload and its length with head.
pub(super) struct Frame<'a> {
    pub kind: u8,
    pub payload: &'a [u8],
    pub len: usize,
}

pub(super) fn read_frame(bytes: &[u8]) -> Result<Frame<'_>, DecodeError> {
    let mut reader = Reader::new(bytes, "a frame");
    let (len, crc) = (reader.u32()? as usize, reader.u32()?);
    if len > PAYLOAD_MAX {
        return Err(DecodeError::TooLong("a frame", PAYLOAD_MAX));
    }
    let content = reader.take(len + 1)?;
    if crc32fast::hash(content) != crc {
        return Err(DecodeError::BadValue("the CRC of a frame"));
    }
    Ok(Frame { kind: content[0], payload: &content[1..], len: FRAME_HEAD_LEN + len })
}

/// Length of the frame that starts with this head, head included.
pub(super) fn frame_len(head: &[u8]) -> Result<usize, DecodeError> {
    match Reader::new(head, "a frame").u32()? as usize {
        len if len <= PAYLOAD_MAX => Ok(FRAME_HEAD_LEN + len),
        _ => Err(DecodeError::TooLong("a frame", PAYLOAD_MAX)),
    }
}

/// The entry in the frame at the start of `bytes`.
pub(super) fn read_entry(bytes: &[u8]) -> Result<Entry, DecodeError> {
    let frame = read_frame(bytes)?;
    if frame.kind != ENTRY {
        return Err(DecodeError::BadValue("the type of a frame"));
    }
    Entry::decode(frame.payload)
}

/// The seal over `header` in the frame at the start of `bytes`.
pub(super) fn read_seal(bytes: &[u8], header: &Header) -> Result<Seal, DecodeError> {
    let frame = read_frame(bytes)?;
    if frame.kind != SEAL {
        return Err(DecodeError::BadValue("the type of a frame"));
    }
    let signature = frame.payload.try_into().map_err(|_| DecodeError::BadValue("the length of a seal"))?;
    let position = header.position();
    Ok(Seal { log: position.log, number: position.number, hash: position.hash, signature })
}

/// A commit ready to be written.
pub(super) struct Group {
    pub bytes: Vec<u8>,
    /// Offsets count from the start of the group.
    pub placements: Vec<Placement>,
}

/// Checks that the items continue their logs, or fill holes in them, and writes them as one commit.
pub(super) fn encode_group(items: &[StoredItem], index: &Index) -> Result<Group, StoreError> {
    let mut bytes = Vec::new();
    let mut placements: Vec<Placement> = Vec::new();
    let mut tails: BTreeMap<LogId, (u64, EntryHash)> = BTreeMap::new();
    for item in items {
        match item {
            StoredItem::Entry(entry) => {
                let core = &entry.header.core;
                let tail = tails.entry(core.log).or_insert_with(|| index.last(&core.log));
                if core.number != tail.0 + 1 || core.prev != tail.1 || !entry.body_matches() {
                    return Err(StoreError::OutOfOrder(format!("entry {} after {}", core.number, tail.0)));
                }
                let hash = entry.header.hash();
                // Where a hole is filled, what is held behind it follows.
                *tail = index.end_from(&core.log, core.number + 1).unwrap_or((core.number, hash));
                let offset = bytes.len() as u32;
                let (log, number, prev) = (core.log, core.number, core.prev);
                placements.push(Placement { log, number, prev, hash, offset, sealed: false });
                put_frame(&mut bytes, ENTRY, &[&entry.encode()]);
            }
            StoredItem::Seal(seal) => {
                let last = placements.last_mut().filter(|last| !last.sealed && last.hash == seal.hash);
                let last = last.ok_or_else(|| StoreError::OutOfOrder(format!("seal {}", seal.number)))?;
                last.sealed = true;
                put_frame(&mut bytes, SEAL, &[&seal.signature]);
            }
        }
        if bytes.len() > COMMIT_BYTES_MAX {
            return Err(StoreError::TooLarge);
        }
    }
    close_group(&mut bytes, index.commits + 1, items.len() as u32);
    Ok(Group { bytes, placements })
}

/// Ends a commit of so many frames.
pub(super) fn close_group(bytes: &mut Vec<u8>, commit: u64, frames: u32) {
    let check = group_check(bytes);
    put_frame(bytes, COMMIT, &[&commit.to_be_bytes(), &frames.to_be_bytes(), &check]);
}

fn group_check(bytes: &[u8]) -> [u8; 8] {
    let hash = blake3::derive_key(CHECK_CONTEXT, bytes);
    let mut check = [0; 8];
    check.copy_from_slice(&hash[..8]);
    check
}

/// What a segment's bytes turned out to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Length of the part that is good: up to the end of the last whole commit.
    pub good_len: u64,
    /// Why the rest is not, if there is a rest.
    pub problem: Option<DecodeError>,
    /// Whole later commits found in the rest.
    pub commits_behind: u32,
    /// Commits in the good part.
    pub commits: u64,
    /// Entries in the good part.
    pub entries: u64,
}

/// Reads a segment on its own, without the logs before it: how an exported segment is looked at, and the
/// decoder that fuzzing attacks.
pub fn scan(bytes: &[u8]) -> Scan {
    match read_segment_head(bytes) {
        Ok((_, commits)) => scan_commits(bytes, commits, |_, _| Ok(())),
        Err(problem) => Scan { good_len: 0, problem: Some(problem), commits_behind: 0, commits: 0, entries: 0 },
    }
}

/// Reads segment number `segment` into the index, as far as it is good and fits the logs there.
pub(super) fn scan_into(bytes: &[u8], segment: u32, index: &mut Index) -> Scan {
    let wrong = DecodeError::BadValue("the number of a segment");
    let problem = match read_segment_head(bytes) {
        // After commits that damage took, a segment begins with a higher number.
        Ok((number, commits)) if number == segment && commits >= index.commits => {
            index.commits = commits;
            None
        }
        Ok(_) => Some(wrong),
        Err(error) => Some(error),
    };
    if problem.is_some() {
        let commits_behind = commits_after(bytes, index.commits + 1);
        return Scan { good_len: 0, problem, commits_behind, commits: 0, entries: 0 };
    }
    scan_commits(bytes, index.commits, |commit, placements| {
        check_fits(placements, index)?;
        index.add(segment, commit, placements);
        Ok(())
    })
}

fn scan_commits(
    bytes: &[u8],
    commits_before: u64,
    mut keep: impl FnMut(u64, &[Placement]) -> Result<(), DecodeError>,
) -> Scan {
    let mut scan = Scan { good_len: SEGMENT_HEAD_LEN as u64, problem: None, commits_behind: 0, commits: 0, entries: 0 };
    let mut good = SEGMENT_HEAD_LEN;
    let mut before = commits_before;
    while good < bytes.len() {
        let read = read_commit(bytes, good, before).and_then(|(commit, placements, end)| {
            keep(commit, &placements)?;
            Ok((commit, placements.len(), end))
        });
        match read {
            Ok((commit, entries, end)) => {
                (before, good) = (commit, end);
                scan.good_len = end as u64;
                scan.commits += 1;
                scan.entries += entries as u64;
            }
            Err(problem) => {
                scan.problem = Some(problem);
                scan.commits_behind = commits_after(&bytes[good..], before.saturating_add(1));
                break;
            }
        }
    }
    scan
}

/// Number and entries of the commit that starts at `start`, and where it ends. Its number is higher than `before`.
fn read_commit(bytes: &[u8], start: usize, before: u64) -> Result<(u64, Vec<Placement>, usize), DecodeError> {
    let mut group = GroupReader::default();
    let mut at = start;
    loop {
        let frame = read_frame(&bytes[at..])?;
        if frame.kind == COMMIT {
            let commit = group.close(frame.payload, before, group_check(&bytes[start..at]))?;
            return Ok((commit, group.placements, at + frame.len));
        }
        group.take(&frame, at)?;
        at += frame.len;
    }
}

/// The frames of a commit that is not closed yet.
#[derive(Default)]
struct GroupReader {
    placements: Vec<Placement>,
    frames: u32,
    seal_allowed: bool,
}

impl GroupReader {
    fn take(&mut self, frame: &Frame<'_>, at: usize) -> Result<(), DecodeError> {
        match frame.kind {
            ENTRY => {
                let header = Header::decode(frame.payload.get(..HEADER_LEN).unwrap_or_default())?;
                let offset = u32::try_from(at).map_err(|_| DecodeError::TooLong("a segment", COMMIT_BYTES_MAX))?;
                let (log, number, prev) = (header.core.log, header.core.number, header.core.prev);
                self.placements.push(Placement { log, number, prev, hash: header.hash(), offset, sealed: false });
                self.seal_allowed = true;
            }
            SEAL if self.seal_allowed => {
                self.placements.last_mut().into_iter().for_each(|last| last.sealed = true);
                self.seal_allowed = false;
            }
            _ => return Err(DecodeError::BadValue("the type of a frame")),
        }
        self.frames += 1;
        Ok(())
    }

    fn close(&self, payload: &[u8], before: u64, check: [u8; 8]) -> Result<u64, DecodeError> {
        let mut reader = Reader::new(payload, "the end of a commit");
        let (commit, frames, said) = (reader.u64()?, reader.u32()?, reader.array()?);
        reader.finish()?;
        let good = commit > before && (frames, said) == (self.frames, check);
        if good { Ok(commit) } else { Err(DecodeError::BadValue("the end of a commit")) }
    }
}

/// Each entry must follow the one before it where that is known. One that leaves numbers out stands behind a hole, and one
/// under a number that was left out fills it.
fn check_fits(placements: &[Placement], index: &Index) -> Result<(), DecodeError> {
    let mut tails: BTreeMap<LogId, (u64, EntryHash)> = BTreeMap::new();
    for placement in placements {
        let follows = match tails.insert(placement.log, (placement.number, placement.hash)) {
            Some((number, _)) if placement.number == number => false,
            Some((number, hash)) if placement.number == number + 1 => placement.prev == hash,
            _ => true,
        };
        if !follows || !index.takes(placement) {
            return Err(DecodeError::BadValue("the number of an entry in the journal"));
        }
    }
    Ok(())
}

/// Counts whole commit frames after damage whose number is that of the commit the damage is in or higher. A commit is written
/// only when the one before it is safe, and its last frame last, so one such frame shows that this is no torn write.
fn commits_after(rest: &[u8], damaged: u64) -> u32 {
    let len = (COMMIT_LEN as u32).to_be_bytes();
    let found = rest.windows(FRAME_HEAD_LEN + COMMIT_LEN).filter(|window| {
        window[..4] == len
            && read_frame(window).is_ok_and(|frame| {
                frame.kind == COMMIT
                    && Reader::new(frame.payload, "a commit").u64().is_ok_and(|number| number >= damaged)
            })
    });
    found.count() as u32
}
