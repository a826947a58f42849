//! What a person should know before trusting a date, or the name of a machine: clocks that cannot be right, machines that
//! came back from a copy, and copies that both run.
//!
//! Nothing of this is stored. Clocks are compared when a session begins; the rest is read from the logs, where a machine
//! that came back writes under a new incarnation, and one that was copied under two at a time.

use std::collections::BTreeMap;

use cairn_ledger::registry::SpaceKind;
use cairn_ledger::{Incarnation, LogId, ReplicaId};
use serde::{Deserialize, Serialize};

use crate::peers::entries;
use crate::records::today;
use crate::{Casebook, CasebookError};

/// Clocks that differ by no more are taken for equal.
pub const CLOCKS_AGREE_MS: u64 = 5 * 60_000;
/// 2026 began: no clock of a machine that runs this can be earlier.
const EARLIEST_MS: u64 = 1_767_225_600_000;
/// 2046 began: a clock that shows more was set wrong.
const LATEST_MS: u64 = 2_398_377_600_000;
/// When an entry written now would bear a time so far from what the clock shows, the clock stands or went back.
const STANDS_MS: u64 = 2 * CLOCKS_AGREE_MS;
/// How long it is told that a machine came back from a copy.
const TOLD_MS: u64 = 30 * 24 * 3_600 * 1_000;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// This machine's clock is wrong. `at_ms` is the time that an entry written now bears.
    ClockHere,
    /// This machine's clock shows an earlier time than entries written here bear: it is wrong, or was. `at_ms` as before.
    ClockWentBack,
    /// The clock of a site is wrong. `at_ms` is what it shows.
    ClockThere,
    /// The clocks of this machine and of a site differ, and it is not known which is wrong. `at_ms` is what it shows there.
    ClocksDiffer,
    /// This machine came back from a copy at `at_ms`; its last sync with the hub was before.
    CameBack,
    /// This machine came back from a copy at `at_ms`, and has what the hub held of its past.
    CameBackWhole,
    /// A site came back from a copy at `at_ms`.
    CameBackThere,
    /// Another machine runs with a copy of this one's data; it wrote at `at_ms`.
    TwinHere,
    /// Two machines run under the name of a site; at `at_ms` both had written.
    TwinThere,
    /// A log of a site has two histories.
    TwoHistories,
    /// `entries` that a site wrote were damaged on this machine's disk; another site holds them.
    Damaged,
    /// `entries` that a site wrote were damaged on this machine's disk, and no site is known to hold them.
    Lost,
    /// This machine's disk is nearly full: bulk work waits, and some of what others send.
    DiskLow,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::ClockHere,
        Self::ClockWentBack,
        Self::ClockThere,
        Self::ClocksDiffer,
        Self::CameBack,
        Self::CameBackWhole,
        Self::CameBackThere,
        Self::TwinHere,
        Self::TwinThere,
        Self::TwoHistories,
        Self::Damaged,
        Self::Lost,
        Self::DiskLow,
    ];

    /// Its name in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::ClockHere => "clock_here",
            Self::ClockWentBack => "clock_went_back",
            Self::ClockThere => "clock_there",
            Self::ClocksDiffer => "clocks_differ",
            Self::CameBack => "came_back",
            Self::CameBackWhole => "came_back_whole",
            Self::CameBackThere => "came_back_there",
            Self::TwinHere => "twin_here",
            Self::TwinThere => "twin_there",
            Self::TwoHistories => "two_histories",
            Self::Damaged => "damaged",
            Self::Lost => "lost",
            Self::DiskLow => "disk_low",
        }
    }

    /// Whether somebody must act soon.
    pub const fn is_grave(self) -> bool {
        matches!(
            self,
            Self::ClockHere
                | Self::TwinHere
                | Self::TwinThere
                | Self::TwoHistories
                | Self::Damaged
                | Self::Lost
                | Self::DiskLow
        )
    }
}

/// Something that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// Which site; of [`NoticeKind::ClockHere`] the site that its clock was compared with, or empty.
    pub site: String,
    /// A time, by kind.
    pub at_ms: u64,
    /// By how much clocks differ; 0 where that is not known.
    pub apart_ms: u64,
    /// How many entries are missing; 0 where it is not about that.
    pub entries: u64,
    /// What is wrong, what it means and what to do, in English.
    pub words: String,
}

/// Logs by the replica that wrote them, and the incarnation in which it did.
pub(crate) type LogsOfLives = BTreeMap<ReplicaId, BTreeMap<Incarnation, Vec<LogId>>>;

/// What one incarnation of a replica has written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) incarnation: Incarnation,
    pub(crate) first_ms: u64,
    last_ms: u64,
}

impl Casebook {
    /// Everything of this kind that holds now, clocks first.
    pub(crate) fn notices(&self, now_ms: u64) -> Result<Vec<Notice>, CasebookError> {
        let mut notices = self.clock_notices(now_ms);
        notices.extend(self.disk_is_low().then(|| Notice::new(NoticeKind::DiskLow, String::new(), 0, 0)));
        let own = self.ledger.replica();
        for (replica, lives) in self.lives(&self.logs_of_lives())? {
            let site = self.site_of(replica);
            let kind_and_time = if replica == own { self.own_life(&lives, now_ms) } else { life_there(&lives, now_ms) };
            notices.extend(kind_and_time.map(|(kind, at_ms)| Notice::new(kind, site, at_ms, 0)));
        }
        notices.extend(self.forked_sites().into_iter().map(|site| Notice::new(NoticeKind::TwoHistories, site, 0, 0)));
        notices.extend(self.lost_notices());
        notices.iter_mut().for_each(|notice| notice.words = notice.in_english(now_ms));
        Ok(notices)
    }

    /// The date of today for rules about dates: what an entry written now would bear, so that a clock that stands in 1970 does
    /// not put every birth into the future.
    pub(crate) fn today(&self, now_ms: u64) -> String {
        today(self.ledger.time_of_next(now_ms).max(EARLIEST_MS))
    }

    /// Whether this machine's clock is known to be wrong; cheap, for every page.
    pub fn clock_is_wrong(&self, now_ms: u64) -> bool {
        self.clock_notices(now_ms).iter().any(|notice| notice.kind == NoticeKind::ClockHere)
    }

    /// Whether less of this machine's disk is free than is kept for records; cheap, for every page.
    pub fn disk_is_low(&self) -> bool {
        !self.ledger.stats().roomy
    }

    /// What clocks say: of this machine alone if its own is wrong, else of each site whose clock differs.
    fn clock_notices(&self, now_ms: u64) -> Vec<Notice> {
        let compared: Vec<(ReplicaId, i64)> =
            self.peers().iter().filter_map(|(peer, state)| Some((*peer, state.clock_ahead_ms()?))).collect();
        let apart: Vec<(ReplicaId, i64)> =
            compared.iter().filter(|(_, ahead_ms)| ahead_ms.unsigned_abs() > CLOCKS_AGREE_MS).copied().collect();
        let bears_ms = self.ledger.time_of_next(now_ms);
        let nobody_agrees = apart.len() == compared.len() && are_of_one_mind(&apart, now_ms);
        let leapt = bears_ms.saturating_add(STANDS_MS) < now_ms;
        let kind = if !is_possible(now_ms) || leapt || nobody_agrees {
            Some(NoticeKind::ClockHere)
        } else if bears_ms > now_ms.saturating_add(STANDS_MS) {
            Some(NoticeKind::ClockWentBack)
        } else {
            None
        };
        if let Some(kind) = kind {
            let witness = apart.first().map(|(peer, ahead_ms)| (self.site_of(*peer), ahead_ms.unsigned_abs()));
            let (site, apart_ms) = witness.unwrap_or_default();
            return vec![Notice::new(kind, site, bears_ms, apart_ms)];
        }
        let one = |(peer, ahead_ms): &(ReplicaId, i64)| {
            let shown_ms = there(now_ms, *ahead_ms);
            let wrong_there = !is_possible(shown_ms) || apart.len() < compared.len();
            let kind = if wrong_there { NoticeKind::ClockThere } else { NoticeKind::ClocksDiffer };
            Notice::new(kind, self.site_of(*peer), shown_ms, ahead_ms.unsigned_abs())
        };
        apart.iter().map(one).collect()
    }

    /// What this machine has to say of its own incarnations.
    fn own_life(&self, lives: &[Life], now_ms: u64) -> Option<(NoticeKind, u64)> {
        let now = lives.iter().find(|life| life.incarnation == self.ledger.incarnation())?;
        let twin = lives.iter().filter(|life| life.incarnation != now.incarnation && life.last_ms > now.first_ms);
        if let Some(last_ms) = twin.map(|life| life.last_ms).max().filter(|ms| is_told(*ms, now_ms)) {
            return Some((NoticeKind::TwinHere, last_ms));
        }
        let members = self.members();
        let hubs = members.iter().any(crate::Member::is_hub);
        let whole = members
            .iter()
            .filter(|member| member.is_hub() == hubs)
            .all(|member| self.link_with(member).since_ms.is_some_and(|since_ms| since_ms >= now.first_ms));
        let kind = if whole { NoticeKind::CameBackWhole } else { NoticeKind::CameBack };
        Some((kind, now.first_ms)).filter(|(_, at_ms)| is_told(*at_ms, now_ms))
    }

    /// The logs of records and audit, by replica and incarnation.
    pub(crate) fn logs_of_lives(&self) -> LogsOfLives {
        let mut logs = LogsOfLives::new();
        let shared = [SpaceKind::Records, SpaceKind::Audit].map(|kind| self.spaces_of_kind(kind));
        for space in shared.into_iter().flatten() {
            for key in self.frontier(space).0.into_keys() {
                logs.entry(key.replica).or_default().entry(key.incarnation).or_default().push(LogId { space, key });
            }
        }
        logs
    }

    /// The incarnations of replicas that have written under more than one, by replica.
    pub(crate) fn lives(&self, logs: &LogsOfLives) -> Result<BTreeMap<ReplicaId, Vec<Life>>, CasebookError> {
        let mut lives = BTreeMap::new();
        for (replica, incarnations) in logs.iter().filter(|(_, incarnations)| incarnations.len() > 1) {
            let read: Result<Vec<Life>, CasebookError> =
                incarnations.iter().map(|(incarnation, logs)| self.life(*incarnation, logs)).collect();
            lives.insert(*replica, read?);
        }
        Ok(lives)
    }

    fn life(&self, incarnation: Incarnation, logs: &[LogId]) -> Result<Life, CasebookError> {
        let mut life = Life { incarnation, first_ms: u64::MAX, last_ms: 0 };
        for log in logs {
            for number in [1, self.ledger.last(log).0] {
                let Some(entry) = self.ledger.entry(log, number)? else { continue };
                let at_ms = entry.header.core.hlc.unix_ms;
                (life.first_ms, life.last_ms) = (life.first_ms.min(at_ms), life.last_ms.max(at_ms));
            }
        }
        Ok(life)
    }

    /// Sites with a log that is frozen because it has two histories.
    fn forked_sites(&self) -> Vec<String> {
        let mut sites: Vec<String> =
            self.ledger.frozen_logs().iter().map(|(log, _)| self.site_of(log.key.replica)).collect();
        sites.sort();
        sites.dedup();
        sites
    }
}

/// What another replica's incarnations say: it came back, or two machines run under its name.
fn life_there(lives: &[Life], now_ms: u64) -> Option<(NoticeKind, u64)> {
    let newest = lives.iter().max_by_key(|life| life.first_ms)?;
    let twin = lives.iter().filter(|life| life.incarnation != newest.incarnation && life.last_ms > newest.first_ms);
    let told = match twin.map(|life| life.last_ms.min(newest.last_ms)).max() {
        Some(both_ms) => (NoticeKind::TwinThere, both_ms),
        None => (NoticeKind::CameBackThere, newest.first_ms),
    };
    Some(told).filter(|(_, at_ms)| is_told(*at_ms, now_ms))
}

/// Whether two or more sites with possible clocks agree with each other.
fn are_of_one_mind(ahead: &[(ReplicaId, i64)], now_ms: u64) -> bool {
    let clocks = ahead.iter().map(|(_, ahead_ms)| *ahead_ms);
    let spread = clocks.clone().max().zip(clocks.min());
    ahead.len() > 1
        && spread.is_some_and(|(most, least)| most.abs_diff(least) <= STANDS_MS && is_possible(there(now_ms, most)))
}

/// Whether a clock can show this.
fn is_possible(shown_ms: u64) -> bool {
    (EARLIEST_MS..LATEST_MS).contains(&shown_ms)
}

fn is_told(at_ms: u64, now_ms: u64) -> bool {
    at_ms.saturating_add(TOLD_MS) > now_ms
}

fn there(now_ms: u64, ahead_ms: i64) -> u64 {
    now_ms.saturating_add_signed(ahead_ms)
}

impl Notice {
    pub(crate) fn new(kind: NoticeKind, site: String, at_ms: u64, apart_ms: u64) -> Self {
        Self { kind, site, at_ms, apart_ms, entries: 0, words: String::new() }
    }

    fn in_english(&self, now_ms: u64) -> String {
        let (site, at, shown, apart) = (&self.site, today(self.at_ms), today(now_ms), span(self.apart_ms));
        match self.kind {
            NoticeKind::ClockHere => format!(
                "This machine's clock is wrong: it shows {shown}. Nothing is lost, and changes keep their order, but what \
                 is written here now bears the date {at}, and how old an answer is cannot be relied on. Set the date and \
                 the time of this machine."
            ),
            NoticeKind::ClockWentBack => format!(
                "This machine's clock went back: it shows {shown}, and entries written here bear {at} already. It is \
                 wrong now, or it was before. Nothing is lost, and changes keep their order, but what is written here \
                 bears the date {at} until the clock has passed it. Compare it with a watch, and set it if need be."
            ),
            NoticeKind::ClockThere => format!(
                "The clock of {site} is wrong: it shows {at}, {apart} apart from this machine's. Nothing is lost, and \
                 changes keep their order, but what was written there may bear wrong dates. Ask somebody there to set it."
            ),
            NoticeKind::ClocksDiffer => format!(
                "The clocks of this machine and of {site} are {apart} apart, and it is not known which is wrong. Nothing \
                 is lost, and changes keep their order, but what was written where it is wrong bears wrong dates. Compare \
                 this machine's clock with a watch, and ask somebody at {site} to do the same."
            ),
            NoticeKind::CameBack => format!(
                "This machine came back from a copy of its data, or lost some of what it wrote, on {at}: a restored backup, \
                 a copied folder or card, or a disk that lost or damaged what it had taken. What other sites hold of what \
                 is missing comes back at the next sync, and it goes on under a new incarnation. Let it sync. If it was a \
                 copy, and the machine from which it was made still runs, switch one of the two off."
            ),
            NoticeKind::CameBackWhole => format!(
                "This machine came back from a copy of its data, or lost some of what it wrote, on {at}: a restored backup, \
                 a copied folder or card, or a disk that lost or damaged what it had taken. It goes on under a new \
                 incarnation, and has everything again that other sites held of its past. If it was a copy, and the \
                 machine from which it was made still runs, switch one of the two off."
            ),
            NoticeKind::CameBackThere => format!(
                "{site} came back from a copy of its data, or lost some of what it wrote, on {at} and goes on under a new \
                 incarnation. Nothing that it had sent is lost. If nobody there knows why, somebody may have copied its \
                 card: ask."
            ),
            NoticeKind::TwinHere => format!(
                "Another machine runs with a copy of this one's data and wrote in its name on {at}. Nothing is lost: each \
                 writes under an incarnation of its own, and both arrive at the hub. But the audit cannot tell them apart, \
                 and whoever has the copy reads what this machine can. Find it and switch it off; if it is needed, set it \
                 up anew and let it join with a code of its own."
            ),
            NoticeKind::TwinThere => format!(
                "Two machines run under the name of {site}; both had written on {at}. Nothing is lost: each writes under \
                 an incarnation of its own. But the audit cannot tell them apart, and whoever has the copy reads what \
                 {site} can. Find out which machine is the right one and switch the other off; if it is needed, set it up \
                 anew and let it join with a code of its own."
            ),
            NoticeKind::TwoHistories => format!(
                "Two histories were written under the same numbers at {site}: its card was copied block by block and both \
                 ran, or somebody deceives. Nothing is lost: what both have in common is kept everywhere, and what came \
                 after is carried on by the machines that hold it, each history under its own entries. Find out which \
                 machines ran as {site}, and switch off the one that should not; if nobody knows of it, treat it as stolen."
            ),
            NoticeKind::Damaged => format!(
                "Damage of this machine's disk took {} that {site} wrote. The damaged file was set aside, and another site \
                 holds what is missing: it comes back at the next sync. Until then answers of this machine are not \
                 complete. Let it sync, and have its disk or card looked at.",
                entries(self.entries)
            ),
            NoticeKind::Lost => format!(
                "Damage of this machine's disk took {} that {site} wrote, and no site is known to hold what is missing. \
                 The damaged file was set aside. If a site that has not been met since holds it, it comes back from there; \
                 answers of this machine are not complete. Run \"cairn doctor\", which names what is missing; restore a \
                 backup if there is one, and have the disk or card replaced.",
                entries(self.entries)
            ),
            NoticeKind::DiskLow => {
                "The disk of this machine is nearly full. Nothing is lost, and records can be written while there is any \
                 room; but imports and files wait, and so does some of what other sites send. Free space on this disk, or \
                 move to a larger one: what waits is taken within minutes."
                    .into()
            }
        }
    }
}

/// A difference between clocks, in English.
fn span(ms: u64) -> String {
    let minutes = ms / 60_000;
    match minutes {
        0..120 => format!("{minutes} minutes"),
        120..2_880 => format!("{} hours", minutes / 60),
        2_880..1_051_200 => format!("{} days", minutes / 1_440),
        _ => format!("{} years", minutes / 525_960),
    }
}
