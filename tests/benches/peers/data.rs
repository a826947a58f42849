//! The records and edits that every peer gets: invented, the same from the same seed.

use std::path::{Path, PathBuf};

use cairn_tests::generator::{forename, surname};
use cairn_tests::random::Random;
use serde_json::{Map, Value, json};

/// Edits of two fields, and new records.
pub const EDITS: u64 = 100;
pub const FRESH: u64 = 10;
const COUNTRIES: [&str; 4] = ["GBR", "ESP", "GRC", "ALB"];

/// One record, or the fields of it that change: what it is called, and what it says.
#[derive(Clone)]
pub struct Record {
    pub id: String,
    pub fields: Map<String, Value>,
}

/// Records, edits of a part of them, and further records.
pub struct Work {
    pub first: Vec<Record>,
    pub edits: Vec<Record>,
    pub fresh: Vec<Record>,
}

impl Work {
    /// With so many records at first.
    pub fn new(records: u64, seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let first: Vec<Record> = (0..records).map(|number| person(number, random)).collect();
        let mut whom: Vec<u64> = (0..records).collect();
        let edits = (0..EDITS.min(records)).map(|_| {
            let number = whom.swap_remove(random.below(whom.len() as u64) as usize);
            record(number, json!({ "surname": surname(random), "forenames": forename(random) }))
        });
        let edits = edits.collect();
        let fresh = (records..records + FRESH).map(|number| person(number, random)).collect();
        Self { first, edits, fresh }
    }

    /// As files of one JSON object a line.
    pub fn write(&self, folder: &Path) -> [PathBuf; 3] {
        let file = |name: &str, records: &[Record]| {
            let path = folder.join(name);
            std::fs::write(&path, records.iter().map(Record::line).collect::<String>()).unwrap();
            path
        };
        [file("first.jsonl", &self.first), file("edits.jsonl", &self.edits), file("fresh.jsonl", &self.fresh)]
    }
}

impl Record {
    /// The record as one line of JSON.
    pub fn line(&self) -> String {
        let mut all = Map::from_iter([("id".to_owned(), json!(self.id))]);
        all.extend(self.fields.clone());
        format!("{}\n", Value::Object(all))
    }
}

fn record(number: u64, fields: Value) -> Record {
    Record { id: format!("person-{number:06}"), fields: fields.as_object().unwrap().clone() }
}

fn person(number: u64, random: &mut Random) -> Record {
    let date = format!("{}-{:02}-{:02}", 1940 + random.below(70), 1 + random.below(12), 1 + random.below(28));
    record(
        number,
        json!({
            "surname": surname(random),
            "forenames": forename(random),
            "father_name": surname(random),
            "mother_name": surname(random),
            "birth_place": surname(random),
            "date_of_birth": date,
            "national_number": format!("{:08}", random.below(100_000_000)),
            "nationality": random.one_of(&COUNTRIES),
            "birth_country": random.one_of(&COUNTRIES),
            "height_cm": 150 + random.below(50),
        }),
    )
}
