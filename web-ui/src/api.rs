//! The JSON API under `/api/v1`: what the screens do, for other programs.
//!
//! [`table::endpoints`] lists every route with its handler and its documentation; the router and the OpenAPI
//! document are both made from it, so that they cannot drift apart. What a route needs stands in
//! [`rights`](crate::rights), like that of the pages.

mod audit;
mod document;
mod exchange;
mod files;
mod imports;
mod people;
mod problem;
mod questions;
mod records;
mod rejected;
mod schemas;
mod session;
mod sticks;
mod table;

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use cairn_casebook::{Actor, Casebook, CasebookError};

pub use problem::problem;
pub use rejected::rejected_csv;

use crate::Failure;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};

/// The routes of the API.
pub fn router() -> Router<AppState> {
    let document = Router::new().route("/api/openapi.json", get(openapi));
    table::endpoints().into_iter().fold(document, |router, endpoint| router.route(endpoint.path, endpoint.handler))
}

async fn openapi() -> impl IntoResponse {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| document::document().to_string());
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

/// Runs one call of the casebook for the person who asks, and sends its answer.
async fn ask<T, F>(state: &AppState, who: SignedIn, call: F) -> Result<axum::Json<T>, Failure>
where
    F: FnOnce(&Casebook, &Actor, u64) -> Result<T, CasebookError> + Send + 'static,
    T: Send + 'static,
{
    Ok(axum::Json(carry_out(state, who, call).await?))
}

/// Runs one call of the casebook for the person who asks.
async fn carry_out<T, F>(state: &AppState, who: SignedIn, call: F) -> Result<T, Failure>
where
    F: FnOnce(&Casebook, &Actor, u64) -> Result<T, CasebookError> + Send + 'static,
    T: Send + 'static,
{
    Ok(blocking(state, move |casebook, now_ms| call(casebook, &who.actor, now_ms)).await?)
}

/// Refuses texts that are longer than any honest one.
fn at_most(text: &str, max_chars: usize, what: &str) -> Result<(), Failure> {
    if text.chars().count() <= max_chars {
        return Ok(());
    }
    Err(Failure::bad_request(format!("{what} is longer than {max_chars} characters. Nothing was read or changed.")))
}
