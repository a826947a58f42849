//! What the records say here, as digests: two replicas with equal frontiers must answer alike.

use std::collections::BTreeMap;

use cairn_ledger::SpaceId;
use cairn_ledger::view::{Key, Table};
use cairn_record::{RecordId, reason};

use crate::row::RecordRow;
use crate::{Casebook, CasebookError};

impl Casebook {
    /// The space and a digest of the state of every record here, withdrawn ones included. For comparing replicas: it shows
    /// nothing of what a record says, and is not written to the audit. 64 bytes of memory a record.
    pub fn record_digests(&self) -> Result<BTreeMap<RecordId, (SpaceId, [u8; 32])>, CasebookError> {
        let mut digests = BTreeMap::new();
        for row in self.views.rows(Key::new(Table::Record)) {
            let Some(row) = RecordRow::decode(&row?.value) else {
                return Err(CasebookError::Storage(reason!("view-damaged")));
            };
            digests.insert(row.state.record, (row.space, *blake3::hash(&row.state.encode()).as_bytes()));
        }
        Ok(digests)
    }
}
