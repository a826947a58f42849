//! How keys and values of views look on the device: hashed and sealed.
//!
//! **Keys.** Each hidden part becomes a keyed hash over the table and all parts up to it: 12 bytes for the
//! first of a key, 8 for later ones, which only have to differ from their neighbours under the same prefix.
//! Because the hash covers what stands before it, the same record in two indexes shows two unrelated
//! values, and a thief of the card cannot tell that they belong together.
//!
//! **Values.** XChaCha20-Poly1305 with the stored key as associated data, so that a value moved to another
//! key does not open. The 24-byte nonce is not stored: it is a keyed hash of the stored key and a 12-byte
//! salt, which is itself a keyed hash of the stored key and the plaintext. A nonce can repeat only when one
//! key gets two different plaintexts with the same 96-bit salt; a million rewrites of one row come to about
//! one chance in 10^17. No randomness is needed, and 12 bytes a row are saved. What it shows: a row that
//! returns to an earlier value returns to its earlier bytes.

use blake3::Hasher;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::key::{Key, Part, Table};
use super::{PART_BYTES_MAX, PARTS_MAX, ViewError};
use crate::codec::wire::{self, Reader};

pub(super) const SALT_BYTES: usize = 12;
pub(super) const TAG_BYTES: usize = 16;
const FIRST_HASH_BYTES: usize = 12;
const LATER_HASH_BYTES: usize = 8;

const HIDDEN: u64 = 0;
const ASCENDING: u64 = 1;
const DESCENDING: u64 = 2;

/// The key of this machine's views. Losing it costs a rebuild and nothing else.
#[derive(Clone)]
pub struct ViewKey(Zeroizing<[u8; 32]>);

impl ViewKey {
    /// From 32 secret bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn derive(&self, context: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(blake3::derive_key(context, &*self.0))
    }
}

impl std::fmt::Debug for ViewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ViewKey(secret)")
    }
}

/// The keys that follow from the view key, one for each purpose.
pub(super) struct Sealer {
    cipher: XChaCha20Poly1305,
    parts: Zeroizing<[u8; 32]>,
    salts: Zeroizing<[u8; 32]>,
    nonces: Zeroizing<[u8; 32]>,
    account: Zeroizing<[u8; 32]>,
}

impl Sealer {
    pub(super) fn new(key: &ViewKey) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new((&*key.derive("cairn 2026 views: values v1")).into()),
            parts: key.derive("cairn 2026 views: parts of keys v1"),
            salts: key.derive("cairn 2026 views: salts v1"),
            nonces: key.derive("cairn 2026 views: nonces v1"),
            account: key.derive("cairn 2026 views: account v1"),
        }
    }

    /// The stored form of a key or prefix.
    pub(super) fn stored(&self, key: &Key) -> Result<Vec<u8>, ViewError> {
        limit("a view key's number of parts", key.parts.len(), PARTS_MAX)?;
        let mut hasher = Hasher::new_keyed(&self.parts);
        hasher.update(&[key.table as u8]);
        let mut stored = vec![key.table as u8];
        let mut hash_bytes = FIRST_HASH_BYTES;
        for part in &key.parts {
            match part {
                Part::Hidden(bytes) => {
                    limit("a part of a view key", bytes.len(), PART_BYTES_MAX)?;
                    hasher.update(&[0]).update(&(bytes.len() as u64).to_be_bytes()).update(bytes);
                    stored.extend_from_slice(&hasher.finalize().as_bytes()[..hash_bytes]);
                    hash_bytes = LATER_HASH_BYTES;
                }
                Part::Ascending(number) => put_ordered(&mut stored, &mut hasher, *number),
                Part::Descending(number) => put_ordered(&mut stored, &mut hasher, !*number),
            }
        }
        Ok(stored)
    }

    /// A salt that depends on everything that is sealed under it.
    pub(super) fn salt(&self, stored: &[u8], plain: &[u8]) -> [u8; SALT_BYTES] {
        let mut hasher = Hasher::new_keyed(&self.salts);
        hasher.update(&(stored.len() as u64).to_be_bytes()).update(stored).update(plain);
        first(&hasher)
    }

    pub(super) fn seal(&self, stored: &[u8], salt: &[u8], plain: &[u8]) -> Result<Vec<u8>, ViewError> {
        let payload = Payload { msg: plain, aad: stored };
        self.cipher
            .encrypt(&self.nonce(stored, salt), payload)
            .map_err(|_| ViewError::Corrupt("a value cannot be sealed"))
    }

    pub(super) fn open(&self, stored: &[u8], salt: &[u8], sealed: &[u8]) -> Result<Vec<u8>, ViewError> {
        let payload = Payload { msg: sealed, aad: stored };
        let refused = |_| ViewError::Corrupt("a value does not open with this machine's key");
        self.cipher.decrypt(&self.nonce(stored, salt), payload).map_err(refused)
    }

    /// Where the pieces of a long value are: they move with its salt, so that a half-written new value
    /// never mixes with the old one.
    pub(super) fn piece_key(&self, stored: &[u8], salt: &[u8], index: u16) -> Vec<u8> {
        let mut hasher = Hasher::new_keyed(&self.parts);
        hasher.update(&[PIECES]).update(stored).update(salt);
        let mut key = vec![PIECES];
        key.extend_from_slice(&first::<16>(&hasher));
        key.extend_from_slice(&index.to_be_bytes());
        key
    }

    /// What a row adds to the account.
    pub(super) fn account_hash(&self, stored: &[u8], value: &[u8]) -> [u8; 16] {
        let mut hasher = Hasher::new_keyed(&self.account);
        hasher.update(&(stored.len() as u64).to_be_bytes()).update(stored).update(value);
        first(&hasher)
    }

    fn nonce(&self, stored: &[u8], salt: &[u8]) -> XNonce {
        let mut hasher = Hasher::new_keyed(&self.nonces);
        hasher.update(&(stored.len() as u64).to_be_bytes()).update(stored).update(salt);
        first::<24>(&hasher).into()
    }
}

/// Rows of the store itself: the account and the stamp.
pub(super) const OWN: u8 = 0;
/// Pieces of long values.
pub(super) const PIECES: u8 = 0xff;

fn first<const N: usize>(hasher: &Hasher) -> [u8; N] {
    let mut bytes = [0; N];
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}

fn put_ordered(stored: &mut Vec<u8>, hasher: &mut Hasher, number: u64) {
    let bytes = number.to_be_bytes();
    hasher.update(&[1]).update(&bytes);
    stored.extend_from_slice(&bytes);
}

pub(super) fn limit(what: &'static str, bytes: usize, bytes_max: usize) -> Result<(), ViewError> {
    if bytes > bytes_max { Err(ViewError::TooLarge { what, bytes, bytes_max }) } else { Ok(()) }
}

/// Appends the parts of `key` for the inside of its row. Numbers are left out: they stand in the stored key.
pub(super) fn put_parts(out: &mut Vec<u8>, key: &Key) {
    wire::put_number(out, key.parts.len() as u64);
    for part in &key.parts {
        match part {
            Part::Hidden(bytes) => {
                wire::put_number(out, (bytes.len() as u64) << 2 | HIDDEN);
                out.extend_from_slice(bytes);
            }
            Part::Ascending(_) => wire::put_number(out, ASCENDING),
            Part::Descending(_) => wire::put_number(out, DESCENDING),
        }
    }
}

/// The key of a row from its stored form and what [`put_parts`] wrote; the reader then stands at the value.
pub(super) fn read_parts(stored: &[u8], inside: &mut Reader<'_>, table: Table) -> Option<Key> {
    let mut stored = stored.get(1..)?;
    let mut key = Key::new(table);
    let mut hash_bytes = FIRST_HASH_BYTES;
    for _ in 0..inside.count(PARTS_MAX, crate::codec::CodecError::BadNumber).ok()? {
        let head = inside.number().ok()?;
        let part = if head & 0b11 == HIDDEN {
            stored = stored.get(hash_bytes..)?;
            hash_bytes = LATER_HASH_BYTES;
            Part::Hidden(inside.take(usize::try_from(head >> 2).ok()?).ok()?.to_vec())
        } else {
            let (number, rest) = stored.split_first_chunk()?;
            stored = rest;
            let number = u64::from_be_bytes(*number);
            if head == ASCENDING { Part::Ascending(number) } else { Part::Descending(!number) }
        };
        key.parts.push(part);
    }
    Some(key)
}
