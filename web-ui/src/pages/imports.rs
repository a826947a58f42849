//! Imports: send a file, see what it would do, apply it, read what was refused, take it back.
//!
//! The steps: `imports` (send) → `mapping` (say how it is read) → a dry run that writes nothing → apply. Reading runs in
//! the background, so that the page shows counts and can stop it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use cairn_casebook::{ImportBatch, ImportReport, RejectedRow, Right};
use cairn_record::{Kind, reason};

use super::{Done, Frame, Section, Visit, page};
use crate::Failure;
use crate::forms::{CheckedForm, CheckedUpload, percent_encoded};
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::words::Words;
use crate::workbench::{self, File, Run};

/// Rejected rows and remarks shown on a page; the file to download has them all.
const ROWS_SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "imports.html")]
pub(super) struct ImportsPage {
    pub frame: Frame,
    pub batches: Vec<ImportBatch>,
}

#[derive(Template)]
#[template(path = "import_run.html")]
pub(super) struct RunPage {
    pub frame: Frame,
    pub file: String,
    pub name: String,
    pub mapping: String,
    pub state: RunShown,
}

/// Where a run stands, as the page shows it.
pub(super) enum RunShown {
    /// Going: rows read, rows imported, since when.
    Going { dry_run: bool, read: u64, imported: u64, since_ms: u64 },
    /// Came to this.
    Done(Box<ReportShown>),
    /// Failed with this sentence.
    Failed(String),
}

#[derive(Template)]
#[template(path = "import_batch.html")]
pub(super) struct BatchPage {
    pub frame: Frame,
    pub batch: ImportBatch,
    pub report: ReportShown,
}

/// A report as pages show it.
pub(super) struct ReportShown {
    pub report: ImportReport,
    pub created: Vec<(String, u64)>,
    pub rejected: Vec<RejectedRow>,
    pub remarks: Vec<RejectedRow>,
    pub rejected_file: String,
}

/// Imports that were applied, and a box for the next file.
pub(super) async fn list(State(state): State<AppState>, visit: Visit, who: SignedIn) -> Result<Response, Failure> {
    let actor = who.actor.clone();
    let batches = blocking(&state, move |casebook, _| casebook.imports(&actor)).await?;
    page(&ImportsPage::of(visit, batches))
}

/// Keeps the file for the next steps.
pub(super) async fn upload(
    State(state): State<AppState>,
    visit: Visit,
    sent: CheckedUpload,
) -> Result<Response, Failure> {
    let actor = sent.signed_in.actor.clone();
    let Some(file) = sent.file.filter(|file| !file.bytes.is_empty()) else {
        let batches = blocking(&state, move |casebook, _| casebook.imports(&actor)).await?;
        let mut shown = ImportsPage::of(visit, batches);
        let text = shown.frame.words.t("import-no-file");
        shown.frame.troubles.push(super::Trouble { at: "file".into(), text });
        return super::page_with(axum::http::StatusCode::UNPROCESSABLE_ENTITY, &shown);
    };
    let kept = state.workbench.keep(&actor, &file.name, file.bytes, state.now_ms())?;
    Ok(Redirect::to(&format!("/imports/{}", kept.id)).into_response())
}

/// Starts a dry run, or the import itself.
pub(super) async fn run(
    State(state): State<AppState>,
    Path(id): Path<String>,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let actor = sent.signed_in.actor.clone();
    let file = state.workbench.file(&actor, &id, state.now_ms())?;
    let (name, dry_run) = (sent.get("mapping").to_string(), sent.get("apply") != "yes");
    let wanted = name.clone();
    let mapping = blocking(&state, move |casebook, _| casebook.mapping(&wanted)).await?;
    workbench::start(&state, &actor, file, mapping, dry_run)?;
    Ok(Redirect::to(&run_address(&id, &name)).into_response())
}

/// How the run goes, or what it came to.
pub(super) async fn watch(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let file = state.workbench.file(&who.actor, &id, state.now_ms())?;
    let mapping = asked.into_iter().find(|(key, _)| key == "mapping").map(|(_, name)| name).unwrap_or_default();
    let Some(run) = RunShown::of(visit.words(), &file) else {
        return Ok(Redirect::to(&format!("/imports/{id}")).into_response());
    };
    page(&RunPage::of(visit, &id, &file.name, mapping, run))
}

/// Stops the run; what it has written stays and can be undone.
pub(super) async fn stop(
    State(state): State<AppState>,
    Path(id): Path<String>,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    state.workbench.file(&sent.signed_in.actor, &id, state.now_ms())?.stop();
    Ok(Done::Stopped.at(&run_address(&id, sent.get("mapping"))))
}

/// Forgets the file.
pub(super) async fn drop_file(
    State(state): State<AppState>,
    Path(id): Path<String>,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    state.workbench.drop_file(&sent.signed_in.actor, &id);
    Ok(Redirect::to("/imports").into_response())
}

/// The rows that the last run refused.
pub(super) async fn rejected(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let file = state.workbench.file(&who.actor, &id, state.now_ms())?;
    match file.run() {
        Run::Done(report) => Ok(rejected_csv(visit.words(), &report)),
        _ => Err(Failure::not_found(reason!("file-unfinished"))),
    }
}

/// What an import did.
pub(super) async fn batch(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let batch = batch_of(&state, &who, id).await?;
    page(&BatchPage::of(visit, batch))
}

/// The rows that an import refused.
pub(super) async fn batch_rejected(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    Ok(rejected_csv(visit.words(), &batch_of(&state, &who, id).await?.report))
}

/// Takes an import back as a whole.
pub(super) async fn undo(
    State(state): State<AppState>,
    Path(id): Path<String>,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let (actor, batch) = (sent.signed_in.actor.clone(), id.clone());
    blocking(&state, move |casebook, now_ms| casebook.undo_import(&actor, &batch, now_ms)).await?;
    Ok(Done::Undone.at(&format!("/imports/batches/{id}")))
}

async fn batch_of(state: &AppState, who: &SignedIn, id: String) -> Result<ImportBatch, Failure> {
    let actor = who.actor.clone();
    let batches = blocking(state, move |casebook, _| casebook.imports(&actor)).await?;
    batches.into_iter().find(|batch| batch.batch == id).ok_or_else(|| Failure::not_found(reason!("import-unknown")))
}

fn run_address(id: &str, mapping: &str) -> String {
    format!("/imports/{id}/run?mapping={}", percent_encoded(mapping))
}

/// Refused rows as a file that a spreadsheet opens.
fn rejected_csv(w: Words, report: &ImportReport) -> Response {
    let mut text = String::from("\u{feff}line,code,reason,row\r\n");
    for row in &report.rejected {
        let cells = [row.line.to_string(), cell(&row.code), cell(&w.why(row)), cell(&row.raw)];
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    let name: String =
        report.file.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect();
    let disposition = format!("attachment; filename=\"rejected-{name}.csv\"");
    ([(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_string()), (header::CONTENT_DISPOSITION, disposition)], text)
        .into_response()
}

/// A quoted cell. A text that a spreadsheet would take for a formula gets an apostrophe in front.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

impl ImportsPage {
    pub(super) fn of(visit: Visit, batches: Vec<ImportBatch>) -> Self {
        let title = visit.words().t("import-title");
        Self { frame: visit.frame(Section::Import, title), batches }
    }
}

impl RunShown {
    /// `None` when nothing was started yet.
    fn of(w: Words, file: &Arc<File>) -> Option<Self> {
        match file.run() {
            Run::Waiting => None,
            Run::Going { dry_run, since_ms } => {
                let (read, imported) = file.counts();
                Some(Self::Going { dry_run, read, imported, since_ms })
            }
            Run::Done(report) => {
                Some(Self::Done(Box::new(ReportShown::of(w, report, &format!("/imports/{}", file.id)))))
            }
            Run::Failed(failure) => Some(Self::Failed(failure.in_words(w))),
        }
    }
}

impl RunPage {
    pub(super) fn of(visit: Visit, file: &str, name: &str, mapping: String, state: RunShown) -> Self {
        let key = match &state {
            RunShown::Going { dry_run: true, .. } => "import-checking",
            RunShown::Going { dry_run: false, .. } => "import-applying",
            RunShown::Done(shown) if shown.report.dry_run => "import-checked",
            RunShown::Done(_) => "import-applied",
            RunShown::Failed(_) => "import-failed",
        };
        let title = visit.words().t(key);
        Self { frame: visit.frame(Section::Import, title), file: file.into(), name: name.into(), mapping, state }
    }

    /// Where the page asks again.
    pub fn address(&self) -> String {
        run_address(&self.file, &self.mapping)
    }

    /// Whether the page asks again by itself.
    pub fn is_going(&self) -> bool {
        matches!(self.state, RunShown::Going { .. })
    }

    /// Which step of the wizard this is.
    pub fn step(&self) -> u8 {
        match &self.state {
            RunShown::Going { dry_run: false, .. } => 4,
            RunShown::Done(shown) if !shown.report.dry_run => 4,
            _ => 3,
        }
    }
}

impl BatchPage {
    pub(super) fn of(visit: Visit, batch: ImportBatch) -> Self {
        let base = format!("/imports/batches/{}", batch.batch);
        let report = ReportShown::of(visit.words(), batch.report.clone(), &base);
        let title = batch.report.file.clone();
        Self { frame: visit.frame(Section::Import, title), batch, report }
    }

    /// Whether the person may try to take it back; the casebook has the last word.
    pub fn may_undo(&self) -> bool {
        self.batch.undone_ms.is_none() && (self.frame.may(Right::UndoImport) || self.frame.may(Right::Import))
    }
}

impl ReportShown {
    pub(super) fn of(w: Words, report: ImportReport, base: &str) -> Self {
        let kind = |key: &str, count: u64| {
            Kind::from_key(key)
                .map_or_else(|| key.to_string(), |kind| if count == 1 { w.kind(kind) } else { w.kind_plural(kind) })
        };
        Self {
            created: report.created.iter().map(|(key, count)| (kind(key, *count), *count)).collect(),
            rejected: report.rejected.iter().take(ROWS_SHOWN).cloned().collect(),
            remarks: report.remarks.iter().take(ROWS_SHOWN).cloned().collect(),
            rejected_file: format!("{base}/rejected.csv"),
            report,
        }
    }

    /// Refused rows beyond those that are shown.
    pub fn more_rejected(&self) -> usize {
        self.report.rejected.len() - self.rejected.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_break_out_and_formulas_do_not_run() {
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
        assert_eq!(cell("plain"), "\"plain\"");
    }
}
