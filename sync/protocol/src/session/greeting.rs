//! How two sides learn what each holds.
//!
//! Each greets with one digest of everything it shares with the peer, and with what moved since both last held the same.
//! Equal digests: both know all. A peer's greeting that speaks of the common state remembered here gives what it holds, proved by
//! its digest. Otherwise it is asked, and answers with its list and the frontiers of the spaces that differ; until then
//! what else it sends waits.

use std::collections::{BTreeMap, VecDeque};

use cairn_ledger::names::digest_of_spaces;
use cairn_ledger::{Frontier, SpaceId};

use super::{Effect, Phase, Session};
use crate::Refusal;
use crate::frame::{Frame, Hello, SpaceLine};
use crate::holdings::{self, Holdings, Moved, base_of};
use crate::limits::{DEFERRED_MAX, VERSION, WINDOW};
use crate::parcel::DICTIONARY_ID;

/// What was said and heard in greeting.
#[derive(Debug, Default)]
pub(super) struct Greeting {
    /// What we greeted with, for as long as it may be asked for.
    said: Option<Holdings>,
    said_digest: [u8; 32],
    /// The peer asked for it.
    answered: bool,
    heard: Option<Hello>,
    /// The list with which the peer answered, until the frontiers that differ are here.
    answer: Option<BTreeMap<SpaceId, [u8; 32]>>,
    told: Holdings,
    /// What came while the peer was asked.
    deferred: VecDeque<Frame>,
}

impl Session {
    pub(super) fn greet(&mut self, registry: SpaceId, held: Holdings) {
        let digest = holdings::digest_of(&registry, &held);
        let agreed = &self.config.agreed;
        let moved = if agreed.is_empty() { None } else { Moved::between(agreed, &held) };
        let moved = moved.map(|moved| (base_of(&holdings::digest_of(&registry, agreed)), moved));
        self.greeting.said_digest = digest;
        self.greeting.said = Some(held);
        self.send(&Frame::Hello(Hello {
            version_min: VERSION,
            version_max: VERSION,
            unix_ms: self.now_ms,
            clock: self.config.clock,
            dictionary: DICTIONARY_ID,
            digest,
            moved,
        }));
    }

    pub(super) fn take_hello(&mut self, hello: Hello) -> Result<(), Refusal> {
        if self.greeting.heard.is_some() {
            return Err(Refusal::OutOfPhase("a second greeting"));
        }
        self.listing.has_dictionary = hello.dictionary >= DICTIONARY_ID;
        let skew_ms = (hello.unix_ms as i64).saturating_sub(self.now_ms as i64);
        self.effects.push(Effect::PeerClock { skew_ms });
        self.greeting.heard = Some(hello);
        Ok(())
    }

    /// Both greetings are through: what the peer holds is known, or asked for.
    pub(super) fn leave_greeting(&mut self) -> Result<(), Refusal> {
        if self.phase != Phase::Greet || self.greeting.said.is_none() {
            return Ok(());
        }
        let (Some(hello), Some(registry)) = (self.greeting.heard.take(), self.listing.registry) else { return Ok(()) };
        let agreed = std::mem::take(&mut self.config.agreed);
        if hello.digest == self.greeting.said_digest {
            let said = self.greeting.said.take().unwrap_or_default();
            return self.begin(digests(&said), said);
        }
        if let Some(held) = held_by_peer(&registry, &agreed, &hello) {
            return self.begin(digests(&held), held);
        }
        self.phase = Phase::Asking;
        self.greeting.heard = Some(hello);
        let lines = self.greeting.said.as_ref().map(lines_of).unwrap_or_default();
        self.send(&Frame::Ask(lines));
        Ok(())
    }

    /// The peer lists these spaces, and holds this of them.
    fn begin(&mut self, list: BTreeMap<SpaceId, [u8; 32]>, known: Holdings) -> Result<(), Refusal> {
        let registry = self.listing.registry.filter(|registry| list.contains_key(registry));
        let registry = registry.ok_or(Refusal::OtherAgency)?;
        self.listing.peer = list;
        self.listing.compare = true;
        let mut known = known;
        for (id, space) in &mut self.spaces {
            space.known = known.remove(id);
            // A peer that does not share it now will have to be told when it does.
            space.told.take_if(|_| space.known.is_none());
        }
        let listed = self.spaces.get(&registry).and_then(|space| space.listed.as_ref()).map(|(digest, _)| digest);
        let same = listed == self.listing.peer.get(&registry);
        self.phase = if same { Phase::Open } else { Phase::Registry };
        self.proof.news = true;
        Ok(())
    }

    /// The peer cannot tell from our greeting what we hold.
    pub(super) fn take_ask(&mut self, lines: &[SpaceLine]) -> Result<(), Refusal> {
        let said = self.greeting.said.take().filter(|_| !self.greeting.answered);
        let said = said.ok_or(Refusal::Unsolicited("a question"))?;
        self.greeting.answered = true;
        self.send(&Frame::Listed(lines_of(&said)));
        let theirs: BTreeMap<SpaceId, [u8; 32]> = lines.iter().map(|line| (line.space, line.digest)).collect();
        for (space, frontier) in &said {
            if theirs.get(space) != Some(&frontier.digest()) {
                self.send(&Frame::Frontier(*space, frontier.clone()));
            }
        }
        // What the peer answers to our own question is compared with it.
        self.greeting.said = Some(said).filter(|_| self.phase == Phase::Asking);
        Ok(())
    }

    /// The list for which the peer was asked: it is the one whose digest it greeted with.
    pub(super) fn take_listed(&mut self, lines: &[SpaceLine]) -> Result<(), Refusal> {
        let registry = self.listing.registry.ok_or(Refusal::NotAMember)?;
        if self.greeting.answer.is_some() {
            return Err(Refusal::Unsolicited("a list"));
        }
        if !lines.iter().any(|line| line.space == registry) {
            return Err(Refusal::OtherAgency);
        }
        let digest = digest_of_spaces(&registry, lines.iter().map(|line| (&line.space, line.digest)));
        if self.greeting.heard.as_ref().map(|hello| hello.digest) != Some(digest) {
            return Err(Refusal::BadValue("the list behind a greeting"));
        }
        self.greeting.answer = Some(lines.iter().map(|line| (line.space, line.digest)).collect());
        self.leave_asking()
    }

    pub(super) fn take_told(&mut self, space: SpaceId, frontier: Frontier) -> Result<(), Refusal> {
        let answer = self.greeting.answer.as_ref().ok_or(Refusal::Unsolicited("a frontier"))?;
        let listed = answer.get(&space).filter(|_| !self.greeting.told.contains_key(&space));
        let listed = listed.ok_or(Refusal::Unsolicited("a frontier"))?;
        if *listed != frontier.digest() {
            return Err(Refusal::BadValue("a frontier behind a greeting"));
        }
        self.greeting.told.insert(space, frontier);
        self.leave_asking()
    }

    /// Goes on once every frontier that differs from what we listed is here.
    fn leave_asking(&mut self) -> Result<(), Refusal> {
        let Greeting { answer: Some(answer), said: Some(said), told, .. } = &mut self.greeting else { return Ok(()) };
        let mut known = std::mem::take(told);
        for (space, frontier) in said.iter().filter(|(space, _)| !known.contains_key(space)).collect::<Vec<_>>() {
            if answer.get(space) == Some(&frontier.digest()) {
                known.insert(*space, frontier.clone());
            }
        }
        if !answer.keys().eq(known.keys()) {
            *told = known;
            return Ok(());
        }
        let list = std::mem::take(answer);
        self.greeting = Greeting { deferred: std::mem::take(&mut self.greeting.deferred), ..Greeting::default() };
        self.begin(list, known)
    }

    /// A peer that has gone on will not ask any more.
    pub(super) fn forget_greeting(&mut self, frame: &Frame) {
        if matches!(self.phase, Phase::Registry | Phase::Open) && !matches!(frame, Frame::Ask(_)) {
            self.greeting.said = None;
        }
    }

    /// While the peer is asked, what else it sends waits.
    pub(super) fn defer(&mut self, frame: Frame) -> Result<(), Refusal> {
        let is_parcel = |frame: &&Frame| matches!(frame, Frame::Parcel(..) | Frame::Sealed(..));
        let parcels = self.greeting.deferred.iter().filter(is_parcel).count();
        if is_parcel(&&frame) && parcels >= WINDOW {
            return Err(Refusal::WindowExceeded);
        }
        if self.greeting.deferred.len() >= DEFERRED_MAX {
            return Err(Refusal::TooLarge("what came before the answer to a question"));
        }
        self.greeting.deferred.push_back(frame);
        Ok(())
    }

    pub(super) fn take_deferred(&mut self) -> Result<(), Refusal> {
        while !matches!(self.phase, Phase::Asking | Phase::Closed) {
            let Some(frame) = self.greeting.deferred.pop_front() else { return Ok(()) };
            self.take_frame(frame)?;
            self.advance()?;
        }
        Ok(())
    }
}

/// What the peer holds, if its greeting speaks of the common state remembered here and its digest proves the outcome.
fn held_by_peer(registry: &SpaceId, agreed: &Holdings, hello: &Hello) -> Option<Holdings> {
    let (base, moved) = hello.moved.as_ref()?;
    if base_of(&holdings::digest_of(registry, agreed)) != *base {
        return None;
    }
    moved.apply(agreed).filter(|held| holdings::digest_of(registry, held) == hello.digest)
}

fn digests(held: &Holdings) -> BTreeMap<SpaceId, [u8; 32]> {
    held.iter().map(|(space, frontier)| (*space, frontier.digest())).collect()
}

fn lines_of(held: &Holdings) -> Vec<SpaceLine> {
    held.iter().map(|(space, frontier)| SpaceLine { space: *space, digest: frontier.digest() }).collect()
}
