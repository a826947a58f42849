//! What crosses the wire, counted outside both processes: UDP payload, handshakes, acknowledgements and audit included.

use std::time::Instant;

use cairn_casebook::{Actor, Casebook, SaveRequest, Saved};
use cairn_record::{Kind, RecordDraft, RecordId};
use cairn_tests::Site;
use cairn_tests::generator::{FORENAME_COUNT, SURNAMES, forename, surname};
use cairn_tests::random::Random;
use cairn_tests::wire::{Passed, Wire};
use serde_json::Value;

use crate::floor::Drawn;
use crate::report::Report;
use crate::speed::{draft, now_ms, open};

/// How many edits are sent.
const EDITS: u64 = 1_000;

/// Enrols the loaded post with a hub, sends everything, then edits, and counts.
pub fn measure(hub: &Site, post: &Site, records: u64, seed: u64, report: &mut Report) {
    let wire = Wire::to(hub.listen);
    let running = hub.run();
    post.join(hub, &["--address", &format!("127.0.0.1:{}", wire.port)]);

    let began = Instant::now();
    let first = carried(&wire, || sync(post));
    report.note(
        "first sync of everything, B a record on the wire",
        format!("{:.0}", first.all() as f64 / records as f64),
    );
    report.note("first sync of everything, s", format!("{:.1}", began.elapsed().as_secs_f64()));

    let random = &mut Random::new(seed ^ 0xed17);
    let people = create(post, random);
    sync(post);
    let nothing = carried(&wire, || sync(post));
    report.note("a sync with nothing new, connection opened and closed, B", nothing.all().to_string());

    let drawn = edit(post, people, records, random);
    let floor = drawn.floor_bytes();
    let edits = carried(&wire, || sync(post));
    report.note("floor of 1,000 edits of 2 fields, B", format!("{floor:.0}"));
    report.at_most("1,000 edits of 2 fields on the wire, all in all", edits.all() as f64, 2.0 * floor, "B");
    report.at_most("… less a sync with nothing new", edits.all() as f64 - nothing.all() as f64, 2.0 * floor, "B");
    report.note("… from the post, to the post, B", format!("{}, {}", edits.there, edits.back));
    drop(running);
}

fn carried(wire: &Wire, what: impl FnOnce()) -> Passed {
    let before = wire.passed();
    what();
    wire.passed().since(&before)
}

fn sync(post: &Site) {
    let answer = post.json(&["sync", "--now"]);
    let spaces = answer["peers"][0]["spaces"].as_array().unwrap();
    // The closing of the link is itself an audit entry, which waits for the next sync.
    let mut compared = spaces.iter().filter(|space| space["kind"] != "audit");
    assert!(compared.all(|space: &Value| space["equal"] == true), "{answer:#}");
}

/// Records people, who are edited afterwards; returns them with the version that was saved.
fn create(post: &Site, random: &mut Random) -> Vec<(RecordId, String)> {
    let casebook = open(post);
    let one = |_| {
        let saved = save(&casebook, random, None);
        (saved.id, saved.version)
    };
    let people = (0..EDITS).map(one).collect();
    casebook.close().unwrap();
    people
}

/// Gives each of them another surname and another forename, in an order drawn at random.
fn edit(post: &Site, mut people: Vec<(RecordId, String)>, records: u64, random: &mut Random) -> Drawn {
    let casebook = open(post);
    let began = now_ms();
    while !people.is_empty() {
        let person = people.swap_remove(random.below(people.len() as u64) as usize);
        save(&casebook, random, Some(person));
    }
    casebook.close().unwrap();
    Drawn { edits: EDITS, records, values: SURNAMES * FORENAME_COUNT, span_ms: now_ms() - began }
}

fn save(casebook: &Casebook, random: &mut Random, person: Option<(RecordId, String)>) -> Saved {
    let fields = [("surname", surname(random)), ("forenames", forename(random).to_owned())];
    let (id, version) = person.unzip();
    let draft = RecordDraft { id, ..draft(Kind::Person, &fields) };
    casebook.save_record(&Actor::terminal(), &SaveRequest { draft, version }, now_ms()).unwrap()
}
