//! How large a parcel suits the link.
//!
//! Small enough that an urgent entry never waits long behind a parcel on its way, large enough that the link
//! is not idle between parcels. The only measure is how long a parcel took from being sent to being answered. What counts is
//! its size on the wire; how many entries fit is foretold from how the ones before were packed, and a parcel that came out far
//! too large is packed anew.

use crate::Limits;

/// Above the shortest answer time seen, a parcel may take this long before parcels get smaller.
const SLOW_MS: u64 = 4_000;
/// Below the shortest answer time and a half, plus this, parcels get larger.
const QUICK_MS: u64 = 150;
/// So many parcels of one size must have got through before a larger one is tried: what a cut costs stays in
/// proportion to what got through before it.
const PROVEN: u32 = 4;
/// How many bytes of sealed entries make one on the wire, before anything is known and at most.
const RATIO_AT_FIRST: usize = 12;
const RATIO_MAX: usize = 48;
/// What every parcel costs, however little is in it: the seal and the heads.
const FIXED_BYTES: usize = 80;

/// Adapts the size of parcels.
#[derive(Clone, Debug)]
pub struct Pace {
    bytes: usize,
    bytes_min: usize,
    bytes_max: usize,
    quickest_ms: u64,
    proven: u32,
    /// Bytes of sealed entries for one on the wire, of records and of audit.
    ratios: [usize; 2],
}

impl Pace {
    /// Starts with the size the limits name.
    pub fn new(limits: &Limits) -> Self {
        Self {
            bytes: limits.parcel_bytes_start,
            bytes_min: limits.parcel_bytes_min,
            bytes_max: limits.parcel_bytes_max,
            quickest_ms: u64::MAX,
            proven: 0,
            ratios: [RATIO_AT_FIRST; 2],
        }
    }

    /// Size of the next parcel in bytes on the wire.
    pub fn parcel_bytes(&self) -> usize {
        self.bytes
    }

    /// So many bytes of sealed entries are expected to make such a parcel.
    pub fn sealed_bytes(&self, audit: bool) -> usize {
        self.bytes.saturating_mul(self.ratios[usize::from(audit)])
    }

    /// A parcel of so many bytes of sealed entries came out so large. Whether it is far too large for the link.
    pub fn packed(&mut self, audit: bool, sealed_bytes: usize, wire_bytes: usize) -> bool {
        let ratio = sealed_bytes / wire_bytes.saturating_sub(FIXED_BYTES).max(1);
        self.ratios[usize::from(audit)] = ratio.clamp(1, RATIO_MAX);
        wire_bytes > self.bytes.saturating_mul(2)
    }

    /// How hard to compress: on a slow link a byte costs more than the time to save it.
    pub fn compression_level(&self) -> i32 {
        match self.bytes {
            0..=8_192 => 19,
            8_193..=32_768 => 12,
            32_769..=131_072 => 6,
            _ => 3,
        }
    }

    /// A parcel was answered so long after it was sent.
    pub fn answered(&mut self, elapsed_ms: u64) {
        self.quickest_ms = self.quickest_ms.min(elapsed_ms);
        let quick = self.quickest_ms.saturating_add(self.quickest_ms / 2).saturating_add(QUICK_MS);
        if elapsed_ms > self.quickest_ms.saturating_add(SLOW_MS) {
            self.resize(self.bytes / 2);
        } else if elapsed_ms <= quick {
            self.proven += 1;
            if self.proven >= PROVEN {
                self.resize(self.bytes.saturating_mul(2));
            }
        }
    }

    fn resize(&mut self, bytes: usize) {
        self.bytes = bytes.clamp(self.bytes_min, self.bytes_max);
        self.proven = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answer times over a link of that rate, with another parcel ahead of each.
    fn settle(bytes_per_s: u64, round_trip_ms: u64) -> usize {
        let mut pace = Pace::new(&Limits::default());
        for _ in 0..100 {
            let on_the_way = pace.parcel_bytes() as u64 * 2;
            pace.answered(round_trip_ms + on_the_way * 1000 / bytes_per_s);
        }
        pace.parcel_bytes()
    }

    #[test]
    fn a_lan_gets_the_largest_parcels() {
        assert_eq!(settle(100_000_000, 1), 256 * 1024);
    }

    #[test]
    fn a_fast_link_with_a_long_delay_gets_the_largest_parcels() {
        assert_eq!(settle(1_000_000, 600), 256 * 1024);
    }

    #[test]
    fn a_slow_link_keeps_an_urgent_entry_from_waiting() {
        let bytes = settle(8_000, 600);
        assert!((2 * 1024..=8 * 1024).contains(&bytes), "{bytes}");
    }

    #[test]
    fn a_very_bad_link_gets_the_smallest() {
        let mut pace = Pace::new(&Limits::default());
        pace.answered(700);
        for _ in 0..3 {
            pace.answered(20_000);
        }
        assert_eq!(pace.parcel_bytes(), 2 * 1024);
    }

    #[test]
    fn what_packs_well_fills_a_parcel_and_what_does_not_is_packed_anew() {
        let mut pace = Pace::new(&Limits::default());
        assert!(!pace.packed(false, 40_000, 2_080));
        assert_eq!(pace.sealed_bytes(false), 4 * 1024 * 20);
        assert!(pace.packed(false, 80_000, 70_000), "pictures, perhaps");
        assert_eq!((pace.sealed_bytes(false), pace.sealed_bytes(true)), (4 * 1024, 4 * 1024 * 12));
    }
}
