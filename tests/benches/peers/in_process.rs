//! Automerge's own sync protocol, one conversation a document, in this process: no transport, nothing on disk.

use automerge::sync::{Message, State, SyncDoc as _};
use automerge::transaction::Transactable as _;
use automerge::{AutoCommit, ROOT};
use cairn_tests::wire::Passed;
use serde_json::Value;
use std::collections::HashMap;

use crate::data::{Record, Work};
use crate::measured::{Measured, Sync};

/// Two copies of a document and what each knows of the other.
struct Held {
    here: AutoCommit,
    there: AutoCommit,
}

/// Everything to a fresh replica, then what changed, with a new conversation for every document.
pub fn automerge(work: &Work) -> Measured {
    let mut all: HashMap<String, Held> = HashMap::new();
    put(&mut all, &work.first);
    let first = sync(&mut all);
    put(&mut all, &work.edits);
    put(&mut all, &work.fresh);
    let edits = sync(&mut all);
    let name = "Automerge 0.12's sync protocol, every document, no transport".to_owned();
    Measured { name, records: work.first.len() as u64, syncs: [first, edits], peaks_mb: None }
}

fn put(all: &mut HashMap<String, Held>, records: &[Record]) {
    for record in records {
        let fresh = || Held { here: AutoCommit::new(), there: AutoCommit::new() };
        let held = all.entry(record.id.clone()).or_insert_with(fresh);
        for (key, value) in &record.fields {
            match value {
                Value::Number(number) => held.here.put(ROOT, key, number.as_i64().unwrap()).unwrap(),
                value => held.here.put(ROOT, key, value.as_str().unwrap()).unwrap(),
            }
        }
    }
}

/// All documents at once, a message of each at a time; what goes one way together turns once.
fn sync(all: &mut HashMap<String, Held>) -> Sync {
    let passed = std::cell::Cell::new(Passed::default());
    Sync::of(
        || passed.get(),
        || {
            let mut states: HashMap<String, [State; 2]> =
                all.keys().map(|id| (id.clone(), [State::new(), State::new()])).collect();
            let mut so_far = Passed::default();
            loop {
                let there = one_way(all, &mut states, false);
                let back = one_way(all, &mut states, true);
                so_far.there += there;
                so_far.back += back;
                so_far.turns += u64::from(there > 0) + u64::from(back > 0);
                if there + back == 0 {
                    break;
                }
            }
            passed.set(so_far);
        },
    )
}

fn one_way(all: &mut HashMap<String, Held>, states: &mut HashMap<String, [State; 2]>, back: bool) -> u64 {
    let mut bytes = 0;
    for (id, held) in all {
        let [here, there] = states.get_mut(id).unwrap();
        let (from, to) = if back { (&mut held.there, &mut held.here) } else { (&mut held.here, &mut held.there) };
        let (mine, theirs) = if back { (there, here) } else { (here, there) };
        if let Some(message) = from.sync().generate_sync_message(mine) {
            let encoded = message.encode();
            bytes += encoded.len() as u64;
            to.sync().receive_sync_message(theirs, Message::decode(&encoded).unwrap()).unwrap();
        }
    }
    bytes
}
