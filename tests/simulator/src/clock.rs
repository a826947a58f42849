//! Clocks that lie: 1970, 2050, jumps and drift over true time.

/// Milliseconds of a day.
pub const DAY_MS: u64 = 24 * 3_600 * 1_000;

/// When a run begins: an autumn day in 2026.
pub const BEGIN_MS: u64 = 1_790_000_000_000;

const YEAR_1970_MS: u64 = 86_400_000;
const YEAR_2050_MS: u64 = 2_524_608_000_000;

/// A machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    /// What it showed at `since_ms` of true time.
    shown_ms: u64,
    since_ms: u64,
    /// Parts in a million by which it runs fast.
    drift: i64,
    /// Whether it ever showed anything but the truth.
    lied: bool,
    /// Whether it ever lied by hours or crept.
    lied_a_little: bool,
}

impl Clock {
    /// A clock that is right.
    pub fn right(now_ms: u64) -> Self {
        Self { shown_ms: now_ms, since_ms: now_ms, drift: 0, lied: false, lied_a_little: false }
    }

    /// What it shows.
    pub fn show(&self, now_ms: u64) -> u64 {
        let gone = now_ms.saturating_sub(self.since_ms);
        let drift = i64::try_from(gone).unwrap_or(i64::MAX).saturating_mul(self.drift) / 1_000_000;
        self.shown_ms.saturating_add(gone).saturating_add_signed(drift)
    }

    /// Whether it has always been right.
    pub fn is_honest(&self) -> bool {
        !self.lied
    }

    /// Whether it ever lied by so little that no other machine can tell.
    pub fn lied_a_little(&self) -> bool {
        self.lied_a_little
    }

    /// Whether it shows 1970 or 2050.
    pub fn is_absurd(&self, now_ms: u64) -> bool {
        self.show(now_ms).abs_diff(now_ms) > 10 * 365 * DAY_MS
    }

    /// The battery is flat.
    pub fn say_1970(&mut self, now_ms: u64) {
        *self = Self { shown_ms: YEAR_1970_MS, since_ms: now_ms, lied: true, ..*self };
    }

    /// Somebody set it wrong.
    pub fn say_2050(&mut self, now_ms: u64) {
        *self = Self { shown_ms: YEAR_2050_MS, since_ms: now_ms, lied: true, ..*self };
    }

    /// It jumps.
    pub fn jump(&mut self, now_ms: u64, by_ms: i64) {
        let shown_ms = self.show(now_ms).saturating_add_signed(by_ms);
        *self = Self { shown_ms, since_ms: now_ms, drift: self.drift, lied: true, lied_a_little: true };
    }

    /// It runs fast or slow from now on.
    pub fn drift(&mut self, now_ms: u64, parts_per_million: i64) {
        *self = Self {
            shown_ms: self.show(now_ms),
            since_ms: now_ms,
            drift: parts_per_million,
            lied: true,
            lied_a_little: true,
        };
    }

    /// Somebody sets it right.
    pub fn set_right(&mut self, now_ms: u64) {
        *self = Self { shown_ms: now_ms, since_ms: now_ms, drift: 0, ..*self };
    }
}
