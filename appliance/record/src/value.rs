//! One value of one field.

use serde::{Deserialize, Deserializer, Serialize};

use crate::RecordId;

/// A value as it is stored, sent and compared. Dates are text in ISO 8601, possibly shortened to a
/// month or a year (`2021`, `2021-02`, `2021-02-28`); times are `2021-02-28T14:02` local to the holder.
///
/// In JSON a value is a boolean, a number or a string. A string in the exact form in which a record id is
/// written (lower case, with hyphens) reads as [`Value::Record`]; [`crate::normalised`] puts right what
/// the field's type says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
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

    /// The text, if the value is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The other record, if the value is one.
    pub fn as_record(&self) -> Option<RecordId> {
        match self {
            Self::Record(id) => Some(*id),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<RecordId> for Value {
    fn from(id: RecordId) -> Self {
        Self::Record(id)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Plain {
            Bool(bool),
            Int(i64),
            Text(String),
        }
        Ok(match Plain::deserialize(from)? {
            Plain::Bool(yes) => Self::Bool(yes),
            Plain::Int(number) => Self::Int(number),
            Plain::Text(text) => match text.parse::<RecordId>() {
                // Only the exact form: 32 hexadecimal digits may just as well be a serial number.
                Ok(id) if id.to_string() == text => Self::Record(id),
                _ => Self::Text(text),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_gives_back_the_same_value() {
        let id = RecordId::derived(b"row 1");
        for value in [Value::Bool(true), Value::Int(-7), Value::from("RH29 YFL"), Value::Record(id)] {
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value, "{json}");
        }
    }

    #[test]
    fn a_serial_number_of_32_hexadecimal_digits_stays_text() {
        let serial = "0123456789abcdef0123456789abcdef";
        assert_eq!(serde_json::from_str::<Value>(&format!("\"{serial}\"")).unwrap(), Value::from(serial));
    }
}
