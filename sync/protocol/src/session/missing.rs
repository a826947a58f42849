//! Which logs of a space the peer lacks entries of.
//!
//! A hub keeps one such list for each space of each session, tens of thousands in all: most are empty, and at the end of a
//! night that everybody worked through the others are long. A sorted list takes a third of what sets would.

use cairn_ledger::LogKey;

/// The logs, the most urgent lanes first, in order within a lane.
#[derive(Debug, Default)]
pub(super) struct Missing(Vec<LogKey>);

impl Missing {
    /// Notes that the peer lacks entries of a log.
    pub(super) fn insert(&mut self, key: LogKey) {
        if let Err(place) = self.place(&key) {
            self.0.insert(place, key);
        }
    }

    /// Notes that the peer lacks nothing of a log.
    pub(super) fn remove(&mut self, key: &LogKey) {
        let Ok(place) = self.place(key) else { return };
        self.0.remove(place);
        if self.0.len() < self.0.capacity() / 4 {
            self.0.shrink_to(self.0.len() * 2);
        }
    }

    /// The logs of so many lanes, the most urgent ones.
    pub(super) fn in_lanes(&self, lanes: usize) -> &[LogKey] {
        let end = self.0.partition_point(|key| (key.lane as usize) < lanes);
        self.0.get(..end).unwrap_or_default()
    }

    /// Whether there are logs in so many lanes, the most urgent ones.
    pub(super) fn lacks(&self, lanes: usize) -> bool {
        self.0.first().is_some_and(|key| (key.lane as usize) < lanes)
    }

    /// The logs of all lanes.
    pub(super) fn all(&self) -> &[LogKey] {
        &self.0
    }

    fn place(&self, key: &LogKey) -> Result<usize, usize> {
        self.0.binary_search_by(|other| (other.lane, other).cmp(&(key.lane, key)))
    }
}

impl FromIterator<LogKey> for Missing {
    fn from_iter<T: IntoIterator<Item = LogKey>>(keys: T) -> Self {
        let mut keys: Vec<LogKey> = keys.into_iter().collect();
        keys.sort_unstable_by(|one, other| (one.lane, one).cmp(&(other.lane, other)));
        keys.shrink_to_fit();
        Self(keys)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cairn_ledger::{Incarnation, Lane, ReplicaId};
    use proptest::prelude::*;

    use super::*;

    fn key((replica, lane): (u8, usize)) -> LogKey {
        LogKey { replica: ReplicaId([replica; 32]), incarnation: Incarnation(1), lane: Lane::ALL[lane] }
    }

    proptest! {
        /// Whatever is noted, it is what a set for each lane would be.
        #[test]
        fn it_is_a_set_for_each_lane(
            begun in proptest::collection::btree_set((0..40_u8, 0..Lane::ALL.len()), 0..60),
            steps in proptest::collection::vec((any::<bool>(), (0..40_u8, 0..Lane::ALL.len())), 0..120),
        ) {
            let mut sets: [BTreeSet<LogKey>; Lane::ALL.len()] = Default::default();
            begun.iter().map(|at| key(*at)).for_each(|key| _ = sets[key.lane as usize].insert(key));
            let mut missing: Missing = begun.into_iter().map(key).collect();
            for (comes, at) in steps {
                let key = key(at);
                if comes {
                    sets[key.lane as usize].insert(key);
                    missing.insert(key);
                } else {
                    sets[key.lane as usize].remove(&key);
                    missing.remove(&key);
                }
            }
            prop_assert!(missing.all().iter().eq(sets.iter().flatten()));
            for lanes in 0..=Lane::ALL.len() {
                prop_assert!(missing.in_lanes(lanes).iter().eq(sets[..lanes].iter().flatten()));
                prop_assert_eq!(missing.lacks(lanes), sets[..lanes].iter().any(|set| !set.is_empty()));
            }
        }
    }
}
