//! What the casebook hands over to make a record findable.

use std::collections::BTreeMap;

use cairn_record::{FieldNo, Kind, RecordId, Value};

/// The name of a space as bytes. This crate knows nothing else about spaces.
pub type SpaceKey = [u8; 16];

/// One record as it stands now. Which of its fields are searched, and how, is read from the table of fields of its
/// kind, so that the caller hands over all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedRecord {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: Kind,
    /// The space it lives in: only people who may read the space find it.
    pub space: SpaceKey,
    /// Name of the site that holds it, at most 200 bytes; hits are counted by it.
    pub holder: String,
    /// When it was recorded, in milliseconds since 1970. Among equally good hits the newest comes first.
    pub recorded_ms: u64,
    /// Every value of every field.
    pub fields: BTreeMap<FieldNo, Vec<Value>>,
}
