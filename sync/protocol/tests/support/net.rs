//! Two sessions over a net in memory, in virtual time.
//!
//! Each direction carries so many bytes a second after a delay, in order, as QUIC gives a stream. The connection may
//! be lost at any moment: what was on its way is gone, what was kept stays.

use std::collections::VecDeque;

use cairn_ledger::{ClockQuality, Lane, LogId, SpaceId};
use cairn_sync_protocol::holdings::Holdings;
use cairn_sync_protocol::session::CloseReason;
use cairn_sync_protocol::{Effect, Event, Limits, Session, SessionConfig, lookup};

use super::store::Store;

/// A link between two stores.
pub struct Net {
    pub now_ms: u64,
    pub sides: [End; 2],
    pub delay_ms: u64,
    pub bytes_per_s: u64,
    limits: Limits,
}

/// One side.
pub struct End {
    pub store: Store,
    pub session: Session,
    /// Bytes on their way to this side, with their time of arrival.
    pub incoming: VecDeque<(u64, Vec<u8>)>,
    /// When this side's sending direction is free again.
    free_ms: u64,
    pub sent: u64,
    pub told: Told,
    /// What was last agreed with the other side.
    pub agreed: Holdings,
}

/// What a session said in this connection.
#[derive(Default)]
pub struct Told {
    pub equal: u64,
    pub settled: u64,
    pub closed: Option<CloseReason>,
    pub set_aside: Vec<(LogId, String)>,
    /// When the first entry of the urgent lane was kept here.
    pub urgent_ms: Option<u64>,
    pub knows: Vec<(LogId, u64)>,
    /// Logs of which the peer showed a signed header.
    pub evidence: Vec<LogId>,
    /// Logs in the order in which their parcels came in.
    pub order: Vec<LogId>,
    /// Largest parcel asked for.
    pub parcel_bytes: usize,
    /// Parcels that came and referred to what could not be looked up.
    pub asked_again: u64,
}

impl Net {
    pub fn new(a: Store, b: Store) -> Self {
        let limits = Limits::default();
        let (one, other) = (a.replica, b.replica);
        let end = |store: Store, peer| {
            let session = session(&store, peer, Holdings::new(), &limits);
            let (incoming, told, agreed) = (VecDeque::new(), Told::default(), Holdings::new());
            End { store, session, incoming, free_ms: 0, sent: 0, told, agreed }
        };
        let sides = [end(a, other), end(b, one)];
        let mut net = Self { now_ms: 1_000_000, sides, delay_ms: 20, bytes_per_s: 1_000_000, limits };
        net.start();
        net
    }

    fn start(&mut self) {
        for side in 0..2 {
            self.step(side, Event::Started);
        }
    }

    /// The connection is lost and another is made.
    pub fn reconnect(&mut self) {
        let replicas = [self.sides[0].store.replica, self.sides[1].store.replica];
        for (side, peer) in [(0, replicas[1]), (1, replicas[0])] {
            let end = &mut self.sides[side];
            assert!(end.session.step(self.now_ms, Event::LinkClosed).is_empty());
            end.session = session(&end.store, peer, end.agreed.clone(), &self.limits);
            end.incoming.clear();
            end.free_ms = self.now_ms;
            end.told = Told::default();
        }
        self.start();
    }

    /// Lets a side write a commit and tells its session.
    pub fn write(&mut self, side: usize, space: SpaceId, lane: Lane, count: u64, bytes: usize) {
        self.sides[side].store.write(space, lane, count, bytes);
        self.step(side, Event::LocalChange(space));
    }

    pub fn step(&mut self, side: usize, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.sides[side].session.step(self.now_ms, event) {
                self.carry_out(side, effect, &mut events);
            }
        }
    }

    fn carry_out(&mut self, side: usize, effect: Effect, events: &mut VecDeque<Event>) {
        let (now_ms, delay_ms, bytes_per_s) = (self.now_ms, self.delay_ms, self.bytes_per_s);
        let [a, b] = &mut self.sides;
        let (end, other) = if side == 0 { (a, b) } else { (b, a) };
        match effect {
            Effect::Send(bytes) => {
                end.sent += bytes.len() as u64;
                // A refusal is the type, the length, and the name with its length.
                end.told.asked_again +=
                    u64::from(bytes.get(3..).is_some_and(|rest| rest.starts_with(b"unknown-reference")));
                let takes_ms = (bytes.len() as u64 * 1000).div_ceil(bytes_per_s);
                end.free_ms = end.free_ms.max(now_ms) + takes_ms;
                other.incoming.push_back((end.free_ms + delay_ms, bytes));
            }
            Effect::AskSpaces => events.push_back(Event::Spaces(end.store.spaces.clone())),
            Effect::AskFrontier(space) => events.push_back(Event::LocalFrontier(space, end.store.frontier(space))),
            Effect::ReadParcel { log, from, bytes_max } => {
                end.told.parcel_bytes = end.told.parcel_bytes.max(bytes_max);
                events.push_back(Event::ParcelRead(log, from, end.store.read(&log, from, bytes_max).map(Box::new)));
            }
            Effect::KeepSealed(_) => panic!("nobody in this net is a relay"),
            Effect::KeepParcel(parcel) => {
                end.told.order.push(parcel.log);
                let log = parcel.log;
                let answer = match end.store.keep(&parcel) {
                    Ok((number, hash, new)) => {
                        if log.key.lane == Lane::Urgent {
                            end.told.urgent_ms.get_or_insert(now_ms);
                        }
                        // The store tells of every change, also of what came from this peer.
                        events.push_back(Event::LocalChange(log.space));
                        Event::ParcelKept { log, number, hash, new }
                    }
                    Err(name) => Event::ParcelRefused { log, name: name.to_owned(), detail: "no".to_owned() },
                };
                events.push_back(answer);
            }
            Effect::Locate(records) => events.push_back(Event::Located(lookup::locate(&end.store, &records))),
            Effect::LookUp(side, places) => {
                events.push_back(Event::LookedUp(side, lookup::look_up(&end.store, &places)));
            }
            Effect::PeerKnows { log, number, .. } => end.told.knows.push((log, number)),
            Effect::SetAside { log, name, .. } => end.told.set_aside.push((log, name)),
            Effect::Equal(held) => {
                end.told.equal += 1;
                end.agreed = held;
            }
            Effect::Settled => end.told.settled += 1,
            Effect::Close(reason) => end.told.closed = Some(reason),
            Effect::TakeEvidence(log, _) => end.told.evidence.push(log),
            Effect::PeerFrontier(..) | Effect::PeerClock { .. } => {}
        }
    }

    /// Runs until this time, delivering and ticking.
    pub fn run_until(&mut self, until_ms: u64) {
        while self.now_ms < until_ms {
            let arrivals = self.sides.iter().filter_map(|end| end.incoming.front().map(|(at_ms, _)| *at_ms));
            let tick_ms = (self.now_ms / 250 + 1) * 250;
            self.now_ms = arrivals.chain([tick_ms, until_ms]).min().unwrap_or(until_ms).max(self.now_ms);
            for side in 0..2 {
                while let Some((_, bytes)) = self.sides[side].incoming.pop_front_if(|(at_ms, _)| *at_ms <= self.now_ms)
                {
                    self.step(side, Event::Received(bytes));
                }
                if self.now_ms.is_multiple_of(250) {
                    self.step(side, Event::Tick);
                }
            }
        }
    }

    /// Runs until both sides say equal; gives the virtual milliseconds it took.
    pub fn run_until_equal(&mut self, limit_ms: u64) -> u64 {
        let begun_ms = self.now_ms;
        while !(self.is_equal()) {
            assert!(self.now_ms < begun_ms + limit_ms, "not equal after {limit_ms} ms");
            self.run_until(self.now_ms + 5);
        }
        self.now_ms - begun_ms
    }

    pub fn is_equal(&self) -> bool {
        let [a, b] = &self.sides;
        let same = a.store.spaces.iter().all(|line| a.store.frontier(line.space) == b.store.frontier(line.space));
        same && a.told.equal > 0 && b.told.equal > 0
    }

    pub fn bytes(&self) -> u64 {
        self.sides.iter().map(|end| end.sent).sum()
    }
}

fn session(store: &Store, peer: cairn_ledger::ReplicaId, agreed: Holdings, limits: &Limits) -> Session {
    let (me, limits) = (store.replica, limits.clone());
    Session::new(SessionConfig { me, peer, clock: ClockQuality::Local, agreed, limits })
}
