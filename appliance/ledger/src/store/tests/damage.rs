//! Damage of every kind in the middle of the journal: what is good stays, what is missing is known, and comes back.

use super::*;

type Honest = Vec<(LogId, Vec<Entry>, Vec<Seal>)>;

fn file(dir: &Path, name: &str) -> std::path::PathBuf {
    dir.join(name)
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x20;
    fs::write(path, bytes).unwrap();
}

/// What somebody, or a worn card, does to a folder of at least six segments; and whether a start must notice it.
type Harm = (&'static str, fn(&Path), bool);

const HARMS: [Harm; 10] = [
    ("a changed byte in a closed segment", |dir| flip(&file(dir, "00000002.seg"), 700), false),
    (
        "a changed byte and no sidecar",
        |dir| {
            flip(&file(dir, "00000002.seg"), 700);
            fs::remove_file(file(dir, "00000002.idx")).unwrap();
        },
        true,
    ),
    (
        "a changed head of a segment",
        |dir| {
            flip(&file(dir, "00000003.seg"), 3);
            flip(&file(dir, "00000003.idx"), 90);
        },
        true,
    ),
    (
        "a range of zeros",
        |dir| {
            let mut bytes = fs::read(file(dir, "00000002.seg")).unwrap();
            bytes[600..2_000].fill(0);
            fs::write(file(dir, "00000002.seg"), bytes).unwrap();
        },
        false,
    ),
    (
        "a closed segment cut short",
        |dir| {
            let bytes = fs::read(file(dir, "00000003.seg")).unwrap();
            fs::write(file(dir, "00000003.seg"), &bytes[..bytes.len() / 2]).unwrap();
        },
        true,
    ),
    ("an empty segment", |dir| fs::write(file(dir, "00000003.seg"), []).unwrap(), true),
    ("a segment that is gone", |dir| fs::remove_file(file(dir, "00000004.seg")).unwrap(), true),
    (
        "two segments that are gone, one with its sidecar",
        |dir| {
            fs::remove_file(file(dir, "00000001.seg")).unwrap();
            fs::remove_file(file(dir, "00000002.seg")).unwrap();
            fs::remove_file(file(dir, "00000002.idx")).unwrap();
        },
        true,
    ),
    (
        "a changed byte at the beginning of the last segment",
        |dir| {
            let last = (1..).map(|number| file(dir, &format!("{number:08}.seg"))).take_while(|path| path.exists());
            flip(&last.last().unwrap(), 200);
        },
        true,
    ),
    (
        "the last segment is gone",
        |dir| {
            let last = (1..).map(|number| file(dir, &format!("{number:08}.seg"))).take_while(|path| path.exists());
            fs::remove_file(last.last().unwrap()).unwrap();
        },
        true,
    ),
];

/// Every entry that is held is the honest one, and every other one counts as lost or stands behind the end of its log.
fn check_what_is_held(store: &SegmentStore, honest: &Honest, what: &str) -> u64 {
    let mut missing = 0;
    for (log, entries, _) in honest {
        let last = store.last(log).0;
        for (number, entry) in (1..).zip(entries) {
            let held = store.entry(log, number).unwrap();
            let lost = store.lost().iter().any(|lost| lost.log == *log && (lost.first..=lost.last).contains(&number));
            assert!(held.as_ref().is_none_or(|held| held == entry), "{what}: entry {number}");
            assert_eq!(store.next_held(log, number) == Some(number), held.is_some(), "{what}: entry {number}");
            assert!(held.is_some() != lost || (held.is_none() && number > last), "{what}: entry {number}");
            assert!(held.is_some() || number > last, "{what}: entry {number} is said to be held");
            missing += u64::from(held.is_none());
        }
        assert!(store.read(log, 1, usize::MAX).unwrap().len() as u64 == last, "{what}");
    }
    missing
}

/// Gives back what is missing, from where each log ends, as peers do.
fn heal(store: &SegmentStore, honest: &Honest) {
    for (log, entries, seals) in honest {
        while let Some(entry) = entries.get(store.last(log).0 as usize) {
            let seal = seals.iter().find(|seal| seal.number == entry.header.core.number).cloned();
            let items = std::iter::once(StoredItem::Entry(entry.clone())).chain(seal.map(StoredItem::Seal));
            store.append(&items.collect::<Vec<_>>()).unwrap();
        }
    }
}

#[test]
fn what_damage_takes_is_known_and_comes_back_and_the_rest_goes_on() {
    for (what, harm, at_start) in HARMS {
        let dir = tempfile::tempdir().unwrap();
        let honest = filled(dir.path(), 60);
        assert!(file(dir.path(), "00000006.seg").exists());
        harm(dir.path());
        let store = open(dir.path());
        let parts = store.parts();
        let found = (1..=parts).filter(|part| store.mend(*part).unwrap()).count();
        assert_eq!(found > 0, !at_start, "{what}");
        let missing = check_what_is_held(&store, &honest, what);
        assert!(missing < 60, "{what}: {missing} are missing");
        assert_eq!(missing == 0, what == "a changed head of a segment", "{what}");
        drop(store);

        // It is known after a restart too, and nothing is found again.
        let store = open(dir.path());
        assert_eq!(check_what_is_held(&store, &honest, what), missing, "{what}");
        assert!((1..=parts.min(store.parts())).all(|part| !store.mend(part).unwrap()), "{what}");
        heal(&store, &honest);
        assert_eq!((store.lost(), contents(&store)), (Vec::new(), honest.clone()), "{what}");
        drop(store);
        let store = open(dir.path());
        assert_eq!((store.lost(), contents(&store)), (Vec::new(), honest), "{what}");
        assert_eq!(store.open_report(), OpenReport::default(), "{what}");
        assert!(!file(dir.path(), "lost").exists(), "{what}");
    }
}

#[test]
fn a_damaged_file_is_kept_under_another_name() {
    let dir = tempfile::tempdir().unwrap();
    filled(dir.path(), 60);
    flip(&file(dir.path(), "00000002.seg"), 700);
    let damaged = fs::read(file(dir.path(), "00000002.seg")).unwrap();
    let store = open(dir.path());
    assert!(store.mend(2).unwrap());
    let kept_as = store.open_report().mended[0].kept_as.clone().unwrap();
    assert_eq!(fs::read(kept_as).unwrap(), damaged);
    assert_eq!(store.lost().len(), 1, "one frame, one entry: {:?}", store.lost());
}

#[test]
fn another_entry_does_not_fill_a_hole() {
    let dir = tempfile::tempdir().unwrap();
    let honest = filled(dir.path(), 60);
    fs::remove_file(file(dir.path(), "00000003.seg")).unwrap();
    let store = open(dir.path());
    let hole = store.lost()[0];
    let (_, entries, _) = honest.iter().find(|(log, ..)| *log == hole.log).unwrap();
    let mut other = entries[hole.first as usize - 1].clone();
    other.header.core.prev = EntryHash([7; 32]);
    assert!(matches!(store.append(&[StoredItem::Entry(other)]), Err(StoreError::OutOfOrder(_))));
    let behind = entries[hole.last as usize].clone();
    assert!(matches!(store.append(&[StoredItem::Entry(behind)]), Err(StoreError::OutOfOrder(_))));
}

/// Damages every byte of one closed segment in turn: what is left is good, and all that is missing is known.
#[test]
fn whichever_byte_is_damaged_the_rest_of_the_segment_stays() {
    let dir = tempfile::tempdir().unwrap();
    let honest = filled(dir.path(), 30);
    let name = file(dir.path(), "00000001.seg");
    let (bytes, sidecar) = (fs::read(&name).unwrap(), fs::read(file(dir.path(), "00000001.idx")).unwrap());
    for at in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        fs::write(&name, changed).unwrap();
        let _ = fs::remove_file(file(dir.path(), "00000001.idx"));
        let store = open(dir.path());
        let missing = check_what_is_held(&store, &honest, &format!("byte {at}"));
        assert!(missing <= 1, "byte {at}: {missing} are missing");
        drop(store);
        fs::write(&name, &bytes).unwrap();
        fs::write(file(dir.path(), "00000001.idx"), &sidecar).unwrap();
        let _ = fs::remove_file(file(dir.path(), "lost"));
    }
}
