//! How fresh the answers are: until when everything of each site is known to be here.
//!
//! Every check and search asks this, at a hub with hundreds of posts too: what is held is read once for all of them.

use std::collections::{HashMap, HashSet};

use cairn_ledger::registry::SpaceKind;
use cairn_ledger::{Frontier, Incarnation, LogId, ReplicaId, SpaceId};

use crate::carrying::role_word;
use crate::peers::PeerState;
use crate::{Casebook, CasebookError, Freshness, Member, keys};

/// Most receipts of one replica that are looked at: one about each replica it ever met.
const RECEIPTS_MAX: usize = 4_096;

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
    /// equal with later said of it. Members of whom nothing is known are left out.
    fn complete_since(&self, members: &[Member], now_ms: u64) -> Result<HashMap<ReplicaId, u64>, CasebookError> {
        let equal = self.equal_since(members, now_ms);
        let mut complete = equal.clone();
        let lives = self.lives_of(equal.keys().copied())?;
        for (between, until) in equal {
            let Some(life) = lives.get(&between) else { continue };
            for row in self.views.scan(&keys::receipts_of(between, *life), RECEIPTS_MAX, None)? {
                let Some((about, said)) = keys::read_receipt(&row) else { continue };
                // What it said after we were last equal is about entries that may not be here yet.
                if about != between && said <= until {
                    let known = complete.entry(about).or_default();
                    *known = said.max(*known);
                }
            }
        }
        Ok(complete)
    }

    /// The life of each that its word counts in: the one that began last. In an earlier one it may have held what it lost since.
    /// Missing where none is known, or where it has begun one of which nothing is here yet.
    fn lives_of(
        &self,
        replicas: impl Iterator<Item = ReplicaId>,
    ) -> Result<HashMap<ReplicaId, Incarnation>, CasebookError> {
        let lives = self.lives()?;
        let audits = self.spaces_of_kind(SpaceKind::Audit);
        let mut held: HashMap<ReplicaId, HashSet<Incarnation>> = HashMap::new();
        for key in audits.iter().flat_map(|space| self.frontier(*space).0.into_keys()) {
            held.entry(key.replica).or_default().insert(key.incarnation);
        }
        let peers = self.peers();
        let one = |replica: ReplicaId| {
            let held = held.get(&replica)?;
            let unseen = |state: &PeerState| state.knows_another_life(&replica, &audits, held);
            let newest = lives.get(&replica).and_then(|lives| lives.iter().max_by_key(|life| life.first_ms));
            let newest = newest.map(|life| life.incarnation).or_else(|| held.iter().next().copied());
            newest.filter(|_| !peers.get(&replica).is_some_and(unseen)).map(|life| (replica, life))
        };
        Ok(replicas.filter_map(one).collect())
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
