use cairn_ledger::{ClockQuality, EntryHash, Hlc, Incarnation, Lane, LogKey, OpenEntry, Seal};
use proptest::prelude::*;

use super::*;

fn log() -> LogId {
    let key = LogKey { replica: ReplicaId([3; 32]), incarnation: Incarnation(4), lane: Lane::Urgent };
    LogId { space: SpaceId([1; 16]), key }
}

fn manifest(key: &ReplicaKey) -> Manifest {
    let held = |number| Frontier([(log().key, (number, EntryHash([number as u8; 32])))].into());
    Manifest {
        registry: SpaceId([9; 16]),
        from: key.id(),
        to: ReplicaId([8; 32]),
        number: 3,
        made_ms: 1_000,
        expires_ms: 9_000,
        spaces: vec![
            StickSpace { space: SpaceId([1; 16]), before: Frontier::default(), after: held(2) },
            StickSpace { space: SpaceId([2; 16]), before: held(4), after: held(4) },
        ],
        receipts: vec![StickReceipt { number: 7, id: [5; 16], at_ms: 800 }],
    }
}

fn parcel() -> OpenParcel {
    let entry = |n: u8| OpenEntry {
        epoch: 1,
        hlc: Hlc { unix_ms: 900 + u64::from(n), counter: 0 },
        clock: ClockQuality::Local,
        kind: 1,
        record: None,
        body: vec![n; 40],
    };
    let seal = Seal { log: log(), number: 2, hash: EntryHash([6; 32]), signature: [7; 64] };
    OpenParcel { log: log(), first: 1, entries: vec![entry(1), entry(2)], seal, holes: Vec::new() }
}

fn stick(key: &ReplicaKey) -> Vec<u8> {
    let signed = manifest(key).sign(key);
    let mut bytes = signed.beginning().unwrap();
    bytes.extend(parcel_piece(&parcel(), 3).unwrap());
    bytes.extend(end_piece(1, 2));
    bytes.extend([0; 50]);
    bytes
}

fn pieces(bytes: &[u8], step: usize) -> Result<Vec<Piece>, Refusal> {
    let mut reader = StickReader::default();
    let mut pieces = Vec::new();
    for part in bytes.chunks(step) {
        reader.feed(part);
        while let Some(piece) = reader.next_piece()? {
            pieces.push(piece);
        }
    }
    Ok(pieces)
}

#[test]
fn a_stick_comes_back_however_it_is_cut() {
    let key = ReplicaKey::from_seed(&[7; 32]);
    let bytes = stick(&key);
    for step in [1, 7, 100, bytes.len()] {
        let pieces = pieces(&bytes, step).unwrap();
        let [Piece::Manifest(signed), Piece::Parcel(came), Piece::End] = pieces.as_slice() else {
            panic!("{pieces:?}")
        };
        assert_eq!(signed.manifest, manifest(&key));
        assert!(signed.is_signed());
        assert_eq!(**came, parcel());
    }
}

#[test]
fn a_manifest_holds_for_its_writer_and_its_words_only() {
    let key = ReplicaKey::from_seed(&[7; 32]);
    let signed = manifest(&key).sign(&key);
    let mut later = signed.clone();
    later.manifest.expires_ms += 1;
    assert!(!later.is_signed());
    let mut other = signed;
    other.manifest.from = ReplicaKey::from_seed(&[8; 32]).id();
    assert!(!other.is_signed());
}

#[test]
fn pieces_out_of_place_are_refused() {
    let key = ReplicaKey::from_seed(&[7; 32]);
    let beginning = manifest(&key).sign(&key).beginning().unwrap();
    let parcel = parcel_piece(&parcel(), 3).unwrap();
    let refused = |parts: &[&[u8]]| pieces(&parts.concat(), 64).unwrap_err();
    assert_eq!(refused(&[&MAGIC, &parcel]), Refusal::OutOfPhase("a piece of a stick"));
    assert_eq!(refused(&[&beginning, &beginning[MAGIC.len()..]]), Refusal::OutOfPhase("a piece of a stick"));
    assert_eq!(
        refused(&[&beginning, &parcel, &end_piece(2, 2)]),
        Refusal::BadValue("the number of parcels or entries of a stick")
    );
    assert_eq!(refused(&[&beginning, &end_piece(0, 0), b"more"]), Refusal::Trailing("a stick"));
    assert_eq!(refused(&[b"CAIRNSTK\x02"]), Refusal::UnknownForm(2));
    assert_eq!(refused(&[b"holidays in the hills"]), Refusal::BadValue("the first bytes of a stick"));
}

proptest! {
    #[test]
    fn a_stick_changed_anywhere_gives_an_answer(at in 0_usize..400, bits in 1_u8..) {
        let key = ReplicaKey::from_seed(&[7; 32]);
        let mut bytes = stick(&key);
        let at = at % bytes.len();
        bytes[at] ^= bits;
        let _ = pieces(&bytes, 32);
    }
}
