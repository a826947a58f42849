//! What can be wrong with the values of one field.

use super::{Problem, VALUES_MAX};
use crate::date::parse_date_time;
use crate::normalise::check_digit::{self, Check};
use crate::{Date, Field, FieldType, Value, country, normalise};

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
        let text = format!("{} takes one value, and {} were given. Keep one.", field.label, values.len());
        problems.push(Problem::error(Some(field.no), "only-one", text));
    }
    if values.len() > VALUES_MAX {
        let text = format!("{} takes at most {VALUES_MAX} values, and {} were given.", field.label, values.len());
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
    let error = |code: &str, text: String| Some(Problem::error(Some(field.no), code, text));
    let label = field.label;
    let text = match (field.holds, value) {
        (FieldType::Bool, Value::Bool(_)) | (FieldType::Int, Value::Int(_)) | (FieldType::Record, Value::Record(_)) => {
            return None;
        }
        (FieldType::Bool, _) => return error("not-yes-no", format!("{label} must be yes or no.")),
        (FieldType::Int, _) => return error("not-a-number", format!("{label} must be a whole number.")),
        (FieldType::Record, _) => return error("not-a-record", format!("{label} must be another record. Choose one.")),
        (_, Value::Text(text)) => text,
        (_, other) => return error("not-text", format!("{label} must be text, not {}.", other.to_text())),
    };
    let length = text.chars().count();
    if length > field.max_chars {
        let text = format!("{label} has {length} characters and may have {}. Shorten it.", field.max_chars);
        return error("too-long", text);
    }
    let (code, text) = misread(field, text)?;
    error(code, text)
}

/// Why a text cannot be what its field holds: a code and a sentence.
fn misread(field: &Field, text: &str) -> Option<(&'static str, String)> {
    let label = field.label;
    match field.holds {
        FieldType::Code(_) if field.code_label(text).is_none() => {
            Some(("not-a-code", format!("{label} cannot be {text:?}. Choose one of the list.")))
        }
        FieldType::Country if country::name(text).is_none() => {
            Some(("not-a-country", format!("{label} cannot be {text:?}. Choose a country of the list.")))
        }
        FieldType::Date if text.parse::<Date>().is_err() => Some((
            "not-a-date",
            format!("{label} is not a date: {text:?}. Write year-month-day, such as 1997-04-08, or only the year."),
        )),
        FieldType::DateTime if parse_date_time(text).is_err() => Some((
            "not-a-date",
            format!("{label} is not a date with a time: {text:?}. Write it like 2026-02-28T14:02, or only the date."),
        )),
        FieldType::Plate if normalise::plate(text).is_empty() => Some(("no-plate", without_characters(label, text))),
        FieldType::DocumentNumber if normalise::document(text).is_empty() => {
            Some(("no-number", without_characters(label, text)))
        }
        _ => None,
    }
}

fn without_characters(label: &str, text: &str) -> String {
    format!("{label} has no letter and no digit: {text:?}. Leave it empty if it is not known.")
}

fn date_rules(field: &Field, text: &str, today: Option<Date>) -> Option<Problem> {
    let today = today?;
    let date = match field.holds {
        FieldType::Date => text.parse::<Date>().ok()?,
        FieldType::DateTime => parse_date_time(text).ok()?,
        _ => return None,
    };
    let (no, label) = (Some(field.no), field.label);
    let in_future = date.is_after(today);
    if LIFE_KEYS.contains(&field.key) && in_future {
        return Some(Problem::error(no, "date-in-future", format!("{label} lies in the future: {text}. Check it.")));
    }
    if field.key.ends_with("date_of_birth") && date.year() + AGE_YEARS_MAX < today.year() {
        let text = format!("{label} would make the person more than {AGE_YEARS_MAX} years old: {text}. Check it.");
        return Some(Problem::error(no, "date-too-old", text));
    }
    if field.key.ends_with("date_of_birth") && date == today {
        return Some(Problem::error(no, "date-is-today", format!("{label} is today. Check it.")));
    }
    let slip = PAST_KEYS.contains(&field.key) && in_future;
    slip.then(|| Problem::warning(no, "date-in-future", format!("{label} lies in the future: {text}. Is it right?")))
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
    let text = format!("{} must be degrees between -{limit} and +{limit}, such as +41.9981.", field.label);
    degrees.is_none().then(|| Problem::error(Some(field.no), "not-a-position", text))
}

/// Values that are kept but may not be what they seem, or cannot be looked up.
fn lookup_warning(field: &Field, text: &str) -> Option<Problem> {
    let (code, text) = match field.holds {
        FieldType::Vin => vin_warning(text)?,
        FieldType::Phone if normalise::phone(text, None).is_none() => (
            "phone-unreadable",
            format!("{} {text:?} is no telephone number. It is kept, but a check will not find it.", field.label),
        ),
        FieldType::DocumentNumber => number_warning(field.key, text)?,
        _ => return None,
    };
    Some(Problem::warning(Some(field.no), code, text))
}

fn vin_warning(text: &str) -> Option<(&'static str, String)> {
    let vin = normalise::vin(text);
    if !normalise::vin::is_vin(&vin) {
        let text = format!("A VIN has 17 letters and digits, and {text} has another form. It is kept as it is.");
        return Some(("vin-form", text));
    }
    let text = format!("The check digit of the VIN {text} does not agree. That is usual for European vehicles.");
    (check_digit::vin(&vin) == Check::Differs).then_some(("vin-check-digit", text))
}

fn number_warning(key: &str, text: &str) -> Option<(&'static str, String)> {
    let number = normalise::document(text);
    if key == "imei" && check_digit::imei(&number) == Check::Differs {
        let text = format!("The check digit of the IMEI {text} does not agree. Was it copied correctly?");
        return Some(("imei-check-digit", text));
    }
    let personal = key == "national_number" && check_digit::personal_number(&number) == Check::Differs;
    let text = format!(
        "If {text} is a personal number of the former Yugoslavia, its check digit does not agree. Was it copied correctly?"
    );
    personal.then_some(("personal-number-check-digit", text))
}
