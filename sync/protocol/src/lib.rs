//! The sync session as a state machine: events in, effects out.
//!
//! Nothing here does IO, reads a clock or spawns. A shell ([QUIC], a test, the simulator) owns a [`Session`],
//! tells it what happened with [`Session::step`] and does what comes back. The flow of a session:
//!
//! 1. [`Event::Started`]: ask which spaces are shared with this peer and how far each is held; send a greeting: one digest of
//!    all that, and what moved since both last held the same. Equal digests: there is nothing to do. A side that cannot tell
//!    from the greeting what the peer holds asks for lists and frontiers.
//! 2. The registry first: until both sides hold the same, nothing else moves. Then the rights are asked anew.
//! 3. Parcels: what the other lacks, a few at a time, urgent lane first; each is answered when it is durable
//!    at the other side, or refused by name and its log set aside for this session.
//! 4. When both hold the same, the shell is told so, with the frontiers: it remembers them for the next greeting. The session
//!    stays open and new entries follow.
//!
//! PROTOCOL.md beside this crate gives every byte and every rule.
//!
//! | module | what is in it |
//! |---|---|
//! | [`session`] | the state machine |
//! | [`frame`] | what travels: types, encoding, splitting of a byte stream |
//! | [`parcel`] | entries of one log as one compressed stream |
//! | [`sealed`] | the same sealed, for a relay that cannot read them |
//! | [`frontier`] | how far each log of a space is held, as bytes |
//! | [`holdings`] | what is held of all shared spaces, as one digest and as what moved |
//! | [`files`] | chunks of attachments, on streams of their own |
//! | [`lookup`] | what packing and unpacking ask of the entries that are held |
//! | [`pace`] | how large a parcel suits the link |
//! | [`join`] | the frames of enrolment |
//! | [`stick`] | a session with a very long round trip, as a file |
//! | [`refusal`] | every reason to refuse what a peer sent, by name |
//! | [`limits`] | every bound |
//!
//! [QUIC]: https://www.rfc-editor.org/rfc/rfc9000

pub mod bytes;
pub mod files;
pub mod frame;
pub mod frontier;
pub mod holdings;
pub mod join;
pub mod limits;
pub mod lookup;
pub mod pace;
pub mod parcel;
pub mod refusal;
pub mod sealed;
pub mod session;
pub mod stick;

pub use frame::{Frame, FrameReader, decode_frame};
pub use frontier::decode_frontier;
pub use limits::{Limits, VERSION};
pub use lookup::{Lookup, Place, Seen};
pub use refusal::Refusal;
pub use session::{CloseReason, Effect, Event, ListedSpace, Session, SessionConfig, Side};
