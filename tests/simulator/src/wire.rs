//! A connection: two ordered streams with delay, rate and loss, and a session at each end.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use cairn_ledger::{Frontier, ReplicaId, SpaceId};
use cairn_sync_link::Book;
use cairn_sync_link::conduct::Conduct;
use cairn_sync_link::errand::Errand;
use cairn_sync_link::files::{FileErrand, FileSide};
use cairn_sync_link::sessions::Place;

use crate::dice::Dice;
use crate::hostile::Mood;

/// Frames that may wait to be sent, as in the shell of QUIC.
pub const FRAMES_WAITING_MAX: usize = 128;
/// After so long without a sound a connection is given up.
pub const IDLE_MS: u64 = 10_000;

/// What a path between two machines is like.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// One way.
    pub delay_ms: u64,
    /// In each direction.
    pub bytes_per_s: u64,
    /// Frames in a hundred of which a packet is lost and sent again.
    pub loss: u64,
}

impl Path {
    /// Any path.
    pub fn any(dice: &mut Dice) -> Self {
        match dice.below(10) {
            0..4 => Self { delay_ms: 1, bytes_per_s: 10_000_000, loss: 0 },
            4..7 => Self { delay_ms: 40, bytes_per_s: 100_000, loss: 1 },
            7..9 => Self { delay_ms: 600, bytes_per_s: 8_000, loss: 10 },
            _ => Self { delay_ms: 900, bytes_per_s: 400, loss: 20 },
        }
    }

    /// A cable.
    pub const GOOD: Self = Self { delay_ms: 5, bytes_per_s: 10_000_000, loss: 0 };
}

/// When it has been put on the wire, when it arrives, which side opened its stream if it is about files, its bytes.
pub type OnWire = (u64, u64, Option<usize>, Vec<u8>);

/// One direction.
#[derive(Default)]
pub struct Pipe {
    /// Frames on their way.
    pub frames: VecDeque<OnWire>,
    /// When the sender is free again.
    pub free_ms: u64,
    /// When the last frame arrives.
    pub last_ms: u64,
    /// Nothing arrives before.
    pub silent_until_ms: u64,
}

impl Pipe {
    /// Frames that wait to be put on the wire.
    pub fn waiting(&self, now_ms: u64) -> usize {
        self.frames.iter().filter(|(sent_ms, ..)| *sent_ms > now_ms).count()
    }

    /// Takes a frame; when it arrives. `bytes` is what it costs.
    pub fn put(
        &mut self,
        opener: Option<usize>,
        frame: Vec<u8>,
        bytes: u64,
        path: &Path,
        now_ms: u64,
        dice: &mut Dice,
    ) -> u64 {
        self.free_ms = self.free_ms.max(now_ms) + bytes * 1_000 / path.bytes_per_s;
        let lost = u64::from(dice.chance(path.loss)) * (path.delay_ms * 3 + dice.below(200));
        let arrives_ms = (self.free_ms + path.delay_ms + lost).max(self.last_ms).max(self.silent_until_ms);
        self.last_ms = arrives_ms;
        self.frames.push_back((self.free_ms, arrives_ms, opener, frame));
        arrives_ms
    }
}

/// One side's end.
pub struct End {
    /// Which machine.
    pub machine: usize,
    /// Whom it talks to.
    pub peer: ReplicaId,
    /// The book that answers.
    pub book: Arc<dyn Book>,
    /// What this side is up to when it is hostile.
    pub mood: Option<Mood>,
    /// The session.
    pub conduct: Conduct,
    /// Its place among the machine's sessions.
    pub place: Place,
    /// Errands that wait: asking, keeping.
    pub errands: [VecDeque<Errand>; 2],
    /// Whether somebody works on a queue.
    pub working: [bool; 2],
    /// How far it held each space when it greeted.
    pub told: BTreeMap<SpaceId, Frontier>,
    /// What is being read and packed to be sent is of a registry.
    pub packs_registry: bool,
    /// Files: the stream it asks on, the stream it answers on.
    pub files: [FileSide; 2],
    /// Which of them have ended.
    pub files_over: [bool; 2],
    /// Whether it has begun to ask.
    pub files_begun: bool,
    /// Errands about files that wait.
    pub file_errands: VecDeque<(usize, FileErrand)>,
    /// The session has ended; what waits is still done.
    pub over: bool,
    /// When something last happened.
    pub stirred_ms: u64,
}

/// A connection between two machines; side 0 dialled.
pub struct Wire {
    /// The machines.
    pub machines: [usize; 2],
    /// What the path is like.
    pub path: Path,
    /// What side 0 sends, what side 1 sends.
    pub pipes: [Pipe; 2],
    /// The ends; `None` when all is done there.
    pub ends: [Option<End>; 2],
    /// No frame arrives any more.
    pub dead: bool,
    /// When it was made, in true time.
    pub opened_ms: u64,
}
