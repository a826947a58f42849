//! The nouns and their rules: record kinds, fields, identifiers, grades and validation.
//!
//! Nothing here does IO, reads a clock or draws randomness. One declarative table in [`schema`] says
//! which fields a kind has; forms, validation, the change codec, import and search all read it, so
//! adding a field is one edit there.

pub mod draft;
pub mod identifier;
pub mod ids;
pub mod kind;
pub mod normalise;
pub mod schema;
pub mod value;

pub use draft::{Problem, RecordDraft, Severity};
pub use identifier::{Identifier, IdentifierKind};
pub use ids::RecordId;
pub use kind::Kind;
pub use schema::{Field, FieldNo, FieldType, KindSchema};
pub use value::Value;
