//! What stands around every page: who is asking, in which words and look, and what the footer says.

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use cairn_casebook::{Actor, Identity, Right};

use super::Done;
use crate::gate::{SignedIn, cookie};
use crate::rights::{self, Found};
use crate::state::{AppState, blocking};
use crate::words::{Clock, Language, Words};
use crate::{Failure, assets};

/// How a person wants pages to look, as their cookies say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// `auto`, `light`, `dark` or `contrast`.
    pub theme: &'static str,
    /// `comfortable` or `compact`.
    pub rows: &'static str,
    /// `on` or `off`: whether single keys do something outside of boxes.
    pub keys: &'static str,
}

impl Look {
    /// Values of the cookie `theme`; the first holds when there is none.
    pub const THEMES: [&'static str; 4] = ["auto", "light", "dark", "contrast"];
    /// Values of the cookie `rows`.
    pub const ROWS: [&'static str; 2] = ["comfortable", "compact"];
    /// Values of the cookie `keys`.
    pub const KEYS: [&'static str; 2] = ["on", "off"];

    fn of(headers: &HeaderMap) -> Self {
        Self {
            theme: chosen(headers, "theme", &Self::THEMES),
            rows: chosen(headers, "rows", &Self::ROWS),
            keys: chosen(headers, "keys", &Self::KEYS),
        }
    }
}

fn chosen(headers: &HeaderMap, name: &str, known: &[&'static str]) -> &'static str {
    let wanted = cookie(headers, name).unwrap_or_default();
    known.iter().find(|value| **value == wanted).copied().unwrap_or(known[0])
}

/// One visit to a page: everything a handler needs to put its frame together.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Words and time of this answer.
    pub clock: Clock,
    /// How it looks.
    pub look: Look,
    /// Who is signed in.
    pub signed_in: Option<SignedIn>,
    /// What this installation is.
    pub here: Identity,
    /// The footer's sentence.
    pub sync_words: String,
    /// The footer's state: `ok`, `waiting`, `cut`, `alone` or `trouble`.
    pub sync_state: String,
    /// Whether the links are cut on purpose.
    pub cut: bool,
    /// Whether the footer speaks of a site with which there is no link.
    pub no_link: bool,
    /// Whether this machine's clock is known to be wrong.
    pub wrong_clock: bool,
    /// Whether this machine's disk is nearly full.
    pub low_disk: bool,
    /// Path and query asked for.
    pub path: String,
    /// What was just done, as the address says.
    pub(super) done: Option<Done>,
}

impl FromRequestParts<AppState> for Visit {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let path = page_path(parts);
        let signed_in = parts.extensions.get::<SignedIn>().cloned();
        Self::of(state, &parts.headers, &path, signed_in).await
    }
}

/// Where the page that is shown can be asked for again: after a form that has no page of its own, at home.
fn page_path(parts: &Parts) -> String {
    let can_be_asked = match parts.extensions.get::<MatchedPath>() {
        Some(path) => matches!(rights::find(&Method::GET, path.as_str()), Found::Rule(_)),
        None => true,
    };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    if can_be_asked { path.to_string() } else { "/".to_string() }
}

impl Visit {
    /// Gathers a visit from a request's headers, path and person.
    pub async fn of(
        state: &AppState,
        headers: &HeaderMap,
        path: &str,
        signed_in: Option<SignedIn>,
    ) -> Result<Self, Failure> {
        let (here, says, cut, wrong, now_ms) = blocking(state, |casebook, now_ms| {
            let wrong = (casebook.clock_is_wrong(now_ms), casebook.disk_is_low());
            Ok::<_, Failure>((casebook.identity(), casebook.sync_says(), casebook.is_cut(), wrong, now_ms))
        })
        .await?;
        let accepts = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let words = Words::new(Language::negotiate(cookie(headers, "lang"), accepts));
        let clock = Clock { words, now_ms };
        Ok(Self {
            sync_words: clock.sync(&says),
            sync_state: says.state().into(),
            no_link: says.no_link(),
            clock,
            look: Look::of(headers),
            signed_in,
            here,
            cut,
            wrong_clock: wrong.0,
            low_disk: wrong.1,
            path: path.to_string(),
            done: Done::of(path),
        })
    }

    /// The words of this visit.
    pub fn words(&self) -> Words {
        self.clock.words
    }

    /// The frame for a page of this section with this title.
    pub fn frame(self, section: Section, title: impl Into<String>) -> Frame {
        let words = self.clock.words;
        let notice = self.done.map(|done| words.t(&format!("done-{}", done.key())));
        let (actor, csrf) = self.signed_in.map(|who| (who.actor, who.csrf)).unzip();
        Frame {
            words,
            clock: self.clock,
            look: self.look,
            here: self.here,
            actor,
            csrf: csrf.unwrap_or_default(),
            sync_words: self.sync_words,
            sync_state: self.sync_state,
            cut: self.cut,
            no_link: self.no_link,
            wrong_clock: self.wrong_clock,
            low_disk: self.low_disk,
            path: self.path,
            section,
            title: title.into(),
            notice,
            troubles: Vec::new(),
        }
    }
}

/// Parts of the appliance that the menu leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The task list.
    Home,
    /// Check.
    Check,
    /// Questions to other sites.
    Questions,
    /// Search and records.
    Search,
    /// A new record.
    New,
    /// Imports.
    Import,
    /// What is where.
    Sync,
    /// The audit.
    Audit,
    /// People.
    People,
    /// None of them.
    Other,
}

impl Section {
    /// Sections in the order of the menu: address, icon, key of the label, and the right that opens it.
    const WAYS: [(Self, &'static str, &'static str, &'static str, Option<Right>); 9] = [
        (Self::Home, "/", "home", "way-home", None),
        (Self::Check, "/check", "check", "way-check", Some(Right::Check)),
        (Self::Questions, "/questions", "ask", "way-questions", Some(Right::Ask)),
        (Self::Search, "/search", "search", "way-search", Some(Right::Search)),
        (Self::New, "/records/new", "new", "way-new", Some(Right::Edit)),
        (Self::Import, "/imports", "import", "way-import", Some(Right::Import)),
        (Self::Sync, "/sync", "sync", "way-sync", Some(Right::SeeSync)),
        (Self::Audit, "/audit", "audit", "way-audit", Some(Right::ReadAudit)),
        (Self::People, "/people", "people", "way-people", Some(Right::ManagePeople)),
    ];
}

/// One way in the menu.
#[derive(Clone, Debug)]
pub struct Way {
    /// Address.
    pub href: &'static str,
    /// Icon.
    pub icon: &'static str,
    /// Label.
    pub label: String,
    /// Whether the page belongs to it.
    pub here: bool,
}

/// One thing wrong with what was sent, for the summary at the top of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Id of the box it is about; empty when it is about all of it.
    pub at: String,
    /// A sentence.
    pub text: String,
}

/// What stands around a page.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Words.
    pub words: Words,
    /// Words and time.
    pub clock: Clock,
    /// How it looks.
    pub look: Look,
    /// What this installation is.
    pub here: Identity,
    /// Who is signed in.
    pub actor: Option<Actor>,
    /// What every form carries.
    pub csrf: String,
    /// The footer's sentence.
    pub sync_words: String,
    /// The footer's state.
    pub sync_state: String,
    /// Whether the links are cut on purpose.
    pub cut: bool,
    /// Whether the footer speaks of a site with which there is no link.
    pub no_link: bool,
    /// Whether this machine's clock is known to be wrong.
    pub wrong_clock: bool,
    /// Whether this machine's disk is nearly full.
    pub low_disk: bool,
    /// Path and query of this page.
    pub path: String,
    /// Part of the appliance.
    pub section: Section,
    /// Title of the page.
    pub title: String,
    /// What was just done.
    pub notice: Option<String>,
    /// What was wrong with what was sent.
    pub troubles: Vec<Trouble>,
}

impl Frame {
    /// The same frame with something wrong told at the top of the page.
    pub fn with_trouble(mut self, text: impl Into<String>) -> Self {
        self.troubles.push(Trouble { at: String::new(), text: text.into() });
        self
    }

    /// Address of a file that comes with the pages.
    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }

    /// Whether the person may do this.
    pub fn may(&self, right: Right) -> bool {
        self.actor.as_ref().is_some_and(|actor| actor.may(right))
    }

    /// Whether the palette can start a check.
    pub fn may_check(&self) -> bool {
        self.may(Right::Check)
    }

    /// Whether the box for searching stands in the bar.
    pub fn may_search(&self) -> bool {
        self.may(Right::Search)
    }

    /// Whether the footer offers to cut and restore the links: to administrators, and in a demonstration to whoever may
    /// sync.
    pub fn may_cut(&self) -> bool {
        self.may(Right::ManageSync) || (self.here.demo && self.may(Right::SyncNow))
    }

    /// Whether the footer leads to what is in the way: while something waits and the person may see what is where.
    pub fn may_ask_why(&self) -> bool {
        self.sync_state == "waiting" && self.no_link && self.may(Right::SeeSync)
    }

    /// Whether this machine is a hub.
    pub fn is_hub(&self) -> bool {
        self.here.role == "hub"
    }

    /// Whether this machine carries what it cannot read, so that there is nothing to look up.
    pub fn is_relay(&self) -> bool {
        self.here.role == "relay"
    }

    /// The menu, as far as the role goes.
    pub fn ways(&self) -> Vec<Way> {
        if self.actor.is_none() {
            return Vec::new();
        }
        let open = Section::WAYS.into_iter().filter(|way| way.4.is_none_or(|right| self.may(right)));
        open.map(|(section, href, icon, key, _)| Way {
            href,
            icon,
            label: self.words.t(key),
            here: section == self.section,
        })
        .collect()
    }

    /// Name of the section, for the closed menu.
    pub fn section_words(&self) -> String {
        self.ways().into_iter().find(|way| way.here).map(|way| way.label).unwrap_or_default()
    }

    /// The role of the person who is signed in.
    pub fn role_words(&self) -> String {
        self.actor
            .as_ref()
            .and_then(|actor| actor.role)
            .map(|role| self.words.t(&format!("role-{}", role.key())))
            .unwrap_or_default()
    }

    /// How the words of a page may be passed on, at the head and the foot of each printed page.
    pub fn classification_words(&self) -> String {
        self.words.t(if self.here.demo { "print-class-demo" } else { "print-class" })
    }

    /// The line at the foot of a printed page.
    pub fn print_words(&self) -> String {
        let person = self.actor.as_ref().map(|actor| actor.display.clone());
        let key = if person.is_some() { "printed" } else { "printed-by-nobody" };
        let person = person.unwrap_or_default();
        let at = self.clock.exact_time_words(self.clock.now_ms);
        self.words
            .with(key, &[("person", person.into()), ("site", self.here.site.as_str().into()), ("time", at.into())])
    }

    /// What is wrong with the box of this id.
    pub fn trouble_at(&self, id: &str) -> Option<&str> {
        self.troubles.iter().find(|trouble| trouble.at == id).map(|trouble| trouble.text.as_str())
    }
}
