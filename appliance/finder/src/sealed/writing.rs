//! Writing a sealed file, once and front to back.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use tantivy::directory::{AntiCallToken, TerminatingWrite};

use super::seal::{CHUNK, FileSeal, Place, Seal};

/// A file being written. It can be read once it is finished; one that was never finished has no last chunk and is
/// refused.
pub(super) struct SealedWriter {
    file: File,
    seal: Arc<Seal>,
    this: FileSeal,
    number: u64,
    /// Content of the chunk being filled. A full one is sealed only when more comes, because the last chunk is sealed
    /// differently.
    open: Vec<u8>,
}

impl SealedWriter {
    pub(super) fn begin(mut file: File, seal: Arc<Seal>, this: FileSeal) -> io::Result<Self> {
        file.write_all(&this.header())?;
        Ok(Self { file, seal, this, number: 0, open: Vec::with_capacity(CHUNK) })
    }

    /// Seals the last chunk and waits until the disk has everything.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        let whole_len = self.number * CHUNK as u64 + self.open.len() as u64;
        self.seal_open_chunk(Some(whole_len))?;
        self.file.sync_data()
    }

    fn seal_open_chunk(&mut self, whole_len: Option<u64>) -> io::Result<()> {
        let sealed = self.seal.seal(&self.this, Place { number: self.number, whole_len }, &self.open)?;
        self.file.write_all(&sealed)?;
        self.number += 1;
        self.open.clear();
        Ok(())
    }
}

impl Write for SealedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.open.len() == CHUNK && !bytes.is_empty() {
            self.seal_open_chunk(None)?;
        }
        let taken = bytes.len().min(CHUNK - self.open.len());
        self.open.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// An open chunk cannot be sealed twice, so nothing is written early.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for SealedWriter {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.finish()
    }
}
