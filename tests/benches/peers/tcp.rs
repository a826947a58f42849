//! A TCP forwarder on loopback that counts what passes, all its connections together.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;

use cairn_tests::wire::{Counters, Passed};

/// The forwarder. Its threads end with the process, its connections with their ends.
pub struct Counted {
    /// Where to dial.
    pub port: u16,
    counters: Arc<Counters>,
}

impl Counted {
    /// A forwarder to a port of loopback.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let counters = Arc::<Counters>::default();
        let counting = counters.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                // Nobody listens there yet: the one who dialled sees the connection end.
                if let Ok(far) = TcpStream::connect(("127.0.0.1", port)) {
                    forward(&near, &far, false, &counting);
                    forward(&far, &near, true, &counting);
                }
            }
        });
        Self { port: own, counters }
    }

    /// What has passed so far.
    pub fn passed(&self) -> Passed {
        self.counters.passed()
    }
}

fn forward(from: &TcpStream, to: &TcpStream, back: bool, counters: &Arc<Counters>) {
    let (mut from, mut to, counters) = (from.try_clone().unwrap(), to.try_clone().unwrap(), counters.clone());
    let _ = to.set_nodelay(true);
    std::thread::spawn(move || {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            counters.count(back, length);
            if to.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Read), to.shutdown(Shutdown::Write));
    });
}
