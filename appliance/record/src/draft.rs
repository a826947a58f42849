//! A record as somebody proposes it, before it is accepted.
//!
//! [`normalised`] tidies a draft and gives every value the type its field has; [`validate`] then says what
//! is wrong with it. The same two steps serve forms, the API and import, so that no door is easier than
//! another.

mod rules;
mod tidy;
mod values;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::schema::schema;
use crate::{Arg, Date, FieldNo, Kind, Reason, RecordId, Value, reason};

/// Most values a field that takes several can hold.
pub const VALUES_MAX: usize = 100;
/// Most bytes of text in one draft, so that its change fits the ledger's limit for one entry.
pub const DRAFT_BYTES_MAX: usize = 48 * 1024;

/// Values proposed for a record. A field that is absent is left as it is; a field with an empty list is
/// cleared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordDraft {
    /// The record to change, or `None` to create one.
    pub id: Option<RecordId>,
    /// Its kind (must agree with the stored one when changing).
    pub kind: Kind,
    /// Proposed values by field.
    pub fields: BTreeMap<FieldNo, Vec<Value>>,
}

impl RecordDraft {
    /// A draft without values.
    pub fn new(kind: Kind) -> Self {
        Self { id: None, kind, fields: BTreeMap::new() }
    }

    /// Adds a value to the field with this key; `false` when the kind has no such field.
    pub fn add(&mut self, key: &str, value: impl Into<Value>) -> bool {
        let Some(field) = schema(self.kind).by_key(key) else { return false };
        self.fields.entry(field.no).or_default().push(value.into());
        true
    }

    /// The values proposed for the field with this key; empty when it is absent, cleared or unknown.
    pub fn get(&self, key: &str) -> &[Value] {
        let values = schema(self.kind).by_key(key).and_then(|field| self.fields.get(&field.no));
        values.map_or(&[], Vec::as_slice)
    }

    /// The first value of the field with this key, if it is text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).first().and_then(Value::as_text)
    }
}

/// Whether a problem stops the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The draft is refused.
    Error,
    /// The draft is accepted; the person is told.
    Warning,
}

/// One thing wrong with a draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The field, or `None` when it concerns the whole record.
    pub field: Option<FieldNo>,
    /// Key of the message in the catalogues, e.g. `date-in-future`.
    pub code: String,
    /// English sentence: what is wrong and what to do.
    pub text: String,
    /// The same as data, for those who say it in other words.
    #[serde(skip)]
    pub reason: Option<Reason>,
    /// Whether it stops the record.
    pub severity: Severity,
}

impl Problem {
    fn error(field: Option<FieldNo>, code: &str, reason: Reason) -> Self {
        let text = reason.to_string();
        Self { field, code: code.into(), text, reason: Some(reason), severity: Severity::Error }
    }

    fn warning(field: Option<FieldNo>, code: &str, reason: Reason) -> Self {
        Self { severity: Severity::Warning, ..Self::error(field, code, reason) }
    }

    /// Completes the keys of the labels in its sentence.
    fn of(mut self, kind: Kind) -> Self {
        let args = self.reason.iter_mut().flat_map(|reason| reason.args.values_mut());
        let inner = args.flat_map(|arg| if let Arg::List(all) = arg { all.iter_mut().collect() } else { vec![arg] });
        for arg in inner {
            if let Arg::Label { label, .. } = arg {
                *label = format!("field-{}-{label}", kind.key());
            }
        }
        self
    }

    /// What it says, in English or as data.
    pub fn said(&self) -> Reason {
        self.reason.clone().unwrap_or_else(|| self.text.as_str().into())
    }
}

/// The draft as it will be stored: text in NFC without stray white space, values in the type of their
/// field, empty and repeated values dropped. Values keep the spelling in which they were entered; what
/// cannot be read as its field's type stays text, for [`validate`] to refuse.
pub fn normalised(draft: RecordDraft) -> RecordDraft {
    let fields = draft.fields.into_iter().map(|(no, values)| match schema(draft.kind).field(no) {
        Some(field) => (no, tidy::values(field, values)),
        None => (no, values),
    });
    RecordDraft { id: draft.id, kind: draft.kind, fields: fields.collect() }
}

/// Everything wrong with a normalised draft. It is refused when any problem is an error. `today` is the
/// date as `YYYY-MM-DD`; `creating` asks for the fields a new record must have.
///
/// Check digits, dates of events in the future and numbers that cannot be looked up are warnings: real
/// data contains errors, and clocks of machines without a network do too.
pub fn validate(draft: &RecordDraft, today: &str, creating: bool) -> Vec<Problem> {
    let today: Option<Date> = today.parse().ok();
    let mut problems = Vec::new();
    for (no, values) in &draft.fields {
        match schema(draft.kind).field(*no) {
            Some(field) => problems.extend(values::problems(field, values, today)),
            None => problems.push(Problem::error(
                Some(*no),
                "unknown-field",
                reason!("problem-unknown-field", kind = draft.kind.key(), number = no.0),
            )),
        }
    }
    problems.extend(rules::required(draft, creating));
    problems.extend(rules::substance(draft, creating));
    problems.extend(rules::order_of_dates(draft));
    problems.extend(rules::grade(draft, creating));
    problems.extend(rules::ends_of_link(draft));
    problems.extend(rules::size(draft));
    problems.into_iter().map(|problem| problem.of(draft.kind)).collect()
}

/// Whether none of the problems stops the record.
pub fn acceptable(problems: &[Problem]) -> bool {
    problems.iter().all(|problem| problem.severity == Severity::Warning)
}

#[cfg(test)]
mod tests;
