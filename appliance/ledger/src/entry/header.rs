//! Headers, their hashes, and whole entries.

use super::core::{CORE_LEN, Core, PREV_AT};
use crate::names::{EntryHash, EntryRef, LogId};
use crate::wire::{DecodeError, Reader};

/// Length of an encoded [`Header`] in bytes.
pub const HEADER_LEN: usize = CORE_LEN + 36;
/// Largest sealed body in bytes. Anything bigger is an attachment and travels on its own.
pub const MAX_BODY_LEN: usize = 96 * 1024;

const CONTENT_CONTEXT: &str = "cairn 2026 entry content v1";
const HASH_CONTEXT: &str = "cairn 2026 entry hash v1";
const BODY_CONTEXT: &str = "cairn 2026 sealed body hash v1";

/// Names one entry: where it is and what it hashes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Position {
    /// The log.
    pub log: LogId,
    /// The number in the log, from 1.
    pub number: u64,
    /// The hash of the header.
    pub hash: EntryHash,
}

/// What is chained and signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The fixed part.
    pub core: Core,
    /// Length of the sealed body in bytes.
    pub body_len: u32,
    /// Hash of the sealed body.
    pub body_hash: [u8; 32],
}

impl Header {
    /// The header of `core` with this sealed body.
    pub fn new(core: Core, sealed: &[u8]) -> Self {
        Self { core, body_len: sealed.len() as u32, body_hash: hash_body(sealed) }
    }

    /// The hash that names the entry.
    pub fn hash(&self) -> EntryHash {
        chain(&self.core.prev, &self.content_hash())
    }

    /// Hash of everything but the previous header's hash. With it, [`chain`] follows a log in 32 bytes an
    /// entry, which keeps a [`crate::fork::ForkProof`] small.
    pub fn content_hash(&self) -> [u8; 32] {
        let bytes = self.encode();
        let mut hasher = blake3::Hasher::new_derive_key(CONTENT_CONTEXT);
        hasher.update(&bytes[..PREV_AT]);
        hasher.update(&bytes[CORE_LEN..]);
        *hasher.finalize().as_bytes()
    }

    /// Log, number and hash.
    pub fn position(&self) -> Position {
        Position { log: self.core.log, number: self.core.number, hash: self.hash() }
    }

    /// The canonical bytes.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..CORE_LEN].copy_from_slice(&self.core.encode());
        bytes[CORE_LEN..CORE_LEN + 4].copy_from_slice(&self.body_len.to_be_bytes());
        bytes[CORE_LEN + 4..].copy_from_slice(&self.body_hash);
        bytes
    }

    /// Reads exactly [`HEADER_LEN`] canonical bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, "an entry header");
        let header = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(header)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let core = Core::read(reader)?;
        let body_len = reader.u32()?;
        if body_len as usize > MAX_BODY_LEN {
            return Err(DecodeError::TooLong("the sealed body of an entry", MAX_BODY_LEN));
        }
        Ok(Self { core, body_len, body_hash: reader.array()? })
    }
}

/// The hash of the entry with this content after the entry with hash `prev`.
pub(crate) fn chain(prev: &EntryHash, content: &[u8; 32]) -> EntryHash {
    let mut hasher = blake3::Hasher::new_derive_key(HASH_CONTEXT);
    hasher.update(&prev.0);
    hasher.update(content);
    EntryHash(*hasher.finalize().as_bytes())
}

fn hash_body(sealed: &[u8]) -> [u8; 32] {
    blake3::derive_key(BODY_CONTEXT, sealed)
}

impl EntryHash {
    /// The short name by which entries of one record refer to each other.
    pub fn short(&self) -> EntryRef {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.0[..16]);
        EntryRef(bytes)
    }
}

/// A header and its sealed body, if that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is chained and signed.
    pub header: Header,
    /// The sealed body; `None` when it was erased or never ours to have.
    pub body: Option<Vec<u8>>,
}

impl Entry {
    /// Whether the body, when present, is the one that the header names.
    pub fn body_matches(&self) -> bool {
        self.body.as_ref().is_none_or(|sealed| {
            sealed.len() == self.header.body_len as usize && hash_body(sealed) == self.header.body_hash
        })
    }

    /// Length of [`Entry::encode`] in bytes.
    pub fn encoded_len(&self) -> usize {
        HEADER_LEN + 1 + self.body.as_ref().map_or(0, Vec::len)
    }

    /// Header, one byte that says whether a body follows, body.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.encoded_len());
        out.extend_from_slice(&self.header.encode());
        out.push(u8::from(self.body.is_some()));
        out.extend_from_slice(self.body.as_deref().unwrap_or_default());
        out
    }

    /// Reads what [`Entry::encode`] wrote; refuses a body that is not the header's.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, "an entry");
        let entry = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(entry)
    }

    /// Reads an entry off the front of more bytes.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let header = Header::read(reader)?;
        let body = match reader.u8()? {
            0 => None,
            1 => Some(reader.take(header.body_len as usize)?.to_vec()),
            _ => return Err(DecodeError::BadValue("the body flag of an entry")),
        };
        let entry = Self { header, body };
        if entry.body_matches() { Ok(entry) } else { Err(DecodeError::BadValue("the body hash of an entry")) }
    }
}
