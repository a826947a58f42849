//! The payload of an audit entry as members, when it is written in the one way in which the casebook writes it.

use cairn_record::{RecordId, schema};

use crate::lookup::Sketch;

/// What differs from line to line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) detail: String,
    pub(crate) records: Vec<RecordId>,
    pub(crate) count: u64,
}

/// What is the same in many lines: what was done, and how the person came in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Words {
    pub(crate) action: String,
    pub(crate) via: String,
}

impl Event {
    /// What the line about this change says, if nothing else was worth saying.
    pub(crate) fn about(record: RecordId, change: &Sketch) -> Self {
        let detail = if change.creates { change.kind.key().to_owned() } else { labels(change) };
        Self { detail, records: vec![record], count: 1 }
    }
}

fn labels(change: &Sketch) -> String {
    let label = |no| schema(change.kind).field(no).map_or("?", |field| field.key);
    let mut labels: Vec<&str> = change.fields.iter().map(|no| label(*no)).collect();
    labels.dedup();
    labels.join(", ").chars().take(300).collect()
}

/// The payload.
pub(crate) fn write(words: &Words, event: &Event) -> Vec<u8> {
    let mut out = format!("{{\"a\":\"{}\",\"v\":\"{}\"", words.action, words.via);
    if !event.detail.is_empty() {
        out += &format!(",\"d\":\"{}\"", event.detail);
    }
    if !event.records.is_empty() {
        let records: Vec<String> = event.records.iter().map(|record| format!("\"{record}\"")).collect();
        out += &format!(",\"r\":[{}]", records.join(","));
    }
    if event.count != 0 {
        out += &format!(",\"n\":{}", event.count);
    }
    (out + "}").into_bytes()
}

/// The members of a payload. What comes out must be compared with what [`write()`] makes of it: this reads more loosely.
pub(crate) fn read(payload: &[u8]) -> Option<(Words, Event)> {
    let mut rest = std::str::from_utf8(payload).ok()?;
    let action = text(&mut rest, "{\"a\":\"")?;
    let via = text(&mut rest, ",\"v\":\"")?;
    let detail = text(&mut rest, ",\"d\":\"").unwrap_or_default();
    let mut records = Vec::new();
    if let Some(list) = rest.strip_prefix(",\"r\":[") {
        let (list, after) = list.split_once(']')?;
        for quoted in list.split(',') {
            records.push(quoted.trim_matches('"').parse().ok()?);
        }
        rest = after;
    }
    let count = match rest.strip_prefix(",\"n\":") {
        Some(number) => number.strip_suffix('}')?.parse().ok()?,
        None => 0,
    };
    Some((Words { action, via }, Event { detail, records, count }))
}

fn text(rest: &mut &str, before: &str) -> Option<String> {
    let (text, after) = rest.strip_prefix(before)?.split_once('"')?;
    // What JSON would escape makes the payload one that is sent as it is.
    if text.contains('\\') || text.chars().any(char::is_control) {
        return None;
    }
    *rest = after;
    Some(text.to_owned())
}
