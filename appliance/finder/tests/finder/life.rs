//! Opening, stamps, being killed, resting, rebuilding.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use cairn_finder::{FinderError, PENDING_MAX, RandomSource, STAMP_BYTES_MAX, SearchIndex};
use cairn_record::Kind;

use crate::made_up::{KEY, ask, files, killed, open, person, record, seeded};

#[test]
fn a_new_index_is_empty_and_a_committed_one_gives_its_stamp_back() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("made").join("when-missing");
    let (index, opened) = open(&folder);
    assert_eq!((opened.stamp.as_slice(), opened.wiped), (&b""[..], None));
    index.put(person(1, "Elin", "Fairfax")).unwrap();
    index.commit(&[0, 1, 254, 255]).unwrap();
    drop(index);
    let (index, opened) = open(&folder);
    assert_eq!((opened.stamp.as_slice(), opened.wiped), (&[0, 1, 254, 255][..], None));
    assert_eq!(index.search(&ask("fairfax")).unwrap().total, 1);
}

#[test]
fn what_was_not_committed_is_gone_after_a_kill_and_the_stamp_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    index.put(person(1, "Elin", "Fairfax")).unwrap();
    index.commit(b"one").unwrap();
    index.put(person(2, "Ove", "Fairfax")).unwrap();
    assert_eq!(index.search(&ask("fairfax")).unwrap().total, 2);
    let after = killed(dir.path());
    let (index, opened) = open(after.path());
    assert_eq!(opened.stamp, b"one");
    assert_eq!(index.search(&ask("fairfax")).unwrap().total, 1);
    index.put(person(2, "Ove", "Fairfax")).unwrap();
    index.commit(b"two").unwrap();
    assert_eq!(index.search(&ask("fairfax")).unwrap().total, 2);
}

#[test]
fn a_kill_while_rebuilding_leaves_an_index_without_a_stamp() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    index.put(person(1, "Elin", "Fairfax")).unwrap();
    index.commit(b"one").unwrap();
    let seen = std::cell::RefCell::new(None);
    let records = (0..3).map(|number| {
        *seen.borrow_mut() = Some(open(killed(dir.path()).path()).1);
        person(number, "Ove", "Hartwell")
    });
    index.rebuild(records, b"two").unwrap();
    assert_eq!(seen.borrow().as_ref().unwrap().stamp, b"");
    assert_eq!(index.search(&ask("hartwell")).unwrap().total, 3);
    assert_eq!(index.search(&ask("fairfax")).unwrap().total, 0);
    drop(index);
    assert_eq!(open(dir.path()).1.stamp, b"two");
}

#[test]
fn a_panic_of_the_caller_while_rebuilding_leaves_a_working_index() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    let failing = (0..3).map(|number| if number < 2 { person(number, "Ove", "Hartwell") } else { panic!("cut off") });
    assert!(matches!(index.rebuild(failing, b"half"), Err(FinderError::Engine(_))));
    index.rebuild([person(1, "Elin", "Fairfax")], b"whole").unwrap();
    assert_eq!(index.search(&ask("fairfax")).unwrap().total, 1);
    assert_eq!(index.search(&ask("hartwell")).unwrap().total, 0);
}

#[test]
fn a_rebuild_waits_for_the_merges_that_still_run() {
    let dir = tempfile::tempdir().unwrap();
    let watch = Arc::new(MergeWatch::default());
    let random = Arc::clone(&watch);
    let random: RandomSource = Arc::new(move |bytes: &mut [u8]| random.fill(bytes));
    let (index, _) = SearchIndex::open(dir.path(), &KEY, 1 << 20, random).unwrap();
    // Eight commits make eight segments, and tantivy begins to merge them behind the last.
    for number in 0..8 {
        index.put(person(number, "Elin", "Fairfax")).unwrap();
        index.commit(&[number as u8]).unwrap();
    }
    watch.wait_for_a_merge();
    index.rebuild((0..8).map(|number| person(number, "Elin", "Fairfax")), b"again").unwrap();
    assert!(!watch.overlapped(), "the folder was wiped under the hands of a merge");
    index.check().unwrap();
}

/// A source of randomness that holds up a merge at its first file, until somebody else begins a file or a while
/// has passed.
#[derive(Default)]
struct MergeWatch {
    seen: Mutex<Seen>,
    news: Condvar,
}

#[derive(Default)]
struct Seen {
    merging: bool,
    overlapped: bool,
}

impl MergeWatch {
    fn fill(&self, bytes: &mut [u8]) {
        seeded()(bytes);
        let mut seen = self.seen.lock().unwrap();
        if std::thread::current().name().is_some_and(|name| name.starts_with("merge_thread")) {
            seen.merging = true;
            self.news.notify_all();
            let patience = Duration::from_millis(300);
            let (mut seen, _) = self.news.wait_timeout_while(seen, patience, |seen| !seen.overlapped).unwrap();
            seen.merging = false;
        } else if seen.merging {
            seen.overlapped = true;
            self.news.notify_all();
        }
    }

    fn wait_for_a_merge(&self) {
        let patience = Duration::from_secs(20);
        let seen = self.seen.lock().unwrap();
        let (_seen, waited) = self.news.wait_timeout_while(seen, patience, |seen| !seen.merging).unwrap();
        assert!(!waited.timed_out(), "no merge began");
    }

    fn overlapped(&self) -> bool {
        self.seen.lock().unwrap().overlapped
    }
}

#[test]
fn a_full_waiting_list_writes_itself_and_keeps_the_old_stamp() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    index.commit(b"before").unwrap();
    let many = PENDING_MAX as u64 + 10;
    for number in 0..many {
        index.put(person(number, "Elin", &format!("Fairfax{number}"))).unwrap();
        assert!(index.pending() <= PENDING_MAX);
    }
    assert_eq!(index.search(&ask("elin")).unwrap().total, many as usize);
    let after = killed(dir.path());
    let (index, opened) = open(after.path());
    assert_eq!(opened.stamp, b"before", "what is there may be more than the stamp promises, never less");
    assert_eq!(index.search(&ask("elin")).unwrap().total, PENDING_MAX);
}

#[test]
fn many_commits_and_rests_leave_few_files() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    for number in 0..60 {
        index.put(person(number % 20, "Elin", "Fairfax")).unwrap();
        index.commit(&[number as u8]).unwrap();
        if number % 7 == 0 {
            index.rest().unwrap();
        }
    }
    index.rest().unwrap();
    assert_eq!(index.search(&ask("fairfax")).unwrap().total, 20);
    drop(index);
    let before = files(dir.path()).len();
    let (index, _) = open(dir.path());
    index.check().unwrap();
    assert_eq!(index.search(&ask("fairfax")).unwrap().total, 20);
    assert!(files(dir.path()).len() <= before && before < 150, "{before} files");
}

#[test]
fn what_a_killed_process_left_behind_is_cleared_away() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    index.put(person(1, "Elin", "Fairfax")).unwrap();
    index.commit(b"one").unwrap();
    let kept = files(dir.path());
    drop(index);
    std::fs::write(dir.path().join("0123456789abcdef0123456789abcdef.sealed"), b"half a segment").unwrap();
    std::fs::write(dir.path().join("0123456789abcdef0123456789abcdef.new"), b"half a list").unwrap();
    let (index, opened) = open(dir.path());
    assert_eq!(opened.wiped, None);
    assert_eq!(files(dir.path()), kept);
    assert_eq!(index.search(&ask("fairfax")).unwrap().total, 1);
}

#[test]
fn another_key_finds_an_index_it_must_build_anew() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    index.put(person(1, "Elin", "Fairfax")).unwrap();
    index.commit(b"one").unwrap();
    drop(index);
    let mut other = KEY;
    other[0] ^= 1;
    let (index, opened) = SearchIndex::open(dir.path(), &other, 0, seeded()).unwrap();
    assert_eq!(opened.stamp, b"");
    assert!(opened.wiped.is_some());
    assert_eq!(index.search(&ask("fairfax")).unwrap().total, 0);
}

#[test]
fn a_stamp_over_the_limit_is_refused_and_one_at_the_limit_fits() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    let longest = vec![7; STAMP_BYTES_MAX];
    assert!(matches!(index.commit(&[&longest[..], &[7]].concat()), Err(FinderError::StampTooLong { .. })));
    index.commit(&longest).unwrap();
    drop(index);
    assert_eq!(open(dir.path()).1.stamp, longest);
}

#[test]
fn nothing_that_was_written_can_be_read_in_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    let marked = record(
        1,
        Kind::Person,
        &[
            ("surname", "Fairfax"),
            ("forenames", "Чавдар"),
            ("description", "Zwetschgenkuchen"),
            ("date_of_birth", "1985-03-07"),
        ],
    );
    index.put(marked).unwrap();
    index.put(record(2, Kind::Vehicle, &[("plate", "CB1234AO")])).unwrap();
    index.commit(b"stampstampstamp").unwrap();
    index.rest().unwrap();
    let words =
        ["fairfax", "чавдар", "zwetschgen", "1985-03", "cb1234ao", "bridge", "stampstamp", "segments", "tantivy"];
    let all = files(dir.path());
    assert!(all.len() > 5);
    for file in all {
        let name = file.file_name().unwrap().to_str().unwrap().to_lowercase();
        let bytes = std::fs::read(&file).unwrap().to_ascii_lowercase();
        for word in words {
            let shows = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!shows && !name.contains(word), "{word} shows in {name}");
        }
    }
}

#[test]
fn searches_and_writes_from_many_threads_agree() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    let index = &index;
    std::thread::scope(|threads| {
        for writer in 0..3_u64 {
            threads.spawn(move || {
                for number in 0..120 {
                    let own = writer * 1_000 + number;
                    index.put(person(own, "Elin", "Fairfax")).unwrap();
                    if number % 40 == 0 {
                        index.commit(&own.to_le_bytes()).unwrap();
                    }
                    let seen = index.search(&ask("fairfax")).unwrap().total;
                    assert!(seen as u64 > number, "a writer finds at least what it wrote itself");
                }
            });
        }
    });
    index.commit(b"end").unwrap();
    assert_eq!(index.search(&ask("fairfax")).unwrap().total, 360);
}
