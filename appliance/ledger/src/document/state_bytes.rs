//! The bytes of a [`RecordState`], small enough to keep one in a view for every record.
//!
//! Not a format that travels: a view can be dropped and rebuilt at any time. The first byte still names the
//! format, so that a view written by another version is rebuilt and not misread.

use std::collections::BTreeMap;

use cairn_record::{FieldNo, Kind, RecordId};

use super::{FieldState, Held, RecordState};
use crate::codec::wire::{self, Reader};
use crate::codec::{CodecError, TEXT_BYTES_MAX};
use crate::{EntryRef, ReplicaId};

const FORMAT: u8 = 1;
const ELEMENT: u8 = 8;

/// The bytes are not a record's state. The view that held them has to be rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored state of a record cannot be read ({0}); rebuild the views")]
pub struct StateError(#[from] CodecError);

/// Where an entry that wrote a value is told once, however many values it wrote.
type Writer = (EntryRef, ReplicaId, u64);

impl RecordState {
    /// The state in bytes: about 90, and a few more than its value for each field.
    pub fn encode(&self) -> Vec<u8> {
        let held = || self.fields.values().flat_map(|state| &state.values);
        let writers = distinct(held().map(|held| (held.by, held.replica, held.unix_ms)));
        let replicas = distinct(held().map(|held| held.replica));
        let mut out = vec![FORMAT];
        out.extend_from_slice(&self.record.0);
        out.push(self.kind.number());
        wire::put_number(&mut out, self.heads.len() as u64);
        self.heads.iter().for_each(|head| out.extend_from_slice(&head.0));
        wire::put_number(&mut out, self.changes.into());
        wire::put_number(&mut out, self.first_ms);
        wire::put_number(&mut out, self.last_ms.wrapping_sub(self.first_ms));
        wire::put_number(&mut out, replicas.len() as u64);
        replicas.iter().for_each(|replica| out.extend_from_slice(&replica.0));
        wire::put_number(&mut out, writers.len() as u64);
        writers.iter().for_each(|writer| self.put_writer(&mut out, writer, &replicas));
        wire::put_number(&mut out, self.fields.len() as u64);
        for (field, state) in &self.fields {
            wire::put_number(&mut out, field.0.into());
            wire::put_number(&mut out, state.values.len() as u64);
            state.values.iter().for_each(|held| put_held(&mut out, held, &writers));
        }
        out
    }

    fn put_writer(&self, out: &mut Vec<u8>, (entry, replica, unix_ms): &Writer, replicas: &[ReplicaId]) {
        let head = self.heads.iter().position(|head| head == entry);
        wire::put_number(out, head.map_or(0, |head| head as u64 + 1));
        if head.is_none() {
            out.extend_from_slice(&entry.0);
        }
        wire::put_number(out, position(replicas, replica));
        wire::put_number(out, unix_ms.wrapping_sub(self.first_ms));
    }

    /// Reads what [`RecordState::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let mut from = Reader(bytes);
        let state = read_state(&mut from)?;
        if from.is_empty() { Ok(state) } else { Err(CodecError::Trailing.into()) }
    }
}

fn distinct<T: Ord>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = all.collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn position<T: Ord>(sorted: &[T], wanted: &T) -> u64 {
    sorted.binary_search(wanted).unwrap_or_default() as u64
}

fn put_held(out: &mut Vec<u8>, held: &Held, writers: &[Writer]) {
    out.push(wire::tag(&held.value) | if held.element { ELEMENT } else { 0 });
    wire::put_number(out, position(writers, &(held.by, held.replica, held.unix_ms)));
    wire::put_number(out, held.op.into());
    wire::put_payload(out, &held.value);
}

fn read_state(from: &mut Reader<'_>) -> Result<RecordState, CodecError> {
    match from.byte()? {
        FORMAT => {}
        other => return Err(CodecError::UnknownFormat(other)),
    }
    let record = RecordId(from.array()?);
    let number = from.byte()?;
    let kind = Kind::from_number(number).ok_or(CodecError::UnknownKind(number))?;
    let heads = read_many(from, |from| Ok(EntryRef(from.array()?)))?;
    let changes = u32::try_from(from.number()?).map_err(|_| CodecError::BadNumber)?;
    let first_ms = from.number()?;
    let last_ms = first_ms.wrapping_add(from.number()?);
    let replicas = read_many(from, |from| Ok(ReplicaId(from.array()?)))?;
    let writers = read_many(from, |from| read_writer(from, &heads, &replicas, first_ms))?;
    let mut fields = BTreeMap::new();
    for _ in 0..from.number()? {
        let field = FieldNo(u16::try_from(from.number()?).map_err(|_| CodecError::BadNumber)?);
        fields.insert(field, FieldState { values: read_many(from, |from| read_held(from, &writers))? });
    }
    Ok(RecordState { record, kind, heads, changes, first_ms, last_ms, fields })
}

/// Reads a count and so many items. Each takes at least a byte, so a false count ends at the end of the
/// bytes and not in an allocation.
fn read_many<'a, T>(
    from: &mut Reader<'a>,
    mut read: impl FnMut(&mut Reader<'a>) -> Result<T, CodecError>,
) -> Result<Vec<T>, CodecError> {
    let mut items = Vec::new();
    for _ in 0..from.number()? {
        items.push(read(from)?);
    }
    Ok(items)
}

fn read_writer(
    from: &mut Reader<'_>,
    heads: &[EntryRef],
    replicas: &[ReplicaId],
    first_ms: u64,
) -> Result<Writer, CodecError> {
    let entry = match from.number()? {
        0 => EntryRef(from.array()?),
        head => at(heads, head - 1)?,
    };
    let replica = at(replicas, from.number()?)?;
    Ok((entry, replica, first_ms.wrapping_add(from.number()?)))
}

fn read_held(from: &mut Reader<'_>, writers: &[Writer]) -> Result<Held, CodecError> {
    let head = from.byte()?;
    let (by, replica, unix_ms) = at(writers, from.number()?)?;
    let op = u16::try_from(from.number()?).map_err(|_| CodecError::BadNumber)?;
    let value = from.payload(head & !ELEMENT, TEXT_BYTES_MAX)?.ok_or(CodecError::UnknownOp(op.into()))?;
    Ok(Held { value, element: head & ELEMENT != 0, by, op, replica, unix_ms })
}

fn at<T: Copy>(table: &[T], index: u64) -> Result<T, CodecError> {
    usize::try_from(index).ok().and_then(|index| table.get(index)).copied().ok_or(CodecError::BadNumber)
}
