//! Hybrid logical time: never back, never far ahead of the machine because of a peer.

use crate::entry::{Core, UNIX_MS_MAX};
use crate::names::{Hlc, ReplicaId};
use crate::store::{LogStore, StoreError};

/// How far a peer's clock may pull ours ahead.
const DRIFT_MS_MAX: u64 = 10 * 60 * 1000;

/// The last times written here and seen from others.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Clock {
    own: Hlc,
    seen: Hlc,
}

impl Clock {
    /// Reads the last entry of every log. One that is damaged is left out: verification will name it.
    pub(super) fn of_store(store: &dyn LogStore, own: &ReplicaId) -> Result<Self, StoreError> {
        let mut clock = Self::default();
        for log in store.logs() {
            match store.entry(&log, store.last(&log).0) {
                Ok(entry) => entry.iter().for_each(|entry| clock.see(&entry.header.core, own)),
                Err(StoreError::Corrupt(text)) => tracing::warn!(?log, text, "a log is damaged; verify it"),
                Err(error) => return Err(error),
            }
        }
        Ok(clock)
    }

    /// Takes note of an entry.
    pub(super) fn see(&mut self, core: &Core, own: &ReplicaId) {
        let last = if core.log.key.replica == *own { &mut self.own } else { &mut self.seen };
        *last = (*last).max(core.hlc);
    }

    /// The time of the next own entry: after all own ones, after all others unless those run far ahead.
    pub(super) fn tick(&mut self, now_ms: u64) -> Hlc {
        let now_ms = now_ms.min(UNIX_MS_MAX);
        let ceiling = Hlc { unix_ms: now_ms.saturating_add(DRIFT_MS_MAX).min(UNIX_MS_MAX), counter: 0 };
        let floor = self.own.max(self.seen.min(ceiling));
        self.own = if now_ms > floor.unix_ms { Hlc { unix_ms: now_ms, counter: 0 } } else { after(floor) };
        self.own
    }

    /// The last own time, for an entry that is written without anybody telling the time.
    pub(super) fn last_ms(&self) -> u64 {
        self.own.unix_ms
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

    #[test]
    fn a_peer_far_ahead_does_not_take_us_along() {
        let mut clock = Clock { own: Hlc::default(), seen: Hlc { unix_ms: UNIX_MS_MAX, counter: 9 } };
        assert_eq!(clock.tick(1_000).unix_ms, 1_000 + DRIFT_MS_MAX);
    }
}
