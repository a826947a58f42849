//! Entries of one log as one compressed stream.
//!
//! Only what the receiver cannot derive travels. Bodies are taken apart ([`anatomy`]) and alike things stand together
//! ([`pack`], [`unpack`]): shapes with shapes, times with times, values of one field with each other, because that is
//! what compresses. What has nothing to compress in it, such as parts of ids, stands beside the compressed stream.
//!
//! A parcel is written in one of two ways. *By itself*: whoever has the keys can read it, a stick too. Or *referring*,
//! in a session: records and dependencies are named by the places of entries that the receiver holds, and the hash of
//! the last entry is left to be derived. A receiver that lacks such an entry says so, and is sent the parcel by itself.
//! Either way the entries come out byte for byte, or the seal does not hold.

pub(crate) mod anatomy;
mod columns;
mod days;
mod dictionary;
pub(crate) mod event;
mod logs;
mod pack;
pub(crate) mod pattern;
mod squeeze;
mod unpack;

use cairn_ledger::parcel::HASH_TO_DERIVE;
use cairn_ledger::{ClockQuality, EntryHash, LogId, OpenParcel};

use crate::Refusal;
use crate::bytes::{Reader, put_number};
use crate::limits::{ENTRIES_MAX, FRAME_BYTES_MAX, PLAIN_BYTES_MAX, UNIX_MS_MAX};

pub use dictionary::{DICTIONARY, DICTIONARY_ID};
pub use logs::LogNames;
pub use pack::{Known, Prepared};
pub use unpack::Packed;

use columns::Writer;
use squeeze::{compressed, decompressed};
use unpack::Head;

/// The lowest form; the others add the bits below.
const FORM: u8 = 0x20;
/// It refers to entries that the receiver holds.
const REFERS: u8 = 1;
/// The columns are a zstd frame.
const ZSTD: u8 = 2;
/// The frame was made with a dictionary.
const WITH_DICTIONARY: u8 = 4;
/// With more to compress, a dictionary is not worth its time.
const DICTIONARY_BYTES_MAX: usize = 128 * 1024;

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

/// How to compress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coder {
    /// Level of zstd.
    pub level: i32,
    /// Whether the reader has the dictionary.
    pub dictionary: bool,
}

/// The part of a parcel after its log, by itself.
pub fn put_parcel(out: &mut Vec<u8>, parcel: &OpenParcel, level: i32) -> Result<(), PackError> {
    put_alone(out, &Prepared::new(Box::new(parcel.clone())), Coder { level, dictionary: true })
}

/// The same of a prepared parcel.
pub fn put_alone(out: &mut Vec<u8>, parcel: &Prepared, coder: Coder) -> Result<(), PackError> {
    check(&parcel.parcel)?;
    put(out, &parcel.parcel, &parcel.pack(&Known::default(), None), 0, coder)
}

/// The part of a parcel after its log, referring to what the receiver holds. `names` are those of this direction of
/// the session, with the parcel's own log already among them.
pub fn put_referring(
    out: &mut Vec<u8>,
    parcel: &Prepared,
    known: &Known,
    names: &mut LogNames,
    coder: Coder,
) -> Result<(), PackError> {
    check(&parcel.parcel)?;
    let before = names.count();
    let columns = parcel.pack(known, Some(&mut *names));
    put(out, &parcel.parcel, &columns, REFERS, coder).inspect_err(|_| names.back_to(before))
}

/// The columns of a parcel as they are before compression: what a dictionary is trained on.
pub fn columns_of(parcel: &Prepared, known: &Known) -> Vec<u8> {
    parcel.pack(known, Some(&mut LogNames::default())).plain
}

fn check(parcel: &OpenParcel) -> Result<(), PackError> {
    let last = parcel.first.checked_add(parcel.entries.len() as u64).and_then(|end| end.checked_sub(1));
    let fits = parcel.first > 0 && !parcel.entries.is_empty() && last == Some(parcel.seal.number);
    let timely = parcel.entries.iter().all(|entry| entry.hlc.unix_ms <= UNIX_MS_MAX);
    if !fits || !timely || parcel.seal.log != parcel.log {
        return Err(PackError::Inconsistent);
    }
    let bodies: usize = parcel.entries.iter().map(|entry| entry.body.len()).sum();
    if parcel.entries.len() > ENTRIES_MAX || bodies > PLAIN_BYTES_MAX { Err(PackError::TooLarge) } else { Ok(()) }
}

fn put(out: &mut Vec<u8>, parcel: &OpenParcel, columns: &Writer, refers: u8, coder: Coder) -> Result<(), PackError> {
    if columns.plain.len() > PLAIN_BYTES_MAX {
        return Err(PackError::TooLarge);
    }
    let start = out.len();
    let (bits, stream) = squeezed(&columns.plain, coder);
    out.push(FORM | refers | bits);
    put_number(out, parcel.first);
    if refers == 0 {
        out.extend_from_slice(&parcel.seal.hash.0);
    }
    out.extend_from_slice(&parcel.seal.signature);
    put_number(out, columns.random.len() as u64);
    out.extend_from_slice(&columns.random);
    if bits & WITH_DICTIONARY != 0 {
        put_number(out, DICTIONARY_ID);
    }
    if bits & ZSTD != 0 {
        put_number(out, columns.plain.len() as u64);
    }
    out.extend_from_slice(&stream);
    if out.len() - start > FRAME_BYTES_MAX - 64 { Err(PackError::TooLarge) } else { Ok(()) }
}

/// The shortest way to write the columns, and which it is.
fn squeezed(plain: &[u8], coder: Coder) -> (u8, Vec<u8>) {
    let with = coder.dictionary && plain.len() <= DICTIONARY_BYTES_MAX;
    match compressed(plain, with, coder.level) {
        Some(stream) if stream.len() + 4 < plain.len() => (ZSTD | if with { WITH_DICTIONARY } else { 0 }, stream),
        _ => (0, plain.to_vec()),
    }
}

/// Reads the head of a parcel of this log. `names` are those of this direction of the session; without them, a parcel
/// that refers is refused as an unknown reference.
pub fn read_parcel(log: LogId, bytes: &[u8], names: Option<&mut LogNames>) -> Result<Packed, Refusal> {
    let mut reader = Reader::new(bytes, "a parcel");
    let form = reader.byte()?;
    let bits = form ^ FORM;
    if bits & !(REFERS | ZSTD | WITH_DICTIONARY) != 0 || bits & (ZSTD | WITH_DICTIONARY) == WITH_DICTIONARY {
        return Err(Refusal::UnknownForm(form));
    }
    let refers = bits & REFERS != 0;
    let first = reader.number()?;
    let hash = if refers { None } else { Some(EntryHash(reader.array()?)) };
    if hash == Some(HASH_TO_DERIVE) {
        return Err(Refusal::BadValue("the hash of a parcel"));
    }
    let signature = reader.array()?;
    let random = reader.count(FRAME_BYTES_MAX)?;
    let random = reader.take(random)?;
    let names = names.filter(|_| refers);
    if refers && names.is_none() {
        return Err(Refusal::UnknownReference);
    }
    let head = Head { log, first, hash, signature, names };
    if bits & ZSTD == 0 {
        return Packed::read(head, reader.rest(), random);
    }
    let with = bits & WITH_DICTIONARY != 0;
    if with {
        check_dictionary(reader.number()?)?;
    }
    let len = reader.count(PLAIN_BYTES_MAX)?;
    Packed::read(head, &decompressed(reader.rest(), len, with)?, random)
}

fn check_dictionary(id: u64) -> Result<(), Refusal> {
    if id == DICTIONARY_ID { Ok(()) } else { Err(Refusal::UnknownDictionary(id)) }
}

/// Reads what [`put_parcel`] wrote for this log.
pub fn decode_parcel(log: LogId, bytes: &[u8]) -> Result<OpenParcel, Refusal> {
    read_parcel(log, bytes, None)?.unpack(&[])
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

#[cfg(test)]
mod tests;
