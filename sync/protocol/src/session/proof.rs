//! Receipts, and the words "equal" and "settled".
//!
//! When nothing is left to do in either direction, each side signs the digests of what it holds. "Equal" is
//! said only when both frontiers of every shared space are the same and both receipts were exchanged.

use cairn_ledger::SpaceId;

use super::{Effect, Phase, Session};
use crate::Refusal;
use crate::frame::Frame;
use crate::receipt::{self, Receipt};

/// Receipts and lists that a peer may send in [`FLOOD_WINDOW_MS`].
const FLOOD_MAX: u32 = 120;
const FLOOD_WINDOW_MS: u64 = 60_000;

/// What has been proved so far.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// When the last byte came.
    pub(super) heard_ms: u64,
    /// What is held here changed since our last receipt. Changes of audit alone do not count.
    pub(super) news: bool,
    /// When our last receipt was sent.
    sent_ms: Option<u64>,
    /// A receipt of the peer came in this session.
    seen: bool,
    equal: bool,
    settled: bool,
    progress_ms: u64,
    flood: (u64, u32),
}

impl Session {
    /// Whether nothing is under way in either direction.
    pub(super) fn is_quiet(&self) -> bool {
        let known = |id: &SpaceId| self.spaces.get(id).is_some_and(|space| space.theirs.is_some());
        self.phase == Phase::Open
            && self.lists_are_settled()
            && self.receiving.is_empty()
            && self.spaces.keys().filter(|id| self.is_common(id)).all(known)
            && self.has_sent_all()
    }

    pub(super) fn prove(&mut self) {
        if self.phase == Phase::Closed {
            return;
        }
        let quiet = self.is_quiet();
        if quiet || self.now_ms >= self.proof.progress_ms.saturating_add(self.config.limits.progress_gap_ms) {
            self.tell_progress();
        }
        if quiet {
            self.send_receipt();
        }
        self.judge(quiet);
    }

    fn tell_progress(&mut self) {
        for (id, space) in &mut self.spaces {
            if let Some(theirs) = space.theirs.as_ref().filter(|_| space.theirs_changed) {
                self.effects.push(Effect::PeerFrontier(*id, theirs.clone()));
                self.proof.progress_ms = self.now_ms;
                space.theirs_changed = false;
            }
        }
    }

    /// Signs what is held here, when it is news: audit alone is none, or two machines would witness each other for ever.
    fn send_receipt(&mut self) {
        let early = |sent_ms: u64| self.now_ms < sent_ms.saturating_add(self.config.limits.receipt_gap_ms);
        let due = self.proof.sent_ms.is_none_or(|sent_ms| self.proof.news && !early(sent_ms));
        if due {
            let receipt = receipt::sign(&self.key, self.now_ms, self.digests());
            self.proof.sent_ms = Some(self.now_ms);
            self.proof.news = false;
            self.send(&Frame::Receipt(receipt));
        }
    }

    /// Digest of each common space as held here.
    fn digests(&self) -> Vec<(SpaceId, [u8; 32])> {
        let common = self.spaces.iter().filter(|(id, _)| self.is_common(id));
        common.filter_map(|(id, space)| Some((*id, space.mine.as_ref()?.digest()))).collect()
    }

    fn judge(&mut self, quiet: bool) {
        let equal =
            quiet && self.proof.seen && self.proof.sent_ms.is_some() && !self.proof.news && self.holds_the_same();
        if equal && !self.proof.equal {
            self.effects.push(Effect::Equal);
        }
        self.proof.equal = equal;
        let waited = self.now_ms >= self.proof.heard_ms.saturating_add(self.config.limits.settle_ms);
        if !quiet || equal {
            self.proof.settled = false;
        } else if self.proof.seen && waited && !self.proof.settled {
            self.proof.settled = true;
            self.effects.push(Effect::Settled);
        }
    }

    fn holds_the_same(&self) -> bool {
        self.spaces.keys().eq(self.listing.peer.keys()) && self.spaces.values().all(|space| space.mine == space.theirs)
    }

    pub(super) fn take_receipt(&mut self, receipt: Receipt) -> Result<(), Refusal> {
        self.count_flood()?;
        if !receipt::verify(&receipt, &self.config.peer) {
            return Err(Refusal::BadReceipt);
        }
        for (id, digest) in &receipt.spaces {
            let Some(space) = self.spaces.get_mut(id) else { continue };
            let same = space.mine.as_ref().filter(|mine| mine.digest() == *digest).cloned();
            if same.is_some() && space.theirs.is_some() && space.theirs != same {
                space.theirs = same;
                space.theirs_changed = true;
            }
        }
        self.proof.seen = true;
        self.effects.push(Effect::Receipt(receipt));
        Ok(())
    }

    pub(super) fn count_flood(&mut self) -> Result<(), Refusal> {
        let (since_ms, count) = &mut self.proof.flood;
        if self.now_ms >= since_ms.saturating_add(FLOOD_WINDOW_MS) {
            (*since_ms, *count) = (self.now_ms, 0);
        }
        *count += 1;
        if *count > FLOOD_MAX { Err(Refusal::Flood) } else { Ok(()) }
    }
}
