//! The question, and how it is read.
//!
//! The text falls into groups at white space and each group into words: `CB-1234 fairfax` is the group of `cb` and
//! `1234` and the group of `fairfax`. A record answers when it answers every group, by its words or, joined, as an
//! identifier; or when the whole question is one identifier written with spaces.

use cairn_record::Kind;

use crate::answer::{AlsoSearched, MatchedBy};
use crate::errors::FinderError;
use crate::record::SpaceKey;
use crate::tokens::IdentifierForms;
use crate::words;

/// Longest question in characters.
pub const QUERY_CHARS_MAX: usize = 200;
/// Most words of a question that are looked for; the rest is listed in [`crate::Answer::ignored`].
pub const TERMS_MAX: usize = 12;
/// Most hits of one answer.
pub const LIMIT_MAX: usize = 200;
/// The furthest first hit of one answer.
pub const OFFSET_MAX: usize = 2_000;
/// Shortest word that is looked for as the beginning of others.
const PREFIX_CHARS_MIN: usize = 2;

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// What the person typed, at most [`QUERY_CHARS_MAX`] characters. Records that hold all of the words are found;
    /// the last word may be the beginning of one.
    pub text: String,
    /// Only these kinds; empty means all.
    pub kinds: Vec<Kind>,
    /// The spaces the person may read. Records of other spaces are neither found nor counted; empty finds nothing.
    pub spaces: Vec<SpaceKey>,
    /// Only records of these holders; empty means all.
    pub holders: Vec<String>,
    /// First hit to return, at most [`OFFSET_MAX`].
    pub offset: usize,
    /// At most this many hits, up to [`LIMIT_MAX`]; 0 counts only.
    pub limit: usize,
}

impl Query {
    /// Refuses what is over the limits.
    pub(crate) fn check(&self) -> Result<(), FinderError> {
        let chars = self.text.chars().count();
        if chars > QUERY_CHARS_MAX {
            return Err(FinderError::QueryTooLong { chars, max: QUERY_CHARS_MAX });
        }
        if self.limit > LIMIT_MAX || self.offset > OFFSET_MAX {
            return Err(FinderError::PageTooLarge { limit: LIMIT_MAX, offset: OFFSET_MAX });
        }
        Ok(())
    }
}

/// A question as it is looked for.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) groups: Vec<Group>,
    /// The whole question as an identifier, when it is more than one group.
    pub(crate) whole: Option<IdentifierForms>,
    /// Words over the limit.
    pub(crate) ignored: Vec<String>,
}

/// What stood between two spaces.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) terms: Vec<Term>,
    pub(crate) identifier: IdentifierForms,
}

/// One word and what is looked for beside it.
#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) word: String,
    pub(crate) prefix: bool,
    pub(crate) sounds: Vec<String>,
    pub(crate) misspelt: bool,
}

impl Asked {
    pub(crate) fn read(text: &str) -> Self {
        let mut asked = Self::default();
        let mut room = TERMS_MAX;
        for chunk in text.split_whitespace() {
            let mut words = words::words_of_chunk(chunk);
            if words.len() > room {
                asked.ignored.extend(words.drain(room..));
            }
            room -= words.len();
            if !words.is_empty() {
                let terms = words.into_iter().map(Term::new).collect();
                asked.groups.push(Group { terms, identifier: IdentifierForms::of(chunk) });
            }
        }
        if let Some(last) = asked.groups.last_mut().and_then(|group| group.terms.last_mut()) {
            last.prefix = asked.ignored.is_empty() && last.word.chars().count() >= PREFIX_CHARS_MIN;
        }
        let several = asked.groups.len() > 1 && asked.ignored.is_empty();
        asked.whole = several.then(|| IdentifierForms::of(text));
        asked
    }

    pub(crate) fn terms(&self) -> impl Iterator<Item = &Term> {
        self.groups.iter().flat_map(|group| &group.terms)
    }

    pub(crate) fn terms_len(&self) -> u32 {
        self.terms().count() as u32
    }

    /// The forms beside the words themselves, for the person to see.
    pub(crate) fn also_searched(&self) -> Vec<AlsoSearched> {
        let own = |word: &str, by, form: &str| AlsoSearched { word: word.into(), by, form: form.into() };
        let mut also = Vec::new();
        for term in self.terms() {
            let sounds = term.sounds.iter().filter(|form| **form != term.word);
            also.extend(sounds.map(|form| own(&term.word, MatchedBy::SoundsLike, form)));
        }
        let written = self.groups.iter().map(|group| (group.joined_word(), &group.identifier));
        let all = self.groups.iter().map(Group::joined_word).collect::<Vec<_>>().join(" ");
        for (word, forms) in written.chain(self.whole.as_ref().map(|forms| (all, forms))) {
            also.extend(forms.lookalikes.iter().map(|form| own(&word, MatchedBy::LookAlike, form)));
        }
        also
    }
}

impl Group {
    fn joined_word(&self) -> String {
        self.terms.iter().map(|term| term.word.as_str()).collect::<Vec<_>>().join("-")
    }
}

impl Term {
    fn new(word: String) -> Self {
        let (sounds, misspelt) = (words::sounds(&word), words::may_be_misspelt(&word));
        Self { word, prefix: false, sounds, misspelt }
    }

    /// Every way in which the word is looked for, best first, with the form that is looked for.
    pub(crate) fn ways(&self) -> impl Iterator<Item = (MatchedBy, &str)> {
        let word = self.word.as_str();
        let whole = [(MatchedBy::Name, word), (MatchedBy::Word, word)];
        let prefix = self.prefix.then_some((MatchedBy::Prefix, word));
        let sounds = self.sounds.iter().map(|form| (MatchedBy::SoundsLike, form.as_str()));
        let misspelt = self.misspelt.then_some((MatchedBy::Misspelt, word));
        whole.into_iter().chain(prefix).chain(sounds).chain(misspelt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_falls_into_groups_and_words() {
        let asked = Asked::read("CB-1234  Fairfax");
        let words: Vec<Vec<&str>> =
            asked.groups.iter().map(|group| group.terms.iter().map(|term| term.word.as_str()).collect()).collect();
        assert_eq!(words, [vec!["cb", "1234"], vec!["fairfax"]]);
        assert_eq!(asked.groups[0].identifier.exact, ["CB1234"]);
        assert_eq!(asked.whole.as_ref().unwrap().exact, ["CB1234FAIRFAX"]);
        let prefixes: Vec<bool> = asked.terms().map(|term| term.prefix).collect();
        assert_eq!(prefixes, [false, false, true], "only the last word may be a beginning");
    }

    #[test]
    fn words_over_the_limit_are_listed_and_nothing_is_guessed_about_them() {
        let text: String = (0..TERMS_MAX + 2).map(|at| format!("word{at} ")).collect();
        let asked = Asked::read(&text);
        assert_eq!(asked.terms_len() as usize, TERMS_MAX);
        assert_eq!(asked.ignored, ["word12", "word13"]);
        assert!(asked.whole.is_none() && asked.terms().all(|term| !term.prefix));
    }

    #[test]
    fn nothing_to_look_for_is_no_question() {
        assert!(Asked::read(" - / ").groups.is_empty());
        assert!(Asked::read("").groups.is_empty());
    }
}
