//! The way in: from a connection to a handler and back.
//!
//! [`serve`] accepts connections within limits (`accept`), and hands requests to [`app`], in which each one
//! passes, from outside to inside:
//!
//! 1. `headers`: strict headers on whatever comes back,
//! 2. `dress`: failures become a page or problem JSON,
//! 3. `origin`: exact host, and forms only from pages of this server,
//! 4. `pace`: a body that stalls is given up,
//! 5. [`gate`](crate::gate): the session and the rights.

mod accept;
mod dress;
mod headers;
mod origin;
mod pace;
mod parts;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;

pub use accept::serve;
pub use dress::ErrorContext;
pub use headers::Sandboxed;
pub use parts::PartsBody;

use crate::gate::{gate, method_not_allowed};
use crate::state::AppState;
use crate::{Failure, api, assets, pages};

/// Every route with everything around it. `hosts` are the names that requests may use, as they stand in the
/// `Host` header (`name:port`, or `name` where the port is the usual one); any other is answered with 421.
pub fn app(state: AppState, hosts: Vec<String>) -> Router {
    let tls_in_front = state.settings.tls_in_front;
    let hosts: Arc<[String]> = hosts.iter().map(|host| origin::plain_host(host, tls_in_front)).collect();
    Router::new()
        .route("/assets/{hash}/{*name}", get(assets::serve))
        .merge(api::router())
        .merge(pages::router())
        .fallback(|| async { no_such_address() })
        .method_not_allowed_fallback(|| async { method_not_allowed() })
        .layer(from_fn_with_state(state.clone(), gate))
        .layer(from_fn(pace::give_up_on_stalled_bodies))
        .layer(from_fn_with_state((state.clone(), hosts), origin::check))
        .layer(from_fn_with_state(state.clone(), dress::show_failures))
        .layer(from_fn(headers::strict))
        .with_state(state)
}

fn no_such_address() -> Failure {
    let detail = "There is no page at this address. Nothing was read or changed.";
    Failure::new(StatusCode::NOT_FOUND, "no-such-address", detail)
}
