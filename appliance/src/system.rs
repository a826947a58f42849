//! The clock and the randomness of the machine: the only place where either is taken.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use cairn_casebook::Entropy;

/// For drills and tests of clocks that lie: milliseconds by which everything that this process says of the time is ahead.
const CLOCK_AHEAD: &str = "CAIRN_CLOCK_AHEAD_MS";

/// Milliseconds since 1970; 0 on a machine whose clock stands before it.
pub fn now_ms() -> u64 {
    static AHEAD_MS: LazyLock<i64> = LazyLock::new(ahead_ms);
    let shown_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
    shown_ms.saturating_add_signed(*AHEAD_MS)
}

fn ahead_ms() -> i64 {
    let Some(text) = std::env::var_os(CLOCK_AHEAD).filter(|text| !text.is_empty()) else { return 0 };
    let ahead_ms = text.to_str().and_then(|text| text.parse().ok());
    match ahead_ms {
        Some(0) => 0,
        Some(ahead_ms) => {
            tracing::warn!("{CLOCK_AHEAD} is set: this process goes by a clock that is {ahead_ms} ms ahead");
            ahead_ms
        }
        None => {
            tracing::warn!("{CLOCK_AHEAD} is no number of milliseconds; it is left aside");
            0
        }
    }
}

/// The operating system's source of randomness.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            // Going on with predictable keys would be worse than stopping.
            eprintln!("cairn: the operating system gives no random numbers ({error}); stopping, nothing was lost");
            std::process::abort();
        }
    }
}

/// Where this platform keeps a program's data.
pub fn platform_data_dir() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if cfg!(windows) {
        return variable("LOCALAPPDATA").unwrap_or_else(|| "C:\\ProgramData".into()).join("Cairn");
    }
    if cfg!(target_os = "macos") {
        return variable("HOME").unwrap_or_else(|| "/var/lib".into()).join("Library/Application Support/Cairn");
    }
    variable("XDG_DATA_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".local/share")))
        .unwrap_or_else(|| "/var/lib".into())
        .join("cairn")
}
