//! Search, and the choice of another record to link to.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use cairn_casebook::{SEARCH_OFFSET_MAX, SearchAnswer, SearchRequest, Summary};
use cairn_record::Kind;

use super::record_form::record_id;
use super::shown::{self, Source};
use super::{Frame, Section, Visit, page};
use crate::Failure;
use crate::forms::percent_encoded;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::words::Words;

/// Hits on one page.
const PAGE: usize = 25;
/// Pages that can be turned to: as far down as a search answers. Whoever needs more is told to narrow it.
const PAGES_MAX: usize = SEARCH_OFFSET_MAX / PAGE;

#[derive(Template)]
#[template(path = "search.html")]
pub(super) struct SearchPage {
    pub frame: Frame,
    pub asked: Asked,
    pub answer: Option<SearchAnswer>,
    pub facets: Vec<Facet>,
    pub pager: Option<Pager>,
    pub sources: Vec<Source>,
}

#[derive(Template)]
#[template(path = "link.html")]
pub(super) struct LinkPage {
    pub frame: Frame,
    pub this: Summary,
    pub text: String,
    pub answer: Option<SearchAnswer>,
}

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub text: String,
    pub kind: Option<Kind>,
    /// Page, from 0.
    pub page: usize,
}

impl Asked {
    fn of(query: &[(String, String)]) -> Self {
        let get = |name: &str| query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
        Self {
            text: get("text").chars().take(200).collect(),
            kind: Kind::from_key(get("kind")),
            page: get("page").parse::<usize>().unwrap_or(1).clamp(1, PAGES_MAX) - 1,
        }
    }

    fn request(&self) -> SearchRequest {
        SearchRequest {
            text: self.text.clone(),
            kinds: self.kind.into_iter().collect(),
            offset: self.page * PAGE,
            limit: PAGE,
        }
    }

    fn href(&self, kind: Option<Kind>, page: usize) -> String {
        let mut href = format!("/search?text={}", percent_encoded(&self.text));
        if let Some(kind) = kind {
            href.push_str(&format!("&kind={}", kind.key()));
        }
        if page > 0 {
            href.push_str(&format!("&page={}", page + 1));
        }
        href
    }
}

/// One way to narrow the search.
pub(super) struct Facet {
    pub label: String,
    pub count: String,
    pub href: String,
    pub here: bool,
    pub none: bool,
}

/// Where in the list the page is.
pub(super) struct Pager {
    pub words: String,
    /// What to do about a list that is longer than can be turned through.
    pub narrow: Option<String>,
    pub before: Option<String>,
    pub next: Option<String>,
}

/// The box, and what it found.
pub(super) async fn show(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let asked = Asked::of(&query);
    if asked.text.is_empty() {
        return page(&SearchPage::of(visit, asked, None));
    }
    let (actor, request) = (who.actor.clone(), asked.request());
    let answer = blocking(&state, move |casebook, now_ms| casebook.search(&actor, &request, now_ms)).await?;
    page(&SearchPage::of(visit, asked, Some(answer)))
}

/// Search for the record at the other end of a new link.
pub(super) async fn choose_other(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Path(id): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let (id, asked) = (record_id(&id)?, Asked::of(&query));
    let request = (!asked.text.is_empty()).then(|| asked.request());
    let actor = who.actor.clone();
    let (this, answer) = blocking(&state, move |casebook, now_ms| {
        let this = casebook.record(&actor, id, now_ms)?.summary;
        let answer = request.map(|request| casebook.search(&actor, &request, now_ms)).transpose()?;
        Ok::<_, Failure>((this, answer))
    })
    .await?;
    let title = visit.words().t("link-title");
    page(&LinkPage { frame: visit.frame(Section::Search, title), this, text: asked.text, answer })
}

impl SearchPage {
    pub(super) fn of(visit: Visit, asked: Asked, answer: Option<SearchAnswer>) -> Self {
        let (w, clock) = (visit.words(), visit.clock);
        let title =
            if asked.text.is_empty() { w.t("search-title") } else { w.a("search-heading-for", "text", &asked.text) };
        let found = answer.as_ref();
        Self {
            facets: found.map(|answer| facets(w, &asked, answer)).unwrap_or_default(),
            pager: found.and_then(|answer| pager(w, &asked, answer)),
            sources: found.map(|answer| shown::sources(&clock, &answer.freshness)).unwrap_or_default(),
            frame: visit.frame(Section::Search, title),
            asked,
            answer,
        }
    }
}

/// Every kind that was found, with how many of each, after "all kinds".
fn facets(w: Words, asked: &Asked, answer: &SearchAnswer) -> Vec<Facet> {
    let of = |kind: Kind| answer.facets.iter().find(|(one, _)| *one == kind).map_or(0, |(_, count)| *count);
    let all: usize = answer.facets.iter().map(|(_, count)| count).sum();
    let first = Facet {
        label: w.t("facet-all"),
        count: w.number(all),
        href: asked.href(None, 0),
        here: asked.kind.is_none(),
        none: false,
    };
    let kinds = Kind::ALL.into_iter().filter(|kind| of(*kind) > 0 || asked.kind == Some(*kind)).map(|kind| Facet {
        label: w.kind_plural(kind),
        count: w.number(of(kind)),
        href: asked.href(Some(kind), 0),
        here: asked.kind == Some(kind),
        none: of(kind) == 0,
    });
    std::iter::once(first).chain(kinds).collect()
}

fn pager(w: Words, asked: &Asked, answer: &SearchAnswer) -> Option<Pager> {
    if answer.total <= PAGE && asked.page == 0 {
        return None;
    }
    let first = (asked.page * PAGE + 1).min(answer.total);
    let last = (asked.page * PAGE + answer.hits.len()).min(answer.total);
    let args = [
        ("first", crate::words::number(first)),
        ("last", crate::words::number(last)),
        ("total", crate::words::number(answer.total)),
    ];
    let turned = PAGES_MAX * PAGE;
    Some(Pager {
        narrow: (answer.total > turned).then(|| w.n("search-narrow-it", turned)),
        words: w.with("pager-where", &args),
        before: (asked.page > 0).then(|| asked.href(asked.kind, asked.page - 1)),
        next: (last < answer.total && asked.page + 1 < PAGES_MAX).then(|| asked.href(asked.kind, asked.page + 1)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_searches_survive_any_text() {
        let asked = Asked { text: "O’Neil & sons?".into(), kind: Some(Kind::Person), page: 2 };
        assert_eq!(
            asked.href(asked.kind, asked.page),
            "/search?text=O%E2%80%99Neil%20%26%20sons%3F&kind=person&page=3"
        );
    }

    #[test]
    fn a_list_too_long_to_turn_through_says_so_and_has_a_last_page() {
        let answer = |total| SearchAnswer {
            asked: "x".into(),
            hits: Vec::new(),
            total,
            facets: Vec::new(),
            also_searched: Vec::new(),
            also: Vec::new(),
            ignored: Vec::new(),
            freshness: Vec::new(),
            answered_ms: 0,
        };
        let words = Words::new(crate::words::Language::English);
        let last = Asked { text: "x".into(), kind: None, page: PAGES_MAX - 1 };
        assert!(last.request().offset <= SEARCH_OFFSET_MAX);
        let long = pager(words, &last, &answer(2_001)).unwrap();
        assert_eq!(long.next, None);
        assert!(long.narrow.unwrap().contains("2,000"));
        assert!(pager(words, &last, &answer(2_000)).unwrap().narrow.is_none());
    }

    #[test]
    fn a_page_out_of_range_is_brought_back() {
        let query = |page: &str| vec![("text".to_string(), "x".to_string()), ("page".to_string(), page.to_string())];
        assert_eq!(Asked::of(&query("0")).page, 0);
        assert_eq!(Asked::of(&query("nonsense")).page, 0);
        assert_eq!(Asked::of(&query("99999999")).page, PAGES_MAX - 1);
    }
}
