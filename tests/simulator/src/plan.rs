//! What kind of world a seed is: how many machines, how long, how rough.

use crate::clock::DAY_MS;
use crate::dice::Dice;

/// The kind of a world.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Machines at the beginning, the hub among them.
    pub machines: usize,
    /// How long until everything is healed.
    pub span_ms: u64,
    /// Things that persons do.
    pub acts: u64,
    /// Things that break.
    pub faults: u64,
    /// Attempts of a machine to reach another.
    pub dials: u64,
    /// Which machine turns against the others, and when (share of the span).
    pub traitor: Option<(usize, f64)>,
    /// Which post is switched off for more than a year, and for how long.
    pub dark: Option<(usize, u64)>,
}

impl Plan {
    /// Any kind; most are small, so that thousands can be run.
    pub fn draw(dice: &mut Dice) -> Self {
        let machines = match dice.below(4_000) {
            0..2_600 => 2,
            2_600..3_600 => 3,
            3_600..3_940 => dice.between(4, 6) as usize,
            3_940..3_999 => dice.between(8, 12) as usize,
            _ => dice.between(20, 50) as usize,
        };
        let traitor = (dice.chance(40)).then(|| (dice.between(1, machines as u64 - 1) as usize, dice.share() * 0.6));
        let span_ms = dice.stretch(3_600_000, 400 * DAY_MS);
        let dark = dice.chance(4).then(|| (dice.between(1, machines as u64 - 1) as usize, dice.between(400, 500)));
        let dark = dark.map(|(machine, days)| (machine, days * DAY_MS));
        Self {
            machines,
            // What happens before and after takes its share of the time.
            span_ms: span_ms + dark.map_or(0, |(_, dark_ms)| dark_ms * 5 / 4),
            dark,
            acts: dice.between(15, 50) + machines as u64,
            faults: dice.between(4, 20) + machines as u64 / 2,
            dials: if machines > 6 { dice.between(2, 4) } else { dice.between(6, 14) },
            traitor,
        }
    }

    /// The usual time between two of so many things.
    pub fn gap_ms(&self, things: u64) -> u64 {
        self.span_ms / things.max(1)
    }
}
