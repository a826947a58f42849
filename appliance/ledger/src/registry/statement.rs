//! The statements and their bytes.

use ed25519_dalek::{Signer, SigningKey};

use super::ReplicaRole;
use crate::entry::KeyId;
use crate::keyring::MAX_GRANT_LEN;
use crate::names::{ReplicaId, SpaceId};
use crate::wire::{DecodeError, Reader, put_bytes, put_text};

/// Most addresses of one replica.
pub const MAX_ADDRESSES: usize = 8;

const NAME_CHARS: usize = 120;
const COUNTRY_CHARS: usize = 8;
const RECIPIENT_CHARS: usize = 128;
const FOUNDED: u8 = 1;
const REPLICA_CERTIFIED: u8 = 2;
const SPACE_OPENED: u8 = 3;
const EPOCH_KEY: u8 = 4;
const FOUNDED_CONTEXT: &[u8] = b"cairn 2026 agency founded v1\0";
const REGISTRY_CONTEXT: &str = "cairn 2026 registry space v1";
const LOCAL_CONTEXT: &str = "cairn 2026 local space v1";

/// An agency's root key.
pub struct RootKey(SigningKey);

impl RootKey {
    /// The key made from 32 secret random bytes.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public key, which names the agency.
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }
}

/// The registry of the agency with this root key.
pub fn registry_space(root: &[u8; 32]) -> SpaceId {
    space_of(REGISTRY_CONTEXT, root)
}

/// The space in which a replica keeps what never leaves it: accounts, import batches, settings.
pub fn local_space(replica: &ReplicaId) -> SpaceId {
    space_of(LOCAL_CONTEXT, &replica.0)
}

fn space_of(context: &str, key: &[u8; 32]) -> SpaceId {
    let hash = blake3::derive_key(context, key);
    let mut space = [0; 16];
    space.copy_from_slice(&hash[..16]);
    SpaceId(space)
}

/// A text or list of a statement is too long, or empty where it may not be. Nothing was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} must not be empty or longer than {1}; nothing was saved")]
pub struct StatementError(&'static str, usize);

/// What a space is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum SpaceKind {
    /// Statements.
    Registry = 1,
    /// Records.
    Records = 2,
    /// Audit events.
    Audit = 3,
    /// Kept on one machine.
    Local = 4,
}

/// The agency exists, and this replica is its registrar. Signed by the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founded {
    /// Name of the agency.
    pub agency: String,
    /// Country code.
    pub country: String,
    /// Root public key.
    pub root: [u8; 32],
    /// The replica whose statements count.
    pub registrar: ReplicaId,
    /// Ed25519 by the root over all of the above.
    pub signature: [u8; 64],
}

/// A replica belongs to the agency. Stated again when a detail changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaCertified {
    /// The replica.
    pub replica: ReplicaId,
    /// Its age recipient.
    pub recipient: String,
    /// Name of the place.
    pub site: String,
    /// What it is for.
    pub role: ReplicaRole,
    /// Where it can be reached, `host:port`, best first.
    pub addresses: Vec<String>,
}

/// A space exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceOpened {
    /// The space.
    pub space: SpaceId,
    /// What it is for.
    pub kind: SpaceKind,
    /// Its title, as people see it.
    pub title: String,
}

/// A key was granted. One epoch may be granted again to further members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochKeyGrant {
    /// The space.
    pub space: SpaceId,
    /// The epoch, from 1.
    pub epoch: u32,
    /// Names the key.
    pub key_id: KeyId,
    /// The age file.
    pub grant: Vec<u8>,
}

/// The payload of an entry of kind "statement".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// The agency exists.
    Founded(Founded),
    /// A replica belongs to it.
    ReplicaCertified(ReplicaCertified),
    /// A space exists.
    SpaceOpened(SpaceOpened),
    /// A key was granted.
    EpochKey(EpochKeyGrant),
    /// A type from a newer Cairn: revocations, cuts, erasures and agreements will be such.
    Unknown {
        /// Its number.
        tag: u8,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

impl Founded {
    /// Founds an agency.
    pub fn sign(root: &RootKey, agency: &str, country: &str, registrar: ReplicaId) -> Result<Self, StatementError> {
        let mut founded = Self {
            agency: agency.to_owned(),
            country: country.to_owned(),
            root: root.public(),
            registrar,
            signature: [0; 64],
        };
        founded.check()?;
        founded.signature = root.0.sign(&founded.message()).to_bytes();
        Ok(founded)
    }

    /// Whether the root signed it.
    pub fn is_signed(&self) -> bool {
        crate::entry::verify_strict(&ReplicaId(self.root), &self.message(), &self.signature).is_some()
    }

    fn check(&self) -> Result<(), StatementError> {
        check_text("the name of the agency", &self.agency, NAME_CHARS)?;
        check_text("the country", &self.country, COUNTRY_CHARS)
    }

    fn message(&self) -> Vec<u8> {
        let mut out = FOUNDED_CONTEXT.to_vec();
        self.put_signed(&mut out);
        out
    }

    fn put_signed(&self, out: &mut Vec<u8>) {
        put_text(out, &self.agency, NAME_CHARS);
        put_text(out, &self.country, COUNTRY_CHARS);
        out.extend_from_slice(&self.root);
        out.extend_from_slice(&self.registrar.0);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let agency = reader.text("the name of the agency", NAME_CHARS)?;
        let country = reader.text("the country", COUNTRY_CHARS)?;
        let (root, registrar) = (reader.array()?, ReplicaId(reader.array()?));
        Ok(Self { agency, country, root, registrar, signature: reader.array()? })
    }
}

impl ReplicaCertified {
    fn check(&self) -> Result<(), StatementError> {
        check_text("the recipient", &self.recipient, RECIPIENT_CHARS)?;
        check_text("the name of the site", &self.site, NAME_CHARS)?;
        if self.addresses.len() > MAX_ADDRESSES {
            return Err(StatementError("the list of addresses", MAX_ADDRESSES));
        }
        self.addresses.iter().try_for_each(|address| check_text("an address", address, NAME_CHARS))
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.replica.0);
        put_text(out, &self.recipient, RECIPIENT_CHARS);
        put_text(out, &self.site, NAME_CHARS);
        out.push(self.role as u8);
        out.push(self.addresses.len() as u8);
        self.addresses.iter().for_each(|address| put_text(out, address, NAME_CHARS));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let replica = ReplicaId(reader.array()?);
        let recipient = reader.text("the recipient", RECIPIENT_CHARS)?;
        let site = reader.text("the name of the site", NAME_CHARS)?;
        let role = match reader.u8()? {
            1 => ReplicaRole::Hub,
            2 => ReplicaRole::Post,
            3 => ReplicaRole::Relay,
            _ => return Err(DecodeError::BadValue("the role of a replica")),
        };
        let count = usize::from(reader.u8()?);
        if count > MAX_ADDRESSES {
            return Err(DecodeError::TooLong("the list of addresses", MAX_ADDRESSES));
        }
        let addresses = (0..count).map(|_| reader.text("an address", NAME_CHARS)).collect::<Result<_, _>>()?;
        Ok(Self { replica, recipient, site, role, addresses })
    }
}

impl SpaceOpened {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.space.0);
        out.push(self.kind as u8);
        put_text(out, &self.title, NAME_CHARS);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let space = SpaceId(reader.array()?);
        let kind = match reader.u8()? {
            1 => SpaceKind::Registry,
            2 => SpaceKind::Records,
            3 => SpaceKind::Audit,
            4 => SpaceKind::Local,
            _ => return Err(DecodeError::BadValue("the kind of a space")),
        };
        Ok(Self { space, kind, title: reader.text("the title of a space", NAME_CHARS)? })
    }
}

impl EpochKeyGrant {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.space.0);
        out.extend_from_slice(&self.epoch.to_be_bytes());
        out.extend_from_slice(&self.key_id);
        put_bytes(out, &self.grant);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (space, epoch, key_id) = (SpaceId(reader.array()?), reader.u32()?, reader.array()?);
        Ok(Self { space, epoch, key_id, grant: reader.bytes("a grant", MAX_GRANT_LEN)?.to_vec() })
    }
}

impl Statement {
    /// The canonical bytes.
    pub fn encode(&self) -> Result<Vec<u8>, StatementError> {
        let mut out = vec![self.tag()];
        match self {
            Self::Founded(founded) => {
                founded.check()?;
                founded.put_signed(&mut out);
                out.extend_from_slice(&founded.signature);
            }
            Self::ReplicaCertified(certified) => {
                certified.check()?;
                certified.put(&mut out);
            }
            Self::SpaceOpened(opened) => {
                check_text("the title of a space", &opened.title, NAME_CHARS)?;
                opened.put(&mut out);
            }
            Self::EpochKey(grant) => {
                if grant.grant.len() > MAX_GRANT_LEN {
                    return Err(StatementError("a grant", MAX_GRANT_LEN));
                }
                grant.put(&mut out);
            }
            Self::Unknown { bytes, .. } => out.extend_from_slice(bytes),
        }
        Ok(out)
    }

    /// Reads what [`Statement::encode`] wrote. Signatures are checked when it is applied.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, "a statement");
        let statement = match reader.u8()? {
            FOUNDED => Self::Founded(Founded::read(&mut reader)?),
            REPLICA_CERTIFIED => Self::ReplicaCertified(ReplicaCertified::read(&mut reader)?),
            SPACE_OPENED => Self::SpaceOpened(SpaceOpened::read(&mut reader)?),
            EPOCH_KEY => Self::EpochKey(EpochKeyGrant::read(&mut reader)?),
            tag => Self::Unknown { tag, bytes: reader.rest().to_vec() },
        };
        reader.finish()?;
        Ok(statement)
    }

    fn tag(&self) -> u8 {
        match self {
            Self::Founded(_) => FOUNDED,
            Self::ReplicaCertified(_) => REPLICA_CERTIFIED,
            Self::SpaceOpened(_) => SPACE_OPENED,
            Self::EpochKey(_) => EPOCH_KEY,
            Self::Unknown { tag, .. } => *tag,
        }
    }
}

fn check_text(what: &'static str, text: &str, chars_max: usize) -> Result<(), StatementError> {
    if text.is_empty() || text.chars().count() > chars_max { Err(StatementError(what, chars_max)) } else { Ok(()) }
}
