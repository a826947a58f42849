//! Fuzz targets for every decoder of the wire. In a test run each gets a bounded number of inputs; under a fuzzer,
//! as many as there is time for.

use bolero::check;
use cairn_ledger::{Incarnation, Lane, LogId, LogKey, ReplicaId, SpaceId};
use cairn_sync_protocol::join::decode_join_frame;
use cairn_sync_protocol::parcel::{decode_parcel, encode_columns};
use cairn_sync_protocol::{FrameReader, decode_columns, decode_frame, decode_frontier};

const LOG: LogId = LogId {
    space: SpaceId([1; 16]),
    key: LogKey { replica: ReplicaId([2; 32]), incarnation: Incarnation(3), lane: Lane::Bulk },
};

#[test]
fn frames() {
    check!().with_iterations(5_000).for_each(|bytes: &[u8]| {
        if let Some((kind, body)) = bytes.split_first()
            && let Ok(frame) = decode_frame(*kind, body)
        {
            let again = frame.encode();
            let mut reader = FrameReader::default();
            reader.feed(&again);
            let (kind, body) = reader.next_frame().expect("it was encoded").expect("it is whole");
            assert_eq!(decode_frame(kind, body), Ok(frame));
        }
    });
}

#[test]
fn streams() {
    check!().with_iterations(5_000).for_each(|bytes: &[u8]| {
        let mut reader = FrameReader::default();
        for piece in bytes.chunks(7) {
            reader.feed(piece);
            loop {
                match reader.next_frame() {
                    Ok(Some(_)) => {}
                    Ok(None) => break,
                    Err(_) => return,
                }
            }
        }
    });
}

#[test]
fn parcels() {
    check!().with_iterations(5_000).for_each(|bytes: &[u8]| {
        let _ = decode_parcel(LOG, bytes);
    });
}

#[test]
fn columns() {
    check!().with_iterations(5_000).for_each(|bytes: &[u8]| {
        if let Ok(entries) = decode_columns(bytes) {
            assert_eq!(encode_columns(&entries).as_deref(), Ok(bytes));
        }
    });
}

#[test]
fn frontiers() {
    check!().with_iterations(5_000).for_each(|bytes: &[u8]| {
        let _ = decode_frontier(bytes);
    });
}

#[test]
fn enrolments() {
    check!().with_iterations(5_000).for_each(|bytes: &[u8]| {
        let _ = decode_join_frame(bytes);
    });
}
