//! The written records as of one commit, opened for searching.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use cairn_record::{Kind, RecordId};
use tantivy::columnar::{Column, StrColumn};
use tantivy::postings::Postings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, DocSet, Index, ReloadPolicy, Searcher, SegmentReader, TERMINATED, Term};

use crate::answer::{Match, MatchedBy};
use crate::asked::Asked;
use crate::schema::{Fields, HOLDER, KIND, RECORDED};
use crate::score::{self, Holds};

/// Blocks of stored ids kept open a segment.
const STORE_BLOCKS: usize = 4;

/// An opened commit. Dropping it gives its memory back.
pub(crate) struct OpenReader {
    pub(crate) searcher: Searcher,
    pub(crate) columns: Vec<Columns>,
    fields: Fields,
    /// Where the records stand that were asked about, because each waiting record is asked about at every search.
    places: Mutex<HashMap<RecordId, Vec<DocAddress>>>,
    /// Whether the dictionary of records, the largest, has been opened.
    records_opened: AtomicBool,
}

/// The columns of one segment, opened once for the life of the reader: opening one means unsealing all of it.
#[derive(Clone)]
pub(crate) struct Columns {
    kind: Column<u64>,
    recorded: Column<u64>,
    holder: Option<StrColumn>,
}

impl OpenReader {
    /// Opens the last commit. `before` is the reader of an earlier one that is still open: the dictionaries in use
    /// there are opened at once, while their bytes can be shared. Otherwise each waits for its first use.
    pub(crate) fn open(index: &Index, fields: Fields, before: Option<&Self>) -> tantivy::Result<Self> {
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(STORE_BLOCKS)
            .try_into()?;
        let searcher = reader.searcher();
        let columns = searcher.segment_readers().iter().map(Columns::open).collect::<tantivy::Result<_>>()?;
        let records_opened = AtomicBool::new(false);
        let this = Self { searcher, columns, fields, places: Mutex::default(), records_opened };
        if let Some(before) = before {
            this.open_dictionaries(before.records_opened.load(Ordering::Relaxed))?;
        }
        Ok(this)
    }

    fn open_dictionaries(&self, of_records_too: bool) -> tantivy::Result<()> {
        self.records_opened.store(of_records_too, Ordering::Relaxed);
        for segment in self.searcher.segment_readers() {
            let records = of_records_too.then_some(self.fields.record);
            self.fields.searched().chain(records).try_for_each(|field| segment.inverted_index(field).map(drop))?;
        }
        Ok(())
    }

    /// Where the written forms of these records stand.
    pub(crate) fn places_of(&self, records: impl Iterator<Item = RecordId>) -> io::Result<HashSet<DocAddress>> {
        let mut known = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let mut places = HashSet::new();
        for record in records {
            if let Some(found) = known.get(&record) {
                places.extend(found);
            } else {
                let found = self.look_up(record)?;
                places.extend(&found);
                known.insert(record, found);
            }
        }
        Ok(places)
    }

    fn look_up(&self, record: RecordId) -> io::Result<Vec<DocAddress>> {
        self.records_opened.store(true, Ordering::Relaxed);
        let term = self.fields.record_term(record);
        let mut found = Vec::new();
        for (number, segment) in (0..).zip(self.searcher.segment_readers()) {
            let Some(mut postings) = postings(segment, &term)? else { continue };
            while postings.doc() != TERMINATED {
                found.push(DocAddress::new(number, postings.doc()));
                postings.advance();
            }
        }
        Ok(found)
    }

    /// Whether anything is written of this record.
    pub(crate) fn holds(&self, record: RecordId) -> io::Result<bool> {
        Ok(!self.places_of([record].into_iter())?.is_empty())
    }

    /// The record that stands here.
    pub(crate) fn record_at(&self, place: DocAddress) -> tantivy::Result<Option<RecordId>> {
        Ok(self.fields.record(&self.searcher.doc(place)?))
    }

    /// Why the record that stands here has this score.
    pub(crate) fn why(&self, place: DocAddress, score: u32, asked: &Asked) -> io::Result<Vec<Match>> {
        let terms = asked.terms_len();
        let only = MatchedBy::ALL.into_iter().find(|by| score::count(score, terms, *by) == terms);
        if let Some(by) = only {
            return Ok(asked.terms().map(|term| Match { word: term.word.clone(), by }).collect());
        }
        let segment = self.searcher.segment_reader(place.segment_ord);
        let mut written = Written { fields: &self.fields, segment, doc: place.doc_id, score, terms };
        Ok(score::answers(&mut written, asked)?.map(|(_, why)| why).unwrap_or_default())
    }
}

fn postings(segment: &SegmentReader, term: &Term) -> io::Result<Option<impl Postings + use<>>> {
    let inverted = segment.inverted_index(term.field()).map_err(io::Error::other)?;
    inverted.read_postings(term, IndexRecordOption::Basic)
}

impl Columns {
    fn open(segment: &SegmentReader) -> tantivy::Result<Self> {
        let fast = segment.fast_fields();
        Ok(Self { kind: fast.u64(KIND)?, recorded: fast.u64(RECORDED)?, holder: fast.str(HOLDER)? })
    }

    pub(crate) fn kind(&self, doc: DocId) -> Option<Kind> {
        self.kind.first(doc).and_then(|number| u8::try_from(number).ok()).and_then(Kind::from_number)
    }

    pub(crate) fn recorded_s(&self, doc: DocId) -> u64 {
        self.recorded.first(doc).unwrap_or_default()
    }

    /// The holder's number within the segment.
    pub(crate) fn holder(&self, doc: DocId) -> Option<u64> {
        self.holder.as_ref()?.ords().first(doc)
    }

    pub(crate) fn holder_name(&self, number: u64) -> io::Result<String> {
        let mut name = String::new();
        if let Some(holder) = &self.holder {
            holder.ord_to_str(number, &mut name)?;
        }
        Ok(name)
    }
}

/// A written record of known score. Whether it holds a whole form is looked up; the two ways that would need a walk
/// through the dictionary are read off the score, which is what is left when the others do not apply.
struct Written<'a> {
    fields: &'a Fields,
    segment: &'a SegmentReader,
    doc: DocId,
    score: u32,
    terms: u32,
}

impl Holds for Written<'_> {
    type Error = io::Error;

    fn holds(&mut self, by: MatchedBy, form: &str) -> io::Result<bool> {
        if score::count(self.score, self.terms, by) == 0 {
            return Ok(false);
        }
        if matches!(by, MatchedBy::Prefix | MatchedBy::Misspelt) {
            return Ok(true);
        }
        let found = postings(self.segment, &self.fields.term(by, form))?;
        Ok(found.is_some_and(|mut postings| postings.doc() <= self.doc && postings.seek(self.doc) == self.doc))
    }
}
