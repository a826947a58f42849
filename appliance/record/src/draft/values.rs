//! What can be wrong with the values of one field.

use super::{Problem, VALUES_MAX};
use crate::date::parse_date_time;
use crate::normalise::check_digit::{self, Check};
use crate::{Date, Field, FieldType, Reason, Value, country, normalise, reason};

/// A person can be this many years old.
const AGE_YEARS_MAX: u16 = 120;
/// Dates that say when something was: in the future they are probably a slip.
const PAST_KEYS: &[&str] =
    &["occurred", "recorded", "reported", "about_from", "issued_on", "set_on", "founded", "status_date", "since"];
/// Dates of a life: in the future they are certainly one.
const LIFE_KEYS: &[&str] = &["date_of_birth", "holder_date_of_birth", "date_of_death"];

pub(super) fn problems(field: &Field, values: &[Value], today: Option<Date>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = values.iter().flat_map(|value| one(field, value, today)).collect();
    if !field.many && values.len() > 1 {
        let text = reason!("problem-only-one", field = field, given = values.len());
        problems.push(Problem::error(Some(field.no), "only-one", text));
    }
    if values.len() > VALUES_MAX {
        let text = reason!("problem-too-many", field = field, most = VALUES_MAX, given = values.len());
        problems.push(Problem::error(Some(field.no), "too-many", text));
    }
    problems
}

fn one(field: &Field, value: &Value, today: Option<Date>) -> Vec<Problem> {
    if let Some(problem) = shape(field, value) {
        return vec![problem];
    }
    let Value::Text(text) = value else { return Vec::new() };
    let dated = date_rules(field, text, today);
    dated.into_iter().chain(place_rule(field, text)).chain(lookup_warning(field, text)).collect()
}

/// The value has the type and length of its field, or what is wrong with it.
fn shape(field: &Field, value: &Value) -> Option<Problem> {
    let error = |code: &str, text: Reason| Some(Problem::error(Some(field.no), code, text));
    let text = match (field.holds, value) {
        (FieldType::Bool, Value::Bool(_)) | (FieldType::Int, Value::Int(_)) | (FieldType::Record, Value::Record(_)) => {
            return None;
        }
        (FieldType::Bool, _) => return error("not-yes-no", reason!("problem-not-yes-no", field = field)),
        (FieldType::Int, _) => return error("not-a-number", reason!("problem-not-a-number", field = field)),
        (FieldType::Record, _) => return error("not-a-record", reason!("problem-not-a-record", field = field)),
        (_, Value::Text(text)) => text,
        (_, other) => return error("not-text", reason!("problem-not-text", field = field, given = other.to_text())),
    };
    let length = text.chars().count();
    if length > field.max_chars {
        let text = reason!("problem-too-long", field = field, length = length, most = field.max_chars);
        return error("too-long", text);
    }
    let (code, text) = misread(field, text)?;
    error(code, text)
}

/// Why a text cannot be what its field holds: a code and a sentence.
fn misread(field: &Field, text: &str) -> Option<(&'static str, Reason)> {
    match field.holds {
        FieldType::Code(_) if field.code_label(text).is_none() => {
            Some(("not-a-code", reason!("problem-not-a-code", field = field, given = text)))
        }
        FieldType::Country if country::name(text).is_none() => {
            Some(("not-a-country", reason!("problem-not-a-country", field = field, given = text)))
        }
        FieldType::Date if text.parse::<Date>().is_err() => {
            Some(("not-a-date", reason!("problem-not-a-date", field = field, given = text)))
        }
        FieldType::DateTime if parse_date_time(text).is_err() => {
            Some(("not-a-date", reason!("problem-not-a-time", field = field, given = text)))
        }
        FieldType::Plate if normalise::plate(text).is_empty() => Some(("no-plate", without_characters(field, text))),
        FieldType::DocumentNumber if normalise::document(text).is_empty() => {
            Some(("no-number", without_characters(field, text)))
        }
        _ => None,
    }
}

fn without_characters(field: &Field, text: &str) -> Reason {
    reason!("problem-no-characters", field = field, given = text)
}

fn date_rules(field: &Field, text: &str, today: Option<Date>) -> Option<Problem> {
    let today = today?;
    let date = match field.holds {
        FieldType::Date => text.parse::<Date>().ok()?,
        FieldType::DateTime => parse_date_time(text).ok()?,
        _ => return None,
    };
    let no = Some(field.no);
    let in_future = date.is_after(today);
    if LIFE_KEYS.contains(&field.key) && in_future {
        return Some(Problem::error(no, "date-in-future", reason!("problem-in-future", field = field, given = text)));
    }
    if field.key.ends_with("date_of_birth") && date.year() + AGE_YEARS_MAX < today.year() {
        let text = reason!("problem-too-old", field = field, years = AGE_YEARS_MAX, given = text);
        return Some(Problem::error(no, "date-too-old", text));
    }
    if field.key.ends_with("date_of_birth") && date == today {
        return Some(Problem::error(no, "date-is-today", reason!("problem-is-today", field = field)));
    }
    let slip = PAST_KEYS.contains(&field.key) && in_future;
    slip.then(|| {
        Problem::warning(no, "date-in-future", reason!("problem-in-future-perhaps", field = field, given = text))
    })
}

/// Latitude and longitude in degrees with a decimal point (ISO 6709).
fn place_rule(field: &Field, text: &str) -> Option<Problem> {
    let limit = match field.key {
        "latitude" => 90.0,
        "longitude" => 180.0,
        _ => return None,
    };
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.'));
    let degrees = text.parse::<f64>().ok().filter(|degrees| plain && degrees.abs() <= limit);
    let text = reason!("problem-not-a-position", field = field, most = limit as u64);
    degrees.is_none().then(|| Problem::error(Some(field.no), "not-a-position", text))
}

/// Values that are kept but may not be what they seem, or cannot be looked up.
fn lookup_warning(field: &Field, text: &str) -> Option<Problem> {
    let (code, text) = match field.holds {
        FieldType::Vin => vin_warning(text)?,
        FieldType::Phone if normalise::phone(text, None).is_none() => {
            ("phone-unreadable", reason!("problem-phone-unreadable", field = field, given = text))
        }
        FieldType::DocumentNumber => number_warning(field.key, text)?,
        _ => return None,
    };
    Some(Problem::warning(Some(field.no), code, text))
}

fn vin_warning(text: &str) -> Option<(&'static str, Reason)> {
    let vin = normalise::vin(text);
    if !normalise::vin::is_vin(&vin) {
        let text = reason!("problem-vin-form", given = text);
        return Some(("vin-form", text));
    }
    let text = reason!("problem-vin-check-digit", given = text);
    (check_digit::vin(&vin) == Check::Differs).then_some(("vin-check-digit", text))
}

fn number_warning(key: &str, text: &str) -> Option<(&'static str, Reason)> {
    let number = normalise::document(text);
    if key == "imei" && check_digit::imei(&number) == Check::Differs {
        let text = reason!("problem-imei-check-digit", given = text);
        return Some(("imei-check-digit", text));
    }
    let personal = key == "national_number" && check_digit::personal_number(&number) == Check::Differs;
    let text = reason!("problem-personal-number-check-digit", given = text);
    personal.then_some(("personal-number-check-digit", text))
}
