//! What can go wrong with links, in sentences for people.

use std::net::SocketAddr;

use cairn_casebook::CasebookError;

/// The sync task cannot run.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The address is taken or not of this machine.
    #[error("cannot listen on {0}: {1}; nothing else is affected, choose another port or stop the program that has it")]
    Listen(SocketAddr, std::io::Error),
    /// The key of this replica cannot be used.
    #[error("the key of this machine cannot be used for TLS: {0}; restore it from a backup")]
    Key(String),
    /// The links are cut on purpose.
    #[error("the links of this machine are cut; restore them on the sync page first")]
    Cut,
    /// There is nobody to sync with.
    #[error("no address of any peer is known here; add one on the sync page or join a hub first")]
    Nobody,
}

/// Joining did not work. Nothing was changed on this machine unless the sentence says so.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The code is not a code, or this machine cannot join.
    #[error(transparent)]
    Casebook(#[from] CasebookError),
    /// This machine's side failed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// No address was given.
    #[error("no address of the hub is known; give one, such as 192.0.2.10:4440")]
    NoAddress,
    /// Nobody answered.
    #[error(
        "the hub did not answer at {0}; check the address and that the hub is running, then try again with the same code"
    )]
    Unreachable(String),
    /// Something answered that is not the hub the code was made by.
    #[error(
        "what answered at {0} is not the hub that made this code; nothing was sent to it. Check the code and the address"
    )]
    WrongHub(String),
    /// The hub said no.
    #[error("the hub refused: {1} ({0})")]
    Refused(String, String),
    /// The answer makes no sense.
    #[error("the hub's answer at {0} cannot be read; it may run another version")]
    Garbled(String),
}
