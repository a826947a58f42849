//! What the stories and the measurements share: the real binary, installations made with it, a plain HTTP client, a
//! link that can be watched, and machines with a bad link between them.
//!
//! Nothing here is shipped. A story fails by panicking, with what was expected and what was seen.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed, and says where")]

pub mod binary;
pub mod generator;
pub mod http;
pub mod net;
pub mod ports;
pub mod process;
pub mod random;
pub mod region;
pub mod running;
pub mod site;
pub mod sizes;
pub mod wait;
pub mod wire;

pub use region::Region;
pub use running::Running;
pub use site::{Refusal, Site};
pub use sizes::bytes_in;
pub use wait::{eventually, within};
