//! Automerge's own sync protocol on the same kind of records and edits: one conversation a document, in this process.

use automerge::sync::{State, SyncDoc as _};
use automerge::transaction::Transactable as _;
use automerge::{AutoCommit, ROOT};
use cairn_tests::generator::{forename, surname};
use cairn_tests::random::Random;

/// Two copies of a document and what each knows of the other.
struct Held {
    here: AutoCommit,
    there: AutoCommit,
    states: [State; 2],
}

/// Prints bytes and messages of so many edits and new documents among `documents`.
pub fn measure(documents: u64, edits: u64, fresh: u64, random: &mut Random) {
    let mut all: Vec<Held> = (0..documents).map(|_| held(person(random))).collect();
    let first: u64 = all.iter_mut().map(|held| talk(held).0).sum();
    for held in &mut all {
        // A new connection: what is kept of a state between sessions.
        held.states = [State::new(), State::new()];
    }
    let mut changed = vec![false; all.len()];
    for _ in 0..edits {
        let at = random.below(documents) as usize;
        all[at].here.put(ROOT, "surname", surname(random)).unwrap();
        all[at].here.put(ROOT, "forenames", forename(random)).unwrap();
        changed[at] = true;
    }
    for _ in 0..fresh {
        all.push(held(person(random)));
        changed.push(true);
    }
    let (mut bytes, mut differing, mut turns) = (0, 0, 0);
    for (held, changed) in all.iter_mut().zip(changed) {
        let (passed, messages) = talk(held);
        bytes += passed;
        differing += if changed { passed } else { 0 };
        turns = turns.max(messages);
    }
    let unchanged = (bytes - differing) as f64 / (documents as f64 - edits as f64);
    println!(
        "\nAutomerge sync protocol, {documents} documents, {edits} edits of 2 fields and {fresh} new: {bytes} B for every document, {differing} B if an oracle named the changed ones, up to {turns} messages a document; {unchanged:.0} B for each unchanged document, so about {:.0} B among 10,000. First sync: {:.0} B a document.",
        bytes as f64 + unchanged * (10_000.0 - documents as f64),
        first as f64 / documents as f64
    );
}

fn held(here: AutoCommit) -> Held {
    Held { here, there: AutoCommit::new(), states: [State::new(), State::new()] }
}

fn person(random: &mut Random) -> AutoCommit {
    let mut document = AutoCommit::new();
    let town = surname(random);
    let date = format!("{}-{:02}-{:02}", 1940 + random.below(70), 1 + random.below(12), 1 + random.below(28));
    let number = format!("{:08}", random.below(100_000_000));
    let fields = [
        ("surname", surname(random)),
        ("forenames", forename(random).to_owned()),
        ("father_name", surname(random)),
        ("mother_name", surname(random)),
        ("birth_place", town),
        ("date_of_birth", date),
        ("national_number", number),
        ("nationality", "GBR".to_owned()),
        ("birth_country", "ESP".to_owned()),
    ];
    for (key, value) in fields {
        document.put(ROOT, key, value).unwrap();
    }
    document.put(ROOT, "height_cm", 150 + random.below(50) as i64).unwrap();
    document
}

/// Until neither has anything to say: bytes and messages.
fn talk(held: &mut Held) -> (u64, u64) {
    let (mut bytes, mut messages) = (0, 0);
    loop {
        let [mine, theirs] = &mut held.states;
        let out = held.here.sync().generate_sync_message(mine);
        let back = held.there.sync().generate_sync_message(theirs);
        if out.is_none() && back.is_none() {
            return (bytes, messages);
        }
        if let Some(message) = out {
            let encoded = message.encode();
            (bytes, messages) = (bytes + encoded.len() as u64, messages + 1);
            let message = automerge::sync::Message::decode(&encoded).unwrap();
            held.there.sync().receive_sync_message(theirs, message).unwrap();
        }
        if let Some(message) = back {
            let encoded = message.encode();
            (bytes, messages) = (bytes + encoded.len() as u64, messages + 1);
            let message = automerge::sync::Message::decode(&encoded).unwrap();
            held.here.sync().receive_sync_message(mine, message).unwrap();
        }
    }
}
