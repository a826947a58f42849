//! Identifiers: what makes two records point at the same thing.

use serde::{Deserialize, Serialize};

/// What an identifier identifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// A registration mark.
    Plate,
    /// A telephone number.
    Phone,
    /// A document number.
    Document,
    /// A vehicle identification number.
    Vin,
    /// A name with or without a date of birth.
    Name,
}

/// A value in the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identifier {
    /// What it identifies.
    pub kind: IdentifierKind,
    /// Normalised: equal text means the same identifier.
    pub exact: String,
    /// Look-alike folded (O/0, I/1, B/8 …): equal text means possibly the same.
    pub lookalike: String,
}
