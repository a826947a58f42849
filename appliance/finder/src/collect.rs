//! Counts what matches and keeps the best, in one pass.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashSet};
use std::sync::Arc;

use cairn_record::Kind;
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use crate::reader::Columns;

/// A kind's number is a byte.
const KIND_NUMBERS: usize = 256;

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
    pub(crate) kinds: KindCounts,
    /// By holder, of the kinds asked for.
    pub(crate) holders: BTreeMap<String, usize>,
    /// The best of the kinds asked for, in no order.
    pub(crate) best: Vec<Ranked>,
}

impl Found {
    pub(crate) fn add(&mut self, other: Self) {
        for (mine, theirs) in self.kinds.0.iter_mut().zip(other.kinds.0) {
            *mine += theirs;
        }
        for (holder, count) in other.holders {
            *self.holders.entry(holder).or_default() += count;
        }
        self.best.extend(other.best);
    }
}

/// How many of each kind, by its number.
#[derive(Debug)]
pub(crate) struct KindCounts([usize; KIND_NUMBERS]);

impl Default for KindCounts {
    fn default() -> Self {
        Self([0; KIND_NUMBERS])
    }
}

impl KindCounts {
    pub(crate) fn add_one(&mut self, kind: Kind) {
        self.0[usize::from(kind.number())] += 1;
    }

    /// The kinds that were found, in the order of pages.
    pub(crate) fn found(&self) -> impl Iterator<Item = (Kind, usize)> {
        Kind::ALL.into_iter().map(|kind| (kind, self.0[usize::from(kind.number())])).filter(|(_, count)| *count > 0)
    }
}

/// Which kinds are asked for, by their number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kinds([bool; KIND_NUMBERS]);

impl Kinds {
    /// These kinds; all when there are none.
    pub(crate) fn of(kinds: &[Kind]) -> Self {
        let mut asked = [kinds.is_empty(); KIND_NUMBERS];
        kinds.iter().for_each(|kind| asked[usize::from(kind.number())] = true);
        Self(asked)
    }

    pub(crate) fn has(&self, kind: Kind) -> bool {
        self.0[usize::from(kind.number())]
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
            kinds: KindCounts::default(),
            holders: Vec::new(),
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
    kinds: KindCounts,
    /// By number of the holder within the segment.
    holders: Vec<usize>,
    best: BinaryHeap<Reverse<Ranked>>,
}

impl SegmentRanking {
    fn count_holder(&mut self, doc: DocId) {
        let Some(number) = self.columns.holder(doc).and_then(|number| usize::try_from(number).ok()) else { return };
        if number >= self.holders.len() {
            self.holders.resize(number + 1, 0);
        }
        self.holders[number] += 1;
    }

    /// Keeps the match if it is among the best so far.
    fn keep(&mut self, score: u32, address: DocAddress, kind: Kind) {
        let full = self.best.len() >= self.keep;
        if full && self.best.peek().is_none_or(|worst| score < worst.0.score) {
            return;
        }
        let recorded_s = self.columns.recorded_s(address.doc_id);
        self.best.push(Reverse(Ranked { score, recorded_s, place: Place::Written(Reverse(address)), kind }));
        if full {
            self.best.pop();
        }
    }

    fn holders_by_name(&self) -> tantivy::Result<BTreeMap<String, usize>> {
        let counted = (0..).zip(&self.holders).filter(|(_, count)| **count > 0);
        counted.map(|(number, count)| Ok((self.columns.holder_name(number)?, *count))).collect()
    }
}

impl SegmentCollector for SegmentRanking {
    type Fruit = tantivy::Result<Found>;

    fn collect(&mut self, doc: DocId, score: Score) {
        let address = DocAddress::new(self.segment, doc);
        let Some(kind) = self.columns.kind(doc).filter(|_| !self.outdated.contains(&address)) else { return };
        self.kinds.add_one(kind);
        if self.asked.has(kind) {
            self.count_holder(doc);
            self.keep(score as u32, address, kind);
        }
    }

    fn harvest(self) -> tantivy::Result<Found> {
        let holders = self.holders_by_name()?;
        Ok(Found { kinds: self.kinds, holders, best: self.best.into_iter().map(|kept| kept.0).collect() })
    }
}
