//! What stands between this machine and a peer: every known address is tried, without a session.
//!
//! A probe is a connection of its own kind ([`PROBE_ALPN`]): the server proves its key, says whether it knows the client as
//! a member and what its clock says, and closes. It carries nothing and disturbs no session. Beside it one datagram knocks:
//! where a machine is there and nothing listens, its system says so at once, and the person need not wait for silence.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cairn_casebook::{Met, ProbedPlace};
use cairn_ledger::ReplicaId;
use quinn::{Connection, ConnectionError, VarInt};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

use crate::LinkError;
use crate::book::{Book, Clock};
use crate::endpoint::{self, DialFailure};
use crate::tls::{Identity, PROBE_ALPN};

/// Addresses that are tried, all at the same time.
const ADDRESSES_MAX: usize = 8;
/// How long a name may take to be found.
const NAME: Duration = Duration::from_secs(4);
/// How long an address may take to answer: two lost packets on a link of 600 ms.
const ANSWER: Duration = Duration::from_secs(8);
/// What a server says to a member, before its time.
const KNOWN: &str = "member ";

/// Tries to reach a member at its known addresses and at `more`, all at once; takes at most 12 seconds. While there is a
/// link nothing is tried: it is the proof.
pub async fn probe(
    book: Arc<dyn Book>,
    clock: Clock,
    peer: ReplicaId,
    more: Vec<String>,
    linked: bool,
) -> Result<Vec<ProbedPlace>, LinkError> {
    if linked {
        return Ok(Vec::new());
    }
    let identity = Identity::new(book.replica(), &book.replica_seed())?;
    let members = tokio::task::spawn_blocking(move || book.members()).await.unwrap_or_default();
    let known = members.into_iter().find(|member| member.replica == peer).map(|member| member.addresses);
    let mut addresses = known.unwrap_or_default();
    addresses.extend(more);
    let mut tries = JoinSet::new();
    let mut seen = Vec::new();
    for address in addresses {
        if seen.len() < ADDRESSES_MAX && !seen.contains(&address) {
            seen.push(address.clone());
            tries.spawn(try_place(identity.clone(), clock.clone(), peer, address));
        }
    }
    let mut places = tries.join_all().await;
    places.sort_by_key(|place| seen.iter().position(|address| *address == place.address));
    Ok(places)
}

/// The server's side: the peer is a member.
pub(crate) fn answer(connection: &Connection, now_ms: u64) {
    connection.close(VarInt::from_u32(0), format!("{KNOWN}{now_ms}").as_bytes());
}

async fn try_place(identity: Identity, clock: Clock, peer: ReplicaId, address: String) -> ProbedPlace {
    let found = tokio::time::timeout(NAME, endpoint::resolve(None, &address)).await.unwrap_or_default();
    let mut met = Met::NoName;
    for to in &found {
        let here = tokio::time::timeout(ANSWER, try_address(&identity, &clock, peer, *to)).await;
        met = met.max(here.unwrap_or(Met::Silence));
        if met > Met::Silence {
            break;
        }
    }
    ProbedPlace { address, found: found.iter().map(SocketAddr::to_string).collect(), met }
}

/// What is met at one address: the handshake, or the knock if that is told more quickly.
async fn try_address(identity: &Identity, clock: &Clock, peer: ReplicaId, to: SocketAddr) -> Met {
    let call = call(identity, clock, peer, to);
    let knock = knock(to);
    tokio::pin!(call, knock);
    tokio::select! {
        met = &mut call => met,
        told = &mut knock => match told {
            Some(met) => met,
            None => call.await,
        },
    }
}

async fn call(identity: &Identity, clock: &Clock, peer: ReplicaId, to: SocketAddr) -> Met {
    let Ok(endpoint) = endpoint::dial_only(to) else { return Met::NoWay };
    let begun = Instant::now();
    match endpoint::dial(&endpoint, identity, PROBE_ALPN, endpoint::expect_one(peer), to).await {
        Ok(connection) => {
            let trip_ms = begun.elapsed().as_millis() as u64;
            let met = judge(&connection.closed().await, trip_ms, clock());
            endpoint.close(VarInt::from_u32(0), b"done");
            met
        }
        Err(DialFailure::Stranger) => Met::Stranger,
        Err(DialFailure::Refused(_)) => Met::Refusal,
        Err(DialFailure::Silent(_)) => Met::Silence,
    }
}

/// What the other side said when it closed.
fn judge(end: &ConnectionError, trip_ms: u64, now_ms: u64) -> Met {
    let ConnectionError::ApplicationClosed(close) = end else { return Met::Refusal };
    let said = String::from_utf8_lossy(&close.reason);
    match said.strip_prefix(KNOWN).and_then(|time| time.parse::<u64>().ok()) {
        Some(there_ms) => Met::Known { trip_ms, ahead_ms: there_ms.cast_signed().wrapping_sub(now_ms.cast_signed()) },
        None if said == "unknown-replica" => Met::NotKnown { trip_ms },
        None => Met::Refusal,
    }
}

/// Sends one byte, which no Cairn answers. `None`: nothing was told, not even that nobody is there.
async fn knock(to: SocketAddr) -> Option<Met> {
    let any = match to {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any).await.ok()?;
    let sent = async {
        socket.connect(to).await?;
        socket.send(&[0]).await?;
        socket.recv(&mut [0; 1]).await
    };
    match tokio::time::timeout(ANSWER, sent).await {
        Ok(Err(error)) => told_by(error.kind()),
        Ok(Ok(_)) | Err(_) => None,
    }
}

fn told_by(error: std::io::ErrorKind) -> Option<Met> {
    use std::io::ErrorKind;
    match error {
        ErrorKind::ConnectionRefused => Some(Met::Closed),
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown | ErrorKind::AddrNotAvailable => Some(Met::NoWay),
        // Nobody on the local network has that address.
        ErrorKind::HostUnreachable => Some(Met::Silence),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(reason: &'static str) -> ConnectionError {
        ConnectionError::ApplicationClosed(quinn::ApplicationClose {
            error_code: VarInt::from_u32(0),
            reason: reason.as_bytes().into(),
        })
    }

    #[test]
    fn what_the_other_side_said_is_told_apart() {
        assert_eq!(judge(&closed("member 5000"), 3, 2_000), Met::Known { trip_ms: 3, ahead_ms: 3_000 });
        assert_eq!(judge(&closed("member 5000"), 3, 9_000), Met::Known { trip_ms: 3, ahead_ms: -4_000 });
        assert_eq!(judge(&closed("unknown-replica"), 3, 0), Met::NotKnown { trip_ms: 3 });
        for reason in ["", "member", "member -1", "member x", "links-cut"] {
            assert_eq!(judge(&closed(reason), 3, 0), Met::Refusal, "{reason}");
        }
        assert!(matches!(judge(&closed("member 18446744073709551615"), 3, 0), Met::Known { .. }));
    }

    #[tokio::test]
    async fn a_port_where_nobody_listens_is_told_at_once() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let to = socket.local_addr().unwrap();
        drop(socket);
        let begun = Instant::now();
        assert_eq!(knock(to).await, Some(Met::Closed));
        assert!(begun.elapsed() < ANSWER / 2);
    }
}
