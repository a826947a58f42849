//! The fixed part of an entry: which log, which number, which key, when, what kind.

use crate::names::{ClockQuality, EntryHash, Hlc, Incarnation, Lane, LogId, LogKey, ReplicaId, SpaceId};
use crate::wire::{DecodeError, Reader};

/// Version of the entry format.
pub const FORMAT_VERSION: u8 = 1;
/// Suite 1: BLAKE3, XChaCha20-Poly1305, Ed25519.
pub const SUITE: u8 = 1;
/// Length of an encoded [`Core`] in bytes.
pub const CORE_LEN: usize = 137;
/// Where the hash of the previous header starts: the last field of the core.
pub(super) const PREV_AT: usize = CORE_LEN - 32;
/// Largest time that 48 bits hold, in milliseconds since 1970.
pub(crate) const UNIX_MS_MAX: u64 = (1 << 48) - 1;

/// First bytes of a hash of a space's epoch key.
pub type KeyId = [u8; 8];

/// Keyed hash of a record's id, all zero for an entry that concerns no record.
pub type RecordTag = [u8; 16];

/// What an entry's body is. A kind from a newer Cairn is kept and passed on, not interpreted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKind {
    /// A change of one record.
    RecordChange,
    /// A statement of the registry.
    Statement,
    /// An audit event.
    Audit,
    /// What a peer has confirmed.
    Receipt,
    /// An account of this replica.
    Account,
    /// An import batch.
    Batch,
    /// Proof that a replica wrote two entries with one number.
    ForkProof,
    /// A question to another site.
    Question,
    /// The answer to one.
    Answer,
    /// A file that belongs to a record, or a step in what is shown of one.
    Attachment,
    /// Entries from behind a fork, as they are.
    Rescued,
    /// A kind that this program does not know.
    Unknown(u8),
}

impl EntryKind {
    /// The number written in the core.
    pub fn code(self) -> u8 {
        match self {
            Self::RecordChange => 1,
            Self::Statement => 2,
            Self::Audit => 3,
            Self::Receipt => 4,
            Self::Account => 5,
            Self::Batch => 6,
            Self::ForkProof => 7,
            Self::Question => 8,
            Self::Answer => 9,
            Self::Attachment => 10,
            Self::Rescued => 11,
            Self::Unknown(code) => code,
        }
    }

    /// The kind with this number.
    pub fn from_code(code: u8) -> Self {
        match code {
            1 => Self::RecordChange,
            2 => Self::Statement,
            3 => Self::Audit,
            4 => Self::Receipt,
            5 => Self::Account,
            6 => Self::Batch,
            7 => Self::ForkProof,
            8 => Self::Question,
            9 => Self::Answer,
            10 => Self::Attachment,
            11 => Self::Rescued,
            other => Self::Unknown(other),
        }
    }
}

/// The fixed part of an entry's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Core {
    /// The log it belongs to.
    pub log: LogId,
    /// Its number in the log, from 1.
    pub number: u64,
    /// Epoch of the space's key that seals the body.
    pub key_epoch: u32,
    /// Names that key, so that one sealed body cannot open to two texts.
    pub key_id: KeyId,
    /// Names the record to those who hold the key, and to nobody else.
    pub record_tag: RecordTag,
    /// When it was written.
    pub hlc: Hlc,
    /// How far its writer trusted the clock.
    pub clock: ClockQuality,
    /// What the body is.
    pub kind: EntryKind,
    /// Hash of the header before it; all zero for number 1.
    pub prev: EntryHash,
}

impl Core {
    /// The canonical bytes. Time is cut to 48 bits.
    pub fn encode(&self) -> [u8; CORE_LEN] {
        let mut out = Vec::with_capacity(CORE_LEN);
        out.extend_from_slice(&[FORMAT_VERSION, SUITE]);
        self.log.put(&mut out);
        out.extend_from_slice(&self.number.to_be_bytes());
        out.extend_from_slice(&self.key_epoch.to_be_bytes());
        out.extend_from_slice(&self.key_id);
        out.extend_from_slice(&self.record_tag);
        out.extend_from_slice(&self.hlc.unix_ms.min(UNIX_MS_MAX).to_be_bytes()[2..]);
        out.extend_from_slice(&self.hlc.counter.to_be_bytes());
        out.extend_from_slice(&[self.clock as u8, self.kind.code()]);
        out.extend_from_slice(&self.prev.0);
        let mut bytes = [0; CORE_LEN];
        bytes.copy_from_slice(&out);
        bytes
    }

    /// Reads exactly [`CORE_LEN`] canonical bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, "an entry core");
        let core = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(core)
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match reader.u8()? {
            FORMAT_VERSION => {}
            other => return Err(DecodeError::Version("an entry", other)),
        }
        match reader.u8()? {
            SUITE => {}
            other => return Err(DecodeError::Version("the cipher suite of an entry", other)),
        }
        let log = LogId::read(reader)?;
        let number = reader.u64()?;
        let (key_epoch, key_id, record_tag) = (reader.u32()?, reader.array()?, reader.array()?);
        let [a, b, c, d, e, f] = reader.array()?;
        let hlc = Hlc { unix_ms: u64::from_be_bytes([0, 0, a, b, c, d, e, f]), counter: reader.u16()? };
        let clock = clock_quality(reader.u8()?)?;
        let kind = EntryKind::from_code(reader.u8()?);
        let prev = EntryHash(reader.array()?);
        if number == 0 || (number == 1) != (prev.0 == [0; 32]) {
            return Err(DecodeError::BadValue("the number of an entry"));
        }
        Ok(Self { log, number, key_epoch, key_id, record_tag, hlc, clock, kind, prev })
    }
}

impl LogId {
    /// Length of an encoded log id in bytes.
    pub const LEN: usize = 57;

    /// Appends space, replica, incarnation and lane.
    pub fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.space.0);
        out.extend_from_slice(&self.key.replica.0);
        out.extend_from_slice(&self.key.incarnation.0.to_be_bytes());
        out.push(self.key.lane as u8);
    }

    /// Reads what [`LogId::put`] wrote.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let space = SpaceId(reader.array()?);
        let replica = ReplicaId(reader.array()?);
        let incarnation = Incarnation(reader.u64()?);
        let lane = Lane::from_code(reader.u8()?).ok_or(DecodeError::BadValue("the lane of a log"))?;
        Ok(Self { space, key: LogKey { replica, incarnation, lane } })
    }
}

fn clock_quality(code: u8) -> Result<ClockQuality, DecodeError> {
    match code {
        0 => Ok(ClockQuality::Unknown),
        1 => Ok(ClockQuality::Local),
        2 => Ok(ClockQuality::Witnessed),
        _ => Err(DecodeError::BadValue("the clock quality of an entry")),
    }
}
