//! Times, sizes and counts in words.

use time::OffsetDateTime;
use time::macros::format_description;

/// A moment, in UTC: the terminal does not know which clock the reader goes by.
pub fn moment(unix_ms: u64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000)
        .ok()
        .and_then(|at| at.format(format).ok())
        .unwrap_or_else(|| format!("{unix_ms} ms"))
}

/// How long ago, in the largest unit that fits.
pub fn ago(then_ms: u64, now_ms: u64) -> String {
    let Some(seconds) = now_ms.checked_sub(then_ms).map(|ms| ms / 1000) else {
        return "in the future, by this clock".into();
    };
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} ago", count(seconds / 86_400, "day", "days")),
    }
}

/// A number of bytes.
pub fn bytes(number: u64) -> String {
    match number {
        0..10_000 => format!("{number} B"),
        10_000..10_000_000 => format!("{} kB", number / 1000),
        _ => format!("{} MB", number / 1_000_000),
    }
}

/// A number and its noun.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_utc() {
        assert_eq!(moment(1_700_000_000_000), "2023-11-14 22:13 UTC");
    }

    #[test]
    fn a_clock_that_is_behind_is_not_hidden() {
        assert_eq!(ago(2_000, 1_000), "in the future, by this clock");
        assert_eq!(ago(0, 7_200_000), "2 h ago");
        assert_eq!(ago(0, 86_400_000), "1 day ago");
    }

    #[test]
    fn sizes_are_rounded_down() {
        assert_eq!((bytes(9_999), bytes(10_999)), ("9999 B".to_owned(), "10 kB".to_owned()));
    }
}
