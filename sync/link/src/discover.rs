//! Peers on the local network, by mDNS.
//!
//! What is announced tells strangers nothing: a random name, the version, a nonce, and a keyed hash of the nonce that
//! only members of the agency can compute. Nothing is announced when this machine listens on loopback only.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use mdns_sd::{IfKind, ResolvedService, ScopedIp, ServiceDaemon, ServiceEvent, ServiceInfo};

use crate::task::Shared;

const SERVICE: &str = "_cairn._udp.local.";
const VERSION: &str = "1";
/// Addresses of one neighbour that are tried.
const ADDRESSES_MAX: usize = 4;

/// Addresses of neighbours that somebody who joins tries.
const ANYONE_MAX: usize = 32;

/// The announcement and the search; both end when it is dropped.
pub struct Neighbours {
    daemon: ServiceDaemon,
}

impl Drop for Neighbours {
    fn drop(&mut self) {
        let _ = self.daemon.shutdown();
    }
}

/// Starts announcing and searching. A network without multicast is no reason not to run: it is said in the log.
pub fn start(shared: &Arc<Shared>, local: SocketAddr) -> Option<Neighbours> {
    if local.ip().is_loopback() {
        return None;
    }
    match try_start(shared, local) {
        Ok(neighbours) => Some(neighbours),
        Err(error) => {
            tracing::warn!(%error, "peers on the local network cannot be found; addresses still work");
            None
        }
    }
}

fn try_start(shared: &Arc<Shared>, local: SocketAddr) -> Result<Neighbours, mdns_sd::Error> {
    let daemon = ServiceDaemon::new()?;
    daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
    let neighbours = Neighbours { daemon };
    let own = announcement(shared, local)?;
    let own_name = own.get_fullname().to_owned();
    neighbours.daemon.register(own)?;
    let events = neighbours.daemon.browse(SERVICE)?;
    let shared = Arc::downgrade(shared);
    tokio::spawn(async move {
        while let Ok(event) = events.recv_async().await {
            let Some(shared) = Weak::upgrade(&shared) else { return };
            take(&shared, event, &own_name).await;
        }
    });
    Ok(neighbours)
}

/// Addresses of every Cairn that shows itself on the local network within this time. Whose they are, only a handshake tells.
pub async fn anyone(within: Duration) -> Vec<String> {
    let Ok(daemon) = ServiceDaemon::new() else { return Vec::new() };
    let neighbours = Neighbours { daemon };
    let Ok(events) = neighbours.daemon.browse(SERVICE) else { return Vec::new() };
    let mut found = Vec::new();
    let looking = async {
        while let Ok(event) = events.recv_async().await {
            let ServiceEvent::ServiceResolved(service) = event else { continue };
            for address in addresses_of(&service).iter().map(SocketAddr::to_string) {
                if found.len() < ANYONE_MAX && !found.contains(&address) {
                    found.push(address);
                }
            }
        }
    };
    let _ = tokio::time::timeout(within, looking).await;
    found
}

fn announcement(shared: &Arc<Shared>, local: SocketAddr) -> Result<ServiceInfo, mdns_sd::Error> {
    let nonce = shared.random::<8>();
    shown(&hex(&shared.random::<8>()), &nonce, &shared.book().discovery_tag(&nonce), local)
}

/// Everything that the network is told.
fn shown(name: &str, nonce: &[u8; 8], tag: &[u8; 8], local: SocketAddr) -> Result<ServiceInfo, mdns_sd::Error> {
    let properties =
        HashMap::from([("v".to_owned(), VERSION.to_owned()), ("n".to_owned(), hex(nonce)), ("t".to_owned(), hex(tag))]);
    let host = format!("{name}.local.");
    if local.ip().is_unspecified() {
        let info = ServiceInfo::new(SERVICE, name, &host, "", local.port(), properties)?;
        return Ok(info.enable_addr_auto());
    }
    ServiceInfo::new(SERVICE, name, &host, local.ip(), local.port(), properties)
}

async fn take(shared: &Arc<Shared>, event: ServiceEvent, own_name: &str) {
    match event {
        ServiceEvent::ServiceResolved(service) if service.get_fullname() != own_name => {
            let Some((nonce, tag)) = tag_of(&service) else { return };
            let book = shared.book().clone();
            let ours = tokio::task::spawn_blocking(move || book.discovery_tag(&nonce) == tag).await.unwrap_or(false);
            let addresses = addresses_of(&service);
            if ours && !addresses.is_empty() {
                shared.plan().found(service.get_fullname().to_owned(), addresses);
                shared.wake();
            }
        }
        ServiceEvent::ServiceRemoved(_, name) => shared.plan().lost(&name),
        _ => {}
    }
}

fn tag_of(service: &ResolvedService) -> Option<([u8; 8], [u8; 8])> {
    let value = |key| service.get_property_val_str(key);
    if value("v") != Some(VERSION) {
        return None;
    }
    Some((unhex(value("n")?)?, unhex(value("t")?)?))
}

/// Addresses a neighbour can be dialled at: not loopback, and no link-local IPv6, which needs an interface.
fn addresses_of(service: &ResolvedService) -> Vec<SocketAddr> {
    let link_local = |ip: &IpAddr| matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
    let ips = service.get_addresses().iter().map(ScopedIp::to_ip_addr);
    let mut ips: Vec<IpAddr> = ips.filter(|ip| !ip.is_loopback() && !link_local(ip)).collect();
    ips.sort();
    ips.into_iter().take(ADDRESSES_MAX).map(|ip| SocketAddr::new(ip, service.get_port())).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 8]> {
    let fits = text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    u64::from_str_radix(text, 16).ok().filter(|_| fits).map(u64::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_comes_back_from_its_text() {
        assert_eq!(unhex(&hex(&[0, 1, 2, 0xfe, 4, 5, 6, 7])), Some([0, 1, 2, 0xfe, 4, 5, 6, 7]));
        assert_eq!(unhex("00"), None);
        assert_eq!(unhex("+0010203fe040506"), None);
    }

    #[test]
    fn a_stranger_on_the_network_reads_random_names_and_three_values() {
        let info = shown("00aa11bb22cc33dd", &[1; 8], &[2; 8], "0.0.0.0:8471".parse().unwrap()).unwrap();
        assert_eq!(info.get_fullname(), "00aa11bb22cc33dd._cairn._udp.local.");
        assert_eq!(info.get_hostname(), "00aa11bb22cc33dd.local.");
        let mut told: Vec<String> = info.get_properties().iter().map(|property| property.to_string()).collect();
        told.sort();
        assert_eq!(told, ["n=0101010101010101", "t=0202020202020202", "v=1"]);
    }
}
