//! One suite of stories for every engine, then what is particular to files and to faults.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

fn key() -> ViewKey {
    ViewKey::new([42; 32])
}

/// Where a store lives; outlives the stores opened on it.
enum Place {
    Memory(MemoryViews),
    Sled(TempDir),
}

impl Place {
    fn both() -> [Self; 2] {
        [Self::Memory(MemoryViews::new()), Self::sled()]
    }

    fn sled() -> Self {
        Self::Sled(TempDir::new().unwrap())
    }

    fn try_open(&self) -> Result<(Box<dyn ViewStore>, OpenReport), ViewError> {
        match self {
            Self::Memory(views) => views.open(&key()),
            Self::Sled(dir) => open_views(dir.path(), &key()),
        }
    }

    fn open(&self) -> (Box<dyn ViewStore>, OpenReport) {
        self.try_open().unwrap()
    }
}

fn record(number: u32) -> Key {
    Key::new(Table::Record).hidden(number.to_be_bytes())
}

fn put(rows: impl IntoIterator<Item = (Key, Vec<u8>)>) -> Batch {
    let mut batch = Batch::new();
    rows.into_iter().for_each(|(key, value)| batch.put(key, value));
    batch
}

fn all(views: &dyn ViewStore, prefix: &Key) -> Vec<Row> {
    views.scan(prefix, usize::MAX, None).unwrap()
}

#[test]
fn what_was_committed_is_there_after_opening_again_with_its_stamp() {
    for place in Place::both() {
        let (views, report) = place.open();
        assert_eq!(report, OpenReport { outcome: OpenOutcome::Created, stamp: None });
        views.commit(&put((0..250).map(|number| (record(number), vec![7; 200]))), Some(b"one")).unwrap();
        views.commit(&Batch::new(), Some(b"two")).unwrap();
        assert_eq!(views.stamp(), Some(b"two".to_vec()));
        views.close().unwrap();
        assert!(matches!(views.get(&record(1)), Err(ViewError::NeedsReopen)));
        assert!(matches!(views.commit(&Batch::new(), None), Err(ViewError::NeedsReopen)));

        let (views, report) = place.open();
        assert_eq!(report, OpenReport { outcome: OpenOutcome::Opened, stamp: Some(b"two".to_vec()) });
        assert_eq!(views.count(&Key::new(Table::Record)).unwrap(), 250);
        assert_eq!(views.get(&record(249)).unwrap(), Some(vec![7; 200]));
        assert_eq!(views.get(&record(250)).unwrap(), None);
        assert_eq!(views.check().unwrap().rows, 251);
    }
}

#[test]
fn rows_of_several_pages_come_in_order_and_a_failure_ends_them() {
    for place in Place::both() {
        let (views, _) = place.open();
        let prefix = Key::new(Table::Record);
        for count in [0, 1, 999, 1_000, 1_001, 2_500] {
            views.commit(&put((0..count).map(|number| (record(number), vec![1]))), None).unwrap();
            let rows: Vec<Row> = views.rows(prefix.clone()).collect::<Result<_, _>>().unwrap();
            assert_eq!(rows, all(&*views, &prefix));
        }
        let mut rows = views.rows(prefix.clone());
        assert!(rows.next().unwrap().is_ok());
        views.close().unwrap();
        assert!(rows.by_ref().take(999).all(|row| row.is_ok()), "what was read is there");
        assert!(matches!(rows.next(), Some(Err(ViewError::NeedsReopen))));
        assert!(rows.next().is_none());
    }
}

#[test]
fn after_an_error_the_same_store_can_be_opened_again_in_place() {
    for place in Place::both() {
        let (views, _) = place.open();
        views.commit(&put([(record(1), b"first".to_vec())]), Some(b"one")).unwrap();
        if let Place::Memory(memory) = &place {
            memory.faults().after(0, Fault::Full);
            assert!(matches!(views.commit(&put([(record(2), b"second".to_vec())]), None), Err(ViewError::Full)));
            assert!(matches!(views.get(&record(1)), Err(ViewError::NeedsReopen)));
            memory.faults().after(0, Fault::Io);
            assert!(matches!(views.reopen(), Err(ViewError::Io(_))), "the disk is not well yet");
        }
        views.reopen().unwrap();
        assert_eq!(views.stamp(), Some(b"one".to_vec()));
        assert_eq!(views.get(&record(1)).unwrap(), Some(b"first".to_vec()));
        views.commit(&put([(record(2), b"second".to_vec())]), Some(b"two")).unwrap();
        assert!(matches!(place.try_open(), Err(ViewError::Locked)), "it is still this one's");
        views.close().unwrap();
        assert!(matches!(views.reopen(), Err(ViewError::NeedsReopen)), "what was closed stays closed");
        assert_eq!(place.open().0.get(&record(2)).unwrap(), Some(b"second".to_vec()));
    }
}

#[test]
fn a_second_opener_is_told_to_wait_for_the_first() {
    for place in Place::both() {
        let (views, _) = place.open();
        assert!(matches!(place.try_open(), Err(ViewError::Locked)));
        drop(views);
        place.open();
    }
}

#[test]
fn rows_stand_in_the_order_of_their_numbers_and_come_in_pages() {
    for place in Place::both() {
        let (views, _) = place.open();
        let recent = |ms: u64| Key::new(Table::Recent).descending(ms).hidden(ms.to_be_bytes());
        let peer = |ms: u64| Key::new(Table::Peer).hidden("hub").ascending(ms);
        let times = [5, 1, u64::MAX, 0, 300, 70_000];
        let rows = times.iter().flat_map(|ms| [(recent(*ms), vec![1]), (peer(*ms), vec![2])]);
        views.commit(&put(rows), None).unwrap();

        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        let numbers =
            |rows: &[Row], part| rows.iter().map(|row| row.key.number_part(part).unwrap()).collect::<Vec<_>>();
        assert_eq!(numbers(&all(&*views, &Key::new(Table::Peer).hidden("hub")), 1), sorted);
        assert_eq!(all(&*views, &Key::new(Table::Peer).hidden("other")), []);
        sorted.reverse();
        let mut seen = Vec::new();
        let mut after: Option<Key> = None;
        loop {
            let page = views.scan(&Key::new(Table::Recent), 4, after.as_ref()).unwrap();
            let Some(last) = page.last() else { break };
            assert_eq!(last.key.hidden_part(1).unwrap(), last.key.number_part(0).unwrap().to_be_bytes());
            after = Some(last.key.clone());
            seen.extend(numbers(&page, 0));
        }
        assert_eq!(seen, sorted);
    }
}

#[test]
fn values_of_any_length_come_back_and_leave_no_pieces_behind() {
    for place in Place::both() {
        let (views, _) = place.open();
        for bytes in [0, 1, 3_799, 3_800, 3_801, 7_600, 20_000, 300_000, 5] {
            let value: Vec<u8> = (0..bytes).map(|at: u32| (at % 251) as u8).collect();
            views.commit(&put([(record(1), value.clone()), (record(2), vec![1])]), Some(&value)).unwrap();
            assert_eq!(views.get(&record(1)).unwrap(), Some(value.clone()));
            assert_eq!(all(&*views, &record(1))[0].value, value);
            assert_eq!(views.stamp(), Some(value));
            let stats = views.check().unwrap();
            assert_eq!(stats.rows, 3);
            assert!(stats.live_bytes >= u64::from(2 * bytes) && stats.live_bytes < u64::from(2 * bytes) + 12_000);
        }
        if let Place::Memory(memory) = &place {
            assert_eq!(memory.row_count(), 4, "three rows and the account");
        }
        let mut gone = Batch::new();
        gone.remove(record(1));
        gone.remove(record(3));
        views.commit(&gone, None).unwrap();
        assert_eq!(views.get(&record(1)).unwrap(), None);
        assert_eq!(views.check().unwrap().rows, 2);
    }
}

#[test]
fn limits_are_refused_by_name_and_write_nothing() {
    for place in Place::both() {
        let (views, _) = place.open();
        let many_parts = (0..=PARTS_MAX as u64).fold(Key::new(Table::Meta), Key::ascending);
        let long_part = Key::new(Table::Meta).hidden(vec![0; PART_BYTES_MAX + 1]);
        let long_value = put([(record(1), vec![1]), (record(2), vec![0; VALUE_BYTES_MAX + 1])]);
        for batch in [put([(many_parts, vec![])]), put([(long_part, vec![])]), long_value] {
            assert!(matches!(views.commit(&batch, Some(b"x")), Err(ViewError::TooLarge { .. })));
        }
        let long_stamp = vec![0; STAMP_BYTES_MAX + 1];
        assert!(matches!(views.commit(&Batch::new(), Some(&long_stamp)), Err(ViewError::TooLarge { .. })));
        assert_eq!((views.stamp(), views.check().unwrap().rows), (None, 0));
    }
}

#[test]
fn the_last_row_under_a_key_counts() {
    for place in Place::both() {
        let (views, _) = place.open();
        let mut batch = put([(record(1), vec![1]), (record(2), vec![2]), (record(1), vec![3])]);
        batch.remove(record(2));
        views.commit(&batch, None).unwrap();
        assert_eq!(views.get(&record(1)).unwrap(), Some(vec![3]));
        assert_eq!(views.get(&record(2)).unwrap(), None);
        views.check().unwrap();
    }
}

#[test]
fn another_machine_key_sees_nothing_and_starts_again() {
    for place in Place::both() {
        let (views, _) = place.open();
        views.commit(&put([(record(1), vec![1])]), Some(b"x")).unwrap();
        views.close().unwrap();
        let other = ViewKey::new([43; 32]);
        let (views, report) = match &place {
            Place::Memory(memory) => memory.open(&other).unwrap(),
            Place::Sled(dir) => open_views(dir.path(), &other).unwrap(),
        };
        assert!(matches!(report, OpenReport { outcome: OpenOutcome::Rebuild { .. }, stamp: None }));
        assert_eq!(views.count(&Key::new(Table::Record)).unwrap(), 0);
        views.commit(&put([(record(1), vec![2])]), Some(b"y")).unwrap();
        assert_eq!(views.get(&record(1)).unwrap(), Some(vec![2]));
    }
}

#[test]
fn nothing_of_a_row_can_be_found_in_the_files() {
    let place = Place::sled();
    let (views, _) = place.open();
    let plate = Key::new(Table::Identifier).hidden("NB1234PLATE").hidden("record-of-the-plate");
    views.commit(&put([(plate, b"a grey estate car".to_vec())]), Some(b"the stamp itself")).unwrap();
    views.close().unwrap();
    let Place::Sled(dir) = &place else { unreachable!() };
    let files = open::files_in(dir.path()).unwrap();
    assert!(files.len() > 2);
    for bytes in files.iter().map(|file| fs::read(file).unwrap()) {
        for secret in ["NB1234PLATE", "record-of-the-plate", "grey estate", "stamp itself"] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{secret} is in a file");
        }
    }
}

#[test]
fn compaction_keeps_every_row_and_gives_space_back() {
    for place in Place::both() {
        let (views, _) = place.open();
        for round in 0..30u8 {
            let rows = (0..300).map(|number| (record(number), vec![round; 400]));
            views.commit(&put(rows), Some(&[round])).unwrap();
        }
        views.commit(&put([(record(1), vec![9; 10_000])]), None).unwrap();
        let before = views.stats().unwrap();
        views.compact().unwrap();
        let after = views.check().unwrap();
        assert_eq!((after.rows, after.live_bytes), (before.rows, before.live_bytes));
        assert!(after.disk_bytes <= before.disk_bytes);
        assert_eq!(views.get(&record(1)).unwrap(), Some(vec![9; 10_000]));
        views.commit(&put([(record(2), vec![8])]), Some(b"after")).unwrap();
        views.close().unwrap();
        let (views, report) = place.open();
        assert_eq!(report, OpenReport { outcome: OpenOutcome::Opened, stamp: Some(b"after".to_vec()) });
        assert_eq!(views.get(&record(2)).unwrap(), Some(vec![8]));
        if let Place::Sled(dir) = &place {
            assert!(!dir.path().join("views-000001").exists());
        }
    }
}

#[test]
fn a_rebuild_begins_with_the_tables_that_the_logs_cannot_give_back() {
    for place in Place::both() {
        let (views, _) = place.open();
        let peer = |number: u32| Key::new(Table::Peer).hidden(number.to_be_bytes());
        // Long values, so that their pieces have to come along, and more rows than one step holds.
        let rows = (0..130).map(|number| (peer(number), vec![number as u8; 9_000]));
        views.commit(&put(rows.chain((0..300).map(|number| (record(number), vec![7; 40])))), Some(b"one")).unwrap();
        views.keep_only(&[Table::Peer]).unwrap();
        assert_eq!(views.stamp(), None);
        assert_eq!(views.count(&Key::new(Table::Record)).unwrap(), 0);
        assert_eq!(views.get(&peer(129)).unwrap(), Some(vec![129; 9_000]));
        assert_eq!(views.check().unwrap().rows, 130);
        views.commit(&put([(record(1), vec![8])]), Some(b"two")).unwrap();
        views.close().unwrap();
        let (views, report) = place.open();
        assert_eq!(report, OpenReport { outcome: OpenOutcome::Opened, stamp: Some(b"two".to_vec()) });
        assert_eq!(views.check().unwrap().rows, 132);
    }
}

#[derive(Clone, Debug)]
enum Act {
    Commit(Vec<(Key, Option<Vec<u8>>)>, Option<u8>),
    Page(Key, usize),
    Compact,
    Reopen { in_order: bool },
}

fn any_key() -> impl Strategy<Value = Key> {
    let table = prop::sample::select(&[Table::Record, Table::Identifier, Table::Recent][..]);
    (table, 0u64..6, 0u8..6, any::<bool>()).prop_map(|(table, number, hidden, ascending)| {
        let key = Key::new(table).hidden([hidden]);
        if ascending { key.ascending(number) } else { key.descending(number) }
    })
}

fn any_prefix() -> impl Strategy<Value = Key> {
    (any_key(), 0usize..3).prop_map(|(mut key, parts)| {
        key.parts.truncate(parts);
        key
    })
}

fn any_act() -> impl Strategy<Value = Act> {
    let value = prop_oneof![
        8 => prop::collection::vec(any::<u8>(), 0..40),
        1 => (3_700usize..9_000, any::<u8>()).prop_map(|(bytes, byte)| vec![byte; bytes]),
    ];
    let row = (any_key(), prop::option::weighted(0.7, value)).boxed();
    let rows = prop_oneof![4 => prop::collection::vec(row.clone(), 0..8), 1 => prop::collection::vec(row, 90..130)];
    prop_oneof![
        6 => (rows, any::<Option<u8>>()).prop_map(|(rows, stamp)| Act::Commit(rows, stamp)),
        3 => (any_prefix(), 1usize..5).prop_map(|(prefix, limit)| Act::Page(prefix, limit)),
        1 => Just(Act::Compact),
        1 => any::<bool>().prop_map(|in_order| Act::Reopen { in_order }),
    ]
}

fn model_page(model: &BTreeMap<Key, Vec<u8>>, prefix: &Key) -> BTreeMap<Key, Vec<u8>> {
    let within = |key: &Key| key.table == prefix.table && key.parts.starts_with(&prefix.parts);
    model.iter().filter(|(key, _)| within(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn play(place: &Place, acts: &[Act]) {
    let mut views = place.open().0;
    let mut model: BTreeMap<Key, Vec<u8>> = BTreeMap::new();
    let mut stamp: Option<Vec<u8>> = None;
    for act in acts {
        match act {
            Act::Commit(rows, new_stamp) => {
                let new_stamp = new_stamp.map(|byte| vec![byte]);
                views.commit(&Batch { rows: rows.clone() }, new_stamp.as_deref()).unwrap();
                stamp = new_stamp.or(stamp);
                for (key, value) in rows.iter().cloned() {
                    match value {
                        Some(value) => model.insert(key, value),
                        None => model.remove(&key),
                    };
                }
            }
            Act::Page(prefix, limit) => {
                let mut paged = Vec::new();
                while let Some(row) = views.scan(prefix, *limit, paged.last().map(|row: &Row| &row.key)).unwrap().pop()
                {
                    let upto = views.scan(prefix, *limit, paged.last().map(|row: &Row| &row.key)).unwrap();
                    assert_eq!(upto.last(), Some(&row));
                    paged.extend(upto);
                }
                assert_eq!(paged, all(&*views, prefix));
                assert_eq!(views.count(prefix).unwrap(), paged.len() as u64);
                let found: BTreeMap<Key, Vec<u8>> = paged.into_iter().map(|row| (row.key, row.value)).collect();
                assert_eq!(found, model_page(&model, prefix));
            }
            Act::Compact => views.compact().unwrap(),
            Act::Reopen { in_order } => {
                if *in_order {
                    views.close().unwrap();
                }
                drop(views);
                let (again, report) = place.open();
                assert!(!matches!(report.outcome, OpenOutcome::Rebuild { .. }), "{report:?}");
                assert_eq!(report.stamp, stamp);
                views = again;
            }
        }
        assert_eq!(views.stamp(), stamp);
    }
    model.iter().for_each(|(key, value)| assert_eq!(views.get(key).unwrap().as_ref(), Some(value)));
    let stats = views.check().unwrap();
    assert_eq!(stats.rows, model.len() as u64 + u64::from(stamp.is_some()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn memory_behaves_like_a_sorted_map(acts in prop::collection::vec(any_act(), 1..25)) {
        play(&Place::Memory(MemoryViews::new()), &acts);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn sled_behaves_like_a_sorted_map(acts in prop::collection::vec(any_act(), 1..25)) {
        play(&Place::sled(), &acts);
    }
}

/// A fault at every call of a commit of several steps: it is reported, the store refuses to carry on, and
/// after opening again committing the same rows gives the same result.
#[test]
fn a_commit_that_fails_anywhere_can_be_repeated() {
    let value = |number: u32| vec![number as u8; if number.is_multiple_of(25) { 8_000 } else { 30 }];
    let rows = || put((0..110).map(|number| (record(number), value(number))));
    for fault in [Fault::Full, Fault::Io] {
        for calls in 0.. {
            let place = MemoryViews::new();
            let (views, _) = place.open(&key()).unwrap();
            views.commit(&put((0..30).map(|number| (record(number), vec![1; 4_000]))), Some(b"before")).unwrap();
            place.faults().after(calls, fault);
            let Err(error) = views.commit(&rows(), Some(b"after")) else { break };
            assert!(matches!((fault, error), (Fault::Full, ViewError::Full) | (Fault::Io, ViewError::Io(_))));
            assert!(matches!(views.get(&record(1)), Err(ViewError::NeedsReopen)));
            assert!(matches!(views.commit(&rows(), None), Err(ViewError::NeedsReopen)));
            drop(views);
            let (views, report) = place.open(&key()).unwrap();
            assert_eq!(report.outcome, OpenOutcome::Opened);
            if report.stamp == Some(b"after".to_vec()) {
                // Only the tidying up failed.
                assert_eq!(views.get(&record(109)).unwrap(), Some(value(109)));
            } else {
                assert_eq!(report.stamp, Some(b"before".to_vec()));
            }
            views.commit(&rows(), Some(b"after")).unwrap();
            assert_eq!(views.check().unwrap().rows, 111);
            assert!((0..110).all(|number| views.get(&record(number)).unwrap() == Some(value(number))));
        }
    }
}

#[test]
fn a_wrong_bit_is_an_error_and_never_a_wrong_value() {
    let place = MemoryViews::new();
    let (views, _) = place.open(&key()).unwrap();
    views.commit(&put([(record(1), vec![1; 6_000]), (record(2), vec![2])]), Some(b"x")).unwrap();
    for calls in 0..3 {
        place.faults().after(calls, Fault::WrongBit);
        assert!(matches!(views.get(&record(1)), Err(ViewError::Corrupt(_))));
    }
    place.faults().after(0, Fault::WrongBit);
    assert!(matches!(views.scan(&Key::new(Table::Record), 9, None), Err(ViewError::Corrupt(_))));
    place.faults().after(0, Fault::WrongBit);
    assert!(matches!(views.check(), Err(ViewError::Corrupt(_))));
    assert_eq!(views.get(&record(2)).unwrap(), Some(vec![2]));
    drop(views);
    for row in 0.. {
        let (views, _) = place.open(&key()).unwrap();
        views.commit(&put([(record(1), vec![1; 6_000]), (record(2), vec![2])]), Some(b"x")).unwrap();
        drop(views);
        if !place.damage(row) {
            break;
        }
        let (_, report) = place.open(&key()).unwrap();
        assert!(matches!(report.outcome, OpenOutcome::Rebuild { .. }), "row {row}");
    }
}

/// What the rows must be for each stamp that a store may come back with.
type Past = BTreeMap<Option<Vec<u8>>, BTreeMap<Key, Vec<u8>>>;

fn store_with_a_past(dir: &Path, in_order: bool) -> Past {
    let (views, _) = open_views(dir, &key()).unwrap();
    let mut past = Past::from([(None, BTreeMap::new())]);
    let mut model = BTreeMap::new();
    for round in 0..6u8 {
        let rows: Vec<_> = (0..80u32)
            .map(|number| (record(number * u32::from(round + 1) % 150), vec![round; 150 + number as usize]))
            .chain([(record(999), vec![round; 9_000])])
            .collect();
        model.extend(rows.clone());
        views.commit(&put(rows), Some(&[round])).unwrap();
        past.insert(Some(vec![round]), model.clone());
    }
    if in_order {
        views.close().unwrap();
    }
    past
}

/// Opens a damaged copy: whatever it says, its rows are those of the stamp that it names.
fn assert_never_wrong(dir: &Path, past: &Past, what: &str) -> OpenOutcome {
    let (views, report) = open_views(dir, &key()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let expected = past.get(&report.stamp).unwrap_or_else(|| panic!("{what}: no such stamp {:?}", report.stamp));
    let rows = all(&*views, &Key::new(Table::Record)).into_iter().map(|row| (row.key, row.value)).collect();
    assert_eq!(*expected, rows, "{what}: {report:?}");
    if let OpenOutcome::Rebuild { .. } = report.outcome {
        assert_eq!(report.stamp, None, "{what}");
    }
    views.commit(&put([(record(5), vec![5])]), Some(b"goes on")).unwrap();
    views.check().unwrap();
    report.outcome
}

fn copy_of(dir: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    for file in open::files_in(dir).unwrap() {
        let to = copy.path().join(file.strip_prefix(dir).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(file, to).unwrap();
    }
    copy
}

/// Offsets worth hurting: the ends, and a spread over what is not empty.
fn offsets(bytes: &[u8], count: usize) -> Vec<usize> {
    let used: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    (0..count.min(used.len())).map(|nth| used[nth * used.len() / count.min(used.len())]).collect()
}

#[test]
fn damage_to_any_file_ends_in_the_right_rows_or_a_rebuild() {
    let mut rebuilt = 0;
    for in_order in [true, false] {
        let dir = TempDir::new().unwrap();
        let past = store_with_a_past(dir.path(), in_order);
        for file in open::files_in(dir.path()).unwrap() {
            let name: PathBuf = file.strip_prefix(dir.path()).unwrap().into();
            let bytes = fs::read(&file).unwrap();
            let flips = offsets(&bytes, 24).into_iter().map(|at| {
                let mut hurt = bytes.clone();
                hurt[at] ^= 0x41;
                (format!("{} with byte {at} changed, closed in order: {in_order}", name.display()), Some(hurt))
            });
            let cuts = [0, bytes.len() / 2].map(|len| {
                (format!("{} cut to {len}, closed in order: {in_order}", name.display()), Some(bytes[..len].to_vec()))
            });
            for (what, hurt) in flips.chain(cuts).chain([(format!("{} removed", name.display()), None)]) {
                let copy = copy_of(dir.path());
                match hurt {
                    Some(hurt) => fs::write(copy.path().join(&name), hurt).unwrap(),
                    None => fs::remove_file(copy.path().join(&name)).unwrap(),
                }
                rebuilt += usize::from(assert_never_wrong(copy.path(), &past, &what) != OpenOutcome::Opened);
            }
        }
    }
    assert!(rebuilt > 0, "no damage was ever found: this test hurts nothing");
}

const KILL_DIR: &str = "CAIRN_TEST_VIEWS_TO_KILL";

/// Not a story: the other process of the story below, which commits until it is killed.
#[test]
fn worker_of_the_kill_story() {
    let Some(dir) = std::env::var_os(KILL_DIR) else { return };
    let (views, _) = open_views(Path::new(&dir), &key()).unwrap();
    let begun = views.stamp().map_or(0, |stamp| u32::from_be_bytes(stamp.try_into().unwrap()));
    for round in begun + 1.. {
        let rows = (0..40).map(|number| (record(number), [&round.to_be_bytes()[..], &[7; 300]].concat()));
        views.commit(&put(rows), Some(&round.to_be_bytes())).unwrap();
        if round == begun + 5 {
            fs::write(Path::new(&dir).join("started"), b"").unwrap();
        }
    }
}

#[test]
fn killed_in_the_middle_rows_and_stamp_still_belong_together() {
    let dir = TempDir::new().unwrap();
    for kill in 0..6u64 {
        let started = dir.path().join("started");
        let _ = fs::remove_file(&started);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "view::tests::worker_of_the_kill_story"])
            .env(KILL_DIR, dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !started.exists() {
            assert!(child.try_wait().unwrap().is_none(), "the worker ended");
            std::thread::yield_now();
        }
        // A different moment each time, between and inside the flushes that run every 500 ms.
        std::thread::sleep(std::time::Duration::from_millis(97 * kill));
        child.kill().unwrap();
        child.wait().unwrap();
        let (views, report) = open_views(dir.path(), &key()).unwrap();
        assert!(!matches!(report.outcome, OpenOutcome::Rebuild { .. }), "{report:?}");
        let rows = all(&*views, &Key::new(Table::Record));
        let stamp = report.stamp.unwrap_or_default();
        assert!(rows.iter().all(|row| row.value.starts_with(&stamp)));
        assert_eq!(rows.len(), if stamp.is_empty() { 0 } else { 40 });
        views.close().unwrap();
    }
}
