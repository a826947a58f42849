//! Waiting for a condition, never for a time.

use std::time::{Duration, Instant};

/// How long a condition may take on a slow and busy machine before the story has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again and again until there is something to see, and returns it.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(began.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
