//! What a search answers.

use cairn_record::{Kind, RecordId};
use serde::Serialize;

/// How one word of the question was found in a record, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// As a plate, telephone, document or chassis number.
    Identifier,
    /// As a whole word of a name.
    Name,
    /// As a whole word elsewhere.
    Word,
    /// As the beginning of a word (only the last word of the question).
    Prefix,
    /// As an identifier that looks alike (O and 0, I and 1, B and 8).
    LookAlike,
    /// As a name that sounds or is written alike, in this or another script.
    SoundsLike,
    /// As a word that differs in one letter.
    Misspelt,
}

impl MatchedBy {
    /// Every way, best first.
    pub const ALL: [Self; 7] =
        [Self::Identifier, Self::Name, Self::Word, Self::Prefix, Self::LookAlike, Self::SoundsLike, Self::Misspelt];

    /// English words for a person: completes the sentence "Fairfax: …".
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Identifier => "same number or mark",
            Self::Name => "same name",
            Self::Word => "same word",
            Self::Prefix => "begins like this",
            Self::LookAlike => "number or mark that looks alike",
            Self::SoundsLike => "name that sounds alike",
            Self::Misspelt => "one letter differs",
        }
    }
}

/// One word of the question and how this record matched it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    /// The word as it was asked, folded to lower case.
    pub word: String,
    /// How it was found.
    pub by: MatchedBy,
}

/// One record found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The record.
    pub record: RecordId,
    /// Its kind.
    pub kind: Kind,
    /// Orders the hits of one answer; means nothing beside [`Hit::why`] and cannot be compared between questions.
    pub score: u32,
    /// How each word of the question was found in it; never empty.
    pub why: Vec<Match>,
}

/// A form that was looked for beside the word itself. It comes from the question alone, never from what is held,
/// so that it tells nothing about records the person may not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlsoSearched {
    /// The word of the question.
    pub word: String,
    /// In which way it was widened.
    pub by: MatchedBy,
    /// The form that was looked for.
    pub form: String,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// How many records match, of the kinds asked for.
    pub total: usize,
    /// The page asked for, best first.
    pub hits: Vec<Hit>,
    /// How many match by kind, of every kind whatever kinds were asked for; kinds without a match are left out.
    pub kinds: Vec<(Kind, usize)>,
    /// How many match by holder, of the kinds asked for, by holder's name.
    pub holders: Vec<(String, usize)>,
    /// Other forms that were looked for.
    pub also_searched: Vec<AlsoSearched>,
    /// Words that were not looked for, because the question has more than [`crate::TERMS_MAX`].
    pub ignored: Vec<String>,
}
