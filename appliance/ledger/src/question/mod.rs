//! A question to another site and its answers: the payloads of entries of kind "question" and "answer".
//!
//! Who asks, in which role and why stand in the entry's body; from which replica and when, in its header. The payload
//! says to whom, for how long, and what is looked for: the text as it was checked and the identifiers that the asker read
//! in it, so that the other site looks for the same, whatever its country and its day.
//!
//! **All answers of one size class have one length.** An answer is filled with zeros to whole kibibytes, and "nothing to
//! tell" is always one. An answer to somebody who may not know of a hit says, byte for byte, what an answer without any
//! says: there is no such result in the encoding. FORMAT.md, section "Questions and answers", gives the bytes.

mod answer;
mod asked;
#[cfg(test)]
mod tests;

pub use answer::{
    ANSWER_BYTES_MAX, ANSWER_UNIT_BYTES, Answer, AnswerHit, AnswerMarker, CODE_CHARS_MAX, CONTACT_CHARS_MAX,
    ContactHit, HITS_MAX, Likeness, MARKERS_MAX, NAME_CHARS_MAX, NUMBER_MAX, OpenHit, REASON_CHARS_MAX,
    TITLE_CHARS_MAX, UNHEARD_MAX,
};
pub use asked::{AskedReading, IDENTIFIER_CHARS_MAX, QUESTION_CHARS_MAX, Question, READINGS_MAX, VALID_S_MAX};
