use super::*;
use cairn_ledger::{Hlc, Incarnation, Lane, LogKey, OpenEntry, ReplicaId, Seal, SpaceId};
use cairn_record::RecordId;
use proptest::prelude::*;

fn log() -> LogId {
    let key = LogKey { replica: ReplicaId([3; 32]), incarnation: Incarnation(9), lane: Lane::Normal };
    LogId { space: SpaceId([1; 16]), key }
}

fn entry() -> impl Strategy<Value = OpenEntry> {
    let hlc = (0..=UNIX_MS_MAX, any::<u16>()).prop_map(|(unix_ms, counter)| Hlc { unix_ms, counter });
    let clock = (0_u8..3).prop_map(|number| clock(number).unwrap());
    let record = proptest::option::of((0_u8..4).prop_map(|name| RecordId([name; 16])));
    let body = proptest::collection::vec(any::<u8>(), 0..80);
    (any::<u32>(), hlc, clock, any::<u8>(), record, body)
        .prop_map(|(epoch, hlc, clock, kind, record, body)| OpenEntry { epoch, hlc, clock, kind, record, body })
}

fn parcel_of(first: u64, entries: Vec<OpenEntry>) -> OpenParcel {
    let number = first + entries.len() as u64 - 1;
    let seal = Seal { log: log(), number, hash: EntryHash([7; 32]), signature: [5; 64] };
    OpenParcel { log: log(), first, entries, holes: Vec::new(), seal }
}

fn parcel() -> impl Strategy<Value = OpenParcel> {
    (1_u64..1_000_000, proptest::collection::vec(entry(), 1..30)).prop_map(|(first, entries)| parcel_of(first, entries))
}

fn alike(count: usize) -> Vec<OpenEntry> {
    let entry = |at: usize| OpenEntry {
        epoch: 1,
        hlc: Hlc { unix_ms: 1_700_000_000_000 + at as u64 * 3, counter: 0 },
        clock: ClockQuality::Local,
        kind: 1,
        record: Some(RecordId([at as u8; 16])),
        body: format!("surname Testova, number {at}").into_bytes(),
    };
    (0..count).map(entry).collect()
}

proptest! {
    #[test]
    fn a_parcel_comes_back(parcel in parcel(), level in 1..19) {
        let mut out = Vec::new();
        put_parcel(&mut out, &parcel, level).unwrap();
        prop_assert_eq!(decode_parcel(log(), &out), Ok(parcel));
    }

    #[test]
    fn a_parcel_comes_back_without_the_dictionary(parcel in parcel()) {
        let mut out = Vec::new();
        let coder = Coder { level: 3, dictionary: false };
        put_alone(&mut out, &Prepared::new(Box::new(parcel.clone())), coder).unwrap();
        prop_assert_eq!(out[0] & WITH_DICTIONARY, 0);
        prop_assert_eq!(decode_parcel(log(), &out), Ok(parcel));
    }

    #[test]
    fn any_bytes_are_answered(form in 0x20_u8..0x28, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let bytes = [&[form, 1], &bytes[..]].concat();
        let _ = decode_parcel(log(), &bytes);
        if let Ok(packed) = read_parcel(log(), &bytes, Some(&mut LogNames::default())) {
            let _ = packed.unpack(&vec![None; packed.needs().len()]);
        }
    }
}

#[test]
fn entries_that_are_alike_become_small() {
    let entries = alike(200);
    let plain: usize = entries.iter().map(|entry| entry.body.len() + 16).sum();
    let mut out = Vec::new();
    put_parcel(&mut out, &parcel_of(1, entries), 19).unwrap();
    // Of the ids, which are not compressed, 16 bytes each are left.
    assert!((out.len() - 200 * 16) * 8 < plain, "{} of {plain}", out.len());
}

fn head(form: u8) -> Vec<u8> {
    let mut out = vec![form, 1];
    out.extend_from_slice(&[1; 96]);
    out.push(0);
    out
}

#[test]
fn a_bomb_is_refused_before_it_unfolds() {
    let bomb = zstd::bulk::compress(&vec![0; 64 * 1024 * 1024], 19).unwrap();
    let stream = |stated: u64| {
        let mut out = head(FORM | ZSTD);
        put_number(&mut out, stated);
        out.extend_from_slice(&bomb[4..]);
        out
    };
    assert_eq!(decode_parcel(log(), &stream(64 * 1024 * 1024)), Err(Refusal::TooLarge("a parcel")));
    assert_eq!(decode_parcel(log(), &stream(1024)), Err(Refusal::BadCompression));
}

#[test]
fn forms_and_dictionaries_that_are_not_known_are_named() {
    for form in [0x11, 0x10, 0x28, FORM | WITH_DICTIONARY, 0xff] {
        assert_eq!(decode_parcel(log(), &head(form)), Err(Refusal::UnknownForm(form)));
    }
    let mut out = head(FORM | ZSTD | WITH_DICTIONARY);
    put_number(&mut out, 99);
    assert_eq!(decode_parcel(log(), &out), Err(Refusal::UnknownDictionary(99)));
}

#[test]
fn a_count_without_entries_allocates_nothing() {
    let mut columns = head(FORM);
    put_number(&mut columns, ENTRIES_MAX as u64);
    columns.push(0);
    assert_eq!(decode_parcel(log(), &columns), Err(Refusal::BadValue("the shape of an entry")));
    let mut columns = head(FORM);
    put_number(&mut columns, ENTRIES_MAX as u64 + 1);
    assert_eq!(decode_parcel(log(), &columns), Err(Refusal::TooLarge("the entries of a parcel")));
}

#[test]
fn more_than_a_frame_carries_is_not_packed() {
    let mut entries = alike(60);
    let mut noise = blake3::Hasher::new().finalize_xof();
    for entry in &mut entries {
        entry.body = vec![0; 90 * 1024];
        noise.fill(&mut entry.body);
    }
    assert_eq!(put_parcel(&mut Vec::new(), &parcel_of(1, entries.clone()), 3), Err(PackError::TooLarge));
    entries.truncate(20);
    assert_eq!(put_parcel(&mut Vec::new(), &parcel_of(1, entries), 3), Err(PackError::TooLarge));
    assert_eq!(put_parcel(&mut Vec::new(), &parcel_of(1, alike(ENTRIES_MAX + 1)), 3), Err(PackError::TooLarge));
}
