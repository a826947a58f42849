//! What a record says now: every field with its values, who wrote each, and where people disagree.

use std::collections::BTreeMap;

use cairn_record::{FieldNo, Kind, RecordId, Value};

use crate::{EntryRef, ReplicaId};

/// The state of one record after a set of changes. The same changes give the same state on every replica,
/// in whatever order they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordState {
    /// Which record.
    pub record: RecordId,
    /// What it is about.
    pub kind: Kind,
    /// The newest entries, ascending: a form shown from this state is `based_on` them.
    pub heads: Vec<EntryRef>,
    /// How many changes made it.
    pub changes: u32,
    /// Earliest time of a change, milliseconds since 1970 by its writer's clock.
    pub first_ms: u64,
    /// Latest time of a change.
    pub last_ms: u64,
    /// Fields that hold something.
    pub fields: BTreeMap<FieldNo, FieldState>,
}

/// What one field holds; never empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldState {
    /// Distinct values. For a field of one value, more than one means that people wrote different things
    /// without knowing of each other; the first is the one that every replica shows when it must show one.
    /// After them the elements of a set, ascending.
    pub values: Vec<Held>,
}

/// One value, and who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The value.
    pub value: Value,
    /// Whether it is an element of a set.
    pub element: bool,
    /// The entry that wrote it.
    pub by: EntryRef,
    /// Which operation of that entry, from 0.
    pub op: u16,
    /// Who wrote the entry.
    pub replica: ReplicaId,
    /// When, by the writer's clock, in milliseconds since 1970.
    pub unix_ms: u64,
}

impl RecordState {
    /// A record before its first change.
    pub fn new(record: RecordId, kind: Kind) -> Self {
        Self { record, kind, heads: Vec::new(), changes: 0, first_ms: 0, last_ms: 0, fields: BTreeMap::new() }
    }

    /// The values of a field; none when it holds nothing.
    pub fn values(&self, field: FieldNo) -> impl Iterator<Item = &Value> {
        self.fields.get(&field).into_iter().flat_map(|state| &state.values).map(|held| &held.value)
    }

    /// The value to show when only one can be shown.
    pub fn value(&self, field: FieldNo) -> Option<&Value> {
        self.values(field).next()
    }

    /// The fields on which people disagree.
    pub fn conflicts(&self) -> impl Iterator<Item = FieldNo> {
        self.fields.iter().filter(|(_, state)| state.conflict()).map(|(field, _)| *field)
    }
}

impl FieldState {
    /// Whether people wrote different things into a field of one value without knowing of each other.
    pub fn conflict(&self) -> bool {
        self.values.iter().filter(|held| !held.element).count() > 1
    }

    /// Brings values into the one order that every replica uses and keeps one of each. `scalars` come with
    /// the newest first.
    pub(super) fn from_parts(scalars: Vec<Held>, mut elements: Vec<Held>) -> Option<Self> {
        elements.sort_by(|one, other| one.value.cmp(&other.value));
        let mut values: Vec<Held> = Vec::with_capacity(scalars.len() + elements.len());
        for held in scalars.into_iter().chain(elements) {
            let repeated = values.iter().rev().take_while(|kept| kept.element == held.element);
            let repeated = if held.element { repeated.take(1) } else { repeated.take(usize::MAX) };
            if !repeated.into_iter().any(|kept| kept.value == held.value) {
                values.push(held);
            }
        }
        (!values.is_empty()).then_some(Self { values })
    }
}
