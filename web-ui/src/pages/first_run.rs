//! First run: the machine has a name and keys already; now it gets its first person.
//!
//! Whoever comes first could be anybody on the network, so the form asks for the code that the appliance shows where it
//! was started.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use cairn_casebook::{Actor, CasebookError, NewPerson, Role, Via};

use cairn_record::reason;

use super::people::{AtBox, FormOutcome, refusal};
use super::{Done, Frame, Section, Trouble, Visit, page, page_with};
use crate::Failure;
use crate::entry::{self, SetupCode};
use crate::forms::OpenForm;
use crate::state::{AppState, blocking};

#[derive(Template)]
#[template(path = "first_run.html")]
pub(super) struct FirstRunPage {
    pub frame: Frame,
    pub user: String,
    pub display: String,
    pub code: String,
    pub open: bool,
    /// The door that was chosen: `join`, `invite`, or empty for a new agency.
    pub door: &'static str,
}

/// Doors that lead further than to the home page, and where to.
const DOORS: [(&str, &str); 2] = [("join", "/sync/join"), ("invite", "/sync/invite")];

/// The doors.
pub(super) async fn show(
    State(state): State<AppState>,
    visit: Visit,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    if !nobody(&state).await? {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    let door = asked.iter().find(|(key, _)| key == "door").map_or("", |(_, door)| door);
    let shown = FirstRunPage::of(visit, state.settings.setup_code.is_some());
    page(&FirstRunPage { door: door_of(door).0, ..shown })
}

/// Adds the first administrator and signs them in.
pub(super) async fn add(State(state): State<AppState>, visit: Visit, sent: OpenForm) -> Result<Response, Failure> {
    if !nobody(&state).await? {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    match add_first(&state, &visit, &sent).await? {
        Ok(()) => begin(&state, &sent).await,
        Err((at, text)) => {
            let typed = |name: &str| sent.get(name).to_string();
            let mut shown = FirstRunPage::of(visit, state.settings.setup_code.is_some());
            (shown.user, shown.display, shown.code) = (typed("user"), typed("display"), typed("code"));
            shown.door = door_of(sent.get("door")).0;
            shown.frame.troubles.push(Trouble { at: at.into(), text });
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
    }
}

async fn add_first(state: &AppState, visit: &Visit, sent: &OpenForm) -> Result<Result<(), AtBox>, Failure> {
    let w = visit.words();
    match entry::setup_code(state, sent.get("code")) {
        SetupCode::Closed => return Ok(Err(("code", w.t("first-closed")))),
        SetupCode::Wrong => return Ok(Err(("code", w.t("first-wrong-code")))),
        SetupCode::Right => {}
    }
    if sent.exact("password") != sent.exact("again") {
        return Ok(Err(("again", w.t("password-differs"))));
    }
    let person = NewPerson {
        user: sent.get("user").into(),
        display: sent.get("display").into(),
        role: Role::Administrator,
        password: sent.exact("password").into(),
    };
    let added = blocking(state, move |casebook, now_ms| {
        if !casebook.nobody() {
            return Err(CasebookError::NotNow(reason!("nobody-any-more")));
        }
        casebook.add_person(&first_visitor(), &person, now_ms)
    });
    added.await.map_err(|error| refusal(w, error, "user")).transpose_form()
}

/// The person who knows the code that the appliance showed when it was started.
fn first_visitor() -> Actor {
    Actor { user: "first-run".into(), display: "First run".into(), role: Some(Role::Administrator), via: Via::Screen }
}

/// Signs the first person in.
async fn begin(state: &AppState, sent: &OpenForm) -> Result<Response, Failure> {
    let opened = entry::sign_in(state, sent.get("user"), sent.exact("password"), Via::Screen).await?;
    let cookie = entry::session_cookie(state, &opened).map_err(|_| Failure::fault(reason!("session-not-begun")))?;
    let mut response = Done::FirstPerson.at(door_of(sent.get("door")).1);
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The door of this name with what is behind it; a new agency's when there is none.
fn door_of(name: &str) -> (&'static str, &'static str) {
    DOORS.into_iter().find(|(door, _)| *door == name).unwrap_or(("", "/"))
}

async fn nobody(state: &AppState) -> Result<bool, Failure> {
    blocking(state, |casebook, _| Ok(casebook.nobody())).await
}

impl FirstRunPage {
    pub(super) fn of(mut visit: Visit, open: bool) -> Self {
        visit.signed_in = None;
        let title = visit.words().t("first-title");
        Self {
            frame: visit.frame(Section::Other, title),
            user: String::new(),
            display: String::new(),
            code: String::new(),
            open,
            door: "",
        }
    }

    /// Key of the words for what comes after the first person.
    pub fn then_key(&self) -> &'static str {
        if self.door == "join" { "first-then-join" } else { "first-then-invite" }
    }
}
