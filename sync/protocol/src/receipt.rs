//! Signed statements of what a replica holds.
//!
//! A receipt is what lets a page say "the hub has everything up to 14:02": the peer's own signature over the
//! digests of its frontiers at a time.

use cairn_ledger::{ReplicaId, SpaceId};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};

const CONTEXT: &[u8] = b"cairn 2026 receipt v1\0";

/// Signs with the key of this replica.
pub trait Signer: Send {
    /// Ed25519 signature of the message.
    fn sign(&self, message: &[u8]) -> [u8; 64];
}

/// The key of a replica, from its seed.
pub fn signer(seed: &[u8; 32]) -> impl Signer + use<> {
    SigningKey::from_bytes(seed)
}

impl Signer for SigningKey {
    fn sign(&self, message: &[u8]) -> [u8; 64] {
        ed25519_dalek::Signer::<Signature>::sign(self, message).to_bytes()
    }
}

/// A receipt: who signed is known from the connection or from where it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// When it was signed, by the signer's clock, in milliseconds since 1970.
    pub at_ms: u64,
    /// Digest of the frontier of each space, sorted by space.
    pub spaces: Vec<(SpaceId, [u8; 32])>,
    /// Ed25519 over [`message`].
    pub signature: [u8; 64],
}

/// What is signed.
pub fn message(at_ms: u64, spaces: &[(SpaceId, [u8; 32])]) -> Vec<u8> {
    let mut out = Vec::with_capacity(CONTEXT.len() + 10 + spaces.len() * 48);
    out.extend_from_slice(CONTEXT);
    out.extend_from_slice(&at_ms.to_be_bytes());
    out.extend_from_slice(&(spaces.len() as u16).to_be_bytes());
    for (space, digest) in spaces {
        out.extend_from_slice(&space.0);
        out.extend_from_slice(digest);
    }
    out
}

/// Makes a receipt.
pub fn sign(signer: &dyn Signer, at_ms: u64, spaces: Vec<(SpaceId, [u8; 32])>) -> Receipt {
    let signature = signer.sign(&message(at_ms, &spaces));
    Receipt { at_ms, spaces, signature }
}

/// Whether the receipt was signed by that replica (strict rules).
pub fn verify(receipt: &Receipt, replica: &ReplicaId) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(&replica.0) else { return false };
    let signature = Signature::from_bytes(&receipt.signature);
    key.verify_strict(&message(receipt.at_ms, &receipt.spaces), &signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_holds_for_its_signer_and_its_words_only() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let replica = ReplicaId(key.verifying_key().to_bytes());
        let receipt = sign(&key, 1_000, vec![(SpaceId([1; 16]), [2; 32])]);
        assert!(verify(&receipt, &replica));

        let later = Receipt { at_ms: 1_001, ..receipt.clone() };
        assert!(!verify(&later, &replica));
        let other = ReplicaId(SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes());
        assert!(!verify(&receipt, &other));
    }
}
