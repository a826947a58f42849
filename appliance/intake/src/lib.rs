//! Other people's files, turned into drafts with a reason for every row that is not.
//!
//! Works on bytes in memory, does no IO, and never writes to the store: the casebook does that with what
//! comes out here.
//!
//! The flow: [`sniff()`] looks at an unknown file and suggests how to read it. A [`Mapping`] says it for
//! good: encoding, separator, date formats, and which column becomes which field of which record; the
//! ones for known systems are [`shipped()`], a person's own come from [`Mapping::from_columns`]. [`read()`]
//! then walks the file row by row and gives [`RowDrafts`] or [`Rejected`], with the line both stood on.
//! One broken row never stops the others, and nothing is guessed: a date that is not in the stated
//! format, a letter that is not in the stated encoding, a column too few each reject their row.
//!
//! Machine-readable zones of travel documents are read by [`mrz::parse`] and become a person and a
//! document by [`passport::drafts`].

mod columns;
mod dates;
mod decode;
mod mapping;
mod mention;
pub mod passport;
mod read;
mod row;
mod rows;
mod shipped;
mod sniff;

pub use cairn_record::mrz;

pub use columns::{ColumnChoice, FileFormat};
pub use dates::{Century, DATE_FORMATS, DateFormat, DateRule};
pub use decode::Encoding;
pub use mapping::{Link, Mapping, MappingError, Mention, Part, Relation, Source};
pub use read::{PartDraft, ReadError, Rejected, RowDrafts, RowReader, read};
pub use shipped::shipped;
pub use sniff::{ColumnGuess, Sniffed, sniff};

/// Largest file that is read.
pub const FILE_BYTES_MAX: usize = 64_000_000;
/// Most rows of one file, the header not counted. Rows beyond it are refused together, by one rejection.
pub const ROWS_MAX: u64 = 1_000_000;
/// Longest row.
pub const ROW_BYTES_MAX: usize = 64 * 1024;
/// Most lines over which the quoted text of one row can run.
pub const ROW_LINES_MAX: usize = 100;
/// Most columns.
pub const COLUMNS_MAX: usize = 200;
/// Most characters of a row that are kept beside what became of it.
pub const RAW_CHARS_MAX: usize = 4_000;
