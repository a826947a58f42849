//! Sealing of bodies under a space's key.
//!
//! An epoch key is 32 random bytes. From it and the space's name come, by BLAKE3 key derivation with a
//! context string each, a sealing key, a nonce key, a tag key and the key's public id. The nonce is a
//! keyed hash of core and plaintext, so the same entry always seals to the same bytes: whoever holds the
//! key can seal a body again and check it against the signed chain. On opening the nonce is computed
//! again, which also ties a sealed body to exactly one key and one text.

use cairn_record::RecordId;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::entry::{CORE_LEN, Core, KeyId, RecordTag};
use crate::names::SpaceId;

/// Bytes that sealing adds: the nonce in front and the authenticator behind.
pub const SEALING_OVERHEAD: usize = NONCE_LEN + 16;

const NONCE_LEN: usize = 24;
const SEALING_CONTEXT: &str = "cairn 2026 body sealing key v1";
const NONCE_CONTEXT: &str = "cairn 2026 body nonce key v1";
const TAG_CONTEXT: &str = "cairn 2026 record tag key v1";
const ID_CONTEXT: &str = "cairn 2026 epoch key id v1";

/// The secret of one epoch of one space: 32 random bytes, wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct EpochKey(pub(crate) [u8; 32]);

impl EpochKey {
    /// A key of these bytes, which must come from a good source of randomness.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret bytes.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public id of this key in this space.
    pub fn id(&self, space: &SpaceId) -> KeyId {
        let hash = self.derive(ID_CONTEXT, space);
        let mut id = [0; 8];
        id.copy_from_slice(&hash[..8]);
        id
    }

    pub(crate) fn derive(&self, context: &str, space: &SpaceId) -> Zeroizing<[u8; 32]> {
        let mut hasher = blake3::Hasher::new_derive_key(context);
        hasher.update(&self.0);
        hasher.update(&space.0);
        Zeroizing::new(*hasher.finalize().as_bytes())
    }
}

impl std::fmt::Debug for EpochKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EpochKey(..)")
    }
}

/// A body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key of that epoch is not held.
    #[error("the key of epoch {0} of this space is not held here; it comes with the registry")]
    UnknownEpoch(u32),
    /// The body is not held.
    #[error("the body of this entry is not held here")]
    NoBody,
    /// Wrong key or damaged bytes.
    #[error("the body does not open with the key it names")]
    Undecryptable,
    /// It opens, but is not a body as this program knows them.
    #[error("the body opens but cannot be read: {0}")]
    Decode(#[from] crate::wire::DecodeError),
}

/// The working keys of one epoch of one space.
#[derive(Clone)]
pub struct SpaceKey {
    epoch: u32,
    id: KeyId,
    sealing: Zeroizing<[u8; 32]>,
    nonce: Zeroizing<[u8; 32]>,
    tag: Zeroizing<[u8; 32]>,
}

impl SpaceKey {
    /// Derives the working keys.
    pub fn derive(space: &SpaceId, epoch: u32, key: &EpochKey) -> Self {
        Self {
            epoch,
            id: key.id(space),
            sealing: key.derive(SEALING_CONTEXT, space),
            nonce: key.derive(NONCE_CONTEXT, space),
            tag: key.derive(TAG_CONTEXT, space),
        }
    }

    /// The epoch.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The public id of the epoch key.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The keyed hash by which an entry names its record to those who hold the key.
    pub fn record_tag(&self, record: &RecordId) -> RecordTag {
        let hash = blake3::keyed_hash(&self.tag, &record.0);
        let mut tag = [0; 16];
        tag.copy_from_slice(&hash.as_bytes()[..16]);
        tag
    }

    /// Seals a body: nonce, ciphertext, authenticator.
    pub fn seal(&self, core: &Core, plain: &[u8]) -> Result<Vec<u8>, OpenError> {
        let core = core.encode();
        let nonce = self.nonce_of(&core, plain);
        let payload = Payload { msg: plain, aad: &core };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).map_err(|_| OpenError::Undecryptable)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`SpaceKey::seal`] sealed for the same core.
    pub fn open(&self, core: &Core, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(OpenError::Undecryptable)?;
        let core = core.encode();
        let payload = Payload { msg: ciphertext, aad: &core };
        let plain = self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| OpenError::Undecryptable)?;
        let plain = Zeroizing::new(plain);
        if self.nonce_of(&core, &plain) == *nonce { Ok(plain) } else { Err(OpenError::Undecryptable) }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.sealing).into())
    }

    fn nonce_of(&self, core: &[u8; CORE_LEN], plain: &[u8]) -> [u8; NONCE_LEN] {
        let mut hasher = blake3::Hasher::new_keyed(&self.nonce);
        hasher.update(core);
        hasher.update(plain);
        let mut nonce = [0; NONCE_LEN];
        hasher.finalize_xof().fill(&mut nonce);
        nonce
    }
}

impl std::fmt::Debug for SpaceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SpaceKey(epoch {})", self.epoch)
    }
}
