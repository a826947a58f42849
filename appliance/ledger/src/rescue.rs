//! Entries that stand behind a fork or behind lost ones, carried to the others inside an entry of a log that goes on.
//!
//! A log with two histories is passed on up to its last common entry, and one that damage tore up to the hole. What stands
//! behind is signed by the log's writer all the same, so any member may carry it on as it is: consecutive entries, what
//! leads from the last of them to the next seal, and that seal. Whoever reads it has the very entries under their own names,
//! and proof of who wrote them.

use crate::body::MAX_PLAIN_LEN;
use crate::entry::{Entry, SEAL_LEN, Seal, chain};
use crate::fork::ENTRIES_PER_SEAL_MAX;
use crate::ledger::ReceivedBatch;
use crate::names::SpaceId;
use crate::wire::{DecodeError, Reader};

const VERSION: u8 = 1;
const WHAT: &str = "rescued entries";
/// Entries go into one carrier until they have so many bytes.
const PART_BYTES: usize = 48 * 1024;
/// What a carrier may have beside its payload: the frame of a body without names.
const BODY_BYTES: usize = 64;

/// Consecutive entries of one log, and what shows that its replica signed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescued {
    /// The entries in order, at least one, each with its body.
    pub entries: Vec<Entry>,
    /// Content hashes of the entries after them, up to the sealed one.
    pub links: Vec<[u8; 32]>,
    /// The seal over the last of them, or over the last entry when there are none.
    pub seal: Seal,
}

/// Entries that their writer did not write so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRescue {
    /// Of another space than their carrier, or of more than one log.
    #[error("the rescued entries do not belong where they are")]
    Misplaced,
    /// One does not follow on the one before, or they do not lead to the seal.
    #[error("the rescued entries do not lead to their seal")]
    BadChain,
    /// The seal does not hold.
    #[error("the seal of the rescued entries is not the replica's")]
    BadSeal,
}

impl Rescued {
    /// A sealed run in as many carriers as it takes. An entry that does not fit into any is left out.
    pub fn parts(run: &ReceivedBatch) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut from = 0;
        while from < run.entries.len() {
            let until = from + fitting(&run.entries[from..]);
            let links = run.entries[until..].iter().map(|entry| entry.header.content_hash()).collect();
            let part = Self { entries: run.entries[from..until].to_vec(), links, seal: run.seal.clone() };
            parts.extend((part.len() <= MAX_PLAIN_LEN - BODY_BYTES).then_some(part));
            from = until;
        }
        parts
    }

    fn len(&self) -> usize {
        5 + self.entries.iter().map(Entry::encoded_len).sum::<usize>() + self.links.len() * 32 + SEAL_LEN
    }

    /// Whether there is an entry, and every one has its body.
    pub(crate) fn is_whole(&self) -> bool {
        !self.entries.is_empty() && self.entries.iter().all(|entry| entry.body.is_some())
    }

    /// Checks that the log's replica wrote these entries, in a carrier of this space.
    pub fn verify(&self, space: &SpaceId) -> Result<(), BadRescue> {
        let log = self.seal.log;
        if log.space != *space || self.entries.iter().any(|entry| entry.header.core.log != log) {
            return Err(BadRescue::Misplaced);
        }
        let follows = |pair: &[Entry]| {
            let [one, next] = pair else { return false };
            let (before, core) = (one.header.core.number, next.header.core);
            before.checked_add(1) == Some(core.number) && core.prev == one.header.hash()
        };
        let last = self.entries.last().ok_or(BadRescue::BadChain)?.header;
        let end = self.links.iter().fold(last.hash(), |hash, content| chain(&hash, content));
        let sealed = last.core.number.checked_add(self.links.len() as u64) == Some(self.seal.number);
        if !self.entries.windows(2).all(follows) || !sealed || end != self.seal.hash {
            return Err(BadRescue::BadChain);
        }
        self.seal.verify().map_err(|_| BadRescue::BadSeal)
    }

    /// The canonical bytes: the payload of an entry of kind "rescued".
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.len());
        out.push(VERSION);
        out.extend_from_slice(&(self.entries.len() as u16).to_be_bytes());
        self.entries.iter().for_each(|entry| out.extend_from_slice(&entry.encode()));
        out.extend_from_slice(&(self.links.len() as u16).to_be_bytes());
        out.extend(self.links.iter().flatten());
        out.extend_from_slice(&self.seal.encode());
        out
    }

    /// Reads what [`Rescued::encode`] wrote. Bodies are the headers' own; nothing else is verified here.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_PLAIN_LEN {
            return Err(DecodeError::TooLong(WHAT, MAX_PLAIN_LEN));
        }
        let mut reader = Reader::new(bytes, WHAT);
        match reader.u8()? {
            VERSION => {}
            other => return Err(DecodeError::Version(WHAT, other)),
        }
        let count = |reader: &mut Reader<'_>| match usize::from(reader.u16()?) {
            count if count > ENTRIES_PER_SEAL_MAX => Err(DecodeError::TooLong(WHAT, ENTRIES_PER_SEAL_MAX)),
            count => Ok(count),
        };
        let entries = (0..count(&mut reader)?).map(|_| Entry::read(&mut reader)).collect::<Result<Vec<_>, _>>()?;
        let links = (0..count(&mut reader)?).map(|_| reader.array()).collect::<Result<_, _>>()?;
        let seal = Seal::read(&mut reader)?;
        reader.finish()?;
        let rescued = Self { entries, links, seal };
        if rescued.is_whole() { Ok(rescued) } else { Err(DecodeError::BadValue(WHAT)) }
    }
}

/// How many of these entries go into one carrier, at least one.
fn fitting(entries: &[Entry]) -> usize {
    let mut bytes = 0;
    let fits = |entry: &&Entry| {
        bytes += entry.encoded_len();
        bytes <= PART_BYTES
    };
    entries.iter().take_while(fits).count().max(1)
}
