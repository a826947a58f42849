//! Questions to other sites: ask from the check page, watch the answer come, see what became of them.
//!
//! The page of a question is also what stands in the check page while the answer is awaited: the part under `#ask`
//! renews itself. Markers that the subject must not notice show only after a deliberate step, as everywhere.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use cairn_casebook::{
    AnswerResult, AskRequest, AskedLine, MatchKind, Outcome, QuestionAnswer, QuestionHit, QuestionId, QuestionLine,
    QuestionMarker, QuestionPage, QuestionState, Right,
};
use cairn_record::Kind;

use super::record::{BeforePrivate, wants_private};
use super::{Done, Frame, Section, Visit, page};
use crate::Failure;
use crate::forms::CheckedForm;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::words::{Clock, number};

/// A question with its answers.
#[derive(Template)]
#[template(path = "question.html")]
pub(super) struct QuestionShown {
    pub frame: Frame,
    pub line: QuestionLine,
    pub what: String,
    pub told: Told,
    pub answers: Vec<Answered>,
    pub private: bool,
}

/// Where a question stands, in words and colour.
pub(super) struct Told {
    pub look: &'static str,
    pub icon: &'static str,
    pub word: String,
    pub sentence: String,
    /// How often the page asks again, as htmx says it; empty when nothing is awaited.
    pub renew: &'static str,
}

/// One answer.
pub(super) struct Answered {
    pub sentence: String,
    pub worth: Vec<String>,
    pub hits: Vec<Hit>,
    pub more: u16,
}

pub(super) struct Hit {
    pub hit: QuestionHit,
    pub possible: bool,
    pub matched: String,
    pub kind: String,
    pub markers: Vec<QuestionMarker>,
}

/// The list of questions.
#[derive(Template)]
#[template(path = "questions.html")]
pub(super) struct QuestionsPage {
    pub frame: Frame,
    pub mine: Vec<Listed>,
    pub site: Option<Vec<Listed>>,
    pub asked: Vec<AskedShown>,
}

/// A question in a list.
pub(super) struct Listed {
    pub line: QuestionLine,
    pub what: String,
    pub word: String,
    pub tag: &'static str,
}

/// What this site was asked.
pub(super) struct AskedShown {
    pub line: AskedLine,
    pub matched: Vec<(String, String, &'static str)>,
}

/// Asks, and leads to the page of the question.
pub(super) async fn ask(State(state): State<AppState>, form: CheckedForm) -> Result<Response, Failure> {
    let actor = form.signed_in.actor.clone();
    let to = form.get("to").parse().ok();
    let request = AskRequest { text: form.get("text").to_owned(), reason: form.get("reason").to_owned(), to };
    let asked = blocking(&state, move |casebook, now_ms| casebook.ask(&actor, &request, now_ms)).await?;
    Ok(Redirect::to(&format!("/questions/{}", asked.id)).into_response())
}

/// A question and what came of it.
pub(super) async fn show(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let id = question_id(&id)?;
    let private = wants_private(&asked);
    let found = blocking(&state, move |casebook, now_ms| casebook.question(&who.actor, id, now_ms)).await?;
    page(&QuestionShown::of(visit, found, private))
}

/// The step before the private details of an answer.
pub(super) async fn before_private(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    let about = format!("/questions/{}", question_id(&id)?);
    let title = visit.words().t("private-title");
    page(&BeforePrivate { frame: visit.frame(Section::Questions, title), about })
}

/// One's questions; for supervisors those of the site; and what this site was asked.
pub(super) async fn list(State(state): State<AppState>, visit: Visit, who: SignedIn) -> Result<Response, Failure> {
    let actor = who.actor;
    let found = blocking(&state, move |casebook, now_ms| {
        let mine = casebook.questions(&actor, false, now_ms)?;
        let oversees = actor.may(Right::OverseeQuestions);
        let site = if oversees { Some(casebook.questions(&actor, true, now_ms)?) } else { None };
        Ok::<_, Failure>((mine, site, casebook.asked_here(&actor, now_ms)?))
    });
    let (mine, site, asked) = found.await?;
    page(&QuestionsPage::of(visit, mine, site, asked))
}

/// Notes that an alert was read.
pub(super) async fn read_alert(State(state): State<AppState>, form: CheckedForm) -> Result<Response, Failure> {
    let actor = form.signed_in.actor.clone();
    let (id, look) = (question_id(form.get("id"))?, form.get("look").parse().unwrap_or_default());
    blocking(&state, move |casebook, _| casebook.read_alert(&actor, id, look)).await?;
    Ok(Done::AlertRead.at("/questions"))
}

pub(crate) fn question_id(text: &str) -> Result<QuestionId, Failure> {
    text.parse().map_err(|_| Failure::not_found("There is no such question here."))
}

/// What was asked, as it was read: "Plate OH3338L".
pub(super) fn what(clock: &Clock, line: &QuestionLine) -> String {
    line.readings.first().map_or_else(|| line.asked.clone(), |reading| clock.words.reading(reading))
}

impl QuestionShown {
    pub(super) fn of(visit: Visit, found: QuestionPage, private: bool) -> Self {
        let clock = visit.clock;
        let what = what(&clock, &found.line);
        let title = clock.words.a("question-title", "what", &what);
        let told = Told::of(&clock, &found);
        let answers = found.answers.into_iter().map(|answer| Answered::of(&clock, &found.line, answer, private));
        Self {
            answers: answers.collect(),
            frame: visit.frame(Section::Questions, title),
            told,
            what,
            private,
            line: found.line,
        }
    }
}

impl Told {
    fn of(clock: &Clock, found: &QuestionPage) -> Self {
        let (w, line) = (clock.words, &found.line);
        let exact = found.answers.iter().flat_map(|answer| &answer.hits);
        let exact = exact.into_iter().any(|hit| hit.matched == Some(MatchKind::Exact));
        let (look, icon, word, key) = match (line.state, line.result) {
            (QuestionState::Answered, Some(AnswerResult::Held)) if exact => {
                ("hit", "alert", "verdict-hit", "question-held")
            }
            (QuestionState::Answered, Some(AnswerResult::Held)) => {
                ("possible", "perhaps", "verdict-possible", "question-held-alike")
            }
            (QuestionState::Answered, Some(AnswerResult::Contact)) => {
                ("possible", "phone", "question-word-contact", "question-contact")
            }
            (QuestionState::Answered, _) => ("nothing", "nothing", "question-word-none", "question-none"),
            (QuestionState::Expired, _) => ("unread", "info", "question-word-expired", "question-expired"),
            (QuestionState::Sent, _) if line.to_role == "post" => {
                ("unread", "waiting", "question-word-sent", "question-left")
            }
            (QuestionState::Sent, _) if line.connected => {
                ("unread", "waiting", "question-word-sent", "question-sent-linked")
            }
            (QuestionState::Sent, _) => ("unread", "waiting", "question-word-sent", "question-sent"),
            (QuestionState::Waiting, _) if line.connected => {
                ("unread", "waiting", "question-word-sent", "question-going")
            }
            (QuestionState::Waiting, _) => ("unread", "waiting", "question-word-waiting", "question-waiting"),
        };
        let args = [
            ("count", number(line.hits)),
            ("site", line.to.as_str().into()),
            ("time", clock.time_words(line.answered_ms.unwrap_or(line.expires_ms)).into()),
        ];
        let renew = match (line.state, line.connected) {
            (QuestionState::Waiting | QuestionState::Sent, true) => "every 1s",
            (QuestionState::Waiting | QuestionState::Sent, false) => "every 10s",
            _ => "",
        };
        Self { look, icon, word: w.t(word), sentence: w.with(key, &args), renew }
    }
}

impl Answered {
    fn of(clock: &Clock, line: &QuestionLine, answer: QuestionAnswer, private: bool) -> Self {
        let w = clock.words;
        let args = [("site", line.to.as_str().into()), ("time", clock.time_words(answer.as_of_ms).into())];
        let key = if answer.number == 0 { "question-as-of" } else { "question-came-later" };
        Self {
            sentence: w.with(key, &args),
            worth: worth(clock, line, &answer),
            hits: answer.hits.into_iter().map(|hit| Hit::of(clock, hit, private)).collect(),
            more: answer.more,
        }
    }
}

/// What an answer is worth: whether damage took part of what the one who gave it held, and who it had not heard from.
fn worth(clock: &Clock, line: &QuestionLine, answer: &QuestionAnswer) -> Vec<String> {
    let (w, site) = (clock.words, line.to.as_str());
    let (damaged, unheard) = answer.damaged_and_unheard(site);
    let (names, more) = (unheard.join(", "), u64::from(answer.unheard_more));
    let args = [("site", site.into()), ("names", names.into()), ("count", number(more))];
    let heard = match (unheard.is_empty(), more > 0) {
        (true, _) => "question-heard-all",
        (false, false) => "question-unheard",
        (false, true) => "question-unheard-more",
    };
    let damage = damaged.then(|| w.a("question-damaged", "site", site));
    damage.into_iter().chain([w.with(heard, &args)]).collect()
}

impl Hit {
    fn of(clock: &Clock, mut hit: QuestionHit, private: bool) -> Self {
        let w = clock.words;
        if hit.kind == Some(Kind::Marker) && !private {
            hit.title = w.t("marker-in-private");
        }
        let told = hit.markers.iter().filter(|marker| private || !marker.discreet).cloned();
        let markers = told.map(|mut marker| {
            marker.label = w.code(Kind::Marker, "marker", &marker.label);
            marker.requested_action = w.code(Kind::Marker, "requested_action", &marker.requested_action);
            marker
        });
        let matched = match hit.matched {
            Some(MatchKind::Exact) => "matched-exact",
            Some(MatchKind::LookAlike) => "matched-look_alike",
            Some(MatchKind::Name) => "matched-name",
            Some(MatchKind::Mention) => "matched-mention",
            None => "question-word-contact",
        };
        Self {
            possible: hit.matched != Some(MatchKind::Exact),
            matched: w.t(matched),
            kind: hit.kind.map(|kind| w.kind(kind)).unwrap_or_default(),
            markers: markers.collect(),
            hit,
        }
    }
}

impl QuestionsPage {
    pub(super) fn of(
        visit: Visit,
        mine: Vec<QuestionLine>,
        site: Option<Vec<QuestionLine>>,
        asked: Vec<AskedLine>,
    ) -> Self {
        let clock = visit.clock;
        let title = visit.words().t("questions-title");
        let listed = |lines: Vec<QuestionLine>| lines.into_iter().map(|line| Listed::of(&clock, line)).collect();
        Self {
            mine: listed(mine),
            site: site.map(listed),
            asked: asked.into_iter().map(|line| AskedShown::of(&clock, line)).collect(),
            frame: visit.frame(Section::Questions, title),
        }
    }
}

impl Listed {
    fn of(clock: &Clock, line: QuestionLine) -> Self {
        let (word, tag) = match (line.state, line.result) {
            (QuestionState::Answered, Some(AnswerResult::Held)) => ("question-tag-held", "tag-hit"),
            (QuestionState::Answered, Some(AnswerResult::Contact)) => ("question-word-contact", "tag-possible"),
            (QuestionState::Answered, _) => ("question-word-none", ""),
            (QuestionState::Expired, _) => ("question-word-expired", ""),
            (QuestionState::Sent, _) => ("question-word-sent", ""),
            (QuestionState::Waiting, _) => ("question-word-waiting", ""),
        };
        Self { what: what(clock, &line), word: clock.words.t(word), tag, line }
    }
}

impl AskedShown {
    fn of(clock: &Clock, line: AskedLine) -> Self {
        let w = clock.words;
        let matched = line.matched.iter().map(|one| {
            let (key, tag) = match one.outcome {
                Outcome::Open => ("question-told-open", "tag-well"),
                Outcome::Contact => ("question-told-contact", "tag-possible"),
                Outcome::Silent => ("question-told-silent", "tag-hit"),
            };
            (if one.discreet { w.t("marker-in-private") } else { one.title.clone() }, w.t(key), tag)
        });
        Self { matched: matched.collect(), line }
    }
}

/// The line of the task list for a question with news.
pub(super) fn news(clock: &Clock, line: &QuestionLine) -> String {
    let key = match (line.state, line.result) {
        (QuestionState::Answered, Some(AnswerResult::Held)) => "question-news-held",
        (QuestionState::Answered, Some(AnswerResult::Contact)) => "question-news-contact",
        (QuestionState::Answered, _) => "question-news-none",
        _ => "question-news-expired",
    };
    let args = [
        ("site", line.to.as_str().into()),
        ("what", what(clock, line).into()),
        ("holders", line.held_by.join(", ").into()),
    ];
    clock.words.with(key, &args)
}
