//! Verification of a log that somebody writes into meanwhile.

use std::sync::Mutex;

use super::*;
use crate::entry::{Entry, Seal};
use crate::names::Frontier;
use crate::store::{LogStore, Lost, OpenReport, StoreError, StoreStats};

/// A store into which a commit comes just when a reader was told that there are no more seals.
struct Busy {
    store: Arc<MemoryStore>,
    coming: Mutex<Vec<StoredItem>>,
}

impl LogStore for Busy {
    fn seal_at(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        let seal = self.store.seal_at(log, number)?;
        if seal.is_none() {
            self.store.append(&std::mem::take(&mut *self.coming.lock().unwrap()))?;
        }
        Ok(seal)
    }

    fn append(&self, items: &[StoredItem]) -> Result<(), StoreError> {
        self.store.append(items)
    }

    fn entry(&self, log: &LogId, number: u64) -> Result<Option<Entry>, StoreError> {
        self.store.entry(log, number)
    }

    fn read(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Vec<Entry>, StoreError> {
        self.store.read(log, from, bytes_max)
    }

    fn seal_before(&self, log: &LogId, number: u64) -> Result<Option<Seal>, StoreError> {
        self.store.seal_before(log, number)
    }

    fn last(&self, log: &LogId) -> (u64, EntryHash) {
        self.store.last(log)
    }

    fn next_held(&self, log: &LogId, number: u64) -> Option<u64> {
        self.store.next_held(log, number)
    }

    fn lost(&self) -> Vec<Lost> {
        self.store.lost()
    }

    fn frontier(&self, space: &SpaceId) -> Frontier {
        self.store.frontier(space)
    }

    fn spaces(&self) -> Vec<SpaceId> {
        self.store.spaces()
    }

    fn logs(&self) -> Vec<LogId> {
        self.store.logs()
    }

    fn stats(&self) -> StoreStats {
        self.store.stats()
    }

    fn open_report(&self) -> OpenReport {
        self.store.open_report()
    }
}

#[test]
fn what_is_written_while_a_log_is_verified_is_no_fault_of_it() {
    let replica = Replica::new(1);
    replica.write(&["one"]);
    let before = Arc::new(MemoryStore::from_bytes(replica.store.bytes()));
    replica.write(&["two"]);
    let log = replica.log(Lane::Normal);
    let entry = replica.store.entry(&log, 2).unwrap().unwrap();
    let seal = replica.store.seal_at(&log, 2).unwrap().unwrap();
    let coming = Mutex::new(vec![StoredItem::Entry(entry), StoredItem::Seal(seal)]);
    let busy = Busy { store: before.clone(), coming };
    let key = ReplicaKey::from_seed(&[1; 32]);
    let ledger = Ledger::open(Box::new(busy), key, Incarnation(1), keyring()).unwrap();
    let mut findings = Vec::new();
    let verified = ledger.verify_all(&mut |finding| findings.push(finding.text));
    assert_eq!((before.last(&log).0, verified.entries, findings), (2, 1, vec![]));
}
