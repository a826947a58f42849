//! Asks other sites, and shows what they answered.
//!
//! A question is an entry in the urgent lane of the records space, so it goes out at once over a link, at the next sync
//! without one, and on a stick. Its answer comes back the same way.

use cairn_ledger::question::{self, Answer, AnswerHit, AnswerMarker, AskedReading, OpenHit, Question};
use cairn_ledger::registry::ReplicaRole;
use cairn_ledger::view::{Batch, Key, Row, Table};
use cairn_ledger::{Body, EntryDraft, EntryKind, EntryRef, Lane, LogId, ReplicaId};
use cairn_record::{Kind, Query, RecordId, query_identifiers, reason, schema};

use crate::answering::readings_of;
use crate::auditing::author_of;
use crate::carrying::role_word;
use crate::checking::reading_words;
use crate::peers::PeerState;
use crate::question_rows::{QuestionRow, asked_by, asked_here, question_in};
use crate::{
    Actor, AnswerResult, AskRequest, Askable, AuditEvent, Casebook, CasebookError, Grade, Holder, QuestionAnswer,
    QuestionHit, QuestionLine, QuestionMarker, QuestionPage, QuestionState, Right,
};

/// How long a question is open: seven days.
pub const VALID_MS: u64 = 7 * 24 * 3_600 * 1_000;
/// Most open questions of one person without an answer.
pub const OPEN_QUESTIONS_PER_PERSON_MAX: usize = 50;
/// Most open questions asked from one site: fewer than the one who is asked takes.
pub const OPEN_QUESTIONS_MAX: usize = 400;
/// Most characters of a reason.
pub const REASON_CHARS_MAX: usize = 200;
/// Least characters of a reason.
const REASON_CHARS_MIN: usize = 3;
/// Most lines of one list.
pub(crate) const LINES_MAX: usize = 200;
/// What happened longer ago is no news.
pub(crate) const NEWS_MS: u64 = 60 * 24 * 3_600 * 1_000;

fn read_key(user: &str, question: EntryRef) -> Key {
    Key::new(Table::Read).hidden("answer").hidden(user).hidden(question.0)
}

impl Casebook {
    /// Who can be asked, best first: the hubs, then the other posts of the agency.
    pub fn whom_to_ask(&self) -> Vec<Askable> {
        let peers = self.peers().clone();
        let one = |member: crate::Member| Askable {
            connected: peers.get(&member.replica).is_some_and(PeerState::is_connected),
            replica: member.replica,
            role: role_word(member.role).into(),
            site: member.site,
        };
        self.readers().into_iter().map(one).collect()
    }

    /// Asks another site. Durable here with its audit line when it returns; asking the same again while it waits is the
    /// same question. Right: Ask.
    pub fn ask(&self, actor: &Actor, request: &AskRequest, now_ms: u64) -> Result<QuestionLine, CasebookError> {
        actor.must(Right::Ask)?;
        let reason = checked_reason(&request.reason)?;
        let query = self.checked_text(&request.text, now_ms)?;
        let to = self.checked_addressee(request.to)?;
        if let Some(waiting) = self.same_question(actor, &query.text, to.replica, now_ms)? {
            return Ok(waiting);
        }
        self.checked_room(actor, now_ms)?;
        let body = Body {
            author: author_of(actor),
            purpose: Some(reason.clone()),
            record: None,
            payload: question_of(&query, to.replica).encode(),
        };
        let asked = EntryDraft { space: self.records_space()?, lane: Lane::Urgent, kind: EntryKind::Question, body };
        let detail = reason!("audit-asked", site = to.site, text = query.text.as_str(), why = reason);
        let audit = self.audit_draft(actor, &AuditEvent::new("ask", actor.via.key()).say(detail))?;
        let positions = self.commit_at(&mut self.writing(), vec![asked, audit], now_ms)?;
        let unseen = || CasebookError::SavedUnseen(reason!("view-damaged"));
        let id = positions.first().map(|position| position.hash.short()).ok_or_else(unseen)?;
        let row = self.question_row(id)?.ok_or_else(unseen)?;
        self.question_line(id, &row, now_ms)?.ok_or_else(unseen)
    }

    fn checked_text(&self, text: &str, now_ms: u64) -> Result<Query, CasebookError> {
        let mut query = query_identifiers(text, Some(&self.country()), &self.today(now_ms));
        if query.text.chars().count() > question::QUESTION_CHARS_MAX {
            let most = question::QUESTION_CHARS_MAX;
            return Err(CasebookError::BadRequest(reason!("ask-too-long", most = most)));
        }
        query.readings.truncate(question::READINGS_MAX);
        if query.readings.is_empty() {
            return Err(CasebookError::BadRequest(reason!("ask-not-understood")));
        }
        Ok(query)
    }

    fn checked_addressee(&self, to: Option<ReplicaId>) -> Result<Askable, CasebookError> {
        let mut askable = self.whom_to_ask();
        if askable.is_empty() {
            return Err(CasebookError::NotNow(reason!("ask-nobody")));
        }
        let at = to.map_or(Some(0), |to| askable.iter().position(|one| one.replica == to));
        let found = at.map(|at| askable.swap_remove(at));
        found.ok_or_else(|| CasebookError::BadRequest(reason!("ask-not-a-member")))
    }

    /// The same question of the same person to the same site, while it waits for its answer.
    fn same_question(
        &self,
        actor: &Actor,
        text: &str,
        to: ReplicaId,
        now_ms: u64,
    ) -> Result<Option<QuestionLine>, CasebookError> {
        for (id, row) in self.question_rows(&asked_by(&actor.user), OPEN_QUESTIONS_PER_PERSON_MAX)? {
            if row.to != to || !row.is_waiting(now_ms) {
                continue;
            }
            let line = self.question_line(id, &row, now_ms)?;
            if let Some(line) = line.filter(|line| line.asked == text) {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    fn checked_room(&self, actor: &Actor, now_ms: u64) -> Result<(), CasebookError> {
        let own = self.question_rows(&asked_by(&actor.user), OPEN_QUESTIONS_PER_PERSON_MAX)?;
        if own.len() == OPEN_QUESTIONS_PER_PERSON_MAX && own.iter().all(|(_, row)| row.is_waiting(now_ms)) {
            return Err(CasebookError::NotNow(reason!("ask-own-full", most = OPEN_QUESTIONS_PER_PERSON_MAX)));
        }
        let all = self.question_rows(&asked_here(), OPEN_QUESTIONS_MAX)?;
        let open = |row: &QuestionRow| now_ms.abs_diff(row.asked_ms) < row.valid_ms;
        if all.len() == OPEN_QUESTIONS_MAX && all.iter().all(|(_, row)| open(row)) {
            return Err(CasebookError::NotNow(reason!("ask-site-full", most = OPEN_QUESTIONS_MAX)));
        }
        Ok(())
    }

    /// One's own questions, newest first, at most 200; with `all` those of everybody at this site, which needs the right
    /// OverseeQuestions and is audited. Right: Ask.
    pub fn questions(&self, actor: &Actor, all: bool, now_ms: u64) -> Result<Vec<QuestionLine>, CasebookError> {
        actor.must(Right::Ask)?;
        if all {
            actor.must(Right::OverseeQuestions)?;
            self.write_audit(actor, AuditEvent::new("questions_read", actor.via.key()), now_ms)?;
        }
        let prefix = if all { asked_here() } else { asked_by(&actor.user) };
        self.question_lines(&prefix, LINES_MAX, now_ms)
    }

    /// One's own questions with news: answered, or ended without an answer, and not opened since.
    pub(crate) fn question_news(&self, actor: &Actor, now_ms: u64) -> Result<Vec<QuestionLine>, CasebookError> {
        let mut news = Vec::new();
        for (id, row) in self.question_rows(&asked_by(&actor.user), OPEN_QUESTIONS_PER_PERSON_MAX * 2)? {
            if self.is_unread(id, &row, now_ms)? {
                news.extend(self.question_line(id, &row, now_ms)?);
            }
        }
        Ok(news)
    }

    /// A question with its answers. What an answer says is in the audit before it is shown; it then counts as read by
    /// the person who asked. Only theirs, unless one has the right OverseeQuestions. Right: Ask.
    pub fn question(&self, actor: &Actor, id: EntryRef, now_ms: u64) -> Result<QuestionPage, CasebookError> {
        actor.must(Right::Ask)?;
        let here = self.ledger.replica();
        let row = self.question_row(id)?.filter(|row| row.asker == here);
        let mine = |row: &QuestionRow| row.user == actor.user || actor.may(Right::OverseeQuestions);
        let not_here = || CasebookError::NotFound(reason!("question-not-here"));
        let row = row.filter(mine).ok_or_else(not_here)?;
        let answers = self.answers_to(&row)?;
        let line = self.line_with(id, &row, &answers, now_ms)?.ok_or_else(not_here)?;
        if !answers.is_empty() {
            let shown: Vec<RecordId> =
                answers.iter().flat_map(|answer| &answer.hits).filter_map(|hit| hit.record).collect();
            let event = AuditEvent::new("answer_read", actor.via.key()).on(shown).detail(&line.asked);
            self.write_audit(actor, event, now_ms)?;
        }
        if line.unread && row.user == actor.user {
            let mut batch = Batch::new();
            batch.put(read_key(&actor.user, id), [row.answers.len() as u8]);
            self.views.commit(&batch, None)?;
        }
        Ok(QuestionPage { line, answers })
    }

    fn question_lines(&self, prefix: &Key, most: usize, now_ms: u64) -> Result<Vec<QuestionLine>, CasebookError> {
        let mut lines = Vec::new();
        for (id, row) in self.question_rows(prefix, most)? {
            lines.extend(self.question_line(id, &row, now_ms)?);
        }
        Ok(lines)
    }

    fn question_rows(&self, prefix: &Key, most: usize) -> Result<Vec<(EntryRef, QuestionRow)>, CasebookError> {
        let mut found = Vec::new();
        for row in self.views.scan(prefix, most, None)? {
            let Some(id) = last_part(&row) else { continue };
            found.extend(self.question_row(id)?.map(|row| (id, row)));
        }
        Ok(found)
    }

    fn question_line(
        &self,
        id: EntryRef,
        row: &QuestionRow,
        now_ms: u64,
    ) -> Result<Option<QuestionLine>, CasebookError> {
        self.line_with(id, row, &self.answers_to(row)?, now_ms)
    }

    fn line_with(
        &self,
        id: EntryRef,
        row: &QuestionRow,
        answers: &[QuestionAnswer],
        now_ms: u64,
    ) -> Result<Option<QuestionLine>, CasebookError> {
        let Some(body) = self.body_at(row.at)? else { return Ok(None) };
        let Ok(question) = Question::decode(&body.payload) else { return Ok(None) };
        let hits = || answers.iter().flat_map(|answer| &answer.hits);
        let mut held_by: Vec<String> = Vec::new();
        hits().map(|hit| &hit.holder.site).for_each(|site| {
            if !held_by.contains(site) {
                held_by.push(site.clone());
            }
        });
        let readings = readings_of(&question);
        let way = self.way_to(row.to);
        let state = self.state_of(row, &way, now_ms);
        Ok(Some(QuestionLine {
            id,
            asked: question.text,
            read_as: readings.iter().map(reading_words).collect(),
            readings,
            reason: body.purpose.unwrap_or_default(),
            person: body.author.display,
            user: body.author.user,
            asked_ms: row.asked_ms,
            to: self.site_of(row.to),
            to_role: role_word(self.role_of(row.to)).into(),
            connected: way.iter().any(|one| self.peers().get(one).is_some_and(PeerState::is_connected)),
            state,
            expires_ms: row.asked_ms.saturating_add(row.valid_ms),
            result: answers.iter().map(|answer| answer.result).reduce(more_of),
            hits: hits().count() + answers.iter().map(|answer| usize::from(answer.more)).sum::<usize>(),
            held_by,
            answered_ms: answers.last().map(|answer| answer.as_of_ms),
            unread: self.is_unread(id, row, now_ms)?,
        }))
    }

    fn role_of(&self, replica: ReplicaId) -> ReplicaRole {
        let members = self.members();
        members.iter().find(|member| member.replica == replica).map_or(ReplicaRole::Post, |member| member.role)
    }

    /// Who brings a question to whom it is for: itself, and for a post the hubs.
    fn way_to(&self, to: ReplicaId) -> Vec<ReplicaId> {
        let hubs = self.members().into_iter().filter(crate::Member::is_hub).map(|member| member.replica);
        let hubs: Vec<ReplicaId> = hubs.collect();
        if hubs.contains(&to) { vec![to] } else { hubs.into_iter().chain([to]).collect() }
    }

    fn state_of(&self, row: &QuestionRow, way: &[ReplicaId], now_ms: u64) -> QuestionState {
        let log = self.logs().log(row.at.log);
        let has = |one: &ReplicaId, log: LogId| self.is_proved(*one, &[(log, row.at.number)]);
        let there = log.is_some_and(|log: LogId| way.iter().any(|one| has(one, log)));
        match (row.answers.is_empty(), row.is_waiting(now_ms), there) {
            (false, ..) => QuestionState::Answered,
            (true, false, _) => QuestionState::Expired,
            (true, true, true) => QuestionState::Sent,
            (true, true, false) => QuestionState::Waiting,
        }
    }

    /// Whether it was answered, or ended without an answer, and was not opened since.
    fn is_unread(&self, id: EntryRef, row: &QuestionRow, now_ms: u64) -> Result<bool, CasebookError> {
        if row.is_waiting(now_ms) || now_ms.abs_diff(row.asked_ms) > NEWS_MS {
            return Ok(false);
        }
        let read = self.views.get(&read_key(&row.user, id))?;
        Ok(read.is_none_or(|read| read.first().is_none_or(|read| usize::from(*read) < row.answers.len())))
    }

    fn answers_to(&self, row: &QuestionRow) -> Result<Vec<QuestionAnswer>, CasebookError> {
        let mut answers = Vec::new();
        for at in row.answers.values().map(|answer| answer.at) {
            let body = self.body_at(at)?;
            let answer = body.and_then(|body| Answer::decode(&body.payload).ok());
            answers.extend(answer.map(|answer| self.answer_words(answer)).transpose()?);
        }
        Ok(answers)
    }

    fn answer_words(&self, answer: Answer) -> Result<QuestionAnswer, CasebookError> {
        let mut hits = Vec::with_capacity(answer.hits.len());
        for hit in answer.hits {
            hits.push(match hit {
                AnswerHit::Open(hit) => self.open_hit(*hit)?,
                AnswerHit::Contact(hit) => QuestionHit {
                    record: None,
                    here: false,
                    kind: None,
                    title: String::new(),
                    matched: None,
                    holder: holder([hit.agency, hit.site, String::new(), String::new(), String::new()]),
                    grade: None,
                    changed_ms: 0,
                    contact: hit.contact,
                    markers: Vec::new(),
                },
            });
        }
        Ok(QuestionAnswer {
            number: answer.number,
            result: result_of(&hits),
            as_of_ms: answer.as_of_ms,
            hits,
            more: answer.more,
            unheard: answer.unheard,
            unheard_more: answer.unheard_more,
        })
    }

    fn open_hit(&self, hit: OpenHit) -> Result<QuestionHit, CasebookError> {
        let [scheme, source, information] = hit.grade;
        let contact = hit.markers.iter().map(|marker| &marker.contact).find(|contact| !contact.is_empty());
        Ok(QuestionHit {
            record: Some(hit.record),
            here: self.row(hit.record)?.is_some(),
            kind: Some(hit.kind),
            title: hit.title,
            matched: Some(hit.matched.into()),
            holder: holder([hit.agency, hit.site, hit.person, hit.origin_agency, hit.origin_ref]),
            grade: (!scheme.is_empty()).then_some(Grade { scheme, source, information }),
            changed_ms: hit.changed_ms,
            contact: contact.cloned().unwrap_or_default(),
            markers: hit.markers.into_iter().map(marker_words).collect(),
        })
    }
}

impl QuestionRow {
    /// Whether it is not answered and has not ended, by the clock of the machine that asked.
    fn is_waiting(&self, now_ms: u64) -> bool {
        self.answers.is_empty() && now_ms < self.asked_ms.saturating_add(self.valid_ms)
    }
}

/// The question that a row of a list by time names in its last part.
fn last_part(row: &Row) -> Option<EntryRef> {
    question_in(&row.key, row.key.parts.len().checked_sub(1)?)
}

fn checked_reason(reason: &str) -> Result<String, CasebookError> {
    let reason = cairn_record::normalise::tidy_line(reason);
    let chars = reason.chars().count();
    if (REASON_CHARS_MIN..=REASON_CHARS_MAX).contains(&chars) {
        return Ok(reason);
    }
    Err(CasebookError::BadRequest(reason!("ask-why", least = REASON_CHARS_MIN, most = REASON_CHARS_MAX)))
}

fn question_of(query: &Query, to: ReplicaId) -> Question {
    let readings = query.readings.iter().map(|reading| AskedReading {
        kind: reading.identifier.kind,
        pattern: reading.pattern,
        exact: reading.identifier.exact.clone(),
        lookalike: reading.identifier.lookalike.clone(),
    });
    Question {
        to,
        valid_s: (VALID_MS / 1_000) as u32,
        zone: query.mrz.is_some(),
        text: query.text.clone(),
        readings: readings.collect(),
    }
}

fn holder([agency, site, person, origin_agency, origin_ref]: [String; 5]) -> Holder {
    Holder { agency, site, person, origin_agency, origin_ref }
}

fn marker_words(marker: AnswerMarker) -> QuestionMarker {
    let label = |key: &str, code: &str| {
        let label = schema(Kind::Marker).by_key(key).and_then(|field| field.code_label(code));
        label.map_or_else(|| code.to_owned(), Into::into)
    };
    QuestionMarker {
        label: label("marker", &marker.code),
        requested_action: label("requested_action", &marker.action),
        code: marker.code,
        reason: marker.reason,
        contact: marker.contact,
        discreet: marker.discreet,
    }
}

fn result_of(hits: &[QuestionHit]) -> AnswerResult {
    if hits.is_empty() {
        AnswerResult::None
    } else if hits.iter().any(|hit| hit.record.is_some()) {
        AnswerResult::Held
    } else {
        AnswerResult::Contact
    }
}

/// Of two results the one that tells more.
fn more_of(one: AnswerResult, two: AnswerResult) -> AnswerResult {
    match (one, two) {
        (AnswerResult::Held, _) | (_, AnswerResult::Held) => AnswerResult::Held,
        (AnswerResult::Contact, _) | (_, AnswerResult::Contact) => AnswerResult::Contact,
        _ => AnswerResult::None,
    }
}
