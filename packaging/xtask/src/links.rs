//! `cargo xtask links`: the stories of the real binary over bad links, all of them, in a release build; with `--guest`, over
//! netem of a stock kernel in a small virtual machine instead of the emulated link.

use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::{cargo, guest, root, run, tools};

/// Which stories, and where.
#[derive(Args, Default)]
pub struct Options {
    /// Only stories whose name has this in it
    story: Option<String>,
    /// In a small virtual machine with the kernel's own netem as the link (hours for all; x86-64 only)
    #[arg(long)]
    guest: bool,
}

/// Tells the stories.
pub fn links(options: &Options) -> Result<()> {
    if options.guest {
        guest::prepare()?;
    } else {
        tools::say_whether_links_can_be_tested();
    }
    run("release build", &mut cargo(&["build", "--release", "--locked", "--package", "cairn"]))?;
    let mut command = cargo(&["test", "--locked", "--package", "cairn-tests", "--test", "links"]);
    command.env("CAIRN_LINKS", "all").env("CAIRN_BIN", root().canonicalize()?.join("target/release/cairn"));
    if options.guest {
        in_guest(&mut command)?;
    }
    // Most of the time they wait for the link, not for the processor; in the guest they would wait for that, too.
    command.args(["--", "--test-threads", if options.guest { "1" } else { "4" }]).args(&options.story);
    run("links", &mut command)
}

/// Cargo hands the program of the stories to this one, which takes it into the guest.
fn in_guest(command: &mut Command) -> Result<()> {
    let runner = format!("target.'cfg(all())'.runner = [{:?}, \"guest\"]", std::env::current_exe()?);
    command.args(["--config", &runner]);
    Ok(())
}
