//! Writing: drafts become sealed, chained, signed entries in this replica's logs.

use std::collections::BTreeMap;

use super::Ledger;
use super::clock::{Clock, DRIFT_MS_MAX};
use crate::body::{Body, BodyError};
use crate::crypto::OpenError;
use crate::entry::{Core, Entry, EntryKind, Header, Position, Seal};
use crate::fork::ENTRIES_PER_SEAL_MAX;
use crate::names::{ClockQuality, EntryHash, Hlc, Lane, LogId, LogKey, SpaceId};
use crate::store::{StoreError, StoredItem};

/// A long commit gets a seal after this many bytes, so that it can travel in parts.
const BYTES_PER_SEAL: usize = 64 * 1024;

/// One entry to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryDraft {
    /// The space it belongs to.
    pub space: SpaceId,
    /// How urgent it is.
    pub lane: Lane,
    /// What the body is.
    pub kind: EntryKind,
    /// Author, purpose, record, payload.
    pub body: Body,
}

/// A commit was not made. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// No key of the space.
    #[error("this replica holds no key of space {0}, so it cannot write there; nothing was saved")]
    NoKey(SpaceId),
    /// The body is not one.
    #[error(transparent)]
    Body(#[from] BodyError),
    /// Sealing failed.
    #[error("the body could not be sealed; nothing was saved")]
    Sealing(#[from] OpenError),
    /// This replica's own log is proven to have two histories, or damage took entries of it.
    #[error(
        "log {0:?} of this replica has two histories, or lacks entries that it wrote; nothing was saved: take a new \
         incarnation and try again"
    )]
    Frozen(Box<LogId>),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Ledger {
    /// Writes the drafts as one commit, durable on return: all of them or none. Answers where each went, in
    /// the order of the drafts.
    pub fn commit(
        &self,
        drafts: Vec<EntryDraft>,
        now_ms: u64,
        clock: ClockQuality,
    ) -> Result<Vec<Position>, CommitError> {
        self.commit_locked(&mut self.writer(), &drafts, now_ms, clock)
    }

    pub(super) fn commit_locked(
        &self,
        clock: &mut Clock,
        drafts: &[EntryDraft],
        now_ms: u64,
        quality: ClockQuality,
    ) -> Result<Vec<Position>, CommitError> {
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        let lost = self.store.lost();
        let mut ticking = *clock;
        let mut logs = BTreeMap::new();
        let mut positions = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let key = LogKey { replica: self.replica(), incarnation: self.incarnation(), lane: draft.lane };
            let log = LogId { space: draft.space, key };
            let open = logs.entry(log).or_insert_with(|| OpenLog { last: self.store.last(&log), entries: Vec::new() });
            if self.frozen().common(&log).is_some() || lost.iter().any(|lost| lost.log == log) {
                return Err(CommitError::Frozen(Box::new(log)));
            }
            let hlc = ticking.tick(now_ms);
            // The time gives the order, and by the machine's clock it is no date.
            let quality = if hlc.unix_ms.abs_diff(now_ms) > DRIFT_MS_MAX { ClockQuality::Unknown } else { quality };
            let entry = self.write_entry(log, open.last, draft, hlc, quality)?;
            let position = entry.header.position();
            open.last = (position.number, position.hash);
            open.entries.push((position, entry));
            positions.push(position);
        }
        let items = self.seal_all(logs);
        self.store.append(&items)?;
        *clock = ticking;
        if drafts.iter().any(|draft| draft.kind == EntryKind::Rescued) {
            let entries = items.into_iter().filter_map(|item| match item {
                StoredItem::Entry(entry) => Some(entry),
                StoredItem::Seal(_) => None,
            });
            self.learn_forks(&entries.collect::<Vec<_>>());
        }
        Ok(positions)
    }

    fn write_entry(
        &self,
        log: LogId,
        (number, prev): (u64, EntryHash),
        draft: &EntryDraft,
        hlc: Hlc,
        clock: ClockQuality,
    ) -> Result<Entry, CommitError> {
        let plain = zeroize::Zeroizing::new(draft.body.encode()?);
        let keyring = self.keyring();
        let key = keyring.current(&log.space).ok_or(CommitError::NoKey(log.space))?;
        let record_tag = draft.body.record.map_or([0; 16], |record| key.record_tag(&record));
        let (key_epoch, key_id, kind) = (key.epoch(), key.id(), draft.kind);
        let core = Core { log, number: number + 1, key_epoch, key_id, record_tag, hlc, clock, kind, prev };
        let sealed = key.seal(&core, &plain)?;
        Ok(Entry { header: Header::new(core, &sealed), body: Some(sealed) })
    }

    fn seal_all(&self, logs: BTreeMap<LogId, OpenLog>) -> Vec<StoredItem> {
        let mut items = Vec::new();
        for open in logs.into_values() {
            let count = open.entries.len();
            let (mut entries, mut bytes) = (0, 0);
            for (at, (position, entry)) in open.entries.into_iter().enumerate() {
                entries += 1;
                bytes += entry.encoded_len();
                items.push(StoredItem::Entry(entry));
                if at + 1 == count || entries == ENTRIES_PER_SEAL_MAX || bytes >= BYTES_PER_SEAL {
                    items.push(StoredItem::Seal(Seal::sign(&position, &self.key.0)));
                    (entries, bytes) = (0, 0);
                }
            }
        }
        items
    }
}

/// A log that a commit adds to.
struct OpenLog {
    last: (u64, EntryHash),
    entries: Vec<(Position, Entry)>,
}
