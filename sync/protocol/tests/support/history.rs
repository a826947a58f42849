//! Invented work at a post: records made and edited, sometimes side by side, imports, looking, and what no page writes.

use std::collections::BTreeMap;

use cairn_ledger::codec::{self, Action, Op, RecordChange};
use cairn_ledger::{Author, Body, ClockQuality, EntryRef, Hlc, Incarnation, Lane, OpenEntry};
use cairn_record::{FieldNo, Kind, RecordId, Value, schema};

use super::Dice;
use super::store::{AUDIT, RECORDS, Store};

const NAMES: [&str; 6] = ["Ashbridge", "Barbury", "O\"Dell", "Ünal", "", "1987-02-29"];

/// Somebody at work.
pub struct Worker {
    pub dice: Dice,
    clock: Hlc,
    /// Records with their newest entries and all there ever were.
    records: Vec<(RecordId, Kind, Vec<EntryRef>, Vec<EntryRef>)>,
}

impl Worker {
    pub fn new(seed: u64) -> Self {
        Self { dice: Dice::new(seed), clock: Hlc { unix_ms: 1_700_000_000_000, counter: 0 }, records: Vec::new() }
    }

    fn tick(&mut self) -> Hlc {
        self.clock.counter = self.clock.counter.wrapping_add(1);
        self.clock
    }

    fn later(&mut self) {
        self.clock = Hlc { unix_ms: self.clock.unix_ms + 1 + self.dice.roll(100_000), counter: 0 };
        self.clock.counter = self.clock.counter.wrapping_sub(1);
    }

    /// Does one thing.
    pub fn work(&mut self, store: &mut Store) {
        self.later();
        match self.dice.roll(10) {
            0 | 1 => self.create(store, Lane::Normal, 1),
            2..=5 => self.edit(store),
            6 => {
                let count = 1 + self.dice.roll(9);
                self.create(store, Lane::Bulk, count);
            }
            7 => self.look(store),
            8 => self.odd(store),
            _ if self.dice.roll(4) == 0 => store.incarnation = Incarnation(self.dice.roll(1_000)),
            _ => self.look(store),
        }
    }

    fn create(&mut self, store: &mut Store, lane: Lane, count: u64) {
        let (mut entries, mut made) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let kind = Kind::ALL[self.dice.roll(10) as usize];
            let hlc = self.tick();
            let mut random = [0; 10];
            random.iter_mut().for_each(|byte| *byte = self.dice.roll(256) as u8);
            let id = if lane == Lane::Bulk { RecordId::derived(&random) } else { RecordId::new(hlc.unix_ms, random) };
            let change = RecordChange { record: id, kind, deps: Vec::new(), ops: self.ops(kind, 8) };
            entries.push(self.entry(1, hlc, Some(id), codec::encode(&change).expect("it is within limits")));
            made.push((id, kind));
        }
        let names = store.commit(store.own_log(RECORDS, lane), entries);
        let ids: Vec<RecordId> = made.iter().map(|(id, _)| *id).collect();
        for ((id, kind), name) in made.iter().zip(names) {
            self.records.push((*id, *kind, vec![name], vec![name]));
        }
        let (action, detail) = if lane == Lane::Bulk { ("import_rows", "") } else { ("create", made[0].1.key()) };
        self.audit(store, action, detail, &ids);
    }

    fn edit(&mut self, store: &mut Store) {
        if self.records.is_empty() {
            return;
        }
        let at = self.dice.roll(self.records.len() as u64) as usize;
        let (id, kind, heads, past) = self.records[at].clone();
        // Sometimes as somebody sees it who has not heard of the newest change.
        let stale = self.dice.roll(5) == 0;
        let mut deps = if stale { vec![past[self.dice.roll(past.len() as u64) as usize]] } else { heads.clone() };
        deps.sort();
        let change = RecordChange { record: id, kind, deps: deps.clone(), ops: self.ops(kind, 2) };
        let mut labels: Vec<&str> =
            change.ops.iter().map(|op| schema(kind).field(op.field).map_or("?", |field| field.key)).collect();
        labels.dedup();
        let detail = labels.join(", ");
        let hlc = self.tick();
        let entry = self.entry(1, hlc, Some(id), codec::encode(&change).expect("it is within limits"));
        let lane = if kind == Kind::Marker { Lane::Urgent } else { Lane::Normal };
        let name = store.commit(store.own_log(RECORDS, lane), vec![entry])[0];
        let (_, _, heads, past) = &mut self.records[at];
        heads.retain(|head| !deps.contains(head));
        heads.push(name);
        past.push(name);
        let action = if self.dice.roll(6) == 0 { "settle" } else { "change" };
        self.audit(store, action, &detail, &[id]);
    }

    fn look(&mut self, store: &mut Store) {
        let ids: Vec<RecordId> = self.records.iter().rev().take(self.dice.roll(3) as usize).map(|one| one.0).collect();
        let name = NAMES[self.dice.roll(6) as usize];
        self.audit(store, "view", name, &ids);
    }

    /// Entries of kinds and with bodies that no page writes.
    fn odd(&mut self, store: &mut Store) {
        let hlc = self.tick();
        let record = self.records.last().map(|one| one.0);
        let body: Vec<u8> = (0..self.dice.roll(60)).map(|_| self.dice.roll(256) as u8).collect();
        let entry = match self.dice.roll(4) {
            0 => OpenEntry { epoch: 7, hlc, clock: ClockQuality::Unknown, kind: 99, record, body },
            1 => self.entry(3, hlc, None, b"{\"v\":\"screen\",\"a\":\"view\"}".to_vec()),
            2 => self.entry(3, hlc, record, b"{\"a\":\"view\",\"v\":\"screen\"}".to_vec()),
            _ => self.entry(1, hlc, record, body),
        };
        store.commit(store.own_log(RECORDS, Lane::Normal), vec![entry]);
    }

    fn audit(&mut self, store: &mut Store, action: &str, detail: &str, records: &[RecordId]) {
        let mut text = format!("{{\"a\":\"{action}\",\"v\":\"screen\"");
        if !detail.is_empty() {
            text += &format!(",\"d\":\"{}\"", detail.replace('"', "\\\""));
        }
        if !records.is_empty() {
            let ids: Vec<String> = records.iter().map(|id| format!("\"{id}\"")).collect();
            text += &format!(",\"r\":[{}],\"n\":{}", ids.join(","), records.len());
        }
        let hlc = self.tick();
        let entry = self.entry(3, hlc, None, (text + "}").into_bytes());
        store.commit(store.own_log(AUDIT, Lane::Normal), vec![entry]);
    }

    fn entry(&mut self, kind: u8, hlc: Hlc, record: Option<RecordId>, payload: Vec<u8>) -> OpenEntry {
        let user = ["mira", "jonas"][self.dice.roll(2) as usize];
        let author = Author { user: user.into(), display: user.to_uppercase(), role: self.dice.roll(3) as u8 };
        let purpose = (self.dice.roll(8) == 0).then(|| "border check".to_owned());
        let body = Body { author, purpose, record, payload }.encode().expect("it is within limits");
        OpenEntry { epoch: 1 + (self.dice.roll(20) / 19) as u32, hlc, clock: ClockQuality::Local, kind, record, body }
    }

    fn ops(&mut self, kind: Kind, most: u64) -> Vec<Op> {
        let fields = schema(kind).fields;
        let mut ops: BTreeMap<(u16, bool), Op> = BTreeMap::new();
        for _ in 0..1 + self.dice.roll(most) {
            let field = fields[self.dice.roll(fields.len() as u64) as usize].no;
            let value = self.value();
            let action = match self.dice.roll(8) {
                0 => Action::Clear,
                1 => Action::Include(value),
                2 => Action::Exclude(value),
                _ => Action::Set(value),
            };
            let element = matches!(action, Action::Include(_) | Action::Exclude(_));
            ops.insert((field.0, element), Op { field, action });
        }
        if self.dice.roll(30) == 0 {
            ops.insert((60_000, false), Op { field: FieldNo(60_000), action: Action::Clear });
        }
        ops.into_values().collect()
    }

    fn value(&mut self) -> Value {
        match self.dice.roll(6) {
            0 => Value::Bool(self.dice.roll(2) == 0),
            1 => Value::Int(self.dice.roll(1 << 40) as i64 - (1 << 20)),
            2 => match self.records.len() as u64 {
                0 => Value::Record(RecordId([9; 16])),
                count => Value::Record(self.records[self.dice.roll(count) as usize].0),
            },
            3 => Value::Text(format!(
                "{}-{:02}-{:02}",
                1940 + self.dice.roll(80),
                1 + self.dice.roll(12),
                1 + self.dice.roll(28)
            )),
            _ => Value::Text(NAMES[self.dice.roll(6) as usize].to_owned()),
        }
    }
}
