//! Every bound of the protocol. What is a constant here is a rule of the wire; what is in [`Limits`] is this side's choice.

/// The version of the protocol that this program speaks.
pub const VERSION: u8 = 3;
/// Longest frame body in bytes.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;
/// Most bytes a parcel may have before compression.
pub const PLAIN_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Longest body of a frame with sealed entries: the bodies, and what is beside them.
pub const SEALED_BYTES_MAX: usize = PLAIN_BYTES_MAX + ENTRIES_MAX * 64 + 256;
/// Most entries in a parcel: as many as may stand between two seals.
pub const ENTRIES_MAX: usize = cairn_ledger::fork::ENTRIES_PER_SEAL_MAX;
/// Most entries that a parcel may refer to.
pub const REFERENCES_MAX: usize = 4_096;
/// Longest evidence of a second history: a header, the hashes to its seal, and the seal.
pub const EVIDENCE_BYTES_MAX: usize = 64 * 1024;
/// Most spaces in a list: as many as a hub lets its members share.
pub const SPACES_MAX: usize = cairn_ledger::registry::SHARED_SPACES_MAX;
/// Most logs in a frontier.
pub const LOGS_MAX: usize = 4096;
/// Most parcels that may wait for their answer at a time, one of them urgent.
pub const WINDOW: usize = 7;
/// With so many bytes of parcels on their way, no more than two wait for their answer. A thin link with losses carries
/// half of what it could if small parcels go two at a time: whatever follows a lost packet waits for it, and nothing
/// else is on its way meanwhile. Large ones fill a link by twos, and more of them would only take memory.
pub const FLIGHT_BYTES: usize = 24 * 1024;
/// Most lines by which a greeting differs from what was last agreed; with more it is better said in full.
pub const MOVED_MAX: usize = 256;
/// Longest body of a greeting: versions, clock, dictionary, digest, common state, and lines.
pub const HELLO_BYTES_MAX: usize = 128 + MOVED_MAX * 112;
/// Most frames that wait while a peer is asked what it holds.
pub const DEFERRED_MAX: usize = 32;
/// Most characters of the name of a reason.
pub const NAME_CHARS_MAX: usize = 64;
/// Most characters of the explanation of a reason.
pub const DETAIL_CHARS_MAX: usize = 300;
/// Most logs that have a short name within a session; further logs are named in full each time.
pub const SHORT_NAMES_MAX: usize = 4096;
/// Times are milliseconds since 1970 and fit 48 bits.
pub const UNIX_MS_MAX: u64 = (1 << 48) - 1;

/// What this side chooses for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Smallest parcel aimed at, in bytes on the wire.
    pub parcel_bytes_min: usize,
    /// Largest parcel aimed at.
    pub parcel_bytes_max: usize,
    /// Size of the first parcel of a session.
    pub parcel_bytes_start: usize,
    /// How long a peer may take to greet.
    pub greet_timeout_ms: u64,
    /// How long a parcel may wait for its answer.
    pub answer_timeout_ms: u64,
    /// New audit entries wait this long for company: they do not wake a link by themselves.
    pub audit_delay_ms: u64,
    /// While a transfer runs, the peer's progress is told to the shell this often.
    pub progress_gap_ms: u64,
    /// After so long without a frame, with nothing left to do and something unequal, the session says it has settled.
    pub settle_ms: u64,
    /// The same while the peer holds what is not here: it may be slow to send it.
    pub settle_owed_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            parcel_bytes_min: 2 * 1024,
            parcel_bytes_max: 256 * 1024,
            parcel_bytes_start: 4 * 1024,
            greet_timeout_ms: 20_000,
            answer_timeout_ms: 300_000,
            audit_delay_ms: 10_000,
            progress_gap_ms: 1_000,
            settle_ms: 3_000,
            settle_owed_ms: 30_000,
        }
    }
}
