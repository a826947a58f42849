//! From entries to columns.
//!
//! The order is the order of reading: shapes, which audit lines follow from a change, outlines of changes, times,
//! records and dependencies, values by field, the rest of audit lines, payloads. References to entries that the
//! receiver holds are collected and stand in front of all.

use std::collections::{BTreeSet, HashMap, HashSet};

use cairn_ledger::codec::RecordChange;
use cairn_ledger::{Hlc, LogId, OpenParcel};
use cairn_record::{RecordId, Value};

use super::anatomy::{By, Content, Dress, Shape, take_apart};
use super::columns::{Writer, fold};
use super::days::days_of;
use super::event::Event;
use super::logs::{LogNames, put_log};
use super::pattern::{DATE, INT, Pattern, RECORD, TEXT, slots, value};
use crate::limits::REFERENCES_MAX;
use crate::lookup::{Lookup, Place, Seen, locate, look_up};

/// How many of a record's newest entries may be the one behind an audit line.
const BEHIND_MAX: usize = 4;

pub(super) const NO_RECORD: u64 = 0;
pub(super) const IN_FULL: u64 = 1;
pub(super) const BY_TIME: u64 = 2;
pub(super) const BY_REFERENCE: u64 = 3;
pub(super) const NAMED: u64 = 4;

pub(super) const DEP_IN_FULL: u64 = 0;
pub(super) const DEP_HELD: u64 = 1;
pub(super) const DEP_HERE: u64 = 2;

/// What the receiver holds, as far as it matters for one parcel.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The entry before the first of the parcel; without it nothing can be referred to.
    pub before: Option<Seen>,
    /// Where entries of a record stand. The receiver must be known to hold each.
    pub places: HashMap<RecordId, Vec<Place>>,
    /// What some of them say.
    pub seen: HashMap<(LogId, u64), Seen>,
}

impl Known {
    /// What a parcel of which everything before its first entry is held may refer to; `may` tells what else is.
    pub fn of(held: &dyn Lookup, prepared: &Prepared, may: impl Fn(&Place) -> bool) -> Self {
        let records = prepared.records();
        let located = locate(held, &records).into_iter().map(|places| places.into_iter().filter(&may).collect());
        let places: HashMap<RecordId, Vec<Place>> = records.iter().copied().zip(located).collect();
        let behind = prepared.behind(&places);
        let seen = behind.iter().copied().zip(look_up(held, &behind));
        let seen = seen.filter_map(|(place, seen)| Some((place, seen?))).collect();
        let parcel = &prepared.parcel;
        let before = (parcel.first > 1).then(|| (parcel.log, parcel.first - 1));
        let before = before.and_then(|before| look_up(held, &[before]).pop().flatten());
        Self { before, places, seen }
    }
}

/// A parcel taken apart, on its way out.
#[derive(Debug)]
pub struct Prepared {
    /// The parcel.
    pub parcel: Box<OpenParcel>,
    taken: Vec<(Shape, Content)>,
}

impl Prepared {
    /// Takes a parcel apart.
    pub fn new(parcel: Box<OpenParcel>) -> Self {
        let taken = parcel.entries.iter().map(take_apart).collect();
        Self { parcel, taken }
    }

    /// The records whose entries it may be worth referring to: those that it names and does not create.
    pub fn records(&self) -> Vec<RecordId> {
        let (mut made, mut wanted) = (HashSet::new(), BTreeSet::new());
        for (_, content) in &self.taken {
            match content {
                Content::Raw(record, _) | Content::Plain(record, _) => wanted.extend(*record),
                Content::Event(event) => wanted.extend(&event.records),
                Content::Change(change) => {
                    wanted.extend(change.ops.iter().filter_map(value).filter_map(record_in));
                    if change.deps.is_empty() {
                        made.insert(change.record);
                    } else {
                        wanted.insert(change.record);
                    }
                }
            }
        }
        wanted.into_iter().filter(|record| !made.contains(record)).take(REFERENCES_MAX).collect()
    }

    /// The entries from which its audit lines may follow, given where entries of records stand.
    pub fn behind(&self, places: &HashMap<RecordId, Vec<Place>>) -> Vec<(LogId, u64)> {
        let single = self.taken.iter().filter_map(|(_, content)| match content {
            Content::Event(event) => event.records.first().filter(|_| event.records.len() == 1),
            _ => None,
        });
        let here = &self.parcel.log.key;
        let near = single.filter_map(|record| places.get(record)).flat_map(|places| {
            let own = places
                .iter()
                .rev()
                .filter(|place| place.log.key.replica == here.replica && place.log.key.incarnation == here.incarnation);
            own.take(BEHIND_MAX).map(|place| (place.log, place.number))
        });
        near.collect::<BTreeSet<_>>().into_iter().take(REFERENCES_MAX).collect()
    }

    /// The columns. With `names` they may refer to what is in `known`; without, they stand for themselves.
    pub(super) fn pack(&self, known: &Known, names: Option<&mut LogNames>) -> Writer {
        let mut packer = Packer {
            parcel: &self.parcel,
            known,
            taken: &self.taken,
            follows: vec![None; self.taken.len()],
            out: Writer::default(),
            refs: Vec::new(),
            named: HashMap::new(),
        };
        packer.put_shapes();
        packer.put_follows();
        let patterns = packer.put_patterns();
        packer.put_times();
        packer.put_changes();
        packer.put_records();
        packer.put_values(&patterns);
        packer.put_events();
        packer.put_payloads();
        packer.finish(names)
    }
}

fn record_in(value: &Value) -> Option<RecordId> {
    if let Value::Record(record) = value { Some(*record) } else { None }
}

struct Packer<'a> {
    parcel: &'a OpenParcel,
    known: &'a Known,
    taken: &'a [(Shape, Content)],
    /// For each entry: the change it follows from.
    follows: Vec<Option<&'a Seen>>,
    out: Writer,
    refs: Vec<(LogId, u64)>,
    named: HashMap<RecordId, u64>,
}

impl<'a> Packer<'a> {
    fn finish(self, names: Option<&mut LogNames>) -> Writer {
        let mut whole = Writer { plain: Vec::new(), random: Vec::new() };
        whole.number(self.parcel.entries.len() as u64);
        if let Some(names) = names {
            put_refs(&mut whole, &self.refs, self.parcel, names);
        }
        whole.plain.extend_from_slice(&self.out.plain);
        whole.random.extend_from_slice(&self.out.random);
        whole
    }

    fn put_shapes(&mut self) {
        let mut places: HashMap<&Shape, u64> = HashMap::new();
        places.extend(self.known.before.as_ref().map(|seen| (&seen.shape, 0)));
        let (mut fresh, mut column) = (Vec::new(), Vec::with_capacity(self.taken.len()));
        for (shape, _) in self.taken {
            let next = places.len() as u64;
            let place = *places.entry(shape).or_insert_with(|| {
                fresh.push(shape);
                next
            });
            column.push(place);
        }
        self.out.number(fresh.len() as u64);
        fresh.into_iter().for_each(|shape| put_shape(&mut self.out, shape));
        self.out.column(&column);
    }

    fn put_follows(&mut self) {
        let mut column = Vec::new();
        for at in 0..self.taken.len() {
            let Content::Event(event) = &self.taken[at].1 else { continue };
            let found = self.change_behind(at, event);
            column.push(u64::from(found.is_some()));
            if let Some((place, seen)) = found {
                self.refs.push(place);
                self.follows[at] = Some(seen);
            }
        }
        self.out.column(&column);
    }

    /// The change from which all of an audit line follows: of the same writer, just before it, about the same record.
    fn change_behind(&self, at: usize, event: &Event) -> Option<((LogId, u64), &'a Seen)> {
        let ([record], true) = (event.records.as_slice(), self.refs.len() < REFERENCES_MAX) else { return None };
        let hlc = self.parcel.entries[at].hlc;
        let here = &self.parcel.log.key;
        let near = self.known.places.get(record)?.iter().rev();
        let own =
            near.filter(|place| place.log.key.replica == here.replica && place.log.key.incarnation == here.incarnation);
        own.map(|place| (place.log, place.number)).find_map(|place| {
            let seen = self.known.seen.get(&place)?;
            let fits = after(seen.hlc) == Some(hlc) && seen.record == Some(*record);
            let says = fits && seen.change.as_ref().is_some_and(|change| Event::about(*record, change) == *event);
            says.then_some((place, seen))
        })
    }

    fn changes(&self) -> impl Iterator<Item = (usize, &'a RecordChange)> + use<'a> {
        self.taken.iter().enumerate().filter_map(|(at, (_, content))| match content {
            Content::Change(change) => Some((at, change)),
            _ => None,
        })
    }

    fn put_patterns(&mut self) -> Vec<Pattern> {
        let patterns: Vec<Pattern> = self.changes().map(|(_, change)| Pattern::of(change)).collect();
        let mut places: HashMap<&Pattern, u64> = HashMap::new();
        let before = self.known.before.as_ref().and_then(|seen| seen.outline.as_ref());
        places.extend(before.map(|outline| (outline, 0)));
        let (mut fresh, mut column) = (Vec::new(), Vec::with_capacity(patterns.len()));
        for pattern in &patterns {
            let next = places.len() as u64;
            let place = *places.entry(pattern).or_insert_with(|| {
                fresh.push(pattern);
                next
            });
            column.push(place);
        }
        if !patterns.is_empty() {
            self.out.number(fresh.len() as u64);
            fresh.into_iter().for_each(|pattern| pattern.put(&mut self.out));
            self.out.column(&column);
        }
        patterns
    }

    /// Times as differences; the counter as the difference from what a clock would have said.
    fn put_times(&mut self) {
        let mut before = self.known.before.as_ref().map_or(Hlc::default(), |seen| seen.hlc);
        let (mut times, mut counters) = (Vec::new(), Vec::new());
        for (entry, follows) in self.parcel.entries.iter().zip(&self.follows) {
            if follows.is_none() {
                times.push(fold(entry.hlc.unix_ms as i64 - before.unix_ms as i64));
                counters.push(fold(i64::from(entry.hlc.counter) - counter_after(before, entry.hlc.unix_ms)));
            }
            before = entry.hlc;
        }
        self.out.column(&times);
        self.out.column(&counters);
    }

    fn put_changes(&mut self) {
        for (at, change) in self.changes() {
            let start = self.parcel.entries[at].body.len() - tail(change);
            let mut known = false;
            for (nth, dep) in change.deps.iter().enumerate() {
                let held = self.known.places.get(&change.record).into_iter().flatten();
                let held = held.filter(|_| self.refs.len() < REFERENCES_MAX).find(|place| place.entry == *dep);
                if let Some(earlier) = self.earlier(at, start + 16 * nth, change) {
                    self.out.number(DEP_HERE + (at - earlier - 1) as u64);
                    known |= nth == 0;
                } else if let Some(place) = held {
                    self.refs.push((place.log, place.number));
                    self.out.number(DEP_HELD);
                    known |= nth == 0;
                } else {
                    self.out.number(DEP_IN_FULL);
                    self.out.random.extend_from_slice(&dep.0);
                }
            }
            if known {
                self.remember(change.record);
            } else {
                self.name(Some(change.record), at);
            }
        }
    }

    /// The change of the same record in this parcel that stands at this place of a body.
    fn earlier(&self, entry: usize, at: usize, change: &RecordChange) -> Option<usize> {
        let holes = &self.parcel.holes;
        let hole = holes.get(holes.partition_point(|hole| (hole.entry, hole.at) < (entry, at)))?;
        let found = Some(hole.names).filter(|_| (hole.entry, hole.at) == (entry, at))?;
        let same = |content: &Content| matches!(content, Content::Change(earlier) if earlier.record == change.record);
        self.taken.get(found).filter(|(_, content)| found < entry && same(content)).map(|_| found)
    }

    fn remember(&mut self, record: RecordId) {
        let next = self.named.len() as u64;
        self.named.entry(record).or_insert(next);
    }

    fn name(&mut self, record: Option<RecordId>, at: usize) {
        let Some(record) = record else { return self.out.number(NO_RECORD) };
        if let Some(place) = self.named.get(&record) {
            return self.out.number(NAMED + self.named.len() as u64 - 1 - place);
        }
        let [_, _, _, _, _, _, rest @ ..] = record.0;
        if RecordId::new(self.parcel.entries[at].hlc.unix_ms, rest) == record {
            self.out.number(BY_TIME);
            self.out.random.extend_from_slice(&rest);
        } else if let Some(place) = self.place_of(&record) {
            self.refs.push(place);
            self.out.number(BY_REFERENCE);
        } else {
            self.out.number(IN_FULL);
            self.out.random.extend_from_slice(&record.0);
        }
        self.remember(record);
    }

    /// An entry of this record that the receiver holds: best the one after what was referred to before.
    fn place_of(&self, record: &RecordId) -> Option<(LogId, u64)> {
        let places = self.known.places.get(record).filter(|_| self.refs.len() < REFERENCES_MAX)?;
        let next = self.refs.last().map(|(log, number)| (*log, number + 1));
        let is_next = |place: &&Place| Some((place.log, place.number)) == next;
        places.iter().find(is_next).or(places.last()).map(|place| (place.log, place.number))
    }

    fn put_records(&mut self) {
        for at in 0..self.taken.len() {
            if let Content::Raw(record, _) | Content::Plain(record, _) = &self.taken[at].1 {
                self.name(*record, at);
            }
        }
    }

    fn put_values(&mut self, patterns: &[Pattern]) {
        let changes: Vec<(usize, &RecordChange)> = self.changes().collect();
        let outlines: Vec<&Pattern> = patterns.iter().collect();
        let slots = slots(&outlines);
        for same in slots.chunk_by(|one, next| one.0 == next.0) {
            let of = |slot: &(u8, usize, usize)| value(&changes[slot.1].1.ops[slot.2]);
            match same[0].0 {
                INT | DATE => {
                    let numbers: Vec<u64> = same.iter().filter_map(of).filter_map(number_of).collect();
                    self.out.column(&numbers);
                }
                TEXT => {
                    for slot in same {
                        if let Some(Value::Text(text)) = of(slot) {
                            self.out.bytes(text.as_bytes());
                        }
                    }
                }
                RECORD => {
                    for slot in same {
                        if let Some(Value::Record(record)) = of(slot) {
                            self.name(Some(*record), changes[slot.1].0);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn put_events(&mut self) {
        for at in 0..self.taken.len() {
            let Content::Event(event) = &self.taken[at].1 else { continue };
            if self.follows[at].is_some() {
                continue;
            }
            self.out.bytes(event.detail.as_bytes());
            self.out.number(event.records.len() as u64);
            self.out.number(fold((event.count as i64).wrapping_sub(event.records.len() as i64)));
            event.records.iter().for_each(|record| self.name(Some(*record), at));
        }
    }

    fn put_payloads(&mut self) {
        for (_, content) in self.taken {
            if let Content::Raw(_, bytes) | Content::Plain(_, bytes) = content {
                self.out.bytes(bytes);
            }
        }
    }
}

/// Bytes of a change from its first dependency on.
fn tail(change: &RecordChange) -> usize {
    let len = cairn_ledger::codec::encode(change).map_or(0, |bytes| bytes.len());
    len.saturating_sub(cairn_ledger::codec::deps_at(change.deps.len()))
}

fn number_of(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => Some(fold(*number)),
        Value::Text(text) => days_of(text),
        _ => None,
    }
}

/// The time a clock gives just after this one within the same commit.
pub(super) fn after(hlc: Hlc) -> Option<Hlc> {
    Some(Hlc { counter: hlc.counter.checked_add(1)?, ..hlc })
}

/// The counter that the next entry of a log most likely has.
pub(super) fn counter_after(before: Hlc, unix_ms: u64) -> i64 {
    if before.unix_ms == unix_ms { i64::from(before.counter) + 1 } else { 0 }
}

fn put_shape(out: &mut Writer, shape: &Shape) {
    out.number(u64::from(shape.epoch));
    out.plain.extend_from_slice(&[shape.clock as u8, shape.kind]);
    match &shape.dress {
        Dress::Raw => out.plain.push(0),
        Dress::Plain(by) => put_by(out, 1, by),
        Dress::Change(by) => put_by(out, 2, by),
        Dress::Event(by, words) => {
            put_by(out, 3, by);
            out.bytes(words.action.as_bytes());
            out.bytes(words.via.as_bytes());
        }
    }
}

fn put_by(out: &mut Writer, dress: u8, by: &By) {
    out.plain.extend_from_slice(&[dress, by.author.role]);
    out.bytes(by.author.user.as_bytes());
    out.bytes(by.author.display.as_bytes());
    out.bytes(by.purpose.as_bytes());
}

/// The logs referred to other than the parcel's own, then for each reference 0 (the entry after the one before) or one
/// more than the place of its log; then their numbers, in the own log counted back from the parcel.
fn put_refs(out: &mut Writer, refs: &[(LogId, u64)], parcel: &OpenParcel, names: &mut LogNames) {
    let mut logs = vec![parcel.log];
    let (mut codes, mut numbers) = (Vec::new(), Vec::new());
    let mut next = None;
    for (log, number) in refs {
        let at = logs.iter().position(|known| known == log).unwrap_or_else(|| {
            logs.push(*log);
            logs.len() - 1
        });
        if next == Some((*log, *number)) {
            codes.push(0);
        } else {
            codes.push(1 + at as u64);
            numbers.push(if at == 0 { parcel.first.saturating_sub(1).saturating_sub(*number) } else { *number });
        }
        next = Some((*log, number + 1));
    }
    out.number(logs.len() as u64 - 1);
    logs.iter().skip(1).for_each(|log| put_log(&mut out.plain, log, &parcel.log, names));
    out.number(refs.len() as u64);
    out.column(&codes);
    out.column(&numbers);
}
