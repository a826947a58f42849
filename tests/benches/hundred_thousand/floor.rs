//! The fewest bytes that edits can take on any wire: the entropy of what was drawn to make them, and one signature.
//!
//! The generator knows from how many equal possibilities it drew each thing, so the entropy is exact and not an estimate
//! of a compressor: which record out of all, which second, and the new values. What follows from them (ids of fields,
//! authors, numbers, hashes) costs nothing at the floor, because the receiver can derive it.

/// Length of an Ed25519 signature.
const SIGNATURE_BYTES: f64 = 64.0;

/// What edits were drawn from.
pub struct Drawn {
    /// How many edits there were.
    pub edits: u64,
    /// Out of how many records each was drawn.
    pub records: u64,
    /// Out of how many pairs of values each pair was drawn.
    pub values: u64,
    /// Over how many milliseconds they were made.
    pub span_ms: u64,
}

impl Drawn {
    /// The floor in bytes.
    pub fn floor_bytes(&self) -> f64 {
        let edits = self.edits as f64;
        let which = edits * (self.records as f64).log2();
        let what = edits * (self.values as f64).log2();
        // Edits in order of time: the gaps, whose entropy is that of an exponential law with their mean.
        let gap_ms = (self.span_ms as f64 / edits).max(1.0);
        let when = edits * (gap_ms * std::f64::consts::E).log2();
        (which + what + when) / 8.0 + SIGNATURE_BYTES
    }
}
