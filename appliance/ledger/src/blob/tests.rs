//! One suite of stories, told to both engines, and what only files can suffer.

use std::fs;

use super::*;
use crate::crypto::EpochKey;

const SPACE: SpaceId = SpaceId([7; 16]);
const OTHER: SpaceId = SpaceId([8; 16]);

fn key(space: SpaceId) -> ChunkKey {
    ChunkKey::derive(&space, &EpochKey::new([3; 32]))
}

fn chunk(text: &[u8]) -> SealedChunk {
    key(SPACE).seal(text).unwrap()
}

fn story(store: &dyn BlobStore) {
    let (one, two) = (chunk(b"one"), chunk(b"two"));
    assert_eq!(store.missing(&SPACE, &[two.name(), one.name(), two.name()]), [two.name(), one.name()]);
    store.put(&SPACE, &[one.clone(), two.clone()]).unwrap();
    store.put(&SPACE, std::slice::from_ref(&one)).unwrap();
    assert_eq!(store.get(&SPACE, &one.name()).unwrap(), Some(one.clone()));
    assert!(!store.has(&OTHER, &one.name()), "a chunk is held for the space it was put into");
    let mut names = Vec::new();
    store.each(&mut |space, name| names.push((space, name))).unwrap();
    names.sort();
    let mut expected = vec![(SPACE, one.name()), (SPACE, two.name())];
    expected.sort();
    assert_eq!(names, expected);
    store.remove(&SPACE, &one.name()).unwrap();
    store.remove(&SPACE, &one.name()).unwrap();
    assert_eq!(store.get(&SPACE, &one.name()).unwrap(), None);
    assert_eq!(store.missing(&SPACE, &[one.name(), two.name()]), [one.name()]);
}

#[test]
fn both_engines_keep_chunks() {
    story(&MemoryBlobs::new());
    let dir = tempfile::tempdir().unwrap();
    story(&FileBlobs::open(&dir.path().join("blobs"), 0).unwrap());
}

#[test]
fn the_same_content_has_one_name_in_a_space_and_another_in_the_next() {
    let plain = [5; 1000];
    assert_eq!(key(SPACE).seal(&plain).unwrap(), key(SPACE).seal(&plain).unwrap());
    assert_ne!(key(SPACE).seal(&plain).unwrap().name(), key(OTHER).seal(&plain).unwrap().name());
    let sealed = key(SPACE).seal(&plain).unwrap();
    assert_eq!(key(SPACE).open(&sealed).unwrap().as_slice(), plain);
    assert!(key(OTHER).open(&sealed).is_err());
    assert!(SealedChunk::checked(sealed.name(), sealed.bytes()[1..].to_vec()).is_none());
}

#[test]
fn a_damaged_chunk_is_set_aside_and_can_be_put_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileBlobs::open(dir.path(), 0).unwrap();
    let whole = chunk(&[1; 5000]);
    store.put(&SPACE, std::slice::from_ref(&whole)).unwrap();
    let path = dir.path().join(SPACE.to_string()).join(format!("{:x}", whole.name().0[0] >> 4));
    let path = path.join(whole.name().to_string());
    for damage in [|bytes: &mut Vec<u8>| bytes[77] ^= 1, |bytes: &mut Vec<u8>| bytes.truncate(100), Vec::clear] {
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        assert_eq!(store.get(&SPACE, &whole.name()).unwrap(), None);
        assert!(!store.has(&SPACE, &whole.name()));
        assert_eq!(fs::read(path.with_extension("damaged")).unwrap(), bytes);
        store.put(&SPACE, std::slice::from_ref(&whole)).unwrap();
        assert_eq!(store.get(&SPACE, &whole.name()).unwrap(), Some(whole.clone()));
    }
    let mut names = Vec::new();
    store.each(&mut |_, name| names.push(name)).unwrap();
    assert_eq!(names, [whole.name()], "what was set aside is no chunk");
}

#[test]
fn what_a_kill_left_half_written_is_cleared_away() {
    let dir = tempfile::tempdir().unwrap();
    let store = FileBlobs::open(dir.path(), 0).unwrap();
    let whole = chunk(b"whole");
    store.put(&SPACE, std::slice::from_ref(&whole)).unwrap();
    let half = dir.path().join(SPACE.to_string()).join("a");
    fs::create_dir_all(&half).unwrap();
    let half = half.join(format!("{}.tmp", "ab".repeat(32)));
    fs::write(&half, b"half").unwrap();
    let store = FileBlobs::open(dir.path(), 0).unwrap();
    assert!(!half.exists() && store.has(&SPACE, &whole.name()));
}

#[test]
fn below_the_floor_nothing_is_taken_and_everything_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let roomy = FileBlobs::open(dir.path(), 0).unwrap();
    let (one, two) = (chunk(b"one"), chunk(b"two"));
    roomy.put(&SPACE, std::slice::from_ref(&one)).unwrap();
    let tight = FileBlobs::open(dir.path(), u64::MAX).unwrap();
    let refused = tight.put(&SPACE, std::slice::from_ref(&two)).unwrap_err();
    assert!(matches!(refused, StoreError::LowSpace { .. }), "{refused}");
    assert_eq!(tight.get(&SPACE, &one.name()).unwrap(), Some(one));
    let memory = MemoryBlobs::new();
    memory.inject(0, BlobFault::Full);
    memory.inject(1, BlobFault::Half);
    let both = [chunk(b"one"), two];
    assert!(matches!(memory.put(&SPACE, &both), Err(StoreError::Full)));
    assert!(matches!(memory.put(&SPACE, &both), Err(StoreError::Io(_))));
    let memory: &dyn BlobStore = &memory;
    assert_eq!(memory.missing(&SPACE, &both.each_ref().map(SealedChunk::name)), [both[1].name()]);
}
