//! What is asked of other sites and what they answer, as pages, API and command line show it. Stable JSON.

use cairn_ledger::question::Likeness;
use cairn_ledger::{EntryRef, ReplicaId};
use cairn_record::{Kind, Reading, RecordId};
use serde::{Deserialize, Serialize};

use crate::{Grade, Holder, MatchKind};

/// What to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskRequest {
    /// A plate, name, telephone or document number or machine-readable zone, at most 400 characters.
    pub text: String,
    /// Why, 3 to 200 characters. It goes to whoever is asked, and into the audit on both sides.
    pub reason: String,
    /// Who is asked; `None`: the first of [`crate::Casebook::whom_to_ask`].
    pub to: Option<ReplicaId>,
}

/// A site that can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Askable {
    /// The replica.
    pub replica: ReplicaId,
    /// Its site.
    pub site: String,
    /// `hub` or `post`.
    pub role: String,
    /// Whether there is a link with it now.
    pub connected: bool,
}

/// Where a question stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionState {
    /// It is here and not proved to be there: it goes out at the next sync.
    Waiting,
    /// The one who is asked is proved to have it; of a post also: a hub that passes it on.
    Sent,
    /// It is answered.
    Answered,
    /// It ended without an answer.
    Expired,
}

/// What an answer comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerResult {
    /// Nothing that may be told.
    None,
    /// At least one record that may be told.
    Held,
    /// Only whom to call.
    Contact,
}

/// A question as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionLine {
    /// The question, 32 hexadecimal digits.
    pub id: EntryRef,
    /// What was typed.
    pub asked: String,
    /// How it was read, in English words.
    pub read_as: Vec<String>,
    /// The same as data, for those who say it in other words.
    #[serde(skip)]
    pub readings: Vec<Reading>,
    /// Why it was asked.
    pub reason: String,
    /// Who asked.
    pub person: String,
    /// Their sign-in name.
    pub user: String,
    /// When.
    pub asked_ms: u64,
    /// Site that is asked.
    pub to: String,
    /// `hub` or `post`.
    pub to_role: String,
    /// Whether there is a link now: with it, or for a post with a hub that passes it on.
    pub connected: bool,
    /// Where it stands.
    pub state: QuestionState,
    /// Until when it is open.
    pub expires_ms: u64,
    /// What all answers so far come to; `None` while there is none.
    pub result: Option<AnswerResult>,
    /// Hits told so far.
    pub hits: usize,
    /// The sites that hold them, without repeats.
    pub held_by: Vec<String>,
    /// When the newest answer was given, by the clock of who gave it.
    pub answered_ms: Option<u64>,
    /// Whether there is something that the person who asked has not read: an answer, or that it ended without one.
    pub unread: bool,
}

/// A question with its answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionPage {
    /// The question in one line.
    #[serde(flatten)]
    pub line: QuestionLine,
    /// Its answers, first first.
    pub answers: Vec<QuestionAnswer>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionAnswer {
    /// 0 for the first; later ones tell of records that came since.
    pub number: u8,
    /// What it comes to.
    pub result: AnswerResult,
    /// When the site that answers looked, by its clock.
    pub as_of_ms: u64,
    /// What it tells, surest first, at most 10.
    pub hits: Vec<QuestionHit>,
    /// Hits that did not fit.
    pub more: u16,
    /// Sites that it had not heard from for a day. It names itself where damage of its disk took part of its own.
    pub unheard: Vec<String>,
    /// How many more of them there are.
    pub unheard_more: u16,
}

impl QuestionAnswer {
    /// Whether damage took part of what the site that answers held of its own, and whom else it had not heard from.
    pub fn damaged_and_unheard(&self, site: &str) -> (bool, Vec<&str>) {
        let others: Vec<&str> = self.unheard.iter().map(String::as_str).filter(|name| *name != site).collect();
        (others.len() < self.unheard.len(), others)
    }
}

/// One hit of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionHit {
    /// The record; `None` when only its holder is told.
    pub record: Option<RecordId>,
    /// Whether it is held here by now, so that it can be opened.
    pub here: bool,
    /// Its kind; `None` when only its holder is told.
    pub kind: Option<Kind>,
    /// One line that names it; empty when only its holder is told.
    pub title: String,
    /// How it matched; `None` when only its holder is told.
    pub matched: Option<MatchKind>,
    /// Who holds it.
    pub holder: Holder,
    /// Its grade, when it has one.
    pub grade: Option<Grade>,
    /// When it was last changed, by the writer's clock; 0 when only its holder is told.
    pub changed_ms: u64,
    /// Whom to call; empty when nobody is named.
    pub contact: String,
    /// Markers on it or beside it.
    pub markers: Vec<QuestionMarker>,
}

/// A marker told with a hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionMarker {
    /// Its code.
    pub code: String,
    /// English label of the code.
    pub label: String,
    /// English label of what the finder is asked to do; empty for nothing.
    pub requested_action: String,
    /// The beginning of why it was set.
    pub reason: String,
    /// Whom to call.
    pub contact: String,
    /// Whether it must not show on a screen the subject can see.
    pub discreet: bool,
}

/// What the asker was told of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// What it is.
    Open,
    /// Whom to call.
    Contact,
    /// Nothing: only this site knows.
    Silent,
}

/// A record that a question matched, and what was told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedMatch {
    /// The record.
    pub record: RecordId,
    /// One line that names it; empty when it is not held any more.
    pub title: String,
    /// Whether it is a marker that must not show on a screen the subject can see.
    pub discreet: bool,
    /// What the asker was told.
    pub outcome: Outcome,
}

/// A question that was answered here: who asked about what, and what they were told. It never leaves this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedLine {
    /// The question, 32 hexadecimal digits.
    pub id: EntryRef,
    /// Which of the looks at what is held here: 0 is the first.
    pub look: u8,
    /// Site that asked.
    pub site: String,
    /// Who asked there.
    pub person: String,
    /// Why.
    pub reason: String,
    /// About what.
    pub asked: String,
    /// When it was asked, by the asker's clock.
    pub asked_ms: u64,
    /// When this site looked.
    pub answered_ms: u64,
    /// Records that matched: for owners only their own.
    pub matched: Vec<AskedMatch>,
    /// Whether it is an alert that the reader has not read: somebody asked about a record of which they were told nothing.
    pub alert: bool,
}

impl From<Likeness> for MatchKind {
    fn from(likeness: Likeness) -> Self {
        match likeness {
            Likeness::Exact => Self::Exact,
            Likeness::LookAlike => Self::LookAlike,
            Likeness::Name => Self::Name,
            Likeness::Mention => Self::Mention,
        }
    }
}

impl From<MatchKind> for Likeness {
    fn from(matched: MatchKind) -> Self {
        match matched {
            MatchKind::Exact => Self::Exact,
            MatchKind::LookAlike => Self::LookAlike,
            MatchKind::Name => Self::Name,
            MatchKind::Mention => Self::Mention,
        }
    }
}
