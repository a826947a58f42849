//! A parcel of sealed entries: how they travel to and from a relay, which cannot open them.
//!
//! What the receiver can derive without a key is not sent: log and numbers, the hash of each header before, length and hash
//! of each body. The entries come out byte for byte, or the seal does not hold.

use cairn_ledger::entry::MAX_BODY_LEN;
use cairn_ledger::{Core, Entry, EntryHash, EntryKind, Header, Hlc, LogId, ReceivedBatch, Seal};

use crate::Refusal;
use crate::bytes::{Reader, put_number};
use crate::limits::{ENTRIES_MAX, PLAIN_BYTES_MAX, SEALED_BYTES_MAX, UNIX_MS_MAX};
use crate::parcel::{PackError, clock};

/// The part of a sealed parcel after its log. Refused when the entries do not follow each other up to the seal, when a body
/// is missing, or when it is more than a frame may carry.
pub fn put_sealed(out: &mut Vec<u8>, batch: &ReceivedBatch) -> Result<(), PackError> {
    let first = batch.entries.first().ok_or(PackError::Inconsistent)?.header.core;
    if batch.entries.len() > ENTRIES_MAX {
        return Err(PackError::TooLarge);
    }
    let start = out.len();
    put_number(out, first.number);
    out.extend_from_slice(&first.prev.0);
    out.extend_from_slice(&batch.seal.signature);
    put_number(out, batch.entries.len() as u64);
    for entry in &batch.entries {
        put_entry(out, entry)?;
    }
    if out.len() - start > SEALED_BYTES_MAX - 64 {
        return Err(PackError::TooLarge);
    }
    match read_sealed(batch.log, &out[start..]) {
        Ok(same) if same == *batch => Ok(()),
        _ => Err(PackError::Inconsistent),
    }
}

fn put_entry(out: &mut Vec<u8>, entry: &Entry) -> Result<(), PackError> {
    let core = &entry.header.core;
    let body = entry.body.as_ref().ok_or(PackError::Inconsistent)?;
    put_number(out, u64::from(core.key_epoch));
    out.extend_from_slice(&core.key_id);
    out.extend_from_slice(&core.record_tag);
    put_number(out, core.hlc.unix_ms);
    put_number(out, u64::from(core.hlc.counter));
    out.extend_from_slice(&[core.clock as u8, core.kind.code()]);
    put_number(out, body.len() as u64);
    out.extend_from_slice(body);
    Ok(())
}

/// Reads what [`put_sealed`] wrote for this log. Chain and hashes are derived; whether they are the writer's own is proved by
/// the seal, which whoever keeps the entries checks.
pub fn read_sealed(log: LogId, bytes: &[u8]) -> Result<ReceivedBatch, Refusal> {
    let mut reader = Reader::new(bytes, "a sealed parcel");
    let first = reader.number()?;
    let mut prev = EntryHash(reader.array()?);
    let signature = reader.array()?;
    let count = reader.count(ENTRIES_MAX)? as u64;
    let end = first.checked_add(count).filter(|_| first > 0 && count > 0);
    let end = end.ok_or(Refusal::BadValue("the numbers of a sealed parcel"))?;
    let mut entries = Vec::new();
    let mut sealed_bytes = 0;
    for number in first..end {
        let entry = read_entry(&mut reader, log, number, prev)?;
        sealed_bytes += entry.header.body_len as usize;
        if sealed_bytes > PLAIN_BYTES_MAX {
            return Err(Refusal::TooLarge("the bodies of a sealed parcel"));
        }
        prev = entry.header.hash();
        entries.push(entry);
    }
    reader.finish()?;
    Ok(ReceivedBatch { log, entries, seal: Seal { log, number: end - 1, hash: prev, signature } })
}

fn read_entry(reader: &mut Reader<'_>, log: LogId, number: u64, prev: EntryHash) -> Result<Entry, Refusal> {
    let key_epoch = small(reader.number()?, "the epoch of a sealed entry")?;
    let (key_id, record_tag) = (reader.array()?, reader.array()?);
    let unix_ms = reader.number()?;
    if unix_ms > UNIX_MS_MAX {
        return Err(Refusal::BadValue("the time of a sealed entry"));
    }
    let hlc = Hlc { unix_ms, counter: small(reader.number()?, "the counter of a sealed entry")? };
    let clock = clock(reader.byte()?)?;
    let kind = EntryKind::from_code(reader.byte()?);
    let length = reader.count(MAX_BODY_LEN)?;
    let body = reader.take(length)?.to_vec();
    let core = Core { log, number, key_epoch, key_id, record_tag, hlc, clock, kind, prev };
    Ok(Entry { header: Header::new(core, &body), body: Some(body) })
}

fn small<T: TryFrom<u64>>(number: u64, what: &'static str) -> Result<T, Refusal> {
    T::try_from(number).map_err(|_| Refusal::BadValue(what))
}
