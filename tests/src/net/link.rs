//! The link between two namespaces: the relay of this crate, or netem of the kernel where that is there.

use std::io;

use super::fate::Conditions;
use super::namespace::Namespace;
use super::netem::Netem;
use super::relay::Emulated;

/// Name of the device in either namespace.
pub const DEVICE: &str = "thin0";
/// Says which link to use: `netem`, or `emulated`, which is what it is when nothing is said.
const WHICH: &str = "CAIRN_LINK";
/// Headers of IPv4 and UDP.
const HEADERS: u64 = 28;

/// What a link is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A relay in user space, repeatable from a seed, on any kernel.
    Emulated,
    /// `tc qdisc … netem`: the kernel's own code, which draws its own chances; needs `sch_netem`.
    Netem,
}

impl Kind {
    /// What the environment asks for.
    pub fn asked() -> Self {
        match std::env::var(WHICH).as_deref() {
            Ok("netem") => Self::Netem,
            Ok("emulated") | Err(_) => Self::Emulated,
            Ok(other) => panic!("{WHICH} is netem or emulated, not {other}"),
        }
    }
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the first namespace to the second.
    There,
    /// From the second to the first.
    Back,
}

/// What has passed in one direction, in packets of IP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Packets that set out.
    pub packets: u64,
    /// Their bytes with headers of IP.
    pub bytes: u64,
    /// Packets lost on purpose, by loss or by a cut.
    pub lost: u64,
    /// Packets for which there was no room in the queue.
    pub dropped: u64,
    /// Packets that arrived once more.
    pub twice: u64,
    /// Packets with more than an acknowledgement in them that followed one of the other direction.
    pub turns: u64,
}

impl Passed {
    /// What has passed since.
    pub const fn since(&self, before: &Self) -> Self {
        Self {
            packets: self.packets - before.packets,
            bytes: self.bytes - before.bytes,
            lost: self.lost - before.lost,
            dropped: self.dropped - before.dropped,
            twice: self.twice - before.twice,
            turns: self.turns - before.turns,
        }
    }

    /// Bytes of UDP without the headers of IP and UDP.
    pub const fn payload(&self) -> u64 {
        self.bytes - self.packets * HEADERS
    }
}

/// What carries packets one way and the other.
pub(super) trait Medium: Send + Sync {
    fn set_way(&self, direction: Direction, conditions: Conditions);
    fn open(&self, direction: Direction, open: bool);
    fn rebind(&self);
    fn passed(&self, direction: Direction) -> Passed;
}

/// A link between two namespaces. Dropping it takes the devices away.
pub struct Link {
    medium: Box<dyn Medium>,
}

impl Link {
    /// A perfect link of the kind asked for between two namespaces, the ends with these addresses (as in `10.77.0.1/24`).
    pub fn between(ends: [(&Namespace, &str); 2], seed: u64) -> io::Result<Self> {
        let medium: Box<dyn Medium> = match Kind::asked() {
            Kind::Emulated => Box::new(Emulated::between(ends, seed)?),
            Kind::Netem => Box::new(Netem::between(ends)?),
        };
        Ok(Self { medium })
    }

    /// From now on the link is so in both directions.
    pub fn set(&self, conditions: Conditions) {
        self.set_way(Direction::There, conditions);
        self.set_way(Direction::Back, conditions);
    }

    /// From now on the link is so in this direction.
    pub fn set_way(&self, direction: Direction, conditions: Conditions) {
        self.medium.set_way(direction, conditions);
    }

    /// Nothing passes any more; what is on its way is lost.
    pub fn cut(&self) {
        self.open(Direction::There, false);
        self.open(Direction::Back, false);
    }

    /// The link carries again, as before.
    pub fn restore(&self) {
        self.open(Direction::There, true);
        self.open(Direction::Back, true);
    }

    /// Opens or cuts one direction alone.
    pub fn open(&self, direction: Direction, open: bool) {
        self.medium.open(direction, open);
    }

    /// The first namespace is seen from the second under another port of UDP, as when a box of the operator forgets.
    /// Only the emulated link can do that.
    pub fn rebind(&self) {
        self.medium.rebind();
    }

    /// What has passed in this direction so far.
    pub fn passed(&self, direction: Direction) -> Passed {
        self.medium.passed(direction)
    }
}
