//! What packing and unpacking a parcel asks of the entries that are held.
//!
//! A parcel may refer to entries that the receiver holds: the one before its first, the ones a change depends on, the
//! change that an audit line is about. The sender finds out where entries of a record stand ([`locate`]), both sides
//! what an entry says ([`look_up`]). The answers are small whatever the entries are, so that nobody can make a machine
//! grow by asking it for large ones.

use cairn_ledger::{EntryHash, EntryRef, Hlc, LogId, OpenEntry};
pub use cairn_record::RecordId;
use cairn_record::{FieldNo, Kind};

use crate::parcel::anatomy::{Content, Shape, take_apart};
use crate::parcel::pattern::Pattern;

/// Most places told of one record: the first and the newest.
pub const PLACES_MAX: usize = 32;
/// Most fields of a change that are told.
const FIELDS_MAX: usize = 64;

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its log.
    pub log: LogId,
    /// Its number.
    pub number: u64,
    /// Its short name.
    pub entry: EntryRef,
}

/// What is held, as far as packing and unpacking need it.
pub trait Lookup {
    /// Where the entries of this record stand, in the order in which they were folded; empty when none is known.
    fn places(&self, record: &RecordId) -> Vec<Place>;
    /// The entry with this number and its hash, in clear; `None` when it is not held or cannot be read.
    fn open(&self, log: &LogId, number: u64) -> Option<(EntryHash, OpenEntry)>;
}

/// What an entry says, as far as another may be derived from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub(crate) name: EntryRef,
    pub(crate) hlc: Hlc,
    pub(crate) shape: Shape,
    pub(crate) record: Option<RecordId>,
    pub(crate) change: Option<Sketch>,
    /// Which fields it writes and how, if it is a change.
    pub(crate) outline: Option<Pattern>,
}

/// What of a record change an audit line follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sketch {
    pub(crate) kind: Kind,
    pub(crate) creates: bool,
    pub(crate) fields: Vec<FieldNo>,
}

impl Seen {
    /// What this entry says.
    pub fn of(hash: EntryHash, entry: &OpenEntry) -> Self {
        let (shape, content) = take_apart(entry);
        let change = match &content {
            Content::Change(change) if change.ops.len() <= FIELDS_MAX => Some(change),
            _ => None,
        };
        let outline = change.map(Pattern::of);
        let change = change.map(|change| Sketch {
            kind: change.kind,
            creates: change.deps.is_empty(),
            fields: change.ops.iter().map(|op| op.field).collect(),
        });
        Self { name: hash.short(), hlc: entry.hlc, shape, record: entry.record, change, outline }
    }
}

/// Where entries of each of these records stand.
pub fn locate(held: &dyn Lookup, records: &[RecordId]) -> Vec<Vec<Place>> {
    let places = |record| {
        let mut places = held.places(record);
        if places.len() > PLACES_MAX {
            places.drain(1..places.len() - PLACES_MAX + 1);
        }
        places
    };
    records.iter().map(places).collect()
}

/// What each of these entries says; `None` for one that is not held.
pub fn look_up(held: &dyn Lookup, places: &[(LogId, u64)]) -> Vec<Option<Seen>> {
    places.iter().map(|(log, number)| held.open(log, *number).map(|(hash, entry)| Seen::of(hash, &entry))).collect()
}
