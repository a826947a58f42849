//! Questions to other sites, and what this site was asked.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use cairn_casebook::{AskRequest, Askable, AskedLine, QuestionLine, QuestionPage, REASON_CHARS_MAX, ReplicaId};
use serde::Deserialize;

use super::{ask as call, at_most, carry_out};
use crate::Failure;
use crate::forms::SentJson;
use crate::gate::SignedIn;
use crate::pages::questions::question_id;
use crate::state::AppState;

/// Longest text to ask about: three lines of a travel document with room to spare.
const TEXT_MAX_CHARS: usize = 1000;

/// Whose questions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whose {
    #[serde(default)]
    site: bool,
}

pub(super) async fn list(
    State(state): State<AppState>,
    who: SignedIn,
    Query(whose): Query<Whose>,
) -> Result<Json<Vec<QuestionLine>>, Failure> {
    call(&state, who, move |casebook, actor, now_ms| casebook.questions(actor, whose.site, now_ms)).await
}

/// What to ask, why, and whom.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    text: String,
    reason: String,
    #[serde(default)]
    to: Option<ReplicaId>,
}

pub(super) async fn ask(
    State(state): State<AppState>,
    who: SignedIn,
    SentJson(sent): SentJson<Asked>,
) -> Result<(StatusCode, Json<QuestionLine>), Failure> {
    at_most(&sent.text, TEXT_MAX_CHARS, "The text to ask about")?;
    at_most(&sent.reason, REASON_CHARS_MAX, "The reason")?;
    let request = AskRequest { text: sent.text, reason: sent.reason, to: sent.to };
    let asked = call(&state, who, move |casebook, actor, now_ms| casebook.ask(actor, &request, now_ms)).await?;
    Ok((StatusCode::CREATED, asked))
}

pub(super) async fn whom(State(state): State<AppState>, who: SignedIn) -> Result<Json<Vec<Askable>>, Failure> {
    call(&state, who, |casebook, _, _| Ok(casebook.whom_to_ask())).await
}

pub(super) async fn show(
    State(state): State<AppState>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<QuestionPage>, Failure> {
    let id = question_id(&id)?;
    call(&state, who, move |casebook, actor, now_ms| casebook.question(actor, id, now_ms)).await
}

pub(super) async fn here(State(state): State<AppState>, who: SignedIn) -> Result<Json<Vec<AskedLine>>, Failure> {
    call(&state, who, |casebook, actor, now_ms| casebook.asked_here(actor, now_ms)).await
}

pub(super) async fn read_alert(
    State(state): State<AppState>,
    who: SignedIn,
    Path((id, look)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let id = question_id(&id)?;
    let look = look.parse().map_err(|_| Failure::not_found("There is no such question here."))?;
    carry_out(&state, who, move |casebook, actor, _| casebook.read_alert(actor, id, look)).await?;
    Ok(StatusCode::NO_CONTENT)
}
