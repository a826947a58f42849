//! The real store in a real process that is killed while it writes: what it had acknowledged is there.
//!
//! The test starts itself as a child, which writes saves and prints a line after each one that is durable.
//! The parent kills it after a number of lines that differs from round to round and opens what is left.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use cairn_ledger::ledger::ReplicaKey;
use cairn_ledger::store::SegmentOptions;
use cairn_ledger::{
    Author, Body, ClockQuality, EntryDraft, EntryKind, EpochKey, Incarnation, Keyring, Lane, Ledger, SegmentStore,
    SpaceId,
};

const FOLDER: &str = "CAIRN_LEDGER_KILL_TEST";
const RECORDS: SpaceId = SpaceId([1; 16]);
const AUDIT: SpaceId = SpaceId([2; 16]);
const ROUNDS: usize = 40;

fn open(dir: &Path) -> Ledger {
    let mut keyring = Keyring::new();
    for space in [RECORDS, AUDIT] {
        keyring.insert(space, 1, EpochKey::new([3; 32])).unwrap();
    }
    let options = SegmentOptions { segment_bytes: 32 * 1024, floor_bytes: 0, reserve_bytes: 0 };
    let store = SegmentStore::open(dir, options).unwrap();
    Ledger::open(Box::new(store), ReplicaKey::from_seed(&[4; 32]), Incarnation(1), keyring).unwrap()
}

fn save(ledger: &Ledger, number: u64) {
    let drafts = [RECORDS, AUDIT].map(|space| EntryDraft {
        space,
        lane: Lane::Normal,
        kind: if space == RECORDS { EntryKind::RecordChange } else { EntryKind::Audit },
        body: Body { author: Author::default(), purpose: None, record: None, payload: number.to_be_bytes().repeat(20) },
    });
    ledger.commit(drafts.to_vec(), number, ClockQuality::Local).unwrap();
}

/// The child: does nothing unless the parent asked.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(dir) = std::env::var_os(FOLDER) else { return };
    let ledger = open(Path::new(&dir));
    let mut out = std::io::stdout();
    for number in ledger.stats().commits + 1.. {
        save(&ledger, number);
        writeln!(out, "\nsaved {number}").unwrap();
        out.flush().unwrap();
    }
}

/// Lets the child write `lines` saves or more, kills it, and answers the last one it acknowledged.
fn write_and_kill(dir: &Path, lines: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_writes_until_it_is_killed", "--nocapture"])
        .env(FOLDER, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let saved = |line: String| line.strip_prefix("saved ").map(|number| number.parse::<u64>().unwrap());
    let mut acknowledged = 0;
    for number in said.by_ref().filter_map(saved).take(lines) {
        acknowledged = number;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    said.filter_map(saved).last().unwrap_or(acknowledged)
}

#[test]
fn forty_kills_lose_nothing_that_was_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut before = 0;
    for round in 0..ROUNDS {
        let acknowledged = write_and_kill(dir.path(), 1 + round * 7 % 23);
        let ledger = open(dir.path());
        let commits = ledger.stats().commits;
        assert!(acknowledged > before, "round {round}: the child did not write");
        assert!(commits >= acknowledged, "round {round}: {acknowledged} acknowledged, {commits} found");
        assert!(commits <= acknowledged + 1, "round {round}: {acknowledged} acknowledged, {commits} found");
        assert_eq!(ledger.stats().entries, 2 * commits, "round {round}: a save without its audit entry");
        let verified = ledger.verify_all(&mut |finding| panic!("round {round}: {finding:?}"));
        assert_eq!(verified.bodies, 2 * commits);
        before = commits;
    }
}
