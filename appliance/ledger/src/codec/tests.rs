use cairn_record::Value;
use proptest::prelude::*;

use super::wire::{Reader, put_number};
use super::*;

fn record() -> RecordId {
    RecordId([7; 16])
}

fn change(deps: Vec<EntryRef>, ops: Vec<Op>) -> RecordChange {
    RecordChange { record: record(), kind: Kind::Vehicle, deps, ops }
}

fn set(field: u16, value: impl Into<Value>) -> Op {
    Op { field: FieldNo(field), action: Action::Set(value.into()) }
}

fn include(field: u16, element: impl Into<Value>) -> Op {
    Op { field: FieldNo(field), action: Action::Include(element.into()) }
}

fn any_value(text: &'static str) -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<[u8; 16]>().prop_map(|id| Value::Record(RecordId(id))),
        text.prop_map(Value::Text),
    ]
}

fn any_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        any_value("\\PC{0,40}").prop_map(Action::Set),
        Just(Action::Clear),
        any_value("\\PC{0,20}").prop_map(Action::Include),
        any_value("\\PC{0,20}").prop_map(Action::Exclude),
    ]
}

fn any_change() -> impl Strategy<Value = RecordChange> {
    let ops = prop::collection::vec((any::<u16>(), any_action()), 1..12);
    let deps = prop::collection::btree_set(any::<[u8; 16]>(), 0..4);
    (any::<[u8; 16]>(), prop::sample::select(&Kind::ALL[..]), deps, ops).prop_map(|(id, kind, deps, ops)| {
        let mut ops: Vec<Op> = ops.into_iter().map(|(field, action)| Op { field: FieldNo(field), action }).collect();
        ops.sort_by(|one, other| one.key().cmp(&other.key()));
        ops.dedup_by(|one, other| one.key() == other.key());
        RecordChange { record: RecordId(id), kind, deps: deps.into_iter().map(EntryRef).collect(), ops }
    })
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(change in any_change()) {
        let bytes = encode(&change).unwrap();
        prop_assert_eq!(decode(&bytes), Ok(change));
    }

    #[test]
    fn whatever_is_accepted_has_these_bytes_and_no_others(change in any_change(), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut bytes = encode(&change).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(other) = decode(&bytes) {
            prop_assert_ne!(&other, &change);
            prop_assert_eq!(encode(&other).unwrap(), bytes);
        }
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(change) = decode(&bytes) {
            prop_assert_eq!(encode(&change).unwrap(), bytes);
        }
    }

    #[test]
    fn a_change_that_is_cut_short_is_refused(change in any_change(), cut in any::<prop::sample::Index>()) {
        let bytes = encode(&change).unwrap();
        prop_assert_eq!(decode(&bytes[..cut.index(bytes.len())]), Err(CodecError::Truncated));
    }

    #[test]
    fn numbers_have_one_form(number in any::<u64>()) {
        let mut bytes = Vec::new();
        put_number(&mut bytes, number);
        prop_assert_eq!(Reader(&bytes).number(), Ok(number));
    }
}

#[test]
fn an_edit_of_two_fields_is_small() {
    let edit = change(vec![EntryRef([9; 16])], vec![set(33, "grey"), set(40, "2026-11-23")]);
    let bytes = encode(&edit).unwrap();
    assert!(bytes.len() <= 60, "{} bytes", bytes.len());
}

#[test]
fn the_bytes_are_as_the_format_page_says() {
    let edit = change(vec![EntryRef([9; 16])], vec![set(33, "ab"), include(34, Value::Int(-2))]);
    let mut expected = vec![1];
    expected.extend([7; 16]);
    expected.extend([3, 1]);
    expected.extend([9; 16]);
    expected.extend([2, 5 << 2, 33, 2, b'a', b'b', 3 << 2 | 2, 34, 3]);
    assert_eq!(encode(&edit).unwrap(), expected);
}

#[test]
fn limits_hold_both_ways() {
    let cases = [
        (change(vec![], vec![]), CodecError::NoOps),
        (change(vec![], vec![set(2, "b"), set(1, "a")]), CodecError::OpsOutOfOrder),
        (change(vec![], vec![set(1, "b"), set(1, "a")]), CodecError::OpsOutOfOrder),
        (change(vec![EntryRef([1; 16]); 2], vec![set(1, "a")]), CodecError::DepsOutOfOrder),
        (change(many_deps(DEPS_MAX + 1), vec![set(1, "a")]), CodecError::TooManyDeps),
        (change(vec![], (0..=OPS_MAX as u16).map(|field| set(field, "a")).collect()), CodecError::TooManyOps),
        (change(vec![], vec![set(1, &*"x".repeat(TEXT_BYTES_MAX + 1))]), CodecError::TextTooLong),
        (change(vec![], vec![include(1, &*"x".repeat(ELEMENT_BYTES_MAX + 1))]), CodecError::TextTooLong),
        (change(vec![], (1..3).map(|field| set(field, &*"x".repeat(40_000))).collect()), CodecError::TooLong),
    ];
    for (change, refusal) in cases {
        assert_eq!(encode(&change), Err(refusal));
    }
    let largest = change(many_deps(DEPS_MAX), (0..OPS_MAX as u16).map(|field| set(field, "a")).collect());
    assert_eq!(decode(&encode(&largest).unwrap()), Ok(largest));
}

fn many_deps(count: usize) -> Vec<EntryRef> {
    (0..count as u128).map(|number| EntryRef(number.to_be_bytes())).collect()
}

/// Bytes that no honest encoder writes, each with the refusal it must meet.
#[test]
fn hostile_bytes_are_refused_by_name() {
    let start = |kind: u8| [&[1][..], &[7; 16], &[kind]].concat();
    let with = |tail: &[u8]| [&start(3)[..], tail].concat();
    let cases: [(Vec<u8>, CodecError); 18] = [
        (vec![], CodecError::Truncated),
        (vec![2], CodecError::UnknownFormat(2)),
        (start(0), CodecError::UnknownKind(0)),
        (start(11), CodecError::UnknownKind(11)),
        (with(&[0xff; 10]), CodecError::BadNumber),
        (with(&[0x80, 0x00]), CodecError::BadNumber),
        (with(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]), CodecError::TooManyDeps),
        (with(&[0, 0xff, 0xff, 0xff, 0xff, 0x0f]), CodecError::TooManyOps),
        (with(&[0, 0]), CodecError::NoOps),
        (with(&[0, 1, 0, 1]), CodecError::UnknownOp(0)),
        (with(&[0, 1, 1 << 2 | 1, 1]), CodecError::UnknownOp(0)),
        (with(&[0, 1, 6 << 2, 1]), CodecError::UnknownOp(0)),
        (with(&[0, 1, 0x80, 1]), CodecError::UnknownOp(0)),
        (with(&[0, 1, 1 << 2, 0x80, 0x80, 0x04]), CodecError::BadNumber),
        (with(&[0, 1, 5 << 2, 1, 0xff, 0xff, 0xff, 0x7f]), CodecError::TextTooLong),
        (with(&[0, 1, 5 << 2, 1, 2, 0xc3, 0x28]), CodecError::BadText),
        (with(&[0, 1, 1 << 2, 1, 0]), CodecError::Trailing),
        (vec![1; CHANGE_BYTES_MAX + 1], CodecError::TooLong),
    ];
    for (bytes, refusal) in cases {
        assert_eq!(decode(&bytes), Err(refusal), "{bytes:x?}");
    }
}
