//! The test vectors of FORMAT.md: made from fixed keys, and compared with what the page says.

use std::fmt::Write;

use cairn_record::RecordId;

use crate::body::{Author, Body};
use crate::crypto::{EpochKey, SpaceKey};
use crate::entry::{Entry, EntryKind, Seal};
use crate::keyring::Keyring;
use crate::keystore::{Cost, Keystore, Secrets, Unlock};
use crate::ledger::{EntryDraft, Ledger, ReplicaKey};
use crate::names::{ClockQuality, Incarnation, Lane, SpaceId};
use crate::registry::{Founded, RootKey, Statement, registry_space};
use crate::store::MemoryStore;

const FORMAT: &str = include_str!("../FORMAT.md");
const SPACE: SpaceId = SpaceId(*b"vector space 001");
const EPOCH: u32 = 3;

fn epoch_key() -> EpochKey {
    EpochKey::new([0x22; 32])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

/// One named value, 48 bytes a line.
fn put(out: &mut String, name: &str, bytes: &[u8]) {
    for (at, line) in bytes.chunks(48).enumerate() {
        writeln!(out, "{:16}{}", if at == 0 { name } else { "" }, hex(line)).unwrap();
    }
}

/// The page must hold exactly this block. When a format changes on purpose, paste what this prints.
fn check(block: &str) {
    assert!(FORMAT.contains(block), "FORMAT.md does not hold this vector:\n\n{block}");
}

fn drafts() -> Vec<EntryDraft> {
    let author = Author { user: "mira".to_owned(), display: "Mira Halvorsen".to_owned(), role: 1 };
    let body = |record, purpose: Option<&str>, payload: &[u8]| Body {
        author: author.clone(),
        purpose: purpose.map(str::to_owned),
        record,
        payload: payload.to_vec(),
    };
    let draft = |kind, body| EntryDraft { space: SPACE, lane: Lane::Normal, kind, body };
    vec![
        draft(EntryKind::RecordChange, body(Some(RecordId([0x55; 16])), None, &[0xaa, 0xbb, 0xcc])),
        draft(EntryKind::Audit, body(None, Some("border check"), b"seen")),
    ]
}

fn ledger(store: MemoryStore) -> Ledger {
    let mut keyring = Keyring::new();
    keyring.insert(SPACE, EPOCH, epoch_key()).unwrap();
    Ledger::open(Box::new(store), ReplicaKey::from_seed(&[0x11; 32]), Incarnation(0x0102_0304_0506_0708), keyring)
        .unwrap()
}

fn entry_block(entry: &Entry, plain: &[u8], seal: Option<&Seal>) -> String {
    let mut out = String::new();
    put(&mut out, "plain body", plain);
    put(&mut out, "core", &entry.header.core.encode());
    put(&mut out, "sealed body", entry.body.as_ref().unwrap());
    put(&mut out, "header", &entry.header.encode());
    put(&mut out, "content hash", &entry.header.content_hash());
    put(&mut out, "entry hash", &entry.header.hash().0);
    if let Some(seal) = seal {
        put(&mut out, "seal", &seal.encode());
    }
    out
}

#[test]
fn the_entries_of_the_page_are_what_this_program_writes() {
    let ledger = ledger(MemoryStore::new());
    let position = ledger.commit(drafts(), 1_764_000_000_123, ClockQuality::Witnessed).unwrap()[0];
    let run = ledger.sealed_run(&position.log, 1, usize::MAX).unwrap().unwrap();
    let working = SpaceKey::derive(&SPACE, EPOCH, &epoch_key());
    let mut keys = String::new();
    put(&mut keys, "signing seed", &[0x11; 32]);
    put(&mut keys, "replica", &ledger.replica().0);
    put(&mut keys, "space", &SPACE.0);
    put(&mut keys, "epoch key", epoch_key().expose());
    put(&mut keys, "key id", &working.id());
    put(&mut keys, "record", &[0x55; 16]);
    put(&mut keys, "record tag", &working.record_tag(&RecordId([0x55; 16])));
    check(&keys);
    for (entry, seal) in run.entries.iter().zip([None, Some(&run.seal)]) {
        check(&entry_block(entry, &ledger.open_plain(entry).unwrap(), seal));
    }
}

#[test]
fn the_segment_of_the_page_is_what_this_program_writes() {
    let store = std::sync::Arc::new(MemoryStore::new());
    let ledger = ledger(MemoryStore::new());
    let position = ledger.commit(drafts(), 1_764_000_000_123, ClockQuality::Witnessed).unwrap()[0];
    let run = ledger.sealed_run(&position.log, 1, usize::MAX).unwrap().unwrap();
    let mut items: Vec<_> = run.entries.into_iter().map(crate::store::StoredItem::Entry).collect();
    items.push(crate::store::StoredItem::Seal(run.seal));
    crate::LogStore::append(store.as_ref(), &items).unwrap();
    let mut block = String::new();
    put(&mut block, "segment", &store.bytes());
    check(&block);
}

#[test]
fn the_founding_of_the_page_is_what_this_program_writes() {
    let root = RootKey::from_seed(&[0x33; 32]);
    let registrar = ReplicaKey::from_seed(&[0x11; 32]).id();
    let founded = Founded::sign(&root, "Northmark Coast Guard", "NM", registrar).unwrap();
    let mut block = String::new();
    put(&mut block, "root seed", &[0x33; 32]);
    put(&mut block, "root key", &root.public());
    put(&mut block, "registry space", &registry_space(&root.public()).0);
    put(&mut block, "statement", &Statement::Founded(founded).encode().unwrap());
    check(&block);
}

#[test]
fn the_key_store_of_the_page_opens_to_what_the_page_says() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys");
    let secrets = Secrets {
        signing_seed: [0x11; 32],
        age_identity: "AGE-SECRET-KEY-1 (any text stands here)".to_owned(),
        view_key: [0x44; 32],
        agency_root: Some([0x33; 32]),
        incarnation: Incarnation(0x0102_0304_0506_0708),
        space_keys: vec![(SPACE, EPOCH, epoch_key())],
    };
    let unlock = Unlock::Passphrase("three invented words");
    Keystore::create(&path, unlock, Cost::DEMONSTRATION, secrets, &|out| out.fill(0x77)).unwrap();
    let mut block = String::new();
    put(&mut block, "key store", &std::fs::read(&path).unwrap());
    check(&block);
}
