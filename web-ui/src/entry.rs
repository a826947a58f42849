//! Coming in and going out: the one place where sessions begin and end, for pages and API.

use std::sync::atomic::Ordering;

use axum::http::HeaderValue;
use axum::http::header::InvalidHeaderValue;
use cairn_casebook::{Actor, Casebook, NewPerson, Via};

use crate::Failure;
use crate::gate::{self, SignedIn};
use crate::session::{Opened, same_secret};
use crate::state::{AppState, Stopped, blocking};
use cairn_record::reason;

/// People who may wait for a password check at one time; each check is slow on purpose.
pub(crate) const WAITING_MAX: usize = 32;
/// Setup codes that are looked at until the appliance is started again.
const SETUP_TRIES_MAX: u32 = 20;
/// Longest name and longest password that are looked at.
const TEXT_MAX_BYTES: usize = 1024;

/// What a visitor's setup code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupCode {
    /// The one that the appliance showed where it was started.
    Right,
    /// Another one.
    Wrong,
    /// There is none, or it was guessed at too often; starting the appliance again shows a new one.
    Closed,
}

/// Looks at the setup code of a first visitor. It is short, so only so many guesses are looked at.
pub fn setup_code(state: &AppState, sent: &str) -> SetupCode {
    let Some(wanted) = &state.settings.setup_code else { return SetupCode::Closed };
    let counted = |tries: u32| (tries < SETUP_TRIES_MAX).then_some(tries + 1);
    if state.setup_tries.fetch_update(Ordering::Relaxed, Ordering::Relaxed, counted).is_err() {
        return SetupCode::Closed;
    }
    let is_right = same_secret(&sent.trim().to_uppercase(), &wanted.to_uppercase());
    if is_right { SetupCode::Right } else { SetupCode::Wrong }
}

/// Checks a name and a password and begins a session. The casebook throttles and audits either way.
pub async fn sign_in(state: &AppState, user: &str, password: &str, via: Via) -> Result<Opened, Failure> {
    if user.len() > TEXT_MAX_BYTES || password.len() > TEXT_MAX_BYTES {
        return Err(Failure::bad_request(reason!("sign-in-too-long")));
    }
    let (user, password) = (user.trim().to_owned(), password.to_owned());
    let actor = hashing(state, move |casebook, now_ms| casebook.sign_in(&user, &password, via, now_ms)).await?;
    Ok(state.sessions.open(actor, state.now_ms()))
}

/// Sets a password: one's own with the old one, or somebody else's. Their other sessions end.
pub async fn set_password(
    state: &AppState,
    who: &SignedIn,
    user: &str,
    old: Option<String>,
    new: String,
) -> Result<(), Failure> {
    if new.len() > TEXT_MAX_BYTES || old.as_ref().is_some_and(|old| old.len() > TEXT_MAX_BYTES) {
        return Err(Failure::bad_request(reason!("password-too-long")));
    }
    let (actor, name) = (who.actor.clone(), user.to_owned());
    hashing(state, move |casebook, now_ms| casebook.set_password(&actor, &name, old.as_deref(), &new, now_ms)).await?;
    state.sessions.close_others(user, Some(who.session));
    Ok(())
}

/// Adds a person who can sign in here.
pub async fn add_person(state: &AppState, actor: &Actor, person: NewPerson) -> Result<(), Failure> {
    if person.password.len() > TEXT_MAX_BYTES {
        return Err(Failure::bad_request(reason!("password-too-long")));
    }
    let actor = actor.clone();
    hashing(state, move |casebook, now_ms| casebook.add_person(&actor, &person, now_ms)).await
}

/// Runs a call that hashes a password when its turn has come.
async fn hashing<T, E, F>(state: &AppState, call: F) -> Result<T, Failure>
where
    F: FnOnce(&Casebook, u64) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Stopped> + Send + 'static,
    Failure: From<E>,
{
    let _place = state.waiting.try_acquire().map_err(|_| too_many())?;
    let _turn = state.sign_ins.acquire().await.map_err(|_| too_many())?;
    Ok(blocking(state, call).await?)
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
    Failure::busy(reason!("passwords-busy", most = WAITING_MAX), 5)
}
