//! The one declarative table of kinds and fields.

use serde::{Deserialize, Serialize};

use crate::Kind;

/// Number of a field within its kind. Stored and never reused. 1 to 31 are common to every kind, from 32
/// on they belong to the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldNo(pub u16);

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
    /// A date with hour and minute.
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
#[derive(Debug)]
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

/// The fields of one kind, common ones first.
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
