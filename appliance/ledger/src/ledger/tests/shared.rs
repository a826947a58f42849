//! A store that a test and a ledger use together.

use std::sync::Arc;

use crate::entry::{Entry, Seal};
use crate::names::{EntryHash, Frontier, LogId, SpaceId};
use crate::store::{LogStore, Lost, MemoryStore, OpenReport, StoreError, StoreStats, StoredItem};

/// A store that a test can look into while a ledger uses it.
pub struct Shared(pub Arc<MemoryStore>);

macro_rules! delegate {
    ($($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl LogStore for Shared {
            $(fn $name(&self, $($arg: $type),*) -> $answer { self.0.$name($($arg),*) })*
        }
    };
}

delegate! {
    append(items: &[StoredItem]) -> Result<(), StoreError>;
    entry(log: &LogId, number: u64) -> Result<Option<Entry>, StoreError>;
    read(log: &LogId, from: u64, bytes_max: usize) -> Result<Vec<Entry>, StoreError>;
    seal_at(log: &LogId, number: u64) -> Result<Option<Seal>, StoreError>;
    seal_before(log: &LogId, number: u64) -> Result<Option<Seal>, StoreError>;
    last(log: &LogId) -> (u64, EntryHash);
    next_held(log: &LogId, number: u64) -> Option<u64>;
    lost() -> Vec<Lost>;
    frontier(space: &SpaceId) -> Frontier;
    spaces() -> Vec<SpaceId>;
    logs() -> Vec<LogId>;
    stats() -> StoreStats;
    open_report() -> OpenReport;
}
