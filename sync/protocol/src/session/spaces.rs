//! Which spaces are shared, and how far each side holds them.
//!
//! A space that both list is common. What the peer holds of each is known from its greeting; of spaces shared later each side
//! lists a digest, and where the two differ says its frontier, once. From then on both keep count: what was answered with
//! `Held` the peer has, what it sent it had.

use std::collections::BTreeMap;

use cairn_ledger::{EntryHash, Frontier, Lane, LogId, LogKey, SpaceId};

use super::missing::Missing;
use super::{Effect, ListedSpace, Phase, Session};
use crate::Refusal;
use crate::frame::{Frame, SpaceLine};
use crate::holdings::{within_limit, within_limits};
use crate::limits::SPACES_MAX;

/// The lists of spaces and what is under way about them.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) registry: Option<SpaceId>,
    /// What the peer lists, with the digest of when it first did.
    pub(super) peer: BTreeMap<SpaceId, [u8; 32]>,
    /// Our list must be sent as soon as every frontier is known.
    due: bool,
    asking: bool,
    ask_again: bool,
    /// Spaces may have become common: they are to be compared.
    pub(super) compare: bool,
    hello_sent: bool,
    /// The peer will list its spaces anew; until then its list is not complete.
    peer_list_due: bool,
    /// A space left our list in this session, so that frames about it may still be on their way.
    left: bool,
    /// The peer has the dictionary for parcels.
    pub(super) has_dictionary: bool,
    pub(super) registry_done_sent: bool,
    pub(super) registry_done_seen: bool,
}

/// A space on our list.
#[derive(Debug, Default)]
pub(super) struct Space {
    pub(super) registry: bool,
    pub(super) audit: bool,
    pub(super) mine: Option<Frontier>,
    /// What the peer's greeting said it holds, until the space is compared.
    pub(super) known: Option<Frontier>,
    /// What the peer is known to hold, once that is known.
    pub(super) theirs: Option<Frontier>,
    /// `theirs` changed since the shell was told.
    pub(super) theirs_changed: bool,
    /// Logs of which `theirs` lacks entries: what is looked through for the next parcel.
    pub(super) missing: Missing,
    pub(super) logs: BTreeMap<LogKey, LogState>,
    /// The digest told to the peer and the frontier it is of.
    pub(super) listed: Option<([u8; 32], Frontier)>,
    /// The frontier of ours that was said, or need not be.
    pub(super) told: Option<Frontier>,
    pub(super) asking: bool,
    ask_again: bool,
    /// An audit space with news that waits until then for company.
    stale_until_ms: Option<u64>,
}

/// A log as this session sees it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct LogState {
    /// Last number sent.
    pub(super) sent: u64,
    /// Last number received from the peer, or 0; what it was told is held counts as well.
    pub(super) received: u64,
    /// The peer cannot take it, or it cannot be read.
    pub(super) aside_out: bool,
    /// It cannot be kept here.
    pub(super) aside_in: bool,
    /// The peer lacked what a parcel of it referred to: from now on its parcels refer to nothing.
    pub(super) alone: bool,
    /// A parcel of it referred to what is not held here; from this number on it must come again, by itself.
    pub(super) again: Option<u64>,
}

impl Space {
    fn tell(&mut self, frontier: &Frontier) {
        self.told = Some(within_limit(frontier));
    }

    pub(super) fn learn(&mut self, key: LogKey, number: u64, hash: EntryHash) {
        let Some(theirs) = &mut self.theirs else { return };
        if number > theirs.number(&key) {
            theirs.0.insert(key, (number, hash));
            self.theirs_changed = true;
            if self.mine.as_ref().is_none_or(|mine| mine.number(&key) <= number) {
                self.missing.remove(&key);
            }
        }
    }

    /// What was sent and is held there now is known from `theirs`. Of a log that went without trouble nothing else is to be
    /// remembered, and at a hub that is every log of every post, in every session.
    pub(super) fn forget_sent(&mut self, key: &LogKey) {
        let Some(sent) = self.logs.get(key).map(|state| state.sent) else { return };
        let held = self.theirs.as_ref().map_or(0, |theirs| theirs.number(key));
        if sent <= held && self.logs.get(key) == Some(&LogState { sent, ..LogState::default() }) {
            self.logs.remove(key);
        }
    }

    pub(super) fn gain(&mut self, key: LogKey, number: u64, hash: EntryHash) {
        let Some(mine) = &mut self.mine else { return };
        if number > mine.number(&key) {
            mine.0.insert(key, (number, hash));
            if self.theirs.as_ref().is_some_and(|theirs| theirs.number(&key) < number) {
                self.missing.insert(key);
            }
        }
    }

    fn set_mine(&mut self, frontier: Frontier) {
        self.mine = Some(frontier);
        self.find_missing();
    }

    fn set_theirs(&mut self, frontier: Frontier) {
        self.theirs = Some(frontier);
        self.theirs_changed = true;
        self.find_missing();
    }

    fn find_missing(&mut self) {
        self.missing = Missing::default();
        let (Some(mine), Some(theirs)) = (&self.mine, &self.theirs) else { return };
        if mine == theirs {
            return;
        }
        let lacking = mine.0.iter().filter(|(key, held)| held.0 > theirs.number(key));
        self.missing = lacking.map(|(key, _)| *key).collect();
    }

    fn forget_peer(&mut self) {
        (self.known, self.theirs) = (None, None);
        self.missing = Missing::default();
        self.told = None;
        self.logs.clear();
    }
}

impl Session {
    /// Common spaces: on both lists.
    pub(super) fn is_common(&self, space: &SpaceId) -> bool {
        self.spaces.get(space).is_some_and(|space| space.listed.is_some()) && self.listing.peer.contains_key(space)
    }

    /// Whether this space may move in this phase.
    pub(super) fn is_open(&self, space: &SpaceId) -> bool {
        match self.phase {
            Phase::Registry => self.listing.registry == Some(*space),
            Phase::Open => true,
            Phase::Greet | Phase::Asking | Phase::Closed => false,
        }
    }

    /// What is held of a space changed, here or there.
    pub(super) fn weigh(&mut self, id: SpaceId) {
        if self.spaces.get(&id).is_some_and(|space| space.missing.lacks(Lane::ALL.len())) {
            self.lacking.insert(id);
        } else {
            self.lacking.remove(&id);
        }
    }

    /// Whether everything asked about spaces is answered and listed.
    pub(super) fn lists_are_settled(&self) -> bool {
        let listing = &self.listing;
        let answered = self.spaces.values().all(|space| !space.asking && space.mine.is_some());
        !listing.due && !listing.asking && !listing.peer_list_due && answered
    }

    pub(super) fn ask_spaces(&mut self) {
        if self.listing.asking {
            self.listing.ask_again = true;
        } else {
            self.listing.asking = true;
            self.effects.push(Effect::AskSpaces);
        }
    }

    pub(super) fn take_rights(&mut self, list: &[ListedSpace]) -> Result<(), Refusal> {
        self.listing.asking = false;
        if std::mem::take(&mut self.listing.ask_again) {
            self.ask_spaces();
            return Ok(());
        }
        let registry = list.iter().find(|line| line.registry).ok_or(Refusal::NotAMember)?.space;
        if self.listing.registry.is_some_and(|before| before != registry) {
            return Err(Refusal::OtherAgency);
        }
        self.listing.registry = Some(registry);
        self.drop_spaces_not_in(list);
        // The registry first, so that it keeps its place if the list is longer than a list may be.
        let (first, others): (Vec<_>, Vec<_>) = list.iter().partition(|line| line.registry);
        first.into_iter().chain(others).take(SPACES_MAX).for_each(|line| self.want_space(line));
        // Made from a list a map has full nodes, grown one by one half empty ones.
        self.spaces = std::mem::take(&mut self.spaces).into_iter().collect();
        Ok(())
    }

    fn drop_spaces_not_in(&mut self, list: &[ListedSpace]) {
        let before = self.spaces.len();
        self.spaces.retain(|space, _| list.iter().any(|line| line.space == *space));
        if self.spaces.len() < before {
            self.listing.left = true;
            self.listing.due = true;
        }
    }

    fn want_space(&mut self, line: &ListedSpace) {
        let space = self.spaces.entry(line.space).or_default();
        (space.registry, space.audit) = (line.registry, line.audit);
        self.listing.due |= space.listed.is_none();
        if space.mine.is_none() {
            self.ask_frontier(line.space);
        }
    }

    fn ask_frontier(&mut self, id: SpaceId) {
        let Some(space) = self.spaces.get_mut(&id) else { return };
        space.stale_until_ms = None;
        if space.asking {
            space.ask_again = true;
        } else {
            space.asking = true;
            self.effects.push(Effect::AskFrontier(id));
        }
    }

    pub(super) fn take_local_frontier(&mut self, id: SpaceId, frontier: Frontier) {
        let Some(space) = self.spaces.get_mut(&id) else { return };
        space.asking = false;
        self.proof.news |= space.mine.as_ref() != Some(&frontier);
        space.set_mine(frontier);
        if std::mem::take(&mut space.ask_again) {
            self.ask_frontier(id);
        }
        self.weigh(id);
    }

    pub(super) fn take_local_change(&mut self, id: SpaceId) {
        let Some(space) = self.spaces.get_mut(&id) else { return };
        if space.audit {
            let until_ms = self.now_ms.saturating_add(self.config.limits.audit_delay_ms);
            space.stale_until_ms.get_or_insert(until_ms);
            return;
        }
        let registry = space.registry;
        self.ask_frontier(id);
        self.ask_stale_audit(true);
        if registry {
            self.ask_spaces();
        }
    }

    /// Asks for audit spaces with news: those that waited long enough, or all when something else moves anyway.
    pub(super) fn ask_stale_audit(&mut self, all: bool) {
        let due = |space: &Space| space.stale_until_ms.is_some_and(|until_ms| all || self.now_ms >= until_ms);
        let stale: Vec<SpaceId> = self.spaces.iter().filter(|(_, space)| due(space)).map(|(id, _)| *id).collect();
        stale.into_iter().for_each(|id| self.ask_frontier(id));
    }

    /// Sends our list when it is due and complete.
    pub(super) fn list_spaces(&mut self) {
        let first = !self.listing.hello_sent;
        let ready = self.listing.due && !self.listing.asking && self.spaces.values().all(|space| space.mine.is_some());
        let Some(registry) = self.listing.registry.filter(|_| ready && (first || self.phase == Phase::Open)) else {
            return;
        };
        self.listing.due = false;
        self.listing.compare = true;
        self.listing.hello_sent = true;
        if first {
            return self.list_all(registry);
        }
        let lines = self.spaces.iter_mut().filter_map(|(id, space)| {
            let mine = space.mine.as_ref()?;
            let (digest, _) = space.listed.get_or_insert_with(|| (mine.digest(), mine.clone()));
            Some(SpaceLine { space: *id, digest: *digest })
        });
        let lines = lines.collect();
        self.send(&Frame::Spaces(lines));
    }

    /// The greeting tells everything, to whoever remembers what it goes out from or asks.
    fn list_all(&mut self, registry: SpaceId) {
        let mine = self.spaces.iter().filter_map(|(id, space)| Some((id, space.mine.as_ref()?)));
        let held = within_limits(mine);
        for (id, frontier) in &held {
            let Some(space) = self.spaces.get_mut(id) else { continue };
            space.tell(frontier);
            space.listed = Some((frontier.digest(), frontier.clone()));
        }
        self.greet(registry, held);
    }

    /// For each common space that is not compared yet: the greeting said what the peer holds; or equal digests need no words,
    /// different ones a frontier, once.
    pub(super) fn compare_frontiers(&mut self) {
        if !std::mem::take(&mut self.listing.compare) {
            return;
        }
        let new = self.spaces.iter().filter(|(_, space)| space.theirs.is_none()).map(|(id, _)| *id);
        let ids: Vec<SpaceId> = new.filter(|id| self.is_open(id) && self.is_common(id)).collect();
        for id in ids {
            let Some(theirs) = self.listing.peer.get(&id) else { continue };
            let Some(space) = self.spaces.get_mut(&id) else { continue };
            let Some((digest, snapshot)) = &mut space.listed else { continue };
            if digest == theirs {
                let snapshot = std::mem::take(snapshot);
                if space.told.is_none() {
                    space.tell(&snapshot);
                }
                space.known = None;
                space.set_theirs(snapshot);
                self.weigh(id);
                self.proof.news = true;
            } else if let Some(known) = space.known.take() {
                self.learn_frontier(id, known);
            } else if let Some(mine) = space.mine.clone().filter(|_| space.told.is_none()) {
                space.tell(&mine);
                self.send(&Frame::Frontier(id, mine));
            }
        }
    }

    pub(super) fn take_peer_frontier(&mut self, id: SpaceId, frontier: Frontier) -> Result<(), Refusal> {
        if !self.is_open(&id) {
            return Err(Refusal::OutOfPhase("a frontier before the registry was complete"));
        }
        if !self.is_common(&id) {
            return if self.listing.left { Ok(()) } else { Err(Refusal::Unsolicited("a frontier")) };
        }
        if self.spaces.get(&id).is_some_and(|space| space.theirs.is_some() || space.known.is_some()) {
            return Err(Refusal::Unsolicited("a frontier"));
        }
        self.learn_frontier(id, frontier);
        Ok(())
    }

    /// What the peer holds of a space. What it says of our own logs, or of logs of which we hold as much, is told.
    fn learn_frontier(&mut self, id: SpaceId, frontier: Frontier) {
        let Some(space) = self.spaces.get_mut(&id) else { return };
        let held = |key: &LogKey| space.mine.as_ref().map_or(0, |mine| mine.number(key));
        let same = |key: &LogKey, said: &(u64, EntryHash)| {
            space.mine.as_ref().is_some_and(|mine| mine.0.get(key) == Some(said))
        };
        let telling = |key: &LogKey, said: &(u64, EntryHash)| {
            !same(key, said) && (key.replica == self.config.me || held(key) >= said.0)
        };
        for (key, (number, hash)) in frontier.0.iter().filter(|(key, said)| telling(key, said)) {
            let log = LogId { space: id, key: *key };
            self.effects.push(Effect::PeerKnows { log, number: *number, hash: *hash });
        }
        space.set_theirs(frontier);
        self.weigh(id);
        self.proof.news = true;
        self.set_forks_aside(id);
    }

    /// Two histories: the peer sees ours, and the log rests in this session.
    pub(super) fn show_evidence(&mut self, log: LogId, shown: Vec<Vec<u8>>) {
        let Some(space) = self.spaces.get_mut(&log.space) else { return };
        let state = space.logs.entry(log.key).or_default();
        (state.aside_out, state.aside_in) = (true, true);
        for evidence in shown {
            self.send(&Frame::Evidence(log, evidence));
        }
    }

    pub(super) fn take_evidence(&mut self, log: LogId, shown: Vec<u8>) -> Result<(), Refusal> {
        self.count_flood()?;
        if !self.is_open(&log.space) {
            return Err(Refusal::OutOfPhase("evidence before the registry was complete"));
        }
        if self.is_common(&log.space) {
            self.effects.push(Effect::TakeEvidence(log, shown));
        }
        Ok(())
    }

    /// The same number and another hash: two histories. More entries would not mend it.
    fn set_forks_aside(&mut self, id: SpaceId) {
        let Some(space) = self.spaces.get_mut(&id) else { return };
        let (Some(mine), Some(theirs)) = (&space.mine, &space.theirs) else { return };
        let forked = |key: &LogKey, held: &(u64, EntryHash)| {
            theirs.0.get(key).is_some_and(|other| other.0 == held.0 && other.1 != held.1)
        };
        let forks: Vec<LogKey> = mine.0.iter().filter(|(key, held)| forked(key, held)).map(|(key, _)| *key).collect();
        for key in forks {
            let state = space.logs.entry(key).or_default();
            (state.aside_out, state.aside_in) = (true, true);
            self.effects.push(Effect::SetAside {
                log: LogId { space: id, key },
                by: super::Side::Here,
                name: "forked".to_owned(),
                detail: "the peer holds another entry under the same number".to_owned(),
            });
        }
    }

    pub(super) fn take_peer_spaces(&mut self, lines: &[SpaceLine]) -> Result<(), Refusal> {
        self.count_flood()?;
        self.listing.peer_list_due = false;
        self.listing.compare = true;
        let list: BTreeMap<SpaceId, [u8; 32]> = lines.iter().map(|line| (line.space, line.digest)).collect();
        for (id, space) in &mut self.spaces {
            if self.listing.peer.contains_key(id) && !list.contains_key(id) {
                space.forget_peer();
                self.lacking.remove(id);
            }
        }
        let before = std::mem::take(&mut self.listing.peer);
        self.listing.peer =
            list.into_iter().map(|(id, digest)| (id, before.get(&id).copied().unwrap_or(digest))).collect();
        Ok(())
    }

    pub(super) fn take_registry_done(&mut self) -> Result<(), Refusal> {
        if std::mem::replace(&mut self.listing.registry_done_seen, true) {
            return Err(Refusal::OutOfPhase("the end of the registry, twice"));
        }
        Ok(())
    }

    /// The registry is complete on both sides: rights are asked anew before anything else moves.
    pub(super) fn leave_registry(&mut self) {
        let Some(registry) = self.listing.registry.filter(|_| self.phase == Phase::Registry) else { return };
        if !self.listing.registry_done_sent && self.has_sent_all_of(&registry) {
            self.listing.registry_done_sent = true;
            self.send(&Frame::RegistryDone);
        }
        let kept_all = self.receiving.is_empty();
        if !(self.listing.registry_done_sent && self.listing.registry_done_seen && kept_all) {
            return;
        }
        self.phase = Phase::Open;
        self.listing.compare = true;
        self.listing.due = true;
        self.listing.peer_list_due = true;
        self.ask_spaces();
    }
}
