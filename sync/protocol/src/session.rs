//! The state machine of one session with one peer.
//!
//! [`Session::step`] takes an event and gives effects, to be done in their order. The work is split by what it
//! is about: [`greeting`] how two sides learn what each holds, [`spaces`] which spaces are shared and how far, [`sending`]
//! and [`receiving`] parcels, [`proof`] the words "equal" and "settled". After every event [`Session::advance`] does
//! whatever has become possible.

mod greeting;
mod missing;
mod proof;
mod receiving;
mod sending;
mod spaces;

use std::collections::{BTreeMap, BTreeSet};

use cairn_ledger::{ClockQuality, EntryHash, Frontier, LogId, OpenParcel, ReceivedBatch, ReplicaId, SpaceId};
use cairn_record::RecordId;

use crate::frame::{Frame, FrameReader, decode_frame};
use crate::holdings::Holdings;
use crate::lookup::{Place, Seen};
use crate::{Limits, Refusal};

use greeting::Greeting;
use proof::Proof;
use receiving::Receiving;
use sending::Sending;
use spaces::{Listing, Space};

/// What a session needs to know at its start.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// This replica.
    pub me: ReplicaId,
    /// The peer, as the connection proved it.
    pub peer: ReplicaId,
    /// How far this machine trusts its clock.
    pub clock: ClockQuality,
    /// What was last agreed with this peer: what both held when [`Effect::Equal`] last said so. Empty when that is not known.
    pub agreed: Holdings,
    /// What this side chooses for itself.
    pub limits: Limits,
}

/// A space shared with the peer, as the shell tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedSpace {
    /// The space.
    pub space: SpaceId,
    /// Whether it is the registry: exactly one is.
    pub registry: bool,
    /// Whether it is audit: goes last and wakes nothing by itself.
    pub audit: bool,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The connection stands.
    Started,
    /// Bytes came from the peer, in order, cut anyhow.
    Received(Vec<u8>),
    /// Answer to [`Effect::AskSpaces`].
    Spaces(Vec<ListedSpace>),
    /// Answer to [`Effect::AskFrontier`].
    LocalFrontier(SpaceId, Frontier),
    /// Answer to [`Effect::ReadParcel`]; `None` when it cannot be read.
    ParcelRead(LogId, u64, Option<Box<OpenParcel>>),
    /// The same when one of the two sides is a relay: the entries go sealed.
    SealedRead(LogId, u64, Option<Box<ReceivedBatch>>),
    /// Answer to [`Effect::Locate`]: for each record asked for, in the same order.
    Located(Vec<Vec<Place>>),
    /// Answer to [`Effect::LookUp`]: for each entry asked for, in the same order.
    LookedUp(Side, Vec<Option<Seen>>),
    /// Answer to [`Effect::KeepParcel`]: durable; the log is now held up to this entry.
    ParcelKept {
        /// The log.
        log: LogId,
        /// Last number held.
        number: u64,
        /// Its hash.
        hash: EntryHash,
        /// How many entries were new.
        new: u64,
    },
    /// Answer to [`Effect::KeepParcel`]: nothing of it was kept.
    ParcelRefused {
        /// The log.
        log: LogId,
        /// Stable name of the reason.
        name: String,
        /// More, for a person.
        detail: String,
    },
    /// Answer to [`Effect::PeerKnows`] when the log has two histories: signed headers of ours, for the peer to see.
    Forked(LogId, Vec<Vec<u8>>),
    /// Entries were written or kept in a space, by whomever.
    LocalChange(SpaceId),
    /// What was written or kept must not wait for company: a proof that a log has two histories, or a marker.
    Hurry,
    /// Membership or rights changed here, or a person wants to see everything compared.
    RightsChanged,
    /// Time passed; to be told about four times a second while anything is open.
    Tick,
    /// End in good order: `cancelled`, `links-cut`, `done`, `stopping` …
    CloseAsked(&'static str),
    /// The connection is gone.
    LinkClosed,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send these bytes.
    Send(Vec<u8>),
    /// Which spaces are shared with the peer? Answer with [`Event::Spaces`].
    AskSpaces,
    /// How far is this space held? Answer with [`Event::LocalFrontier`].
    AskFrontier(SpaceId),
    /// Read entries of a log from this number on, about so many bytes, ending at a seal. Answer with [`Event::ParcelRead`].
    ReadParcel {
        /// The log.
        log: LogId,
        /// First number wanted.
        from: u64,
        /// Size wanted, in bytes of bodies.
        bytes_max: usize,
    },
    /// Where do entries of these records stand? Answer with [`Event::Located`] of [`crate::lookup::locate`].
    Locate(Vec<RecordId>),
    /// What do these entries say? Answer with [`Event::LookedUp`] of [`crate::lookup::look_up`]. The side is whose parcel
    /// refers to them: our next one, or one that came.
    LookUp(Side, Vec<(LogId, u64)>),
    /// Check and keep these entries. Answer with [`Event::ParcelKept`] when they are durable, or [`Event::ParcelRefused`].
    KeepParcel(Box<OpenParcel>),
    /// The same of entries that came sealed.
    KeepSealed(Box<ReceivedBatch>),
    /// The peer says how far it holds a log, of which at least as much is held here or which is ours: a rollback of this
    /// machine and a second history of the log show here. Answer with [`Event::Forked`] in the latter case.
    PeerKnows {
        /// The log.
        log: LogId,
        /// Last number the peer holds.
        number: u64,
        /// Its hash.
        hash: EntryHash,
    },
    /// The peer shows a signed header of a log of which it holds another history.
    TakeEvidence(LogId, Vec<u8>),
    /// What the peer is known to hold of a space.
    PeerFrontier(SpaceId, Frontier),
    /// The peer's clock is ahead of ours by so much (behind: negative), give or take the time of a trip.
    PeerClock {
        /// Milliseconds.
        skew_ms: i64,
    },
    /// A log is left alone for the rest of this session.
    SetAside {
        /// The log.
        log: LogId,
        /// Who could not go on with it.
        by: Side,
        /// Stable name of the reason.
        name: String,
        /// More, for a person.
        detail: String,
    },
    /// Both sides hold the same in every space they share: this. Said again after each change. To be remembered for the next
    /// greeting with this peer.
    Equal(Holdings),
    /// Nothing is left to send and yet something differs (a log set aside, a space only one side has).
    Settled,
    /// Close the connection once what was sent is through.
    Close(CloseReason),
}

/// Which side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// This replica.
    Here,
    /// The peer.
    There,
}

/// Why a session ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The peer broke a rule.
    Refused(Refusal),
    /// The shell asked for it.
    Asked(&'static str),
    /// The peer said so: name and explanation.
    Peer(String, String),
}

impl CloseReason {
    /// Stable name of the reason.
    pub fn name(&self) -> &str {
        match self {
            Self::Refused(refusal) => refusal.name(),
            Self::Asked(name) => name,
            Self::Peer(name, _) => name,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Waiting for both greetings.
    Greet,
    /// The peer's greeting did not say what it holds: it was asked.
    Asking,
    /// Only the registry moves.
    Registry,
    /// Everything shared moves.
    Open,
    /// Over.
    Closed,
}

/// One session with one peer.
pub struct Session {
    config: SessionConfig,
    now_ms: u64,
    started_ms: u64,
    phase: Phase,
    reader: FrameReader,
    greeting: Greeting,
    listing: Listing,
    spaces: BTreeMap<SpaceId, Space>,
    /// The spaces of which the peer lacks entries: all that is looked through for the next parcel, of the hundreds that there may be.
    lacking: BTreeSet<SpaceId>,
    sending: Sending,
    receiving: Receiving,
    proof: Proof,
    effects: Vec<Effect>,
}

impl Session {
    /// A session that has not started.
    pub fn new(config: SessionConfig) -> Self {
        Self {
            sending: Sending::new(&config.limits),
            config,
            now_ms: 0,
            started_ms: 0,
            phase: Phase::Greet,
            reader: FrameReader::default(),
            greeting: Greeting::default(),
            listing: Listing::default(),
            spaces: BTreeMap::new(),
            lacking: BTreeSet::new(),
            receiving: Receiving::default(),
            proof: Proof::default(),
            effects: Vec::new(),
        }
    }

    /// Takes what happened at this time, gives what is to be done. Time that runs backwards is held still.
    pub fn step(&mut self, now_ms: u64, event: Event) -> Vec<Effect> {
        self.now_ms = self.now_ms.max(now_ms);
        if self.phase != Phase::Closed {
            let outcome = self.take(event).and_then(|()| self.advance());
            if let Err(refusal) = outcome {
                self.close(refusal.name(), &refusal.to_string(), CloseReason::Refused(refusal));
            }
        }
        std::mem::take(&mut self.effects)
    }

    /// Whether parcels are on their way in either direction.
    pub fn is_busy(&self) -> bool {
        self.phase != Phase::Closed && !self.is_quiet()
    }

    fn take(&mut self, event: Event) -> Result<(), Refusal> {
        match event {
            Event::Started => {
                self.started_ms = self.now_ms;
                self.ask_spaces();
                Ok(())
            }
            Event::Received(bytes) => self.take_bytes(&bytes),
            Event::Spaces(spaces) => self.take_rights(&spaces),
            Event::LocalFrontier(space, frontier) => {
                self.take_local_frontier(space, frontier);
                Ok(())
            }
            Event::ParcelRead(log, from, parcel) => {
                self.take_read(log, from, parcel);
                Ok(())
            }
            Event::SealedRead(log, from, batch) => {
                self.take_sealed_read(log, from, batch);
                Ok(())
            }
            Event::Located(places) => {
                self.take_located(places);
                Ok(())
            }
            Event::LookedUp(Side::Here, seen) => {
                self.take_looked_up_here(seen);
                Ok(())
            }
            Event::LookedUp(Side::There, seen) => self.take_looked_up_there(&seen),
            Event::ParcelKept { log, number, hash, new } => {
                self.take_kept(log, number, hash, new);
                Ok(())
            }
            Event::ParcelRefused { log, name, detail } => {
                self.take_not_kept(log, name, detail);
                Ok(())
            }
            Event::Forked(log, shown) => {
                self.show_evidence(log, shown);
                Ok(())
            }
            Event::LocalChange(space) => {
                self.take_local_change(space);
                Ok(())
            }
            Event::Hurry => {
                self.ask_stale_audit(true);
                Ok(())
            }
            Event::RightsChanged => {
                self.ask_spaces();
                self.ask_stale_audit(true);
                Ok(())
            }
            Event::Tick => self.check_time(),
            Event::CloseAsked(name) => {
                self.close(name, "", CloseReason::Asked(name));
                Ok(())
            }
            Event::LinkClosed => {
                self.phase = Phase::Closed;
                Ok(())
            }
        }
    }

    fn take_bytes(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.proof.heard_ms = self.now_ms;
        self.reader.feed(bytes);
        while self.phase != Phase::Closed {
            let Some((kind, body)) = self.reader.next_frame()? else { break };
            let frame = decode_frame(kind, body)?;
            self.take_frame(frame)?;
            self.advance()?;
            self.take_deferred()?;
        }
        Ok(())
    }

    fn take_frame(&mut self, frame: Frame) -> Result<(), Refusal> {
        self.forget_greeting(&frame);
        match (frame, self.phase) {
            (Frame::Hello(hello), Phase::Greet) => self.take_hello(hello),
            (Frame::Bye(name, detail), _) => {
                self.phase = Phase::Closed;
                self.effects.push(Effect::Close(CloseReason::Peer(name, detail)));
                Ok(())
            }
            (Frame::Hello(_), _) => Err(Refusal::OutOfPhase("a second greeting")),
            (_, Phase::Greet) => Err(Refusal::OutOfPhase("something before the greeting")),
            (Frame::Ask(spaces), _) => self.take_ask(&spaces),
            (Frame::Listed(spaces), Phase::Asking) => self.take_listed(&spaces),
            (Frame::Frontier(space, frontier), Phase::Asking) => self.take_told(space, frontier),
            (frame, Phase::Asking) => self.defer(frame),
            (Frame::Listed(_), _) => Err(Refusal::Unsolicited("a list")),
            (Frame::Spaces(_), Phase::Registry) => {
                Err(Refusal::OutOfPhase("something before the registry was complete"))
            }
            (Frame::Spaces(spaces), _) => self.take_peer_spaces(&spaces),
            (Frame::Frontier(space, frontier), _) => self.take_peer_frontier(space, frontier),
            (Frame::RegistryDone, Phase::Registry) => self.take_registry_done(),
            (Frame::RegistryDone, _) => Err(Refusal::OutOfPhase("the end of the registry")),
            (Frame::Parcel(name, packed), _) => self.take_parcel(name, &packed),
            (Frame::Sealed(name, packed), _) => self.take_sealed(name, &packed),
            (Frame::Held(further), _) => self.take_held(further),
            (Frame::Refused(name, detail), _) => self.take_refused(name, detail),
            (Frame::Evidence(log, shown), _) => self.take_evidence(log, shown),
        }
    }

    /// Does whatever has become possible.
    fn advance(&mut self) -> Result<(), Refusal> {
        if self.phase == Phase::Closed {
            return Ok(());
        }
        self.list_spaces();
        self.leave_greeting()?;
        self.compare_frontiers();
        self.answer_parcels()?;
        self.fill_window();
        self.leave_registry();
        self.prove();
        Ok(())
    }

    fn check_time(&mut self) -> Result<(), Refusal> {
        let limits = &self.config.limits;
        let greeting = matches!(self.phase, Phase::Greet | Phase::Asking);
        if greeting && self.now_ms >= self.started_ms.saturating_add(limits.greet_timeout_ms) {
            return Err(Refusal::GreetTimeout);
        }
        let oldest_ms = self.sending.oldest_ms();
        if oldest_ms.is_some_and(|sent_ms| self.now_ms >= sent_ms.saturating_add(limits.answer_timeout_ms)) {
            return Err(Refusal::AnswerTimeout);
        }
        self.ask_stale_audit(false);
        Ok(())
    }

    fn send(&mut self, frame: &Frame) {
        self.effects.push(Effect::Send(frame.encode()));
    }

    fn close(&mut self, name: &str, detail: &str, reason: CloseReason) {
        self.phase = Phase::Closed;
        self.send(&Frame::Bye(name.to_owned(), detail.to_owned()));
        self.effects.push(Effect::Close(reason));
    }
}
