//! Measures the bytes of the sync protocol, transport excluded, beside the floor of the same run.
//!
//! Run it with `cargo xtask bench wire`. Two real casebooks in this process, a hub and a post, are joined and talk through
//! the real session over a wire that only counts; time is virtual, so that edits are as far apart as in an office. The
//! records are invented, the same from the same seed. The parcels of audit spaces are
//! told apart: each save writes an audit entry into a log of its own, with a signature of its own.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on says where it stopped")]

mod automerge_peer;
mod dictionary;
mod floor;
mod pair;
mod work;

use cairn_tests::random::Random;

use floor::Floor;
use pair::{Pair, Passed};
use work::Work;

/// Edits of a day, and new records.
const EDITS: u64 = 100;
const FRESH: u64 = 10;
/// After so long the receipts that are due are written.
const RECEIPTS_MS: u64 = 300_000;
/// Documents of the comparison: it grows with their number, so it is told per document as well.
const DOCUMENTS: u64 = 2_000;

fn main() {
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (few, many, seed) =
        (number("CAIRN_BENCH_FEW", 10_000), number("CAIRN_BENCH_RECORDS", 100_000), number("CAIRN_BENCH_SEED", 2026));
    if let Some(path) = std::env::var_os("CAIRN_DICTIONARY") {
        return dictionary::train(path.as_ref(), seed);
    }
    println!("seed {seed}\n");
    println!(
        "| case | all bytes | parcels of records | of audit | answers, receipts | floor | records ÷ floor | aim |"
    );
    println!("|---|---|---|---|---|---|---|---|");

    let pair = Pair::joined(seed);
    let mut work = Work::new(seed);
    work.create(&pair.post, few);
    let mut floor = work.take_floor();
    work.edit(&pair.post, few / 4);
    floor.add(&work.take_floor());
    let mut wire = pair.connect();
    let first = wire.settle();
    row(&format!("first sync of {few} records, {} edited", few / 4), &first, &floor, "at most 1.1 MB for 10,000");

    // What the end of a session writes into the audit, and then nothing.
    wire.close();
    let mut wire = pair.connect();
    wire.settle();
    wire.close();
    let mut wire = pair.connect();
    row("nothing new, a new connection (frames only)", &wire.settle(), &Floor::default(), "64 B each way");
    row("nothing new, connection open, comparison asked for", &wire.compare(), &Floor::default(), "64 B and a digest");

    work.edit(&pair.post, EDITS);
    work.create(&pair.post, FRESH);
    row(
        &format!("{EDITS} edits of 2 fields and {FRESH} new among {few}"),
        &wire.settle(),
        &work.take_floor(),
        "at most 4,000 B",
    );
    work.edit(&pair.post, 1);
    row("one edit alone", &wire.settle(), &work.take_floor(), "at most 200 B, 140 B better");
    row("the receipts of both sides for that, 5 minutes later", &wire.wait(RECEIPTS_MS), &Floor::default(), "-");
    wire.close();
    let mut wire = pair.connect();
    wire.settle();
    wire.close();
    work.edit(&pair.post, 1);
    let mut wire = pair.connect();
    row("one edit, over a new connection (frames only)", &wire.settle(), &work.take_floor(), "-");

    if many > few {
        wire.close();
        work.create(&pair.post, many - few);
        wire = pair.connect();
        wire.settle();
        work.take_floor();
        work.edit(&pair.post, EDITS * 10);
        let floor = work.take_floor();
        let aim = format!("2 × floor = {:.0} B", 2.0 * floor.bytes());
        row(&format!("{} edits of 2 fields among {many}", EDITS * 10), &wire.settle(), &floor, &aim);
    }
    automerge_peer::measure(DOCUMENTS, EDITS, FRESH, &mut Random::new(seed));
}

fn row(what: &str, passed: &Passed, floor: &Floor, aim: &str) {
    let Passed { records, audit, .. } = *passed;
    let (all, floor) = (passed.all(), floor.bytes());
    let ratio = if records > 0 { format!("{:.2}", records as f64 / floor) } else { "-".to_owned() };
    let rest = all - records - audit;
    println!("| {what} | {all} | {records} | {audit} | {rest} | {floor:.0} | {ratio} | {aim} |");
    eprintln!("{what}: the direction turned {} times", passed.half_trips);
}
