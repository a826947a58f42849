//! One suite of stories, told to every engine, and what only files can suffer.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use ed25519_dalek::SigningKey;
use proptest::prelude::*;

use super::*;
use crate::entry::{Core, EntryKind, Header};
use crate::names::{ClockQuality, Hlc, Incarnation, Lane, LogKey, ReplicaId};

mod damage;

/// Writes logs the way a replica would, without keys: bodies are just bytes.
struct Scribe {
    key: SigningKey,
    last: BTreeMap<LogId, (u64, EntryHash)>,
}

impl Scribe {
    fn new() -> Self {
        Self { key: SigningKey::from_bytes(&[9; 32]), last: BTreeMap::new() }
    }

    fn log(&self, space: u8, lane: Lane) -> LogId {
        let replica = ReplicaId(self.key.verifying_key().to_bytes());
        LogId { space: SpaceId([space; 16]), key: LogKey { replica, incarnation: Incarnation(1), lane } }
    }

    /// Entries of one log with bodies of these lengths, the last one sealed.
    fn entries(&mut self, log: LogId, lens: &[usize]) -> Vec<StoredItem> {
        let mut items = Vec::new();
        for len in lens {
            let (number, prev) = self.last.get(&log).copied().unwrap_or((0, EntryHash([0; 32])));
            let core = Core {
                log,
                number: number + 1,
                key_epoch: 1,
                key_id: [1; 8],
                record_tag: [2; 16],
                hlc: Hlc { unix_ms: number, counter: 0 },
                clock: ClockQuality::Local,
                kind: EntryKind::RecordChange,
                prev,
            };
            let sealed = vec![number as u8; *len];
            let header = Header::new(core, &sealed);
            self.last.insert(log, (number + 1, header.hash()));
            items.push(StoredItem::Entry(Entry { header, body: Some(sealed) }));
            if items.len() == lens.len() {
                items.push(StoredItem::Seal(Seal::sign(&header.position(), &self.key)));
            }
        }
        items
    }

    /// A save as the casebook makes it: a record change and its audit entry.
    fn save(&mut self) -> Vec<StoredItem> {
        let (records, audit) = (self.log(1, Lane::Normal), self.log(2, Lane::Normal));
        [self.entries(records, &[150]), self.entries(audit, &[90])].concat()
    }
}

fn entries_of(items: &[StoredItem]) -> Vec<Entry> {
    items
        .iter()
        .filter_map(|item| match item {
            StoredItem::Entry(entry) => Some(entry.clone()),
            StoredItem::Seal(_) => None,
        })
        .collect()
}

fn small() -> SegmentOptions {
    SegmentOptions { segment_bytes: 4096, floor_bytes: 0, reserve_bytes: 0 }
}

fn open(dir: &Path) -> SegmentStore {
    SegmentStore::open(dir, small()).unwrap()
}

/// Everything a store answers, to compare stores with.
fn contents(store: &dyn LogStore) -> Vec<(LogId, Vec<Entry>, Vec<Seal>)> {
    let logs = store.logs().into_iter().map(|log| {
        let entries = store.read(&log, 1, usize::MAX).unwrap();
        let mut seals: Vec<Seal> = Vec::new();
        while let Some(seal) = store.seal_at(&log, seals.last().map_or(1, |seal| seal.number + 1)).unwrap() {
            seals.push(seal);
        }
        assert_eq!(entries.len() as u64, store.last(&log).0);
        assert_eq!(entries.last().unwrap().header.hash(), store.last(&log).1);
        (log, entries, seals)
    });
    logs.collect()
}

/// Runs the same story with every engine. `reopen` closes and opens the store again.
fn on_every_engine(story: impl Fn(&mut dyn FnMut() -> Box<dyn LogStore>)) {
    let dir = tempfile::tempdir().unwrap();
    story(&mut || Box::new(open(dir.path())));
    let bytes = std::sync::Mutex::new(None::<std::sync::Arc<MemoryStore>>);
    story(&mut || {
        let mut held = bytes.lock().unwrap();
        let store = held.take().map_or_else(MemoryStore::new, |store| MemoryStore::from_bytes(store.bytes()));
        let store = std::sync::Arc::new(store);
        *held = Some(store.clone());
        Box::new(store)
    });
}

#[test]
fn what_was_appended_is_there_after_reopening() {
    on_every_engine(|open| {
        let mut scribe = Scribe::new();
        let store = open();
        for _ in 0..40 {
            store.append(&scribe.save()).unwrap();
        }
        let before = contents(store.as_ref());
        let stats = store.stats();
        drop(store);

        let store = open();
        assert_eq!(contents(store.as_ref()), before);
        assert_eq!(store.open_report(), OpenReport::default());
        assert_eq!((store.stats().entries, store.stats().commits, store.stats().bytes), (80, 40, stats.bytes));
        assert_eq!(store.spaces(), vec![SpaceId([1; 16]), SpaceId([2; 16])]);
        store.append(&scribe.save()).unwrap();
        assert_eq!(store.stats().entries, 82);
    });
}

#[test]
fn seals_are_found_forwards_and_backwards() {
    on_every_engine(|open| {
        let mut scribe = Scribe::new();
        let store = open();
        let log = scribe.log(1, Lane::Bulk);
        for lens in [&[10, 10, 10][..], &[10], &[2000, 2000, 2000, 10]] {
            store.append(&scribe.entries(log, lens)).unwrap();
        }
        let number = |seal: Option<Seal>| seal.map(|seal| seal.number);
        let at: Vec<_> = (1..=9).map(|from| number(store.seal_at(&log, from).unwrap())).collect();
        assert_eq!(at, [3, 3, 3, 4, 8, 8, 8, 8, 0].map(|number| Some(number).filter(|number| *number > 0)));
        let before: Vec<_> = (1..=9).map(|from| number(store.seal_before(&log, from).unwrap())).collect();
        assert_eq!(before, [0, 0, 3, 4, 4, 4, 4, 8, 8].map(|number| Some(number).filter(|number| *number > 0)));
        assert!(store.seal_at(&log, 8).unwrap().unwrap().verify().is_ok());
        assert_eq!(store.seal_at(&scribe.log(7, Lane::Bulk), 1).unwrap(), None);
    });
}

#[test]
fn reading_stops_at_the_limit_but_always_gets_on() {
    on_every_engine(|open| {
        let mut scribe = Scribe::new();
        let store = open();
        let log = scribe.log(1, Lane::Normal);
        store.append(&scribe.entries(log, &[100; 10])).unwrap();
        let len = store.entry(&log, 1).unwrap().unwrap().encoded_len();
        assert_eq!(store.read(&log, 1, 0).unwrap().len(), 1);
        assert_eq!(store.read(&log, 3, 4 * len).unwrap().len(), 4);
        assert_eq!(store.read(&log, 3, 4 * len - 1).unwrap().len(), 3);
        assert!(store.read(&log, 11, usize::MAX).unwrap().is_empty());
        assert_eq!(store.entry(&log, 11).unwrap(), None);
        assert_eq!(store.entry(&log, 0).unwrap(), None);
    });
}

#[test]
fn items_that_do_not_continue_their_logs_are_refused_whole() {
    on_every_engine(|open| {
        let mut scribe = Scribe::new();
        let store = open();
        let log = scribe.log(1, Lane::Normal);
        let first = scribe.entries(log, &[10, 10]);
        let later = scribe.entries(log, &[10]);
        let refused = |items: &[StoredItem]| matches!(store.append(items), Err(StoreError::OutOfOrder(_)));
        assert!(refused(&later), "a gap");
        assert!(refused(&first[1..]), "a missing first entry");
        assert!(refused(&[first[0].clone(), first[2].clone()]), "a seal of another entry");
        assert!(refused(&[first.clone(), first[..1].to_vec()].concat()), "a repetition");
        assert_eq!(store.stats().entries, 0);
        store.append(&first).unwrap();
        assert!(refused(&first), "the same again");
        store.append(&later).unwrap();
        assert_eq!(store.last(&log).0, 3);
    });
}

#[test]
fn a_commit_over_the_limit_is_refused() {
    on_every_engine(|open| {
        let mut scribe = Scribe::new();
        let store = open();
        let log = scribe.log(1, Lane::Normal);
        let count = COMMIT_BYTES_MAX / (90 * 1024) + 1;
        let items = scribe.entries(log, &vec![90 * 1024; count]);
        assert!(matches!(store.append(&items), Err(StoreError::TooLarge)));
        assert_eq!(store.stats().entries, 0);
    });
}

#[test]
fn a_save_with_its_audit_entry_costs_little_on_the_disk() {
    let mut scribe = Scribe::new();
    let store = MemoryStore::new();
    let before = store.stats().bytes;
    let log = scribe.log(1, Lane::Normal);
    store.append(&scribe.entries(log, &[200])).unwrap();
    let alone = store.stats().bytes - before;
    assert!(alone <= 500, "a record entry with 160 bytes of content, its seal and its commit takes {alone} bytes");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Any sequence of commits, with the store opened again at any time, reads back as it was written.
    #[test]
    fn a_store_is_the_list_of_its_commits(
        commits in proptest::collection::vec((0u8..3, 0usize..3, proptest::collection::vec(0usize..1500, 1..5), any::<bool>()), 1..30)
    ) {
        on_every_engine(|open| {
            let mut scribe = Scribe::new();
            let mut store = open();
            let mut model: BTreeMap<LogId, Vec<Entry>> = BTreeMap::new();
            for (space, lane, lens, reopen) in &commits {
                let log = scribe.log(*space, Lane::ALL[*lane]);
                let items = scribe.entries(log, lens);
                store.append(&items).unwrap();
                model.entry(log).or_default().extend(entries_of(&items));
                if *reopen {
                    drop(std::mem::replace(&mut store, Box::new(MemoryStore::new())));
                    store = open();
                }
            }
            let held: BTreeMap<_, _> = contents(store.as_ref()).into_iter().map(|(log, entries, _)| (log, entries)).collect();
            assert_eq!(held, model);
        });
    }

    #[test]
    fn noise_never_panics_a_scan(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..25) {
        let head = frame::segment_head(1, 0);
        let scanned = scan(&[&head[..cut.min(head.len())], &bytes].concat());
        prop_assert_eq!(scanned.entries, 0);
        let scanned = scan(&[head.as_slice(), &bytes].concat());
        prop_assert_eq!(scanned.commits, 0);
    }
}

/// Cuts the journal at every byte: what is found is always exactly the commits that are whole.
#[test]
fn a_power_cut_at_any_byte_keeps_every_whole_commit_and_nothing_else() {
    let mut scribe = Scribe::new();
    let store = MemoryStore::new();
    let mut ends = vec![store.bytes().len()];
    for _ in 0..4 {
        store.append(&scribe.save()).unwrap();
        ends.push(store.bytes().len());
    }
    let bytes = store.bytes();
    for cut in ends[0]..=bytes.len() {
        let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
        let again = MemoryStore::from_bytes(bytes[..cut].to_vec());
        assert_eq!(again.stats().entries, 2 * whole as u64, "cut at {cut}");
        assert_eq!(again.open_report().torn.is_some(), !ends.contains(&cut), "cut at {cut}");
        assert_eq!(again.bytes(), bytes[..ends[whole]], "cut at {cut}");
    }
}

/// Changes every byte of the journal: the change is noticed, and nothing wrong is ever read.
#[test]
fn a_changed_byte_is_never_believed() {
    let mut scribe = Scribe::new();
    let store = MemoryStore::new();
    for _ in 0..3 {
        store.append(&scribe.save()).unwrap();
    }
    let (bytes, honest) = (store.bytes(), contents(&store));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x40;
        let again = MemoryStore::from_bytes(changed);
        assert!(again.open_report().torn.is_some(), "byte {at}");
        for (log, full, _) in &honest {
            for (number, honest) in (1..).zip(full) {
                assert!(again.entry(log, number).unwrap().is_none_or(|entry| entry == *honest), "byte {at}");
            }
        }
    }
}

#[test]
fn a_torn_end_in_a_file_is_set_aside_and_writing_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut scribe = Scribe::new();
    let (first, second) = (scribe.save(), scribe.save());
    let store = open(dir.path());
    store.append(&first).unwrap();
    let kept = store.stats().bytes;
    store.append(&second).unwrap();
    drop(store);
    let segment = dir.path().join("00000001.seg");
    let whole = fs::read(&segment).unwrap();

    for cut in kept + 1..whole.len() as u64 {
        fs::write(&segment, &whole[..cut as usize]).unwrap();
        let store = open(dir.path());
        let torn = store.open_report().torn.unwrap();
        assert_eq!((torn.offset, torn.bytes, torn.commits_behind), (kept, cut - kept, 0));
        assert_eq!(fs::read(torn.kept_as.unwrap()).unwrap(), whole[kept as usize..cut as usize]);
        assert_eq!(store.stats().entries, 2);
        if cut % 50 == 0 {
            store.append(&second).unwrap();
            assert_eq!(store.stats().entries, 4);
        }
    }
    let store = open(dir.path());
    assert_eq!(store.stats().entries, 2);
}

#[test]
fn a_segment_that_was_only_begun_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut scribe = Scribe::new();
    for len in 0..frame::SEGMENT_HEAD_LEN {
        fs::write(dir.path().join("00000001.seg"), &frame::segment_head(1, 0)[..len]).unwrap();
        let store = open(dir.path());
        assert_eq!(store.stats().entries, 0);
        assert_eq!(store.stats().bytes, frame::SEGMENT_HEAD_LEN as u64);
    }
    open(dir.path()).append(&scribe.save()).unwrap();
    assert_eq!(open(dir.path()).stats().entries, 2);
}

#[test]
fn damage_before_later_commits_is_told_apart_from_a_torn_write() {
    let mut scribe = Scribe::new();
    let store = MemoryStore::new();
    let mut ends = Vec::new();
    for _ in 0..5 {
        store.append(&scribe.save()).unwrap();
        ends.push(store.bytes().len());
    }
    let mut bytes = store.bytes();
    bytes[ends[1] + 30] ^= 1;
    let store = MemoryStore::from_bytes(bytes);
    let torn = store.open_report().torn.unwrap();
    assert_eq!((torn.offset, torn.commits_behind), (ends[1] as u64, 3));
    assert_eq!(store.stats().entries, 9, "one frame is damaged, the others stay");
}

fn filled(dir: &Path, saves: usize) -> Vec<(LogId, Vec<Entry>, Vec<Seal>)> {
    let mut scribe = Scribe::new();
    let store = open(dir);
    for _ in 0..saves {
        store.append(&scribe.save()).unwrap();
    }
    contents(&store)
}

#[test]
fn segments_roll_and_their_indexes_can_be_lost() {
    let dir = tempfile::tempdir().unwrap();
    let before = filled(dir.path(), 60);
    let files = |extension: &str| {
        let names = fs::read_dir(dir.path()).unwrap().map(|item| item.unwrap().path());
        names.filter(|path| path.extension().is_some_and(|found| found == extension)).collect::<Vec<_>>()
    };
    let segments = files("seg").len();
    assert!(segments > 5);
    assert_eq!(files("idx").len(), segments - 1);

    fs::remove_file(dir.path().join("00000002.idx")).unwrap();
    let mut index = fs::read(dir.path().join("00000004.idx")).unwrap();
    index[40] ^= 1;
    fs::write(dir.path().join("00000004.idx"), index).unwrap();
    let store = open(dir.path());
    assert_eq!(store.open_report().indexes_rebuilt, 2);
    assert_eq!(contents(&store), before);
    drop(store);
    assert_eq!(open(dir.path()).open_report(), OpenReport::default());
}

#[test]
fn every_changed_byte_of_an_index_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let before = filled(dir.path(), 8);
    let name = dir.path().join("00000001.idx");
    let index = fs::read(&name).unwrap();
    for at in (0..index.len()).step_by(7) {
        let mut changed = index.clone();
        changed[at] ^= 0x10;
        fs::write(&name, changed).unwrap();
        let store = open(dir.path());
        assert_eq!(store.open_report().indexes_rebuilt, 1, "byte {at}");
        assert_eq!(contents(&store), before, "byte {at}");
    }
}

#[test]
fn damage_in_a_closed_segment_is_found_when_read_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let before = filled(dir.path(), 30);
    let name = dir.path().join("00000002.seg");
    let mut bytes = fs::read(&name).unwrap();
    bytes[frame::SEGMENT_HEAD_LEN + 200] ^= 1;
    fs::write(&name, bytes).unwrap();
    let store = open(dir.path());
    let numbers =
        before.iter().flat_map(|(log, entries, _)| (1..=entries.len() as u64).map(move |number| (log, number)));
    let read: Vec<_> = numbers.map(|(log, number)| (store.entry(log, number), store.seal_at(log, number))).collect();
    let damaged = read.iter().filter(|(entry, seal)| entry.is_err() || seal.is_err()).count();
    assert!((1..=2).contains(&damaged), "{damaged} of {} reads failed", read.len());
    drop(store);
}

#[test]
fn a_folder_has_one_owner() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    assert!(matches!(SegmentStore::open(dir.path(), small()), Err(StoreError::Locked(_))));
    drop(first);
    open(dir.path());
}

#[test]
fn bulk_work_stops_below_the_floor_and_records_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = SegmentStore::open(dir.path(), SegmentOptions { floor_bytes: u64::MAX, ..small() }).unwrap();
    let mut scribe = Scribe::new();
    let bulk = scribe.log(1, Lane::Bulk);
    let bulk = scribe.entries(bulk, &[10]);
    assert!(matches!(store.append(&bulk), Err(StoreError::LowSpace { .. })));
    assert!(!store.stats().roomy);
    store.append(&scribe.save()).unwrap();
}

#[test]
fn the_reserve_is_made_and_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let options = SegmentOptions { reserve_bytes: 4096, ..small() };
    let store = SegmentStore::open(dir.path(), options).unwrap();
    assert_eq!(fs::metadata(dir.path().join("reserve")).unwrap().len(), 4096);
    drop(store);
    let space = space::FreeSpace::watch(dir.path(), 0, 4096);
    assert!(space.release_reserve());
    assert!(!space.release_reserve());
    assert!(!dir.path().join("reserve").exists());
}

#[test]
fn a_journal_is_opened_again_in_place_and_written_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = SegmentStore::open(dir.path(), small()).unwrap();
    let mut scribe = Scribe::new();
    (0..40).for_each(|_| store.append(&scribe.save()).unwrap());
    let before = store.stats();
    // What a write that the disk refused halfway has left.
    let last = path_of_last(dir.path());
    let mut bytes = fs::read(&last).unwrap();
    bytes.extend_from_slice(&[0, 0, 1, 200, 7, 7, 7, 7]);
    fs::write(&last, bytes).unwrap();
    store.reopen().unwrap();
    assert_eq!(store.stats().entries, before.entries);
    store.append(&scribe.save()).unwrap();
    assert_eq!(store.stats().entries, before.entries + 2);
    drop(store);
    assert_eq!(open(dir.path()).stats().entries, before.entries + 2);
}

fn path_of_last(dir: &Path) -> PathBuf {
    let segments = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    segments.filter(|path| path.extension().is_some_and(|end| end == "seg")).max().unwrap()
}

#[test]
fn a_full_disk_refuses_and_goes_on() {
    let store = MemoryStore::new();
    let mut scribe = Scribe::new();
    store.inject(1, Fault::Full);
    store.append(&scribe.save()).unwrap();
    let second = scribe.save();
    assert!(matches!(store.append(&second), Err(StoreError::Full)));
    assert_eq!(store.stats().entries, 2);
    store.append(&second).unwrap();
    assert_eq!(MemoryStore::from_bytes(store.bytes()).stats().entries, 4);
}

#[test]
fn after_an_error_of_the_disk_nothing_is_believed_until_the_store_is_reopened() {
    for fault in [Fault::Io, Fault::Tear(0), Fault::Tear(100), Fault::Flush] {
        let store = MemoryStore::new();
        let mut scribe = Scribe::new();
        store.append(&scribe.save()).unwrap();
        store.inject(0, fault);
        let second = scribe.save();
        assert!(matches!(store.append(&second), Err(StoreError::Io(_))), "{fault:?}");
        assert!(matches!(store.append(&second), Err(StoreError::NeedsReopen)), "{fault:?}");
        assert!(store.stats().needs_reopen);
        assert_eq!(store.stats().entries, 2, "what was acknowledged can still be read");
        let again = MemoryStore::from_bytes(store.bytes());
        // After a failed flush the commit may or may not be there; it is never there in part.
        let expected = if fault == Fault::Flush { 4 } else { 2 };
        assert_eq!(again.stats().entries, expected, "{fault:?}");
    }
}

#[test]
fn a_log_whose_last_entry_is_damaged_does_not_stop_the_others() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 8);
    // The first log ends in the first segment; everything after it belongs to others.
    let mut scribe = Scribe { key: SigningKey::from_bytes(&[8; 32]), last: BTreeMap::new() };
    let store = open(dir.path());
    let quiet = scribe.log(9, Lane::Urgent);
    store.append(&scribe.entries(quiet, &[10])).unwrap();
    let place = fs::metadata(dir.path().join("00000002.seg")).unwrap().len() - 150;
    for _ in 0..8 {
        store.append(&scribe.save()).unwrap();
    }
    drop(store);
    let name = dir.path().join("00000002.seg");
    let mut bytes = fs::read(&name).unwrap();
    bytes[place as usize] ^= 1;
    fs::write(&name, bytes).unwrap();

    let store = open(dir.path());
    assert!(matches!(store.entry(&quiet, 1), Err(StoreError::Corrupt(_))));
    let key = crate::ledger::ReplicaKey::from_seed(&[9; 32]);
    let ledger = crate::Ledger::open(Box::new(store), key, Incarnation(1), crate::Keyring::new()).unwrap();
    let mut findings = Vec::new();
    let verified = ledger.verify_all(&mut |finding| findings.push(finding));
    assert_eq!((findings.len(), findings[0].log), (1, Some(quiet)));
    assert_eq!(verified.entries, 32);
}
