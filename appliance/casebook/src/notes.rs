//! What this machine notes for itself is kept twice: in a log of its own, and beside the views.
//!
//! No peer has these notes. Where a card goes bad under one, an account would be gone, or that this post has joined a hub;
//! so what the log lost is taken from the copy.

use std::collections::BTreeMap;

use cairn_ledger::registry::local_space;
use cairn_ledger::view::{Batch, Key, Table, ViewStore};
use cairn_ledger::{Entry, EntryRef, Hlc, Lane, Ledger, Position};

use crate::local_note::{LocalNote, LocalState};
use crate::{Casebook, CasebookError};

/// Notes by the entry that each was written in.
type Notes = BTreeMap<EntryRef, (Hlc, LocalNote)>;

/// Folds this machine's notes, of all its incarnations, by time: those in its logs, and the copies of what the logs lost.
pub(crate) fn load_local(ledger: &Ledger, views: &dyn ViewStore) -> Result<LocalState, CasebookError> {
    let mut notes = notes_in(ledger)?;
    match copies_in(views) {
        Ok(copies) => {
            let lacking: Vec<_> = notes.iter().filter(|(entry, _)| !copies.contains_key(*entry)).collect();
            copy(views, lacking);
            notes.extend(copies);
        }
        Err(error) => tracing::warn!(%error, "the copies of this machine's notes cannot be read"),
    }
    let mut in_order: Vec<(Hlc, LocalNote)> = notes.into_values().collect();
    in_order.sort_by_key(|(hlc, _)| *hlc);
    let mut local = LocalState::default();
    in_order.into_iter().for_each(|(_, note)| local.apply(note));
    Ok(local)
}

fn notes_in(ledger: &Ledger) -> Result<Notes, CasebookError> {
    let mut notes = Notes::new();
    // What is in the urgent lane is folded into the views.
    for log in ledger.logs_of(&local_space(&ledger.replica()))?.into_iter().filter(|log| log.key.lane != Lane::Urgent) {
        for page in ledger.pages(&log, 1) {
            for entry in &page? {
                notes.extend(note_in(ledger, entry)?.map(|note| (entry.header.hash().short(), note)));
            }
        }
    }
    Ok(notes)
}

/// What an entry notes; `None` for a note in a form that this program does not know.
fn note_in(ledger: &Ledger, entry: &Entry) -> Result<Option<(Hlc, LocalNote)>, CasebookError> {
    let body = ledger.open_body(entry).map_err(|error| CasebookError::Storage(error.to_string().into()))?;
    match serde_json::from_slice(&body.payload) {
        Ok(note) => Ok(Some((entry.header.core.hlc, note))),
        Err(error) => {
            tracing::warn!(%error, "a note of this machine cannot be read");
            Ok(None)
        }
    }
}

fn copies_in(views: &dyn ViewStore) -> Result<Notes, CasebookError> {
    let mut notes = Notes::new();
    for row in views.rows(Key::new(Table::Note)) {
        let row = row?;
        let entry = row.key.hidden_part(0).and_then(|bytes| bytes.try_into().ok());
        let copy = serde_json::from_slice(&row.value).ok();
        notes.extend(entry.map(EntryRef).zip(copy));
    }
    Ok(notes)
}

/// Keeps copies. The notes themselves are durable: without a copy nothing is lost yet.
fn copy<'a>(views: &dyn ViewStore, notes: impl IntoIterator<Item = (&'a EntryRef, &'a (Hlc, LocalNote))>) {
    let mut batch = Batch::new();
    for (entry, note) in notes {
        if let Ok(value) = serde_json::to_vec(note) {
            batch.put(Key::new(Table::Note).hidden(entry.0), value);
        }
    }
    if !batch.is_empty()
        && let Err(error) = views.commit(&batch, None)
    {
        tracing::warn!(%error, "notes of this machine are kept once, not twice");
    }
}

impl Casebook {
    /// Keeps copies of those of the entries just written that are notes.
    pub(crate) fn copy_notes(&self, written: &[Position]) {
        let local = self.local_space();
        let noted =
            written.iter().filter(|position| position.log.space == local && position.log.key.lane != Lane::Urgent);
        let mut notes = Notes::new();
        for position in noted {
            let entry = self.ledger.entry(&position.log, position.number).ok().flatten();
            let note = entry.and_then(|entry| note_in(&self.ledger, &entry).ok().flatten());
            notes.extend(note.map(|note| (position.hash.short(), note)));
        }
        copy(&*self.views, &notes);
    }
}
