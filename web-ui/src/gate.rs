//! The gate: who is asking, and may they come to this route at all.
//!
//! It stands in front of every route of the router. It looks up the rule of the route, finds the session
//! (cookie, or bearer token under `/api/`), asks the casebook for the person as the accounts now stand, and
//! lets the request through with a [`SignedIn`] among its extensions, or answers itself. Refusals are written
//! to the audit before they are shown.

use axum::extract::{DefaultBodyLimit, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use cairn_casebook::{Actor, CasebookError, Via};

use crate::rights::{self, Found, Need, Rule};
use crate::session::{Session, SessionKey, same_secret};
use crate::state::{AppState, blocking};
use crate::{Failure, forms};
use cairn_record::reason;

/// Header in which scripts that use the cookie send the form token.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// The person who is asking. As an extractor it answers a signed-out failure when nobody is.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who, as the accounts stand at this request.
    pub actor: Actor,
    /// What every form of this session carries in its field `csrf`.
    pub csrf: String,
    /// Their session.
    pub session: SessionKey,
}

impl FromRequestParts<AppState> for SignedIn {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Failure> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Failure::signed_out)
    }
}

/// Lets a request through to its route, or answers it.
pub async fn gate(
    State(state): State<AppState>,
    path: Option<MatchedPath>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(path) = path else {
        // No such page: who is signed in sees so within their own frame, with the way back.
        let is_api = is_api(request.uri().path());
        let session = session_of(&state, request.headers(), is_api);
        let signed_in = visitor(&state, session, is_api).await;
        return known_to(signed_in, next.run(request).await);
    };
    match admit(&state, path.as_str(), &mut request).await {
        Ok(()) => {
            let signed_in = request.extensions().get::<SignedIn>().cloned();
            known_to(signed_in, next.run(request).await)
        }
        Err(answer) => *answer,
    }
}

/// Whoever comes with a running session, where nothing depends on it.
async fn visitor(state: &AppState, session: Option<(Session, bool)>, is_api: bool) -> Option<SignedIn> {
    refreshed(state, session?.0, is_api).await.ok().flatten()
}

/// Lets the page of a failure know who is asking.
fn known_to(signed_in: Option<SignedIn>, mut answer: Response) -> Response {
    if let Some(signed_in) = signed_in {
        answer.extensions_mut().insert(signed_in);
    }
    answer
}

async fn admit(state: &AppState, path: &str, request: &mut Request) -> Result<(), Box<Response>> {
    let rule = rule_of(request.method(), path)?;
    limit_body(rule, request)?;
    let is_api = is_api(path);
    let session = session_of(state, request.headers(), is_api);
    if let Some((session, by_cookie)) = session
        && let Some(signed_in) = refreshed(state, session, is_api).await?
    {
        if is_api && by_cookie && !request.method().is_safe() && rule.need != Need::Nothing {
            csrf_header(&signed_in, request.headers())?;
        }
        if !rule.need.met_by(&signed_in.actor) {
            return Err(refuse(state, &signed_in, rule).await);
        }
        request.extensions_mut().insert(signed_in);
        return Ok(());
    }
    if rule.need == Need::Nothing { Ok(()) } else { Err(send_to_sign_in(request, is_api)) }
}

/// Whether this path belongs to the JSON API.
pub fn is_api(path: &str) -> bool {
    path.starts_with("/api/")
}

fn rule_of(method: &Method, path: &str) -> Result<&'static Rule, Box<Response>> {
    match rights::find(method, path) {
        Found::Rule(rule) => Ok(rule),
        Found::OtherMethod => Err(boxed(method_not_allowed())),
        Found::Unknown => {
            tracing::error!(path, "no rule says what this route needs; it stays closed");
            Err(boxed(Failure::fault(reason!("page-closed"))))
        }
    }
}

/// The failure for a method that a path does not take.
pub fn method_not_allowed() -> Failure {
    Failure::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "This address does not take that kind of request. Nothing was read or changed.",
    )
}

/// Refuses at once what says that it is too large; extractors stop at the limit for what does not say.
fn limit_body(rule: &Rule, request: &mut Request) -> Result<(), Box<Response>> {
    let stated = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if stated.and_then(|text| text.parse::<u64>().ok()).is_some_and(|bytes| bytes > rule.body_max_bytes as u64) {
        return Err(boxed(Failure::too_large(rule.body_max_bytes)));
    }
    DefaultBodyLimit::max(rule.body_max_bytes).apply(request);
    request.extensions_mut().insert(forms::BodyMax(rule.body_max_bytes));
    Ok(())
}

/// The running session that the request names, and whether it named it by the cookie.
fn session_of(state: &AppState, headers: &HeaderMap, is_api: bool) -> Option<(Session, bool)> {
    if is_api && let Some(value) = headers.get(header::AUTHORIZATION) {
        let token = value.to_str().ok()?.strip_prefix("Bearer ")?;
        return state.sessions.find(token.trim(), state.now_ms()).map(|session| (session, false));
    }
    let token = cookie(headers, &state.cookie)?;
    state.sessions.find(token, state.now_ms()).map(|session| (session, true))
}

/// The value of one cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// The person of the session as the accounts now stand; `None` when they may no longer sign in.
async fn refreshed(state: &AppState, session: Session, is_api: bool) -> Result<Option<SignedIn>, Box<Response>> {
    let Session { mut actor, csrf, key } = session;
    actor.via = if is_api { Via::Api } else { Via::Screen };
    let answer = blocking(state, move |casebook, _| Ok::<_, Failure>(casebook.refresh_actor(&actor))).await;
    let actor = answer.map_err(boxed)?;
    if actor.is_none() {
        state.sessions.close(key);
    }
    Ok(actor.map(|actor| SignedIn { actor, csrf, session: key }))
}

fn csrf_header(signed_in: &SignedIn, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let sent = headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if same_secret(sent, &signed_in.csrf) { Ok(()) } else { Err(boxed(Failure::not_from_here())) }
}

/// Writes the refusal to the audit, then shows it.
async fn refuse(state: &AppState, signed_in: &SignedIn, rule: &'static Rule) -> Box<Response> {
    let actor = signed_in.actor.clone();
    let noted = blocking(state, move |casebook, now_ms| {
        let detail = format!("{} {}", rule.method, rule.path);
        casebook.note(&actor, "refused", &detail, now_ms)
    });
    let failure = match noted.await {
        Ok(()) => Failure::refused(),
        Err(error) => CasebookError::into(error),
    };
    let mut answer = failure.into_response();
    answer.extensions_mut().insert(signed_in.clone());
    Box::new(answer)
}

/// Pages lead to the sign-in page and back again; the API and parts of pages are told.
fn send_to_sign_in(request: &Request, is_api: bool) -> Box<Response> {
    if is_api {
        return boxed(Failure::signed_out());
    }
    let target = sign_in_address(request);
    if request.headers().contains_key("hx-request") {
        let mut answer = Failure::signed_out().into_response();
        if let Ok(value) = target.parse() {
            answer.headers_mut().insert("hx-redirect", value);
        }
        return Box::new(answer);
    }
    Box::new(Redirect::to(&target).into_response())
}

fn sign_in_address(request: &Request) -> String {
    let asked = request.uri().path_and_query().map_or("/", |asked| asked.as_str());
    if request.method() == Method::GET && asked != "/" && asked.len() <= 2000 {
        format!("/sign-in?next={}", forms::percent_encoded(asked))
    } else {
        "/sign-in".into()
    }
}

fn boxed(failure: Failure) -> Box<Response> {
    Box::new(failure.into_response())
}
