//! What posts write in a night: people recorded, a part of them edited in two fields, some markers, each with its line of
//! the audit. Everything is invented, the same from the same seed but for the ids and times.

use cairn_casebook::AuditEvent;
use cairn_ledger::codec::{Action, Op, RecordChange, encode};
use cairn_ledger::{EntryRef, Lane};
use cairn_record::{FieldNo, Kind, RecordId, Value, schema};
use cairn_tests::generator::{forename, surname};
use cairn_tests::random::Random;

use crate::now_ms;
use crate::post::Post;

/// One in so many records is edited afterwards.
const EDITED_ONE_IN: u64 = 4;
/// Markers a post writes in a night.
const MARKERS: u64 = 2;
const COUNTRIES: [&str; 4] = ["GBR", "ESP", "GRC", "ALB"];

/// Writes one night's work of a post; how many entries about records that is.
pub fn write(post: &Post, records: u64, random: &mut Random) -> u64 {
    let mut people: Vec<(RecordId, EntryRef)> = Vec::new();
    for _ in 0..records {
        let id = RecordId::new(now_ms(), bytes(random));
        people.push((id, save(post, id, Kind::Person, &person(random), &[])));
    }
    let edits = records / EDITED_ONE_IN;
    for _ in 0..edits {
        let at = random.below(records) as usize;
        let names = [("surname", text(surname(random))), ("forenames", text(forename(random)))];
        let (id, before) = people[at];
        people[at] = (id, save(post, id, Kind::Person, &names, &[before]));
    }
    (0..MARKERS).for_each(|_| _ = marker(post, people.first().map(|(id, _)| *id), random));
    records + edits + MARKERS
}

/// Marks a record as urgent, or one that nobody has heard of.
pub fn marker(post: &Post, subject: Option<RecordId>, random: &mut Random) -> RecordId {
    let id = RecordId::new(now_ms(), bytes(random));
    let subject = subject.unwrap_or_else(|| RecordId::new(now_ms(), bytes(random)));
    let fields = [("marker", text("firearms")), ("reason", text("seen with")), ("subject", Value::Record(subject))];
    save(post, id, Kind::Marker, &fields, &[]);
    id
}

fn save(post: &Post, id: RecordId, kind: Kind, fields: &[(&str, Value)], deps: &[EntryRef]) -> EntryRef {
    let (action, names) = if deps.is_empty() {
        ("create", kind.key().to_owned())
    } else {
        ("change", fields.iter().map(|(key, _)| *key).collect::<Vec<_>>().join(", "))
    };
    let change = change(id, kind, fields, deps);
    let event = AuditEvent::new(action, "screen").on([id]).detail(&names);
    let lane = if kind == Kind::Marker { Lane::Urgent } else { Lane::Normal };
    post.write(lane, id, encode(&change).unwrap(), &event).2
}

fn change(record: RecordId, kind: Kind, fields: &[(&str, Value)], deps: &[EntryRef]) -> RecordChange {
    let field = |key: &str| schema(kind).by_key(key).unwrap();
    let op = |(key, value): &(&str, Value)| {
        let action = if field(key).many { Action::Include(value.clone()) } else { Action::Set(value.clone()) };
        Op { field: field(key).no, action }
    };
    let mut ops: Vec<Op> = fields.iter().map(op).collect();
    ops.sort_by_key(|op| -> FieldNo { op.field });
    RecordChange { record, kind, deps: deps.to_vec(), ops }
}

fn person(random: &mut Random) -> Vec<(&'static str, Value)> {
    let date = format!("{}-{:02}-{:02}", 1940 + random.below(70), 1 + random.below(12), 1 + random.below(28));
    vec![
        ("surname", text(surname(random))),
        ("forenames", text(forename(random))),
        ("father_name", text(surname(random))),
        ("mother_name", text(surname(random))),
        ("birth_place", text(surname(random))),
        ("date_of_birth", text(date)),
        ("national_number", text(format!("{:08}", random.below(100_000_000)))),
        ("nationality", text(*random.one_of(&COUNTRIES))),
        ("birth_country", text(*random.one_of(&COUNTRIES))),
        ("height_cm", Value::Int(150 + random.below(50) as i64)),
    ]
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

fn bytes(random: &mut Random) -> [u8; 10] {
    let mut bytes = [0; 10];
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&random.next().to_be_bytes()[..chunk.len()]);
    }
    bytes
}
