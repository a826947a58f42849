//! Sticks: write one for another site and take it along as a file, read one that came, see which arrived.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use cairn_casebook::{Right, STICK_FILES_BYTES_USUAL, StickLine, StickOrder, StickReport};

use super::{Frame, Section, Trouble, Visit, page, page_with};
use crate::Failure;
use crate::forms::{CheckedForm, CheckedUpload};
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::words::number;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Days for which a stick can be good, with the key of the words for them; the usual one first.
pub(crate) const DAYS: [(u64, &str); 3] = [(30, "stick-valid-30"), (7, "stick-valid-7"), (180, "stick-valid-180")];

#[derive(Template)]
#[template(path = "sticks.html")]
pub(super) struct SticksPage {
    pub frame: Frame,
    pub sticks: Vec<StickLine>,
    pub sites: Vec<String>,
    pub report: Option<StickReport>,
}

/// Sticks written and read, and forms for the next.
pub(super) async fn show(State(state): State<AppState>, visit: Visit, who: SignedIn) -> Result<Response, Failure> {
    page(&SticksPage::asked(&state, visit, who).await?)
}

/// Writes a stick and sends it as a file.
pub(super) async fn write(State(state): State<AppState>, visit: Visit, sent: CheckedForm) -> Result<Response, Failure> {
    let asked = sent.get("days").parse::<u64>().unwrap_or_default();
    let days = DAYS.into_iter().find(|(days, _)| *days == asked).map_or(DAYS[0].0, |(days, _)| days);
    let everything = sent.get("everything") == "yes";
    let files_bytes_max = if sent.get("files") == "yes" { STICK_FILES_BYTES_USUAL } else { 0 };
    let order = StickOrder { to: sent.get("to").to_owned(), everything, valid_ms: days * DAY_MS, files_bytes_max };
    let (sticks, actor) = (state.sticks.clone(), sent.signed_in.actor.clone());
    match blocking(&state, move |_, _| sticks.write(&actor, &order)).await {
        Ok(file) => Ok(as_file(&file.name, file.bytes)),
        Err(failure) => again(&state, visit, sent.signed_in, "to", failure).await,
    }
}

/// Reads a stick that was sent as a file, and says what came of it.
pub(super) async fn read(
    State(state): State<AppState>,
    visit: Visit,
    sent: CheckedUpload,
) -> Result<Response, Failure> {
    let who = sent.signed_in;
    let Some(file) = sent.file.filter(|file| !file.bytes.is_empty()) else {
        let missing = Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-request", visit.words().t("stick-no-file"));
        return again(&state, visit, who, "file", missing).await;
    };
    let (sticks, actor) = (state.sticks.clone(), who.actor.clone());
    match blocking(&state, move |_, _| sticks.read(&actor, &file.bytes)).await {
        Ok(report) => {
            let shown = SticksPage::asked(&state, visit, who).await?;
            page(&SticksPage { report: Some(report), ..shown })
        }
        Err(failure) => again(&state, visit, who, "file", failure).await,
    }
}

/// The page again, with what was wrong.
async fn again(state: &AppState, visit: Visit, who: SignedIn, at: &str, failure: Failure) -> Result<Response, Failure> {
    if failure.status == StatusCode::FORBIDDEN || failure.status.is_server_error() {
        return Err(failure);
    }
    let mut shown = SticksPage::asked(state, visit, who).await?;
    shown.frame.troubles.push(Trouble { at: at.into(), text: failure.in_words(shown.frame.words) });
    page_with(failure.status, &shown)
}

/// A stick as a file to save.
pub(crate) fn as_file(name: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers =
        [(header::CONTENT_TYPE, "application/octet-stream".to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, bytes).into_response()
}

impl SticksPage {
    async fn asked(state: &AppState, visit: Visit, who: SignedIn) -> Result<Self, Failure> {
        let (sticks, sites) = blocking(state, move |casebook, now_ms| {
            let sites = casebook.members().into_iter().map(|member| member.site).collect();
            Ok::<_, Failure>((casebook.sticks(&who.actor, now_ms)?, sites))
        })
        .await?;
        Ok(Self::of(visit, sticks, sites, None))
    }

    pub(super) fn of(visit: Visit, sticks: Vec<StickLine>, sites: Vec<String>, report: Option<StickReport>) -> Self {
        let title = visit.words().t("stick-title");
        Self { frame: visit.frame(Section::Sync, title), sticks, sites, report }
    }

    /// Key of the words for a state.
    pub fn state_key(&self, state: &str) -> &'static str {
        match state {
            "received" => "stick-state-received",
            "expired" => "stick-state-expired",
            "read" => "stick-state-read",
            _ => "stick-state-on-the-way",
        }
    }

    /// How many files became whole here, and how large they are.
    pub fn files_words(&self, report: &StickReport) -> String {
        let words = self.frame.words;
        let size = words.bytes(report.files_bytes);
        words.with("stick-files-new", &[("count", number(report.files)), ("size", size.into())])
    }

    /// Numbers in a row.
    pub fn numbers(&self, numbers: &[u64]) -> String {
        numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
    }
}
