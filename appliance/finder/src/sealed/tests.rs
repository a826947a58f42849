//! What the sealed folder promises, tried by hurting it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use tantivy::directory::{Directory, TerminatingWrite, WatchCallback};

use super::seal::{CHUNK, HEADER, TAG};
use super::{RandomSource, SealedDirectory};

const KEY: [u8; 32] = [7; 32];

/// Random bytes that no two files share, however often a folder is opened.
fn seeded() -> RandomSource {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    Arc::new(|buffer| {
        let draw = DRAWN.fetch_add(1, Ordering::Relaxed);
        blake3::Hasher::new().update(&draw.to_le_bytes()).finalize_xof().fill(buffer);
    })
}

fn open(dir: &Path) -> SealedDirectory {
    SealedDirectory::open(dir, &KEY, 1 << 20, seeded()).unwrap()
}

fn write(folder: &SealedDirectory, name: &str, content: &[u8]) {
    let mut writer = folder.open_write(Path::new(name)).unwrap();
    writer.write_all(content).unwrap();
    writer.terminate().unwrap();
}

fn read(folder: &SealedDirectory, name: &str) -> Result<Vec<u8>, String> {
    let file = folder.open_read(Path::new(name)).map_err(|error| error.to_string())?;
    file.read_bytes().map(|bytes| bytes.to_vec()).map_err(|error| error.to_string())
}

/// Content in which every chunk differs.
fn content(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at ^ (at >> 8) ^ (at >> 13)) as u8).collect()
}

fn only_file(dir: &Path) -> PathBuf {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    files.remove(0)
}

#[test]
fn what_is_written_is_read_back_at_every_length_around_a_chunk() {
    let dir = tempfile::tempdir().unwrap();
    let folder = open(dir.path());
    for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK - 1, 3 * CHUNK, 12 * CHUNK + 5] {
        let name = format!("segment.{len}");
        write(&folder, &name, &content(len));
        assert_eq!(read(&folder, &name).unwrap(), content(len), "{len} bytes");
        assert_eq!(read(&open(dir.path()), &name).unwrap(), content(len), "{len} bytes after reopening");
    }
}

#[test]
fn any_part_is_what_was_written_there() {
    let dir = tempfile::tempdir().unwrap();
    let folder = open(dir.path());
    let whole = content(20 * CHUNK + 77);
    write(&folder, "segment.term", &whole);
    let file = folder.open_read(Path::new("segment.term")).unwrap();
    for (from, to) in
        [(0, 0), (0, 5), (CHUNK - 3, CHUNK + 3), (CHUNK, 2 * CHUNK), (5, 19 * CHUNK), (20 * CHUNK, whole.len())]
    {
        assert_eq!(file.read_bytes_slice(from..to).unwrap().as_slice(), &whole[from..to], "{from}..{to}");
    }
    let handle = folder.get_file_handle(Path::new("segment.term")).unwrap();
    assert!(handle.read_bytes(0..whole.len() + 1).is_err(), "reading past the end is an error, not a panic");
}

#[test]
fn every_changed_byte_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    write(&open(dir.path()), "segment.idx", &content(CHUNK + 40));
    let path = only_file(dir.path());
    let good = fs::read(&path).unwrap();
    let every_tenth = (0..good.len()).step_by(97);
    let around_borders = [0, 7, 8, HEADER - 1, HEADER, HEADER + CHUNK, HEADER + CHUNK + TAG, good.len() - 1];
    for at in every_tenth.chain(around_borders) {
        let mut bad = good.clone();
        bad[at] ^= 0x20;
        fs::write(&path, &bad).unwrap();
        assert!(read(&open(dir.path()), "segment.idx").is_err(), "byte {at} changed unnoticed");
    }
}

#[test]
fn every_cut_and_every_addition_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    write(&open(dir.path()), "segment.idx", &content(2 * CHUNK));
    let path = only_file(dir.path());
    let good = fs::read(&path).unwrap();
    let chunk_ends = [HEADER, HEADER + CHUNK + TAG, HEADER + TAG, HEADER + CHUNK + 2 * TAG];
    for keep in (0..good.len()).step_by(1_013).chain(chunk_ends) {
        fs::write(&path, &good[..keep]).unwrap();
        let opened = open(dir.path()).open_read(Path::new("segment.idx"));
        assert!(opened.is_err(), "a file cut to {keep} bytes could be opened");
    }
    for more in [1, TAG, CHUNK + TAG] {
        let mut longer = good.clone();
        longer.extend_from_slice(&good[HEADER..HEADER + more]);
        fs::write(&path, &longer).unwrap();
        assert!(open(dir.path()).open_read(Path::new("segment.idx")).is_err(), "{more} bytes more went unnoticed");
    }
}

#[test]
fn chunks_cannot_change_places_or_come_from_an_older_life_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let folder = open(dir.path());
    write(&folder, "segment.pos", &content(3 * CHUNK));
    let path = only_file(dir.path());
    let old = fs::read(&path).unwrap();
    let (first, second) = (HEADER..HEADER + CHUNK + TAG, HEADER + CHUNK + TAG..HEADER + 2 * (CHUNK + TAG));

    let mut swapped = old.clone();
    swapped[first.clone()].copy_from_slice(&old[second.clone()]);
    swapped[second].copy_from_slice(&old[first.clone()]);
    fs::write(&path, &swapped).unwrap();
    assert!(read(&open(dir.path()), "segment.pos").is_err());

    folder.delete(Path::new("segment.pos")).unwrap();
    write(&folder, "segment.pos", &content(3 * CHUNK));
    let mut mixed = fs::read(&path).unwrap();
    mixed[first.clone()].copy_from_slice(&old[first]);
    fs::write(&path, &mixed).unwrap();
    assert!(read(&open(dir.path()), "segment.pos").is_err());
}

#[test]
fn a_file_cannot_take_anothers_place() {
    let dir = tempfile::tempdir().unwrap();
    let folder = open(dir.path());
    write(&folder, "one.term", &content(100));
    write(&folder, "two.term", &content(100));
    let (one, two) = (folder.on_disk(Path::new("one.term")), folder.on_disk(Path::new("two.term")));
    fs::copy(&one, &two).unwrap();
    assert!(read(&open(dir.path()), "one.term").is_ok());
    assert!(read(&open(dir.path()), "two.term").is_err());
}

#[test]
fn another_key_finds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    write(&open(dir.path()), "meta", &content(100));
    let other = SealedDirectory::open(dir.path(), &[8; 32], 1 << 20, seeded()).unwrap();
    assert!(!other.exists(Path::new("meta")).unwrap());
    assert!(other.is_used().unwrap(), "the folder is known not to be empty all the same");
}

#[test]
fn the_same_content_never_looks_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let folder = open(dir.path());
    folder.atomic_write(Path::new("meta.json"), &content(64)).unwrap();
    let first = fs::read(only_file(dir.path())).unwrap();
    folder.atomic_write(Path::new("meta.json"), &content(64)).unwrap();
    let second = fs::read(only_file(dir.path())).unwrap();
    assert_ne!(first[HEADER..], second[HEADER..]);
    assert_eq!(folder.atomic_read(Path::new("meta.json")).unwrap(), content(64));
}

#[test]
fn an_unfinished_file_is_refused_and_a_finished_one_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let folder = open(dir.path());
    let mut writer = folder.open_write(Path::new("a.store")).unwrap();
    writer.write_all(&content(3 * CHUNK)).unwrap();
    drop(writer);
    assert!(folder.open_read(Path::new("a.store")).is_err());
    assert!(folder.open_write(Path::new("a.store")).is_err());
}

#[test]
fn an_open_file_outlives_its_deletion() {
    let dir = tempfile::tempdir().unwrap();
    let folder = SealedDirectory::open(dir.path(), &KEY, 0, seeded()).unwrap();
    write(&folder, "a.store", &content(40 * CHUNK));
    let file = folder.open_read(Path::new("a.store")).unwrap();
    folder.delete(Path::new("a.store")).unwrap();
    assert_eq!(file.read_bytes().unwrap().as_slice(), content(40 * CHUNK));
    assert!(!folder.exists(Path::new("a.store")).unwrap());
    assert!(folder.delete(Path::new("a.store")).is_err());
}

#[test]
fn leftovers_go_and_what_the_index_needs_stays() {
    let dir = tempfile::tempdir().unwrap();
    let folder = open(dir.path());
    write(&folder, "live.term", &content(10));
    write(&folder, "orphan.term", &content(10));
    fs::write(dir.path().join("half.new"), b"half").unwrap();
    fs::write(dir.path().join("README"), b"not ours").unwrap();
    let missing = [PathBuf::from("live.term"), PathBuf::from("never-made.del")].into();
    assert!(folder.keep_only(&missing).is_err());
    assert!(folder.exists(Path::new("orphan.term")).unwrap(), "nothing is deleted when something is missing");
    let living = [PathBuf::from("live.term")].into();
    folder.keep_only(&living).unwrap();
    assert!(read(&folder, "live.term").is_ok());
    assert!(!folder.exists(Path::new("orphan.term")).unwrap());
    assert_eq!(folder.atomic_read(Path::new(".managed.json")).unwrap(), br#"["live.term"]"#);
    folder.wipe().unwrap();
    assert!(!folder.is_used().unwrap());
    assert!(dir.path().join("README").exists(), "a file that is not ours is left alone");
}

#[test]
fn a_lock_is_held_once_and_watchers_hear_of_a_new_list_of_segments() {
    let dir = tempfile::tempdir().unwrap();
    let folder = open(dir.path());
    let held = folder.acquire_lock(&tantivy::directory::INDEX_WRITER_LOCK).unwrap();
    assert!(folder.acquire_lock(&tantivy::directory::INDEX_WRITER_LOCK).is_err());
    drop(held);
    assert!(folder.acquire_lock(&tantivy::directory::INDEX_WRITER_LOCK).is_ok());

    let (told, heard) = std::sync::mpsc::channel();
    let handle = folder.watch(WatchCallback::new(move || told.send(()).unwrap())).unwrap();
    folder.atomic_write(Path::new("meta.json"), b"{}").unwrap();
    heard.recv_timeout(std::time::Duration::from_secs(10)).unwrap();
    drop(handle);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn content_in_any_pieces_is_read_back_from_any_place(
        pieces in prop::collection::vec(0..40_000_usize, 1..6),
        cut in any::<prop::sample::Index>(),
        end in any::<prop::sample::Index>(),
        cache in 0..3 * CHUNK,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let folder = SealedDirectory::open(dir.path(), &KEY, cache, seeded()).unwrap();
        let whole = content(pieces.iter().sum());
        let mut writer = folder.open_write(Path::new("a.fast")).unwrap();
        let mut written = 0;
        for piece in pieces {
            writer.write_all(&whole[written..written + piece]).unwrap();
            writer.flush().unwrap();
            written += piece;
        }
        writer.terminate().unwrap();
        let file = folder.open_read(Path::new("a.fast")).unwrap();
        let (a, b) = (cut.index(whole.len() + 1), end.index(whole.len() + 1));
        let (from, to) = (a.min(b), a.max(b));
        let bytes = file.read_bytes_slice(from..to).unwrap();
        prop_assert_eq!(bytes.as_slice(), &whole[from..to]);
    }
}
