//! Proof that a replica wrote two histories, which anybody can check.
//!
//! A seal signs a hash, and the hash contains the hash before it, so a signature for entry 9 is also one for
//! entry 8. An [`Evidence`] is a header, the content hashes that lead from it to a sealed entry, and that
//! seal. Two of them that say different things about one number of one log can only exist if the replica
//! wrote both. Nobody can make one against a replica that wrote one history.

use crate::entry::{Entry, Header, Seal};
use crate::names::{EntryHash, LogId};
use crate::wire::{DecodeError, Reader};

/// Most entries between a header and the seal that covers it. Commits and batches keep to it, so that a
/// proof can always be made and always fits in one entry.
pub const ENTRIES_PER_SEAL_MAX: usize = 1024;

const VERSION: u8 = 1;

/// A header and what shows that its replica signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The header.
    pub header: Header,
    /// Content hashes of the entries after it, up to the sealed one.
    pub links: Vec<[u8; 32]>,
    /// The seal over the last of them, or over the header when there are none.
    pub seal: Seal,
}

/// The proof does not prove a fork.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// The two sides are about different logs.
    #[error("the two sides of the proof are about different logs")]
    DifferentLogs,
    /// A chain does not lead to its seal.
    #[error("a header of the proof does not lead to its seal")]
    BadChain,
    /// A seal does not hold.
    #[error("a seal of the proof is not the replica's")]
    BadSeal,
    /// Both sides can be true at once.
    #[error("the two sides of the proof do not contradict each other")]
    NoContradiction,
}

/// What a proof proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forked {
    /// The log.
    pub log: LogId,
    /// The last number that can be common to both histories; 0 when they differ from the start.
    pub common: u64,
}

/// Two signed statements about one log that cannot both belong to one history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkProof {
    /// One history.
    pub left: Evidence,
    /// The other.
    pub right: Evidence,
}

impl Evidence {
    /// Evidence for `entry`, which `after` follows up to the sealed one.
    pub fn new<'a>(entry: &Header, after: impl IntoIterator<Item = &'a Entry>, seal: Seal) -> Self {
        let links = after.into_iter().map(|entry| entry.header.content_hash()).collect();
        Self { header: *entry, links, seal }
    }

    fn verify(&self, log: &LogId) -> Result<(), BadProof> {
        if self.header.core.log != *log || self.seal.log != *log {
            return Err(BadProof::DifferentLogs);
        }
        let end = self.links.iter().fold(self.header.hash(), |hash, content| crate::entry::chain(&hash, content));
        if end != self.seal.hash {
            return Err(BadProof::BadChain);
        }
        self.seal.verify().map_err(|_| BadProof::BadSeal)
    }

    /// What the header says of the hash of `number`, if anything.
    fn claim(&self, number: u64) -> Option<EntryHash> {
        let core = &self.header.core;
        if number == core.number {
            Some(self.header.hash())
        } else {
            (number.checked_add(1)? == core.number).then_some(core.prev)
        }
    }

    /// The canonical bytes, as a peer sends them.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.put(&mut out);
        out
    }

    /// Reads what [`Evidence::encode`] wrote. Nothing is verified here.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, "evidence of a fork");
        let evidence = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(evidence)
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.header.encode());
        out.extend_from_slice(&(self.links.len() as u16).to_be_bytes());
        out.extend(self.links.iter().flatten());
        out.extend_from_slice(&self.seal.encode());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let header = Header::read(reader)?;
        let count = usize::from(reader.u16()?);
        if count > ENTRIES_PER_SEAL_MAX {
            return Err(DecodeError::TooLong("a chain in a fork proof", ENTRIES_PER_SEAL_MAX));
        }
        let links = (0..count).map(|_| reader.array()).collect::<Result<_, _>>()?;
        Ok(Self { header, links, seal: Seal::read(reader)? })
    }
}

impl ForkProof {
    /// Checks everything and says what is proven.
    pub fn verify(&self) -> Result<Forked, BadProof> {
        let log = self.left.header.core.log;
        self.left.verify(&log)?;
        self.right.verify(&log)?;
        let first = self.left.header.core.number.min(self.right.header.core.number).saturating_sub(1).max(1);
        let contradiction = (first..first.saturating_add(3)).find(|number| {
            matches!((self.left.claim(*number), self.right.claim(*number)), (Some(left), Some(right)) if left != right)
        });
        contradiction.map(|number| Forked { log, common: number - 1 }).ok_or(BadProof::NoContradiction)
    }

    /// The canonical bytes: the payload of an entry of kind "fork proof".
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        self.left.put(&mut out);
        self.right.put(&mut out);
        out
    }

    /// Reads what [`ForkProof::encode`] wrote. Nothing is verified here.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, "a fork proof");
        match reader.u8()? {
            VERSION => {}
            other => return Err(DecodeError::Version("a fork proof", other)),
        }
        let proof = Self { left: Evidence::read(&mut reader)?, right: Evidence::read(&mut reader)? };
        reader.finish()?;
        Ok(proof)
    }
}
