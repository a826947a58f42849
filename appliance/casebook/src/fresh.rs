//! How fresh the answers are: until when everything of each site is known to be here.
//!
//! Every check and search asks this, at a hub with hundreds of posts too: what is held is read once for all of them.

use std::collections::{HashMap, HashSet};

use cairn_ledger::registry::{ReplicaRole, SpaceKind};
use cairn_ledger::{Frontier, Incarnation, LogId, ReplicaId, SpaceId};

use crate::carrying::role_word;
use crate::{Casebook, CasebookError, Freshness, Member, keys};

/// Most receipts of one replica that are looked at: one about each replica it ever met.
const RECEIPTS_MAX: usize = 4_096;

/// What is known of the lives of a replica.
struct Lives {
    /// The one in which its word counts: that which began last. In an earlier one it may have held what it lost since. `None`
    /// where it has begun one of which nothing is here yet.
    newest: Option<Incarnation>,
    /// There was more than one.
    many: bool,
}

impl Casebook {
    /// How fresh what is held of each site is, this one first.
    pub(crate) fn freshness(&self, now_ms: u64) -> Result<Vec<Freshness>, CasebookError> {
        let identity = self.identity();
        let members = self.readers();
        let complete = self.complete_since(&members, now_ms)?;
        let newest = self.newest_by_writer()?;
        // What damage took was complete once.
        let damaged = self.lost_records_of();
        let mut lines = vec![Freshness {
            replica: identity.replica,
            site: identity.site,
            role: identity.role,
            here: true,
            complete_ms: damaged.is_empty().then_some(now_ms),
            newest_ms: newest.get(&identity.replica).copied(),
        }];
        lines.extend(members.into_iter().map(|member| Freshness {
            replica: member.replica,
            complete_ms: complete.get(&member.replica).copied().filter(|_| !damaged.contains(&member.replica)),
            newest_ms: newest.get(&member.replica).copied(),
            role: role_word(member.role).into(),
            site: member.site,
            here: false,
        }));
        Ok(lines)
    }

    /// Until when everything of each member is known to be here: our own comparison with it, or what somebody we were
    /// equal with later said of it. Members of whom nothing is known are left out, and those that began a new life and have
    /// not said in it that they are whole.
    fn complete_since(&self, members: &[Member], now_ms: u64) -> Result<HashMap<ReplicaId, u64>, CasebookError> {
        let equal = self.equal_since(members, now_ms);
        let mut complete = equal.clone();
        let lives = self.lives_of(members)?;
        for (between, until) in equal {
            let Some(life) = lives.get(&between).and_then(|lives| lives.newest) else { continue };
            for (about, said) in self.receipts_in(between, life)? {
                // What it said after we were last equal is about entries that may not be here yet.
                if about != between && said <= until {
                    let known = complete.entry(about).or_default();
                    *known = said.max(*known);
                }
            }
        }
        let mut hubs: HashSet<ReplicaId> = members.iter().filter(|one| one.is_hub()).map(|one| one.replica).collect();
        let identity = self.identity();
        hubs.extend((identity.role == role_word(ReplicaRole::Hub)).then_some(identity.replica));
        for (replica, lives) in lives {
            if lives.many && !self.is_whole_in(replica, lives.newest, &hubs)? {
                complete.remove(&replica);
            }
        }
        Ok(complete)
    }

    /// Whether a replica has said in this life that it holds what a hub holds. Before that, what it lost or wrote in an earlier one
    /// may be on its way. A hub may say it of anybody, and so may everybody where there is none.
    fn is_whole_in(
        &self,
        replica: ReplicaId,
        life: Option<Incarnation>,
        hubs: &HashSet<ReplicaId>,
    ) -> Result<bool, CasebookError> {
        let Some(life) = life else { return Ok(false) };
        let any = hubs.is_empty() || hubs.contains(&replica);
        let receipts = self.receipts_in(replica, life)?;
        Ok(receipts.iter().any(|(about, _)| any || hubs.contains(about)))
    }

    /// About whom a replica wrote receipts in one of its lives, and of what time the last of each is.
    fn receipts_in(&self, writer: ReplicaId, life: Incarnation) -> Result<Vec<(ReplicaId, u64)>, CasebookError> {
        let rows = self.views.scan(&keys::receipts_of(writer, life), RECEIPTS_MAX, None)?;
        Ok(rows.iter().filter_map(keys::read_receipt).collect())
    }

    /// What is known of the lives of each member: from what is held of their audit, and what each said it holds.
    fn lives_of(&self, members: &[Member]) -> Result<HashMap<ReplicaId, Lives>, CasebookError> {
        let logs = self.logs_of_lives();
        let told = self.lives(&logs)?;
        let audits: HashSet<SpaceId> = self.spaces_of_kind(SpaceKind::Audit).into_iter().collect();
        let peers = self.peers();
        let one = |member: &Member| {
            let of_audit = |logs: &&Vec<LogId>| logs.iter().any(|log| audits.contains(&log.space));
            let written = logs.get(&member.replica).into_iter().flatten();
            let held = written.filter(|(_, logs)| of_audit(logs)).map(|(incarnation, _)| *incarnation);
            let held: HashSet<Incarnation> = held.collect();
            let state = peers.get(&member.replica);
            let said = state.map(|state| state.lives_said(&member.replica, &audits)).unwrap_or_default();
            let begun = told.get(&member.replica).and_then(|lives| lives.iter().max_by_key(|life| life.first_ms));
            let newest = begun.map(|life| life.incarnation).or_else(|| held.iter().next().copied());
            let lives = Lives { newest: newest.filter(|_| said.is_subset(&held)), many: held.union(&said).count() > 1 };
            (member.replica, lives)
        };
        Ok(members.iter().map(one).collect())
    }

    /// When this machine and each member last held the same registry and records.
    fn equal_since(&self, members: &[Member], now_ms: u64) -> HashMap<ReplicaId, u64> {
        let mut held: HashMap<Vec<SpaceId>, Vec<(SpaceId, Frontier)>> = HashMap::new();
        let mut equal = HashMap::new();
        for member in members {
            let (spaces, audits) = self.vouched_spaces(member.replica);
            let here = held
                .entry(spaces)
                .or_insert_with_key(|spaces| spaces.iter().map(|space| (*space, self.frontier(*space))).collect());
            let since = self.peers().get(&member.replica).and_then(|state| state.equal_since(here, &audits, now_ms));
            equal.extend(since.map(|since| (member.replica, since)));
        }
        equal
    }

    /// Time of the newest entry about records held here, by who wrote it.
    fn newest_by_writer(&self) -> Result<HashMap<ReplicaId, u64>, CasebookError> {
        let mut newest: HashMap<ReplicaId, u64> = HashMap::new();
        for space in self.spaces_of_kind(SpaceKind::Records) {
            for (log, (number, _)) in self.frontier(space).0 {
                let Some(entry) = self.ledger.entry(&LogId { space, key: log }, number)? else { continue };
                let known = newest.entry(log.replica).or_default();
                *known = entry.header.core.hlc.unix_ms.max(*known);
            }
        }
        Ok(newest)
    }
}
