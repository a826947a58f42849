//! Reading the audit and verifying the logs.

use axum::Json;
use axum::extract::{Query, State};
use cairn_casebook::{AuditLine, AuditQuery, Verification};
use serde::Deserialize;

use super::records::record_id;
use super::{ask, at_most};
use crate::Failure;
use crate::forms::SentJson;
use crate::gate::SignedIn;
use crate::state::AppState;

/// Lines when the caller does not say how many.
const USUAL: usize = 100;
/// Most lines of one answer.
pub(super) const MAX: usize = 500;

/// Which lines.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    #[serde(default)]
    action: String,
    #[serde(default)]
    user: String,
    record: Option<String>,
    before_ms: Option<u64>,
    limit: Option<usize>,
}

pub(super) async fn list(
    State(state): State<AppState>,
    who: SignedIn,
    which: Result<Query<Which>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Vec<AuditLine>>, Failure> {
    let Query(which) = which.map_err(|error| Failure::bad_request(format!("The query could not be read: {error}.")))?;
    at_most(&which.action, 64, "The action")?;
    at_most(&which.user, 64, "The name")?;
    let query = AuditQuery {
        action: which.action,
        user: which.user,
        record: which.record.as_deref().map(record_id).transpose()?,
        before_ms: which.before_ms,
        limit: which.limit.unwrap_or(USUAL).min(MAX),
    };
    ask(&state, who, move |casebook, actor, now_ms| casebook.audit(actor, &query, now_ms)).await
}

/// What to verify.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct What {
    #[serde(default)]
    audit_only: bool,
}

pub(super) async fn verify(
    State(state): State<AppState>,
    who: SignedIn,
    SentJson(sent): SentJson<What>,
) -> Result<Json<Verification>, Failure> {
    ask(&state, who, move |casebook, actor, now_ms| casebook.verify(actor, sent.audit_only, now_ms)).await
}
