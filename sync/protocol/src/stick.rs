//! What is on a stick, once the age file that holds it is open.
//!
//! Nine bytes of magic and version, then frames as on a connection: one manifest, the parcels, the files, one end; after
//! that only zeros. The manifest says from whom to whom, with which number, and what the writer took for granted; it is
//! signed. Parcels need no signature of their own: each ends in a seal. Nor do the chunks of files: entries name them.

mod files;

use cairn_ledger::blob::CHUNK_SEALED_MAX;
use cairn_ledger::ledger::{ReplicaKey, verify_signature};
use cairn_ledger::{Frontier, LogId, OpenParcel, ReplicaId, SpaceId};

use crate::Refusal;
use crate::bytes::{Reader, put_number};
use crate::files::CHUNK;
use crate::frame::{LogName, PARCEL, header, wrap};
use crate::frontier::{put_frontier, read_frontier};
use crate::limits::{FRAME_BYTES_MAX, SPACES_MAX, UNIX_MS_MAX};
use crate::parcel::{PackError, decode_parcel, put_parcel};
use files::{FILE, FILE_NAME_BYTES};
pub use files::{FileName, chunk_piece};

/// First bytes of a stick: name and version.
pub const MAGIC: [u8; 9] = *b"CAIRNSTK\x01";
/// Longest manifest in bytes.
pub const MANIFEST_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most receipts in a manifest.
pub const RECEIPTS_MAX: usize = 64;

const MANIFEST: u8 = 0x30;
const END: u8 = 0x31;
/// Four numbers.
const END_BYTES_MAX: usize = 40;
/// Keeps signatures of manifests apart from all others.
const CONTEXT: &str = "stick v1";

/// Names a stick: the first bytes of its manifest's signature. Two sticks with one number have different ids.
pub type StickId = [u8; 16];

/// One space on a stick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StickSpace {
    /// The space.
    pub space: SpaceId,
    /// What the addressee was proved to hold; the stick goes on from there.
    pub before: Frontier,
    /// What the writer held.
    pub after: Frontier,
}

/// "I have read this stick of yours."
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StickReceipt {
    /// Its number.
    pub number: u64,
    /// Its id.
    pub id: StickId,
    /// When it was read, by the reader's clock.
    pub at_ms: u64,
}

/// What a stick says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The registry of the agency.
    pub registry: SpaceId,
    /// Who wrote it.
    pub from: ReplicaId,
    /// For whom.
    pub to: ReplicaId,
    /// Counts the sticks from this writer to this addressee, from 1.
    pub number: u64,
    /// When it was written, by the writer's clock, in milliseconds since 1970.
    pub made_ms: u64,
    /// Not to be read after this time.
    pub expires_ms: u64,
    /// The spaces, in rising order.
    pub spaces: Vec<StickSpace>,
    /// Sticks of the addressee that the writer has read, in rising order of number.
    pub receipts: Vec<StickReceipt>,
}

/// A manifest and the writer's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedManifest {
    /// The manifest.
    pub manifest: Manifest,
    /// Ed25519 over its bytes.
    pub signature: [u8; 64],
}

impl Manifest {
    /// Signs it.
    pub fn sign(self, key: &ReplicaKey) -> SignedManifest {
        let signature = key.sign(CONTEXT, &self.encode());
        SignedManifest { manifest: self, signature }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.registry.0);
        out.extend_from_slice(&self.from.0);
        out.extend_from_slice(&self.to.0);
        [self.number, self.made_ms.min(UNIX_MS_MAX), self.expires_ms.min(UNIX_MS_MAX)]
            .into_iter()
            .for_each(|number| put_number(&mut out, number));
        put_number(&mut out, self.spaces.len() as u64);
        for space in &self.spaces {
            out.extend_from_slice(&space.space.0);
            put_frontier(&mut out, &space.before);
            put_frontier(&mut out, &space.after);
        }
        put_number(&mut out, self.receipts.len() as u64);
        for receipt in &self.receipts {
            put_number(&mut out, receipt.number);
            out.extend_from_slice(&receipt.id);
            put_number(&mut out, receipt.at_ms);
        }
        out
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Refusal> {
        let registry = SpaceId(reader.array()?);
        let (from, to) = (ReplicaId(reader.array()?), ReplicaId(reader.array()?));
        let (number, made_ms, expires_ms) = (reader.number()?, reader.number()?, reader.number()?);
        if number == 0 || made_ms > UNIX_MS_MAX || expires_ms > UNIX_MS_MAX {
            return Err(Refusal::BadValue("a number or time of a stick"));
        }
        let (spaces, receipts) = (read_spaces(reader)?, read_receipts(reader)?);
        Ok(Self { registry, from, to, number, made_ms, expires_ms, spaces, receipts })
    }
}

fn read_spaces(reader: &mut Reader<'_>) -> Result<Vec<StickSpace>, Refusal> {
    let mut spaces: Vec<StickSpace> = Vec::new();
    for _ in 0..reader.count(SPACES_MAX)? {
        let space = SpaceId(reader.array()?);
        if spaces.last().is_some_and(|last| last.space >= space) {
            return Err(Refusal::BadValue("the order of spaces"));
        }
        spaces.push(StickSpace { space, before: read_frontier(reader)?, after: read_frontier(reader)? });
    }
    Ok(spaces)
}

fn read_receipts(reader: &mut Reader<'_>) -> Result<Vec<StickReceipt>, Refusal> {
    let mut receipts: Vec<StickReceipt> = Vec::new();
    for _ in 0..reader.count(RECEIPTS_MAX)? {
        let receipt = StickReceipt { number: reader.number()?, id: reader.array()?, at_ms: reader.number()? };
        if receipts.last().is_some_and(|last| last.number >= receipt.number) {
            return Err(Refusal::BadValue("the order of receipts"));
        }
        receipts.push(receipt);
    }
    Ok(receipts)
}

impl SignedManifest {
    /// Whether the replica that the manifest names as its writer signed it.
    pub fn is_signed(&self) -> bool {
        verify_signature(&self.manifest.from, CONTEXT, &self.manifest.encode(), &self.signature)
    }

    /// Names the stick.
    pub fn id(&self) -> StickId {
        let mut id = [0; 16];
        id.copy_from_slice(&self.signature[..16]);
        id
    }

    /// The beginning of a stick: magic and manifest. `None` when the manifest is longer than allowed.
    pub fn beginning(&self) -> Option<Vec<u8>> {
        let mut body = self.manifest.encode();
        body.extend_from_slice(&self.signature);
        let fits = body.len() <= MANIFEST_BYTES_MAX && self.manifest.receipts.len() <= RECEIPTS_MAX;
        fits.then(|| [MAGIC.as_slice(), &wrap(MANIFEST, &body)].concat())
    }
}

/// A parcel as it stands on a stick.
pub fn parcel_piece(parcel: &OpenParcel, level: i32) -> Result<Vec<u8>, PackError> {
    let mut body = Vec::new();
    LogName::Full(parcel.log).put(&mut body);
    put_parcel(&mut body, parcel, level)?;
    Ok(wrap(PARCEL, &body))
}

/// How much is on a stick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Parcels.
    pub parcels: u64,
    /// Entries in them.
    pub entries: u64,
    /// Files of which chunks may follow.
    pub files: u64,
    /// Chunks.
    pub chunks: u64,
}

impl Counts {
    /// The end of a stick with this much on it. Files are counted where there are any: a stick without is one of before
    /// sticks carried them.
    pub fn end_piece(&self) -> Vec<u8> {
        let mut body = Vec::new();
        put_number(&mut body, self.parcels);
        put_number(&mut body, self.entries);
        if self.files > 0 {
            put_number(&mut body, self.files);
            put_number(&mut body, self.chunks);
        }
        wrap(END, &body)
    }

    fn read(mut reader: Reader<'_>) -> Result<Self, Refusal> {
        let mut counts = Self { parcels: reader.number()?, entries: reader.number()?, ..Self::default() };
        if !reader.clone().rest().is_empty() {
            (counts.files, counts.chunks) = (reader.number()?, reader.number()?);
            if counts.files == 0 {
                return Err(Refusal::BadValue("the number of files of a stick"));
            }
        }
        reader.finish()?;
        Ok(counts)
    }
}

/// One piece of a stick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// What the stick says of itself; always the first.
    Manifest(Box<SignedManifest>),
    /// Entries.
    Parcel(Box<OpenParcel>),
    /// A file; its chunks follow.
    File(FileName),
    /// A sealed chunk of the last file.
    Chunk(Vec<u8>),
    /// Nothing follows; the counts agreed.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expecting {
    Magic,
    Manifest,
    Parcels,
    Files,
    Zeros,
}

/// Cuts the bytes of a stick into pieces. Files come after all parcels. Buffers at most one piece and what came with it.
#[derive(Debug)]
pub struct StickReader {
    buffer: Vec<u8>,
    taken: usize,
    expecting: Expecting,
    counts: Counts,
}

impl Default for StickReader {
    fn default() -> Self {
        Self { buffer: Vec::new(), taken: 0, expecting: Expecting::Magic, counts: Counts::default() }
    }
}

impl StickReader {
    /// Takes bytes of the stick, in order, cut anyhow.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next piece. `None`: more bytes are needed, or after the end there are none.
    pub fn next_piece(&mut self) -> Result<Option<Piece>, Refusal> {
        if self.expecting == Expecting::Magic && !self.take_magic()? {
            return Ok(None);
        }
        if self.expecting == Expecting::Zeros {
            let zeros = self.buffer[self.taken..].iter().all(|byte| *byte == 0);
            self.taken = self.buffer.len();
            return if zeros { Ok(None) } else { Err(Refusal::Trailing("a stick")) };
        }
        let rest = &self.buffer[self.taken..];
        let Some(kind) = rest.first().copied() else { return Ok(None) };
        let max = self.body_max(kind)?;
        let Some((header, length)) = header(rest, max)? else { return Ok(None) };
        if rest.len() < header + length {
            return Ok(None);
        }
        let start = self.taken + header;
        self.taken = start + length;
        let body = self.buffer[start..start + length].to_vec();
        self.take_piece(kind, &body).map(Some)
    }

    /// Whether the end was read.
    pub fn is_at_end(&self) -> bool {
        self.expecting == Expecting::Zeros
    }

    fn take_magic(&mut self) -> Result<bool, Refusal> {
        let rest = &self.buffer[self.taken..];
        let there = rest.len().min(MAGIC.len());
        if rest[..there] != MAGIC[..there] {
            let newer = there == MAGIC.len() && rest[..there - 1] == MAGIC[..there - 1];
            return Err(if newer {
                Refusal::UnknownForm(rest[there - 1])
            } else {
                Refusal::BadValue("the first bytes of a stick")
            });
        }
        if there < MAGIC.len() {
            return Ok(false);
        }
        self.taken += MAGIC.len();
        self.expecting = Expecting::Manifest;
        Ok(true)
    }

    fn body_max(&self, kind: u8) -> Result<usize, Refusal> {
        match (self.expecting, kind) {
            (Expecting::Manifest, MANIFEST) => Ok(MANIFEST_BYTES_MAX),
            (Expecting::Parcels, PARCEL) => Ok(FRAME_BYTES_MAX),
            (Expecting::Parcels | Expecting::Files, FILE) => Ok(FILE_NAME_BYTES),
            (Expecting::Files, CHUNK) => Ok(CHUNK_SEALED_MAX),
            (Expecting::Parcels | Expecting::Files, END) => Ok(END_BYTES_MAX),
            (_, MANIFEST | PARCEL | FILE | CHUNK | END) => Err(Refusal::OutOfPhase("a piece of a stick")),
            (_, kind) => Err(Refusal::UnknownFrame(kind)),
        }
    }

    fn take_piece(&mut self, kind: u8, body: &[u8]) -> Result<Piece, Refusal> {
        let mut reader = Reader::new(body, "a piece of a stick");
        match kind {
            MANIFEST => {
                let manifest = Manifest::read(&mut reader)?;
                let signature = reader.array()?;
                reader.finish()?;
                self.expecting = Expecting::Parcels;
                Ok(Piece::Manifest(Box::new(SignedManifest { manifest, signature })))
            }
            PARCEL => {
                let LogName::Full(log) = LogName::read(&mut reader)? else {
                    return Err(Refusal::BadValue("the log of a parcel"));
                };
                self.take_parcel(log, reader.rest())
            }
            FILE => {
                let name = FileName::read(&mut reader)?;
                reader.finish()?;
                self.expecting = Expecting::Files;
                self.counts.files += 1;
                Ok(Piece::File(name))
            }
            CHUNK => {
                self.counts.chunks += 1;
                Ok(Piece::Chunk(body.to_vec()))
            }
            _ => {
                if Counts::read(reader)? != self.counts {
                    return Err(Refusal::BadValue("what a stick counts"));
                }
                self.expecting = Expecting::Zeros;
                Ok(Piece::End)
            }
        }
    }

    fn take_parcel(&mut self, log: LogId, packed: &[u8]) -> Result<Piece, Refusal> {
        let parcel = decode_parcel(log, packed)?;
        self.counts.parcels += 1;
        self.counts.entries += parcel.entries.len() as u64;
        Ok(Piece::Parcel(Box::new(parcel)))
    }
}

#[cfg(test)]
mod tests;
