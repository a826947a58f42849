//! The link itself, seen by sockets of the kernel.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use cairn_tests::net::{Conditions, Direction, Link, Namespace};

/// Longer than anything takes that arrives.
const SILENCE: Duration = Duration::from_millis(400);

/// A link between two namespaces, and a socket at either end. The link goes before the namespaces.
struct Pair {
    link: Link,
    here: UdpSocket,
    there: UdpSocket,
    _spaces: [Namespace; 2],
}

impl Pair {
    fn new() -> Self {
        let spaces = ["left", "right"].map(|role| Namespace::new(role).unwrap());
        let [left, right] = &spaces;
        let link = Link::between([(left, "10.77.1.1/24"), (right, "10.77.1.2/24")], 1).unwrap();
        let here = left.within(|| UdpSocket::bind("10.77.1.1:9000")).unwrap().unwrap();
        let there = right.within(|| UdpSocket::bind("10.77.1.2:9000")).unwrap().unwrap();
        [&here, &there].iter().for_each(|socket| socket.set_read_timeout(Some(SILENCE)).unwrap());
        Self { link, here, there, _spaces: spaces }
    }
}

pub fn rebinds_as_told() {
    let Pair { link, here, there, .. } = &Pair::new();
    assert_eq!(carry(here, there), Some("10.77.1.1:9000".into()));
    link.rebind();
    assert_eq!(carry(here, there), Some("10.77.1.1:9001".into()), "a box of the operator changed the port");
    assert_eq!(carry(there, here), None, "and knows the old one no longer");
}

pub fn does_what_it_is_told() {
    let Pair { link, here, there, .. } = &Pair::new();
    assert_eq!(carry(here, there), Some("10.77.1.1:9000".into()));
    assert_eq!(carry(there, here), Some("10.77.1.2:9000".into()));
    assert!(link.passed(Direction::There).payload() == 5 && link.passed(Direction::Back).payload() == 5);

    link.set(Conditions { delay: SILENCE / 4, ..Conditions::default() });
    let began = Instant::now();
    assert!(carry(here, there).is_some() && began.elapsed() >= SILENCE / 4);

    link.open(Direction::There, false);
    assert_eq!(carry(here, there), None, "one direction is cut");
    assert!(carry(there, here).is_some(), "the other is not");
    link.restore();

    link.set(Conditions { twice: 100, ..Conditions::default() });
    assert!(carry(here, there).is_some());
    assert!(there.recv_from(&mut [0; 16]).is_ok(), "it came twice");
    link.set(Conditions { lost: 100, ..Conditions::default() });
    assert_eq!(carry(here, there), None);
    assert_eq!(link.passed(Direction::There).lost, 2, "one by the cut, one by loss");
}

/// Sends five bytes to port 9000 of the other end; says from whom they came.
fn carry(from: &UdpSocket, to: &UdpSocket) -> Option<String> {
    from.send_to(b"hello", to.local_addr().unwrap()).unwrap();
    let (_, sender) = to.recv_from(&mut [0; 16]).ok()?;
    Some(sender.to_string())
}
