//! Days in sentences, as data: every reader has them as dates are written in their language.

use cairn_record::{Arg, Reason, reason};
use time::OffsetDateTime;

/// The day, UTC: "29 November 2026" in English.
pub(crate) fn day(unix_ms: u64) -> Reason {
    let seconds = i64::try_from(unix_ms / 1_000).unwrap_or(i64::MAX);
    let date = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH).date();
    let month = Arg::Label { label: format!("month-{}", u8::from(date.month())), english: date.month().to_string() };
    reason!("calendar-day", day = date.day(), month = month, year = date.year().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_as_people_write_it() {
        assert_eq!(day(1_763_802_750_000).to_string(), "22 November 2025");
        assert_eq!(day(0).to_string(), "1 January 1970");
    }
}
