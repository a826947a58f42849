//! Who changed what, when, from what to what.

use cairn_record::{FieldNo, Value};

use crate::{EntryRef, ReplicaId};

/// One field in one change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryItem {
    /// The entry of the change.
    pub entry: EntryRef,
    /// Who wrote it.
    pub replica: ReplicaId,
    /// When, by the writer's clock, in milliseconds since 1970.
    pub unix_ms: u64,
    /// Which field.
    pub field: FieldNo,
    /// What the field held for the writer before. Several values when it was in conflict, or a set.
    pub before: Vec<Value>,
    /// What the field held for the writer after.
    pub after: Vec<Value>,
}
