//! Why a site cannot be seen, step by step, in the words of the reader.

use cairn_casebook::{LinkWhy, ReplicaId, WhyFinding, WhyOutcome, WhyStep};
use fluent_bundle::FluentValue;
use serde::{Deserialize, Serialize};

use super::{Clock, Language, Words, number};

/// What stands between this machine and a site, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhySaid {
    /// The site's machine.
    pub replica: ReplicaId,
    /// Its name.
    pub site: String,
    /// `hub` or `post`.
    pub role: String,
    /// When it was tried.
    pub at_ms: u64,
    /// Whether there is a link now.
    pub linked: bool,
    /// The steps, in their order.
    pub steps: Vec<StepSaid>,
}

/// One step in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepSaid {
    /// `address`, `name`, `port`, `key`, `clock`, `right`, `rules`, `last` or `next`.
    pub step: String,
    /// What the step is called.
    pub title: String,
    /// How it went.
    pub outcome: WhyOutcome,
    /// Stable key of what was found.
    pub finding: String,
    /// What was found, in a sentence.
    pub said: String,
    /// What to do about it; empty when there is nothing to do.
    pub advice: String,
}

impl WhySaid {
    /// In English, for the API and the command line.
    pub fn in_english(why: &LinkWhy) -> Self {
        Clock { words: Words::new(Language::English), now_ms: why.at_ms }.why(why)
    }

    /// The first step that is in the way.
    pub fn trouble(&self) -> Option<&StepSaid> {
        self.steps.iter().find(|step| step.outcome == WhyOutcome::Bad)
    }
}

impl Clock {
    /// Every step in words.
    pub fn why(&self, why: &LinkWhy) -> WhySaid {
        WhySaid {
            replica: why.replica,
            site: why.site.clone(),
            role: why.role.clone(),
            at_ms: why.at_ms,
            linked: why.linked,
            steps: why.steps.iter().map(|step| self.step_said(why, step)).collect(),
        }
    }

    fn step_said(&self, why: &LinkWhy, step: &WhyStep) -> StepSaid {
        let (finding, mut args) = self.finding(&step.finding);
        args.push(("site", why.site.clone().into()));
        let key = format!("why-{finding}");
        let w = self.words;
        let mut said = w.with(&key, &args);
        if let Some(failure) = failure_of(&step.finding) {
            let failure = why.failed.as_ref().map_or_else(|| failure.to_owned(), |reason| w.said(reason));
            said = format!("{said} {}", w.a("why-last-failure", "reason", &failure));
        }
        StepSaid {
            step: step.step.key().into(),
            title: w.t(&format!("why-step-{}", step.step.key())),
            outcome: step.outcome,
            finding: finding.into(),
            said,
            advice: w.find(&format!("{key}-do"), &args).unwrap_or_default(),
        }
    }

    /// The key of a finding in the catalogue, and what its sentence needs.
    fn finding(&self, finding: &WhyFinding) -> (&'static str, Vec<(&'static str, FluentValue<'static>)>) {
        use WhyFinding as F;
        let at = |address: &str| vec![("address", address.to_owned().into())];
        let ago = |at_ms: &u64| vec![("ago", self.ago_words(at_ms).into())];
        let apart = |apart_ms: &u64| vec![("age", self.age_words(*apart_ms).into())];
        match finding {
            F::AddressNone => ("address-none", vec![]),
            F::AddressKnown { addresses } => {
                ("address-known", vec![("count", number(addresses.len())), ("list", addresses.join(", ").into())])
            }
            F::NameUntried => ("name-untried", vec![]),
            F::NameNumber => ("name-number", vec![]),
            F::NameFound { name, to } => ("name-found", vec![("name", name.clone().into()), ("to", to.clone().into())]),
            F::NameLost { name } => ("name-lost", vec![("name", name.clone().into())]),
            F::PortUntried => ("port-untried", vec![]),
            F::PortLinked => ("port-linked", vec![]),
            F::PortAnswers { address, trip_ms: 0 } => ("port-answers", at(address)),
            F::PortAnswers { address, trip_ms } => {
                ("port-answers-in", [at(address), vec![("time", number(*trip_ms))]].concat())
            }
            F::PortRefuses { address } => ("port-refuses", at(address)),
            F::PortClosed { address } => ("port-closed", at(address)),
            F::PortSilent { address } => ("port-silent", at(address)),
            F::PortNoWay { address } => ("port-no-way", at(address)),
            F::KeyUntried => ("key-untried", vec![]),
            F::KeyExpected => ("key-expected", vec![]),
            F::KeyOther { address } => ("key-other", at(address)),
            F::ClockUntried => ("clock-untried", vec![]),
            F::ClockClose => ("clock-close", vec![]),
            F::ClockAhead { apart_ms } => ("clock-ahead", apart(apart_ms)),
            F::ClockBehind { apart_ms } => ("clock-behind", apart(apart_ms)),
            F::RightUntried => ("right-untried", vec![]),
            F::RightMember => ("right-member", vec![]),
            F::RightAlone => ("right-alone", vec![]),
            F::RightNotKnown => ("right-not-known", vec![]),
            F::RulesFree => ("rules-free", vec![]),
            F::RulesUsed { used, most } => {
                let bytes = |bytes: &u64| self.words.bytes(bytes).into();
                ("rules-used", vec![("used", bytes(used)), ("most", bytes(most))])
            }
            F::RulesCut => ("rules-cut", vec![]),
            F::RulesWindow { windows } => ("rules-window", vec![("windows", windows.clone().into())]),
            F::RulesBudget { most } => ("rules-budget", vec![("most", self.words.bytes(most).into())]),
            F::RulesMetered => ("rules-metered", vec![]),
            F::RulesCancelled { until_ms } => ("rules-cancelled", vec![("until", self.until_words(until_ms).into())]),
            F::LastLinked => ("last-linked", vec![]),
            F::LastEqual { at_ms, .. } => ("last-equal", ago(at_ms)),
            F::LastContact { at_ms, .. } => ("last-contact", ago(at_ms)),
            F::LastNever { .. } => ("last-never", vec![]),
            F::NextLinked => ("next-linked", vec![]),
            F::NextNow => ("next-now", vec![]),
            F::NextAt { at_ms } => ("next-at", vec![("until", self.until_words(at_ms).into())]),
            F::NextCut => ("next-cut", vec![]),
            F::NextAsked => ("next-asked", vec![]),
            F::NextStopped => ("next-stopped", vec![]),
            F::NextNone => ("next-none", vec![]),
        }
    }
}

fn failure_of(finding: &WhyFinding) -> Option<&str> {
    match finding {
        WhyFinding::LastEqual { failure, .. }
        | WhyFinding::LastContact { failure, .. }
        | WhyFinding::LastNever { failure } => Some(failure.as_str()).filter(|failure| !failure.is_empty()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cairn_casebook::WhyPart;

    fn somewhere() -> LinkWhy {
        let (site, role) = ("Harrow Point".into(), "hub".into());
        let replica = cairn_casebook::ReplicaId([1; 32]);
        LinkWhy { replica, site, role, at_ms: 0, linked: false, steps: Vec::new(), failed: None }
    }

    fn all() -> Vec<WhyFinding> {
        use WhyFinding as F;
        let address = || "hub.example:7411".to_owned();
        let failure = || "the peer does not answer".to_owned();
        vec![
            F::AddressNone,
            F::AddressKnown { addresses: vec![address()] },
            F::NameUntried,
            F::NameNumber,
            F::NameFound { name: address(), to: "192.0.2.7:7411".into() },
            F::NameLost { name: address() },
            F::PortUntried,
            F::PortLinked,
            F::PortAnswers { address: address(), trip_ms: 0 },
            F::PortAnswers { address: address(), trip_ms: 612 },
            F::PortRefuses { address: address() },
            F::PortClosed { address: address() },
            F::PortSilent { address: address() },
            F::PortNoWay { address: address() },
            F::KeyUntried,
            F::KeyExpected,
            F::KeyOther { address: address() },
            F::ClockUntried,
            F::ClockClose,
            F::ClockAhead { apart_ms: 300_000 },
            F::ClockBehind { apart_ms: 300_000 },
            F::RightUntried,
            F::RightMember,
            F::RightAlone,
            F::RightNotKnown,
            F::RulesFree,
            F::RulesUsed { used: 3_200_000, most: 5_000_000 },
            F::RulesCut,
            F::RulesWindow { windows: "22:00-05:00".into() },
            F::RulesBudget { most: 5_000_000 },
            F::RulesMetered,
            F::RulesCancelled { until_ms: 4_000_000 },
            F::LastLinked,
            F::LastEqual { at_ms: 0, failure: failure() },
            F::LastContact { at_ms: 0, failure: failure() },
            F::LastNever { failure: failure() },
            F::NextLinked,
            F::NextNow,
            F::NextAt { at_ms: 4_000_000 },
            F::NextCut,
            F::NextAsked,
            F::NextStopped,
            F::NextNone,
        ]
    }

    fn said(finding: WhyFinding, outcome: WhyOutcome) -> StepSaid {
        let clock = Clock { words: Words::new(Language::English), now_ms: 3_600_000 };
        clock.step_said(&somewhere(), &WhyStep { step: WhyPart::Port, outcome, finding })
    }

    #[test]
    fn every_finding_is_said_in_the_words_of_the_catalogue() {
        for finding in all() {
            let said = said(finding.clone(), WhyOutcome::Well);
            let text = format!("{} {} {}", said.title, said.said, said.advice);
            assert!(!text.contains('⟦') && !text.contains('{'), "{finding:?}: {text}");
            assert!(!said.said.is_empty());
        }
    }

    #[test]
    fn what_is_in_the_way_comes_with_something_to_do() {
        use WhyFinding as F;
        let address = || "hub.example:7411".to_owned();
        let bad = [
            F::AddressNone,
            F::NameLost { name: address() },
            F::PortRefuses { address: address() },
            F::PortClosed { address: address() },
            F::PortSilent { address: address() },
            F::PortNoWay { address: address() },
            F::KeyOther { address: address() },
            F::RightAlone,
            F::RightNotKnown,
            F::RulesCut,
            F::RulesWindow { windows: "22:00-05:00".into() },
            F::RulesBudget { most: 5_000_000 },
            F::RulesMetered,
            F::RulesCancelled { until_ms: 4_000_000 },
            F::NextCut,
            F::NextAsked,
            F::NextStopped,
            F::NextNone,
        ];
        for finding in bad {
            assert!(!said(finding.clone(), WhyOutcome::Bad).advice.is_empty(), "{finding:?}");
        }
    }

    #[test]
    fn a_silent_port_is_told_with_its_address_and_where_to_look() {
        let said = said(WhyFinding::PortSilent { address: "10.0.4.2:7411".into() }, WhyOutcome::Bad);
        assert_eq!(said.said, "Nothing came back from 10.0.4.2:7411.");
        assert!(said.advice.contains("Harrow Point"), "{}", said.advice);
    }
}
