//! The people who can sign in here.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use cairn_casebook::{NewPerson, Person, Role};
use serde::Deserialize;

use super::ask;
use super::records::short;
use crate::forms::SentJson;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::{Failure, entry};

pub(super) async fn list(State(state): State<AppState>, who: SignedIn) -> Result<Json<Vec<Person>>, Failure> {
    ask(&state, who, |casebook, actor, _| casebook.people(actor)).await
}

/// A person to add.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Added {
    user: String,
    display: String,
    role: Role,
    password: String,
}

pub(super) async fn add(
    State(state): State<AppState>,
    who: SignedIn,
    SentJson(sent): SentJson<Added>,
) -> Result<StatusCode, Failure> {
    let person = NewPerson { user: sent.user, display: sent.display, role: sent.role, password: sent.password };
    entry::add_person(&state, &who.actor, person).await?;
    Ok(StatusCode::CREATED)
}

/// What to change of a person; what is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Changed {
    role: Option<Role>,
    disabled: Option<bool>,
}

pub(super) async fn change(
    State(state): State<AppState>,
    who: SignedIn,
    Path(user): Path<String>,
    SentJson(sent): SentJson<Changed>,
) -> Result<StatusCode, Failure> {
    blocking(&state, move |casebook, now_ms| {
        let person = casebook.people(&who.actor)?.into_iter().find(|person| person.user == user);
        let person = person.ok_or_else(|| Failure::not_found(format!("\"{}\" is not known here.", short(&user))))?;
        let (role, disabled) = (sent.role.unwrap_or(person.role), sent.disabled.unwrap_or(person.disabled));
        Ok::<_, Failure>(casebook.change_person(&who.actor, &user, role, disabled, now_ms)?)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Somebody's new password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Password {
    new: String,
}

pub(super) async fn set_password(
    State(state): State<AppState>,
    who: SignedIn,
    Path(user): Path<String>,
    SentJson(sent): SentJson<Password>,
) -> Result<StatusCode, Failure> {
    entry::set_password(&state, &who, &user, None, sent.new).await?;
    Ok(StatusCode::NO_CONTENT)
}
