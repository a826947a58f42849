//! Machines with a bad link between them, real for the kernel's sockets.
//!
//! Each machine is a network namespace of its own ([`Namespace`]); between two of them a [`Link`] carries every packet of
//! IP and treats it as its [`Conditions`] say: rate and queue, delay and jitter, loss, duplication, reordering, cuts, each
//! direction for itself. There are two [`Kind`]s of it: a relay between two TUN devices, where what befalls the n-th packet
//! of a direction is drawn from a seed ([`fate`]), so that a run is as repeatable as the programs on the link are; and the
//! kernel's own netem, which the relay is held against.

pub mod apart;
pub mod fate;
mod link;
mod namespace;
mod nat;
mod netem;
mod relay;

pub use apart::Apart;
pub use fate::Conditions;
pub use link::{Direction, Kind, Link, Passed};
pub use namespace::Namespace;
