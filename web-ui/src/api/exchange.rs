//! What is where, asking for a sync, cutting links, and enrolment.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use cairn_casebook::{Invitation, LinkRules, ReplicaId, SyncStatus, reason, role_of};
use serde::Deserialize;

use super::{ask, at_most, carry_out};
use crate::Failure;
use crate::forms::SentJson;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::words::WhySaid;

/// How long an invitation is good when the caller does not say.
const INVITATION_USUAL_MINUTES: u64 = 24 * 60;
/// Longest time that an invitation is good.
pub(super) const INVITATION_MAX_MINUTES: u64 = 7 * 24 * 60;
/// Most addresses in one request.
pub(super) const ADDRESSES_MAX: usize = 16;
/// Longest address: a host name and a port.
const ADDRESS_MAX_CHARS: usize = 260;
/// Longest code of an invitation.
const CODE_MAX_CHARS: usize = 600;

pub(super) async fn status(State(state): State<AppState>, who: SignedIn) -> Result<Json<SyncStatus>, Failure> {
    ask(&state, who, |casebook, actor, now_ms| casebook.sync_status(actor, now_ms)).await
}

/// Of which site.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Of {
    of: Option<ReplicaId>,
}

pub(super) async fn why(
    State(state): State<AppState>,
    who: SignedIn,
    asked: Result<Query<Of>, QueryRejection>,
) -> Result<Json<WhySaid>, Failure> {
    let Query(asked) = asked.map_err(|error| Failure::bad_request(format!("The query could not be read: {error}.")))?;
    let usual = blocking(&state, |casebook, _| Ok::<_, Failure>(casebook.usual_why())).await?;
    let nobody = || Failure::not_found(reason!("nobody-to-see"));
    let site = asked.of.or(usual).ok_or_else(nobody)?;
    Ok(Json(WhySaid::in_english(&state.reach.why(&who.actor, site).await?)))
}

pub(super) async fn rules(State(state): State<AppState>, who: SignedIn) -> Result<Json<LinkRules>, Failure> {
    ask(&state, who, |casebook, actor, _| casebook.link_rules(actor)).await
}

pub(super) async fn set_rules(
    State(state): State<AppState>,
    who: SignedIn,
    SentJson(rules): SentJson<LinkRules>,
) -> Result<StatusCode, Failure> {
    carry_out(&state, who, move |casebook, actor, now_ms| casebook.set_link_rules(actor, rules, now_ms)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn start(State(state): State<AppState>, who: SignedIn) -> Result<StatusCode, Failure> {
    carry_out(&state, who, |casebook, actor, now_ms| casebook.ask_sync(actor, true, now_ms)).await?;
    Ok(StatusCode::ACCEPTED)
}

pub(super) async fn cancel(State(state): State<AppState>, who: SignedIn) -> Result<StatusCode, Failure> {
    carry_out(&state, who, |casebook, actor, now_ms| casebook.ask_sync(actor, false, now_ms)).await?;
    Ok(StatusCode::ACCEPTED)
}

pub(super) async fn cut(State(state): State<AppState>, who: SignedIn) -> Result<StatusCode, Failure> {
    carry_out(&state, who, |casebook, actor, now_ms| casebook.set_cut(actor, true, now_ms)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn restore(State(state): State<AppState>, who: SignedIn) -> Result<StatusCode, Failure> {
    carry_out(&state, who, |casebook, actor, now_ms| casebook.set_cut(actor, false, now_ms)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An address of a peer; of the hub when no replica is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Address {
    replica: Option<ReplicaId>,
    address: String,
}

pub(super) async fn add_address(
    State(state): State<AppState>,
    who: SignedIn,
    SentJson(sent): SentJson<Address>,
) -> Result<StatusCode, Failure> {
    at_most(&sent.address, ADDRESS_MAX_CHARS, "The address")?;
    let add = move |casebook: &cairn_casebook::Casebook, actor: &cairn_casebook::Actor, now_ms| {
        casebook.add_address(actor, sent.replica, &sent.address, now_ms)
    };
    carry_out(&state, who, add).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What to write into an invitation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Invite {
    #[serde(default)]
    addresses: Vec<String>,
    valid_minutes: Option<u64>,
    #[serde(default)]
    hub: bool,
    #[serde(default)]
    relay: bool,
}

pub(super) async fn invite(
    State(state): State<AppState>,
    who: SignedIn,
    SentJson(sent): SentJson<Invite>,
) -> Result<(StatusCode, Json<Invitation>), Failure> {
    check_addresses(&sent.addresses)?;
    let minutes = sent.valid_minutes.unwrap_or(INVITATION_USUAL_MINUTES);
    if !(1..=INVITATION_MAX_MINUTES).contains(&minutes) {
        let limit = INVITATION_MAX_MINUTES;
        return Err(Failure::bad_request(format!("An invitation is good for 1 to {limit} minutes. None was made.")));
    }
    let role = role_of(sent.hub, sent.relay);
    let addresses = if sent.addresses.is_empty() { state.settings.addresses.clone() } else { sent.addresses };
    let invite = move |casebook: &cairn_casebook::Casebook, actor: &cairn_casebook::Actor, now_ms| {
        casebook.invite_as(actor, role, &addresses, minutes * 60 * 1000, now_ms)
    };
    Ok((StatusCode::CREATED, ask(&state, who, invite).await?))
}

pub(super) async fn invitations(
    State(state): State<AppState>,
    who: SignedIn,
) -> Result<Json<Vec<Invitation>>, Failure> {
    ask(&state, who, |casebook, actor, now_ms| casebook.invitations(actor, now_ms)).await
}

/// A hub's code and where to find the hub.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Join {
    code: String,
    #[serde(default)]
    addresses: Vec<String>,
}

pub(super) async fn join(
    State(state): State<AppState>,
    who: SignedIn,
    SentJson(sent): SentJson<Join>,
) -> Result<StatusCode, Failure> {
    at_most(&sent.code, CODE_MAX_CHARS, "The code")?;
    check_addresses(&sent.addresses)?;
    state.reach.join(&who.actor, &sent.code, &sent.addresses).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn check_addresses(addresses: &[String]) -> Result<(), Failure> {
    if addresses.len() > ADDRESSES_MAX {
        return Err(Failure::bad_request(format!(
            "At most {ADDRESSES_MAX} addresses can be given. Nothing was changed."
        )));
    }
    addresses.iter().try_for_each(|address| at_most(address, ADDRESS_MAX_CHARS, "An address"))
}
