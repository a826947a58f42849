//! Signed statements of what a replica holds.
//!
//! A receipt is what lets a page say "the hub has everything up to 14:02": the peer's own signature over the
//! digests of its frontiers at a time.

use cairn_ledger::ledger::{ReplicaKey, verify_signature};
use cairn_ledger::{ReplicaId, SpaceId};

/// Keeps signatures of receipts apart from all others.
const CONTEXT: &str = "receipt v1";

/// A receipt: who signed is known from the connection or from where it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// When it was signed, by the signer's clock, in milliseconds since 1970.
    pub at_ms: u64,
    /// Digest of the frontier of each space, sorted by space.
    pub spaces: Vec<(SpaceId, [u8; 32])>,
    /// Ed25519 over time and digests, as PROTOCOL.md says.
    pub signature: [u8; 64],
}

/// What is signed.
fn message(at_ms: u64, spaces: &[(SpaceId, [u8; 32])]) -> Vec<u8> {
    let mut out = Vec::with_capacity(10 + spaces.len() * 48);
    out.extend_from_slice(&at_ms.to_be_bytes());
    out.extend_from_slice(&(spaces.len() as u16).to_be_bytes());
    for (space, digest) in spaces {
        out.extend_from_slice(&space.0);
        out.extend_from_slice(digest);
    }
    out
}

/// Makes a receipt.
pub fn sign(key: &ReplicaKey, at_ms: u64, spaces: Vec<(SpaceId, [u8; 32])>) -> Receipt {
    let signature = key.sign(CONTEXT, &message(at_ms, &spaces));
    Receipt { at_ms, spaces, signature }
}

/// Whether the receipt was signed by that replica (strict rules).
pub fn verify(receipt: &Receipt, replica: &ReplicaId) -> bool {
    verify_signature(replica, CONTEXT, &message(receipt.at_ms, &receipt.spaces), &receipt.signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_holds_for_its_signer_and_its_words_only() {
        let key = ReplicaKey::from_seed(&[7; 32]);
        let receipt = sign(&key, 1_000, vec![(SpaceId([1; 16]), [2; 32])]);
        assert!(verify(&receipt, &key.id()));

        let later = Receipt { at_ms: 1_001, ..receipt.clone() };
        assert!(!verify(&later, &key.id()));
        assert!(!verify(&receipt, &ReplicaKey::from_seed(&[8; 32]).id()));
    }
}
