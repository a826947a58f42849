//! Records, folders and randomness for tests. Every name is invented.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cairn_finder::{Answer, IndexedRecord, MatchedBy, Opened, Query, RandomSource, SearchIndex, SpaceKey};
use cairn_record::schema::schema;
use cairn_record::{Kind, RecordId, Value};

pub const KEY: [u8; 32] = [42; 32];
pub const SHARED: SpaceKey = [1; 16];
pub const SECRET: SpaceKey = [2; 16];

/// Random bytes that no two files share, however often a folder is opened.
pub fn seeded() -> RandomSource {
    static DRAWN: AtomicU64 = AtomicU64::new(0);
    Arc::new(|buffer| {
        let draw = DRAWN.fetch_add(1, Ordering::Relaxed);
        blake3::Hasher::new().update(&draw.to_le_bytes()).finalize_xof().fill(buffer);
    })
}

pub fn open(dir: &Path) -> (SearchIndex, Opened) {
    SearchIndex::open(dir, &KEY, 1 << 20, seeded()).unwrap()
}

pub fn id(number: u64) -> RecordId {
    RecordId::derived(&number.to_le_bytes())
}

/// A record with these fields, in the shared space, recorded `number` seconds after 1970.
pub fn record(number: u64, kind: Kind, fields: &[(&str, &str)]) -> IndexedRecord {
    let mut record = IndexedRecord {
        record: id(number),
        kind,
        space: SHARED,
        holder: "Bridge post".into(),
        recorded_ms: number * 1000,
        fields: Default::default(),
    };
    for (key, value) in fields {
        let field = schema(kind).by_key(key).unwrap_or_else(|| panic!("{kind:?} has no field {key}"));
        record.fields.entry(field.no).or_default().push(Value::from(*value));
    }
    record
}

pub fn person(number: u64, forenames: &str, surname: &str) -> IndexedRecord {
    record(number, Kind::Person, &[("forenames", forenames), ("surname", surname)])
}

pub fn ask(text: &str) -> Query {
    Query { text: text.into(), spaces: vec![SHARED], limit: 200, ..Query::default() }
}

/// The records of an answer, best first, each with how the first word of the question was found.
pub fn found(answer: &Answer) -> Vec<(RecordId, MatchedBy)> {
    answer.hits.iter().map(|hit| (hit.record, hit.why[0].by)).collect()
}

pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// The folder as a process killed at this moment leaves it. Read twice, because threads of the living one may still
/// be merging.
pub fn killed(dir: &Path) -> tempfile::TempDir {
    let contents = || -> Option<Vec<_>> {
        files(dir).into_iter().map(|file| std::fs::read(&file).ok().map(|bytes| (file, bytes))).collect()
    };
    let mut before = contents();
    let still = loop {
        let after = contents();
        match (before, after) {
            (Some(before), Some(after)) if before == after => break after,
            (_, after) => before = after,
        }
    };
    let copy = tempfile::tempdir().unwrap();
    for (file, bytes) in still {
        std::fs::write(copy.path().join(file.file_name().unwrap()), bytes).unwrap();
    }
    copy
}
