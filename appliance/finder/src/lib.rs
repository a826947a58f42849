//! Full-text search over the records this machine holds, offline, in an encrypted folder.
//!
//! How a record becomes findable and is found:
//!
//! 1. The casebook hands a [`IndexedRecord`] to [`SearchIndex::put`]. `tokens` turns its fields into the words,
//!    names, sound forms and identifiers it can be found by.
//! 2. It waits in a small list in memory (`delta`) and can be found there at once.
//! 3. [`SearchIndex::commit`] writes the waiting records into a tantivy index whose files are sealed by
//!    [`SealedDirectory`], together with a stamp that says what the index contains.
//! 4. [`SearchIndex::search`] reads a [`Query`] (`asked`), asks the index (`plan`, `collect`) and the waiting
//!    list with one scale (`score`), and answers with hits that each say why they are there.
//!
//! The index is a read model: it holds nothing that the logs do not hold, stores no text, and can be dropped and
//! built again at any time. Damage is therefore never repaired here: it is detected, reported, and the casebook
//! feeds every record in again ([`SearchIndex::rebuild`]).
//!
//! This crate never touches the network and never returns a bare score.

mod answer;
mod asked;
mod collect;
mod delta;
mod errors;
mod index;
mod plan;
mod reader;
mod record;
mod schema;
mod score;
mod sealed;
mod search;
mod tokens;
mod words;

pub use answer::{AlsoSearched, Answer, Hit, Match, MatchedBy};
pub use asked::{LIMIT_MAX, OFFSET_MAX, QUERY_CHARS_MAX, Query, TERMS_MAX};
pub use errors::FinderError;
pub use index::{Opened, PENDING_MAX, STAMP_BYTES_MAX, SearchIndex};
pub use record::{IndexedRecord, SpaceKey};
pub use sealed::{RandomSource, SealedDirectory};
