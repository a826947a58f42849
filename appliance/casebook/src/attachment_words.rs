//! The words in which attachments are shown, and asked for by the sync.

use cairn_ledger::attachment::Manifest;
use cairn_ledger::{ChunkName, EntryRef, SpaceId};
use cairn_record::RecordId;
use serde::{Deserialize, Serialize};

use crate::Holder;

/// Most attachments of one record.
pub const ATTACHMENTS_MAX: usize = 100;
/// Files of one answer to [`crate::Casebook::files_to_fetch`].
pub const FILES_A_PAGE: usize = 64;

/// How much of a file is on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whole {
    /// All of it.
    Here,
    /// Some of it.
    Partly,
    /// Nothing of it.
    Not,
}

/// A file that belongs to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentLine {
    /// What it is called: the entry that brought it, as 32 hexadecimal digits.
    pub id: EntryRef,
    /// Its name.
    pub name: String,
    /// Its media type, as whoever attached it took it to be.
    pub media_type: String,
    /// Its bytes.
    pub size: u64,
    /// Whether it is shown with the record; else it was taken from view.
    pub shown: bool,
    /// How much of it is on this machine.
    pub whole: Whole,
    /// Parts that are on this machine.
    pub parts_here: usize,
    /// Parts in all.
    pub parts: usize,
    /// Whether the missing parts are fetched as soon as a peer has them.
    pub wanted: bool,
    /// Whether it has a thumbnail.
    pub thumbnail: bool,
    /// Whether it is a picture that a browser may show.
    pub picture: bool,
    /// Who attached it.
    pub holder: Holder,
    /// When, by the writer's clock.
    pub attached_ms: u64,
}

/// A file that may be read: the reading is in the audit.
#[derive(Clone, Debug)]
pub struct OpenAttachment {
    /// The media type to serve it as: one that a browser may show as a picture, or `application/octet-stream`.
    pub served_as: &'static str,
    pub(crate) space: SpaceId,
    pub(crate) manifest: Manifest,
}

impl OpenAttachment {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// Its bytes.
    pub fn size(&self) -> u64 {
        self.manifest.size
    }

    /// How many parts [`crate::Casebook::attachment_part`] gives.
    pub fn parts(&self) -> usize {
        self.manifest.chunks.len()
    }

    /// Whether a browser may show it.
    pub fn is_picture(&self) -> bool {
        self.served_as != crate::attachments::ANY_FILE
    }
}

/// Where the list of files to fetch goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchPlace {
    pub(crate) at_ms: u64,
    pub(crate) record: RecordId,
    pub(crate) attachment: EntryRef,
}

/// A file of which chunks are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileToFetch {
    /// The space it belongs to.
    pub space: SpaceId,
    /// The chunks that are not here, in order, at least one.
    pub missing: Vec<ChunkName>,
}

/// A page of the files of which chunks are wanted, newest file first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilesToFetch {
    /// The files.
    pub files: Vec<FileToFetch>,
    /// Where the list goes on; `None` at its end.
    pub next: Option<FetchPlace>,
    /// Manifests held here, of all files.
    pub known: u64,
}

/// What clearing up found among the chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChunksCleared {
    /// Chunks that no entry names, removed: an attempt to attach that was never acknowledged.
    pub leftover: u64,
    /// Chunks that were damaged, set aside: they are fetched again.
    pub damaged: u64,
}
