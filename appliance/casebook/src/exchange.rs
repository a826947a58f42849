//! What the sync task asks for and brings. There is no actor here: what a peer may have and give follows from the
//! registry, and what it brings is judged by its signatures, never by the connection it came over.

use cairn_ledger::fork::Evidence;
use cairn_ledger::registry::{ReplicaRole, SpaceKind};
use cairn_ledger::{
    EntryHash, EntryKind, EntryRef, Frontier, Incarnation, LogId, OpenEntry, OpenParcel, ReceivedBatch, Refusal,
    ReplicaId, SpaceId,
};
use cairn_record::{Reason, RecordId, reason};

use crate::local_note::LocalNote;
use crate::peers::Peers;
use crate::{AuditEvent, Casebook, CasebookError, Change, Kept, Member, SharedSpace};

/// How long the words of a discovery tag are bound to: a fixed label, so that tags of other uses differ.
const DISCOVERY: &str = "cairn 2026 discovery tag v1";

impl Casebook {
    /// Signs a message of the sync protocol as this replica. `context` keeps it apart from seals.
    pub fn sign(&self, context: &str, message: &[u8]) -> [u8; 64] {
        self.ledger.key().sign(context, message)
    }

    /// The members of the agency other than this machine, with their known addresses, best first. A post that has just
    /// joined knows its hub before it knows the registry.
    pub fn members(&self) -> Vec<Member> {
        let own = self.ledger.replica();
        let worked = addresses_that_worked(&self.peers());
        let memory = self.memory();
        let certified = memory.registry.members().filter(|member| member.replica != own);
        let mut members: Vec<Member> = certified
            .map(|member| Member {
                replica: member.replica,
                site: member.site.clone(),
                role: member.role,
                addresses: member.addresses.clone(),
            })
            .collect();
        if let Some((hub, addresses)) = &memory.local.profile.joined {
            match members.iter_mut().find(|member| member.replica == *hub) {
                Some(member) => member.addresses.extend(addresses.iter().cloned()),
                None => members.push(Member {
                    replica: *hub,
                    site: "hub".into(),
                    role: ReplicaRole::Hub,
                    addresses: addresses.clone(),
                }),
            }
        }
        for member in &mut members {
            let given = memory.local.addresses.iter().rev();
            let (replica, hub) = (member.replica, member.is_hub());
            let given = given.filter(|(whom, _)| *whom == Some(replica) || (hub && whom.is_none()));
            let first = worked.get(&member.replica).into_iter().chain(given.map(|(_, address)| address)).cloned();
            member.addresses = without_repeats(first.chain(std::mem::take(&mut member.addresses)).collect());
        }
        members.sort_by(|a, b| (!a.is_hub(), &a.site, a.replica).cmp(&(!b.is_hub(), &b.site, b.replica)));
        members
    }

    /// Those of the other members that can read what they hold: all but relays. That a relay has something says nothing of who
    /// knows it.
    pub(crate) fn readers(&self) -> Vec<Member> {
        self.members().into_iter().filter(|member| member.role != ReplicaRole::Relay).collect()
    }

    /// A tag for discovery on the local network: members recognise each other by a keyed hash of the nonce; others
    /// learn nothing from it.
    pub fn discovery_tag(&self, nonce: &[u8; 8]) -> [u8; 8] {
        let root = self.profile().root;
        let key = blake3::derive_key(DISCOVERY, &root);
        let hash = blake3::keyed_hash(&key, nonce);
        let mut tag = [0; 8];
        tag.copy_from_slice(&hash.as_bytes()[..8]);
        tag
    }

    /// Spaces shared with this peer: the registry first, audit last; empty when it is no member in good standing. With
    /// the hub that it has just joined, a post shares the registry before it knows anything else.
    pub fn shared_spaces(&self, peer: ReplicaId) -> Vec<SharedSpace> {
        let memory = self.memory();
        let registry = SharedSpace { space: memory.registry.space(), registry: true, audit: false };
        if memory.registry.member(&peer).is_none() {
            let joined = memory.local.profile.joined.as_ref().is_some_and(|(hub, _)| *hub == peer);
            return if joined { vec![registry] } else { Vec::new() };
        }
        let shared =
            memory.registry.spaces().filter(|space| matches!(space.kind, SpaceKind::Records | SpaceKind::Audit));
        let mut spaces: Vec<SharedSpace> = shared
            .map(|space| SharedSpace { space: space.space, registry: false, audit: space.kind == SpaceKind::Audit })
            .chain([registry])
            .collect();
        spaces.sort_by_key(|space| (!space.registry, space.audit, space.space));
        spaces
    }

    /// Frontier of a space; empty when nothing is held of it.
    pub fn frontier(&self, space: SpaceId) -> Frontier {
        self.ledger.frontier(&space).unwrap_or_default()
    }

    /// Consecutive entries of a log from number `from` on, opened, about `max_bytes`, up to a seal; `None` when there
    /// is nothing from there.
    pub fn read_parcel(&self, log: &LogId, from: u64, max_bytes: usize) -> Result<Option<OpenParcel>, CasebookError> {
        self.ledger.open_run(log, from, max_bytes).map_err(|error| CasebookError::Storage(error.to_string().into()))
    }

    /// Where the entries of a record stand that are in the views: log, number, short name. Empty when it is not known.
    pub fn entries_of(&self, record: RecordId) -> Result<Vec<(LogId, u64, EntryRef)>, CasebookError> {
        let Some(row) = self.row(record)? else { return Ok(Vec::new()) };
        let logs = self.logs();
        let places = row.entries.iter().filter_map(|at| Some((logs.log(at.log)?, at.number, at.entry)));
        // What stands behind a fork does not stand there for others.
        Ok(places.filter(|(log, number, _)| !self.ledger.is_behind_fork(log, *number)).collect())
    }

    /// One entry in clear, with its hash; `None` when it is not held, or its body is not readable here.
    pub fn open_entry(&self, log: &LogId, number: u64) -> Result<Option<(EntryHash, OpenEntry)>, CasebookError> {
        let Some(entry) = self.ledger.entry(log, number)? else { return Ok(None) };
        Ok(self.ledger.open_entry(&entry).ok().map(|open| (entry.header.hash(), open)))
    }

    /// Checks and keeps a parcel from `peer`: durable when it returns; refused whole with a named reason.
    pub fn keep_parcel(&self, peer: ReplicaId, parcel: OpenParcel, now_ms: u64) -> Result<Kept, CasebookError> {
        self.must_share_space(peer, &parcel.log.space)?;
        self.keep_batch(peer, &self.ledger.seal_parcel(&parcel).map_err(refused)?, now_ms)
    }

    /// Refuses what is of a space that is not shared with the peer, of whichever kind.
    pub(crate) fn must_share_space(&self, peer: ReplicaId, space: &SpaceId) -> Result<(), CasebookError> {
        if self.shared_spaces(peer).iter().any(|shared| shared.space == *space) {
            Ok(())
        } else {
            Err(peer_refused("not-shared", reason!("peer-not-shared")))
        }
    }

    /// Keeps sealed entries of a space that is shared with the peer.
    pub(crate) fn keep_batch(
        &self,
        peer: ReplicaId,
        batch: &ReceivedBatch,
        now_ms: u64,
    ) -> Result<Kept, CasebookError> {
        let mut writing = self.writing();
        let (log, batch_end) = (batch.log, batch.seal.number);
        let kept = self.receive(batch, now_ms)?;
        let (number, hash) = self.ledger.last(&log);
        let new = kept.entries.len() as u64;
        if new > 0 {
            self.after_parcel(&mut writing, &log, now_ms)?;
        }
        drop(writing);
        if new > 0 {
            self.note_received(peer, log.space, new, now_ms);
            self.tell_entries(&log, kept.entries.iter().map(|entry| entry.header.core.kind));
        }
        if self.ledger.frozen_after(&log).is_some_and(|common| common < batch_end) {
            // Of a frozen log only the common history counts; "held" would say more than is so.
            return Err(peer_refused("frozen", reason!("peer-frozen")));
        }
        Ok(Kept { number, hash, new })
    }

    /// Receives; a fork is told, a rollback of this machine is mended and tried once more.
    fn receive(&self, batch: &ReceivedBatch, now_ms: u64) -> Result<cairn_ledger::Kept, CasebookError> {
        let authority = |log: &LogId, kind, _number| self.may_write(log, kind);
        let take = || match self.is_relay() {
            true => self.ledger.carry(batch.clone(), &authority),
            false => self.ledger.receive(batch.clone(), &authority),
        };
        match take() {
            Err(Refusal::RolledBack(_)) => {
                self.new_incarnation(now_ms)?;
                take().map_err(refused)
            }
            Err(Refusal::Fork(proof)) => {
                self.tell(Change::Entries { space: batch.log.space, urgent: true, audit: false });
                Err(refused(Refusal::Fork(proof)))
            }
            other => other.map_err(refused),
        }
    }

    /// What the registry lets a replica write where.
    pub(crate) fn may_write(&self, log: &LogId, kind: EntryKind) -> Result<(), Refusal> {
        let memory = self.memory();
        let registry = &memory.registry;
        let writer = log.key.replica;
        let refuse = |why: &str| Err(Refusal::NotAuthorised(why.into()));
        if log.space == registry.space() {
            let hub = memory.local.profile.joined.as_ref().map(|(hub, _)| *hub);
            let registrar = registry.registrar().or(hub);
            let states = registrar == Some(writer) && matches!(kind, EntryKind::Statement | EntryKind::ForkProof);
            // A proof speaks for itself, also against the registrar, and so does what the registrar signed: any member may
            // pass either on.
            let proves =
                matches!(kind, EntryKind::ForkProof | EntryKind::Rescued) && registry.member(&writer).is_some();
            return if states || proves { Ok(()) } else { refuse("only the registrar writes to the registry") };
        }
        if registry.member(&writer).is_none() {
            return refuse("its writer is not a member of the agency");
        }
        let Some(space) = memory.space(&log.space).map(|known| known.kind) else {
            return refuse("the registry knows no such space");
        };
        if registry.is_relay(&writer) && (space != SpaceKind::Audit || kind == EntryKind::Receipt) {
            return refuse("a relay writes nothing but its own audit, and no receipt");
        }
        let fits = match kind {
            EntryKind::RecordChange | EntryKind::Attachment | EntryKind::Question | EntryKind::Answer => {
                space == SpaceKind::Records
            }
            EntryKind::Audit | EntryKind::Receipt => space == SpaceKind::Audit,
            EntryKind::Statement | EntryKind::Account | EntryKind::Batch => false,
            _ => true,
        };
        if fits { Ok(()) } else { refuse("entries of this kind do not belong in this space") }
    }

    /// A peer said how far it holds a log. When it knows more of *our* log than we do, this machine was restored from a
    /// backup or cloned: it takes a new incarnation and fetches its own past like anybody's. When another entry stands
    /// under that number here, the log has two histories: the answer is what the peer should see of ours.
    pub fn peer_knows(
        &self,
        peer: ReplicaId,
        log: &LogId,
        number: u64,
        hash: EntryHash,
        now_ms: u64,
    ) -> Result<Vec<Vec<u8>>, CasebookError> {
        let rolled_back = self.ledger.rollback_check(log, number, &hash)?;
        if rolled_back.is_some() {
            tracing::warn!(peer = %self.site_of(peer), "a peer knows more of this machine's past than it does");
            let writing = self.writing();
            self.new_incarnation(now_ms)?;
            drop(writing);
        }
        let shown = self.ledger.evidence_for(log, number, &hash)?;
        Ok(shown.iter().map(Evidence::encode).collect())
    }

    /// A peer showed a signed header of a log of which it holds another history. When the two contradict each other, the
    /// proof is kept, the log is frozen after the last entry that both can have, and every member will hear of it.
    pub fn take_evidence(&self, peer: ReplicaId, log: &LogId, shown: &[u8], now_ms: u64) -> Result<(), CasebookError> {
        let evidence = Evidence::decode(shown)
            .map_err(|error| peer_refused("bad-evidence", reason!("peer-rule", name = error.to_string())))?;
        self.must_share_space(peer, &log.space)?;
        if evidence.header.core.log != *log {
            return Err(peer_refused("not-shared", reason!("peer-not-shared")));
        }
        let writing = self.writing();
        let forked = self.ledger.take_evidence(evidence).map_err(refused)?;
        drop(writing);
        if forked {
            let detail = reason!("audit-fork", site = self.site_of(log.key.replica));
            self.write_machine_audit(AuditEvent::new("fork", "machine").say(detail), now_ms)?;
            self.tell(Change::Entries { space: log.space, urgent: true, audit: false });
        }
        Ok(())
    }

    /// Takes a new incarnation: saved in the key store before anything is written under it.
    pub(crate) fn new_incarnation(&self, now_ms: u64) -> Result<(), CasebookError> {
        self.new_life(reason!("audit-rolled-back"), now_ms)
    }

    /// Takes a new incarnation for this reason.
    pub(crate) fn new_life(&self, why: Reason, now_ms: u64) -> Result<(), CasebookError> {
        let mut random = [0; 8];
        self.entropy.fill(&mut random);
        let incarnation = Incarnation(u64::from_be_bytes(random));
        self.save_incarnation(incarnation)?;
        self.ledger.take_new_incarnation(incarnation);
        tracing::warn!("this machine goes on under a new incarnation: {why}");
        let event = AuditEvent::new("new_incarnation", "machine").say(why);
        let draft = self.audit_draft(&crate::Actor::machine(), &event)?;
        self.ledger.commit(vec![draft], now_ms, self.clock_quality())?;
        Ok(())
    }

    /// Adds an address for a peer, or for the hubs when `replica` is `None`. Right: ManageSync.
    pub fn add_address(
        &self,
        actor: &crate::Actor,
        replica: Option<ReplicaId>,
        address: &str,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        actor.must(crate::Right::ManageSync)?;
        let address = checked_address(address)?;
        let event = AuditEvent::new("links", actor.via.key()).say(reason!("audit-address", address = &address));
        self.write_note(actor, LocalNote::Address { replica, address }, event, now_ms)?;
        self.tell(Change::Links);
        Ok(())
    }
}

/// What the ledger refused, as it is told to the peer and to people.
fn refused(refusal: Refusal) -> CasebookError {
    peer_refused(refusal.name(), why_refused(refusal.name()))
}

fn addresses_that_worked(peers: &Peers) -> std::collections::HashMap<ReplicaId, String> {
    let known = peers.iter().filter(|(_, state)| !state.dialled().is_empty());
    known.map(|(replica, state)| (*replica, state.dialled().to_owned())).collect()
}

fn without_repeats(addresses: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(addresses.len());
    for address in addresses {
        if !kept.contains(&address) {
            kept.push(address);
        }
    }
    kept
}

/// `host:port` with something on both sides.
pub(crate) fn checked_address(address: &str) -> Result<String, CasebookError> {
    let address = address.trim();
    let fits = address.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty()
            && host.len() <= 253
            && !host.contains(char::is_whitespace)
            && port.parse::<u16>().is_ok_and(|p| p > 0)
    });
    if fits {
        return Ok(address.into());
    }
    Err(CasebookError::BadRequest(reason!("address-form")))
}

/// What a person is told of a refusal by its stable name. Most names are about rules of the protocol, which an honest
/// machine does not break and an officer need not know.
pub fn why_refused(name: &str) -> Reason {
    match name {
        "no-common-version" => reason!("peer-version"),
        "other-agency" => reason!("peer-other-agency"),
        "not-a-member" | "not-shared" => reason!("peer-not-shared"),
        "not-authorised" => reason!("peer-not-authorised"),
        "gap" | "unknown-epoch" => reason!("peer-gap"),
        "fork" | "frozen" => reason!("peer-frozen"),
        "no-room" => reason!("peer-no-room"),
        "store" | "storage" => reason!("peer-storage"),
        "greet-timeout" | "answer-timeout" => reason!("peer-slow"),
        _ => reason!("peer-rule", name = name),
    }
}

pub(crate) fn peer_refused(name: &'static str, detail: Reason) -> CasebookError {
    CasebookError::PeerRefused { name, detail }
}
