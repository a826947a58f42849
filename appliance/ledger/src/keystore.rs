//! The secrets of this machine in one sealed file.
//!
//! The file is sealed under a passphrase (Argon2id, with its cost written in the file) or under a key file
//! of 32 random bytes that only its owner may read. Writing makes a new file and renames it over the old
//! one, so there is always a whole one.

mod place;

use std::io::Write;
use std::path::{Path, PathBuf};

use argon2::Argon2;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::crypto::EpochKey;
use crate::disk::{private_file, sync_dir};
use crate::keyring::{KeyError, Keyring, new_age_identity, recipient_of};
use crate::ledger::ReplicaKey;
use crate::names::{Incarnation, ReplicaId, SpaceId};
use crate::wire::{DecodeError, Reader, put_text};

pub use place::KeyPlace;

/// Fills a slice with randomness. The binary passes the system's; tests pass what they like.
pub type Entropy<'a> = &'a dyn Fn(&mut [u8]);

/// Most epoch keys that a key store holds.
pub const MAX_SPACE_KEYS: usize = 4096;

const MAGIC: &[u8; 8] = b"CAIRNKEY";
const VERSION: u8 = 1;
const HEAD_LEN: usize = 8 + 1 + 1 + 12 + 16;
const FILE_LEN_MAX: usize = 1024 * 1024;
const BY_PASSPHRASE: u8 = 1;
const BY_KEY_FILE: u8 = 2;
const KEY_FILE_CONTEXT: &str = "cairn 2026 key store sealed by key file v1";
const MEMORY_KIB_MAX: u32 = 1 << 20;
const PASSES_MAX: u32 = 64;
const IDENTITY_CHARS_MAX: usize = 128;

/// What opens the key store.
#[derive(Clone, Copy, Debug)]
pub enum Unlock<'a> {
    /// A passphrase that a person types.
    Passphrase(&'a str),
    /// A file with 32 random bytes.
    KeyFile(&'a Path),
}

/// What it costs to try a passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Cost {
    /// What a replica in service uses: 64 MiB and three passes, about a quarter of a second on a small board.
    pub const SERVICE: Self = Self { memory_kib: 64 * 1024, passes: 3 };
    /// As little as possible, for tests and demonstrations whose passphrase is printed on the screen.
    pub const DEMONSTRATION: Self = Self { memory_kib: 64, passes: 1 };
}

/// The key store could not be made, opened or saved.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    /// There is one already.
    #[error("{0} exists already; it was left as it is")]
    Exists(PathBuf),
    /// Wrong passphrase or key file, or a damaged file.
    #[error("the key store does not open: the passphrase or key file is wrong, or the file is damaged")]
    DoesNotOpen,
    /// Sealed in the other way.
    #[error("the key store is sealed with {0}")]
    OtherMethod(&'static str),
    /// Not a key store.
    #[error("the file is not a key store that this program can read: {0}")]
    Decode(#[from] DecodeError),
    /// A key inside is not one.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key file has the wrong length, or others may read it.
    #[error("the key file {0} must hold 32 bytes and be readable by its owner only")]
    BadKeyFile(PathBuf),
    /// The cost in the file is out of range.
    #[error("the cost of the passphrase is out of range")]
    BadCost,
    /// The operating system said no.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] std::io::Error),
}

/// The secrets of one replica. Wiped from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secrets {
    /// Seed of the signing key.
    pub signing_seed: [u8; 32],
    /// The age identity that grants are sealed to.
    pub age_identity: String,
    /// Key under which views and indexes on this machine are sealed.
    pub view_key: [u8; 32],
    /// Seed of the agency's root key, on the replica that founded the agency.
    pub agency_root: Option<[u8; 32]>,
    /// The current incarnation.
    #[zeroize(skip)]
    pub incarnation: Incarnation,
    /// Epoch keys by space: those that no grant in the registry brings, and copies of the others.
    #[zeroize(skip)]
    pub space_keys: Vec<(SpaceId, u32, EpochKey)>,
}

impl Secrets {
    /// New secrets of a new replica.
    pub fn generate(entropy: Entropy<'_>) -> Self {
        let mut seeds = [[0; 32]; 2];
        seeds.iter_mut().for_each(|seed| entropy(seed));
        let (identity, _) = new_age_identity();
        let secrets = Self {
            signing_seed: seeds[0],
            age_identity: identity.to_string(),
            view_key: seeds[1],
            agency_root: None,
            incarnation: random_incarnation(entropy),
            space_keys: Vec::new(),
        };
        seeds.zeroize();
        secrets
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        // Room for everything, so that growing never leaves a copy behind.
        let mut out = Zeroizing::new(Vec::with_capacity(512 + self.space_keys.len() * 52));
        out.push(VERSION);
        out.extend_from_slice(&self.signing_seed);
        put_text(&mut out, &self.age_identity, IDENTITY_CHARS_MAX);
        out.extend_from_slice(&self.view_key);
        out.push(u8::from(self.agency_root.is_some()));
        out.extend(self.agency_root.iter().flatten());
        out.extend_from_slice(&self.incarnation.0.to_be_bytes());
        out.extend_from_slice(&(self.space_keys.len() as u32).to_be_bytes());
        for (space, epoch, key) in &self.space_keys {
            out.extend_from_slice(&space.0);
            out.extend_from_slice(&epoch.to_be_bytes());
            out.extend_from_slice(key.expose());
        }
        out
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, "the key store");
        match reader.u8()? {
            VERSION => {}
            other => return Err(DecodeError::Version("the key store", other)),
        }
        let signing_seed = reader.array()?;
        let age_identity = reader.text("the age identity", IDENTITY_CHARS_MAX)?;
        let view_key = reader.array()?;
        let agency_root = match reader.u8()? {
            0 => None,
            1 => Some(reader.array()?),
            _ => return Err(DecodeError::BadValue("the root flag of the key store")),
        };
        let incarnation = Incarnation(reader.u64()?);
        let count = reader.u32()? as usize;
        if count > MAX_SPACE_KEYS {
            return Err(DecodeError::TooLong("the list of space keys", MAX_SPACE_KEYS));
        }
        let space_keys = (0..count)
            .map(|_| Ok((SpaceId(reader.array()?), reader.u32()?, EpochKey::new(reader.array()?))))
            .collect::<Result<_, DecodeError>>()?;
        reader.finish()?;
        Ok(Self { signing_seed, age_identity, view_key, agency_root, incarnation, space_keys })
    }
}

/// A new incarnation number.
pub fn random_incarnation(entropy: Entropy<'_>) -> Incarnation {
    let mut bytes = [0; 8];
    entropy(&mut bytes);
    Incarnation(u64::from_be_bytes(bytes))
}

/// The open key store.
pub struct Keystore {
    place: KeyPlace,
    head: [u8; HEAD_LEN],
    file_key: Zeroizing<[u8; 32]>,
    /// The secrets. Change them and call [`Keystore::save`].
    pub secrets: Secrets,
}

impl Keystore {
    /// Makes a key store that does not exist yet.
    pub fn create(
        place: impl Into<KeyPlace>,
        unlock: Unlock<'_>,
        cost: Cost,
        secrets: Secrets,
        entropy: Entropy<'_>,
    ) -> Result<Self, KeystoreError> {
        let place = place.into();
        if place.exists() {
            return Err(KeystoreError::Exists(place.name()));
        }
        let mut salt = [0; 16];
        entropy(&mut salt);
        let head = encode_head(unlock, cost, &salt);
        let file_key = derive_file_key(&head, unlock)?;
        let store = Self { place, head, file_key, secrets };
        store.save(entropy)?;
        Ok(store)
    }

    /// Opens a key store.
    pub fn open(place: impl Into<KeyPlace>, unlock: Unlock<'_>) -> Result<Self, KeystoreError> {
        let place = place.into();
        let bytes = place.read().map_err(|error| KeystoreError::Io(place.name(), error))?;
        let (head, sealed) = split_file(&bytes)?;
        let file_key = derive_file_key(&head, unlock)?;
        let (nonce, ciphertext) = sealed.split_first_chunk::<24>().ok_or(KeystoreError::DoesNotOpen)?;
        let payload = Payload { msg: ciphertext, aad: &head };
        let plain = cipher(&file_key)
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| KeystoreError::DoesNotOpen)?;
        let secrets = Secrets::decode(&plain)?;
        Ok(Self { place, head, file_key, secrets })
    }

    /// Writes the secrets as they are now, durable on return.
    pub fn save(&self, entropy: Entropy<'_>) -> Result<(), KeystoreError> {
        let mut nonce = [0; 24];
        entropy(&mut nonce);
        let plain = self.secrets.encode();
        let payload = Payload { msg: plain.as_slice(), aad: &self.head };
        let sealed = cipher(&self.file_key)
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| DecodeError::TooLong("the key store", FILE_LEN_MAX))?;
        let bytes = [self.head.as_slice(), &nonce, &sealed].concat();
        self.place.replace(&bytes).map_err(|error| KeystoreError::Io(self.place.name(), error))
    }

    /// The replica's signing key.
    pub fn replica_key(&self) -> ReplicaKey {
        ReplicaKey::from_seed(&self.secrets.signing_seed)
    }

    /// The replica's name.
    pub fn replica(&self) -> ReplicaId {
        self.replica_key().id()
    }

    /// The recipient that grants for this replica are sealed to.
    pub fn recipient(&self) -> Result<String, KeyError> {
        recipient_of(&self.secrets.age_identity)
    }

    /// A keyring with the stored epoch keys.
    pub fn keyring(&self) -> Result<Keyring, KeyError> {
        let mut keyring = Keyring::new();
        for (space, epoch, key) in &self.secrets.space_keys {
            keyring.insert(*space, *epoch, key.clone())?;
        }
        Ok(keyring)
    }

    /// Stores all keys of a keyring, in place of those stored before. Call [`Keystore::save`] afterwards.
    pub fn set_space_keys(&mut self, keyring: &Keyring) {
        let keys = keyring.epoch_keys().map(|(space, epoch, key)| (space, epoch, key.clone()));
        self.secrets.space_keys = keys.collect();
    }
}

/// Makes a key file: 32 random bytes that only the owner can read. Never overwrites one.
pub fn create_key_file(path: &Path, entropy: Entropy<'_>) -> Result<(), KeystoreError> {
    let mut key = Zeroizing::new([0; 32]);
    entropy(key.as_mut_slice());
    let write = || {
        let mut file = private_file().create_new(true).open(path)?;
        file.write_all(key.as_slice())?;
        file.sync_all()?;
        path.parent().map_or(Ok(()), sync_dir)
    };
    write().map_err(|error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => KeystoreError::Exists(path.to_owned()),
        _ => KeystoreError::Io(path.to_owned(), error),
    })
}

/// Looks at the bytes of a key store without opening it: the decoder that fuzzing attacks.
pub fn decode_head(bytes: &[u8]) -> Result<Cost, KeystoreError> {
    let (head, _) = split_file(bytes)?;
    let (_, cost, _) = read_head(&head)?;
    Ok(cost)
}

fn cipher(key: &Zeroizing<[u8; 32]>) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&(**key).into())
}

fn encode_head(unlock: Unlock<'_>, cost: Cost, salt: &[u8; 16]) -> [u8; HEAD_LEN] {
    let method = match unlock {
        Unlock::Passphrase(_) => BY_PASSPHRASE,
        Unlock::KeyFile(_) => BY_KEY_FILE,
    };
    let mut head = [0; HEAD_LEN];
    head[..8].copy_from_slice(MAGIC);
    head[8..10].copy_from_slice(&[VERSION, method]);
    head[10..14].copy_from_slice(&cost.memory_kib.to_be_bytes());
    head[14..18].copy_from_slice(&cost.passes.to_be_bytes());
    head[18..22].copy_from_slice(&1u32.to_be_bytes());
    head[22..].copy_from_slice(salt);
    head
}

fn split_file(bytes: &[u8]) -> Result<([u8; HEAD_LEN], &[u8]), KeystoreError> {
    if bytes.len() > FILE_LEN_MAX {
        return Err(DecodeError::TooLong("the key store", FILE_LEN_MAX).into());
    }
    let (head, sealed) = bytes.split_first_chunk().ok_or(DecodeError::Truncated("the key store"))?;
    read_head(head)?;
    Ok((*head, sealed))
}

fn read_head(head: &[u8; HEAD_LEN]) -> Result<(u8, Cost, [u8; 16]), KeystoreError> {
    let mut reader = Reader::new(head, "the key store");
    if reader.array::<8>()? != *MAGIC {
        return Err(DecodeError::BadValue("the first bytes of the key store").into());
    }
    match reader.u8()? {
        VERSION => {}
        other => return Err(DecodeError::Version("the key store", other).into()),
    }
    let method = reader.u8()?;
    let cost = Cost { memory_kib: reader.u32()?, passes: reader.u32()? };
    let lanes = reader.u32()?;
    let ranges = (8..=MEMORY_KIB_MAX).contains(&cost.memory_kib) && (1..=PASSES_MAX).contains(&cost.passes);
    if !ranges || lanes != 1 {
        return Err(KeystoreError::BadCost);
    }
    Ok((method, cost, reader.array()?))
}

fn derive_file_key(head: &[u8; HEAD_LEN], unlock: Unlock<'_>) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
    let (method, cost, salt) = read_head(head)?;
    match (method, unlock) {
        (BY_PASSPHRASE, Unlock::Passphrase(passphrase)) => {
            let params = argon2::Params::new(cost.memory_kib, cost.passes, 1, Some(32));
            let params = params.map_err(|_| KeystoreError::BadCost)?;
            let argon = Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
            let mut key = Zeroizing::new([0; 32]);
            argon
                .hash_password_into(passphrase.as_bytes(), &salt, key.as_mut_slice())
                .map_err(|_| KeystoreError::BadCost)?;
            Ok(key)
        }
        (BY_KEY_FILE, Unlock::KeyFile(path)) => {
            let secret = read_key_file(path)?;
            let mut hasher = blake3::Hasher::new_derive_key(KEY_FILE_CONTEXT);
            hasher.update(secret.as_slice());
            hasher.update(&salt);
            Ok(Zeroizing::new(*hasher.finalize().as_bytes()))
        }
        (BY_PASSPHRASE, _) => Err(KeystoreError::OtherMethod("a passphrase")),
        (BY_KEY_FILE, _) => Err(KeystoreError::OtherMethod("a key file")),
        _ => Err(DecodeError::BadValue("the way the key store is sealed").into()),
    }
}

fn read_key_file(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
    let io = |error| KeystoreError::Io(path.to_owned(), error);
    let bytes = Zeroizing::new(std::fs::read(path).map_err(io)?);
    let key = bytes.as_slice().try_into().map_err(|_| KeystoreError::BadKeyFile(path.to_owned()))?;
    if readable_by_others(&std::fs::metadata(path).map_err(io)?) {
        return Err(KeystoreError::BadKeyFile(path.to_owned()));
    }
    Ok(Zeroizing::new(key))
}

#[cfg(unix)]
fn readable_by_others(file: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
fn readable_by_others(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Bytes that differ at every call.
    fn entropy() -> impl Fn(&mut [u8]) {
        let next = Cell::new(0u8);
        move |out| {
            out.iter_mut().for_each(|byte| {
                next.set(next.get().wrapping_add(1));
                *byte = next.get();
            })
        }
    }

    fn secrets() -> Secrets {
        let mut secrets = Secrets::generate(&entropy());
        secrets.agency_root = Some([5; 32]);
        secrets.space_keys.push((SpaceId([1; 16]), 3, EpochKey::new([6; 32])));
        secrets
    }

    const PASSPHRASE: Unlock<'static> = Unlock::Passphrase("correct horse");

    #[test]
    fn secrets_come_back_with_the_passphrase_and_not_without() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        let made = Keystore::create(&path, PASSPHRASE, Cost::DEMONSTRATION, secrets(), &entropy()).unwrap();
        let opened = Keystore::open(&path, PASSPHRASE).unwrap();
        assert_eq!(opened.secrets.encode(), made.secrets.encode());
        assert_eq!(opened.replica(), made.replica());
        assert!(opened.recipient().unwrap().starts_with("age1"));
        assert!(opened.keyring().unwrap().is_member(&SpaceId([1; 16])));
        let wrong = Keystore::open(&path, Unlock::Passphrase("wrong horse"));
        assert!(matches!(wrong, Err(KeystoreError::DoesNotOpen)));
        let again = Keystore::create(&path, PASSPHRASE, Cost::DEMONSTRATION, secrets(), &entropy());
        assert!(matches!(again, Err(KeystoreError::Exists(_))));
    }

    #[test]
    fn what_is_saved_is_there_and_nothing_is_in_clear() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        let mut store = Keystore::create(&path, PASSPHRASE, Cost::DEMONSTRATION, secrets(), &entropy()).unwrap();
        store.secrets.incarnation = Incarnation(77);
        let mut keyring = store.keyring().unwrap();
        keyring.insert(SpaceId([2; 16]), 1, EpochKey::new([9; 32])).unwrap();
        store.set_space_keys(&keyring);
        store.save(&entropy()).unwrap();
        let opened = Keystore::open(&path, PASSPHRASE).unwrap();
        assert_eq!(opened.secrets.incarnation, Incarnation(77));
        assert_eq!(opened.secrets.space_keys.len(), 2);
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(32).any(|window| window == [9; 32] || window == [5; 32]));
        assert!(!bytes.windows(14).any(|window| window == b"AGE-SECRET-KEY"));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn every_changed_byte_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        let (key_path, entropy) = (dir.path().join("key"), entropy());
        create_key_file(&key_path, &entropy).unwrap();
        let unlock = Unlock::KeyFile(&key_path);
        Keystore::create(&path, unlock, Cost::DEMONSTRATION, secrets(), &entropy).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            std::fs::write(&path, changed).unwrap();
            assert!(Keystore::open(&path, unlock).is_err(), "byte {at}");
            std::fs::write(&path, &bytes[..at]).unwrap();
            assert!(Keystore::open(&path, unlock).is_err(), "cut at {at}");
        }
        std::fs::write(&path, &bytes).unwrap();
        Keystore::open(&path, unlock).unwrap();
        assert!(matches!(Keystore::open(&path, PASSPHRASE), Err(KeystoreError::OtherMethod("a key file"))));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (path, key_path) = (dir.path().join("keys"), dir.path().join("key"));
        create_key_file(&key_path, &entropy()).unwrap();
        assert_eq!(std::fs::metadata(&key_path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(create_key_file(&key_path, &entropy()), Err(KeystoreError::Exists(_))));
        let unlock = Unlock::KeyFile(&key_path);
        Keystore::create(&path, unlock, Cost::DEMONSTRATION, secrets(), &entropy()).unwrap();
        std::fs::set_permissions(&key_path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(matches!(Keystore::open(&path, unlock), Err(KeystoreError::BadKeyFile(_))));
    }

    #[test]
    fn a_cost_that_would_stall_the_machine_is_refused() {
        let mut file = encode_head(PASSPHRASE, Cost { memory_kib: u32::MAX, passes: 1 }, &[0; 16]).to_vec();
        file.extend_from_slice(&[0; 60]);
        assert!(matches!(decode_head(&file), Err(KeystoreError::BadCost)));
        let file = encode_head(PASSPHRASE, Cost::SERVICE, &[0; 16]);
        assert_eq!(decode_head(&file).unwrap(), Cost::SERVICE);
    }
}
