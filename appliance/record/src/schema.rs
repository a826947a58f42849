//! The one declarative table of kinds and fields, and how to look things up in it.
//!
//! [`table`] holds the fields, [`codes`] the code lists they use. Forms, validation, the change codec,
//! import and search all read this table, so adding a field is one edit there. Numbers and codes are
//! stored: they are never reused and never change their meaning.

pub mod codes;
pub mod table;

use serde::{Deserialize, Serialize};

use crate::Kind;

/// Number of a field within its kind. Stored and never reused. 1 to 31 are common to every kind, from 32
/// on they belong to the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldNo(pub u16);

impl FieldNo {
    /// Whether every kind has this field (numbers 1 to 31).
    pub const fn is_common(self) -> bool {
        self.0 < 32
    }
}

/// What a field holds, and so how it is entered, checked and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// One line of text.
    Text,
    /// Several lines of text.
    LongText,
    /// A name of a person, organisation or place, in any script.
    Name,
    /// One code of a list: `(code, English label)`. Unknown is a code where the field allows it.
    Code(&'static [(&'static str, &'static str)]),
    /// A date, possibly only a month or a year.
    Date,
    /// A date with hour and minute; a holder who knows only the date gives only the date.
    DateTime,
    /// A vehicle's registration mark.
    Plate,
    /// A telephone number.
    Phone,
    /// The number of a document.
    DocumentNumber,
    /// Vehicle identification number.
    Vin,
    /// ISO 3166-1 alpha-3 code, or one of the codes ICAO 9303 adds.
    Country,
    /// Yes or no.
    Bool,
    /// A whole number.
    Int,
    /// Another record.
    Record,
}

/// One field of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The stored number.
    pub no: FieldNo,
    /// Name in the API, in forms and in mappings.
    pub key: &'static str,
    /// English label; catalogues of other languages look it up as `field-<kind>-<key>`.
    pub label: &'static str,
    /// What it holds.
    pub holds: FieldType,
    /// Longest value in characters.
    pub max_chars: usize,
    /// Whether it can hold several values (a set).
    pub many: bool,
    /// Whether a record without it is refused.
    pub required: bool,
    /// Whether its value identifies the thing, so that `check` looks it up.
    pub identifies: bool,
    /// Whether free search finds it.
    pub searched: bool,
    /// Whether a person enters it in forms (otherwise the appliance sets it).
    pub entered: bool,
}

impl Field {
    /// The English label of `code` in this field's list, or `None` when the field holds no codes or has
    /// no such code.
    pub fn code_label(&self, code: &str) -> Option<&'static str> {
        let FieldType::Code(list) = self.holds else { return None };
        list.iter().find(|(known, _)| *known == code).map(|(_, label)| *label)
    }
}

/// The fields of one kind, its own first and then those common to every kind.
#[derive(Debug)]
pub struct KindSchema {
    /// Which kind.
    pub kind: Kind,
    /// English name, one.
    pub label: &'static str,
    /// English name, several.
    pub plural: &'static str,
    /// Its fields in form order.
    pub fields: &'static [Field],
}

impl KindSchema {
    /// The field with this number, if the kind has it.
    pub fn field(&self, no: FieldNo) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.no == no)
    }

    /// The field with this key, if the kind has it.
    pub fn by_key(&self, key: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.key == key)
    }
}

/// The schema of a kind.
pub fn schema(kind: Kind) -> &'static KindSchema {
    match kind {
        Kind::Person => &table::PERSON,
        Kind::Organisation => &table::ORGANISATION,
        Kind::Vehicle => &table::VEHICLE,
        Kind::Document => &table::DOCUMENT,
        Kind::Phone => &table::PHONE,
        Kind::Location => &table::LOCATION,
        Kind::Event => &table::EVENT,
        Kind::Report => &table::REPORT,
        Kind::Marker => &table::MARKER,
        Kind::Link => &table::LINK,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_and_keys_are_unique_within_a_kind_and_in_their_range() {
        for kind in Kind::ALL {
            let fields = schema(kind).fields;
            assert_eq!(schema(kind).kind, kind);
            let numbers: BTreeSet<_> = fields.iter().map(|field| field.no).collect();
            let keys: BTreeSet<_> = fields.iter().map(|field| field.key).collect();
            assert_eq!(numbers.len(), fields.len(), "{kind:?} repeats a number");
            assert_eq!(keys.len(), fields.len(), "{kind:?} repeats a key");
            assert!(numbers.iter().all(|no| no.0 > 0), "0 is not a field number");
            let common = fields.iter().filter(|field| field.no.is_common()).count();
            assert_eq!(common, table::COMMON.len(), "{kind:?} gives an own field a common number");
        }
    }

    #[test]
    fn code_lists_have_unique_codes_that_fit_their_field() {
        for field in Kind::ALL.iter().flat_map(|kind| schema(*kind).fields) {
            let FieldType::Code(list) = field.holds else { continue };
            let codes: BTreeSet<_> = list.iter().map(|(code, _)| *code).collect();
            assert_eq!(codes.len(), list.len(), "{} repeats a code", field.key);
            assert!(list.iter().all(|(code, _)| code.len() <= field.max_chars), "{} has a long code", field.key);
        }
    }

    #[test]
    fn fields_are_found_by_number_and_by_key() {
        let person = schema(Kind::Person);
        let surname = person.by_key("surname").unwrap();
        assert_eq!(person.field(surname.no).unwrap().key, "surname");
        assert_eq!(person.by_key("withdrawn").unwrap().no, FieldNo(1));
        assert!(person.by_key("plate").is_none());
    }
}
