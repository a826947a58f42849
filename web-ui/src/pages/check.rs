//! Check: one big box, and the answer in the same page.
//!
//! What is checked goes in the body of a form, so that it stays out of addresses and histories. A marker that the
//! subject must not notice never shows here: every hit leads, with the same words, to its details in private.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cairn_casebook::{Askable, CheckAnswer, CheckHit, LinkLine, MatchKind, Right, Verdict};
use cairn_record::Kind;
use cairn_record::schema::schema;

use super::shown::{self, Marked, Source};
use super::{Frame, Section, Visit, page};
use crate::Failure;
use crate::forms::CheckedForm;
use crate::state::{AppState, blocking};
use crate::words::{Clock, number};

/// Linked records shown with a hit.
const LINKED_MAX: usize = 6;

#[derive(Template)]
#[template(path = "check.html")]
pub(super) struct CheckPage {
    pub frame: Frame,
    pub asked: String,
    pub answer: Option<Answer>,
    /// Who else can be asked.
    pub askable: Vec<Askable>,
}

/// The answer as the page shows it.
pub(super) struct Answer {
    pub verdict: &'static str,
    pub look: &'static str,
    pub icon: &'static str,
    pub word: String,
    pub sentence: String,
    pub warnings: Vec<String>,
    pub hits: Vec<Hit>,
    pub more: usize,
    pub sources: Vec<Source>,
    pub worth: Vec<String>,
    pub read_as: Vec<String>,
    pub answered_ms: u64,
}

pub(super) struct Hit {
    pub hit: CheckHit,
    pub possible: bool,
    pub matched: String,
    pub field: String,
    pub value_class: &'static str,
    pub markers: Vec<Marked>,
    pub linked: Vec<LinkLine>,
}

/// The empty box.
pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    let title = visit.words().t("check-title");
    let frame = visit.frame(Section::Check, title);
    page(&CheckPage { frame, asked: String::new(), answer: None, askable: Vec::new() })
}

/// The box with its answer.
pub(super) async fn answer(
    State(state): State<AppState>,
    visit: Visit,
    form: CheckedForm,
) -> Result<Response, Failure> {
    let (actor, text) = (form.signed_in.actor.clone(), form.get("text").to_string());
    let asked = text.clone();
    let found = blocking(&state, move |casebook, now_ms| {
        Ok::<_, Failure>((casebook.check(&actor, &text, now_ms)?, casebook.whom_to_ask()))
    });
    let (answer, askable) = found.await?;
    let (clock, title) = (visit.clock, visit.words().t("check-title"));
    let frame = visit.frame(Section::Check, title);
    page(&CheckPage { frame, asked, answer: Some(Answer::of(&clock, answer)), askable })
}

impl Answer {
    pub(super) fn of(clock: &Clock, answer: CheckAnswer) -> Self {
        let w = clock.words;
        let (verdict, look, icon) = match answer.verdict {
            Verdict::Hit => ("hit", "hit", "alert"),
            Verdict::Possible => ("possible", "possible", "perhaps"),
            Verdict::NothingHeld => ("nothing_held", "nothing", "nothing"),
            Verdict::NotUnderstood => ("not_understood", "unread", "info"),
        };
        let count = answer.hits.len() + answer.more;
        let args = [("count", number(count)), ("time", clock.time_words(answer.answered_ms).into())];
        Self {
            verdict,
            look,
            icon,
            word: w.t(&format!("verdict-{verdict}")),
            sentence: w.with(&format!("verdict-{verdict}-words"), &args),
            warnings: answer.cautions.iter().map(|caution| w.caution(caution)).collect(),
            hits: answer.hits.into_iter().map(|hit| Hit::of(clock, hit)).collect(),
            more: answer.more,
            sources: shown::sources(clock, &answer.freshness),
            worth: shown::worth(clock, &answer.freshness),
            read_as: answer.readings.iter().map(|reading| w.reading(reading)).collect(),
            answered_ms: answer.answered_ms,
        }
    }
}

impl Hit {
    fn of(clock: &Clock, hit: CheckHit) -> Self {
        let w = clock.words;
        let field = schema(hit.record.kind).by_key(&hit.field);
        let linked = hit.linked.iter().filter(|link| !link.title.is_empty()).take(LINKED_MAX).cloned().collect();
        Self {
            possible: hit.matched != MatchKind::Exact,
            matched: w.t(match hit.matched {
                MatchKind::Exact => "matched-exact",
                MatchKind::LookAlike => "matched-look_alike",
                MatchKind::Name => "matched-name",
                MatchKind::Mention => "matched-mention",
            }),
            field: field.map_or_else(|| hit.field.clone(), |field| w.field(hit.record.kind, field)),
            value_class: shown::look(field.map(|field| field.holds)),
            markers: shown::markers(clock, &hit.markers, false),
            linked,
            hit,
        }
    }
}
