//! The world: machines, connections and one queue of what happens next, in virtual time.
//!
//! Everything that happens is one [`Do`] at a time, drawn from dice of the seed, so a seed is a whole history. Each is folded
//! into a hash: two runs of a seed that differ anywhere end in different hashes.
//!
//! One thing is not from the seed: the key grants in a registry, for which the age library draws from the system. Their
//! bytes and lengths differ from run to run, so nothing in the world may depend on them: a frame with entries of a
//! registry, or with receipts, which name its digest, costs the same whatever its length, and both are read one commit at a
//! time.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn_casebook::PeerEvent;
use cairn_ledger::{Lane, LogId};
use cairn_record::RecordId;
use cairn_sync_link::Book;
use cairn_sync_link::conduct::{Act, Conduct};
use cairn_sync_link::errand::Errand;
use cairn_sync_link::files::{FileEvent, FileSide};
use cairn_sync_protocol::Event;

use crate::clock::BEGIN_MS;
use crate::counts::{Counts, Sometimes};
use crate::dice::Dice;
use crate::files::{ANSWERING, ASKING};
use crate::gone::Gone;
use crate::hostile::{Hostile, Mood};
use crate::machine::Machine;
use crate::plan::Plan;
use crate::truth::{self, SharedTruth};
use crate::wire::{End, FRAMES_WAITING_MAX, IDLE_MS, Path, Pipe, Wire};

/// What a frame with entries of a registry or receipts costs on the wire, whatever its length.
const REGISTRY_FRAME_BYTES: u64 = 1_500;
/// The type of a frame with a parcel.
const PARCEL_FRAME: u8 = 5;
/// How long what was sent may take to get through when a session ends.
const FAREWELL_MS: u64 = 2_000;
/// How often somebody checks something just as a link comes up, in per cent.
const LOOK_UP_PERCENT: u64 = 20;
/// Errands that may wait at one end. The window of the protocol keeps it far below.
const ERRANDS_MAX: usize = 512;

/// More events than any world needs: messages that call forth each other for ever.
const EVENTS_MAX: u64 = 400_000;

/// Something that happens.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Do {
    /// A casebook gets to the next errand of a queue.
    Work(u64, usize, usize),
    /// A casebook gets to the next errand about files.
    FileWork(u64, usize),
    /// A frame arrives that this side sent.
    Arrive(u64, usize),
    /// This side learns that the connection is gone.
    Lost(u64, usize),
    /// The clock of a session.
    Tick(u64, usize),
    /// A connection meets its fate.
    Fate(u64),
    /// A machine looks for somebody to talk to.
    Dial(usize),
    /// A person does something.
    Act,
    /// A person checks something just as a link comes up, before the other side has said anything.
    LookUp(usize),
    /// Something breaks.
    Fault,
    /// A machine is started.
    Boot(usize),
    /// A post is switched off for more than a year.
    GoDark(usize),
}

/// The world of one seed.
pub struct World {
    /// The seed.
    pub seed: u64,
    /// What kind of world it is.
    pub plan: Plan,
    /// True time.
    pub now_ms: u64,
    /// Chance.
    pub dice: Dice,
    /// What is to come.
    queue: BTreeMap<(u64, u64), Do>,
    next: u64,
    events: u64,
    /// Machines, the hub first.
    pub machines: Vec<Machine>,
    /// Connections.
    pub wires: BTreeMap<u64, Wire>,
    /// Until when two machines cannot reach each other.
    pub apart_until_ms: BTreeMap<(usize, usize), u64>,
    /// Versions of records that forms were opened with.
    pub forms: BTreeMap<(usize, RecordId), String>,
    /// What damage took for good: a change that nobody else had.
    pub gone: Option<Gone>,
    /// What really happened.
    pub truth: SharedTruth,
    /// How often what happened.
    pub counts: Arc<Counts>,
    /// The faults are over.
    pub healing: bool,
    trace: blake3::Hasher,
    /// Everything that happened, for a person, when asked for.
    pub diary: Option<Vec<String>>,
}

impl World {
    /// A world in which nothing has happened.
    pub fn new(seed: u64, counts: Arc<Counts>, diary: bool) -> Self {
        let mut dice = Dice::new(seed, 1);
        let plan = Plan::draw(&mut dice);
        Self {
            seed,
            plan,
            now_ms: BEGIN_MS,
            dice,
            queue: BTreeMap::new(),
            next: 0,
            events: 0,
            machines: Vec::new(),
            wires: BTreeMap::new(),
            apart_until_ms: BTreeMap::new(),
            forms: BTreeMap::new(),
            gone: None,
            truth: SharedTruth::default(),
            counts,
            healing: false,
            trace: blake3::Hasher::new(),
            diary: diary.then(Vec::new),
        }
    }

    /// It happened.
    pub fn hit(&mut self, what: Sometimes) {
        self.counts.hit(what);
    }

    /// Folds something into the hash of the run.
    pub fn trace(&mut self, what: &[u8]) {
        self.trace.update(&self.now_ms.to_be_bytes()).update(what);
    }

    /// The hash of everything that happened.
    pub fn hash(&self) -> [u8; 32] {
        *self.trace.finalize().as_bytes()
    }

    /// Writes a line for a person.
    pub fn say(&mut self, what: impl FnOnce() -> String) {
        if let Some(diary) = &mut self.diary {
            let line = what();
            diary.push(format!("{:>12.3} s  {line}", (self.now_ms - BEGIN_MS) as f64 / 1_000.0));
        }
    }

    /// Puts something into the future.
    pub fn plan_in(&mut self, in_ms: u64, what: Do) {
        self.next += 1;
        self.queue.insert((self.now_ms + in_ms, self.next), what);
    }

    /// Forgets what persons, dialling and faults were to do.
    pub fn forget_plans(&mut self) {
        self.queue.retain(|_, what| !matches!(what, Do::Act | Do::Fault | Do::Dial(_) | Do::Fate(_) | Do::GoDark(_)));
    }

    /// Lets everything happen until this time, or until `done` says so.
    pub fn run_until(&mut self, until_ms: u64, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 <= until_ms) else { break };
            let ((at_ms, _), what) = entry.remove_entry();
            self.now_ms = self.now_ms.max(at_ms);
            truth::of(&self.truth).now_ms = self.now_ms;
            self.events += 1;
            if self.events > EVENTS_MAX {
                truth::of(&self.truth).breaks(format!("the world does not come to rest; the last event was {what:?}"));
            }
            self.happen(what);
            if !truth::of(&self.truth).broken.is_empty() {
                return;
            }
        }
        if !done(self) {
            self.now_ms = self.now_ms.max(until_ms);
        }
    }

    fn happen(&mut self, what: Do) {
        self.trace(format!("{what:?}").as_bytes());
        match what {
            Do::Work(wire, side, queue) => self.work(wire, side, queue),
            Do::FileWork(wire, side) => self.work_files(wire, side),
            Do::Arrive(wire, side) => self.arrive(wire, side),
            Do::Lost(wire, side) => self.lose(wire, side, "no answer for some time"),
            Do::Tick(wire, side) => self.tick(wire, side),
            Do::Fate(wire) => self.meet_fate(wire),
            Do::Dial(machine) => self.look_around(machine),
            Do::Act => self.act(),
            Do::LookUp(machine) => self.look_up(machine),
            Do::Fault => self.strike(),
            Do::Boot(machine) => self.boot(machine),
            Do::GoDark(machine) => self.go_dark(machine),
        }
    }

    /// What a machine's clock shows.
    pub fn clock(&self, machine: usize) -> u64 {
        self.machines[machine].clock.show(self.now_ms)
    }

    /// Makes a connection, if both sides want it. `once`: it ends as soon as nothing is left to do.
    pub fn connect(&mut self, from: usize, to: usize, path: Path, once: bool) -> Option<u64> {
        let (dialler, answerer) = (self.machines[from].replica, self.machines[to].replica);
        let known = self.machines[to].book.as_ref()?.members().iter().any(|member| member.replica == dialler);
        if !known {
            self.hit(Sometimes::Stranger);
            return None;
        }
        let first = self.machines[from].sessions.enter(answerer, dialler)?;
        let second = self.machines[to].sessions.enter(dialler, dialler);
        let Some(second) = second else {
            drop(first);
            self.pump(from);
            return None;
        };
        self.next += 1;
        let id = self.next;
        let books = [self.book_of(from)?, self.book_of(to)?];
        let mut places = [Some(first), Some(second)];
        let mut end = |machine: usize, side: usize, peer| {
            let book = books[side].clone();
            let conduct = Conduct::new(&*book, peer, once);
            let mood = self.machines[machine].mood;
            let place = places[side].take()?;
            let errands = Default::default();
            Some(End {
                machine,
                peer,
                book,
                mood,
                conduct,
                place,
                errands,
                working: [false; 2],
                told: BTreeMap::new(),
                packs_registry: false,
                files: [FileSide::asking(), FileSide::answering()],
                files_over: [false; 2],
                files_begun: false,
                file_errands: Default::default(),
                over: false,
                stirred_ms: self.now_ms,
            })
        };
        let ends = [end(from, 0, answerer), end(to, 1, dialler)];
        let pipe = || Pipe { free_ms: self.now_ms, last_ms: self.now_ms + path.delay_ms * 4, ..Pipe::default() };
        let pipes = [pipe(), pipe()];
        let opened_ms = self.now_ms;
        self.wires.insert(id, Wire { machines: [from, to], path, pipes, ends, dead: false, opened_ms });
        self.say(|| format!("wire {id}: {from} dials {to} ({path:?})"));
        self.pump(from);
        self.pump(to);
        for side in 0..2 {
            let address = if side == 0 { "10.0.0.1:4440".to_owned() } else { String::new() };
            self.hand_in(id, side, Errand::Note(PeerEvent::Connected { address }));
            self.step(id, side, Event::Started);
            self.plan_in(250, Do::Tick(id, side));
        }
        if self.dice.chance(LOOK_UP_PERCENT) {
            let machine = if self.dice.chance(50) { from } else { to };
            self.plan_in(path.delay_ms * 3, Do::LookUp(machine));
        }
        Some(id)
    }

    fn book_of(&mut self, machine: usize) -> Option<Arc<dyn Book>> {
        let one = &self.machines[machine];
        let book = one.book.clone()?;
        let Some(mood) = one.mood.filter(|mood| *mood != Mood::Quiet) else { return Some(book) };
        let raw = one.raw(true)?;
        let dice = Dice::new(self.seed, self.next ^ (1 << 40));
        Some(Arc::new(Hostile::new(book, raw, mood, dice, self.counts.clone())))
    }

    /// One end of a connection.
    pub fn end(&mut self, wire: u64, side: usize) -> Option<&mut End> {
        self.wires.get_mut(&wire)?.ends[side].as_mut()
    }

    fn step(&mut self, wire: u64, side: usize, event: Event) {
        let now_ms = self.now_ms;
        let Some(end) = self.end(wire, side).filter(|end| !end.over) else { return };
        if !matches!(event, Event::Tick) {
            end.stirred_ms = now_ms;
        }
        let machine = end.machine;
        let packs = match &event {
            Event::ParcelRead(log, ..) => Some(self.is_not_of_the_seed(machine, log)),
            _ => None,
        };
        let shown_ms = self.clock(machine);
        let Some(end) = self.end(wire, side) else { return };
        end.packs_registry = packs.unwrap_or(end.packs_registry);
        let acts = end.conduct.step(shown_ms, event);
        self.carry_out(wire, side, acts);
        self.finish_if_over(wire, side);
        let begins = self.end(wire, side).is_some_and(|end| end.conduct.has_settled() && !end.files_begun);
        if let Some(end) = self.end(wire, side).filter(|_| begins) {
            end.files_begun = true;
            self.file_step(wire, side, ASKING, FileEvent::Wake);
        }
    }

    fn carry_out(&mut self, wire: u64, side: usize, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Send(bytes) => self.transmit(wire, side, None, bytes),
                Act::Errand(errand) => self.hand_in(wire, side, errand),
            }
        }
    }

    /// Files move at this end, or do not any more.
    pub fn files_rest(&mut self, wire: u64, side: usize, rest: bool) {
        let Some(machine) = self.end(wire, side).filter(|end| !end.over).map(|end| end.machine) else { return };
        let shown_ms = self.clock(machine);
        let Some(end) = self.end(wire, side) else { return };
        let acts = end.conduct.files_rest(shown_ms, rest);
        self.carry_out(wire, side, acts);
        self.finish_if_over(wire, side);
    }

    /// Whether the bytes of this log differ from run to run.
    fn is_not_of_the_seed(&self, machine: usize, log: &LogId) -> bool {
        let Some(book) = &self.machines[machine].book else { return false };
        let Some(peer) = book.members().first().map(|member| member.replica) else { return true };
        let urgent = log.key.lane == Lane::Urgent;
        let spaces = book.shared_spaces(peer);
        spaces.iter().any(|space| space.space == log.space && (space.registry || (space.audit && urgent)))
    }

    /// Sends; `opener` is the side that opened the stream, when it is one for files.
    pub fn transmit(&mut self, id: u64, side: usize, opener: Option<usize>, bytes: Vec<u8>) {
        let now_ms = self.now_ms;
        let Some(wire) = self.wires.get_mut(&id) else { return };
        let Some(end) = wire.ends[side].as_mut() else { return };
        let registry = opener.is_none() && end.packs_registry && bytes.first() == Some(&PARCEL_FRAME);
        let cost = if registry { REGISTRY_FRAME_BYTES } else { bytes.len() as u64 };
        if wire.pipes[side].waiting(now_ms) >= FRAMES_WAITING_MAX {
            end.conduct.peer_takes_nothing();
            return;
        }
        let copies = match end.mood {
            Some(Mood::Replay) if self.dice.chance(10) => {
                self.counts.hit(Sometimes::Replayed);
                2
            }
            Some(Mood::Flood) if self.dice.chance(30) => {
                self.counts.hit(Sometimes::Flooded);
                150
            }
            _ => 1,
        };
        let path = wire.path;
        for _ in 0..copies {
            let arrives_ms = wire.pipes[side].put(opener, bytes.clone(), cost, &path, now_ms, &mut self.dice);
            self.next += 1;
            self.queue.insert((arrives_ms, self.next), Do::Arrive(id, side));
        }
    }

    fn arrive(&mut self, id: u64, side: usize) {
        let Some(wire) = self.wires.get_mut(&id) else { return };
        let Some((.., opener, bytes)) = wire.pipes[side].frames.pop_front() else { return };
        if wire.dead {
            return;
        }
        if let Some(opener) = opener {
            let stream = if opener == 1 - side { ASKING } else { ANSWERING };
            return self.file_step(id, 1 - side, stream, FileEvent::Received(bytes));
        }
        // Cut anyhow, as a stream is: at shares of the length, so that nothing depends on the length itself.
        let cuts = self.dice.below(3);
        let mut rest = bytes.as_slice();
        for _ in 0..cuts {
            let (piece, after) = rest.split_at((rest.len() as f64 * self.dice.share()) as usize);
            rest = after;
            if !piece.is_empty() {
                self.step(id, 1 - side, Event::Received(piece.to_vec()));
            }
        }
        self.step(id, 1 - side, Event::Received(rest.to_vec()));
    }

    fn hand_in(&mut self, wire: u64, side: usize, errand: Errand) {
        let queue = usize::from(errand.keeps());
        let slow = self.dice.chance(3);
        let in_ms = if slow { self.dice.below(2_000) } else { self.dice.below(6) };
        let Some(end) = self.end(wire, side) else { return };
        end.errands[queue].push_back(errand);
        let (waiting, machine) = (end.errands[queue].len(), end.machine);
        if !std::mem::replace(&mut end.working[queue], true) {
            self.plan_in(in_ms, Do::Work(wire, side, queue));
        }
        if waiting > ERRANDS_MAX {
            let what = format!("{waiting} errands wait at one end of {}", self.machines[machine].name);
            truth::of(&self.truth).breaks(what);
        }
    }

    fn work(&mut self, wire: u64, side: usize, queue: usize) {
        let Some(end) = self.end(wire, side) else { return };
        let Some(mut errand) = end.errands[queue].pop_front() else { return };
        let (machine, peer, book) = (end.machine, end.peer, end.book.clone());
        if let Errand::Read(log, _, bytes_max) = &mut errand
            && self.is_not_of_the_seed(machine, log)
        {
            *bytes_max = 1;
        }
        if let Errand::Keep(parcel) = &errand {
            self.judge_sent_again(wire, side, parcel);
        }
        let shown_ms = self.clock(machine);
        let answer = errand.run(&*book, peer, shown_ms);
        if let Some(answer) = answer {
            self.notice(machine, &answer);
            self.note_told(wire, side, &answer);
            self.step(wire, side, answer);
        }
        truth::of(&self.truth).take_fresh();
        self.pump(machine);
        let in_ms = self.dice.below(8);
        let again = self.end(wire, side).is_some_and(|end| {
            end.working[queue] = !end.errands[queue].is_empty();
            end.working[queue]
        });
        if again {
            self.plan_in(in_ms, Do::Work(wire, side, queue));
        }
        self.clear_away(wire, side);
        if self.dice.chance(6) {
            self.read_the_page(machine);
        }
    }

    /// Takes note of what a casebook answered.
    fn notice(&mut self, machine: usize, answer: &Event) {
        match answer {
            Event::ParcelKept { log, number, hash, .. } => self.machines[machine].promise(*log, *number, *hash),
            Event::ParcelRefused { name, log, detail } => {
                let who = &log.key.replica.to_string()[..6];
                let line = format!("{machine} refuses {who} {:?} of {}: {name}: {detail}", log.key.lane, log.space);
                self.say(|| line);
                self.hit(Sometimes::SetAside);
                if name == "fork" || name == "frozen" {
                    self.hit(Sometimes::Frozen);
                }
            }
            _ => {}
        }
    }

    /// Tells the sessions of a machine what its casebook told.
    pub fn pump(&mut self, machine: usize) {
        let ids: Vec<u64> =
            self.wires.iter().filter(|(_, wire)| wire.machines.contains(&machine)).map(|(id, _)| *id).collect();
        for id in ids {
            for side in 0..2 {
                let Some(end) = self.end(id, side).filter(|end| end.machine == machine) else { continue };
                for event in end.place.nudge.take() {
                    if matches!(event, Event::CloseAsked("replaced")) {
                        self.hit(Sometimes::Replaced);
                    }
                    self.step(id, side, event);
                }
                let wanted = self.end(id, side).is_some_and(|end| end.files_begun && end.place.nudge.take_files());
                if wanted {
                    self.file_step(id, side, ASKING, FileEvent::Wake);
                }
            }
        }
    }

    fn tick(&mut self, wire: u64, side: usize) {
        let now_ms = self.now_ms;
        self.step(wire, side, Event::Tick);
        self.file_tick(wire, side);
        let Some(end) = self.end(wire, side).filter(|end| !end.over) else { return };
        // A session in which nothing happens has nothing to do at a tick, so the clock may go slower.
        let in_ms = ((now_ms - end.stirred_ms) / 4).clamp(250, 60_000);
        self.plan_in(in_ms, Do::Tick(wire, side));
    }

    /// This side learns that the connection is gone.
    pub fn lose(&mut self, wire: u64, side: usize, reason: &str) {
        let Some(machine) = self.end(wire, side).filter(|end| !end.over).map(|end| end.machine) else { return };
        let shown_ms = self.clock(machine);
        if let Some(end) = self.end(wire, side) {
            end.conduct.lost(shown_ms, reason.into());
        }
        self.finish_if_over(wire, side);
    }

    fn finish_if_over(&mut self, id: u64, side: usize) {
        let now_ms = self.now_ms;
        let Some(end) = self.end(id, side).filter(|end| end.conduct.is_over() && !end.over) else { return };
        end.over = true;
        let (machine, reason) = (end.machine, end.conduct.reason().cloned());
        let current = end.place.is_current();
        self.say(|| format!("wire {id}: over at {machine}: {reason:?}"));
        if current {
            self.hand_in(id, side, Errand::Note(PeerEvent::Disconnected { reason }));
        }
        if let Some(wire) = self.wires.get(&id) {
            let in_ms = wire.pipes[side].last_ms.saturating_sub(now_ms).min(FAREWELL_MS) + 1;
            self.plan_in(in_ms, Do::Lost(id, 1 - side));
        }
        self.clear_away(id, side);
    }

    /// Gives up an end whose work is done, and a wire without ends.
    fn clear_away(&mut self, id: u64, side: usize) {
        let idle = |end: &End| end.over && end.errands.iter().all(|queue| queue.is_empty());
        let Some(wire) = self.wires.get_mut(&id) else { return };
        if wire.ends[side].as_ref().is_some_and(idle) {
            let proved = wire.ends[side].take().map(|end| (end.machine, end.conduct.ended(0, 0).equal));
            if let Some((machine, true)) = proved {
                self.counts.hit(Sometimes::Equal);
                self.compare(machine);
            }
        }
        if self.wires.get(&id).is_some_and(|wire| wire.ends.iter().all(Option::is_none)) {
            self.wires.remove(&id);
        }
    }

    /// Nothing arrives any more; both sides learn of it when they have waited long enough.
    pub fn kill(&mut self, id: u64) {
        let Some(wire) = self.wires.get_mut(&id).filter(|wire| !wire.dead) else { return };
        wire.dead = true;
        for side in 0..2 {
            let in_ms = if self.dice.chance(30) { self.dice.below(50) } else { IDLE_MS };
            self.plan_in(in_ms, Do::Lost(id, side));
        }
    }

    /// The process of a machine ends at once; its peers learn of it when they have waited long enough.
    pub fn halt(&mut self, machine: usize) {
        let ids: Vec<u64> =
            self.wires.iter().filter(|(_, wire)| wire.machines.contains(&machine)).map(|(id, _)| *id).collect();
        for id in ids {
            if let Some(wire) = self.wires.get_mut(&id) {
                wire.dead = true;
                let side = usize::from(wire.machines[1] == machine);
                wire.ends[side] = None;
                self.plan_in(IDLE_MS, Do::Lost(id, 1 - side));
                self.clear_away(id, side);
            }
        }
        self.machines[machine].stop();
    }
}

impl World {
    /// Under how many names machines have written.
    pub fn incarnations(&self) -> usize {
        let truth = truth::of(&self.truth);
        let names = truth.written.values().map(|written| (written.log.key.replica, written.log.key.incarnation));
        names.collect::<std::collections::BTreeSet<_>>().len()
    }
}
