//! `cargo xtask bench`: builds the appliance for release and lets `tests/benches/hundred_thousand.rs` measure it.

use anyhow::Result;
use clap::Args;

use crate::{cargo, root, run};

/// What to measure with.
#[derive(Args)]
pub struct Options {
    /// How many records to generate
    #[arg(long, default_value_t = 100_000)]
    records: u64,
    /// Seed of the generator: the same seed makes the same records
    #[arg(long, default_value_t = 2026)]
    seed: u64,
}

/// Measures.
pub fn bench(options: &Options) -> Result<()> {
    run("release build", &mut cargo(&["build", "--release", "--locked", "--package", "cairn"]))?;
    let bench = ["bench", "--locked", "--package", "cairn-tests", "--bench", "hundred_thousand"];
    let mut command = cargo(&bench);
    command.env("CAIRN_BIN", root().join("target/release/cairn"));
    command.env("CAIRN_BENCH_RECORDS", options.records.to_string());
    command.env("CAIRN_BENCH_SEED", options.seed.to_string());
    run("measure", &mut command)
}
