//! Folds entries into the views: the same code for a save, a parcel from a peer, a start and a rebuild.
//!
//! Entries of one log are folded in order; logs in any order. A change whose past has not arrived is parked under its
//! record and tried again whenever that record grows. Folding an entry twice changes nothing, so a crash between the
//! steps of a large batch only means that some work is done again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::Ordering;

use cairn_finder::IndexedRecord;
use cairn_ledger::codec::{self, RecordChange};
use cairn_ledger::document::{ApplyError, ChangeMeta, NotLinear, RecordDocument, RecordState};
use cairn_ledger::registry::SpaceKind;
use cairn_ledger::view::{Batch, Key, Table};
use cairn_ledger::{Entry, EntryKind, EntryRef, LogId, SpaceId};
use cairn_record::{Identifier, Reason, RecordId, identifiers, reason};

use crate::attachment_rows::AttachmentRow;
use crate::core::Writing;
use crate::keys;
use crate::question_rows::Met;
use crate::row::{EntryAt, RecordRow};
use crate::summary::{is_yes, record_in, text_of, title_of, values_of};
use crate::{Casebook, CasebookError, Change};

/// Entries folded before the views are written: keeps a rebuild within a few megabytes.
const ENTRIES_A_BATCH: usize = 400;
/// Rows of records written in one step: with the longest values that stay in their row they are less than the views
/// write whole.
const RECORDS_A_STEP: usize = 16;
/// Most parked changes of one record that are looked at at a time.
const PARKED_MAX: usize = 1_000;
/// Bytes read from a log at a time.
const READ_BYTES: usize = 256 * 1024;

/// Rows as they are and as they become, until the batch is written. In the order of their ids, so that the same entries
/// are always written in the same steps.
#[derive(Default)]
pub(crate) struct Folding {
    rows: BTreeMap<RecordId, Pending>,
    pub(crate) batch: Batch,
    /// Attachments that entries of this batch are about.
    pub(crate) attachments: BTreeMap<(RecordId, EntryRef), AttachmentRow>,
    /// Whether a file was put on the list of those to fetch.
    pub(crate) to_fetch: bool,
    /// Changes parked in this batch, which the views do not show yet.
    parked: HashMap<RecordId, Vec<EntryAt>>,
    /// Questions and answers that concern this machine, and what was told about them.
    met: Vec<Met>,
    logs_moved: BTreeSet<u16>,
    entries: usize,
}

#[derive(Default)]
struct Pending {
    before: Option<RecordState>,
    now: Option<RecordRow>,
}

/// A row that is not as the views have it.
struct Changed<'a> {
    record: RecordId,
    before: Option<&'a RecordState>,
    row: &'a RecordRow,
}

impl<'a> Changed<'a> {
    fn of((record, pending): (&RecordId, &'a Pending)) -> Option<Self> {
        let (before, row) = (pending.before.as_ref(), pending.now.as_ref()?);
        let news = !row.entries.is_empty() && before != Some(&row.state);
        news.then_some(Self { record: *record, before, row })
    }
}

impl Casebook {
    /// Folds everything of these logs that the views do not have yet.
    pub(crate) fn fold_logs(
        &self,
        writing: &mut Writing,
        logs: impl IntoIterator<Item = LogId>,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        let mut folding = Folding::default();
        for log in logs {
            self.fold_log(writing, &mut folding, &log, now_ms)?;
        }
        self.write_folded(writing, folding, now_ms)
    }

    /// What is not held any more counts as not folded: when it comes back, it is folded again, and with it what waited for it.
    pub(crate) fn fold_again_from_holes(&self) {
        let mut logs = self.logs_mut();
        let rows: Vec<(u16, LogId, u64)> = logs.rows().map(|(index, log, number)| (index, *log, number)).collect();
        for (index, log, folded) in rows {
            let held = self.ledger.last(&log).0;
            if held < folded {
                logs.set_folded(index, held);
            }
        }
    }

    /// Folds what stands behind holes of these logs, which go on from there when the holes are filled: it is folded again
    /// then, and that changes nothing.
    pub(crate) fn fold_behind_holes(&self, writing: &mut Writing, now_ms: u64) -> Result<(), CasebookError> {
        let mut logs: Vec<LogId> = self.ledger.lost().into_iter().map(|lost| lost.log).collect();
        logs.dedup();
        let mut folding = Folding::default();
        for log in logs.into_iter().filter(|log| self.is_folded(log)) {
            let Some(index) = self.logs_mut().index(&log) else { continue };
            let from = self.logs().folded(&log) + 1;
            for page in self.ledger.pages(&log, from) {
                for entry in &page? {
                    self.fold_entry(&mut folding, index, entry, now_ms)?;
                    folding.entries += 1;
                }
                // How far the log is folded stays as it is; that there is something to write is said so.
                folding.logs_moved.insert(index);
                if folding.entries >= ENTRIES_A_BATCH {
                    self.write_folded(writing, std::mem::take(&mut folding), now_ms)?;
                }
            }
        }
        self.write_folded(writing, folding, now_ms)
    }

    fn fold_log(
        &self,
        writing: &mut Writing,
        folding: &mut Folding,
        log: &LogId,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        let Some(index) = self.logs_mut().index(log) else {
            return Err(CasebookError::Storage(reason!("too-many-logs")));
        };
        loop {
            let from = self.logs().folded(log) + 1;
            let entries = self.ledger.read(log, from, READ_BYTES)?;
            let Some(last) = entries.last().map(|entry| entry.header.core.number) else { return Ok(()) };
            for entry in &entries {
                self.fold_entry(folding, index, entry, now_ms)?;
            }
            self.logs_mut().set_folded(index, last);
            folding.logs_moved.insert(index);
            folding.entries += entries.len();
            if folding.entries >= ENTRIES_A_BATCH {
                self.write_folded(writing, std::mem::take(folding), now_ms)?;
            }
        }
    }

    fn fold_entry(&self, folding: &mut Folding, log: u16, entry: &Entry, now_ms: u64) -> Result<(), CasebookError> {
        match entry.header.core.kind {
            EntryKind::RecordChange => self.fold_change(folding, log, entry, now_ms),
            EntryKind::Attachment => self.fold_attachment(folding, log, entry, now_ms),
            EntryKind::Question | EntryKind::Answer | EntryKind::Batch => {
                let at = EntryAt { entry: entry.header.hash().short(), log, number: entry.header.core.number };
                match self.meet(at, entry, now_ms) {
                    Ok(met) => folding.met.extend(met),
                    Err(why) => set_aside(&mut folding.batch, at.entry, "question", why, now_ms)?,
                }
                Ok(())
            }
            EntryKind::Receipt => {
                self.fold_receipt(&mut folding.batch, entry, now_ms);
                Ok(())
            }
            EntryKind::Rescued => self.fold_rescued(folding, entry, now_ms),
            _ => Ok(()),
        }
    }

    /// Folds what a carrier holds, each entry as if it stood where it was written.
    fn fold_rescued(&self, folding: &mut Folding, carrier: &Entry, now_ms: u64) -> Result<(), CasebookError> {
        let entries = match self.rescued_by(carrier) {
            Ok(entries) => entries,
            Err(why) => {
                let name = carrier.header.hash().short();
                return set_aside(&mut folding.batch, name, "rescued entries", why, now_ms);
            }
        };
        // What carriers among them hold is among them, too: opened again at each level they would double the work.
        for entry in entries.into_iter().filter(|entry| entry.header.core.kind != EntryKind::Rescued) {
            let Some(log) = self.logs_mut().index(&entry.header.core.log) else {
                return Err(CasebookError::Storage(reason!("too-many-logs")));
            };
            folding.logs_moved.insert(log);
            self.fold_entry(folding, log, &entry, now_ms)?;
        }
        Ok(())
    }

    fn fold_change(&self, folding: &mut Folding, log: u16, entry: &Entry, now_ms: u64) -> Result<(), CasebookError> {
        let at = EntryAt { entry: entry.header.hash().short(), log, number: entry.header.core.number };
        let change = match self.change_in(entry) {
            Ok(change) => change,
            Err(why) => return set_aside(&mut folding.batch, at.entry, "record change", why, now_ms),
        };
        let record = change.record;
        self.load(folding, record)?;
        self.apply(folding, at, entry, &change, now_ms)?;
        self.retry_parked(folding, record, now_ms)
    }

    pub(crate) fn change_in(&self, entry: &Entry) -> Result<RecordChange, Reason> {
        let body = self.ledger.open_body(entry).map_err(|error| unusable(&error))?;
        let change = codec::decode(&body.payload).map_err(|error| unusable(&error))?;
        if body.record != Some(change.record) {
            return Err(reason!("aside-other-record"));
        }
        Ok(change)
    }

    fn load(&self, folding: &mut Folding, record: RecordId) -> Result<(), CasebookError> {
        if folding.rows.contains_key(&record) {
            return Ok(());
        }
        let now = self.row(record)?;
        let before = now.as_ref().map(|row| row.state.clone());
        folding.rows.insert(record, Pending { before, now });
        Ok(())
    }

    /// Applies one change to the loaded row: fast when it follows on what is there, by a document otherwise.
    fn apply(
        &self,
        folding: &mut Folding,
        at: EntryAt,
        entry: &Entry,
        change: &RecordChange,
        now_ms: u64,
    ) -> Result<bool, CasebookError> {
        let core = &entry.header.core;
        let pending = folding.rows.entry(change.record).or_default();
        let row = pending.now.get_or_insert_with(|| RecordRow {
            space: core.log.space,
            entries: Vec::new(),
            state: RecordState::new(change.record, change.kind),
        });
        if row.find(at.entry).is_some() {
            return Ok(true);
        }
        let elsewhere = row.space != core.log.space && !row.entries.is_empty();
        if elsewhere && !(self.is_of_records(row.space) && self.is_of_records(core.log.space)) {
            set_aside(&mut folding.batch, at.entry, "record change", reason!("aside-other-space"), now_ms)?;
            return Ok(true);
        }
        let meta = meta_of(entry, at.entry);
        let outcome = match row.state.apply_linear(&meta, change) {
            Ok(_) => Ok(()),
            Err(NotLinear::Refused(refusal)) => Err(ApplyError::Refused(refusal)),
            Err(NotLinear::OtherPast) => self.merge(row, &meta, change),
        };
        match outcome {
            Ok(()) => {
                // What two sites imported before one joined the other is one record. It goes on in the space with the
                // smaller name, whichever of the two came first.
                row.space = if elsewhere { row.space.min(core.log.space) } else { core.log.space };
                row.entries.push(at);
                folding.batch.remove(keys::parked(change.record, at));
                Ok(true)
            }
            Err(ApplyError::Missing(_)) => {
                folding.batch.put(keys::parked(change.record, at), keys::parked_value(at));
                folding.parked.entry(change.record).or_default().push(at);
                Ok(false)
            }
            Err(ApplyError::Refused(refusal)) => {
                folding.batch.remove(keys::parked(change.record, at));
                set_aside(&mut folding.batch, at.entry, "record change", unusable(&refusal), now_ms)?;
                Ok(true)
            }
        }
    }

    fn is_of_records(&self, space: SpaceId) -> bool {
        self.space_kind(space) == Some(SpaceKind::Records)
    }

    /// Two people wrote without knowing of each other: Automerge merges all changes of the record.
    fn merge(&self, row: &mut RecordRow, meta: &ChangeMeta, change: &RecordChange) -> Result<(), ApplyError> {
        let mut document = self.document(row);
        let damaged = document.missing(&row.entries.iter().map(|at| at.entry).collect::<Vec<_>>());
        if !damaged.is_empty() {
            // The row knows what a journal lost: merged without that, it would say less than it does.
            return Err(ApplyError::Missing(damaged));
        }
        document.apply(meta, change)?;
        if let Some(state) = document.state() {
            row.state = state;
        }
        Ok(())
    }

    /// The Automerge document of a record, from its entries in the logs.
    pub(crate) fn document(&self, row: &RecordRow) -> RecordDocument {
        tracing::debug!("the document of a record is loaded");
        let changes = row.entries.iter().filter_map(|at| {
            let entry = self.entry_at(*at).ok()??;
            let change = self.change_in(&entry).ok()?;
            Some((meta_of(&entry, at.entry), change))
        });
        RecordDocument::from_changes(row.state.record, changes).0
    }

    /// Tries the parked changes of a record again, until none goes on.
    fn retry_parked(&self, folding: &mut Folding, record: RecordId, now_ms: u64) -> Result<(), CasebookError> {
        loop {
            let mut went_on = false;
            for at in self.parked(folding, record)? {
                let known = folding.rows.get(&record).and_then(|pending| pending.now.as_ref());
                if known.is_some_and(|row| row.find(at.entry).is_some()) {
                    continue;
                }
                let Some(entry) = self.entry_at(at)? else { continue };
                if let Ok(change) = self.change_in(&entry) {
                    went_on |= self.apply(folding, at, &entry, &change, now_ms)?
                        && folding
                            .rows
                            .get(&record)
                            .and_then(|p| p.now.as_ref())
                            .is_some_and(|r| r.find(at.entry).is_some());
                }
            }
            if !went_on {
                return Ok(());
            }
        }
    }

    /// Where the parked changes of a record stand: those that the views remember, then those of this batch.
    fn parked(&self, folding: &mut Folding, record: RecordId) -> Result<Vec<EntryAt>, CasebookError> {
        let mut parked = self.parked_in_views(record)?;
        parked.extend(folding.parked.remove(&record).unwrap_or_default());
        Ok(parked)
    }

    pub(crate) fn parked_in_views(&self, record: RecordId) -> Result<Vec<EntryAt>, CasebookError> {
        let rows = self.views.scan(&keys::parked_of(record), PARKED_MAX, None)?;
        Ok(rows.iter().filter_map(|row| keys::read_parked(&row.value)).collect())
    }

    /// Writes what was folded: index rows, record rows, and how far each log has been folded.
    ///
    /// A large batch is written in steps, and a power cut may fall between two. So index rows go first: a record whose
    /// row is there is one that every check finds. Record rows follow in groups that are written whole or not at all,
    /// each with the number of records after it. The logs are marked last: what a cut left out is folded again.
    fn write_folded(&self, writing: &mut Writing, mut folding: Folding, now_ms: u64) -> Result<(), CasebookError> {
        if folding.logs_moved.is_empty() {
            return Ok(());
        }
        let changed: Vec<Changed<'_>> = folding.rows.iter().filter_map(Changed::of).collect();
        let (mut batch, country) = (Batch::new(), self.country());
        for changed in &changed {
            index_rows(&mut batch, changed.before, Some(&changed.row.state), &country);
        }
        self.views.commit(&batch, None)?;
        for group in changed.chunks(RECORDS_A_STEP) {
            self.write_records(writing, group)?;
        }
        let news = !changed.is_empty();
        self.fold_questions(&mut folding.batch, std::mem::take(&mut folding.met), now_ms)?;
        for ((record, attachment), row) in &folding.attachments {
            let value = serde_json::to_vec(row).map_err(|error| CasebookError::Storage(error.to_string().into()))?;
            folding.batch.put(keys::attachment(*record, *attachment), value);
        }
        let known = self.attachments_known.load(Ordering::Relaxed);
        folding.batch.put(keys::counter("attachments"), known.to_be_bytes());
        self.put_log_rows(&mut folding.batch, &folding.logs_moved);
        writing.stamp += 1;
        self.views.commit(&folding.batch, Some(&writing.stamp.to_be_bytes()))?;
        for pending in folding.rows.values().filter(|_| !writing.index_later) {
            if let Some(row) = pending.now.as_ref().filter(|row| !row.entries.is_empty()) {
                self.index_record(row);
            }
        }
        if news {
            // Only now a question finds them in every way.
            self.records_written.fetch_add(1, Ordering::Relaxed);
        }
        if folding.to_fetch {
            self.tell(Change::Attachments);
        }
        Ok(())
    }

    fn write_records(&self, writing: &mut Writing, group: &[Changed<'_>]) -> Result<(), CasebookError> {
        let (mut batch, mut delta) = (Batch::new(), 0_i64);
        for Changed { record, before, row } in group {
            batch.put(keys::record(*record), row.encode());
            delta += i64::from(counts(&row.state)) - i64::from(before.is_some_and(counts));
        }
        let records = writing.records.saturating_add_signed(delta);
        batch.put(keys::counter("records"), records.to_be_bytes());
        self.views.commit(&batch, None)?;
        writing.records = records;
        Ok(())
    }

    fn put_log_rows(&self, batch: &mut Batch, moved: &BTreeSet<u16>) {
        let logs = self.logs();
        for (index, (log, number)) in moved.iter().filter_map(|index| Some((*index, logs.row(*index)?))) {
            batch.put(keys::log(index), keys::log_value(&log, number));
        }
    }

    /// Makes a record findable as it stands, or no longer findable when it was withdrawn. The record itself is durable
    /// by now: a search index that cannot take it is mended before anything is answered from it again.
    pub(crate) fn index_record(&self, row: &RecordRow) {
        let Some(index) = &self.index else { return };
        let outcome = if counts(&row.state) { index.put(self.indexed(row)) } else { index.remove(row.state.record) };
        if let Err(error) = outcome {
            tracing::warn!(%error, "a record is saved and cannot be searched until the index is mended");
            self.behind.store(true, Ordering::SeqCst);
        }
    }

    /// A record as the search index takes it.
    pub(crate) fn indexed(&self, row: &RecordRow) -> IndexedRecord {
        let writer = row.entries.last().and_then(|at| self.logs().log(at.log));
        let holder = writer.map(|log| self.site_of(log.key.replica)).unwrap_or_default();
        IndexedRecord {
            record: row.state.record,
            kind: row.state.kind,
            space: row.space.0,
            holder: holder.chars().take(50).collect(),
            recorded_ms: row.state.last_ms,
            fields: values_of(&row.state),
        }
    }
}

fn meta_of(entry: &Entry, short: EntryRef) -> ChangeMeta {
    let core = &entry.header.core;
    ChangeMeta {
        entry: short,
        replica: core.log.key.replica,
        incarnation: core.log.key.incarnation,
        unix_ms: core.hlc.unix_ms,
    }
}

/// Whether a record counts as held: not withdrawn.
fn counts(state: &RecordState) -> bool {
    !is_yes(state, "withdrawn")
}

/// A change that no honest machine writes; what is wrong with its bytes is for those who look into it.
pub(crate) fn unusable(error: &dyn std::fmt::Display) -> Reason {
    reason!("aside-unusable", detail = error.to_string())
}

/// Notes an entry that cannot be used, with the reason. It stays in its log.
pub(crate) fn set_aside(
    batch: &mut Batch,
    entry: EntryRef,
    what: &str,
    why: Reason,
    now_ms: u64,
) -> Result<(), CasebookError> {
    let value =
        serde_json::to_vec(&(what, why, now_ms)).map_err(|error| CasebookError::Storage(error.to_string().into()))?;
    batch.put(Key::new(Table::SetAside).hidden(entry.0), value);
    Ok(())
}

/// The rows by which a record is found: what the state before put there and the state now does not is removed.
fn index_rows(batch: &mut Batch, before: Option<&RecordState>, now: Option<&RecordState>, country: &str) {
    let old = before.filter(|state| counts(state)).map(|state| derived_rows(state, country)).unwrap_or_default();
    let new = now.filter(|state| counts(state)).map(|state| derived_rows(state, country)).unwrap_or_default();
    for key in old.keys().filter(|key| !new.contains_key(*key)) {
        batch.remove(key.clone());
    }
    for (key, value) in new {
        if old.get(&key) != Some(&value) {
            batch.put(key, value);
        }
    }
}

fn derived_rows(state: &RecordState, country: &str) -> BTreeMap<Key, Vec<u8>> {
    let record = state.record;
    let mut rows = BTreeMap::new();
    for identifier in identifiers(state.kind, &values_of(state), Some(country)) {
        put_identifier(&mut rows, &identifier, record);
    }
    for end in ["from", "to"] {
        if let Some(other) = record_in(state, end) {
            rows.insert(Key::new(Table::RecordLinks).hidden(other.0).hidden(record.0), Vec::new());
        }
    }
    if let Some(subject) = record_in(state, "subject") {
        rows.insert(keys::marker(subject, record), text_of(state, "review_by").into_bytes());
    }
    if state.conflicts().next().is_some() {
        rows.insert(Key::new(Table::Conflict).hidden(record.0), title_of(state).into_bytes());
    }
    // What an import brought and nobody touched is not news on the home page, and a row each would cost megabytes.
    if state.changes > 1 || text_of(state, "import_batch").is_empty() {
        rows.insert(Key::new(Table::Recent).descending(state.last_ms).hidden(record.0), Vec::new());
    }
    rows
}

fn put_identifier(rows: &mut BTreeMap<Key, Vec<u8>>, identifier: &Identifier, record: RecordId) {
    rows.insert(keys::identifier(identifier.kind, &identifier.exact, false).hidden(record.0), Vec::new());
    if !identifier.lookalike.is_empty() {
        rows.insert(keys::identifier(identifier.kind, &identifier.lookalike, true).hidden(record.0), Vec::new());
    }
}
