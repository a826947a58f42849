//! Parcels that come in: checked for their place in the session, kept one after another, answered in order.
//!
//! Every parcel gets exactly one answer, in the order of the parcels. A refused parcel sets its log aside for
//! the rest of the session; the other logs go on.

use std::collections::VecDeque;

use cairn_ledger::parcel::HASH_TO_DERIVE;
use cairn_ledger::{EntryHash, LogId, ReceivedBatch};

use super::{Effect, Session, Side};
use crate::Refusal;
use crate::frame::{Frame, LogName};
use crate::limits::WINDOW;
use crate::lookup::Seen;
use crate::parcel::{LogNames, Packed, read_parcel};
use crate::sealed::read_sealed;

/// What the ledger says when the entries do not lead to the seal.
const BAD_SEAL: &str = "bad-seal";
const FROZEN: &str = "frozen";

/// Parcels that came and are not answered yet.
#[derive(Debug, Default)]
pub(super) struct Receiving {
    names: LogNames,
    pending: VecDeque<Pending>,
}

#[derive(Debug)]
struct Pending {
    log: LogId,
    first: u64,
    last: u64,
    /// Hash of the last entry, if it was sent.
    hash: Option<EntryHash>,
    refers: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Waiting(Box<Packed>),
    Looking(Box<Packed>),
    Sealed(Box<ReceivedBatch>),
    Keeping,
    Refuse(&'static str),
}

impl Receiving {
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    fn resolve(&mut self, name: LogName) -> Result<LogId, Refusal> {
        match name {
            LogName::Full(log) => {
                self.names.add(log);
                Ok(log)
            }
            LogName::Short(place) => self.names.log(place).ok_or(Refusal::BadValue("the log of a parcel")),
        }
    }

    fn take_kept(&mut self, log: LogId) -> Option<Pending> {
        let fits = |front: &&Pending| front.log == log && matches!(front.stage, Stage::Keeping);
        self.pending.front().filter(fits)?;
        self.pending.pop_front()
    }
}

impl Session {
    pub(super) fn take_parcel(&mut self, name: LogName, packed: &[u8]) -> Result<(), Refusal> {
        let log = self.admit(name)?;
        let packed = read_parcel(log, packed, Some(&mut self.receiving.names))?;
        let (first, last, hash, refers) = (packed.first, packed.last, packed.hash, packed.refers());
        self.queue(Pending { log, first, last, hash, refers, stage: Stage::Waiting(Box::new(packed)) })
    }

    /// Entries from a relay, or to this one.
    pub(super) fn take_sealed(&mut self, name: LogName, packed: &[u8]) -> Result<(), Refusal> {
        let log = self.admit(name)?;
        let batch = read_sealed(log, packed)?;
        let (last, hash) = (batch.seal.number, Some(batch.seal.hash));
        let first = last + 1 - batch.entries.len() as u64;
        self.queue(Pending { log, first, last, hash, refers: false, stage: Stage::Sealed(Box::new(batch)) })
    }

    /// The log of a parcel that comes, if one may come now.
    fn admit(&mut self, name: LogName) -> Result<LogId, Refusal> {
        let log = self.receiving.resolve(name)?;
        if !self.is_open(&log.space) {
            return Err(Refusal::OutOfPhase("a parcel before the registry was complete"));
        }
        if self.receiving.pending.len() >= WINDOW { Err(Refusal::WindowExceeded) } else { Ok(log) }
    }

    fn queue(&mut self, mut pending: Pending) -> Result<(), Refusal> {
        if let Some(name) = self.refused_at_once(&pending)? {
            pending.stage = Stage::Refuse(name);
        }
        self.receiving.pending.push_back(pending);
        Ok(())
    }

    fn refused_at_once(&mut self, coming: &Pending) -> Result<Option<&'static str>, Refusal> {
        if !self.is_common(&coming.log.space) {
            return Ok(Some("not-shared"));
        }
        let Some(space) = self.spaces.get_mut(&coming.log.space) else { return Ok(Some("not-shared")) };
        let Some(told) = &space.told else { return Err(Refusal::Unsolicited("a parcel")) };
        let state = space.logs.entry(coming.log.key).or_default();
        if state.again.is_some_and(|from| coming.first != from || coming.refers) {
            return Ok(Some(Refusal::UnknownReference.name()));
        }
        if coming.first <= state.received.max(told.number(&coming.log.key)) {
            return Err(Refusal::SentAgain);
        }
        state.again = None;
        state.received = coming.last;
        Ok(state.aside_in.then_some("set-aside"))
    }

    /// Starts keeping the oldest parcel; answers those that are refused without looking.
    pub(super) fn answer_parcels(&mut self) -> Result<(), Refusal> {
        loop {
            let Some(front) = self.receiving.pending.front_mut() else { return Ok(()) };
            let state = self.spaces.get(&front.log.space).and_then(|space| space.logs.get(&front.log.key));
            if matches!(front.stage, Stage::Waiting(_) | Stage::Sealed(_)) {
                if state.is_some_and(|state| state.aside_in) {
                    front.stage = Stage::Refuse("set-aside");
                } else if state.is_some_and(|state| state.again.is_some()) {
                    // It goes on from a parcel that must come again.
                    front.stage = Stage::Refuse(Refusal::UnknownReference.name());
                }
            }
            match std::mem::replace(&mut front.stage, Stage::Keeping) {
                Stage::Keeping => return Ok(()),
                Stage::Looking(packed) => {
                    front.stage = Stage::Looking(packed);
                    return Ok(());
                }
                Stage::Sealed(batch) => {
                    self.effects.push(Effect::KeepSealed(batch));
                    return Ok(());
                }
                Stage::Waiting(packed) => {
                    let needs = packed.needs();
                    front.stage = Stage::Looking(packed);
                    if needs.is_empty() {
                        return self.take_looked_up_there(&[]);
                    }
                    self.effects.push(Effect::LookUp(Side::There, needs));
                    return Ok(());
                }
                Stage::Refuse(name) => {
                    self.receiving.pending.pop_front();
                    self.send(&Frame::Refused(name.to_owned(), String::new()));
                }
            }
        }
    }

    /// What a parcel that came refers to was looked up: it is put together and kept, or asked for again by itself.
    pub(super) fn take_looked_up_there(&mut self, seen: &[Option<Seen>]) -> Result<(), Refusal> {
        let Some(front) = self.receiving.pending.front_mut() else { return Ok(()) };
        let Stage::Looking(packed) = &front.stage else { return Ok(()) };
        match packed.unpack(seen) {
            Ok(parcel) => {
                front.stage = Stage::Keeping;
                self.effects.push(Effect::KeepParcel(Box::new(parcel)));
                Ok(())
            }
            Err(Refusal::UnknownReference) => {
                if let Some(pending) = self.receiving.pending.pop_front() {
                    self.ask_again(&pending);
                }
                self.answer_parcels()
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn ask_again(&mut self, pending: &Pending) {
        if let Some(space) = self.spaces.get_mut(&pending.log.space) {
            let state = space.logs.entry(pending.log.key).or_default();
            state.again = Some(pending.first);
            state.received = pending.first - 1;
        }
        self.send(&Frame::Refused(Refusal::UnknownReference.name().to_owned(), String::new()));
    }

    pub(super) fn take_kept(&mut self, log: LogId, number: u64, hash: EntryHash, new: u64) {
        let Some(pending) = self.receiving.take_kept(log) else { return };
        let as_sent = number == pending.last && pending.hash.is_none_or(|sent| sent == hash);
        self.send(&Frame::Held((!as_sent).then_some((number, hash))));
        let Some(space) = self.spaces.get_mut(&log.space) else { return };
        space.gain(log.key, number, hash);
        self.proof.news = true;
        // Where the hash was left to be derived and more is held than came, the number alone is known until the peer has
        // that too; it is never taken for an equal frontier.
        let hash = pending.hash.or((number == pending.last).then_some(hash)).unwrap_or(HASH_TO_DERIVE);
        space.learn(log.key, pending.last, hash);
        if space.registry && new > 0 {
            self.ask_spaces();
        }
        self.weigh(log.space);
    }

    pub(super) fn take_not_kept(&mut self, log: LogId, name: String, detail: String) {
        let Some(pending) = self.receiving.take_kept(log) else { return };
        if pending.refers && name == BAD_SEAL {
            // What it refers to may be another entry here than there; by itself it is judged by its own bytes.
            return self.ask_again(&pending);
        }
        self.send(&Frame::Refused(name.clone(), detail.clone()));
        if let Some(space) = self.spaces.get_mut(&log.space) {
            space.logs.entry(log.key).or_default().aside_in = true;
            // The peer has not heard that the log has two histories; perhaps it must be shown.
            let said = space.theirs.as_ref().and_then(|theirs| theirs.0.get(&log.key)).filter(|_| name == FROZEN);
            if let Some((number, hash)) = said.copied() {
                self.effects.push(Effect::PeerKnows { log, number, hash });
            }
        }
        self.effects.push(Effect::SetAside { log, by: Side::Here, name, detail });
    }
}
