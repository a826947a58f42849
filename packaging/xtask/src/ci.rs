//! Everything that has to hold before a change goes in, cheapest first.

use anyhow::Result;

use crate::{cargo, counts, run, tools};

/// Runs every check.
pub fn ci() -> Result<()> {
    tools::browser()?;
    run("form", &mut cargo(&["fmt", "--all", "--check"]))?;
    run("lints", &mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    run("build", &mut cargo(&["build", "--workspace", "--locked"]))?;
    run("examples in the documentation", &mut cargo(&["test", "--workspace", "--locked", "--doc", "--quiet"]))?;
    tests()
}

/// The tests, by the runner that gives each its own process when it is installed. The runner's line of counts is the last.
fn tests() -> Result<()> {
    if tools::has_nextest() {
        return run("tests", &mut cargo(&["nextest", "run", "--workspace", "--locked", "--no-fail-fast"]));
    }
    counts::run(
        "tests",
        &mut cargo(&["test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"]),
    )
}
