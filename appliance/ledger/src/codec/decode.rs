//! From bytes that another machine may have written to a change, or a named refusal.

use cairn_record::{FieldNo, Kind, RecordId};

use super::encode::{CLEAR, EXCLUDE, FORMAT, INCLUDE, SET};
use super::wire::Reader;
use super::{
    Action, CHANGE_BYTES_MAX, CodecError, DEPS_MAX, ELEMENT_BYTES_MAX, OPS_MAX, Op, RecordChange, TEXT_BYTES_MAX,
};
use crate::EntryRef;

/// Reads one change. Accepts only the one encoding that [`super::encode`] writes, so that a change has
/// one set of bytes everywhere. Memory stays within a small factor of `bytes.len()`.
pub fn decode(bytes: &[u8]) -> Result<RecordChange, CodecError> {
    if bytes.len() > CHANGE_BYTES_MAX {
        return Err(CodecError::TooLong);
    }
    let mut from = Reader(bytes);
    match from.byte()? {
        FORMAT => {}
        other => return Err(CodecError::UnknownFormat(other)),
    }
    let record = RecordId(from.array()?);
    let number = from.byte()?;
    let kind = Kind::from_number(number).ok_or(CodecError::UnknownKind(number))?;
    let deps = read_deps(&mut from)?;
    let ops = read_ops(&mut from)?;
    if !from.is_empty() {
        return Err(CodecError::Trailing);
    }
    Ok(RecordChange { record, kind, deps, ops })
}

fn read_deps(from: &mut Reader<'_>) -> Result<Vec<EntryRef>, CodecError> {
    let count = from.count(DEPS_MAX, CodecError::TooManyDeps)?;
    let mut deps: Vec<EntryRef> = Vec::new();
    for _ in 0..count {
        let dep = EntryRef(from.array()?);
        if deps.last().is_some_and(|last| *last >= dep) {
            return Err(CodecError::DepsOutOfOrder);
        }
        deps.push(dep);
    }
    Ok(deps)
}

fn read_ops(from: &mut Reader<'_>) -> Result<Vec<Op>, CodecError> {
    let count = from.count(OPS_MAX, CodecError::TooManyOps)?;
    if count == 0 {
        return Err(CodecError::NoOps);
    }
    let mut ops: Vec<Op> = Vec::new();
    for index in 0..count {
        let op = read_op(from, index)?;
        if ops.last().is_some_and(|last| last.key() >= op.key()) {
            return Err(CodecError::OpsOutOfOrder);
        }
        ops.push(op);
    }
    Ok(ops)
}

fn read_op(from: &mut Reader<'_>, index: usize) -> Result<Op, CodecError> {
    let head = from.byte()?;
    let field = FieldNo(u16::try_from(from.number()?).map_err(|_| CodecError::BadNumber)?);
    let (action, tag) = (head & 0b11, head >> 2);
    let unknown = CodecError::UnknownOp(index);
    let mut value = |text_bytes_max| from.payload(tag, text_bytes_max)?.ok_or(unknown);
    let action = match action {
        SET => Action::Set(value(TEXT_BYTES_MAX)?),
        CLEAR if tag == 0 => Action::Clear,
        INCLUDE => Action::Include(value(ELEMENT_BYTES_MAX)?),
        EXCLUDE => Action::Exclude(value(ELEMENT_BYTES_MAX)?),
        _ => return Err(unknown),
    };
    Ok(Op { field, action })
}
