//! The machine-readable zone of travel documents (ICAO 9303): passports, cards and visas.
//!
//! [`parse`] takes what a reader, a camera or a person delivers, tidies it, cuts it into fields ([`layout`])
//! and checks its digits. When they do not agree it tries the confusions of optical readers (O for 0 in a
//! date, 1 for I in a name: [`repair`]) and keeps the result only if then everything agrees; it always
//! says what it changed.

mod layout;
mod read;
mod repair;

use serde::{Deserialize, Serialize};

pub use layout::Format;

use crate::{Date, Reason, reason};

/// Most characters of input that are looked at; a zone has 90.
pub const INPUT_CHARS_MAX: usize = 1_000;

/// A machine-readable zone that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mrz {
    /// Which layout.
    pub format: Format,
    /// Its lines after tidying and repair.
    pub lines: Vec<String>,
    /// First one or two letters: what the document is.
    pub document_code: String,
    /// Country or authority that issued it, as written, without fillers (`D` for Germany).
    pub issuer: String,
    /// Number of the document, without fillers.
    pub number: String,
    /// Primary name (surname), words separated by spaces.
    pub surname: String,
    /// Secondary name (forenames), words separated by spaces.
    pub forenames: String,
    /// Whether the name fills its zone to the end, so that part of it may be cut off.
    pub name_may_be_cut: bool,
    /// Nationality as written, without fillers.
    pub nationality: String,
    /// Date of birth (ISO 8601, possibly partial); the latest century that is not in the future.
    pub date_of_birth: Option<String>,
    /// `M`, `F`, `X`, or nothing when not given.
    pub sex: Option<char>,
    /// Last day of validity (ISO 8601), in this century.
    pub valid_until: Option<String>,
    /// Optional data, without fillers; empty when there is none.
    pub optional: String,
    /// The check digits and whether each agrees.
    pub checks: Vec<CheckedDigit>,
    /// What was changed to make them agree.
    pub repairs: Vec<Repair>,
}

impl Mrz {
    /// Whether every check digit agrees. One that does not is a warning: look at the document.
    pub fn all_agree(&self) -> bool {
        self.checks.iter().all(|check| check.agrees)
    }

    /// The code of [`crate::schema::codes::DOCUMENT_KIND`].
    pub fn document_kind(&self) -> &'static str {
        match self.document_code.as_bytes() {
            [b'V', ..] => "visa",
            [b'P', b'T' | b'R', ..] => "travel_document",
            [b'P', ..] => "passport",
            [b'A', b'C', ..] => "crew",
            [b'I', b'R', ..] | [b'A' | b'C', b'R', ..] => "residence_permit",
            [b'I' | b'A' | b'C', ..] => "identity_card",
            _ => "other",
        }
    }
}

/// One check digit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedDigit {
    /// What it covers: `number`, `birth`, `expiry`, `optional` or `composite`.
    pub covers: String,
    /// Whether it agrees with what it covers.
    pub agrees: bool,
}

/// One character that was read as another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What was delivered.
    pub from: char,
    /// What it was taken for.
    pub to: char,
}

/// The text is not a machine-readable zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MrzError {
    /// Wrong number or length of lines.
    Shape {
        /// The lengths of the lines that were found: `44, 43`; 0 for none.
        found: String,
    },
    /// A character that no zone has.
    Character {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// The character.
        character: char,
    },
    /// `today` was not a date.
    Today,
}

impl MrzError {
    /// The same as data, for those who say it in other words.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Shape { found } => reason!("mrz-shape", found = found),
            Self::Character { line, column, character } => {
                reason!("mrz-character", character = character.to_string(), line = *line, column = *column)
            }
            Self::Today => reason!("mrz-no-today"),
        }
    }
}

impl std::fmt::Display for MrzError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.reason())
    }
}

impl std::error::Error for MrzError {}

/// Whether `text` looks like an attempt at a machine-readable zone, so that an error from [`parse`] is
/// worth showing.
pub fn looks_like(text: &str) -> bool {
    let fillers = text.chars().filter(|c| matches!(c, '<' | '«')).count();
    fillers >= 3 && text.chars().filter(|c| !c.is_whitespace()).count() >= 28
}

/// Reads a zone from lines, or from one line that holds them all as a swipe reader sends it. `today` (ISO
/// 8601) settles the century of birth. A check digit that does not agree is no error: see
/// [`Mrz::checks`].
pub fn parse(text: &str, today: &str) -> Result<Mrz, MrzError> {
    let today: Date = today.parse().map_err(|_| MrzError::Today)?;
    let (format, lines) = layout::cut(text)?;
    let read = read::fields(format, &lines, today);
    let (repaired, repairs) = repair::repaired(format, &lines);
    if repairs.is_empty() {
        return Ok(read);
    }
    let better = read::fields(format, &repaired, today);
    if better.all_agree() { Ok(Mrz { repairs, ..better }) } else { Ok(read) }
}

#[cfg(test)]
mod tests;
