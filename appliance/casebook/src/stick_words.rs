//! The words in which sticks are planned, judged and listed.

use std::collections::HashSet;

use cairn_ledger::{ChunkName, EntryRef, Frontier, LogId, ReplicaId, SpaceId};
use cairn_record::{Reason, RecordId, reason};
use serde::{Deserialize, Serialize};

use crate::calendar::day;

/// A wish for a stick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StickOrder {
    /// For whom: `hub`, the name of a site, or at least 8 digits of its key.
    pub to: String,
    /// Everything, not only what the addressee is not proved to hold.
    pub everything: bool,
    /// How long it is good, in milliseconds; at most [`crate::STICK_VALID_MS_MAX`].
    pub valid_ms: u64,
    /// Most bytes of files on it, as they were attached; 0 for none. Records always go on it.
    pub files_bytes_max: u64,
}

/// Bytes of files on a stick when nobody says otherwise: 1 GB.
pub const STICK_FILES_BYTES_USUAL: u64 = 1_000_000_000;

/// One space on a stick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StickSpace {
    /// The space.
    pub space: SpaceId,
    /// What the addressee was proved to hold.
    pub before: Frontier,
    /// What the writer held.
    pub after: Frontier,
}

/// Entries of one log that go on a stick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StickRun {
    /// The log.
    pub log: LogId,
    /// First number.
    pub from: u64,
    /// Last number.
    pub until: u64,
}

/// "I have read this stick of yours."
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StickReceipt {
    /// Its number.
    pub number: u64,
    /// Its id.
    pub id: [u8; 16],
    /// When it was read, by the reader's clock.
    pub at_ms: u64,
}

/// A file that goes on a stick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StickFile {
    /// The record that it belongs to.
    pub record: RecordId,
    /// The entry that brought its manifest.
    pub attachment: EntryRef,
    /// Its bytes, as it was attached.
    pub bytes: u64,
}

/// What is here of a file that a stick brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StickFileHere {
    /// The space of its chunks.
    pub space: SpaceId,
    /// Its name.
    pub name: String,
    /// Its bytes, as it was attached.
    pub bytes: u64,
    /// Its chunks that are not here, at most [`cairn_ledger::attachment::CHUNKS_MAX`].
    pub missing: HashSet<ChunkName>,
}

/// How much of a stick was written, or taken in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StickSums {
    /// Entries on it, or new from it.
    pub entries: u64,
    /// Its length in bytes; 0 of one that was read.
    pub bytes: u64,
    /// Files on it; of one that was read, how many became whole.
    pub files: u64,
    /// Files that did not fit on it; of one that was read, those on it that are not whole here.
    pub files_left: u64,
    /// The files on it, if it was written here.
    pub carried: Vec<EntryRef>,
}

/// What a stick is to carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StickPlan {
    /// The registry of the agency.
    pub registry: SpaceId,
    /// This machine.
    pub from: ReplicaId,
    /// The addressee.
    pub to: ReplicaId,
    /// Its site.
    pub site: String,
    /// What it is sealed to.
    pub recipient: String,
    /// Its number.
    pub number: u64,
    /// When it is made.
    pub made_ms: u64,
    /// Until when it may be read.
    pub expires_ms: u64,
    /// The spaces, in rising order.
    pub spaces: Vec<StickSpace>,
    /// What it carries, in the order in which it is written.
    pub runs: Vec<StickRun>,
    /// How many entries that is.
    pub entries: u64,
    /// The files whose chunks it carries, in the order in which they are written.
    pub files: Vec<StickFile>,
    /// Files that would go on it and do not fit.
    pub files_left: u64,
    /// Which of them the next stick for a post owes it.
    pub files_owed: Vec<EntryRef>,
    /// About how many bytes it takes.
    pub bytes_about: u64,
    /// Sticks of the addressee that were read here, in rising order.
    pub receipts: Vec<StickReceipt>,
}

/// What a stick that came says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StickArrival {
    /// The registry of its agency.
    pub registry: SpaceId,
    /// Who wrote it, proved by its signature.
    pub from: ReplicaId,
    /// For whom.
    pub to: ReplicaId,
    /// Its number.
    pub number: u64,
    /// Its id.
    pub id: [u8; 16],
    /// When it was made, by the writer's clock.
    pub made_ms: u64,
    /// Until when it may be read.
    pub expires_ms: u64,
    /// What the writer held.
    pub spaces: Vec<StickSpace>,
    /// Which of our sticks the writer has read.
    pub receipts: Vec<StickReceipt>,
}

/// What was learnt when a stick was read to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StickRead {
    /// Numbers of sticks that were skipped.
    pub missing: Vec<u64>,
    /// Files that are wanted here and not whole, of all that its writer may have.
    pub files_missing: u64,
}

/// Why a stick may not be read. Nothing of it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StickRefused {
    /// For another machine, or of another agency.
    Foreign,
    /// Written by nobody the registry knows.
    UnknownWriter,
    /// Read before.
    Replayed {
        /// Its number.
        number: u64,
        /// Who wrote it.
        site: String,
        /// When it was read.
        at_ms: u64,
    },
    /// Too old.
    Expired {
        /// Its number.
        number: u64,
        /// Who wrote it.
        site: String,
        /// Until when it was good.
        expires_ms: u64,
        /// The time here.
        now_ms: u64,
    },
}

impl StickRefused {
    /// Why, as data.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Foreign => reason!("stick-foreign"),
            Self::UnknownWriter => reason!("stick-unknown-writer"),
            Self::Replayed { number, site, at_ms } => {
                reason!("stick-replayed", number = *number, site = site, on = day(*at_ms))
            }
            Self::Expired { number, site, expires_ms, now_ms } => {
                let (until, today) = (day(*expires_ms), day(*now_ms));
                reason!("stick-expired", number = *number, site = site, until = until, today = today)
            }
        }
    }

    /// The stable name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Foreign => "stick-foreign",
            Self::UnknownWriter => "stick-unknown-writer",
            Self::Replayed { .. } => "stick-replayed",
            Self::Expired { .. } => "stick-expired",
        }
    }
}

/// A stick in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StickLine {
    /// `written` or `read`.
    pub direction: String,
    /// Its number, counted from 1 for each pair of sites and direction.
    pub number: u64,
    /// The other machine.
    pub replica: ReplicaId,
    /// Its site.
    pub site: String,
    /// When it was written or read here.
    pub at_ms: u64,
    /// When it was made.
    pub made_ms: u64,
    /// Until when it may be read.
    pub expires_ms: u64,
    /// Entries on it; of one that was read, those that were new here.
    pub entries: u64,
    /// Its length; 0 of one that was read.
    pub bytes: u64,
    /// Files on it; of one that was read, those that became whole here.
    pub files: u64,
    /// Files that did not fit on it; of one that was read, those on it that could not be kept whole here.
    pub files_left: u64,
    /// `on_the_way`, `received` (proved), `expired` (and not known to be received), or `read`.
    pub state: String,
    /// When the addressee read it, by its own word.
    pub received_ms: Option<u64>,
}

/// What reading a stick came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StickReport {
    /// Its number.
    pub number: u64,
    /// The site that wrote it.
    pub site: String,
    /// When it was made, by the writer's clock.
    pub made_ms: u64,
    /// Entries that were new here.
    pub entries: u64,
    /// Entries that were held already.
    pub held_before: u64,
    /// Files that became whole here.
    pub files: u64,
    /// Bytes of those files.
    pub files_bytes: u64,
    /// Files on it that are not whole here all the same; `set_aside` says why. It may be read again for them.
    pub files_left: u64,
    /// Files that are wanted here and not whole, of all that its writer may have.
    pub files_missing: u64,
    /// Numbers of earlier sticks that never came; what they carried is on this one.
    pub missing: Vec<u64>,
    /// Our sticks that the writer has read by its own word.
    pub received: Vec<u64>,
    /// Why entries or files were set aside, if any were.
    pub set_aside: Vec<String>,
    /// The same as data, for those who say it in other words.
    #[serde(skip)]
    pub reasons: Vec<Reason>,
}
