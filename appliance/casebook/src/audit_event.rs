//! What one audit entry says. The payload of an audit entry is this, as compact JSON with one-letter keys.

use cairn_record::{Arg, Reason, RecordId};
use serde::{Deserialize, Serialize};

/// At most this many record ids in one event; `count` tells how many there were.
pub const RECORDS_MAX: usize = 50;
/// At most this many characters of detail.
pub const DETAIL_CHARS_MAX: usize = 300;

/// One audited act. Who and in which role are in the entry's author.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEvent {
    /// What was done, see [`crate::AuditLine::action`].
    #[serde(rename = "a")]
    pub action: String,
    /// How the person came in: `screen`, `api`, `terminal`; `machine` for acts of the appliance itself.
    #[serde(rename = "v")]
    pub via: String,
    /// What it was done with: a name, a text that was asked for, a file.
    #[serde(rename = "d", default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// On which records.
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordId>,
    /// How many hits, rows or entries.
    #[serde(rename = "n", default, skip_serializing_if = "is_zero")]
    pub count: u64,
    /// What happened, where a name or a text does not say it.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Reason>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl AuditEvent {
    /// An event with nothing but its action.
    pub fn new(action: &str, via: &str) -> Self {
        Self {
            action: action.into(),
            via: via.into(),
            detail: String::new(),
            records: Vec::new(),
            count: 0,
            said: None,
        }
    }

    /// Says what happened; names in it are cut at the limit.
    pub fn say(mut self, mut reason: Reason) -> Self {
        for arg in reason.args.values_mut() {
            if let Arg::Text(text) = arg {
                *text = text.chars().take(DETAIL_CHARS_MAX).collect();
            }
        }
        self.said = Some(reason);
        self
    }

    /// Adds a name or a text, cut at the limit.
    pub fn detail(mut self, detail: &str) -> Self {
        self.detail = detail.chars().take(DETAIL_CHARS_MAX).collect();
        self
    }

    /// Adds records, cut at the limit, and counts them all.
    pub fn on(mut self, records: impl IntoIterator<Item = RecordId>) -> Self {
        let mut total = 0;
        for record in records {
            total += 1;
            if self.records.len() < RECORDS_MAX {
                self.records.push(record);
            }
        }
        self.count = self.count.max(total);
        self
    }

    /// Sets the count.
    pub fn count(mut self, count: u64) -> Self {
        self.count = count;
        self
    }
}
