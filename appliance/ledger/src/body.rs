//! What is inside a sealed body: who wrote it, why, and the payload of its kind.

use cairn_record::RecordId;

use crate::entry::MAX_BODY_LEN;
use crate::wire::{DecodeError, Reader, put_text};

/// Most characters in a user's name or display name.
pub const MAX_NAME_CHARS: usize = 64;
/// Most characters in a purpose.
pub const MAX_PURPOSE_CHARS: usize = 200;
/// Largest encoded body in bytes: what is left of a sealed body after nonce and authenticator.
pub const MAX_PLAIN_LEN: usize = MAX_BODY_LEN - crate::crypto::SEALING_OVERHEAD;

const VERSION: u8 = 1;

/// Who wrote an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Author {
    /// Sign-in name; empty when the machine itself wrote.
    pub user: String,
    /// Name as colleagues know it.
    pub display: String,
    /// Role at the time of writing, as the casebook numbers roles; 0 for the machine.
    pub role: u8,
}

/// The plaintext of an entry's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Who wrote it.
    pub author: Author,
    /// Why, where the law asks. Never an empty text.
    pub purpose: Option<String>,
    /// The record that the entry concerns; the header carries a keyed hash of it.
    pub record: Option<RecordId>,
    /// By kind: a record change, a statement, an audit event …
    pub payload: Vec<u8>,
}

/// A body that cannot be written. Nothing was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// A name is too long.
    #[error("a name is longer than {MAX_NAME_CHARS} characters; nothing was saved")]
    NameTooLong,
    /// The purpose is empty or too long.
    #[error("a purpose must have 1 to {MAX_PURPOSE_CHARS} characters; nothing was saved")]
    BadPurpose,
    /// The whole body is too large.
    #[error("the content is {0} bytes, more than the {MAX_PLAIN_LEN} that one entry may hold; nothing was saved")]
    TooLarge(usize),
}

impl Body {
    /// The one encoding of this body.
    pub fn encode(&self) -> Result<Vec<u8>, BodyError> {
        if [&self.author.user, &self.author.display].iter().any(|name| name.chars().count() > MAX_NAME_CHARS) {
            return Err(BodyError::NameTooLong);
        }
        let purpose = self.purpose.as_deref().unwrap_or_default();
        if purpose.chars().count() > MAX_PURPOSE_CHARS || (self.purpose.is_some() && purpose.is_empty()) {
            return Err(BodyError::BadPurpose);
        }
        let mut out = Vec::with_capacity(16 + self.payload.len());
        out.push(VERSION);
        put_text(&mut out, &self.author.user, MAX_NAME_CHARS);
        put_text(&mut out, &self.author.display, MAX_NAME_CHARS);
        out.push(self.author.role);
        put_text(&mut out, purpose, MAX_PURPOSE_CHARS);
        out.push(u8::from(self.record.is_some()));
        if let Some(record) = &self.record {
            out.extend_from_slice(&record.0);
        }
        out.extend_from_slice(&self.payload);
        if out.len() > MAX_PLAIN_LEN { Err(BodyError::TooLarge(out.len())) } else { Ok(out) }
    }

    /// Reads what [`Body::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_PLAIN_LEN {
            return Err(DecodeError::TooLong("a body", MAX_PLAIN_LEN));
        }
        let mut reader = Reader::new(bytes, "a body");
        match reader.u8()? {
            VERSION => {}
            other => return Err(DecodeError::Version("a body", other)),
        }
        let user = reader.text("the author of a body", MAX_NAME_CHARS)?;
        let display = reader.text("the author of a body", MAX_NAME_CHARS)?;
        let role = reader.u8()?;
        let purpose = Some(reader.text("the purpose of a body", MAX_PURPOSE_CHARS)?).filter(|text| !text.is_empty());
        let record = match reader.u8()? {
            0 => None,
            1 => Some(RecordId(reader.array()?)),
            _ => return Err(DecodeError::BadValue("the record flag of a body")),
        };
        Ok(Self { author: Author { user, display, role }, purpose, record, payload: reader.rest().to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body() -> impl Strategy<Value = Body> {
        let purpose = proptest::option::of("[a-zé ]{1,200}");
        let record = proptest::option::of(any::<[u8; 16]>().prop_map(RecordId));
        ("\\PC{0,64}", "\\PC{0,64}", any::<u8>(), purpose, record, proptest::collection::vec(any::<u8>(), 0..300))
            .prop_map(|(user, display, role, purpose, record, payload)| Body {
                author: Author { user, display, role },
                purpose,
                record,
                payload,
            })
    }

    proptest! {
        #[test]
        fn a_body_comes_back(body in body()) {
            let bytes = body.encode().unwrap();
            prop_assert_eq!(Body::decode(&bytes).unwrap(), body);
        }

        #[test]
        fn bytes_that_decode_are_canonical(bytes in proptest::collection::vec(0u8..4, 0..40)) {
            if let Ok(body) = Body::decode(&bytes) {
                prop_assert_eq!(body.encode().unwrap(), bytes);
            }
        }
    }

    #[test]
    fn limits_are_named() {
        let mut body = Body { author: Author::default(), purpose: None, record: None, payload: vec![0; MAX_PLAIN_LEN] };
        assert_eq!(body.encode(), Err(BodyError::TooLarge(MAX_PLAIN_LEN + 9)));
        body.payload.clear();
        body.purpose = Some(String::new());
        assert_eq!(body.encode(), Err(BodyError::BadPurpose));
        body.purpose = None;
        body.author.user = "x".repeat(65);
        assert_eq!(body.encode(), Err(BodyError::NameTooLong));
    }
}
