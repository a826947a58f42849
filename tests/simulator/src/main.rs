//! Runs seeds on every core, prints what failed and how to replay it, and in the end how often each fault struck.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use cairn_simulator::counts::Counts;
use cairn_simulator::{Outcome, run};
use clap::Parser;

/// Runs from which on everything must have happened at least once.
const ENOUGH: u64 = 300;

/// Simulates whole regions under faults.
#[derive(Parser)]
struct Options {
    /// How many seeds
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Replay this seed and write its diary
    #[arg(long)]
    seed: Option<u64>,
    /// Stop at the first failure
    #[arg(long)]
    until_failure: bool,
    /// Seeds at a time
    #[arg(long, default_value_t = 0)]
    jobs: usize,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match options.seed {
        Some(seed) => replay(seed),
        None => many(&options),
    }
}

fn replay(seed: u64) -> ExitCode {
    let outcome = run(seed, true);
    outcome.diary.iter().for_each(|line| println!("{line}"));
    let again = run(seed, false);
    if again.hash != outcome.hash {
        println!("the seed took another course the second time: something in it is not from the seed");
        return ExitCode::FAILURE;
    }
    tell(&outcome);
    if outcome.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(outcome: &Outcome) {
    for what in &outcome.broken {
        println!("seed {}: {what}", outcome.seed);
    }
    if !outcome.broken.is_empty() {
        println!("  replay: cargo xtask simulate --seed {}", outcome.seed);
    }
}

struct Sum {
    counts: Counts,
    virtual_ms: u64,
    replicas: u64,
    failed: Vec<u64>,
    slowest: (u128, u64),
}

fn many(options: &Options) -> ExitCode {
    let begun = Instant::now();
    let (next, stop) = (AtomicU64::new(options.from), AtomicBool::new(false));
    let sum =
        Mutex::new(Sum { counts: Counts::default(), virtual_ms: 0, replicas: 0, failed: Vec::new(), slowest: (0, 0) });
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = if options.jobs == 0 { cores } else { options.jobs };
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| work(options, &next, &stop, &sum));
        }
    });
    let done = next.load(Ordering::Relaxed).min(options.from + options.seeds) - options.from;
    let sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    conclude(&sum, done, begun)
}

fn work(options: &Options, next: &AtomicU64, stop: &AtomicBool, sum: &Mutex<Sum>) {
    while !stop.load(Ordering::Relaxed) {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= options.from + options.seeds {
            return;
        }
        let begun = Instant::now();
        let outcome = run(seed, false);
        tell(&outcome);
        let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
        sum.counts.add(&outcome.counts);
        sum.virtual_ms += outcome.virtual_ms;
        sum.replicas += outcome.replicas as u64;
        sum.slowest = sum.slowest.max((begun.elapsed().as_millis(), seed));
        if !outcome.broken.is_empty() {
            sum.failed.push(seed);
            stop.fetch_or(options.until_failure, Ordering::Relaxed);
        }
    }
}

fn conclude(sum: &Sum, done: u64, begun: Instant) -> ExitCode {
    println!("{}", sum.counts);
    println!(
        "{done} seeds, {} replicas, {:.1} years of virtual time in {:.0} s; the slowest was seed {} with {} ms",
        sum.replicas,
        sum.virtual_ms as f64 / (365.25 * 86_400_000.0),
        begun.elapsed().as_secs_f64(),
        sum.slowest.1,
        sum.slowest.0,
    );
    let never = sum.counts.never();
    if done >= ENOUGH && !never.is_empty() {
        println!("these never happened, so the run proves less than it should: {never:?}");
        return ExitCode::FAILURE;
    }
    if sum.failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("{} seeds failed: {:?}", sum.failed.len(), &sum.failed[..sum.failed.len().min(20)]);
    ExitCode::FAILURE
}
