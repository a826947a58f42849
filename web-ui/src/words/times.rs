//! Times: how long ago in words, and the exact time beside it.
//!
//! The appliance knows no time zone, so exact times are UTC and say so; a script of ours shows them in the time of the
//! browser's machine where it may run.

use std::borrow::Borrow;

use time::{Date, OffsetDateTime};

use super::{Html, Words, number};

const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// The words of a request and the time it is answered at: everything a page needs to tell times.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// In which words.
    pub words: Words,
    /// Milliseconds since 1970.
    pub now_ms: u64,
}

impl Clock {
    /// "3 minutes ago", with the exact time for those who ask.
    pub fn ago(&self, ms: impl Borrow<u64>) -> Html {
        let ms = *ms.borrow();
        self.tag(ms, "ago", &self.ago_words(ms), &self.exact_words(ms))
    }

    /// "09:12" today, "22 November, 09:12" this year, and with the year otherwise.
    pub fn at(&self, ms: impl Borrow<u64>) -> Html {
        let ms = *ms.borrow();
        self.tag(ms, "at", &self.short_words(ms), &self.ago_words(ms))
    }

    /// "22 November 2025, 09:12 UTC".
    pub fn exact(&self, ms: impl Borrow<u64>) -> Html {
        let ms = *ms.borrow();
        self.tag(ms, "exact", &self.exact_words(ms), &self.ago_words(ms))
    }

    /// The time of day within a sentence.
    pub fn time_words(&self, ms: u64) -> String {
        self.short_words(ms)
    }

    /// The exact time within a sentence.
    pub fn exact_time_words(&self, ms: u64) -> String {
        self.exact_words(ms)
    }

    /// How long ago, in words.
    pub fn ago_words(&self, ms: impl Borrow<u64>) -> String {
        let ms = *ms.borrow();
        if ms > self.now_ms.saturating_add(MINUTE_MS) {
            return self.words.t("ago-future");
        }
        self.words.with("ago", &[("age", self.age_words(self.now_ms.saturating_sub(ms)).into())])
    }

    /// A length of time in words: "3 minutes".
    pub fn age_words(&self, age_ms: u64) -> String {
        match age_ms {
            0..MINUTE_MS => self.words.t("age-moment"),
            MINUTE_MS..HOUR_MS => self.words.n("age-minutes", age_ms / MINUTE_MS),
            HOUR_MS..DAY_MS => self.words.n("age-hours", age_ms / HOUR_MS),
            _ if age_ms < 61 * DAY_MS => self.words.n("age-days", age_ms / DAY_MS),
            _ if age_ms < 730 * DAY_MS => self.words.n("age-months", age_ms * 12 / (DAY_MS * 365 + DAY_MS / 4)),
            _ => self.words.n("age-years", age_ms * 4 / (DAY_MS * 1461)),
        }
    }

    /// How long until then, in words; "now" when it has passed.
    pub fn until_words(&self, ms: impl Borrow<u64>) -> String {
        let ms = *ms.borrow();
        if ms <= self.now_ms {
            return self.words.t("until-now");
        }
        self.words.with("until", &[("age", self.age_words(ms - self.now_ms).into())])
    }

    /// A date as it is stored (`2021`, `2021-02`, `2021-02-28`, with or without a time) as a person reads it; anything
    /// else as it stands.
    pub fn date(&self, iso: &str) -> String {
        let (date, hour) = iso.split_once('T').map_or((iso, ""), |(date, hour)| (date, hour));
        let parts: Option<Vec<u32>> = date.split('-').map(|part| part.parse().ok()).collect();
        let day = match parts.as_deref() {
            Some([year, month @ 1..=12, day]) => self.words.with(
                "date-day",
                &[("day", number(day)), ("month", self.month(*month).into()), ("year", year.to_string().into())],
            ),
            Some([year, month @ 1..=12]) => self
                .words
                .with("date-month", &[("month", self.month(*month).into()), ("year", year.to_string().into())]),
            _ => return iso.to_string(),
        };
        if hour.is_empty() { day } else { self.words.with("date-time", &[("date", day.into()), ("time", hour.into())]) }
    }

    fn tag(&self, ms: u64, style: &str, text: &str, title: &str) -> Html {
        let machine = iso(ms);
        let (text, title) = (escaped(text), escaped(title));
        Html(format!("<time datetime=\"{machine}\" data-style=\"{style}\" title=\"{title}\">{text}</time>"))
    }

    fn short_words(&self, ms: u64) -> String {
        let (then, now) = (instant(ms), instant(self.now_ms));
        let clock = clock_of(then);
        if then.date() == now.date() {
            return self.words.a("time-utc", "time", &clock);
        }
        let day = if then.year() == now.year() { self.day_words(then.date()) } else { self.date_words(then.date()) };
        self.words.with("date-time-utc", &[("date", day.into()), ("time", clock.into())])
    }

    fn exact_words(&self, ms: u64) -> String {
        let then = instant(ms);
        self.words
            .with("date-time-utc", &[("date", self.date_words(then.date()).into()), ("time", clock_of(then).into())])
    }

    fn date_words(&self, date: Date) -> String {
        self.date(&format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day()))
    }

    fn day_words(&self, date: Date) -> String {
        let month = self.month(u8::from(date.month()).into());
        self.words.with("date-day-short", &[("day", number(date.day())), ("month", month.into())])
    }

    fn month(&self, month: u32) -> String {
        self.words.t(&format!("month-{month}"))
    }
}

/// The instant, or 1970 when the number is beyond what a calendar holds.
fn instant(ms: u64) -> OffsetDateTime {
    i64::try_from(ms / 1_000)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn clock_of(then: OffsetDateTime) -> String {
    format!("{:02}:{:02}", then.hour(), then.minute())
}

/// RFC 3339, to the second.
pub(crate) fn iso(ms: u64) -> String {
    let then = instant(ms);
    let (year, month, day) = (then.year(), u8::from(then.month()), then.day());
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", then.hour(), then.minute(), then.second())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    /// 22 November 2025, 09:12:30 UTC.
    const NOW_MS: u64 = 1_763_802_750_000;

    fn clock() -> Clock {
        Clock { words: Words::new(Language::English), now_ms: NOW_MS }
    }

    #[test]
    fn ages_are_told_in_one_unit() {
        let ages = [
            (0, "a moment"),
            (59_999, "a moment"),
            (MINUTE_MS, "1 minute"),
            (59 * MINUTE_MS, "59 minutes"),
            (HOUR_MS, "1 hour"),
            (47 * HOUR_MS, "1 day"),
            (60 * DAY_MS, "60 days"),
            (365 * DAY_MS, "11 months"),
            (800 * DAY_MS, "2 years"),
        ];
        for (age_ms, words) in ages {
            assert_eq!(clock().age_words(age_ms), words);
        }
    }

    #[test]
    fn a_time_from_the_future_is_called_so() {
        assert_eq!(clock().ago_words(NOW_MS + 10 * MINUTE_MS), "in the future by this machine’s clock");
        assert_eq!(clock().ago_words(NOW_MS + 1_000), "a moment ago");
        assert!(!clock().ago(u64::MAX).0.is_empty());
    }

    #[test]
    fn exact_times_leave_out_what_goes_without_saying() {
        let at = |ms| clock().short_words(ms);
        assert_eq!(at(NOW_MS), "09:12 UTC");
        assert_eq!(at(NOW_MS - DAY_MS), "21 November, 09:12 UTC");
        assert_eq!(at(NOW_MS - 365 * DAY_MS), "22 November 2024, 09:12 UTC");
        assert_eq!(iso(NOW_MS), "2025-11-22T09:12:30Z");
    }

    #[test]
    fn stored_dates_keep_their_precision() {
        let told = [
            ("2021", "2021"),
            ("2021-02", "February 2021"),
            ("2021-02-28", "28 February 2021"),
            ("2021-13-01", "2021-13-01"),
        ];
        for (stored, words) in told {
            assert_eq!(clock().date(stored), words);
        }
        assert_eq!(clock().date("2021-02-28T14:02"), "28 February 2021, 14:02");
    }
}
