//! What the agency has stated: its replicas, its spaces, and who was given which key.
//!
//! The registry is a space whose name is derived from the agency's root key. Its first statement is signed
//! by that root and names the *registrar*, the one replica whose statements count. [`Registry`] folds the
//! statements; what does not count is refused with a reason and changes nothing, and a statement of a type
//! from a newer Cairn is set aside.

mod fold;
mod statement;

#[cfg(test)]
mod tests;

pub use fold::{Registry, StatementOrigin, StatementRefused};
pub use statement::{
    EpochKeyGrant, Founded, MAX_ADDRESSES, ReplicaCertified, RootKey, SpaceKind, SpaceOpened, Statement,
    StatementError, local_space, registry_space,
};

/// Most spaces that the members of an agency share, the registry among them: as many as a list of a sync session may name.
pub const SHARED_SPACES_MAX: usize = 512;

/// What an installation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ReplicaRole {
    /// Receives from posts and passes on to posts.
    Hub = 1,
    /// Captures and checks, with or without a network.
    Post = 2,
    /// Carries sealed entries between the others. It is given no key of records or audit, so it reads none.
    Relay = 3,
}
