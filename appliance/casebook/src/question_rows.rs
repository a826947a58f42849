//! Questions and answers in the views: what this machine asked, what it was asked, what was told.
//!
//! Every machine holds the entries; only those that ask or are asked fold them. Entries come in any order (an answer
//! before its question, after a backup was restored; all of one's own before all of others', in a rebuild), so an
//! answer without its question is parked under it. An answer counts when the one who was asked wrote it; of two with one
//! number, as a restored machine may give, the earlier.

use std::collections::BTreeMap;

use cairn_ledger::question::{Answer, Question};
use cairn_ledger::view::{Batch, Key, Table};
use cairn_ledger::{Body, Entry, EntryKind, EntryRef, Hlc, ReplicaId};
use cairn_record::{Reason, reason};
use serde::{Deserialize, Serialize};

use crate::auditing::json;
use crate::fold::{set_aside, unusable};
use crate::row::EntryAt;
use crate::told::ToldNote;
use crate::{Casebook, CasebookError};

/// Answers that wait for one question; more come from nobody honest.
const PARKED_MAX: usize = 16;

/// A question that was asked here, or that this machine was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct QuestionRow {
    pub(crate) at: EntryAt,
    /// The replica that asked.
    pub(crate) asker: ReplicaId,
    /// Sign-in name of who asked.
    pub(crate) user: String,
    /// The replica that was asked.
    pub(crate) to: ReplicaId,
    /// By the asker's clock.
    pub(crate) asked_ms: u64,
    pub(crate) valid_ms: u64,
    /// When it was met here, by this machine's clock.
    pub(crate) arrived_ms: u64,
    /// Why this machine does not answer it; empty when it does.
    pub(crate) refused: String,
    /// Answers that count, by number.
    pub(crate) answers: BTreeMap<u8, AnswerRow>,
}

/// An answer that counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AnswerRow {
    pub(crate) at: EntryAt,
    pub(crate) hlc: Hlc,
}

/// Something about questions that is to be folded.
pub(crate) enum Met {
    Asked(EntryRef, Box<QuestionRow>),
    Answered(Box<MetAnswer>),
    Told(Box<ToldNote>),
}

/// An answer that is to be folded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MetAnswer {
    question: EntryRef,
    number: u8,
    writer: ReplicaId,
    row: AnswerRow,
}

/// The row of a question.
pub(crate) fn question_key(question: EntryRef) -> Key {
    Key::new(Table::Question).hidden("row").hidden(question.0)
}

/// Questions of a replica that this machine has not answered yet.
pub(crate) fn due_of(asker: ReplicaId) -> Key {
    due().hidden(asker.0)
}

pub(crate) fn due() -> Key {
    Key::new(Table::Question).hidden("due")
}

/// Questions of a replica that this machine has answered and that are open for what comes later.
pub(crate) fn live_of(asker: ReplicaId) -> Key {
    live().hidden(asker.0)
}

pub(crate) fn live() -> Key {
    Key::new(Table::Question).hidden("live")
}

/// The question that a row of [`due`] or [`live`] is about.
pub(crate) fn question_in(key: &Key, part: usize) -> Option<EntryRef> {
    Some(EntryRef(key.hidden_part(part)?.try_into().ok()?))
}

fn parked(question: EntryRef) -> Key {
    Key::new(Table::Question).hidden("parked").hidden(question.0)
}

/// Questions that a person asked here, newest first.
pub(crate) fn asked_by(user: &str) -> Key {
    Key::new(Table::QuestionTime).hidden("by").hidden(user)
}

/// Questions that were asked here, newest first.
pub(crate) fn asked_here() -> Key {
    Key::new(Table::QuestionTime).hidden("here")
}

impl Casebook {
    /// What an entry means for this machine; nothing when it is about others. Fails on one that cannot be read.
    pub(crate) fn meet(&self, at: EntryAt, entry: &Entry, now_ms: u64) -> Result<Option<Met>, Reason> {
        let body = self.ledger.open_body(entry).map_err(|error| unusable(&error))?;
        let core = &entry.header.core;
        match core.kind {
            EntryKind::Question => self.meet_question(at, entry, &body, now_ms),
            EntryKind::Answer => {
                let answer = Answer::decode(&body.payload).map_err(|error| unusable(&error))?;
                let (writer, here) = (core.log.key.replica, self.ledger.replica());
                let row = AnswerRow { at, hlc: core.hlc };
                let met = MetAnswer { question: answer.question, number: answer.number, writer, row };
                Ok((answer.asker == here || writer == here).then(|| Met::Answered(Box::new(met))))
            }
            _ => Ok(serde_json::from_slice::<ToldNote>(&body.payload).ok().map(|note| Met::Told(Box::new(note)))),
        }
    }

    fn meet_question(&self, at: EntryAt, entry: &Entry, body: &Body, now_ms: u64) -> Result<Option<Met>, Reason> {
        let question = Question::decode(&body.payload).map_err(|error| unusable(&error))?;
        let (asker, here) = (entry.header.core.log.key.replica, self.ledger.replica());
        if asker != here && question.to != here {
            return Ok(None);
        }
        let row = QuestionRow {
            at,
            asker,
            user: body.author.user.clone(),
            to: question.to,
            asked_ms: entry.header.core.hlc.unix_ms,
            valid_ms: u64::from(question.valid_s) * 1_000,
            arrived_ms: now_ms,
            refused: String::new(),
            answers: BTreeMap::new(),
        };
        Ok(Some(Met::Asked(at.entry, Box::new(row))))
    }

    /// The row of a question that was asked here, or that this machine was asked.
    pub(crate) fn question_row(&self, question: EntryRef) -> Result<Option<QuestionRow>, CasebookError> {
        let bytes = self.views.get(&question_key(question))?;
        let row = bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose();
        row.map_err(|_| CasebookError::Storage(reason!("view-damaged")))
    }

    /// Folds what was met. Folding it twice changes nothing.
    pub(crate) fn fold_questions(&self, batch: &mut Batch, met: Vec<Met>, now_ms: u64) -> Result<(), CasebookError> {
        let mut rows = BTreeMap::new();
        let mut answers = Vec::new();
        for one in met {
            match one {
                Met::Asked(question, row) => self.take_question(&mut rows, batch, question, *row, now_ms)?,
                Met::Answered(answer) => answers.push(*answer),
                Met::Told(note) => note.put(batch)?,
            }
        }
        for answer in answers {
            let known = match rows.remove(&answer.question) {
                Some(row) => Some(row),
                None => self.question_row(answer.question)?,
            };
            match known {
                Some(mut row) => {
                    take_answer(&mut row, &answer, batch, now_ms)?;
                    rows.insert(answer.question, row);
                }
                None if self.views.count(&parked(answer.question))? < PARKED_MAX as u64 => {
                    batch.put(parked(answer.question).hidden(answer.row.at.entry.0), json(&answer)?);
                }
                None => {}
            }
        }
        rows.iter().try_for_each(|(question, row)| self.put_question(batch, *question, row))
    }

    fn take_question(
        &self,
        rows: &mut BTreeMap<EntryRef, QuestionRow>,
        batch: &mut Batch,
        question: EntryRef,
        row: QuestionRow,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        if self.question_row(question)?.is_some() {
            return Ok(());
        }
        let mut row = row;
        for parked in self.views.scan(&parked(question), PARKED_MAX, None)? {
            if let Ok(answer) = serde_json::from_slice(&parked.value) {
                take_answer(&mut row, &answer, batch, now_ms)?;
            }
            batch.remove(parked.key);
        }
        rows.insert(question, row);
        Ok(())
    }

    /// Writes the row of a question and those by which it is found.
    pub(crate) fn put_question(
        &self,
        batch: &mut Batch,
        question: EntryRef,
        row: &QuestionRow,
    ) -> Result<(), CasebookError> {
        batch.put(question_key(question), json(row)?);
        let here = self.ledger.replica();
        if row.asker == here {
            batch.put(asked_by(&row.user).descending(row.asked_ms).hidden(question.0), Vec::new());
            batch.put(asked_here().descending(row.asked_ms).hidden(question.0), Vec::new());
        }
        if row.to == here {
            let (due, live) = (due_of(row.asker).hidden(question.0), live_of(row.asker).hidden(question.0));
            match (row.refused.is_empty(), row.answers.is_empty()) {
                (true, true) => batch.put(due, Vec::new()),
                (true, false) => {
                    batch.remove(due);
                    batch.put(live, Vec::new());
                }
                (false, _) => batch.remove(due),
            }
        }
        Ok(())
    }
}

fn take_answer(row: &mut QuestionRow, answer: &MetAnswer, batch: &mut Batch, now_ms: u64) -> Result<(), CasebookError> {
    if answer.writer != row.to {
        return set_aside(batch, answer.row.at.entry, "answer", reason!("aside-not-asked"), now_ms);
    }
    let known = row.answers.entry(answer.number).or_insert_with(|| answer.row.clone());
    if (answer.row.hlc, answer.row.at.entry) < (known.hlc, known.at.entry) {
        *known = answer.row.clone();
    }
    Ok(())
}
