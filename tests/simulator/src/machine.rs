//! One machine: a disk, a clock, and while it runs a casebook with its sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cairn_casebook::{Casebook, CasebookError, InitRequest, Place, Unlock};
use cairn_ledger::keystore::Unlock as RawUnlock;
use cairn_ledger::registry::Registry;
use cairn_ledger::view::MemoryViews;
use cairn_ledger::{EntryHash, EntryKind, Keystore, Ledger, LogId, LogStore, ReplicaId};
use cairn_sync_link::sessions::Sessions;

use crate::clock::Clock;
use crate::dice::{Dice, Seeded};
use crate::disk::{Disk, Label};
use crate::files::Attached;
use crate::hostile::Mood;
use crate::truth::SharedTruth;

const PASSPHRASE: &str = "a passphrase of the simulator";

/// What was promised to be kept, by log: the last number and its hash.
pub type Promises = BTreeMap<LogId, (u64, EntryHash)>;

/// A copy of a disk and what had been promised when it was made.
pub struct Backup {
    /// The copy.
    pub disk: Disk,
    /// The promises at that time.
    pub promised: Promises,
    /// The files at that time.
    pub attached: Attached,
    /// Whether it was made file by file; else block by block.
    pub by_file: bool,
}

/// A machine.
pub struct Machine {
    /// Its number in the world.
    pub index: usize,
    /// Its site.
    pub name: String,
    /// Whether it is the hub.
    pub hub: bool,
    /// Who it is.
    pub replica: ReplicaId,
    /// Its disk.
    pub disk: Disk,
    /// The casebook while it runs.
    pub book: Option<Arc<Casebook>>,
    /// The sessions while it runs.
    pub sessions: Arc<Sessions>,
    /// Its clock.
    pub clock: Clock,
    /// Whether it has joined the hub.
    pub joined: bool,
    /// What it is up to when it is hostile; `None` for the honest.
    pub mood: Option<Mood>,
    /// What it promised to keep.
    pub promised: Promises,
    /// Files that it acknowledged.
    pub attached: Attached,
    /// The last backup.
    pub backup: Option<Backup>,
    /// Views as they were some time ago.
    pub old_views: Option<MemoryViews>,
    /// When it came to hold less than before, in true time: an older disk was put in, or a byte of the journal went bad.
    pub rolled_back_ms: Option<u64>,
    /// Logs of which damage took an entry that another machine holds: it is back when all is healed, at the latest.
    pub damaged: BTreeSet<LogId>,
    /// It is switched off until then, in true time.
    pub dark_until_ms: u64,
    /// Its logs may have two histories without anybody's ill will.
    pub forks: bool,
    /// When this process was started.
    pub booted_ms: u64,
    seed: u64,
    boots: u64,
}

impl Machine {
    /// A new installation.
    pub fn init(
        index: usize,
        name: &str,
        hub: bool,
        seed: u64,
        truth: &SharedTruth,
        now_ms: u64,
    ) -> Result<Self, CasebookError> {
        let label = Label {
            name: name.to_owned(),
            owner: Arc::default(),
            honest: Arc::new(AtomicBool::new(true)),
            truth: truth.clone(),
        };
        let mut machine = Self::of(index, name, hub, seed, Disk::new(label), now_ms);
        let request = InitRequest {
            agency: "Northmark Border Service".into(),
            site: name.into(),
            country: "GBR".into(),
            hub,
            demo: true,
        };
        let entropy = machine.entropy();
        let book = Casebook::init_in(&machine.disk, &request, &unlock(), entropy, now_ms)?;
        machine.start(book, now_ms);
        Ok(machine)
    }

    fn of(index: usize, name: &str, hub: bool, seed: u64, disk: Disk, now_ms: u64) -> Self {
        Self {
            index,
            name: name.to_owned(),
            hub,
            replica: ReplicaId([0; 32]),
            disk,
            book: None,
            sessions: Arc::default(),
            clock: Clock::right(now_ms),
            joined: hub,
            mood: None,
            promised: Promises::new(),
            attached: Attached::new(),
            backup: None,
            old_views: None,
            rolled_back_ms: None,
            damaged: BTreeSet::new(),
            dark_until_ms: 0,
            forks: false,
            booted_ms: now_ms,
            seed,
            boots: 0,
        }
    }

    /// A second machine with a copy of this one's disk.
    pub fn twin(&self, index: usize, by_file: bool, now_ms: u64) -> Self {
        let name = format!("{} (copy)", self.name);
        let label = Label { name: name.clone(), ..self.disk.label.clone() };
        let disk = self.disk.copy(label, by_file);
        Self {
            replica: self.replica,
            joined: self.joined,
            mood: self.mood,
            promised: self.promised.clone(),
            attached: self.attached.clone(),
            damaged: self.damaged.clone(),
            rolled_back_ms: self.rolled_back_ms,
            forks: !by_file,
            clock: self.clock,
            ..Self::of(index, &name, self.hub, self.seed, disk, now_ms)
        }
    }

    fn entropy(&mut self) -> Arc<Seeded> {
        self.boots += 1;
        Arc::new(Seeded::new(Dice::new(self.seed, ((self.index as u64) << 24) + (1 << 48) + self.boots)))
    }

    fn start(&mut self, book: Casebook, now_ms: u64) {
        let sessions: Arc<Sessions> = Arc::default();
        let told = Arc::downgrade(&sessions);
        book.on_change(Box::new(move |change| {
            if let Some(sessions) = told.upgrade() {
                sessions.tell(&change);
            }
        }));
        self.replica = book.identity().replica;
        *self.disk.label.owner.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.replica);
        self.sessions = sessions;
        self.book = Some(Arc::new(book));
        self.booted_ms = now_ms;
    }

    /// Starts the process.
    pub fn boot(&mut self, now_ms: u64) -> Result<(), CasebookError> {
        let entropy = self.entropy();
        let book = Casebook::open_in(&self.disk, &unlock(), entropy, self.clock.show(now_ms))?;
        // Which files are not whole is looked at when the machine has nothing else to do; a failing disk is met later.
        let _ = book.tick(true, self.clock.show(now_ms));
        self.start(book, now_ms);
        Ok(())
    }

    /// Ends the process at once.
    pub fn stop(&mut self) {
        self.book = None;
        self.sessions = Arc::default();
    }

    /// Turns against the others.
    pub fn turn(&mut self, mood: Mood) {
        self.mood = Some(mood);
        self.disk.label.honest.store(false, Ordering::Relaxed);
    }

    /// Whether it keeps to the rules.
    pub fn is_honest(&self) -> bool {
        self.mood.is_none()
    }

    /// Promises to keep a log up to an entry.
    pub fn promise(&mut self, log: LogId, number: u64, hash: EntryHash) {
        let kept = self.promised.entry(log).or_insert((number, hash));
        if number > kept.0 {
            *kept = (number, hash);
        }
    }

    /// Whether its disk holds this very entry.
    pub fn holds(&self, log: &LogId, number: u64, hash: &EntryHash) -> bool {
        self.broken_promise(log, &(number, *hash)).is_none()
    }

    /// What is wrong with the promise to keep a log up to this entry.
    pub fn broken_promise(&self, log: &LogId, (number, hash): &(u64, EntryHash)) -> Option<String> {
        let why = match self.disk.logs.entry(log, *number) {
            Ok(Some(entry)) if entry.header.hash() == *hash => return None,
            Ok(Some(_)) => "holds another entry there",
            Ok(None) => "does not have it",
            Err(_) => "cannot read it",
        };
        Some(format!("{} acknowledged entry {number} of {log:?} and {why}", self.name))
    }

    /// The ledger without the casebook's rules. `outlaw`: nothing that it writes has a right to exist.
    pub fn raw(&self, outlaw: bool) -> Option<Ledger> {
        let keystore = Keystore::open(self.disk.keystore(), RawUnlock::Passphrase(PASSPHRASE)).ok()?;
        let keyring = keystore.keyring().ok()?;
        let store = Box::new(self.disk.store(outlaw));
        Ledger::open(store, keystore.replica_key(), keystore.secrets.incarnation, keyring).ok()
    }

    /// The same for reading, with every key that a registry on its disk grants: a running casebook has them, and its key store
    /// may not have them yet.
    pub fn raw_with_keys(&self) -> Option<Ledger> {
        let keystore = Keystore::open(self.disk.keystore(), RawUnlock::Passphrase(PASSPHRASE)).ok()?;
        let ledger = self.raw(false)?;
        let states = |log: &LogId| {
            let first = ledger.entry(log, 1).ok().flatten();
            first.is_some_and(|first| first.header.core.kind == EntryKind::Statement)
        };
        for log in ledger.logs().iter().filter(|log| states(log)) {
            Registry::load(&ledger, log.space).ok()?.0.take_keys(&ledger, &keystore.secrets.age_identity);
        }
        Some(ledger)
    }
}

fn unlock() -> Unlock {
    Unlock::Passphrase(zeroize::Zeroizing::new(PASSPHRASE.to_owned()))
}

/// A lock that nobody can have broken.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
