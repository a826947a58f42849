//! Waiting for a condition, never for a time.

use std::time::{Duration, Instant};

/// How long a condition may take on a busy machine before the story has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Says how many times slower the processor is here than where the limits of the stories are from; one when nothing is said.
const SLOWNESS: &str = "CAIRN_SLOWNESS";
const GLANCE_MIN: Duration = Duration::from_millis(20);
const GLANCE_MAX: Duration = Duration::from_millis(500);

/// Looks again and again until there is something to see, and returns it.
#[track_caller]
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(patience(), what, look)
}

/// How long a condition may take here that only the processor keeps waiting.
pub fn patience() -> Duration {
    stretched(PATIENCE)
}

/// How long something may take here that takes at most so long where the processor is as fast as where the stories are from.
pub fn stretched(limit: Duration) -> Duration {
    limit * slowness()
}

/// Whether the processor is slower here.
pub fn is_slow() -> bool {
    slowness() > 1
}

fn slowness() -> u32 {
    std::env::var(SLOWNESS).map_or(1, |times| times.parse().unwrap())
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
        // What takes long is looked for less often: looking costs a busy machine something, too, and a slow one more.
        std::thread::sleep((began.elapsed() / 50).clamp(GLANCE_MIN, GLANCE_MAX).max(stretched(GLANCE_MIN)));
    }
}
