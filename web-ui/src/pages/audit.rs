//! The audit: who did what, and the proof that nobody rewrote it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use cairn_casebook::{AuditLine, AuditQuery, Verification};
use cairn_record::RecordId;

use super::{Frame, Section, Visit, page};
use crate::Failure;
use crate::forms::{CheckedForm, percent_encoded};
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};

/// Lines on one page.
const PAGE: usize = 100;

/// What can stand in the audit.
const ACTIONS: [&str; 34] = [
    "check",
    "search",
    "view",
    "create",
    "change",
    "settle",
    "attach",
    "attachment_open",
    "attachment_want",
    "attachment_hide",
    "attachment_show",
    "import",
    "import_rows",
    "import_done",
    "import_dry_run",
    "undo_import",
    "sign_in",
    "sign_in_refused",
    "sign_out",
    "people",
    "enrol",
    "enrol_refused",
    "sync",
    "sync_refused",
    "links",
    "stick_write",
    "stick_read",
    "stick_refused",
    "stick_receipt",
    "audit_read",
    "audit_verify",
    "refused",
    "rebuild",
    "start",
];

#[derive(Template)]
#[template(path = "audit.html")]
pub(super) struct AuditPage {
    pub frame: Frame,
    pub asked: Asked,
    pub actions: Vec<(&'static str, String)>,
    pub lines: Vec<Line>,
    pub older: Option<String>,
}

#[derive(Template)]
#[template(path = "verified.html")]
pub(super) struct VerifiedPage {
    pub frame: Frame,
    pub verification: Verification,
    pub entries: u64,
}

/// What the address asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub action: String,
    pub user: String,
    pub record: String,
    pub before_ms: Option<u64>,
}

/// A line with its action in words.
pub(super) struct Line {
    pub line: AuditLine,
    pub action: String,
    pub about: String,
    pub role: String,
    pub grave: bool,
}

/// Lines of the audit.
pub(super) async fn show(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let asked = Asked::of(&query);
    let (actor, request) = (who.actor.clone(), asked.request());
    let lines = blocking(&state, move |casebook, now_ms| casebook.audit(&actor, &request, now_ms)).await?;
    page(&AuditPage::of(visit, asked, lines))
}

/// Verifies the audit logs, or with `all` every log.
pub(super) async fn verify(
    State(state): State<AppState>,
    visit: Visit,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let (actor, audit_only) = (sent.signed_in.actor.clone(), sent.get("all") != "yes");
    let verification = blocking(&state, move |casebook, now_ms| casebook.verify(&actor, audit_only, now_ms)).await?;
    page(&VerifiedPage::of(visit, verification))
}

impl Asked {
    fn of(query: &[(String, String)]) -> Self {
        let get = |name: &str| query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
        let short = |text: &str| text.chars().take(64).collect::<String>();
        Self {
            action: ACTIONS.into_iter().find(|action| *action == get("action")).unwrap_or_default().into(),
            user: short(get("user")),
            record: short(get("record")),
            before_ms: get("before").parse().ok(),
        }
    }

    fn request(&self) -> AuditQuery {
        AuditQuery {
            action: self.action.clone(),
            user: self.user.clone(),
            record: self.record.parse::<RecordId>().ok(),
            before_ms: self.before_ms,
            limit: PAGE,
        }
    }

    fn older_than(&self, ms: u64) -> String {
        let pairs = [("action", &self.action), ("user", &self.user), ("record", &self.record)];
        let kept = pairs.iter().filter(|(_, value)| !value.is_empty());
        let kept: String = kept.map(|(key, value)| format!("{key}={}&", percent_encoded(value))).collect();
        format!("/audit?{kept}before={ms}")
    }
}

impl AuditPage {
    pub(super) fn of(visit: Visit, asked: Asked, lines: Vec<AuditLine>) -> Self {
        let w = visit.words();
        let action =
            |key: &str| w.find(&format!("action-{}", key.replace('_', "-")), &[]).unwrap_or_else(|| key.to_string());
        let older = lines.last().filter(|_| lines.len() == PAGE).map(|line| asked.older_than(line.at_ms));
        let shown = lines.into_iter().map(|line| Line {
            action: action(&line.action),
            about: w.audited(&line),
            role: w.find(&format!("role-{}", line.role), &[]).unwrap_or_default(),
            grave: matches!(
                line.action.as_str(),
                "refused" | "sign_in_refused" | "sync_refused" | "enrol_refused" | "fork"
            ),
            line,
        });
        Self {
            lines: shown.collect(),
            actions: ACTIONS.into_iter().map(|key| (key, action(key))).collect(),
            older,
            frame: visit.frame(Section::Audit, w.t("audit-title")),
            asked,
        }
    }
}

impl VerifiedPage {
    pub(super) fn of(visit: Visit, verification: Verification) -> Self {
        let title = visit.words().t("verify-title");
        let entries = verification.logs.iter().map(|log| log.entries).sum();
        Self { frame: visit.frame(Section::Audit, title), verification, entries }
    }

    /// Key of the words for a lane.
    pub fn lane_key(&self, lane: &impl std::fmt::Debug) -> &'static str {
        match format!("{lane:?}").as_str() {
            "Urgent" => "lane-urgent",
            "Bulk" => "lane-bulk",
            _ => "lane-normal",
        }
    }
}
