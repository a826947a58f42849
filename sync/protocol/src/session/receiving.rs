//! Parcels that come in: checked for their place in the session, kept one after another, answered in order.
//!
//! Every parcel gets exactly one answer, in the order of the parcels. A refused parcel sets its log aside for
//! the rest of the session; the other logs go on.

use std::collections::VecDeque;

use cairn_ledger::{EntryHash, LogId, OpenParcel};

use super::{Effect, Session, Side};
use crate::Refusal;
use crate::frame::{Frame, LogName};
use crate::limits::{SHORT_NAMES_MAX, WINDOW};
use crate::parcel::decode_parcel;

/// Parcels that came and are not answered yet.
#[derive(Debug, Default)]
pub(super) struct Receiving {
    names: Vec<LogId>,
    pending: VecDeque<Pending>,
}

#[derive(Debug)]
struct Pending {
    log: LogId,
    last: u64,
    hash: EntryHash,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Waiting(Box<OpenParcel>),
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
                if self.names.len() < SHORT_NAMES_MAX {
                    self.names.push(log);
                }
                Ok(log)
            }
            LogName::Short(place) => {
                let log = place.checked_sub(1).and_then(|at| self.names.get(at));
                log.copied().ok_or(Refusal::BadValue("the log of a parcel"))
            }
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
        let log = self.receiving.resolve(name)?;
        if !self.is_open(&log.space) {
            return Err(Refusal::OutOfPhase("a parcel before the registry was complete"));
        }
        if self.receiving.pending.len() >= WINDOW {
            return Err(Refusal::WindowExceeded);
        }
        let parcel = decode_parcel(log, packed)?;
        let (last, hash) = (parcel.seal.number, parcel.seal.hash);
        let stage = self.stage_of(parcel)?;
        self.receiving.pending.push_back(Pending { log, last, hash, stage });
        Ok(())
    }

    fn stage_of(&mut self, parcel: OpenParcel) -> Result<Stage, Refusal> {
        if !self.is_common(&parcel.log.space) {
            return Ok(Stage::Refuse("not-shared"));
        }
        let Some(space) = self.spaces.get_mut(&parcel.log.space) else { return Ok(Stage::Refuse("not-shared")) };
        if !space.told {
            return Err(Refusal::Unsolicited("a parcel"));
        }
        let state = space.logs.entry(parcel.log.key).or_default();
        if parcel.first <= state.received {
            return Err(Refusal::SentAgain);
        }
        state.received = parcel.seal.number;
        Ok(if state.aside_in { Stage::Refuse("set-aside") } else { Stage::Waiting(Box::new(parcel)) })
    }

    /// Starts keeping the oldest parcel; answers those that are refused without looking.
    pub(super) fn answer_parcels(&mut self) {
        loop {
            let Some(front) = self.receiving.pending.front_mut() else { return };
            let aside = self.spaces.get(&front.log.space).and_then(|space| space.logs.get(&front.log.key));
            if matches!(front.stage, Stage::Waiting(_)) && aside.is_some_and(|state| state.aside_in) {
                front.stage = Stage::Refuse("set-aside");
            }
            match std::mem::replace(&mut front.stage, Stage::Keeping) {
                Stage::Keeping => return,
                Stage::Waiting(parcel) => return self.effects.push(Effect::KeepParcel(parcel)),
                Stage::Refuse(name) => {
                    self.receiving.pending.pop_front();
                    self.send(&Frame::Refused(name.to_owned(), String::new()));
                }
            }
        }
    }

    pub(super) fn take_kept(&mut self, log: LogId, number: u64, hash: EntryHash, new: u64) {
        let Some(pending) = self.receiving.take_kept(log) else { return };
        self.send(&Frame::Held(number, hash));
        let Some(space) = self.spaces.get_mut(&log.space) else { return };
        space.gain(log.key, number, hash);
        self.proof.news |= !space.audit && new > 0;
        space.learn(log.key, pending.last, pending.hash);
        if space.registry && new > 0 {
            self.ask_spaces();
        }
    }

    pub(super) fn take_not_kept(&mut self, log: LogId, name: String, detail: String) {
        if self.receiving.take_kept(log).is_none() {
            return;
        }
        self.send(&Frame::Refused(name.clone(), detail.clone()));
        if let Some(space) = self.spaces.get_mut(&log.space) {
            space.logs.entry(log.key).or_default().aside_in = true;
        }
        self.effects.push(Effect::SetAside { log, by: Side::Here, name, detail });
    }
}
