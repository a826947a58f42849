use cairn_ledger::{ClockQuality, EntryHash, EntryRef, Hlc, Incarnation, Lane, LogKey, OpenEntry, Seal};
use cairn_record::RecordId;
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
    bytes.extend(Counts { parcels: 1, entries: 2, ..Counts::default() }.end_piece());
    bytes.extend([0; 50]);
    bytes
}

fn file() -> FileName {
    FileName { record: RecordId([4; 16]), attachment: EntryRef([5; 16]) }
}

/// A stick with a parcel, a file of two chunks, and one of which no chunk travels.
fn stick_with_files(key: &ReplicaKey) -> Vec<u8> {
    let other = FileName { attachment: EntryRef([6; 16]), ..file() };
    let counts = Counts { parcels: 1, entries: 2, files: 2, chunks: 2 };
    let beginning = manifest(key).sign(key).beginning().unwrap();
    let pieces = [
        beginning,
        parcel_piece(&parcel(), 3).unwrap(),
        file().piece(),
        chunk_piece(&[1; CHUNK_SEALED_MAX]),
        chunk_piece(&[2; 60]),
        other.piece(),
        counts.end_piece(),
        vec![0; 50],
    ];
    pieces.concat()
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
        refused(&[&beginning, &parcel, &Counts { parcels: 2, entries: 2, ..Counts::default() }.end_piece()]),
        Refusal::BadValue("what a stick counts")
    );
    assert_eq!(refused(&[&beginning, &Counts::default().end_piece(), b"more"]), Refusal::Trailing("a stick"));
    assert_eq!(refused(&[b"CAIRNSTK\x02"]), Refusal::UnknownForm(2));
    assert_eq!(refused(&[b"holidays in the hills"]), Refusal::BadValue("the first bytes of a stick"));
}

#[test]
fn files_come_after_the_parcels_and_back_however_they_are_cut() {
    let key = ReplicaKey::from_seed(&[7; 32]);
    let bytes = stick_with_files(&key);
    for step in [1, 100, bytes.len()] {
        let pieces = pieces(&bytes, step).unwrap();
        let [_, _, Piece::File(first), Piece::Chunk(one), Piece::Chunk(two), Piece::File(second), Piece::End] =
            pieces.as_slice()
        else {
            panic!("{pieces:?}")
        };
        assert_eq!((*first, second.attachment), (file(), EntryRef([6; 16])));
        assert_eq!((one.as_slice(), two.as_slice()), (&[1; CHUNK_SEALED_MAX][..], &[2; 60][..]));
    }
}

#[test]
fn files_out_of_place_too_long_or_miscounted_are_refused() {
    let key = ReplicaKey::from_seed(&[7; 32]);
    let beginning = manifest(&key).sign(&key).beginning().unwrap();
    let (parcel, file, chunk) = (parcel_piece(&parcel(), 3).unwrap(), file().piece(), chunk_piece(&[1; 60]));
    let refused = |parts: &[&[u8]]| pieces(&[&[beginning.as_slice()], parts].concat().concat(), 64).unwrap_err();
    let out_of_place = Refusal::OutOfPhase("a piece of a stick");
    assert_eq!(refused(&[&chunk]), out_of_place, "a chunk of no file");
    assert_eq!(refused(&[&file, &chunk, &parcel]), out_of_place, "records come first");
    assert_eq!(refused(&[&file, &chunk_piece(&[1; CHUNK_SEALED_MAX + 1])]), Refusal::TooLarge("a frame"));
    assert_eq!(refused(&[&wrap(FILE, &[7; 31])]), Refusal::Truncated("a piece of a stick"));
    let miscounted = Refusal::BadValue("what a stick counts");
    let counted = |files, chunks| Counts { files, chunks, ..Counts::default() }.end_piece();
    assert_eq!(refused(&[&file, &chunk, &counted(1, 2)]), miscounted, "a chunk is missing");
    assert_eq!(refused(&[&file, &counted(0, 0)]), miscounted, "a file is too many");
    let none = wrap(END, &[0, 0, 0, 0]);
    assert_eq!(refused(&[&none]), Refusal::BadValue("the number of files of a stick"), "one way to say none");
}

/// What a version without files on sticks reads is what it always was.
#[test]
fn a_stick_without_files_is_as_it_was_before_there_were_any() {
    let end = Counts { parcels: 1, entries: 2, ..Counts::default() }.end_piece();
    assert_eq!(end, [0x31, 2, 1, 2]);
    assert_eq!(MAGIC[8], 1);
}

proptest! {
    #[test]
    fn a_stick_with_files_changed_anywhere_gives_an_answer(at in 0_usize..40_000, bits in 1_u8..) {
        let mut bytes = stick_with_files(&ReplicaKey::from_seed(&[7; 32]));
        let at = at % bytes.len();
        bytes[at] ^= bits;
        let _ = pieces(&bytes, 4_096);
    }

    #[test]
    fn a_stick_changed_anywhere_gives_an_answer(at in 0_usize..400, bits in 1_u8..) {
        let key = ReplicaKey::from_seed(&[7; 32]);
        let mut bytes = stick(&key);
        let at = at % bytes.len();
        bytes[at] ^= bits;
        let _ = pieces(&bytes, 32);
    }
}
