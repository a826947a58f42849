//! Looking at everything again: chains, seals, body hashes, and every body that a key is held for.

use super::Ledger;
use crate::body::Body;
use crate::crypto::OpenError;
use crate::entry::{Entry, Seal};
use crate::names::{EntryHash, LogId};
use crate::store::{Finding, StoreError, Verified};

const READ_BYTES: usize = 1024 * 1024;

impl Ledger {
    /// Reads every log from its first entry to its last and reports what does not hold. An error of the
    /// store that concerns one entry is a finding; it ends that log and the next one is read.
    pub fn verify_all(&self, report: &mut dyn FnMut(Finding)) -> Verified {
        let mut verified = Verified::default();
        for log in self.store.logs() {
            self.verify_log(&log, &mut verified, report);
        }
        verified
    }

    /// Verifies one log; see [`Ledger::verify_all`].
    pub fn verify_log(&self, log: &LogId, verified: &mut Verified, report: &mut dyn FnMut(Finding)) {
        let mut check = LogCheck { ledger: self, log: *log, next: 1, prev: EntryHash([0; 32]), sealed: 0, verified };
        check.verified.logs += 1;
        if let Err(error) = check.run(report) {
            let finding = Finding { log: Some(*log), number: check.next, text: error.to_string() };
            check.verified.findings += 1;
            report(finding);
        }
    }
}

struct LogCheck<'a> {
    ledger: &'a Ledger,
    log: LogId,
    next: u64,
    prev: EntryHash,
    /// Last number whose seal held.
    sealed: u64,
    verified: &'a mut Verified,
}

impl LogCheck<'_> {
    fn run(&mut self, report: &mut dyn FnMut(Finding)) -> Result<(), StoreError> {
        // What is written meanwhile is not looked at: its seal might not have been there when seals were looked for.
        let (last, hash) = self.ledger.store.last(&self.log);
        let mut seal = self.ledger.store.seal_at(&self.log, 1)?;
        while self.next <= last {
            let entries = self.ledger.store.read(&self.log, self.next, READ_BYTES)?;
            if entries.is_empty() {
                break;
            }
            let left = last + 1 - self.next;
            for entry in entries.iter().take(left as usize) {
                self.entry(entry, report);
                if let Some(found) = seal.take_if(|seal| seal.number < self.next) {
                    self.seal(&found, report);
                    seal = self.ledger.store.seal_at(&self.log, self.next)?;
                }
            }
        }
        if self.next != last + 1 || self.prev != hash {
            self.find("the log ends in another entry than its index says", report);
        }
        let holed = self.ledger.store.lost().iter().any(|lost| lost.log == self.log);
        if self.sealed != last && !holed && self.ledger.frozen().common(&self.log).is_none() {
            self.find("the last entries are not covered by a seal", report);
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Entry, report: &mut dyn FnMut(Finding)) {
        let core = &entry.header.core;
        if core.log != self.log || core.number != self.next || core.prev != self.prev {
            self.find("the entry does not follow from the one before it", report);
        }
        if !entry.body_matches() {
            self.find("the body is not the one that the header names", report);
        }
        match self.body(entry) {
            Ok(()) => self.verified.bodies += 1,
            Err(OpenError::NoBody | OpenError::UnknownEpoch(_)) => {}
            Err(error) => self.find(&error.to_string(), report),
        }
        self.verified.entries += 1;
        self.next += 1;
        self.prev = entry.header.hash();
    }

    fn body(&self, entry: &Entry) -> Result<(), OpenError> {
        let plain = self.ledger.open_plain(entry)?;
        let Ok(body) = Body::decode(&plain) else { return Ok(()) };
        let core = &entry.header.core;
        let tag = self.ledger.record_tag(&core.log.space, core.key_epoch, body.record.as_ref())?;
        if tag == core.record_tag { Ok(()) } else { Err(OpenError::Undecryptable) }
    }

    /// Called with the seal of the entry just read.
    fn seal(&mut self, seal: &Seal, report: &mut dyn FnMut(Finding)) {
        if seal.hash == self.prev && seal.verify().is_ok() {
            self.verified.seals += 1;
            self.sealed = seal.number;
        } else {
            self.find("the seal is not a signature of the replica that owns the log", report);
        }
    }

    fn find(&mut self, text: &str, report: &mut dyn FnMut(Finding)) {
        self.verified.findings += 1;
        report(Finding { log: Some(self.log), number: self.next, text: text.to_owned() });
    }
}
