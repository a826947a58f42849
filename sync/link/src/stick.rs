//! Sticks: a session with a very long round trip, written to and read from a stream of bytes.
//!
//! ```text
//! Casebook::plan_stick -> write -> (the binary syncs, looks at it again, notes it, gives it its name)
//! read: open the age file -> manifest -> signature -> Casebook::judge_stick -> each parcel, then each chunk, as from a
//!       link -> note
//! ```
//!
//! What goes on a stick and whether one may be read is the casebook's business, the bytes are the protocol's. Here is no
//! file: the binary opens it.

mod errors;
mod read;
mod read_files;
mod write;

pub use errors::{Kept, StickError};
pub use read::read_stick;
pub use write::{Written, write_stick};
