//! The store in memory: the same frames in a byte vector, with faults on request.
//!
//! Simulations and tests use it. [`MemoryStore::bytes`] is what a disk would hold after a power cut, and
//! [`MemoryStore::from_bytes`] opens it again exactly as the segment engine would.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::frame::{SEAL_FRAME_LEN, encode_group, frame_len, read_entry, read_seal, scan_into, segment_head};
use super::index::Index;
use super::salvage::salvage;
use super::{LogStore, Lost, OpenReport, StoreError, StoreStats, StoredItem, Torn};
use crate::entry::{Entry, Seal};
use crate::names::{EntryHash, Frontier, LogId, SpaceId};

const SEGMENT: u32 = 1;

/// What happens at an append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full: refused, nothing written, and the store can go on.
    Full,
    /// The disk fails before anything is written.
    Io,
    /// The disk fails after this many bytes of the commit.
    Tear(usize),
    /// The commit is written but the flush fails, so nobody may believe it.
    Flush,
}

/// Logs in memory.
pub struct MemoryStore {
    state: Mutex<State>,
    report: OpenReport,
}

struct State {
    bytes: Vec<u8>,
    /// How much of it a power cut cannot take.
    flushed: usize,
    index: Index,
    poisoned: bool,
    faults: Vec<(u64, Fault)>,
    appends: u64,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::from_bytes(segment_head(SEGMENT, 0).to_vec())
    }

    /// Opens what another store had written, torn or not.
    pub fn from_bytes(mut bytes: Vec<u8>) -> Self {
        let mut index = Index::default();
        let scan = scan_into(&bytes, SEGMENT, &mut index);
        let len = bytes.len() as u64;
        let mut good_len = scan.good_len as usize;
        let torn = scan.problem.map(|_| Torn {
            segment: SEGMENT,
            offset: scan.good_len,
            bytes: len - scan.good_len,
            kept_as: None,
            commits_behind: scan.commits_behind,
        });
        if scan.commits_behind > 0 {
            bytes = salvage(&bytes, SEGMENT, 0, false);
            index = Index::default();
            good_len = scan_into(&bytes, SEGMENT, &mut index).good_len as usize;
        }
        bytes.truncate(good_len);
        if bytes.is_empty() {
            bytes.extend_from_slice(&segment_head(SEGMENT, 0));
        }
        let state = State { flushed: bytes.len(), bytes, index, poisoned: false, faults: Vec::new(), appends: 0 };
        Self { state: Mutex::new(state), report: OpenReport { torn, ..OpenReport::default() } }
    }

    /// Everything written so far, including the torn rest of a failed append.
    pub fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// What a disk would hold after a power cut: everything that was flushed, and this share of the rest, from 0 to 1.
    pub fn after_power_cut(&self, share: f64) -> Vec<u8> {
        let state = self.state();
        let rest = (state.bytes.len() - state.flushed) as f64 * share.clamp(0.0, 1.0);
        state.bytes[..state.flushed + rest as usize].to_vec()
    }

    /// Makes the append after `appends` further ones fail.
    pub fn inject(&self, appends: u64, fault: Fault) {
        let mut state = self.state();
        let at = state.appends + appends;
        state.faults.push((at, fault));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn entry(&self, log: &LogId, number: u64) -> Result<Option<Entry>, StoreError> {
        let Some(place) = self.index.place(log, number) else { return Ok(None) };
        let bytes = &self.bytes[place.offset as usize..];
        read_entry(bytes).map(Some).map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    fn seal(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        let (Some(place), Some(entry)) = (self.index.place(log, number), self.entry(log, number)?) else {
            return Ok(None);
        };
        let corrupt = |error: crate::DecodeError| StoreError::Corrupt(error.to_string());
        let at = place.offset as usize;
        let at = at + frame_len(&self.bytes[at..]).map_err(corrupt)?;
        read_seal(&self.bytes[at..at + SEAL_FRAME_LEN], &entry.header).map(Some).map_err(corrupt)
    }

    fn flush(&mut self) {
        self.flushed = self.bytes.len();
    }

    fn fault(&mut self) -> Option<Fault> {
        let at = self.appends;
        self.appends += 1;
        self.faults.iter().find(|(when, _)| *when == at).map(|(_, fault)| *fault)
    }
}

impl LogStore for MemoryStore {
    fn append(&self, items: &[StoredItem]) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.poisoned {
            return Err(StoreError::NeedsReopen);
        }
        let mut group = encode_group(items, &state.index)?;
        let (written, error) = match state.fault() {
            None => (group.bytes.len(), None),
            Some(Fault::Full) => return Err(StoreError::Full),
            Some(Fault::Io) => (0, Some("write")),
            Some(Fault::Tear(keep)) => (keep.min(group.bytes.len()), Some("write")),
            Some(Fault::Flush) => (group.bytes.len(), Some("flush")),
        };
        let start = state.bytes.len() as u32;
        state.bytes.extend_from_slice(&group.bytes[..written]);
        if let Some(what) = error {
            state.poisoned = true;
            return Err(StoreError::Io(std::io::Error::other(format!("{what} failed on request"))));
        }
        group.placements.iter_mut().for_each(|placement| placement.offset += start);
        let commit = state.index.commits + 1;
        state.index.add(SEGMENT, commit, &group.placements);
        state.flush();
        Ok(())
    }

    fn entry(&self, log: &LogId, number: u64) -> Result<Option<Entry>, StoreError> {
        self.state().entry(log, number)
    }

    fn read(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Vec<Entry>, StoreError> {
        let state = self.state();
        super::read_while(from, bytes_max, |number| state.entry(log, number))
    }

    fn seal_at(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        let state = self.state();
        state.index.sealed_at(log, number).map_or(Ok(None), |number| state.seal(log, number))
    }

    fn seal_before(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        let state = self.state();
        state.index.sealed_before(log, number).map_or(Ok(None), |number| state.seal(log, number))
    }

    fn last(&self, log: &LogId) -> (u64, EntryHash) {
        self.state().index.last(log)
    }

    fn next_held(&self, log: &LogId, number: u64) -> Option<u64> {
        self.state().index.next_held(log, number)
    }

    fn lost(&self) -> Vec<Lost> {
        self.state().index.holes().collect()
    }

    fn frontier(&self, space: &SpaceId) -> Frontier {
        self.state().index.frontier(space)
    }

    fn spaces(&self) -> Vec<SpaceId> {
        self.state().index.spaces()
    }

    fn logs(&self) -> Vec<LogId> {
        self.state().index.logs().copied().collect()
    }

    fn stats(&self) -> StoreStats {
        let state = self.state();
        StoreStats {
            logs: state.index.logs().count() as u64,
            entries: state.index.entries,
            commits: state.index.commits,
            bytes: state.bytes.len() as u64,
            free_bytes: u64::MAX,
            roomy: true,
            needs_reopen: state.poisoned,
        }
    }

    fn open_report(&self) -> OpenReport {
        self.report.clone()
    }
}
