//! The addresses of this machine: when there is a new one, it is on another network, and everybody is worth a try.
//!
//! They are asked of the system at every look at the plan, every few seconds: no thread waits, and a cable that is plugged in
//! is noticed before a person has sat down.

use std::collections::BTreeSet;
use std::net::IpAddr;

/// All addresses but those that lead nowhere else; none when the system does not say.
pub fn addresses() -> BTreeSet<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces.iter().map(if_addrs::Interface::ip).filter(|ip| !ip.is_loopback()).collect()
}
