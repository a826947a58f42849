//! One Automerge document a record: how changes written apart become one state everywhere.
//!
//! The flow: a verified entry gives a [`ChangeMeta`]; its body decodes to a
//! [`RecordChange`](crate::codec::RecordChange). When the change follows directly on the state we hold,
//! [`RecordState::apply_linear`] folds it in without loading anything. Otherwise the record's changes are
//! loaded into a [`RecordDocument`], which derives everything that Automerge needs and that a peer could
//! lie about, builds the Automerge change from that checked structure and applies it.
//!
//! What is derived, and from what:
//!
//! - **actor**: a hash of replica, incarnation, record and entry, all taken from the entry's verified
//!   header. Each change is the first of an actor of its own. An actor a replica would be wrong: one post
//!   can write two changes to a record that do not know each other (a stale form; an urgent and a bulk
//!   lane), and Automerge takes everything with one actor for one straight line. It also means that no two
//!   entries can ever share an actor and sequence number, the fault that splits replicas for ever.
//! - **start counter**: one more than the highest counter of the changes in `deps`.
//! - **predecessors**: whatever is visible under the same key at `deps`. That is what an Automerge
//!   transaction would write, so honest changes lose nothing, and a false predecessor cannot be expressed.
//!
//! No byte that a peer sent reaches the Automerge parser.

mod build;
mod edit;
mod history;
mod linear;
mod record_document;
mod state;
mod state_bytes;

use cairn_record::FieldNo;

use crate::{EntryRef, Incarnation, ReplicaId};

pub use edit::{EditError, Wanted};
pub use history::HistoryItem;
pub use linear::NotLinear;
pub use record_document::{RecordDocument, SetAside};
pub use state::{FieldState, Held, RecordState};
pub use state_bytes::StateError;

/// What the verified header of an entry says about the change in its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeMeta {
    /// The entry.
    pub entry: EntryRef,
    /// Who wrote it.
    pub replica: ReplicaId,
    /// In which life.
    pub incarnation: Incarnation,
    /// When, by the writer's clock, in milliseconds since 1970.
    pub unix_ms: u64,
}

/// What an applied change did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// The fields it wrote, ascending; empty when the change was already known.
    pub fields: Vec<FieldNo>,
}

/// Why a change was not applied. The document is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// Entries it depends on have not arrived. Park it and try again when they have.
    #[error("the change waits for {} earlier entries of its record", .0.len())]
    Missing(Vec<EntryRef>),
    /// It can never be applied. Set the entry aside.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Why a change can never be applied, on any replica.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It belongs to another record.
    #[error("the change belongs to another record")]
    WrongRecord,
    /// It says that the record is of another kind than the entries it builds on.
    #[error("the change gives the record another kind than the entries it builds on")]
    WrongKind,
    /// It takes away what its writer cannot have seen.
    #[error("the change removes a value of field {} that was not there", .0.0)]
    NothingToRemove(FieldNo),
    /// A limit or order of the codec is broken (only possible for changes that were not decoded).
    #[error(transparent)]
    Shape(#[from] crate::codec::CodecError),
    /// The merge engine did not take it, and says why.
    #[error("the merge engine refused the change: {0}")]
    Engine(String),
}

#[cfg(test)]
mod tests;
