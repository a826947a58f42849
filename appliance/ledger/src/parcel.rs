//! A parcel in clear: consecutive entries of one log as members of its space exchange them inside TLS.
//!
//! Only what the receiver cannot derive is in it. Numbers follow from `first`, the previous hash from what the
//! receiver holds, the record tag from the record's id, body length and hash from sealing the body again
//! (sealing is deterministic), and the short name of an entry of this very parcel from having sealed it: where a
//! body names one, it may have a [`Hole`]. The seal at the end proves that all this is the writer's own.

use std::collections::HashMap;

use crate::body::Body;
use crate::codec;
use crate::{ClockQuality, EntryHash, EntryKind, EntryRef, Hlc, LogId, Seal};
use cairn_record::RecordId;

/// Consecutive entries of one log, opened, and the seal over the last of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenParcel {
    /// Which log.
    pub log: LogId,
    /// Number of the first entry.
    pub first: u64,
    /// The entries in order.
    pub entries: Vec<OpenEntry>,
    /// Where bodies name entries of this parcel, in order of entry and place. Whoever seals the entries fills them.
    pub holes: Vec<Hole>,
    /// Seal over the last entry. A hash of [`HASH_TO_DERIVE`] was not sent: it is what sealing the entries gives.
    pub seal: Seal,
}

/// Stands for the hash of the last entry where whoever seals the entries derives it; the signature proves it.
pub const HASH_TO_DERIVE: EntryHash = EntryHash([0; 32]);

/// A place in a body at which the short name of an earlier entry of the same parcel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hole {
    /// Whose body: index in the parcel.
    pub entry: usize,
    /// Offset of the 16 bytes.
    pub at: usize,
    /// Which entry they name: an index below `entry`.
    pub names: usize,
}

/// One entry in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenEntry {
    /// Key epoch it was sealed under.
    pub epoch: u32,
    /// When it was written.
    pub hlc: Hlc,
    /// How far the writer trusted its clock.
    pub clock: ClockQuality,
    /// Kind number (unknown kinds are carried).
    pub kind: u8,
    /// The record it is about, if any.
    pub record: Option<RecordId>,
    /// Plain body bytes.
    pub body: Vec<u8>,
}

impl OpenParcel {
    /// Writes the names of the entries before `entry` into the holes of its body; `names` are those known so far.
    /// Holes that point outside are left alone: the seal will not hold.
    pub fn fill(&mut self, entry: usize, names: &[EntryRef]) {
        let begin = self.holes.partition_point(|hole| hole.entry < entry);
        let Some(open) = self.entries.get_mut(entry) else { return };
        for hole in self.holes[begin..].iter().take_while(|hole| hole.entry == entry) {
            let place = open.body.get_mut(hole.at..hole.at.saturating_add(16));
            if let (Some(place), Some(name)) = (place, names.get(hole.names)) {
                place.copy_from_slice(&name.0);
            }
        }
    }
}

/// Where record changes among these entries name one another; `names` are the short names of the entries.
pub fn holes_in(entries: &[OpenEntry], names: &[EntryRef]) -> Vec<Hole> {
    let mut known: HashMap<EntryRef, usize> = HashMap::new();
    let mut holes = Vec::new();
    for (entry, (open, name)) in entries.iter().zip(names).enumerate() {
        if let Some((start, deps)) = deps_in(open).filter(|_| !known.is_empty()) {
            let named = deps.iter().zip(0..).filter_map(|(dep, nth)| Some((nth, *known.get(dep)?)));
            holes.extend(named.map(|(nth, names)| Hole { entry, at: start + 16 * nth, names }));
        }
        known.insert(*name, entry);
    }
    holes
}

/// The dependencies of a record change and the offset in the body at which they begin.
fn deps_in(entry: &OpenEntry) -> Option<(usize, Vec<EntryRef>)> {
    if entry.kind != EntryKind::RecordChange.code() {
        return None;
    }
    let body = Body::decode(&entry.body).ok()?;
    let deps = codec::decode(&body.payload).ok()?.deps;
    let start = entry.body.len() - body.payload.len() + codec::deps_at(deps.len());
    Some((start, deps))
}
