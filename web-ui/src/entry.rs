//! Coming in and going out: the one place where sessions begin and end, for pages and API.

use axum::http::HeaderValue;
use axum::http::header::InvalidHeaderValue;
use cairn_casebook::{Actor, Via};

use crate::gate::{self, SignedIn};
use crate::session::Opened;
use crate::state::{AppState, blocking};
use crate::Failure;

/// People who may wait for a password check at one time; each check is slow on purpose.
pub(crate) const WAITING_MAX: usize = 32;
/// Longest name and longest password that are looked at.
const TEXT_MAX_BYTES: usize = 1024;

/// Checks a name and a password and begins a session. The casebook throttles and audits either way.
pub async fn sign_in(state: &AppState, user: &str, password: &str, via: Via) -> Result<Opened, Failure> {
    if user.len() > TEXT_MAX_BYTES || password.len() > TEXT_MAX_BYTES {
        return Err(Failure::bad_request("The name or the password is too long."));
    }
    let _place = state.waiting.try_acquire().map_err(|_| too_many())?;
    let _turn = state.sign_ins.acquire().await.map_err(|_| too_many())?;
    let (user, password) = (user.trim().to_owned(), password.to_owned());
    let check = move |casebook: &cairn_casebook::Casebook, now_ms| casebook.sign_in(&user, &password, via, now_ms);
    let actor: Actor = blocking(state, check).await?;
    Ok(state.sessions.open(actor, state.now_ms()))
}

/// Ends a session; the audit knows of it before it is gone.
pub async fn sign_out(state: &AppState, signed_in: &SignedIn) -> Result<(), Failure> {
    let actor = signed_in.actor.clone();
    blocking(state, move |casebook, now_ms| casebook.sign_out(&actor, now_ms)).await?;
    state.sessions.close(signed_in.session);
    Ok(())
}

/// Ends the session that the browser came with, so that signing in always begins a new one.
pub fn drop_old_session(state: &AppState, headers: &axum::http::HeaderMap) {
    if let Some(token) = gate::cookie(headers, &state.cookie) {
        state.sessions.close_token(token);
    }
}

/// The cookie that carries a new session. It ends with the browser, and never goes to another site.
pub fn session_cookie(state: &AppState, opened: &Opened) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(&format!("{}={}{}", state.cookie, opened.token, attributes(state)))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The cookie that takes the session out of the browser.
pub fn no_cookie(state: &AppState) -> Result<HeaderValue, InvalidHeaderValue> {
    HeaderValue::from_str(&format!("{}=; Max-Age=0{}", state.cookie, attributes(state)))
}

fn attributes(state: &AppState) -> &'static str {
    if state.settings.tls_in_front {
        "; Path=/; HttpOnly; SameSite=Strict; Secure"
    } else {
        "; Path=/; HttpOnly; SameSite=Strict"
    }
}

fn too_many() -> Failure {
    Failure::busy(format!("More than {WAITING_MAX} people are signing in at this moment. Try again shortly."), 5)
}
