//! Hybrid logical time: never back, never far ahead of the machine because of a peer, and never years ahead because the
//! machine's own clock was set wrong.
//!
//! Time that went ahead cannot be taken back: whatever is written afterwards must be later. So a clock that leaps by years is
//! not followed; time stands still, in the right order, until the clock is set or peers' entries show that so much time
//! has really passed.

use crate::entry::{Core, UNIX_MS_MAX};
use crate::names::{Hlc, LogId, ReplicaId};
use crate::store::{LogStore, StoreError, pages};

/// How far a peer's clock may pull ours ahead.
pub(super) const DRIFT_MS_MAX: u64 = 10 * 60 * 1000;
/// How far the machine's own clock may leap beyond everything that is known here: a machine that lay in a cupboard for three
/// years is believed, one whose clock says 2050 is not.
const LEAP_MS_MAX: u64 = 3 * 366 * 24 * 3_600 * 1_000;
/// 2026 began. What was written before was written by a clock that nobody had set, and is no measure for a leap.
const SENSIBLE_MS: u64 = 1_767_225_600_000;

/// The last times written here and seen from others.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    own: Hlc,
    seen: Hlc,
}

impl Clock {
    /// Reads the last entry of every log, and logs with holes to their ends. One that is damaged is left out: verification will name it.
    pub(super) fn of_store(store: &dyn LogStore, own: &ReplicaId) -> Result<Self, StoreError> {
        let mut clock = Self::default();
        let lost = store.lost();
        for log in store.logs() {
            if lost.iter().any(|lost| lost.log == log) {
                clock.read(store, &log, own)?;
            }
            match store.entry(&log, store.last(&log).0) {
                Ok(entry) => entry.iter().for_each(|entry| clock.see(&entry.header.core, own)),
                Err(StoreError::Corrupt(text)) => tracing::warn!(?log, text, "a log is damaged; verify it"),
                Err(error) => return Err(error),
            }
        }
        Ok(clock)
    }

    fn read(&mut self, store: &dyn LogStore, log: &LogId, own: &ReplicaId) -> Result<(), StoreError> {
        for page in pages(store, log, 1) {
            match page {
                Ok(entries) => entries.iter().for_each(|entry| self.see(&entry.header.core, own)),
                Err(StoreError::Corrupt(text)) => tracing::warn!(?log, text, "a log is damaged; verify it"),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes note of an entry.
    pub(super) fn see(&mut self, core: &Core, own: &ReplicaId) {
        let last = if core.log.key.replica == *own { &mut self.own } else { &mut self.seen };
        *last = (*last).max(core.hlc);
    }

    /// The time of the next own entry: after all own ones, after all others unless those run far ahead.
    pub(super) fn tick(&mut self, now_ms: u64) -> Hlc {
        self.own = self.next(now_ms);
        self.own
    }

    /// What [`Clock::tick`] would give.
    pub(super) fn next(&self, now_ms: u64) -> Hlc {
        let now_ms = self.believed(now_ms.min(UNIX_MS_MAX));
        let ceiling = Hlc { unix_ms: now_ms.saturating_add(DRIFT_MS_MAX).min(UNIX_MS_MAX), counter: 0 };
        let floor = self.own.max(self.seen.min(ceiling));
        if now_ms > floor.unix_ms { Hlc { unix_ms: now_ms, counter: 0 } } else { after(floor) }
    }

    /// What the machine's clock shows, or the last own time if that would be a leap. The entries of others count: a liar
    /// among them can only bring it about that this machine goes by its own clock.
    fn believed(&self, now_ms: u64) -> u64 {
        let known_ms = self.own.max(self.seen).unix_ms;
        let leaps = known_ms >= SENSIBLE_MS && now_ms > known_ms.saturating_add(LEAP_MS_MAX);
        if leaps { self.own.unix_ms } else { now_ms }
    }
}

fn after(hlc: Hlc) -> Hlc {
    match hlc.counter.checked_add(1) {
        Some(counter) => Hlc { counter, ..hlc },
        None => Hlc { unix_ms: (hlc.unix_ms + 1).min(UNIX_MS_MAX), counter: 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_goes_back() {
        let mut clock = Clock::default();
        let first = clock.tick(5_000);
        let second = clock.tick(4_000);
        assert!(second > first);
        assert_eq!(second, Hlc { unix_ms: 5_000, counter: 1 });
    }

    #[test]
    fn a_counter_that_is_full_moves_to_the_next_millisecond() {
        let mut clock = Clock { own: Hlc { unix_ms: 7, counter: u16::MAX }, seen: Hlc::default() };
        assert_eq!(clock.tick(7), Hlc { unix_ms: 8, counter: 0 });
    }

    const AUTUMN_2026_MS: u64 = 1_790_000_000_000;
    const YEAR_2050_MS: u64 = 2_524_608_000_000;

    #[test]
    fn a_clock_that_is_set_to_2050_and_right_again_leaves_no_trace() {
        let mut clock = Clock::default();
        clock.tick(AUTUMN_2026_MS);
        assert_eq!(clock.tick(YEAR_2050_MS), Hlc { unix_ms: AUTUMN_2026_MS, counter: 1 });
        assert_eq!(clock.tick(AUTUMN_2026_MS + 60_000), Hlc { unix_ms: AUTUMN_2026_MS + 60_000, counter: 0 });
    }

    #[test]
    fn a_machine_that_lay_in_a_cupboard_is_believed_after_two_years_and_after_ten_once_it_has_met_somebody() {
        let year_ms = 366 * 24 * 3_600 * 1_000;
        let mut clock = Clock::default();
        clock.tick(AUTUMN_2026_MS);
        assert_eq!(clock.tick(AUTUMN_2026_MS + 2 * year_ms).unix_ms, AUTUMN_2026_MS + 2 * year_ms);
        let later_ms = AUTUMN_2026_MS + 12 * year_ms;
        assert_ne!(clock.tick(later_ms).unix_ms, later_ms);
        clock.seen = Hlc { unix_ms: later_ms - 5_000, counter: 0 };
        assert_eq!(clock.tick(later_ms).unix_ms, later_ms);
    }

    #[test]
    fn a_machine_that_began_in_1970_goes_by_its_clock_once_that_is_set() {
        let mut clock = Clock::default();
        clock.tick(86_400_000);
        assert_eq!(clock.tick(AUTUMN_2026_MS).unix_ms, AUTUMN_2026_MS);
    }

    #[test]
    fn a_peer_far_ahead_does_not_take_us_along() {
        let mut clock = Clock { own: Hlc::default(), seen: Hlc { unix_ms: UNIX_MS_MAX, counter: 9 } };
        assert_eq!(clock.tick(1_000).unix_ms, 1_000 + DRIFT_MS_MAX);
    }
}
