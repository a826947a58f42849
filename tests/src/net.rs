//! Machines with a bad link between them, real for the kernel's sockets.
//!
//! Each machine is a network namespace of its own ([`Namespace`]); between two of them a [`Link`] relays every packet of
//! IP from one TUN device to the other and treats it as its [`Conditions`] say: rate and queue, delay and jitter, loss,
//! duplication, reordering, cuts, each direction for itself. What befalls the n-th packet of a direction is drawn from
//! a seed ([`fate`]), so that a run is as repeatable as the programs on the link are.

pub mod apart;
pub mod fate;
mod link;
mod namespace;
mod nat;

pub use apart::Apart;
pub use fate::Conditions;
pub use link::{Direction, Link, Passed};
pub use namespace::Namespace;
