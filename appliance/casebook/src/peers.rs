//! What this machine knows of each peer.
//!
//! It comes from proofs: a peer "has" an entry only when a frontier that it announced, or an answer that it gave, covers that
//! entry. What is known of a peer is a view: losing it costs nothing but the next comparison.

mod files;
mod row;
mod whereabouts;

use std::collections::{BTreeMap, HashMap, HashSet};

use cairn_ledger::registry::SpaceKind;
use cairn_ledger::{Frontier, Incarnation, LogId, LogKey, ReplicaId, SpaceId};

use cairn_record::{Reason, reason};

use crate::carrying::role_word;
use crate::exchange::why_refused;
use crate::link_rules::{UsedBytes, day_of};
use crate::notices::CLOCKS_AGREE_MS;
pub(crate) use files::FilesHad;

use crate::{
    Actor, AuditEvent, Casebook, CasebookError, Member, PeerEvent, PeerSync, Right, SpaceSync, SyncStatus, keys,
};

/// Live knowledge of one peer.
#[derive(Clone, Debug, Default)]
pub struct PeerState {
    connected: bool,
    address: String,
    last_contact_ms: Option<u64>,
    last_equal_ms: Option<u64>,
    bytes_sent: u64,
    bytes_received: u64,
    failure: Option<Reason>,
    next_attempt_ms: Option<u64>,
    /// By how much its clock was ahead of ours when a session last began; `None` before the first.
    clock_ahead_ms: Option<i64>,
    /// When the newest stick read from it was made, by its clock.
    stick_made_ms: u64,
    /// What the peer is known to hold.
    frontiers: HashMap<SpaceId, Frontier>,
    /// Spaces of which it has said in this session what it holds. What it held before may be lost: it may have been
    /// restored from a backup since.
    said: HashSet<SpaceId>,
    /// What went to it and came from it today, for its link rule.
    used: UsedBytes,
    /// Of that, what is written down.
    used_saved: u64,
    /// What both held when they were last equal: the next greeting goes out from it.
    agreed: BTreeMap<SpaceId, Frontier>,
    /// What the last receipt entry for it vouches for, and in which life of this machine it was written.
    receipted: Option<([u8; 32], Incarnation)>,
    /// Files that it wants and lacks, and of how many it knows, as it said last; nothing since a file was attached.
    files: Option<(u64, u64)>,
    /// The files that it said it has, when it last lacked none that is known here.
    files_had: Option<FilesHad>,
    /// Entries of registry and records that came from it, or went to it, in this session.
    moved: (u64, u64),
    /// The audit says that records move in this session.
    logged: bool,
    /// When its row was last saved, and how long it was.
    saved: (u64, u64),
}

/// Bytes counted against a rule that a power cut may forget.
const USED_UNSAVED_MAX: u64 = 64 * 1024;
/// What is known of a peer is saved at most once in as many seconds as it has kilobytes: at a hub with many logs and posts
/// it must not be rewritten with every entry.
const SAVE_MS_PER_BYTE: u64 = 1;

/// How it stands with one peer.
#[derive(Default)]
pub(crate) struct PeerLink {
    /// There is a session.
    pub(crate) connected: bool,
    /// It has said in this session what it holds of the registry and the records.
    pub(crate) said: bool,
    /// Entries about records written here that it is not proved to hold.
    pub(crate) waiting: u64,
    /// Files that it may lack: it says how many, or has not said that it has all. 0: it has all that are known here.
    pub(crate) files: u64,
    /// When both were last equal.
    pub(crate) since_ms: Option<u64>,
}

/// Peers by key.
pub type Peers = BTreeMap<ReplicaId, PeerState>;

impl PeerState {
    /// The address that worked last; empty before the first time.
    pub(crate) fn dialled(&self) -> &str {
        &self.address
    }

    /// Whether a session is open with it.
    pub(crate) fn is_connected(&self) -> bool {
        self.connected
    }

    /// Milliseconds by which its clock was ahead of ours when they were last compared, if they were.
    pub(crate) fn clock_ahead_ms(&self) -> Option<i64> {
        self.clock_ahead_ms
    }

    /// When both were last proved equal. A time that has not come yet was noted while our clock was wrong: it says nothing.
    fn equal_known_ms(&self, now_ms: u64) -> Option<u64> {
        self.last_equal_ms.filter(|at_ms| *at_ms <= now_ms.saturating_add(CLOCKS_AGREE_MS))
    }

    fn note_equal(&mut self, at_ms: u64, now_ms: u64) {
        self.last_equal_ms = self.equal_known_ms(now_ms).max(Some(at_ms));
    }

    /// When both last held the same.
    pub(crate) fn last_equal_ms(&self) -> Option<u64> {
        self.last_equal_ms
    }

    /// What went today, as far as it is of the day it counts for.
    pub(crate) fn used(&self) -> UsedBytes {
        self.used
    }

    pub(crate) fn holds(&self, space: SpaceId, log: &LogKey, number: u64) -> bool {
        self.frontiers.get(&space).is_some_and(|frontier| frontier.number(log) >= number)
    }

    /// Whether the peer has said in this session that it holds exactly this of these spaces.
    pub(crate) fn holds_all<'a>(&self, spaces: impl IntoIterator<Item = &'a (SpaceId, Frontier)>) -> bool {
        let mut any = false;
        spaces.into_iter().all(|(space, frontier)| {
            any = true;
            self.said.contains(space) && self.frontiers.get(space) == Some(frontier)
        }) && any
    }

    /// Whether the peer has said in this session what it holds of these spaces.
    pub(crate) fn has_said(&self, spaces: &[SpaceId]) -> bool {
        spaces.iter().all(|space| self.said.contains(space))
    }

    /// The lives of a replica of which it said that it holds something in these spaces.
    pub(crate) fn lives_said(&self, of: &ReplicaId, spaces: &HashSet<SpaceId>) -> HashSet<Incarnation> {
        let said = spaces.iter().filter_map(|space| self.frontiers.get(space)).flat_map(|frontier| frontier.0.keys());
        said.filter(|log| log.replica == *of).map(|log| log.incarnation).collect()
    }

    /// When it and this machine last held the same: now, while they are connected and do, and its greeting is over.
    pub(crate) fn equal_since(&self, here: &[(SpaceId, Frontier)], audits: &[SpaceId], now_ms: u64) -> Option<u64> {
        if self.connected && self.holds_all(here) && self.has_said(audits) {
            Some(now_ms)
        } else {
            self.equal_known_ms(now_ms)
        }
    }
}

impl Casebook {
    /// Notes what happened with a peer; feeds status, freshness, receipts and the audit.
    pub fn note_peer(&self, peer: ReplicaId, event: PeerEvent, now_ms: u64) -> Result<(), CasebookError> {
        self.note_event(peer, event, now_ms)?;
        self.write_due_receipts(now_ms)
    }

    fn note_event(&self, peer: ReplicaId, event: PeerEvent, now_ms: u64) -> Result<(), CasebookError> {
        match event {
            PeerEvent::Connected { address } => {
                self.peer_connected(peer, address, now_ms);
                Ok(())
            }
            PeerEvent::Disconnected { reason } => self.peer_disconnected(peer, reason, now_ms),
            PeerEvent::Failed { reason, next_attempt_ms } => {
                self.peer(peer, |state| {
                    state.failure = Some(reason);
                    state.next_attempt_ms = next_attempt_ms;
                });
                Ok(())
            }
            PeerEvent::Frontier { space, frontier } => {
                let first = self.peer(peer, |state| {
                    state.last_contact_ms = Some(now_ms);
                    state.frontiers.insert(space, frontier);
                    state.said.insert(space)
                });
                // Later news of its audit says nothing new about its records: they may have changed since it spoke of them.
                if !first && self.space_kind(space) == Some(SpaceKind::Audit) {
                    return Ok(());
                }
                self.note_if_equal(peer, now_ms, now_ms)
            }
            PeerEvent::Bytes { sent, received } => self.peer_bytes(peer, sent, received, now_ms),
            PeerEvent::Equal { held } => self.peer_equal(peer, held, now_ms),
            PeerEvent::Sending { space, entries } => {
                if self.space_kind(space) == Some(SpaceKind::Audit) {
                    // What is said of the session does not count among what moved in it.
                    return Ok(());
                }
                self.peer(peer, |state| state.moved.1 += entries);
                self.log_moving(peer, now_ms)
            }
            PeerEvent::Passing => Ok(()),
            PeerEvent::ClockSkew { ms } => {
                self.peer(peer, |state| state.clock_ahead_ms = Some(ms));
                Ok(())
            }
            PeerEvent::Files { lacking, known } => self.note_files(peer, (lacking, known), now_ms),
            PeerEvent::Refused { name, detail } => {
                tracing::info!(peer = %self.site_of(peer), name, detail, "what a peer sent was refused");
                let why = match name.as_str() {
                    "no-room" => reason!("link-no-room-here"),
                    _ => reason!("peer-refused", why = why_refused(&name)),
                };
                self.peer(peer, |state| state.failure = Some(why));
                let said = reason!("audit-refused", site = self.site_of(peer), why = why_refused(&name), name = name);
                self.write_machine_audit(AuditEvent::new("sync_refused", "machine").say(said), now_ms)
            }
        }
    }

    pub(crate) fn peer<T>(&self, peer: ReplicaId, act: impl FnOnce(&mut PeerState) -> T) -> T {
        act(self.peers().entry(peer).or_default())
    }

    fn peer_connected(&self, peer: ReplicaId, address: String, now_ms: u64) {
        self.peer(peer, |state| {
            state.connected = true;
            state.address = address;
            state.last_contact_ms = Some(now_ms);
            state.failure = None;
            state.next_attempt_ms = None;
            (state.moved, state.logged) = ((0, 0), false);
            state.said.clear();
        });
    }

    /// The first time that entries of records or registry move in a session, the audit says so, before they are sent.
    fn log_moving(&self, peer: ReplicaId, now_ms: u64) -> Result<(), CasebookError> {
        if self.peer(peer, |state| std::mem::replace(&mut state.logged, true)) {
            return Ok(());
        }
        let detail = reason!("audit-link-opened", site = self.site_of(peer));
        self.write_machine_audit(AuditEvent::new("sync", "machine").say(detail), now_ms)
    }

    fn peer_disconnected(&self, peer: ReplicaId, reason: Option<Reason>, now_ms: u64) -> Result<(), CasebookError> {
        let (moved, logged) = self.peer(peer, |state| {
            state.connected = false;
            state.failure.clone_from(&reason);
            (std::mem::take(&mut state.moved), std::mem::take(&mut state.logged))
        });
        self.save_peer(peer, now_ms)?;
        if !logged {
            // Compared, and nothing of records moved: there is nothing to account for.
            return Ok(());
        }
        let why = reason.unwrap_or_else(|| reason!("link-in-order"));
        let (received, sent) = moved;
        let site = self.site_of(peer);
        let detail = reason!("audit-link-closed", site = site, why = why, received = received, sent = sent);
        let event = AuditEvent::new("sync", "machine").say(detail).count(moved.0 + moved.1);
        self.write_machine_audit(event, now_ms)
    }

    /// Counts bytes. Where they are counted against a rule they are written down before too many more have gone.
    fn peer_bytes(&self, peer: ReplicaId, sent: u64, received: u64, now_ms: u64) -> Result<(), CasebookError> {
        let (budget, offset) = {
            let memory = self.memory();
            let rules = &memory.local.link_rules;
            (rules.of(&peer).0.bytes_a_day, rules.offset_minutes)
        };
        let unsaved = self.peer(peer, |state| {
            state.bytes_sent += sent;
            state.bytes_received += received;
            state.used.add(day_of(now_ms, offset), sent.saturating_add(received));
            let unsaved = budget.is_some() && state.used.bytes.abs_diff(state.used_saved) >= USED_UNSAVED_MAX;
            if unsaved {
                state.used_saved = state.used.bytes;
            }
            unsaved
        });
        if unsaved { self.save_peer(peer, now_ms) } else { Ok(()) }
    }

    /// Counts entries of a parcel that came from a peer, if it came over a link. They are kept, whatever the audit says.
    pub(crate) fn note_received(&self, peer: ReplicaId, space: SpaceId, entries: u64, now_ms: u64) {
        if self.space_kind(space) == Some(SpaceKind::Audit) {
            return;
        }
        let linked = self.peer(peer, |state| {
            state.moved.0 += entries;
            state.connected
        });
        if linked && let Err(error) = self.log_moving(peer, now_ms) {
            tracing::warn!(%error, "that records came from a peer could not be written to the audit");
        }
    }

    /// Both hold the same: the next greeting goes out from that.
    fn peer_equal(&self, peer: ReplicaId, held: BTreeMap<SpaceId, Frontier>, now_ms: u64) -> Result<(), CasebookError> {
        let due = self.peer(peer, |state| {
            state.said.extend(held.keys());
            state.frontiers.extend(held.iter().map(|(space, frontier)| (*space, frontier.clone())));
            state.agreed = held;
            let (at_ms, bytes) = state.saved;
            now_ms.abs_diff(at_ms) > bytes * SAVE_MS_PER_BYTE
        });
        if due {
            self.save_peer(peer, now_ms)?;
        }
        self.note_if_equal(peer, now_ms, now_ms)
    }

    /// What both held when this machine and a peer were last equal; empty when that is not known.
    pub fn agreed(&self, peer: ReplicaId) -> BTreeMap<SpaceId, Frontier> {
        self.peers().get(&peer).map(|state| state.agreed.clone()).unwrap_or_default()
    }

    /// When a peer holds exactly the registry and records held here, notes the time, and that a receipt is due if something
    /// has changed since the last one. What is in audit spaces does not count: a receipt would call forth the next. But it must
    /// have said what is: a life that it has begun since is seen there.
    fn note_if_equal(&self, peer: ReplicaId, at_ms: u64, now_ms: u64) -> Result<(), CasebookError> {
        let (spaces, audits) = self.vouched_spaces(peer);
        let equal = self.peer(peer, |state| {
            // At the first space of which it has not said the same. A peer says what it holds of one space after the other, and at a
            // hub they are hundreds.
            let same = |space: &SpaceId| {
                state.said.contains(space) && state.frontiers.get(space) == Some(&self.frontier(*space))
            };
            let equal = !spaces.is_empty() && state.has_said(&audits) && spaces.iter().all(same);
            if equal {
                state.note_equal(at_ms, now_ms);
            }
            equal.then_some(state.receipted)
        });
        let Some(receipted) = equal else { return Ok(()) };
        self.rescue(true, now_ms);
        self.rescue_behind_damage(true, now_ms);
        let here = spaces.into_iter().map(|space| (space, self.frontier(space))).collect();
        let vouched = self.digest_of_records(here);
        if receipted != Some((vouched, self.ledger.incarnation())) {
            self.receipt_is_due(peer, at_ms, vouched);
        }
        self.write_due_receipts(now_ms)
    }

    /// The receipt of this digest for a peer is written.
    pub(crate) fn note_receipt_written(
        &self,
        peer: ReplicaId,
        digest: [u8; 32],
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        let life = self.ledger.incarnation();
        self.peer(peer, |state| state.receipted = Some((digest, life)));
        self.save_peer(peer, now_ms)
    }

    /// What a peer is proved to hold, by space.
    pub(crate) fn proved_frontiers(&self, peer: ReplicaId) -> HashMap<SpaceId, Frontier> {
        self.peers().get(&peer).map(|state| state.frontiers.clone()).unwrap_or_default()
    }

    /// Whether a peer is known to hold more of what this machine writes now than the machine itself: the disk lost it, and nothing
    /// on the disk says so. To go on under the same numbers would be a second history.
    pub(crate) fn is_known_to_have_written_more(&self) -> bool {
        let own = (self.ledger.replica(), self.ledger.incarnation());
        let more = |space: &SpaceId, frontier: &Frontier| {
            let mut logs = frontier.0.iter().filter(|(key, _)| (key.replica, key.incarnation) == own);
            logs.any(|(key, (number, _))| self.ledger.last(&LogId { space: *space, key: *key }).0 < *number)
        };
        let peers = self.peers();
        peers.values().flat_map(|peer| &peer.frontiers).any(|(space, frontier)| more(space, frontier))
    }

    /// Whether a peer is proved to hold all these logs so far.
    pub(crate) fn is_proved(&self, peer: ReplicaId, logs: &[(LogId, u64)]) -> bool {
        let peers = self.peers();
        peers.get(&peer).is_some_and(|state| logs.iter().all(|(log, number)| state.holds(log.space, &log.key, *number)))
    }

    /// Learns from a stick what its writer held when it was made. Where it is not clear that the stick is newer than
    /// what is known already, nothing is learnt: believing too little only makes the next stick longer.
    pub(crate) fn note_stick_frontiers(&self, stick: &crate::StickArrival, now_ms: u64) -> Result<(), CasebookError> {
        let newer = self.peer(stick.from, |state| {
            let newer = stick.made_ms >= state.stick_made_ms.max(state.last_contact_ms.unwrap_or(0));
            if newer {
                state.stick_made_ms = stick.made_ms;
                state.frontiers.extend(stick.spaces.iter().map(|space| (space.space, space.after.clone())));
            }
            newer
        });
        if newer {
            self.note_if_equal(stick.from, stick.made_ms.min(now_ms), now_ms)?;
        }
        self.save_peer(stick.from, now_ms)
    }

    /// The registry and the records spaces shared with a peer, in order: what a receipt vouches for. And the audit spaces.
    pub(crate) fn vouched_spaces(&self, peer: ReplicaId) -> (Vec<SpaceId>, Vec<SpaceId>) {
        let (audits, vouched): (Vec<_>, Vec<_>) = self.shared_spaces(peer).into_iter().partition(|space| space.audit);
        let mut spaces: Vec<SpaceId> = vouched.into_iter().map(|shared| shared.space).collect();
        spaces.sort();
        (spaces, audits.into_iter().map(|shared| shared.space).collect())
    }

    fn save_peer(&self, peer: ReplicaId, now_ms: u64) -> Result<(), CasebookError> {
        let row = self.peer(peer, |state| state.row());
        let value = serde_json::to_vec(&row).map_err(|error| CasebookError::Storage(error.to_string().into()))?;
        self.peer(peer, |state| state.saved = (now_ms, value.len() as u64));
        let mut batch = cairn_ledger::view::Batch::new();
        batch.put(keys::peer(peer), value);
        Ok(self.views.commit(&batch, None)?)
    }

    /// What the views remember of the peers.
    pub(crate) fn load_peers(&self) -> Result<(), CasebookError> {
        for member in self.members() {
            let Some(bytes) = self.views.get(&keys::peer(member.replica))? else { continue };
            if let Ok(row) = serde_json::from_slice(&bytes) {
                self.peers().insert(member.replica, PeerState::from_row(row));
            }
        }
        Ok(())
    }

    /// What is where. Right: SeeSync.
    pub fn sync_status(&self, actor: &Actor, now_ms: u64) -> Result<SyncStatus, CasebookError> {
        actor.must(Right::SeeSync)?;
        let peers = self.members().into_iter().map(|member| self.peer_sync(member, now_ms)).collect();
        let says = self.sync_says();
        Ok(SyncStatus {
            cut: self.is_cut(),
            cancelled_until_ms: self.cancelled_until(now_ms),
            peers,
            words: says.in_english(now_ms),
            state: says.state().into(),
            notices: self.notices(now_ms)?,
        })
    }

    /// Milliseconds by which a peer's clock was ahead when they were last compared, if ever.
    pub(crate) fn clock_of(&self, peer: ReplicaId) -> Option<i64> {
        self.peers().get(&peer).and_then(|state| state.clock_ahead_ms)
    }

    pub(crate) fn peer_sync(&self, member: Member, now_ms: u64) -> PeerSync {
        let mut link = self.link_use(&member.replica, now_ms);
        let cut = self.is_cut();
        if cut {
            // Nothing goes, not even when the rules would let it.
            link.waits = None;
        }
        let state = self.peers().get(&member.replica).cloned().unwrap_or_default();
        let spaces = self.shared_spaces(member.replica);
        let spaces = spaces.into_iter().map(|shared| self.space_sync(&state, shared.space)).collect();
        PeerSync {
            replica: member.replica,
            role: role_word(member.role).into(),
            site: member.site,
            addresses: member.addresses,
            connected: state.connected,
            last_contact_ms: state.last_contact_ms,
            last_equal_ms: state.last_equal_ms,
            bytes_sent: state.bytes_sent,
            bytes_received: state.bytes_received,
            failure: state.failure.as_ref().map(ToString::to_string).unwrap_or_default(),
            failed: state.failure,
            // Later than its rule allows it is not tried either.
            next_attempt_ms: match link.waits.as_ref().map(|waits| waits.until_ms) {
                Some(until_ms) => until_ms,
                None => state.next_attempt_ms.filter(|_| !cut),
            },
            link,
            spaces,
        }
    }

    fn space_sync(&self, state: &PeerState, space: SpaceId) -> SpaceSync {
        let here = self.frontier(space);
        let there = state.frontiers.get(&space);
        SpaceSync {
            space,
            title: self.space_title(space),
            kind: self.space_kind_word(space).into(),
            equal: there.map(|there| *there == here),
            to_send: there.map_or(0, |there| ahead(&here, there)),
            to_receive: there.map_or(0, |there| ahead(there, &here)),
        }
    }

    /// Entries about records written here that no hub is proved to hold (at a hub: that no peer holds).
    pub(crate) fn waiting(&self) -> u64 {
        let members = self.members();
        let hubs: Vec<&Member> = members.iter().filter(|member| member.is_hub()).collect();
        let watched = if hubs.is_empty() { members.iter().collect() } else { hubs };
        let own = self.own_logs();
        let peers = self.peers();
        let states: Vec<_> = watched.iter().map(|member| peers.get(&member.replica)).collect();
        waiting(&own, &states)
    }

    /// The logs of records that this machine wrote, with their last numbers: of those that damage tore, with what stands behind
    /// until it is carried on.
    fn own_logs(&self) -> Vec<(SpaceId, LogKey, u64)> {
        let own = self.identity().replica;
        let mut logs = Vec::new();
        for space in self.spaces_of_kind(SpaceKind::Records) {
            let frontier = self.frontier(space);
            let mine = frontier.0.iter().filter(|(log, _)| log.replica == own);
            logs.extend(mine.map(|(log, (number, _))| (space, *log, *number)));
        }
        for (log, number) in self.own_behind_damage() {
            logs.retain(|(space, key, _)| (*space, *key) != (log.space, log.key));
            logs.push((log.space, log.key, number));
        }
        logs
    }

    /// Whether some peer is proved to hold this entry.
    pub(crate) fn witnessed(&self, space: SpaceId, log: &LogKey, number: u64) -> bool {
        self.peers().values().any(|state| state.holds(space, log, number))
    }

    /// How it stands with one peer.
    pub(crate) fn link_with(&self, peer: &Member) -> PeerLink {
        self.links_with(std::slice::from_ref(peer)).pop().unwrap_or_default()
    }

    /// How it stands with each of many peers. All members share all spaces, so that these are looked up once.
    pub(crate) fn links_with(&self, members: &[Member]) -> Vec<PeerLink> {
        let own = self.own_logs();
        let shared = members.first().map(|member| self.shared_spaces(member.replica)).unwrap_or_default();
        let peers = self.peers();
        let said = |state: &PeerState| shared.iter().all(|one| one.audit || state.said.contains(&one.space));
        let link = |member: &Member| {
            let state = peers.get(&member.replica);
            PeerLink {
                connected: state.is_some_and(|state| state.connected),
                said: state.is_some_and(said),
                waiting: waiting(&own, &[state]),
                files: self.files_lacking(member, state),
                since_ms: state.and_then(|state| state.last_equal_ms),
            }
        };
        members.iter().map(link).collect()
    }
}

/// Of these logs, the entries that none of these peers is proved to hold.
fn waiting(logs: &[(SpaceId, LogKey, u64)], peers: &[Option<&PeerState>]) -> u64 {
    let held = |space: &SpaceId, log: &LogKey| {
        let held = peers.iter().flatten().filter_map(|state| Some(state.frontiers.get(space)?.number(log)));
        held.max().unwrap_or(0)
    };
    logs.iter().map(|(space, log, number)| number.saturating_sub(held(space, log))).sum()
}

/// How many entries `one` has that `other` lacks.
fn ahead(one: &Frontier, other: &Frontier) -> u64 {
    one.0.iter().map(|(log, (number, _))| number.saturating_sub(other.number(log))).sum()
}

/// "3 entries", in English.
pub(crate) fn entries(count: u64) -> String {
    if count == 1 { "1 entry".into() } else { format!("{count} entries") }
}

/// "3 files", in English.
pub(crate) fn files(count: u64) -> String {
    if count == 1 { "1 file".into() } else { format!("{count} files") }
}
