//! Cuts the lines into fields and checks their digits.

use super::layout::{Format, Layout, Span};
use super::{CheckedDigit, Mrz};
use crate::Date;
use crate::normalise::check_digit::icao;

/// Reads the fields of lines that have the format's lengths and only its characters.
pub(super) fn fields(format: Format, lines: &[String], today: Date) -> Mrz {
    let layout = format.layout();
    let zone = Zone { lines };
    let (surname, forenames) = names(zone.at(layout.names));
    let number = Number::read(&zone, format, &layout);
    Mrz {
        format,
        lines: lines.to_vec(),
        document_code: trimmed(zone.at((0, 0, 2))),
        issuer: trimmed(zone.at((0, 2, 5))),
        surname,
        forenames,
        name_may_be_cut: !zone.at(layout.names).ends_with('<'),
        nationality: trimmed(zone.at(layout.nationality)),
        date_of_birth: date(zone.at(layout.birth), |date| !date.is_after(today)),
        sex: zone.at(layout.sex).chars().next().filter(|c| *c != '<'),
        valid_until: date(zone.at(layout.expiry), |_| true),
        optional: number.rest_of_optional.clone(),
        checks: checks(&zone, &layout, &number),
        number: number.text,
        repairs: Vec::new(),
    }
}

struct Zone<'a> {
    lines: &'a [String],
}

impl<'a> Zone<'a> {
    /// The characters of a span. Lines are ASCII and of full length by then; should one not be, the span
    /// reads as empty.
    fn at(&self, (line, from, to): Span) -> &'a str {
        self.lines.get(line).and_then(|text| text.get(from..to)).unwrap_or_default()
    }

    /// The check digit that follows a span.
    fn digit_after(&self, (line, _, to): Span) -> &'a str {
        self.at((line, to, to + 1))
    }
}

/// The number of the document. One of more than nine characters on a card goes on in the optional data:
/// the place of its check digit then holds a filler, and the digit follows its last character.
struct Number {
    text: String,
    check: bool,
    rest_of_optional: String,
}

impl Number {
    fn read(zone: &Zone<'_>, format: Format, layout: &Layout) -> Self {
        let (start, digit) = (zone.at(layout.number), zone.digit_after(layout.number));
        let optional: Vec<&str> = layout.optional.iter().map(|span| zone.at(*span)).collect();
        let first = optional.first().copied().unwrap_or_default();
        let continued = matches!(format, Format::Td1 | Format::Td2) && digit == "<" && !first.starts_with('<');
        if !continued {
            return Self {
                text: trimmed(start),
                check: agrees(start, digit),
                rest_of_optional: joined_optional(&optional),
            };
        }
        let (end, rest) = first.split_once('<').unwrap_or((first, ""));
        let (end, digit) = end.split_at(end.len().saturating_sub(1));
        let text = format!("{start}{end}");
        let mut others = vec![rest];
        others.extend(optional.iter().skip(1));
        Self { check: agrees(&text, digit), text: trimmed(&text), rest_of_optional: joined_optional(&others) }
    }
}

fn joined_optional(parts: &[&str]) -> String {
    let filled: Vec<String> = parts.iter().map(|part| trimmed(part)).filter(|part| !part.is_empty()).collect();
    filled.join(" ")
}

fn checks(zone: &Zone<'_>, layout: &Layout, number: &Number) -> Vec<CheckedDigit> {
    let checked = |covers: &str, agrees| CheckedDigit { covers: covers.into(), agrees };
    let follows = |span| agrees(zone.at(span), zone.digit_after(span));
    let mut checks = vec![
        checked("number", number.check),
        checked("birth", follows(layout.birth)),
        checked("expiry", follows(layout.expiry)),
    ];
    if let (Some(digit), Some(optional)) = (layout.optional_digit, layout.optional.first()) {
        let (optional, digit) = (zone.at(*optional), zone.at(digit));
        // Without optional data its digit may be a filler.
        let empty = optional.bytes().all(|byte| byte == b'<') && digit == "<";
        checks.push(checked("optional", empty || agrees(optional, digit)));
    }
    if let Some((spans, digit)) = layout.composite {
        let covered: String = spans.iter().map(|span| zone.at(*span)).collect();
        checks.push(checked("composite", agrees(&covered, zone.at(digit))));
    }
    checks
}

fn agrees(zone: &str, digit: &str) -> bool {
    icao(zone).is_some_and(|expected| digit.chars().eq([expected]))
}

fn trimmed(zone: &str) -> String {
    zone.trim_matches('<').replace('<', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn names(zone: &str) -> (String, String) {
    let (primary, secondary) = zone.trim_start_matches('<').split_once("<<").unwrap_or((zone, ""));
    (trimmed(primary), trimmed(secondary))
}

/// Reads `YYMMDD`, of which day and month may be fillers. Takes this century if `fits`, else the last.
fn date(zone: &str, fits: impl Fn(Date) -> bool) -> Option<String> {
    let two = |from: usize| zone.get(from..from + 2).filter(|part| *part != "<<");
    let number = |text: &str| -> Option<u16> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    let year = number(two(0)?)?;
    let month = two(2).map(|text| number(text).ok_or(())).transpose().ok()?;
    let day = two(4).map(|text| number(text).ok_or(())).transpose().ok()?;
    let in_century = |century: u16| match (month, day) {
        (Some(month), Some(day)) => Date::full(century + year, month as u8, day as u8),
        (Some(month), None) => Date::month_of(century + year, month as u8),
        (None, None) => Date::year_only(century + year),
        (None, Some(_)) => None,
    };
    let date = [2000, 1900].into_iter().filter_map(in_century).find(|date| fits(*date))?;
    Some(date.to_string())
}
