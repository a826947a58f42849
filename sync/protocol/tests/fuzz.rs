//! Fuzz targets for every decoder of the wire. In a test run each gets a bounded number of inputs; under a fuzzer,
//! as many as there is time for.

mod support;

use bolero::check;
use cairn_ledger::{EntryHash, EntryRef, Frontier, Incarnation, Lane, LogId, LogKey, ReplicaId, SpaceId};
use cairn_record::RecordId;
use cairn_sync_protocol::files::{FileFrames, decode_file_frame};
use cairn_sync_protocol::frame::{Frame, Hello};
use cairn_sync_protocol::holdings::Holdings;
use cairn_sync_protocol::join::decode_join_frame;
use cairn_sync_protocol::parcel::{LogNames, decode_parcel, read_parcel};
use cairn_sync_protocol::sealed::{put_sealed, read_sealed};
use cairn_sync_protocol::stick::{FileName, MAGIC, Manifest, SignedManifest, StickReader};
use cairn_sync_protocol::{FrameReader, decode_frame, decode_frontier, lookup};

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

/// Greetings, applied to what somebody remembers.
#[test]
fn greetings() {
    let log = |lane| LogKey { replica: ReplicaId([2; 32]), incarnation: Incarnation(3), lane };
    let held = [(log(Lane::Urgent), (1, EntryHash([4; 32]))), (log(Lane::Bulk), (9, EntryHash([5; 32])))];
    let agreed = Holdings::from([(SpaceId([1; 16]), Frontier(held.into())), (SpaceId([2; 16]), Frontier::default())]);
    check!().with_iterations(5_000).for_each(|bytes: &[u8]| {
        let body = [&[3, 3, 0, 1, 1][..], &[7; 32], &[1], &[8; 8], bytes].concat();
        if let Ok(Frame::Hello(Hello { moved: Some((_, moved)), .. })) = decode_frame(1, &body) {
            let _ = moved.apply(&agreed);
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

/// Parcels that refer, unpacked with nothing found and with whatever a store holds under the numbers they name.
#[test]
fn references() {
    let mut store = support::store::Store::new(1);
    let mut worker = support::history::Worker::new(1);
    (0..60).for_each(|_| worker.work(&mut store));
    let log = *store.logs().max_by_key(|(_, count)| *count).expect("it worked").0;
    check!().with_iterations(5_000).for_each(|bytes: &[u8]| {
        let bytes = [&[0x21, 9][..], &[7; 64], bytes].concat();
        let Ok(packed) = read_parcel(log, &bytes, Some(&mut LogNames::default())) else { return };
        let needs = packed.needs();
        assert!(needs.len() <= 4_097);
        let _ = packed.unpack(&vec![None; needs.len()]);
        let _ = packed.unpack(&lookup::look_up(&store, &needs));
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

#[test]
fn file_frames() {
    check!().with_iterations(5_000).for_each(|bytes: &[u8]| {
        if let Some((kind, body)) = bytes.split_first() {
            for kind in [*kind, 32 + kind % 8] {
                let Ok(frame) = decode_file_frame(kind, body) else { continue };
                let mut frames = FileFrames::default();
                frames.feed(&frame.encode());
                assert_eq!(frames.next_frame(), Ok(Some(frame)));
            }
        }
        let mut frames = FileFrames::default();
        for piece in bytes.chunks(7) {
            frames.feed(piece);
            while let Ok(Some(_)) = frames.next_frame() {}
        }
    });
}

/// From the first byte on, after the magic, after the manifest, and among the chunks of a file.
#[test]
fn sticks() {
    let (number, made_ms, expires_ms, spaces, receipts) = (1, 2, 3, Vec::new(), Vec::new());
    let (registry, from, to) = (SpaceId([1; 16]), ReplicaId([2; 32]), ReplicaId([3; 32]));
    let manifest = Manifest { registry, from, to, number, made_ms, expires_ms, spaces, receipts };
    let manifest = SignedManifest { manifest, signature: [4; 64] }.beginning().expect("it is short");
    let file = FileName { record: RecordId([5; 16]), attachment: EntryRef([6; 16]) };
    let file = [manifest.as_slice(), &file.piece()].concat();
    check!().with_iterations(5_000).for_each(|bytes: &[u8]| {
        for beginning in [&[], MAGIC.as_slice(), &manifest, &file] {
            let mut reader = StickReader::default();
            reader.feed(beginning);
            for part in bytes.chunks(11) {
                reader.feed(part);
                while let Ok(Some(_)) = reader.next_piece() {}
            }
        }
    });
}

/// Sealed parcels: what reads writes the same bytes again.
#[test]
fn sealed_parcels() {
    check!().with_iterations(5_000).for_each(|bytes: &[u8]| {
        if let Ok(batch) = read_sealed(LOG, bytes) {
            let mut again = Vec::new();
            put_sealed(&mut again, &batch).expect("it was read");
            assert_eq!(again, bytes);
        }
    });
}

/// The same from a parcel that is right but for one byte.
#[test]
fn sealed_parcels_with_one_byte_changed() {
    let batch = support::sealed_batch(LOG);
    let mut packed = Vec::new();
    put_sealed(&mut packed, &batch).expect("it fits together");
    assert_eq!(read_sealed(LOG, &packed), Ok(batch.clone()));
    for at in 0..packed.len() {
        assert!(read_sealed(LOG, &packed[..at]).is_err(), "cut at {at}");
        let mut changed = packed.clone();
        changed[at] ^= 1;
        assert_ne!(read_sealed(LOG, &changed), Ok(batch.clone()), "byte {at}");
    }
    let mut holed = batch.clone();
    holed.entries[1].body = None;
    assert!(put_sealed(&mut Vec::new(), &holed).is_err(), "a body is missing");
    let mut reordered = batch;
    reordered.entries.swap(0, 1);
    assert!(put_sealed(&mut Vec::new(), &reordered).is_err(), "they do not follow each other");
}
