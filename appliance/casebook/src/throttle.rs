//! Slows down guessing: after five failures a name has to wait, longer each time.

use std::collections::HashMap;

const FREE_FAILURES: u32 = 5;
const FIRST_WAIT_MS: u64 = 1_000;
const LONGEST_WAIT_MS: u64 = 15 * 60 * 1_000;
const NAMES_MAX: usize = 10_000;

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    blocked_until_ms: u64,
}

/// Failures by name. Bounded: when full, names that need not wait are forgotten.
#[derive(Debug, Default)]
pub struct Throttle(HashMap<String, Failures>);

impl Throttle {
    /// Seconds this name has to wait before the next attempt, or `None`.
    pub fn wait_s(&self, name: &str, now_ms: u64) -> Option<u64> {
        let until = self.0.get(name)?.blocked_until_ms;
        (until > now_ms).then(|| (until - now_ms).div_ceil(1_000))
    }

    /// Notes a failure.
    pub fn failed(&mut self, name: &str, now_ms: u64) {
        if self.0.len() >= NAMES_MAX {
            self.0.retain(|_, failures| failures.blocked_until_ms > now_ms);
        }
        if self.0.len() >= NAMES_MAX {
            return;
        }
        let failures = self.0.entry(name.into()).or_default();
        failures.count += 1;
        if failures.count >= FREE_FAILURES {
            let doublings = (failures.count - FREE_FAILURES).min(20);
            failures.blocked_until_ms = now_ms + (FIRST_WAIT_MS << doublings).min(LONGEST_WAIT_MS);
        }
    }

    /// Forgets the failures of a name that signed in.
    pub fn succeeded(&mut self, name: &str) {
        self.0.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_attempt_waits_and_the_wait_doubles_up_to_a_quarter_of_an_hour() {
        let mut throttle = Throttle::default();
        for _ in 0..4 {
            throttle.failed("k.daniels", 0);
        }
        assert_eq!(throttle.wait_s("k.daniels", 0), None);
        throttle.failed("k.daniels", 0);
        assert_eq!(throttle.wait_s("k.daniels", 0), Some(1));
        throttle.failed("k.daniels", 1_000);
        assert_eq!(throttle.wait_s("k.daniels", 1_000), Some(2));
        for _ in 0..40 {
            throttle.failed("k.daniels", 0);
        }
        assert_eq!(throttle.wait_s("k.daniels", 0), Some(900));
        assert_eq!(throttle.wait_s("somebody.else", 0), None);
        throttle.succeeded("k.daniels");
        assert_eq!(throttle.wait_s("k.daniels", 0), None);
    }
}
