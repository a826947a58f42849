//! A hub and a post of one agency, and a wire between them that counts.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use cairn_casebook::{Actor, Casebook, Change, Entropy, InitRequest, PeerEvent, Unlock};
use cairn_ledger::SpaceId;
use cairn_sync_link::conduct::{Act, Conduct};
use cairn_sync_protocol::frame::{Frame, LogName};
use cairn_sync_protocol::parcel::{LogNames, read_parcel};
use cairn_sync_protocol::{Event, FrameReader, decode_frame};
use cairn_tests::random::Random;
use tempfile::TempDir;

/// When it begins, in virtual time.
pub const BEGIN_MS: u64 = 1_790_000_000_000;
/// Ticks of the sessions.
const TICK_MS: u64 = 250;
/// Ticks while the officer works: a session whose clock jumps begins anew.
const LONG_TICK_MS: u64 = 10_000;
/// With so many ticks without a word, everything has been said; audit waits 10 s for company.
const QUIET_TICKS: u32 = 80;

/// At which side something changed in which space, or in its rights.
type Changes = BTreeSet<(usize, Option<SpaceId>)>;

/// Two installations in folders that are removed at the end.
pub struct Pair {
    pub post: Arc<Casebook>,
    pub hub: Arc<Casebook>,
    /// What the sessions have not been told.
    changes: Arc<Mutex<Changes>>,
    _folders: [TempDir; 2],
}

struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, buffer: &mut [u8]) {
        let mut random =
            Random::new(self.0.fetch_add(0x9e37_79b9, Ordering::Relaxed).wrapping_mul(0xd134_2543_de82_ef95));
        for chunk in buffer.chunks_mut(8) {
            chunk.copy_from_slice(&random.next().to_be_bytes()[..chunk.len()]);
        }
    }
}

impl Pair {
    /// A post that has joined its hub and holds nothing yet.
    pub fn joined(seed: u64) -> Self {
        let folders = [TempDir::new().unwrap(), TempDir::new().unwrap()];
        let site = |at: usize, name: &str, hub: bool| {
            let request = InitRequest {
                agency: "Northmark Border Service".into(),
                site: name.into(),
                country: "GBR".into(),
                hub,
                demo: true,
            };
            let folder = folders[at].path();
            let entropy = Arc::new(Seeded(AtomicU64::new(seed + 7 * at as u64)));
            let unlock = Unlock::KeyFile(folder.join("machine.key"));
            Arc::new(Casebook::init(folder, &request, &unlock, entropy, BEGIN_MS).unwrap())
        };
        let (hub, post) = (site(0, "Hub", true), site(1, "Quay Gate", false));
        let actor = Actor::terminal();
        let invitation = hub.invite(&actor, &["127.0.0.1:9".to_owned()], 3_600_000, BEGIN_MS).unwrap();
        let request = post.join_request(&actor, &invitation.code).unwrap();
        let grant = hub.accept_join(post.identity().replica, &request, BEGIN_MS).unwrap();
        post.complete_join(&actor, &grant, "127.0.0.1:9", BEGIN_MS).unwrap();
        let changes = Arc::<Mutex<Changes>>::default();
        for (side, book) in [&post, &hub].into_iter().enumerate() {
            let changes = changes.clone();
            book.on_change(Box::new(move |change| {
                let what = match change {
                    Change::Entries { space, .. } => Some(space),
                    Change::Registry | Change::Links | Change::Attachments => None,
                };
                changes.lock().unwrap().insert((side, what));
            }));
        }
        Self { post, hub, changes, _folders: folders }
    }

    /// A new connection.
    pub fn connect(&self) -> Wire<'_> {
        let end = |book: &Arc<Casebook>, other: &Arc<Casebook>| End {
            book: book.clone(),
            peer: other.identity().replica,
            conduct: Conduct::new(book.as_ref(), other.identity().replica, false),
            inbox: VecDeque::new(),
            reader: FrameReader::default(),
            names: LogNames::default(),
        };
        let ends = [end(&self.post, &self.hub), end(&self.hub, &self.post)];
        let shared = self.hub.shared_spaces(self.post.identity().replica);
        let audit = shared.iter().map(|space| (space.space, space.audit)).collect();
        self.changes.lock().unwrap().clear();
        let at_ms = NOW_MS.load(Ordering::Relaxed);
        let mut wire = Wire { ends, audit, passed: Passed::default(), pair: self, at_ms };
        wire.note(|| PeerEvent::Connected { address: String::new() });
        (0..2).for_each(|side| wire.step(side, Event::Started));
        wire
    }
}

/// The one clock of both sites and of the officer.
pub static NOW_MS: AtomicU64 = AtomicU64::new(BEGIN_MS);

/// What went over the wire.
#[derive(Clone, Copy, Debug, Default)]
pub struct Passed {
    /// From the post to the hub, and back.
    pub ways: [u64; 2],
    /// In parcels of audit spaces.
    pub audit: u64,
    /// In parcels of other spaces.
    pub records: u64,
    /// How often the direction turned.
    pub half_trips: u64,
}

impl Passed {
    pub fn all(&self) -> u64 {
        self.ways.iter().sum()
    }
}

struct End {
    book: Arc<Casebook>,
    peer: cairn_ledger::ReplicaId,
    conduct: Conduct,
    inbox: VecDeque<Vec<u8>>,
    reader: FrameReader,
    names: LogNames,
}

impl End {
    /// The space of a parcel on its way out; a session sends one frame at a time.
    fn space_of(&mut self, bytes: &[u8]) -> Option<SpaceId> {
        self.reader.feed(bytes);
        let (kind, body) = self.reader.next_frame().unwrap()?;
        let Frame::Parcel(name, packed) = decode_frame(kind, body).unwrap() else { return None };
        let log = match name {
            LogName::Full(log) => log,
            LogName::Short(place) => self.names.log(place).unwrap(),
        };
        self.names.add(log);
        // Parcels name further logs, which count too.
        read_parcel(log, &packed, Some(&mut self.names)).unwrap();
        Some(log.space)
    }
}

/// One connection.
pub struct Wire<'a> {
    ends: [End; 2],
    audit: HashMap<SpaceId, bool>,
    passed: Passed,
    pair: &'a Pair,
    /// Until when the sessions have lived.
    at_ms: u64,
}

impl Wire<'_> {
    /// Lets both sides talk until they have nothing left to say.
    pub fn settle(&mut self) -> Passed {
        self.live_until_now();
        let mut quiet = 0;
        while quiet < QUIET_TICKS {
            self.tell_changes();
            quiet = if self.deliver() { 0 } else { quiet + 1 };
            self.at_ms = NOW_MS.fetch_add(TICK_MS, Ordering::Relaxed) + TICK_MS;
            (0..2).for_each(|side| self.step(side, Event::Tick));
        }
        std::mem::take(&mut self.passed)
    }

    /// The sessions live through the time in which the officer worked; of the work they are told afterwards.
    fn live_until_now(&mut self) {
        let now_ms = NOW_MS.load(Ordering::Relaxed);
        while self.at_ms < now_ms {
            self.at_ms = now_ms.min(self.at_ms + LONG_TICK_MS);
            (0..2).for_each(|side| self.step(side, Event::Tick));
            self.deliver();
        }
    }

    /// Lets so much time pass in which nobody does anything.
    pub fn wait(&mut self, ms: u64) -> Passed {
        NOW_MS.fetch_add(ms, Ordering::Relaxed);
        self.settle()
    }

    /// The connection ends in good order.
    pub fn close(mut self) {
        self.note(|| PeerEvent::Disconnected { reason: None });
    }

    fn note(&mut self, event: impl Fn() -> PeerEvent) {
        for end in &self.ends {
            end.book.note_peer(end.peer, event(), NOW_MS.load(Ordering::Relaxed)).unwrap();
        }
    }

    /// Tells the sessions what changed on their sides.
    fn tell_changes(&mut self) {
        let changes = std::mem::take(&mut *self.pair.changes.lock().unwrap());
        for (side, space) in changes {
            self.step(side, space.map_or(Event::RightsChanged, Event::LocalChange));
        }
    }

    /// Has everything compared again.
    pub fn compare(&mut self) -> Passed {
        (0..2).for_each(|side| self.step(side, Event::RightsChanged));
        self.settle()
    }

    fn deliver(&mut self) -> bool {
        let mut any = false;
        loop {
            let waiting: Vec<usize> = (0..2).filter(|side| !self.ends[*side].inbox.is_empty()).collect();
            let Some(side) = waiting.first().copied() else { return any };
            any = true;
            self.passed.half_trips += 1;
            for bytes in std::mem::take(&mut self.ends[side].inbox) {
                self.step(side, Event::Received(bytes));
            }
        }
    }

    fn step(&mut self, side: usize, event: Event) {
        let now_ms = self.at_ms;
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let acts = self.ends[side].conduct.step(now_ms, event);
            assert!(
                !self.ends[side].conduct.is_over(),
                "the session ended by itself: {:?}",
                self.ends[side].conduct.goodbye()
            );
            for act in acts {
                match act {
                    Act::Send(bytes) => self.send(side, bytes),
                    Act::Errand(errand) => {
                        let end = &self.ends[side];
                        events.extend(errand.run(end.book.as_ref(), end.peer, now_ms));
                    }
                }
            }
        }
    }

    fn send(&mut self, side: usize, bytes: Vec<u8>) {
        self.passed.ways[side] += bytes.len() as u64;
        if let Some(space) = self.ends[side].space_of(&bytes) {
            let counted = if self.audit[&space] { &mut self.passed.audit } else { &mut self.passed.records };
            *counted += bytes.len() as u64;
        }
        self.ends[1 - side].inbox.push_back(bytes);
    }
}
