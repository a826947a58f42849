//! One value of one field.

use serde::{Deserialize, Serialize};

use crate::RecordId;

/// A value as it is stored, sent and compared. Dates are text in ISO 8601, possibly shortened to a
/// month or a year (`2021`, `2021-02`, `2021-02-28`); times are `2021-02-28T14:02` local to the holder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another record.
    Record(RecordId),
    /// Text, at most the field's limit.
    Text(String),
}

impl Value {
    /// The value as a person reads it.
    pub fn to_text(&self) -> String {
        match self {
            Self::Bool(true) => "yes".into(),
            Self::Bool(false) => "no".into(),
            Self::Int(number) => number.to_string(),
            Self::Record(id) => id.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}
