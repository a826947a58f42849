//! A record as somebody proposes it, before it is accepted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{FieldNo, Kind, RecordId, Value};

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
    /// Whether it stops the record.
    pub severity: Severity,
}
