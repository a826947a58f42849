//! A link that can be watched: forwards UDP on loopback to another port and counts what passes.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::ports::free_port;

/// How often a forwarding thread looks whether it should end.
const GLANCE: Duration = Duration::from_millis(50);
/// Longest datagram.
const DATAGRAM_BYTES_MAX: usize = 65_536;

/// What has passed, in bytes of UDP payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// From the one who dials.
    pub there: u64,
    /// To the one who dials.
    pub back: u64,
    /// How often something went the other way than what went before it.
    pub turns: u64,
}

impl Passed {
    /// Both ways.
    pub fn all(&self) -> u64 {
        self.there + self.back
    }

    /// What has passed since.
    pub fn since(&self, before: &Self) -> Self {
        Self { there: self.there - before.there, back: self.back - before.back, turns: self.turns - before.turns }
    }
}

/// Counts what passes both ways.
#[derive(Default)]
pub struct Counters {
    there: AtomicU64,
    back: AtomicU64,
    turns: AtomicU64,
    went_back: AtomicBool,
    ended: AtomicBool,
}

impl Counters {
    /// So many bytes go there, or `back`.
    pub fn count(&self, back: bool, bytes: usize) {
        if self.went_back.swap(back, Ordering::Relaxed) != back {
            self.turns.fetch_add(1, Ordering::Relaxed);
        }
        let way = if back { &self.back } else { &self.there };
        way.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// What has passed so far.
    pub fn passed(&self) -> Passed {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Passed { there: read(&self.there), back: read(&self.back), turns: read(&self.turns) }
    }
}

/// A forwarder between one dialling end at a time and one listening port.
pub struct Wire {
    /// Where to dial.
    pub port: u16,
    counters: Arc<Counters>,
    threads: Vec<JoinHandle<()>>,
}

impl Wire {
    /// A wire to a port of loopback.
    pub fn to(port: u16) -> Self {
        let own = free_port();
        let near = socket(own);
        let far = socket(0);
        far.connect(("127.0.0.1", port)).unwrap();
        let counters = Arc::<Counters>::default();
        let dialler = Arc::<std::sync::Mutex<Option<SocketAddr>>>::default();
        let there = {
            let (near, far) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            let (counters, dialler) = (counters.clone(), dialler.clone());
            std::thread::spawn(move || {
                pump(&counters.ended, || {
                    let mut datagram = [0; DATAGRAM_BYTES_MAX];
                    let (length, from) = near.recv_from(&mut datagram)?;
                    *dialler.lock().unwrap() = Some(from);
                    counters.count(false, length);
                    far.send(&datagram[..length])
                });
            })
        };
        let back = {
            let counters = counters.clone();
            std::thread::spawn(move || {
                pump(&counters.ended, || {
                    let mut datagram = [0; DATAGRAM_BYTES_MAX];
                    let length = far.recv(&mut datagram)?;
                    counters.count(true, length);
                    let to = *dialler.lock().unwrap();
                    to.map_or(Ok(0), |to| near.send_to(&datagram[..length], to))
                });
            })
        };
        Self { port: own, counters, threads: vec![there, back] }
    }

    /// What has passed so far.
    pub fn passed(&self) -> Passed {
        self.counters.passed()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.counters.ended.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().unwrap_or_default();
        }
    }
}

fn socket(port: u16) -> UdpSocket {
    let socket = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(GLANCE)).unwrap();
    socket
}

/// Forwards until told to end; a port that nobody listens on yet is no fault of the wire.
fn pump(ended: &AtomicBool, mut forward: impl FnMut() -> std::io::Result<usize>) {
    while !ended.load(Ordering::Relaxed) {
        drop(forward());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wire_carries_both_ways_and_counts() {
        let listener = UdpSocket::bind("127.0.0.1:0").unwrap();
        let wire = Wire::to(listener.local_addr().unwrap().port());
        let dialler = socket(0);
        dialler.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        dialler.send_to(b"hello", ("127.0.0.1", wire.port)).unwrap();
        let mut heard = [0; 16];
        let (length, from) = listener.recv_from(&mut heard).unwrap();
        assert_eq!(&heard[..length], b"hello");
        listener.send_to(b"hi", from).unwrap();
        let (length, _) = dialler.recv_from(&mut heard).unwrap();
        assert_eq!(&heard[..length], b"hi");
        assert_eq!(wire.passed(), Passed { there: 5, back: 2, turns: 1 });
    }
}
