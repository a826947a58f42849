//! Why a site cannot be seen: what a probe met on the way to it, step by step.
//!
//! The links probe ([`Probe`]); [`Casebook::why`] adds what is known here and says of each step how it stands. Everything
//! is data: the screens, the API and the command line say it in the words of the reader.

use cairn_ledger::ReplicaId;
use cairn_record::{Reason, reason};
use serde::{Deserialize, Serialize};

use crate::link_rules::{HeldBack, windows_words};
use crate::{Actor, Casebook, CasebookError, Member, PeerSync, Right};

/// Clocks that differ by less are called equal: people and batteries are no better.
const CLOCK_CARE_MS: u64 = 2 * 60_000;

/// What the links met when they tried to reach a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probe {
    /// Whether the appliance runs, and so tries by itself.
    pub running: bool,
    /// What was met at each address, in the order in which they are tried. Empty while there is a link.
    pub places: Vec<Place>,
}

/// What was met at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `host:port`, as it is known here.
    pub address: String,
    /// What the name stands for; empty when it stands for nothing.
    pub found: Vec<String>,
    /// What was met there.
    pub met: Met,
}

/// What was met at an address, from nothing to everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Met {
    /// The name stands for no address that this machine can use.
    NoName,
    /// This machine has no way there.
    NoWay,
    /// Nothing came back.
    Silence,
    /// A machine is there, and nothing listens on the port.
    Closed,
    /// Something answers and takes no calls.
    Refusal,
    /// Another machine than expected.
    Stranger,
    /// The machine expected; it does not know this one.
    NotKnown {
        /// Round trip in milliseconds.
        trip_ms: u64,
    },
    /// The machine expected, and it knows this one.
    Known {
        /// Round trip in milliseconds.
        trip_ms: u64,
        /// Milliseconds by which its clock is ahead.
        ahead_ms: i64,
    },
}

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyOutcome {
    /// Nothing in the way.
    Well,
    /// Worth knowing; it does not stop the exchange.
    Care,
    /// This is in the way.
    Bad,
    /// It could not be tried.
    Untried,
}

/// One step and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhyStep {
    /// Which step.
    pub step: WhyPart,
    /// How it went.
    pub outcome: WhyOutcome,
    /// What was found.
    pub finding: WhyFinding,
}

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyPart {
    /// Is an address known?
    Address,
    /// Does its name stand for something?
    Name,
    /// Does anything answer?
    Port,
    /// Is it the machine expected?
    Key,
    /// How far are the clocks apart?
    Clock,
    /// Is this machine a member there?
    Right,
    /// May the link be used?
    Rules,
    /// When was it last there?
    Last,
    /// When is it tried again?
    Next,
}

impl WhyPart {
    /// Every step.
    pub const ALL: [Self; 9] = [
        Self::Address,
        Self::Name,
        Self::Port,
        Self::Key,
        Self::Clock,
        Self::Right,
        Self::Rules,
        Self::Last,
        Self::Next,
    ];

    /// Stable key, as in the API and the catalogues.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Name => "name",
            Self::Port => "port",
            Self::Key => "key",
            Self::Clock => "clock",
            Self::Right => "right",
            Self::Rules => "rules",
            Self::Last => "last",
            Self::Next => "next",
        }
    }
}

/// What was found in a step. Times are milliseconds since 1970, ages milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is said in full under its key in the catalogue (`why-…`)")]
pub enum WhyFinding {
    AddressNone,
    AddressKnown { addresses: Vec<String> },
    NameUntried,
    NameNumber,
    NameFound { name: String, to: String },
    NameLost { name: String },
    PortUntried,
    PortLinked,
    PortAnswers { address: String, trip_ms: u64 },
    PortRefuses { address: String },
    PortClosed { address: String },
    PortSilent { address: String },
    PortNoWay { address: String },
    KeyUntried,
    KeyExpected,
    KeyOther { address: String },
    ClockUntried,
    ClockClose,
    ClockAhead { apart_ms: u64 },
    ClockBehind { apart_ms: u64 },
    RightUntried,
    RightMember,
    RightAlone,
    RightNotKnown,
    RulesFree,
    RulesUsed { used: u64, most: u64 },
    RulesCut,
    RulesWindow { windows: String },
    RulesBudget { most: u64 },
    RulesMetered,
    RulesCancelled { until_ms: u64 },
    LastLinked,
    LastEqual { at_ms: u64, failure: String },
    LastContact { at_ms: u64, failure: String },
    LastNever { failure: String },
    NextLinked,
    NextNow,
    NextAt { at_ms: u64 },
    NextCut,
    NextAsked,
    NextStopped,
    NextNone,
}

/// Why a site can or cannot be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkWhy {
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
    pub steps: Vec<WhyStep>,
    /// Why the last attempt failed, as data, for those who say it in other words.
    pub failed: Option<Reason>,
}

impl Casebook {
    /// What stands between this machine and a site: what the links met just now, and what is known here. Right: SeeSync.
    pub fn why(&self, actor: &Actor, peer: ReplicaId, probe: &Probe, now_ms: u64) -> Result<LinkWhy, CasebookError> {
        actor.must(Right::SeeSync)?;
        let member = self
            .members()
            .into_iter()
            .find(|member| member.replica == peer)
            .ok_or_else(|| CasebookError::NotFound(reason!("site-not-here")))?;
        let seen = Seen {
            enrolled: self.identity().enrolled,
            cut: self.is_cut(),
            ahead_ms: self.clock_of(peer),
            peer: self.peer_sync(member.clone(), now_ms),
            best: probe.places.iter().max_by_key(|place| place.met),
            member,
            probe,
            now_ms,
        };
        Ok(LinkWhy {
            replica: peer,
            site: seen.peer.site.clone(),
            role: seen.peer.role.clone(),
            at_ms: now_ms,
            linked: seen.peer.connected,
            steps: WhyPart::ALL.into_iter().map(|step| seen.step(step)).collect(),
            failed: seen.peer.failed.clone(),
        })
    }

    /// The site that a question without a name is about: the first hub without a link, else the first hub, else anybody.
    pub fn usual_why(&self) -> Option<ReplicaId> {
        let members = self.members();
        let linked = |member: &Member| self.link_with(member).connected;
        let dark = members.iter().find(|member| member.is_hub() && !linked(member));
        dark.or(members.iter().find(|member| member.is_hub())).or(members.first()).map(|member| member.replica)
    }
}

/// Everything the steps are judged by.
struct Seen<'a> {
    member: Member,
    peer: PeerSync,
    enrolled: bool,
    cut: bool,
    /// The clock of the site, when it has been compared.
    ahead_ms: Option<i64>,
    probe: &'a Probe,
    best: Option<&'a Place>,
    now_ms: u64,
}

impl Seen<'_> {
    fn step(&self, step: WhyPart) -> WhyStep {
        let (outcome, finding) = match step {
            WhyPart::Address => self.address(),
            WhyPart::Name => self.name(),
            WhyPart::Port => self.port(),
            WhyPart::Key => self.key(),
            WhyPart::Clock => self.clock(),
            WhyPart::Right => self.right(),
            WhyPart::Rules => self.rules(),
            WhyPart::Last => self.last(),
            WhyPart::Next => self.next(),
        };
        WhyStep { step, outcome, finding }
    }

    fn address(&self) -> (WhyOutcome, WhyFinding) {
        let mut addresses = self.member.addresses.clone();
        let tried = self.probe.places.iter().map(|place| &place.address);
        addresses.extend(tried.filter(|address| !self.member.addresses.contains(address)).cloned());
        match (addresses.is_empty(), self.peer.connected) {
            (false, _) => (WhyOutcome::Well, WhyFinding::AddressKnown { addresses }),
            // It dialled us: no address of its is needed while the link lasts.
            (true, true) => (WhyOutcome::Care, WhyFinding::AddressNone),
            (true, false) => (WhyOutcome::Bad, WhyFinding::AddressNone),
        }
    }

    fn name(&self) -> (WhyOutcome, WhyFinding) {
        let Some(place) = self.best else { return (WhyOutcome::Untried, WhyFinding::NameUntried) };
        let name = place.address.clone();
        match place.found.first() {
            None => (WhyOutcome::Bad, WhyFinding::NameLost { name }),
            Some(to) if *to == name => (WhyOutcome::Well, WhyFinding::NameNumber),
            Some(to) => (WhyOutcome::Well, WhyFinding::NameFound { name, to: to.clone() }),
        }
    }

    fn port(&self) -> (WhyOutcome, WhyFinding) {
        if self.peer.connected {
            return (WhyOutcome::Well, WhyFinding::PortLinked);
        }
        let Some(Place { address, met, .. }) = self.best else {
            return (WhyOutcome::Untried, WhyFinding::PortUntried);
        };
        let address = address.clone();
        match *met {
            Met::NoName => (WhyOutcome::Untried, WhyFinding::PortUntried),
            Met::NoWay => (WhyOutcome::Bad, WhyFinding::PortNoWay { address }),
            Met::Silence => (WhyOutcome::Bad, WhyFinding::PortSilent { address }),
            Met::Closed => (WhyOutcome::Bad, WhyFinding::PortClosed { address }),
            Met::Refusal => (WhyOutcome::Bad, WhyFinding::PortRefuses { address }),
            Met::Stranger => (WhyOutcome::Well, WhyFinding::PortAnswers { address, trip_ms: 0 }),
            Met::NotKnown { trip_ms } | Met::Known { trip_ms, .. } => {
                (WhyOutcome::Well, WhyFinding::PortAnswers { address, trip_ms })
            }
        }
    }

    fn key(&self) -> (WhyOutcome, WhyFinding) {
        let met = self.best.map(|place| place.met);
        match (self.peer.connected, met) {
            (true, _) | (_, Some(Met::Known { .. } | Met::NotKnown { .. })) => {
                (WhyOutcome::Well, WhyFinding::KeyExpected)
            }
            (_, Some(Met::Stranger)) => {
                let address = self.best.map(|place| place.address.clone()).unwrap_or_default();
                (WhyOutcome::Bad, WhyFinding::KeyOther { address })
            }
            _ => (WhyOutcome::Untried, WhyFinding::KeyUntried),
        }
    }

    fn clock(&self) -> (WhyOutcome, WhyFinding) {
        let now = match self.best.map(|place| place.met) {
            Some(Met::Known { ahead_ms, .. }) => Some(ahead_ms),
            _ => self.ahead_ms,
        };
        let Some(ahead_ms) = now else { return (WhyOutcome::Untried, WhyFinding::ClockUntried) };
        let apart_ms = ahead_ms.unsigned_abs();
        match (apart_ms < CLOCK_CARE_MS, ahead_ms > 0) {
            (true, _) => (WhyOutcome::Well, WhyFinding::ClockClose),
            (false, true) => (WhyOutcome::Care, WhyFinding::ClockAhead { apart_ms }),
            (false, false) => (WhyOutcome::Care, WhyFinding::ClockBehind { apart_ms }),
        }
    }

    fn right(&self) -> (WhyOutcome, WhyFinding) {
        match (self.peer.connected, self.best.map(|place| place.met)) {
            _ if !self.enrolled => (WhyOutcome::Bad, WhyFinding::RightAlone),
            (true, _) | (_, Some(Met::Known { .. })) => (WhyOutcome::Well, WhyFinding::RightMember),
            (_, Some(Met::NotKnown { .. })) => (WhyOutcome::Bad, WhyFinding::RightNotKnown),
            _ => (WhyOutcome::Untried, WhyFinding::RightUntried),
        }
    }

    fn rules(&self) -> (WhyOutcome, WhyFinding) {
        let link = &self.peer.link;
        let most = link.rule.bytes_a_day.unwrap_or(0);
        let finding = match link.waits.map(|waits| (waits.because, waits.until_ms)) {
            _ if self.cut => WhyFinding::RulesCut,
            None if most > 0 => return (WhyOutcome::Well, WhyFinding::RulesUsed { used: link.used_today, most }),
            None => return (WhyOutcome::Well, WhyFinding::RulesFree),
            Some((HeldBack::Window, _)) => WhyFinding::RulesWindow { windows: windows_words(&link.rule.windows) },
            Some((HeldBack::Budget, _)) => WhyFinding::RulesBudget { most },
            Some((HeldBack::Metered, _)) => WhyFinding::RulesMetered,
            Some((HeldBack::Cancelled, until_ms)) => {
                WhyFinding::RulesCancelled { until_ms: until_ms.unwrap_or(self.now_ms) }
            }
        };
        (WhyOutcome::Bad, finding)
    }

    fn last(&self) -> (WhyOutcome, WhyFinding) {
        if self.peer.connected {
            return (WhyOutcome::Well, WhyFinding::LastLinked);
        }
        let failure = self.peer.failure.clone();
        let outcome = if failure.is_empty() { WhyOutcome::Well } else { WhyOutcome::Care };
        match (self.peer.last_equal_ms, self.peer.last_contact_ms) {
            (Some(at_ms), Some(contact_ms)) if at_ms >= contact_ms => {
                (outcome, WhyFinding::LastEqual { at_ms, failure })
            }
            (_, Some(at_ms)) => (outcome, WhyFinding::LastContact { at_ms, failure }),
            (Some(at_ms), None) => (outcome, WhyFinding::LastEqual { at_ms, failure }),
            (None, None) => (WhyOutcome::Care, WhyFinding::LastNever { failure }),
        }
    }

    fn next(&self) -> (WhyOutcome, WhyFinding) {
        if self.peer.connected {
            return (WhyOutcome::Well, WhyFinding::NextLinked);
        }
        if !self.probe.running {
            return (WhyOutcome::Bad, WhyFinding::NextStopped);
        }
        if self.cut {
            return (WhyOutcome::Bad, WhyFinding::NextCut);
        }
        if self.member.addresses.is_empty() && self.probe.places.is_empty() {
            return (WhyOutcome::Bad, WhyFinding::NextNone);
        }
        if self.peer.link.waits.is_some_and(|waits| waits.until_ms.is_none()) {
            return (WhyOutcome::Bad, WhyFinding::NextAsked);
        }
        match self.peer.next_attempt_ms.filter(|at_ms| *at_ms > self.now_ms) {
            Some(at_ms) => (WhyOutcome::Well, WhyFinding::NextAt { at_ms }),
            None => (WhyOutcome::Well, WhyFinding::NextNow),
        }
    }
}
