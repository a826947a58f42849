//! Entries, logs, spaces, keys, seals, the change codec and the store that keeps them.
//!
//! This crate knows the disk and the engines and nothing of HTTP, forms or passports.
//!
//! The flow of a save: the casebook hands [`Ledger::commit`] drafts; each becomes a [`Core`], its [`Body`]
//! is sealed under the space's key, the header is chained to the one before it in this replica's log, the
//! last header of every log is signed, and the store makes all of it durable in one step. The flow of a
//! sync is the same in reverse: [`Ledger::receive`] checks chain, seal, key and authority of what a peer
//! sent and keeps all of it or nothing. FORMAT.md describes every byte.
//!
//! | module | what is in it |
//! |---|---|
//! | [`names`] | spaces, replicas, logs, entries, frontiers |
//! | [`logs`] | the logs of a frontier, in pages that copies share |
//! | [`entry`] | header, entry, seal |
//! | [`body`] | author, purpose and payload inside an entry |
//! | [`crypto`], [`keyring`], [`keystore`] | sealing, grants of keys, the secrets of this machine |
//! | [`age_file`] | whole files sealed to one member |
//! | [`store`] | the log store and its engines |
//! | [`ledger`] | the facade: commit, receive, read, verify |
//! | [`codec`], [`document`] | one change to a record in bytes; one merged document a record |
//! | [`blob`], [`attachment`] | chunks of files, and the entries that name them |
//! | [`view`] | what can be rebuilt, and its engines |
//! | [`question`] | a question to another site and its answers, in bytes |
//! | [`fork`] | proofs that a replica wrote two histories |
//! | [`rescue`] | entries from behind a fork, carried on in another log |
//! | [`registry`] | what the agency has stated: replicas, spaces, keys |

pub mod age_file;
pub mod attachment;
pub mod birthplace;
pub mod blob;
pub mod body;
pub mod codec;
pub mod crypto;
pub mod document;
pub mod entry;
pub mod fork;
pub mod keyring;
pub mod keystore;
pub mod ledger;
pub mod logs;
pub mod names;
pub mod parcel;
pub mod question;
pub mod registry;
pub mod rescue;
pub mod store;
pub mod view;
pub mod wire;

mod disk;

#[cfg(test)]
mod vectors;

pub use attachment::{AttachmentStep, Manifest};
pub use blob::{BlobStore, FileBlobs, MemoryBlobs, SealedChunk};
pub use body::{Author, Body, BodyError};
pub use crypto::{EpochKey, OpenError};
pub use entry::{Core, Entry, EntryKind, Header, Position, Seal};
pub use fork::ForkProof;
pub use keyring::{KeyError, Keyring};
pub use keystore::Keystore;
pub use ledger::{CommitError, EntryDraft, Kept, Ledger, ReceivedBatch, Refusal};
pub use names::{
    ChunkName, ClockQuality, EntryHash, EntryRef, Frontier, Hlc, Incarnation, Lane, LogId, LogKey, ReplicaId, SpaceId,
};
pub use parcel::{Hole, OpenEntry, OpenParcel};
pub use registry::Registry;
pub use store::{LogStore, MemoryStore, SegmentStore, StoreError};
pub use wire::DecodeError;
