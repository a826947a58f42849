//! Where every entry of every log is: four bytes an entry in memory, and the sidecar file that keeps them
//! for a segment that is complete.
//!
//! A log may have holes: entries that damage took. It ends for everybody where its first hole begins; what stands behind
//! is kept, and counts again when the hole is filled.

use std::collections::BTreeMap;

use super::Lost;
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
    last_hash: EntryHash,
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

/// The entries of a log, in order of their numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct LogPlaces {
    runs: Vec<Run>,
    /// How many runs, from the first, follow each other from number 1 on without a hole.
    whole: usize,
}

impl LogPlaces {
    /// Number and hash of the last entry before the first hole.
    fn last(&self) -> (u64, EntryHash) {
        let run = self.whole.checked_sub(1).and_then(|last| self.runs.get(last));
        run.map_or((0, EntryHash([0; 32])), |run| (run.end() - 1, run.last_hash))
    }

    fn run_index(&self, number: u64) -> usize {
        self.runs.partition_point(|run| run.end() <= number)
    }

    fn place(&self, number: u64) -> Option<Place> {
        self.runs.get(self.run_index(number))?.place(number)
    }

    /// Hash of entry `number`, if it is the last of a run.
    fn hash_of_end(&self, number: u64) -> Option<EntryHash> {
        let run = self.runs.get(self.run_index(number))?;
        (run.first <= number && run.end() == number + 1).then_some(run.last_hash)
    }

    fn is_free(&self, first: u64, end: u64) -> bool {
        self.runs.get(self.run_index(first)).is_none_or(|run| end <= run.first)
    }

    fn insert(&mut self, run: Run) {
        let at = self.run_index(run.first);
        self.runs.insert(at, run);
        self.settle(at);
    }

    fn push(&mut self, segment: u32, placement: &Placement) {
        let word = placement.offset | if placement.sealed { SEALED } else { 0 };
        let at = self.run_index(placement.number);
        let before = at.checked_sub(1).and_then(|before| self.runs.get_mut(before));
        match before.filter(|run| run.segment == segment && run.end() == placement.number) {
            Some(run) => {
                run.places.push(word);
                run.last_hash = placement.hash;
                self.settle(at);
            }
            None => {
                let (first, last_hash) = (placement.number, placement.hash);
                self.insert(Run { segment, first, last_hash, places: vec![word] });
            }
        }
    }

    /// Counts the whole runs again after a change at or before run `at`.
    fn settle(&mut self, at: usize) {
        let mut whole = self.whole.min(at);
        while let Some(run) = self.runs.get(whole) {
            let end = whole.checked_sub(1).map_or(1, |before| self.runs[before].end());
            if run.first != end {
                break;
            }
            whole += 1;
        }
        self.whole = whole;
    }

    /// Number and hash of the last of the entries that follow `number` without a hole, `number` included.
    fn end_from(&self, number: u64) -> Option<(u64, EntryHash)> {
        let mut at = self.run_index(number);
        self.runs.get(at)?.place(number)?;
        while self.runs.get(at + 1).is_some_and(|next| next.first == self.runs[at].end()) {
            at += 1;
        }
        Some((self.runs[at].end() - 1, self.runs[at].last_hash))
    }

    /// First and last numbers of its holes.
    fn holes(&self) -> impl Iterator<Item = (u64, u64)> {
        let mut next = 1;
        self.runs.iter().filter_map(move |run| {
            let hole = (run.first > next).then(|| (next, run.first - 1));
            next = run.end();
            hole
        })
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
    /// Number and hash of the last entry of a log before its first hole; `(0, zero)` when there is none.
    pub fn last(&self, log: &LogId) -> (u64, EntryHash) {
        self.logs.get(log).map_or((0, EntryHash([0; 32])), LogPlaces::last)
    }

    /// Number and hash of the last of the entries that follow `number` without a hole, `number` included, if it is held.
    pub fn end_from(&self, log: &LogId, number: u64) -> Option<(u64, EntryHash)> {
        self.logs.get(log)?.end_from(number)
    }

    /// Whether an entry may stand under this number: it is not held, and the one before it is not known by another hash.
    pub fn takes(&self, placement: &Placement) -> bool {
        let Some(places) = self.logs.get(&placement.log) else { return true };
        let before = placement.number.checked_sub(1).and_then(|before| places.hash_of_end(before));
        places.is_free(placement.number, placement.number + 1) && before.is_none_or(|hash| hash == placement.prev)
    }

    /// The holes of all logs.
    pub fn holes(&self) -> impl Iterator<Item = Lost> {
        self.logs.iter().flat_map(|(log, places)| places.holes().map(|(first, last)| Lost { log: *log, first, last }))
    }

    /// The first number held from `number` on.
    pub fn next_held(&self, log: &LogId, number: u64) -> Option<u64> {
        let places = self.logs.get(log)?;
        Some(places.runs.get(places.run_index(number))?.first.max(number))
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
        self.logs.get(log)?.place(number)
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

    /// Adds the entries of the commit with this number. They must continue their logs, or fill holes.
    pub fn add(&mut self, segment: u32, commit: u64, placements: &[Placement]) {
        for placement in placements {
            self.logs.entry(placement.log).or_default().push(segment, placement);
            self.advance(&placement.log);
        }
        self.entries += placements.len() as u64;
        self.commits = commit;
    }

    /// What a segment holds, as first and last numbers in each log.
    pub fn in_segment(&self, segment: u32) -> Vec<Lost> {
        let runs = self.logs.iter().flat_map(|(log, places)| places.runs.iter().map(move |run| (log, run)));
        let here = runs.filter(|(_, run)| run.segment == segment);
        here.map(|(log, run)| Lost { log: *log, first: run.first, last: run.end() - 1 }).collect()
    }

    /// The sidecar file of a complete segment of `segment_len` bytes, before the end of which `commits` commits were made.
    pub fn encode_segment(&self, segment: u32, segment_len: u64, commits: u64) -> Vec<u8> {
        let runs: Vec<_> = self
            .logs
            .iter()
            .flat_map(|(log, places)| places.runs.iter().map(move |run| (log, run)))
            .filter(|(_, run)| run.segment == segment)
            .collect();
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        out.extend_from_slice(&segment.to_be_bytes());
        out.extend_from_slice(&segment_len.to_be_bytes());
        out.extend_from_slice(&commits.to_be_bytes());
        out.extend_from_slice(&(runs.len() as u32).to_be_bytes());
        for (log, run) in runs {
            log.put(&mut out);
            out.extend_from_slice(&run.first.to_be_bytes());
            out.extend_from_slice(&run.last_hash.0);
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
        let free =
            |(log, run): &(LogId, Run)| self.logs.get(log).is_none_or(|places| places.is_free(run.first, run.end()));
        if sidecar.commits < self.commits || !sidecar.runs.iter().all(free) {
            return Err(DecodeError::BadValue("the position of an index"));
        }
        self.commits = sidecar.commits;
        for (log, run) in sidecar.runs {
            self.entries += run.places.len() as u64;
            self.logs.entry(log).or_default().insert(run);
            self.advance(&log);
        }
        Ok(())
    }

    /// Notes in the frontier how far the log goes now.
    fn advance(&mut self, log: &LogId) {
        let last = self.last(log);
        if last.0 > 0 {
            self.frontiers.entry(log.space).or_default().0.insert(log.key, last);
        }
    }
}

/// What a sidecar file says its segment holds; nothing when the file is damaged or another segment's.
pub fn listed_in_sidecar(bytes: &[u8], segment: u32) -> Vec<Lost> {
    let sidecar = Sidecar::decode(bytes).ok().filter(|sidecar| sidecar.segment == segment);
    let runs = sidecar.into_iter().flat_map(|sidecar| sidecar.runs);
    runs.map(|(log, run)| Lost { log, first: run.first, last: run.end() - 1 }).collect()
}

/// The length of the segment that a sidecar file is about, if it is whole.
pub fn sidecar_covers(bytes: &[u8], segment: u32) -> Option<u64> {
    Sidecar::decode(bytes).ok().filter(|sidecar| sidecar.segment == segment).map(|sidecar| sidecar.segment_len)
}

struct Sidecar {
    segment: u32,
    segment_len: u64,
    commits: u64,
    runs: Vec<(LogId, Run)>,
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
        let runs = (0..reader.u32()?).map(|_| read_run(&mut reader, segment)).collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(Self { segment, segment_len, commits, runs })
    }
}

fn read_run(reader: &mut Reader<'_>, segment: u32) -> Result<(LogId, Run), DecodeError> {
    let log = LogId::read(reader)?;
    let (first, last_hash) = (reader.u64()?, EntryHash(reader.array()?));
    let count = reader.u32()? as usize;
    let words = reader.take(count.saturating_mul(4))?;
    if count == 0 || first == 0 || first.checked_add(count as u64).is_none() {
        return Err(DecodeError::BadValue("a run of a segment index"));
    }
    let places = words.chunks_exact(4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]])).collect();
    Ok((log, Run { segment, first, last_hash, places }))
}
