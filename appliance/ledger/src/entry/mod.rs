//! The unit of replication: a header, which is chained and signed, and a sealed body.
//!
//! [`Core`] has a fixed layout of [`CORE_LEN`] bytes. A [`Header`] adds the length and the hash of the
//! sealed body and is named by its [`Header::hash`], which contains the hash of the header before it. A
//! [`Seal`] signs that hash and thereby everything before it. FORMAT.md gives every byte.

mod core;
mod header;
mod seal;

#[cfg(test)]
mod tests;

pub(crate) use self::core::UNIX_MS_MAX;
pub use self::core::{CORE_LEN, Core, EntryKind, FORMAT_VERSION, KeyId, RecordTag, SUITE};
pub(crate) use header::chain;
pub use header::{Entry, HEADER_LEN, Header, MAX_BODY_LEN, Position};
pub(crate) use seal::verify_strict;
pub use seal::{SEAL_LEN, Seal, SealError};
