//! What of a peer outlives a restart, as the views keep it.

use cairn_ledger::{EntryHash, Frontier, Incarnation, LogKey, SpaceId};

use super::{FilesHad, PeerState};
use crate::link_rules::UsedBytes;

/// A log with its last number and hash.
type LogRow = (LogKey, u64, EntryHash);

/// What of a peer outlives a restart.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct PeerRow {
    address: String,
    last_contact_ms: Option<u64>,
    last_equal_ms: Option<u64>,
    #[serde(default)]
    receipted_in_life: Option<([u8; 32], Incarnation)>,
    #[serde(default)]
    stick_made_ms: u64,
    #[serde(default)]
    used: UsedBytes,
    #[serde(default)]
    clock_ahead_ms: Option<i64>,
    #[serde(default)]
    files: Option<(u64, u64)>,
    #[serde(default)]
    files_had: Option<FilesHad>,
    frontiers: Vec<(SpaceId, Vec<LogRow>)>,
    #[serde(default)]
    agreed: Vec<(SpaceId, Vec<LogRow>)>,
}

impl PeerState {
    pub(super) fn row(&self) -> PeerRow {
        let logs =
            |frontier: &Frontier| frontier.0.iter().map(|(log, (number, hash))| (*log, *number, *hash)).collect();
        PeerRow {
            address: self.address.clone(),
            last_contact_ms: self.last_contact_ms,
            last_equal_ms: self.last_equal_ms,
            receipted_in_life: self.receipted,
            stick_made_ms: self.stick_made_ms,
            used: self.used,
            clock_ahead_ms: self.clock_ahead_ms,
            files: self.files,
            files_had: self.files_had.clone(),
            frontiers: self.frontiers.iter().map(|(space, frontier)| (*space, logs(frontier))).collect(),
            agreed: self.agreed.iter().map(|(space, frontier)| (*space, logs(frontier))).collect(),
        }
    }

    pub(super) fn from_row(row: PeerRow) -> Self {
        let frontier =
            |logs: Vec<LogRow>| Frontier(logs.into_iter().map(|(log, number, hash)| (log, (number, hash))).collect());
        Self {
            address: row.address,
            last_contact_ms: row.last_contact_ms,
            last_equal_ms: row.last_equal_ms,
            receipted: row.receipted_in_life,
            stick_made_ms: row.stick_made_ms,
            used: row.used,
            used_saved: row.used.bytes,
            clock_ahead_ms: row.clock_ahead_ms,
            files: row.files,
            files_had: row.files_had,
            frontiers: row.frontiers.into_iter().map(|(space, logs)| (space, frontier(logs))).collect(),
            agreed: row.agreed.into_iter().map(|(space, logs)| (space, frontier(logs))).collect(),
            ..Self::default()
        }
    }
}
