//! The real binary over bad links: a hub and a post in network namespaces of their own, and an emulated link between
//! them.
//!
//! `cargo test` runs the short stories; `cargo xtask links` runs all, in a release build; `cargo xtask links --guest` runs
//! them over the kernel's netem, in a small virtual machine. Where namespaces cannot be made the stories count as ignored,
//! and the first line says why.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed, and says where")]

mod cuts;
mod loss;
mod moves;
mod neighbours;
mod one_way;
mod relay;
mod transfer;
mod urgent;

use std::process::ExitCode;

use cairn_tests::net::{Kind, Namespace};
use libtest_mimic::{Arguments, Trial};

/// Set by `cargo xtask links`: the long stories, too.
const ALL: &str = "CAIRN_LINKS";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let obstacle = Namespace::obstacle();
    if let Some(obstacle) = obstacle.as_ref().filter(|_| !arguments.list) {
        eprintln!("links: IGNORED, not tested: {obstacle}");
    }
    let all = std::env::var_os(ALL).is_some_and(|value| value == "all");
    let netem = Kind::asked() == Kind::Netem;
    for (name, ..) in STORIES.iter().filter(|(name, ..)| netem && NOT_WITH_NETEM.contains(name) && !arguments.list) {
        eprintln!("links: LEFT OUT: {name}: netem has no box of an operator that changes ports");
    }
    let trial = |(name, long, story): Story| {
        let ignored = obstacle.is_some() || (long && !all) || (netem && NOT_WITH_NETEM.contains(&name));
        Trial::test(name, move || {
            story();
            Ok(())
        })
        .with_ignored_flag(ignored)
    };
    libtest_mimic::run(&arguments, STORIES.into_iter().map(trial).collect()).exit_code()
}

/// Name, whether it is one of the long ones, what it tells.
type Story = (&'static str, bool, fn());

/// What a link of netem cannot do.
const NOT_WITH_NETEM: [&str; 2] = ["the_relay_changes_ports_as_told", "a_forgetful_box_in_mid_transfer"];

const STORIES: [Story; 14] = [
    ("the_link_does_what_it_is_told", false, relay::does_what_it_is_told),
    ("the_relay_changes_ports_as_told", false, relay::rebinds_as_told),
    ("a_link_that_is_cut_says_so_and_mends", true, one_way::cut_and_mended),
    ("a_partition_towards_the_hub_is_told_truly", false, one_way::towards_the_hub),
    ("a_partition_towards_the_post_is_told_truly", false, one_way::towards_the_post),
    ("neighbours_find_each_other_by_mdns_alone", false, neighbours::by_mdns_alone),
    ("another_address_in_mid_transfer", false, moves::another_address),
    ("a_forgetful_box_in_mid_transfer", true, moves::another_port),
    ("fifty_short_cuts_in_one_transfer", true, cuts::fifty_short),
    ("fifty_long_cuts_in_one_transfer", true, cuts::fifty_long),
    ("a_flapping_link", true, cuts::flapping),
    ("duplicates_and_disorder", true, loss::duplicates_and_disorder),
    ("goodput_under_loss", true, loss::goodput),
    ("a_marker_overtakes_a_large_import", true, urgent::marker_overtakes),
];
