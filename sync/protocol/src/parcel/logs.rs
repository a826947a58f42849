//! Short names of logs: each side counts the logs it named in full in a session, and parts that are the same as in the
//! parcel's own log are not said.

use std::collections::HashMap;

use cairn_ledger::{Incarnation, LogId, LogKey, ReplicaId, SpaceId};

use crate::Refusal;
use crate::bytes::{Reader, put_number};
use crate::frontier::lane;
use crate::limits::SHORT_NAMES_MAX;

const NAMED: u8 = 0x80;
const SAME_SPACE: u8 = 4;
const SAME_REPLICA: u8 = 8;

/// The logs named so far in one direction of a session, counted from 1.
#[derive(Debug, Default)]
pub struct LogNames {
    logs: Vec<LogId>,
    places: HashMap<LogId, usize>,
}

impl LogNames {
    /// A log was named in full. Beyond the limit it is not remembered.
    pub fn add(&mut self, log: LogId) {
        if self.logs.len() < SHORT_NAMES_MAX && !self.places.contains_key(&log) {
            self.logs.push(log);
            self.places.insert(log, self.logs.len());
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.logs.len()
    }

    /// Forgets what was added since there were so many: what named them was not sent.
    pub fn back_to(&mut self, count: usize) {
        for log in self.logs.drain(count.min(self.logs.len())..) {
            self.places.remove(&log);
        }
    }

    /// Its place, if it was named.
    pub fn place(&self, log: &LogId) -> Option<usize> {
        self.places.get(log).copied()
    }

    /// The log at this place.
    pub fn log(&self, place: usize) -> Option<LogId> {
        self.logs.get(place.checked_sub(1)?).copied()
    }
}

/// Names another log than the parcel's own.
pub(super) fn put_log(out: &mut Vec<u8>, log: &LogId, own: &LogId, names: &mut LogNames) {
    if let Some(place) = names.place(log) {
        out.push(NAMED);
        return put_number(out, place as u64);
    }
    let same_replica = log.key.replica == own.key.replica && log.key.incarnation == own.key.incarnation;
    let mut flags = log.key.lane as u8;
    flags |= if log.space == own.space { SAME_SPACE } else { 0 };
    flags |= if same_replica { SAME_REPLICA } else { 0 };
    out.push(flags);
    if log.space != own.space {
        out.extend_from_slice(&log.space.0);
    }
    if !same_replica {
        out.extend_from_slice(&log.key.replica.0);
        out.extend_from_slice(&log.key.incarnation.0.to_be_bytes());
    }
    names.add(*log);
}

/// Reads what [`put_log`] wrote.
pub(super) fn read_log(from: &mut Reader<'_>, own: &LogId, names: &mut LogNames) -> Result<LogId, Refusal> {
    let bad = Refusal::BadValue("the log of a reference");
    let flags = from.byte()?;
    if flags == NAMED {
        let place = usize::try_from(from.number()?).ok();
        return place.and_then(|place| names.log(place)).ok_or(bad);
    }
    if flags & !(SAME_SPACE | SAME_REPLICA | 3) != 0 {
        return Err(bad);
    }
    let space = if flags & SAME_SPACE == 0 { SpaceId(from.array()?) } else { own.space };
    let (replica, incarnation) = if flags & SAME_REPLICA == 0 {
        (ReplicaId(from.array()?), Incarnation(u64::from_be_bytes(from.array()?)))
    } else {
        (own.key.replica, own.key.incarnation)
    };
    let log = LogId { space, key: LogKey { replica, incarnation, lane: lane(flags & 3)? } };
    names.add(log);
    Ok(log)
}

#[cfg(test)]
mod tests {
    use cairn_ledger::Lane;

    use super::*;

    #[test]
    fn what_was_not_sent_is_not_named() {
        let log = |number| LogId {
            space: SpaceId([number; 16]),
            key: LogKey { replica: ReplicaId([1; 32]), incarnation: Incarnation(1), lane: Lane::Normal },
        };
        let mut names = LogNames::default();
        names.add(log(1));
        let before = names.count();
        (1..4).for_each(|number| names.add(log(number)));
        names.back_to(before);
        assert_eq!((names.place(&log(1)), names.place(&log(2)), names.log(2)), (Some(1), None, None));
        names.add(log(3));
        assert_eq!((names.place(&log(3)), names.log(2)), (Some(2), Some(log(3))));
    }
}
