//! New records and changes to records.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use cairn_casebook::{Actor, CasebookError, RecordPage, Right, SaveRequest, Saved};
use cairn_record::{FieldType, Kind, RecordId, country, reason, schema};

use super::drafts::{self, Drafts};
use super::frame::Trouble;
use super::schema_form::{self, Filling, SchemaForm, Texts, Widget};
use super::{Done, Frame, Section, Visit, page, page_with};
use crate::Failure;
use crate::forms::CheckedForm;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::words::Words;

#[derive(Template)]
#[template(path = "record_form.html")]
pub(super) struct RecordForm {
    pub frame: Frame,
    pub kind: Kind,
    pub heading: String,
    pub action: String,
    pub back: String,
    pub version: Option<String>,
    pub form: SchemaForm,
    /// What was begun in this form, now or before.
    pub drafts: Drafts,
}

#[derive(Template)]
#[template(path = "new_record.html")]
pub(super) struct NewRecord {
    pub frame: Frame,
    pub kinds: Vec<Kind>,
}

/// Key of what a kind is for, where a person chooses one.
pub(crate) fn kind_hint(kind: impl Borrow<Kind>) -> &'static str {
    match kind.borrow() {
        Kind::Person => "new-person",
        Kind::Organisation => "new-organisation",
        Kind::Vehicle => "new-vehicle",
        Kind::Document => "new-document",
        Kind::Phone => "new-phone",
        Kind::Location => "new-location",
        Kind::Event => "new-event",
        Kind::Report => "new-report",
        Kind::Marker => "new-marker",
        Kind::Link => "new-link",
    }
}

/// Countries offered in forms, by name: what a person reads and types, with the code that records store.
pub(crate) fn countries(words: impl Borrow<Words>) -> Vec<(String, &'static str)> {
    let words = *words.borrow();
    let named = |country: &country::Country| Some((words.country(country.alpha3)?, country.alpha3));
    let mut countries: Vec<_> = country::all().iter().filter_map(named).collect();
    countries.sort();
    countries
}

/// A form for a new record, or the kinds to choose from. Other values in the query fill fields (`subject`, `from`).
pub(super) async fn new(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let kind = asked.iter().find(|(key, _)| key == "kind").and_then(|(_, key)| Kind::from_key(key));
    let Some(kind) = kind else {
        let title = visit.words().t("new-title");
        let kinds = Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Marker | Kind::Link)).collect();
        return page(&NewRecord { frame: visit.frame(Section::New, title), kinds });
    };
    let mut texts = schema_form::read(visit.words(), kind, &asked);
    let drafts = Drafts::of(&state, &who.actor, &drafts::about_new(kind, &texts), &asked, visit.clock).await?;
    if let Some(draft) = &drafts.open {
        texts = schema_form::read(visit.words(), kind, &draft.fields);
    }
    let titles = titles_of(&state, &who.actor, kind, &texts).await?;
    page(&RecordForm { drafts, ..blank(visit, kind, &texts, &titles, Vec::new()) })
}

/// A form for a new record, filled in as far as `texts` go.
pub(super) fn blank(
    visit: Visit,
    kind: Kind,
    texts: &Texts,
    titles: &BTreeMap<String, String>,
    troubles: Vec<Trouble>,
) -> RecordForm {
    let w = visit.words();
    let base = Texts::new();
    let filling = Filling { texts, base: &base, locked: &[], titles, troubles: &troubles };
    let form = SchemaForm::new(w, kind, &filling);
    let own_title = w.find(&format!("new-title-{}", kind.key()), &[]);
    let title = own_title.unwrap_or_else(|| w.a("new-kind", "kind", &w.kind(kind)));
    let visit_ms = visit.clock.now_ms;
    let mut frame = visit.frame(Section::New, title);
    frame.troubles = troubles;
    let subject = texts.get("subject").or_else(|| texts.get("from")).and_then(|ids| ids.first());
    let back = subject.map_or_else(|| "/records/new".to_string(), |id| format!("/records/{id}"));
    let drafts = Drafts::begun(&drafts::about_new(kind, texts), visit_ms);
    RecordForm { frame, kind, heading: String::new(), action: "/records".into(), back, version: None, form, drafts }
}

/// Creates a record.
pub(super) async fn create(
    State(state): State<AppState>,
    visit: Visit,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let kind = Kind::from_key(sent.get("kind")).ok_or_else(unknown_kind)?;
    let texts = schema_form::read(visit.words(), kind, &sent.fields);
    let actor = sent.signed_in.actor.clone();
    let request = SaveRequest { draft: schema_form::draft(kind, &texts, &Texts::new()), version: None };
    match save_record(&state, &actor, request).await {
        Ok(saved) => {
            drafts::forget(&state, &sent).await;
            Ok(after_creating(kind, &texts, saved.id))
        }
        Err(CasebookError::Invalid(problems)) => {
            let titles = titles_of(&state, &actor, kind, &texts).await?;
            let troubles = schema_form::troubles(visit.words(), kind, &problems);
            let mut form = blank(visit, kind, &texts, &titles, troubles);
            form.drafts.go_on_with(&sent);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        Err(error) => Err(error.into()),
    }
}

/// A marker or a link leads back to the record it is about.
fn after_creating(kind: Kind, texts: &Texts, id: RecordId) -> Response {
    let about = |key: &str| texts.get(key).and_then(|ids| ids.first()).and_then(|id| id.parse::<RecordId>().ok());
    let (about, what) = match kind {
        Kind::Marker => (about("subject"), Done::Marked),
        Kind::Link => (about("from"), Done::Linked),
        _ => (None, Done::Created),
    };
    what.at(&format!("/records/{}", about.unwrap_or(id)))
}

/// A form with the record as it stands.
pub(super) async fn edit(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let id = record_id(&id)?;
    let actor = who.actor.clone();
    let record = blocking(&state, move |casebook, now_ms| casebook.record(&actor, id, now_ms)).await?;
    let drafts = Drafts::of(&state, &who.actor, &drafts::about_change(id), &asked, visit.clock).await?;
    let now = texts_of(&record);
    let begun = drafts.open.as_ref().and_then(|draft| drafts::begun_change(visit.words(), record.summary.kind, draft));
    let form = match begun {
        Some((texts, base, version)) => filled(visit, &record, &texts, &base, version, Vec::new()),
        None => filled(visit, &record, &now, &now, record.version.clone(), Vec::new()),
    };
    page(&RecordForm { drafts, ..form })
}

/// Saves changes to a record, based on the version that the person saw.
pub(super) async fn save(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<String>,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let id = record_id(&id)?;
    let kind = Kind::from_key(sent.get("kind")).ok_or_else(unknown_kind)?;
    let texts = schema_form::read(visit.words(), kind, &sent.fields);
    let base: Texts = serde_json::from_str(sent.exact("base")).map_err(|_| Failure::not_from_here())?;
    let version = sent.get("version").to_string();
    let mut draft = schema_form::draft(kind, &texts, &base);
    draft.id = Some(id);
    let actor = sent.signed_in.actor.clone();
    let path = format!("/records/{id}");
    match save_record(&state, &actor, SaveRequest { draft, version: Some(version.clone()) }).await {
        Ok(saved) => {
            drafts::forget(&state, &sent).await;
            Ok(after_saving(&saved).at(&path))
        }
        Err(CasebookError::Invalid(problems)) => {
            let record = blocking(&state, move |casebook, now_ms| casebook.record(&actor, id, now_ms)).await?;
            let troubles = schema_form::troubles(visit.words(), kind, &problems);
            let mut form = filled(visit, &record, &texts, &base, version, troubles);
            form.drafts.go_on_with(&sent);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
        }
        Err(error) => Err(error.into()),
    }
}

fn after_saving(saved: &Saved) -> Done {
    match (saved.changed, saved.conflict) {
        (false, _) => Done::Unchanged,
        (true, true) => Done::MetAnother,
        (true, false) => Done::Saved,
    }
}

async fn save_record(state: &AppState, actor: &Actor, request: SaveRequest) -> Result<Saved, CasebookError> {
    let actor = actor.clone();
    blocking(state, move |casebook, now_ms| casebook.save_record(&actor, &request, now_ms)).await
}

/// The form of a stored record: `texts` in its boxes, `base` what they held when the person opened it.
pub(super) fn filled(
    visit: Visit,
    record: &RecordPage,
    texts: &Texts,
    base: &Texts,
    version: String,
    troubles: Vec<Trouble>,
) -> RecordForm {
    let kind = record.summary.kind;
    let w = visit.words();
    let locked: Vec<String> =
        record.fields.iter().filter(|field| field.conflict).map(|field| field.key.clone()).collect();
    let records = record.fields.iter().flat_map(|field| &field.values);
    let titles = records.map(|held| (schema_form::text_of(&held.value), held.text.clone())).collect();
    let filling = Filling { texts, base, locked: &locked, titles: &titles, troubles: &troubles };
    let form = SchemaForm::new(w, kind, &filling);
    let drafts = Drafts::begun(&drafts::about_change(record.summary.id), visit.clock.now_ms);
    let mut frame = visit.frame(Section::Search, w.a("edit-title", "title", &record.summary.title));
    frame.troubles = troubles;
    let action = format!("/records/{}", record.summary.id);
    RecordForm {
        frame,
        kind,
        heading: record.summary.title.clone(),
        back: action.clone(),
        action,
        version: Some(version),
        form,
        drafts,
    }
}

pub(super) fn texts_of(record: &RecordPage) -> Texts {
    let plain = record.fields.iter().filter(|field| !field.conflict);
    plain
        .map(|field| (field.key.clone(), field.values.iter().map(|held| schema_form::text_of(&held.value)).collect()))
        .collect()
}

/// Titles of the records that a form names. Reading them is a consultation like any other.
async fn titles_of(
    state: &AppState,
    actor: &Actor,
    kind: Kind,
    texts: &Texts,
) -> Result<BTreeMap<String, String>, Failure> {
    let fields = schema(kind).fields.iter().filter(|field| field.holds == FieldType::Record);
    let ids = fields.filter_map(|field| texts.get(field.key)?.first()?.parse::<RecordId>().ok());
    let ids: Vec<RecordId> = ids.collect();
    let actor = actor.clone();
    blocking(state, move |casebook, now_ms| {
        actor.must(Right::View).map_err(CasebookError::from)?;
        let mut titles = BTreeMap::new();
        for id in ids {
            titles.insert(id.to_string(), casebook.record(&actor, id, now_ms)?.summary.title);
        }
        Ok::<_, Failure>(titles)
    })
    .await
}

pub(super) fn record_id(text: &str) -> Result<RecordId, Failure> {
    text.parse().map_err(|_| Failure::not_found(reason!("address-no-record")))
}

fn unknown_kind() -> Failure {
    Failure::bad_request(reason!("form-no-kind"))
}
