//! An entry taken apart into what is alike in many entries (its shape) and what is its own (its content), and put
//! together again to the same bytes. A body that is not written in the one canonical way stays as it is.

use cairn_ledger::codec::{self, RecordChange};
use cairn_ledger::{Author, Body, EntryKind, Hlc, OpenEntry};
use cairn_record::RecordId;

use super::event::{self, Event, Words};

/// What is alike in many entries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    pub(crate) epoch: u32,
    pub(crate) clock: cairn_ledger::ClockQuality,
    pub(crate) kind: u8,
    pub(crate) dress: Dress,
}

/// How the body is taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Dress {
    /// Not at all.
    Raw,
    /// Author and purpose; the payload as it is.
    Plain(By),
    /// Also the record change.
    Change(By),
    /// Also the audit line.
    Event(By, Words),
}

/// Who wrote it and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct By {
    pub(crate) author: Author,
    pub(crate) purpose: String,
}

/// What is an entry's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// The record it says it is about, and the whole body.
    Raw(Option<RecordId>, Vec<u8>),
    /// The record and the payload.
    Plain(Option<RecordId>, Vec<u8>),
    /// A change.
    Change(RecordChange),
    /// An audit line.
    Event(Event),
}

/// Takes an entry apart so that [`put_together`] gives the same entry.
pub(crate) fn take_apart(entry: &OpenEntry) -> (Shape, Content) {
    let shape = |dress| Shape { epoch: entry.epoch, clock: entry.clock, kind: entry.kind, dress };
    for (dress, content) in Body::decode(&entry.body).ok().map(candidates_of(entry.kind)).unwrap_or_default() {
        let shape = shape(dress);
        if put_together(&shape, &content, entry.hlc).is_some_and(|again| again == *entry) {
            return (shape, content);
        }
    }
    (shape(Dress::Raw), Content::Raw(entry.record, entry.body.clone()))
}

/// The ways to read a body, best first.
fn candidates_of(kind: u8) -> impl FnOnce(Body) -> Vec<(Dress, Content)> {
    move |body| {
        let by = By { author: body.author, purpose: body.purpose.unwrap_or_default() };
        let mut found = Vec::new();
        if kind == EntryKind::RecordChange.code()
            && let Ok(change) = codec::decode(&body.payload)
        {
            found.push((Dress::Change(by.clone()), Content::Change(change)));
        }
        if kind == EntryKind::Audit.code()
            && let Some((words, event)) = event::read(&body.payload)
        {
            found.push((Dress::Event(by.clone(), words), Content::Event(event)));
        }
        found.push((Dress::Plain(by), Content::Plain(body.record, body.payload)));
        found
    }
}

/// The entry; `None` when there is no such one.
pub(crate) fn put_together(shape: &Shape, content: &Content, hlc: Hlc) -> Option<OpenEntry> {
    let (record, body) = match (&shape.dress, content) {
        (Dress::Raw, Content::Raw(record, body)) => (*record, body.clone()),
        (Dress::Plain(by), Content::Plain(record, payload)) => (*record, body(by, *record, payload.clone())?),
        (Dress::Change(by), Content::Change(change)) => {
            let record = Some(change.record);
            (record, body(by, record, codec::encode(change).ok()?)?)
        }
        (Dress::Event(by, words), Content::Event(event)) => (None, body(by, None, event::write(words, event))?),
        _ => return None,
    };
    Some(OpenEntry { epoch: shape.epoch, hlc, clock: shape.clock, kind: shape.kind, record, body })
}

fn body(by: &By, record: Option<RecordId>, payload: Vec<u8>) -> Option<Vec<u8>> {
    let purpose = Some(by.purpose.clone()).filter(|text| !text.is_empty());
    Body { author: by.author.clone(), purpose, record, payload }.encode().ok()
}

/// The entry of a change whose dependencies are not known yet, and the offset in its body at which they begin.
/// The change comes with stand-ins for them.
pub(crate) fn change_entry(shape: &Shape, change: &RecordChange, hlc: Hlc) -> Option<(OpenEntry, usize)> {
    let Dress::Change(by) = &shape.dress else { return None };
    let payload = codec::encode(change).ok()?;
    let from_end = payload.len() - codec::deps_at(change.deps.len());
    let record = Some(change.record);
    let body = body(by, record, payload)?;
    let start = body.len() - from_end;
    Some((OpenEntry { epoch: shape.epoch, hlc, clock: shape.clock, kind: shape.kind, record, body }, start))
}
