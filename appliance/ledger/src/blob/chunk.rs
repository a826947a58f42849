//! One chunk: its key, its sealed bytes and the name that they give it.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::crypto::{EpochKey, OpenError, SEALING_OVERHEAD};
use crate::names::{ChunkName, SpaceId};

/// Bytes of content in a chunk; the last of a file may have fewer. On a link of 64 kbit/s one takes four seconds, and no
/// more than one is sent again after a cut.
pub const CHUNK_BYTES: usize = 32 * 1024;
/// Most bytes of a sealed chunk.
pub const CHUNK_SEALED_MAX: usize = CHUNK_BYTES + SEALING_OVERHEAD;

const NAME_CONTEXT: &str = "cairn 2026 chunk name v1";
const SEALING_CONTEXT: &str = "cairn 2026 chunk sealing key v1";
const NONCE_CONTEXT: &str = "cairn 2026 chunk nonce key v1";
const NONCE_LEN: usize = 24;

impl ChunkName {
    /// The name of these sealed bytes.
    pub fn of(sealed: &[u8]) -> Self {
        Self(blake3::derive_key(NAME_CONTEXT, sealed))
    }
}

/// A sealed chunk that bears its right name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedChunk {
    name: ChunkName,
    bytes: Vec<u8>,
}

impl SealedChunk {
    /// These bytes, if they are a chunk of this name.
    pub fn checked(name: ChunkName, bytes: Vec<u8>) -> Option<Self> {
        let fits = bytes.len() > SEALING_OVERHEAD && bytes.len() <= CHUNK_SEALED_MAX;
        (fits && ChunkName::of(&bytes) == name).then_some(Self { name, bytes })
    }

    /// What it is called.
    pub fn name(&self) -> ChunkName {
        self.name
    }

    /// Its sealed bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The sealed bytes themselves.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Seals and opens the chunks of one epoch of one space.
#[derive(Clone)]
pub struct ChunkKey {
    sealing: Zeroizing<[u8; 32]>,
    nonce: Zeroizing<[u8; 32]>,
}

impl ChunkKey {
    /// The key of the chunks of this epoch.
    pub fn derive(space: &SpaceId, key: &EpochKey) -> Self {
        Self { sealing: key.derive(SEALING_CONTEXT, space), nonce: key.derive(NONCE_CONTEXT, space) }
    }

    /// Seals content of at most [`CHUNK_BYTES`], the same to the same bytes.
    pub fn seal(&self, plain: &[u8]) -> Result<SealedChunk, OpenError> {
        let nonce = self.nonce_of(plain);
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), plain).map_err(|_| OpenError::Undecryptable)?;
        let bytes = [nonce.as_slice(), &sealed].concat();
        Ok(SealedChunk { name: ChunkName::of(&bytes), bytes })
    }

    /// The content of a chunk. One that was not sealed from it with this key is refused.
    pub fn open(&self, chunk: &SealedChunk) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (nonce, sealed) = chunk.bytes.split_first_chunk::<NONCE_LEN>().ok_or(OpenError::Undecryptable)?;
        let plain = self.cipher().decrypt(&XNonce::from(*nonce), sealed).map_err(|_| OpenError::Undecryptable)?;
        let plain = Zeroizing::new(plain);
        if self.nonce_of(&plain) == *nonce { Ok(plain) } else { Err(OpenError::Undecryptable) }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.sealing).into())
    }

    fn nonce_of(&self, plain: &[u8]) -> [u8; NONCE_LEN] {
        let mut nonce = [0; NONCE_LEN];
        blake3::Hasher::new_keyed(&self.nonce).update(plain).finalize_xof().fill(&mut nonce);
        nonce
    }
}
