//! What owners of records are told of questions: a note of this machine, which never leaves it.
//!
//! There is one with every answer, whatever it says, so that the entries around an answer look the same for "nothing" and
//! for "nothing that you may know". The notes stand in the urgent lane of the machine's local space and are folded into
//! the views; nobody keeps them in memory.

use cairn_ledger::question::Question;
use cairn_ledger::view::{Batch, Key, Row, Table};
use cairn_ledger::{EntryDraft, EntryKind, EntryRef, Lane, ReplicaId};
use cairn_record::RecordId;
use serde::{Deserialize, Serialize};

use crate::asking::{LINES_MAX, NEWS_MS};
use crate::auditing::json;
use crate::question_rows::question_in;
use crate::summary::{is_yes, title_of};
use crate::{Actor, AskedLine, AskedMatch, AuditEvent, Casebook, CasebookError, Outcome, Right};

/// One look at what is held here, for a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ToldNote {
    /// Tells it from other notes.
    note: ToldTag,
    pub(crate) question: EntryRef,
    /// 0 for the first look, then one more each.
    pub(crate) look: u8,
    pub(crate) at_ms: u64,
    pub(crate) matched: Vec<ToldMatch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ToldTag {
    Told,
}

/// A record that matched, what the asker was told of it, and whose it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ToldMatch {
    pub(crate) record: RecordId,
    pub(crate) outcome: Outcome,
    /// Sign-in names and replicas of those who wrote the record and its markers.
    pub(crate) owners: Vec<(String, ReplicaId)>,
}

fn told_of(question: EntryRef) -> Key {
    Key::new(Table::Question).hidden("told").hidden(question.0)
}

fn told_by_time() -> Key {
    Key::new(Table::QuestionTime).hidden("told")
}

fn alerts() -> Key {
    Key::new(Table::QuestionTime).hidden("alert")
}

fn read_alert(user: &str, question: EntryRef, look: u8) -> Key {
    Key::new(Table::Read).hidden("alert").hidden(user).hidden(question.0).hidden([look])
}

impl ToldNote {
    pub(crate) fn new(question: EntryRef, look: u8, at_ms: u64, matched: Vec<ToldMatch>) -> Self {
        Self { note: ToldTag::Told, question, look, at_ms, matched }
    }

    fn is_alert(&self) -> bool {
        self.matched.iter().any(|one| one.outcome == Outcome::Silent)
    }

    /// Puts it into the views.
    pub(crate) fn put(&self, batch: &mut Batch) -> Result<(), CasebookError> {
        batch.put(told_of(self.question).hidden([self.look]), json(self)?);
        let name = |key: Key| key.descending(self.at_ms).hidden(self.question.0).hidden([self.look]);
        batch.put(name(told_by_time()), Vec::new());
        if self.is_alert() {
            batch.put(name(alerts()), Vec::new());
        }
        Ok(())
    }
}

impl Casebook {
    pub(crate) fn told_draft(&self, note: &ToldNote) -> Result<EntryDraft, CasebookError> {
        let body = self.body(&Actor::machine(), None, json(note)?);
        Ok(EntryDraft { space: self.local_space(), lane: Lane::Urgent, kind: EntryKind::Batch, body })
    }

    /// The looks at what is held here that were made for a question, first first.
    pub(crate) fn told_about(&self, question: EntryRef) -> Result<Vec<ToldNote>, CasebookError> {
        let rows = self.views.scan(&told_of(question), usize::from(u8::MAX), None)?;
        let mut notes: Vec<ToldNote> = rows.iter().filter_map(|row| serde_json::from_slice(&row.value).ok()).collect();
        notes.sort_by_key(|note| note.look);
        Ok(notes)
    }

    /// Who asked this site about what, newest first, and what they were told. Whoever has the right
    /// [`Right::OverseeQuestions`] sees all of it, others what concerns records that they wrote. Audited.
    pub fn asked_here(&self, actor: &Actor, now_ms: u64) -> Result<Vec<AskedLine>, CasebookError> {
        actor.must(Right::Ask)?;
        let rows = self.views.scan(&told_by_time(), LINES_MAX, None)?;
        let lines = self.asked_lines(actor, &rows)?;
        if !lines.is_empty() {
            let event = AuditEvent::new("asked_here_read", actor.via.key()).count(lines.len() as u64);
            self.write_audit(actor, event, now_ms)?;
        }
        Ok(lines)
    }

    /// Alerts that this person has not read.
    pub(crate) fn alerts_for(&self, actor: &Actor, now_ms: u64) -> Result<Vec<AskedLine>, CasebookError> {
        let rows = self.views.scan(&alerts(), LINES_MAX, None)?;
        let lines = self.asked_lines(actor, &rows)?;
        Ok(lines.into_iter().filter(|line| line.alert && line.answered_ms.abs_diff(now_ms) < NEWS_MS).collect())
    }

    /// Notes that this person has read an alert. Right: Ask.
    pub fn read_alert(&self, actor: &Actor, id: EntryRef, look: u8) -> Result<(), CasebookError> {
        actor.must(Right::Ask)?;
        let mut batch = Batch::new();
        batch.put(read_alert(&actor.user, id, look), Vec::new());
        Ok(self.views.commit(&batch, None)?)
    }

    fn asked_lines(&self, actor: &Actor, rows: &[Row]) -> Result<Vec<AskedLine>, CasebookError> {
        let mut lines = Vec::new();
        for row in rows {
            let look = row.key.hidden_part(3).and_then(|part| part.first().copied());
            let (Some(question), Some(look)) = (question_in(&row.key, 2), look) else { continue };
            let Some(value) = self.views.get(&told_of(question).hidden([look]))? else { continue };
            let Ok(note) = serde_json::from_slice::<ToldNote>(&value) else { continue };
            lines.extend(self.asked_line(actor, &note)?);
        }
        Ok(lines)
    }

    /// The line of a look as this person may see it.
    fn asked_line(&self, actor: &Actor, note: &ToldNote) -> Result<Option<AskedLine>, CasebookError> {
        let own = (actor.user.clone(), self.ledger.replica());
        let sees_all = actor.may(Right::OverseeQuestions);
        let seen: Vec<&ToldMatch> = note.matched.iter().filter(|one| sees_all || one.owners.contains(&own)).collect();
        if seen.is_empty() && !sees_all {
            return Ok(None);
        }
        let Some(row) = self.question_row(note.question)? else { return Ok(None) };
        let Some(body) = self.body_at(row.at)? else { return Ok(None) };
        let Ok(question) = Question::decode(&body.payload) else { return Ok(None) };
        let silent = seen.iter().any(|one| one.outcome == Outcome::Silent);
        let read = self.views.get(&read_alert(&actor.user, note.question, note.look))?.is_some();
        Ok(Some(AskedLine {
            id: note.question,
            look: note.look,
            site: self.site_of(row.asker),
            person: body.author.display,
            reason: body.purpose.unwrap_or_default(),
            asked: question.text,
            asked_ms: row.asked_ms,
            answered_ms: note.at_ms,
            matched: seen.into_iter().map(|one| self.asked_match(one)).collect::<Result<_, _>>()?,
            alert: silent && !read,
        }))
    }

    fn asked_match(&self, told: &ToldMatch) -> Result<AskedMatch, CasebookError> {
        let row = self.row(told.record)?;
        let title = row.as_ref().map(|row| title_of(&row.state)).unwrap_or_default();
        let discreet = row.is_some_and(|row| is_yes(&row.state, "discreet"));
        Ok(AskedMatch { record: told.record, title, discreet, outcome: told.outcome })
    }
}
