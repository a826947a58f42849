//! Calendar dates as numbers of days, two bytes instead of ten letters.

/// Days are counted from 1 January of this year.
const FIRST_YEAR: i64 = 1600;
const LAST_YEAR: i64 = 2399;

/// The number of days of a text that is a date written in the one way, such as `1997-04-08`.
pub(super) fn days_of(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |part: &[u8]| {
        part.iter().try_fold(0_i64, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = (number(&bytes[..4])?, number(&bytes[5..7])?, number(&bytes[8..])?);
    if !(FIRST_YEAR..=LAST_YEAR).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let days = u64::try_from(count(year, month, day) - count(FIRST_YEAR, 1, 1)).ok()?;
    // A day that the month does not have comes back as another text, and is no date.
    (text_of(days)? == text).then_some(days)
}

/// The text of a number of days; `None` when it is out of range.
pub(super) fn text_of(days: u64) -> Option<String> {
    let end = count(LAST_YEAR, 12, 31) - count(FIRST_YEAR, 1, 1);
    let days = i64::try_from(days).ok().filter(|days| *days <= end)? + count(FIRST_YEAR, 1, 1);
    // Years begin in March here, so that the odd day is the last of the year.
    let mut year = days * 400 / 146_097;
    while count(year + 1, 3, 1) <= days {
        year += 1;
    }
    while count(year, 3, 1) > days {
        year -= 1;
    }
    let in_year = days - count(year, 3, 1);
    let month = (in_year * 5 + 2) / 153;
    let day = in_year - (month * 153 + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

/// Days since a fixed day.
fn count(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_eight_centuries_comes_back() {
        let mut days = 0;
        while let Some(text) = text_of(days) {
            assert_eq!(days_of(&text), Some(days), "{text}");
            days += 1;
        }
        assert_eq!((text_of(0).as_deref(), days), (Some("1600-01-01"), 292_194));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["1997-02-29", "1997-13-01", "1997-4-8", "0000-00-00", "1997-04-31", "+997-04-08", "2400-01-01", ""]
        {
            assert_eq!(days_of(text), None, "{text}");
        }
        assert!(days_of("2000-02-29").is_some());
    }
}
