//! How one piece of a file is sealed, and what ties it to its place.
//!
//! A file on disk is a header (8 bytes of magic, 16 random bytes of salt) and then its content in chunks of 16 KiB,
//! each sealed by XChaCha20-Poly1305 and 16 bytes longer for it. Every file has a last chunk, if need be an empty
//! one.
//!
//! The nonce of a chunk is the file's salt and the chunk's number. Files are written once, front to back, so a nonce
//! repeats under one key only when two files draw the same 128 random bits: with 2^40 files written over the life of
//! a key the odds are below 2^-48. Nothing about the nonce is stored a chunk, and a chunk can be read without its
//! neighbours.
//!
//! What an attacker with the disk, or a failing disk, can do and how it shows:
//!
//! | done | shows because |
//! |---|---|
//! | a byte changed | the tag of its chunk does not fit; in the header: no chunk fits |
//! | chunks exchanged, or taken from an older life of the same file | number and salt are in the nonce |
//! | a file put in another's place | the file's name is in the associated data |
//! | the file cut short or lengthened | the last chunk is marked as last and carries the whole length |
//! | a file gone | tantivy's list of segments names it |
//! | the whole folder put back to an earlier state | not here: the stamp of the last commit is older than the logs, and the caller replays from there |

use std::io;
use std::path::Path;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

/// Bytes of content in a chunk.
pub(super) const CHUNK: usize = 16 * 1024;
/// What sealing adds to a chunk.
pub(super) const TAG: usize = 16;
/// Bytes before the first chunk.
pub(super) const HEADER: usize = MAGIC.len() + SALT;
const MAGIC: &[u8; 8] = b"CAIRNIX1";
const SALT: usize = 16;

/// The keys of one folder.
pub(super) struct Seal {
    cipher: XChaCha20Poly1305,
    names: [u8; 32],
}

/// What ties chunks to one life of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FileSeal {
    name: [u8; 32],
    salt: [u8; SALT],
}

/// Where a chunk stands in its file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Its number, from 0.
    pub(super) number: u64,
    /// For the last chunk, the bytes of content in the whole file.
    pub(super) whole_len: Option<u64>,
}

impl Seal {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let chunks = blake3::derive_key("cairn 2026 finder chunks of files v1", key);
        let names = blake3::derive_key("cairn 2026 finder names of files v1", key);
        Self { cipher: XChaCha20Poly1305::new(&chunks.into()), names }
    }

    /// The name a file has on disk. It tells nothing about the file, and without the key cannot be guessed.
    pub(super) fn disk_name(&self, path: &Path) -> String {
        self.name_hash(path).to_hex()[..32].to_string()
    }

    fn name_hash(&self, path: &Path) -> blake3::Hash {
        blake3::keyed_hash(&self.names, path.as_os_str().as_encoded_bytes())
    }

    /// Ties a new file to its name and to 16 random bytes.
    pub(super) fn new_file(&self, path: &Path, random: &dyn Fn(&mut [u8])) -> FileSeal {
        let mut salt = [0; SALT];
        random(&mut salt);
        FileSeal { name: *self.name_hash(path).as_bytes(), salt }
    }

    /// Reads the header of a file.
    pub(super) fn read_header(&self, path: &Path, header: &[u8]) -> io::Result<FileSeal> {
        let salt = header.strip_prefix(MAGIC).and_then(|salt| <[u8; SALT]>::try_from(salt).ok());
        let salt = salt.ok_or_else(|| damaged("a file does not begin as it should"))?;
        Ok(FileSeal { name: *self.name_hash(path).as_bytes(), salt })
    }

    pub(super) fn seal(&self, file: &FileSeal, place: Place, content: &[u8]) -> io::Result<Vec<u8>> {
        let aad = file.associated(place);
        let payload = Payload { msg: content, aad: &aad };
        self.cipher
            .encrypt(&file.nonce(place.number), payload)
            .map_err(|_| io::Error::other("a chunk is too long to seal"))
    }

    pub(super) fn open(&self, file: &FileSeal, place: Place, sealed: &[u8]) -> io::Result<Vec<u8>> {
        let aad = file.associated(place);
        let payload = Payload { msg: sealed, aad: &aad };
        self.cipher.decrypt(&file.nonce(place.number), payload).map_err(|_| damaged("a file is not as it was written"))
    }
}

impl FileSeal {
    /// What the file begins with.
    pub(super) fn header(&self) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[..MAGIC.len()].copy_from_slice(MAGIC);
        header[MAGIC.len()..].copy_from_slice(&self.salt);
        header
    }

    fn nonce(&self, number: u64) -> XNonce {
        let mut nonce = [0; 24];
        nonce[..SALT].copy_from_slice(&self.salt);
        nonce[SALT..].copy_from_slice(&number.to_le_bytes());
        nonce.into()
    }

    /// Name, number, whether it is the last, and how long the whole is.
    fn associated(&self, place: Place) -> [u8; 49] {
        let mut aad = [0; 49];
        aad[..32].copy_from_slice(&self.name);
        aad[32..40].copy_from_slice(&place.number.to_le_bytes());
        if let Some(whole_len) = place.whole_len {
            aad[40] = 1;
            aad[41..].copy_from_slice(&whole_len.to_le_bytes());
        }
        aad
    }
}

/// The error for bytes that are not what was written. Its kind is what [`crate::errors::from_io`] looks at.
pub(super) fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
