//! What travels on a stream for chunks.

use cairn_ledger::blob::CHUNK_SEALED_MAX;
use cairn_ledger::{ChunkName, SpaceId};

use super::ASKED_MAX;
use crate::Refusal;
use crate::bytes::{Reader, put_number};
use crate::frame::{header, put_reason, read_reason, wrap};
use crate::limits::{DETAIL_CHARS_MAX, NAME_CHARS_MAX};

const WHICH: u8 = 32;
const HAS: u8 = 33;
const GIVE: u8 = 34;
/// Type of the frame that is a sealed chunk; on a stick too.
pub(crate) const CHUNK: u8 = 35;
const LACKING: u8 = 36;
const LACK: u8 = 37;
const NO: u8 = 38;

const WHAT: &str = "a frame about files";

/// One frame of a stream for chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFrame {
    /// Question: which of these chunks do you have? 1 to [`ASKED_MAX`].
    Which(Vec<(SpaceId, ChunkName)>),
    /// Answer to Which, in its order.
    Has(Vec<bool>),
    /// Question: give me this chunk.
    Give(SpaceId, ChunkName),
    /// Answer to Give: the sealed chunk.
    Chunk(Vec<u8>),
    /// Answer to Give: I do not have it.
    Lacking,
    /// From the side that asks, when it rests: how many of the files that it wants it lacks, of how many it knows.
    Lack(u64, u64),
    /// The question is refused, and the stream ends.
    No(String, String),
}

impl FileFrame {
    /// The frame with its type and length.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let kind = match self {
            Self::Which(names) => {
                put_number(&mut body, names.len() as u64);
                names.iter().for_each(|(space, name)| put_name(&mut body, space, name));
                WHICH
            }
            Self::Has(has) => {
                put_number(&mut body, has.len() as u64);
                let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| (byte << 1) | u8::from(*bit));
                body.extend(has.chunks(8).map(byte));
                HAS
            }
            Self::Give(space, name) => {
                put_name(&mut body, space, name);
                GIVE
            }
            Self::Chunk(bytes) => {
                body.extend_from_slice(bytes);
                CHUNK
            }
            Self::Lacking => LACKING,
            Self::Lack(lacking, known) => {
                put_number(&mut body, *lacking);
                put_number(&mut body, *known);
                LACK
            }
            Self::No(name, detail) => {
                put_reason(&mut body, name, detail);
                NO
            }
        };
        wrap(kind, &body)
    }
}

fn put_name(out: &mut Vec<u8>, space: &SpaceId, name: &ChunkName) {
    out.extend_from_slice(&space.0);
    out.extend_from_slice(&name.0);
}

fn read_name(reader: &mut Reader<'_>) -> Result<(SpaceId, ChunkName), Refusal> {
    Ok((SpaceId(reader.array()?), ChunkName(reader.array()?)))
}

fn read_count(reader: &mut Reader<'_>) -> Result<usize, Refusal> {
    match reader.count(ASKED_MAX)? {
        0 => Err(Refusal::BadValue(WHAT)),
        count => Ok(count),
    }
}

fn read_bits(reader: &mut Reader<'_>) -> Result<Vec<bool>, Refusal> {
    let count = read_count(reader)?;
    let bytes = reader.take(count.div_ceil(8))?;
    let bit = |at: usize| bytes[at / 8] >> (at % 8) & 1 == 1;
    if (count..bytes.len() * 8).any(bit) {
        return Err(Refusal::BadValue(WHAT));
    }
    Ok((0..count).map(bit).collect())
}

/// Decodes the frame of this type and body.
pub fn decode_file_frame(kind: u8, body: &[u8]) -> Result<FileFrame, Refusal> {
    let mut reader = Reader::new(body, WHAT);
    let frame = match kind {
        WHICH => {
            let count = read_count(&mut reader)?;
            FileFrame::Which((0..count).map(|_| read_name(&mut reader)).collect::<Result<_, _>>()?)
        }
        HAS => FileFrame::Has(read_bits(&mut reader)?),
        GIVE => read_name(&mut reader).map(|(space, name)| FileFrame::Give(space, name))?,
        CHUNK => FileFrame::Chunk(reader.rest().to_vec()),
        LACKING => FileFrame::Lacking,
        LACK => FileFrame::Lack(reader.number()?, reader.number()?),
        NO => read_reason(&mut reader).map(|(name, detail)| FileFrame::No(name, detail))?,
        kind => return Err(Refusal::UnknownFrame(kind)),
    };
    reader.finish()?;
    Ok(frame)
}

/// Longest body of a frame of this type; `None` when there is no such type.
fn body_max(kind: u8) -> Option<usize> {
    match kind {
        WHICH => Some(2 + ASKED_MAX * 48),
        HAS => Some(2 + ASKED_MAX / 8),
        GIVE => Some(48),
        CHUNK => Some(CHUNK_SEALED_MAX),
        LACKING => Some(0),
        LACK => Some(20),
        NO => Some(4 + 4 * (NAME_CHARS_MAX + DETAIL_CHARS_MAX)),
        _ => None,
    }
}

/// Cuts a byte stream into frames. Buffers at most one frame and what came with it.
#[derive(Clone, Debug, Default)]
pub struct FileFrames {
    buffer: Vec<u8>,
}

impl FileFrames {
    /// Takes bytes of the stream.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame. `None`: more bytes are needed.
    pub fn next_frame(&mut self) -> Result<Option<FileFrame>, Refusal> {
        let Some(kind) = self.buffer.first().copied() else { return Ok(None) };
        let max = body_max(kind).ok_or(Refusal::UnknownFrame(kind))?;
        let Some((begin, length)) = header(&self.buffer, max)? else { return Ok(None) };
        let Some(body) = self.buffer.get(begin..begin + length) else { return Ok(None) };
        let frame = decode_file_frame(kind, body)?;
        self.buffer.drain(..begin + length);
        Ok(Some(frame))
    }
}
