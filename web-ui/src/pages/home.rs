//! Home: what waits for a person, not a dashboard.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use cairn_casebook::{Home, Right, Summary, SyncStatus};
use cairn_record::RecordId;

use super::drafts::Offered;
use super::shown::{self, Marked};
use super::{Frame, Section, Visit, page};
use crate::Failure;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};

/// Conflicts named one by one.
const CONFLICTS_SHOWN: usize = 8;

#[derive(Template)]
#[template(path = "home.html")]
pub(super) struct HomePage {
    pub frame: Frame,
    pub home: Option<Home>,
    pub conflicts: Vec<Summary>,
    pub reviews: Vec<Marked>,
    pub private_reviews: Vec<RecordId>,
    pub recent: Vec<Summary>,
    pub status: Option<SyncStatus>,
    pub nobody_else: bool,
    /// What the person has begun and not saved.
    pub drafts: Vec<Offered>,
    /// Questions with news: address and words.
    pub answers: Vec<(String, String)>,
}

/// The task list of the person who is signed in.
pub(super) async fn show(State(state): State<AppState>, visit: Visit, who: SignedIn) -> Result<Response, Failure> {
    let actor = who.actor.clone();
    let found = blocking(&state, move |casebook, now_ms| {
        let home = if actor.may(Right::View) { Some(casebook.home(&actor, now_ms)?) } else { None };
        let status = if actor.may(Right::SeeSync) { Some(casebook.sync_status(&actor, now_ms)?) } else { None };
        let alone = actor.may(Right::ManagePeople) && casebook.people(&actor)?.len() < 2;
        let drafts = if actor.may(Right::Edit) { casebook.drafts(&actor, now_ms)? } else { Vec::new() };
        Ok::<_, Failure>((home, status, alone, drafts))
    });
    let (home, status, nobody_else, drafts) = found.await?;
    if home.is_none() && !who.actor.may(Right::SeeSync) {
        return Ok(Redirect::to("/audit").into_response());
    }
    let drafts = drafts.iter().filter_map(|draft| Offered::of(visit.clock, draft)).collect();
    page(&HomePage { drafts, ..HomePage::of(visit, home, status, nobody_else) })
}

impl HomePage {
    pub(super) fn of(visit: Visit, home: Option<Home>, status: Option<SyncStatus>, nobody_else: bool) -> Self {
        let clock = visit.clock;
        let title = visit.words().t("home-title");
        let answers = home.iter().flat_map(|home| &home.answers);
        let answers = answers.map(|line| (format!("/questions/{}", line.id), super::questions::news(&clock, line)));
        let answers = answers.collect();
        let lines = home.as_ref().map(|home| home.reviews.as_slice()).unwrap_or_default();
        Self {
            conflicts: home
                .iter()
                .flat_map(|home| home.conflicts.iter().filter(|one| !one.discreet).take(CONFLICTS_SHOWN).cloned())
                .collect(),
            reviews: shown::markers(&clock, lines, false),
            private_reviews: lines.iter().filter(|line| line.discreet).map(|line| line.id).collect(),
            recent: home.iter().flat_map(|home| &home.recent).filter(|one| !one.discreet).cloned().collect(),
            frame: visit.frame(Section::Home, title),
            home,
            status,
            nobody_else,
            drafts: Vec::new(),
            answers,
        }
    }

    /// Conflicts beyond those that are named.
    pub fn more_conflicts(&self) -> usize {
        self.home.as_ref().map_or(0, |home| home.conflicts_total.saturating_sub(self.conflicts.len()))
    }

    /// Whether nothing at all waits for this person.
    pub fn is_calm(&self) -> bool {
        let quiet = self.home.as_ref().is_none_or(|home| {
            home.conflicts.is_empty()
                && home.reviews.is_empty()
                && home.waiting == 0
                && home.set_aside.is_empty()
                && home.answers.is_empty()
                && home.alerts.is_empty()
        });
        quiet && self.drafts.is_empty() && self.failing().is_empty() && !self.nobody_else && !self.may_join()
    }

    /// Peers that could not be reached.
    pub fn failing(&self) -> Vec<(&str, String)> {
        let peers = self.status.iter().flat_map(|status| &status.peers);
        let words = self.frame.words;
        peers.filter(|peer| !peer.failure.is_empty()).map(|peer| (peer.site.as_str(), words.failure(peer))).collect()
    }

    /// Whether this post has not joined a hub yet and the person can do that.
    pub fn may_join(&self) -> bool {
        !self.frame.here.enrolled && self.frame.may(Right::Enrol)
    }

    /// Whether there is nothing here yet.
    pub fn is_empty(&self) -> bool {
        !self.frame.is_relay() && self.home.as_ref().is_some_and(|home| home.records == 0)
    }
}
