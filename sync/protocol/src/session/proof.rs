//! The words "equal" and "settled".
//!
//! When nothing is left to do in either direction and both frontiers of every shared space are the same, the shell is told
//! so with what both hold. Nothing more needs to be said for that: what the peer holds comes from its greeting, its parcels
//! and its answers. Signed receipts are entries, which the casebook writes.

use cairn_ledger::SpaceId;

use super::{Effect, Phase, Session, Space};
use crate::Refusal;

/// Lists and headers that a peer may send in [`FLOOD_WINDOW_MS`].
const FLOOD_MAX: u32 = 120;
const FLOOD_WINDOW_MS: u64 = 60_000;

/// What has been proved so far.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// When the last byte came.
    pub(super) heard_ms: u64,
    /// What either side holds changed since "equal" was last said.
    pub(super) news: bool,
    settled: bool,
    progress_ms: u64,
    flood: (u64, u32),
}

impl Session {
    /// Whether nothing is under way in either direction.
    pub(super) fn is_quiet(&self) -> bool {
        let unknown = |(id, space): (&SpaceId, &Space)| space.theirs.is_none() && self.is_common(id);
        self.phase == Phase::Open
            && self.receiving.is_empty()
            && self.has_sent_all()
            && self.lists_are_settled()
            && !self.spaces.iter().any(unknown)
    }

    pub(super) fn prove(&mut self) {
        if self.phase == Phase::Closed {
            return;
        }
        let quiet = self.is_quiet();
        if quiet || self.now_ms >= self.proof.progress_ms.saturating_add(self.config.limits.progress_gap_ms) {
            self.tell_progress();
        }
        if !quiet {
            self.proof.settled = false;
        } else if self.holds_the_same() {
            self.say_equal();
        } else {
            self.say_settled();
        }
    }

    fn tell_progress(&mut self) {
        self.proof.progress_ms = self.now_ms;
        for (id, space) in &mut self.spaces {
            if let Some(theirs) = space.theirs.as_ref().filter(|_| space.theirs_changed) {
                self.effects.push(Effect::PeerFrontier(*id, theirs.clone()));
                space.theirs_changed = false;
            }
        }
    }

    fn say_equal(&mut self) {
        self.proof.settled = false;
        if std::mem::take(&mut self.proof.news) {
            // The same, and from now on the same memory: a hub has hundreds of sessions about hundreds of spaces.
            self.spaces.values_mut().for_each(|space| space.theirs.clone_from(&space.mine));
            let held = self.spaces.iter().filter_map(|(id, space)| Some((*id, space.mine.clone()?)));
            self.effects.push(Effect::Equal(held.collect()));
        }
    }

    fn say_settled(&mut self) {
        let limits = &self.config.limits;
        let wait_ms = if self.is_owed() { limits.settle_owed_ms } else { limits.settle_ms };
        if self.now_ms >= self.proof.heard_ms.saturating_add(wait_ms) && !self.proof.settled {
            self.proof.settled = true;
            self.effects.push(Effect::Settled);
        }
    }

    fn holds_the_same(&self) -> bool {
        self.spaces.keys().eq(self.listing.peer.keys()) && self.spaces.values().all(|space| space.mine == space.theirs)
    }

    /// Whether the peer holds entries that it may still send.
    fn is_owed(&self) -> bool {
        self.spaces.iter().filter(|(id, _)| self.is_common(id)).any(|(_, space)| {
            let aside = |key| space.logs.get(key).is_some_and(|state| state.aside_in);
            let lacks = |key, number| space.mine.as_ref().is_none_or(|mine| mine.number(key) < number);
            space.theirs.iter().any(|theirs| theirs.0.iter().any(|(key, held)| lacks(key, held.0) && !aside(key)))
        })
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
