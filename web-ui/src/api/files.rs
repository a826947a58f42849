//! Files that belong to records.

use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use cairn_casebook::{AttachmentLine, reason};
use serde::Deserialize;

use super::ask;
use super::records::record_id;
use crate::Failure;
use crate::forms::{self, SentJson};
use crate::gate::SignedIn;
use crate::pages::files::{attach, content, file_id, small};
use crate::state::AppState;

/// The name of a file that comes as a bare body.
#[derive(Deserialize)]
pub(super) struct Named {
    name: Option<String>,
}

/// Whether a file is to be shown with its record.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    shown: bool,
}

pub(super) async fn list(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<Vec<AttachmentLine>>, Failure> {
    let id = record_id(&id)?;
    ask(&state, who, move |casebook, actor, now_ms| casebook.attachments(actor, id, now_ms)).await
}

pub(super) async fn add(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
    Query(named): Query<Named>,
    request: Request,
) -> Result<(StatusCode, Json<AttachmentLine>), Failure> {
    let id = record_id(&id)?;
    let (name, bytes) = if forms::has_type(&request, "multipart/form-data") {
        let (_, file) = forms::read_multipart(request, &state).await?;
        let file = file.ok_or_else(|| Failure::bad_request(reason!("file-none-chosen")))?;
        (file.name, file.bytes)
    } else {
        (named.name.unwrap_or_default(), forms::body_of(request, &state).await?)
    };
    let line = attach(&state, &who.actor, id, name, bytes).await?;
    Ok((StatusCode::CREATED, Json(line)))
}

pub(super) async fn open(
    State(state): State<AppState>,
    who: SignedIn,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, Failure> {
    content(&state, &who.actor, record_id(&id)?, file_id(&file)?).await
}

pub(super) async fn thumbnail(
    State(state): State<AppState>,
    who: SignedIn,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, Failure> {
    small(&state, &who.actor, record_id(&id)?, file_id(&file)?).await
}

pub(super) async fn fetch(
    State(state): State<AppState>,
    who: SignedIn,
    Path((id, file)): Path<(String, String)>,
) -> Result<Json<AttachmentLine>, Failure> {
    let (id, file) = (record_id(&id)?, file_id(&file)?);
    ask(&state, who, move |casebook, actor, now_ms| casebook.want_attachment(actor, id, file, now_ms)).await
}

pub(super) async fn show_or_hide(
    State(state): State<AppState>,
    who: SignedIn,
    Path((id, file)): Path<(String, String)>,
    SentJson(sent): SentJson<Shown>,
) -> Result<Json<AttachmentLine>, Failure> {
    let (id, file) = (record_id(&id)?, file_id(&file)?);
    ask(&state, who, move |casebook, actor, now_ms| casebook.show_attachment(actor, id, file, sent.shown, now_ms)).await
}
