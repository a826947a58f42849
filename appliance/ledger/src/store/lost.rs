//! What damage took: which entries of which logs, as far as that is known, also across restarts.
//!
//! A hole shows in the logs themselves. An end that is missing does not, so it is remembered in a small file of its own
//! until the entries are back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::index::Index;
use crate::disk::{remove_if_there, write_replacing};
use crate::names::LogId;
use crate::wire::{DecodeError, Reader};

const MAGIC: &[u8; 8] = b"CAIRNLST";
const VERSION: u8 = 1;
const CHECK_CONTEXT: &str = "cairn 2026 list of lost entries check v1";

/// Consecutive entries of one log that were held and are not any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lost {
    /// The log.
    pub log: LogId,
    /// First number that is missing.
    pub first: u64,
    /// Last number that is missing.
    pub last: u64,
}

/// All that is missing: the holes of the logs, and what was remembered and is still not held. In order, without overlaps.
pub(super) fn missing(index: &Index, remembered: &[Lost]) -> Vec<Lost> {
    let mut all: Vec<Lost> = remembered.iter().flat_map(|lost| not_held(index, lost)).chain(index.holes()).collect();
    all.sort_unstable();
    let mut merged: Vec<Lost> = Vec::with_capacity(all.len());
    for lost in all {
        match merged.last_mut().filter(|before| before.log == lost.log && lost.first <= before.last.saturating_add(1)) {
            Some(before) => before.last = before.last.max(lost.last),
            None => merged.push(lost),
        }
    }
    merged
}

fn not_held(index: &Index, lost: &Lost) -> Vec<Lost> {
    let mut parts = Vec::new();
    let mut first = lost.first;
    while first <= lost.last {
        let held = index.next_held(&lost.log, first).filter(|held| *held <= lost.last);
        let last = held.map_or(lost.last, |held| held - 1);
        if last >= first {
            parts.push(Lost { first, last, ..*lost });
        }
        let Some(held) = held else { break };
        first = index.end_from(&lost.log, held).map_or(held, |(end, _)| end).saturating_add(1);
    }
    parts
}

fn path(dir: &Path) -> PathBuf {
    dir.join("lost")
}

/// What is remembered. A list that is damaged is worth less than a store that opens.
pub(super) fn load(dir: &Path) -> io::Result<Vec<Lost>> {
    let bytes = match fs::read(path(dir)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes?,
    };
    let lost = decode(&bytes).inspect_err(|error| tracing::warn!(%error, "the list of lost entries is damaged"));
    Ok(lost.unwrap_or_default())
}

/// Remembers this and nothing else.
pub(super) fn save(dir: &Path, lost: &[Lost]) -> io::Result<()> {
    if lost.is_empty() {
        return remove_if_there(&path(dir));
    }
    write_replacing(&path(dir), &encode(lost))
}

fn encode(lost: &[Lost]) -> Vec<u8> {
    let mut out = [MAGIC.as_slice(), &[VERSION], &(lost.len() as u32).to_be_bytes()].concat();
    for one in lost {
        one.log.put(&mut out);
        out.extend_from_slice(&one.first.to_be_bytes());
        out.extend_from_slice(&one.last.to_be_bytes());
    }
    let check = blake3::derive_key(CHECK_CONTEXT, &out);
    out.extend_from_slice(&check);
    out
}

fn decode(bytes: &[u8]) -> Result<Vec<Lost>, DecodeError> {
    let bad = DecodeError::BadValue("the list of lost entries");
    let (content, check) = bytes.split_last_chunk::<32>().ok_or(bad)?;
    if blake3::derive_key(CHECK_CONTEXT, content) != *check {
        return Err(bad);
    }
    let mut reader = Reader::new(content, "the list of lost entries");
    if reader.array::<8>()? != *MAGIC || reader.u8()? != VERSION {
        return Err(bad);
    }
    let mut lost = Vec::new();
    for _ in 0..reader.u32()? {
        let (log, first, last) = (LogId::read(&mut reader)?, reader.u64()?, reader.u64()?);
        if first == 0 || last < first || last == u64::MAX {
            return Err(bad);
        }
        lost.push(Lost { log, first, last });
    }
    reader.finish()?;
    Ok(lost)
}
