//! The search index from outside: what the casebook relies on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod damage;
mod finds;
mod life;
mod made_up;
mod model;
