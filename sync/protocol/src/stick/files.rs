//! Files on a stick: after the parcels, for each file its name and then those of its chunks that travel.
//!
//! A chunk says nothing of itself: its bytes give its name, and the manifest of the file, which is an entry, says which
//! names belong to it. So a chunk that is not what it should be is one that nobody asked for.

use cairn_ledger::EntryRef;
use cairn_record::RecordId;

use crate::Refusal;
use crate::bytes::Reader;
use crate::files::CHUNK;
use crate::frame::wrap;

/// Type of the piece that names a file.
pub(super) const FILE: u8 = 0x32;
/// Bytes of its body: a record and an entry.
pub(super) const FILE_NAME_BYTES: usize = 32;

/// A file whose chunks follow, up to the next file or the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileName {
    /// The record that it belongs to.
    pub record: RecordId,
    /// The entry that brought its manifest.
    pub attachment: EntryRef,
}

impl FileName {
    /// As a piece of a stick.
    pub fn piece(&self) -> Vec<u8> {
        wrap(FILE, &[self.record.0, self.attachment.0].concat())
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Refusal> {
        Ok(Self { record: RecordId(reader.array()?), attachment: EntryRef(reader.array()?) })
    }
}

/// A sealed chunk, at most [`cairn_ledger::blob::CHUNK_SEALED_MAX`] bytes, as a piece of a stick.
pub fn chunk_piece(sealed: &[u8]) -> Vec<u8> {
    wrap(CHUNK, sealed)
}
