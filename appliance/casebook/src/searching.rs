//! Search: free words over everything held here.

use cairn_finder::{AlsoSearched, MatchedBy, Query};
use cairn_record::{Reason, reason};

use crate::{Actor, AuditEvent, Casebook, CasebookError, Right, SearchAnswer, SearchHit, SearchRequest};

impl Casebook {
    /// Searches. Audited before it answers.
    pub fn search(&self, actor: &Actor, request: &SearchRequest, now_ms: u64) -> Result<SearchAnswer, CasebookError> {
        actor.must(Right::Search)?;
        self.must_hold_keys()?;
        self.must_be_whole()?;
        let query = Query {
            text: request.text.clone(),
            kinds: request.kinds.clone(),
            spaces: self.readable_spaces(),
            holders: Vec::new(),
            offset: request.offset,
            limit: request.limit.clamp(1, cairn_finder::LIMIT_MAX),
        };
        let found = self.search_index()?.search(&query)?;
        let mut hits = Vec::with_capacity(found.hits.len());
        for hit in &found.hits {
            let Some(row) = self.row(hit.record)? else { continue };
            let why = hit.why.iter().map(|m| format!("{}: {}", m.word, m.by.in_words())).collect::<Vec<_>>().join("; ");
            let met = hit.why.iter().map(|m| (m.word.clone(), m.by)).collect();
            hits.push(SearchHit { record: self.summary(&row)?, why, met });
        }
        let event = AuditEvent::new("search", actor.via.key())
            .detail(&request.text)
            .on(hits.iter().map(|hit| hit.record.id))
            .count(found.total as u64);
        self.write_audit(actor, event, now_ms)?;
        let also = widened(&found.also_searched);
        Ok(SearchAnswer {
            asked: request.text.clone(),
            hits,
            total: found.total,
            facets: found.kinds,
            also_searched: also.iter().map(ToString::to_string).collect(),
            also,
            ignored: found.ignored,
            freshness: self.freshness(now_ms)?,
            answered_ms: now_ms,
        })
    }
}

/// What else was looked for, once for each word and way. The forms themselves are keys of the index and say nothing to a
/// person.
fn widened(also: &[AlsoSearched]) -> Vec<Reason> {
    let mut said = Vec::new();
    for one in also {
        let reason = match one.by {
            MatchedBy::LookAlike => reason!("also-looks-alike", word = one.word.as_str()),
            _ => reason!("also-sounds-alike", word = one.word.as_str()),
        };
        if !said.contains(&reason) {
            said.push(reason);
        }
    }
    said
}
