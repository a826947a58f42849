//! Check: does anybody hold anything on this, why, how old is the answer, and whom to call?
//!
//! The text is read in every way it can mean something (plate, phone, document, VIN, name, machine-readable zone).
//! Each reading is looked up in the identifier view, exactly and by its look-alike form; names and words also go
//! through the search index, so that a surname alone or a word in a narrative is never answered with "nothing held".

use std::collections::HashMap;

use cairn_finder::{Query as SearchQuery, SearchIndex};
use cairn_ledger::view::Key;
use cairn_record::normalise::plate_matches;
use cairn_record::{
    Confidence, FieldType, Identifier, IdentifierKind, Query, Reading, RecordId, identifiers, query_identifiers, schema,
};

use crate::row::RecordRow;
use crate::summary::{title_of, values_of};
use crate::{
    Actor, AuditEvent, Casebook, CasebookError, Caution, CheckAnswer, CheckHit, LinkLine, MarkerLine, MatchKind, Right,
    Verdict, keys,
};

/// Most hits of one answer.
pub const HITS_MAX: usize = 50;
/// Most records linked to a hit that are shown with it.
pub const LINKED_MAX: usize = 20;
/// Most records looked at for one reading.
const CANDIDATES_MAX: usize = 500;
/// Most plates that a pattern is compared with.
const PATTERN_ROWS_MAX: usize = 1_000_000;

/// The best match of each record found.
type Found = HashMap<RecordId, (MatchKind, Option<Identifier>)>;

impl Casebook {
    /// Checks a plate, name, phone, document number or machine-readable zone against everything held here. Audited
    /// before it answers.
    pub fn check(&self, actor: &Actor, text: &str, now_ms: u64) -> Result<CheckAnswer, CasebookError> {
        actor.must(Right::Check)?;
        self.must_hold_keys()?;
        self.must_be_whole()?;
        let query = query_identifiers(text, Some(&self.country()), &self.today(now_ms));
        let mut found = Found::new();
        for reading in &query.readings {
            self.look_up(reading, &mut found)?;
        }
        if query.mrz.is_none() && !query.readings.iter().any(|reading| reading.pattern) {
            self.look_in_words(self.search_index()?, &query.text, &query.readings, &mut found)?;
        }
        let (hits, more) = self.check_hits(found, now_ms)?;
        let cautions = cautions(&query);
        let answer = CheckAnswer {
            asked: query.text.clone(),
            read_as: query.readings.iter().map(reading_words).collect(),
            readings: query.readings.clone(),
            verdict: verdict(&query, &hits),
            more,
            freshness: self.freshness(now_ms)?,
            answered_ms: now_ms,
            warnings: cautions.iter().map(Caution::in_english).collect(),
            cautions,
            hits,
        };
        let event = AuditEvent::new("check", actor.via.key()).detail(&answer.asked);
        let event = event.on(answer.hits.iter().map(|hit| hit.record.id));
        self.write_audit(actor, event, now_ms)?;
        Ok(answer)
    }

    /// What a question of another site finds here: the same as a check, of what its asker read in it. Not audited. In
    /// simulations, which have no search index, without words.
    pub(crate) fn look_for(
        &self,
        text: &str,
        zone: bool,
        readings: &[Reading],
        now_ms: u64,
    ) -> Result<(Vec<CheckHit>, usize), CasebookError> {
        let mut found = Found::new();
        for reading in readings {
            self.look_up(reading, &mut found)?;
        }
        if let Some(index) = self.index.as_ref().filter(|_| !zone) {
            self.look_in_words(index, text, readings, &mut found)?;
        }
        self.check_hits(found, now_ms)
    }

    fn look_up(&self, reading: &Reading, found: &mut Found) -> Result<(), CasebookError> {
        let identifier = &reading.identifier;
        if reading.pattern {
            return self.look_up_pattern(identifier, found);
        }
        let dated = identifier.kind != IdentifierKind::Name || identifier.exact.contains('|');
        let exact = if dated { MatchKind::Exact } else { MatchKind::Name };
        let alike = if identifier.kind == IdentifierKind::Name { MatchKind::Name } else { MatchKind::LookAlike };
        self.take(&keys::identifier(identifier.kind, &identifier.exact, false), exact, identifier, found)?;
        if !identifier.lookalike.is_empty() {
            self.take(&keys::identifier(identifier.kind, &identifier.lookalike, true), alike, identifier, found)?;
        }
        Ok(())
    }

    fn take(
        &self,
        prefix: &Key,
        matched: MatchKind,
        identifier: &Identifier,
        found: &mut Found,
    ) -> Result<(), CasebookError> {
        for row in self.views.scan(prefix, CANDIDATES_MAX, None)? {
            if let Some(record) = keys::record_part(&row.key, 2) {
                keep_best(found, record, matched, Some(identifier.clone()));
            }
        }
        Ok(())
    }

    /// A plate with wildcards is compared with every plate held.
    fn look_up_pattern(&self, pattern: &Identifier, found: &mut Found) -> Result<(), CasebookError> {
        let prefix = keys::identifiers_of(IdentifierKind::Plate, false);
        for row in self.views.rows(prefix).take(PATTERN_ROWS_MAX) {
            let row = row?;
            let plate = row.key.hidden_part(1).and_then(|bytes| std::str::from_utf8(bytes).ok());
            let Some(plate) = plate.filter(|plate| plate_matches(&pattern.exact, plate)) else { continue };
            if let (Some(record), Some(plate)) = (keys::record_part(&row.key, 2), Identifier::plate(plate)) {
                keep_best(found, record, MatchKind::LookAlike, Some(plate));
            }
            if found.len() >= CANDIDATES_MAX {
                break;
            }
        }
        Ok(())
    }

    /// What the search index finds for the same words.
    fn look_in_words(
        &self,
        index: &SearchIndex,
        text: &str,
        readings: &[Reading],
        found: &mut Found,
    ) -> Result<(), CasebookError> {
        let is_name = readings.iter().any(|reading| reading.identifier.kind == IdentifierKind::Name);
        if readings.iter().any(|reading| reading.pattern) {
            return Ok(());
        }
        let text: String = text.chars().take(cairn_finder::QUERY_CHARS_MAX).collect();
        let spaces = self.readable_spaces();
        let asked = SearchQuery { text, spaces, limit: HITS_MAX, ..SearchQuery::default() };
        let matched = if is_name { MatchKind::Name } else { MatchKind::Mention };
        for hit in index.search(&asked)?.hits {
            keep_best(found, hit.record, matched, None);
        }
        Ok(())
    }

    fn check_hits(&self, found: Found, now_ms: u64) -> Result<(Vec<CheckHit>, usize), CasebookError> {
        let mut rows = Vec::with_capacity(found.len());
        for (record, (matched, identifier)) in found {
            if let Some(row) = self.row(record)? {
                rows.push((matched, std::cmp::Reverse(row.state.last_ms), row, identifier));
            }
        }
        rows.sort_by_key(|(matched, age, row, _)| (*matched, *age, row.state.record));
        let more = rows.len().saturating_sub(HITS_MAX);
        rows.truncate(HITS_MAX);
        let hits =
            rows.into_iter().map(|(matched, _, row, identifier)| self.check_hit(&row, matched, identifier, now_ms));
        Ok((hits.collect::<Result<_, _>>()?, more))
    }

    fn check_hit(
        &self,
        row: &RecordRow,
        matched: MatchKind,
        identifier: Option<Identifier>,
        now_ms: u64,
    ) -> Result<CheckHit, CasebookError> {
        let (field, value) = self.matched_value(row, identifier.as_ref());
        let linked = self.links_of(row.state.record, LINKED_MAX)?;
        Ok(CheckHit {
            record: self.summary(row)?,
            matched,
            field,
            value,
            age_ms: now_ms.saturating_sub(row.state.last_ms),
            markers: self.markers_around(row.state.record, &linked)?,
            linked,
        })
    }

    fn markers_around(&self, record: RecordId, linked: &[LinkLine]) -> Result<Vec<MarkerLine>, CasebookError> {
        let mut markers = self.markers_on(record)?;
        for line in linked {
            for marker in self.markers_on(line.other)? {
                if markers.iter().all(|known| known.id != marker.id) {
                    markers.push(marker);
                }
            }
        }
        Ok(markers)
    }

    /// Which field bears the identifier that was found, and its value as it stands.
    fn matched_value(&self, row: &RecordRow, asked: Option<&Identifier>) -> (String, String) {
        let state = &row.state;
        let whole = || (String::new(), title_of(state));
        let Some(asked) = asked.filter(|asked| asked.kind != IdentifierKind::Name) else { return whole() };
        let all = values_of(state);
        let identifying = schema(state.kind).fields.iter().filter(|field| field.identifies);
        for field in identifying.filter(|field| field.holds != FieldType::Name) {
            for value in all.get(&field.no).into_iter().flatten() {
                let mut alone = all.clone();
                alone.retain(|no, _| schema(state.kind).field(*no).is_none_or(|other| !other.identifies));
                alone.insert(field.no, vec![value.clone()]);
                let borne = identifiers(state.kind, &alone, Some(&self.country()));
                if borne
                    .iter()
                    .any(|one| one.kind == asked.kind && (one.exact == asked.exact || one.lookalike == asked.lookalike))
                {
                    return (field.key.into(), value.to_text());
                }
            }
        }
        whole()
    }
}

fn keep_best(found: &mut Found, record: RecordId, matched: MatchKind, identifier: Option<Identifier>) {
    let best = found.entry(record).or_insert_with(|| (matched, identifier.clone()));
    if matched < best.0 {
        *best = (matched, identifier);
    }
}

fn verdict(query: &Query, hits: &[CheckHit]) -> Verdict {
    if hits.iter().any(|hit| hit.matched == MatchKind::Exact) {
        Verdict::Hit
    } else if !hits.is_empty() {
        Verdict::Possible
    } else if query.readings.is_empty() {
        Verdict::NotUnderstood
    } else {
        Verdict::NothingHeld
    }
}

pub(crate) fn reading_words(reading: &Reading) -> String {
    let what = match reading.identifier.kind {
        IdentifierKind::Plate => "plate",
        IdentifierKind::Phone => "phone",
        IdentifierKind::Document => "document",
        IdentifierKind::Vin => "VIN",
        IdentifierKind::Name => "name",
    };
    let sure = if reading.confidence == Confidence::Possible { " (possibly)" } else { "" };
    format!("{what} {}{sure}", reading.identifier.exact.replace('|', ", born "))
}

fn cautions(query: &Query) -> Vec<Caution> {
    let mut cautions: Vec<Caution> = query.mrz_problem.iter().cloned().map(Caution::Unread).collect();
    let Some(mrz) = &query.mrz else { return cautions };
    let wrong = mrz.checks.iter().filter(|check| !check.agrees);
    cautions.extend(wrong.map(|check| Caution::CheckDigit(check.covers.clone())));
    cautions.extend(mrz.repairs.iter().map(|repair| Caution::Repaired {
        line: repair.line,
        column: repair.column,
        from: repair.from,
        to: repair.to,
    }));
    cautions
}
