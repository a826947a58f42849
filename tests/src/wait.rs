//! Waiting for a condition, never for a time.

use std::time::{Duration, Instant};

/// How long a condition may take on a slow and busy machine before the story has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE_MIN: Duration = Duration::from_millis(20);
const GLANCE_MAX: Duration = Duration::from_millis(500);

/// Looks again and again until there is something to see, and returns it.
#[track_caller]
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, what, look)
}

/// Looks again and again until there is something to see, but no longer than this.
#[track_caller]
pub fn within<T>(limit: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(began.elapsed() < limit, "waited {limit:?} in vain for: {what}");
        // What takes long is looked for less often: looking costs a busy machine something, too.
        std::thread::sleep((began.elapsed() / 50).clamp(GLANCE_MIN, GLANCE_MAX));
    }
}
