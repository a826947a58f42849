//! Which keys this replica holds, and the age files by which members are given one.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use zeroize::Zeroizing;

use crate::blob::ChunkKey;
use crate::crypto::{EpochKey, OpenError, SpaceKey};
use crate::entry::{Core, KeyId};
use crate::names::SpaceId;

/// Largest grant in bytes: room for some 400 recipients.
pub const MAX_GRANT_LEN: usize = 64 * 1024;
/// Most recipients of one grant.
pub const MAX_GRANT_RECIPIENTS: usize = 400;

/// A key could not be granted, taken or kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Two keys claim one epoch of one space.
    #[error("space {0} already has another key for epoch {1}; the new one was not kept")]
    Conflict(SpaceId, u32),
    /// Not an age recipient.
    #[error("'{0}' is not an age recipient (it should start with age1)")]
    BadRecipient(String),
    /// Not an age identity.
    #[error("the stored identity is not an age identity; the key store is damaged or was edited")]
    BadIdentity,
    /// No recipient, or too many.
    #[error("a grant needs 1 to {MAX_GRANT_RECIPIENTS} recipients, not {0}")]
    Recipients(usize),
    /// The grant is for others.
    #[error("the grant is not for this replica")]
    NotForUs,
    /// The grant is damaged or is not one.
    #[error("the grant is damaged, too long, or not a grant: {0}")]
    Damaged(String),
}

/// A new age identity (`AGE-SECRET-KEY-1…`) and its recipient (`age1…`).
pub fn new_age_identity() -> (Zeroizing<String>, String) {
    use age::secrecy::ExposeSecret;
    let identity = age::x25519::Identity::generate();
    (Zeroizing::new(identity.to_string().expose_secret().to_owned()), identity.to_public().to_string())
}

/// The recipient of an age identity.
pub fn recipient_of(identity: &str) -> Result<String, KeyError> {
    parse_identity(identity).map(|identity| identity.to_public().to_string())
}

/// Seals an epoch key to its members as one age file.
pub fn grant(key: &EpochKey, recipients: &[String]) -> Result<Vec<u8>, KeyError> {
    if recipients.is_empty() || recipients.len() > MAX_GRANT_RECIPIENTS {
        return Err(KeyError::Recipients(recipients.len()));
    }
    let parsed = recipients.iter().map(|text| parse_recipient(text)).collect::<Result<Vec<_>, _>>()?;
    let damaged = |error: &dyn std::fmt::Display| KeyError::Damaged(error.to_string());
    let encryptor = age::Encryptor::with_recipients(parsed.iter().map(|recipient| recipient as &dyn age::Recipient))
        .map_err(|error| damaged(&error))?;
    let mut file = Vec::new();
    let mut writer = encryptor.wrap_output(&mut file).map_err(|error| damaged(&error))?;
    writer.write_all(key.expose()).map_err(|error| damaged(&error))?;
    writer.finish().map_err(|error| damaged(&error))?;
    Ok(file)
}

/// Takes the epoch key out of a grant with this replica's age identity.
pub fn open_grant(file: &[u8], identity: &str) -> Result<EpochKey, KeyError> {
    if file.len() > MAX_GRANT_LEN {
        return Err(KeyError::Damaged(format!("{} bytes", file.len())));
    }
    let identity = parse_identity(identity)?;
    let decryptor = age::Decryptor::new_buffered(file).map_err(|error| KeyError::Damaged(error.to_string()))?;
    let mut reader = match decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)) {
        Ok(reader) => reader.take(33),
        Err(age::DecryptError::NoMatchingKeys) => return Err(KeyError::NotForUs),
        Err(error) => return Err(KeyError::Damaged(error.to_string())),
    };
    let mut bytes = Zeroizing::new(Vec::with_capacity(33));
    reader.read_to_end(&mut bytes).map_err(|error| KeyError::Damaged(error.to_string()))?;
    let key = bytes.as_slice().try_into().map_err(|_| KeyError::Damaged("not a 32-byte key".to_owned()))?;
    Ok(EpochKey::new(key))
}

pub(crate) fn parse_identity(text: &str) -> Result<age::x25519::Identity, KeyError> {
    text.parse().map_err(|_| KeyError::BadIdentity)
}

pub(crate) fn parse_recipient(text: &str) -> Result<age::x25519::Recipient, KeyError> {
    text.parse().map_err(|_| KeyError::BadRecipient(text.chars().take(80).collect()))
}

/// The epoch keys that this replica holds, by space and epoch.
#[derive(Debug, Default)]
pub struct Keyring {
    spaces: BTreeMap<SpaceId, BTreeMap<u32, (EpochKey, SpaceKey)>>,
}

impl Keyring {
    /// A keyring without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a key. Keeping the same key again changes nothing; another key for the same epoch is refused.
    pub fn insert(&mut self, space: SpaceId, epoch: u32, key: EpochKey) -> Result<(), KeyError> {
        let epochs = self.spaces.entry(space).or_default();
        match epochs.get(&epoch) {
            Some((held, _)) if *held == key => Ok(()),
            Some(_) => Err(KeyError::Conflict(space, epoch)),
            None => {
                let working = SpaceKey::derive(&space, epoch, &key);
                epochs.insert(epoch, (key, working));
                Ok(())
            }
        }
    }

    /// The key that new entries of this space are sealed with: that of the highest epoch.
    pub fn current(&self, space: &SpaceId) -> Option<&SpaceKey> {
        self.spaces.get(space)?.last_key_value().map(|(_, (_, key))| key)
    }

    /// The key that new chunks of this space are sealed with, and its epoch.
    pub fn current_chunk_key(&self, space: &SpaceId) -> Option<(u32, ChunkKey)> {
        let (epoch, (key, _)) = self.spaces.get(space)?.last_key_value()?;
        Some((*epoch, ChunkKey::derive(space, key)))
    }

    /// The key of the chunks of this epoch.
    pub fn chunk_key(&self, space: &SpaceId, epoch: u32) -> Option<ChunkKey> {
        self.spaces.get(space)?.get(&epoch).map(|(key, _)| ChunkKey::derive(space, key))
    }

    /// The key that an entry names.
    pub fn for_entry(&self, core: &Core) -> Result<&SpaceKey, OpenError> {
        self.get(&core.log.space, core.key_epoch, &core.key_id).ok_or(OpenError::UnknownEpoch(core.key_epoch))
    }

    /// The key of this epoch, if it has this id.
    pub fn get(&self, space: &SpaceId, epoch: u32, id: &KeyId) -> Option<&SpaceKey> {
        self.of_epoch(space, epoch).filter(|key| key.id() == *id)
    }

    /// The key of this epoch.
    pub fn of_epoch(&self, space: &SpaceId, epoch: u32) -> Option<&SpaceKey> {
        self.spaces.get(space)?.get(&epoch).map(|(_, key)| key)
    }

    /// Every key with its space and epoch, for granting to a new member and for the key store.
    pub fn epoch_keys(&self) -> impl Iterator<Item = (SpaceId, u32, &EpochKey)> {
        self.spaces.iter().flat_map(|(space, epochs)| epochs.iter().map(|(epoch, (key, _))| (*space, *epoch, key)))
    }

    /// Whether any key of this space is held.
    pub fn is_member(&self, space: &SpaceId) -> bool {
        self.spaces.contains_key(space)
    }
}
