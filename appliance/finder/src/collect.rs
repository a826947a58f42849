//! Counts what matches and keeps the best, in one pass.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashSet};
use std::sync::Arc;

use cairn_record::Kind;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use crate::reader::Columns;

/// One match. Better ones are greater: by score, then the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ranked {
    pub(crate) score: u32,
    pub(crate) recorded_s: u64,
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

/// Where a match is. Waiting records rank before written ones when all else is equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Written(Reverse<DocAddress>),
    Waiting(Reverse<usize>),
}

/// What was found, of one segment or of everything.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// By kind, whatever kinds were asked for.
    pub(crate) kinds: BTreeMap<Kind, usize>,
    /// By holder, of the kinds asked for.
    pub(crate) holders: BTreeMap<String, usize>,
    /// The best of the kinds asked for, in no order.
    pub(crate) best: Vec<Ranked>,
}

impl Found {
    pub(crate) fn add(&mut self, other: Self) {
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        for (holder, count) in other.holders {
            *self.holders.entry(holder).or_default() += count;
        }
        self.best.extend(other.best);
    }
}

/// Which kinds are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kinds(u16);

impl Kinds {
    /// These kinds; all when there are none.
    pub(crate) fn of(kinds: &[Kind]) -> Self {
        let kinds = if kinds.is_empty() { &Kind::ALL } else { kinds };
        Self(kinds.iter().fold(0, |all, kind| all | 1 << kind.number()))
    }

    pub(crate) fn has(self, kind: Kind) -> bool {
        self.0 & 1 << kind.number() != 0
    }
}

/// Collects from the written records.
pub(crate) struct Ranking {
    pub(crate) columns: Vec<Columns>,
    /// Written records that have changed since: what is written of them no longer counts.
    pub(crate) outdated: Arc<HashSet<DocAddress>>,
    pub(crate) kinds: Kinds,
    /// How many of the best are kept.
    pub(crate) keep: usize,
}

impl Collector for Ranking {
    type Fruit = Found;
    type Child = SegmentRanking;

    fn for_segment(&self, segment: SegmentOrdinal, _: &SegmentReader) -> tantivy::Result<SegmentRanking> {
        let columns = self.columns.get(segment as usize).cloned();
        Ok(SegmentRanking {
            segment,
            columns: columns.ok_or_else(|| tantivy::TantivyError::InternalError("a segment has no columns".into()))?,
            outdated: self.outdated.clone(),
            asked: self.kinds,
            keep: self.keep,
            kinds: BTreeMap::new(),
            holders: BTreeMap::new(),
            best: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Found>>) -> tantivy::Result<Found> {
        let mut all = Found::default();
        for found in segments {
            all.add(found?);
        }
        Ok(all)
    }
}

pub(crate) struct SegmentRanking {
    segment: SegmentOrdinal,
    columns: Columns,
    outdated: Arc<HashSet<DocAddress>>,
    asked: Kinds,
    keep: usize,
    kinds: BTreeMap<Kind, usize>,
    /// By number of the holder within the segment.
    holders: BTreeMap<u64, usize>,
    best: BinaryHeap<Reverse<Ranked>>,
}

impl SegmentRanking {
    fn keep(&mut self, ranked: Ranked) {
        if self.best.len() < self.keep {
            self.best.push(Reverse(ranked));
        } else if self.best.peek().is_some_and(|worst| ranked > worst.0) {
            self.best.pop();
            self.best.push(Reverse(ranked));
        }
    }

    fn holders_by_name(&self) -> tantivy::Result<BTreeMap<String, usize>> {
        let named = self.holders.iter().map(|(number, count)| Ok((self.columns.holder_name(*number)?, *count)));
        named.collect()
    }
}

impl SegmentCollector for SegmentRanking {
    type Fruit = tantivy::Result<Found>;

    fn collect(&mut self, doc: DocId, score: Score) {
        let address = DocAddress::new(self.segment, doc);
        let Some(kind) = self.columns.kind(doc).filter(|_| !self.outdated.contains(&address)) else { return };
        *self.kinds.entry(kind).or_default() += 1;
        if !self.asked.has(kind) {
            return;
        }
        if let Some(number) = self.columns.holder(doc) {
            *self.holders.entry(number).or_default() += 1;
        }
        let place = Place::Written(Reverse(address));
        self.keep(Ranked { score: score as u32, recorded_s: self.columns.recorded_s(doc), place, kind });
    }

    fn harvest(self) -> tantivy::Result<Found> {
        let holders = self.holders_by_name()?;
        Ok(Found { kinds: self.kinds, holders, best: self.best.into_iter().map(|kept| kept.0).collect() })
    }
}
