//! What the records say here, as digests: two replicas with equal frontiers must answer alike.

use std::collections::BTreeMap;

use cairn_ledger::SpaceId;
use cairn_ledger::view::{Key, Table};
use cairn_record::{RecordId, reason};

use crate::row::RecordRow;
use crate::{Casebook, CasebookError};

/// Rows read at a time.
const PAGE: usize = 1_000;

impl Casebook {
    /// The space and a digest of the state of every record here, withdrawn ones included. For comparing replicas: it shows
    /// nothing of what a record says, and is not written to the audit. 64 bytes of memory a record.
    pub fn record_digests(&self) -> Result<BTreeMap<RecordId, (SpaceId, [u8; 32])>, CasebookError> {
        let (prefix, mut after) = (Key::new(Table::Record), None);
        let mut digests = BTreeMap::new();
        loop {
            let rows = self.views.scan(&prefix, PAGE, after.as_ref())?;
            let Some(last) = rows.last() else { return Ok(digests) };
            after = Some(last.key.clone());
            for row in &rows {
                let Some(row) = RecordRow::decode(&row.value) else {
                    return Err(CasebookError::Storage(reason!("view-damaged")));
                };
                digests.insert(row.state.record, (row.space, *blake3::hash(&row.state.encode()).as_bytes()));
            }
        }
    }
}
