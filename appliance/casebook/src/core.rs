//! The casebook itself: what it is made of, and the few steps that everything else is built from.
//!
//! One writer at a time holds [`Writing`]; readers do not wait for it. A commit is durable first, then folded into the
//! views by the same code that folds what peers send and what a start has to catch up with.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use cairn_finder::SearchIndex;
use cairn_ledger::registry::{Registry, SpaceKind, SpaceOpened};
use cairn_ledger::view::ViewStore;
use cairn_ledger::{
    BlobStore, Body, ClockQuality, CommitError, EntryDraft, EntryKind, Keystore, Lane, Ledger, LogId, Position, SpaceId,
};
use cairn_record::{RecordId, reason};

use crate::answering::Sweep;
use crate::auditing::author_of;
use crate::carrying::{role_of, role_word};
use crate::linking::SyncWish;
use crate::local_note::{LocalState, Profile};
use crate::logs::LogTable;
use crate::peers::Peers;
use crate::receipts::Receipts;
use crate::row::RecordRow;
use crate::space_titles::{FORMER_REGISTRY, founding_title};
use crate::throttle::Throttle;
use crate::{Actor, Casebook, CasebookError, Change, Entropy, Identity, keys};

type Callback = Box<dyn Fn(Change) + Send + Sync>;

/// What is small and lives in memory: the agency's registry and this machine's notes.
pub(crate) struct Memory {
    pub(crate) registry: Registry,
    /// The registry from before this post joined: its spaces can still be written to until the hub's registry is here.
    pub(crate) former: Option<Registry>,
    /// What both were founded with: known from their roots alone, whatever damage took of the statements.
    pub(crate) founding: Vec<SpaceOpened>,
    pub(crate) local: LocalState,
}

impl Memory {
    /// What is known of a space.
    pub(crate) fn space(&self, space: &SpaceId) -> Option<&SpaceOpened> {
        let founding = || self.founding.iter().find(|one| one.space == *space);
        self.stated(space).or_else(founding)
    }

    /// What a statement says of a space.
    fn stated(&self, space: &SpaceId) -> Option<&SpaceOpened> {
        self.registry.opened(space).or_else(|| self.former.as_ref()?.opened(space))
    }

    /// Whether it is the registry from before this post joined.
    fn is_former_registry(&self, space: &SpaceId) -> bool {
        self.former.as_ref().is_some_and(|former| former.space() == *space)
    }

    /// Spaces of the agency, then those of before joining, each once.
    pub(crate) fn spaces(&self) -> impl Iterator<Item = &SpaceOpened> {
        let former = self.former.iter().flat_map(Registry::spaces);
        let former = former.filter(|one| self.registry.opened(&one.space).is_none());
        let founding = self.founding.iter().filter(|one| self.stated(&one.space).is_none());
        self.registry.spaces().chain(former).chain(founding)
    }
}

/// What only the writer touches.
#[derive(Default)]
pub(crate) struct Writing {
    /// Counts commits of the views.
    pub(crate) stamp: u64,
    /// Records held that are not withdrawn.
    pub(crate) records: u64,
    /// What is folded now goes into the search index afterwards, with everything else.
    pub(crate) index_later: bool,
}

/// The parts of a [`Casebook`].
pub struct Parts {
    pub(crate) ledger: Ledger,
    pub(crate) blobs: Box<dyn BlobStore>,
    pub(crate) views: Box<dyn ViewStore>,
    /// Absent where nobody searches: in simulations.
    pub(crate) index: Option<SearchIndex>,
    pub(crate) entropy: std::sync::Arc<dyn Entropy>,
    pub(crate) keystore: Mutex<Keystore>,
    pub(crate) memory: RwLock<Memory>,
    pub(crate) writing: Mutex<Writing>,
    pub(crate) logs: RwLock<LogTable>,
    pub(crate) peers: Mutex<Peers>,
    pub(crate) receipts: Mutex<Receipts>,
    pub(crate) throttle: Mutex<Throttle>,
    pub(crate) join_failures: Mutex<Vec<u64>>,
    pub(crate) last_sign_in: Mutex<HashMap<String, u64>>,
    pub(crate) sync_wish: Mutex<SyncWish>,
    pub(crate) callbacks: RwLock<Vec<Callback>>,
    /// Views or search lack something that the logs hold: nothing is answered from them until they are mended.
    pub(crate) behind: AtomicBool,
    /// Counts writes of records to the views: what open questions have not been held against yet.
    pub(crate) records_written: AtomicU64,
    pub(crate) sweep: Mutex<Sweep>,
    /// Attachments whose manifest is held.
    pub(crate) attachments_known: AtomicU64,
    /// Held for reading from the first chunk of a file to its entry, and for writing while leftover chunks are cleared away.
    pub(crate) attaching: RwLock<()>,
    /// Since the start, files that should be here and are not whole were put on the list of those to fetch: which of them
    /// were damaged, views that a power cut took back have forgotten.
    pub(crate) files_looked_at: AtomicBool,
    /// How far the journal has been looked at for damage.
    pub(crate) look: Mutex<crate::damage::Look>,
    /// Who opened which record when: its thumbnails belong to that look.
    pub(crate) looks: Mutex<HashMap<(String, RecordId), u64>>,
}

impl std::ops::Deref for Casebook {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Parts {
    pub(crate) fn memory(&self) -> RwLockReadGuard<'_, Memory> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn memory_mut(&self) -> RwLockWriteGuard<'_, Memory> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn logs(&self) -> RwLockReadGuard<'_, LogTable> {
        self.logs.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn logs_mut(&self) -> RwLockWriteGuard<'_, LogTable> {
        self.logs.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn peers(&self) -> MutexGuard<'_, Peers> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn receipts(&self) -> MutexGuard<'_, Receipts> {
        self.receipts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn throttle(&self) -> MutexGuard<'_, Throttle> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn last_sign_in(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.last_sign_in.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn join_failures(&self) -> MutexGuard<'_, Vec<u64>> {
        self.join_failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keystore(&self) -> MutexGuard<'_, Keystore> {
        self.keystore.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The search index. An answer without it would be a false "nothing held", so there is none.
    pub(crate) fn search_index(&self) -> Result<&SearchIndex, CasebookError> {
        self.index.as_ref().ok_or_else(|| CasebookError::NotNow(reason!("no-search-index")))
    }

    /// What this installation is, as its newest note says.
    pub(crate) fn profile(&self) -> Profile {
        self.memory().local.profile.clone()
    }

    pub(crate) fn sync_wish(&self) -> MutexGuard<'_, SyncWish> {
        self.sync_wish.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Casebook {
    /// Registers a callback that runs after each change; it must return at once and must not call the casebook.
    pub fn on_change(&self, callback: Box<dyn Fn(Change) + Send + Sync>) {
        self.callbacks.write().unwrap_or_else(PoisonError::into_inner).push(callback);
    }

    pub(crate) fn tell(&self, change: Change) {
        for callback in self.callbacks.read().unwrap_or_else(PoisonError::into_inner).iter() {
            callback(change.clone());
        }
    }

    pub(crate) fn tell_entries(&self, log: &LogId, kinds: impl Iterator<Item = EntryKind>) {
        let kinds: Vec<EntryKind> = kinds.collect();
        let audit = kinds.iter().all(|kind| matches!(kind, EntryKind::Audit | EntryKind::Receipt));
        self.tell(Change::Entries { space: log.space, urgent: !audit && log.key.lane == Lane::Urgent, audit });
        if self.space_kind(log.space) == Some(SpaceKind::Registry) {
            self.tell(Change::Registry);
        }
    }

    /// Commits drafts durably, folds them into the views and tells whoever listens.
    pub(crate) fn commit(
        &self,
        writing: &mut Writing,
        drafts: Vec<EntryDraft>,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        self.commit_at(writing, drafts, now_ms).map(drop)
    }

    /// [`Casebook::commit`], and where each draft went.
    pub(crate) fn commit_at(
        &self,
        writing: &mut Writing,
        drafts: Vec<EntryDraft>,
        now_ms: u64,
    ) -> Result<Vec<Position>, CasebookError> {
        let kinds: Vec<EntryKind> = drafts.iter().map(|draft| draft.kind).collect();
        let positions = match self.ledger.commit(drafts.clone(), now_ms, self.clock_quality()) {
            // A clone of this machine wrote under the same numbers: this one goes on in a life of its own.
            Err(CommitError::Frozen(_)) => {
                self.new_incarnation(now_ms)?;
                self.ledger.commit(drafts, now_ms, self.clock_quality())?
            }
            other => other?,
        };
        self.copy_notes(&positions);
        let logs: HashSet<LogId> = positions.iter().map(|position| position.log).collect();
        let folded = self.fold_shared(writing, logs.iter().copied(), now_ms);
        for log in logs {
            if self.space_kind(log.space).is_some_and(|kind| kind != SpaceKind::Local) {
                let mine = positions.iter().zip(&kinds).filter(|(position, _)| position.log == log);
                self.tell_entries(&log, mine.map(|(_, kind)| *kind));
            }
        }
        folded.map(|()| positions).map_err(|error| match error {
            CasebookError::Mending(why) => CasebookError::SavedUnseen(why),
            other => CasebookError::SavedUnseen(other.reason()),
        })
    }

    /// Folds logs of records, and of audit and this machine the urgent ones, into the views; other logs live in memory, and
    /// what a relay cannot open lives in its logs only.
    pub(crate) fn fold_shared(
        &self,
        writing: &mut Writing,
        logs: impl Iterator<Item = LogId>,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        let folded: Vec<LogId> = logs.filter(|log| self.is_folded(log)).collect();
        self.fold_logs(writing, folded, now_ms).inspect_err(|_| self.behind.store(true, Ordering::SeqCst))
    }

    /// Whether the views follow a log: never one whose entries this machine cannot open.
    pub(crate) fn is_folded(&self, log: &LogId) -> bool {
        self.ledger.keyring().is_member(&log.space)
            && match self.space_kind(log.space) {
                Some(SpaceKind::Records) => true,
                Some(SpaceKind::Audit | SpaceKind::Local) => log.key.lane == Lane::Urgent,
                _ => false,
            }
    }

    /// The body of an entry that a person writes.
    pub(crate) fn body(&self, actor: &Actor, record: Option<RecordId>, payload: Vec<u8>) -> Body {
        Body { author: author_of(actor), purpose: None, record, payload }
    }

    /// The row of a record, if it is held.
    pub(crate) fn row(&self, id: RecordId) -> Result<Option<RecordRow>, CasebookError> {
        let bytes = self.views.get(&keys::record(id))?;
        let Some(bytes) = bytes else { return Ok(None) };
        let row = RecordRow::decode(&bytes);
        row.map(Some).ok_or_else(|| CasebookError::Storage(reason!("view-damaged")))
    }

    /// Markers on a record, in no particular order.
    pub(crate) fn marker_ids(&self, record: RecordId) -> Result<Vec<RecordId>, CasebookError> {
        let prefix = cairn_ledger::view::Key::new(cairn_ledger::view::Table::Marker).hidden(record.0);
        let rows = self.views.scan(&prefix, crate::summary::BESIDE_MAX, None)?;
        Ok(rows.iter().filter_map(|row| keys::record_part(&row.key, 1)).collect())
    }

    /// Link records that name this record.
    pub(crate) fn link_ids(&self, record: RecordId, most: usize) -> Result<Vec<RecordId>, CasebookError> {
        let prefix = cairn_ledger::view::Key::new(cairn_ledger::view::Table::RecordLinks).hidden(record.0);
        let rows = self.views.scan(&prefix, most, None)?;
        Ok(rows.iter().filter_map(|row| keys::record_part(&row.key, 1)).collect())
    }

    /// What this installation is.
    pub fn identity(&self) -> Identity {
        let memory = self.memory();
        let profile = &memory.local.profile;
        Identity {
            replica: self.ledger.replica(),
            agency: profile.agency.clone(),
            site: profile.site.clone(),
            country: profile.country.clone(),
            role: role_word(role_of(profile.hub, profile.relay)).into(),
            enrolled: profile.hub || profile.joined.is_some(),
            keeps_registry: memory.registry.registrar() == Some(self.ledger.replica()),
            demo: profile.demo,
        }
    }

    pub(crate) fn agency_name(&self) -> String {
        self.identity().agency
    }

    /// ISO 3166-1 alpha-3 of this site: where numbers without a country code belong.
    pub(crate) fn country(&self) -> String {
        self.memory().local.profile.country.clone()
    }

    /// Witnessed when a peer's clock agreed with this machine's the last time they were compared.
    pub(crate) fn clock_quality(&self) -> ClockQuality {
        let agrees = |ahead_ms: i64| ahead_ms.unsigned_abs() <= crate::notices::CLOCKS_AGREE_MS;
        let witnessed = self.peers().values().any(|peer| peer.clock_ahead_ms().is_some_and(agrees));
        if witnessed { ClockQuality::Witnessed } else { ClockQuality::Local }
    }

    /// Kind of a space; this machine's own local space included.
    pub(crate) fn space_kind(&self, space: SpaceId) -> Option<SpaceKind> {
        if space == self.local_space() {
            return Some(SpaceKind::Local);
        }
        let memory = self.memory();
        if memory.registry.space() == space {
            return Some(SpaceKind::Registry);
        }
        memory.space(&space).map(|known| known.kind)
    }

    pub(crate) fn space_kind_word(&self, space: SpaceId) -> &'static str {
        match self.space_kind(space) {
            Some(SpaceKind::Registry) => "registry",
            Some(SpaceKind::Records) => "records",
            Some(SpaceKind::Audit) => "audit",
            Some(SpaceKind::Local) => "local",
            None if self.memory().is_former_registry(&space) => "registry",
            None => "unknown",
        }
    }

    pub(crate) fn space_title(&self, space: SpaceId) -> String {
        if space == self.local_space() {
            return "This machine".into();
        }
        let memory = self.memory();
        if memory.registry.space() == space {
            return founding_title(SpaceKind::Registry, &memory.local.profile.agency);
        }
        if memory.is_former_registry(&space) {
            return FORMER_REGISTRY.into();
        }
        memory.space(&space).map_or_else(|| format!("space {}", &space.to_string()[..8]), |known| known.title.clone())
    }

    pub(crate) fn spaces_of_kind(&self, kind: SpaceKind) -> Vec<SpaceId> {
        self.memory().spaces().filter(|space| space.kind == kind).map(|space| space.space).collect()
    }

    /// Spaces that people here may search: every records space of the agency.
    pub(crate) fn readable_spaces(&self) -> Vec<[u8; 16]> {
        self.spaces_of_kind(SpaceKind::Records).into_iter().map(|space| space.0).collect()
    }

    /// Where new records go.
    pub(crate) fn records_space(&self) -> Result<SpaceId, CasebookError> {
        self.must_hold_keys()?;
        self.main_space(SpaceKind::Records)
    }

    /// Where audit entries go.
    pub(crate) fn audit_space(&self) -> Result<SpaceId, CasebookError> {
        self.main_space(SpaceKind::Audit)
    }

    /// The space of this kind to write to: the one that the agency was founded with, or until its key is here, one
    /// from before joining.
    fn main_space(&self, kind: SpaceKind) -> Result<SpaceId, CasebookError> {
        let memory = self.memory();
        let founded = founding_space(&memory.local.profile.root, kind);
        let known = memory.spaces().filter(|space| space.kind == kind).map(|space| space.space);
        let keyring = self.ledger.keyring();
        let usable = std::iter::once(founded).chain(known).find(|space| keyring.is_member(space));
        usable.ok_or_else(|| CasebookError::NotNow(reason!("no-key-yet")))
    }

    pub(crate) fn local_space(&self) -> SpaceId {
        cairn_ledger::registry::local_space(&self.ledger.replica())
    }
}

/// The spaces that this installation's agency, and the one from before it joined, were founded with.
pub(crate) fn founding_spaces(profile: &Profile) -> Vec<SpaceOpened> {
    let roots = [Some((profile.root, &profile.agency)), profile.former_root.map(|root| (root, &profile.site))];
    let of = |(root, name): ([u8; 32], &String)| {
        [SpaceKind::Records, SpaceKind::Audit].map(|kind| SpaceOpened {
            space: founding_space(&root, kind),
            kind,
            title: founding_title(kind, name),
        })
    };
    roots.into_iter().flatten().flat_map(of).collect()
}

/// The space of a kind that an agency is founded with.
pub(crate) fn founding_space(root: &[u8; 32], kind: SpaceKind) -> SpaceId {
    let context = match kind {
        SpaceKind::Records => "cairn 2026 founding records space v1",
        _ => "cairn 2026 founding audit space v1",
    };
    let hash = blake3::derive_key(context, root);
    let mut space = [0; 16];
    space.copy_from_slice(&hash[..16]);
    SpaceId(space)
}
