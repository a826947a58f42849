//! What a machine remembers of its sticks: part of its folded notes.

use std::collections::HashSet;

use cairn_ledger::{EntryRef, LogId, ReplicaId};
use serde::{Deserialize, Serialize};

use crate::StickReceipt;
use crate::local_note::LocalState;

/// Sticks remembered in each direction; the oldest are forgotten.
const REMEMBERED_MAX: usize = 500;

/// A stick that was written or read here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StickNote {
    /// The other machine.
    pub peer: ReplicaId,
    /// Its number.
    pub number: u64,
    /// Its id in hexadecimal.
    pub id: String,
    /// When it was written or read here.
    pub at_ms: u64,
    /// When it was made.
    pub made_ms: u64,
    /// Until when it may be read.
    pub expires_ms: u64,
    /// Entries on it, or new entries from it.
    pub entries: u64,
    /// Its length.
    pub bytes: u64,
    /// How far it carried which log; `None` of one that was read, or that carried too many.
    pub carried: Option<Vec<(LogId, u64)>>,
    /// When the addressee read it.
    pub received_ms: Option<u64>,
    /// Files on it, or that became whole from it.
    #[serde(default)]
    pub files: u64,
    /// Files that did not fit on it, or on it that are not whole here.
    #[serde(default)]
    pub files_left: u64,
    /// The files on it, until its receipt comes; empty of one that was read.
    #[serde(default)]
    pub files_carried: Vec<EntryRef>,
    /// The files that did not fit on it and are for a post, which the next one owes it.
    #[serde(default)]
    pub files_owed: Vec<EntryRef>,
}

impl LocalState {
    /// Remembers a stick written here. What the one before owed it carries or owes.
    pub(crate) fn remember_written(&mut self, note: StickNote) {
        let before = self.sticks_written.iter_mut().rfind(|before| before.peer == note.peer);
        before.into_iter().for_each(|before| before.files_owed = Vec::new());
        remember(&mut self.sticks_written, note);
    }

    /// Remembers a stick read here; one that was read again for its files, once.
    pub(crate) fn remember_read(&mut self, mut note: StickNote) {
        let same = |one: &StickNote| one.peer == note.peer && one.number == note.number && one.id == note.id;
        if let Some(at) = self.sticks_read.iter().position(same) {
            let before = self.sticks_read.remove(at);
            note.entries += before.entries;
            note.files += before.files;
        }
        remember(&mut self.sticks_read, note);
    }

    /// Remembers that a stick arrived.
    pub(crate) fn remember_receipt(&mut self, by: &ReplicaId, number: u64, at_ms: u64) {
        let mut sticks = self.sticks_written.iter_mut().rev();
        if let Some(note) = sticks.find(|note| note.peer == *by && note.number == number) {
            note.received_ms = Some(at_ms);
            // The receipt is the proof from now on.
            note.carried = None;
            self.files_there.entry(*by).or_default().extend(std::mem::take(&mut note.files_carried));
        }
    }

    /// Files that a site has by its receipts for sticks.
    pub(crate) fn files_there(&self, site: &ReplicaId) -> HashSet<EntryRef> {
        self.files_there.get(site).into_iter().flatten().copied().collect()
    }

    /// Files on sticks for a site of which no receipt has come.
    pub(crate) fn files_on_the_way(&self, site: &ReplicaId) -> HashSet<EntryRef> {
        let sticks = self.sticks_written.iter().filter(|note| note.peer == *site);
        sticks.flat_map(|note| &note.files_carried).copied().collect()
    }

    /// Files that did not fit on the last stick for a site.
    pub(crate) fn files_owed(&self, site: &ReplicaId) -> HashSet<EntryRef> {
        let last = self.sticks_written.iter().rfind(|note| note.peer == *site);
        last.into_iter().flat_map(|note| &note.files_owed).copied().collect()
    }

    /// Number of the last stick written for a site; 0 when none was.
    pub(crate) fn last_stick_to(&self, to: &ReplicaId) -> u64 {
        last(&self.sticks_written, to)
    }

    /// Number of the last stick read from a site; 0 when none was.
    pub(crate) fn last_stick_from(&self, from: &ReplicaId) -> u64 {
        last(&self.sticks_read, from)
    }

    /// When this very stick was read, if it was, and all of its files are here.
    pub(crate) fn stick_read(&self, from: &ReplicaId, number: u64, id: &str) -> Option<u64> {
        let mut sticks = self.sticks_read.iter().filter(|note| note.files_left == 0);
        sticks.find(|note| note.peer == *from && note.number == number && note.id == id).map(|note| note.at_ms)
    }

    /// Whether a receipt for this stick is news.
    pub(crate) fn awaits_stick_receipt(&self, by: &ReplicaId, number: u64, id: &str) -> bool {
        let mut sticks = self.sticks_written.iter();
        sticks.any(|note| note.peer == *by && note.number == number && note.id == id && note.received_ms.is_none())
    }

    /// Receipts for the last sticks of a site that were read here, by rising number. There is none for one with files that
    /// did not become whole: they are to be carried again.
    pub(crate) fn stick_receipts_for(&self, site: &ReplicaId, most: usize) -> Vec<StickReceipt> {
        let receipt = |note: &StickNote| {
            let id = unhex(&note.id)?;
            Some(StickReceipt { number: note.number, id, at_ms: note.at_ms })
        };
        let read = self.sticks_read.iter().filter(|note| note.peer == *site && note.files_left == 0);
        let mut receipts: Vec<StickReceipt> = read.filter_map(receipt).collect();
        receipts.sort_by_key(|receipt| (receipt.number, receipt.at_ms));
        receipts.dedup_by_key(|receipt| receipt.number);
        receipts.drain(..receipts.len().saturating_sub(most));
        receipts
    }
}

/// A stick of an earlier life of the other machine may have the same number: the number and the id name it.
fn remember(sticks: &mut Vec<StickNote>, note: StickNote) {
    sticks.push(note);
    if sticks.len() > REMEMBERED_MAX {
        sticks.remove(0);
    }
}

fn last(sticks: &[StickNote], peer: &ReplicaId) -> u64 {
    sticks.iter().filter(|note| note.peer == *peer).map(|note| note.number).max().unwrap_or(0)
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    let mut id = [0; 16];
    if text.len() != 32 {
        return None;
    }
    for (at, byte) in id.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(id)
}
