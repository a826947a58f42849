//! The emulated link: a relay between a TUN device in each of two namespaces, one thread a direction.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tappers::{Interface, Tun};

use super::fate::{Conditions, Course, Fate};
use super::link::{DEVICE, Direction, Medium, Passed};
use super::namespace::Namespace;
use super::nat::Nat;

/// Longest packet; the devices have the usual limit of 1,500 bytes.
const PACKET_BYTES_MAX: usize = 2_048;
/// How often a thread looks whether it should end.
const GLANCE: Duration = Duration::from_millis(50);
/// A relay between two namespaces. Dropping it takes the devices away.
pub struct Emulated {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    began: Instant,
    ways: [Way; 2],
    nat: Mutex<Nat>,
    ended: AtomicBool,
    /// The direction of the last packet that carried something.
    last: Mutex<Option<Direction>>,
}

#[derive(Default)]
struct Way {
    conditions: Mutex<Conditions>,
    passed: Mutex<Passed>,
}

impl Emulated {
    /// A perfect link between two namespaces, the ends with these addresses (as in `10.77.0.1/24`).
    pub fn between(ends: [(&Namespace, &str); 2], seed: u64) -> io::Result<Self> {
        let [near, far] = ends.map(|(namespace, address)| device(namespace, address));
        let (near, far) = (Arc::new(near?), Arc::new(far?));
        let shared = Arc::new(Shared {
            began: Instant::now(),
            ways: Default::default(),
            nat: Mutex::default(),
            ended: AtomicBool::new(false),
            last: Mutex::default(),
        });
        let relay = |direction, from: &Arc<Tun>, to: &Arc<Tun>, seed| {
            let relay = Relay {
                direction,
                from: from.clone(),
                to: to.clone(),
                shared: shared.clone(),
                course: Course::new(seed),
                air: BinaryHeap::new(),
                number: 0,
            };
            std::thread::spawn(move || relay.run())
        };
        let threads = vec![relay(Direction::There, &near, &far, seed), relay(Direction::Back, &far, &near, !seed)];
        Ok(Self { shared, threads })
    }
}

impl Medium for Emulated {
    fn set_way(&self, direction: Direction, conditions: Conditions) {
        *self.shared.ways[direction as usize].conditions.lock().unwrap() = conditions;
    }

    fn open(&self, direction: Direction, open: bool) {
        self.shared.ways[direction as usize].conditions.lock().unwrap().open = open;
    }

    fn rebind(&self) {
        self.shared.nat.lock().unwrap().rebind();
    }

    fn passed(&self, direction: Direction) -> Passed {
        *self.shared.ways[direction as usize].passed.lock().unwrap()
    }
}

impl Drop for Emulated {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().unwrap_or_default();
        }
    }
}

fn device(namespace: &Namespace, address: &str) -> io::Result<Tun> {
    let mut tun = namespace.within(|| Tun::new_named(Interface::new(DEVICE)?))??;
    tun.set_nonblocking(true)?;
    namespace.ip(&["address", "add", address, "dev", DEVICE])?;
    namespace.ip(&["link", "set", "dev", DEVICE, "up"])?;
    Ok(tun)
}

/// A packet in the air; the earliest comes first, and of two the one that set out first.
type Flying = Reverse<(Duration, u64, Vec<u8>)>;

struct Relay {
    direction: Direction,
    from: Arc<Tun>,
    to: Arc<Tun>,
    shared: Arc<Shared>,
    course: Course,
    air: BinaryHeap<Flying>,
    number: u64,
}

impl Relay {
    fn run(mut self) {
        let mut packet = [0; PACKET_BYTES_MAX];
        while !self.shared.ended.load(Ordering::Relaxed) {
            self.wait();
            while let Ok(length) = self.from.recv(&mut packet) {
                self.take(packet[..length].to_vec());
            }
            self.land();
        }
    }

    fn way(&self) -> &Way {
        &self.shared.ways[self.direction as usize]
    }

    fn now(&self) -> Duration {
        self.shared.began.elapsed()
    }

    /// Until a packet sets out or one is due.
    fn wait(&self) {
        let due = self.air.peek().map_or(GLANCE, |Reverse((at, ..))| at.saturating_sub(self.now()).min(GLANCE));
        let timeout = Timespec { tv_sec: 0, tv_nsec: i64::from(due.subsec_nanos()) };
        let mut ready = [PollFd::from_borrowed_fd(self.from.as_fd(), PollFlags::IN)];
        let _ = poll(&mut ready, Some(&timeout));
    }

    fn take(&mut self, mut packet: Vec<u8>) {
        // Neighbour discovery and the like of the kernel itself; everything here speaks IPv4.
        if packet.first().is_none_or(|first| first >> 4 != 4) {
            return;
        }
        let conditions = *self.way().conditions.lock().unwrap();
        let mut fate = self.course.pass(self.now(), packet.len(), &conditions);
        if !self.translate(&mut packet) {
            fate = Fate::Lost;
        }
        self.count(packet.len() as u64, &fate);
        if let Fate::Arrives(at, again) = fate {
            if let Some(again) = again {
                self.fly(again, packet.clone());
            }
            self.fly(at, packet);
        }
    }

    fn translate(&self, packet: &mut [u8]) -> bool {
        let mut nat = self.shared.nat.lock().unwrap();
        match self.direction {
            Direction::There => {
                nat.outward(packet);
                true
            }
            Direction::Back => nat.inward(packet),
        }
    }

    fn count(&self, bytes: u64, fate: &Fate) {
        let turn = bytes > ACKNOWLEDGEMENT && {
            let mut last = self.shared.last.lock().unwrap();
            last.replace(self.direction) != Some(self.direction)
        };
        let mut passed = self.way().passed.lock().unwrap();
        passed.packets += 1;
        passed.bytes += bytes;
        passed.turns += u64::from(turn);
        match fate {
            Fate::Lost => passed.lost += 1,
            Fate::Dropped => passed.dropped += 1,
            Fate::Arrives(_, again) => passed.twice += u64::from(again.is_some()),
        }
    }

    fn fly(&mut self, at: Duration, packet: Vec<u8>) {
        self.number += 1;
        self.air.push(Reverse((at, self.number, packet)));
    }

    /// Hands over what has arrived, unless the link was cut meanwhile.
    fn land(&mut self) {
        let now = self.now();
        while self.air.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
            let Some(Reverse((_, _, packet))) = self.air.pop() else { return };
            if self.way().conditions.lock().unwrap().open {
                drop(self.to.send(&packet));
            } else {
                self.way().passed.lock().unwrap().lost += 1;
            }
        }
    }
}

/// A packet of IP this long may be an acknowledgement and nothing else.
const ACKNOWLEDGEMENT: u64 = 80;
