//! The JSON API under `/api/v1`: what the screens do, for other programs.
//!
//! [`table`](self::table::ENDPOINTS) lists every route with its handler and its documentation; the router and the
//! OpenAPI document are both made from it, so that they cannot drift apart.

mod problem;

pub use problem::problem;

use axum::Router;

use crate::state::AppState;

/// The routes of the API.
pub fn router() -> Router<AppState> {
    Router::new()
}
