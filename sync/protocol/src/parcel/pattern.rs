//! Which fields a change writes and how: the same for many changes, so it is said once a parcel.
//!
//! What an operation writes is told by a head as in the change codec (action, and four times the type), with one type
//! more for texts that are dates.

use cairn_ledger::codec::{Action, OPS_MAX, Op, RecordChange};
use cairn_record::{FieldNo, Kind, Value};

use super::columns::{Columns, Writer};
use super::days::days_of;
use crate::Refusal;

pub(super) const SET: u8 = 0;
pub(super) const CLEAR: u8 = 1;
pub(super) const INCLUDE: u8 = 2;
pub(super) const EXCLUDE: u8 = 3;

pub(super) const NO: u8 = 1;
pub(super) const YES: u8 = 2;
pub(super) const INT: u8 = 3;
pub(super) const RECORD: u8 = 4;
pub(super) const TEXT: u8 = 5;
pub(super) const DATE: u8 = 6;

/// The outline of changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pattern {
    pub(super) kind: u8,
    pub(super) deps: usize,
    /// Head and field of each operation.
    pub(super) ops: Vec<(u8, u16)>,
}

impl Pattern {
    pub(crate) fn of(change: &RecordChange) -> Self {
        let ops = change.ops.iter().map(|op| (head(op), op.field.0)).collect();
        Self { kind: change.kind.number(), deps: change.deps.len(), ops }
    }

    pub(super) fn put(&self, out: &mut Writer) {
        out.plain.push(self.kind);
        out.number(self.deps as u64);
        out.number(self.ops.len() as u64);
        let mut before = 0;
        for (head, field) in &self.ops {
            out.plain.push(*head);
            // Fields ascend in a change.
            out.number(u64::from(field - before));
            before = *field;
        }
    }

    pub(super) fn read(from: &mut Columns<'_>) -> Result<Self, Refusal> {
        let bad = || Refusal::BadValue("the outline of a change");
        let kind = from.plain.byte()?;
        Kind::from_number(kind).ok_or_else(bad)?;
        let deps = from.plain.count(cairn_ledger::codec::DEPS_MAX)?;
        let count = from.plain.count(OPS_MAX)?;
        let mut ops = Vec::new();
        let mut field = 0_u16;
        for _ in 0..count {
            let head = from.plain.byte()?;
            let step = u16::try_from(from.plain.number()?).map_err(|_| bad())?;
            field = field.checked_add(step).ok_or_else(bad)?;
            let known = if head & 3 == CLEAR { head == CLEAR } else { (NO..=DATE).contains(&(head >> 2)) };
            if !known {
                return Err(bad());
            }
            ops.push((head, field));
        }
        Ok(Self { kind, deps, ops })
    }
}

/// The value of an operation.
pub(super) fn value(op: &Op) -> Option<&Value> {
    match &op.action {
        Action::Clear => None,
        Action::Set(value) | Action::Include(value) | Action::Exclude(value) => Some(value),
    }
}

fn head(op: &Op) -> u8 {
    let action = match op.action {
        Action::Set(_) => SET,
        Action::Clear => CLEAR,
        Action::Include(_) => INCLUDE,
        Action::Exclude(_) => EXCLUDE,
    };
    let of = |value: &Value| match value {
        Value::Bool(false) => NO,
        Value::Bool(true) => YES,
        Value::Int(_) => INT,
        Value::Record(_) => RECORD,
        Value::Text(text) if days_of(text).is_some() => DATE,
        Value::Text(_) => TEXT,
    };
    action | value(op).map_or(0, of) << 2
}

/// The operation with this head; `None` for a clear with a value or another without one.
pub(super) fn operation(head: u8, field: u16, value: Option<Value>) -> Option<Op> {
    let action = match (head & 3, value) {
        (SET, Some(value)) => Action::Set(value),
        (CLEAR, None) => Action::Clear,
        (INCLUDE, Some(value)) => Action::Include(value),
        (EXCLUDE, Some(value)) => Action::Exclude(value),
        _ => return None,
    };
    Some(Op { field: FieldNo(field), action })
}

/// Places of values in the order in which they travel: by kind, field and head, then by change and operation.
pub(super) fn slots(patterns: &[&Pattern]) -> Vec<(u8, usize, usize)> {
    let mut slots = Vec::new();
    for (change, pattern) in patterns.iter().enumerate() {
        for (op, (head, field)) in pattern.ops.iter().enumerate().filter(|(_, (head, _))| *head != CLEAR) {
            slots.push((pattern.kind, *field, *head, change, op));
        }
    }
    slots.sort_unstable();
    slots.into_iter().map(|(_, _, head, change, op)| (head >> 2, change, op)).collect()
}
