//! Receipts: signed entries that say "at that time I held exactly what you held".
//!
//! A receipt is due when a peer is proved to hold the same registry and records as this machine and something changed since
//! the last one. It is not written at once: all that are due go into one entry, at most every [`GAP_MS`], so that a small
//! edit does not call forth more bytes than it has. What a page says does not wait for it. In the urgent lane of the audit,
//! so that receipts can be folded without reading the audit itself; the audit is not part of what they vouch for, so they do
//! not call forth each other.
//!
//! A receipt is the word of one life of its writer. A machine that takes a new incarnation may have lost what it vouched for,
//! so that what it said before no longer counts with anybody, and it says anew what it holds.

use std::collections::BTreeMap;

use cairn_ledger::names::digest_of_spaces;
use cairn_ledger::view::Batch;
use cairn_ledger::{Author, Body, Entry, EntryDraft, EntryKind, Frontier, Lane, ReplicaId, SpaceId};

use crate::{Casebook, CasebookError, keys};

/// Receipts are written at most once in this time.
pub(crate) const GAP_MS: u64 = 300_000;
/// Most peers that one entry is about.
const PEERS_MAX: usize = 256;
/// A time that is further ahead of our clock than this is still to come.
const AHEAD_MS_MAX: u64 = 60_000;
/// The form of a receipt.
const VERSION: u8 = 1;
/// A peer and when.
const LINE_BYTES: usize = 38;

/// Receipts that are due.
#[derive(Debug, Default)]
pub(crate) struct Receipts {
    written_ms: Option<u64>,
    /// When which peer was last equal, and what it and this machine held.
    due: BTreeMap<ReplicaId, (u64, [u8; 32])>,
}

/// A peer, and when it and the writer held the same.
type Line = (ReplicaId, u64);

/// What a receipt says: with these peers the writer held what the digest names, each at its time.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Receipt {
    digest: [u8; 32],
    /// Each with its time in milliseconds since 1970, by the writer's clock. The entry's own time may run ahead of it.
    peers: Vec<Line>,
}

impl Receipt {
    fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend_from_slice(&self.digest);
        for (peer, at_ms) in &self.peers {
            out.extend_from_slice(&peer.0);
            out.extend_from_slice(&at_ms.to_be_bytes()[2..]);
        }
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (digest, lines) = bytes.strip_prefix(&[VERSION])?.split_first_chunk::<32>()?;
        let (lines, rest) = lines.as_chunks::<LINE_BYTES>();
        let line = |line: &[u8; LINE_BYTES]| {
            let (peer, at_ms) = line.split_first_chunk::<32>()?;
            Some((ReplicaId(*peer), at_ms.iter().fold(0, |at_ms, byte| at_ms << 8 | u64::from(*byte))))
        };
        let fits = rest.is_empty() && (1..=PEERS_MAX).contains(&lines.len());
        fits.then(|| Some(Self { digest: *digest, peers: lines.iter().map(line).collect::<Option<_>>()? }))?
    }
}

impl Casebook {
    /// What a receipt vouches for: registry and records, without the audit.
    pub(crate) fn digest_of_records(&self, here: Vec<(SpaceId, Frontier)>) -> [u8; 32] {
        let registry = self.memory().registry.space();
        let spaces: BTreeMap<SpaceId, Frontier> = here.into_iter().collect();
        digest_of_spaces(&registry, spaces.iter().map(|(space, frontier)| (space, frontier.digest())))
    }

    /// A peer held the same at that time, and no receipt says so yet.
    pub(crate) fn receipt_is_due(&self, peer: ReplicaId, at_ms: u64, digest: [u8; 32]) {
        // A relay cannot say what it held in words that others should rely on: it has read nothing. And of a machine that lacks
        // something of its own they would think that they have all.
        if self.is_relay() || !self.is_whole_itself() {
            return;
        }
        self.receipts().due.insert(peer, (at_ms, digest));
    }

    /// Writes what is due, when the last ones were written long enough ago.
    pub(crate) fn write_due_receipts(&self, now_ms: u64) -> Result<(), CasebookError> {
        let due = {
            let mut receipts = self.receipts();
            let early = receipts.written_ms.is_some_and(|written_ms| now_ms.abs_diff(written_ms) < GAP_MS);
            if early || receipts.due.is_empty() {
                return Ok(());
            }
            receipts.written_ms = Some(now_ms);
            std::mem::take(&mut receipts.due)
        };
        let mut alike: Vec<([u8; 32], Vec<Line>)> = Vec::new();
        for (peer, (at_ms, digest)) in due {
            match alike.iter_mut().find(|(vouched, _)| *vouched == digest) {
                Some((_, peers)) => peers.push((peer, at_ms)),
                None => alike.push((digest, vec![(peer, at_ms)])),
            }
        }
        for (digest, peers) in alike {
            for some in peers.chunks(PEERS_MAX) {
                self.write_receipt(digest, some, now_ms)?;
            }
        }
        Ok(())
    }

    fn write_receipt(&self, digest: [u8; 32], peers: &[Line], now_ms: u64) -> Result<(), CasebookError> {
        let receipt = Receipt { digest, peers: peers.to_vec() };
        let body = Body { author: Author::default(), purpose: None, record: None, payload: receipt.encode() };
        let draft = EntryDraft { space: self.audit_space()?, lane: Lane::Urgent, kind: EntryKind::Receipt, body };
        self.commit(&mut self.writing(), vec![draft], now_ms)?;
        peers.iter().try_for_each(|(peer, _)| self.note_receipt_written(*peer, digest, now_ms))
    }

    /// Folds a receipt: who says it held everything of whom, and when. The time is brought to our clock by what is known
    /// of the other's; one that is still to come is no time at which anything was seen, and says nothing.
    pub(crate) fn fold_receipt(&self, batch: &mut Batch, entry: &Entry, now_ms: u64) {
        let Ok(body) = self.ledger.open_body(entry) else { return };
        let Some(receipt) = Receipt::decode(&body.payload) else { return };
        let core = &entry.header.core;
        let writer = core.log.key.replica;
        let ahead_ms = self.clock_of(writer).unwrap_or(0);
        for (about, at_ms) in receipt.peers {
            let at_ms = at_ms.min(core.hlc.unix_ms).saturating_add_signed(ahead_ms.saturating_neg());
            if at_ms <= now_ms.saturating_add(AHEAD_MS_MAX) {
                batch.put(keys::receipt(writer, core.log.key.incarnation, about), at_ms.to_be_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_comes_back_and_nothing_else_is_one() {
        let receipt =
            Receipt { digest: [3; 32], peers: vec![(ReplicaId([1; 32]), 1_790_000_000_000), (ReplicaId([2; 32]), 0)] };
        let bytes = receipt.encode();
        assert_eq!(Receipt::decode(&bytes), Some(receipt));
        for length in 0..bytes.len() {
            let whole = length == 33 + LINE_BYTES;
            assert_eq!(Receipt::decode(&bytes[..length]).is_some(), whole, "{length}");
        }
        assert_eq!(Receipt::decode(&[&[2], &bytes[1..]].concat()), None);
    }
}
