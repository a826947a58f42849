//! What can go wrong with links, in sentences for people.

use std::net::SocketAddr;

use cairn_casebook::{CasebookError, Reason, reason};
use cairn_ledger::registry::SHARED_SPACES_MAX;

/// The sync task cannot run.
#[derive(Debug)]
pub enum LinkError {
    /// The address is taken or not of this machine.
    Listen(SocketAddr, std::io::Error),
    /// The key of this replica cannot be used.
    Key(String),
    /// The links are cut on purpose.
    Cut,
    /// There is nobody to sync with.
    Nobody,
}

impl LinkError {
    /// The same as data, for those who say it in other words.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Listen(address, error) => {
                reason!("link-no-listen", address = address.to_string(), detail = error.to_string())
            }
            Self::Key(detail) => reason!("link-bad-key", detail = detail),
            Self::Cut => reason!("links-are-cut"),
            Self::Nobody => reason!("link-nobody"),
        }
    }
}

impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.reason())
    }
}

impl std::error::Error for LinkError {}

/// Joining did not work. Nothing was changed on this machine unless the sentence says so.
#[derive(Debug)]
pub enum JoinError {
    /// The code is not a code, or this machine cannot join.
    Casebook(CasebookError),
    /// This machine's side failed.
    Link(LinkError),
    /// No address was given.
    NoAddress,
    /// Nobody answered.
    Unreachable(String),
    /// Something answered that is not the hub the code was made by.
    WrongHub(String),
    /// The hub said no.
    Refused(String, String),
    /// The answer makes no sense.
    Garbled(String),
}

impl JoinError {
    /// The same as data, for those who say it in other words.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Casebook(error) => error.reason(),
            Self::Link(error) => error.reason(),
            Self::NoAddress => reason!("join-no-address"),
            Self::Unreachable(address) => reason!("join-unreachable", address = address),
            Self::WrongHub(address) => reason!("join-wrong-hub", address = address),
            Self::Refused(name, detail) => match name.as_str() {
                "wrong-code" => reason!("peer-wrong-code"),
                "used-code" => reason!("peer-used-code"),
                "door-closed" => reason!("peer-door-closed"),
                "agency-full" => reason!("peer-agency-full", most = SHARED_SPACES_MAX),
                "wrong-role" => reason!("peer-wrong-role"),
                _ => reason!("join-refused", name = name, detail = detail),
            },
            Self::Garbled(address) => reason!("join-garbled", address = address),
        }
    }
}

impl std::fmt::Display for JoinError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.reason())
    }
}

impl std::error::Error for JoinError {}

impl From<CasebookError> for JoinError {
    fn from(error: CasebookError) -> Self {
        Self::Casebook(error)
    }
}

impl From<LinkError> for JoinError {
    fn from(error: LinkError) -> Self {
        Self::Link(error)
    }
}
