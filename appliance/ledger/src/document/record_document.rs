//! All changes of one record, merged by Automerge.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::OpId;
use automerge::{ActorId, Automerge, Change, ChangeHash, ObjId, ROOT, ReadDoc, Value as Found};
use cairn_record::{FieldNo, Kind, RecordId, Value};

use super::edit::{self, EditError, Wanted};
use super::{Applied, ApplyError, ChangeMeta, FieldState, Held, HistoryItem, RecordState, Refusal, build};
use crate::EntryRef;
use crate::codec::{self, DEPS_MAX, OpKey, RecordChange};

/// A change that could not be applied, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Its entry.
    pub entry: EntryRef,
    /// Why. [`ApplyError::Missing`] names what would have to arrive first.
    pub reason: ApplyError,
}

/// One record with its whole past in memory. Built when a change does not follow on the state we hold, to
/// show the history, and to edit an older version; otherwise [`RecordState`] is enough.
pub struct RecordDocument {
    record: RecordId,
    pub(super) automerge: Automerge,
    known: BTreeMap<EntryRef, Known>,
    /// In the order they were applied, so that each comes after what it depends on.
    order: Vec<EntryRef>,
    authors: HashMap<ActorId, EntryRef>,
    keys: BTreeSet<(FieldNo, Option<Value>)>,
    heads: BTreeSet<EntryRef>,
}

struct Known {
    meta: ChangeMeta,
    change: RecordChange,
    /// Counter of its first operation.
    start: NonZeroU64,
    built: Change,
}

impl RecordDocument {
    /// A record before its first change.
    pub fn new(record: RecordId) -> Self {
        Self {
            record,
            automerge: Automerge::new(),
            known: BTreeMap::new(),
            order: Vec::new(),
            authors: HashMap::new(),
            keys: BTreeSet::new(),
            heads: BTreeSet::new(),
        }
    }

    /// The record with these changes, given in any order, and those that could not be applied.
    pub fn from_changes(
        record: RecordId,
        changes: impl IntoIterator<Item = (ChangeMeta, RecordChange)>,
    ) -> (Self, Vec<SetAside>) {
        let mut document = Self::new(record);
        let mut aside = Vec::new();
        let mut waiting: BTreeMap<EntryRef, Vec<(ChangeMeta, RecordChange)>> = BTreeMap::new();
        for arrival in changes {
            let mut ready = vec![arrival];
            while let Some((meta, change)) = ready.pop() {
                match document.apply(&meta, &change) {
                    Ok(_) => ready.extend(waiting.remove(&meta.entry).unwrap_or_default()),
                    Err(ApplyError::Missing(missing)) => {
                        waiting.entry(missing[0]).or_default().push((meta, change));
                    }
                    Err(reason) => aside.push(SetAside { entry: meta.entry, reason }),
                }
            }
        }
        for (meta, change) in waiting.into_values().flatten() {
            let reason = ApplyError::Missing(document.missing(&change.deps));
            aside.push(SetAside { entry: meta.entry, reason });
        }
        (document, aside)
    }

    /// Applies one change. Applying it again changes nothing.
    pub fn apply(&mut self, meta: &ChangeMeta, change: &RecordChange) -> Result<Applied, ApplyError> {
        if self.known.contains_key(&meta.entry) {
            return Ok(Applied::default());
        }
        let (start, built) = self.check_and_build(meta, change)?;
        self.apply_built(&built)?;
        let mut fields: Vec<FieldNo> = change.ops.iter().map(|op| op.field).collect();
        fields.dedup();
        self.remember(Known { meta: *meta, change: change.clone(), start, built });
        Ok(Applied { fields })
    }

    /// The newest entries, ascending.
    pub fn heads(&self) -> Vec<EntryRef> {
        self.heads.iter().copied().collect()
    }

    /// Automerge's own name of this version: equal on two replicas exactly when their documents are equal.
    pub fn automerge_heads(&self) -> Vec<[u8; 32]> {
        self.automerge.get_heads().into_iter().map(|hash| hash.0).collect()
    }

    /// What the record says now; `None` before its first change.
    pub fn state(&self) -> Option<RecordState> {
        let heads = self.heads();
        let times = || self.known.values().map(|known| known.meta.unix_ms);
        Some(RecordState {
            record: self.record,
            kind: self.kind_at(&heads)?,
            fields: self.fields_at(&heads),
            heads,
            changes: u32::try_from(self.known.len()).unwrap_or(u32::MAX),
            first_ms: times().min()?,
            last_ms: times().max()?,
        })
    }

    /// The smallest change after which the named fields hold what is wanted, or `None` when they do.
    ///
    /// `based_on` is the version that the person saw (the newest when `None`). When others have changed
    /// the record since, the change stands beside theirs: a field that both wrote becomes a visible
    /// conflict, and nothing is overwritten unseen.
    pub fn edit(
        &self,
        kind: Kind,
        wanted: &[(FieldNo, Wanted)],
        based_on: Option<&[EntryRef]>,
    ) -> Result<Option<RecordChange>, EditError> {
        let mut base = based_on.map_or_else(|| self.heads(), <[EntryRef]>::to_vec);
        base.sort_unstable();
        base.dedup();
        let missing = self.missing(&base);
        if !missing.is_empty() {
            return Err(EditError::UnknownBase(missing));
        }
        // A record with more open ends than one change can name: this change joins the first of them.
        base.truncate(DEPS_MAX);
        let kind = self.kind_at(&base).unwrap_or(kind);
        edit::change(self.record, kind, &base, &self.fields_at(&base), wanted)
    }

    /// Every change of every field, each change after those it builds on and otherwise by time.
    pub fn history(&self) -> Vec<HistoryItem> {
        let mut entries: Vec<&Known> = self.known.values().collect();
        entries.sort_by_key(|known| (known.start, known.meta.unix_ms, known.meta.entry));
        entries.into_iter().flat_map(|known| self.history_of(known)).collect()
    }

    fn history_of(&self, known: &Known) -> Vec<HistoryItem> {
        let mut fields: Vec<FieldNo> = known.change.ops.iter().map(|op| op.field).collect();
        fields.dedup();
        let ChangeMeta { entry, replica, unix_ms, .. } = known.meta;
        let item = |field| {
            let before = self.values_at(field, &known.change.deps);
            HistoryItem { entry, replica, unix_ms, field, before, after: self.values_at(field, &[entry]) }
        };
        fields.into_iter().map(item).collect()
    }

    fn check_and_build(&self, meta: &ChangeMeta, change: &RecordChange) -> Result<(NonZeroU64, Change), ApplyError> {
        if change.record != self.record {
            return Err(Refusal::WrongRecord.into());
        }
        codec::encode(change).map_err(Refusal::Shape)?;
        let missing = self.missing(&change.deps);
        if !missing.is_empty() {
            return Err(ApplyError::Missing(missing));
        }
        if self.kind_at(&change.deps).is_some_and(|kind| kind != change.kind) {
            return Err(Refusal::WrongKind.into());
        }
        let start = self.start_after(&change.deps);
        let deps = self.hashes(&change.deps);
        let mut preds = Vec::with_capacity(change.ops.len());
        for op in &change.ops {
            let visible = self.visible(op.key(), &deps);
            if op.removes() && visible.is_empty() {
                return Err(Refusal::NothingToRemove(op.field).into());
            }
            preds.push(visible.into_iter().map(|(id, _)| id).collect());
        }
        let expanded = build::expanded(change, meta, start, deps, preds);
        let built = guarded(|| Ok(build::built(expanded)))?;
        Ok((start, built))
    }

    /// Applies to Automerge; when that fails in any way, puts the document back as it was.
    fn apply_built(&mut self, built: &Change) -> Result<(), Refusal> {
        let automerge = &mut self.automerge;
        let applied = guarded(|| {
            automerge.apply_changes([built.clone()]).map_err(|error| error.to_string())?;
            let is_head = automerge.get_heads().contains(&built.hash());
            if is_head { Ok(()) } else { Err("it was kept back".to_owned()) }
        });
        if applied.is_err() {
            let changes: Vec<Change> =
                self.order.iter().filter_map(|entry| self.known.get(entry)).map(|known| known.built.clone()).collect();
            self.automerge = guarded(|| {
                let mut again = Automerge::new();
                again.apply_changes(changes).map_err(|error| error.to_string())?;
                Ok(again)
            })?;
        }
        applied
    }

    fn remember(&mut self, known: Known) {
        let entry = known.meta.entry;
        self.authors.insert(build::actor(self.record, &known.meta), entry);
        self.keys.extend(known.change.ops.iter().map(|op| (op.field, op.key().element.cloned())));
        known.change.deps.iter().for_each(|dep| {
            self.heads.remove(dep);
        });
        self.heads.insert(entry);
        self.order.push(entry);
        self.known.insert(entry, known);
    }

    /// Those of these entries that are not in it.
    pub fn missing(&self, entries: &[EntryRef]) -> Vec<EntryRef> {
        entries.iter().filter(|entry| !self.known.contains_key(entry)).copied().collect()
    }

    pub(super) fn hashes(&self, entries: &[EntryRef]) -> Vec<ChangeHash> {
        entries.iter().filter_map(|entry| self.known.get(entry)).map(|known| known.built.hash()).collect()
    }

    /// The kind of the record for one who has seen these entries: each change repeats the lowest kind of
    /// those it builds on, so that this needs no walk into the past and is the same everywhere.
    fn kind_at(&self, entries: &[EntryRef]) -> Option<Kind> {
        entries.iter().filter_map(|entry| self.known.get(entry)).map(|known| known.change.kind).min()
    }

    fn start_after(&self, deps: &[EntryRef]) -> NonZeroU64 {
        let next = |known: &Known| known.start.saturating_add(known.change.ops.len() as u64);
        deps.iter().filter_map(|dep| self.known.get(dep)).map(next).max().unwrap_or(NonZeroU64::MIN)
    }

    /// The operations that one who has seen `heads` sees under a key, the one that wins last.
    fn visible(&self, key: OpKey<'_>, heads: &[ChangeHash]) -> Vec<(OpId, Found<'_>)> {
        if heads.is_empty() {
            return Vec::new();
        }
        let read = || self.automerge.get_all_at(ROOT, build::key_name(key), heads).map_err(|error| error.to_string());
        let found = guarded(read).unwrap_or_default();
        let id = |found: ObjId| match found {
            ObjId::Id(counter, actor, _) => Some(OpId(counter, actor)),
            ObjId::Root => None,
        };
        found.into_iter().filter_map(|(value, name)| Some((id(name)?, value))).collect()
    }

    fn fields_at(&self, entries: &[EntryRef]) -> BTreeMap<FieldNo, FieldState> {
        let heads = self.hashes(entries);
        let fields: BTreeSet<FieldNo> = self.keys.iter().map(|(field, _)| *field).collect();
        fields.into_iter().filter_map(|field| Some((field, self.field_at(field, &heads)?))).collect()
    }

    fn field_at(&self, field: FieldNo, heads: &[ChangeHash]) -> Option<FieldState> {
        let mut scalars = Vec::new();
        let mut elements = Vec::new();
        let keys = self.keys.range((field, None)..).take_while(|(of, _)| *of == field);
        for (_, element) in keys {
            let visible = self.visible(OpKey { field, element: element.as_ref() }, heads);
            let held = visible.into_iter().rev().filter_map(|(id, found)| self.held(&id, &found, element.as_ref()));
            match element {
                None => scalars.extend(held),
                Some(_) => elements.extend(held.take(1)),
            }
        }
        FieldState::from_parts(scalars, elements)
    }

    fn held(&self, id: &OpId, found: &Found<'_>, element: Option<&Value>) -> Option<Held> {
        let known = self.known.get(self.authors.get(id.actor())?)?;
        let op = u16::try_from(id.counter().checked_sub(known.start.get())?).ok()?;
        let value = match element {
            Some(element) => element.clone(),
            None => build::value(found.as_scalar()?)?,
        };
        Some(Held::new(&known.meta, op, value, element.is_some()))
    }

    fn values_at(&self, field: FieldNo, entries: &[EntryRef]) -> Vec<Value> {
        let state = self.field_at(field, &self.hashes(entries)).unwrap_or_default();
        state.values.into_iter().map(|held| held.value).collect()
    }
}

/// Runs Automerge code; a panic inside it becomes a refusal.
fn guarded<T>(run: impl FnOnce() -> Result<T, String>) -> Result<T, Refusal> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(done) => done.map_err(Refusal::Engine),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
            Err(Refusal::Engine(format!("it panicked: {said}")))
        }
    }
}
