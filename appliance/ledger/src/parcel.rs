//! A parcel in clear: consecutive entries of one log as members of its space exchange them inside TLS.
//!
//! Only what the receiver cannot derive is in it. Numbers follow from `first`, the previous hash from what the
//! receiver holds, the record tag from the record's id, body length and hash from sealing the body again
//! (sealing is deterministic). The seal at the end proves that the derived headers are the writer's own.

use crate::{ClockQuality, Hlc, LogId, Seal};
use cairn_record::RecordId;

/// Consecutive entries of one log, opened, and the seal over the last of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenParcel {
    /// Which log.
    pub log: LogId,
    /// Number of the first entry.
    pub first: u64,
    /// The entries in order.
    pub entries: Vec<OpenEntry>,
    /// Seal over the last entry.
    pub seal: Seal,
}

/// One entry in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenEntry {
    /// Key epoch it was sealed under.
    pub epoch: u32,
    /// When it was written.
    pub hlc: Hlc,
    /// How far the writer trusted its clock.
    pub clock: ClockQuality,
    /// Kind number (unknown kinds are carried).
    pub kind: u8,
    /// The record it is about, if any.
    pub record: Option<RecordId>,
    /// Plain body bytes.
    pub body: Vec<u8>,
}
