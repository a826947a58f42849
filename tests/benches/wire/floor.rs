//! The fewest bytes that changes can take on any wire: the entropy of what was drawn to make them, and one signature.
//!
//! The generator knows from how many equal possibilities it drew each thing, so the entropy is exact and not an estimate
//! of a compressor. What follows from them (authors, numbers, hashes, audit lines) costs nothing at the floor, because
//! the receiver can derive it.

/// Length of an Ed25519 signature.
const SIGNATURE_BYTES: f64 = 64.0;

/// Entropy added up.
#[derive(Clone, Debug, Default)]
pub struct Floor {
    bits: f64,
}

impl Floor {
    /// One thing drawn out of so many.
    pub fn drew(&mut self, out_of: u64) {
        self.bits += (out_of.max(1) as f64).log2();
    }

    /// Random bits.
    pub fn random(&mut self, bits: u32) {
        self.bits += f64::from(bits);
    }

    /// All of another.
    pub fn add(&mut self, other: &Self) {
        self.bits += other.bits;
    }

    /// With one signature.
    pub fn bytes(&self) -> f64 {
        self.bits / 8.0 + SIGNATURE_BYTES
    }
}
