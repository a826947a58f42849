//! Five hundred seeds, and the proof that a seed is a whole history.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use cairn_simulator::counts::Counts;
use cairn_simulator::run;

const SEEDS: u64 = 500;

#[test]
fn five_hundred_regions_keep_every_promise_and_every_fault_strikes() {
    let (next, counts, broken) = (AtomicU64::new(0), Counts::default(), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= SEEDS {
                        return;
                    }
                    let outcome = run(seed, false);
                    counts.add(&outcome.counts);
                    let replay = |what| format!("{what}\n  replay: cargo xtask simulate --seed {seed}");
                    broken.lock().unwrap().extend(outcome.broken.into_iter().map(replay));
                }
            });
        }
    });
    let broken = broken.into_inner().unwrap();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(counts.never().is_empty(), "these never happened: {:?}\n{counts}", counts.never());
}

#[test]
fn a_seed_takes_the_same_course_every_time() {
    for seed in [3, 17, 42] {
        let (one, two) = (run(seed, false), run(seed, true));
        assert_eq!((one.hash, one.virtual_ms), (two.hash, two.virtual_ms), "seed {seed}");
        assert_ne!(one.hash, run(seed + 1, false).hash);
        assert!(!two.diary.is_empty());
    }
}
