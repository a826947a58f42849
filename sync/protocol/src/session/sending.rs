//! What the other lacks goes out in parcels, a few at a time.
//!
//! The order: the registry, then the urgent, normal and bulk lanes, small spaces before large, audit last. One
//! place in the window is kept for the urgent lane, so that a marker leaves behind at most the parcels already
//! on their way, and never waits for an answer.

use std::collections::{HashMap, VecDeque};

use cairn_ledger::{EntryHash, Lane, LogId, OpenParcel, SpaceId};

use super::{Effect, Session, Side};
use crate::frame::{Frame, LogName};
use crate::limits::{SHORT_NAMES_MAX, WINDOW};
use crate::pace::Pace;
use crate::parcel::put_parcel;
use crate::{Limits, Refusal};

/// Parcels on their way out.
#[derive(Debug)]
pub(super) struct Sending {
    pace: Pace,
    names: HashMap<LogId, usize>,
    reading: Option<(LogId, u64)>,
    flight: VecDeque<Flight>,
}

/// A parcel that was sent and not yet answered.
#[derive(Debug)]
struct Flight {
    log: LogId,
    last: u64,
    hash: EntryHash,
    sent_ms: u64,
}

/// A log with entries that the peer lacks. Sorts by what goes first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    class: u8,
    missing_in_space: u64,
    log: LogId,
    from: u64,
}

impl Sending {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { pace: Pace::new(limits), names: HashMap::new(), reading: None, flight: VecDeque::new() }
    }

    /// When the oldest unanswered parcel was sent.
    pub(super) fn oldest_ms(&self) -> Option<u64> {
        self.flight.front().map(|flight| flight.sent_ms)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.reading.is_none() && self.flight.is_empty()
    }

    fn concerns(&self, space: &SpaceId) -> bool {
        self.reading.is_some_and(|(log, _)| log.space == *space)
            || self.flight.iter().any(|flight| flight.log.space == *space)
    }

    fn name(&mut self, log: LogId) -> LogName {
        if let Some(place) = self.names.get(&log) {
            return LogName::Short(*place);
        }
        if self.names.len() < SHORT_NAMES_MAX {
            self.names.insert(log, self.names.len() + 1);
        }
        LogName::Full(log)
    }
}

impl Session {
    /// Asks for the next parcel while there is room in the window.
    pub(super) fn fill_window(&mut self) {
        if self.sending.reading.is_some() || self.sending.flight.len() >= WINDOW {
            return;
        }
        let Some(next) = self.next_waiting() else { return };
        let last_place = self.sending.flight.len() + 1 == WINDOW;
        if last_place && next.log.key.lane != Lane::Urgent {
            return;
        }
        self.sending.reading = Some((next.log, next.from));
        let bytes_max = self.sending.pace.parcel_bytes();
        self.effects.push(Effect::ReadParcel { log: next.log, from: next.from, bytes_max });
    }

    /// Whether nothing is left to send.
    pub(super) fn has_sent_all(&self) -> bool {
        self.sending.is_idle() && self.next_waiting().is_none()
    }

    pub(super) fn has_sent_all_of(&self, space: &SpaceId) -> bool {
        let known = self.spaces.get(space).is_some_and(|space| space.theirs.is_some() && !space.asking);
        known && !self.sending.concerns(space) && self.waiting_in(space).next().is_none()
    }

    fn next_waiting(&self) -> Option<Waiting> {
        self.spaces.keys().flat_map(|space| self.waiting_in(space)).min()
    }

    fn waiting_in<'a>(&'a self, id: &SpaceId) -> impl Iterator<Item = Waiting> + use<'a> {
        let id = *id;
        let space = self.spaces.get(&id).filter(|_| self.is_open(&id) && self.is_common(&id));
        let known = space.and_then(|space| Some((space, space.mine.as_ref()?, space.theirs.as_ref()?)));
        known.into_iter().flat_map(move |(space, mine, theirs)| {
            let missing = move |key, number: u64| {
                let state = space.logs.get(key);
                let sent = state.map_or(0, |state| state.sent).max(theirs.number(key));
                let aside = state.is_some_and(|state| state.aside_out);
                (number > sent && !aside).then(|| (number - sent, sent + 1))
            };
            let total = mine.0.iter().filter_map(|(key, held)| missing(key, held.0)).map(|(count, _)| count).sum();
            mine.0.iter().filter_map(move |(key, held)| {
                let (_, from) = missing(key, held.0)?;
                let class = if space.registry { 0 } else { 1 + key.lane as u8 + if space.audit { 3 } else { 0 } };
                Some(Waiting { class, missing_in_space: total, log: LogId { space: id, key: *key }, from })
            })
        })
    }

    pub(super) fn take_read(&mut self, log: LogId, from: u64, parcel: Option<Box<OpenParcel>>) {
        if self.sending.reading != Some((log, from)) {
            return;
        }
        self.sending.reading = None;
        let Some(parcel) = parcel.filter(|parcel| parcel.log == log && parcel.first == from) else {
            return self.set_aside_out(
                log,
                Side::Here,
                "unreadable",
                "the entries that the peer lacks cannot be read here",
            );
        };
        let mut packed = Vec::new();
        if let Err(error) = put_parcel(&mut packed, &parcel, self.sending.pace.compression_level()) {
            return self.set_aside_out(log, Side::Here, "cannot-pack", &error.to_string());
        }
        let Some(space) = self.spaces.get_mut(&log.space) else { return };
        space.logs.entry(log.key).or_default().sent = parcel.seal.number;
        let flight = Flight { log, last: parcel.seal.number, hash: parcel.seal.hash, sent_ms: self.now_ms };
        self.sending.flight.push_back(flight);
        let frame = Frame::Parcel(self.sending.name(log), packed);
        self.send(&frame);
    }

    pub(super) fn take_held(&mut self, number: u64, hash: EntryHash) -> Result<(), Refusal> {
        let flight = self.sending.flight.pop_front().ok_or(Refusal::Unsolicited("an answer"))?;
        if number < flight.last || (number == flight.last && hash != flight.hash) {
            return Err(Refusal::BadAnswer);
        }
        self.sending.pace.answered(self.now_ms.saturating_sub(flight.sent_ms));
        let Some(space) = self.spaces.get_mut(&flight.log.space) else { return Ok(()) };
        let held_here = space.mine.as_ref().map_or(0, |mine| mine.number(&flight.log.key));
        if flight.log.key.replica == self.config.me && number > held_here {
            self.effects.push(Effect::PeerKnows { log: flight.log, number, hash });
        }
        space.learn(flight.log.key, number, hash);
        Ok(())
    }

    pub(super) fn take_refused(&mut self, name: String, detail: String) -> Result<(), Refusal> {
        let flight = self.sending.flight.pop_front().ok_or(Refusal::Unsolicited("an answer"))?;
        self.sending.pace.answered(self.now_ms.saturating_sub(flight.sent_ms));
        self.set_aside_out(flight.log, Side::There, &name, &detail);
        Ok(())
    }

    fn set_aside_out(&mut self, log: LogId, by: Side, name: &str, detail: &str) {
        let Some(space) = self.spaces.get_mut(&log.space) else { return };
        let state = space.logs.entry(log.key).or_default();
        if !std::mem::replace(&mut state.aside_out, true) {
            self.effects.push(Effect::SetAside { log, by, name: name.to_owned(), detail: detail.to_owned() });
        }
    }
}
