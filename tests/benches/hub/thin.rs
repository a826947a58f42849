//! A thin link: a UDP forwarder on loopback that lets so many bits a second through, late, and drops what does not fit
//! its queue.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Bits a second of a thin link.
pub const BITS_PER_S: f64 = 64_000.0;
/// How long each datagram is on its way, besides the time it takes to be sent.
const DELAY: Duration = Duration::from_millis(300);
/// What would wait longer than this is dropped.
const QUEUE: Duration = Duration::from_secs(2);
/// Longest datagram.
const DATAGRAM_BYTES_MAX: usize = 2_048;

/// Puts a thin link before that address, for one who dials; where to dial. It ends with the runtime.
pub async fn before(to: SocketAddr) -> SocketAddr {
    let near = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let far = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
    far.connect(to).await.unwrap();
    let address = near.local_addr().unwrap();
    let dialler = Arc::<Mutex<Option<SocketAddr>>>::default();
    let (there, out) = queue();
    let (back, home) = queue();
    tokio::spawn(listen(near.clone(), there, dialler.clone()));
    tokio::spawn(listen(far.clone(), back, Arc::default()));
    tokio::spawn(deliver(out, far, Arc::default()));
    tokio::spawn(deliver(home, near, dialler));
    address
}

type Datagram = (Instant, Vec<u8>);

fn queue() -> (mpsc::UnboundedSender<Datagram>, mpsc::UnboundedReceiver<Datagram>) {
    mpsc::unbounded_channel()
}

async fn listen(socket: Arc<UdpSocket>, queue: mpsc::UnboundedSender<Datagram>, from: Arc<Mutex<Option<SocketAddr>>>) {
    let mut free = Instant::now();
    let mut datagram = [0; DATAGRAM_BYTES_MAX];
    loop {
        // Nobody listens on the other side yet: no fault of the link.
        let Ok((length, sender)) = socket.recv_from(&mut datagram).await else { continue };
        *from.lock().unwrap() = Some(sender);
        let now = Instant::now();
        let sent = free.max(now) + Duration::from_secs_f64(length as f64 * 8.0 / BITS_PER_S);
        if sent <= now + QUEUE {
            free = sent;
            if queue.send((sent + DELAY, datagram[..length].to_vec())).is_err() {
                return;
            }
        }
    }
}

async fn deliver(
    mut queue: mpsc::UnboundedReceiver<Datagram>,
    socket: Arc<UdpSocket>,
    to: Arc<Mutex<Option<SocketAddr>>>,
) {
    while let Some((when, datagram)) = queue.recv().await {
        tokio::time::sleep_until(when).await;
        let address = *to.lock().unwrap();
        // A datagram that cannot be delivered is lost, as on any link.
        let _ = match address {
            Some(address) => socket.send_to(&datagram, address).await,
            None => socket.send(&datagram).await,
        };
    }
}
