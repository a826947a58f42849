//! The audit: written before an answer is given, read page by page, verified as a whole.

use std::collections::BTreeSet;

use cairn_ledger::registry::SpaceKind;
use cairn_ledger::store::{Lost, Verified};
use cairn_ledger::{Author, Body, Entry, EntryDraft, EntryKind, Lane, LogId};
use cairn_record::reason;

use crate::damage::numbers;
use crate::local_note::LocalNote;
use crate::{
    Actor, AuditEvent, AuditLine, AuditQuery, Casebook, CasebookError, Right, Role, Verification, VerifiedLog,
};

/// Most lines of one answer.
pub const AUDIT_LINES_MAX: usize = 500;
/// Lines of an answer when the question does not say how many.
const AUDIT_LINES_DEFAULT: usize = 100;
/// Most entries that one question looks through.
const SCANNED_MAX: usize = 50_000;
/// Bytes read from a log at a time, going backwards.
const BACK: u64 = 200;

impl Casebook {
    /// Writes one line to the audit; durable when it returns.
    pub(crate) fn write_audit(&self, actor: &Actor, event: AuditEvent, now_ms: u64) -> Result<(), CasebookError> {
        let draft = self.audit_draft(actor, &event)?;
        self.commit(&mut self.writing(), vec![draft], now_ms)
    }

    /// Writes one line for something that the appliance itself did.
    pub(crate) fn write_machine_audit(&self, event: AuditEvent, now_ms: u64) -> Result<(), CasebookError> {
        let draft = self.audit_draft_by(Author::default(), &event)?;
        self.commit(&mut self.writing(), vec![draft], now_ms)
    }

    /// Writes a note of this machine and its audit line in one durable append.
    pub(crate) fn write_note(
        &self,
        actor: &Actor,
        note: LocalNote,
        event: AuditEvent,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        let mut writing = self.writing();
        let drafts = vec![self.note_draft(actor, &note)?, self.audit_draft(actor, &event)?];
        self.commit(&mut writing, drafts, now_ms)?;
        self.memory_mut().local.apply(note);
        Ok(())
    }

    /// The draft of a note of this machine.
    pub(crate) fn note_draft(&self, actor: &Actor, note: &LocalNote) -> Result<EntryDraft, CasebookError> {
        let kind = if matches!(note, LocalNote::Account(_)) { EntryKind::Account } else { EntryKind::Batch };
        let body = self.body(actor, None, json(note)?);
        Ok(EntryDraft { space: self.local_space(), lane: Lane::Normal, kind, body })
    }

    /// The draft of an audit line.
    pub(crate) fn audit_draft(&self, actor: &Actor, event: &AuditEvent) -> Result<EntryDraft, CasebookError> {
        self.audit_draft_by(author_of(actor), event)
    }

    pub(crate) fn audit_draft_by(&self, author: Author, event: &AuditEvent) -> Result<EntryDraft, CasebookError> {
        let body = Body { author, purpose: None, record: None, payload: json(event)? };
        Ok(EntryDraft { space: self.audit_space()?, lane: Lane::Normal, kind: EntryKind::Audit, body })
    }

    /// Writes one line to the audit for something that a layer above did or refused, such as a page that the role may
    /// not see.
    pub fn note(&self, actor: &Actor, action: &str, detail: &str, now_ms: u64) -> Result<(), CasebookError> {
        let action: String = action.chars().take(40).collect();
        self.write_audit(actor, AuditEvent::new(&action, actor.via.key()).detail(detail), now_ms)
    }

    /// Lines of the audit of every site, newest first. Reading it is audited too. Right: ReadAudit.
    pub fn audit(&self, actor: &Actor, query: &AuditQuery, now_ms: u64) -> Result<Vec<AuditLine>, CasebookError> {
        actor.must(Right::ReadAudit)?;
        let asked = [query.action.as_str(), &query.user].into_iter().filter(|asked| !asked.is_empty());
        let words = asked.collect::<Vec<_>>().join(", ");
        let event = AuditEvent::new("audit_read", actor.via.key()).detail(&words).on(query.record);
        self.write_audit(actor, event, now_ms)?;
        let limit = if query.limit == 0 { AUDIT_LINES_DEFAULT } else { query.limit.min(AUDIT_LINES_MAX) };
        let mut lines = Vec::new();
        for log in self.audit_logs() {
            self.collect_lines(&log, query, limit, &mut lines)?;
        }
        for space in self.spaces_of_kind(SpaceKind::Audit) {
            let rescued = self.rescued_of_kind(space, EntryKind::Audit)?;
            lines.extend(rescued.iter().filter_map(|entry| self.audit_line(entry)).filter(|line| fits(line, query)));
        }
        lines.sort_by_key(|line| std::cmp::Reverse((line.at_ms, line.number)));
        lines.truncate(limit);
        Ok(lines)
    }

    fn audit_logs(&self) -> Vec<LogId> {
        let spaces = self.spaces_of_kind(SpaceKind::Audit);
        let logs = |space| self.frontier(space).0.into_keys().map(move |key| LogId { space, key });
        spaces.into_iter().flat_map(logs).filter(|log| log.key.lane != Lane::Urgent).collect()
    }

    /// The newest `limit` lines of one log that fit the question.
    fn collect_lines(
        &self,
        log: &LogId,
        query: &AuditQuery,
        limit: usize,
        lines: &mut Vec<AuditLine>,
    ) -> Result<(), CasebookError> {
        let mut until = self.frontier(log.space).number(&log.key);
        let (mut found, mut scanned) = (0, 0);
        while until > 0 && found < limit && scanned < SCANNED_MAX {
            let from = until.saturating_sub(BACK - 1).max(1);
            for number in (from..=until).rev() {
                let Some(entry) = self.ledger.entry(log, number)? else { continue };
                scanned += 1;
                if let Some(line) = self.audit_line(&entry).filter(|line| fits(line, query)) {
                    lines.push(line);
                    found += 1;
                }
                if found >= limit {
                    break;
                }
            }
            until = from - 1;
        }
        Ok(())
    }

    fn audit_line(&self, entry: &Entry) -> Option<AuditLine> {
        let core = &entry.header.core;
        let body = self.ledger.open_body(entry).ok()?;
        let event: AuditEvent = serde_json::from_slice(&body.payload).ok()?;
        let person = if body.author.user.is_empty() { "the machine".into() } else { body.author.display };
        Some(AuditLine {
            site: self.site_of(core.log.key.replica),
            number: core.number,
            at_ms: core.hlc.unix_ms,
            person,
            user: body.author.user,
            role: Role::from_number(body.author.role).map_or_else(String::new, |role| role.key().into()),
            action: event.action,
            records: event.records,
            detail: event.said.as_ref().map_or(event.detail, ToString::to_string),
            said: event.said,
            count: event.count,
            witnessed: self.witnessed(core.log.space, &core.log.key, core.number),
        })
    }

    /// Verifies the logs: chains, seals, bodies, and whether damage took any. `audit_only`: only the audit logs. Right:
    /// ReadAudit.
    pub fn verify(&self, actor: &Actor, audit_only: bool, now_ms: u64) -> Result<Verification, CasebookError> {
        actor.must(Right::ReadAudit)?;
        let wanted = |log: &LogId| !audit_only || self.space_kind(log.space) == Some(SpaceKind::Audit);
        let lost = self.ledger.lost();
        let mut logs: BTreeSet<LogId> = self.ledger.logs().into_iter().collect();
        logs.extend(lost.iter().map(|lost| lost.log));
        let lines: Vec<_> = logs.iter().filter(|log| wanted(log)).map(|log| self.verify_log(log, &lost)).collect();
        let sound = lines.iter().all(|line| line.fault.is_empty());
        let words = if sound { reason!("audit-sound") } else { reason!("audit-faults") };
        let event = AuditEvent::new("audit_verify", actor.via.key()).say(words).count(lines.len() as u64);
        self.write_audit(actor, event, now_ms)?;
        Ok(Verification { sound, logs: lines })
    }

    fn verify_log(&self, log: &LogId, lost: &[Lost]) -> VerifiedLog {
        let mut verified = Verified::default();
        let (mut fault, mut said) = (String::new(), None);
        self.ledger.verify_log(log, &mut verified, &mut |finding| {
            if fault.is_empty() {
                fault = finding.text;
                said = Some(reason!("log-fault", number = finding.number));
            }
        });
        let hole = lost.iter().find(|lost| lost.log == *log).filter(|_| fault.is_empty());
        if let Some(hole) = hole {
            let missing = reason!("log-hole", numbers = numbers(hole));
            fault = missing.to_string();
            said = Some(missing);
        }
        VerifiedLog {
            space: self.space_title(log.space),
            kind: self.space_kind_word(log.space).into(),
            site: self.site_of(log.key.replica),
            lane: log.key.lane,
            entries: verified.entries,
            holed: hole.is_some(),
            fault,
            said,
        }
    }
}

/// The author of what this person writes.
pub(crate) fn author_of(actor: &Actor) -> Author {
    Author { user: actor.user.clone(), display: actor.display.clone(), role: actor.role.map_or(0, |role| role as u8) }
}

fn fits(line: &AuditLine, query: &AuditQuery) -> bool {
    (query.action.is_empty() || line.action == query.action)
        && (query.user.is_empty() || line.user == query.user)
        && query.record.is_none_or(|record| line.records.contains(&record))
        && query.before_ms.is_none_or(|before| line.at_ms < before)
}

pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, CasebookError> {
    serde_json::to_vec(value).map_err(|error| CasebookError::Storage(error.to_string().into()))
}
