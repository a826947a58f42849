//! The search index itself: what can be asked of it.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cairn_record::RecordId;
use tantivy::index::SegmentComponent;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::{Directory, Index, IndexWriter, TantivyError};

use crate::answer::Answer;
use crate::asked::{Asked, Query};
use crate::delta::{Change, Delta};
use crate::errors::{FinderError, from_io, from_tantivy};
use crate::reader::OpenReader;
use crate::record::IndexedRecord;
use crate::schema::{Fields, layout, settings};
use crate::sealed::{META, RandomSource, SealedDirectory};
use crate::search;
use crate::tokens::Findable;

/// Most records that wait in memory; one more makes [`SearchIndex::put`] write them out first.
pub const PENDING_MAX: usize = 500;
/// Longest stamp in bytes.
pub const STAMP_BYTES_MAX: usize = 64 * 1024;
/// What a segment may take in memory while it is written; tantivy takes no less.
const WRITER_BYTES: usize = 15_000_000;
/// Share of outdated records in a segment that makes tantivy write it anew without them.
const OUTDATED_SHARE_MAX: f32 = 0.3;

/// How the index was found when it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The stamp given with the last commit. Everything that came after it must be handed in again
    /// ([`SearchIndex::put`] may repeat). Empty when the index is new, was wiped, or was killed while it was being
    /// rebuilt: then everything must be ([`SearchIndex::rebuild`]).
    pub stamp: Vec<u8>,
    /// Why the index had to be wiped, for the log; `None` when nothing was wrong or nothing was there.
    pub wiped: Option<String>,
}

/// Full-text search over records. Safe to call from many threads; all calls block for as long as the disk takes.
pub struct SearchIndex {
    folder: SealedDirectory,
    fields: Fields,
    /// Taken before `state` when both are.
    writer: Mutex<Option<IndexWriter>>,
    state: Mutex<State>,
}

struct State {
    index: Index,
    delta: Delta,
    reader: Option<Arc<OpenReader>>,
    /// Whether `reader` is of the last commit. An older one is kept until the next is open, which shares its bytes.
    reader_is_current: bool,
    stamp: Vec<u8>,
    /// A record could not be taken in, so that no commit may claim to be complete.
    behind: bool,
}

impl SearchIndex {
    /// Opens the index in `dir` (made when missing) with the key it was sealed with. `cache_bytes` bounds the memory
    /// that holds opened pieces of files; 4 MiB is plenty. A damaged index, one of another version and one that
    /// another key sealed are wiped: [`Opened`] says so. The folder belongs to this process alone, which the caller
    /// ensures.
    pub fn open(
        dir: &Path,
        key: &[u8; 32],
        cache_bytes: usize,
        random: RandomSource,
    ) -> Result<(Self, Opened), FinderError> {
        let folder = SealedDirectory::open(dir, key, cache_bytes, random).map_err(from_io)?;
        let (_, fields) = layout();
        let mut wiped = None;
        let (index, stamp) = match guarded(&folder, || open_existing(&folder, fields)) {
            Ok(Some(found)) => found,
            Ok(None) => (create(&folder)?, Vec::new()),
            Err(error @ (FinderError::Damaged(_) | FinderError::Engine(_))) => {
                wiped = Some(error.to_string());
                folder.wipe().map_err(from_io)?;
                (create(&folder)?, Vec::new())
            }
            Err(error) => return Err(error),
        };
        let state = State {
            index,
            delta: Delta::default(),
            reader: None,
            reader_is_current: false,
            stamp: stamp.clone(),
            behind: false,
        };
        let this = Self { folder, fields, writer: Mutex::new(None), state: Mutex::new(state) };
        Ok((this, Opened { stamp, wiped }))
    }

    /// Makes a record findable, replacing what was known of it. It is found from the moment this returns, and is
    /// written to the disk by the next commit. When [`PENDING_MAX`] records wait, they are written first; if that
    /// fails, the record is not taken in and the index is [`FinderError::Behind`] until it is rebuilt.
    pub fn put(&self, record: IndexedRecord) -> Result<(), FinderError> {
        self.add(Change::Put(Findable::from(record)))
    }

    /// Makes a record no longer findable, under the same terms as [`SearchIndex::put`].
    pub fn remove(&self, record: RecordId) -> Result<(), FinderError> {
        self.add(Change::Remove(record))
    }

    /// How many records wait to be written.
    pub fn pending(&self) -> usize {
        self.state().delta.len()
    }

    /// Writes everything that waits, durably, together with `stamp`: the caller's word for "everything up to here is
    /// in the index", given back by [`SearchIndex::open`]. Call it when idle and every few seconds under load. When
    /// it fails, what waits keeps waiting and stays findable.
    pub fn commit(&self, stamp: &[u8]) -> Result<(), FinderError> {
        if stamp.len() > STAMP_BYTES_MAX {
            return Err(FinderError::StampTooLong { bytes: stamp.len(), max: STAMP_BYTES_MAX });
        }
        self.write_waiting(Some(stamp))
    }

    /// Gives memory back while nobody searches or writes: ends merges, closes the writer and the reader. The next
    /// call opens what it needs. What waits stays waiting, so commit first.
    pub fn rest(&self) -> Result<(), FinderError> {
        let ended = self.end_writing(&mut self.writer());
        self.state().reader = None;
        self.folder.forget_opened();
        ended
    }

    /// Finds records. What a person may not read is neither found nor counted.
    pub fn search(&self, query: &Query) -> Result<Answer, FinderError> {
        query.check()?;
        let asked = Asked::read(&query.text);
        if asked.groups.is_empty() || query.spaces.is_empty() {
            return Ok(Answer { ignored: asked.ignored, ..Answer::default() });
        }
        guarded(&self.folder, || {
            let (reader, waiting) = self.as_it_stands()?;
            search::search(&reader, self.fields, &waiting, &asked, query)
        })
    }

    /// Empties the index and fills it with `records`, each of which comes once, then commits with `stamp`. What was
    /// put before and still waits, and what is put meanwhile, is kept and written by the next commit. Much faster
    /// than [`SearchIndex::put`] for many. Also the way out of [`FinderError::Damaged`] and [`FinderError::Behind`].
    pub fn rebuild(&self, records: impl IntoIterator<Item = IndexedRecord>, stamp: &[u8]) -> Result<(), FinderError> {
        if stamp.len() > STAMP_BYTES_MAX {
            return Err(FinderError::StampTooLong { bytes: stamp.len(), max: STAMP_BYTES_MAX });
        }
        let mut open = self.writer();
        // What it could not finish is about to be wiped.
        let _ = self.end_writing(&mut open);
        let index = self.start_afresh()?;
        let filled = guarded(&self.folder, || {
            let writer = open.insert(new_writer(&index)?);
            for record in records {
                writer.add_document(self.fields.document(&Findable::from(record)))?;
            }
            commit_writer(writer, stamp)
        });
        if filled.is_err() {
            let _ = self.end_writing(&mut open);
        }
        filled?;
        let mut state = self.state();
        state.reader = None;
        state.stamp = stamp.to_vec();
        Ok(())
    }

    /// Reads every byte of the index and says whether all of it is as it was written.
    pub fn check(&self) -> Result<(), FinderError> {
        let mut open = self.writer();
        self.end_writing(&mut open)?;
        let index = self.state().index.clone();
        guarded(&self.folder, || self.folder.verify(&living(&index)?).map_err(TantivyError::from))
    }

    /// Closes the writer and waits for its merges: one that is only dropped leaves threads behind, which write and
    /// delete files for a while yet.
    fn end_writing(&self, open: &mut Option<IndexWriter>) -> Result<(), FinderError> {
        let writer = open.take();
        guarded(&self.folder, || writer.map_or(Ok(()), IndexWriter::wait_merging_threads))
    }

    fn add(&self, change: Change) -> Result<(), FinderError> {
        if self.pending() >= PENDING_MAX {
            self.write_waiting(None).inspect_err(|_| self.state().behind = true)?;
        }
        self.state().delta.add(change);
        Ok(())
    }

    /// Writes what waits. Without a stamp the last one stays: it promises less than is there, which does no harm.
    fn write_waiting(&self, stamp: Option<&[u8]>) -> Result<(), FinderError> {
        let mut open = self.writer();
        let (behind, nothing_waits, last_stamp) = {
            let state = self.state();
            (state.behind, state.delta.len() == 0, state.stamp.clone())
        };
        let stamp = stamp.map_or_else(|| last_stamp.clone(), <[u8]>::to_vec);
        if behind {
            return Err(FinderError::Behind);
        }
        if nothing_waits && stamp == last_stamp {
            return Ok(());
        }
        let written = guarded(&self.folder, || self.write(&mut open, &stamp));
        if written.is_err() {
            // What this writer holds would otherwise be written twice by the next commit.
            let _ = self.end_writing(&mut open);
        }
        let changes = written?;
        let mut state = self.state();
        state.delta.written(&changes);
        state.reader_is_current = false;
        state.stamp = stamp;
        Ok(())
    }

    fn write(&self, open: &mut Option<IndexWriter>, stamp: &[u8]) -> tantivy::Result<Vec<Arc<Change>>> {
        let (reader, changes) = self.as_it_stands()?;
        let writer = match open {
            Some(writer) => writer,
            None => open.insert(new_writer(reader.searcher.index())?),
        };
        for change in &changes {
            // Asked first, because for every deletion, of something or nothing, tantivy opens every segment.
            if reader.holds(change.record())? {
                writer.delete_term(self.fields.record_term(change.record()));
            }
            if let Some(findable) = change.findable() {
                writer.add_document(self.fields.document(findable))?;
            }
        }
        commit_writer(writer, stamp)?;
        Ok(changes)
    }

    /// The written and the waiting records of one moment.
    fn as_it_stands(&self) -> tantivy::Result<(Arc<OpenReader>, Vec<Arc<Change>>)> {
        let mut state = self.state();
        let reader = match &state.reader {
            Some(reader) if state.reader_is_current => reader.clone(),
            before => Arc::new(OpenReader::open(&state.index, self.fields, before.as_deref())?),
        };
        state.reader = Some(reader.clone());
        state.reader_is_current = true;
        Ok((reader, state.delta.waiting()))
    }

    fn start_afresh(&self) -> Result<Index, FinderError> {
        let mut state = self.state();
        self.folder.wipe().map_err(from_io)?;
        state.index = create(&self.folder)?;
        state.reader = None;
        state.stamp.clear();
        state.behind = false;
        Ok(state.index.clone())
    }

    fn writer(&self) -> MutexGuard<'_, Option<IndexWriter>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs something of tantivy's. It reads files at places where it cannot hand an error back and panics instead; such
/// a panic ends here, and where the seals found damage the error says so, however it came out. Damage deep in a file may
/// not show when the index is opened the next time, so the index is condemned at once.
fn guarded<T>(folder: &SealedDirectory, work: impl FnOnce() -> tantivy::Result<T>) -> Result<T, FinderError> {
    let outcome = catch_unwind(AssertUnwindSafe(work));
    let error = match outcome {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => from_tantivy(error),
        Err(_) => FinderError::Engine("it stopped at a file it could not read".into()),
    };
    if !folder.damage_was_seen() {
        return Err(error);
    }
    folder.condemn();
    Err(FinderError::Damaged(error.to_string()))
}

/// Opens what is there. `None` when nothing is.
fn open_existing(folder: &SealedDirectory, fields: Fields) -> tantivy::Result<Option<(Index, Vec<u8>)>> {
    if !folder.exists(Path::new(META))? {
        let used = folder.is_used()?;
        return if used { Err(TantivyError::SchemaError("its list of segments is missing".into())) } else { Ok(None) };
    }
    let index = Index::open(folder.clone())?;
    if index.schema() != layout().0 || *index.settings() != settings() {
        return Err(TantivyError::SchemaError("it was written by another version".into()));
    }
    folder.keep_only(&living(&index)?)?;
    // Again, because tantivy reads the list of files it made when it opens an index.
    let index = Index::open(folder.clone())?;
    OpenReader::open(&index, fields, None)?;
    let stamp = index.load_metas()?.payload.map_or(Some(Vec::new()), |payload| unhex(&payload));
    let stamp = stamp.ok_or_else(|| TantivyError::SchemaError("its stamp cannot be read".into()))?;
    Ok(Some((index, stamp)))
}

fn create(folder: &SealedDirectory) -> Result<Index, FinderError> {
    guarded(folder, || Index::create(folder.clone(), layout().0, settings()))
}

/// Every file the index needs.
fn living(index: &Index) -> tantivy::Result<HashSet<PathBuf>> {
    let metas = index.load_metas()?;
    let mut files = metas.list_segment_files();
    // tantivy lists a file of outdated records for each segment, whether it has any or not.
    for segment in metas.segments.iter().filter(|segment| !segment.has_deletes()) {
        files.remove(&segment.relative_path(SegmentComponent::Delete));
    }
    files.insert(META.into());
    Ok(files)
}

fn new_writer(index: &Index) -> tantivy::Result<IndexWriter> {
    let options = IndexWriterOptions::builder()
        .memory_budget_per_thread(WRITER_BYTES)
        .num_worker_threads(1)
        .num_merge_threads(1)
        .build();
    let writer = index.writer_with_options(options)?;
    let mut merges = LogMergePolicy::default();
    merges.set_del_docs_ratio_before_merge(OUTDATED_SHARE_MAX);
    writer.set_merge_policy(Box::new(merges));
    Ok(writer)
}

fn commit_writer(writer: &mut IndexWriter, stamp: &[u8]) -> tantivy::Result<()> {
    let mut commit = writer.prepare_commit()?;
    commit.set_payload(&hex(stamp));
    commit.commit().map(drop)
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}
