//! The files of a stick that is read: each chunk checked against the manifest held here, and durable before the next.
//!
//! Files that cannot be kept do not stop the records, nor one another. When the disk has no room for a chunk, no further
//! one is tried: the rest of the stick is only looked at, and can be read again for its files.

use cairn_casebook::{Casebook, CasebookError, ReplicaId, StickFileHere, StickReport, reason};
use cairn_ledger::ChunkName;
use cairn_sync_protocol::stick::FileName;

use super::StickError;
use super::read::set_aside;

/// The file that is being read, and whether there is room for more.
#[derive(Default)]
pub(super) struct Files {
    open: Option<StickFileHere>,
    full: bool,
}

impl Files {
    /// The next file begins. One that is refused is set aside with its chunks.
    pub(super) fn begin(
        &mut self,
        book: &Casebook,
        from: ReplicaId,
        name: FileName,
        report: &mut StickReport,
    ) -> Result<(), StickError> {
        self.end(report);
        match book.file_on_stick(from, name.record, name.attachment) {
            Ok(file) => self.open = (!file.missing.is_empty()).then_some(file),
            Err(CasebookError::PeerRefused { name, detail }) => {
                report.files_left += 1;
                set_aside(report, name, detail);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Keeps a chunk of the file, if it is one of those that are missing. Every other is passed over.
    pub(super) fn take(
        &mut self,
        book: &Casebook,
        from: ReplicaId,
        bytes: Vec<u8>,
        report: &mut StickReport,
    ) -> Result<(), StickError> {
        let Some(file) = self.open.as_mut().filter(|_| !self.full) else { return Ok(()) };
        let name = ChunkName::of(&bytes);
        if !file.missing.contains(&name) {
            return Ok(());
        }
        match book.keep_chunk(from, file.space, name, bytes) {
            Ok(_) => _ = file.missing.remove(&name),
            Err(CasebookError::PeerRefused { name, detail }) => set_aside(report, name, detail),
            Err(CasebookError::NoRoom(_)) => {
                self.full = true;
                set_aside(report, "no-room", reason!("stick-files-no-room"));
            }
            Err(error) => return Err(error.into()),
        }
        if file.missing.is_empty() {
            report.files += 1;
            report.files_bytes += file.bytes;
            self.open = None;
        }
        Ok(())
    }

    /// The last file has ended. What is missing of it now is not on the stick, or was not kept.
    pub(super) fn end(&mut self, report: &mut StickReport) {
        let Some(file) = self.open.take() else { return };
        report.files_left += 1;
        if !self.full {
            set_aside(report, "incomplete-file", reason!("stick-file-incomplete", file = file.name));
        }
    }
}
