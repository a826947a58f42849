//! Two histories of one log that meet: each side holds one of them, and neither can see that from entries in clear, which
//! do not say what they follow. So the side that holds more shows signed headers, and the other makes the proof.

use super::{Ledger, Refusal};
use crate::fork::{Evidence, ForkProof};
use crate::names::{EntryHash, LogId};
use crate::store::StoreError;

/// Headers that are shown of a log with two histories, ever further back: the earliest that differs bounds the fork.
const SHOWN_MAX: u32 = 20;

impl Ledger {
    /// What a peer should see that says it holds entry `number` of a log with this hash, when another one is held here:
    /// signed headers from this history, oldest first. Empty when there is nothing to say.
    pub fn evidence_for(&self, log: &LogId, number: u64, hash: &EntryHash) -> Result<Vec<Evidence>, StoreError> {
        let held = self.store.entry(log, number)?;
        if held.is_none_or(|held| held.header.hash() == *hash) {
            // It has not heard that the log is frozen. If the proof cannot reach it as an entry, it sees both sides of it.
            let unaware = self.frozen_after(log).is_some_and(|common| number > common);
            let proof = if unaware { self.stranded_proof(log)? } else { None };
            return Ok(proof.into_iter().flat_map(|proof| [proof.left, proof.right]).collect());
        }
        let back = (0..SHOWN_MAX).rev().map(|step| 1_u64 << step).chain([0]);
        let places = back.filter_map(|back| number.checked_sub(back)).filter(|place| *place > 0);
        places.filter_map(|place| self.evidence(log, place).transpose()).collect()
    }

    /// Takes a signed header that a peer showed. Whether it proves that the log has two histories: then the proof is kept
    /// and the log frozen.
    pub fn take_evidence(&self, theirs: Evidence) -> Result<bool, Refusal> {
        let core = theirs.header.core;
        let mut clock = self.writer();
        let Some(ours) = self.evidence(&core.log, core.number)? else { return Ok(false) };
        if ours.header.hash() == theirs.header.hash() {
            return Ok(false);
        }
        match self.keep_fork(&mut clock, ForkProof { left: ours, right: theirs }) {
            Refusal::Fork(_) => Ok(true),
            Refusal::Frozen { .. } => Ok(false),
            refusal => Err(refusal),
        }
    }
}
