//! What somebody typed or scanned into the check box: all plausible readings of it.
//!
//! One line can be several things: `1234567` is a document, a telephone number or a plate. Every plausible
//! reading is looked up; [`Confidence`] only says in which order to show the answers.

use serde::{Deserialize, Serialize};

use crate::mrz::{self, Mrz};
use crate::normalise::{self, plate, vin};
use crate::{Date, Identifier, IdentifierKind, Reason};

/// Most characters of a query that are read.
pub const QUERY_CHARS_MAX: usize = mrz::INPUT_CHARS_MAX;

/// How sure it is that this is what was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// It could be.
    Possible,
    /// It has the form of one.
    Likely,
    /// It says so itself: a machine-readable zone.
    Certain,
}

/// One thing the query may mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// What to look up.
    pub identifier: Identifier,
    /// Whether `identifier.exact` is a plate with wildcards, to be matched with
    /// [`crate::normalise::plate_matches`] instead of for equality.
    pub pattern: bool,
    /// How sure.
    pub confidence: Confidence,
}

/// A query that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// The text, tidied.
    pub text: String,
    /// What it may mean, surest first; empty when it can mean nothing that identifies.
    pub readings: Vec<Reading>,
    /// The machine-readable zone, if it was one.
    pub mrz: Option<Mrz>,
    /// Why it is not a readable zone although it looks like one: an English sentence.
    pub mrz_problem: Option<Reason>,
}

/// Reads what was typed or scanned. `default_country` (alpha-3) is where telephone numbers without a
/// calling code belong; `today` (ISO 8601) settles the century of birth in a machine-readable zone.
pub fn query_identifiers(text: &str, default_country: Option<&str>, today: &str) -> Query {
    let text: String = text.chars().take(QUERY_CHARS_MAX).collect();
    let mut query = Query { text: normalise::tidy_text(&text), readings: Vec::new(), mrz: None, mrz_problem: None };
    match mrz::parse(&text, today) {
        Ok(mrz) => {
            query.readings = of_zone(&mrz);
            query.mrz = Some(mrz);
            return query;
        }
        Err(error) if mrz::looks_like(&text) => query.mrz_problem = Some(error.reason()),
        Err(_) => {}
    }
    let line = normalise::tidy_line(&text);
    let mut readings: Vec<Reading> = of_line(&line, default_country);
    readings.sort_by(|a, b| b.confidence.cmp(&a.confidence).then_with(|| a.identifier.cmp(&b.identifier)));
    readings.dedup();
    query.readings = readings;
    query
}

/// A zone says what it is: the document, and its holder with and without the date of birth.
fn of_zone(mrz: &Mrz) -> Vec<Reading> {
    let name = format!("{} {}", mrz.surname, mrz.forenames);
    let born = mrz.date_of_birth.as_deref();
    let certain = |identifier: Identifier| Reading { identifier, pattern: false, confidence: Confidence::Certain };
    let dated = born.and_then(|date| Identifier::name(&name, Some(date)));
    let national = has_digit(&mrz.optional).then(|| Identifier::document(&mrz.optional)).flatten();
    let mut readings: Vec<Reading> =
        [Identifier::document(&mrz.number), dated].into_iter().flatten().map(certain).collect();
    let bare = Identifier::name(&name, None).into_iter().chain(national);
    readings.extend(bare.map(|identifier| Reading { identifier, pattern: false, confidence: Confidence::Likely }));
    readings
}

fn of_line(line: &str, default_country: Option<&str>) -> Vec<Reading> {
    let names = of_name(line);
    let single = [of_plate(line), of_phone(line, default_country), of_document(line), of_vin(line)];
    single.into_iter().flatten().chain(names).collect()
}

fn of_plate(line: &str) -> Option<Reading> {
    let pattern = plate::plate_pattern(line);
    let wild = pattern.contains(['?', '*']);
    let known = pattern.chars().filter(|c| c.is_alphanumeric()).count();
    // A plate of letters only exists, but then the line is read as a name; a pattern of nothing fits all.
    if !(2..=10).contains(&known) || !(wild || has_digit(&pattern)) || line.starts_with('+') {
        return None;
    }
    if wild {
        let lookalike = normalise::lookalike(&pattern);
        let identifier = Identifier { kind: IdentifierKind::Plate, exact: pattern, lookalike };
        return Some(Reading { identifier, pattern: true, confidence: Confidence::Likely });
    }
    let mixed = pattern.chars().any(char::is_alphabetic) && known >= 4;
    let confidence = if mixed { Confidence::Likely } else { Confidence::Possible };
    Some(Reading { identifier: Identifier::plate(line)?, pattern: false, confidence })
}

fn of_phone(line: &str, default_country: Option<&str>) -> Option<Reading> {
    let number = normalise::phone(line, default_country)?;
    let confidence = if number.international { Confidence::Likely } else { Confidence::Possible };
    let identifier = Identifier::phone(line, default_country)?;
    Some(Reading { identifier, pattern: false, confidence })
}

fn of_document(line: &str) -> Option<Reading> {
    let identifier = Identifier::document(line)?;
    let length = identifier.exact.chars().count();
    // A word of letters is part of a name beside a date, not of a number.
    let wordy = line.split_whitespace().any(|word| word.chars().count() > 3 && word.chars().all(char::is_alphabetic));
    let plausible = (4..=24).contains(&length) && has_digit(&identifier.exact) && !line.contains(['?', '*', '+']);
    let confidence = if (7..=12).contains(&length) { Confidence::Likely } else { Confidence::Possible };
    (plausible && !wordy).then_some(Reading { identifier, pattern: false, confidence })
}

fn of_vin(line: &str) -> Option<Reading> {
    let identifier = Identifier::vin(line)?;
    let plausible = vin::is_vin(&identifier.exact) && has_digit(&identifier.exact) && !line.contains(['?', '*']);
    plausible.then_some(Reading { identifier, pattern: false, confidence: Confidence::Likely })
}

/// A name, possibly followed or led by a date of birth. A date that can be read in two ways gives both.
fn of_name(line: &str) -> Vec<Reading> {
    let (dates, words) = split_dates(line);
    if words.chars().any(char::is_numeric) || words.contains(['?', '*', '+', '<']) {
        return Vec::new();
    }
    let bare = Identifier::name(&words, None).filter(|name| name.exact.chars().count() > 1);
    let Some(bare) = bare else { return Vec::new() };
    let dated = dates.iter().filter_map(|date| Identifier::name(&words, Some(&date.to_string())));
    let mut readings: Vec<Reading> =
        dated.map(|identifier| Reading { identifier, pattern: false, confidence: Confidence::Likely }).collect();
    let confidence = if readings.is_empty() { Confidence::Likely } else { Confidence::Possible };
    readings.push(Reading { identifier: bare, pattern: false, confidence });
    readings
}

/// Takes the words that are dates out of a line.
fn split_dates(line: &str) -> (Vec<Date>, String) {
    let (mut dates, mut rest) = (Vec::new(), Vec::new());
    for word in line.split_whitespace() {
        match typed_date(word.trim_matches([',', ';', '·', '(', ')'])) {
            readings if readings.is_empty() => rest.push(word),
            readings => dates.extend(readings),
        }
    }
    (dates, rest.join(" "))
}

/// `1997-04-08`, `1997`, `08.04.1997`, `8/4/1997`: all dates it can be. Day before month and month before
/// day are both returned where the calendar allows both; two-digit years are not read.
fn typed_date(word: &str) -> Vec<Date> {
    if let Ok(date) = word.parse::<Date>() {
        return vec![date];
    }
    let parts: Vec<&str> = word.split(['.', '/', '-']).filter(|part| !part.is_empty()).collect();
    let digits = |text: &str| text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let numbers: Vec<u16> = parts.iter().filter(|part| digits(part)).filter_map(|part| part.parse().ok()).collect();
    let (&[a, b, c], true) = (numbers.as_slice(), parts.len() == 3) else { return Vec::new() };
    let (Ok(a8), Ok(b8)) = (u8::try_from(a), u8::try_from(b)) else {
        let small = |number: u16| u8::try_from(number).ok();
        let full = small(b).zip(small(c)).and_then(|(month, day)| Date::full(a, month, day));
        return full.filter(|_| a >= 1000).into_iter().collect();
    };
    if c < 1000 {
        return Vec::new();
    }
    let mut dates: Vec<Date> = [Date::full(c, b8, a8), Date::full(c, a8, b8)].into_iter().flatten().collect();
    dates.dedup();
    dates
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(typed: &str, expected: &[&str]) {
        let query = query_identifiers(typed, Some("MKD"), "2026-11-23");
        let found: Vec<String> = query
            .readings
            .iter()
            .map(|reading| format!("{:?} {}", reading.identifier.kind, reading.identifier.exact))
            .collect();
        assert_eq!(found, expected, "{typed}");
    }

    #[test]
    fn one_line_can_be_several_things() {
        check("rh-29y-fl", &["Plate RH29YFL", "Document RH29YFL"]);
        check("+389 72 036 739", &["Phone +38972036739"]);
        check("072 036 739", &["Phone +38972036739", "Document 072036739", "Plate 072036739"]);
        check("K5091921", &["Plate K5091921", "Document K5091921"]);
        check("1M8GDM9AXKP042788", &["Vin 1M8GDM9AXKP042788", "Document 1M8GDM9AXKP042788"]);
        check("Fairfax, William", &["Name fairfax william"]);
        check("", &[]);
        check("?", &[]);
    }

    #[test]
    fn a_partial_plate_is_a_pattern() {
        check("RH?9*", &["Plate RH?9*"]);
        assert!(query_identifiers("RH?9*", None, "2026-11-23").readings[0].pattern);
    }

    #[test]
    fn a_name_takes_a_date_of_birth_in_every_order_it_can_have() {
        check("William Fairfax 1997-04-23", &["Name fairfax william|1997-04-23", "Name fairfax william"]);
        check("Fairfax William 23.04.1997", &["Name fairfax william|1997-04-23", "Name fairfax william"]);
        check("08/04/1997 Fairfax", &["Name fairfax|1997-04-08", "Name fairfax|1997-08-04", "Name fairfax"]);
        check("Fairfax 08/04/97", &[]);
    }

    #[test]
    fn a_scanned_passport_is_its_document_and_its_holder() {
        let zone = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
        check(
            zone,
            &[
                "Document L898902C3",
                "Name anna eriksson maria|1974-08-12",
                "Name anna eriksson maria",
                "Document ZE184226B",
            ],
        );
    }

    #[test]
    fn a_zone_that_was_cut_short_says_so() {
        let query = query_identifiers("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<", None, "2026-11-23");
        assert!(query.mrz_problem.is_some_and(|problem| problem.to_string().contains("has lines of 42")));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in any::<String>(), today in "\\PC{0,12}") {
            let _ = query_identifiers(&text, Some("GBR"), &today);
        }

        #[test]
        fn a_plate_finds_the_record_that_holds_it(plate in "[A-Z]{1,3}[0-9]{1,4}[A-Z]{0,3}") {
            let query = query_identifiers(&plate, None, "2026-11-23");
            let held = Identifier::plate(&plate).unwrap();
            prop_assert!(query.readings.iter().any(|reading| reading.identifier == held));
        }
    }
}
