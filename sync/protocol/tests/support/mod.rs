//! A small region in memory: stores that chain entries, and a net that loses the connection.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod history;
pub mod net;
pub mod store;

use cairn_ledger::{ClockQuality, Core, Entry, EntryHash, EntryKind, Header, Hlc, LogId, ReceivedBatch, Seal};

/// A small generator of numbers from a seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides.max(1)
    }
}

/// Three entries of a log with made-up bodies and a made-up seal.
pub fn sealed_batch(log: LogId) -> ReceivedBatch {
    let mut prev = EntryHash([0; 32]);
    let mut entries = Vec::new();
    for number in 1..=3 {
        let core = Core {
            log,
            number,
            key_epoch: 1,
            key_id: [7; 8],
            record_tag: [8; 16],
            hlc: Hlc { unix_ms: 1_790_000_000_000 + number, counter: 0 },
            clock: ClockQuality::Local,
            kind: EntryKind::RecordChange,
            prev,
        };
        let body = vec![number as u8; 60];
        let entry = Entry { header: Header::new(core, &body), body: Some(body) };
        prev = entry.header.hash();
        entries.push(entry);
    }
    let seal = Seal { log, number: 3, hash: prev, signature: [9; 64] };
    ReceivedBatch { log, entries, seal }
}
