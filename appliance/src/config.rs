//! What an installation remembers about itself that is no secret and no record: `config.toml` in its folder.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::Common;
use crate::failure::{Failure, While as _};
use crate::system;

/// Addresses and the place of the key file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address for browsers.
    pub http: SocketAddr,
    /// Address for other Cairns.
    pub listen: SocketAddr,
    /// Further names that browsers may call this machine by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// Where posts reach this hub, when it is not the address it listens on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// Whether to look for other Cairns on the local network.
    pub discovery: bool,
    /// Whether TLS ends in front of the pages, so that cookies must never travel without it.
    #[serde(default)]
    pub tls_in_front: bool,
    /// The key file, when there is one; relative to the data folder when it lies in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
}

impl Config {
    /// The settings of an installation that listens here.
    pub fn new(http: SocketAddr, listen: SocketAddr) -> Self {
        Self { http, listen, hosts: vec![], addresses: vec![], discovery: true, tls_in_front: false, key_file: None }
    }

    /// Reads the configuration of an installation.
    pub fn load(data: &Path) -> Result<Self, Failure> {
        let file = data.join("config.toml");
        let text = match std::fs::read_to_string(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(no_installation(data)),
            other => other.while_doing(|| format!("read {}", file.display()))?,
        };
        toml::from_str(&text).map_err(|error| {
            Failure::setup(format!("{} cannot be understood: {}", file.display(), error.message().replace('\n', " ")))
        })
    }

    /// Writes it.
    pub fn save(&self, data: &Path) -> Result<(), Failure> {
        let file = data.join("config.toml");
        let text = toml::to_string(self).map_err(|error| Failure::setup(format!("cannot write settings: {error}")))?;
        std::fs::write(&file, text).while_doing(|| format!("write {}", file.display()))
    }

    /// Where other machines reach this one; empty when it listens on every address and nobody said which.
    pub fn reachable_at(&self) -> Vec<String> {
        match self.addresses.is_empty() && !self.listen.ip().is_unspecified() {
            true => vec![self.listen.to_string()],
            false => self.addresses.clone(),
        }
    }

    /// Names that a browser may put in its `Host` header, besides those of loopback.
    pub fn host_list(&self) -> Vec<String> {
        let port = self.http.port();
        let own = (!self.http.ip().is_unspecified()).then(|| self.http.to_string());
        // Behind TLS, browsers use the port of whatever stands in front, and leave the usual one out.
        let named = |host: &String| if self.tls_in_front { host.clone() } else { with_port(host, port) };
        own.into_iter().chain(self.hosts.iter().map(named)).collect()
    }
}

/// `host` or `host:port`, with the port that browsers use when none is given.
fn with_port(host: &str, port: u16) -> String {
    let has_port = host
        .rsplit_once(':')
        .is_some_and(|(name, port)| port.parse::<u16>().is_ok() && (!name.contains(':') || name.ends_with(']')));
    if has_port || port == 80 { host.to_owned() } else { format!("{host}:{port}") }
}

/// The folder of the installation that a command is about.
pub fn data_dir(common: &Common) -> PathBuf {
    let named =
        common.data.clone().or_else(|| std::env::var_os("CAIRN_DATA").filter(|d| !d.is_empty()).map(Into::into));
    named.unwrap_or_else(system::platform_data_dir)
}

fn no_installation(data: &Path) -> Failure {
    Failure::setup(format!(
        "there is no installation in {}; make one with `cairn init`, or name its folder with --data",
        data.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(http: &str, hosts: &[&str]) -> Config {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        Config { hosts, ..Config::new(http.parse().unwrap(), "0.0.0.0:8471".parse().unwrap()) }
    }

    #[test]
    fn settings_are_read_back_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let written = Config { key_file: Some("key".into()), ..config("127.0.0.1:8470", &["post.example"]) };
        written.save(folder.path()).unwrap();
        assert_eq!(Config::load(folder.path()).unwrap(), written);
    }

    #[test]
    fn a_missing_installation_is_named_as_such() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Config::load(folder.path()).unwrap_err().text.contains("there is no installation in"));
    }

    #[test]
    fn a_host_without_a_port_takes_the_port_of_the_pages() {
        let hosts = config("192.0.2.7:8470", &["post.example", "post.example:80", "[2001:db8::1]"]).host_list();
        assert_eq!(hosts, ["192.0.2.7:8470", "post.example:8470", "post.example:80", "[2001:db8::1]:8470"]);
    }

    #[test]
    fn only_a_definite_address_is_handed_to_posts() {
        assert!(config("127.0.0.1:8470", &[]).reachable_at().is_empty());
        let definite = Config::new("127.0.0.1:8470".parse().unwrap(), "192.0.2.7:8471".parse().unwrap());
        assert_eq!(definite.reachable_at(), ["192.0.2.7:8471"]);
        let named = Config { addresses: vec!["hub.example:8471".into()], ..definite };
        assert_eq!(named.reachable_at(), ["hub.example:8471"]);
    }
}
