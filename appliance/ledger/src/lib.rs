//! Entries, logs, spaces, keys, seals, the change codec and the store that keeps them.
//!
//! This crate knows the disk and the engines and nothing of HTTP, forms or passports.

pub mod names;

pub use names::{ClockQuality, EntryHash, EntryRef, Frontier, Hlc, Incarnation, Lane, LogId, LogKey, ReplicaId, SpaceId};
