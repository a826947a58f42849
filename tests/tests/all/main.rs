//! The stories: what officers do, told through the real binary and a real browser; and the rules of the house.

mod at_rest;
mod browser;
mod command_line;
mod day;
mod imports;
mod kill;
mod tidy;
