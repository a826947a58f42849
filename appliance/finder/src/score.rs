//! One scale for everything: how well a record answers a question, and why.
//!
//! Every word of the question is found in one of the ways of [`MatchedBy`]; the best way counts. A record's score is a
//! number to the base 13 whose digits say how many words were found in each way, the best way in front: a record in
//! which two words are names beats one in which one is. Because a question has at most 12 words, no digit overflows,
//! and because the whole stays below 2^24 it survives tantivy's 32-bit floating point unharmed. So the score can be
//! read back, and the reasons of a hit follow from it with a few look-ups ([`crate::reader`]).

use crate::answer::{Match, MatchedBy};
use crate::asked::{Asked, Group, TERMS_MAX, Term};

const BASE: u32 = TERMS_MAX as u32 + 1;

/// What one word adds when it is found in this way.
pub(crate) const fn weight(by: MatchedBy) -> u32 {
    match by {
        MatchedBy::Misspelt => 0,
        MatchedBy::SoundsLike => 1,
        MatchedBy::LookAlike => BASE,
        MatchedBy::Prefix => BASE.pow(2),
        MatchedBy::Word => BASE.pow(3),
        MatchedBy::Name => BASE.pow(4),
        MatchedBy::Identifier => BASE.pow(5),
    }
}

/// How many of `terms` words a score says were found in this way.
pub(crate) fn count(score: u32, terms: u32, by: MatchedBy) -> u32 {
    match by {
        MatchedBy::Misspelt => {
            let better: u32 =
                MatchedBy::ALL.iter().filter(|by| weight(**by) > 0).map(|by| count(score, terms, *by)).sum();
            terms.saturating_sub(better)
        }
        by => score / weight(by) % BASE,
    }
}

/// A record that can be asked what it holds. Asked in the order of [`MatchedBy`], best first.
pub(crate) trait Holds {
    type Error;
    fn holds(&mut self, by: MatchedBy, form: &str) -> Result<bool, Self::Error>;
}

/// How the record answers the question: its score and the reason for every word. `None` when it does not.
pub(crate) fn answers<H: Holds>(record: &mut H, asked: &Asked) -> Result<Option<(u32, Vec<Match>)>, H::Error> {
    let terms: Vec<&Term> = asked.terms().collect();
    let as_a_whole = match &asked.whole {
        Some(forms) => best_identifier(record, forms)?.map(|by| all_by(&terms, by)),
        None => None,
    };
    let mut word_by_word = Some(Vec::with_capacity(terms.len()));
    for group in &asked.groups {
        let Some(so_far) = word_by_word.as_mut() else { break };
        match answers_group(record, group)? {
            Some(why) => so_far.extend(why),
            None => word_by_word = None,
        }
    }
    let best = [as_a_whole, word_by_word].into_iter().flatten().max_by_key(|why| total(why));
    Ok(best.map(|why| (total(&why), why)))
}

fn answers_group<H: Holds>(record: &mut H, group: &Group) -> Result<Option<Vec<Match>>, H::Error> {
    let terms: Vec<&Term> = group.terms.iter().collect();
    let identifier = best_identifier(record, &group.identifier)?.map(|by| all_by(&terms, by));
    let mut words = Some(Vec::with_capacity(terms.len()));
    for term in terms {
        let Some(so_far) = words.as_mut() else { break };
        match best_word(record, term)? {
            Some(by) => so_far.push(Match { word: term.word.clone(), by }),
            None => words = None,
        }
    }
    Ok([identifier, words].into_iter().flatten().max_by_key(|why| total(why)))
}

fn best_identifier<H: Holds>(
    record: &mut H,
    forms: &crate::tokens::IdentifierForms,
) -> Result<Option<MatchedBy>, H::Error> {
    for (by, forms) in [(MatchedBy::Identifier, &forms.exact), (MatchedBy::LookAlike, &forms.lookalikes)] {
        for form in forms {
            if record.holds(by, form)? {
                return Ok(Some(by));
            }
        }
    }
    Ok(None)
}

fn best_word<H: Holds>(record: &mut H, term: &Term) -> Result<Option<MatchedBy>, H::Error> {
    for (by, form) in term.ways() {
        if record.holds(by, form)? {
            return Ok(Some(by));
        }
    }
    Ok(None)
}

fn all_by(terms: &[&Term], by: MatchedBy) -> Vec<Match> {
    terms.iter().map(|term| Match { word: term.word.clone(), by }).collect()
}

fn total(why: &[Match]) -> u32 {
    why.iter().map(|found| weight(found.by)).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_score_can_be_read_back(ways in prop::collection::vec(0..7_usize, 1..=TERMS_MAX)) {
            let why: Vec<Match> = ways.iter().map(|way| Match { word: String::new(), by: MatchedBy::ALL[*way] }).collect();
            let score = total(&why);
            prop_assert_eq!(score as f32 as u32, score, "a score survives 32-bit floating point");
            for by in MatchedBy::ALL {
                let expected = why.iter().filter(|found| found.by == by).count();
                prop_assert_eq!(count(score, why.len() as u32, by), expected as u32);
            }
        }
    }
}
