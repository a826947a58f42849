//! What befalls a packet: pure, from a seed, so that it can be tested without a network.

use std::time::Duration;

use crate::random::Random;

/// How a direction of a link is. The default carries everything at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// Bits a second; 0: as fast as the machine.
    pub rate: u64,
    /// The longest that a packet may wait for its turn; one that would wait longer is dropped.
    pub queue: Duration,
    /// From one end to the other, besides the time at that rate.
    pub delay: Duration,
    /// Up to so much more delay, drawn for each packet; order is kept.
    pub jitter: Duration,
    /// Packets lost, of a hundred.
    pub lost: u64,
    /// Packets that come twice, of a hundred.
    pub twice: u64,
    /// Packets held back so that later ones overtake them, of a hundred.
    pub overtaken: u64,
    /// Whether anything passes at all.
    pub open: bool,
}

impl Default for Conditions {
    fn default() -> Self {
        let none = Duration::ZERO;
        Self {
            rate: 0,
            queue: Duration::from_secs(1),
            delay: none,
            jitter: none,
            lost: 0,
            twice: 0,
            overtaken: 0,
            open: true,
        }
    }
}

impl Conditions {
    /// 64 kbit/s and 600 ms there and back, with so much loss each way: the link of the aims in the design.
    pub fn thin(lost: u64) -> Self {
        Self { rate: 64_000, delay: Duration::from_millis(300), lost, ..Self::default() }
    }
}

/// How long a packet that is to be overtaken is held back.
const HELD_BACK: Duration = Duration::from_millis(60);

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives then, and perhaps once more.
    Arrives(Duration, Option<Duration>),
    /// It is lost on the way.
    Lost,
    /// The queue was full.
    Dropped,
}

/// One direction of a link. Times count from any fixed moment.
#[derive(Debug)]
pub struct Course {
    random: Random,
    /// When the last packet accepted has left.
    free: Duration,
    /// When the last packet in order arrives.
    last: Duration,
}

impl Course {
    /// From a seed.
    pub const fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), free: Duration::ZERO, last: Duration::ZERO }
    }

    /// A packet of so many bytes sets out. Every packet draws the same number of times, so that the fate of the n-th
    /// depends on nothing but the seed.
    pub fn pass(&mut self, now: Duration, bytes: usize, conditions: &Conditions) -> Fate {
        let [lost, twice, overtaken] = [conditions.lost, conditions.twice, conditions.overtaken].map(|of_hundred| {
            let drawn = self.random.below(100);
            drawn < of_hundred
        });
        let jitter = conditions.jitter.mul_f64(self.random.below(1_000) as f64 / 1_000.0);
        let starts = self.free.max(now);
        if conditions.rate > 0 && starts - now > conditions.queue {
            return Fate::Dropped;
        }
        let sending = bytes as u64 * 8 * 1_000_000;
        let left = starts + Duration::from_micros(sending.checked_div(conditions.rate).unwrap_or(0));
        self.free = left;
        if lost || !conditions.open {
            return Fate::Lost;
        }
        let arrives = (left + conditions.delay + jitter).max(self.last);
        let again = twice.then_some(arrives);
        if overtaken {
            return Fate::Arrives(arrives + HELD_BACK, again);
        }
        self.last = arrives;
        Fate::Arrives(arrives, again)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn arrival(fate: Fate) -> Duration {
        match fate {
            Fate::Arrives(at, _) => at,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_rate_and_a_delay_add_up_and_packets_queue() {
        let mut course = Course::new(1);
        let thin = Conditions::thin(0);
        // 1,000 bytes at 64 kbit/s are 125 ms.
        assert_eq!(arrival(course.pass(SECOND, 1_000, &thin)), Duration::from_millis(1_425));
        assert_eq!(arrival(course.pass(SECOND, 1_000, &thin)), Duration::from_millis(1_550));
        let queued = (0..100).filter(|_| matches!(course.pass(SECOND, 1_000, &thin), Fate::Arrives(..))).count();
        assert_eq!(queued, 7, "a second of queue");
        assert_eq!(course.pass(SECOND, 1_000, &thin), Fate::Dropped);
    }

    #[test]
    fn loss_duplication_and_reordering_strike_as_often_as_they_should() {
        let mut course = Course::new(2);
        let bad = Conditions { lost: 20, twice: 10, overtaken: 5, jitter: SECOND / 50, ..Conditions::default() };
        let (mut lost, mut twice, mut overtaken, mut newest) = (0, 0, 0, Duration::ZERO);
        for at in 0..10_000 {
            match course.pass(Duration::from_millis(at), 100, &bad) {
                Fate::Arrives(when, again) => {
                    twice += u32::from(again.is_some());
                    overtaken += u32::from(when < newest);
                    newest = newest.max(when);
                }
                Fate::Lost => lost += 1,
                Fate::Dropped => panic!("nothing queues without a rate"),
            }
        }
        assert!((1_800..2_200).contains(&lost), "{lost}");
        assert!((700..900).contains(&twice), "{twice}");
        assert!(overtaken > 5_00, "{overtaken}");
    }

    #[test]
    fn the_same_seed_has_the_same_fate_in_store() {
        let bad = Conditions { lost: 30, jitter: SECOND, ..Conditions::default() };
        let run = |seed| {
            let mut course = Course::new(seed);
            (0..50).map(|at| course.pass(SECOND * at, 100, &bad)).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn nothing_passes_a_cut() {
        let mut course = Course::new(3);
        let cut = Conditions { open: false, ..Conditions::default() };
        assert!((0..100).all(|at| course.pass(SECOND * at, 100, &cut) == Fate::Lost));
    }
}
