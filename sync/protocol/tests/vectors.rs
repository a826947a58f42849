//! The bytes of frames and parcels, as `vectors.txt` beside PROTOCOL.md lists them for whoever writes a second reader.
//!
//! When a change of the bytes is meant, `CAIRN_WRITE_VECTORS=1` writes the file anew; read what it says then.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up may stop at once")]

mod support;

use std::fmt::Write;

use cairn_ledger::{
    ClockQuality, EntryHash, Frontier, Incarnation, Lane, LogId, LogKey, OpenEntry, ReplicaId, SpaceId,
};
use cairn_sync_protocol::frame::{Frame, Hello, LogName, SpaceLine};
use cairn_sync_protocol::holdings::{self, Holdings, Moved};
use cairn_sync_protocol::parcel::{Coder, Known, LogNames, Prepared, put_alone, put_referring, read_parcel};
use cairn_sync_protocol::sealed::{put_sealed, read_sealed};
use cairn_sync_protocol::{Lookup, decode_frame, lookup};
use support::history::Worker;
use support::store::Store;

const REGISTRY: SpaceId = SpaceId([1; 16]);
const RECORDS: SpaceId = SpaceId([2; 16]);
const CODER: Coder = Coder { level: 12, dictionary: true };

#[test]
fn the_bytes_are_those_that_are_listed() {
    let said = format!("{}\n{}\n{}", frames(), parcels(), sealed());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors.txt");
    if std::env::var_os("CAIRN_WRITE_VECTORS").is_some() {
        std::fs::write(path, &said).unwrap();
    }
    let listed = std::fs::read_to_string(path).unwrap();
    for (number, (listed, said)) in listed.lines().zip(said.lines()).enumerate() {
        assert_eq!(said, listed, "line {}", number + 1);
    }
    assert_eq!(said.len(), listed.len());
}

fn log(space: SpaceId, replica: u8, lane: Lane) -> LogId {
    LogId { space, key: LogKey { replica: ReplicaId([replica; 32]), incarnation: Incarnation(0x0102), lane } }
}

/// Two logs were agreed on; since then one grew and there is a new one.
fn greeting() -> (Holdings, Holdings) {
    let line = |log: LogId, number: u64, hash: u8| (log.key, (number, EntryHash([hash; 32])));
    let agreed = Holdings::from([
        (REGISTRY, Frontier([line(log(REGISTRY, 0x0a, Lane::Normal), 3, 0xe1)].into())),
        (RECORDS, Frontier([line(log(RECORDS, 0x0a, Lane::Normal), 300, 0xe2)].into())),
    ]);
    let mut now = agreed.clone();
    now.get_mut(&RECORDS)
        .unwrap()
        .0
        .extend([line(log(RECORDS, 0x0a, Lane::Normal), 301, 0xe3), line(log(RECORDS, 0x0b, Lane::Urgent), 1, 0xe4)]);
    (agreed, now)
}

fn frames() -> String {
    let (agreed, now) = greeting();
    let base = holdings::base_of(&holdings::digest_of(&REGISTRY, &agreed));
    let hello = |held: &Holdings, moved| {
        Frame::Hello(Hello {
            version_min: 3,
            version_max: 3,
            unix_ms: 1_790_000_000_000,
            clock: ClockQuality::Local,
            dictionary: 1,
            digest: holdings::digest_of(&REGISTRY, held),
            moved,
        })
    };
    let moved = Moved::between(&agreed, &now).unwrap();
    let lines = |held: &Holdings| {
        held.iter().map(|(space, frontier)| SpaceLine { space: *space, digest: frontier.digest() }).collect::<Vec<_>>()
    };
    let listed = [
        ("Hello, nothing remembered, holding what was agreed", hello(&agreed, None)),
        ("Hello, one log has grown and one is new since the agreement", hello(&now, Some((base, moved)))),
        ("Spaces", Frame::Spaces(lines(&now))),
        ("Frontier", Frame::Frontier(RECORDS, now[&RECORDS].clone())),
        ("RegistryDone", Frame::RegistryDone),
        ("Parcel, its log named in full", Frame::Parcel(LogName::Full(log(RECORDS, 0x0a, Lane::Bulk)), vec![0xaa])),
        ("Sealed, its log named by its place", Frame::Sealed(LogName::Short(1), vec![0xaa])),
        ("Parcel, its log named by its place", Frame::Parcel(LogName::Short(1), vec![0xaa])),
        ("Held, as sent", Frame::Held(None)),
        ("Held, more than was sent", Frame::Held(Some((301, EntryHash([0xe3; 32]))))),
        ("Refused", Frame::Refused("bad-seal".into(), "no".into())),
        ("Ask", Frame::Ask(lines(&agreed))),
        ("Bye", Frame::Bye("done".into(), String::new())),
        ("Evidence", Frame::Evidence(log(RECORDS, 0x0a, Lane::Normal), vec![0xbb; 3])),
        ("Listed", Frame::Listed(lines(&now))),
    ];
    let mut out = String::from("FRAMES\n\n");
    for (what, frame) in listed {
        let bytes = frame.encode();
        writeln!(out, "{what}\n  {}", hex(&bytes)).unwrap();
        // All bodies here are short: one byte of type, one or two of length.
        let head = if bytes[1] & 0x80 == 0 { 2 } else { 3 };
        assert_eq!(decode_frame(bytes[0], &bytes[head..]), Ok(frame));
    }
    out
}

/// Everything that somebody wrote, each log in one parcel by itself, and then the last commit of each log referring to what
/// is before it.
fn parcels() -> String {
    let (mut store, mut worker) = (Store::new(1), Worker::new(11));
    (0..14).for_each(|_| worker.work(&mut store));
    let logs: Vec<(LogId, u64)> = store.logs().map(|(log, count)| (*log, count)).collect();
    let mut out = String::from("PARCELS\n\n");
    for (log, count) in &logs {
        writeln!(out, "log {}", log_text(log)).unwrap();
        for number in 1..=*count {
            let (hash, entry) = store.open(log, number).unwrap();
            writeln!(out, "  entry {number} {}\n    {}", hex(&hash.0), entry_text(&entry)).unwrap();
        }
        let parcel = store.read(log, 1, 1_000_000).unwrap();
        let mut packed = Vec::new();
        put_alone(&mut packed, &Prepared::new(Box::new(parcel.clone())), CODER).unwrap();
        assert_eq!(read_parcel(*log, &packed, None).unwrap().unpack(&[]).unwrap().entries.len() as u64, *count);
        writeln!(out, "  all of it by itself, seal {}\n    {}", hex(&parcel.seal.signature), hex(&packed)).unwrap();
    }
    let (mut names, mut read_names) = (LogNames::default(), LogNames::default());
    for (log, count) in logs.iter().filter(|(_, count)| *count > 1) {
        let parcel = store.read(log, *count, 1).unwrap();
        let prepared = Prepared::new(Box::new(parcel.clone()));
        let known = Known::of(&store, &prepared, |place| place.log != *log || place.number < *count);
        names.add(*log);
        read_names.add(*log);
        let mut packed = Vec::new();
        put_referring(&mut packed, &prepared, &known, &mut names, CODER).unwrap();
        let read = read_parcel(*log, &packed, Some(&mut read_names)).unwrap();
        let came = read.unpack(&lookup::look_up(&store, &read.needs())).unwrap();
        assert_eq!((came.first, came.entries), (parcel.first, parcel.entries));
        writeln!(out, "log {}\n  entry {count} referring\n    {}", log_text(log), hex(&packed)).unwrap();
    }
    out
}

/// Three entries sealed.
fn sealed() -> String {
    let batch = support::sealed_batch(log(RECORDS, 0x0a, Lane::Normal));
    let mut packed = Vec::new();
    put_sealed(&mut packed, &batch).unwrap();
    assert_eq!(read_sealed(batch.log, &packed), Ok(batch.clone()));
    let mut out = format!("SEALED\n\nlog {}\n", log_text(&batch.log));
    for entry in &batch.entries {
        let body = entry.body.as_ref().unwrap();
        writeln!(out, "  entry {} {}\n    {}", entry.header.core.number, hex(&entry.header.hash().0), hex(body))
            .unwrap();
    }
    writeln!(out, "  all of it, seal {}\n    {}", hex(&batch.seal.signature), hex(&packed)).unwrap();
    out
}

fn log_text(log: &LogId) -> String {
    let LogKey { replica, incarnation, lane } = log.key;
    format!("{} {} {:016x} {}", hex(&log.space.0), hex(&replica.0), incarnation.0, lane as u8)
}

fn entry_text(entry: &OpenEntry) -> String {
    let record = entry.record.map_or_else(|| "-".to_owned(), |record| hex(&record.0));
    let OpenEntry { epoch, hlc, clock, kind, body, .. } = entry;
    format!("{epoch} {} {} {} {kind} {record} {}", hlc.unix_ms, hlc.counter, *clock as u8, hex(body))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
