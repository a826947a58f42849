//! Keys and small values of the views.

use cairn_ledger::view::{Key, Row, Table};
use cairn_ledger::{EntryRef, Incarnation, Lane, LogId, LogKey, ReplicaId, SpaceId};
use cairn_record::{IdentifierKind, RecordId};

use crate::FetchPlace;
use crate::row::{EntryAt, put_varint, take_varint};

/// A record's row.
pub fn record(record: RecordId) -> Key {
    Key::new(Table::Record).hidden(record.0)
}

/// A number that pages show.
pub fn counter(name: &str) -> Key {
    Key::new(Table::Counter).hidden(name)
}

/// Longest identifier in a key, in bytes; longer ones are compared by their beginning.
pub const IDENTIFIER_BYTES_MAX: usize = 512;

/// All identifiers of one kind, exact or look-alike.
pub fn identifiers_of(kind: IdentifierKind, lookalike: bool) -> Key {
    Key::new(Table::Identifier).hidden([kind as u8, u8::from(lookalike)])
}

/// All records that bear this identifier; add the record's id for one row.
pub fn identifier(kind: IdentifierKind, text: &str, lookalike: bool) -> Key {
    let bytes = text.as_bytes();
    identifiers_of(kind, lookalike).hidden(&bytes[..bytes.len().min(IDENTIFIER_BYTES_MAX)])
}

/// A marker on a record.
pub fn marker(subject: RecordId, marker: RecordId) -> Key {
    Key::new(Table::Marker).hidden(subject.0).hidden(marker.0)
}

/// A log's row.
pub fn log(index: u16) -> Key {
    Key::new(Table::Meta).hidden("log").ascending(u64::from(index))
}

/// The prefix of all logs' rows.
pub fn logs() -> Key {
    Key::new(Table::Meta).hidden("log")
}

/// The index of a log, out of the key of its row.
pub fn log_index(key: &Key) -> Option<u16> {
    u16::try_from(key.number_part(1)?).ok()
}

/// A log and how far it is folded.
pub fn log_value(log: &LogId, number: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(67);
    out.extend_from_slice(&log.space.0);
    out.extend_from_slice(&log.key.replica.0);
    out.extend_from_slice(&log.key.incarnation.0.to_be_bytes());
    out.push(log.key.lane as u8);
    put_varint(&mut out, number);
    out
}

/// Reads [`log_value`].
pub fn read_log(bytes: &[u8]) -> Option<(LogId, u64)> {
    let (space, rest) = bytes.split_first_chunk::<16>()?;
    let (replica, rest) = rest.split_first_chunk::<32>()?;
    let (incarnation, rest) = rest.split_first_chunk::<8>()?;
    let (lane, mut rest) = rest.split_first()?;
    let lane = [Lane::Urgent, Lane::Normal, Lane::Bulk].into_iter().find(|known| *known as u8 == *lane)?;
    let incarnation = Incarnation(u64::from_be_bytes(*incarnation));
    let key = LogKey { replica: ReplicaId(*replica), incarnation, lane };
    Some((LogId { space: SpaceId(*space), key }, take_varint(&mut rest)?))
}

/// All parked changes of a record.
pub fn parked_of(record: RecordId) -> Key {
    Key::new(Table::Parked).hidden(record.0)
}

/// A parked change.
pub fn parked(record: RecordId, at: EntryAt) -> Key {
    parked_of(record).hidden(at.entry.0)
}

/// Where a parked change stands.
pub fn parked_value(at: EntryAt) -> Vec<u8> {
    let mut out = at.entry.0.to_vec();
    put_varint(&mut out, u64::from(at.log));
    put_varint(&mut out, at.number);
    out
}

/// Reads [`parked_value`].
pub fn read_parked(bytes: &[u8]) -> Option<EntryAt> {
    let (entry, mut rest) = bytes.split_first_chunk::<16>()?;
    let log = u16::try_from(take_varint(&mut rest)?).ok()?;
    Some(EntryAt { entry: EntryRef(*entry), log, number: take_varint(&mut rest)? })
}

/// All attachments of a record.
pub fn attachments_of(record: RecordId) -> Key {
    Key::new(Table::Attachment).hidden(record.0)
}

/// One attachment.
pub fn attachment(record: RecordId, attachment: EntryRef) -> Key {
    attachments_of(record).hidden(attachment.0)
}

/// A file of which chunks are to be fetched; its value is a [`parked_value`] of the manifest's entry.
pub fn fetch(place: &FetchPlace) -> Key {
    Key::new(Table::Fetch).descending(place.at_ms).hidden(place.record.0).hidden(place.attachment.0)
}

/// Reads the key of [`fetch`].
pub fn read_fetch(key: &Key) -> Option<FetchPlace> {
    let attachment = EntryRef(key.hidden_part(2)?.try_into().ok()?);
    Some(FetchPlace { at_ms: key.number_part(0)?, record: record_part(key, 1)?, attachment })
}

/// When a replica, in one of its lives, last wrote a receipt for another: "at that time I held everything the other had".
pub fn receipt(writer: ReplicaId, life: Incarnation, about: ReplicaId) -> Key {
    receipts_of(writer, life).hidden(about.0)
}

/// All receipts that a replica wrote in one of its lives.
pub fn receipts_of(writer: ReplicaId, life: Incarnation) -> Key {
    Key::new(Table::Peer).hidden("receipt").hidden(writer.0).hidden(life.0.to_be_bytes())
}

/// About whom, and of what time, a row of [`receipt`] is.
pub fn read_receipt(row: &Row) -> Option<(ReplicaId, u64)> {
    let about = ReplicaId(row.key.hidden_part(3)?.try_into().ok()?);
    Some((about, u64::from_be_bytes(row.value.as_slice().try_into().ok()?)))
}

/// What is known of a peer.
pub fn peer(peer: ReplicaId) -> Key {
    Key::new(Table::Peer).hidden("peer").hidden(peer.0)
}

/// A id out of a hidden part.
pub fn record_part(key: &Key, index: usize) -> Option<RecordId> {
    Some(RecordId(key.hidden_part(index)?.try_into().ok()?))
}
