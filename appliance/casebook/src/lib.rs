//! The one door to everything that is kept.
//!
//! Every command and every query comes in here with an [`Actor`]: may they, is it valid, write, audit,
//! answer. The read models (record views, identifier and search indexes, hit lists, sync status) live
//! behind it and can always be rebuilt from the logs.
//!
//! Flow of a save: [`Casebook::save_record`] checks the right, validates the draft, makes the change against
//! the version the person saw, commits the change and its audit entry in one durable append, then folds both
//! into the views.

pub mod access;
pub mod answers;

pub use access::{Actor, Refused, Right, Role, Via};
pub use answers::*;
