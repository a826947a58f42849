//! Records that wait to be written, findable meanwhile.
//!
//! They are compared one by one: at most [`crate::PENDING_MAX`] wait, and comparing them all takes less than one look
//! into the index.

use std::collections::HashMap;
use std::convert::Infallible;
use std::ops::Bound;
use std::sync::Arc;

use cairn_record::RecordId;

use crate::answer::{Match, MatchedBy};
use crate::asked::Asked;
use crate::score::{self, Holds};
use crate::tokens::{Findable, Tokens};
use crate::words;

/// One change that waits.
#[derive(Debug)]
pub(crate) enum Change {
    Put(Findable),
    Remove(RecordId),
}

impl Change {
    pub(crate) fn record(&self) -> RecordId {
        match self {
            Self::Put(findable) => findable.record,
            Self::Remove(record) => *record,
        }
    }

    pub(crate) fn findable(&self) -> Option<&Findable> {
        match self {
            Self::Put(findable) => Some(findable),
            Self::Remove(_) => None,
        }
    }
}

/// The latest change of each record that waits.
#[derive(Debug, Default)]
pub(crate) struct Delta(HashMap<RecordId, Arc<Change>>);

impl Delta {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn add(&mut self, change: Change) {
        self.0.insert(change.record(), Arc::new(change));
    }

    /// Everything that waits, as it is now.
    pub(crate) fn waiting(&self) -> Vec<Arc<Change>> {
        self.0.values().cloned().collect()
    }

    /// Forgets what has been written, but not what has changed again meanwhile.
    pub(crate) fn written(&mut self, changes: &[Arc<Change>]) {
        for change in changes {
            let record = change.record();
            if self.0.get(&record).is_some_and(|now| Arc::ptr_eq(now, change)) {
                self.0.remove(&record);
            }
        }
    }
}

/// How a waiting record answers the question.
pub(crate) fn answers(findable: &Findable, asked: &Asked) -> Option<(u32, Vec<Match>)> {
    let Ok(answer) = score::answers(&mut Waiting(&findable.tokens), asked);
    answer
}

struct Waiting<'a>(&'a Tokens);

impl Holds for Waiting<'_> {
    type Error = Infallible;

    fn holds(&mut self, by: MatchedBy, form: &str) -> Result<bool, Infallible> {
        let tokens = self.0;
        Ok(match by {
            MatchedBy::Identifier => tokens.identifiers.contains(form),
            MatchedBy::Name => tokens.names.contains(form),
            MatchedBy::Word => tokens.words.contains(form),
            MatchedBy::Prefix => {
                let from_here = tokens.words.range::<str, _>((Bound::Included(form), Bound::Unbounded));
                from_here.take(1).any(|word| word.starts_with(form))
            }
            MatchedBy::LookAlike => tokens.lookalikes.contains(form),
            MatchedBy::SoundsLike => tokens.sounds.contains(form),
            MatchedBy::Misspelt => tokens.words.iter().any(|word| words::one_letter_apart(form, word)),
        })
    }
}
