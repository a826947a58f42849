//! Cairn and its peers on the same records and edits, each as its own users would run it: bytes, round trips, wall time and
//! peak memory side by side. Run it with `cargo xtask bench peers`.
//!
//! One side holds 10,000 records and another is fresh. They meet; then, while they are apart, 100 records change in two fields
//! and 10 are new; they meet again. Bytes are counted by forwarders outside the processes: TCP payload, and for Cairn UDP payload
//! with everything that QUIC adds. What cannot be installed here is said to be absent.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on says where it stopped")]

mod cairn;
mod data;
mod in_process;
mod measured;
mod node;
mod syncthing;
mod tcp;

use std::path::PathBuf;

use data::{EDITS, FRESH, Work};
use measured::Measured;

/// Runs a peer; why it is absent, where it is.
type Measure<'a> = &'a dyn Fn() -> Result<Measured, String>;

/// automerge-repo takes minutes and gigabytes with more; its figures are of so many records and nothing is extrapolated.
const REPO_RECORDS: u64 = 1_000;

fn main() {
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (records, seed) = (number("CAIRN_BENCH_RECORDS", 10_000), number("CAIRN_BENCH_SEED", 2026));
    let target = std::env::var_os("CAIRN_BENCH_TARGET").map_or_else(|| PathBuf::from("target/peers"), PathBuf::from);
    let (work, few) = (Work::new(records, seed), Work::new(records.min(REPO_RECORDS), seed));
    let peers: [(&str, Measure<'_>); 5] = [
        ("Cairn", &|| Ok(cairn::cairn(&work))),
        ("PouchDB", &|| node::pouchdb(&node::install(&target)?, &work)),
        ("automerge-repo", &|| node::automerge_repo(&node::install(&target)?, &few)),
        ("Syncthing", &|| syncthing::syncthing(&syncthing::install(&target)?, &work)),
        ("Automerge", &|| Ok(in_process::automerge(&work))),
    ];
    let all: Vec<Result<Measured, String>> = peers
        .into_iter()
        .map(|(name, measure)| {
            eprintln!("{name} …");
            measure().map_err(|why| format!("{name}: {why}"))
        })
        .collect();
    println!("\n{records} records, then {EDITS} edits of 2 fields and {FRESH} new ones, seed {seed}");
    measured::print(&all);
}
