//! Sticks: write one, read one, see which arrived.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::Response;
use cairn_casebook::{STICK_FILES_BYTES_USUAL, StickLine, StickOrder, StickReport};
use serde::Deserialize;

use super::{ask, at_most};
use crate::Failure;
use crate::forms::{self, SentJson};
use crate::gate::SignedIn;
use crate::pages::stick_as_file;
use crate::state::{AppState, blocking};

/// Days for which a stick is good when the caller does not say.
const VALID_USUAL_DAYS: u64 = 30;
/// Most days for which a stick is good.
pub(super) const VALID_MAX_DAYS: u64 = 400;
const SITE_MAX_CHARS: usize = 120;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub(super) async fn list(State(state): State<AppState>, who: SignedIn) -> Result<Json<Vec<StickLine>>, Failure> {
    ask(&state, who, |casebook, actor, now_ms| casebook.sticks(actor, now_ms)).await
}

/// For whom, how much, how long.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    to: String,
    #[serde(default)]
    everything: bool,
    valid_days: Option<u64>,
    files_bytes_max: Option<u64>,
}

pub(super) async fn write(
    State(state): State<AppState>,
    who: SignedIn,
    SentJson(sent): SentJson<Wanted>,
) -> Result<Response, Failure> {
    at_most(&sent.to, SITE_MAX_CHARS, "The name of the site")?;
    let days = sent.valid_days.unwrap_or(VALID_USUAL_DAYS);
    if !(1..=VALID_MAX_DAYS).contains(&days) {
        return Err(Failure::bad_request(format!("A stick is good for 1 to {VALID_MAX_DAYS} days. None was written.")));
    }
    let order = StickOrder {
        to: sent.to,
        everything: sent.everything,
        valid_ms: days * DAY_MS,
        files_bytes_max: sent.files_bytes_max.unwrap_or(STICK_FILES_BYTES_USUAL),
    };
    let sticks = state.sticks.clone();
    let file = blocking(&state, move |_, _| sticks.write(&who.actor, &order)).await?;
    Ok(stick_as_file(&file.name, file.bytes))
}

pub(super) async fn read(
    State(state): State<AppState>,
    who: SignedIn,
    request: Request,
) -> Result<Json<StickReport>, Failure> {
    let bytes = forms::body_of(request, &state).await?;
    let sticks = state.sticks.clone();
    Ok(Json(blocking(&state, move |_, _| sticks.read(&who.actor, &bytes)).await?))
}
