//! Runs sync sessions over QUIC, finds peers on the local network and enrols new replicas.
//!
//! What may be shared is decided elsewhere: everything here asks the casebook, through [`Book`]. The flow:
//! [`SyncTask::start`] listens, dials the members whose addresses are known and those found by mDNS, and runs
//! one session with each peer until it breaks; then it tries again, later each time. A session is the state
//! machine of `cairn-sync-protocol`; [`drive`] carries its effects out.
//!
//! | module | what is in it |
//! |---|---|
//! | [`book`] | what the casebook is asked for |
//! | [`task`] | the task that keeps a replica in touch with its peers |
//! | [`dial`] | whom to dial when |
//! | [`drive`] | one session over one connection |
//! | [`tls`] | both sides proved by their replica keys |
//! | [`discover`] | peers on the local network |
//! | [`enrol`] | joining an agency, both sides |
//! | [`once`] | one sync with every peer, for the command line |

pub mod book;
mod desk;
mod dial;
mod discover;
mod drive;
mod endpoint;
mod enrol;
mod errors;
mod nudge;
mod once;
mod sessions;
mod task;
mod tls;

pub use book::{Book, Clock, Random};
pub use enrol::{JoinOffer, join};
pub use errors::{JoinError, LinkError};
pub use once::{Outcome, PeerOutcome, sync_once};
pub use task::{SyncConfig, SyncTask};
