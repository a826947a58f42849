//! Dates as they are stored: ISO 8601 text, possibly only a month or a year.

use std::fmt;
use std::str::FromStr;

/// A calendar date of which the day, or the day and month, may be unknown. The default order is by year,
/// month and day, with the unknown first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

/// The text is not a date of the calendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a date: write it as year-month-day, for example 1997-04-08, or only 1997-04 or 1997")]
pub struct BadDate;

impl Date {
    /// A full date; `None` when the calendar does not have it.
    pub fn full(year: u16, month: u8, day: u8) -> Option<Self> {
        let valid = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        (valid && year <= 9999).then_some(Self { year, month: Some(month), day: Some(day) })
    }

    /// A month of a year.
    pub fn month_of(year: u16, month: u8) -> Option<Self> {
        ((1..=12).contains(&month) && year <= 9999).then_some(Self { year, month: Some(month), day: None })
    }

    /// A year.
    pub fn year_only(year: u16) -> Option<Self> {
        (year <= 9999).then_some(Self { year, month: None, day: None })
    }

    /// The year.
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, if known.
    pub fn month(self) -> Option<u8> {
        self.month
    }

    /// The day, if known.
    pub fn day(self) -> Option<u8> {
        self.day
    }

    /// Whether the date certainly lies after `other`: even its earliest day is later than the latest of
    /// `other`.
    pub fn is_after(self, other: Self) -> bool {
        self.earliest() > other.latest()
    }

    /// The first day it can be.
    fn earliest(self) -> (u16, u8, u8) {
        (self.year, self.month.unwrap_or(1), self.day.unwrap_or(1))
    }

    /// The last day it can be.
    fn latest(self) -> (u16, u8, u8) {
        let month = self.month.unwrap_or(12);
        (self.year, month, self.day.unwrap_or(days_in_month(self.year, month)))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

impl FromStr for Date {
    type Err = BadDate;

    /// Reads `2021`, `2021-02` or `2021-02-28`, and nothing else.
    fn from_str(text: &str) -> Result<Self, BadDate> {
        let mut parts = text.split('-');
        let year = number(parts.next(), 4).ok_or(BadDate)?;
        let month = parts.next().map(|part| number(Some(part), 2).ok_or(BadDate)).transpose()?;
        let day = parts.next().map(|part| number(Some(part), 2).ok_or(BadDate)).transpose()?;
        if parts.next().is_some() {
            return Err(BadDate);
        }
        match (month, day) {
            (Some(month), Some(day)) => Self::full(year, month as u8, day as u8),
            (Some(month), None) => Self::month_of(year, month as u8),
            _ => Self::year_only(year),
        }
        .ok_or(BadDate)
    }
}

/// A date with or without hour and minute, as [`crate::FieldType::DateTime`] stores it: `2021-02-28T14:02`
/// or what [`Date`] reads. Returns the date.
pub fn parse_date_time(text: &str) -> Result<Date, BadDate> {
    let Some((date, clock)) = text.split_once('T') else { return text.parse() };
    let date: Date = date.parse()?;
    let (hour, minute) = clock.split_once(':').ok_or(BadDate)?;
    let hour = number(Some(hour), 2).ok_or(BadDate)?;
    let minute = number(Some(minute), 2).ok_or(BadDate)?;
    if date.day.is_some() && hour < 24 && minute < 60 { Ok(date) } else { Err(BadDate) }
}

/// A number of exactly `digits` ASCII digits.
fn number(text: Option<&str>, digits: usize) -> Option<u16> {
    let text = text?;
    if text.len() != digits || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// How many days a month of 1 to 12 has.
fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_calendar_is_kept() {
        for good in ["1997-04-08", "2024-02-29", "2000-02-29", "1997-04", "1997"] {
            assert_eq!(good.parse::<Date>().map(|date| date.to_string()), Ok(good.into()));
        }
        for bad in ["2024-02-31", "1900-02-29", "1997-4-8", "1997-13", "97", "", "1997-04-08-01", "19９7", "+997"] {
            assert_eq!(bad.parse::<Date>(), Err(BadDate), "{bad}");
        }
    }

    #[test]
    fn a_time_needs_a_whole_date_and_a_real_minute() {
        assert!(parse_date_time("2021-02-28T14:02").is_ok());
        assert!(parse_date_time("2021-02-28").is_ok());
        for bad in ["2021-02T14:02", "2021-02-28T24:00", "2021-02-28T14:60", "2021-02-28T1402", "2021-02-28T"] {
            assert!(parse_date_time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_partial_date_is_after_only_when_that_is_certain() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        assert!(date("2027").is_after(date("2026-11-23")));
        assert!(!date("2026").is_after(date("2026-11-23")));
        assert!(!date("2026-11").is_after(date("2026-11-23")));
        assert!(date("2026-11-24").is_after(date("2026-11-23")));
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC{0,20}") {
            let _ = text.parse::<Date>();
            let _ = parse_date_time(&text);
        }
    }
}
