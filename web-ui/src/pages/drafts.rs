//! Drafts of record forms: kept while a person writes, offered when they come back, gone once saved.
//!
//! A form names its draft when it is opened, after what it is about and the time. Its script sends the form to `/drafts`
//! every few seconds; without scripts the button "Keep as draft" does the same. Opening the same form again offers what
//! was begun before and never writes over it.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use cairn_casebook::{Actor, Draft};
use cairn_record::{Kind, RecordId, reason};

use super::schema_form::{self, Texts};
use super::{Done, Frame, Section, Visit, page};
use crate::Failure;
use crate::forms::{CheckedForm, percent_encoded};
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::words::{Clock, Html, Words};

/// Header by which the script says that it keeps a draft in the background.
const IN_BACKGROUND: &str = "x-cairn-draft";
/// Drafts offered above a form.
const OFFERED_MAX: usize = 3;

/// A form's own draft, and the others that could be gone on with.
#[derive(Default)]
pub(super) struct Drafts {
    /// Name of the draft that this form keeps.
    pub name: String,
    /// Which form it is.
    pub about: String,
    /// The draft that the form shows.
    pub open: Option<Draft>,
    /// Drafts begun earlier.
    pub offered: Vec<Offered>,
}

/// A draft in a list.
pub(super) struct Offered {
    /// Its name.
    pub name: String,
    /// What it is.
    pub title: String,
    /// The form with the draft in it.
    pub href: String,
    /// When it was kept.
    pub at: Html,
}

/// The form for a new record of a kind; markers and links belong to the record they are made from.
pub(super) fn about_new(kind: Kind, texts: &Texts) -> String {
    let from = texts.get("subject").or_else(|| texts.get("from")).and_then(|ids| ids.first());
    let from = from.and_then(|id| id.parse::<RecordId>().ok());
    from.map_or_else(|| format!("new {}", kind.key()), |id| format!("new {} {id}", kind.key()))
}

/// The form for changes to a record.
pub(super) fn about_change(id: RecordId) -> String {
    format!("change {id}")
}

impl Drafts {
    /// Of a form that has just been opened.
    pub(super) fn begun(about: &str, now_ms: u64) -> Self {
        Self { name: format!("{about} {now_ms:x}"), about: about.into(), ..Self::default() }
    }

    /// Of a form that is opened with this query: `draft` names the one to go on with.
    pub(super) async fn of(
        state: &AppState,
        actor: &Actor,
        about: &str,
        query: &[(String, String)],
        clock: Clock,
    ) -> Result<Self, Failure> {
        let actor = actor.clone();
        let kept = blocking(state, move |casebook, now_ms| casebook.drafts(&actor, now_ms)).await?;
        let wanted = query.iter().find(|(key, _)| key == "draft").map(|(_, name)| name.as_str());
        let mut drafts = Self::begun(about, clock.now_ms);
        for draft in kept.into_iter().filter(|draft| draft.about == about) {
            if wanted == Some(draft.name.as_str()) {
                drafts.name.clone_from(&draft.name);
                drafts.open = Some(draft);
            } else if drafts.offered.len() < OFFERED_MAX {
                drafts.offered.extend(Offered::of(clock, &draft));
            }
        }
        Ok(drafts)
    }

    /// A form that was refused goes on with the draft it had.
    pub(super) fn go_on_with(&mut self, sent: &CheckedForm) {
        if !sent.get("draft").is_empty() {
            self.name = sent.get("draft").to_string();
        }
    }
}

impl Offered {
    /// `None` when it cannot be told which form it belongs to.
    pub(super) fn of(clock: Clock, draft: &Draft) -> Option<Self> {
        let kind = kind_of(draft)?;
        let name = percent_encoded(&draft.name);
        let mut about = draft.about.split(' ');
        let (title, href) = match (about.next()?, about.next()?, about.next()) {
            ("change", id, None) => {
                (title(clock.words, "draft-change", kind), format!("/records/{id}/edit?draft={name}"))
            }
            ("new", _, from) => {
                let from = from.map(|id| format!("&{}={id}", if kind == Kind::Marker { "subject" } else { "from" }));
                let href = format!("/records/new?kind={}{}&draft={name}", kind.key(), from.unwrap_or_default());
                (title(clock.words, "new-kind", kind), href)
            }
            _ => return None,
        };
        let title = match named(clock.words, kind, draft) {
            Some(named) => format!("{title}: {named}"),
            None => title,
        };
        Some(Self { name: draft.name.clone(), title, href, at: clock.at(draft.kept_ms) })
    }
}

fn title(words: Words, key: &str, kind: Kind) -> String {
    words.a(key, "kind", &words.kind(kind))
}

/// The first text that says which one it is. A marker's reason stays inside: it may be discreet.
fn named(words: Words, kind: Kind, draft: &Draft) -> Option<String> {
    if matches!(kind, Kind::Marker | Kind::Link) {
        return None;
    }
    let texts = schema_form::read(words, kind, &draft.fields);
    let fields = cairn_record::schema(kind).fields.iter().filter(|field| field.entered && !field.no.is_common());
    let first = fields.filter_map(|field| texts.get(field.key)?.first()).find(|text| !text.trim().is_empty())?;
    Some(first.chars().take(60).collect())
}

fn kind_of(draft: &Draft) -> Option<Kind> {
    draft.fields.iter().find(|(key, _)| key == "kind").and_then(|(_, key)| Kind::from_key(key))
}

/// What the form of a change held when the draft was kept: its texts, what it was opened with, and the version.
pub(super) fn begun_change(words: Words, kind: Kind, draft: &Draft) -> Option<(Texts, Texts, String)> {
    let get = |name: &str| draft.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let base = serde_json::from_str(get("base")?).ok()?;
    Some((schema_form::read(words, kind, &draft.fields), base, get("version")?.to_string()))
}

/// Forgets the draft of a form that was saved. That the record is saved is what counts: a draft that cannot be removed
/// is offered once more.
pub(super) async fn forget(state: &AppState, sent: &CheckedForm) {
    let (actor, name) = (sent.signed_in.actor.clone(), sent.get("draft").to_string());
    if name.is_empty() {
        return;
    }
    if let Err(error) = blocking(state, move |casebook, _| casebook.drop_draft(&actor, &name)).await {
        tracing::warn!(%error, "the draft of a saved record was not removed");
    }
}

#[derive(Template)]
#[template(path = "drafts.html")]
pub(super) struct DraftsPage {
    pub frame: Frame,
    pub drafts: Vec<Offered>,
}

/// A person's own drafts.
pub(super) async fn list(State(state): State<AppState>, visit: Visit, who: SignedIn) -> Result<Response, Failure> {
    let kept = blocking(&state, move |casebook, now_ms| casebook.drafts(&who.actor, now_ms)).await?;
    page(&DraftsPage::of(visit, &kept))
}

/// Keeps a form as it stands.
pub(super) async fn keep(
    State(state): State<AppState>,
    visit: Visit,
    headers: HeaderMap,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let (name, about) = (sent.get("draft").to_string(), sent.get("about").to_string());
    if Kind::from_key(sent.get("kind")).is_none() || !name.starts_with(&about) || about.is_empty() {
        return Err(Failure::bad_request(reason!("form-no-draft")));
    }
    let kept_ms = visit.clock.now_ms;
    let draft = Draft { name, about, fields: sent.fields, kept_ms };
    let actor = sent.signed_in.actor;
    blocking(&state, move |casebook, _| casebook.keep_draft(&actor, draft)).await?;
    if headers.contains_key(IN_BACKGROUND) {
        let time = visit.clock.time_words(kept_ms);
        return Ok(visit.words().a("draft-kept-at", "time", &time).into_response());
    }
    Ok(Done::DraftKept.at("/drafts"))
}

/// Forgets a draft.
pub(super) async fn discard(State(state): State<AppState>, sent: CheckedForm) -> Result<Response, Failure> {
    let (actor, name) = (sent.signed_in.actor.clone(), sent.get("draft").to_string());
    blocking(&state, move |casebook, _| casebook.drop_draft(&actor, &name)).await?;
    Ok(Done::DraftDropped.back_at(sent.get("back")))
}

impl DraftsPage {
    pub(super) fn of(visit: Visit, kept: &[Draft]) -> Self {
        let clock = visit.clock;
        let title = visit.words().t("drafts-title");
        let drafts = kept.iter().filter_map(|draft| Offered::of(clock, draft)).collect();
        Self { frame: visit.frame(Section::Other, title), drafts }
    }
}
