//! How often each fault struck and each interesting path was taken.
//!
//! A run of many seeds in which one of these never happened proves less than it says, so it fails.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! sometimes {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// Something that must happen sometimes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Sometimes { $($(#[doc = $doc])* $name,)* }

        impl Sometimes {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

sometimes! {
    /// Power was cut; the machine starts from what was flushed.
    PowerCut,
    /// A byte of a journal went bad.
    JournalDamaged,
    /// The byte was in a change that nobody else had.
    LostForGood,
    /// A commit was torn in the middle.
    TornWrite,
    /// A commit was written and its flush failed.
    FailedFlush,
    /// The disk refused before anything was written.
    DiskError,
    /// The disk was full.
    DiskFull,
    /// After a power cut the views were older than the logs.
    StaleViews,
    /// After a power cut the views were gone.
    LostViews,
    /// After a power cut a row of the views was damaged.
    DamagedViews,
    /// Last week's backup was put back, file by file.
    BackupRestored,
    /// Last week's image of the disk was put back, block by block.
    ImageRestored,
    /// A card was copied and both copies run.
    CardCloned,
    /// A card was copied block by block and both copies run under one incarnation.
    CardImaged,
    /// A connection broke with bytes on their way.
    LinkCut,
    /// Bytes went through in one direction only.
    OneWaySilence,
    /// Two machines, or one and all others, could not reach each other.
    Partition,
    /// The same for a month or more.
    LongPartition,
    /// A post was switched off for 400 days and started again.
    DarkYear,
    /// A link went up and down within a minute.
    Flap,
    /// A second connection was made while one stood.
    DoubleDial,
    /// A link of a few hundred bytes a second.
    CrawlingLink,
    /// A clock said 1970.
    Clock1970,
    /// A clock said 2050.
    Clock2050,
    /// A clock jumped by hours.
    ClockJump,
    /// A clock ran fast or slow.
    ClockDrift,
    /// A post joined after it had worked alone.
    LateJoin,
    /// The hub's answer to a post that joined was lost.
    JoinAnswerLost,
    /// An enrolled peer changed a body.
    ForgedBody,
    /// An enrolled peer changed a seal.
    ForgedSeal,
    /// An enrolled peer named another writer.
    ForgedWriter,
    /// An enrolled peer sealed and sent what it has no right to write.
    NoRight,
    /// An enrolled peer sent old entries again.
    Replayed,
    /// An enrolled peer hid what it holds.
    Withheld,
    /// An enrolled peer announced more than it holds.
    Boasted,
    /// An enrolled peer sent frames without end.
    Flooded,
    /// An enrolled peer wrote two histories.
    Equivocated,
    /// A machine that is no member was turned away.
    Stranger,
    /// Two sides proved that they hold the same.
    Equal,
    /// A parcel was refused and its log set aside.
    SetAside,
    /// A session was replaced by a newer connection.
    Replaced,
    /// A machine took a new incarnation.
    NewIncarnation,
    /// A log was frozen at the last common entry of two histories.
    Frozen,
    /// Two people had changed one field apart.
    Conflict,
    /// A person decided between two values.
    Settled,
    /// A marker went out in the urgent lane.
    Urgent,
    /// A file was imported in the bulk lane.
    Import,
    /// A save failed and said so.
    SaveRefused,
    /// A person attached a file.
    Attached,
    /// A chunk of a file came from a peer.
    ChunkKept,
    /// The disk failed while it took chunks.
    ChunkFault,
    /// A bit of a chunk at the hub changed.
    ChunkDamaged,
    /// The page said that the hub has everything, and it was checked.
    SaidAll,
    /// The page said that a peer has a record, and it was checked.
    SaidHasIt,
    /// The page said that everything of a peer is here, and it was checked.
    SaidComplete,
    /// The page said that this machine's clock is wrong, and it was.
    SaidClockHere,
    /// The page said that another machine's clock is wrong, and it was.
    SaidClockThere,
    /// The page of a machine said that it came back from a copy, or that another runs with its data.
    SaidCameBack,
    /// A log went on in a later session where it had stopped, and nothing of it came again.
    WentOn,
    /// Two replicas with equal frontiers were compared record by record.
    Compared,
    /// A region of eight replicas or more.
    Crowd,
}

/// Counters. Shared by everything in a run.
#[derive(Debug)]
pub struct Counts([AtomicU64; Sometimes::ALL.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Counts {
    /// It happened.
    pub fn hit(&self, what: Sometimes) {
        self.0[what as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How often it happened.
    pub fn of(&self, what: Sometimes) -> u64 {
        self.0[what as usize].load(Ordering::Relaxed)
    }

    /// Adds those of another run.
    pub fn add(&self, other: &Self) {
        for (mine, theirs) in self.0.iter().zip(&other.0) {
            mine.fetch_add(theirs.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// What never happened.
    pub fn never(&self) -> Vec<Sometimes> {
        Sometimes::ALL.iter().copied().filter(|what| self.of(*what) == 0).collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for what in Sometimes::ALL {
            writeln!(f, "{:>10}  {what:?}", self.of(*what))?;
        }
        Ok(())
    }
}
