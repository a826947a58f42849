//! Ports for installations that are started again on the same ones.

use std::net::{TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which the system draws ports for outgoing connections, so that nobody takes a port while the
/// installation that owns it is being restarted.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// Stories run as threads of one process or as processes of their own: both must draw different ports.
static DRAWN: AtomicU16 = AtomicU16::new(0);

/// A port that is free for TCP and for UDP on loopback.
pub fn free_port() -> u16 {
    let start = (std::process::id().wrapping_mul(97) % u32::from(COUNT)) as u16;
    for _ in 0..COUNT {
        let offset = DRAWN.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (start.wrapping_add(offset)) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() && UdpSocket::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port on loopback");
}
