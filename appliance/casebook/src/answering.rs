//! Answers what other sites ask: the machine's own task. The binary calls it when entries came and when it said so.
//!
//! A pass takes the questions addressed to this machine that are not answered, a few of each site in turn, looks for what
//! they ask, and commits in one durable step the consultation's line in the audit, the answer, and the note of what the
//! owners were told. Then it goes on through the questions that are still open and have not been held against the
//! records that came since: what matches now is told in a further answer.
//!
//! What has been answered follows from the logs, so a restart neither forgets a question nor answers it twice. An asker
//! cannot tell "nothing" from "nothing for you": the answers are byte for byte the same, with the same entries around
//! them, and every answer is given half a second after its question came or at the first pass after that, which is far
//! longer than the work takes.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use cairn_ledger::question::{Answer, AskedReading, NUMBER_MAX, Question, UNHEARD_MAX};
use cairn_ledger::view::{Batch, Key};
use cairn_ledger::{Author, Body, EntryDraft, EntryKind, EntryRef, Lane};
use cairn_record::{Confidence, Identifier, Reading, Reason, RecordId, reason};

use crate::disclosure::{Disclosed, name};
use crate::fold::{set_aside, unusable};
use crate::question_rows::{self as rows, QuestionRow};
use crate::row::EntryAt;
use crate::told::ToldNote;
use crate::{AuditEvent, Casebook, CasebookError, Outcome, Right, Role};

/// How long after its question an answer is given.
pub(crate) const ANSWER_AFTER_MS: u64 = 500;
/// Questions of one site that are answered in one pass.
const EACH_A_PASS: usize = 4;
/// Open questions that are looked at again in one pass.
const LOOKS_A_PASS: usize = 32;
/// Open questions of one site; what goes beyond is not answered.
pub(crate) const LIVE_PER_SITE_MAX: usize = 500;
/// Looks for one question that told somebody something.
const LOOKS_MAX: usize = 32;
/// A site that was not heard from for longer is named in an answer.
const UNHEARD_AFTER_MS: u64 = 24 * 3_600 * 1_000;

/// How far the open questions have been held against the records.
#[derive(Default)]
pub(crate) struct Sweep {
    /// The last one looked at in a round that goes on.
    after: Option<Key>,
    /// What had been written when the round began.
    began_at: u64,
    /// What had been written when the last whole round began; `None` since the start: there is a round to make.
    done_at: Option<u64>,
}

impl Casebook {
    /// Answers questions of other sites that are due, and tells of records that came since. Answers when it wants to be
    /// called again, by the clock that `now_ms` is of; `None`: when entries come.
    pub fn answer_questions(&self, now_ms: u64) -> Result<Option<u64>, CasebookError> {
        let mut sweep = self.sweep();
        // An answer would be a false "nothing", and one that was given just now might be given again.
        self.must_be_whole()?;
        let waits = self.answer_due(now_ms)?;
        let goes_on = self.look_again(&mut sweep, now_ms)?;
        Ok(if goes_on { Some(now_ms) } else { waits })
    }

    /// One pass at a time.
    fn sweep(&self) -> MutexGuard<'_, Sweep> {
        self.sweep.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer_due(&self, now_ms: u64) -> Result<Option<u64>, CasebookError> {
        let mut next_ms: Option<u64> = None;
        if self.views.scan(&rows::due(), 1, None)?.is_empty() {
            return Ok(None);
        }
        for member in self.members() {
            let due = self.views.scan(&rows::due_of(member.replica), EACH_A_PASS + 1, None)?;
            if due.len() > EACH_A_PASS {
                next_ms = Some(now_ms);
            }
            for question in due.iter().take(EACH_A_PASS).filter_map(|row| rows::question_in(&row.key, 2)) {
                let Some(row) = self.question_row(question)? else { continue };
                // A clock that was set back must not keep anybody waiting.
                if now_ms.abs_diff(row.arrived_ms) < ANSWER_AFTER_MS {
                    let due_ms = row.arrived_ms + ANSWER_AFTER_MS;
                    next_ms = Some(next_ms.map_or(due_ms, |next| next.min(due_ms)));
                } else {
                    self.answer_first(question, row, now_ms)?;
                }
            }
        }
        Ok(next_ms)
    }

    fn answer_first(&self, id: EntryRef, row: QuestionRow, now_ms: u64) -> Result<(), CasebookError> {
        match self.readable(&row)? {
            Ok((body, question)) => self.answer(id, &row, &body, &question, now_ms),
            Err(why) => self.refuse_question(id, row, why, now_ms),
        }
    }

    /// The question, or why it is not answered.
    fn readable(&self, row: &QuestionRow) -> Result<Result<(Body, Question), Reason>, CasebookError> {
        let open = self.views.scan(&rows::live_of(row.asker), LIVE_PER_SITE_MAX, None)?.len();
        if open >= LIVE_PER_SITE_MAX {
            return Ok(Err(reason!("aside-flood", site = self.site_of(row.asker), most = open)));
        }
        let Some(body) = self.body_at(row.at)? else { return Ok(Err(reason!("aside-unread"))) };
        let may = match body.author.role {
            0 => true,
            number => Role::from_number(number).is_some_and(|role| role.may(Right::Ask)),
        };
        if !may || body.purpose.is_none() {
            return Ok(Err(reason!("aside-may-not-ask")));
        }
        Ok(match Question::decode(&body.payload) {
            Ok(question) => Ok((body, question)),
            Err(error) => Err(unusable(&error)),
        })
    }

    fn refuse_question(
        &self,
        id: EntryRef,
        mut row: QuestionRow,
        why: Reason,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        row.refused = why.name.to_string();
        let mut batch = Batch::new();
        self.put_question(&mut batch, id, &row)?;
        // One line for each site, however much it asks.
        let mut line = [0; 16];
        line.copy_from_slice(&row.asker.0[..16]);
        set_aside(&mut batch, EntryRef(line), "question", why, now_ms)?;
        let _writing = self.writing();
        Ok(self.views.commit(&batch, None)?)
    }

    fn answer(
        &self,
        id: EntryRef,
        row: &QuestionRow,
        body: &Body,
        question: &Question,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        let (hits, more) = self.look_for(&question.text, question.zone, &readings_of(question), now_ms)?;
        let disclosed = hits.iter().map(|hit| self.disclose(hit)).collect::<Result<Vec<_>, _>>()?;
        let told = disclosed.iter().map(|one| one.told.clone()).collect();
        let answer = self.compose(id, row, 0, disclosed, more, now_ms)?;
        let audit = self.consultation(row, body, question, &answer)?;
        let note = self.told_draft(&ToldNote::new(id, 0, now_ms, told))?;
        self.commit(&mut self.writing(), vec![audit, self.answer_draft(&answer)?, note], now_ms)
    }

    fn compose(
        &self,
        id: EntryRef,
        row: &QuestionRow,
        number: u8,
        disclosed: Vec<Disclosed>,
        more: usize,
        now_ms: u64,
    ) -> Result<Answer, CasebookError> {
        let freshness = self.freshness(now_ms)?;
        let behind = |ms: Option<u64>| ms.is_none_or(|ms| now_ms.saturating_sub(ms) > UNHEARD_AFTER_MS);
        // This machine, too, where damage took some of its own.
        let of = freshness.iter().filter(|source| source.replica != row.asker);
        let unheard: Vec<String> =
            of.filter(|source| behind(source.complete_ms)).map(|source| name(&source.site)).collect();
        let hits: Vec<_> = disclosed.into_iter().filter_map(|one| one.hit).collect();
        // Hits beyond the first page were not looked at one by one: they are counted only beside others that are told.
        let more = if hits.is_empty() { 0 } else { u16::try_from(more).unwrap_or(u16::MAX) };
        let unheard_more = u16::try_from(unheard.len().saturating_sub(UNHEARD_MAX)).unwrap_or(u16::MAX);
        let unheard = unheard.into_iter().take(UNHEARD_MAX).collect();
        let answer =
            Answer { question: id, asker: row.asker, number, as_of_ms: now_ms, hits, more, unheard, unheard_more };
        Ok(answer.fit())
    }

    /// The line in the audit: by the person who asked, with what they were told, and nothing that they were not.
    fn consultation(
        &self,
        row: &QuestionRow,
        body: &Body,
        question: &Question,
        answer: &Answer,
    ) -> Result<EntryDraft, CasebookError> {
        let why = body.purpose.as_deref().unwrap_or_default();
        let text = question.text.as_str();
        let detail = reason!("audit-was-asked", site = self.site_of(row.asker), text = text, why = why);
        let count = answer.hits.len() as u64 + u64::from(answer.more);
        let event = AuditEvent::new("answer", "machine").say(detail).on(shown_in(answer)).count(count);
        self.audit_draft_by(body.author.clone(), &event)
    }

    fn answer_draft(&self, answer: &Answer) -> Result<EntryDraft, CasebookError> {
        let body = Body { author: Author::default(), purpose: None, record: None, payload: answer.encode() };
        Ok(EntryDraft { space: self.records_space()?, lane: Lane::Urgent, kind: EntryKind::Answer, body })
    }

    /// Goes on through the open questions. Answers whether there are more.
    fn look_again(&self, sweep: &mut Sweep, now_ms: u64) -> Result<bool, CasebookError> {
        let written = self.records_written.load(Ordering::Relaxed);
        if sweep.after.is_none() {
            if sweep.done_at == Some(written) {
                return Ok(false);
            }
            sweep.began_at = written;
        }
        let open = self.views.scan(&rows::live(), LOOKS_A_PASS, sweep.after.as_ref())?;
        for row in &open {
            if let Some(question) = rows::question_in(&row.key, 2) {
                self.look_once_more(question, &row.key, now_ms)?;
            }
        }
        sweep.after = open.last().filter(|_| open.len() == LOOKS_A_PASS).map(|row| row.key.clone());
        if sweep.after.is_none() {
            sweep.done_at = Some(sweep.began_at);
        }
        Ok(sweep.after.is_some() || sweep.done_at != Some(self.records_written.load(Ordering::Relaxed)))
    }

    fn look_once_more(&self, id: EntryRef, live: &Key, now_ms: u64) -> Result<(), CasebookError> {
        let row = self.question_row(id)?;
        let told = self.told_about(id)?;
        // From the first answer on, by this machine's own clock: no reasoning depends on two clocks.
        let first_ms = row.as_ref().and_then(|row| row.answers.get(&0)).map(|first| first.hlc.unix_ms);
        let open = |row: &QuestionRow| first_ms.is_some_and(|ms| now_ms.abs_diff(ms) < row.valid_ms);
        let Some(row) = row.filter(|row| open(row) && told.len() < LOOKS_MAX) else {
            let mut batch = Batch::new();
            batch.remove(live.clone());
            let _writing = self.writing();
            return Ok(self.views.commit(&batch, None)?);
        };
        let Some(body) = self.body_at(row.at)? else { return Ok(()) };
        let Ok(question) = Question::decode(&body.payload) else { return Ok(()) };
        let known = self.known_records(&row, &told)?;
        let (hits, _) = self.look_for(&question.text, question.zone, &readings_of(&question), now_ms)?;
        let news = hits.iter().filter(|hit| !known.contains(&hit.record.id));
        let disclosed = news.map(|hit| self.disclose(hit)).collect::<Result<Vec<_>, _>>()?;
        if disclosed.is_empty() {
            return Ok(());
        }
        self.tell_more(id, &row, (&body, &question), disclosed, told.len() as u8, now_ms)
    }

    /// A further answer about what came since, if there is anything to tell the asker; the owners are told either way.
    fn tell_more(
        &self,
        id: EntryRef,
        row: &QuestionRow,
        (body, question): (&Body, &Question),
        disclosed: Vec<Disclosed>,
        look: u8,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        let number = row.answers.keys().next_back().map_or(0, |last| last + 1);
        let tells = number <= NUMBER_MAX && disclosed.iter().any(|one| one.told.outcome != Outcome::Silent);
        let told = disclosed.iter().map(|one| one.told.clone()).collect();
        let mut drafts = Vec::new();
        if tells {
            let answer = self.compose(id, row, number, disclosed, 0, now_ms)?;
            drafts.push(self.consultation(row, body, question, &answer)?);
            drafts.push(self.answer_draft(&answer)?);
        }
        drafts.push(self.told_draft(&ToldNote::new(id, look, now_ms, told))?);
        self.commit(&mut self.writing(), drafts, now_ms)
    }

    /// Records that were looked at for a question already.
    fn known_records(&self, row: &QuestionRow, told: &[ToldNote]) -> Result<BTreeSet<RecordId>, CasebookError> {
        let mut known: BTreeSet<RecordId> = told.iter().flat_map(|note| &note.matched).map(|one| one.record).collect();
        for answer in row.answers.values() {
            let body = self.body_at(answer.at)?;
            known.extend(body.and_then(|body| Answer::decode(&body.payload).ok()).iter().flat_map(shown_in));
        }
        Ok(known)
    }

    /// The body of an entry; `None` when it is not held or cannot be read here.
    pub(crate) fn body_at(&self, at: EntryAt) -> Result<Option<Body>, CasebookError> {
        let entry = self.entry_at(at)?;
        Ok(entry.and_then(|entry| self.ledger.open_body(&entry).ok()))
    }
}

/// What an asker read in the text, as a check takes it.
pub(crate) fn readings_of(question: &Question) -> Vec<Reading> {
    let reading = |asked: &AskedReading| Reading {
        identifier: Identifier { kind: asked.kind, exact: asked.exact.clone(), lookalike: asked.lookalike.clone() },
        pattern: asked.pattern,
        confidence: Confidence::Likely,
    };
    question.readings.iter().map(reading).collect()
}

/// The records that an answer names.
fn shown_in(answer: &Answer) -> impl Iterator<Item = RecordId> {
    use cairn_ledger::question::AnswerHit;
    answer.hits.iter().filter_map(|hit| match hit {
        AnswerHit::Open(hit) => Some(hit.record),
        AnswerHit::Contact(_) => None,
    })
}
