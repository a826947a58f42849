//! What was measured of a peer, side by side.

use std::time::Instant;

use cairn_tests::wire::Passed;

/// One sync.
#[derive(Clone, Copy, Debug)]
pub struct Sync {
    /// What passed the wire.
    pub passed: Passed,
    /// How long it took, seconds.
    pub wall_s: f64,
}

impl Sync {
    /// Lets something pass a wire of which `passed` says how much that was.
    pub fn of(passed: impl Fn() -> Passed, sync: impl FnOnce()) -> Self {
        let (before, began) = (passed(), Instant::now());
        sync();
        Self { wall_s: began.elapsed().as_secs_f64(), passed: passed().since(&before) }
    }
}

/// A peer.
pub struct Measured {
    pub name: String,
    pub records: u64,
    /// A fresh replica gets everything; then what changed while they were apart.
    pub syncs: [Sync; 2],
    /// Peak of resident memory in MB: the side that held everything, and the fresh one.
    pub peaks_mb: Option<[f64; 2]>,
}

/// Prints a table that can stand in BENCHMARKS.md as it is.
pub fn print(all: &[Result<Measured, String>]) {
    println!(
        "\n| peer | records | first sync, B | B a record | there and back | s | edits, B | there and back | s | peak memory, MB: who held it, who was fresh |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for measured in all {
        match measured {
            Ok(measured) => println!("{}", line(measured)),
            Err(why) => println!("| absent: {} | | | | | | | | | |", why.replace(['\n', '|'], " ")),
        }
    }
}

fn line(measured: &Measured) -> String {
    let Measured { name, records, syncs: [first, edits], peaks_mb } = measured;
    let memory =
        peaks_mb.map_or_else(|| "in this process".to_owned(), |[held, fresh]| format!("{held:.0}, {fresh:.0}"));
    let (all, each) = (first.passed.all(), first.passed.all() as f64 / *records as f64);
    let trips = |sync: &Sync| sync.passed.turns.div_ceil(2);
    format!(
        "| {name} | {records} | {all} | {each:.0} | {} | {:.1} | {} | {} | {:.1} | {memory} |",
        trips(first),
        first.wall_s,
        edits.passed.all(),
        trips(edits),
        edits.wall_s
    )
}
