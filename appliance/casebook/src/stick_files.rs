//! Files on sticks: which of them travel to whom, and what becomes of those that came.
//!
//! A hub gets every file that it is not known to have. It is known to have what was attached there, what it said over a
//! link that it has, and what a stick carried that it has read and kept whole. A post gets the files of the entries that
//! are on its stick, and what earlier ones still owe it: what is wanted there cannot be known here. Files that no stick has carried yet go before those that
//! are on the way, and newer before older; so what did not fit goes on the next stick, and a stick that is lost heals.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;

use cairn_ledger::{ChunkName, EntryRef, LogId, ReplicaId, SpaceId};
use cairn_record::{RecordId, reason};

use crate::attachment_rows::Held;
use crate::exchange::peer_refused;
use crate::peers::FilesHad;
use crate::row::EntryAt;
use crate::{Casebook, CasebookError, Change, PeerEvent, StickFile, StickFileHere, StickOrder, StickRun};

/// Most files on one stick: its note names each.
const FILES_A_STICK_MAX: usize = 2_048;

/// Which of two files goes first: not carried yet before carried, newer before older.
type Turn = (bool, std::cmp::Reverse<u64>, EntryRef);

/// What an addressee is known to have.
struct Known {
    to: ReplicaId,
    hub: bool,
    everything: bool,
    shared: HashSet<SpaceId>,
    had: FilesHad,
    there: HashSet<EntryRef>,
    on_the_way: HashSet<EntryRef>,
    owed: HashSet<EntryRef>,
}

/// The files of a stick.
pub(crate) struct FilesChosen {
    /// Those that go on it, in their order.
    pub(crate) files: Vec<StickFile>,
    /// How many more would, but do not fit.
    pub(crate) left: u64,
    /// Of those, what the next stick for a post owes it; a hub is owed whatever it is not known to have.
    pub(crate) owed: Vec<EntryRef>,
}

impl Known {
    /// Whether a file goes there that an entry of this log names.
    fn wants(&self, log: &LogId, at: EntryAt, runs: &[StickRun]) -> bool {
        let attached_there = log.key.replica == self.to;
        let has = attached_there || self.there.contains(&at.entry) || (self.hub && self.had.has(log, at.number));
        let on_it = |run: &StickRun| run.log == *log && (run.from..=run.until).contains(&at.number);
        let owed = self.hub || self.owed.contains(&at.entry) || self.on_the_way.contains(&at.entry);
        self.shared.contains(&log.space) && (self.everything || (!has && (owed || runs.iter().any(on_it))))
    }
}

impl Casebook {
    /// The files that go on a stick with these entries.
    pub(crate) fn files_for_stick(
        &self,
        to: ReplicaId,
        order: &StickOrder,
        runs: &[StickRun],
    ) -> Result<FilesChosen, CasebookError> {
        let known = self.files_known_of(to, order.everything);
        let mut first: BTreeMap<Turn, StickFile> = BTreeMap::new();
        let mut all = 0;
        self.each_attachment(&mut |record, at| {
            let Some(held) = self.wanted_there(&known, at, runs)? else { return Ok(()) };
            if !self.blobs.missing(&held.space, &held.manifest.chunks).is_empty() {
                return Ok(());
            }
            all += 1;
            let turn = (known.on_the_way.contains(&at.entry), std::cmp::Reverse(held.at_ms), at.entry);
            first.insert(turn, StickFile { record, attachment: at.entry, bytes: held.manifest.size });
            if first.len() > FILES_A_STICK_MAX {
                first.pop_last();
            }
            Ok(())
        })?;
        let mut room = order.files_bytes_max;
        let fits = |file: &StickFile| {
            let left = room.checked_sub(file.bytes);
            room = left.unwrap_or(room);
            left.is_some()
        };
        let (files, rest): (Vec<StickFile>, Vec<StickFile>) = first.into_values().partition(fits);
        let left = all - files.len() as u64;
        let owed = if known.hub { Vec::new() } else { rest.iter().map(|file| file.attachment).collect() };
        Ok(FilesChosen { files, left, owed })
    }

    fn wanted_there(&self, known: &Known, at: EntryAt, runs: &[StickRun]) -> Result<Option<Held>, CasebookError> {
        let log = self.logs().log(at.log);
        if log.is_some_and(|log| known.wants(&log, at, runs)) { self.manifest_at(at) } else { Ok(None) }
    }

    fn files_known_of(&self, to: ReplicaId, everything: bool) -> Known {
        let (shared, hub, had) = (self.shared_with(to), self.is_hub_here(to), self.files_had(to));
        let memory = self.memory();
        let (there, on_the_way) = (memory.local.files_there(&to), memory.local.files_on_the_way(&to));
        let owed = memory.local.files_owed(&to);
        Known { to, hub, everything, shared, had, there, on_the_way, owed }
    }

    /// Space and chunks of a file that goes on a stick, in order; `None` when its manifest cannot be read any more.
    pub fn chunks_for_stick(&self, file: &StickFile) -> Result<Option<(SpaceId, Vec<ChunkName>)>, CasebookError> {
        let held = self.held_file(file.record, file.attachment)?;
        Ok(held.map(|held| (held.space, held.manifest.chunks)))
    }

    /// What is here of a file that a stick brings. One that no entry here names, or of a space that its writer does not
    /// share, is refused.
    pub fn file_on_stick(
        &self,
        from: ReplicaId,
        record: RecordId,
        attachment: EntryRef,
    ) -> Result<StickFileHere, CasebookError> {
        let held = self.held_file(record, attachment)?;
        let held = held.ok_or_else(|| peer_refused("unknown-file", reason!("stick-file-unknown")))?;
        self.must_share(from, [&held.space])?;
        let missing = self.blobs.missing(&held.space, &held.manifest.chunks).into_iter().collect();
        Ok(StickFileHere { space: held.space, name: held.manifest.name, bytes: held.manifest.size, missing })
    }

    fn held_file(&self, record: RecordId, attachment: EntryRef) -> Result<Option<Held>, CasebookError> {
        let at = self.attachment_row(record, attachment)?.and_then(|row| row.manifest);
        at.map(|(log, number)| self.manifest_at(EntryAt { entry: attachment, log, number }))
            .transpose()
            .map(Option::flatten)
    }

    /// Files that are wanted here and not wholly here, of the spaces shared with this peer. Those that have become whole
    /// are struck off the list.
    pub(crate) fn files_still_missing(&self, peer: ReplicaId) -> Result<u64, CasebookError> {
        let (mut missing, mut after) = (0, None);
        loop {
            let page = self.files_to_fetch(peer, after)?;
            missing += page.files.len() as u64;
            match page.next {
                Some(place) => after = Some(place),
                None => break,
            }
        }
        self.tell(Change::Attachments);
        Ok(missing)
    }

    /// When a hub's receipts leave no file that it is not known to have, it has said as much as over a link.
    pub(crate) fn note_files_received(&self, by: ReplicaId, now_ms: u64) -> Result<(), CasebookError> {
        if !self.is_hub_here(by) {
            return Ok(());
        }
        // Before they are looked at: what is attached meanwhile is one more than these.
        let here = self.attachments_known.load(Ordering::Relaxed);
        let (known, mut unknown) = (self.files_known_of(by, false), 0_u64);
        self.each_attachment(&mut |_, at| {
            let log = self.logs().log(at.log);
            unknown += u64::from(log.is_some_and(|log| known.wants(&log, at, &[])));
            Ok(())
        })?;
        let all = PeerEvent::Files { lacking: 0, known: here };
        if unknown == 0 && here > 0 { self.note_peer(by, all, now_ms) } else { Ok(()) }
    }
}
