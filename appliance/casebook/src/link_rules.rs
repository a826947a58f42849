//! When a link may be used: rules of this machine, in general and for single sites, and the decision they lead to.
//!
//! Whoever dials decides: a post keeps its own rules, and a hub that calls it is told when to call again. An urgent entry goes
//! at once whatever the rules say, also beyond the bytes of the day: it may be a warning about somebody at the barrier.
//! What goes is counted as QUIC sends and receives it. The day begins at midnight of the time of the rules.

use cairn_ledger::ReplicaId;
use cairn_record::reason;
use serde::{Deserialize, Serialize};

use crate::CasebookError;

/// Most windows of one rule.
pub const WINDOWS_MAX: usize = 8;
/// Fewest bytes of a day's budget: a session that finds everything equal takes about 6,000.
pub const BUDGET_BYTES_MIN: u64 = 50_000;
/// Most bytes of a day's budget.
pub const BUDGET_BYTES_MAX: u64 = 1_000_000_000_000;
/// Most minutes between the time of the rules and UTC.
pub const OFFSET_MINUTES_MAX: i32 = 14 * 60;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
const DAY_MINUTES: u16 = 24 * 60;

/// At which times a link may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkWhen {
    /// Always.
    #[default]
    Always,
    /// Within the windows of the rule.
    Windows,
    /// Only when a person says "Sync now", because every byte costs.
    Metered,
}

impl LinkWhen {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Always, Self::Windows, Self::Metered];

    /// Its name in JSON, in forms and on the command line.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Windows => "windows",
            Self::Metered => "metered",
        }
    }

    /// The one with this name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.key() == key)
    }
}

/// A part of each day, in minutes from midnight; over midnight when it ends before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkWindow {
    /// First minute, below 1,440.
    pub from: u16,
    /// The minute at which it ends, below 1,440.
    pub until: u16,
}

/// When a link may be used, and for how much.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRule {
    /// At which times.
    pub when: LinkWhen,
    /// The windows, when only they count.
    #[serde(default)]
    pub windows: Vec<LinkWindow>,
    /// Bytes a day, both ways together; `None` for no limit.
    #[serde(default)]
    pub bytes_a_day: Option<u64>,
}

/// The rule for one site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRule {
    /// Its machine.
    pub replica: ReplicaId,
    /// The rule.
    pub rule: LinkRule,
}

/// All rules of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRules {
    /// Minutes by which the time of the rules is ahead of UTC.
    pub offset_minutes: i32,
    /// The rule for every site without one of its own; its bytes are those of all these sites together.
    pub general: LinkRule,
    /// Rules of single sites.
    pub sites: Vec<SiteRule>,
}

/// Bytes that went on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedBytes {
    /// Days since 1970 in the time of the rules.
    pub day: i64,
    /// Bytes, both ways together.
    pub bytes: u64,
}

/// Whether a link may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaySync {
    /// It may.
    Yes,
    /// For the urgent entries that wait, and no longer.
    Urgent,
    /// Not before that time, or not until a person says so.
    NotBefore {
        /// When, if time alone changes it.
        at_ms: Option<u64>,
        /// Why.
        because: HeldBack,
    },
}

/// Why a link is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBack {
    /// It is outside of the windows.
    Window,
    /// The bytes of the day are used up.
    Budget,
    /// Every byte costs, and nobody has said "Sync now".
    Metered,
    /// A person cancelled.
    Cancelled,
}

/// Decides. `used` is what went under this rule, `urgent_waiting` is asked only when the rule holds the link back.
pub fn may_sync_now(
    rule: &LinkRule,
    offset_minutes: i32,
    used: UsedBytes,
    now_ms: u64,
    urgent_waiting: impl FnOnce() -> bool,
) -> MaySync {
    match rule.holds_back(offset_minutes, used, now_ms) {
        None => MaySync::Yes,
        Some(_) if urgent_waiting() => MaySync::Urgent,
        Some((at_ms, because)) => MaySync::NotBefore { at_ms, because },
    }
}

/// The day of a time, in the time of the rules.
pub fn day_of(now_ms: u64, offset_minutes: i32) -> i64 {
    local(now_ms, offset_minutes).div_euclid(DAY_MS)
}

impl UsedBytes {
    /// What of it counts on this day.
    pub fn on(self, day: i64) -> u64 {
        if self.day == day { self.bytes } else { 0 }
    }

    /// Counts more. Another day, also an earlier one of a clock that was set back, begins from nothing.
    pub fn add(&mut self, day: i64, bytes: u64) {
        *self = Self { day, bytes: self.on(day).saturating_add(bytes) };
    }
}

impl LinkWindow {
    fn holds(self, minute: u16) -> bool {
        match self.from < self.until {
            true => (self.from..self.until).contains(&minute),
            false => minute >= self.from || minute < self.until,
        }
    }
}

impl LinkRule {
    /// Why the link is held back and until when, if it is.
    fn holds_back(&self, offset_minutes: i32, used: UsedBytes, now_ms: u64) -> Option<(Option<u64>, HeldBack)> {
        if self.when == LinkWhen::Metered {
            return Some((None, HeldBack::Metered));
        }
        let now = local(now_ms, offset_minutes);
        let mut open = self.opens(now);
        let spent = self.bytes_a_day.is_some_and(|most| used.on(now.div_euclid(DAY_MS)) >= most);
        let because = if open > now { HeldBack::Window } else { HeldBack::Budget };
        if spent {
            let midnight = (now.div_euclid(DAY_MS) + 1) * DAY_MS;
            open = open.max(self.opens(midnight));
        }
        let at_ms = open - i64::from(offset_minutes) * MINUTE_MS;
        (open > now).then(|| (u64::try_from(at_ms).ok(), because))
    }

    /// The first time from `now` on that lies in a window, in the time of the rules.
    fn opens(&self, now: i64) -> i64 {
        if self.when != LinkWhen::Windows || self.windows.is_empty() {
            return now;
        }
        let (day, minute) = (now.div_euclid(DAY_MS), (now.rem_euclid(DAY_MS) / MINUTE_MS) as u16);
        if self.windows.iter().any(|window| window.holds(minute)) {
            return now;
        }
        let next = |window: &LinkWindow| {
            let later = if window.from > minute { day } else { day + 1 };
            later * DAY_MS + i64::from(window.from) * MINUTE_MS
        };
        self.windows.iter().map(next).min().unwrap_or(now)
    }

    /// Whether it lets everything through.
    pub fn is_free(&self) -> bool {
        self.when == LinkWhen::Always && self.bytes_a_day.is_none()
    }

    fn check(&self) -> Result<(), CasebookError> {
        let odd = |window: &LinkWindow| {
            window.from >= DAY_MINUTES || window.until >= DAY_MINUTES || window.from == window.until
        };
        let bytes = self.bytes_a_day.unwrap_or(BUDGET_BYTES_MIN);
        let wrong = if self.when == LinkWhen::Windows && self.windows.is_empty() {
            reason!("rules-no-window")
        } else if self.windows.len() > WINDOWS_MAX {
            reason!("rules-windows", most = WINDOWS_MAX)
        } else if self.windows.iter().any(odd) {
            reason!("rules-odd-window")
        } else if !(BUDGET_BYTES_MIN..=BUDGET_BYTES_MAX).contains(&bytes) {
            reason!("rules-bytes")
        } else {
            return Ok(());
        };
        Err(CasebookError::BadRequest(wrong))
    }
}

impl LinkRules {
    /// The rule for a site, and whether it is its own.
    pub fn of(&self, replica: &ReplicaId) -> (&LinkRule, bool) {
        let own = self.sites.iter().find(|site| site.replica == *replica);
        own.map_or((&self.general, false), |site| (&site.rule, true))
    }

    /// Refuses rules that make no sense.
    pub fn check(&self) -> Result<(), CasebookError> {
        if self.offset_minutes.abs() > OFFSET_MINUTES_MAX {
            return Err(CasebookError::BadRequest(reason!("rules-offset")));
        }
        self.general.check()?;
        self.sites.iter().try_for_each(|site| site.rule.check())
    }
}

/// `22:00-05:00, 12:30-13:00`, as a person types it.
pub fn read_windows(text: &str) -> Result<Vec<LinkWindow>, CasebookError> {
    let wrong = |part: &str| CasebookError::BadRequest(reason!("rules-not-a-window", text = part));
    let parts = text.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
    let window = |part: &str| {
        let (from, until) = part.split_once(['-', '–'])?;
        Some(LinkWindow { from: read_minute(from.trim())?, until: read_minute(until.trim())? })
    };
    parts.take(WINDOWS_MAX + 1).map(|part| window(part).ok_or_else(|| wrong(part))).collect()
}

/// The windows as [`read_windows`] reads them.
pub fn windows_words(windows: &[LinkWindow]) -> String {
    let words = |window: &LinkWindow| format!("{}-{}", minute_words(window.from), minute_words(window.until));
    windows.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// The time of day of a moment in the time of the rules: `22:00`.
pub fn clock_words(at_ms: u64, offset_minutes: i32) -> String {
    minute_words((local(at_ms, offset_minutes).rem_euclid(DAY_MS) / MINUTE_MS) as u16)
}

fn minute_words(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn read_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':').unwrap_or((text, "0"));
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    match (hour, minute) {
        // Midnight at the end of a day is the one at the beginning of the next.
        (24, 0) => Some(0),
        (0..24, 0..60) => Some(hour * 60 + minute),
        _ => None,
    }
}

fn local(now_ms: u64, offset_minutes: i32) -> i64 {
    i64::try_from(now_ms).unwrap_or(i64::MAX / 2).saturating_add(i64::from(offset_minutes) * MINUTE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: u64 = DAY_MS as u64;
    const MINUTE: u64 = MINUTE_MS as u64;

    fn at(day: u64, hour: u64, minute: u64) -> u64 {
        day * DAY + (hour * 60 + minute) * MINUTE
    }

    fn windows(text: &str) -> LinkRule {
        LinkRule { when: LinkWhen::Windows, windows: read_windows(text).unwrap(), bytes_a_day: None }
    }

    fn decide(rule: &LinkRule, used: u64, now_ms: u64) -> MaySync {
        may_sync_now(rule, 0, UsedBytes { day: day_of(now_ms, 0), bytes: used }, now_ms, || false)
    }

    fn waits(at_ms: u64, because: HeldBack) -> MaySync {
        MaySync::NotBefore { at_ms: Some(at_ms), because }
    }

    #[test]
    fn a_night_window_goes_over_midnight() {
        let rule = windows("22:00-05:00");
        assert_eq!(decide(&rule, 0, at(9, 21, 59)), waits(at(9, 22, 0), HeldBack::Window));
        for (day, hour, minute) in [(9, 22, 0), (9, 23, 59), (10, 0, 0), (10, 4, 59)] {
            assert_eq!(decide(&rule, 0, at(day, hour, minute)), MaySync::Yes, "{hour}:{minute}");
        }
        assert_eq!(decide(&rule, 0, at(10, 5, 0)), waits(at(10, 22, 0), HeldBack::Window));
    }

    #[test]
    fn of_several_windows_the_next_one_counts() {
        let rule = windows("22:00-05:00, 12:30-13:00");
        assert_eq!(decide(&rule, 0, at(3, 6, 0)), waits(at(3, 12, 30), HeldBack::Window));
        assert_eq!(decide(&rule, 0, at(3, 12, 45)), MaySync::Yes);
        assert_eq!(decide(&rule, 0, at(3, 13, 0)), waits(at(3, 22, 0), HeldBack::Window));
    }

    #[test]
    fn the_bytes_of_a_day_come_back_at_midnight_and_in_the_next_window() {
        let free = LinkRule { bytes_a_day: Some(5_000_000), ..LinkRule::default() };
        assert_eq!(decide(&free, 4_999_999, at(3, 15, 0)), MaySync::Yes);
        assert_eq!(decide(&free, 5_000_000, at(3, 15, 0)), waits(at(4, 0, 0), HeldBack::Budget));
        let night = LinkRule { bytes_a_day: Some(5_000_000), ..windows("22:00-05:00") };
        assert_eq!(decide(&night, 5_000_000, at(3, 23, 0)), waits(at(4, 0, 0), HeldBack::Budget));
        assert_eq!(decide(&night, 5_000_000, at(3, 1, 0)), waits(at(4, 0, 0), HeldBack::Budget));
        let noon = LinkRule { bytes_a_day: Some(5_000_000), ..windows("12:00-13:00") };
        assert_eq!(decide(&noon, 5_000_000, at(3, 9, 0)), waits(at(4, 12, 0), HeldBack::Window));
    }

    #[test]
    fn an_urgent_entry_goes_whatever_the_rule_says() {
        let now_ms = at(3, 15, 0);
        let spent = UsedBytes { day: day_of(now_ms, 0), bytes: u64::MAX };
        let metered = LinkRule { when: LinkWhen::Metered, ..LinkRule::default() };
        let small = LinkRule { bytes_a_day: Some(BUDGET_BYTES_MIN), ..LinkRule::default() };
        for rule in [windows("22:00-05:00"), metered.clone(), small] {
            assert_eq!(may_sync_now(&rule, 0, spent, now_ms, || true), MaySync::Urgent);
        }
        let never = MaySync::NotBefore { at_ms: None, because: HeldBack::Metered };
        assert_eq!(decide(&metered, 0, now_ms), never);
        let free = LinkRule::default();
        assert_eq!(may_sync_now(&free, 0, spent, now_ms, || panic!("nobody needs to look")), MaySync::Yes);
    }

    #[test]
    fn windows_and_days_are_those_of_the_time_of_the_rules() {
        let rule = windows("22:00-05:00");
        let decide = |offset, now_ms| may_sync_now(&rule, offset, UsedBytes::default(), now_ms, || false);
        assert_eq!(decide(120, at(3, 20, 0)), MaySync::Yes);
        assert_eq!(decide(120, at(3, 19, 59)), waits(at(3, 20, 0), HeldBack::Window));
        assert_eq!(decide(-300, at(3, 22, 0)), waits(at(4, 3, 0), HeldBack::Window));
        assert_eq!((day_of(at(3, 23, 0), 120), day_of(0, -60)), (4, -1));
        assert_eq!(clock_words(at(3, 20, 0), 120), "22:00");
    }

    #[test]
    fn another_day_begins_from_nothing_also_when_the_clock_went_back() {
        let mut used = UsedBytes::default();
        used.add(20_000, 5);
        used.add(20_000, 6);
        assert_eq!((used.on(20_000), used.on(20_001)), (11, 0));
        used.add(1, u64::MAX);
        used.add(1, 9);
        assert_eq!((used.on(1), used.on(20_000)), (u64::MAX, 0));
    }

    #[test]
    fn what_a_person_types_is_read_or_refused() {
        let read = read_windows(" 22:00 - 05:00;12-13:30, 0:05–24:00").unwrap();
        assert_eq!(windows_words(&read), "22:00-05:00, 12:00-13:30, 00:05-00:00");
        for wrong in ["night", "22:00", "25:00-26:00", "10:60-11:00", "-1:00-2:00", "1:00-2:00-3:00"] {
            assert!(read_windows(wrong).is_err(), "{wrong}");
        }
        let nine = ["1:00-2:00"; WINDOWS_MAX + 1].join(",");
        assert!(LinkRules { general: windows(&nine), ..LinkRules::default() }.check().is_err());
        let same =
            LinkRule { when: LinkWhen::Windows, windows: vec![LinkWindow { from: 5, until: 5 }], bytes_a_day: None };
        for rule in [same, LinkRule { when: LinkWhen::Windows, ..LinkRule::default() }] {
            assert!(LinkRules { general: rule, ..LinkRules::default() }.check().is_err());
        }
        assert!(LinkRules { offset_minutes: 900, ..LinkRules::default() }.check().is_err());
    }

    proptest! {
        /// A person who is told a time can rely on it: nothing goes before it, and it goes then.
        #[test]
        fn the_time_that_is_told_is_the_first_at_which_it_goes(
            pairs in prop::collection::vec((0..1440_u16, 0..1440_u16), 1..4),
            budget in prop::option::of(BUDGET_BYTES_MIN..10_000_000),
            bytes in 0..20_000_000_u64,
            now_ms in DAY * 2..DAY * 30_000,
            offset in -840..840_i32,
        ) {
            let windows = pairs.into_iter().filter(|(from, until)| from != until);
            let windows: Vec<_> = windows.map(|(from, until)| LinkWindow { from, until }).collect();
            let when = if windows.is_empty() { LinkWhen::Always } else { LinkWhen::Windows };
            let rule = LinkRule { when, windows, bytes_a_day: budget };
            let used = UsedBytes { day: day_of(now_ms, offset), bytes };
            let decide = |at_ms| may_sync_now(&rule, offset, used, at_ms, || false);
            if let MaySync::NotBefore { at_ms, .. } = decide(now_ms) {
                let at_ms = at_ms.unwrap();
                prop_assert!(at_ms > now_ms && at_ms - now_ms <= DAY * 2);
                prop_assert_eq!(decide(at_ms), MaySync::Yes);
                prop_assert_ne!(decide(at_ms - 1), MaySync::Yes);
                let between = now_ms + (at_ms - now_ms) / 2;
                prop_assert!(between == now_ms || decide(between) != MaySync::Yes || between == at_ms);
            }
        }
    }
}
