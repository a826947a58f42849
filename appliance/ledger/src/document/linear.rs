//! The fast path: a change that follows directly on the state we hold needs no document.
//!
//! Its writer saw exactly this state, so each operation replaces everything under its key. This is how all
//! imports and nearly all edits are folded in, and how views are rebuilt.

use cairn_record::FieldNo;

use super::{Applied, ChangeMeta, FieldState, Held, RecordState, Refusal};
use crate::codec::{Action, Op, RecordChange};

/// Why the fast path did not take a change. The state is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotLinear {
    /// The writer saw another state than this one. Load the record's changes into a document.
    #[error("the change does not follow on this state; its record has to be loaded")]
    OtherPast,
    /// It can never be applied. Set the entry aside.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl RecordState {
    /// Folds in a change whose writer saw exactly this state.
    pub fn apply_linear(&mut self, meta: &ChangeMeta, change: &RecordChange) -> Result<Applied, NotLinear> {
        if change.record != self.record {
            return Err(Refusal::WrongRecord.into());
        }
        if change.deps != self.heads {
            return Err(NotLinear::OtherPast);
        }
        if change.kind != self.kind {
            return Err(Refusal::WrongKind.into());
        }
        if let Some(op) = change.ops.iter().find(|op| op.removes() && !self.holds_under_key(op)) {
            return Err(Refusal::NothingToRemove(op.field).into());
        }
        let mut applied = Applied::default();
        for (index, op) in (0..).zip(&change.ops) {
            self.fold(meta, index, op);
            if applied.fields.last() != Some(&op.field) {
                applied.fields.push(op.field);
            }
        }
        self.advance(meta);
        Ok(applied)
    }

    fn holds_under_key(&self, op: &Op) -> bool {
        let element = op.key().element;
        self.fields.get(&op.field).is_some_and(|state| state.values.iter().any(|held| held.is_under(element)))
    }

    fn fold(&mut self, meta: &ChangeMeta, index: u16, op: &Op) {
        let element = op.key().element;
        let old = self.fields.remove(&op.field).unwrap_or_default().values;
        let (mut elements, mut scalars): (Vec<_>, Vec<_>) =
            old.into_iter().filter(|held| !held.is_under(element)).partition(|held| held.element);
        match &op.action {
            Action::Set(value) => scalars.push(Held::new(meta, index, value.clone(), false)),
            Action::Include(value) => elements.push(Held::new(meta, index, value.clone(), true)),
            Action::Clear | Action::Exclude(_) => {}
        }
        self.put_field(op.field, scalars, elements);
    }

    fn put_field(&mut self, field: FieldNo, scalars: Vec<Held>, elements: Vec<Held>) {
        if let Some(state) = FieldState::from_parts(scalars, elements) {
            self.fields.insert(field, state);
        }
    }

    fn advance(&mut self, meta: &ChangeMeta) {
        self.first_ms = if self.changes == 0 { meta.unix_ms } else { self.first_ms.min(meta.unix_ms) };
        self.last_ms = self.last_ms.max(meta.unix_ms);
        self.changes = self.changes.saturating_add(1);
        self.heads = vec![meta.entry];
    }
}

impl Held {
    pub(super) fn new(meta: &ChangeMeta, op: u16, value: cairn_record::Value, element: bool) -> Self {
        Self { value, element, by: meta.entry, op, replica: meta.replica, unix_ms: meta.unix_ms }
    }

    fn is_under(&self, element: Option<&cairn_record::Value>) -> bool {
        match element {
            Some(element) => self.element && self.value == *element,
            None => !self.element,
        }
    }
}
