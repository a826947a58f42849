//! Checking, searching, reading and writing records. Fields are named by their keys.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use cairn_casebook::{
    AttachmentLine, CheckAnswer, HeldValue, HistoryLine, LinkLine, LostPart, MarkerLine, RecordPage, SaveRequest,
    Saved, SearchAnswer, SearchRequest, SettleRequest, Summary, Whereabout,
};
use cairn_record::schema::schema;
use cairn_record::{FieldNo, Kind, RecordDraft, RecordId, Value, normalised};
use serde::{Deserialize, Serialize};

use super::problem::FieldProblem;
use super::{ask, at_most};
use crate::Failure;
use crate::forms::SentJson;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};

/// Longest text to check: three lines of a travel document with room to spare.
const CHECK_MAX_CHARS: usize = 1000;
/// Longest text to search for.
const SEARCH_MAX_CHARS: usize = 200;
/// Hits of a search when the caller does not say how many.
const SEARCH_USUAL: usize = 20;
/// Most hits of one search.
pub(super) const SEARCH_MAX: usize = 200;
/// Most fields in one draft.
const FIELDS_MAX: usize = 200;

/// What to check.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    text: String,
}

pub(super) async fn check(
    State(state): State<AppState>,
    who: SignedIn,
    SentJson(sent): SentJson<Check>,
) -> Result<Json<CheckAnswer>, Failure> {
    at_most(&sent.text, CHECK_MAX_CHARS, "The text to check")?;
    ask(&state, who, move |casebook, actor, now_ms| casebook.check(actor, &sent.text, now_ms)).await
}

/// What to search for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    text: String,
    #[serde(default)]
    kinds: Vec<Kind>,
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
}

pub(super) async fn search(
    State(state): State<AppState>,
    who: SignedIn,
    SentJson(sent): SentJson<Search>,
) -> Result<Json<SearchAnswer>, Failure> {
    at_most(&sent.text, SEARCH_MAX_CHARS, "The text to search for")?;
    let limit = sent.limit.unwrap_or(SEARCH_USUAL).min(SEARCH_MAX);
    let request = SearchRequest { text: sent.text, kinds: sent.kinds, offset: sent.offset, limit };
    ask(&state, who, move |casebook, actor, now_ms| casebook.search(actor, &request, now_ms)).await
}

/// A record as the API shows it.
#[derive(Serialize)]
pub(super) struct RecordJson {
    #[serde(flatten)]
    summary: Summary,
    version: String,
    lost: Option<LostPart>,
    fields: Vec<HeldField>,
    links: Vec<LinkLine>,
    markers: Vec<MarkerLine>,
    attachments: Vec<AttachmentLine>,
    history: Vec<HistoryLine>,
    whereabouts: Vec<Whereabout>,
}

/// One field of a record.
#[derive(Serialize)]
pub(super) struct HeldField {
    key: String,
    label: String,
    values: Vec<HeldValue>,
    conflict: bool,
}

impl From<RecordPage> for RecordJson {
    fn from(page: RecordPage) -> Self {
        let field = |field: cairn_casebook::FieldView| HeldField {
            key: field.key,
            label: field.label,
            values: field.values,
            conflict: field.conflict,
        };
        Self {
            summary: page.summary,
            version: page.version,
            lost: page.lost,
            fields: page.fields.into_iter().map(field).collect(),
            links: page.links,
            markers: page.markers,
            attachments: page.attachments,
            history: page.history,
            whereabouts: page.whereabouts,
        }
    }
}

pub(super) async fn show(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<RecordJson>, Failure> {
    let id = record_id(&id)?;
    ask(&state, who, move |casebook, actor, now_ms| casebook.record(actor, id, now_ms).map(RecordJson::from)).await
}

/// A value or several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Proposed {
    One(Value),
    Several(Vec<Value>),
}

/// A record as a caller proposes it. A field that is absent is left as it is; an empty list clears it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    kind: Kind,
    fields: BTreeMap<String, Proposed>,
    version: Option<String>,
}

impl Draft {
    fn into_request(self, id: Option<RecordId>) -> Result<SaveRequest, Failure> {
        if self.fields.len() > FIELDS_MAX {
            return Err(Failure::bad_request(format!("A record has at most {FIELDS_MAX} fields. Nothing was saved.")));
        }
        let mut fields = BTreeMap::new();
        for (key, proposed) in self.fields {
            let values = match proposed {
                Proposed::One(value) => vec![value],
                Proposed::Several(values) => values,
            };
            fields.insert(field_no(self.kind, &key)?, values);
        }
        Ok(SaveRequest { draft: RecordDraft { id, kind: self.kind, fields }, version: self.version })
    }
}

/// What a save came to.
#[derive(Serialize)]
pub(super) struct SavedJson {
    id: RecordId,
    version: String,
    changed: bool,
    conflict: bool,
    warnings: Vec<FieldProblem>,
}

impl SavedJson {
    fn of(saved: Saved, kind: Kind) -> Self {
        let warnings = saved.warnings.iter().map(|problem| FieldProblem::of(problem, Some(kind))).collect();
        Self { id: saved.id, version: saved.version, changed: saved.changed, conflict: saved.conflict, warnings }
    }
}

pub(super) async fn create(
    State(state): State<AppState>,
    who: SignedIn,
    SentJson(sent): SentJson<Draft>,
) -> Result<(StatusCode, Json<SavedJson>), Failure> {
    if sent.version.is_some() {
        return Err(Failure::bad_request("A new record has no version yet. Nothing was saved."));
    }
    Ok((StatusCode::CREATED, save(&state, who, None, sent).await?))
}

pub(super) async fn change(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    SentJson(sent): SentJson<Draft>,
) -> Result<Json<SavedJson>, Failure> {
    if sent.version.is_none() {
        return Err(Failure::bad_request(
            "Say in \"version\" which version you saw, so that nobody's later change is overwritten. \
             Nothing was saved.",
        ));
    }
    save(&state, who, Some(record_id(&id)?), sent).await
}

async fn save(state: &AppState, who: SignedIn, id: Option<RecordId>, draft: Draft) -> Result<Json<SavedJson>, Failure> {
    let kind = draft.kind;
    let request = draft.into_request(id)?;
    let saved = blocking(state, move |casebook, now_ms| casebook.save_record(&who.actor, &request, now_ms)).await;
    let saved = saved.map_err(|error| Failure::from(error).of_kind(kind))?;
    Ok(Json(SavedJson::of(saved, kind)))
}

/// A decision between rival values.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settle {
    kind: Kind,
    field: String,
    value: Value,
    version: String,
}

pub(super) async fn settle(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    SentJson(sent): SentJson<Settle>,
) -> Result<Json<SavedJson>, Failure> {
    let (record, kind, field) = (record_id(&id)?, sent.kind, field_no(sent.kind, &sent.field)?);
    let value = as_stored(kind, field, sent.value);
    let request = SettleRequest { record, field, value, version: sent.version };
    let saved = blocking(&state, move |casebook, now_ms| casebook.settle(&who.actor, &request, now_ms)).await;
    let saved = saved.map_err(|error| Failure::from(error).of_kind(kind))?;
    Ok(Json(SavedJson::of(saved, kind)))
}

/// The value in the type and form in which the field stores it.
fn as_stored(kind: Kind, field: FieldNo, value: Value) -> Value {
    let fields = BTreeMap::from([(field, vec![value.clone()])]);
    let draft = normalised(RecordDraft { id: None, kind, fields });
    draft.fields.into_values().flatten().next().unwrap_or(value)
}

/// A record's id in the address.
pub(super) fn record_id(text: &str) -> Result<RecordId, Failure> {
    text.parse().map_err(|error| Failure::bad_request(format!("\"{}\" is {error}.", short(text))))
}

fn field_no(kind: Kind, key: &str) -> Result<FieldNo, Failure> {
    let field = schema(kind).by_key(key);
    field.map(|field| field.no).ok_or_else(|| {
        let kind = kind.key();
        Failure::bad_request(format!("A record of kind {kind} has no field \"{}\". Nothing was saved.", short(key)))
    })
}

/// The beginning of what somebody sent, for a message.
pub(super) fn short(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(60).collect()
}
