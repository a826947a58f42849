//! `cargo xtask links`: the stories of the real binary over bad links, all of them, in a release build.

use anyhow::Result;
use clap::Args;

use crate::{cargo, root, run, tools};

/// Which stories.
#[derive(Args)]
pub struct Options {
    /// Only stories whose name has this in it
    story: Option<String>,
}

/// Tells the stories.
pub fn links(options: &Options) -> Result<()> {
    tools::say_whether_links_can_be_tested();
    run("release build", &mut cargo(&["build", "--release", "--locked", "--package", "cairn"]))?;
    let mut command = cargo(&["test", "--locked", "--package", "cairn-tests", "--test", "links", "--"]);
    // Most of the time they wait for the link, not for the processor.
    command.args(["--test-threads", "4"]).args(&options.story);
    command.env("CAIRN_LINKS", "all").env("CAIRN_BIN", root().canonicalize()?.join("target/release/cairn"));
    run("links", &mut command)
}
