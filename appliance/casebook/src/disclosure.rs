//! What the answer to another site's question may say of a record that matched.
//!
//! A record without markers is told openly: within an agency everybody who may ask may also see. A marker may say
//! otherwise (`when_asked`): only whom to call, or nothing. Of the markers on one record a "whom to call" goes before
//! "tell them", since contact goes before action; and what also bears a marker that is told openly is told with that
//! one, since the officer's safety goes before silence: the silent marker itself is never mentioned. A marker that is
//! discreet is told, and marked as discreet: the officer must know and the subject must not.

use cairn_ledger::ReplicaId;
use cairn_ledger::document::RecordState;
use cairn_ledger::question::{AnswerHit, AnswerMarker, ContactHit, MARKERS_MAX, OpenHit};
use cairn_record::{Kind, RecordId, schema};

use crate::row::RecordRow;
use crate::summary::{is_yes, text_of};
use crate::told::ToldMatch;
use crate::{Casebook, CasebookError, CheckHit, Outcome};

/// What is told of one record.
pub(crate) struct Disclosed {
    /// To the asker; nothing for a silent hit.
    pub(crate) hit: Option<AnswerHit>,
    /// To the owners.
    pub(crate) told: ToldMatch,
}

/// What a marker says of answers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum WhenAsked {
    Silent,
    Contact,
    Open,
}

impl Casebook {
    /// What is told of a hit, to the asker and to its owners.
    pub(crate) fn disclose(&self, hit: &CheckHit) -> Result<Disclosed, CasebookError> {
        let record = hit.record.id;
        let on_it = if hit.record.kind == Kind::Marker { vec![record] } else { self.marker_ids(record)? };
        let on_it = self.standing(on_it)?;
        let outcome = outcome_of(&on_it);
        let beside = self.standing(hit.markers.iter().map(|line| line.id))?;
        let hit = match outcome {
            Outcome::Silent => None,
            Outcome::Contact => Some(AnswerHit::Contact(contact_of(hit, &on_it))),
            Outcome::Open => Some(AnswerHit::Open(Box::new(open_of(hit, &beside)))),
        };
        let mut owners = Vec::new();
        for row in self.row(record)?.iter().chain(&on_it).chain(&beside) {
            owners.extend(self.owner_of(row)?.filter(|owner| !owners.contains(owner)));
        }
        Ok(Disclosed { hit, told: ToldMatch { record, outcome, owners } })
    }

    fn standing(&self, ids: impl IntoIterator<Item = RecordId>) -> Result<Vec<RecordRow>, CasebookError> {
        let mut rows = Vec::new();
        for id in ids {
            rows.extend(self.row(id)?.filter(|row| !is_yes(&row.state, "withdrawn")));
        }
        Ok(rows)
    }

    /// Who created a record, and where.
    fn owner_of(&self, row: &RecordRow) -> Result<Option<(String, ReplicaId)>, CasebookError> {
        let Some(first) = row.entries.first() else { return Ok(None) };
        let Some(log) = self.logs().log(first.log) else { return Ok(None) };
        let body = self.body_at(*first)?;
        Ok(body.map(|body| (body.author.user, log.key.replica)).filter(|(user, _)| !user.is_empty()))
    }
}

/// What is told of a record that bears these markers.
fn outcome_of(markers: &[RecordRow]) -> Outcome {
    let said: Vec<WhenAsked> = markers.iter().map(|row| when_asked(&row.state)).collect();
    if said.contains(&WhenAsked::Contact) {
        Outcome::Contact
    } else if !said.is_empty() && said.iter().all(|one| *one == WhenAsked::Silent) {
        Outcome::Silent
    } else {
        Outcome::Open
    }
}

/// What a marker says; while two people disagree, the least.
fn when_asked(marker: &RecordState) -> WhenAsked {
    let field = schema(marker.kind).by_key("when_asked");
    let said =
        field.into_iter().flat_map(|field| marker.values(field.no)).map(|value| match value.to_text().as_str() {
            "silent" => WhenAsked::Silent,
            "contact" => WhenAsked::Contact,
            _ => WhenAsked::Open,
        });
    said.min().unwrap_or(WhenAsked::Open)
}

fn contact_of(hit: &CheckHit, markers: &[RecordRow]) -> ContactHit {
    let naming = markers.iter().filter(|row| when_asked(&row.state) == WhenAsked::Contact);
    let contact = naming.map(|row| text_of(&row.state, "contact")).find(|contact| !contact.is_empty());
    ContactHit {
        agency: hit.record.holder.agency.clone(),
        site: hit.record.holder.site.clone(),
        contact: contact.unwrap_or_default(),
    }
}

fn open_of(hit: &CheckHit, beside: &[RecordRow]) -> OpenHit {
    let (record, holder) = (&hit.record, &hit.record.holder);
    let told = beside.iter().filter(|row| when_asked(&row.state) == WhenAsked::Open);
    let grade = record.grade.clone().map(|grade| [grade.scheme, grade.source, grade.information]);
    OpenHit {
        record: record.id,
        kind: record.kind,
        matched: hit.matched.into(),
        title: cut(&record.title, cairn_ledger::question::TITLE_CHARS_MAX),
        agency: name(&holder.agency),
        site: name(&holder.site),
        person: name(&holder.person),
        origin_agency: name(&holder.origin_agency),
        origin_ref: name(&holder.origin_ref),
        grade: grade.unwrap_or_default(),
        changed_ms: record.changed_ms,
        markers: told.take(MARKERS_MAX).map(|row| marker_of(&row.state)).collect(),
    }
}

fn marker_of(state: &RecordState) -> AnswerMarker {
    AnswerMarker {
        code: text_of(state, "marker"),
        action: text_of(state, "requested_action"),
        reason: cut(&text_of(state, "reason"), cairn_ledger::question::REASON_CHARS_MAX),
        contact: cut(&text_of(state, "contact"), cairn_ledger::question::CONTACT_CHARS_MAX),
        discreet: is_yes(state, "discreet"),
    }
}

/// A name as an answer can carry it.
pub(crate) fn name(text: &str) -> String {
    cut(text, cairn_ledger::question::NAME_CHARS_MAX)
}

fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}
