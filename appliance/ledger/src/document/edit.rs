//! From what a form says to the smallest change that makes the record say it.

use std::collections::BTreeMap;

use cairn_record::{FieldNo, Kind, RecordId, Value};

use super::{FieldState, RecordState};
use crate::EntryRef;
use crate::codec::{self, Action, CodecError, Op, RecordChange};

/// What a field should hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A field of one value: this value, or nothing. Choosing one side of a conflict settles it.
    One(Option<Value>),
    /// A set: exactly these elements, in any order.
    Many(Vec<Value>),
}

/// Why no change could be made. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The form was based on entries that this record does not have here.
    #[error("the form was based on a version of the record that is not here; open the record again")]
    UnknownBase(Vec<EntryRef>),
    /// The change breaks a limit of the codec.
    #[error(transparent)]
    Limit(#[from] CodecError),
}

impl RecordState {
    /// The smallest change after which the named fields hold what is wanted; fields not named stay as they
    /// are. `None` when they hold it already. The change builds on exactly this state.
    pub fn edit(&self, wanted: &[(FieldNo, Wanted)]) -> Result<Option<RecordChange>, EditError> {
        change(self.record, self.kind, &self.heads, &self.fields, wanted)
    }
}

pub(super) fn change(
    record: RecordId,
    kind: Kind,
    deps: &[EntryRef],
    fields: &BTreeMap<FieldNo, FieldState>,
    wanted: &[(FieldNo, Wanted)],
) -> Result<Option<RecordChange>, EditError> {
    let nothing = FieldState::default();
    let mut ops = Vec::new();
    for (field, wanted) in wanted {
        let held = fields.get(field).unwrap_or(&nothing);
        ops.extend(actions(held, wanted).into_iter().map(|action| Op { field: *field, action }));
    }
    if ops.is_empty() {
        return Ok(None);
    }
    ops.sort_by(|one, other| one.key().cmp(&other.key()));
    let change = RecordChange { record, kind, deps: deps.to_vec(), ops };
    codec::encode(&change)?;
    Ok(Some(change))
}

fn actions(held: &FieldState, wanted: &Wanted) -> Vec<Action> {
    let scalars: Vec<&Value> = held.values.iter().filter(|held| !held.element).map(|held| &held.value).collect();
    let elements: Vec<&Value> = held.values.iter().filter(|held| held.element).map(|held| &held.value).collect();
    let (one, many): (Option<&Value>, &[Value]) = match wanted {
        Wanted::One(value) => (value.as_ref(), &[]),
        Wanted::Many(values) => (None, values),
    };
    let mut actions = Vec::new();
    match one {
        Some(value) if scalars != [value] => actions.push(Action::Set(value.clone())),
        None if !scalars.is_empty() => actions.push(Action::Clear),
        _ => {}
    }
    let mut added: Vec<&Value> = many.iter().filter(|value| !elements.contains(value)).collect();
    added.sort();
    added.dedup();
    actions.extend(added.into_iter().cloned().map(Action::Include));
    actions.extend(elements.into_iter().filter(|value| !many.contains(value)).cloned().map(Action::Exclude));
    actions
}
