//! `cargo xtask bench`: builds the appliance for release and lets `tests/benches/hundred_thousand` measure it;
//! `cargo xtask bench sync` lets `tests/benches/wire` count the bytes of the sync protocol.

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::{cargo, root, run};

/// What to measure with.
#[derive(Args)]
pub struct Options {
    /// What to measure: everything through the binary, or the bytes of the sync protocol in one process
    #[arg(value_enum, default_value_t = What::All)]
    what: What,
    /// How many records to generate
    #[arg(long, default_value_t = 100_000)]
    records: u64,
    /// Seed of the generator: the same seed makes the same records
    #[arg(long, default_value_t = 2026)]
    seed: u64,
}

/// What there is to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Memory, times, sizes and traffic of the real binary
    All,
    /// Bytes of the sync protocol beside their floor, transport excluded
    Sync,
}

/// Measures.
pub fn bench(options: &Options) -> Result<()> {
    if options.what == What::Sync {
        // Bytes are the same in every profile.
        let mut command =
            cargo(&["bench", "--profile", "dev", "--locked", "--package", "cairn-tests", "--bench", "wire"]);
        command.env("CAIRN_BENCH_RECORDS", options.records.to_string());
        command.env("CAIRN_BENCH_SEED", options.seed.to_string());
        return run("measure the wire", &mut command);
    }
    run("release build", &mut cargo(&["build", "--release", "--locked", "--package", "cairn"]))?;
    let bench = ["bench", "--locked", "--package", "cairn-tests", "--bench", "hundred_thousand"];
    let mut command = cargo(&bench);
    command.env("CAIRN_BIN", root().join("target/release/cairn"));
    command.env("CAIRN_BENCH_RECORDS", options.records.to_string());
    command.env("CAIRN_BENCH_SEED", options.seed.to_string());
    run("measure", &mut command)
}

/// Trains the dictionary of parcels again. Another dictionary is another number in the protocol: this one is for looking
/// where the shipped one comes from, or for making its successor.
pub fn dictionary() -> Result<()> {
    let mut command = cargo(&["bench", "--profile", "dev", "--locked", "--package", "cairn-tests", "--bench", "wire"]);
    command.env("CAIRN_DICTIONARY", root().join("sync/protocol/src/parcel/dictionary-1.bin"));
    run("train the dictionary", &mut command)
}
