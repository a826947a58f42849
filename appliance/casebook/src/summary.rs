//! From rows of the views to the lines that people read: titles, holders, grades, markers, links.

use std::collections::BTreeMap;

use cairn_ledger::ReplicaId;
use cairn_ledger::document::RecordState;
use cairn_record::{FieldNo, Kind, RecordId, Value, schema, title};

use crate::row::{EntryAt, RecordRow};
use crate::{Casebook, CasebookError, Grade, Holder, LinkLine, MarkerLine, Summary};

/// Most markers and links shown beside one record.
pub const BESIDE_MAX: usize = 200;

/// The first value of a field by its key, as text; empty when it holds nothing.
pub fn text_of(state: &RecordState, key: &str) -> String {
    let field = schema(state.kind).by_key(key);
    field.and_then(|field| state.value(field.no)).map(Value::to_text).unwrap_or_default()
}

/// The first value of a field by its key, when it is a yes.
pub fn is_yes(state: &RecordState, key: &str) -> bool {
    let field = schema(state.kind).by_key(key);
    field.and_then(|field| state.value(field.no)) == Some(&Value::Bool(true))
}

/// The record that a field refers to.
pub fn record_in(state: &RecordState, key: &str) -> Option<RecordId> {
    match schema(state.kind).by_key(key).and_then(|field| state.value(field.no))? {
        Value::Record(id) => Some(*id),
        _ => None,
    }
}

/// The English label of the code a field holds; the code itself when the list does not know it.
pub fn label_of(state: &RecordState, key: &str) -> String {
    let code = text_of(state, key);
    let label = schema(state.kind).by_key(key).and_then(|field| field.code_label(&code));
    label.map_or(code, Into::into)
}

/// All values by field, as drafts, titles and search take them.
pub fn values_of(state: &RecordState) -> BTreeMap<FieldNo, Vec<Value>> {
    state.fields.keys().map(|no| (*no, state.values(*no).cloned().collect())).collect()
}

/// One line that names the record.
pub fn title_of(state: &RecordState) -> String {
    let title = title(state.kind, &values_of(state));
    if title.is_empty() { schema(state.kind).label.into() } else { title }
}

/// The grade, when it has a scheme.
pub fn grade_of(state: &RecordState) -> Option<Grade> {
    let scheme = text_of(state, "grade_scheme");
    (!scheme.is_empty()).then(|| Grade {
        scheme,
        source: text_of(state, "grade_source"),
        information: text_of(state, "grade_information"),
    })
}

impl Casebook {
    /// The record in one line.
    pub(crate) fn summary(&self, row: &RecordRow) -> Result<Summary, CasebookError> {
        let lost = self.lost_part(row.state.record, Some(row))?;
        self.summary_with(row, lost.is_some())
    }

    /// The same, where it is known whether part of it was lost.
    pub(crate) fn summary_with(&self, row: &RecordRow, part_lost: bool) -> Result<Summary, CasebookError> {
        let state = &row.state;
        Ok(Summary {
            id: state.record,
            kind: state.kind,
            title: title_of(state),
            holder: self.holder(row)?,
            space: row.space,
            space_title: self.space_title(row.space),
            grade: grade_of(state),
            changed_ms: state.last_ms,
            conflict: state.conflicts().next().is_some(),
            part_lost,
            withdrawn: is_yes(state, "withdrawn"),
            discreet: is_yes(state, "discreet"),
        })
    }

    /// Who holds a record. What came from another force is held under its reference there, whoever changed it since.
    pub(crate) fn holder(&self, row: &RecordRow) -> Result<Holder, CasebookError> {
        let imported = row.entries.first().filter(|at| self.is_bulk(at.log));
        match imported.or(row.entries.last()) {
            Some(at) => self.holder_at(*at, &row.state),
            None => Ok(self.unknown_holder(&row.state)),
        }
    }

    /// Who wrote an entry of a record: the person from its body, the site from the registry, and for an import the force
    /// the row came from.
    pub(crate) fn holder_at(&self, at: EntryAt, state: &RecordState) -> Result<Holder, CasebookError> {
        let mut holder = self.unknown_holder(state);
        if !self.is_bulk(at.log) {
            holder.origin_agency.clear();
            holder.origin_ref.clear();
        }
        let Some(log) = self.logs().log(at.log) else { return Ok(holder) };
        holder.site = self.site_of(log.key.replica);
        let entry = self.entry_at(at)?;
        let body = entry.and_then(|entry| self.ledger.open_body(&entry).ok());
        holder.person = body.map(|body| body.author.display).unwrap_or_default();
        Ok(holder)
    }

    fn unknown_holder(&self, state: &RecordState) -> Holder {
        Holder {
            agency: self.agency_name(),
            site: String::new(),
            person: String::new(),
            origin_agency: text_of(state, "origin_agency"),
            origin_ref: text_of(state, "origin_ref"),
        }
    }

    /// The site of a replica; the beginning of its key when the registry does not know it.
    pub(crate) fn site_of(&self, replica: ReplicaId) -> String {
        if replica == self.ledger.replica() {
            return self.profile().site;
        }
        let known = self.memory().registry.site_name(&replica).map(String::from);
        known.unwrap_or_else(|| format!("unknown machine {}", &replica.to_string()[..8]))
    }

    /// Markers on a record that still stand, newest first.
    pub(crate) fn markers_on(&self, record: RecordId) -> Result<Vec<MarkerLine>, CasebookError> {
        let mut lines = Vec::new();
        for id in self.marker_ids(record)? {
            if let Some(row) = self.row(id)?.filter(|row| !is_yes(&row.state, "withdrawn")) {
                lines.push(self.marker_line(&row)?);
            }
        }
        lines.sort_by_key(|line| std::cmp::Reverse(line.set_ms));
        Ok(lines)
    }

    /// A marker record as a line.
    pub(crate) fn marker_line(&self, row: &RecordRow) -> Result<MarkerLine, CasebookError> {
        let state = &row.state;
        Ok(MarkerLine {
            id: state.record,
            code: text_of(state, "marker"),
            label: label_of(state, "marker"),
            reason: text_of(state, "reason"),
            requested_action: label_of(state, "requested_action"),
            contact: text_of(state, "contact"),
            discreet: is_yes(state, "discreet"),
            holder: self.holder(row)?,
            set_ms: state.first_ms,
            review_by: text_of(state, "review_by"),
        })
    }

    /// Records linked to this one, at most `most`.
    pub(crate) fn links_of(&self, record: RecordId, most: usize) -> Result<Vec<LinkLine>, CasebookError> {
        let mut lines = Vec::new();
        for id in self.link_ids(record, most)? {
            let Some(link) = self.row(id)?.filter(|row| !is_yes(&row.state, "withdrawn")) else { continue };
            if let Some(line) = self.link_line(&link.state, record)? {
                lines.push(line);
            }
        }
        Ok(lines)
    }

    fn link_line(&self, link: &RecordState, seen_from: RecordId) -> Result<Option<LinkLine>, CasebookError> {
        let ends = (record_in(link, "from"), record_in(link, "to"));
        let other = match ends {
            (Some(from), Some(to)) if from == seen_from => to,
            (Some(from), Some(to)) if to == seen_from => from,
            _ => return Ok(None),
        };
        let held = self.row(other)?.map(|row| row.state);
        Ok(Some(LinkLine {
            link: link.record,
            relation: text_of(link, "relation"),
            label: label_of(link, "relation"),
            other,
            kind: held.as_ref().map(|state| state.kind),
            title: held.as_ref().map(title_of).unwrap_or_default(),
        }))
    }

    /// How a person reads a value: codes by their label, records by their title.
    pub(crate) fn value_text(&self, kind: Kind, no: FieldNo, value: &Value) -> Result<String, CasebookError> {
        if let Value::Record(id) = value {
            let held = self.row(*id)?;
            return Ok(held.map_or_else(|| id.to_string(), |row| title_of(&row.state)));
        }
        let text = value.to_text();
        let label = schema(kind).field(no).and_then(|field| field.code_label(&text));
        Ok(label.map_or(text, Into::into))
    }
}
