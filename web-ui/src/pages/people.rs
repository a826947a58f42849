//! People: who can sign in here, and as what.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use cairn_casebook::{Casebook, CasebookError, NewPerson, Person, Role};

use super::{Done, Frame, Section, Trouble, Visit, page, page_with};
use crate::Failure;
use crate::forms::CheckedForm;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::words::Words;
use cairn_record::reason;

#[derive(Template)]
#[template(path = "people.html")]
pub(super) struct PeoplePage {
    pub frame: Frame,
    pub people: Vec<Person>,
    pub roles: Vec<RoleShown>,
    pub user: String,
    pub display: String,
    pub role: String,
}

#[derive(Template)]
#[template(path = "person.html")]
pub(super) struct PersonPage {
    pub frame: Frame,
    pub person: Person,
    pub roles: Vec<RoleShown>,
}

/// A role with what it is for.
pub(super) struct RoleShown {
    pub key: &'static str,
    pub label: String,
    pub words: String,
}

pub(super) fn roles(w: Words) -> Vec<RoleShown> {
    let shown = |role: Role| RoleShown {
        key: role.key(),
        label: w.t(&format!("role-{}", role.key())),
        words: w.t(&format!("role-{}-words", role.key())),
    };
    Role::ALL.into_iter().map(shown).collect()
}

/// Everyone, and a form to add somebody.
pub(super) async fn list(State(state): State<AppState>, visit: Visit, who: SignedIn) -> Result<Response, Failure> {
    let actor = who.actor.clone();
    let people = blocking(&state, move |casebook, _| casebook.people(&actor)).await?;
    page(&PeoplePage::of(visit, people))
}

/// Adds somebody.
pub(super) async fn add(State(state): State<AppState>, visit: Visit, sent: CheckedForm) -> Result<Response, Failure> {
    let typed = |name: &str| sent.get(name).to_string();
    let (user, display, role) = (typed("user"), typed("display"), typed("role"));
    let outcome = match (Role::from_key(&role), sent.exact("password") == sent.exact("again")) {
        (None, _) => Err(("role", visit.words().t("people-choose-role"))),
        (_, false) => Err(("again", visit.words().t("password-differs"))),
        (Some(role), true) => {
            let password = sent.exact("password").to_string();
            let person = NewPerson { user: user.clone(), display: display.clone(), role, password };
            let actor = sent.signed_in.actor.clone();
            let added = blocking(&state, move |casebook, now_ms| casebook.add_person(&actor, &person, now_ms));
            added.await.map_err(|error| refusal(visit.words(), error, "user")).transpose_form()?
        }
    };
    let Err((at, text)) = outcome else { return Ok(Done::PersonAdded.at("/people")) };
    let actor = sent.signed_in.actor.clone();
    let people = blocking(&state, move |casebook, _| casebook.people(&actor)).await?;
    let mut shown = PeoplePage { user, display, role, ..PeoplePage::of(visit, people) };
    shown.frame.troubles.push(Trouble { at: at.into(), text });
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// What a form can show beside a box; everything else is a page of its own.
pub(super) type AtBox = (&'static str, String);

/// A refusal for the form, or a failure for a page.
pub(super) fn refusal(w: Words, error: CasebookError, at: &'static str) -> Result<AtBox, Failure> {
    match error {
        CasebookError::BadRequest(_) | CasebookError::Invalid(_) | CasebookError::NotNow(_) => {
            Ok((at, w.sentence(&error.reason())))
        }
        other => Err(other.into()),
    }
}

/// Takes what belongs on another page out of a form's outcome.
pub(super) trait FormOutcome<T> {
    /// The form's own outcome, or the failure for a page.
    fn transpose_form(self) -> Result<Result<T, AtBox>, Failure>;
}

impl<T> FormOutcome<T> for Result<T, Result<AtBox, Failure>> {
    fn transpose_form(self) -> Result<Result<T, AtBox>, Failure> {
        match self {
            Ok(value) => Ok(Ok(value)),
            Err(Ok(at_box)) => Ok(Err(at_box)),
            Err(Err(failure)) => Err(failure),
        }
    }
}

/// One person.
pub(super) async fn show(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Path(user): Path<String>,
) -> Result<Response, Failure> {
    let person = person_of(&state, &who, user).await?;
    page(&PersonPage::of(visit, person))
}

/// Changes a role, or switches sign-in off or on.
pub(super) async fn change(
    State(state): State<AppState>,
    visit: Visit,
    Path(user): Path<String>,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let Some(role) = Role::from_key(sent.get("role")) else {
        return again(&state, visit, &sent, user, ("role", String::new())).await;
    };
    let (disabled, name) = (sent.get("disabled") == "yes", user.clone());
    let changed =
        run(&state, &sent, move |casebook, actor, now_ms| casebook.change_person(actor, &name, role, disabled, now_ms));
    match changed.await.map_err(|error| refusal(visit.words(), error, "role")).transpose_form()? {
        Ok(()) => Ok(Done::PersonChanged.at("/people")),
        Err(wrong) => again(&state, visit, &sent, user, wrong).await,
    }
}

/// Sets somebody's password; their sessions end.
pub(super) async fn set_password(
    State(state): State<AppState>,
    visit: Visit,
    Path(user): Path<String>,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    if sent.exact("password") != sent.exact("again") {
        let text = visit.words().t("password-differs");
        return again(&state, visit, &sent, user, ("again", text)).await;
    }
    let (name, password) = (user.clone(), sent.exact("password").to_string());
    let set =
        run(&state, &sent, move |casebook, actor, now_ms| casebook.set_password(actor, &name, None, &password, now_ms));
    match set.await.map_err(|error| refusal(visit.words(), error, "password")).transpose_form()? {
        Ok(()) => {
            let own = (user == sent.signed_in.actor.user).then_some(sent.signed_in.session);
            state.sessions.close_others(&user, own);
            Ok(Done::PasswordSet.at("/people"))
        }
        Err(wrong) => again(&state, visit, &sent, user, wrong).await,
    }
}

/// The person's page again, with what was wrong.
async fn again(
    state: &AppState,
    visit: Visit,
    sent: &CheckedForm,
    user: String,
    (at, text): AtBox,
) -> Result<Response, Failure> {
    let person = person_of(state, &sent.signed_in, user).await?;
    let mut shown = PersonPage::of(visit, person);
    let text = if text.is_empty() { shown.frame.words.t("people-choose-role") } else { text };
    shown.frame.troubles.push(Trouble { at: at.into(), text });
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

async fn run(
    state: &AppState,
    sent: &CheckedForm,
    work: impl FnOnce(&Casebook, &cairn_casebook::Actor, u64) -> Result<(), CasebookError> + Send + 'static,
) -> Result<(), CasebookError> {
    let actor = sent.signed_in.actor.clone();
    blocking(state, move |casebook, now_ms| work(casebook, &actor, now_ms)).await
}

async fn person_of(state: &AppState, who: &SignedIn, user: String) -> Result<Person, Failure> {
    let actor = who.actor.clone();
    let people = blocking(state, move |casebook, _| casebook.people(&actor)).await?;
    let found = people.into_iter().find(|person| person.user == user);
    found.ok_or_else(|| Failure::not_found(reason!("person-unknown")))
}

impl PeoplePage {
    pub(super) fn of(visit: Visit, people: Vec<Person>) -> Self {
        let w = visit.words();
        let frame = visit.frame(Section::People, w.t("people-title"));
        let role = Role::Officer.key().to_string();
        Self { frame, people, roles: roles(w), user: String::new(), display: String::new(), role }
    }
}

impl PersonPage {
    pub(super) fn of(visit: Visit, person: Person) -> Self {
        let w = visit.words();
        Self { frame: visit.frame(Section::People, person.display.clone()), person, roles: roles(w) }
    }
}
