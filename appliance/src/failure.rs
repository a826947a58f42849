//! What a command says when it could not do what was asked: one sentence for people, one object for scripts.

use cairn_casebook::CasebookError;
use serde::{Deserialize, Serialize};

/// Why a command failed. Goes over the control socket as it stands and is printed by `--json` as `{"error": …}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// Stable name: `refused`, `invalid`, `not_found`, `bad_request`, `not_now`, `peer_refused`, `storage`, `setup`.
    pub kind: String,
    /// What happened, whether anything was lost, what to do.
    pub text: String,
}

impl Failure {
    /// A failure of this kind with this sentence.
    pub fn new(kind: &str, text: impl Into<String>) -> Self {
        Self { kind: kind.into(), text: text.into() }
    }

    /// Something about files, addresses or options that the person can put right.
    pub fn setup(text: impl Into<String>) -> Self {
        Self::new("setup", text)
    }

    /// Tells the person, or the script.
    pub fn print(&self, json: bool) {
        if json {
            eprintln!("{}", serde_json::json!({ "error": self }));
        } else {
            eprintln!("cairn: {}", self.text);
        }
    }
}

impl From<CasebookError> for Failure {
    fn from(error: CasebookError) -> Self {
        let kind = match &error {
            CasebookError::Refused(_) => "refused",
            CasebookError::Invalid(_) => "invalid",
            CasebookError::NotFound(_) => "not_found",
            CasebookError::BadRequest(_) => "bad_request",
            CasebookError::NotNow(_) => "not_now",
            CasebookError::PeerRefused { .. } => "peer_refused",
            CasebookError::Mending(_) => "mending",
            CasebookError::SavedUnseen(_) => "saved_unseen",
            CasebookError::NoRoom(_) | CasebookError::Storage(_) => "storage",
        };
        Self::new(kind, error.to_string())
    }
}

/// Adds to an IO error what was being done.
pub trait While<T> {
    /// `cannot {doing}: {error}`
    fn while_doing(self, doing: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T> While<T> for std::io::Result<T> {
    fn while_doing(self, doing: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|error| Failure::setup(format!("cannot {}: {error}", doing())))
    }
}
