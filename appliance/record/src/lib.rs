//! The nouns and their rules: record kinds, fields, identifiers, grades and validation.
//!
//! Nothing here does IO, reads a clock or draws randomness. One declarative table in [`schema`] says
//! which fields a kind has; forms, validation, the change codec, import and search all read it, so
//! adding a field is one edit there.
//!
//! The flow: somebody proposes a [`RecordDraft`]; [`draft::normalised`] tidies it and [`draft::validate`]
//! says what is wrong with it. What an accepted record identifies comes from [`identifier::identifiers`];
//! what somebody typed into the check box is read by [`query::query_identifiers`] into the same normal
//! forms, which [`normalise`] makes. [`title::title`] and [`title::searchable`] say how a record is called
//! and what search finds it by.

pub mod country;
pub mod date;
pub mod draft;
pub mod grade;
pub mod identifier;
pub mod ids;
pub mod kind;
pub mod mrz;
pub mod normalise;
pub mod query;
pub mod reason;
pub mod schema;
pub mod title;
pub mod value;

pub use date::Date;
pub use draft::{Problem, RecordDraft, Severity, normalised, validate};
pub use identifier::{Identifier, IdentifierKind, identifiers};
pub use ids::RecordId;
pub use kind::Kind;
pub use query::{Confidence, Query, Reading, query_identifiers};
pub use reason::{Arg, Reason};
pub use schema::{Field, FieldNo, FieldType, KindSchema, schema};
pub use title::{searchable, title};
pub use value::Value;
