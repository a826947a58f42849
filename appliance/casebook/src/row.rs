//! What the record view keeps of one record: its state and the entries that made it.

use cairn_ledger::document::RecordState;
use cairn_ledger::{EntryRef, SpaceId};

/// An entry: its short name and where it stands (index in the log table, number).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct EntryAt {
    /// Short name.
    pub entry: EntryRef,
    /// Index of its log in [`crate::logs::LogTable`].
    pub log: u16,
    /// Its number there.
    pub number: u64,
}

/// One record as the views keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// The space it lives in.
    pub space: SpaceId,
    /// The entries applied so far, in the order in which they were applied here.
    pub entries: Vec<EntryAt>,
    /// What it says now.
    pub state: RecordState,
}

impl RecordRow {
    /// Where an entry of this record stands.
    pub fn find(&self, entry: EntryRef) -> Option<EntryAt> {
        self.entries.iter().find(|at| at.entry == entry).copied()
    }

    /// The bytes that the view keeps.
    pub fn encode(&self) -> Vec<u8> {
        let state = self.state.encode();
        let mut out = Vec::with_capacity(24 + self.entries.len() * 22 + state.len());
        out.extend_from_slice(&self.space.0);
        put_varint(&mut out, self.entries.len() as u64);
        for at in &self.entries {
            out.extend_from_slice(&at.entry.0);
            put_varint(&mut out, u64::from(at.log));
            put_varint(&mut out, at.number);
        }
        out.extend_from_slice(&state);
        out
    }

    /// Reads what [`RecordRow::encode`] wrote; `None` when the bytes are damaged.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (space, mut rest) = bytes.split_first_chunk::<16>()?;
        let count = take_varint(&mut rest)?;
        let mut entries = Vec::with_capacity(usize::try_from(count).ok()?.min(rest.len() / 18 + 1));
        for _ in 0..count {
            let (entry, after) = rest.split_first_chunk::<16>()?;
            rest = after;
            let log = u16::try_from(take_varint(&mut rest)?).ok()?;
            let number = take_varint(&mut rest)?;
            entries.push(EntryAt { entry: EntryRef(*entry), log, number });
        }
        Some(Self { space: SpaceId(*space), entries, state: RecordState::decode(rest).ok()? })
    }
}

/// Appends a number, seven bits a byte, lowest first.
pub fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes a number that [`put_varint`] wrote off the front.
pub fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use cairn_record::{Kind, RecordId};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_row_comes_back(entries in proptest::collection::vec((any::<[u8; 16]>(), any::<u16>(), any::<u64>()), 0..20)) {
            let entries = entries.into_iter().map(|(entry, log, number)| EntryAt { entry: EntryRef(entry), log, number });
            let state = RecordState::new(RecordId([1; 16]), Kind::Person);
            let row = RecordRow { space: SpaceId([2; 16]), entries: entries.collect(), state };
            prop_assert_eq!(RecordRow::decode(&row.encode()), Some(row));
        }

        #[test]
        fn rubbish_is_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = RecordRow::decode(&bytes);
        }
    }
}
