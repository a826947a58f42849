//! Long reads that somebody still holds, so that the next one who asks for the same bytes shares them.
//!
//! tantivy opens every segment anew after every commit and reads its dictionaries whole. The reader of the commit
//! before still holds those bytes: unsealing them again, and holding them twice, would cost more than all the rest of
//! a small commit. Nothing is kept alive from here.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::seal::FileSeal;

/// Entries from which on the dead ones are looked for.
const SWEEP_MIN: usize = 64;

#[derive(Default)]
pub(super) struct LiveReads(Mutex<Reads>);

#[derive(Default)]
struct Reads {
    by_place: HashMap<(FileSeal, u64, u64), Weak<[u8]>>,
    sweep_at: usize,
}

impl LiveReads {
    pub(super) fn get(&self, file: &FileSeal, range: &Range<u64>) -> Option<Arc<[u8]>> {
        let reads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reads.by_place.get(&(*file, range.start, range.end)).and_then(Weak::upgrade)
    }

    pub(super) fn put(&self, file: &FileSeal, range: &Range<u64>, bytes: &Arc<[u8]>) {
        let mut reads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reads.by_place.len() >= reads.sweep_at.max(SWEEP_MIN) {
            reads.by_place.retain(|_, bytes| bytes.strong_count() > 0);
            reads.sweep_at = reads.by_place.len() * 2;
        }
        reads.by_place.insert((*file, range.start, range.end), Arc::downgrade(bytes));
    }
}
