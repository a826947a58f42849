//! Signing in and out.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use cairn_casebook::Via;

use super::{Done, Frame, Section, Trouble, Visit, page, page_with};
use crate::entry;
use crate::forms::{CheckedForm, OpenForm, own_path};
use crate::state::AppState;
use crate::{Failure, blocking};
use cairn_record::reason;

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(super) struct SignInPage {
    pub frame: Frame,
    pub user: String,
    pub next: String,
}

/// The form; on a machine where nobody can sign in yet, the first run.
pub(super) async fn show(
    State(state): State<AppState>,
    visit: Visit,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    if blocking(&state, |casebook, _| Ok::<_, Failure>(casebook.nobody())).await? {
        return Ok(Redirect::to("/first-run").into_response());
    }
    let next = asked.into_iter().find(|(key, _)| key == "next").map(|(_, next)| next).unwrap_or_default();
    page(&SignInPage::of(visit, String::new(), own_path(&next).to_string()))
}

/// Checks name and password, and begins a session.
pub(super) async fn enter(
    State(state): State<AppState>,
    visit: Visit,
    headers: HeaderMap,
    sent: OpenForm,
) -> Result<Response, Failure> {
    let next = own_path(sent.get("next")).to_string();
    match entry::sign_in(&state, sent.get("user"), sent.exact("password"), Via::Screen).await {
        Ok(opened) => {
            entry::drop_old_session(&state, &headers);
            let cookie =
                entry::session_cookie(&state, &opened).map_err(|_| Failure::fault(reason!("session-not-begun")))?;
            let mut response = Redirect::to(&next).into_response();
            response.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(failure) if matches!(failure.code, "sign-in-wrong" | "sign-in-wait" | "no-room") => {
            let mut shown = SignInPage::of(visit, sent.get("user").to_string(), next);
            let text = super::failure::words_of(shown.frame.words, &failure);
            shown.frame.troubles.push(Trouble { at: "user".into(), text });
            page_with(failure.status, &shown)
        }
        Err(failure) => Err(failure),
    }
}

/// Ends the session.
pub(super) async fn leave(State(state): State<AppState>, sent: CheckedForm) -> Result<Response, Failure> {
    entry::sign_out(&state, &sent.signed_in).await?;
    let cookie = entry::no_cookie(&state).map_err(|_| Failure::fault(reason!("session-ended")))?;
    let mut response = Done::SignedOut.at("/sign-in");
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

impl SignInPage {
    pub(super) fn of(mut visit: Visit, user: String, next: String) -> Self {
        visit.signed_in = None;
        let title = visit.words().t("sign-in-title");
        Self { frame: visit.frame(Section::Other, title), user, next }
    }
}
