//! Drafts: what a person has begun to write and not saved.
//!
//! A form sends itself here every few seconds, so that a reload, an ended session or an empty battery costs a few words
//! at most. A draft is nobody's record: it is kept in the views of this machine, sealed like every view, never in a log,
//! so it is never synced and is gone once it is saved or discarded. Only its writer sees it.

use cairn_ledger::view::{Batch, Key, Row, Table};
use cairn_record::reason;
use serde::{Deserialize, Serialize};

use crate::{Actor, Casebook, CasebookError, Right};

/// Drafts of one person; the oldest makes room.
pub const DRAFTS_PER_PERSON_MAX: usize = 20;
/// Drafts on one machine; the oldest makes room.
pub const DRAFTS_MAX: usize = 400;
/// Bytes of the fields of one draft, names and values.
pub const DRAFT_BYTES_MAX: usize = 128 * 1024;
/// A draft that was not touched for this long is dropped.
pub const DRAFT_AGE_MAX_MS: u64 = 14 * 24 * 3_600 * 1_000;
/// Bytes of a draft's name, and of what it is about.
const NAME_BYTES_MAX: usize = 120;

/// Something begun and not saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Names it among the drafts of its writer.
    pub name: String,
    /// Which form it belongs to; drafts of one form are offered when that form is opened again.
    pub about: String,
    /// The fields of the form in their order.
    pub fields: Vec<(String, String)>,
    /// When it was last kept.
    pub kept_ms: u64,
}

/// A draft with its writer, as it stands in the views.
#[derive(Serialize, Deserialize)]
struct Kept {
    user: String,
    draft: Draft,
}

impl Kept {
    fn of(row: &Row) -> Option<Self> {
        serde_json::from_slice(&row.value).ok()
    }

    fn is_over(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.draft.kept_ms) >= DRAFT_AGE_MAX_MS
    }
}

fn drafts_of(user: &str) -> Key {
    Key::new(Table::Draft).hidden(user)
}

fn key(user: &str, name: &str) -> Key {
    drafts_of(user).hidden(name)
}

impl Casebook {
    /// Keeps a draft in the place of the one with its name; older ones make room at the limits.
    pub fn keep_draft(&self, actor: &Actor, draft: Draft) -> Result<(), CasebookError> {
        actor.must(Right::Edit)?;
        let bytes: usize = draft.fields.iter().map(|(field, value)| field.len() + value.len()).sum();
        if bytes > DRAFT_BYTES_MAX || draft.name.len().max(draft.about.len()) > NAME_BYTES_MAX {
            return Err(CasebookError::BadRequest(reason!("draft-too-long", most = DRAFT_BYTES_MAX / 1_000)));
        }
        // One at a time, so that two forms cannot both take the last place.
        let _writing = self.writing();
        let mut batch = self.room_for(&actor.user, &draft)?;
        let kept = Kept { user: actor.user.clone(), draft };
        let value = serde_json::to_vec(&kept).map_err(|error| CasebookError::Storage(error.to_string().into()))?;
        batch.put(key(&kept.user, &kept.draft.name), value);
        Ok(self.views.commit(&batch, None)?)
    }

    /// A person's own draft.
    pub fn draft(&self, actor: &Actor, name: &str, now_ms: u64) -> Result<Option<Draft>, CasebookError> {
        Ok(self.drafts(actor, now_ms)?.into_iter().find(|draft| draft.name == name))
    }

    /// A person's own drafts, newest first.
    pub fn drafts(&self, actor: &Actor, now_ms: u64) -> Result<Vec<Draft>, CasebookError> {
        actor.must(Right::Edit)?;
        let rows = self.views.scan(&drafts_of(&actor.user), DRAFTS_MAX, None)?;
        let kept = rows.iter().filter_map(Kept::of);
        let mut drafts: Vec<Draft> =
            kept.filter(|kept| kept.user == actor.user && !kept.is_over(now_ms)).map(|kept| kept.draft).collect();
        drafts.sort_by_key(|draft| std::cmp::Reverse(draft.kept_ms));
        Ok(drafts)
    }

    /// Forgets a person's own draft: it was saved, or they do not want it.
    pub fn drop_draft(&self, actor: &Actor, name: &str) -> Result<(), CasebookError> {
        actor.must(Right::Edit)?;
        let _writing = self.writing();
        let mut batch = Batch::default();
        batch.remove(key(&actor.user, name));
        Ok(self.views.commit(&batch, None)?)
    }

    /// Removes what is over its age, and the oldest as far as `new` needs their place.
    fn room_for(&self, user: &str, new: &Draft) -> Result<Batch, CasebookError> {
        let rows = self.views.scan(&Key::new(Table::Draft), DRAFTS_MAX + 1, None)?;
        let mut batch = Batch::default();
        let (over, mut kept): (Vec<Kept>, Vec<Kept>) =
            rows.iter().filter_map(Kept::of).partition(|kept| kept.is_over(new.kept_ms));
        kept.retain(|kept| !(kept.user == user && kept.draft.name == new.name));
        kept.sort_by_key(|kept| kept.draft.kept_ms);
        let own = kept.iter().filter(|kept| kept.user == user).count();
        let going_own = (own + 1).saturating_sub(DRAFTS_PER_PERSON_MAX);
        let going_all = (kept.len() + 1 - going_own).saturating_sub(DRAFTS_MAX);
        let own = kept.iter().filter(|kept| kept.user == user).take(going_own);
        let others = kept.iter().filter(|kept| going_own == 0 || kept.user != user).take(going_all);
        for gone in over.iter().chain(own).chain(others) {
            batch.remove(key(&gone.user, &gone.draft.name));
        }
        Ok(batch)
    }
}
