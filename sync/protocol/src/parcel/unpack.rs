//! From columns to entries: the other half of [`super::pack`].
//!
//! Two steps. The head is read when the parcel comes and says which entries are referred to; the rest when it is known
//! what they say. Everything is bounded before it is allocated, and the bodies together may not be larger than the
//! columns might be.

use std::collections::HashSet;

use cairn_ledger::codec::{Op, RecordChange};
use cairn_ledger::parcel::HASH_TO_DERIVE;
use cairn_ledger::{Author, EntryHash, EntryRef, Hlc, Hole, LogId, OpenEntry, OpenParcel, Seal};
use cairn_record::{Kind, RecordId, Value};

use super::anatomy::{By, Content, Dress, Shape, change_entry, put_together};
use super::columns::{Columns, unfold};
use super::days::text_of;
use super::event::{Event, Words};
use super::logs::{LogNames, read_log};
use super::pack::{
    BY_REFERENCE, BY_TIME, DEP_HELD, DEP_HERE, DEP_IN_FULL, IN_FULL, NAMED, NO_RECORD, after, counter_after,
};
use super::pattern::{DATE, INT, NO, Pattern, RECORD, TEXT, YES, operation, slots};
use crate::Refusal;
use crate::bytes::Reader;
use crate::limits::{ENTRIES_MAX, PLAIN_BYTES_MAX, REFERENCES_MAX, UNIX_MS_MAX};
use crate::lookup::Seen;

const WHAT: &str = "the entries of a parcel";

/// A parcel whose head was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// Which log.
    pub log: LogId,
    /// Number of the first entry.
    pub first: u64,
    /// Number of the last entry.
    pub last: u64,
    /// Hash of the last entry, if it was sent.
    pub hash: Option<EntryHash>,
    pub(super) signature: [u8; 64],
    refers: bool,
    refs: Vec<(LogId, u64)>,
    plain: Vec<u8>,
    random: Vec<u8>,
    count: usize,
}

/// What is known when the head is read.
pub(super) struct Head<'a> {
    pub(super) log: LogId,
    pub(super) first: u64,
    pub(super) hash: Option<EntryHash>,
    pub(super) signature: [u8; 64],
    /// Given when the form may refer.
    pub(super) names: Option<&'a mut LogNames>,
}

impl Packed {
    /// Reads the head of the columns.
    pub(super) fn read(head: Head<'_>, plain: &[u8], random: &[u8]) -> Result<Self, Refusal> {
        let mut from = Columns { plain: Reader::new(plain, WHAT), random: Reader::new(random, WHAT) };
        let count = from.plain.count(ENTRIES_MAX)?;
        let refers = head.names.is_some();
        let refs = match head.names {
            Some(names) => read_refs(&mut from, &head.log, head.first, names)?,
            None => Vec::new(),
        };
        let last = head.first.checked_add(count as u64).and_then(|end| end.checked_sub(1));
        let last = last.filter(|_| head.first > 0 && count > 0).ok_or(Refusal::BadValue("the number of a parcel"))?;
        Ok(Self {
            log: head.log,
            first: head.first,
            last,
            hash: head.hash,
            signature: head.signature,
            refers,
            refs,
            plain: from.plain.rest().to_vec(),
            random: from.random.rest().to_vec(),
            count,
        })
    }

    /// Whether it was written to refer to what is held here.
    pub fn refers(&self) -> bool {
        self.refers
    }

    /// Which entries must be looked up before it can be unpacked.
    pub fn needs(&self) -> Vec<(LogId, u64)> {
        let before = (self.refers && self.first > 1).then(|| (self.log, self.first - 1));
        before.into_iter().chain(self.refs.iter().copied()).collect()
    }

    /// The entries; `seen` is what was found of [`Packed::needs`], in its order. What is not held here is
    /// [`Refusal::UnknownReference`], anything else a parcel that nobody may send.
    pub fn unpack(&self, seen: &[Option<Seen>]) -> Result<OpenParcel, Refusal> {
        let seen: Vec<&Seen> = seen.iter().flatten().collect();
        let begins = usize::from(self.refers && self.first > 1);
        if seen.len() != self.refs.len() + begins {
            return Err(Refusal::UnknownReference);
        }
        let (before, held) = seen.split_at(begins);
        let mut unpacker = Unpacker {
            from: Columns { plain: Reader::new(&self.plain, WHAT), random: Reader::new(&self.random, WHAT) },
            held: held.to_vec(),
            used: 0,
            named: Vec::new(),
            is_named: HashSet::new(),
            count: self.count,
        };
        let (entries, holes) = unpacker.entries(before.first().copied())?;
        if unpacker.used != self.refs.len() {
            return Err(Refusal::BadValue("the references of a parcel"));
        }
        unpacker.from.plain.finish()?;
        unpacker.from.random.finish()?;
        let hash = self.hash.unwrap_or(HASH_TO_DERIVE);
        let seal = Seal { log: self.log, number: self.last, hash, signature: self.signature };
        Ok(OpenParcel { log: self.log, first: self.first, entries, holes, seal })
    }
}

fn read_refs(
    from: &mut Columns<'_>,
    own: &LogId,
    first: u64,
    names: &mut LogNames,
) -> Result<Vec<(LogId, u64)>, Refusal> {
    let bad = || Refusal::BadValue("the references of a parcel");
    let mut logs = vec![*own];
    for _ in 0..from.plain.count(REFERENCES_MAX)? {
        logs.push(read_log(&mut from.plain, own, names)?);
    }
    let count = from.plain.count(REFERENCES_MAX)?;
    let codes = from.column(count, logs.len() as u64, "the references of a parcel")?;
    let explicit = codes.iter().filter(|code| **code > 0).count();
    let mut numbers = from.column(explicit, u64::MAX, "the references of a parcel")?.into_iter();
    let mut refs: Vec<(LogId, u64)> = Vec::with_capacity(count);
    for code in codes {
        let place = match usize::try_from(code).map_err(|_| bad())? {
            0 => refs.last().and_then(|(log, number)| Some((*log, number.checked_add(1)?))),
            at => {
                let number = numbers.next().ok_or_else(bad)?;
                let number = if at == 1 { first.saturating_sub(1).checked_sub(number) } else { Some(number) };
                logs.get(at - 1).copied().zip(number)
            }
        };
        // In its own log a parcel refers to what is before it.
        let fits = |place: &(LogId, u64)| place.1 > 0 && (place.0 != *own || place.1 < first);
        refs.push(place.filter(fits).ok_or_else(bad)?);
    }
    Ok(refs)
}

struct Unpacker<'a> {
    from: Columns<'a>,
    held: Vec<&'a Seen>,
    used: usize,
    named: Vec<RecordId>,
    is_named: HashSet<RecordId>,
    count: usize,
}

/// A change that is being read.
struct Changing {
    entry: usize,
    record: RecordId,
    deps: Vec<Dep>,
    values: Vec<Option<Value>>,
}

#[derive(Clone, Copy)]
enum Dep {
    Known(EntryRef),
    Here(usize),
}

impl<'a> Unpacker<'a> {
    fn entries(&mut self, before: Option<&Seen>) -> Result<(Vec<OpenEntry>, Vec<Hole>), Refusal> {
        let shapes = self.read_shapes(before)?;
        let follows = self.read_follows(&shapes)?;
        let patterns = self.read_patterns(&shapes, before)?;
        let times = self.read_times(&follows, before.map_or(Hlc::default(), |seen| seen.hlc))?;
        let mut changes = self.read_changes(&shapes, &patterns, &times)?;
        let records = self.read_records(&shapes, &times)?;
        self.read_values(&patterns, &times, &mut changes)?;
        let events = self.read_events(&shapes, &follows, &times)?;
        self.assemble(&shapes, &times, (&patterns, changes), records, events)
    }

    fn reference(&mut self) -> Result<&'a Seen, Refusal> {
        let seen = self.held.get(self.used).copied().ok_or(Refusal::BadValue("the references of a parcel"))?;
        self.used += 1;
        Ok(seen)
    }

    fn read_shapes(&mut self, before: Option<&Seen>) -> Result<Vec<Shape>, Refusal> {
        let mut known: Vec<Shape> = before.map(|seen| seen.shape.clone()).into_iter().collect();
        for _ in 0..self.from.plain.count(self.count)? {
            known.push(self.read_shape()?);
        }
        let last = (known.len() as u64).checked_sub(1).ok_or(Refusal::BadValue("the shape of an entry"))?;
        let column = self.from.column(self.count, last, "the shape of an entry")?;
        Ok(column.into_iter().filter_map(|at| known.get(at as usize).cloned()).collect())
    }

    fn read_shape(&mut self) -> Result<Shape, Refusal> {
        let bad = Refusal::BadValue("the shape of an entry");
        let plain = &mut self.from.plain;
        let epoch = u32::try_from(plain.number()?).map_err(|_| bad)?;
        let (clock, kind) = (super::clock(plain.byte()?)?, plain.byte()?);
        let dress = match plain.byte()? {
            0 => Dress::Raw,
            1 => Dress::Plain(read_by(plain)?),
            2 => Dress::Change(read_by(plain)?),
            3 => Dress::Event(read_by(plain)?, Words { action: text(plain, 400)?, via: text(plain, 400)? }),
            _ => return Err(bad),
        };
        Ok(Shape { epoch, clock, kind, dress })
    }

    fn read_follows(&mut self, shapes: &[Shape]) -> Result<Vec<Option<&'a Seen>>, Refusal> {
        let events = shapes.iter().filter(|shape| matches!(shape.dress, Dress::Event(..))).count();
        let mut column = self.from.column(events, 1, "an audit line")?.into_iter();
        let mut follows = Vec::with_capacity(shapes.len());
        for shape in shapes {
            let is_event = matches!(shape.dress, Dress::Event(..));
            let does = is_event && column.next() == Some(1);
            follows.push(if does { Some(self.reference()?) } else { None });
        }
        Ok(follows)
    }

    fn read_patterns(&mut self, shapes: &[Shape], before: Option<&Seen>) -> Result<Vec<Pattern>, Refusal> {
        let changes = shapes.iter().filter(|shape| matches!(shape.dress, Dress::Change(_))).count();
        if changes == 0 {
            return Ok(Vec::new());
        }
        let count = self.from.plain.count(changes)?;
        let mut known: Vec<Pattern> = before.and_then(|seen| seen.outline.clone()).into_iter().collect();
        for _ in 0..count {
            known.push(Pattern::read(&mut self.from)?);
        }
        let last = (known.len() as u64).checked_sub(1).ok_or(Refusal::BadValue("the outline of a change"))?;
        let column = self.from.column(changes, last, "the outline of a change")?;
        let used = column.into_iter().filter_map(|at| known.get(at as usize));
        // One outline said once may stand for many changes: their operations are counted before they are made.
        let bytes: usize = used.clone().map(|pattern| pattern.ops.len() + 16 * pattern.deps).sum();
        if bytes > PLAIN_BYTES_MAX / 8 { Err(Refusal::TooLarge(WHAT)) } else { Ok(used.cloned().collect()) }
    }

    fn read_times(&mut self, follows: &[Option<&Seen>], before: Hlc) -> Result<Vec<Hlc>, Refusal> {
        let bad = || Refusal::BadValue("a time");
        let told = follows.iter().filter(|seen| seen.is_none()).count();
        let mut times = self.from.column(told, u64::MAX, "a time")?.into_iter();
        let mut counters = self.from.column(told, u64::MAX, "the counter of a time")?.into_iter();
        let (mut out, mut before) = (Vec::with_capacity(follows.len()), before);
        for seen in follows {
            let hlc = match seen {
                Some(seen) => after(seen.hlc).ok_or_else(bad)?,
                None => {
                    let ms = (before.unix_ms as i64).checked_add(unfold(times.next().ok_or_else(bad)?));
                    let ms = ms.filter(|ms| (0..=UNIX_MS_MAX as i64).contains(ms)).ok_or_else(bad)? as u64;
                    let counter = unfold(counters.next().ok_or_else(bad)?).checked_add(counter_after(before, ms));
                    let counter = counter.and_then(|counter| u16::try_from(counter).ok()).ok_or_else(bad)?;
                    Hlc { unix_ms: ms, counter }
                }
            };
            out.push(hlc);
            before = hlc;
        }
        Ok(out)
    }

    fn read_changes(
        &mut self,
        shapes: &[Shape],
        patterns: &[Pattern],
        times: &[Hlc],
    ) -> Result<Vec<Changing>, Refusal> {
        let mut records: Vec<Option<RecordId>> = vec![None; shapes.len()];
        let mut changes = Vec::with_capacity(patterns.len());
        let entries = shapes.iter().enumerate().filter(|(_, shape)| matches!(shape.dress, Dress::Change(_)));
        for ((entry, _), pattern) in entries.zip(patterns) {
            let (mut deps, mut record) = (Vec::new(), None);
            for nth in 0..pattern.deps {
                let (dep, of) = self.read_dep(entry, &records)?;
                deps.push(dep);
                record = record.or(of.filter(|_| nth == 0));
            }
            let record = match record {
                Some(record) => {
                    self.remember(record);
                    record
                }
                None => self.name(times[entry].unix_ms)?.ok_or(Refusal::BadValue("a record"))?,
            };
            records[entry] = Some(record);
            changes.push(Changing { entry, record, deps, values: vec![None; pattern.ops.len()] });
        }
        Ok(changes)
    }

    /// A dependency, and the record that it is about if that is known.
    fn read_dep(&mut self, entry: usize, records: &[Option<RecordId>]) -> Result<(Dep, Option<RecordId>), Refusal> {
        match self.from.plain.number()? {
            DEP_IN_FULL => Ok((Dep::Known(EntryRef(self.from.random.array()?)), None)),
            DEP_HELD => {
                let seen = self.reference()?;
                Ok((Dep::Known(seen.name), Some(seen.record.ok_or(Refusal::UnknownReference)?)))
            }
            code => {
                let back = usize::try_from(code - DEP_HERE).ok();
                let at = back.and_then(|back| entry.checked_sub(back)?.checked_sub(1));
                let found = at.and_then(|at| Some((at, (*records.get(at)?)?)));
                let (at, record) = found.ok_or(Refusal::BadValue("a dependency"))?;
                Ok((Dep::Here(at), Some(record)))
            }
        }
    }

    fn remember(&mut self, record: RecordId) {
        // The sender names a record again by its place, so what is new here is new there.
        if self.is_named.insert(record) {
            self.named.push(record);
        }
    }

    fn name(&mut self, unix_ms: u64) -> Result<Option<RecordId>, Refusal> {
        let record = match self.from.plain.number()? {
            NO_RECORD => return Ok(None),
            IN_FULL => RecordId(self.from.random.array()?),
            BY_TIME => RecordId::new(unix_ms, self.from.random.array()?),
            BY_REFERENCE => self.reference()?.record.ok_or(Refusal::UnknownReference)?,
            code => {
                let back = usize::try_from(code - NAMED).ok();
                let at = back.and_then(|back| self.named.len().checked_sub(1)?.checked_sub(back));
                return at.map(|at| Some(self.named[at])).ok_or(Refusal::BadValue("a record"));
            }
        };
        self.remember(record);
        Ok(Some(record))
    }

    fn read_records(&mut self, shapes: &[Shape], times: &[Hlc]) -> Result<Vec<Option<RecordId>>, Refusal> {
        let mut records = Vec::new();
        for (shape, hlc) in shapes.iter().zip(times) {
            if matches!(shape.dress, Dress::Raw | Dress::Plain(_)) {
                records.push(self.name(hlc.unix_ms)?);
            }
        }
        Ok(records)
    }

    fn read_values(&mut self, patterns: &[Pattern], times: &[Hlc], changes: &mut [Changing]) -> Result<(), Refusal> {
        let bad = || Refusal::BadValue("a value");
        let outlines: Vec<&Pattern> = patterns.iter().collect();
        let slots = slots(&outlines);
        for same in slots.chunk_by(|one, next| one.0 == next.0) {
            let tag = same[0].0;
            let mut numbers = match tag {
                INT | DATE => self.from.column(same.len(), u64::MAX, "a value")?,
                _ => Vec::new(),
            }
            .into_iter();
            for (_, change, op) in same {
                let value = match tag {
                    NO => Value::Bool(false),
                    YES => Value::Bool(true),
                    INT => Value::Int(unfold(numbers.next().ok_or_else(bad)?)),
                    DATE => Value::Text(numbers.next().and_then(text_of).ok_or_else(bad)?),
                    TEXT => Value::Text(text(&mut self.from.plain, cairn_ledger::codec::TEXT_BYTES_MAX)?),
                    RECORD => Value::Record(self.name(times[changes[*change].entry].unix_ms)?.ok_or_else(bad)?),
                    _ => return Err(bad()),
                };
                changes[*change].values[*op] = Some(value);
            }
        }
        Ok(())
    }

    fn read_events(
        &mut self,
        shapes: &[Shape],
        follows: &[Option<&Seen>],
        times: &[Hlc],
    ) -> Result<Vec<Event>, Refusal> {
        let mut events = Vec::new();
        for (at, shape) in shapes.iter().enumerate() {
            if !matches!(shape.dress, Dress::Event(..)) {
                continue;
            }
            let event = match follows[at] {
                Some(seen) => {
                    let about = seen.record.zip(seen.change.as_ref());
                    let (record, change) = about.ok_or(Refusal::UnknownReference)?;
                    Event::about(record, change)
                }
                None => self.read_event(times[at].unix_ms)?,
            };
            events.push(event);
        }
        Ok(events)
    }

    fn read_event(&mut self, unix_ms: u64) -> Result<Event, Refusal> {
        let bad = || Refusal::BadValue("an audit line");
        let detail = text(&mut self.from.plain, PLAIN_BYTES_MAX)?;
        let count = self.from.plain.count(PLAIN_BYTES_MAX / 64)?;
        let more = unfold(self.from.plain.number()?);
        let mut records = Vec::new();
        for _ in 0..count {
            records.push(self.name(unix_ms)?.ok_or_else(bad)?);
        }
        Ok(Event { detail, records, count: (count as i64).wrapping_add(more) as u64 })
    }

    fn assemble(
        &mut self,
        shapes: &[Shape],
        times: &[Hlc],
        (patterns, changes): (&[Pattern], Vec<Changing>),
        records: Vec<Option<RecordId>>,
        events: Vec<Event>,
    ) -> Result<(Vec<OpenEntry>, Vec<Hole>), Refusal> {
        let bad = || Refusal::BadValue("the body of an entry");
        let (mut entries, mut holes, mut bytes) = (Vec::with_capacity(shapes.len()), Vec::new(), 0);
        let mut changes = changes.into_iter().zip(patterns);
        let (mut records, mut events) = (records.into_iter(), events.into_iter());
        for (shape, hlc) in shapes.iter().zip(times) {
            let entry = match &shape.dress {
                Dress::Raw => {
                    let content = Content::Raw(records.next().flatten(), self.payload()?);
                    put_together(shape, &content, *hlc).ok_or_else(bad)?
                }
                Dress::Plain(_) => {
                    let content = Content::Plain(records.next().flatten(), self.payload()?);
                    put_together(shape, &content, *hlc).ok_or_else(bad)?
                }
                Dress::Event(..) => {
                    let content = Content::Event(events.next().ok_or_else(bad)?);
                    put_together(shape, &content, *hlc).ok_or_else(bad)?
                }
                Dress::Change(_) => {
                    let (change, pattern) = changes.next().ok_or_else(bad)?;
                    made(shape, *hlc, change, pattern, &mut holes).ok_or_else(bad)?
                }
            };
            bytes += entry.body.len();
            if bytes > PLAIN_BYTES_MAX {
                return Err(Refusal::TooLarge(WHAT));
            }
            entries.push(entry);
        }
        Ok((entries, holes))
    }

    fn payload(&mut self) -> Result<Vec<u8>, Refusal> {
        let len = self.from.plain.count(PLAIN_BYTES_MAX)?;
        Ok(self.from.plain.take(len)?.to_vec())
    }
}

/// The entry of a change; where it names entries of this parcel, holes.
fn made(shape: &Shape, hlc: Hlc, from: Changing, pattern: &Pattern, holes: &mut Vec<Hole>) -> Option<OpenEntry> {
    let ops = pattern.ops.iter().zip(from.values).map(|((head, field), value)| operation(*head, *field, value));
    // Until the real ones are written in, dependencies are numbered so that they ascend.
    let stand_in = |nth: usize| EntryRef((nth as u128).to_be_bytes());
    let change = RecordChange {
        record: from.record,
        kind: Kind::from_number(pattern.kind)?,
        deps: (0..from.deps.len()).map(stand_in).collect(),
        ops: ops.collect::<Option<Vec<Op>>>()?,
    };
    let (mut entry, start) = change_entry(shape, &change, hlc)?;
    for (nth, dep) in from.deps.into_iter().enumerate() {
        let at = start + 16 * nth;
        let name = match dep {
            Dep::Known(name) => name.0,
            Dep::Here(names) => {
                holes.push(Hole { entry: from.entry, at, names });
                [0; 16]
            }
        };
        entry.body.get_mut(at..at + 16)?.copy_from_slice(&name);
    }
    Some(entry)
}

fn read_by(from: &mut Reader<'_>) -> Result<By, Refusal> {
    let role = from.byte()?;
    let (user, display, purpose) = (text(from, 256)?, text(from, 256)?, text(from, 800)?);
    Ok(By { author: Author { user, display, role }, purpose })
}

fn text(from: &mut Reader<'_>, bytes_max: usize) -> Result<String, Refusal> {
    let len = from.count(bytes_max)?;
    let text = std::str::from_utf8(from.take(len)?).map_err(|_| Refusal::BadValue("a text"))?;
    Ok(text.to_owned())
}
