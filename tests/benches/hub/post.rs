//! A simulated post: a member of its own with its own key, its own logs and real sessions with the hub.
//!
//! What it writes is written by the real ledger under its own key. What it gets from others is the [`Archive`]'s.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use cairn_casebook::{
    AuditEvent, CasebookError, Change, FetchPlace, FilesToFetch, JoinGrant, JoinRequest, Kept, Member, PeerEvent,
    SharedSpace, reason,
};
use cairn_ledger::{
    Author, Body, ChunkName, ClockQuality, EntryDraft, EntryHash, EntryKind, EntryRef, Frontier, Lane, Ledger, LogId,
    OpenEntry, OpenParcel, ReceivedBatch, ReplicaId, SpaceId,
};
use cairn_record::RecordId;
use cairn_sync_link::Book;
use zeroize::Zeroizing;

use crate::archive::Archive;
use crate::memory::Memory;
use crate::now_ms;

/// How long a post that reads slowly takes for each parcel.
const SLOW_PARCEL: Duration = Duration::from_secs(2);
/// How many parcels of a night a post takes that stops in the middle.
const TAKEN_BEFORE_STOP: usize = 5;

/// How a post behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temper {
    /// As it should.
    Ordinary,
    /// Its link carries 64 kbit/s.
    Thin,
    /// It takes two seconds to keep a parcel.
    Slow,
    /// It takes some parcels, and then answers no more but stays on the line.
    Stops,
    /// It connects and never says a word.
    Silent,
}

/// Holds threads up until it is opened.
#[derive(Default)]
pub struct Gate(Mutex<bool>, Condvar);

impl Gate {
    /// Lets everybody through from now on.
    pub fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    fn pass(&self, at_most: Duration) {
        drop(self.1.wait_timeout_while(self.0.lock().unwrap(), at_most, |open| !*open).unwrap());
    }
}

/// How far a post has come in a night.
#[derive(Default)]
pub struct Progress {
    /// Logs of others of which it must hold so much.
    lacking: HashMap<LogId, u64>,
    /// Its own logs of records, of which the hub must hold so much.
    giving: HashMap<LogId, u64>,
    /// When it held everything.
    pub taken: Option<Instant>,
    /// When the hub was proved to hold everything it brought.
    pub given: Option<Instant>,
    /// When both were last proved to hold the same.
    pub equal: Option<Instant>,
    /// When which entry of the urgent lane came.
    pub urgent: HashMap<(LogId, u64), Instant>,
    /// Bytes of UDP payload to the hub, and back.
    pub bytes: (u64, u64),
    parcels: usize,
}

type Callback = Box<dyn Fn(Change) + Send + Sync>;

/// A post.
pub struct Post {
    replica: ReplicaId,
    seed: Zeroizing<[u8; 32]>,
    own: Ledger,
    archive: Arc<Archive>,
    hub: Member,
    /// What it holds of others.
    held: Mutex<BTreeMap<SpaceId, Frontier>>,
    agreed: Mutex<BTreeMap<SpaceId, Frontier>>,
    /// How it behaves this night.
    pub temper: Temper,
    gate: Arc<Gate>,
    progress: Mutex<Progress>,
    /// Entries of records moved in this session.
    moved: Mutex<bool>,
    callbacks: Mutex<Vec<Callback>>,
}

impl Post {
    /// A post that has joined, with what the archive holds.
    pub fn new(memory: &Memory, archive: &Arc<Archive>) -> Self {
        let keystore = memory.keystore();
        let mut keyring = archive.keyring();
        for (space, epoch, key) in keystore.keyring().unwrap().epoch_keys() {
            // Its spaces from before it joined are the agency's by now; its local one is its own.
            let _ = keyring.insert(space, epoch, key.clone());
        }
        let own = Ledger::open(memory.store(), keystore.replica_key(), keystore.secrets.incarnation, keyring).unwrap();
        let held = archive.shared.iter().map(|shared| (shared.space, archive.frontier(shared.space))).collect();
        Self {
            replica: keystore.replica(),
            seed: Zeroizing::new(keystore.secrets.signing_seed),
            own,
            hub: archive.hub.clone(),
            archive: archive.clone(),
            held: Mutex::new(held),
            agreed: Mutex::default(),
            temper: Temper::Ordinary,
            gate: Arc::default(),
            progress: Mutex::default(),
            moved: Mutex::default(),
            callbacks: Mutex::default(),
        }
    }

    /// The same post on another night: calls the hub there, behaves like that until the gate opens.
    pub fn on_another_night(self, address: String, temper: Temper, gate: &Arc<Gate>) -> Self {
        let hub = Member { addresses: vec![address], ..self.hub };
        Self { hub, temper, gate: gate.clone(), progress: Mutex::default(), callbacks: Mutex::default(), ..self }
    }

    /// How far it has come.
    pub fn progress<T>(&self, look: impl FnOnce(&mut Progress) -> T) -> T {
        look(&mut self.progress.lock().unwrap())
    }

    /// Its logs of the founding records space as they are now.
    pub fn brings(&self) -> HashMap<LogId, u64> {
        let space = self.archive.founding(false);
        let own = self.own.frontier(&space).unwrap().0;
        own.into_iter().map(|(key, (number, _))| (LogId { space, key }, number)).collect()
    }

    /// From now on the night is over for this post when it holds all this and has given what it brings.
    pub fn expect(&self, all: &HashMap<LogId, u64>) {
        let giving = self.brings();
        let mut progress = self.progress.lock().unwrap();
        progress.lacking = all.iter().filter(|(log, _)| !giving.contains_key(log)).map(|(k, v)| (*k, *v)).collect();
        progress.giving = giving;
    }

    /// Whether its night is over.
    pub fn is_done(&self) -> bool {
        self.progress(|progress| progress.taken.is_some() && progress.given.is_some())
    }

    /// Writes a change to a record and its line of the audit, as a save does; where the change stands.
    pub fn write(&self, lane: Lane, record: RecordId, change: Vec<u8>, event: &AuditEvent) -> (LogId, u64, EntryRef) {
        let author = Author { user: "k.daniels".into(), display: "Officer K.".into(), role: 1 };
        let line = serde_json::to_vec(event).unwrap();
        let draft = |audit: bool, lane, kind, record, payload| {
            let body = Body { author: author.clone(), purpose: None, record, payload };
            EntryDraft { space: self.archive.founding(audit), lane, kind, body }
        };
        let drafts = vec![
            draft(false, lane, EntryKind::RecordChange, Some(record), change),
            draft(true, Lane::Normal, EntryKind::Audit, None, line),
        ];
        let written = self.own.commit(drafts, now_ms(), ClockQuality::Local).unwrap();
        let at = (written[0].log, written[0].number, written[0].hash.short());
        self.archive.wrote(record, at);
        at
    }

    /// Tells the running session that something was written.
    pub fn tell(&self, lane: Lane) {
        let space = self.archive.founding(false);
        let change = Change::Entries { space, urgent: lane == Lane::Urgent, audit: false };
        self.callbacks.lock().unwrap().iter().for_each(|callback| callback(change.clone()));
    }

    /// The line of the audit that says that records move; real posts write it once a session.
    fn note_moving(&self) {
        if std::mem::replace(&mut *self.moved.lock().unwrap(), true) {
            return;
        }
        let event = AuditEvent::new("sync", "machine").say(reason!("audit-link-opened", site = "Hub"));
        let payload = serde_json::to_vec(&event).unwrap();
        let body = Body { author: Author::default(), purpose: None, record: None, payload };
        let space = self.archive.founding(true);
        let draft = EntryDraft { space, lane: Lane::Normal, kind: EntryKind::Audit, body };
        self.own.commit(vec![draft], now_ms(), ClockQuality::Local).unwrap();
        let change = Change::Entries { space, urgent: false, audit: true };
        self.callbacks.lock().unwrap().iter().for_each(|callback| callback(change.clone()));
    }

    fn hold_up(&self) {
        let parcels = self.progress(|progress| {
            progress.parcels += 1;
            progress.parcels
        });
        match self.temper {
            Temper::Slow => self.gate.pass(SLOW_PARCEL),
            Temper::Stops if parcels > TAKEN_BEFORE_STOP => self.gate.pass(Duration::MAX),
            _ => {}
        }
    }

    /// Holds a log up to this entry; how many of its entries are new.
    fn gain(&self, log: LogId, number: u64, hash: EntryHash) -> u64 {
        let mut held = self.held.lock().unwrap();
        let frontier = held.entry(log.space).or_default();
        let before = frontier.number(&log.key);
        if number > before {
            frontier.0.insert(log.key, (number, hash));
        }
        number.saturating_sub(before)
    }

    fn note_taken(&self, log: LogId, first: u64, number: u64) {
        let now = Instant::now();
        self.progress(|progress| {
            if log.key.lane == Lane::Urgent {
                (first..=number).for_each(|number| _ = progress.urgent.entry((log, number)).or_insert(now));
            }
            if progress.lacking.get(&log).is_some_and(|wanted| number >= *wanted) {
                progress.lacking.remove(&log);
            }
            if progress.lacking.is_empty() && progress.taken.is_none() {
                progress.taken = Some(now);
            }
        });
    }

    fn note_given(&self, space: SpaceId, frontier: &Frontier) {
        self.progress(|progress| {
            let has = |log: &LogId, number: &u64| log.space == space && frontier.number(&log.key) >= *number;
            progress.giving.retain(|log, number| !has(log, number));
            if progress.giving.is_empty() && progress.given.is_none() {
                progress.given = Some(Instant::now());
            }
        });
    }
}

impl Book for Post {
    fn replica(&self) -> ReplicaId {
        self.replica
    }

    fn replica_seed(&self) -> Zeroizing<[u8; 32]> {
        self.seed.clone()
    }

    fn members(&self) -> Vec<Member> {
        vec![self.hub.clone()]
    }

    fn discovery_tag(&self, _nonce: &[u8; 8]) -> [u8; 8] {
        [0; 8]
    }

    fn shared_spaces(&self, peer: ReplicaId) -> Vec<SharedSpace> {
        if self.temper == Temper::Silent {
            self.gate.pass(Duration::MAX);
        }
        if peer == self.hub.replica { self.archive.shared.clone() } else { Vec::new() }
    }

    fn agreed(&self, _peer: ReplicaId) -> BTreeMap<SpaceId, Frontier> {
        self.agreed.lock().unwrap().clone()
    }

    fn frontier(&self, space: SpaceId) -> Frontier {
        let mut frontier = self.held.lock().unwrap().get(&space).cloned().unwrap_or_default();
        frontier.0.extend(self.own.frontier(&space).unwrap().0);
        frontier
    }

    fn read_parcel(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Option<OpenParcel>, CasebookError> {
        if log.key.replica != self.replica {
            return Ok(self.archive.run(log, from, bytes_max));
        }
        self.own.open_run(log, from, bytes_max).map_err(|error| CasebookError::Storage(error.to_string().into()))
    }

    /// There is no relay in this region.
    fn read_sealed(&self, _: &LogId, _: u64, _: usize) -> Result<Option<ReceivedBatch>, CasebookError> {
        Ok(None)
    }

    /// There is no relay in this region.
    fn keep_sealed(&self, _: ReplicaId, _: ReceivedBatch, _: u64) -> Result<Kept, CasebookError> {
        Err(CasebookError::PeerRefused { name: "not-shared", detail: "no relay is expected here".into() })
    }

    fn entries_of(&self, record: RecordId) -> Result<Vec<(LogId, u64, EntryRef)>, CasebookError> {
        Ok(self.archive.places(&record))
    }

    fn open_entry(&self, log: &LogId, number: u64) -> Result<Option<(EntryHash, OpenEntry)>, CasebookError> {
        if log.key.replica != self.replica {
            let held = self.held.lock().unwrap().get(&log.space).map_or(0, |frontier| frontier.number(&log.key));
            return Ok(self.archive.open(log, number).filter(|_| number <= held));
        }
        let Some(entry) = self.own.entry(log, number)? else { return Ok(None) };
        Ok(self.own.open_entry(&entry).ok().map(|open| (entry.header.hash(), open)))
    }

    fn keep_parcel(&self, _peer: ReplicaId, parcel: OpenParcel, _now_ms: u64) -> Result<Kept, CasebookError> {
        self.hold_up();
        let (log, first, number) = (parcel.log, parcel.first, parcel.seal.number);
        let hash = self.archive.keep(&parcel).map_err(|refusal| CasebookError::PeerRefused {
            name: refusal.name(),
            detail: refusal.to_string().into(),
        })?;
        let new = self.gain(log, number, hash);
        self.note_taken(log, first, number);
        Ok(Kept { number, hash, new })
    }

    fn peer_knows(
        &self,
        _peer: ReplicaId,
        _log: &LogId,
        _number: u64,
        _hash: EntryHash,
        _now_ms: u64,
    ) -> Result<Vec<Vec<u8>>, CasebookError> {
        Ok(Vec::new())
    }

    fn take_evidence(&self, _peer: ReplicaId, log: &LogId, _shown: &[u8], _now_ms: u64) -> Result<(), CasebookError> {
        panic!("the hub says that {log:?} has two histories");
    }

    fn note_peer(&self, _peer: ReplicaId, event: PeerEvent, _now_ms: u64) -> Result<(), CasebookError> {
        match event {
            PeerEvent::Connected { .. } => *self.moved.lock().unwrap() = false,
            PeerEvent::Frontier { space, frontier } => self.note_given(space, &frontier),
            PeerEvent::Equal { held } => {
                held.iter().for_each(|(space, frontier)| self.note_given(*space, frontier));
                *self.agreed.lock().unwrap() = held;
                self.progress(|progress| progress.equal = Some(Instant::now()));
            }
            PeerEvent::Sending { space, .. } if space == self.archive.founding(false) => self.note_moving(),
            PeerEvent::Bytes { sent, received } => self.progress(|progress| {
                progress.bytes = (progress.bytes.0 + sent, progress.bytes.1 + received);
            }),
            PeerEvent::Refused { name, detail } => eprintln!("a post refused what the hub sent: {name}: {detail}"),
            _ => {}
        }
        Ok(())
    }

    fn is_cut(&self) -> bool {
        false
    }

    fn take_sync_request(&self) -> Option<bool> {
        None
    }

    fn files_to_fetch(&self, _peer: ReplicaId, _after: Option<FetchPlace>) -> Result<FilesToFetch, CasebookError> {
        Ok(FilesToFetch { files: Vec::new(), next: None, known: 0 })
    }

    fn has_chunks(&self, _peer: ReplicaId, names: &[(SpaceId, ChunkName)]) -> Result<Vec<bool>, CasebookError> {
        Ok(vec![false; names.len()])
    }

    fn read_chunk(&self, _: ReplicaId, _: SpaceId, _: ChunkName) -> Result<Option<Vec<u8>>, CasebookError> {
        Ok(None)
    }

    fn keep_chunk(&self, _: ReplicaId, _: SpaceId, _: ChunkName, _: Vec<u8>) -> Result<bool, CasebookError> {
        Ok(false)
    }

    fn on_change(&self, callback: Callback) {
        self.callbacks.lock().unwrap().push(callback);
    }

    fn accept_join(&self, _: ReplicaId, _: &JoinRequest, _: u64) -> Result<JoinGrant, CasebookError> {
        Err(CasebookError::NotNow(reason!("only-hub-invites")))
    }
}
