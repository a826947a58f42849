//! The one door to everything that is kept.
//!
//! Every command and every query comes in here with an [`Actor`]: may they, is it valid, write, audit,
//! answer. The read models (record views, identifier and search indexes, hit lists, sync status) live
//! behind it and can always be rebuilt from the logs.
//!
//! Flow of a save: [`Casebook::save_record`] checks the right, validates the draft, makes the change against
//! the version the person saw, commits the change and its audit entry in one durable append, then folds both
//! into the views.

mod access;
mod answering;
mod answers;
mod asking;
mod attachment_rows;
mod attachment_sync;
mod attachment_words;
mod attachments;
mod audit_event;
mod auditing;
mod calendar;
mod carrying;
mod casebook;
mod checking;
pub mod code;
mod core;
mod damage;
mod digest;
mod disclosure;
mod doctor;
mod drafts;
mod enrol;
mod errors;
mod exchange;
mod fold;
mod fresh;
mod home;
mod importing;
mod keys;
mod life;
mod link_rules;
mod linking;
mod local_note;
mod logs;
mod loss;
mod notes;
mod notices;
mod password;
mod peers;
mod people;
mod place;
mod question_rows;
mod question_words;
mod receipts;
mod records;
mod rescue;
mod row;
mod searching;
mod space_titles;
mod status;
mod stick_files;
mod stick_notes;
mod stick_words;
mod sticks;
mod summary;
mod sync_says;
mod throttle;
mod thumbnail;
mod told;
mod upkeep;
mod why;

pub use cairn_finder::{MatchedBy, OFFSET_MAX as SEARCH_OFFSET_MAX, TERMS_MAX as SEARCH_WORDS_MAX};
pub use cairn_intake::Mapping;
pub use cairn_ledger::registry::ReplicaRole;
pub use cairn_ledger::{EntryRef, EntryRef as QuestionId, LogId, ReplicaId, SpaceId};
pub use cairn_record::{Arg, Reason, reason};

pub use access::{Actor, Refused, Right, Role, Via};
pub use answers::*;
pub use asking::{OPEN_QUESTIONS_MAX, OPEN_QUESTIONS_PER_PERSON_MAX, REASON_CHARS_MAX, VALID_MS};
pub use attachment_words::*;
pub use attachments::ATTACH_BYTES_MAX;
pub use audit_event::AuditEvent;
pub use carrying::{Carried, role_of};
pub use casebook::*;
pub use checking::{HITS_MAX, LINKED_MAX};
pub use code::{code_pin, join_line, key_pin, read_join_line};
pub use drafts::{DRAFT_AGE_MAX_MS, DRAFT_BYTES_MAX, DRAFTS_MAX, DRAFTS_PER_PERSON_MAX, Draft};
pub use errors::{CasebookError, SignInError};
pub use exchange::why_refused;
pub use link_rules::*;
pub use notices::{Notice, NoticeKind};
pub use place::{Place, Searchable};
pub use question_words::*;
pub use space_titles::{FORMER_REGISTRY, founded_title};
pub use status::*;
pub use stick_words::*;
pub use sticks::STICK_VALID_MS_MAX;
pub use sync_says::SyncSays;
pub use why::{LinkWhy, Met, Place as ProbedPlace, Probe, WhyFinding, WhyOutcome, WhyPart, WhyStep};

#[cfg(test)]
mod tests;
