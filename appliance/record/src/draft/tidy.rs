//! Gives values the form in which they are stored.

use crate::country;
use crate::date::parse_date_time;
use crate::normalise::{tidy_line, tidy_text};
use crate::{Field, FieldType, Value};

/// The values of a field, tidied, without empty ones and repeats.
pub(super) fn values(field: &Field, values: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::with_capacity(values.len());
    for value in values.into_iter().map(|value| one(field, value)) {
        let empty = value.as_text().is_some_and(str::is_empty);
        if !empty && !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

fn one(field: &Field, value: Value) -> Value {
    match (field.holds, value) {
        (FieldType::Bool, Value::Text(text)) => yes_or_no(&tidy_line(&text)),
        (FieldType::Int, Value::Text(text)) => whole_number(&tidy_line(&text)),
        (FieldType::Record, Value::Text(text)) => text.parse().map_or(Value::Text(tidy_line(&text)), Value::Record),
        (FieldType::Bool | FieldType::Int | FieldType::Record, typed) => typed,
        (_, value) => Value::Text(text(field, &value.to_text())),
    }
}

fn yes_or_no(text: &str) -> Value {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "on" | "1" => Value::Bool(true),
        "no" | "false" | "off" | "0" => Value::Bool(false),
        _ => text.into(),
    }
}

fn whole_number(text: &str) -> Value {
    text.parse().map_or_else(|_| text.into(), Value::Int)
}

fn text(field: &Field, text: &str) -> String {
    match field.holds {
        FieldType::LongText => tidy_text(text),
        FieldType::Code(list) => {
            let line = tidy_line(text);
            let known = list.iter().find(|(code, _)| code.eq_ignore_ascii_case(&line));
            known.map_or(line, |(code, _)| (*code).into())
        }
        FieldType::Country => {
            let line = tidy_line(text);
            country::read(&line).map_or(line, Into::into)
        }
        FieldType::DateTime => date_time(&tidy_line(text)),
        _ => tidy_line(text),
    }
}

/// Browsers and people write `2021-02-28 14:02:00`; stored is `2021-02-28T14:02`.
fn date_time(line: &str) -> String {
    let joined = line.replacen(' ', "T", 1);
    let to_the_minute = joined.get(..16).filter(|minute| {
        let rest = &joined[minute.len()..];
        let seconds = rest.strip_prefix(':').is_some_and(|digits| digits.parse::<u8>().is_ok_and(|second| second < 60));
        (rest.is_empty() || seconds) && parse_date_time(minute).is_ok()
    });
    to_the_minute.unwrap_or(line).to_owned()
}
