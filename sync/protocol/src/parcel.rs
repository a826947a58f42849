//! Entries of one log as one compressed stream.
//!
//! Only what the receiver cannot derive travels. Alike things stand together (times with times, kinds with
//! kinds, bodies with bodies), because that is what compresses. The form byte in front of the stream is the
//! place for later forms, such as a trained dictionary or columns per field.

use cairn_ledger::{ClockQuality, EntryHash, Hlc, LogId, OpenEntry, OpenParcel, Seal};
use cairn_record::RecordId;

use crate::Refusal;
use crate::bytes::{Reader, put_number, put_signed};
use crate::limits::{ENTRIES_MAX, FRAME_BYTES_MAX, PLAIN_BYTES_MAX, UNIX_MS_MAX};

/// Columns as they are.
const FORM_PLAIN: u8 = 0x10;
/// Columns as one zstd frame.
const FORM_ZSTD: u8 = 0x11;

/// Why a parcel cannot be sent. It stays here, nothing is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// The entries, their log or their seal do not belong together.
    #[error("the entries of the parcel and its seal do not belong together")]
    Inconsistent,
    /// Too much for one parcel.
    #[error("the entries up to the next seal are more than one parcel may carry")]
    TooLarge,
}

/// The part of a parcel after its log: first number, seal, form, entries.
pub fn put_parcel(out: &mut Vec<u8>, parcel: &OpenParcel, level: i32) -> Result<(), PackError> {
    let last = parcel.first.checked_add(parcel.entries.len() as u64).and_then(|end| end.checked_sub(1));
    let fits = parcel.first > 0 && !parcel.entries.is_empty() && last == Some(parcel.seal.number);
    if !fits || parcel.seal.log != parcel.log {
        return Err(PackError::Inconsistent);
    }
    let columns = encode_columns(&parcel.entries)?;
    let start = out.len();
    put_number(out, parcel.first);
    out.extend_from_slice(&parcel.seal.hash.0);
    out.extend_from_slice(&parcel.seal.signature);
    put_stream(out, &columns, level);
    if out.len() - start > FRAME_BYTES_MAX - 64 { Err(PackError::TooLarge) } else { Ok(()) }
}

fn put_stream(out: &mut Vec<u8>, columns: &[u8], level: i32) {
    match zstd::bulk::compress(columns, level) {
        Ok(squeezed) if squeezed.len() < columns.len() => {
            out.push(FORM_ZSTD);
            put_number(out, columns.len() as u64);
            out.extend_from_slice(&squeezed);
        }
        _ => {
            out.push(FORM_PLAIN);
            out.extend_from_slice(columns);
        }
    }
}

/// Reads what [`put_parcel`] wrote for this log.
pub fn decode_parcel(log: LogId, bytes: &[u8]) -> Result<OpenParcel, Refusal> {
    let mut reader = Reader::new(bytes, "a parcel");
    let first = reader.number()?;
    let hash = EntryHash(reader.array()?);
    let signature = reader.array()?;
    let entries = read_stream(&mut reader)?;
    let number = first.checked_add(entries.len() as u64 - 1).filter(|_| first > 0);
    let number = number.ok_or(Refusal::BadValue("the number of a parcel"))?;
    Ok(OpenParcel { log, first, entries, seal: Seal { log, number, hash, signature } })
}

fn read_stream(reader: &mut Reader<'_>) -> Result<Vec<OpenEntry>, Refusal> {
    match reader.byte()? {
        FORM_PLAIN => decode_columns(reader.rest()),
        FORM_ZSTD => {
            let len = reader.count(PLAIN_BYTES_MAX)?;
            decode_columns(&decompress(reader.rest(), len)?)
        }
        form => Err(Refusal::UnknownForm(form)),
    }
}

/// Exactly `len` bytes or nothing: the output buffer is allocated once and never grows.
fn decompress(bytes: &[u8], len: usize) -> Result<Vec<u8>, Refusal> {
    let mut plain = Vec::with_capacity(len);
    let mut decompressor = zstd::bulk::Decompressor::new().map_err(|_| Refusal::BadCompression)?;
    let written = decompressor.decompress_to_buffer(bytes, &mut plain).map_err(|_| Refusal::BadCompression)?;
    if written == len { Ok(plain) } else { Err(Refusal::BadCompression) }
}

/// The columns of these entries.
pub fn encode_columns(entries: &[OpenEntry]) -> Result<Vec<u8>, PackError> {
    let bodies: usize = entries.iter().map(|entry| entry.body.len()).sum();
    if entries.len() > ENTRIES_MAX || bodies > PLAIN_BYTES_MAX {
        return Err(PackError::TooLarge);
    }
    let mut out = Vec::with_capacity(bodies + entries.len() * 12);
    put_number(&mut out, entries.len() as u64);
    put_times(&mut out, entries);
    entries.iter().for_each(|entry| out.push(entry.clock as u8));
    entries.iter().for_each(|entry| out.push(entry.kind));
    put_differences(&mut out, entries.iter().map(|entry| i64::from(entry.epoch)));
    put_records(&mut out, entries);
    entries.iter().for_each(|entry| put_number(&mut out, entry.body.len() as u64));
    entries.iter().for_each(|entry| out.extend_from_slice(&entry.body));
    if out.len() > PLAIN_BYTES_MAX { Err(PackError::TooLarge) } else { Ok(out) }
}

fn put_times(out: &mut Vec<u8>, entries: &[OpenEntry]) {
    put_differences(out, entries.iter().map(|entry| entry.hlc.unix_ms.min(UNIX_MS_MAX) as i64));
    entries.iter().for_each(|entry| put_number(out, u64::from(entry.hlc.counter)));
}

fn put_differences(out: &mut Vec<u8>, values: impl Iterator<Item = i64>) {
    let mut before = 0;
    for value in values {
        put_signed(out, value - before);
        before = value;
    }
}

/// For each entry 0 (none), 1 (a record not named before) or 2 + its place among those named before; then the names.
fn put_records(out: &mut Vec<u8>, entries: &[OpenEntry]) {
    let mut places = std::collections::HashMap::new();
    let mut names = Vec::new();
    for record in entries.iter().map(|entry| entry.record) {
        let next = places.len() as u64;
        match record {
            None => put_number(out, 0),
            Some(record) => match places.entry(record) {
                std::collections::hash_map::Entry::Occupied(place) => put_number(out, 2 + *place.get()),
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(next);
                    names.extend_from_slice(&record.0);
                    put_number(out, 1);
                }
            },
        }
    }
    out.extend_from_slice(&names);
}

/// Reads the columns of at least one entry.
pub fn decode_columns(bytes: &[u8]) -> Result<Vec<OpenEntry>, Refusal> {
    let mut reader = Reader::new(bytes, "the entries of a parcel");
    let count = reader.count(ENTRIES_MAX)?;
    // Every entry takes at least seven bytes, so a short input cannot make a large allocation.
    if count == 0 || bytes.len() < count * 7 {
        return Err(Refusal::BadValue("the number of entries of a parcel"));
    }
    let mut entries = read_times(&mut reader, count)?;
    for entry in &mut entries {
        entry.clock = clock(reader.byte()?)?;
    }
    for entry in &mut entries {
        entry.kind = reader.byte()?;
    }
    read_epochs(&mut reader, &mut entries)?;
    read_records(&mut reader, &mut entries)?;
    read_bodies(&mut reader, &mut entries)?;
    reader.finish()?;
    Ok(entries)
}

fn read_times(reader: &mut Reader<'_>, count: usize) -> Result<Vec<OpenEntry>, Refusal> {
    let mut entries = Vec::with_capacity(count);
    let mut unix_ms = 0_i64;
    for _ in 0..count {
        unix_ms = difference(reader, unix_ms, UNIX_MS_MAX as i64, "a time")?;
        let hlc = Hlc { unix_ms: unix_ms as u64, counter: 0 };
        entries.push(OpenEntry {
            epoch: 0,
            hlc,
            clock: ClockQuality::Unknown,
            kind: 0,
            record: None,
            body: Vec::new(),
        });
    }
    for entry in &mut entries {
        entry.hlc.counter = u16::try_from(reader.number()?).map_err(|_| Refusal::BadValue("the counter of a time"))?;
    }
    Ok(entries)
}

fn difference(reader: &mut Reader<'_>, before: i64, max: i64, what: &'static str) -> Result<i64, Refusal> {
    let value = before.checked_add(reader.signed()?);
    value.filter(|value| (0..=max).contains(value)).ok_or(Refusal::BadValue(what))
}

/// The clock quality of this number.
pub(crate) fn clock(number: u8) -> Result<ClockQuality, Refusal> {
    match number {
        0 => Ok(ClockQuality::Unknown),
        1 => Ok(ClockQuality::Local),
        2 => Ok(ClockQuality::Witnessed),
        _ => Err(Refusal::BadValue("the quality of a clock")),
    }
}

fn read_epochs(reader: &mut Reader<'_>, entries: &mut [OpenEntry]) -> Result<(), Refusal> {
    let mut epoch = 0;
    for entry in entries {
        epoch = difference(reader, epoch, i64::from(u32::MAX), "an epoch")?;
        entry.epoch = epoch as u32;
    }
    Ok(())
}

fn read_records(reader: &mut Reader<'_>, entries: &mut [OpenEntry]) -> Result<(), Refusal> {
    let mut named = 0;
    let mut places = Vec::with_capacity(entries.len());
    for _ in 0..entries.len() {
        let place = match reader.number()? {
            0 => None,
            1 => {
                named += 1;
                Some(named - 1)
            }
            other => {
                Some(usize::try_from(other - 2).ok().filter(|at| *at < named).ok_or(Refusal::BadValue("a record"))?)
            }
        };
        places.push(place);
    }
    let names = reader.take(named * 16)?;
    let distinct: std::collections::HashSet<&[u8]> = names.chunks_exact(16).collect();
    if distinct.len() != named {
        return Err(Refusal::BadValue("a record named twice"));
    }
    for (entry, place) in entries.iter_mut().zip(places) {
        let name = place.and_then(|at: usize| names[at * 16..].first_chunk::<16>());
        entry.record = name.map(|name| RecordId(*name));
    }
    Ok(())
}

fn read_bodies(reader: &mut Reader<'_>, entries: &mut [OpenEntry]) -> Result<(), Refusal> {
    let mut lengths = Vec::with_capacity(entries.len());
    for _ in 0..entries.len() {
        lengths.push(reader.count(PLAIN_BYTES_MAX)?);
    }
    for (entry, length) in entries.iter_mut().zip(lengths) {
        entry.body = reader.take(length)?.to_vec();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
