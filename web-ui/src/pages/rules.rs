//! Link settings: when this machine uses its links, and for how much.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cairn_casebook::{LinkRule, LinkRules, LinkWhen, Member, ReplicaId, Right, SiteRule, read_windows, windows_words};

use super::{Done, Frame, Section, Trouble, Visit, page, page_with};
use crate::Failure;
use crate::forms::CheckedForm;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};

const MEGABYTE: f64 = 1e6;

#[derive(Template)]
#[template(path = "rules.html")]
pub(super) struct RulesPage {
    pub frame: Frame,
    pub offset_minutes: i32,
    /// The general settings first, then those of single sites.
    pub rules: Vec<RuleShown>,
    /// Sites without settings of their own.
    pub others: Vec<(ReplicaId, String)>,
}

/// One rule as its form shows it.
pub(super) struct RuleShown {
    /// Name of the form; empty for the general settings.
    pub of: String,
    /// The site; empty for the general settings.
    pub site: String,
    /// In words.
    pub words: String,
    /// `always`, `windows` or `metered`.
    pub when: &'static str,
    /// The windows as they are typed.
    pub hours: String,
    /// Megabytes a day as they are typed.
    pub megabytes: String,
}

/// The settings, with forms for who may change them.
pub(super) async fn show(State(state): State<AppState>, visit: Visit, who: SignedIn) -> Result<Response, Failure> {
    let (rules, members) = asked(&state, who).await?;
    page(&RulesPage::of(visit, &rules, &members))
}

/// Changes the general settings or those of one site.
pub(super) async fn save(State(state): State<AppState>, visit: Visit, sent: CheckedForm) -> Result<Response, Failure> {
    let (mut rules, members) = asked(&state, sent.signed_in.clone()).await?;
    let of = match sent.get("of") {
        "" => None,
        text => Some(text.parse::<ReplicaId>().map_err(|_| Failure::not_from_here())?),
    };
    let rule = match read_rule(&sent, &visit) {
        Ok(rule) => rule,
        Err(text) => return again(visit, &rules, &members, StatusCode::UNPROCESSABLE_ENTITY, text),
    };
    match of {
        None => {
            rules.general = rule;
            rules.offset_minutes = sent.get("offset").parse().unwrap_or(rules.offset_minutes);
        }
        Some(replica) => {
            rules.sites.retain(|site| site.replica != replica);
            if sent.get("drop") != "yes" {
                rules.sites.push(SiteRule { replica, rule });
            }
        }
    }
    let (actor, wanted) = (sent.signed_in.actor.clone(), rules.clone());
    let saved = blocking(&state, move |casebook, now_ms| {
        casebook.set_link_rules(&actor, wanted, now_ms).map_err(Failure::from)
    });
    match saved.await {
        Ok(()) => Ok(Done::RulesSaved.at("/sync/rules")),
        Err(failure) if failure.status == StatusCode::FORBIDDEN || failure.status.is_server_error() => Err(failure),
        Err(failure) => {
            let (rules, members) = asked(&state, sent.signed_in).await?;
            let text = failure.in_words(visit.words());
            again(visit, &rules, &members, failure.status, text)
        }
    }
}

async fn asked(state: &AppState, who: SignedIn) -> Result<(LinkRules, Vec<Member>), Failure> {
    blocking(state, move |casebook, _| Ok((casebook.link_rules(&who.actor)?, casebook.members()))).await
}

/// What a form says, or what is wrong with it.
fn read_rule(sent: &CheckedForm, visit: &Visit) -> Result<LinkRule, String> {
    let when = LinkWhen::from_key(sent.get("when")).unwrap_or_default();
    let windows = match when {
        LinkWhen::Windows => {
            read_windows(sent.get("hours")).map_err(|error| Failure::from(error).in_words(visit.words()))?
        }
        LinkWhen::Always | LinkWhen::Metered => Vec::new(),
    };
    let bytes_a_day = match sent.get("megabytes").replace(',', ".").as_str() {
        "" => None,
        text => {
            let megabytes = text.parse::<f64>().ok().filter(|megabytes| (0.0..=1e6).contains(megabytes));
            let wrong = || visit.words().t("rules-budget-wrong");
            Some((megabytes.ok_or_else(wrong)? * MEGABYTE) as u64)
        }
    };
    Ok(LinkRule { when, windows, bytes_a_day })
}

fn again(
    visit: Visit,
    rules: &LinkRules,
    members: &[Member],
    status: StatusCode,
    text: String,
) -> Result<Response, Failure> {
    let mut shown = RulesPage::of(visit, rules, members);
    shown.frame.troubles.push(Trouble { at: String::new(), text });
    page_with(status, &shown)
}

impl RulesPage {
    pub(super) fn of(visit: Visit, rules: &LinkRules, members: &[Member]) -> Self {
        let w = visit.words();
        let shown = |of: String, site: String, rule: &LinkRule| RuleShown {
            of,
            site,
            words: w.link_rule(rule),
            when: rule.when.key(),
            hours: windows_words(&rule.windows),
            megabytes: rule.bytes_a_day.map(|bytes| (bytes as f64 / MEGABYTE).to_string()).unwrap_or_default(),
        };
        let site = |replica: &ReplicaId| {
            members.iter().find(|member| member.replica == *replica).map(|member| member.site.clone())
        };
        let own =
            rules.sites.iter().filter_map(|one| Some(shown(one.replica.to_string(), site(&one.replica)?, &one.rule)));
        let general = shown(String::new(), String::new(), &rules.general);
        let others = members.iter().filter(|member| !rules.of(&member.replica).1);
        Self {
            offset_minutes: rules.offset_minutes,
            rules: std::iter::once(general).chain(own).collect(),
            others: others.map(|member| (member.replica, member.site.clone())).collect(),
            frame: visit.frame(Section::Sync, w.t("rules-title")),
        }
    }

    /// Times that a site can have, in minutes from UTC, with their names.
    pub fn offsets(&self) -> Vec<(i32, String)> {
        let usual = (-24..=28).map(|halves| halves * 30).chain([345, 525, 765]);
        let mut offsets: Vec<i32> = usual.chain([self.offset_minutes]).collect();
        offsets.sort_unstable();
        offsets.dedup();
        let name = |minutes: i32| {
            let sign = if minutes < 0 { '−' } else { '+' };
            format!("UTC{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
        };
        offsets.into_iter().map(|minutes| (minutes, name(minutes))).collect()
    }
}
