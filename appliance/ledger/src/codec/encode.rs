//! From a change to its bytes.

use super::{
    Action, CHANGE_BYTES_MAX, CodecError, DEPS_MAX, ELEMENT_BYTES_MAX, OPS_MAX, Op, RecordChange, TEXT_BYTES_MAX, wire,
};
use cairn_record::Value;

pub(super) const FORMAT: u8 = 1;
pub(super) const SET: u8 = 0;
pub(super) const CLEAR: u8 = 1;
pub(super) const INCLUDE: u8 = 2;
pub(super) const EXCLUDE: u8 = 3;

/// The bytes of `change`, or which limit or order it breaks. What this writes, [`super::decode`] reads back
/// to the same change.
pub fn encode(change: &RecordChange) -> Result<Vec<u8>, CodecError> {
    check_shape(change)?;
    let mut out = vec![FORMAT];
    out.extend_from_slice(&change.record.0);
    out.push(change.kind.number());
    wire::put_number(&mut out, change.deps.len() as u64);
    change.deps.iter().for_each(|dep| out.extend_from_slice(&dep.0));
    wire::put_number(&mut out, change.ops.len() as u64);
    change.ops.iter().try_for_each(|op| put_op(&mut out, op))?;
    if out.len() > CHANGE_BYTES_MAX { Err(CodecError::TooLong) } else { Ok(out) }
}

/// Offset of the first dependency in the encoding of a change with so many.
pub fn deps_at(count: usize) -> usize {
    // Format, record, kind, and the count itself.
    18 + if count < 0x80 { 1 } else { 2 }
}

fn check_shape(change: &RecordChange) -> Result<(), CodecError> {
    if change.deps.len() > DEPS_MAX {
        return Err(CodecError::TooManyDeps);
    }
    if !change.deps.is_sorted_by(|one, next| one < next) {
        return Err(CodecError::DepsOutOfOrder);
    }
    match change.ops.len() {
        0 => Err(CodecError::NoOps),
        1..=OPS_MAX => Ok(()),
        _ => Err(CodecError::TooManyOps),
    }?;
    if !change.ops.is_sorted_by(|one, next| one.key() < next.key()) {
        return Err(CodecError::OpsOutOfOrder);
    }
    Ok(())
}

fn put_op(out: &mut Vec<u8>, op: &Op) -> Result<(), CodecError> {
    let (action, value, text_bytes_max) = match &op.action {
        Action::Set(value) => (SET, Some(value), TEXT_BYTES_MAX),
        Action::Clear => (CLEAR, None, 0),
        Action::Include(element) => (INCLUDE, Some(element), ELEMENT_BYTES_MAX),
        Action::Exclude(element) => (EXCLUDE, Some(element), ELEMENT_BYTES_MAX),
    };
    if matches!(value, Some(Value::Text(text)) if text.len() > text_bytes_max) {
        return Err(CodecError::TextTooLong);
    }
    out.push(action | value.map_or(0, wire::tag) << 2);
    wire::put_number(out, op.field.0.into());
    if let Some(value) = value {
        wire::put_payload(out, value);
    }
    Ok(())
}
