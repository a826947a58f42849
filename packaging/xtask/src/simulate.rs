//! `cargo xtask simulate`: runs the simulator in a release build, or looks whether it finds the planted bugs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::{cargo, root, run};

const PLANTED: &str = "tests/simulator/planted";
/// What a build reads.
const SOURCES: [&str; 7] = ["Cargo.toml", "Cargo.lock", "appliance", "sync", "web-ui", "packaging", "tests"];

/// What to simulate.
#[derive(Args)]
pub struct Options {
    /// How many seeds
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Replay this seed twice and write its diary
    #[arg(long)]
    seed: Option<u64>,
    /// Plant each of the known bugs in a copy and count the seeds until it is found
    #[arg(long)]
    planted: bool,
}

/// Simulates.
pub fn simulate(options: &Options) -> Result<()> {
    if options.planted {
        return planted(options.seeds);
    }
    let mut command = cargo(&["run", "--release", "--quiet", "--locked", "--package", "cairn-simulator", "--"]);
    match options.seed {
        Some(seed) => command.args(["--seed", &seed.to_string()]),
        None => command.args(["--seeds", &options.seeds.to_string(), "--from", &options.from.to_string()]),
    };
    run("simulate", &mut command)
}

/// Plants one bug after the other in a copy of the sources. All must be found.
fn planted(seeds: u64) -> Result<()> {
    let mut patches: Vec<PathBuf> = fs::read_dir(root().join(PLANTED))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()?;
    patches.retain(|path| path.extension().is_some_and(|ending| ending == "patch"));
    patches.sort();
    let copy = root().join("target/planted");
    let mut missed = Vec::new();
    for patch in &patches {
        let name = patch.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        copy_sources(&copy)?;
        let mut apply = Command::new("patch");
        apply.args(["--strip=1", "--fuzz=0", "--quiet", "--input"]).arg(patch).current_dir(&copy);
        run(&format!("plant {name}"), &mut apply)?;
        match seeds_until_found(&copy, seeds)? {
            Some(count) => println!("{name}: found after {count} seeds"),
            None => missed.push(name),
        }
    }
    println!("{} of {} planted bugs found", patches.len() - missed.len(), patches.len());
    if missed.is_empty() { Ok(()) } else { bail!("not found within {seeds} seeds: {}", missed.join(", ")) }
}

/// Brings the copy up to date; files that did not change keep their time, so that little is built.
fn copy_sources(copy: &Path) -> Result<()> {
    fs::create_dir_all(copy)?;
    for name in SOURCES {
        bring(&root().join(name), &copy.join(name))?;
    }
    Ok(())
}

fn bring(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            bring(&from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    let bytes = fs::read(from)?;
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(to, bytes).with_context(|| format!("{} cannot be copied", from.display()))
}

fn seeds_until_found(copy: &Path, seeds: u64) -> Result<Option<u64>> {
    // Its own folder: cargo would take what a patched copy left behind for what the sources here give.
    let target = root().canonicalize()?.join("target/planted-build");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--quiet", "--package", "cairn-simulator"]).current_dir(copy);
    run("build the copy", build.env("CARGO_TARGET_DIR", &target))?;
    let program = target.join("debug").join(format!("cairn-simulator{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(program).args(["--until-failure", "--seeds", &seeds.to_string()]).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let found = said.lines().any(|line| line.starts_with("seed "));
    let count = said.lines().find(|line| line.contains(" seeds, ")).and_then(|line| line.split(' ').next());
    let count = count.context("the simulator did not say how many seeds it ran")?.parse()?;
    Ok(found.then_some(count))
}
