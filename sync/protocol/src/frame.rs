//! What travels: one byte of type, the length of the body as a number, the body.
//!
//! [`FrameReader`] cuts a byte stream into frames and refuses a frame by its header, before its body is
//! buffered. [`decode_frame`] turns one frame into a [`Frame`]; it is total and bounded.

use cairn_ledger::{ClockQuality, EntryHash, Frontier, LogId, SpaceId};

use crate::Refusal;
use crate::bytes::{Reader, put_number, put_text};
use crate::frontier::{put_frontier, read_frontier};
use crate::holdings::{BASE_BYTES, Moved, put_log, read_log};
use crate::limits::{
    DETAIL_CHARS_MAX, EVIDENCE_BYTES_MAX, FRAME_BYTES_MAX, HELLO_BYTES_MAX, NAME_CHARS_MAX, SEALED_BYTES_MAX,
    SPACES_MAX, UNIX_MS_MAX, VERSION,
};

pub(crate) const HELLO: u8 = 1;
pub(crate) const SPACES: u8 = 2;
pub(crate) const FRONTIER: u8 = 3;
pub(crate) const REGISTRY_DONE: u8 = 4;
pub(crate) const PARCEL: u8 = 5;
pub(crate) const HELD: u8 = 6;
pub(crate) const REFUSED: u8 = 7;
pub(crate) const ASK: u8 = 8;
pub(crate) const BYE: u8 = 9;
pub(crate) const EVIDENCE: u8 = 10;
pub(crate) const LISTED: u8 = 11;
pub(crate) const SEALED: u8 = 12;

/// A space in a list: its name and the digest of the sender's frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpaceLine {
    /// The space.
    pub space: SpaceId,
    /// Digest of the frontier.
    pub digest: [u8; 32],
}

/// The first frame of each side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Lowest version spoken.
    pub version_min: u8,
    /// Highest version spoken.
    pub version_max: u8,
    /// The sender's clock in milliseconds since 1970.
    pub unix_ms: u64,
    /// How far it trusts its clock.
    pub clock: ClockQuality,
    /// The newest dictionary it has for parcels; it has all before.
    pub dictionary: u64,
    /// Digest of everything it holds of what it shares with the one it speaks to ([`crate::holdings::digest_of`]).
    pub digest: [u8; 32],
    /// The common state with this peer that it remembers, and what moved since; `None`: it remembers none, or too much moved.
    pub moved: Option<([u8; BASE_BYTES], Moved)>,
}

/// How a parcel names its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogName {
    /// In full; from now on it also has the next short name.
    Full(LogId),
    /// By the place at which it was named in full, counted from 1.
    Short(usize),
}

/// One frame, decoded. The entries of a parcel stay packed until the session has checked that it wants them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The greeting.
    Hello(Hello),
    /// The spaces shared from now on, replacing the list before.
    Spaces(Vec<SpaceLine>),
    /// What the sender holds of a space.
    Frontier(SpaceId, Frontier),
    /// The sender has nothing of the registry left to send.
    RegistryDone,
    /// Entries: the log and the packed rest.
    Parcel(LogName, Vec<u8>),
    /// Entries, sealed: the log and the rest ([`crate::sealed`]). Answered like a parcel.
    Sealed(LogName, Vec<u8>),
    /// Answer to the oldest unanswered parcel: it is durable. The log is now held up to this number, if that is not the last one
    /// of the parcel.
    Held(Option<(u64, EntryHash)>),
    /// Answer to the oldest unanswered parcel: nothing of it was kept, for this reason.
    Refused(String, String),
    /// The sender cannot tell from the greeting what the receiver holds; this is what it listed itself.
    Ask(Vec<SpaceLine>),
    /// Answer to [`Frame::Ask`]: what the sender listed when it greeted. The frontiers of the spaces that differ follow.
    Listed(Vec<SpaceLine>),
    /// The sender closes the session, for this reason.
    Bye(String, String),
    /// A signed header of the sender's history of a log of which the receiver holds another.
    Evidence(LogId, Vec<u8>),
}

impl Frame {
    /// The frame with its type and length.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let kind = self.put_body(&mut body);
        wrap(kind, &body)
    }

    fn put_body(&self, out: &mut Vec<u8>) -> u8 {
        match self {
            Self::Hello(hello) => {
                hello.put(out);
                HELLO
            }
            Self::Spaces(spaces) => {
                put_spaces(out, spaces);
                SPACES
            }
            Self::Frontier(space, frontier) => {
                out.extend_from_slice(&space.0);
                put_frontier(out, frontier);
                FRONTIER
            }
            Self::RegistryDone => REGISTRY_DONE,
            Self::Parcel(log, packed) => {
                log.put(out);
                out.extend_from_slice(packed);
                PARCEL
            }
            Self::Sealed(log, packed) => {
                log.put(out);
                out.extend_from_slice(packed);
                SEALED
            }
            Self::Held(further) => {
                if let Some((number, hash)) = further {
                    put_number(out, *number);
                    out.extend_from_slice(&hash.0);
                }
                HELD
            }
            Self::Refused(name, detail) => {
                put_reason(out, name, detail);
                REFUSED
            }
            Self::Ask(spaces) => {
                put_spaces(out, spaces);
                ASK
            }
            Self::Listed(spaces) => {
                put_spaces(out, spaces);
                LISTED
            }
            Self::Bye(name, detail) => {
                put_reason(out, name, detail);
                BYE
            }
            Self::Evidence(log, shown) => {
                put_log(out, log);
                out.extend_from_slice(shown);
                EVIDENCE
            }
        }
    }
}

/// A frame from its type and body.
pub(crate) fn wrap(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 5);
    out.push(kind);
    put_number(&mut out, body.len() as u64);
    out.extend_from_slice(body);
    out
}

impl Hello {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.version_min, self.version_max]);
        put_number(out, self.unix_ms.min(UNIX_MS_MAX));
        out.push(self.clock as u8);
        put_number(out, self.dictionary);
        out.extend_from_slice(&self.digest);
        match &self.moved {
            Some((base, moved)) => {
                out.push(1);
                out.extend_from_slice(base);
                moved.put(out);
            }
            None => out.push(0),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Refusal> {
        let (version_min, version_max) = (reader.byte()?, reader.byte()?);
        if version_min > VERSION || version_max < VERSION {
            return Err(Refusal::NoCommonVersion(version_min, version_max));
        }
        let unix_ms = reader.number()?;
        if unix_ms > UNIX_MS_MAX {
            return Err(Refusal::BadValue("the clock of a greeting"));
        }
        let clock = crate::parcel::clock(reader.byte()?)?;
        let dictionary = reader.number()?;
        let digest = reader.array()?;
        let moved = match reader.byte()? {
            0 => None,
            1 => Some((reader.array()?, Moved::read(reader)?)),
            _ => return Err(Refusal::BadValue("the common state of a greeting")),
        };
        if version_max > VERSION {
            // A newer program may say more; what this version does not know it does not need.
            reader.rest();
        }
        Ok(Self { version_min, version_max, unix_ms, clock, dictionary, digest, moved })
    }
}

impl LogName {
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Full(log) => {
                put_number(out, 0);
                put_log(out, log);
            }
            Self::Short(place) => put_number(out, *place as u64),
        }
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Refusal> {
        match reader.number()? {
            0 => read_log(reader).map(Self::Full),
            place => usize::try_from(place).map(Self::Short).map_err(|_| Refusal::BadValue("the log of a parcel")),
        }
    }
}

fn put_spaces(out: &mut Vec<u8>, spaces: &[SpaceLine]) {
    put_number(out, spaces.len() as u64);
    for line in spaces {
        out.extend_from_slice(&line.space.0);
        out.extend_from_slice(&line.digest);
    }
}

fn read_spaces(reader: &mut Reader<'_>) -> Result<Vec<SpaceLine>, Refusal> {
    let count = reader.count(SPACES_MAX)?;
    let mut spaces: Vec<SpaceLine> = Vec::new();
    for _ in 0..count {
        let line = SpaceLine { space: SpaceId(reader.array()?), digest: reader.array()? };
        if spaces.last().is_some_and(|last| last.space >= line.space) {
            return Err(Refusal::BadValue("the order of spaces"));
        }
        spaces.push(line);
    }
    Ok(spaces)
}

pub(crate) fn put_reason(out: &mut Vec<u8>, name: &str, detail: &str) {
    let plain = |letter: char| if is_name_letter(letter) { letter } else { '-' };
    put_text(out, &name.chars().map(plain).collect::<String>(), NAME_CHARS_MAX);
    let printable = |letter: char| if letter.is_control() { ' ' } else { letter };
    put_text(out, &detail.chars().map(printable).collect::<String>(), DETAIL_CHARS_MAX);
}

fn is_name_letter(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-'
}

pub(crate) fn read_reason(reader: &mut Reader<'_>) -> Result<(String, String), Refusal> {
    let name = reader.text(NAME_CHARS_MAX)?;
    if !name.chars().all(is_name_letter) {
        return Err(Refusal::BadValue("the name of a reason"));
    }
    let detail = reader.text(DETAIL_CHARS_MAX)?;
    if detail.chars().any(char::is_control) {
        return Err(Refusal::BadValue("the text of a reason"));
    }
    Ok((name, detail))
}

/// Decodes the frame of this type and body.
pub fn decode_frame(kind: u8, body: &[u8]) -> Result<Frame, Refusal> {
    let mut reader = Reader::new(body, "a frame");
    let frame = match kind {
        HELLO => Frame::Hello(Hello::read(&mut reader)?),
        SPACES => Frame::Spaces(read_spaces(&mut reader)?),
        FRONTIER => Frame::Frontier(SpaceId(reader.array()?), read_frontier(&mut reader)?),
        REGISTRY_DONE => Frame::RegistryDone,
        PARCEL => Frame::Parcel(LogName::read(&mut reader)?, reader.rest().to_vec()),
        SEALED => Frame::Sealed(LogName::read(&mut reader)?, reader.rest().to_vec()),
        HELD if body.is_empty() => Frame::Held(None),
        HELD => Frame::Held(Some((reader.number()?, EntryHash(reader.array()?)))),
        REFUSED => read_reason(&mut reader).map(|(name, detail)| Frame::Refused(name, detail))?,
        ASK => Frame::Ask(read_spaces(&mut reader)?),
        LISTED => Frame::Listed(read_spaces(&mut reader)?),
        BYE => read_reason(&mut reader).map(|(name, detail)| Frame::Bye(name, detail))?,
        EVIDENCE => Frame::Evidence(read_log(&mut reader)?, reader.rest().to_vec()),
        kind => return Err(Refusal::UnknownFrame(kind)),
    };
    reader.finish()?;
    Ok(frame)
}

/// Longest body of a frame of this type; `None` when there is no such type.
fn body_max(kind: u8) -> Option<usize> {
    match kind {
        HELLO => Some(HELLO_BYTES_MAX),
        SPACES | ASK | LISTED => Some(128 + SPACES_MAX * 48),
        FRONTIER | PARCEL => Some(FRAME_BYTES_MAX),
        SEALED => Some(SEALED_BYTES_MAX),
        REGISTRY_DONE => Some(0),
        HELD => Some(42),
        EVIDENCE => Some(EVIDENCE_BYTES_MAX),
        REFUSED | BYE => Some(4 + 4 * (NAME_CHARS_MAX + DETAIL_CHARS_MAX)),
        _ => None,
    }
}

/// Cuts a byte stream into frames. Buffers at most one frame and what came with it.
#[derive(Clone, Debug, Default)]
pub struct FrameReader {
    buffer: Vec<u8>,
    taken: usize,
}

impl FrameReader {
    /// Takes bytes of the stream.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame: type and body. `None`: more bytes are needed.
    pub fn next_frame(&mut self) -> Result<Option<(u8, &[u8])>, Refusal> {
        let rest = &self.buffer[self.taken..];
        let Some(kind) = rest.first().copied() else { return Ok(None) };
        let max = body_max(kind).ok_or(Refusal::UnknownFrame(kind))?;
        let Some((header, length)) = header(rest, max)? else { return Ok(None) };
        if rest.len() < header + length {
            return Ok(None);
        }
        let start = self.taken + header;
        self.taken = start + length;
        Ok(Some((kind, &self.buffer[start..start + length])))
    }
}

/// Length of the header and of the body, once the header is whole.
pub(crate) fn header(bytes: &[u8], max: usize) -> Result<Option<(usize, usize)>, Refusal> {
    let mut reader = Reader::new(bytes.get(1..).unwrap_or_default(), "a frame");
    match reader.count(max) {
        Ok(length) => Ok(Some((bytes.len() - reader.rest().len(), length))),
        Err(Refusal::Truncated(_)) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

#[cfg(test)]
mod tests;
