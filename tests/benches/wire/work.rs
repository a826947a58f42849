//! A day's work at a post: people recorded, and edited in two fields, so far apart as people write.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use cairn_casebook::{Actor, Casebook, Role, SaveRequest, Via};
use cairn_record::{FieldNo, Kind, RecordDraft, RecordId, Value, schema};
use cairn_tests::generator::{FORENAME_COUNT, SURNAMES, forename, surname};
use cairn_tests::random::Random;

use crate::floor::Floor;
use crate::pair::NOW_MS;

/// Longest pause between two saves.
const PAUSE_MS: u64 = 60_000;
/// The random part of a new record's id.
const ID_BITS: u32 = 74;

/// The officer at work.
pub struct Work {
    random: Random,
    floor: Floor,
    people: Vec<(RecordId, String)>,
    /// Names to use instead of the generator's.
    words: Vec<String>,
}

impl Work {
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), floor: Floor::default(), people: Vec::new(), words: Vec::new() }
    }

    /// With names out of these words.
    pub fn with_words(seed: u64, words: Vec<String>) -> Self {
        Self { words, ..Self::new(seed) }
    }

    /// The floor of everything since it was last taken.
    pub fn take_floor(&mut self) -> Floor {
        std::mem::take(&mut self.floor)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.floor.drew(bound);
        self.random.below(bound)
    }

    fn pause(&mut self) {
        let pause_ms = 1 + self.below(PAUSE_MS);
        NOW_MS.fetch_add(pause_ms, Ordering::Relaxed);
    }

    fn names(&mut self) -> (String, String) {
        if !self.words.is_empty() {
            return (self.random.one_of(&self.words).clone(), self.random.one_of(&self.words).clone());
        }
        self.floor.drew(SURNAMES * FORENAME_COUNT);
        (surname(&mut self.random), forename(&mut self.random).to_owned())
    }

    /// Records so many people.
    pub fn create(&mut self, post: &Casebook, count: u64) {
        for _ in 0..count {
            self.pause();
            self.floor.random(ID_BITS);
            let fields = self.person();
            let (id, version) = self.save(post, None, &fields);
            self.people.push((id, version));
        }
    }

    fn person(&mut self) -> Vec<(&'static str, Value)> {
        let ((surname, forenames), (father, _), (mother, town)) = (self.names(), self.names(), self.names());
        let date = format!("{}-{:02}-{:02}", 1940 + self.below(70), 1 + self.below(12), 1 + self.below(28));
        let number = format!("{:08}", self.below(100_000_000));
        let height = 150 + self.below(50);
        let text = [("surname", surname), ("forenames", forenames), ("father_name", father), ("mother_name", mother)];
        let more = [("birth_place", town), ("date_of_birth", date), ("national_number", number)];
        let mut fields: Vec<_> = text.into_iter().chain(more).map(|(key, text)| (key, Value::Text(text))).collect();
        fields.push(("nationality", Value::Text(["GBR", "ESP", "GRC", "ALB"][self.below(4) as usize].into())));
        fields.push(("birth_country", Value::Text(["GBR", "ESP", "GRC", "ALB"][self.below(4) as usize].into())));
        fields.push(("height_cm", Value::Int(height as i64)));
        fields
    }

    /// Gives so many of them another surname and another forename.
    pub fn edit(&mut self, post: &Casebook, count: u64) {
        for _ in 0..count {
            self.pause();
            let at = self.below(self.people.len() as u64) as usize;
            let (surname, forenames) = self.names();
            let fields = [("surname", Value::Text(surname)), ("forenames", Value::Text(forenames))];
            let person = self.people[at].clone();
            self.people[at] = self.save(post, Some(person), &fields);
        }
    }

    fn save(
        &self,
        post: &Casebook,
        person: Option<(RecordId, String)>,
        fields: &[(&str, Value)],
    ) -> (RecordId, String) {
        let field = |key: &str| schema(Kind::Person).by_key(key).unwrap().no;
        let fields: BTreeMap<FieldNo, Vec<Value>> =
            fields.iter().map(|(key, value)| (field(key), vec![value.clone()])).collect();
        let (id, version) = person.unzip();
        let draft = RecordDraft { id, kind: Kind::Person, fields };
        let saved =
            post.save_record(&officer(), &SaveRequest { draft, version }, NOW_MS.load(Ordering::Relaxed)).unwrap();
        (saved.id, saved.version)
    }
}

fn officer() -> Actor {
    Actor { user: "k.daniels".into(), display: "Officer K.".into(), role: Some(Role::Officer), via: Via::Screen }
}
