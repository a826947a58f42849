//! "Why can't I see the hub?": tries every step on the way to a site and says what is in the way.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use cairn_casebook::{ReplicaId, WhyOutcome, reason};

use super::{Frame, Section, Visit, page};
use crate::Failure;
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::words::{StepSaid, WhySaid};

#[derive(Template)]
#[template(path = "why.html")]
pub(super) struct WhyPage {
    pub frame: Frame,
    /// What was found; `None` when there is no other site.
    pub why: Option<WhySaid>,
    /// The other sites.
    pub others: Vec<(ReplicaId, String)>,
}

/// Tries, and shows each step.
pub(super) async fn show(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let of = asked.iter().find(|(name, _)| name == "of").map(|(_, key)| key.parse::<ReplicaId>());
    let of = of.transpose().map_err(|_| Failure::not_found(reason!("site-unknown")))?;
    let (usual, members) =
        blocking(&state, |casebook, _| Ok::<_, Failure>((casebook.usual_why(), casebook.members()))).await?;
    let Some(site) = of.or(usual) else { return page(&WhyPage::of(visit, None, Vec::new())) };
    let why = state.reach.why(&who.actor, site).await?;
    let others = members.into_iter().filter(|member| member.replica != site);
    let others = others.map(|member| (member.replica, member.site)).collect();
    let said = visit.clock.why(&why);
    page(&WhyPage::of(visit, Some(said), others))
}

impl WhyPage {
    pub(super) fn of(visit: Visit, why: Option<WhySaid>, others: Vec<(ReplicaId, String)>) -> Self {
        let site = why.as_ref().map_or_else(|| visit.words().t("sync-address-any"), |why| why.site.clone());
        let title = visit.words().a("why-title", "site", &site);
        Self { frame: visit.frame(Section::Sync, title), why, others }
    }

    /// Class of the mark, name of the icon, and key of the words for how a step went.
    pub fn mark(&self, step: &StepSaid) -> (&'static str, &'static str, &'static str) {
        match step.outcome {
            WhyOutcome::Well => ("tag-well", "done", "why-outcome-well"),
            WhyOutcome::Care => ("tag-possible", "info", "why-outcome-care"),
            WhyOutcome::Bad => ("tag-hit", "alert", "why-outcome-bad"),
            WhyOutcome::Untried => ("", "nothing", "why-outcome-untried"),
        }
    }
}
