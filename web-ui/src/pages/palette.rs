//! "Go to": every page, a new record of each kind, the newest records, a check or a search from one place.
//!
//! A page with links and forms like any other. The script shows its list in a dialog (Ctrl or ⌘ and K) and narrows it
//! while a person types. What is typed there never stands in an address unless it is searched for: see
//! [`check`](super::check).

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cairn_casebook::{Right, Summary};
use cairn_record::Kind;

use super::{Frame, Section, Visit, page};
use crate::Failure;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};

#[derive(Template)]
#[template(path = "palette.html")]
pub(super) struct PalettePage {
    pub frame: Frame,
    pub goals: Vec<PaletteWay>,
}

/// One way.
pub(super) struct PaletteWay {
    pub href: String,
    pub icon: &'static str,
    pub label: String,
    pub hint: String,
}

/// The page.
pub(super) async fn show(State(state): State<AppState>, visit: Visit, who: SignedIn) -> Result<Response, Failure> {
    let actor = who.actor;
    let recent = if actor.may(Right::View) {
        blocking(&state, move |casebook, now_ms| casebook.home(&actor, now_ms)).await?.recent
    } else {
        Vec::new()
    };
    page(&PalettePage::of(visit, &recent))
}

impl PalettePage {
    pub(super) fn of(visit: Visit, recent: &[Summary]) -> Self {
        let title = visit.words().t("palette-title");
        let frame = visit.frame(Section::Other, title);
        let goals = pages(&frame).into_iter().chain(records(&frame, recent)).collect();
        Self { frame, goals }
    }
}

fn way(href: impl Into<String>, icon: &'static str, label: String) -> PaletteWay {
    PaletteWay { href: href.into(), icon, label, hint: String::new() }
}

fn pages(frame: &Frame) -> Vec<PaletteWay> {
    let w = frame.words;
    let mut ways: Vec<PaletteWay> =
        frame.ways().into_iter().map(|menu| way(menu.href, menu.icon, menu.label)).collect();
    if frame.may(Right::Edit) {
        let kinds = Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::Marker | Kind::Link));
        ways.extend(kinds.map(|kind| {
            way(format!("/records/new?kind={}", kind.key()), "new", w.a("palette-new", "kind", &w.kind(kind)))
        }));
        ways.push(way("/drafts", "edit", w.t("palette-drafts")));
    }
    ways.push(way("/me", "people", w.t("palette-me")));
    ways.push(way("/about", "home", w.t("about")));
    ways
}

/// The newest records; never a discreet marker.
fn records(frame: &Frame, recent: &[Summary]) -> Vec<PaletteWay> {
    let open = recent.iter().filter(|one| !one.discreet);
    open.map(|one| PaletteWay {
        hint: frame.words.kind(one.kind),
        ..way(format!("/records/{}", one.id), "search", one.title.clone())
    })
    .collect()
}
