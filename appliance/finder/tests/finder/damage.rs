//! Hurt the folder in every way, then look: either the answer is right, or the damage is reported. Never a wrong
//! answer, never a panic.

use std::fs;
use std::path::{Path, PathBuf};

use cairn_finder::{FinderError, SearchIndex};

use crate::made_up::{KEY, ask, files, id, killed, open, person, seeded};

const PEOPLE: u64 = 40;

/// An index of a few segments with some records changed and some removed.
fn filled() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    for number in 0..PEOPLE {
        index.put(person(number, "Elin", if number % 2 == 0 { "Fairfax" } else { "Hartwell" })).unwrap();
        if number % 15 == 14 {
            index.commit(b"part").unwrap();
        }
    }
    index.remove(id(0)).unwrap();
    index.put(person(2, "Elin", "Hartwell")).unwrap();
    index.commit(b"all").unwrap();
    index.rest().unwrap();
    dir
}

/// What the index says when it is whole: Fairfax, Hartwell, all.
const RIGHT: [usize; 3] = [PEOPLE as usize / 2 - 2, PEOPLE as usize / 2 + 1, PEOPLE as usize - 1];

/// Opens without a cache to speak of, asks everything, and says what came of it.
#[track_caller]
fn look(dir: &Path, hurt: &str) -> bool {
    let (index, opened) = SearchIndex::open(dir, &KEY, 0, seeded()).unwrap();
    if opened.wiped.is_some() {
        assert_eq!(opened.stamp, b"", "{hurt}");
        repaired(&index, hurt);
        return true;
    }
    assert_eq!(opened.stamp, b"all", "{hurt}");
    let checked = index.check();
    for (text, right) in ["fairfax", "hartwell", "elin"].into_iter().zip(RIGHT) {
        match index.search(&ask(text)) {
            Ok(answer) => assert_eq!((answer.total, answer.hits.len()), (right, right), "{hurt}: {text}"),
            Err(FinderError::Damaged(_)) => assert!(checked.is_err(), "{hurt}: a check overlooked it"),
            Err(other) => panic!("{hurt}: {other}"),
        }
    }
    if let Err(error) = checked {
        assert!(matches!(error, FinderError::Damaged(_)), "{hurt}: {error}");
        let next = open(killed(dir).path()).1;
        assert!(next.wiped.is_some() && next.stamp.is_empty(), "{hurt}: whoever opens it next must know");
        repaired(&index, hurt);
        return true;
    }
    false
}

#[track_caller]
fn repaired(index: &SearchIndex, hurt: &str) {
    index.rebuild((0..3).map(|number| person(number, "Elin", "Fairfax")), b"again").unwrap();
    let kept = index.pending();
    assert_eq!(index.search(&ask("fairfax")).unwrap().total, 3 + kept, "{hurt}");
    index.put(person(9, "Elin", "Fairfax")).unwrap();
    index.commit(b"and on").unwrap();
    assert_eq!(index.search(&ask("fairfax")).unwrap().total, 4 + kept, "{hurt}");
}

/// Hurts every file in turn. Every harm done this way must be noticed.
fn hurt_each(what: &str, hurt: impl Fn(&Path, &[PathBuf]) -> bool) {
    let whole = filled();
    assert!(!look(killed(whole.path()).path(), "nothing"), "an index that is whole was taken for damaged");
    let mut done = 0;
    for number in 0..files(whole.path()).len() {
        let copy = killed(whole.path());
        let all = files(copy.path());
        if hurt(&all[number], &all) {
            assert!(look(copy.path(), &format!("{what} file {number}")), "{what} file {number} went unnoticed");
            done += 1;
        }
    }
    assert!(done > 5, "{what}: only {done} files were hurt");
}

#[test]
fn a_changed_byte_in_any_file_is_noticed() {
    for place in [0.0, 0.1, 0.5, 0.9, 1.0] {
        hurt_each(&format!("changed at {place}:"), |file, _| {
            let mut bytes = fs::read(file).unwrap();
            let at = ((bytes.len() - 1) as f64 * place) as usize;
            bytes[at] ^= 1;
            fs::write(file, bytes).is_ok()
        });
    }
}

#[test]
fn a_file_cut_short_or_emptied_is_noticed() {
    for keep in [0.0, 0.3, 0.99] {
        hurt_each(&format!("cut to {keep}:"), |file, _| {
            let bytes = fs::read(file).unwrap();
            fs::write(file, &bytes[..(bytes.len() as f64 * keep) as usize]).is_ok()
        });
    }
}

#[test]
fn a_missing_file_is_noticed() {
    hurt_each("removed", |file, _| fs::remove_file(file).is_ok());
}

#[test]
fn files_that_changed_places_are_noticed() {
    hurt_each("swapped", |file, all| {
        let Some(other) = all.iter().find(|other| *other != file) else { return false };
        let (a, b) = (fs::read(file).unwrap(), fs::read(other).unwrap());
        fs::write(file, b).is_ok() && fs::write(other, a).is_ok()
    });
}

#[test]
fn damage_that_comes_while_the_index_is_open_is_noticed_or_does_not_matter() {
    let whole = filled();
    let (index, _) = SearchIndex::open(whole.path(), &KEY, 0, seeded()).unwrap();
    assert_eq!(index.search(&ask("elin")).unwrap().total, RIGHT[2]);
    for file in files(whole.path()) {
        let len = fs::metadata(&file).unwrap().len();
        fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(len / 2).unwrap();
    }
    index.rest().unwrap();
    assert!(matches!(index.search(&ask("elin")), Err(FinderError::Damaged(_))));
    index.put(person(50, "Elin", "Fairfax")).unwrap();
    assert!(index.commit(b"no").is_err(), "a damaged index takes no new commit");
    assert_eq!(index.pending(), 1, "what waits keeps waiting");
    repaired(&index, "while open");
}
