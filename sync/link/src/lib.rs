//! Runs sync sessions over QUIC, finds peers on the local network and enrols new replicas.
//!
//! What may be shared is decided elsewhere: everything here asks the casebook, through [`Book`]. The flow:
//! [`SyncTask::start`] listens, dials the members whose addresses are known and those found by mDNS, and runs
//! one session with each peer until it breaks; then it tries again, later each time. A session is the state
//! machine of `cairn-sync-protocol`; [`conduct`] says what its effects mean, [`drive`] carries them out over QUIC.
//!
//! | module | what is in it |
//! |---|---|
//! | [`book`] | what the casebook is asked for |
//! | [`task`] | the task that keeps a replica in touch with its peers |
//! | [`dial`] | whom to dial when |
//! | [`conduct`], [`errand`] | one session and its questions to the casebook, without IO |
//! | [`drive`] | one session over one connection |
//! | [`files`], [`file_streams`] | chunks of files: without IO, and over QUIC |
//! | [`tls`] | both sides proved by their replica keys |
//! | [`discover`] | peers on the local network |
//! | [`enrol`] | joining an agency, both sides |
//! | [`stick`] | writing and reading sticks |
//! | [`network`] | the addresses of this machine |
//! | [`probe`] | what stands between this machine and a peer |
//! | [`once`] | one sync with every peer, for the command line |

pub mod book;
pub mod conduct;
mod congestion;
mod desk;
mod dial;
mod discover;
mod drive;
mod endpoint;
mod enrol;
pub mod errand;
mod errors;
mod file_streams;
pub mod files;
mod network;
pub mod nudge;
mod once;
mod probe;
pub mod sessions;
mod stick;
mod task;
mod tls;

pub use book::{Book, Clock, Random};
pub use enrol::{JoinOffer, join};
pub use errors::{JoinError, LinkError};
pub use once::{Outcome, PeerOutcome, sync_once};
pub use probe::probe;
pub use stick::{Kept as StickKept, StickError, Written, read_stick, write_stick};
pub use task::{SyncConfig, SyncTask};
