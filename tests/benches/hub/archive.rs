//! What all posts hold in common, kept once for the whole run.
//!
//! A real post verifies, keeps and folds what the hub sends it; two hundred of them on the machine of the hub would
//! measure themselves. So the first post to get a parcel has it verified and kept here, with chain and seal, and
//! to the others the same entry under the same number counts as held.

use std::collections::HashMap;
use std::sync::{Mutex, RwLock};

use cairn_casebook::{Member, SharedSpace};
use cairn_ledger::{EntryHash, EntryRef, Frontier, Keyring, Ledger, LogId, OpenEntry, OpenParcel, Refusal, SpaceId};
use cairn_record::RecordId;

use crate::memory::Memory;

/// Where entries of a record stand.
pub type Places = Vec<(LogId, u64, EntryRef)>;

/// The entries, and what follows from the registry.
pub struct Archive {
    ledger: Ledger,
    /// The hub, as the registry names it.
    pub hub: Member,
    /// What a member shares with the hub.
    pub shared: Vec<SharedSpace>,
    founding: [SpaceId; 2],
    places: RwLock<HashMap<RecordId, Places>>,
    keeping: Mutex<()>,
}

impl Archive {
    /// Over what a member of the agency holds that has synced with the hub and recorded something.
    pub fn of(member: &Memory, hub: Member, shared: Vec<SharedSpace>) -> Self {
        let keystore = member.keystore();
        let (key, keyring) = (keystore.replica_key(), keystore.keyring().unwrap());
        let ledger = Ledger::open(member.store(), key, keystore.secrets.incarnation, keyring).unwrap();
        let wrote = |space: &SpaceId, who| ledger.frontier(space).unwrap().0.keys().any(|key| key.replica == who);
        let found = |audit, who| {
            let kind = shared.iter().filter(|shared| !shared.registry && shared.audit == audit);
            kind.map(|shared| shared.space).find(|space| wrote(space, who)).unwrap()
        };
        // A member records in the founding space, and the hub has no audit of its own from before.
        let founding = [found(false, ledger.replica()), found(true, hub.replica)];
        Self { ledger, hub, shared, founding, places: RwLock::default(), keeping: Mutex::default() }
    }

    /// The keys of the agency's spaces.
    pub fn keyring(&self) -> Keyring {
        let mut keys = Keyring::new();
        for (space, epoch, key) in self.ledger.keyring().epoch_keys() {
            keys.insert(space, epoch, key.clone()).unwrap();
        }
        keys
    }

    /// What is held of a space.
    pub fn frontier(&self, space: SpaceId) -> Frontier {
        self.ledger.frontier(&space).unwrap()
    }

    /// The spaces that the agency was founded with, where members write: of records, or of audit.
    pub fn founding(&self, audit: bool) -> SpaceId {
        self.founding[usize::from(audit)]
    }

    /// Verifies a parcel that a post got, and keeps it if it is the first to get it; the hash of its last entry.
    pub fn keep(&self, parcel: &OpenParcel) -> Result<EntryHash, Refusal> {
        let held = |log: &LogId| self.ledger.entry(log, parcel.seal.number).ok().flatten();
        if let Some(entry) = held(&parcel.log) {
            return Ok(entry.header.hash());
        }
        let _one_at_a_time = self.keeping.lock().unwrap();
        self.ledger.receive(self.ledger.seal_parcel(parcel)?, &|_, _, _| Ok(()))?;
        held(&parcel.log).map(|entry| entry.header.hash()).ok_or(Refusal::Gap { held: 0 })
    }

    /// An entry in clear.
    pub fn open(&self, log: &LogId, number: u64) -> Option<(EntryHash, OpenEntry)> {
        let entry = self.ledger.entry(log, number).ok()??;
        Some((entry.header.hash(), self.ledger.open_entry(&entry).ok()?))
    }

    /// Entries of a log to be sent.
    pub fn run(&self, log: &LogId, from: u64, bytes_max: usize) -> Option<OpenParcel> {
        self.ledger.open_run(log, from, bytes_max).ok()?
    }

    /// A post wrote an entry about a record.
    pub fn wrote(&self, record: RecordId, at: (LogId, u64, EntryRef)) {
        self.places.write().unwrap().entry(record).or_default().push(at);
    }

    /// Where the entries of a record stand, whoever holds them.
    pub fn places(&self, record: &RecordId) -> Places {
        self.places.read().unwrap().get(record).cloned().unwrap_or_default()
    }
}
