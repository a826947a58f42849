//! What the casebook answers: the shapes that pages, the API and the command line show. Stable JSON.
//!
//! Times are milliseconds since 1970 (`_ms`) throughout; pages turn them into words.

use std::collections::BTreeMap;

use cairn_ledger::{ReplicaId, SpaceId};
use cairn_record::{FieldNo, Kind, Problem, Reading, Reason, RecordDraft, RecordId, Value};
use serde::{Deserialize, Serialize};

use crate::{AskedLine, AttachmentLine, QuestionLine, Verification};

/// Who holds a value or wrote an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The agency that keeps the record.
    pub agency: String,
    /// The site that wrote it.
    pub site: String,
    /// The person who wrote it.
    pub person: String,
    /// For imported records, the force the row came from; else empty.
    pub origin_agency: String,
    /// For imported records, the row's reference in its own system; else empty.
    pub origin_ref: String,
}

/// A grade with its scheme; never shown without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grade {
    /// `3x5x2`, `5x5x5`, `4x4` or `6x6`.
    pub scheme: String,
    /// Source code.
    pub source: String,
    /// Information code.
    pub information: String,
}

/// A record as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Which record.
    pub id: RecordId,
    /// Its kind.
    pub kind: Kind,
    /// One line that names it.
    pub title: String,
    /// Who holds it.
    pub holder: Holder,
    /// The space it lives in.
    pub space: SpaceId,
    /// Title of that space.
    pub space_title: String,
    /// Its grade, when it has one.
    pub grade: Option<Grade>,
    /// When it was last changed, by the writer's clock.
    pub changed_ms: u64,
    /// Whether two values wait for a decision.
    pub conflict: bool,
    /// Whether part of it was lost on a disk and does not come back: what is shown of it may be old.
    pub part_lost: bool,
    /// Whether it was withdrawn (import undone).
    pub withdrawn: bool,
    /// Whether it is a marker that must not show on a screen the subject can see.
    pub discreet: bool,
}

/// How a check matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchKind {
    /// The normalised identifier is the same.
    Exact,
    /// The same but for characters that look alike.
    LookAlike,
    /// The name is the same, sounds or is spelt alike.
    Name,
    /// The words stand in its text.
    Mention,
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// At least one exact match.
    Hit,
    /// Only possible matches.
    Possible,
    /// Nothing held here; see how fresh the sources are.
    NothingHeld,
    /// The text could not be read as anything that can be checked.
    NotUnderstood,
}

/// One hit of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckHit {
    /// The record.
    #[serde(flatten)]
    pub record: Summary,
    /// How it matched.
    pub matched: MatchKind,
    /// Field that matched (key), and its stored value.
    pub field: String,
    /// The stored value.
    pub value: String,
    /// Milliseconds between the record's last change and now, 0 when the clocks disagree.
    pub age_ms: u64,
    /// Markers on this record or on records linked to it.
    pub markers: Vec<MarkerLine>,
    /// Records linked to it, at most 20.
    pub linked: Vec<LinkLine>,
}

/// A marker as shown beside the record it warns about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkerLine {
    /// The marker record.
    pub id: RecordId,
    /// Its code and the code's label.
    pub code: String,
    /// English label of the code.
    pub label: String,
    /// Why it was set.
    pub reason: String,
    /// What the finder is asked to do.
    pub requested_action: String,
    /// Whom to call.
    pub contact: String,
    /// Whether it must not show on a screen the subject can see.
    pub discreet: bool,
    /// Who set it.
    pub holder: Holder,
    /// When.
    pub set_ms: u64,
    /// Review date, ISO 8601, or empty.
    pub review_by: String,
}

/// A linked record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkLine {
    /// The link record.
    pub link: RecordId,
    /// Key of the relation.
    pub relation: String,
    /// English label of the relation.
    pub label: String,
    /// The record at the other end.
    pub other: RecordId,
    /// Its kind.
    pub kind: Option<Kind>,
    /// Its title; empty when it has not arrived yet.
    pub title: String,
}

/// How fresh what we hold of one site is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// The replica.
    pub replica: ReplicaId,
    /// Its site.
    pub site: String,
    /// `hub` or `post`.
    pub role: String,
    /// Whether this is the machine that answers.
    pub here: bool,
    /// When everything it had then was known to be here (directly or through the hub); `None`: never.
    pub complete_ms: Option<u64>,
    /// Time of its newest entry held here; `None`: nothing.
    pub newest_ms: Option<u64>,
}

/// The answer to a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckAnswer {
    /// What was typed.
    pub asked: String,
    /// How it was read, in English words: "plate OH3338L", "name Fairfax William".
    pub read_as: Vec<String>,
    /// The same as data, for those who say it in other words.
    #[serde(skip)]
    pub readings: Vec<Reading>,
    /// Hit, possible, nothing held.
    pub verdict: Verdict,
    /// Hits, exact first; at most 50.
    pub hits: Vec<CheckHit>,
    /// How many more there were.
    pub more: usize,
    /// How fresh each source is.
    pub freshness: Vec<Freshness>,
    /// When the answer was given.
    pub answered_ms: u64,
    /// What is wrong with the input, e.g. a failed check digit of an MRZ, in English.
    pub warnings: Vec<String>,
    /// The same as data, for those who say it in other words.
    #[serde(skip)]
    pub cautions: Vec<Caution>,
}

/// Something about the lines of a document that a person should look at again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caution {
    /// They look like the lines of a document and could not be read; why.
    Unread(Reason),
    /// A check digit does not agree with what it covers: `number`, `birth`, `expiry`, `optional` or `composite`.
    CheckDigit(String),
    /// A character was read as another, which fits its place and its check digit.
    Repaired {
        /// Line, from 1.
        line: usize,
        /// Place in the line, from 1.
        column: usize,
        /// As it was read.
        from: char,
        /// As it was taken.
        to: char,
    },
}

impl Caution {
    /// In English, for the command line and the API.
    pub fn in_english(&self) -> String {
        match self {
            Self::Unread(why) => why.to_string(),
            Self::CheckDigit(covers) => {
                format!("the check digit of the {covers} does not fit: look at the document again")
            }
            Self::Repaired { line, column, from, to } => {
                format!("line {line}, place {column}: read {from} as {to}")
            }
        }
    }
}

/// What to search for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchRequest {
    /// Words, at most 200 characters.
    pub text: String,
    /// Only these kinds; empty means all.
    pub kinds: Vec<Kind>,
    /// First hit to return.
    pub offset: usize,
    /// At most this many, up to 200.
    pub limit: usize,
}

/// One hit of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchHit {
    /// The record.
    #[serde(flatten)]
    pub record: Summary,
    /// Why it was found, in English words.
    pub why: String,
    /// The same as data, for those who say it in other words: each word that was asked, and how it was met.
    #[serde(skip)]
    pub met: Vec<(String, cairn_finder::MatchedBy)>,
}

/// The answer to a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchAnswer {
    /// What was typed.
    pub asked: String,
    /// Hits, best first.
    pub hits: Vec<SearchHit>,
    /// How many there are in all.
    pub total: usize,
    /// How many of each kind.
    pub facets: Vec<(Kind, usize)>,
    /// What else was looked for, in English words.
    pub also_searched: Vec<String>,
    /// The same as data, for those who say it in other words.
    #[serde(skip)]
    pub also: Vec<Reason>,
    /// Words that were not looked for, because a search takes no more than [`crate::SEARCH_WORDS_MAX`].
    pub ignored: Vec<String>,
    /// How fresh each source is.
    pub freshness: Vec<Freshness>,
    /// When the answer was given.
    pub answered_ms: u64,
}

/// One value with who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldValue {
    /// The value.
    pub value: Value,
    /// As a person reads it (codes by their label, records by their title).
    pub text: String,
    /// Who wrote it.
    pub holder: Holder,
    /// When, by the writer's clock.
    pub written_ms: u64,
}

/// One field of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldView {
    /// Its number.
    pub no: FieldNo,
    /// Its key.
    pub key: String,
    /// English label.
    pub label: String,
    /// Its values: one, or several when the field is a set or in conflict.
    pub values: Vec<HeldValue>,
    /// Whether the values are rivals between which a person must decide.
    pub conflict: bool,
}

/// One step in a record's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryLine {
    /// The entry, as 32 hexadecimal digits.
    pub entry: String,
    /// Who.
    pub holder: Holder,
    /// When, by the writer's clock.
    pub written_ms: u64,
    /// What happened to each field: `(key, label, before, after)`.
    pub changes: Vec<FieldChange>,
    /// Whether this step settled a conflict.
    pub settles: bool,
}

/// A field before and after a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Field key.
    pub key: String,
    /// English label.
    pub label: String,
    /// Values before.
    pub before: Vec<String>,
    /// Values after.
    pub after: Vec<String>,
}

/// Everything a record page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPage {
    /// The record in one line.
    #[serde(flatten)]
    pub summary: Summary,
    /// The version it shows: pass it back when saving, so that nobody's later change is overwritten.
    pub version: String,
    /// What of it was lost for good, if anything was.
    pub lost: Option<LostPart>,
    /// Its fields that hold something, in form order.
    pub fields: Vec<FieldView>,
    /// Links from and to it.
    pub links: Vec<LinkLine>,
    /// Markers on it.
    pub markers: Vec<MarkerLine>,
    /// Files that belong to it, oldest first, those taken from view among them; at most 200.
    pub attachments: Vec<AttachmentLine>,
    /// Its history, newest first, at most 200 steps.
    pub history: Vec<HistoryLine>,
    /// What this machine knows of where it is: "Saved on this machine", "The hub has it since 14:02".
    pub whereabouts: Vec<Whereabout>,
}

/// A part of a record is lost and no site is known to hold it: the record has to be written anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostPart {
    /// Changes that wait for what is lost and are not shown.
    pub waiting: u64,
    /// What is lost, what that means and what to do, in English.
    pub words: String,
}

/// Whether a peer is proved to hold what is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabout {
    /// Site of the peer.
    pub site: String,
    /// Its role, `hub` or `post`.
    pub role: String,
    /// Whether a receipt or an equal frontier proves that it has every change shown.
    pub has_it: bool,
    /// Time of that proof.
    pub since_ms: Option<u64>,
}

/// A save that was accepted. It is durable on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// The record.
    pub id: RecordId,
    /// Its version after the save.
    pub version: String,
    /// Whether anything changed.
    pub changed: bool,
    /// Whether the save met a change made since the person opened the form, so that a field now holds two values.
    pub conflict: bool,
    /// Warnings about the values (never refusals).
    pub warnings: Vec<Problem>,
}

/// A draft and the version it was based on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveRequest {
    /// The proposed values.
    pub draft: RecordDraft,
    /// [`RecordPage::version`] that the person saw; `None` when creating.
    pub version: Option<String>,
}

/// A decision between rival values of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettleRequest {
    /// The record.
    pub record: RecordId,
    /// The field.
    pub field: FieldNo,
    /// The value that holds from now on.
    pub value: Value,
    /// [`RecordPage::version`] that the person saw.
    pub version: String,
}

/// A row that an import refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRow {
    /// Line of the file, 1 is the first.
    pub line: u64,
    /// Stable code of the reason.
    pub code: String,
    /// The reason in an English sentence.
    pub reason: String,
    /// The same as data: the name of the sentence and what stands in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Reason>,
    /// The row as it stands in the file, at most 500 characters.
    pub raw: String,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// The batch, by which it can be undone; empty for a dry run.
    pub batch: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Name of the mapping.
    pub mapping: String,
    /// Name of the file.
    pub file: String,
    /// Data rows read.
    pub read: u64,
    /// Rows whose records were created or changed.
    pub imported: u64,
    /// Rows that were already here in the same words.
    pub same: u64,
    /// Rows refused, one by one.
    pub rejected: Vec<RejectedRow>,
    /// Records created, by kind.
    pub created: BTreeMap<String, u64>,
    /// Records changed by rows that differ from what an earlier import of the same row said.
    pub changed: u64,
    /// Remarks on rows that were imported: what was unreadable in them and kept as text, at most 1,000.
    pub remarks: Vec<RejectedRow>,
}

/// An import that was applied here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportBatch {
    /// Its id.
    pub batch: String,
    /// What it did.
    pub report: ImportReport,
    /// Who.
    pub person: String,
    /// When.
    pub at_ms: u64,
    /// When it was undone.
    pub undone_ms: Option<u64>,
}

/// What undoing an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoReport {
    /// The batch.
    pub batch: String,
    /// Records withdrawn.
    pub withdrawn: u64,
    /// Of these, records that somebody had changed since; their history is kept.
    pub changed_since: u64,
}

/// The task list a person sees first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// Records with rival values.
    pub conflicts: Vec<Summary>,
    /// How many there are in all.
    pub conflicts_total: usize,
    /// Markers to review within 14 days or overdue.
    pub reviews: Vec<MarkerLine>,
    /// One's own questions with news: answered, or ended without an answer, and not opened since.
    pub answers: Vec<QuestionLine>,
    /// Who asked about records of one's own of which they were told nothing; not read yet.
    pub alerts: Vec<AskedLine>,
    /// Records changed last, newest first, at most 10.
    pub recent: Vec<Summary>,
    /// Entries not yet proved to be at a hub.
    pub waiting: u64,
    /// Entries that were set aside, with the reason.
    pub set_aside: Vec<SetAsideLine>,
    /// Number of records held (not withdrawn).
    pub records: u64,
}

/// Something that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAsideLine {
    /// What.
    pub what: String,
    /// Why, in an English sentence.
    pub reason: String,
    /// The same as data, for those who say it in other words.
    #[serde(skip)]
    pub said: Option<Reason>,
    /// When it was met.
    pub at_ms: u64,
}

/// What the doctor found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// What is wrong; empty when all is well.
    pub findings: Vec<SetAsideLine>,
    /// What was met and mended, and is no cause for alarm.
    pub notes: Vec<SetAsideLine>,
    /// Every log, verified.
    pub verification: Verification,
}
