//! The QUIC endpoint and its settings.
//!
//! Cubic, because on slow and lossy links it carried more than the others (sync.md), with a floor. Ten seconds of silence end
//! a connection, so that a dead peer leaves the screen; the side that dialled keeps a quiet one alive. Before a
//! peer is known it gets little memory; afterwards the windows open.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cairn_casebook::{Reason, reason};
use cairn_ledger::ReplicaId;
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint, IdleTimeout, ServerConfig, TransportConfig, VarInt};

use crate::LinkError;
use crate::congestion::FlooredCubic;
use crate::tls::{Expected, Identity, SERVER_NAME};

/// A connection without a sign of life for so long is dead.
const IDLE_MS: u32 = 10_000;
/// The side that dialled shows itself this often.
const KEEP_ALIVE: Duration = Duration::from_secs(4);
/// How long a handshake may take, over the worst links.
pub const HANDSHAKE: Duration = Duration::from_secs(20);
/// What a peer may have on its way to us before we know who it is.
const STRANGER_WINDOW: u32 = 64 * 1024;
/// And afterwards.
const MEMBER_WINDOW: u32 = 4 * 1024 * 1024;
/// Handshakes under way at a time; further ones are refused.
pub const HANDSHAKES_MAX: usize = 32;

/// Listens at this address for members and enrolments, and dials from it.
pub fn listen(identity: &Identity, address: SocketAddr) -> Result<Endpoint, LinkError> {
    let mut config = ServerConfig::with_crypto(Arc::new(identity.server()?));
    config.transport_config(Arc::new(transport(None)));
    config.max_incoming(HANDSHAKES_MAX * 2);
    config.incoming_buffer_size(u64::from(STRANGER_WINDOW));
    config.incoming_buffer_size_total(u64::from(STRANGER_WINDOW) * 16);
    Endpoint::server(config, address).map_err(|error| LinkError::Listen(address, error))
}

/// An endpoint that only dials, of the family of that address.
pub fn dial_only(towards: SocketAddr) -> Result<Endpoint, LinkError> {
    let any = match towards {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    Endpoint::client(any).map_err(|error| LinkError::Listen(any, error))
}

fn transport(keep_alive: Option<Duration>) -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(1))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .receive_window(VarInt::from_u32(STRANGER_WINDOW))
        .stream_receive_window(VarInt::from_u32(MEMBER_WINDOW))
        .send_window(u64::from(MEMBER_WINDOW))
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE_MS))))
        .keep_alive_interval(keep_alive)
        // Looking for a larger packet costs some kilobytes a connection, more than most syncs carry, and gains 3 per cent.
        .mtu_discovery_config(None)
        .congestion_controller_factory(Arc::new(FlooredCubic::default()));
    transport
}

/// The peer is a member: it may send at full rate, and ask for chunks of files on a second stream.
pub fn welcome(connection: &Connection) {
    connection.set_receive_window(VarInt::from_u32(MEMBER_WINDOW));
    connection.set_max_concurrent_bi_streams(VarInt::from_u32(2));
}

/// How the reason of a call that is not taken at this time begins.
const NOT_NOW: &str = "not-now ";

/// Why dialling failed.
#[derive(Debug, PartialEq, Eq)]
pub enum DialFailure {
    /// What answered is not whom we expected.
    Stranger,
    /// Something answered and said no.
    Refused(Reason),
    /// Nobody answered.
    Silent(Reason),
}

impl std::fmt::Display for DialFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.reason())
    }
}

impl DialFailure {
    /// The same as data, for those who say it in other words.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Stranger => reason!("link-stranger"),
            Self::Refused(reason) => reason.clone(),
            Self::Silent(why) => reason!("link-silent", why = why.clone()),
        }
    }
}

/// Why a connection ended.
pub fn describe(error: &ConnectionError) -> Reason {
    match error {
        ConnectionError::ApplicationClosed(close) => match String::from_utf8_lossy(&close.reason).as_ref() {
            "unknown-replica" => reason!("link-unknown-here"),
            name if not_now_s(name).is_some() => reason!("link-not-now"),
            "duplicate" => reason!("link-duplicate"),
            "" => reason!("link-closed"),
            name => reason!("link-closed-by-name", name = name),
        },
        ConnectionError::ConnectionClosed(_) => reason!("link-refused"),
        ConnectionError::TimedOut => reason!("link-timed-out"),
        ConnectionError::Reset => reason!("link-restarted"),
        other => reason!("link-other", detail = other.to_string()),
    }
}

/// The reason for which a call is not taken at this time, and when to call again.
pub fn not_now(wait_s: u64) -> String {
    format!("{NOT_NOW}{wait_s}")
}

/// In how many seconds to call again, when that is what a reason says.
pub fn not_now_s(reason: &str) -> Option<u64> {
    reason.strip_prefix(NOT_NOW)?.parse().ok()
}

/// In how many seconds to call again, when a connection ended because the peer takes no calls now.
pub fn call_again_s(error: &ConnectionError) -> Option<u64> {
    match error {
        ConnectionError::ApplicationClosed(close) => not_now_s(&String::from_utf8_lossy(&close.reason)),
        _ => None,
    }
}

/// Dials one address. The connection is proved to be with whom we expected.
pub async fn dial(
    endpoint: &Endpoint,
    identity: &Identity,
    alpn: &[u8],
    expected: Expected,
    address: SocketAddr,
) -> Result<Connection, DialFailure> {
    let silent = |error: &dyn std::fmt::Display| DialFailure::Silent(reason!("link-other", detail = error.to_string()));
    let (crypto, stranger) = identity.client(alpn, expected).map_err(|error| silent(&error))?;
    let mut config = ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::new(transport(Some(KEEP_ALIVE))));
    let connecting = endpoint.connect_with(config, address, SERVER_NAME).map_err(|error| silent(&error))?;
    match tokio::time::timeout(HANDSHAKE, connecting).await {
        Err(_) => Err(DialFailure::Silent(reason!("link-no-answer"))),
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(_)) if stranger.load(std::sync::atomic::Ordering::Relaxed) => Err(DialFailure::Stranger),
        Ok(Err(error @ (ConnectionError::ConnectionClosed(_) | ConnectionError::ApplicationClosed(_)))) => {
            Err(DialFailure::Refused(describe(&error)))
        }
        Ok(Err(error)) => Err(DialFailure::Silent(describe(&error))),
    }
}

/// The addresses behind `host:port` that this endpoint can reach.
pub async fn resolve(endpoint: Option<&Endpoint>, address: &str) -> Vec<SocketAddr> {
    let from = endpoint.and_then(|endpoint| endpoint.local_addr().ok());
    match tokio::net::lookup_host(address).await {
        Ok(found) => found.filter_map(|to| reachable(from, to)).take(4).collect(),
        Err(_) => Vec::new(),
    }
}

/// An endpoint on all addresses of IPv6 reaches those of IPv4 under their mapped names; otherwise families do not mix.
fn reachable(from: Option<SocketAddr>, to: SocketAddr) -> Option<SocketAddr> {
    match (from, to) {
        (Some(SocketAddr::V6(from)), SocketAddr::V4(to)) if from.ip().is_unspecified() => {
            Some(SocketAddr::from((to.ip().to_ipv6_mapped(), to.port())))
        }
        (Some(from), to) => (from.is_ipv4() == to.is_ipv4()).then_some(to),
        (None, to) => Some(to),
    }
}

/// Nobody but this replica may answer.
pub fn expect_one(replica: ReplicaId) -> Expected {
    Expected::Members([replica].into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_reaches_its_own_family_and_mapped_addresses() {
        let v4: SocketAddr = "192.0.2.7:4440".parse().unwrap();
        let v6: SocketAddr = "[2001:db8::7]:4440".parse().unwrap();
        let reach = |from: &str, to| reachable(Some(from.parse().unwrap()), to);
        assert_eq!(reach("0.0.0.0:1", v4), Some(v4));
        assert_eq!(reach("0.0.0.0:1", v6), None);
        assert_eq!(reach("[::]:1", v4), Some("[::ffff:192.0.2.7]:4440".parse().unwrap()));
        assert_eq!(reach("[::1]:1", v4), None);
        assert_eq!(reach("[::]:1", v6), Some(v6));
    }
}
