//! What people do: save, change, settle, mark, import, look.

use std::sync::Arc;

use cairn_casebook::{Actor, Casebook, CasebookError, Role, SaveRequest, Saved, SettleRequest, Via};
use cairn_ledger::EntryKind;
use cairn_record::{FieldNo, Kind, RecordDraft, RecordId, Value, schema};

use crate::counts::Sometimes;
use crate::truth;
use crate::world::{Do, World};

const FORENAMES: [&str; 8] = ["Maude", "Ned", "Ann", "Osric", "Tilda", "Bram", "Ysolde", "Piers"];
const SURNAMES: [&str; 8] = ["Tanbury", "Oakes", "Pell", "Fairfax", "Holloway", "Quennell", "Thirsk", "Wray"];

/// A supervisor, who may do all that people do with records.
pub fn supervisor() -> Actor {
    Actor { user: "k.daniels".into(), display: "Officer K.".into(), role: Some(Role::Supervisor), via: Via::Screen }
}

fn field(kind: Kind, key: &str) -> Option<FieldNo> {
    schema(kind).by_key(key).map(|field| field.no)
}

fn draft(id: Option<RecordId>, kind: Kind, fields: &[(&str, Value)]) -> RecordDraft {
    let values = fields.iter().filter_map(|(key, value)| Some((field(kind, key)?, vec![value.clone()])));
    RecordDraft { id, kind, fields: values.collect() }
}

impl World {
    /// A person somewhere does something.
    pub fn act(&mut self) {
        let in_ms = (self.plan.gap_ms(self.plan.acts) as f64 * 2.0 * self.dice.share()) as u64;
        self.plan_in(in_ms, Do::Act);
        let machine = self.dice.below(self.machines.len() as u64) as usize;
        let Some(book) = self.machines[machine].book.clone() else { return };
        if self.machines[machine].mood.is_some() && self.dice.chance(70) {
            return;
        }
        // People work in bursts, and what they write shortly after each other must not depend on a quiet network.
        for _ in 0..self.dice.between(1, 3) {
            self.act_at(machine, &book);
        }
        self.pump(machine);
        self.read_the_page(machine);
    }

    /// People go on while the disk fails.
    pub fn work_through_failure(&mut self, machine: usize, book: &Arc<Casebook>) {
        for _ in 0..self.dice.between(1, 5) {
            self.act_at(machine, book);
        }
        self.pump(machine);
    }

    fn act_at(&mut self, machine: usize, book: &Arc<Casebook>) {
        match self.dice.below(100) {
            0..40 => self.create(machine, book),
            40..75 => self.change(machine, book),
            75..82 => self.settle(machine, book),
            82..88 => self.mark(machine, book),
            88..92 => self.import(machine, book),
            92..96 => {
                if let Some(record) = self.any_record() {
                    self.handle_files(machine, book, record);
                }
            }
            _ => self.read_a_record(machine, book),
        }
    }

    fn person(&mut self) -> Vec<(&'static str, Value)> {
        let surname = SURNAMES[self.dice.below(8) as usize];
        let forename = FORENAMES[self.dice.below(8) as usize];
        vec![("surname", Value::from(surname)), ("forenames", Value::from(forename))]
    }

    fn create(&mut self, machine: usize, book: &Casebook) {
        let fields = self.person();
        self.save(machine, book, draft(None, Kind::Person, &fields), None);
    }

    /// Any record that anybody has written.
    pub fn any_record(&mut self) -> Option<RecordId> {
        let mut records: Vec<RecordId> = truth::of(&self.truth).of_record.keys().copied().collect();
        records.sort();
        self.dice.pick(&records).copied()
    }

    fn change(&mut self, machine: usize, book: &Casebook) {
        let Some(id) = self.any_record() else { return };
        truth::of(&self.truth).take_fresh();
        let Ok(page) = book.record(&supervisor(), id, self.clock(machine)) else { return };
        self.promised(machine, None);
        if page.summary.kind != Kind::Person {
            return;
        }
        let mut fields = self.person();
        fields.truncate(self.dice.between(1, 2) as usize);
        // Sometimes the form was opened long before.
        let opened = self.forms.entry((machine, id)).or_insert_with(|| page.version.clone()).clone();
        let version = if self.dice.chance(70) { page.version } else { opened };
        self.save(machine, book, draft(Some(id), Kind::Person, &fields), Some(version));
    }

    fn mark(&mut self, machine: usize, book: &Casebook) {
        let Some(subject) = self.any_record() else { return };
        let fields = [
            ("marker", Value::from("firearms")),
            ("reason", Value::from("seen with one")),
            ("subject", Value::Record(subject)),
        ];
        if self.save(machine, book, draft(None, Kind::Marker, &fields), None) {
            self.hit(Sometimes::Urgent);
        }
    }

    fn save(&mut self, machine: usize, book: &Casebook, draft: RecordDraft, version: Option<String>) -> bool {
        truth::of(&self.truth).take_fresh();
        let outcome = book.save_record(&supervisor(), &SaveRequest { draft, version }, self.clock(machine));
        self.saved(machine, outcome)
    }

    fn saved(&mut self, machine: usize, outcome: Result<Saved, CasebookError>) -> bool {
        match outcome {
            Ok(saved) => {
                if saved.conflict {
                    self.hit(Sometimes::Conflict);
                }
                self.say(|| format!("{machine} saves {}", saved.id));
                self.promised(machine, Some(saved.id));
                true
            }
            Err(error) => {
                if matches!(error, CasebookError::Storage(_) | CasebookError::NoRoom(_)) {
                    self.hit(Sometimes::SaveRefused);
                }
                self.say(|| format!("{machine} cannot save: {error}"));
                truth::of(&self.truth).take_fresh();
                false
            }
        }
    }

    /// Everything that the machine wrote just now was acknowledged to a person.
    pub fn promised(&mut self, machine: usize, record: Option<RecordId>) {
        let mut truth = truth::of(&self.truth);
        for (hash, kind) in truth.take_fresh() {
            let Some(written) = truth.written.get(&hash).copied() else { continue };
            self.machines[machine].promise(written.log, written.number, hash);
            if let Some(record) = record.filter(|_| kind == EntryKind::RecordChange) {
                truth.of_record.entry(record).or_default().push(hash);
            }
        }
    }

    fn settle(&mut self, machine: usize, book: &Casebook) {
        let now_ms = self.clock(machine);
        truth::of(&self.truth).take_fresh();
        let Ok(home) = book.home(&supervisor(), now_ms) else { return };
        let Some(summary) = home.conflicts.first() else { return };
        let Ok(page) = book.record(&supervisor(), summary.id, now_ms) else { return };
        let Some(field) = page.fields.iter().find(|field| field.conflict) else { return };
        let Some(value) = field.values.first().map(|held| held.value.clone()) else { return };
        let request = SettleRequest { record: summary.id, field: field.no, value, version: page.version.clone() };
        self.promised(machine, None);
        truth::of(&self.truth).take_fresh();
        let outcome = book.settle(&supervisor(), &request, now_ms);
        if self.saved(machine, outcome) {
            self.hit(Sometimes::Settled);
        }
    }

    fn import(&mut self, machine: usize, book: &Casebook) {
        let mut file =
            "Crime No,Recorded,Offence,Role,Surname,Forename,DOB,Address,VRM,Make/Model,Colour,MO\n".to_owned();
        for _ in 0..self.dice.stretch(1, 30) {
            let number = self.dice.below(400);
            let name = SURNAMES[self.dice.below(8) as usize];
            file.push_str(&format!(
                "NOCR{:05},11/06/2025,burglary dwelling,suspect,{name},Maude,11/04/1997,53 Canal Wharf,,,,over a wall\n",
                90_000 + number
            ));
        }
        let Ok(mapping) = book.mapping("northmark-crime") else { return };
        truth::of(&self.truth).take_fresh();
        let now_ms = self.clock(machine);
        let mut on = |_, _| true;
        let outcome = book.import(&supervisor(), "crimes.csv", file.as_bytes(), &mapping, false, &mut on, now_ms);
        match outcome {
            Ok(report) => {
                self.say(|| format!("{machine} imports {} rows", report.imported));
                self.hit(Sometimes::Import);
                self.promised(machine, None);
            }
            Err(error) => {
                self.say(|| format!("{machine} cannot import: {error}"));
                truth::of(&self.truth).take_fresh();
            }
        }
    }

    fn read_a_record(&mut self, machine: usize, book: &Casebook) {
        let Some(id) = self.any_record() else { return };
        let now_ms = self.clock(machine);
        truth::of(&self.truth).take_fresh();
        if let Ok(page) = book.record(&supervisor(), id, now_ms) {
            self.promised(machine, None);
            self.judge_whereabouts(machine, id, &page.whereabouts);
        }
        self.look_up(machine);
    }

    /// Somebody checks a plate and reads how fresh the answer is.
    pub fn look_up(&mut self, machine: usize) {
        let Some(book) = self.machines[machine].book.clone() else { return };
        truth::of(&self.truth).take_fresh();
        if let Ok(answer) = book.check(&supervisor(), "AB?2CD", self.clock(machine)) {
            self.promised(machine, None);
            self.judge_freshness(machine, &answer.freshness);
        }
    }
}
