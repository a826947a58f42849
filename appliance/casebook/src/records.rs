//! Records: create, change, settle, show.

use std::collections::BTreeMap;

use cairn_ledger::codec::{self, RecordChange};
use cairn_ledger::document::{EditError, HistoryItem, RecordState, Wanted};
use cairn_ledger::{EntryDraft, EntryKind, EntryRef, Lane, SpaceId};
use cairn_record::{
    FieldNo, Kind, Problem, RecordDraft, RecordId, Severity, Value, normalised, reason, schema, validate,
};

use crate::core::Writing;
use crate::row::RecordRow;
use crate::summary::{BESIDE_MAX, is_yes};
use crate::{
    Actor, AuditEvent, Casebook, CasebookError, FieldChange, FieldView, HeldValue, HistoryLine, RecordPage, Right,
    SaveRequest, Saved, SettleRequest,
};

/// Most steps of history that a page shows.
pub const HISTORY_MAX: usize = 200;

impl Casebook {
    /// A record page. Audited before it answers.
    pub fn record(&self, actor: &Actor, id: RecordId, now_ms: u64) -> Result<RecordPage, CasebookError> {
        actor.must(Right::View)?;
        self.must_hold_keys()?;
        let row = self.row(id)?;
        let lost = self.lost_part(id, row.as_ref())?;
        let row = row.ok_or_else(|| match lost {
            Some(_) => CasebookError::NotFound(reason!("record-lost-whole", record = id.to_string())),
            None => not_here(id),
        })?;
        let summary = self.summary_with(&row, lost.is_some())?;
        let event = AuditEvent::new("view", actor.via.key()).on([id]).detail(&summary.title);
        self.write_audit(actor, event, now_ms)?;
        self.remember_look(actor, id, now_ms);
        Ok(RecordPage {
            version: version_of(&row.state),
            lost,
            fields: self.field_views(&row)?,
            links: self.links_of(id, BESIDE_MAX)?,
            markers: self.markers_on(id)?,
            attachments: self.attachment_lines(id)?,
            history: together(self.history(&row)?, self.attachment_history(id)?),
            whereabouts: self.whereabouts(&row)?,
            summary,
        })
    }

    /// Creates or changes a record. Durable on this machine when it returns, together with its audit entry. A change
    /// based on an older version stands beside what others wrote since: a field that both wrote is in conflict until
    /// a person decides, and nothing is overwritten.
    pub fn save_record(&self, actor: &Actor, request: &SaveRequest, now_ms: u64) -> Result<Saved, CasebookError> {
        actor.must(Right::Edit)?;
        let creating = request.draft.id.is_none();
        let draft = normalised(request.draft.clone());
        let warnings = self.checked(&draft, creating, now_ms)?;
        let mut writing = self.writing();
        match draft.id {
            None => self.create(&mut writing, actor, &draft, warnings, now_ms),
            Some(id) => {
                let row = self.editable(id, draft.kind)?;
                let wanted = wanted(&draft);
                let base = base_of(request.version.as_deref())?;
                self.change(&mut writing, actor, &row, base.as_deref(), &wanted, ("change", warnings), now_ms)
            }
        }
    }

    /// Decides between rival values; the decision is a step of the history like any other.
    pub fn settle(&self, actor: &Actor, request: &SettleRequest, now_ms: u64) -> Result<Saved, CasebookError> {
        actor.must(Right::Edit)?;
        let mut writing = self.writing();
        let row = self.row(request.record)?.ok_or_else(|| not_here(request.record))?;
        if !row.state.conflicts().any(|field| field == request.field) {
            return Err(CasebookError::NotNow(reason!("settled-already")));
        }
        if version_of(&row.state) != request.version {
            return Err(CasebookError::NotNow(reason!("changed-meanwhile")));
        }
        let fields = BTreeMap::from([(request.field, vec![request.value.clone()])]);
        let draft = normalised(RecordDraft { id: Some(request.record), kind: row.state.kind, fields });
        let warnings = self.checked(&draft, false, now_ms)?;
        let wanted = wanted(&draft);
        self.change(&mut writing, actor, &row, None, &wanted, ("settle", warnings), now_ms)
    }

    /// Warnings of a draft, or a refusal.
    fn checked(&self, draft: &RecordDraft, creating: bool, now_ms: u64) -> Result<Vec<Problem>, CasebookError> {
        let set_by_machine =
            draft.fields.keys().find(|no| schema(draft.kind).field(**no).is_some_and(|field| !field.entered));
        if let Some(no) = set_by_machine {
            return Err(CasebookError::BadRequest(reason!("field-of-machine", field = no.0)));
        }
        let problems = validate(draft, &self.today(now_ms), creating);
        let (errors, warnings): (Vec<_>, Vec<_>) =
            problems.into_iter().partition(|problem| problem.severity == Severity::Error);
        if errors.is_empty() { Ok(warnings) } else { Err(CasebookError::Invalid(errors)) }
    }

    fn create(
        &self,
        writing: &mut Writing,
        actor: &Actor,
        draft: &RecordDraft,
        warnings: Vec<Problem>,
        now_ms: u64,
    ) -> Result<Saved, CasebookError> {
        let mut random = [0; 10];
        self.entropy.fill(&mut random);
        let id = RecordId::new(now_ms, random);
        let space = self.records_space()?;
        let state = RecordState::new(id, draft.kind);
        let Some(change) = state.edit(&wanted(draft)).map_err(edit_error)? else {
            return Err(CasebookError::BadRequest(reason!("record-empty")));
        };
        let event = AuditEvent::new("create", actor.via.key()).on([id]).detail(draft.kind.key());
        self.write_changes(writing, actor, space, lane_of(draft.kind), &[change], event, now_ms)?;
        let row = self.row(id)?.ok_or_else(|| not_here(id))?;
        Ok(Saved { id, version: version_of(&row.state), changed: true, conflict: false, warnings })
    }

    fn editable(&self, id: RecordId, kind: Kind) -> Result<RecordRow, CasebookError> {
        let row = self.row(id)?.ok_or_else(|| not_here(id))?;
        if row.state.kind != kind {
            return Err(CasebookError::BadRequest(reason!("record-other-kind")));
        }
        if is_yes(&row.state, "withdrawn") {
            return Err(CasebookError::NotNow(reason!("record-withdrawn")));
        }
        Ok(row)
    }

    #[expect(clippy::too_many_arguments, reason = "the one place where an edit comes together")]
    fn change(
        &self,
        writing: &mut Writing,
        actor: &Actor,
        row: &RecordRow,
        base: Option<&[EntryRef]>,
        wanted: &[(FieldNo, Wanted)],
        (action, warnings): (&str, Vec<Problem>),
        now_ms: u64,
    ) -> Result<Saved, CasebookError> {
        let id = row.state.record;
        let edit = match base {
            Some(base) if base != row.state.heads => {
                self.document(row).edit(row.state.kind, wanted, Some(base)).map_err(edit_error)?
            }
            _ => row.state.edit(wanted).map_err(edit_error)?,
        };
        let Some(change) = edit else {
            return Ok(Saved { id, version: version_of(&row.state), changed: false, conflict: false, warnings });
        };
        let labels = changed_labels(&change);
        let event = AuditEvent::new(action, actor.via.key()).on([id]).detail(&labels);
        let written: Vec<FieldNo> = change.ops.iter().map(|op| op.field).collect();
        self.write_changes(writing, actor, row.space, lane_of(row.state.kind), &[change], event, now_ms)?;
        let after = self.row(id)?.ok_or_else(|| not_here(id))?;
        let conflict = after.state.conflicts().any(|field| written.contains(&field));
        Ok(Saved { id, version: version_of(&after.state), changed: true, conflict, warnings })
    }

    /// Commits changes and their audit entry in one durable append and folds them in.
    #[expect(clippy::too_many_arguments, reason = "the one place where changes become entries")]
    pub(crate) fn write_changes(
        &self,
        writing: &mut Writing,
        actor: &Actor,
        space: SpaceId,
        lane: Lane,
        changes: &[RecordChange],
        event: AuditEvent,
        now_ms: u64,
    ) -> Result<(), CasebookError> {
        let mut drafts = Vec::with_capacity(changes.len() + 1);
        for change in changes {
            let payload = codec::encode(change).map_err(|error| CasebookError::BadRequest(error.to_string().into()))?;
            let body = self.body(actor, Some(change.record), payload);
            drafts.push(EntryDraft { space, lane, kind: EntryKind::RecordChange, body });
        }
        drafts.push(self.audit_draft(actor, &event)?);
        self.commit(writing, drafts, now_ms)
    }

    fn field_views(&self, row: &RecordRow) -> Result<Vec<FieldView>, CasebookError> {
        let state = &row.state;
        let mut views = Vec::new();
        for field in schema(state.kind).fields {
            let Some(held) = state.fields.get(&field.no) else { continue };
            let mut values = Vec::with_capacity(held.values.len());
            for one in &held.values {
                let holder = match row.find(one.by) {
                    Some(at) => self.holder_at(at, state)?,
                    None => self.holder(row)?,
                };
                let text = self.value_text(state.kind, field.no, &one.value)?;
                values.push(HeldValue { value: one.value.clone(), text, holder, written_ms: one.unix_ms });
            }
            views.push(FieldView {
                no: field.no,
                key: field.key.into(),
                label: field.label.into(),
                values,
                conflict: held.conflict(),
            });
        }
        Ok(views)
    }

    fn history(&self, row: &RecordRow) -> Result<Vec<HistoryLine>, CasebookError> {
        let mut lines: Vec<HistoryLine> = Vec::new();
        for item in self.document(row).history() {
            let change = self.field_change(row.state.kind, &item)?;
            let settles = item.before.len() > 1
                && item.after.len() == 1
                && schema(row.state.kind).field(item.field).is_some_and(|field| !field.many);
            match lines.last_mut().filter(|line| line.entry == item.entry.to_string()) {
                Some(line) => {
                    line.changes.push(change);
                    line.settles |= settles;
                }
                None => {
                    let holder = match row.find(item.entry) {
                        Some(at) => self.holder_at(at, &row.state)?,
                        None => self.holder(row)?,
                    };
                    lines.push(HistoryLine {
                        entry: item.entry.to_string(),
                        holder,
                        written_ms: item.unix_ms,
                        changes: vec![change],
                        settles,
                    });
                }
            }
        }
        lines.reverse();
        Ok(lines)
    }

    fn field_change(&self, kind: Kind, item: &HistoryItem) -> Result<FieldChange, CasebookError> {
        let field = schema(kind).field(item.field);
        let texts = |values: &[Value]| {
            values.iter().map(|value| self.value_text(kind, item.field, value)).collect::<Result<Vec<_>, _>>()
        };
        Ok(FieldChange {
            key: field.map_or_else(|| item.field.0.to_string(), |field| field.key.into()),
            label: field.map_or_else(|| format!("Field {}", item.field.0), |field| field.label.into()),
            before: texts(&item.before)?,
            after: texts(&item.after)?,
        })
    }
}

/// Both histories, newest first; each stays in its own order, whatever the clocks of its writers said.
fn together(changes: Vec<HistoryLine>, files: Vec<HistoryLine>) -> Vec<HistoryLine> {
    let (mut changes, mut files) = (changes.into_iter().peekable(), files.into_iter().peekable());
    let mut lines = Vec::new();
    while lines.len() < HISTORY_MAX {
        let next = match (changes.peek(), files.peek()) {
            (Some(change), Some(file)) if file.written_ms >= change.written_ms => files.next(),
            (None, _) => files.next(),
            (Some(_), _) => changes.next(),
        };
        let Some(next) = next else { break };
        lines.push(next);
    }
    lines
}

/// The version of a record as a text: its newest entries.
pub(crate) fn version_of(state: &RecordState) -> String {
    state.heads.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

fn base_of(version: Option<&str>) -> Result<Option<Vec<EntryRef>>, CasebookError> {
    let Some(version) = version else {
        return Err(CasebookError::BadRequest(reason!("version-missing")));
    };
    let parsed: Result<Vec<EntryRef>, _> = version.split('.').take(300).map(str::parse).collect();
    parsed.map(Some).map_err(|_| CasebookError::BadRequest(reason!("version-unreadable")))
}

/// What each field of a draft should hold.
pub(crate) fn wanted(draft: &RecordDraft) -> Vec<(FieldNo, Wanted)> {
    let many = |no: FieldNo| schema(draft.kind).field(no).is_some_and(|field| field.many);
    let one = |(no, values): (&FieldNo, &Vec<Value>)| {
        let wanted = if many(*no) { Wanted::Many(values.clone()) } else { Wanted::One(values.first().cloned()) };
        (*no, wanted)
    };
    draft.fields.iter().map(one).collect()
}

/// Markers overtake everything else.
fn lane_of(kind: Kind) -> Lane {
    if kind == Kind::Marker { Lane::Urgent } else { Lane::Normal }
}

fn changed_labels(change: &RecordChange) -> String {
    let label = |no: FieldNo| schema(change.kind).field(no).map_or("?", |field| field.key);
    let mut labels: Vec<&str> = change.ops.iter().map(|op| label(op.field)).collect();
    labels.dedup();
    labels.join(", ")
}

/// Today's date, ISO 8601, UTC.
pub(crate) fn today(now_ms: u64) -> String {
    let seconds = i64::try_from(now_ms / 1_000).unwrap_or(i64::MAX);
    let date = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(time::OffsetDateTime::UNIX_EPOCH).date();
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

pub(crate) fn not_here(id: RecordId) -> CasebookError {
    CasebookError::NotFound(reason!("record-not-here", record = id.to_string()))
}

fn edit_error(error: EditError) -> CasebookError {
    CasebookError::BadRequest(error.to_string().into())
}
