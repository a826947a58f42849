//! `cargo xtask bench`: builds the appliance for release and lets `tests/benches/hundred_thousand` measure it.
//! `cargo xtask bench sync` measures everything about the exchange of records, one after the other; each part has a name of its
//! own: `wire` lets `tests/benches/wire` count the bytes of the protocol beside their floor, `links` tells the stories of bad
//! links with the real binary, `hub` lets `tests/benches/hub` bring the work of two hundred posts to one hub, `peers` lets
//! `tests/benches/peers` run Cairn and others on the same records.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::{cargo, links, root, run};

/// What to measure with.
#[derive(Args, Clone)]
pub struct Options {
    /// What to measure
    #[arg(value_enum, default_value_t = What::All)]
    what: What,
    /// How many records to generate; 100,000, and for the peers 10,000, if not given
    #[arg(long)]
    records: Option<u64>,
    /// How many posts bring their work to the hub
    #[arg(long, default_value_t = 200)]
    posts: u64,
    /// How many records each of them brings
    #[arg(long, default_value_t = 300)]
    records_a_post: u64,
    /// How many records the hub holds before they do
    #[arg(long, default_value_t = 0)]
    held: u64,
    /// Folder in which the hub with its records is kept, so that the next run with the same number and seed need not import
    #[arg(long)]
    keep_held: Option<PathBuf>,
    /// Seed of the generator: the same seed makes the same records
    #[arg(long, default_value_t = 2026)]
    seed: u64,
}

/// What there is to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Memory, times, sizes and traffic of the real binary
    All,
    /// The exchange of records: wire, links, hub and peers, one after the other (hours)
    Sync,
    /// Bytes of the sync protocol beside their floor, transport excluded
    Wire,
    /// Times and bytes of the real binary over slow, lossy and broken links
    Links,
    /// Memory and times of one real hub to which many posts bring their work at once
    Hub,
    /// Cairn, PouchDB, automerge-repo, Syncthing and Automerge side by side; installs them under `target`
    Peers,
}

/// Measures.
pub fn bench(options: &Options) -> Result<()> {
    match options.what {
        What::All => measure_binary("hundred_thousand", options),
        What::Sync => sync(options),
        // Bytes are the same in every profile.
        What::Wire => run("measure the wire", &mut bench_of("wire", &["--profile", "dev"], options)),
        What::Links => links::links(&links::Options::default()),
        What::Hub => measure_binary("hub", options),
        What::Peers => measure_binary("peers", options),
    }
}

/// All parts, even when one of them fails.
fn sync(options: &Options) -> Result<()> {
    let mut failed = Vec::new();
    for what in [What::Wire, What::Links, What::Hub, What::Peers] {
        println!("\n{what:?}");
        if let Err(error) = bench(&Options { what, ..options.clone() }) {
            println!("{error}");
            failed.push(format!("{what:?}"));
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("not measured to the end: {}", failed.join(", ")) }
}

/// Builds a release of the binary and lets a bench measure it.
fn measure_binary(bench: &str, options: &Options) -> Result<()> {
    run("release build", &mut cargo(&["build", "--release", "--locked", "--package", "cairn"]))?;
    let mut command = bench_of(bench, &[], options);
    command.env("CAIRN_BIN", root().join("target/release/cairn"));
    command.env("CAIRN_BENCH_TARGET", root().join("target/peers"));
    run("measure", &mut command)
}

fn bench_of(bench: &str, profile: &[&str], options: &Options) -> Command {
    let mut command = cargo(&["bench", "--locked", "--package", "cairn-tests", "--bench", bench]);
    command.args(profile);
    let numbers = [
        ("RECORDS", options.records.unwrap_or(if bench == "peers" { 10_000 } else { 100_000 })),
        ("SEED", options.seed),
        ("POSTS", options.posts),
        ("RECORDS_A_POST", options.records_a_post),
        ("HELD", options.held),
    ];
    if bench == "hub" {
        // It says each time it loads a document, so that they can be counted.
        command.env("CAIRN_LOG", "info,cairn_casebook::fold=debug");
    }
    if let Some(keep) = &options.keep_held {
        command.env("CAIRN_BENCH_KEEP_HELD", std::path::absolute(keep).unwrap_or_else(|_| keep.clone()));
    }
    command.envs(numbers.map(|(name, number)| (format!("CAIRN_BENCH_{name}"), number.to_string())));
    command
}

/// Trains the dictionary of parcels again. Another dictionary is another number in the protocol: this one is for looking
/// where the shipped one comes from, or for making its successor.
pub fn dictionary() -> Result<()> {
    let mut command = cargo(&["bench", "--profile", "dev", "--locked", "--package", "cairn-tests", "--bench", "wire"]);
    command.env("CAIRN_DICTIONARY", root().join("sync/protocol/src/parcel/dictionary-1.bin"));
    run("train the dictionary", &mut command)
}
