//! Imports: a file of rows becomes records, row by row; what cannot be read is listed, never guessed; the whole can be
//! taken back.
//!
//! Each part of a row names its record by mapping, reference and part, so importing the same row again finds the same
//! record, here or at any other site. What the row says is compared with what the last import of it said: no difference
//! means "same", and a correction that a person made since is never overwritten; when row and person differ, both
//! values stand until somebody decides.

use std::collections::BTreeSet;

use cairn_intake::{Mapping, PartDraft, Rejected, RowDrafts};
use cairn_ledger::codec::RecordChange;
use cairn_ledger::document::{RecordState, Wanted};
use cairn_ledger::view::{Key, Table};
use cairn_ledger::{EntryRef, Lane, SpaceId};
use cairn_record::{FieldNo, Reason, RecordId, Value, reason};

use crate::core::Writing;
use crate::local_note::LocalNote;
use crate::records::wanted;
use crate::row::RecordRow;
use crate::summary::{is_yes, text_of};
use crate::{Actor, AuditEvent, Casebook, CasebookError, ImportBatch, ImportReport, RejectedRow, Right, UndoReport};

/// Rows that are committed together.
const ROWS_A_COMMIT: usize = 100;
/// Changes that are committed together, at most a few more.
const CHANGES_A_COMMIT: usize = 400;
/// Most rejected rows and most remarks that one report lists.
pub const LISTED_MAX: usize = 100_000;
/// Most characters of a row in a report.
const RAW_CHARS_MAX: usize = 500;

const WITHDRAWN: FieldNo = FieldNo(1);
const IMPORT_BATCH: FieldNo = FieldNo(4);

/// An import under way.
struct Importing<'a> {
    actor: &'a Actor,
    space: SpaceId,
    now_ms: u64,
    report: ImportReport,
    changes: Vec<RecordChange>,
    touched: BTreeSet<RecordId>,
    rows: usize,
}

/// What one part of a row means for its record.
enum Outcome {
    Same,
    Created(RecordChange),
    Changed(RecordChange),
}

impl Casebook {
    /// Names of the mappings: shipped ones and saved ones.
    pub fn mappings(&self) -> Vec<String> {
        let shipped = cairn_intake::shipped().iter().map(|(name, _)| (*name).to_owned());
        let mut names: Vec<String> = shipped.chain(self.memory().local.mappings.keys().cloned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// A mapping by name; a saved one hides a shipped one of the same name.
    pub fn mapping(&self, name: &str) -> Result<Mapping, CasebookError> {
        if let Some(saved) = self.memory().local.mappings.get(name) {
            return Ok(saved.clone());
        }
        let shipped = cairn_intake::shipped().iter().find(|(known, _)| *known == name);
        let Some((_, toml)) = shipped else {
            return Err(CasebookError::NotFound(reason!("mapping-not-here", mapping = name)));
        };
        Mapping::parse(toml).map_err(|error| CasebookError::BadRequest(error.reason()))
    }

    /// Saves a mapping made in the wizard. Right: Import.
    pub fn save_mapping(&self, actor: &Actor, mapping: &Mapping, now_ms: u64) -> Result<(), CasebookError> {
        actor.must(Right::Import)?;
        let toml = mapping.to_toml();
        Mapping::parse(&toml).map_err(|error| CasebookError::BadRequest(error.reason()))?;
        let event = AuditEvent::new("import", actor.via.key()).say(reason!("audit-mapping", mapping = &mapping.name));
        self.write_note(actor, LocalNote::Mapping { toml }, event, now_ms)
    }

    /// Imports a file, or says what importing it would do. `progress(read, imported)` is called now and then and
    /// returns false to stop; what was imported until then stays and can be undone.
    #[expect(clippy::too_many_arguments, reason = "an import is described by exactly these")]
    pub fn import(
        &self,
        actor: &Actor,
        file: &str,
        bytes: &[u8],
        mapping: &Mapping,
        dry_run: bool,
        progress: &mut dyn FnMut(u64, u64) -> bool,
        now_ms: u64,
    ) -> Result<ImportReport, CasebookError> {
        actor.must(Right::Import)?;
        let today = self.today(now_ms);
        let rows = cairn_intake::read(bytes, mapping, &today)
            .map_err(|error| CasebookError::BadRequest(reason!("file-not-read", why = error.reason())))?;
        let file: String = file.rsplit(['/', '\\']).next().unwrap_or(file).chars().take(200).collect();
        let report = ImportReport { dry_run, mapping: mapping.name.clone(), file, ..ImportReport::default() };
        let space = self.records_space()?;
        let mut importing =
            Importing { actor, space, now_ms, report, changes: Vec::new(), touched: BTreeSet::new(), rows: 0 };
        self.begin_import(&mut importing)?;
        for row in rows {
            importing.report.read += 1;
            match row {
                Ok(row) => self.import_row(&mut importing, row)?,
                Err(rejected) => list(&mut importing.report.rejected, rejected_row(rejected)),
            }
            if importing.rows >= ROWS_A_COMMIT || importing.changes.len() >= CHANGES_A_COMMIT {
                self.commit_import(&mut importing)?;
                if !progress(importing.report.read, importing.report.imported) {
                    break;
                }
            }
        }
        self.commit_import(&mut importing)?;
        self.end_import(importing)
    }

    fn begin_import(&self, importing: &mut Importing<'_>) -> Result<(), CasebookError> {
        if importing.report.dry_run {
            return Ok(());
        }
        let mut random = [0; 8];
        self.entropy.fill(&mut random);
        importing.report.batch = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let report = &importing.report;
        let note = LocalNote::ImportBegun {
            batch: report.batch.clone(),
            file: report.file.clone(),
            mapping: report.mapping.clone(),
            person: importing.actor.display.clone(),
            at_ms: importing.now_ms,
        };
        let (file, mapping) = (&report.file, &report.mapping);
        let detail = reason!("audit-import", file = file, mapping = mapping, batch = &report.batch);
        let event = AuditEvent::new("import", importing.actor.via.key()).say(detail);
        self.write_note(importing.actor, note, event, importing.now_ms)
    }

    fn end_import(&self, importing: Importing<'_>) -> Result<ImportReport, CasebookError> {
        let report = importing.report;
        let counts = reason!(
            "audit-import-counts",
            file = &report.file,
            read = report.read,
            imported = report.imported,
            same = report.same,
            rejected = report.rejected.len()
        );
        let action = if report.dry_run { "import_dry_run" } else { "import_done" };
        let event = AuditEvent::new(action, importing.actor.via.key()).say(counts).count(report.imported);
        if report.dry_run {
            self.write_audit(importing.actor, event, importing.now_ms)?;
            return Ok(report);
        }
        let note = LocalNote::ImportDone { batch: report.batch.clone(), report: Box::new(kept(&report)) };
        self.write_note(importing.actor, note, event, importing.now_ms)?;
        Ok(report)
    }

    /// Works out what a row means for each of its records.
    fn import_row(&self, importing: &mut Importing<'_>, row: RowDrafts) -> Result<(), CasebookError> {
        if row.drafts.iter().any(|part| importing.touched.contains(&part.id)) {
            self.commit_import(importing)?;
        }
        importing.rows += 1;
        let mut outcomes = Vec::with_capacity(row.drafts.len());
        for part in &row.drafts {
            outcomes.push(self.outcome(importing, part)?);
        }
        for remark in &row.remarks {
            list(&mut importing.report.remarks, listed(row.line, "remark".into(), remark.clone(), ""));
        }
        importing.take(&row, outcomes);
        Ok(())
    }

    fn outcome(&self, importing: &Importing<'_>, part: &PartDraft) -> Result<Outcome, CasebookError> {
        let mut fields = wanted(&part.draft);
        let held = self.row(part.id)?;
        let Some(row) = held else {
            fields.push((IMPORT_BATCH, Wanted::One(Some(Value::Text(importing.report.batch.clone())))));
            let change = RecordState::new(part.id, part.draft.kind).edit(&fields).map_err(too_large)?;
            return Ok(change.map_or(Outcome::Same, Outcome::Created));
        };
        fields.push((WITHDRAWN, Wanted::One(None)));
        let Some(_) = self.change_since_import(&row, &fields)? else { return Ok(Outcome::Same) };
        fields.push((IMPORT_BATCH, Wanted::One(Some(Value::Text(importing.report.batch.clone())))));
        let change = self.change_since_import(&row, &fields)?;
        Ok(change.map_or(Outcome::Same, Outcome::Changed))
    }

    /// The change that makes a record say what a row says, as seen from the last import of that row.
    fn change_since_import(
        &self,
        row: &RecordRow,
        fields: &[(FieldNo, Wanted)],
    ) -> Result<Option<RecordChange>, CasebookError> {
        match self.last_import(row) {
            Some(base) if row.state.heads != [base] => {
                self.document(row).edit(row.state.kind, fields, Some(&[base])).map_err(too_large)
            }
            _ => row.state.edit(fields).map_err(too_large),
        }
    }

    fn last_import(&self, row: &RecordRow) -> Option<EntryRef> {
        row.entries.iter().rev().find(|at| self.is_bulk(at.log)).map(|at| at.entry)
    }

    /// Whether a log is one of imports.
    pub(crate) fn is_bulk(&self, log: u16) -> bool {
        self.logs().log(log).is_some_and(|log| log.key.lane == Lane::Bulk)
    }

    fn commit_import(&self, importing: &mut Importing<'_>) -> Result<(), CasebookError> {
        importing.rows = 0;
        importing.touched.clear();
        let changes = std::mem::take(&mut importing.changes);
        if changes.is_empty() || importing.report.dry_run {
            return Ok(());
        }
        let mut writing = self.writing();
        self.write_bulk(&mut writing, importing.actor, importing.space, &changes, importing.now_ms)
    }

    /// Imports applied here, newest first. Right: Import.
    pub fn imports(&self, actor: &Actor) -> Result<Vec<ImportBatch>, CasebookError> {
        actor.must(Right::Import)?;
        Ok(self.memory().local.imports.iter().rev().cloned().collect())
    }

    /// Takes an import back as a whole: records that it created are withdrawn, records that it changed say again what
    /// they said before. Their history stays. Right: UndoImport, or Import for one's own.
    pub fn undo_import(&self, actor: &Actor, batch: &str, now_ms: u64) -> Result<UndoReport, CasebookError> {
        actor.must(Right::Import)?;
        let import = self.memory().local.imports.iter().find(|import| import.batch == batch).cloned();
        let import = import.ok_or_else(|| CasebookError::NotFound(reason!("import-not-here", batch = batch)))?;
        if import.person != actor.display {
            actor.must(Right::UndoImport)?;
        }
        if import.undone_ms.is_some() {
            return Err(CasebookError::NotNow(reason!("import-undone")));
        }
        let mut report = UndoReport { batch: batch.into(), withdrawn: 0, changed_since: 0 };
        let rows = self.rows_of_import(batch)?;
        for chunk in rows.chunks(CHANGES_A_COMMIT) {
            self.undo_rows(actor, batch, chunk, &mut report, now_ms)?;
        }
        let event = AuditEvent::new("undo_import", actor.via.key())
            .say(reason!("audit-import-undone", file = &import.report.file, batch = batch))
            .count(report.withdrawn);
        self.write_note(actor, LocalNote::ImportUndone { batch: batch.into(), at_ms: now_ms }, event, now_ms)?;
        Ok(report)
    }

    fn rows_of_import(&self, batch: &str) -> Result<Vec<RecordId>, CasebookError> {
        let mut ids = Vec::new();
        for row in self.views.rows(Key::new(Table::Record)) {
            let held = RecordRow::decode(&row?.value).filter(|row| text_of(&row.state, "import_batch") == batch);
            ids.extend(held.map(|row| row.state.record));
        }
        Ok(ids)
    }

    fn undo_rows(
        &self,
        actor: &Actor,
        batch: &str,
        ids: &[RecordId],
        report: &mut UndoReport,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        let mut writing = self.writing();
        let mut changes = Vec::with_capacity(ids.len());
        let mut space = self.records_space()?;
        for id in ids {
            let Some(row) = self.row(*id)? else { continue };
            space = row.space;
            if let Some(change) = self.undoing(&row, batch)? {
                report.withdrawn += 1;
                report.changed_since += u64::from(row.entries.last().is_some_and(|at| !self.is_bulk(at.log)));
                changes.push(change);
            }
        }
        if changes.is_empty() { Ok(()) } else { self.write_bulk(&mut writing, actor, space, &changes, now_ms) }
    }

    /// The change that takes back what a batch did to one record.
    fn undoing(&self, row: &RecordRow, batch: &str) -> Result<Option<RecordChange>, CasebookError> {
        if is_yes(&row.state, "withdrawn") {
            return Ok(None);
        }
        let withdraw = vec![(WITHDRAWN, Wanted::One(Some(Value::Bool(true))))];
        let fields = if row.entries.len() == 1 { withdraw } else { self.as_before(row, batch).unwrap_or(withdraw) };
        row.state.edit(&fields).map_err(too_large)
    }

    /// What a record that existed before the batch said before it; `None` when the batch created it.
    fn as_before(&self, row: &RecordRow, batch: &str) -> Option<Vec<(FieldNo, Wanted)>> {
        let history = self.document(row).history();
        let mine = Value::Text(batch.into());
        let step = history.iter().find(|item| item.field == IMPORT_BATCH && item.after.contains(&mine))?;
        if step.before.is_empty() {
            return None;
        }
        let many = |no: FieldNo| cairn_record::schema(row.state.kind).field(no).is_some_and(|field| field.many);
        let items = history.iter().filter(|item| item.entry == step.entry);
        let before = |values: &[Value], no| {
            if many(no) { Wanted::Many(values.to_vec()) } else { Wanted::One(values.first().cloned()) }
        };
        Some(items.map(|item| (item.field, before(&item.before, item.field))).collect())
    }

    fn write_bulk(
        &self,
        writing: &mut Writing,
        actor: &Actor,
        space: SpaceId,
        changes: &[RecordChange],
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        let event = AuditEvent::new("import_rows", actor.via.key()).on(changes.iter().map(|change| change.record));
        self.write_changes(writing, actor, space, Lane::Bulk, changes, event, now_ms)
    }
}

impl Importing<'_> {
    /// Takes the outcomes of a row that was accepted.
    fn take(&mut self, row: &RowDrafts, outcomes: Vec<Outcome>) {
        let mut news = false;
        for (part, outcome) in row.drafts.iter().zip(outcomes) {
            let change = match outcome {
                Outcome::Same => continue,
                Outcome::Created(change) => {
                    *self.report.created.entry(part.draft.kind.key().into()).or_default() += 1;
                    change
                }
                Outcome::Changed(change) => {
                    self.report.changed += 1;
                    change
                }
            };
            news = true;
            self.touched.insert(part.id);
            self.changes.push(change);
        }
        if news {
            self.report.imported += 1;
        } else {
            self.report.same += 1;
        }
    }
}

fn rejected_row(rejected: Rejected) -> RejectedRow {
    listed(rejected.line, rejected.code, rejected.reason, &rejected.raw)
}

/// A row as reports list it.
fn listed(line: u64, code: String, why: Reason, row: &str) -> RejectedRow {
    RejectedRow { line, code, reason: why.to_string(), said: Some(why), raw: raw(row) }
}

fn raw(row: &str) -> String {
    row.chars().take(RAW_CHARS_MAX).collect()
}

fn list(rows: &mut Vec<RejectedRow>, row: RejectedRow) {
    if rows.len() < LISTED_MAX {
        rows.push(row);
    }
}

/// The report as the machine keeps it: small enough for one entry.
fn kept(report: &ImportReport) -> ImportReport {
    const KEPT: usize = 150;
    let short = |rows: &[RejectedRow]| -> Vec<RejectedRow> {
        rows.iter()
            .take(KEPT)
            .map(|row| RejectedRow { raw: row.raw.chars().take(200).collect(), ..row.clone() })
            .collect()
    };
    ImportReport { rejected: short(&report.rejected), remarks: short(&report.remarks), ..report.clone() }
}

fn too_large(error: cairn_ledger::document::EditError) -> CasebookError {
    CasebookError::BadRequest(error.to_string().into())
}
