//! Whole regions in one process, in virtual time, from a seed: the real protocol, ledger and casebook under faults of
//! network, disk, power, clock and people.
//!
//! [`run`] founds a region of 2 to 50 replicas ([`region`]), lets people work ([`people`]) while things break
//! ([`faults`]) and an enrolled peer may lie ([`hostile`]), and holds every word and every kept entry against what
//! is true ([`truth`], [`judge`]). In the end everything is healed and nothing may differ any more ([`finish`]).
//!
//! What is real: the casebook with its folding, rights, receipts and words; the ledger; the session's state
//! machine, and what its effects mean (`cairn_sync_link::conduct`, `errand`, `sessions`). What is not: QUIC (a [`wire`] is
//! an ordered stream with delay, rate, loss and cuts), the disk (a [`disk`] is the engines in memory that fail on
//! request), the search index (absent), and the policy of dialling. Revocation and erasure do not exist yet; they belong
//! into [`people`] as acts, and into [`judge`] as "nothing erased comes back".
//!
//! # How to read a failing seed
//!
//! A failure prints the rule that was broken and the command that replays it:
//!
//! ```text
//! seed 1234: Post 1 acknowledged entry 7 of … and does not have it
//!   replay: cargo xtask simulate --seed 1234
//! ```
//!
//! The replay writes the diary of the run: every connection, save, refusal, power cut and restore with its virtual
//! time, and the broken rule as its last line. Machine 0 is the hub. Read upwards from the end: which machine, which
//! log, who wrote to it last, what struck it since. The same seed takes the same course every time, so a `dbg!` or a
//! condition on the number of the entry leads on. When the course of the seed changes because the code changed, run
//! the seeds around it too.
//!
//! # Planted bugs
//!
//! `planted/` holds small patches, each of which takes one check, flush or word of proof away. `cargo xtask simulate --planted`
//! applies one after the other to a copy under `target/planted`, and fails when one is not found or no longer fits the
//! code. It builds the libraries once more, which takes minutes the first time.

pub mod clock;
pub mod counts;
pub mod dice;
pub mod disk;
pub mod faults;
pub mod files;
pub mod finish;
pub mod gone;
pub mod hostile;
pub mod judge;
pub mod judge_again;
pub mod judge_notices;
pub mod machine;
pub mod people;
pub mod plan;
pub mod region;
pub mod truth;
pub mod wire;
pub mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use counts::{Counts, Sometimes};
use world::World;

/// How a seed went.
#[derive(Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// Hash of everything that happened.
    pub hash: [u8; 32],
    /// Virtual milliseconds.
    pub virtual_ms: u64,
    /// Replicas at the end.
    pub replicas: usize,
    /// Rules that were broken; empty when all is well.
    pub broken: Vec<String>,
    /// What happened, a line each, when asked for.
    pub diary: Vec<String>,
    /// How often what happened.
    pub counts: Arc<Counts>,
}

/// Runs one seed to its end.
pub fn run(seed: u64, diary: bool) -> Outcome {
    let counts: Arc<Counts> = Arc::default();
    let mut outcome = Outcome {
        seed,
        hash: [0; 32],
        virtual_ms: 0,
        replicas: 0,
        broken: Vec::new(),
        diary: Vec::new(),
        counts: counts.clone(),
    };
    let mut world = match World::found(seed, counts.clone(), diary) {
        Ok(world) => world,
        Err(error) => {
            outcome.broken.push(format!("the region cannot be founded: {error}"));
            return outcome;
        }
    };
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let until_ms = world.now_ms + world.plan.span_ms;
        world.run_until(until_ms, |_| false);
        if truth::of(&world.truth).broken.is_empty() {
            world.heal();
        }
    }));
    let mut truth = truth::of(&world.truth);
    outcome.broken = std::mem::take(&mut truth.broken);
    drop(truth);
    if ended.is_err() {
        outcome.broken.push("the code panicked; the message stands above".to_owned());
    }
    if world.incarnations() > world.machines.len() {
        counts.hit(Sometimes::NewIncarnation);
    }
    outcome.hash = world.hash();
    outcome.virtual_ms = world.now_ms - clock::BEGIN_MS;
    outcome.replicas = world.machines.len();
    outcome.diary = world.diary.take().unwrap_or_default();
    outcome
}
