//! Cairn itself: a post that holds the records and a hub that is fresh, both the real binary, everything that QUIC adds
//! counted. While they are apart, the post writes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use cairn_casebook::{Actor, Casebook, Entropy, SaveRequest, Unlock};
use cairn_record::{FieldNo, Kind, RecordDraft, RecordId, Value, schema};
use cairn_tests::process::Process;
use cairn_tests::wire::Wire;
use cairn_tests::{Site, within};

use crate::data::{Record, Work};
use crate::measured::{Measured, Sync};

/// How long a sync may take.
const PATIENCE: Duration = Duration::from_secs(600);

struct System;

impl Entropy for System {
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).unwrap();
    }
}

/// A record's id and version by what the others call it.
type Saved = HashMap<String, (RecordId, String)>;

/// Everything to a fresh hub, then what changed, each time over a new connection.
pub fn cairn(work: &Work) -> Measured {
    let (hub, post) = (Site::init("Hub", "hub"), Site::init("Alpha", "post"));
    let mut saved = Saved::new();
    save(&post, &mut saved, &[&work.first]);
    let wire = Wire::to(hub.listen);
    let at_hub = hub.run();
    post.join(&hub, &["--address", &format!("127.0.0.1:{}", wire.port)]);
    let mut peak_mb: f64 = 0.0;
    let mut sync = || {
        let began = Instant::now();
        let mut wall_s = 0.0;
        let seen = Sync::of(
            || wire.passed(),
            || {
                let at_post = post.run();
                within(PATIENCE, "both to hold the same records", || is_equal(&post, false).then_some(()));
                wall_s = began.elapsed().as_secs_f64();
                // The audit may wait ten seconds for company; its bytes count.
                within(PATIENCE, "both to hold the same", || is_equal(&post, true).then_some(()));
                peak_mb = peak_mb.max(Process(at_post.pid()).peak_mb());
            },
        );
        Sync { wall_s, ..seen }
    };
    let first = sync();
    save(&post, &mut saved, &[&work.edits, &work.fresh]);
    let edits = sync();
    let peaks_mb = Some([peak_mb, Process(at_hub.pid()).peak_mb()]);
    let name = "Cairn, two processes over QUIC, handshake and audit included".to_owned();
    Measured { name, records: work.first.len() as u64, syncs: [first, edits], peaks_mb }
}

/// Whether registry and records are proved equal in this session, and `audit` too if it is asked for.
fn is_equal(post: &Site, audit: bool) -> bool {
    let status = post.json(&["sync"]);
    let hub = status["peers"].as_array().unwrap().iter().find(|peer| peer["role"] == "hub").cloned();
    hub.is_some_and(|hub| {
        let spaces = hub["spaces"].as_array().unwrap();
        hub["connected"] == true
            && spaces.len() > 2
            && spaces.iter().filter(|space| audit || space["kind"] != "audit").all(|space| space["equal"] == true)
    })
}

/// Saves records one by one, as people do.
fn save(post: &Site, saved: &mut Saved, work: &[&[Record]]) {
    let unlock = Unlock::KeyFile(post.desk().join("key"));
    let casebook = Casebook::open(&post.data(), &unlock, Arc::new(System), now_ms()).unwrap();
    for record in work.iter().copied().flatten() {
        let (id, version) = saved.get(&record.id).cloned().unzip();
        let draft = RecordDraft { id, kind: Kind::Person, fields: fields(record) };
        let done = casebook.save_record(&Actor::terminal(), &SaveRequest { draft, version }, now_ms()).unwrap();
        saved.insert(record.id.clone(), (done.id, done.version));
    }
    casebook.close().unwrap();
}

fn fields(record: &Record) -> BTreeMap<FieldNo, Vec<Value>> {
    let one = |(key, value): (&String, &serde_json::Value)| {
        let value = match value {
            serde_json::Value::Number(number) => Value::Int(number.as_i64().unwrap()),
            value => Value::Text(value.as_str().unwrap().to_owned()),
        };
        (schema(Kind::Person).by_key(key).unwrap().no, vec![value])
    };
    record.fields.iter().map(one).collect()
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}
