//! Chance from a seed: the same seed throws the same dice.

use std::sync::{Mutex, PoisonError};

use cairn_casebook::Entropy;

/// A stream of numbers (SplitMix64). Never for secrets.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// A stream of its own for each seed and use.
    pub fn new(seed: u64, of_what: u64) -> Self {
        let mut dice = Self(seed ^ of_what.wrapping_mul(0xd6e8_feb8_6659_fd93));
        dice.roll();
        Self(dice.roll())
    }

    /// Any number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `sides`; 0 when there are none.
    pub fn below(&mut self, sides: u64) -> u64 {
        self.roll().checked_rem(sides).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// A number from `low` to `high` whose size matters: each order of magnitude is as likely as the next.
    pub fn stretch(&mut self, low: u64, high: u64) -> u64 {
        let (low, high) = (low.max(1) as f64, high.max(1) as f64);
        (low * (high / low).powf(self.share())) as u64
    }

    /// From 0 to just under 1.
    pub fn share(&mut self) -> f64 {
        (self.roll() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len() as u64) as usize)
    }
}

/// The randomness of a machine.
pub struct Seeded(Mutex<Dice>);

impl Seeded {
    /// From dice.
    pub fn new(dice: Dice) -> Self {
        Self(Mutex::new(dice))
    }
}

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        let mut dice = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in buffer.chunks_mut(8) {
            chunk.copy_from_slice(&dice.roll().to_be_bytes()[..chunk.len()]);
        }
    }
}
