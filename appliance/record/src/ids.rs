//! Identity of a record.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names one record for ever, on every replica: a UUID (version 7 when a person creates it, version 8
/// when an import derives it from the row it came from).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub [u8; 16]);

impl RecordId {
    /// A new id from the time in milliseconds since 1970 and ten random bytes (UUID version 7).
    pub fn new(unix_ms: u64, random: [u8; 10]) -> Self {
        Self(*uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).as_uuid().as_bytes())
    }

    /// The id of a record that an import derives from `seed`, so that importing the same row twice, on
    /// any replica, names the same record (UUID version 8, BLAKE3).
    pub fn derived(seed: &[u8]) -> Self {
        let hash = blake3::derive_key("cairn 2026 record id of an imported row v1", seed);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        Self(*uuid::Builder::from_custom_bytes(bytes).as_uuid().as_bytes())
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a record id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a record id: it must be 32 hexadecimal digits in the form 8-4-4-4-12")]
pub struct BadRecordId;

impl FromStr for RecordId {
    type Err = BadRecordId;

    fn from_str(text: &str) -> Result<Self, BadRecordId> {
        uuid::Uuid::try_parse(text.trim()).map(|id| Self(*id.as_bytes())).map_err(|_| BadRecordId)
    }
}

impl Serialize for RecordId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}
