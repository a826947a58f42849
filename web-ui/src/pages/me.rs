//! What belongs to the person who is signed in: their password, and how pages look in this browser.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use super::frame::Look;
use super::people::{FormOutcome, refusal};
use super::{Done, Frame, Section, Trouble, Visit, page, page_with};
use crate::Failure;
use crate::forms::{CheckedForm, OpenForm};
use crate::state::{AppState, blocking};

#[derive(Template)]
#[template(path = "me.html")]
pub(super) struct MePage {
    pub frame: Frame,
}

/// The page.
pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    page(&MePage::of(visit))
}

/// Changes one's own password; other sessions of the person end.
pub(super) async fn set_password(
    State(state): State<AppState>,
    visit: Visit,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let mut shown = MePage::of(visit);
    if sent.exact("password") != sent.exact("again") {
        let text = shown.frame.words.t("password-differs");
        return shown.again("again", text);
    }
    let actor = sent.signed_in.actor.clone();
    let (old, new) = (sent.exact("old").to_string(), sent.exact("password").to_string());
    let set =
        blocking(&state, move |casebook, now_ms| casebook.set_password(&actor, &actor.user, Some(&old), &new, now_ms));
    match set.await.map_err(|error| refusal(shown.frame.words, error, "old")).transpose_form()? {
        Ok(()) => {
            state.sessions.close_others(&sent.signed_in.actor.user, Some(sent.signed_in.session));
            Ok(Done::OwnPasswordSet.at("/me"))
        }
        Err((at, text)) => {
            shown.frame.notice = None;
            shown.again(at, text)
        }
    }
}

/// Keeps in this browser how pages look. It says nothing about a person, so that it needs no session.
pub(super) async fn set_look(sent: OpenForm) -> Result<Response, Failure> {
    let mut response = Done::LookKept.back_at(sent.get("back"));
    for (name, known) in [("theme", Look::THEMES.as_slice()), ("rows", &Look::ROWS), ("keys", &Look::KEYS)] {
        let Some(value) = known.iter().find(|value| **value == sent.get(name)) else { continue };
        let cookie = format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Strict; HttpOnly");
        let cookie = HeaderValue::from_str(&cookie).map_err(|_| Failure::not_from_here())?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

impl MePage {
    pub(super) fn of(visit: Visit) -> Self {
        let title = visit.words().t("me-title");
        Self { frame: visit.frame(Section::Other, title) }
    }

    /// What the person may do.
    pub fn rights(&self) -> Vec<String> {
        super::failure::rights_of(&self.frame)
    }

    fn again(mut self, at: &str, text: String) -> Result<Response, Failure> {
        self.frame.troubles.push(Trouble { at: at.into(), text });
        page_with(StatusCode::UNPROCESSABLE_ENTITY, &self)
    }
}
