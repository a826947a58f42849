//! Dates as files write them. The format is stated, never guessed.

use std::fmt;
use std::str::FromStr;

use cairn_record::Date;
use serde::{Deserialize, Serialize};

/// Formats that a page offers. Any other made of `yyyy` or `yy`, `mm`, `dd`, `HH`, `MM`, `SS` and what
/// stands between is read as well.
pub const DATE_FORMATS: [&str; 16] = [
    "yyyy-mm-dd",
    "dd/mm/yyyy",
    "mm/dd/yyyy",
    "dd.mm.yyyy",
    "dd-mm-yyyy",
    "yyyy.mm.dd",
    "yyyy/mm/dd",
    "yyyymmdd",
    "dd/mm/yy",
    "dd-mm-yy",
    "dd.mm.yy",
    "mm/dd/yy",
    "yyyy-mm-dd HH:MM",
    "dd/mm/yyyy HH:MM",
    "dd.mm.yyyy HH:MM",
    "yyyy.mm.dd HH:MM",
];

/// Which century a two-digit year belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Century {
    /// The latest that does not put the date into the future: for births and other things long past.
    Past,
    /// Always 2000 to 2099: for events of a system younger than that. A clock that is behind must not
    /// send them back a hundred years.
    Current,
}

/// One way to write a date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DateFormat {
    pattern: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Year4,
    Year2,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Literal(char),
}

/// How a column writes its dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateRule {
    /// The formats; a text that two of them read differently is not read.
    pub formats: Vec<DateFormat>,
    /// For formats with a two-digit year.
    pub century: Option<Century>,
}

/// Why a date was not read; the text is the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DateFault {
    /// It has another form than stated.
    Form,
    /// The calendar has no such day.
    Calendar,
    /// Two of the stated formats read it differently.
    Ambiguous,
}

impl DateFormat {
    /// Whether its year has two digits, so that a century must be stated.
    pub fn has_short_year(&self) -> bool {
        self.pieces.contains(&Piece::Year2)
    }

    /// Whether no digits of another piece stand directly before or after this one.
    fn stands_free(&self, at: usize) -> bool {
        let literal = |piece: Option<&Piece>| matches!(piece, None | Some(Piece::Literal(_)));
        literal(at.checked_sub(1).and_then(|before| self.pieces.get(before))) && literal(self.pieces.get(at + 1))
    }

    /// Reads `text` completely, giving ISO 8601 with the time if the format has one.
    fn read(&self, text: &str, century: Option<Century>, today: Date) -> Result<String, DateFault> {
        let mut found = Found::default();
        let mut rest = text;
        for (at, piece) in self.pieces.iter().enumerate() {
            rest = match piece {
                Piece::Literal(c) => rest.strip_prefix(*c).ok_or(DateFault::Form)?,
                _ => {
                    let (number, after) = digits(rest, *piece, self.stands_free(at)).ok_or(DateFault::Form)?;
                    found.put(*piece, number);
                    after
                }
            };
        }
        if rest.is_empty() { found.date(century, today) } else { Err(DateFault::Form) }
    }
}

/// Takes the digits of one piece. A day, month or hour that stands free may be written with one digit.
fn digits(text: &str, piece: Piece, free: bool) -> Option<(u16, &str)> {
    let most = if piece == Piece::Year4 { 4 } else { 2 };
    let found = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let short = free && matches!(piece, Piece::Month | Piece::Day | Piece::Hour);
    if found < if short { 1 } else { most } {
        return None;
    }
    let (number, rest) = text.split_at(found);
    Some((number.parse().ok()?, rest))
}

#[derive(Default)]
struct Found {
    year: Option<u16>,
    short_year: Option<u16>,
    month: u16,
    day: u16,
    hour: Option<u16>,
    minute: Option<u16>,
    second: u16,
}

impl Found {
    fn put(&mut self, piece: Piece, number: u16) {
        match piece {
            Piece::Year4 => self.year = Some(number),
            Piece::Year2 => self.short_year = Some(number),
            Piece::Month => self.month = number,
            Piece::Day => self.day = number,
            Piece::Hour => self.hour = Some(number),
            Piece::Minute => self.minute = Some(number),
            Piece::Second => self.second = number,
            Piece::Literal(_) => {}
        }
    }

    fn date(&self, century: Option<Century>, today: Date) -> Result<String, DateFault> {
        let small = |number: u16| u8::try_from(number).map_err(|_| DateFault::Calendar);
        let (month, day) = (small(self.month)?, small(self.day)?);
        let date = match (self.year, self.short_year, century) {
            (Some(year), _, _) => Date::full(year, month, day),
            (None, Some(year), Some(Century::Current)) => Date::full(2000 + year, month, day),
            (None, Some(year), Some(Century::Past)) => {
                let centuries = [2000, 1900].into_iter().filter_map(|century| Date::full(century + year, month, day));
                centuries.into_iter().find(|date| !date.is_after(today))
            }
            _ => None,
        };
        let date = date.ok_or(DateFault::Calendar)?;
        match (self.hour, self.minute) {
            (Some(hour), Some(minute)) if hour < 24 && minute < 60 && self.second < 60 => {
                Ok(format!("{date}T{hour:02}:{minute:02}"))
            }
            (None, None) => Ok(date.to_string()),
            _ => Err(DateFault::Calendar),
        }
    }
}

impl DateRule {
    /// Reads a date, giving ISO 8601. `today` settles the century of [`Century::Past`].
    pub(crate) fn read(&self, text: &str, today: Date) -> Result<String, DateFault> {
        let mut fault = DateFault::Form;
        let mut read: Option<String> = None;
        for format in &self.formats {
            match format.read(text, self.century, today) {
                Ok(date) if read.as_ref().is_some_and(|first| *first != date) => return Err(DateFault::Ambiguous),
                Ok(date) => read = Some(date),
                Err(DateFault::Calendar) => fault = DateFault::Calendar,
                Err(_) => {}
            }
        }
        read.ok_or(fault)
    }

    /// The formats in words, for a sentence.
    pub(crate) fn in_words(&self) -> String {
        let patterns: Vec<&str> = self.formats.iter().map(|format| format.pattern.as_str()).collect();
        patterns.join(" or ")
    }
}

impl fmt::Display for DateFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

impl FromStr for DateFormat {
    type Err = String;

    fn from_str(pattern: &str) -> Result<Self, String> {
        const WORDS: [(&str, Piece); 7] = [
            ("yyyy", Piece::Year4),
            ("yy", Piece::Year2),
            ("mm", Piece::Month),
            ("dd", Piece::Day),
            ("HH", Piece::Hour),
            ("MM", Piece::Minute),
            ("SS", Piece::Second),
        ];
        let (mut pieces, mut rest) = (Vec::new(), pattern);
        while let Some(first) = rest.chars().next() {
            let (word, piece) = match WORDS.iter().find(|(word, _)| rest.starts_with(word)) {
                Some((word, piece)) => (word.len(), *piece),
                None => (first.len_utf8(), Piece::Literal(first)),
            };
            pieces.push(piece);
            rest = &rest[word..];
        }
        let count = |piece: Piece| pieces.iter().filter(|found| **found == piece).count();
        let years = count(Piece::Year4) + count(Piece::Year2);
        let times = (count(Piece::Hour), count(Piece::Minute), count(Piece::Second));
        let letters = pieces.iter().any(|piece| matches!(piece, Piece::Literal(c) if c.is_alphanumeric() && *c != 'T'));
        let time_ok = matches!(times, (0, 0, 0) | (1, 1, 0 | 1));
        if years != 1 || count(Piece::Month) != 1 || count(Piece::Day) != 1 || !time_ok || letters {
            return Err(format!(
                "{pattern:?} is no date format: it needs yyyy or yy, mm and dd once each, and for a time HH and MM"
            ));
        }
        Ok(Self { pattern: pattern.to_owned(), pieces })
    }
}

impl TryFrom<String> for DateFormat {
    type Error = String;

    fn try_from(pattern: String) -> Result<Self, String> {
        pattern.parse()
    }
}

impl From<DateFormat> for String {
    fn from(format: DateFormat) -> Self {
        format.pattern
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(formats: &[&str], century: Option<Century>) -> DateRule {
        DateRule { formats: formats.iter().map(|pattern| pattern.parse().unwrap()).collect(), century }
    }

    #[track_caller]
    fn check(formats: &[&str], century: Option<Century>, text: &str, expected: Result<&str, DateFault>) {
        let today = "2026-11-23".parse().unwrap();
        assert_eq!(rule(formats, century).read(text, today), expected.map(str::to_owned), "{text}");
    }

    #[test]
    fn a_date_is_read_as_stated() {
        check(&["dd/mm/yyyy"], None, "11/06/2025", Ok("2025-06-11"));
        check(&["dd/mm/yyyy"], None, "1/6/2025", Ok("2025-06-01"));
        check(&["yyyy.mm.dd HH:MM"], None, "2026.03.22 06:55", Ok("2026-03-22T06:55"));
        check(&["yyyymmdd"], None, "20260322", Ok("2026-03-22"));
        check(&["dd/mm/yyyy HH:MM", "dd/mm/yyyy"], None, "31/12/2024", Ok("2024-12-31"));
        check(&["yyyy-mm-ddTHH:MM:SS"], None, "2026-03-22T06:55:01", Ok("2026-03-22T06:55"));
    }

    #[test]
    fn a_date_that_does_not_exist_is_not_read() {
        check(&["dd/mm/yyyy"], None, "31/02/2024", Err(DateFault::Calendar));
        check(&["dd/mm/yyyy"], None, "12/31/2024", Err(DateFault::Calendar));
        check(&["dd-mm-yy HH:MM", "dd-mm-yy"], Some(Century::Current), "99-99-99", Err(DateFault::Calendar));
        check(&["dd/mm/yyyy HH:MM"], None, "31/12/2024 24:00", Err(DateFault::Calendar));
    }

    #[test]
    fn another_form_is_not_read() {
        for text in ["", "11/06/25", "2025-06-11", "11/06/2025 ", "11/06/20255", "1１/06/2025", "soon"] {
            check(&["dd/mm/yyyy"], None, text, Err(DateFault::Form));
        }
        check(&["yyyymmdd"], None, "2026322", Err(DateFault::Form));
    }

    #[test]
    fn a_short_year_follows_its_rule() {
        check(&["dd-mm-yy"], Some(Century::Past), "31-10-62", Ok("1962-10-31"));
        check(&["dd-mm-yy"], Some(Century::Past), "23-11-26", Ok("2026-11-23"));
        check(&["dd-mm-yy"], Some(Century::Past), "24-11-26", Ok("1926-11-24"));
        check(&["dd-mm-yy"], Some(Century::Past), "29-02-00", Ok("2000-02-29"));
        check(&["dd-mm-yy"], Some(Century::Current), "31-10-62", Ok("2062-10-31"));
        check(&["dd-mm-yy"], None, "31-10-62", Err(DateFault::Calendar));
    }

    #[test]
    fn two_formats_that_disagree_are_not_decided() {
        let both = ["dd/mm/yyyy", "mm/dd/yyyy"];
        check(&both, None, "04/08/1997", Err(DateFault::Ambiguous));
        check(&both, None, "08/08/1997", Ok("1997-08-08"));
        check(&both, None, "23/08/1997", Ok("1997-08-23"));
    }

    #[test]
    fn formats_must_say_the_whole_date() {
        for bad in ["", "yyyy", "dd/mm", "dd/mm/yyyy HH", "dd/dd/yyyy", "dd mon yyyy"] {
            assert!(bad.parse::<DateFormat>().is_err(), "{bad}");
        }
        for good in DATE_FORMATS {
            assert_eq!(good.parse::<DateFormat>().unwrap().to_string(), good);
        }
    }

    proptest! {
        #[test]
        fn any_text_and_any_pattern_are_answered(text in any::<String>(), pattern in "[ymdHMS/. -]{0,12}") {
            let _ = rule(&DATE_FORMATS, Some(Century::Past)).read(&text, "2026-11-23".parse().unwrap());
            if let Ok(format) = pattern.parse::<DateFormat>() {
                let _ = DateRule { formats: vec![format], century: None }.read(&text, "2026-11-23".parse().unwrap());
            }
        }

        #[test]
        fn every_day_comes_back(year in 1900u16..2100, month in 1u8..=12, day in 1u8..=28) {
            let rule = rule(&["dd.mm.yyyy"], None);
            let read = rule.read(&format!("{day:02}.{month:02}.{year}"), "2026-11-23".parse().unwrap());
            prop_assert_eq!(read, Ok(format!("{year}-{month:02}-{day:02}")));
        }
    }
}
