use super::*;
use cairn_ledger::{Incarnation, Lane, LogKey, ReplicaId, SpaceId};
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

fn parcel() -> impl Strategy<Value = OpenParcel> {
    (1_u64..1_000_000, proptest::collection::vec(entry(), 1..30), any::<[u8; 32]>()).prop_map(
        |(first, entries, hash)| {
            let number = first + entries.len() as u64 - 1;
            let seal = Seal { log: log(), number, hash: EntryHash(hash), signature: [5; 64] };
            OpenParcel { log: log(), first, entries, seal }
        },
    )
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
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_parcel(log(), &bytes);
        let _ = decode_columns(&bytes);
    }

    #[test]
    fn changed_bytes_are_answered(parcel in parcel(), at: prop::sample::Index, flip in 1_u8..) {
        let mut out = Vec::new();
        put_parcel(&mut out, &parcel, 3).unwrap();
        let at = at.index(out.len());
        out[at] ^= flip;
        let _ = decode_parcel(log(), &out);
    }

    #[test]
    fn columns_have_one_form(bytes in proptest::collection::vec(0_u8..3, 8..40)) {
        if let Ok(entries) = decode_columns(&bytes) {
            prop_assert_eq!(encode_columns(&entries), Ok(bytes));
        }
    }
}

#[test]
fn entries_that_are_alike_become_small() {
    let entries = alike(200);
    let plain = encode_columns(&entries).unwrap().len();
    let seal = Seal { log: log(), number: 200, hash: EntryHash([0; 32]), signature: [0; 64] };
    let mut out = Vec::new();
    put_parcel(&mut out, &OpenParcel { log: log(), first: 1, entries, seal }, 19).unwrap();
    assert!(out.len() * 4 < plain, "{} of {plain}", out.len());
}

#[test]
fn a_bomb_is_refused_before_it_unfolds() {
    let bomb = zstd::bulk::compress(&vec![0; 64 * 1024 * 1024], 19).unwrap();
    let stream = |stated: u64| {
        let mut out = vec![1];
        out.extend_from_slice(&[0; 96]);
        out.push(FORM_ZSTD);
        put_number(&mut out, stated);
        out.extend_from_slice(&bomb);
        out
    };
    assert_eq!(decode_parcel(log(), &stream(64 * 1024 * 1024)), Err(Refusal::TooLarge("a parcel")));
    assert_eq!(decode_parcel(log(), &stream(1024)), Err(Refusal::BadCompression));
}

#[test]
fn an_unknown_form_is_named() {
    let mut out = vec![1];
    out.extend_from_slice(&[0; 96]);
    out.push(0x20);
    assert_eq!(decode_parcel(log(), &out), Err(Refusal::UnknownForm(0x20)));
}

#[test]
fn a_count_without_entries_allocates_nothing() {
    let mut columns = Vec::new();
    put_number(&mut columns, ENTRIES_MAX as u64);
    assert_eq!(decode_columns(&columns), Err(Refusal::BadValue("the number of entries of a parcel")));
}

#[test]
fn a_seal_of_another_entry_is_not_packed() {
    let seal = Seal { log: log(), number: 4, hash: EntryHash([0; 32]), signature: [0; 64] };
    let parcel = OpenParcel { log: log(), first: 1, entries: alike(3), seal };
    assert_eq!(put_parcel(&mut Vec::new(), &parcel, 3), Err(PackError::Inconsistent));
}

#[test]
fn more_than_a_frame_carries_is_not_packed() {
    let mut entries = alike(60);
    let mut noise = blake3::Hasher::new().finalize_xof();
    for entry in &mut entries {
        entry.body = vec![0; 90 * 1024];
        noise.fill(&mut entry.body);
    }
    let seal = Seal { log: log(), number: 60, hash: EntryHash([0; 32]), signature: [0; 64] };
    let parcel = OpenParcel { log: log(), first: 1, entries: entries.clone(), seal };
    assert_eq!(put_parcel(&mut Vec::new(), &parcel, 3), Err(PackError::TooLarge));
    let seal = Seal { log: log(), number: 20, hash: EntryHash([0; 32]), signature: [0; 64] };
    let parcel = OpenParcel { log: log(), first: 1, entries: entries[..20].to_vec(), seal };
    assert_eq!(put_parcel(&mut Vec::new(), &parcel, 3), Err(PackError::TooLarge));
}
