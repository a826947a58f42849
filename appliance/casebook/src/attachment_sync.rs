//! What the sync asks about chunks and brings, and how leftovers and damage among them are cleared away.
//!
//! A peer may ask about and take chunks of the spaces that it shares, nothing else. What it brings is kept when it bears
//! its right name, whoever sent it.

use std::collections::HashSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use cairn_ledger::attachment::AttachmentStep;
use cairn_ledger::view::{Batch, Key, Table};
use cairn_ledger::{ChunkName, Entry, EntryKind, ReplicaId, SealedChunk, SpaceId};

use cairn_record::reason;

use crate::exchange::peer_refused;
use crate::{
    Actor, AuditEvent, Casebook, CasebookError, ChunksCleared, FILES_A_PAGE, FetchPlace, FileToFetch, FilesToFetch,
    Right, keys,
};

/// Leftover chunks removed in one go.
const LEFTOVER_MAX: usize = 100_000;

impl Casebook {
    /// Files of which chunks are to be fetched from this peer, newest first, from a place on. Those that have become whole
    /// are struck off the list.
    pub fn files_to_fetch(&self, peer: ReplicaId, after: Option<FetchPlace>) -> Result<FilesToFetch, CasebookError> {
        let shared = self.shared_with(peer);
        let after = after.map(|place| keys::fetch(&place));
        let rows = self.views.scan(&Key::new(Table::Fetch), FILES_A_PAGE, after.as_ref())?;
        let next =
            (rows.len() == FILES_A_PAGE).then(|| rows.last().and_then(|row| keys::read_fetch(&row.key))).flatten();
        let (mut files, mut done) = (Vec::new(), Batch::new());
        for row in rows {
            let held = keys::read_parked(&row.value).map(|at| self.manifest_at(at)).transpose()?.flatten();
            let Some(held) = held else { continue };
            let missing = self.blobs.missing(&held.space, &held.manifest.chunks);
            if missing.is_empty() {
                done.remove(row.key);
            } else if shared.contains(&held.space) {
                files.push(FileToFetch { space: held.space, missing });
            }
        }
        if !done.is_empty() {
            let writing = self.writing();
            self.views.commit(&done, None)?;
            drop(writing);
        }
        Ok(FilesToFetch { files, next, known: self.attachments_known.load(Ordering::Relaxed) })
    }

    /// Which of these chunks are here. A peer that asks about a space that it does not share is refused.
    pub fn has_chunks(&self, peer: ReplicaId, names: &[(SpaceId, ChunkName)]) -> Result<Vec<bool>, CasebookError> {
        self.must_share(peer, names.iter().map(|(space, _)| space))?;
        Ok(names.iter().map(|(space, name)| self.blobs.has(space, name)).collect())
    }

    /// One chunk for a peer; `None` when it is not here. One that is damaged is set aside and fetched again.
    pub fn read_chunk(
        &self,
        peer: ReplicaId,
        space: SpaceId,
        name: ChunkName,
    ) -> Result<Option<Vec<u8>>, CasebookError> {
        self.must_share(peer, [&space])?;
        let had = self.blobs.has(&space, &name);
        let chunk = self.blobs.get(&space, &name)?;
        if had && chunk.is_none() {
            self.queue_incomplete()?;
        }
        Ok(chunk.map(SealedChunk::into_bytes))
    }

    /// Keeps a chunk from a peer: durable when it returns. Says whether it is new here.
    pub fn keep_chunk(
        &self,
        peer: ReplicaId,
        space: SpaceId,
        name: ChunkName,
        bytes: Vec<u8>,
    ) -> Result<bool, CasebookError> {
        self.must_share(peer, [&space])?;
        let chunk = SealedChunk::checked(name, bytes);
        let chunk = chunk.ok_or_else(|| peer_refused("bad-chunk", reason!("peer-rule", name = "bad-chunk")))?;
        let new = !self.blobs.has(&space, &name);
        self.blobs.put(&space, &[chunk])?;
        Ok(new)
    }

    pub(crate) fn must_share<'a>(
        &self,
        peer: ReplicaId,
        spaces: impl IntoIterator<Item = &'a SpaceId>,
    ) -> Result<(), CasebookError> {
        let shared = self.shared_with(peer);
        if spaces.into_iter().all(|space| shared.contains(space)) {
            return Ok(());
        }
        Err(peer_refused("not-shared", reason!("peer-not-shared")))
    }

    /// The records spaces that are shared with a peer.
    pub(crate) fn shared_with(&self, peer: ReplicaId) -> HashSet<SpaceId> {
        let spaces = self.shared_spaces(peer).into_iter();
        spaces.filter(|space| !space.registry && !space.audit).map(|space| space.space).collect()
    }

    /// Whether every attachment is fetched, or only what somebody wants. A hub always fetches all. Right: ManageSync.
    pub fn fetch_all_attachments(&self, actor: &Actor, all: bool, now_ms: u64) -> Result<(), CasebookError> {
        actor.must(Right::ManageSync)?;
        let words = if all { "every attachment is fetched" } else { "attachments are fetched when wanted" };
        let event = AuditEvent::new("links", actor.via.key()).detail(words);
        self.write_note(actor, crate::local_note::LocalNote::FetchAll { all }, event, now_ms)?;
        if all { self.queue_incomplete().map(|_| ()) } else { Ok(()) }
    }

    /// Puts every file that should be here and is not wholly here on the list of files to fetch. Gives how many there are.
    pub(crate) fn queue_incomplete(&self) -> Result<u64, CasebookError> {
        let mut incomplete = Vec::new();
        self.each_attachment(&mut |record, at| {
            let Some(held) = self.manifest_at(at)? else { return Ok(()) };
            let here = self.chunks_here(&held);
            // What is partly here was whole, or somebody asked for it.
            if here < held.manifest.chunks.len() && (here > 0 || self.is_to_be_fetched(at.entry)) {
                incomplete.push((record, held));
            }
            Ok(())
        })?;
        incomplete.iter().try_for_each(|(record, held)| self.queue(*record, held))?;
        Ok(incomplete.len() as u64)
    }

    /// Looks at every chunk: removes those that no entry names, sets aside those that are damaged and has them fetched
    /// again. 8 bytes of memory a chunk.
    pub(crate) fn clear_chunks(&self) -> Result<ChunksCleared, CasebookError> {
        let _nobody_attaches = self.attaching.write().unwrap_or_else(PoisonError::into_inner);
        let named = self.named_chunks()?;
        let (mut leftover, mut looked, mut damaged) = (Vec::new(), Vec::new(), 0);
        self.blobs.each(&mut |space, name| {
            if named.contains(&short(&name)) {
                looked.push((space, name));
            } else if leftover.len() < LEFTOVER_MAX {
                leftover.push((space, name));
            }
        })?;
        for (space, name) in &leftover {
            self.blobs.remove(space, name)?;
        }
        for (space, name) in looked {
            damaged += u64::from(self.blobs.get(&space, &name)?.is_none());
        }
        if damaged > 0 {
            self.queue_incomplete()?;
        }
        Ok(ChunksCleared { leftover: leftover.len() as u64, damaged })
    }

    /// The chunks that entries name, from the logs themselves: views may have lost some.
    fn named_chunks(&self) -> Result<HashSet<u64>, CasebookError> {
        let mut named = HashSet::new();
        for log in self.ledger.logs() {
            for page in self.ledger.pages(&log, 1) {
                for entry in page? {
                    for rescued in self.rescued_by(&entry).unwrap_or_default() {
                        self.name_chunks(&rescued, &mut named)?;
                    }
                    self.name_chunks(&entry, &mut named)?;
                }
            }
        }
        Ok(named)
    }

    fn name_chunks(&self, entry: &Entry, named: &mut HashSet<u64>) -> Result<(), CasebookError> {
        if entry.header.core.kind != EntryKind::Attachment {
            return Ok(());
        }
        let body = self.ledger.open_body(entry).map_err(|error| unreadable(&error))?;
        let step = AttachmentStep::decode(&body.payload).map_err(|error| unreadable(&error))?;
        if let AttachmentStep::Attach(manifest) = step {
            named.extend(manifest.chunks.iter().map(short));
        }
        Ok(())
    }
}

/// What such an entry names cannot be told, so nothing may be taken for left over.
fn unreadable(error: &dyn std::fmt::Display) -> CasebookError {
    CasebookError::Storage(reason!("file-entry-unreadable", detail = error.to_string()))
}

/// Names are hashes: eight bytes tell them apart well enough to say that one is not among many.
fn short(name: &ChunkName) -> u64 {
    name.0.iter().take(8).fold(0, |short, byte| (short << 8) | u64::from(*byte))
}
