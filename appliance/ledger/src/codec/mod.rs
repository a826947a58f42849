//! The bounded encoding of one change to one record: the body of an entry of kind "record change".
//!
//! A change says which record, of which kind, which entries its writer had seen (`deps`), and at most one
//! operation a key. Fields hold one value; a field that is a set has one key an element, so that every key
//! is a plain map key of the record's document and two people who add different elements never collide.
//!
//! This is the guard in front of Automerge: [`decode`] accepts exactly the bytes that [`encode`] writes,
//! inside hard limits, and allocates nothing in proportion to a number that it has only been told. There is
//! deliberately **no** actor, sequence number, counter or predecessor in it. All four follow from the
//! verified header of the entry and from `deps` (see [`crate::document`]), so nobody can claim another's.
//!
//! FORMAT.md, section "Record changes", gives the bytes.

mod decode;
mod encode;
pub(crate) mod wire;

use cairn_record::{FieldNo, Kind, RecordId, Value};

use crate::EntryRef;

pub use decode::decode;
pub use encode::deps_at;
pub use encode::encode;

/// Longest encoding of one change, in bytes.
pub const CHANGE_BYTES_MAX: usize = 64 * 1024;
/// Most operations in one change.
pub const OPS_MAX: usize = 1_000;
/// Most entries that one change can name as its past. A record with more open ends than this is merged in
/// two steps.
pub const DEPS_MAX: usize = 256;
/// Longest text of a field, in bytes of UTF-8.
pub const TEXT_BYTES_MAX: usize = 60_000;
/// Longest text of an element of a set, in bytes of UTF-8: it becomes part of a map key.
pub const ELEMENT_BYTES_MAX: usize = 2_048;

/// One change to one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordChange {
    /// The record it changes, or creates when `deps` is empty.
    pub record: RecordId,
    /// What the record is about. The same in every change of a record.
    pub kind: Kind,
    /// The newest entries of this record that the writer had seen, ascending, without repeats.
    pub deps: Vec<EntryRef>,
    /// What it does, ascending by [`Op::key`], one operation a key, at least one.
    pub ops: Vec<Op>,
}

/// One operation on one field, or on one element of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// Which field.
    pub field: FieldNo,
    /// What happens to it.
    pub action: Action,
}

/// What happens to a field. Each action replaces whatever its writer saw under the same key, including all
/// sides of a conflict, and nothing that the writer had not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The field holds this value.
    Set(Value),
    /// The field is empty.
    Clear,
    /// This element belongs to the set.
    Include(Value),
    /// This element does not belong to the set any more.
    Exclude(Value),
}

/// The map key of an operation: the field, and the element when the field is a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpKey<'a> {
    /// Which field.
    pub field: FieldNo,
    /// Which element of the set; `None` when the field holds one value.
    pub element: Option<&'a Value>,
}

impl Op {
    /// The map key that it writes. Changes keep their operations in this order.
    pub fn key(&self) -> OpKey<'_> {
        let element = match &self.action {
            Action::Set(_) | Action::Clear => None,
            Action::Include(element) | Action::Exclude(element) => Some(element),
        };
        OpKey { field: self.field, element }
    }

    /// Whether it takes away instead of putting something there.
    pub fn removes(&self) -> bool {
        matches!(self.action, Action::Clear | Action::Exclude(_))
    }
}

/// Why a change cannot be encoded or these bytes are not a change. Nothing was kept of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Longer than [`CHANGE_BYTES_MAX`].
    #[error("the change is longer than {CHANGE_BYTES_MAX} bytes; save it in several steps")]
    TooLong,
    /// The bytes stop in the middle.
    #[error("the change stops in the middle")]
    Truncated,
    /// There are bytes after the end.
    #[error("the change has bytes after its end")]
    Trailing,
    /// Written by a newer Cairn.
    #[error("the change is in format {0}, which this Cairn does not read; update it")]
    UnknownFormat(u8),
    /// No record kind has this number.
    #[error("no kind of record has the number {0}")]
    UnknownKind(u8),
    /// The byte in front of an operation says nothing that this format knows.
    #[error("operation {0} is of no known form")]
    UnknownOp(usize),
    /// A number is not in its one shortest form or out of range.
    #[error("a number in the change is not in its shortest form or out of range")]
    BadNumber,
    /// A text is not UTF-8.
    #[error("a text in the change is not UTF-8")]
    BadText,
    /// More than [`DEPS_MAX`].
    #[error("the change names more than {DEPS_MAX} earlier entries")]
    TooManyDeps,
    /// Entries it depends on are not ascending, or repeat.
    #[error("the earlier entries that the change names are not in order")]
    DepsOutOfOrder,
    /// No operations.
    #[error("the change does nothing")]
    NoOps,
    /// More than [`OPS_MAX`].
    #[error("the change has more than {OPS_MAX} operations")]
    TooManyOps,
    /// Operations are not ascending by key, or two write the same key.
    #[error("the operations of the change are not in order, or two of them write one field")]
    OpsOutOfOrder,
    /// A text is longer than [`TEXT_BYTES_MAX`], or [`ELEMENT_BYTES_MAX`] in a set.
    #[error("a text in the change is longer than allowed")]
    TextTooLong,
}

#[cfg(test)]
mod tests;
