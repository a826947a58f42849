//! A question as a tantivy query whose scores are those of [`crate::score`].
//!
//! Every way of finding a word has a constant score; of the ways that match the best counts, and the words add up.
//! Rights are part of the query, never applied to its result: what a person may not read is not counted either.

use tantivy::Term;
use tantivy::query::{BooleanQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Query, TermQuery};
use tantivy::schema::IndexRecordOption;

use crate::answer::MatchedBy;
use crate::asked::{self, Asked, Group};
use crate::schema::Fields;
use crate::score::weight;
use crate::tokens::IdentifierForms;

/// The whole query: the text, within the spaces and holders.
pub(crate) fn plan(fields: &Fields, asked: &Asked, query: &asked::Query) -> Box<dyn Query> {
    let mut all = vec![text(fields, asked)];
    all.push(any_of(query.spaces.iter().map(|space| fields.space_term(space))));
    if !query.holders.is_empty() {
        all.push(any_of(query.holders.iter().map(|holder| fields.holder_term(holder))));
    }
    Box::new(BooleanQuery::intersection(all))
}

fn text(fields: &Fields, asked: &Asked) -> Box<dyn Query> {
    let groups = asked.groups.iter().map(|group| by_group(fields, group)).collect();
    let mut ways: Vec<Box<dyn Query>> = vec![Box::new(BooleanQuery::intersection(groups))];
    if let Some(forms) = &asked.whole {
        ways.extend(by_identifier(fields, forms, asked.terms_len()));
    }
    best_of(ways)
}

fn by_group(fields: &Fields, group: &Group) -> Box<dyn Query> {
    let words = group.terms.iter().map(|term| by_word(fields, term)).collect();
    let mut ways: Vec<Box<dyn Query>> = vec![Box::new(BooleanQuery::intersection(words))];
    ways.extend(by_identifier(fields, &group.identifier, group.terms.len() as u32));
    best_of(ways)
}

/// An identifier stands for all the words it was written in.
fn by_identifier(fields: &Fields, forms: &IdentifierForms, words: u32) -> Vec<Box<dyn Query>> {
    let exact = forms.exact.iter().map(|form| (MatchedBy::Identifier, form));
    let lookalikes = forms.lookalikes.iter().map(|form| (MatchedBy::LookAlike, form));
    exact.chain(lookalikes).map(|(by, form)| scored(term_query(fields.term(by, form)), words * weight(by))).collect()
}

fn by_word(fields: &Fields, term: &asked::Term) -> Box<dyn Query> {
    best_of(term.ways().map(|(by, form)| scored(one_way(fields, by, form), weight(by))).collect())
}

fn one_way(fields: &Fields, by: MatchedBy, form: &str) -> Box<dyn Query> {
    let term = fields.term(by, form);
    match by {
        MatchedBy::Prefix => Box::new(FuzzyTermQuery::new_prefix(term, 0, true)),
        MatchedBy::Misspelt => Box::new(FuzzyTermQuery::new(term, 1, true)),
        _ => term_query(term),
    }
}

fn any_of(terms: impl Iterator<Item = Term>) -> Box<dyn Query> {
    scored(Box::new(BooleanQuery::union(terms.map(term_query).collect())), 0)
}

fn best_of(mut ways: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match ways.pop() {
        Some(only) if ways.is_empty() => only,
        last => {
            ways.extend(last);
            Box::new(DisjunctionMaxQuery::new(ways))
        }
    }
}

fn term_query(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn scored(query: Box<dyn Query>, score: u32) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, score as f32))
}
