//! Imports: a file and a mapping in, counts and rejected rows out; undoing; mappings.

use axum::Json;
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use cairn_casebook::{ImportBatch, ImportReport, Mapping, UndoReport};
use serde::Deserialize;

use super::records::short;
use super::{ask, at_most, carry_out, rejected_csv};
use crate::forms::{self, SentFile, SentJson};
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::{Failure, workbench};

/// Longest name of a mapping or a batch in an address.
const NAME_MAX_CHARS: usize = 120;

/// How to read the file, in the address or in the fields of the form.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct How {
    /// Name of a mapping that is kept here.
    #[serde(default)]
    mapping: String,
    /// A mapping in full, as JSON; only in a form.
    #[serde(skip)]
    mapping_json: String,
    /// Name of the file, when the body is the file itself.
    #[serde(default)]
    file: String,
    /// Whether nothing shall be written.
    #[serde(default)]
    dry_run: bool,
}

impl How {
    async fn mapping(&self, state: &AppState) -> Result<Mapping, Failure> {
        if !self.mapping_json.is_empty() {
            return serde_json::from_str(&self.mapping_json)
                .map_err(|error| Failure::bad_request(format!("The mapping could not be read: {error}.")));
        }
        if self.mapping.is_empty() {
            return Err(Failure::bad_request("Say with which mapping the file is to be read. Nothing was imported."));
        }
        at_most(&self.mapping, NAME_MAX_CHARS, "The name of the mapping")?;
        let name = self.mapping.clone();
        Ok(blocking(state, move |casebook, _| casebook.mapping(&name)).await?)
    }
}

/// A file with how to read it: a form with the parts `file`, `mapping` or `mapping_json`, and `dry_run`; or
/// the bare file as the body and the rest in the query.
pub(super) struct Sent {
    how: How,
    file: SentFile,
}

impl FromRequest<AppState> for Sent {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Failure> {
        let Query(mut how) = Query::<How>::try_from_uri(request.uri())
            .map_err(|error| Failure::bad_request(format!("The query could not be read: {error}.")))?;
        if !forms::has_type(&request, "multipart/form-data") {
            let bytes = forms::body_of(request, state).await?;
            let name = if how.file.is_empty() { "upload" } else { &how.file };
            return Ok(Self { file: SentFile { name: forms::plain_name(name), bytes }, how });
        }
        let (fields, file) = forms::read_multipart(request, state).await?;
        for (key, value) in fields {
            match key.as_str() {
                "mapping" => how.mapping = value,
                "mapping_json" => how.mapping_json = value,
                "dry_run" => how.dry_run = value.trim() == "true",
                _ => return Err(Failure::bad_request(format!("The form has no part \"{}\".", short(&key)))),
            }
        }
        let file = file.ok_or_else(|| Failure::bad_request("The form has no part \"file\". Nothing was imported."))?;
        Ok(Self { how, file })
    }
}

pub(super) async fn import(
    State(state): State<AppState>,
    who: SignedIn,
    Sent { how, file }: Sent,
) -> Result<Json<ImportReport>, Failure> {
    let mapping = how.mapping(&state).await?;
    workbench::import_now(&state, &who.actor, &file.name, file.bytes, mapping, how.dry_run).await.map(Json)
}

pub(super) async fn list(State(state): State<AppState>, who: SignedIn) -> Result<Json<Vec<ImportBatch>>, Failure> {
    ask(&state, who, |casebook, actor, _| casebook.imports(actor)).await
}

pub(super) async fn rejected(
    State(state): State<AppState>,
    who: SignedIn,
    Path(batch): Path<String>,
) -> Result<Response, Failure> {
    let Json(batches) = ask(&state, who, |casebook, actor, _| casebook.imports(actor)).await?;
    let found = batches.into_iter().find(|held| held.batch == batch);
    let found = found.ok_or_else(|| Failure::not_found(format!("There is no import \"{}\" here.", short(&batch))))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"rejected-rows.csv\""),
    ];
    Ok((headers, rejected_csv(&found.report.rejected)).into_response())
}

pub(super) async fn undo(
    State(state): State<AppState>,
    who: SignedIn,
    Path(batch): Path<String>,
) -> Result<Json<UndoReport>, Failure> {
    at_most(&batch, NAME_MAX_CHARS, "The name of the import")?;
    ask(&state, who, move |casebook, actor, now_ms| casebook.undo_import(actor, &batch, now_ms)).await
}

pub(super) async fn mappings(State(state): State<AppState>, _: SignedIn) -> Result<Json<Vec<String>>, Failure> {
    blocking(&state, |casebook, _| Ok::<_, Failure>(casebook.mappings())).await.map(Json)
}

pub(super) async fn mapping(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
) -> Result<Json<Mapping>, Failure> {
    at_most(&name, NAME_MAX_CHARS, "The name of the mapping")?;
    ask(&state, who, move |casebook, _, _| casebook.mapping(&name)).await
}

pub(super) async fn save_mapping(
    State(state): State<AppState>,
    who: SignedIn,
    Path(name): Path<String>,
    SentJson(mapping): SentJson<Mapping>,
) -> Result<StatusCode, Failure> {
    if mapping.name != name {
        return Err(Failure::bad_request("The mapping has another name than the address. Nothing was saved."));
    }
    carry_out(&state, who, move |casebook, actor, now_ms| casebook.save_mapping(actor, &mapping, now_ms)).await?;
    Ok(StatusCode::NO_CONTENT)
}
