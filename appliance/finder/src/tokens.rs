//! What a record can be found by.

use std::collections::BTreeSet;

use cairn_record::schema::{Field, schema};
use cairn_record::{FieldType, Kind, RecordId, Value, normalise};

use crate::record::{IndexedRecord, SpaceKey};
use crate::words;

/// Most different words of one record that are kept; a record at the limits of all its fields stays below.
const WORDS_MAX: usize = 20_000;
/// Longest name of a holder in bytes.
const HOLDER_BYTES_MAX: usize = 200;
/// Shortest identifier for which look-alikes are searched.
const LOOKALIKE_CHARS_MIN: usize = 4;
/// Digits at the end of a telephone number that are compared when its country is not known.
const PHONE_TAIL_DIGITS: usize = 8;

/// A record in the forms in which it is searched: all that the index keeps of it.
#[derive(Debug)]
pub(crate) struct Findable {
    pub(crate) record: RecordId,
    pub(crate) kind: Kind,
    pub(crate) space: SpaceKey,
    pub(crate) holder: String,
    /// Seconds since 1970: finer time would only make the index larger.
    pub(crate) recorded_s: u64,
    pub(crate) tokens: Tokens,
}

/// The words and forms, each once.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// Every word, those of names and identifiers included.
    pub(crate) words: BTreeSet<String>,
    /// Words of names.
    pub(crate) names: BTreeSet<String>,
    /// Sound forms of the words of names.
    pub(crate) sounds: BTreeSet<String>,
    /// Identifiers in the form in which they are compared.
    pub(crate) identifiers: BTreeSet<String>,
    /// Forms that identifiers that look alike share.
    pub(crate) lookalikes: BTreeSet<String>,
}

/// What a text means if it is an identifier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct IdentifierForms {
    pub(crate) exact: Vec<String>,
    pub(crate) lookalikes: Vec<String>,
}

impl From<IndexedRecord> for Findable {
    fn from(record: IndexedRecord) -> Self {
        let mut tokens = Tokens::default();
        for field in schema(record.kind).fields {
            let values = record.fields.get(&field.no).into_iter().flatten();
            values.for_each(|value| tokens.add(field, value));
        }
        Self {
            record: record.record,
            kind: record.kind,
            space: record.space,
            holder: cut_to_bytes(record.holder, HOLDER_BYTES_MAX),
            recorded_s: record.recorded_ms / 1000,
            tokens,
        }
    }
}

impl Tokens {
    fn add(&mut self, field: &Field, value: &Value) {
        let Value::Text(text) = value else { return };
        match field.holds {
            FieldType::Date | FieldType::DateTime => self.add_words(words::date_words(text)),
            _ if !field.searched => {}
            FieldType::Name => self.add_name(text),
            FieldType::Plate | FieldType::Phone | FieldType::DocumentNumber | FieldType::Vin => {
                self.add_identifier(text)
            }
            _ => self.add_text(text),
        }
    }

    fn add_text(&mut self, text: &str) {
        for word in words::words(text) {
            if word.contains('-') {
                self.add_words(words::date_words(&word));
            }
            self.add_words([word]);
        }
    }

    fn add_name(&mut self, name: &str) {
        self.add_text(name);
        // A name is also found with its initials joined: "J.R. Hartwell" by "jr".
        for word in words::words(name).into_iter().chain(normalise::name_tokens(name)) {
            self.sounds.extend(words::sounds(&word));
            self.names.insert(word.clone());
            self.add_words([word]);
        }
    }

    fn add_identifier(&mut self, text: &str) {
        let forms = IdentifierForms::of(text);
        self.add_text(text);
        // As words too, so that the first characters of a plate find it.
        self.add_words(forms.exact.iter().map(|form| form.to_lowercase()));
        self.identifiers.extend(forms.exact);
        self.lookalikes.extend(forms.lookalikes);
    }

    fn add_words(&mut self, words: impl IntoIterator<Item = String>) {
        for word in words {
            if self.words.len() < WORDS_MAX {
                self.words.insert(word);
            }
        }
    }
}

impl IdentifierForms {
    /// The forms of `text` read as each sort of identifier. Records and questions go through the same reading, so it
    /// does not have to be known which sort it is.
    pub(crate) fn of(text: &str) -> Self {
        let plain = normalise::plate(text);
        if plain.chars().count() < 2 {
            return Self::default();
        }
        let phone = normalise::phone(text, None).map(|number| number.exact.trim_start_matches('+').to_owned());
        let lookalike = (words::has_digit(&plain) && plain.chars().count() >= LOOKALIKE_CHARS_MIN)
            .then(|| normalise::lookalike(&plain));
        let tail = phone.as_deref().map(normalise::phone_tail).filter(|tail| tail.len() >= PHONE_TAIL_DIGITS);
        let mut exact: Vec<String> = [Some(plain), phone].into_iter().flatten().collect();
        exact.dedup();
        // A tail is marked, so that it is never taken for a whole number.
        let lookalikes = lookalike.into_iter().chain(tail.map(|tail| format!("…{tail}"))).collect();
        Self { exact, lookalikes }
    }
}

fn cut_to_bytes(mut text: String, bytes_max: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes_max));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_one_thing_however_written() {
        let plate = IdentifierForms::of("CB 1234-AB");
        assert_eq!(plate.exact, ["CB1234AB"]);
        assert_eq!(plate.lookalikes, IdentifierForms::of("C8-I234 A8").lookalikes);
        let shared = |a: &str, b: &str| {
            let (a, b) = (IdentifierForms::of(a), IdentifierForms::of(b));
            (
                a.exact.iter().any(|form| b.exact.contains(form)),
                a.lookalikes.iter().any(|form| b.lookalikes.contains(form)),
            )
        };
        assert_eq!(shared("+389 72 036-739", "00389 72 036 739"), (true, true));
        assert_eq!(shared("+389 72 036-739", "072 036 739"), (false, true));
        assert_eq!(shared("+389 72 036-739", "072 036 738"), (false, false));
        assert_eq!(IdentifierForms::of("-"), IdentifierForms::default());
    }
}
