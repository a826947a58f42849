//! The appliance: reads the command line, and either does what it says or asks the Cairn that already runs.
//!
//! ```text
//! main -> cli ----------------> init, run, demo        (these make or hold the store themselves)
//!            \-> ask -> reach --> control socket       (a running Cairn holds the store)
//!                            \--> execute              (nobody does: open it, answer, close it)
//! ```
//!
//! No business rule lives here: whatever is asked is asked of the casebook.

mod answer;
mod ask;
mod attachments;
mod cli;
mod config;
mod control;
mod demo;
mod execute;
mod failure;
mod heap;
mod init;
mod links;
mod print;
mod reach;
mod request;
mod run;
mod screen_sticks;
mod secrets;
mod sticks;
mod system;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};
use crate::failure::Failure;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.common.json;
    match obey(cli) {
        Ok(code) => code,
        Err(failure) => {
            failure.print(json);
            ExitCode::FAILURE
        }
    }
}

fn obey(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Demo(options) => demo::demo(&cli.common, options),
        Command::Init(options) => init::init(&cli.common, options),
        Command::Run(options) => run::run(&cli.common, options),
        Command::Ask(question) => ask::ask(&cli.common, question),
    }
}
