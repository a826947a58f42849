//! What the system says of a process: its memory, its threads, its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often resident memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Clock ticks a second in `/proc/PID/stat`, the same on every Linux.
const TICKS_A_SECOND: f64 = 100.0;

/// A process that is watched.
#[derive(Clone, Copy)]
pub struct Process(pub u32);

impl Process {
    /// A number out of `/proc/PID/status`, such as `VmRSS` in kB or `Threads`.
    pub fn status(self, name: &str) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.0)).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    }

    /// Resident memory now, in MB of a million bytes.
    pub fn resident_mb(self) -> f64 {
        self.status("VmRSS") as f64 * 1.024e-3
    }

    /// The most resident memory since it was last forgotten, in MB.
    pub fn peak_mb(self) -> f64 {
        self.status("VmHWM") as f64 * 1.024e-3
    }

    /// Forgets the peak so far.
    pub fn forget_peak(self) {
        // Where that is not allowed the peak is the one since the start, which is more and not less.
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.0), "5");
    }

    /// Seconds of processor time so far.
    pub fn cpu_s(self) -> f64 {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.0)).unwrap_or_default();
        let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<f64>().ok());
        ticks.sum::<f64>() / TICKS_A_SECOND
    }

    /// Watches how many threads it has.
    pub fn watch(self) -> Watched {
        let (ended, most) = (Arc::<AtomicBool>::default(), Arc::<AtomicU64>::default());
        let thread = {
            let (ended, most) = (ended.clone(), most.clone());
            std::thread::spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    most.fetch_max(self.status("Threads"), Ordering::Relaxed);
                    std::thread::sleep(LOOK_EVERY);
                }
            })
        };
        Watched { ended, most, thread }
    }
}

/// A watch that runs.
pub struct Watched {
    ended: Arc<AtomicBool>,
    most: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Watched {
    /// The most threads seen.
    pub fn most_threads(self) -> u64 {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.most.load(Ordering::Relaxed)
    }
}
