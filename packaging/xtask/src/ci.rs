//! Everything that has to hold before a change goes in, cheapest first.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{cargo, counts, root, run, tools};

/// Runs every check.
pub fn ci() -> Result<()> {
    tools::browser()?;
    tools::say_whether_links_can_be_tested();
    run("form", &mut cargo(&["fmt", "--all", "--check"]))?;
    run("lints", &mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    run("build", &mut cargo(&["build", "--workspace", "--all-targets", "--locked"]))?;
    run("examples in the documentation", &mut cargo(&["test", "--workspace", "--locked", "--doc", "--quiet"]))?;
    tests()
}

/// The tests, by the runner that gives each its own process when it is installed. The runner's line of counts is the last.
fn tests() -> Result<()> {
    if tools::has_nextest() {
        return run("tests", &mut with_binary(&["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]));
    }
    counts::run(
        "tests",
        &mut with_binary(&["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"]),
    )
}

/// Cargo with the stories told which binary to use: the one that was just built. Built alone, it would have other
/// features of its libraries, and half of them would be compiled once more.
fn with_binary(arguments: &[&str]) -> Command {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let mut command = cargo(arguments);
    command.env("CAIRN_BIN", target.join("debug").join(format!("cairn{}", std::env::consts::EXE_SUFFIX)));
    command
}
