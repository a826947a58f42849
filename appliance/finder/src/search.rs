//! Putting an answer together from the written and the waiting records.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::sync::Arc;

use tantivy::TantivyError;

use crate::answer::{Answer, Hit, Match};
use crate::asked::{Asked, Query};
use crate::collect::{Found, Kinds, Place, Ranked, Ranking};
use crate::delta::{self, Change};
use crate::plan::plan;
use crate::reader::OpenReader;
use crate::schema::Fields;
use crate::tokens::Findable;

pub(crate) fn search(
    reader: &OpenReader,
    fields: Fields,
    waiting: &[Arc<Change>],
    asked: &Asked,
    query: &Query,
) -> tantivy::Result<Answer> {
    let outdated = reader.places_of(waiting.iter().map(|change| change.record()))?;
    let ranking = Ranking {
        columns: reader.columns.clone(),
        outdated: Arc::new(outdated),
        kinds: Kinds::of(&query.kinds),
        keep: query.offset + query.limit,
    };
    let mut found = reader.searcher.search(&*plan(&fields, asked, query), &ranking)?;
    let reasons = add_waiting(&mut found, waiting, asked, query);
    found.best.sort_unstable_by_key(|ranked| Reverse(*ranked));
    let page = found.best.iter().skip(query.offset).take(query.limit);
    let hits = page.map(|ranked| hit(reader, waiting, &reasons, asked, ranked)).collect::<tantivy::Result<_>>()?;
    let kinds = Kinds::of(&query.kinds);
    Ok(Answer {
        total: found.kinds.found().filter(|(kind, _)| kinds.has(*kind)).map(|(_, count)| count).sum(),
        hits,
        kinds: found.kinds.found().collect(),
        holders: found.holders.into_iter().collect(),
        also_searched: asked.also_searched(),
        ignored: asked.ignored.clone(),
    })
}

/// Adds the waiting records that answer. Returns the reasons, by place in `waiting`.
fn add_waiting(found: &mut Found, waiting: &[Arc<Change>], asked: &Asked, query: &Query) -> Vec<Vec<Match>> {
    let kinds = Kinds::of(&query.kinds);
    let spaces: HashSet<_> = query.spaces.iter().collect();
    let may = |findable: &Findable| {
        spaces.contains(&findable.space) && (query.holders.is_empty() || query.holders.contains(&findable.holder))
    };
    let mut reasons = vec![Vec::new(); waiting.len()];
    for (number, change) in waiting.iter().enumerate() {
        let Some(findable) = change.findable().filter(|findable| may(findable)) else { continue };
        let Some((score, why)) = delta::answers(findable, asked) else { continue };
        found.kinds.add_one(findable.kind);
        if !kinds.has(findable.kind) {
            continue;
        }
        *found.holders.entry(findable.holder.clone()).or_default() += 1;
        let place = Place::Waiting(Reverse(number));
        found.best.push(Ranked { score, recorded_s: findable.recorded_s, place, kind: findable.kind });
        reasons[number] = why;
    }
    reasons
}

fn hit(
    reader: &OpenReader,
    waiting: &[Arc<Change>],
    reasons: &[Vec<Match>],
    asked: &Asked,
    ranked: &Ranked,
) -> tantivy::Result<Hit> {
    let (record, why) = match ranked.place {
        Place::Waiting(Reverse(number)) => (waiting[number].record(), reasons[number].clone()),
        Place::Written(Reverse(place)) => {
            let record = reader.record_at(place)?;
            let record = record.ok_or_else(|| TantivyError::InternalError("a document has no record".into()))?;
            (record, reader.why(place, ranked.score, asked)?)
        }
    };
    Ok(Hit { record, kind: ranked.kind, score: ranked.score, why })
}
