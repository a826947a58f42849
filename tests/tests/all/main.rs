//! The stories: what officers do, told through the real binary and a real browser; and the rules of the house.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed, and says where")]

mod accessible;
mod at_rest;
mod attachments;
mod browser;
mod clocks;
mod command_line;
mod copies;
mod damage;
mod day;
mod hubs;
mod imports;
mod kill;
mod relays;
mod screens;
mod sticks;
mod tidy;
