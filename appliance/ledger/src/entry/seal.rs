//! A signature over an entry's hash: it covers that entry and, through the chain, all before it.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::Position;
use crate::names::{EntryHash, LogId, ReplicaId};
use crate::wire::{DecodeError, Reader};

/// Length of an encoded [`Seal`] in bytes.
pub const SEAL_LEN: usize = LogId::LEN + 8 + 32 + 64;

const CONTEXT: &[u8] = b"cairn 2026 seal v1\0";

/// The seal was not made by the replica whose log it closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the seal is not a signature of the replica that owns the log")]
pub struct SealError;

/// Signed by the writer of a log for the last entry of every commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The log.
    pub log: LogId,
    /// Number of the sealed entry.
    pub number: u64,
    /// Its hash.
    pub hash: EntryHash,
    /// Ed25519 over a context string and the hash.
    pub signature: [u8; 64],
}

impl Seal {
    /// Seals the entry at `position` with the key of the replica that owns the log.
    pub fn sign(position: &Position, key: &SigningKey) -> Self {
        let signature = key.sign(&message(&position.hash)).to_bytes();
        Self { log: position.log, number: position.number, hash: position.hash, signature }
    }

    /// The entry it seals.
    pub fn position(&self) -> Position {
        Position { log: self.log, number: self.number, hash: self.hash }
    }

    /// Strict verification against the replica named in the log.
    pub fn verify(&self) -> Result<(), SealError> {
        verify_strict(&self.log.key.replica, &message(&self.hash), &self.signature).ok_or(SealError)
    }

    /// The canonical bytes.
    pub fn encode(&self) -> [u8; SEAL_LEN] {
        let mut out = Vec::with_capacity(SEAL_LEN);
        self.log.put(&mut out);
        out.extend_from_slice(&self.number.to_be_bytes());
        out.extend_from_slice(&self.hash.0);
        out.extend_from_slice(&self.signature);
        let mut bytes = [0; SEAL_LEN];
        bytes.copy_from_slice(&out);
        bytes
    }

    /// Reads exactly [`SEAL_LEN`] canonical bytes. The signature is not checked here.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, "a seal");
        let seal = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(seal)
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (log, number) = (LogId::read(reader)?, reader.u64()?);
        if number == 0 {
            return Err(DecodeError::BadValue("the number of a seal"));
        }
        Ok(Self { log, number, hash: EntryHash(reader.array()?), signature: reader.array()? })
    }
}

fn message(hash: &EntryHash) -> Vec<u8> {
    [CONTEXT, &hash.0].concat()
}

/// Ed25519 with the strict rules, so that all replicas agree on which signatures hold.
pub(crate) fn verify_strict(signer: &ReplicaId, message: &[u8], signature: &[u8; 64]) -> Option<()> {
    let key = VerifyingKey::from_bytes(&signer.0).ok()?;
    key.verify_strict(message, &Signature::from_bytes(signature)).ok()
}
