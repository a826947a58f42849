//! The page for what went wrong: what happened, whether anything was lost, what to do, and what the role may do.

use askama::Template;
use axum::response::{IntoResponse, Response};
use cairn_casebook::Right;

use super::{Frame, Section, Visit, page_with};
use crate::Failure;
use crate::server::ErrorContext;
use crate::state::AppState;
use crate::words::Words;

#[derive(Template)]
#[template(path = "failure.html")]
pub(super) struct FailurePage {
    pub frame: Frame,
    pub detail: String,
    pub problems: Vec<String>,
    pub refused: bool,
    pub rights: Vec<String>,
}

/// Shows a failure as a page.
pub async fn error_page(state: &AppState, context: &ErrorContext, failure: &Failure) -> Response {
    let path = context.uri.path_and_query().map_or("/", |path| path.as_str());
    let shown = match Visit::of(state, &context.headers, path, context.signed_in.clone()).await {
        Ok(visit) => failure_page(visit, failure),
        Err(second) => Err(second),
    };
    // When not even the frame can be put together, the plain sentence is better than nothing.
    shown.unwrap_or_else(|_| failure.in_english().into_response())
}

fn failure_page(visit: Visit, failure: &Failure) -> Result<Response, Failure> {
    page_with(failure.status, &FailurePage::of(visit, failure))
}

impl FailurePage {
    pub(super) fn of(mut visit: Visit, failure: &Failure) -> Self {
        visit.done = None;
        let title = visit.words().t(&format!("failure-{}", failure.code));
        let frame = visit.frame(Section::Other, title);
        let frame_words = frame.words;
        Self {
            rights: rights_of(&frame),
            frame,
            detail: words_of(frame_words, failure),
            problems: failure.problems.iter().map(|problem| frame_words.sentence(&problem.said())).collect(),
            refused: failure.code == "refused",
        }
    }
}

/// What happened: the sentence of the kind of failure, where it has one for all; else that of its reason.
pub(super) fn words_of(words: Words, failure: &Failure) -> String {
    let seconds = crate::words::number(failure.retry_after_s.unwrap_or_default());
    let own = words.find(&format!("failure-words-{}", failure.code), &[("seconds", seconds)]);
    own.unwrap_or_else(|| failure.in_words(words))
}

/// Every right with the words for it.
const RIGHTS: [(Right, &str); 16] = [
    (Right::Check, "right-check"),
    (Right::Ask, "right-ask"),
    (Right::OverseeQuestions, "right-oversee-questions"),
    (Right::Search, "right-search"),
    (Right::View, "right-view"),
    (Right::Edit, "right-edit"),
    (Right::Import, "right-import"),
    (Right::UndoImport, "right-undo"),
    (Right::SeeSync, "right-see-sync"),
    (Right::SyncNow, "right-sync-now"),
    (Right::WriteStick, "right-write-stick"),
    (Right::ReadStick, "right-read-stick"),
    (Right::ManageSync, "right-manage-sync"),
    (Right::ManagePeople, "right-people"),
    (Right::Enrol, "right-enrol"),
    (Right::ReadAudit, "right-audit"),
];

/// The words for what a role may do.
pub(super) fn rights_of(frame: &Frame) -> Vec<String> {
    RIGHTS.iter().filter(|(right, _)| frame.may(*right)).map(|(_, key)| frame.words.t(key)).collect()
}
