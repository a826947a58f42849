use proptest::prelude::*;

use super::*;

const TODAY: &str = "2026-11-23";

fn draft(kind: Kind, values: &[(&str, &str)]) -> RecordDraft {
    let mut draft = RecordDraft::new(kind);
    for (key, text) in values {
        assert!(draft.add(key, *text), "{kind:?} has no field {key}");
    }
    draft
}

/// The codes of what is wrong with a new record; warnings in brackets.
#[track_caller]
fn check(kind: Kind, values: &[(&str, &str)], expected: &[&str]) {
    let problems = validate(&normalised(draft(kind, values)), TODAY, true);
    let codes: Vec<String> = problems
        .iter()
        .map(|problem| match problem.severity {
            Severity::Error => problem.code.clone(),
            Severity::Warning => format!("({})", problem.code),
        })
        .collect();
    assert_eq!(codes, expected, "{values:?}");
    assert_eq!(acceptable(&problems), !expected.iter().any(|code| !code.starts_with('(')));
}

#[test]
fn a_plain_record_has_no_problems() {
    check(Kind::Person, &[("surname", "Fairfax"), ("date_of_birth", "1997-04-08"), ("gender", "Male")], &[]);
    check(Kind::Vehicle, &[("plate", "RH-29Y-FL"), ("plate_country", "gb"), ("colour", "green")], &[]);
    check(Kind::Event, &[("event_kind", "stop"), ("occurred", "2026-02-28 14:02:00")], &[]);
}

#[test]
fn what_is_missing_is_named() {
    check(Kind::Person, &[("date_of_birth", "1997")], &["says-nothing"]);
    check(Kind::Document, &[("document_kind", "passport")], &["required"]);
    check(Kind::Marker, &[("reason", "seen with a pistol")], &["required", "required"]);
}

#[test]
fn dates_of_a_life_are_held_to_it() {
    let born = |date| [("surname", "Fairfax"), ("date_of_birth", date)];
    check(Kind::Person, &born("2026-11-24"), &["date-in-future"]);
    check(Kind::Person, &born("2026-11-23"), &["date-is-today"]);
    check(Kind::Person, &born("1905-01-01"), &["date-too-old"]);
    check(Kind::Person, &born("31/02/1990"), &["not-a-date"]);
    check(Kind::Person, &[("surname", "A"), ("date_of_birth", "1990-02"), ("date_of_death", "1990")], &[]);
    check(
        Kind::Person,
        &[("surname", "A"), ("date_of_birth", "1990"), ("date_of_death", "1989-12")],
        &["dates-out-of-order"],
    );
}

#[test]
fn slips_and_check_digits_only_warn() {
    check(Kind::Event, &[("event_kind", "crime"), ("occurred", "2027-01-01")], &["(date-in-future)"]);
    check(Kind::Vehicle, &[("vin", "WVWZZZ1JZXW000001")], &["(vin-check-digit)"]);
    check(Kind::Vehicle, &[("vin", "WVWZZZ1JZX")], &["(vin-form)"]);
    check(Kind::Phone, &[("number", "not given")], &["(phone-unreadable)"]);
    check(Kind::Phone, &[("number", "112"), ("imei", "490154203237517")], &["(imei-check-digit)"]);
}

#[test]
fn values_must_fit_their_field() {
    check(Kind::Vehicle, &[("plate", "RH29YFL"), ("colour", "sparkling")], &["not-a-code"]);
    check(Kind::Vehicle, &[("plate", "---")], &["no-plate"]);
    check(Kind::Person, &[("surname", "A"), ("nationality", "Atlantis")], &["too-long"]);
    check(Kind::Person, &[("surname", "A"), ("nationality", "ZZZ")], &["not-a-country"]);
    check(Kind::Person, &[("surname", &"x".repeat(71))], &["too-long"]);
    check(Kind::Person, &[("surname", "A"), ("surname", "B")], &["only-one"]);
    check(Kind::Person, &[("surname", "A"), ("height_cm", "tall")], &["not-a-number"]);
    check(Kind::Location, &[("address", "1 Mill Lane"), ("latitude", "+91")], &["not-a-position"]);
    check(Kind::Location, &[("latitude", "+41.9981"), ("longitude", "21.4254")], &[]);
}

#[test]
fn grades_belong_to_their_scheme() {
    let person = |grade: &[(&'static str, &'static str)]| [&[("surname", "A")], grade].concat();
    check(Kind::Person, &person(&[("grade_source", "B")]), &["grade-scheme"]);
    check(Kind::Person, &person(&[("grade_scheme", "3x5x2"), ("grade_source", "1"), ("grade_information", "A")]), &[]);
    check(Kind::Person, &person(&[("grade_scheme", "3x5x2"), ("grade_source", "B")]), &["grade-of-other-scheme"]);
    check(Kind::Person, &person(&[("grade_scheme", "3x5x2"), ("grade_source", "3")]), &["grade-reason"]);
    check(Kind::Person, &person(&[("grade_scheme", "3x5x2"), ("handling", "C")]), &["handling-conditions"]);
}

#[test]
fn a_link_joins_two_records() {
    let id = RecordId::derived(b"a").to_string();
    check(Kind::Link, &[("from", &id), ("to", &id), ("relation", "driver")], &["link-to-itself"]);
    check(Kind::Link, &[("from", &id), ("to", "somewhere"), ("relation", "driver")], &["not-a-record"]);
}

#[test]
fn a_change_may_leave_fields_out_but_not_clear_required_ones() {
    let mut change = RecordDraft::new(Kind::Document);
    assert!(validate(&change, TODAY, false).is_empty());
    change.fields.insert(schema(Kind::Document).by_key("number").unwrap().no, Vec::new());
    assert_eq!(validate(&change, TODAY, false)[0].code, "required");
}

#[test]
fn too_much_text_for_one_entry_is_refused() {
    let long = "ж".repeat(9_000);
    check(Kind::Report, &[("title", "A"), ("text", &long), ("remarks", &long)], &[]);
    let longest = "\u{1F697}".repeat(9_000);
    check(Kind::Report, &[("title", "A"), ("text", &longest), ("remarks", &longest)], &["record-too-large"]);
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<String>().prop_map(Value::Text),
        "[0-9]{2,4}[-/ T:][0-9]{2}[-/ T:][0-9]{2}([T ][0-9:]{0,8})?".prop_map(Value::Text),
        any::<i64>().prop_map(Value::Int),
        any::<bool>().prop_map(Value::Bool),
        any::<[u8; 16]>().prop_map(|bytes| Value::Record(RecordId(bytes))),
    ]
}

proptest! {
    #[test]
    fn any_draft_is_answered_and_tidying_twice_is_the_same_as_once(
        kind in 0usize..10,
        fields in proptest::collection::btree_map(0u16..60, proptest::collection::vec(any_value(), 0..4), 0..12),
        today in prop_oneof![Just(TODAY.to_owned()), any::<String>()],
    ) {
        let fields = fields.into_iter().map(|(no, values)| (FieldNo(no), values)).collect();
        let draft = RecordDraft { id: None, kind: Kind::ALL[kind], fields };
        let _ = validate(&draft, &today, true);
        let once = normalised(draft);
        let _ = validate(&once, &today, false);
        let _ = crate::title(once.kind, &once.fields);
        let _ = crate::searchable(once.kind, &once.fields);
        let _ = crate::identifiers(once.kind, &once.fields, Some("MKD"));
        prop_assert_eq!(normalised(once.clone()), once);
    }
}
