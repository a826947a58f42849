//! A store of entries in memory: enough of a ledger to chain, seal and check.

use std::collections::{BTreeMap, HashMap};

use cairn_ledger::ledger::ReplicaKey;
use cairn_ledger::parcel::{HASH_TO_DERIVE, holes_in};
use cairn_ledger::{
    ClockQuality, EntryHash, EntryRef, Frontier, Hlc, Incarnation, Lane, LogId, LogKey, OpenEntry, OpenParcel,
    ReplicaId, Seal, SpaceId,
};
use cairn_record::RecordId;
use cairn_sync_protocol::{ListedSpace, Lookup, Place};

pub const REGISTRY: SpaceId = SpaceId([1; 16]);
pub const RECORDS: SpaceId = SpaceId([2; 16]);
pub const AUDIT: SpaceId = SpaceId([3; 16]);

/// Entries of a commit; a parcel must end at the end of one.
#[derive(Clone)]
struct Held {
    entry: OpenEntry,
    hash: EntryHash,
    sealed: bool,
}

pub struct Store {
    seed: u8,
    pub replica: ReplicaId,
    pub spaces: Vec<ListedSpace>,
    logs: BTreeMap<LogId, Vec<Held>>,
    records: HashMap<RecordId, Vec<Place>>,
    /// How often each entry was kept here, to see what is sent twice.
    pub offered: u64,
    pub duplicates: u64,
    /// Logs that this store refuses to keep.
    pub refuses: Option<Lane>,
    /// Says that it holds nothing to which a parcel could refer.
    pub forgetful: bool,
    pub incarnation: Incarnation,
}

impl Store {
    pub fn new(seed: u8) -> Self {
        let replica = ReplicaKey::from_seed(&[seed; 32]).id();
        let space = |space, registry, audit| ListedSpace { space, registry, audit };
        let spaces = vec![space(REGISTRY, true, false), space(RECORDS, false, false), space(AUDIT, false, true)];
        Self {
            seed,
            replica,
            spaces,
            logs: BTreeMap::new(),
            records: HashMap::new(),
            forgetful: false,
            offered: 0,
            duplicates: 0,
            refuses: None,
            incarnation: Incarnation(u64::from(seed)),
        }
    }

    pub fn key(&self) -> ReplicaKey {
        ReplicaKey::from_seed(&[self.seed; 32])
    }

    /// Writes a commit of so many entries of so many bytes.
    pub fn write(&mut self, space: SpaceId, lane: Lane, count: u64, bytes: usize) {
        let log = self.own_log(space, lane);
        let entry = |number| OpenEntry {
            epoch: 1,
            hlc: Hlc { unix_ms: 1_700_000_000_000 + number, counter: 0 },
            clock: ClockQuality::Local,
            kind: 1,
            record: None,
            body: body(&log, number, bytes),
        };
        let next = self.len(&log) + 1;
        self.commit(log, (next..next + count).map(entry).collect());
    }

    pub fn own_log(&self, space: SpaceId, lane: Lane) -> LogId {
        LogId { space, key: LogKey { replica: self.replica, incarnation: self.incarnation, lane } }
    }

    /// Writes a commit; the names of its entries.
    pub fn commit(&mut self, log: LogId, entries: Vec<OpenEntry>) -> Vec<EntryRef> {
        let count = entries.len();
        let mut names = Vec::new();
        for (at, entry) in entries.into_iter().enumerate() {
            let hash = chain(self.last_hash(&log), &entry);
            names.push(hash.short());
            self.push(log, Held { entry, hash, sealed: at + 1 == count });
        }
        names
    }

    fn push(&mut self, log: LogId, held: Held) {
        let list = self.logs.entry(log).or_default();
        if let Some(record) = held.entry.record {
            let place = Place { log, number: list.len() as u64 + 1, entry: held.hash.short() };
            self.records.entry(record).or_default().push(place);
        }
        list.push(held);
    }

    pub fn logs(&self) -> impl Iterator<Item = (&LogId, u64)> {
        self.logs.iter().map(|(log, held)| (log, held.len() as u64))
    }

    pub fn len(&self, log: &LogId) -> u64 {
        self.logs.get(log).map_or(0, |held| held.len() as u64)
    }

    pub fn entries(&self) -> u64 {
        self.logs.values().map(|held| held.len() as u64).sum()
    }

    /// An entry and its hash, whatever the store says of itself.
    pub fn bytes(&self, log: &LogId, number: u64) -> Option<(EntryHash, &OpenEntry)> {
        let held = self.logs.get(log)?.get(number as usize - 1)?;
        Some((held.hash, &held.entry))
    }

    fn last_hash(&self, log: &LogId) -> EntryHash {
        self.logs.get(log).and_then(|held| held.last()).map_or(EntryHash([0; 32]), |held| held.hash)
    }

    pub fn frontier(&self, space: SpaceId) -> Frontier {
        let logs = self.logs.iter().filter(|(log, held)| log.space == space && !held.is_empty());
        Frontier(logs.map(|(log, held)| (log.key, (held.len() as u64, self.last_hash(log)))).collect())
    }

    pub fn read(&self, log: &LogId, from: u64, bytes_max: usize) -> Option<OpenParcel> {
        let held = self.logs.get(log)?.get(from as usize - 1..)?;
        let (mut entries, mut bytes) = (Vec::new(), 0);
        for one in held {
            bytes += one.entry.body.len();
            entries.push(one.entry.clone());
            if one.sealed && bytes >= bytes_max {
                break;
            }
        }
        let number = from + entries.len() as u64 - 1;
        let hash = held.get(entries.len().checked_sub(1)?)?.hash;
        let names: Vec<EntryRef> = held.iter().take(entries.len()).map(|one| one.hash.short()).collect();
        let holes = holes_in(&entries, &names);
        Some(OpenParcel { log: *log, first: from, entries, holes, seal: self.seal(*log, number, hash) })
    }

    fn seal(&self, log: LogId, number: u64, hash: EntryHash) -> Seal {
        // In a region everyone passes on the writer's signature; here the hash stands for it.
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&hash.0);
        Seal { log, number, hash, signature }
    }

    /// Checks the chain and the seal, keeps what is new.
    pub fn keep(&mut self, parcel: &OpenParcel) -> Result<(u64, EntryHash, u64), &'static str> {
        if self.refuses == Some(parcel.log.key.lane) {
            return Err("not-authorised");
        }
        let have = self.len(&parcel.log);
        if parcel.first > have + 1 {
            return Err("gap");
        }
        let mut parcel = parcel.clone();
        let (mut new, mut fresh, mut names) = (0, Vec::new(), Vec::new());
        let mut hash = match parcel.first {
            1 => EntryHash([0; 32]),
            first => self.logs[&parcel.log][first as usize - 2].hash,
        };
        for at in 0..parcel.entries.len() {
            parcel.fill(at, &names);
            let entry = &parcel.entries[at];
            hash = chain(hash, entry);
            names.push(hash.short());
            self.offered += 1;
            if parcel.first + at as u64 > have {
                fresh.push(Held { entry: entry.clone(), hash, sealed: false });
                new += 1;
            } else {
                self.duplicates += 1;
            }
        }
        if parcel.seal.hash == HASH_TO_DERIVE {
            parcel.seal.hash = hash;
        }
        if hash != parcel.seal.hash || parcel.seal.signature[..32] != hash.0 {
            return Err("bad-seal");
        }
        if let Some(last) = fresh.last_mut() {
            last.sealed = true;
        }
        fresh.into_iter().for_each(|held| self.push(parcel.log, held));
        Ok((self.len(&parcel.log), self.last_hash(&parcel.log), new))
    }
}

fn body(log: &LogId, number: u64, bytes: usize) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&log.key.replica.0).update(&log.space.0).update(&[log.key.lane as u8]).update(&number.to_be_bytes());
    let mut body = vec![0; bytes];
    hasher.finalize_xof().fill(&mut body);
    body
}

impl Lookup for Store {
    fn places(&self, record: &RecordId) -> Vec<Place> {
        self.records.get(record).cloned().unwrap_or_default()
    }

    fn open(&self, log: &LogId, number: u64) -> Option<(EntryHash, OpenEntry)> {
        let held = self.logs.get(log)?.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
        (!self.forgetful).then(|| (held.hash, held.entry.clone()))
    }
}

fn chain(before: EntryHash, entry: &OpenEntry) -> EntryHash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&before.0).update(&entry.hlc.unix_ms.to_be_bytes()).update(&entry.hlc.counter.to_be_bytes());
    hasher.update(&entry.epoch.to_be_bytes()).update(&[entry.kind, entry.clock as u8]);
    hasher.update(&entry.record.map_or([0; 16], |record| record.0)).update(&entry.body);
    EntryHash(*hasher.finalize().as_bytes())
}
