//! What can be asked of an installation from its own command line, and what it answers.
//!
//! One enum each way, so that asking a running Cairn over its control socket and opening the store oneself are the same
//! thing: [`crate::execute::execute`] carries out either. The answers are the casebook's own shapes.

use std::path::PathBuf;

use cairn_casebook::{
    AskedLine, Carried, CheckAnswer, Diagnosis, Identity, ImportBatch, ImportReport, Invitation, LinkRule, LinkRules,
    NewPerson, Person, QuestionId, QuestionLine, QuestionPage, RecordPage, ReplicaRole, SearchAnswer, SearchRequest,
    StickLine, StickReport, SyncStatus, UndoReport, Verification,
};
use cairn_record::RecordId;
use cairn_web_ui::WhySaid;
use serde::{Deserialize, Serialize};

use crate::attachments::{AttachmentRequest, AttachmentResponse};
use crate::sticks::StickWritten;

/// One thing asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    Status,
    People,
    AddPerson(NewPerson),
    SetPassword {
        user: String,
        password: String,
    },
    Invite {
        addresses: Vec<String>,
        valid_ms: u64,
        /// What it admits.
        role: ReplicaRole,
    },
    Join {
        code: String,
        addresses: Vec<String>,
    },
    /// The file is named by an absolute path: the process that holds the store reads it itself.
    Import {
        file: PathBuf,
        mapping: String,
        dry_run: bool,
    },
    Imports,
    Undo {
        batch: String,
    },
    Check {
        text: String,
    },
    Ask {
        text: String,
        reason: String,
        to: Option<String>,
    },
    Question {
        id: QuestionId,
    },
    Questions {
        site: bool,
    },
    AskedHere,
    Search(SearchRequest),
    Show {
        id: RecordId,
    },
    SyncStatus,
    SyncNow,
    /// Of the hub without a link, or else the first hub, when no site is named.
    Why {
        site: Option<String>,
    },
    SetCut {
        cut: bool,
    },
    LinkRules,
    /// For the site, or in general; without a rule the site has the general one again.
    SetLinkRule {
        of: Option<String>,
        rule: Option<LinkRule>,
        offset_minutes: Option<i32>,
    },
    /// Files are named by absolute paths: the process that holds the store opens them itself.
    StickWrite {
        to: String,
        out: PathBuf,
        everything: bool,
        valid_ms: u64,
        files_bytes_max: u64,
    },
    StickRead {
        file: PathBuf,
    },
    Sticks,
    Attachments(AttachmentRequest),
    VerifyAudit,
    Doctor {
        rebuild: bool,
    },
}

/// One answer. Carried with its name over the control socket; `--json` prints what is inside.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    Status(Box<StatusReport>),
    People(Vec<Person>),
    Done(Done),
    Invitation(Invitation),
    Joined(Identity),
    Import(ImportReport),
    Imports(Vec<ImportBatch>),
    Undone(UndoReport),
    Check(CheckAnswer),
    Asked(Box<QuestionLine>),
    Question(Box<QuestionPage>),
    Questions(Vec<QuestionLine>),
    AskedHere(Vec<AskedLine>),
    Search(SearchAnswer),
    Record(Box<RecordPage>),
    Sync(SyncReport),
    Why(WhySaid),
    LinkRules(LinkRules),
    StickWritten(StickWritten),
    StickRead(StickReport),
    Sticks(Vec<StickLine>),
    Attachments(AttachmentResponse),
    Verified(Verification),
    Doctor(DoctorReport),
}

/// A change that has nothing more to say than that it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// What was done, in a sentence.
    pub done: String,
}

/// What an installation is and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReport {
    /// Agency, site, role and key.
    #[serde(flatten)]
    pub identity: Identity,
    /// Whether `cairn run` holds the store.
    pub running: bool,
    /// Address for browsers.
    pub http: String,
    /// Address for other Cairns.
    pub listen: String,
    /// Number of records held (not withdrawn).
    pub records: u64,
    /// Entries not yet proved to be at a hub.
    pub waiting: u64,
    /// Fields that hold rival values.
    pub conflicts: usize,
    /// What a relay carries, by space and writer; empty elsewhere.
    #[serde(default)]
    pub carried: Vec<Carried>,
    /// Peers and spaces.
    pub sync: SyncStatus,
}

/// What is where, and how a forced sync ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncReport {
    /// Peers and spaces.
    #[serde(flatten)]
    pub status: SyncStatus,
    /// With `--now`: whether every peer that could be reached ended equal, and at least one was reached.
    pub reached: Option<bool>,
    /// With `--now`: the sites with a known address that were not reached.
    #[serde(default)]
    pub missed: Vec<String>,
}

/// What the doctor found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoctorReport {
    /// Whether nothing is wrong.
    pub well: bool,
    /// What is wrong, and what is only worth knowing.
    #[serde(flatten)]
    pub diagnosis: Diagnosis,
    /// With `--rebuild`: how many records were rebuilt.
    pub rebuilt: Option<u64>,
    /// With `--rebuild`: how long it took.
    pub rebuild_ms: Option<u64>,
}

impl Response {
    /// What `--json` prints.
    pub fn body(&self) -> serde_json::Result<String> {
        match self {
            Self::Status(it) => serde_json::to_string_pretty(it),
            Self::People(it) => serde_json::to_string_pretty(it),
            Self::Done(it) => serde_json::to_string_pretty(it),
            Self::Invitation(it) => serde_json::to_string_pretty(it),
            Self::Joined(it) => serde_json::to_string_pretty(it),
            Self::Import(it) => serde_json::to_string_pretty(it),
            Self::Imports(it) => serde_json::to_string_pretty(it),
            Self::Undone(it) => serde_json::to_string_pretty(it),
            Self::Check(it) => serde_json::to_string_pretty(it),
            Self::Asked(it) => serde_json::to_string_pretty(it),
            Self::Question(it) => serde_json::to_string_pretty(it),
            Self::Questions(it) => serde_json::to_string_pretty(it),
            Self::AskedHere(it) => serde_json::to_string_pretty(it),
            Self::Search(it) => serde_json::to_string_pretty(it),
            Self::Record(it) => serde_json::to_string_pretty(it),
            Self::LinkRules(it) => serde_json::to_string_pretty(it),
            Self::Why(it) => serde_json::to_string_pretty(it),
            Self::Sync(it) => serde_json::to_string_pretty(it),
            Self::StickWritten(it) => serde_json::to_string_pretty(it),
            Self::StickRead(it) => serde_json::to_string_pretty(it),
            Self::Sticks(it) => serde_json::to_string_pretty(it),
            Self::Attachments(AttachmentResponse::One(it)) => serde_json::to_string_pretty(it),
            Self::Attachments(AttachmentResponse::List(it)) => serde_json::to_string_pretty(it),
            Self::Attachments(AttachmentResponse::Saved(it)) => serde_json::to_string_pretty(it),
            Self::Attachments(AttachmentResponse::FetchAll { done }) => {
                serde_json::to_string_pretty(&Done { done: done.clone() })
            }
            Self::Verified(it) => serde_json::to_string_pretty(it),
            Self::Doctor(it) => serde_json::to_string_pretty(it),
        }
    }

    /// Whether the answer is a failure although there is one: damage was found, or a forced sync reached nobody.
    pub fn is_bad(&self) -> bool {
        match self {
            Self::Sync(report) => report.reached == Some(false),
            Self::Why(why) => why.trouble().is_some(),
            Self::StickRead(report) => !report.set_aside.is_empty(),
            Self::StickWritten(stick) => !stick.left_out.is_empty(),
            Self::Verified(verification) => !verification.sound,
            Self::Doctor(report) => !report.well,
            _ => false,
        }
    }
}
