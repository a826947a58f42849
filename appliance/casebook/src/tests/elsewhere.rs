//! An installation of which a part is kept elsewhere than in its folder, where it can be made to fail.

use cairn_finder::RandomSource;
use cairn_ledger::keystore::KeyPlace;
use cairn_ledger::view::{MemoryViews, ViewError, ViewKey, ViewStore};
use cairn_ledger::{BlobStore, LogStore, StoreError};

use crate::CasebookError;
use crate::place::{Folder, Place, Searchable};

/// Opens a journal.
pub type Journal<'a> = Box<dyn Fn() -> Result<Box<dyn LogStore>, StoreError> + 'a>;

/// A folder, and what is not kept in it.
pub struct Elsewhere<'a> {
    pub folder: Folder<'a>,
    pub journal: Option<Journal<'a>>,
    pub views: Option<MemoryViews>,
}

impl Place for Elsewhere<'_> {
    fn name(&self) -> String {
        self.folder.name()
    }

    fn exists(&self) -> bool {
        self.folder.exists()
    }

    fn make(&self) -> std::io::Result<()> {
        self.folder.make()
    }

    fn keystore(&self) -> KeyPlace {
        self.folder.keystore()
    }

    fn logs(&self, small: bool) -> Result<Box<dyn LogStore>, StoreError> {
        self.journal.as_ref().map_or_else(|| self.folder.logs(small), |journal| journal())
    }

    fn blobs(&self) -> Result<Box<dyn BlobStore>, StoreError> {
        self.folder.blobs()
    }

    fn views(&self, key: &ViewKey) -> Result<Box<dyn ViewStore>, ViewError> {
        self.views.as_ref().map_or_else(|| self.folder.views(key), |views| Ok(views.open(key)?.0))
    }

    fn search(&self, key: &[u8; 32], random: RandomSource) -> Result<Option<Searchable>, CasebookError> {
        self.folder.search(key, random)
    }

    fn is_copy(&self) -> bool {
        self.folder.is_copy()
    }

    fn settle(&self) -> std::io::Result<()> {
        self.folder.settle()
    }
}
