//! How the casebook looks after itself: what it does every few seconds, how it puts itself right after an error of the
//! disk, and how everything that can be rebuilt is rebuilt.
//!
//! The logs are the truth; views and search follow them. When one of them cannot follow, [`Parts::behind`] is set, and
//! nothing is answered from them until they have caught up: a record that a check does not see is a wrong "nothing held".

use std::sync::atomic::Ordering;

use cairn_finder::SearchIndex;
use cairn_ledger::view::{Key, Table, ViewError};
use cairn_record::reason;

use crate::core::Writing;
use crate::life::index_stamp;
use crate::logs::LogTable;
use crate::row::RecordRow;
use crate::summary::is_yes;
use crate::{Actor, AuditEvent, Casebook, CasebookError, Right};

/// Waiting records after which the search index is written out even if people are busy.
const INDEX_PENDING_MAX: usize = 400;

impl Casebook {
    /// Looks after itself: mends what a failure left behind, writes out the search index when something waits, gives
    /// memory back when idle. Call it every few seconds; `idle` when nobody has asked for anything in between.
    pub fn tick(&self, idle: bool, now_ms: u64) -> Result<(), CasebookError> {
        if self.needs_mending() {
            return self.mend(now_ms);
        }
        let pending = self.index.as_ref().map_or(0, SearchIndex::pending);
        if pending > INDEX_PENDING_MAX || (pending > 0 && idle) {
            let writing = self.writing();
            self.commit_index()?;
            drop(writing);
        }
        self.rescue(false, now_ms);
        if self.ledger.suspect().is_some() || (idle && pending == 0) {
            self.look_at_journal(now_ms)?;
        }
        if idle && pending == 0 {
            self.index.as_ref().map_or(Ok(()), SearchIndex::rest)?;
            self.ledger.keep_reserve();
            if !self.files_looked_at.load(Ordering::Relaxed) {
                self.queue_incomplete()?;
                self.files_looked_at.store(true, Ordering::Relaxed);
            }
            if self.views.stats()?.wants_compaction() {
                self.views.compact()?;
            }
        }
        Ok(())
    }

    /// Refuses while views or search lack something that the logs hold: an answer would be a false "nothing held".
    pub(crate) fn must_be_whole(&self) -> Result<(), CasebookError> {
        if self.behind.load(Ordering::SeqCst) {
            return Err(CasebookError::Mending(reason!("view-behind")));
        }
        Ok(())
    }

    fn needs_mending(&self) -> bool {
        self.behind.load(Ordering::SeqCst)
            || self.ledger.stats().needs_reopen
            || matches!(self.views.stats(), Err(ViewError::NeedsReopen))
    }

    /// Puts itself right after an error of the disk, a full one above all: opens logs and views again, folds what the
    /// views lack and fills the search index anew. Until that has worked, [`Casebook::tick`] tries it again.
    fn mend(&self, now_ms: u64) -> Result<(), CasebookError> {
        let mut writing = self.writing();
        if self.ledger.stats().needs_reopen {
            self.ledger.reopen()?;
        }
        if self.views.stats().is_err() {
            self.reopen_views()?;
        }
        self.behind.store(true, Ordering::SeqCst);
        self.load_log_table(&mut writing)?;
        self.fold_before_indexing(&mut writing, now_ms)?;
        self.rebuild_index()?;
        self.behind.store(false, Ordering::SeqCst);
        self.files_looked_at.store(false, Ordering::Relaxed);
        drop(writing);
        tracing::info!("views and search are whole again after an error of the disk; no record was lost");
        Ok(())
    }

    /// Opens the views again; on a full disk with the room that was held in reserve for this.
    fn reopen_views(&self) -> Result<(), CasebookError> {
        match self.views.reopen() {
            Err(ViewError::Full) if self.ledger.release_reserve() => Ok(self.views.reopen()?),
            done => Ok(done?),
        }
    }

    /// Rebuilds every view and the search index from the logs. Returns how many records are held.
    pub fn rebuild(&self, actor: &Actor, now_ms: u64) -> Result<u64, CasebookError> {
        actor.must(Right::ManageSync)?;
        let mut writing = self.writing();
        // What peers are known to hold, what people have begun to write and what they have read does not come from the logs,
        // and the copies of this machine's notes are there for when those are damaged.
        self.views.keep_only(&[Table::Peer, Table::Draft, Table::Read, Table::Note])?;
        *self.logs_mut() = LogTable::default();
        *writing = Writing::default();
        self.attachments_known.store(0, Ordering::Relaxed);
        self.fold_before_indexing(&mut writing, now_ms)?;
        self.rebuild_index()?;
        self.behind.store(false, Ordering::SeqCst);
        let records = writing.records;
        drop(writing);
        self.write_audit(actor, AuditEvent::new("rebuild", actor.via.key()).count(records), now_ms)?;
        Ok(records)
    }

    fn commit_index(&self) -> Result<(), CasebookError> {
        let Some(index) = &self.index else { return Ok(()) };
        if self.behind.load(Ordering::SeqCst) {
            // Its old stamp lets the next start fill in what is missing, should mending not come to it.
            return Ok(());
        }
        let stamp = index_stamp(&self.logs());
        Ok(index.commit(&stamp)?)
    }

    pub(crate) fn rebuild_index(&self) -> Result<(), CasebookError> {
        let Some(index) = &self.index else { return Ok(()) };
        let mut failure = None;
        let records = self.held_rows(&mut failure).map(|row| self.indexed(&row));
        index.rebuild(records, &index_stamp(&self.logs()))?;
        failure.map_or(Ok(()), Err)
    }

    /// Every record that is held and not withdrawn, a page at a time; stops at the first failure and leaves it behind.
    fn held_rows<'a>(&'a self, failure: &'a mut Option<CasebookError>) -> impl Iterator<Item = RecordRow> + 'a {
        let rows = self.views.rows(Key::new(Table::Record));
        let rows = rows.map_while(|row| row.map_err(|error| *failure = Some(error.into())).ok());
        rows.filter_map(|row| RecordRow::decode(&row.value)).filter(|row| !is_yes(&row.state, "withdrawn"))
    }

    /// Writes everything out and marks the views as closed in order.
    pub fn close(&self) -> Result<(), CasebookError> {
        let writing = self.writing();
        self.commit_index()?;
        self.views.close()?;
        drop(writing);
        Ok(())
    }
}
