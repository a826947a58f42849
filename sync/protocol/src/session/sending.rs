//! What the other lacks goes out in parcels, a few at a time.
//!
//! The order: the registry, then the urgent, normal and bulk lanes, small spaces before large, audit last. One
//! place in the window is kept for the urgent lane, so that a marker leaves behind at most the parcels already
//! on their way, and never waits for an answer.

use std::collections::{HashMap, VecDeque};

use cairn_ledger::{Entry, EntryHash, Lane, LogId, LogKey, OpenParcel, ReceivedBatch, Seal, SpaceId};
use cairn_record::RecordId;

use super::{Effect, Session, Side};
use crate::frame::{Frame, LogName};
use crate::limits::{FLIGHT_BYTES, WINDOW};
use crate::lookup::{Place, Seen};
use crate::pace::Pace;
use crate::parcel::{Coder, Known, LogNames, Prepared, put_alone, put_referring};
use crate::sealed::put_sealed;
use crate::{Limits, Refusal};

/// What an entry has besides its body in clear when it is sealed.
const SEALED_ENTRY_BYTES: usize = 214;

/// Parcels on their way out.
#[derive(Debug)]
pub(super) struct Sending {
    pace: Pace,
    names: LogNames,
    reading: Option<Reading>,
    flight: VecDeque<Flight>,
    /// Entries from here on came out too large for the link and were read anew.
    too_large: Option<(LogId, u64)>,
}

/// The next parcel on its way out of the store.
#[derive(Debug)]
struct Reading {
    log: LogId,
    from: u64,
    /// It was read, and what it may refer to is being asked for.
    parcel: Option<Prepared>,
    places: HashMap<RecordId, Vec<Place>>,
    asked: Vec<(LogId, u64)>,
}

impl Reading {
    /// Whether entries of this log from this number on are what is being read.
    fn awaits(&self, log: LogId, from: u64) -> bool {
        (self.log, self.from, self.parcel.is_none()) == (log, from, true)
    }
}

/// A parcel that was sent and not yet answered.
#[derive(Debug)]
struct Flight {
    log: LogId,
    last: u64,
    hash: EntryHash,
    first: u64,
    refers: bool,
    sent_ms: u64,
    /// On the wire.
    bytes: usize,
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
        Self {
            pace: Pace::new(limits),
            names: LogNames::default(),
            reading: None,
            flight: VecDeque::new(),
            too_large: None,
        }
    }

    /// When the oldest unanswered parcel was sent.
    pub(super) fn oldest_ms(&self) -> Option<u64> {
        self.flight.front().map(|flight| flight.sent_ms)
    }

    pub(super) fn is_idle(&self) -> bool {
        self.reading.is_none() && self.flight.is_empty()
    }

    /// Whether what is not urgent has to wait for answers.
    fn is_full(&self) -> bool {
        let (parcels, bytes) = (self.flight.len(), self.flight.iter().map(|flight| flight.bytes).sum::<usize>());
        parcels + 1 >= WINDOW || (parcels >= 2 && bytes >= FLIGHT_BYTES)
    }

    fn concerns(&self, space: &SpaceId) -> bool {
        self.reading.as_ref().is_some_and(|reading| reading.log.space == *space)
            || self.flight.iter().any(|flight| flight.log.space == *space)
    }

    fn name(&mut self, log: LogId) -> LogName {
        if let Some(place) = self.names.place(&log) {
            return LogName::Short(place);
        }
        self.names.add(log);
        LogName::Full(log)
    }

    /// Whether parcels of this log that refer are still unanswered.
    fn refers(&self, log: &LogId) -> bool {
        self.flight.iter().any(|flight| flight.log == *log && flight.refers)
    }
}

impl Session {
    /// Asks for the next parcel while there is room in the window.
    pub(super) fn fill_window(&mut self) {
        if self.sending.reading.is_some() || self.sending.flight.len() >= WINDOW {
            return;
        }
        let next = if self.sending.is_full() { self.next_urgent() } else { self.next_waiting(Lane::ALL.len()) };
        let Some(next) = next else { return };
        let (log, from) = (next.log, next.from);
        let reading = Reading { log, from, parcel: None, places: HashMap::new(), asked: Vec::new() };
        self.sending.reading = Some(reading);
        let bytes_max = self.sending.pace.sealed_bytes(self.is_audit(&log.space));
        self.effects.push(Effect::ReadParcel { log: next.log, from: next.from, bytes_max });
    }

    fn is_audit(&self, space: &SpaceId) -> bool {
        self.spaces.get(space).is_some_and(|space| space.audit)
    }

    /// Whether nothing is left to send.
    pub(super) fn has_sent_all(&self) -> bool {
        self.sending.is_idle() && self.next_waiting(Lane::ALL.len()).is_none()
    }

    pub(super) fn has_sent_all_of(&self, space: &SpaceId) -> bool {
        let known = self.spaces.get(space).is_some_and(|space| space.theirs.is_some() && !space.asking);
        known && !self.sending.concerns(space) && self.waiting_in(space, Lane::ALL.len()).next().is_none()
    }

    /// What goes first in so many lanes, the most urgent ones.
    fn next_waiting(&self, lanes: usize) -> Option<Waiting> {
        self.lacking.iter().flat_map(|space| self.waiting_in(space, lanes)).min()
    }

    /// What goes first, if it is urgent. Most often nothing is, and the rest is not looked through.
    fn next_urgent(&self) -> Option<Waiting> {
        self.next_waiting(1)?;
        self.next_waiting(Lane::ALL.len()).filter(|next| next.log.key.lane == Lane::Urgent)
    }

    fn waiting_in<'a>(&'a self, id: &SpaceId, lanes: usize) -> impl Iterator<Item = Waiting> + use<'a> {
        let id = *id;
        let space = self
            .spaces
            .get(&id)
            .filter(|space| space.missing.lacks(lanes))
            .filter(|_| self.is_open(&id) && self.is_common(&id));
        let known = space.and_then(|space| Some((space, space.mine.as_ref()?, space.theirs.as_ref()?)));
        known.into_iter().flat_map(move |(space, mine, theirs)| {
            let missing = move |key: &LogKey| {
                let (number, state) = (mine.number(key), space.logs.get(key));
                let sent = state.map_or(0, |state| state.sent).max(theirs.number(key));
                let log = LogId { space: id, key: *key };
                let aside = state.is_some_and(|state| state.aside_out || (state.alone && self.sending.refers(&log)));
                (number > sent && !aside).then(|| (number - sent, sent + 1))
            };
            let total = space.missing.all().iter().filter_map(missing).map(|(count, _)| count).sum();
            space.missing.in_lanes(lanes).iter().filter_map(move |key| {
                let (_, from) = missing(key)?;
                let class = if space.registry { 0 } else { 1 + key.lane as u8 + if space.audit { 3 } else { 0 } };
                Some(Waiting { class, missing_in_space: total, log: LogId { space: id, key: *key }, from })
            })
        })
    }

    /// Entries for a relay, or from one: they go as they are stored.
    pub(super) fn take_sealed_read(&mut self, log: LogId, from: u64, batch: Option<Box<ReceivedBatch>>) {
        if self.sending.reading.take_if(|reading| reading.awaits(log, from)).is_none() {
            return;
        }
        let Some(batch) = batch.filter(|batch| batch.log == log) else { return self.leave_unread(log) };
        if self.next_of(&log) != Some(from) {
            return;
        }
        let before = self.sending.names.count();
        let name = self.sending.name(log);
        let mut packed = Vec::new();
        if let Err(error) = put_sealed(&mut packed, &batch) {
            self.sending.names.back_to(before);
            return self.set_aside_out(log, Side::Here, "cannot-pack", &error.to_string());
        }
        let sealed = batch.entries.iter().map(Entry::encoded_len).sum();
        if self.is_too_large((log, from), batch.entries.len(), sealed, packed.len()) {
            self.sending.names.back_to(before);
            return;
        }
        self.note_flight(from, &batch.seal, false, packed.len());
        self.send(&Frame::Sealed(name, packed));
    }

    pub(super) fn take_read(&mut self, log: LogId, from: u64, parcel: Option<Box<OpenParcel>>) {
        let Some(reading) = self.sending.reading.as_mut().filter(|reading| reading.awaits(log, from)) else { return };
        let Some(parcel) = parcel.filter(|parcel| parcel.log == log && parcel.first == from) else {
            self.sending.reading = None;
            return self.leave_unread(log);
        };
        let prepared = Prepared::new(parcel);
        let records = prepared.records();
        reading.parcel = Some(prepared);
        if self.goes_alone(&log) {
            self.send_parcel(None);
        } else if records.is_empty() {
            self.take_located(Vec::new());
        } else {
            self.effects.push(Effect::Locate(records));
        }
    }

    fn leave_unread(&mut self, log: LogId) {
        self.set_aside_out(log, Side::Here, "unreadable", "the entries that the peer lacks cannot be read here");
    }

    fn goes_alone(&self, log: &LogId) -> bool {
        let space = self.spaces.get(&log.space);
        space.and_then(|space| space.logs.get(&log.key)).is_some_and(|state| state.alone)
    }

    /// Where entries of the records stand that the next parcel names: those that the peer holds may be referred to.
    pub(super) fn take_located(&mut self, places: Vec<Vec<Place>>) {
        let Some(mut reading) = self.sending.reading.take() else { return };
        let Some(parcel) = &reading.parcel else {
            self.sending.reading = Some(reading);
            return;
        };
        let mut held: HashMap<RecordId, Vec<Place>> = HashMap::new();
        for (record, places) in parcel.records().into_iter().zip(places) {
            let there = places.into_iter().filter(|place| {
                let own = place.log == reading.log && place.number < reading.from;
                own || (place.log != reading.log && self.is_there(&place.log, place.number))
            });
            held.insert(record, there.collect());
        }
        let before = (reading.from > 1).then(|| (reading.log, reading.from - 1));
        reading.asked = before.into_iter().chain(parcel.behind(&held)).collect();
        reading.places = held;
        let asked = reading.asked.clone();
        self.sending.reading = Some(reading);
        if asked.is_empty() {
            self.take_looked_up_here(Vec::new());
        } else {
            self.effects.push(Effect::LookUp(Side::Here, asked));
        }
    }

    /// The number that the peer lacks first, of what was not sent.
    fn next_of(&self, log: &LogId) -> Option<u64> {
        let space = self.spaces.get(&log.space)?;
        let sent = space.logs.get(&log.key).map_or(0, |state| state.sent);
        Some(sent.max(space.theirs.as_ref()?.number(&log.key)) + 1)
    }

    /// Whether the peer holds this entry, or will when it has kept what was sent before.
    fn is_there(&self, log: &LogId, number: u64) -> bool {
        let space = self.spaces.get(&log.space).filter(|_| self.is_open(&log.space) && self.is_common(&log.space));
        space.is_some_and(|space| {
            let sent = space.logs.get(&log.key).filter(|state| !state.aside_out).map_or(0, |state| state.sent);
            number <= sent.max(space.theirs.as_ref().map_or(0, |theirs| theirs.number(&log.key)))
        })
    }

    /// What the entries say that the next parcel may refer to.
    pub(super) fn take_looked_up_here(&mut self, seen: Vec<Option<Seen>>) {
        let Some(reading) = self.sending.reading.as_mut().filter(|reading| reading.parcel.is_some()) else { return };
        let mut seen: HashMap<(LogId, u64), Seen> =
            reading.asked.iter().copied().zip(seen).filter_map(|(place, seen)| Some((place, seen?))).collect();
        let before = (reading.log, reading.from - 1);
        let before = if reading.from > 1 { seen.remove(&before) } else { None };
        // Without the entry before it a parcel cannot refer; its receiver could not either.
        let lacking = reading.from > 1 && before.is_none();
        let places = std::mem::take(&mut reading.places);
        self.send_parcel(Some(Known { before, places, seen }).filter(|_| !lacking));
    }

    fn send_parcel(&mut self, known: Option<Known>) {
        let Some(Reading { log, from, parcel: Some(prepared), .. }) = self.sending.reading.take() else { return };
        if self.next_of(&log) != Some(from) {
            // While it was read, the peer got it otherwise, or lacks what is before it. It is read anew.
            return;
        }
        let known = known.filter(|_| !self.goes_alone(&log));
        let coder = Coder { level: self.sending.pace.compression_level(), dictionary: self.listing.has_dictionary };
        let before = self.sending.names.count();
        let name = self.sending.name(log);
        let mut packed = Vec::new();
        let outcome = match &known {
            Some(known) => put_referring(&mut packed, &prepared, known, &mut self.sending.names, coder),
            None => put_alone(&mut packed, &prepared, coder),
        };
        if let Err(error) = outcome {
            self.sending.names.back_to(before);
            return self.set_aside_out(log, Side::Here, "cannot-pack", &error.to_string());
        }
        let parcel = &prepared.parcel;
        let sealed = parcel.entries.iter().map(|entry| entry.body.len() + SEALED_ENTRY_BYTES).sum();
        if self.is_too_large((log, parcel.first), parcel.entries.len(), sealed, packed.len()) {
            // Read anew, with what is known now of how such entries pack.
            self.sending.names.back_to(before);
            return;
        }
        self.note_flight(parcel.first, &parcel.seal, known.is_some(), packed.len());
        self.send(&Frame::Parcel(name, packed));
    }

    /// Entries from `first` up to this seal are on their way.
    fn note_flight(&mut self, first: u64, seal: &Seal, refers: bool, bytes: usize) {
        let (log, last, hash) = (seal.log, seal.number, seal.hash);
        self.sending.flight.push_back(Flight { log, last, hash, first, refers, sent_ms: self.now_ms, bytes });
        let Some(space) = self.spaces.get_mut(&log.space) else { return };
        space.logs.entry(log.key).or_default().sent = last;
        // What was read may go further than what was known to be held when it was asked for.
        space.gain(log.key, last, hash);
        self.weigh(log.space);
    }

    /// Whether the entries came out far too large for the link and fewer may do. Once for each beginning: a commit is not cut.
    /// Registry and receipts are few, and say nothing of how others pack.
    fn is_too_large(&mut self, begins: (LogId, u64), entries: usize, sealed: usize, wire_bytes: usize) -> bool {
        let log = begins.0;
        let audit = self.is_audit(&log.space);
        let receipts = audit && log.key.lane == Lane::Urgent;
        if receipts || self.listing.registry == Some(log.space) {
            return false;
        }
        let large = self.sending.pace.packed(audit, sealed, wire_bytes) && entries > 1;
        let again = large && self.sending.too_large != Some(begins);
        self.sending.too_large = if again { Some(begins) } else { None };
        again
    }

    pub(super) fn take_held(&mut self, further: Option<(u64, EntryHash)>) -> Result<(), Refusal> {
        let flight = self.sending.flight.pop_front().ok_or(Refusal::Unsolicited("an answer"))?;
        let (number, hash) = further.unwrap_or((flight.last, flight.hash));
        if number < flight.last || (number == flight.last && hash != flight.hash) {
            return Err(Refusal::BadAnswer);
        }
        self.sending.pace.answered(self.now_ms.saturating_sub(flight.sent_ms));
        self.proof.news = true;
        let Some(space) = self.spaces.get_mut(&flight.log.space) else { return Ok(()) };
        let held_here = space.mine.as_ref().map_or(0, |mine| mine.number(&flight.log.key));
        if flight.log.key.replica == self.config.me && number > held_here {
            self.effects.push(Effect::PeerKnows { log: flight.log, number, hash });
        }
        space.learn(flight.log.key, number, hash);
        space.forget_sent(&flight.log.key);
        self.weigh(flight.log.space);
        Ok(())
    }

    pub(super) fn take_refused(&mut self, name: String, detail: String) -> Result<(), Refusal> {
        let flight = self.sending.flight.pop_front().ok_or(Refusal::Unsolicited("an answer"))?;
        self.sending.pace.answered(self.now_ms.saturating_sub(flight.sent_ms));
        if flight.refers && name == Refusal::UnknownReference.name() {
            self.send_again_alone(&flight);
        } else {
            self.set_aside_out(flight.log, Side::There, &name, &detail);
        }
        Ok(())
    }

    /// The peer lacks what a parcel referred to: from there on the log goes in parcels that refer to nothing, once
    /// those under way are answered.
    fn send_again_alone(&mut self, flight: &Flight) {
        let Some(space) = self.spaces.get_mut(&flight.log.space) else { return };
        let state = space.logs.entry(flight.log.key).or_default();
        state.alone = true;
        state.sent = state.sent.min(flight.first - 1);
    }

    fn set_aside_out(&mut self, log: LogId, by: Side, name: &str, detail: &str) {
        let Some(space) = self.spaces.get_mut(&log.space) else { return };
        let state = space.logs.entry(log.key).or_default();
        if !std::mem::replace(&mut state.aside_out, true) {
            self.effects.push(Effect::SetAside { log, by, name: name.to_owned(), detail: detail.to_owned() });
        }
    }
}
