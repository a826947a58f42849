//! Where an installation lives: a folder on a disk, or whatever a simulation puts in its place.

use std::io;
use std::path::Path;

use cairn_finder::{RandomSource, SearchIndex};
use cairn_ledger::keystore::KeyPlace;
use cairn_ledger::store::SegmentOptions;
use cairn_ledger::view::{ViewError, ViewKey, ViewStore, open_views};
use cairn_ledger::{BlobStore, FileBlobs, LogStore, SegmentStore, StoreError, birthplace};

use crate::CasebookError;

/// Memory for opened pieces of the search index.
const INDEX_CACHE_BYTES: usize = 4 * 1024 * 1024;

const KEYSTORE: &str = "keystore";
const LOGS: &str = "logs";
const BLOBS: &str = "blobs";
const VIEWS: &str = "views";
const SEARCH: &str = "search";

/// A search index and the stamp of its last commit.
pub type Searchable = (SearchIndex, Vec<u8>);

/// The engines and the key store of one installation.
pub trait Place {
    /// For messages.
    fn name(&self) -> String;

    /// Whether there is an installation.
    fn exists(&self) -> bool;

    /// Makes room for one.
    fn make(&self) -> io::Result<()>;

    /// The sealed secrets.
    fn keystore(&self) -> KeyPlace;

    /// The logs; `small` without anything held in reserve.
    fn logs(&self, small: bool) -> Result<Box<dyn LogStore>, StoreError>;

    /// The chunks of attachments.
    fn blobs(&self) -> Result<Box<dyn BlobStore>, StoreError>;

    /// The views.
    fn views(&self, key: &ViewKey) -> Result<Box<dyn ViewStore>, ViewError>;

    /// The search index, or `None` where nobody searches.
    fn search(&self, key: &[u8; 32], random: RandomSource) -> Result<Option<Searchable>, CasebookError>;

    /// Whether all this was copied here from elsewhere since it was last settled.
    fn is_copy(&self) -> bool;

    /// Notes that it belongs here.
    fn settle(&self) -> io::Result<()>;
}

/// The data folder of an appliance.
pub(crate) struct Folder<'a>(pub(crate) &'a Path);

impl Place for Folder<'_> {
    fn name(&self) -> String {
        self.0.display().to_string()
    }

    fn exists(&self) -> bool {
        self.0.join(KEYSTORE).exists()
    }

    fn make(&self) -> io::Result<()> {
        birthplace::make_folder(self.0)
    }

    fn keystore(&self) -> KeyPlace {
        KeyPlace::File(self.0.join(KEYSTORE))
    }

    fn logs(&self, small: bool) -> Result<Box<dyn LogStore>, StoreError> {
        let options = if small { SegmentOptions::without_reserve() } else { SegmentOptions::default() };
        Ok(Box::new(SegmentStore::open(&self.0.join(LOGS), options)?))
    }

    fn blobs(&self) -> Result<Box<dyn BlobStore>, StoreError> {
        Ok(Box::new(FileBlobs::open(&self.0.join(BLOBS), SegmentOptions::default().floor_bytes)?))
    }

    fn views(&self, key: &ViewKey) -> Result<Box<dyn ViewStore>, ViewError> {
        Ok(open_views(&self.0.join(VIEWS), key)?.0)
    }

    fn search(&self, key: &[u8; 32], random: RandomSource) -> Result<Option<Searchable>, CasebookError> {
        let (index, opened) = SearchIndex::open(&self.0.join(SEARCH), key, INDEX_CACHE_BYTES, random)?;
        Ok(Some((index, opened.stamp)))
    }

    fn is_copy(&self) -> bool {
        birthplace::moved(self.0)
    }

    fn settle(&self) -> io::Result<()> {
        birthplace::settle(self.0)
    }
}
