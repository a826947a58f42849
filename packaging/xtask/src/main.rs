//! Developer commands: `cargo xtask ci` is exactly what CI runs, `cargo xtask bench` measures, `cargo xtask dictionary`
//! trains the dictionary of the wire.

mod bench;
mod ci;
mod counts;
mod guest;
mod links;
mod simulate;
mod tools;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};

/// Developer commands of Cairn.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check the form, lint, build and run every test; installs what the browser tests need, or says what is missing
    Ci,
    /// Measure with 100,000 generated records in a release build, beside the aims
    Bench(bench::Options),
    /// Drive the real binary over bad links between network namespaces: cuts, loss, partitions, changes of address
    Links(links::Options),
    /// Run a test program in the guest that was prepared; cargo calls this
    #[command(hide = true)]
    Guest(guest::Options),
    /// Train the dictionary of the sync protocol from the invented exports
    Dictionary,
    /// Run whole regions in virtual time under faults; replay a seed; see that planted bugs are found
    Simulate(simulate::Options),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Task::Ci => ci::ci(),
        Task::Bench(options) => bench::bench(&options),
        Task::Links(options) => links::links(&options),
        Task::Guest(options) => guest::guest(&options),
        Task::Dictionary => bench::dictionary(),
        Task::Simulate(options) => simulate::simulate(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A command of this toolchain's cargo, in the root of the repository.
fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    command
}

/// Runs a step to its end, and fails when it does.
fn run(title: &str, command: &mut Command) -> Result<()> {
    eprintln!("\n== {title}");
    let status = command.status().with_context(|| format!("{title}: cannot start {command:?}"))?;
    if !status.success() {
        bail!("{title} failed: {command:?}");
    }
    Ok(())
}
