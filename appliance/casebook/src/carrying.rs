//! A relay: a member that carries sealed entries between the others and holds no key to read them.
//!
//! It is in the registry like everybody, so it knows who is a member, and checks chains, seals and rights of what it carries.
//! No epoch key of records or audit is ever granted to it ([`cairn_ledger::Registry::recipients`]); the one audit that it can
//! read is its own, which the hub adopts when it joins.

use cairn_ledger::registry::{ReplicaRole, SpaceKind};
use cairn_ledger::{LogId, ReceivedBatch, ReplicaId, SpaceId};
use cairn_record::reason;
use serde::{Deserialize, Serialize};

use crate::{Actor, Casebook, CasebookError, Kept, Right};

/// What a relay carries of one writer in one space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// Title of the space.
    pub space: String,
    /// What the space is for, in one word.
    pub kind: String,
    /// Site of the writer.
    pub site: String,
    /// Entries, over all lanes.
    pub entries: u64,
}

impl Casebook {
    /// Whether this machine only carries: by its registry, or before that has come, by the answer of the hub that it joined.
    pub fn is_relay(&self) -> bool {
        let memory = self.memory();
        memory.local.profile.relay || memory.registry.is_relay(&self.ledger.replica())
    }

    /// Refuses on a relay what would read or write records: it would answer "nothing held" of what it carries.
    pub(crate) fn must_hold_keys(&self) -> Result<(), CasebookError> {
        if self.is_relay() { Err(CasebookError::NotNow(reason!("relay-cannot-read"))) } else { Ok(()) }
    }

    /// Whether entries of a space travel sealed between this machine and a peer: one of the two is a relay. The registry is
    /// read by every member.
    pub fn goes_sealed(&self, peer: ReplicaId, space: SpaceId) -> bool {
        let relays = self.is_relay() || self.memory().registry.is_relay(&peer);
        relays && self.space_kind(space) != Some(SpaceKind::Registry)
    }

    /// Consecutive entries of a log from number `from` on, sealed, about `max_bytes`, up to a seal; `None` when there is
    /// nothing from there.
    pub fn read_sealed(
        &self,
        log: &LogId,
        from: u64,
        max_bytes: usize,
    ) -> Result<Option<ReceivedBatch>, CasebookError> {
        Ok(self.ledger.sealed_run(log, from, max_bytes)?)
    }

    /// [`Casebook::keep_parcel`] for entries that came sealed. A relay keeps what it cannot open when chain, seal and the
    /// writer's right hold; every other member opens each body first.
    pub fn keep_sealed(&self, peer: ReplicaId, batch: ReceivedBatch, now_ms: u64) -> Result<Kept, CasebookError> {
        self.must_share_space(peer, &batch.log.space)?;
        self.keep_batch(peer, &batch, now_ms)
    }

    /// What this relay carries, by space and writer; empty on every other machine. Right: SeeSync.
    pub fn carried(&self, actor: &Actor) -> Result<Vec<Carried>, CasebookError> {
        actor.must(Right::SeeSync)?;
        let mut lines: Vec<Carried> = Vec::new();
        let readable: Vec<SpaceId> = self.ledger.keyring().epoch_keys().map(|(space, ..)| space).collect();
        for space in self.ledger.spaces().into_iter().filter(|space| self.is_relay() && !readable.contains(space)) {
            let (title, kind) = (self.space_title(space), self.space_kind_word(space));
            for (key, (entries, _)) in self.frontier(space).0 {
                let site = self.site_of(key.replica);
                match lines.iter_mut().find(|line| line.space == title && line.site == site) {
                    Some(line) => line.entries += entries,
                    None => lines.push(Carried { space: title.clone(), kind: kind.into(), site, entries }),
                }
            }
        }
        Ok(lines)
    }
}

/// The role of what is a hub, a relay or neither.
pub const fn role_of(hub: bool, relay: bool) -> ReplicaRole {
    match (hub, relay) {
        (true, _) => ReplicaRole::Hub,
        (_, true) => ReplicaRole::Relay,
        _ => ReplicaRole::Post,
    }
}

/// How a role is called in files, API and views.
pub(crate) const fn role_word(role: ReplicaRole) -> &'static str {
    match role {
        ReplicaRole::Hub => "hub",
        ReplicaRole::Post => "post",
        ReplicaRole::Relay => "relay",
    }
}
