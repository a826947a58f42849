//! One session without IO: what the effects of the state machine mean for the link and for the casebook.
//!
//! Whoever holds a connection feeds [`Conduct::step`] and does what it gives, in order: QUIC in [`crate::drive`], virtual
//! time in the simulator.

use cairn_casebook::{PeerEvent, Reason, reason, why_refused};
use cairn_ledger::{ClockQuality, ReplicaId};
use cairn_sync_protocol::session::CloseReason;
use cairn_sync_protocol::{Effect, Event, Limits, Session, SessionConfig, Side};

use crate::book::Book;
use crate::errand::Errand;

/// A session in which a log was set aside is begun anew after so long.
const TRY_AGAIN_MS: u64 = 300_000;
/// The casebook is told this often that time passes.
const PASSING_MS: u64 = 60_000;
/// When the clock goes back by so much, or on by so much from one step to the next, it was set: clocks are compared at the
/// beginning of a session, so it begins anew.
const SET_BACK_MS: u64 = 1_000;
const SET_ON_MS: u64 = 300_000;
/// Reasons for setting aside that are remembered.
const SET_ASIDE_MAX: usize = 16;

/// Something to do.
#[derive(Debug)]
pub enum Act {
    /// Send these bytes to the peer.
    Send(Vec<u8>),
    /// Ask or tell the casebook; what it answers is the next event but others may come before.
    Errand(Errand),
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Both sides were proved to hold the same at some time in the session.
    pub equal: bool,
    /// Why it ended; `None` when in good order.
    pub reason: Option<Reason>,
    /// Bytes sent, with everything QUIC adds.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// Why something was set aside, if anything was.
    pub set_aside: Vec<String>,
    /// The peer took no call, and asked to be called again in so many seconds.
    pub call_again_s: Option<u64>,
}

/// One session with one peer.
pub struct Conduct {
    session: Session,
    once: bool,
    /// The records are through, for the first time.
    settled: bool,
    files_rest: bool,
    over: bool,
    equal: bool,
    reason: Option<Reason>,
    goodbye: String,
    set_aside: Vec<String>,
    set_aside_ms: Option<u64>,
    now_ms: u64,
    passing_ms: u64,
    acts: Vec<Act>,
}

impl Conduct {
    /// A session that has not begun. `once`: it ends as soon as both sides hold the same, or clearly will not.
    pub fn new(book: &dyn Book, peer: ReplicaId, once: bool) -> Self {
        let (me, agreed) = (book.replica(), book.agreed(peer));
        let config = SessionConfig { me, peer, clock: ClockQuality::Local, agreed, limits: Limits::default() };
        Self {
            session: Session::new(config),
            once,
            settled: false,
            files_rest: false,
            over: false,
            equal: false,
            reason: None,
            goodbye: String::new(),
            set_aside: Vec::new(),
            set_aside_ms: None,
            now_ms: 0,
            passing_ms: 0,
            acts: Vec::new(),
        }
    }

    /// Takes what happened, gives what is to be done.
    pub fn step(&mut self, now_ms: u64, event: Event) -> Vec<Act> {
        let begun = self.now_ms > 0;
        let set = now_ms + SET_BACK_MS < self.now_ms || now_ms > self.now_ms.saturating_add(SET_ON_MS);
        self.now_ms = now_ms;
        let tick = matches!(event, Event::Tick);
        self.take(event);
        if tick && now_ms.abs_diff(self.passing_ms) >= PASSING_MS {
            self.passing_ms = now_ms;
            self.note(PeerEvent::Passing);
        }
        if begun && set {
            self.take(Event::CloseAsked("again"));
        }
        if tick && self.set_aside_ms.is_some_and(|since_ms| now_ms >= since_ms.saturating_add(TRY_AGAIN_MS)) {
            self.take(Event::CloseAsked("again"));
        }
        std::mem::take(&mut self.acts)
    }

    /// The connection is gone.
    pub fn lost(&mut self, now_ms: u64, reason: Reason) {
        self.step(now_ms, Event::LinkClosed);
        self.reason = Some(reason);
        self.over = true;
    }

    /// More waits to be sent than may wait.
    pub fn peer_takes_nothing(&mut self) {
        if !self.over {
            self.over = true;
            self.reason = Some(reason!("link-takes-nothing"));
        }
    }

    /// Whether the records have been through once: both sides were equal, or it was clear that they will not be.
    pub fn has_settled(&self) -> bool {
        self.settled
    }

    /// Whether it would end if no more files moved.
    pub fn waits_for_files(&self) -> bool {
        self.once && self.settled && !self.files_rest && !self.over
    }

    /// Files move, or do not any more. A session that ends as soon as all is done ends when the records are through
    /// and no file moves.
    pub fn files_rest(&mut self, now_ms: u64, rest: bool) -> Vec<Act> {
        (self.now_ms, self.files_rest) = (now_ms, rest);
        self.finish_if_once();
        std::mem::take(&mut self.acts)
    }

    /// Whether it has ended; the connection is to be closed once what was sent is through.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Why it ended; `None` when in good order.
    pub fn reason(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }

    /// The name of the reason, for the other side.
    pub fn goodbye(&self) -> &str {
        &self.goodbye
    }

    /// How it ended.
    pub fn ended(self, sent: u64, received: u64) -> Ended {
        let Self { equal, reason, set_aside, .. } = self;
        Ended { equal, reason, sent, received, set_aside, call_again_s: None }
    }

    fn take(&mut self, event: Event) {
        if self.set_aside_ms.is_some() && matches!(event, Event::RightsChanged) {
            // What could not be kept before may now be right; a new session offers it again.
            return self.take(Event::CloseAsked("again"));
        }
        for effect in self.session.step(self.now_ms, event) {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send(bytes) => self.acts.push(Act::Send(bytes)),
            Effect::AskSpaces => self.hand_in(Errand::Spaces),
            Effect::AskFrontier(space) => self.hand_in(Errand::Frontier(space)),
            Effect::ReadParcel { log, from, bytes_max } => self.hand_in(Errand::Read(log, from, bytes_max)),
            Effect::Locate(records) => self.hand_in(Errand::Locate(records)),
            Effect::LookUp(side, places) => self.hand_in(Errand::LookUp(side, places)),
            Effect::KeepSealed(batch) => self.hand_in(Errand::KeepSealed(batch)),
            Effect::KeepParcel(parcel) => self.hand_in(Errand::Keep(parcel)),
            Effect::PeerKnows { log, number, hash } => self.hand_in(Errand::Knows(log, number, hash)),
            Effect::TakeEvidence(log, shown) => self.hand_in(Errand::Evidence(log, shown)),
            Effect::PeerFrontier(space, frontier) => self.note(PeerEvent::Frontier { space, frontier }),
            Effect::PeerClock { skew_ms } => self.note(PeerEvent::ClockSkew { ms: skew_ms }),
            Effect::SetAside { by, name, detail, .. } => self.note_set_aside(by, name, detail),
            Effect::Equal(held) => {
                self.note(PeerEvent::Equal { held });
                (self.equal, self.settled) = (true, true);
                self.finish_if_once();
            }
            Effect::Settled => {
                self.settled = true;
                self.finish_if_once();
            }
            Effect::Close(reason) => self.close(reason),
        }
    }

    fn finish_if_once(&mut self) {
        if self.once && self.settled && self.files_rest && !self.over {
            self.take(Event::CloseAsked("done"));
        }
    }

    fn hand_in(&mut self, errand: Errand) {
        self.acts.push(Act::Errand(errand));
    }

    fn note(&mut self, event: PeerEvent) {
        self.hand_in(Errand::Note(event));
    }

    fn note_set_aside(&mut self, by: Side, name: String, detail: String) {
        self.set_aside_ms.get_or_insert(self.now_ms);
        match by {
            Side::Here => self.note(PeerEvent::Refused { name: name.clone(), detail: detail.clone() }),
            Side::There => {
                let reason = match name.as_str() {
                    "no-room" => reason!("link-no-room-there"),
                    _ => reason!("link-not-taken", why = why_refused(&name)),
                };
                self.note(PeerEvent::Failed { reason, next_attempt_ms: None });
            }
        }
        if self.set_aside.len() < SET_ASIDE_MAX {
            self.set_aside.push(format!("{name}: {detail}"));
        }
    }

    fn close(&mut self, reason: CloseReason) {
        self.over = true;
        self.goodbye = reason.name().to_owned();
        match &reason {
            CloseReason::Refused(refusal) => {
                self.reason = Some(reason!("link-broken-rule", why = why_refused(refusal.name())));
                self.note(PeerEvent::Refused { name: refusal.name().to_owned(), detail: refusal.to_string() });
            }
            CloseReason::Asked(name) => self.reason = why(name, Side::Here, ""),
            CloseReason::Peer(name, detail) => self.reason = why(name, Side::There, detail),
        }
    }
}

/// What the reason means that a side gave; `None` for an end in good order.
fn why(name: &str, who: Side, detail: &str) -> Option<Reason> {
    let reason = match (name, who) {
        ("done" | "stopping" | "again" | "replaced" | "not-now", _) => return None,
        ("links-cut", Side::Here) => reason!("link-cut-here"),
        ("links-cut", Side::There) => reason!("link-cut-there"),
        ("cancelled", Side::Here) => reason!("link-cancelled-here"),
        ("cancelled", Side::There) => reason!("link-cancelled-there"),
        (_, Side::Here) => reason!("link-ended-here", name = name),
        (_, Side::There) => {
            if !detail.is_empty() {
                tracing::info!(name, detail, "the peer ended the session");
            }
            reason!("link-ended-there", why = why_refused(name))
        }
    };
    Some(reason)
}
