//! What the views keep of attachments: for each the entries about it, and which files are to be fetched.

use std::sync::atomic::Ordering;

use cairn_ledger::attachment::{AttachmentStep, Manifest};
use cairn_ledger::view::{Key, Row, Table};
use cairn_ledger::{ChunkName, Entry, EntryRef, SpaceId};
use cairn_record::{Reason, RecordId};
use serde::{Deserialize, Serialize};

use crate::fold::{Folding, set_aside, unusable};
use crate::row::EntryAt;
use crate::{Casebook, CasebookError, FetchPlace, keys};

/// Steps of one attachment that are remembered, the newest: the history shows no more.
const STEPS_MAX: usize = 32;
/// Attachments of one record that are looked at: more than people can attach, for what machines may send.
pub const ROWS_MAX: usize = 2 * crate::ATTACHMENTS_MAX;

/// Where an entry stands: log in the table of logs, number.
type At = (u16, u64);

/// One attachment in the views. Rows of entries that came out of order have no manifest yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentRow {
    /// Where its manifest stands.
    pub manifest: Option<At>,
    /// When it was attached.
    pub at_ms: u64,
    /// Steps in whether it is shown, oldest first.
    pub steps: Vec<ShowStep>,
}

/// A step in whether an attachment is shown. Ordered as on every replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ShowStep {
    /// When.
    pub at_ms: u64,
    /// Counter within the millisecond.
    pub counter: u16,
    /// Its entry.
    pub entry: EntryRef,
    /// Where that stands.
    pub at: At,
    /// Whether it is shown from then on.
    pub shown: bool,
}

impl AttachmentRow {
    /// Whether it is shown with its record.
    pub fn is_shown(&self) -> bool {
        self.steps.last().is_none_or(|step| step.shown)
    }

    fn add(&mut self, step: ShowStep) {
        if let Err(place) = self.steps.binary_search(&step) {
            self.steps.insert(place, step);
            let too_many = self.steps.len().saturating_sub(STEPS_MAX);
            self.steps.drain(..too_many);
        }
    }
}

/// A manifest and where it comes from.
#[derive(Clone, Debug)]
pub struct Held {
    /// The space of its entry, and so of its chunks.
    pub space: SpaceId,
    /// The entry.
    pub at: EntryAt,
    /// When it was written.
    pub at_ms: u64,
    /// The manifest.
    pub manifest: Manifest,
    /// Name of who wrote it.
    pub person: String,
}

impl Casebook {
    /// Folds an entry about an attachment.
    pub(crate) fn fold_attachment(
        &self,
        folding: &mut Folding,
        log: u16,
        entry: &Entry,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        let core = &entry.header.core;
        let at = EntryAt { entry: entry.header.hash().short(), log, number: core.number };
        let (record, step) = match self.step_in(entry) {
            Ok(step) => step,
            Err(why) => return set_aside(&mut folding.batch, at.entry, "attachment", why, now_ms),
        };
        match step {
            AttachmentStep::Attach(manifest) => {
                let row = self.loaded(folding, record, at.entry)?;
                if row.manifest.is_none() {
                    (row.manifest, row.at_ms) = (Some((at.log, at.number)), core.hlc.unix_ms);
                    self.attachments_known.fetch_add(1, Ordering::Relaxed);
                    self.forget_files_of_peers();
                    self.queue_if_due(folding, record, at, core.log.space, &manifest, core.hlc.unix_ms);
                }
            }
            AttachmentStep::Show { attachment, shown } => {
                let (at_ms, counter) = (core.hlc.unix_ms, core.hlc.counter);
                let step = ShowStep { at_ms, counter, entry: at.entry, at: (at.log, at.number), shown };
                self.loaded(folding, record, attachment)?.add(step);
            }
        }
        Ok(())
    }

    fn step_in(&self, entry: &Entry) -> Result<(RecordId, AttachmentStep), Reason> {
        let body = self.ledger.open_body(entry).map_err(|error| unusable(&error))?;
        let record = body.record.ok_or_else(|| unusable(&"it names no record"))?;
        let step = AttachmentStep::decode(&body.payload).map_err(|error| unusable(&error))?;
        Ok((record, step))
    }

    fn loaded<'a>(
        &self,
        folding: &'a mut Folding,
        record: RecordId,
        attachment: EntryRef,
    ) -> Result<&'a mut AttachmentRow, CasebookError> {
        use std::collections::btree_map::Entry;
        match folding.attachments.entry((record, attachment)) {
            Entry::Occupied(row) => Ok(row.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(self.attachment_row(record, attachment)?.unwrap_or_default())),
        }
    }

    /// A hub fetches everything, a post what somebody wants.
    pub(crate) fn is_to_be_fetched(&self, attachment: EntryRef) -> bool {
        let memory = self.memory();
        memory.local.profile.hub || memory.local.fetch_all || memory.local.wanted.contains(&attachment)
    }

    fn queue_if_due(
        &self,
        folding: &mut Folding,
        record: RecordId,
        at: EntryAt,
        space: SpaceId,
        manifest: &Manifest,
        at_ms: u64,
    ) {
        if self.is_to_be_fetched(at.entry) && !self.blobs.missing(&space, &manifest.chunks).is_empty() {
            let place = FetchPlace { at_ms, record, attachment: at.entry };
            folding.batch.put(keys::fetch(&place), keys::parked_value(at));
            folding.to_fetch = true;
        }
    }

    /// What the views know of one attachment.
    pub(crate) fn attachment_row(
        &self,
        record: RecordId,
        attachment: EntryRef,
    ) -> Result<Option<AttachmentRow>, CasebookError> {
        let bytes = self.views.get(&keys::attachment(record, attachment))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Every attachment of a record that has a manifest, oldest first.
    pub(crate) fn attachment_rows(&self, record: RecordId) -> Result<Vec<(EntryRef, AttachmentRow)>, CasebookError> {
        let rows = self.views.scan(&keys::attachments_of(record), ROWS_MAX, None)?;
        let mut rows: Vec<(EntryRef, AttachmentRow)> = rows.iter().filter_map(read_row).collect();
        rows.retain(|(_, row)| row.manifest.is_some());
        rows.sort_by_key(|(entry, row)| (row.at_ms, *entry));
        Ok(rows)
    }

    /// Shows every attachment with a manifest, of all records.
    pub(crate) fn each_attachment(
        &self,
        visit: &mut dyn FnMut(RecordId, EntryAt) -> Result<(), CasebookError>,
    ) -> Result<(), CasebookError> {
        for row in self.views.rows(Key::new(Table::Attachment)) {
            let row = row?;
            let record = keys::record_part(&row.key, 0);
            if let (Some(record), Some((entry, row))) = (record, read_row(&row))
                && let Some((log, number)) = row.manifest
            {
                visit(record, EntryAt { entry, log, number })?;
            }
        }
        Ok(())
    }

    /// The manifest that stands there; `None` when the entry cannot be read.
    pub(crate) fn manifest_at(&self, at: EntryAt) -> Result<Option<Held>, CasebookError> {
        let Some(entry) = self.entry_at(at)? else { return Ok(None) };
        let Ok(body) = self.ledger.open_body(&entry) else { return Ok(None) };
        match AttachmentStep::decode(&body.payload) {
            Ok(AttachmentStep::Attach(manifest)) => {
                let (space, at_ms) = (entry.header.core.log.space, entry.header.core.hlc.unix_ms);
                Ok(Some(Held { space, at, at_ms, manifest: *manifest, person: body.author.display }))
            }
            _ => Ok(None),
        }
    }

    /// How many chunks of a file are here.
    pub(crate) fn chunks_here(&self, held: &Held) -> usize {
        let here = |name: &&ChunkName| self.blobs.has(&held.space, name);
        held.manifest.chunks.iter().filter(here).count()
    }
}

fn read_row(row: &Row) -> Option<(EntryRef, AttachmentRow)> {
    let entry = EntryRef(row.key.hidden_part(1)?.try_into().ok()?);
    Some((entry, serde_json::from_slice(&row.value).ok()?))
}
