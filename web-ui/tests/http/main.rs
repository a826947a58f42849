//! The whole router as browsers and programs meet it, over a real casebook: one binary, so that it is linked
//! once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod api;
mod common;
mod document;
mod drafts;
mod files;
mod front_door;
mod links;
mod listener;
mod questions;
mod rights;
mod sticks;
