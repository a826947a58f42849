//! Where every entry of every log is: four bytes an entry in memory, and the sidecar file that keeps them
//! for a segment that is complete.

use std::collections::BTreeMap;

use crate::names::{EntryHash, Frontier, LogId, SpaceId};
use crate::wire::{DecodeError, Reader};

/// Set in a place whose entry is directly followed by its seal.
const SEALED: u32 = 1 << 31;
const MAGIC: &[u8; 8] = b"CAIRNIDX";
const VERSION: u8 = 1;
const CHECK_CONTEXT: &str = "cairn 2026 segment index check v1";

/// An entry that was found in, or written to, a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    pub log: LogId,
    pub number: u64,
    pub prev: EntryHash,
    pub hash: EntryHash,
    pub offset: u32,
    pub sealed: bool,
}

/// Where an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub segment: u32,
    pub offset: u32,
    pub sealed: bool,
}

/// Consecutive entries of one log within one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    segment: u32,
    first: u64,
    places: Vec<u32>,
}

impl Run {
    fn end(&self) -> u64 {
        self.first + self.places.len() as u64
    }

    fn place(&self, number: u64) -> Option<Place> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let place = *self.places.get(at)?;
        Some(Place { segment: self.segment, offset: place & !SEALED, sealed: place & SEALED != 0 })
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct LogPlaces {
    runs: Vec<Run>,
    last_hash: Option<EntryHash>,
}

impl LogPlaces {
    fn last_number(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.end() - 1)
    }

    fn run_index(&self, number: u64) -> usize {
        self.runs.partition_point(|run| run.end() <= number)
    }
}

/// The positions of all entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    logs: BTreeMap<LogId, LogPlaces>,
    /// What follows from the logs, kept because it is asked for with everything that moves.
    frontiers: BTreeMap<SpaceId, Frontier>,
    pub commits: u64,
    pub entries: u64,
}

impl Index {
    /// Number and hash of the last entry of a log.
    pub fn last(&self, log: &LogId) -> (u64, EntryHash) {
        let zero = EntryHash([0; 32]);
        self.logs.get(log).map_or((0, zero), |places| (places.last_number(), places.last_hash.unwrap_or(zero)))
    }

    /// The logs, in order.
    pub fn logs(&self) -> impl Iterator<Item = &LogId> {
        self.logs.keys()
    }

    /// Last number and hash of every log of a space.
    pub fn frontier(&self, space: &SpaceId) -> Frontier {
        self.frontiers.get(space).cloned().unwrap_or_default()
    }

    /// The spaces, in order.
    pub fn spaces(&self) -> Vec<SpaceId> {
        self.frontiers.keys().copied().collect()
    }

    /// Where an entry is.
    pub fn place(&self, log: &LogId, number: u64) -> Option<Place> {
        let places = self.logs.get(log)?;
        places.runs.get(places.run_index(number))?.place(number)
    }

    /// The first sealed number at or after `number`.
    pub fn sealed_at(&self, log: &LogId, number: u64) -> Option<u64> {
        let places = self.logs.get(log)?;
        places.runs[places.run_index(number)..].iter().find_map(|run| {
            let skip = number.saturating_sub(run.first) as usize;
            let at = run.places.iter().skip(skip).position(|place| place & SEALED != 0)?;
            Some(run.first + (skip + at) as u64)
        })
    }

    /// The last sealed number at or before `number`.
    pub fn sealed_before(&self, log: &LogId, number: u64) -> Option<u64> {
        let places = self.logs.get(log)?;
        let runs = places.runs.iter().rev().filter(|run| run.first <= number);
        runs.into_iter().find_map(|run| {
            let take = (number - run.first).saturating_add(1).min(run.places.len() as u64) as usize;
            let at = run.places[..take].iter().rposition(|place| place & SEALED != 0)?;
            Some(run.first + at as u64)
        })
    }

    /// Adds the entries of one commit. They must continue their logs.
    pub fn add(&mut self, segment: u32, placements: &[Placement]) {
        for placement in placements {
            let places = self.logs.entry(placement.log).or_default();
            let word = placement.offset | if placement.sealed { SEALED } else { 0 };
            match places.runs.last_mut() {
                Some(run) if run.segment == segment => run.places.push(word),
                _ => places.runs.push(Run { segment, first: placement.number, places: vec![word] }),
            }
            places.last_hash = Some(placement.hash);
            self.advance(&placement.log, placement.number, placement.hash);
        }
        self.entries += placements.len() as u64;
        self.commits += 1;
    }

    /// The sidecar file of a complete segment of `segment_len` bytes.
    pub fn encode_segment(&self, segment: u32, segment_len: u64) -> Vec<u8> {
        let runs: Vec<_> = self
            .logs
            .iter()
            .filter_map(|(log, places)| Some((log, places.last_hash?, places.runs.last()?)))
            .filter(|(_, _, run)| run.segment == segment)
            .collect();
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        out.extend_from_slice(&segment.to_be_bytes());
        out.extend_from_slice(&segment_len.to_be_bytes());
        out.extend_from_slice(&self.commits.to_be_bytes());
        out.extend_from_slice(&(runs.len() as u32).to_be_bytes());
        for (log, last_hash, run) in runs {
            log.put(&mut out);
            out.extend_from_slice(&run.first.to_be_bytes());
            out.extend_from_slice(&last_hash.0);
            out.extend_from_slice(&(run.places.len() as u32).to_be_bytes());
            out.extend(run.places.iter().flat_map(|place| place.to_be_bytes()));
        }
        let check = blake3::derive_key(CHECK_CONTEXT, &out);
        out.extend_from_slice(&check);
        out
    }

    /// Adds what a sidecar file says of its segment. On an error the index is left as it was.
    pub fn add_sidecar(&mut self, bytes: &[u8], segment: u32, segment_len: u64) -> Result<(), DecodeError> {
        let sidecar = Sidecar::decode(bytes)?;
        if sidecar.segment != segment || sidecar.segment_len != segment_len {
            return Err(DecodeError::BadValue("the segment that an index belongs to"));
        }
        let continues = |run: &SidecarRun| self.last(&run.log).0 + 1 == run.first;
        if sidecar.commits < self.commits || !sidecar.runs.iter().all(continues) {
            return Err(DecodeError::BadValue("the position of an index"));
        }
        self.commits = sidecar.commits;
        for run in sidecar.runs {
            self.entries += run.places.len() as u64;
            let places = self.logs.entry(run.log).or_default();
            let last = run.first + run.places.len() as u64 - 1;
            places.runs.push(Run { segment, first: run.first, places: run.places });
            places.last_hash = Some(run.last_hash);
            self.advance(&run.log, last, run.last_hash);
        }
        Ok(())
    }

    fn advance(&mut self, log: &LogId, number: u64, hash: EntryHash) {
        self.frontiers.entry(log.space).or_default().0.insert(log.key, (number, hash));
    }
}

struct SidecarRun {
    log: LogId,
    first: u64,
    last_hash: EntryHash,
    places: Vec<u32>,
}

struct Sidecar {
    segment: u32,
    segment_len: u64,
    commits: u64,
    runs: Vec<SidecarRun>,
}

impl Sidecar {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (content, check) = bytes.split_last_chunk::<32>().ok_or(DecodeError::Truncated("a segment index"))?;
        if blake3::derive_key(CHECK_CONTEXT, content) != *check {
            return Err(DecodeError::BadValue("the check of a segment index"));
        }
        let mut reader = Reader::new(content, "a segment index");
        if reader.array::<8>()? != *MAGIC {
            return Err(DecodeError::BadValue("the first bytes of a segment index"));
        }
        match reader.u8()? {
            VERSION => {}
            other => return Err(DecodeError::Version("a segment index", other)),
        }
        let (segment, segment_len, commits) = (reader.u32()?, reader.u64()?, reader.u64()?);
        let runs = (0..reader.u32()?).map(|_| read_run(&mut reader)).collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(Self { segment, segment_len, commits, runs })
    }
}

fn read_run(reader: &mut Reader<'_>) -> Result<SidecarRun, DecodeError> {
    let log = LogId::read(reader)?;
    let (first, last_hash) = (reader.u64()?, EntryHash(reader.array()?));
    let count = reader.u32()? as usize;
    let words = reader.take(count.saturating_mul(4))?;
    if count == 0 || first == 0 {
        return Err(DecodeError::BadValue("a run of a segment index"));
    }
    let places = words.chunks_exact(4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]])).collect();
    Ok(SidecarRun { log, first, last_hash, places })
}
