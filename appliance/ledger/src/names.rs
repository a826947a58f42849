//! Names of spaces, replicas, logs and entries, and the frontier that compares two replicas.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::logs::Logs;

macro_rules! hex_name {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; $len]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                let mut bytes = [0; $len];
                unhex(text, &mut bytes).ok_or(BadName(stringify!($name), $len))?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// The text is not the name it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {0}: it must be {1} bytes in hexadecimal")]
pub struct BadName(&'static str, usize);

fn unhex(text: &str, out: &mut [u8]) -> Option<()> {
    let digits = text.as_bytes();
    if digits.len() != out.len() * 2 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(())
}

hex_name!(
    /// A set of records with one member list and one key.
    SpaceId, 16
);
hex_name!(
    /// One installation: its Ed25519 public key.
    ReplicaId, 32
);
hex_name!(
    /// BLAKE3 hash of an entry's header; names the entry.
    EntryHash, 32
);
hex_name!(
    /// First 16 bytes of an entry's hash; names an entry within one record.
    EntryRef, 16
);
hex_name!(
    /// What a chunk of an attachment is called: a hash of its sealed bytes.
    ChunkName, 32
);

/// Drawn at random on first boot and again after every restore, clone or rollback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Incarnation(pub u64);

/// How urgent the entries of a log are. Each lane is a log of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Lane {
    /// Markers and hits.
    Urgent = 0,
    /// What people write.
    Normal = 1,
    /// Imports.
    Bulk = 2,
}

impl Lane {
    /// Every lane, most urgent first.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Normal, Self::Bulk];

    /// The lane with this number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| *lane as u8 == code)
    }
}

/// A log within a known space.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogKey {
    /// Who writes it. (First, so that a frontier groups by lane within a writer.)
    pub replica: ReplicaId,
    /// Which life of the writer.
    pub incarnation: Incarnation,
    /// How urgent.
    pub lane: Lane,
}

/// The entries of one replica incarnation in one space and one lane, numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogId {
    /// The space.
    pub space: SpaceId,
    /// The log within it.
    pub key: LogKey,
}

/// Hybrid logical time: milliseconds since 1970 and a counter that orders events within one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Hlc {
    /// Milliseconds since 1970 (48 bits are stored).
    pub unix_ms: u64,
    /// Order within the millisecond.
    pub counter: u16,
}

/// How far a replica trusts its own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ClockQuality {
    /// The time gives the order of entries and is no date: the clock shows something that cannot be.
    Unknown = 0,
    /// Runs by itself.
    Local = 1,
    /// Compared with a peer, and they agreed.
    Witnessed = 2,
}

/// For one space: the last number and hash of every log. Equal frontiers mean equal content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier(pub Logs);

/// One digest over several spaces, in rising order, each with the digest of its frontier: what a receipt vouches for and what
/// two sides compare first.
pub fn digest_of_spaces<'a>(registry: &SpaceId, spaces: impl IntoIterator<Item = (&'a SpaceId, [u8; 32])>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new_derive_key("cairn 2026 digest of spaces v1");
    hasher.update(&registry.0);
    for (space, digest) in spaces {
        hasher.update(&space.0).update(&digest);
    }
    *hasher.finalize().as_bytes()
}

impl Frontier {
    /// Last number held of this log; 0 when none.
    pub fn number(&self, log: &LogKey) -> u64 {
        self.0.get(log).map_or(0, |(number, _)| *number)
    }

    /// BLAKE3 digest over the sorted logs; equal digests mean equal frontiers.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("cairn 2026 frontier digest v1");
        for (log, (number, hash)) in self.0.iter() {
            hasher.update(&log.replica.0);
            hasher.update(&log.incarnation.0.to_be_bytes());
            hasher.update(&[log.lane as u8]);
            hasher.update(&number.to_be_bytes());
            hasher.update(&hash.0);
        }
        *hasher.finalize().as_bytes()
    }
}
