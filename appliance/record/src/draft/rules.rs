//! Rules about several fields of a draft together.

use super::{DRAFT_BYTES_MAX, Problem, RecordDraft};
use crate::grade::{self, meaning};
use crate::schema::schema;
use crate::{Arg, FieldNo, Kind, Value, reason};

/// Fields that a record must have: all of them when it is created, and none may be cleared later.
pub(super) fn required(draft: &RecordDraft, creating: bool) -> Vec<Problem> {
    let missing = |no: &FieldNo| draft.fields.get(no).map_or(creating, Vec::is_empty);
    schema(draft.kind)
        .fields
        .iter()
        .filter(|field| field.required && missing(&field.no))
        .map(|field| Problem::error(Some(field.no), "required", reason!("problem-required", field = field)))
        .collect()
}

/// A new record must say something about the thing: an empty person helps nobody and matches everybody.
pub(super) fn substance(draft: &RecordDraft, creating: bool) -> Option<Problem> {
    let any_of: &[&str] = match draft.kind {
        Kind::Person => &["surname", "forenames", "alias", "national_number", "description", "marks"],
        Kind::Vehicle => &["plate", "other_plates", "vin", "make_model", "description"],
        Kind::Location => &["address", "place", "latitude", "description"],
        _ => return None,
    };
    let empty = any_of.iter().all(|key| draft.get(key).is_empty());
    let labels = any_of.iter().filter_map(|key| schema(draft.kind).by_key(key)).map(Arg::from).collect();
    let text = reason!("problem-says-nothing", fields = Arg::List(labels));
    (creating && empty).then(|| Problem::error(None, "says-nothing", text))
}

/// Pairs of dates of which the first cannot be later.
const ORDERED: &[(&str, &str)] = &[
    ("date_of_birth", "date_of_death"),
    ("holder_date_of_birth", "issued_on"),
    ("issued_on", "valid_until"),
    ("occurred", "ended"),
    ("about_from", "about_until"),
    ("set_on", "expires_on"),
    ("since", "until"),
];

pub(super) fn order_of_dates(draft: &RecordDraft) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (first, second) in ORDERED {
        let (Some(from), Some(until)) = (draft.text(first), draft.text(second)) else { continue };
        // Of a month or year and a day within it neither is later.
        let common = from.len().min(until.len());
        let later = from.is_ascii() && until.is_ascii() && from[..common] > until[..common];
        let fields = schema(draft.kind);
        if let (true, Some(from), Some(until)) = (later, fields.by_key(first), fields.by_key(second)) {
            let text = reason!("problem-dates-out-of-order", until = until, from = from);
            problems.push(Problem::error(Some(until.no), "dates-out-of-order", text));
        }
    }
    problems
}

/// A grade means something only with its scheme, and some grades need a reason.
pub(super) fn grade(draft: &RecordDraft, creating: bool) -> Vec<Problem> {
    let number = |key: &str| schema(draft.kind).by_key(key).map(|field| field.no);
    let graded = ["grade_source", "grade_information"].iter().any(|key| !draft.get(key).is_empty());
    let Some(scheme) = draft.text("grade_scheme") else {
        let text = reason!("problem-grade-scheme");
        let alone = graded && creating;
        return alone.then(|| Problem::error(number("grade_scheme"), "grade-scheme", text)).into_iter().collect();
    };
    let Some(scheme) = grade::scheme(scheme) else { return Vec::new() };
    let mut problems = Vec::new();
    for (key, list) in [("grade_source", scheme.source), ("grade_information", scheme.information)] {
        if let Some(code) = draft.text(key).filter(|code| meaning(list, code).is_none()) {
            let text = reason!("problem-grade-of-other-scheme", scheme = scheme.key, code = code);
            problems.push(Problem::error(number(key), "grade-of-other-scheme", text));
        }
    }
    let codes = ["grade_source", "grade_information"].map(|key| draft.text(key));
    if codes.into_iter().flatten().any(|code| scheme.reason_required.contains(&code))
        && draft.get("grade_reason").is_empty()
    {
        let text = reason!("problem-grade-reason");
        problems.push(Problem::error(number("grade_reason"), "grade-reason", text));
    }
    let conditional = draft.get("handling").iter().any(|code| {
        code.as_text()
            .is_some_and(|code| scheme.conditions_required.iter().any(|known| known.eq_ignore_ascii_case(code)))
    });
    if conditional && draft.get("handling_conditions").is_empty() {
        let text = reason!("problem-handling-conditions");
        problems.push(Problem::error(number("handling_conditions"), "handling-conditions", text));
    }
    problems
}

/// A link joins two records.
pub(super) fn ends_of_link(draft: &RecordDraft) -> Option<Problem> {
    let (from, to) = (draft.get("from").first()?, draft.get("to").first()?);
    let no = schema(draft.kind).by_key("to").map(|field| field.no);
    let text = reason!("problem-link-to-itself");
    (draft.kind == Kind::Link && from == to).then(|| Problem::error(no, "link-to-itself", text))
}

/// The change must fit the ledger's limit for one entry.
pub(super) fn size(draft: &RecordDraft) -> Option<Problem> {
    let bytes: usize = draft.fields.values().flatten().map(value_bytes).sum();
    let text = reason!("problem-record-too-large", bytes = bytes, most = DRAFT_BYTES_MAX);
    (bytes > DRAFT_BYTES_MAX).then(|| Problem::error(None, "record-too-large", text))
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        _ => 16,
    }
}
