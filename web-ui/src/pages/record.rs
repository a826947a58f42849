//! One record: every value with who wrote it and when, what waits for a decision, links, markers, history, and where
//! it is by now.
//!
//! Markers that the subject must not notice show only after a deliberate step (`/private`), which every record offers
//! in the same words, so that its being there tells nothing.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use cairn_casebook::{
    CasebookError, FieldChange, FieldView, HistoryLine, LinkLine, RecordPage, Right, SettleRequest, Whereabout,
};
use cairn_record::{FieldType, Kind, Value, reason, schema};

use super::diff::{self, Run};
use super::files::FilesShown;
use super::record_form::record_id;
use super::shown::{self, Fact, Marked};
use super::{Done, Frame, Section, Visit, page};
use crate::Failure;
use crate::forms::CheckedForm;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::words::{Clock, Html, Words};

/// Longest text that is compared word by word; a code or a number is shown whole, before and after.
const WORDY_CHARS: usize = 24;

#[derive(Template)]
#[template(path = "record.html")]
pub(super) struct RecordShown {
    pub frame: Frame,
    pub record: RecordPage,
    pub private: bool,
    pub conflicts: Vec<Conflict>,
    pub own: Vec<FieldShown>,
    pub common: Vec<FieldShown>,
    pub markers: Vec<Marked>,
    pub links: Vec<LinkLine>,
    pub files: FilesShown,
    pub history: Vec<Step>,
    pub places: Vec<Place>,
}

#[derive(Template)]
#[template(path = "private.html")]
pub(super) struct BeforePrivate {
    pub frame: Frame,
    /// Address of the page whose details are private.
    pub about: String,
}

/// A field with its values.
pub(super) struct FieldShown {
    pub label: String,
    pub conflict: bool,
    pub facts: Vec<Fact>,
}

/// Rival values of one field.
pub(super) struct Conflict {
    pub key: String,
    pub label: String,
    pub rivals: Vec<Rival>,
    /// Whether a person may type another value: text of one line.
    pub other: bool,
}

pub(super) struct Rival {
    /// The value, for the form.
    pub sent: String,
    pub fact: Fact,
}

/// One step of the history.
pub(super) struct Step {
    pub by: String,
    pub at: Html,
    pub ago: Html,
    pub settles: bool,
    pub first: bool,
    pub changes: Vec<Change>,
}

pub(super) struct Change {
    pub label: String,
    pub runs: Vec<Run>,
}

/// Whether a site has the record.
pub(super) struct Place {
    pub words: String,
    pub since: Option<Html>,
    pub state: &'static str,
    pub mark: &'static str,
}

/// Whether the person has said that the screen is turned away.
pub(super) fn wants_private(asked: &[(String, String)]) -> bool {
    asked.iter().any(|(key, value)| key == "private" && value == "yes")
}

/// The record's page.
pub(super) async fn show(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let id = record_id(&id)?;
    let private = wants_private(&asked);
    let actor = who.actor.clone();
    let record = blocking(&state, move |casebook, now_ms| casebook.record(&actor, id, now_ms)).await?;
    if record.summary.discreet && !private {
        return Ok(Redirect::to(&format!("/records/{id}/private")).into_response());
    }
    page(&RecordShown::of(visit, record, private))
}

/// The step before a record's private details.
pub(super) async fn before_private(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    let about = format!("/records/{}", record_id(&id)?);
    let title = visit.words().t("private-title");
    page(&BeforePrivate { frame: visit.frame(Section::Search, title), about })
}

/// Decides between rival values.
pub(super) async fn settle(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<String>,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let record = record_id(&id)?;
    let kind = Kind::from_key(sent.get("kind")).ok_or_else(nothing_chosen)?;
    let field = schema(kind).by_key(sent.get("field")).ok_or_else(nothing_chosen)?;
    let value = match sent.get("value") {
        "" => return Err(nothing_chosen()),
        "other" => other_value(visit.words(), field.holds, sent.get("other"))?,
        chosen => serde_json::from_str(chosen).map_err(|_| nothing_chosen())?,
    };
    let request = SettleRequest { record, field: field.no, value, version: sent.get("version").into() };
    let actor = sent.signed_in.actor.clone();
    blocking(&state, move |casebook, now_ms| casebook.settle(&actor, &request, now_ms)).await?;
    Ok(Done::Settled.at(&format!("/records/{record}")))
}

fn other_value(words: Words, holds: FieldType, text: &str) -> Result<Value, Failure> {
    let text = if holds == FieldType::Country { words.country_code(text).unwrap_or(text) } else { text };
    match (text, holds) {
        ("", _) => Err(nothing_chosen()),
        (_, FieldType::Int) => text.parse().map(Value::Int).map_err(|_| nothing_chosen()),
        _ => Ok(Value::Text(text.to_string())),
    }
}

fn nothing_chosen() -> Failure {
    CasebookError::BadRequest(reason!("value-not-chosen")).into()
}

impl RecordShown {
    pub(super) fn of(visit: Visit, mut record: RecordPage, private: bool) -> Self {
        let clock = visit.clock;
        let kind = record.summary.kind;
        let title = visit.words().title(&record.summary);
        let (conflicts, own, common) = fields_shown(&clock, kind, &record.fields);
        let history = std::mem::take(&mut record.history);
        let steps = history.len();
        let files = std::mem::take(&mut record.attachments);
        let frame = visit.frame(Section::Search, title);
        let may_edit = frame.may(Right::Edit) && !record.summary.withdrawn;
        Self {
            files: FilesShown::of(&clock, record.summary.id, files, may_edit),
            conflicts,
            own,
            common,
            markers: shown::markers(&clock, &record.markers, private),
            links: record.links.clone(),
            history: history
                .into_iter()
                .enumerate()
                .map(|(at, line)| step(&clock, kind, line, at + 1 == steps))
                .collect(),
            places: record.whereabouts.iter().map(|place| place_of(&clock, place)).collect(),
            frame,
            record,
            private,
        }
    }

    /// Whether the person may change it.
    pub fn may_edit(&self) -> bool {
        self.frame.may(Right::Edit) && !self.record.summary.withdrawn
    }

    /// Whether markers can be set on it.
    pub fn can_be_marked(&self) -> bool {
        !matches!(self.record.summary.kind, Kind::Marker | Kind::Link)
    }
}

/// What waits for a decision, the fields of the kind, and those that every kind has.
fn fields_shown(clock: &Clock, kind: Kind, fields: &[FieldView]) -> (Vec<Conflict>, Vec<FieldShown>, Vec<FieldShown>) {
    let conflicts = fields.iter().filter(|field| field.conflict).map(|field| conflict(clock, kind, field)).collect();
    let (common, own): (Vec<&FieldView>, Vec<&FieldView>) = fields.iter().partition(|field| field.no.is_common());
    let shown = |fields: Vec<&FieldView>| fields.into_iter().map(|field| field_shown(clock, kind, field)).collect();
    (conflicts, shown(own), shown(common))
}

fn field_shown(clock: &Clock, kind: Kind, field: &FieldView) -> FieldShown {
    FieldShown {
        label: clock.words.field_by_key(kind, &field.key, &field.label),
        conflict: field.conflict,
        facts: field.values.iter().map(|held| shown::fact(clock, kind, field.no, held)).collect(),
    }
}

fn conflict(clock: &Clock, kind: Kind, field: &FieldView) -> Conflict {
    let holds = schema(kind).field(field.no).map(|field| field.holds);
    let rival = |held| Rival { sent: sent(held), fact: shown::fact(clock, kind, field.no, held) };
    Conflict {
        key: field.key.clone(),
        label: clock.words.field_by_key(kind, &field.key, &field.label),
        rivals: field.values.iter().map(rival).collect(),
        other: !matches!(holds, Some(FieldType::Code(_) | FieldType::Bool | FieldType::Record)),
    }
}

/// A value as the form carries it.
fn sent(held: &cairn_casebook::HeldValue) -> String {
    serde_json::to_string(&held.value).unwrap_or_default()
}

fn step(clock: &Clock, kind: Kind, line: HistoryLine, first: bool) -> Step {
    Step {
        by: clock.words.holding(&line.holder),
        at: clock.at(line.written_ms),
        ago: clock.ago(line.written_ms),
        settles: line.settles,
        first,
        changes: line.changes.iter().map(|change| changed(clock, kind, change)).collect(),
    }
}

fn changed(clock: &Clock, kind: Kind, change: &FieldChange) -> Change {
    let field = schema(kind).by_key(&change.key);
    let joined = |texts: &[String]| {
        texts.iter().map(|text| shown::told(clock, kind, field, text)).collect::<Vec<_>>().join(" · ")
    };
    let (before, after) = (joined(&change.before), joined(&change.after));
    let wordy = before.chars().count().max(after.chars().count()) > WORDY_CHARS;
    let runs = if wordy { diff::words(&before, &after) } else { whole(before, after) };
    let label = match change.key.as_str() {
        "attachment" => clock.words.t("history-file"),
        key => clock.words.field_by_key(kind, key, &change.label),
    };
    Change { label, runs }
}

/// Short values are easier to read as "this, then that" than word by word.
fn whole(before: String, after: String) -> Vec<Run> {
    let runs = [Run::Gone(before), Run::Come(after)];
    let filled = |run: &Run| !matches!(run, Run::Gone(text) | Run::Come(text) if text.is_empty());
    runs.into_iter().filter(filled).collect()
}

fn place_of(clock: &Clock, place: &Whereabout) -> Place {
    let w = clock.words;
    let args = [("site", w.site_and_role(&place.site, &place.role).into())];
    match place.since_ms.filter(|_| place.has_it) {
        Some(ms) => Place {
            words: w.with("place-has-it", &args),
            since: Some(clock.at(ms)),
            state: "state-ok",
            mark: "mark-ok",
        },
        None if place.has_it => {
            Place { words: w.with("place-has-it", &args), since: None, state: "state-ok", mark: "mark-ok" }
        }
        None => {
            Place { words: w.with("place-waits", &args), since: None, state: "state-waiting", mark: "mark-waiting" }
        }
    }
}
