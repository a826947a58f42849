//! Logs with entries that damage took: they end at the hole until peers fill it.

use super::*;
use crate::store::Lost;

impl Replica {
    /// The same replica after a restart, with this entry gone bad on its disk.
    pub(super) fn damaged(&self, log: &LogId, number: u64) -> Self {
        let body = self.ledger.entry(log, number).unwrap().unwrap().body.unwrap();
        let mut bytes = self.store.bytes();
        let at = bytes.windows(body.len()).position(|window| window == body).unwrap();
        bytes[at] ^= 1;
        Self::over(self.seed, MemoryStore::from_bytes(bytes))
    }
}

const TEXTS: [&str; 5] = ["one", "two", "three", "four", "five"];

fn written() -> (Replica, LogId) {
    let alice = Replica::new(1);
    TEXTS.iter().for_each(|text| drop(alice.write(&[text])));
    let log = alice.log(Lane::Normal);
    (alice, log)
}

#[test]
fn a_hole_ends_the_log_and_is_filled_by_whoever_holds_what_is_missing() {
    let (alice, log) = written();
    let hub = Replica::new(2);
    hub.pull(&alice, &log, 1).unwrap();
    let whole = hub.ledger.frontier(&SPACE).unwrap();
    for single in [true, false] {
        let hub = hub.damaged(&log, 3);
        assert_eq!(hub.ledger.lost(), [Lost { log, first: 3, last: 3 }]);
        assert_eq!(hub.texts(&log), TEXTS[..2]);
        assert_ne!(hub.ledger.frontier(&SPACE).unwrap(), whole);
        assert!(hub.ledger.sealed_run(&log, 3, usize::MAX).unwrap().is_none());
        let batch = alice.ledger.sealed_run(&log, 3, if single { 1 } else { usize::MAX }).unwrap().unwrap();
        let kept = hub.ledger.receive(batch, &anybody).unwrap();
        assert_eq!((kept.entries.len(), kept.held_before), (1, if single { 0 } else { 2 }));
        assert_eq!((hub.texts(&log), hub.ledger.lost()), (TEXTS.map(str::to_owned).to_vec(), vec![]));
        assert_eq!(hub.ledger.frontier(&SPACE).unwrap(), whole, "the log goes on where it ended before");
        let again = hub.restarted();
        assert_eq!((again.texts(&log), again.findings().1), (hub.texts(&log), vec![]));
        assert_eq!(again.store.lost(), []);
    }
}

#[test]
fn another_history_does_not_fill_a_hole() {
    let (alice, clone) = cloned(&TEXTS[..2]);
    TEXTS[2..].iter().for_each(|text| drop(alice.write(&[text])));
    let log = alice.log(Lane::Normal);
    let hub = Replica::new(2);
    hub.pull(&alice, &log, 1).unwrap();
    let hub = hub.damaged(&log, 3);
    clone.write(&["drei"]);
    assert_eq!(hub.pull(&clone, &log, 3).unwrap_err().name(), "fork");
    assert_eq!(hub.ledger.entry(&log, 3).unwrap(), None);
    assert_eq!(hub.ledger.frozen_after(&log), Some(2));
}

#[test]
fn a_replica_does_not_write_into_a_hole_of_its_own_log() {
    let (alice, log) = written();
    let hub = Replica::new(2);
    hub.pull(&alice, &log, 1).unwrap();
    let alice = alice.damaged(&log, 4);
    let write = || alice.ledger.commit(vec![draft(SPACE, Lane::Normal, "six")], 1_000, ClockQuality::Local);
    assert!(matches!(write(), Err(CommitError::Frozen(_))));
    assert!(alice.ledger.lost_own());
    alice.ledger.take_new_incarnation(Incarnation(2));
    assert_eq!(write().unwrap()[0].number, 1);
    alice.pull(&hub, &log, 4).unwrap();
    assert_eq!(alice.texts(&log), TEXTS);
}
