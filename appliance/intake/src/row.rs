//! One row of cells becomes the drafts of its records.

use std::collections::BTreeMap;

use cairn_record::normalise::{folded, tidy_line};
use cairn_record::{
    Date, FieldType, Kind, Reason, RecordDraft, RecordId, Severity, Value, normalised, reason, schema, validate,
};

use crate::dates::DateFault;
use crate::mention::{Mentioned, mentions};
use crate::read::PartDraft;
use crate::{Link, Mapping, Part, Relation, Source};

/// Why a row is refused: a code and the reason.
pub(crate) type Refusal = (&'static str, Reason);

/// Reads the rows of one file by its mapping.
pub(crate) struct RowMaker<'a> {
    mapping: &'a Mapping,
    /// Position of each column by its name in the mapping.
    columns: BTreeMap<&'a str, usize>,
    /// Lists of values, by folded text.
    lists: BTreeMap<&'a str, BTreeMap<String, &'a str>>,
    today: Date,
}

/// The drafts of a row, and what a person should know about it.
pub(crate) struct Made {
    pub reference: String,
    pub drafts: Vec<PartDraft>,
    pub remarks: Vec<Reason>,
}

/// A row being read.
struct Reading<'a> {
    cells: &'a [String],
    reference: String,
    made: Made,
}

/// A text that a list does not know, kept in the record's remarks.
struct Unlisted {
    column: String,
    text: String,
}

impl<'a> RowMaker<'a> {
    pub(crate) fn new(mapping: &'a Mapping, columns: BTreeMap<&'a str, usize>, today: Date) -> Self {
        let folded_list = |list: &'a BTreeMap<String, String>| {
            list.iter().map(|(said, code)| (folded(&tidy_line(said)), code.as_str())).collect()
        };
        let lists = mapping.values.iter().map(|(name, list)| (name.as_str(), folded_list(list))).collect();
        Self { mapping, columns, lists, today }
    }

    /// The reference of a row, tidied; empty when it has none.
    pub(crate) fn reference(&self, cells: &[String]) -> String {
        tidy_line(self.cell(cells, &self.mapping.reference))
    }

    /// The drafts of a row whose number of cells is right.
    pub(crate) fn make(&self, cells: &[String]) -> Result<Made, Refusal> {
        let reference = self.reference(cells);
        if reference.is_empty() {
            return Err(("no-reference", reason!("row-no-reference", column = &self.mapping.reference)));
        }
        let made = Made { reference: reference.clone(), drafts: Vec::new(), remarks: self.lost_letters(cells) };
        let mut reading = Reading { cells, reference, made };
        for part in &self.mapping.parts {
            let wanted = part.when.is_empty() || part.when.iter().any(|name| !self.cell(cells, name).trim().is_empty());
            if wanted {
                self.part(part, &mut reading)?;
            }
        }
        for link in &self.mapping.links {
            self.link(link, &mut reading)?;
        }
        Ok(reading.made)
    }

    fn part(&self, part: &Part, reading: &mut Reading<'_>) -> Result<(), Refusal> {
        let mut draft = RecordDraft::new(part.kind);
        for (key, value) in &part.set {
            draft.add(key, value.as_str());
        }
        let takes_country = matches!(part.kind, Kind::Phone | Kind::Event | Kind::Report);
        let country_elsewhere = part.set.contains_key("country") || part.from.contains_key("country");
        if let (Some(country), true, false) = (&self.mapping.country, takes_country, country_elsewhere) {
            draft.add("country", country.as_str());
        }
        let mut unlisted = Vec::new();
        for (key, source) in &part.from {
            self.fill(&mut draft, key, source, reading.cells, &mut unlisted)?;
        }
        for mention in &part.mentions {
            let holds = schema(part.kind).by_key(&mention.field).map(|field| field.holds);
            let what = if holds == Some(FieldType::Plate) { Mentioned::Plate } else { Mentioned::Phone };
            let text = self.cell(reading.cells, &mention.column);
            for found in mentions(text, what, &mention.after, &mention.before) {
                draft.add(&mention.field, found);
            }
        }
        self.finish(&part.name, draft, unlisted, reading)
    }

    fn link(&self, link: &Link, reading: &mut Reading<'_>) -> Result<(), Refusal> {
        let id = |name: &str| reading.made.drafts.iter().find(|part| part.part == name).map(|part| part.id);
        let (Some(from), Some(to)) = (id(&link.from), id(&link.to)) else { return Ok(()) };
        let mut draft = RecordDraft::new(Kind::Link);
        draft.add("from", from);
        draft.add("to", to);
        let mut unlisted = Vec::new();
        match &link.relation {
            Relation::Always(code) => {
                draft.add("relation", code.as_str());
            }
            Relation::Column(source) => {
                self.fill(&mut draft, "relation", source, reading.cells, &mut unlisted)?;
                if let (true, Some(otherwise)) = (draft.get("relation").is_empty(), &source.otherwise) {
                    draft.add("relation", otherwise.as_str());
                }
            }
        }
        self.finish(&link.name, draft, unlisted, reading)
    }

    /// Puts what the columns of a source say into a field.
    fn fill(
        &self,
        draft: &mut RecordDraft,
        key: &str,
        source: &Source,
        cells: &[String],
        unlisted: &mut Vec<Unlisted>,
    ) -> Result<(), Refusal> {
        let said: Vec<(&String, &str)> = source
            .columns
            .iter()
            .map(|name| (name, self.cell(cells, name)))
            .filter(|(_, cell)| !cell.trim().is_empty())
            .collect();
        let many = schema(draft.kind).by_key(key).is_some_and(|field| field.many);
        let texts: Vec<String> = if many {
            said.iter().map(|(_, cell)| (*cell).to_owned()).collect()
        } else {
            vec![said.iter().map(|(_, cell)| *cell).collect::<Vec<_>>().join(" ")]
        };
        let column = source.columns.join(" + ");
        for text in texts.into_iter().filter(|text| !text.is_empty()) {
            let value = match (source.date_rule(), source.values.as_deref()) {
                (Some(rule), _) => {
                    let line = tidy_line(&text);
                    Some(
                        rule.read(&line, self.today)
                            .map_err(|fault| bad_date(&column, &line, &rule.in_words(), &fault))?,
                    )
                }
                (None, Some(list)) => self.listed(list, &text, source, &column, unlisted),
                (None, None) => self.plain(draft.kind, key, text, &column, unlisted),
            };
            if let Some(value) = value {
                draft.add(key, value);
            }
        }
        Ok(())
    }

    /// The code that a list gives for a text.
    fn listed(
        &self,
        list: &str,
        text: &str,
        source: &Source,
        column: &str,
        unlisted: &mut Vec<Unlisted>,
    ) -> Option<String> {
        let line = tidy_line(text);
        let code = self.lists.get(list).and_then(|list| list.get(&folded(&line)));
        if let Some(code) = code {
            return Some((*code).to_owned());
        }
        unlisted.push(Unlisted { column: column.to_owned(), text: line });
        source.otherwise.clone()
    }

    /// A text as it stands, unless the field holds codes or countries and this is none.
    fn plain(&self, kind: Kind, key: &str, text: String, column: &str, unlisted: &mut Vec<Unlisted>) -> Option<String> {
        let field = schema(kind).by_key(key)?;
        let line = tidy_line(&text);
        let known = match field.holds {
            FieldType::Code(list) => list.iter().any(|(code, _)| code.eq_ignore_ascii_case(&line)),
            FieldType::Country => cairn_record::country::read(&line).is_some(),
            _ => true,
        };
        if known {
            return Some(text);
        }
        unlisted.push(Unlisted { column: column.to_owned(), text: line });
        None
    }

    /// Adds what every record of a row has, checks the draft and keeps it.
    fn finish(
        &self,
        name: &str,
        mut draft: RecordDraft,
        unlisted: Vec<Unlisted>,
        reading: &mut Reading<'_>,
    ) -> Result<(), Refusal> {
        let mapping = self.mapping;
        draft.add("origin_system", mapping.origin_system.as_str());
        draft.add("origin_agency", mapping.origin_agency.as_str());
        draft.add("origin_ref", reading.reference.as_str());
        if let (Some(kept), Some(field)) = (kept_words(&draft, &unlisted), schema(draft.kind).by_key("remarks")) {
            draft.fields.insert(field.no, vec![Value::Text(kept)]);
        }
        for Unlisted { column, text } in &unlisted {
            reading.made.remarks.push(reason!("row-no-code", column = column, text = text, part = name));
        }
        let draft = normalised(draft);
        let today = self.today.to_string();
        for problem in validate(&draft, &today, true) {
            let said = reason!("row-invalid", part = name, why = problem.said());
            match problem.severity {
                Severity::Error => return Err(("invalid", said)),
                Severity::Warning => reading.made.remarks.push(said),
            }
        }
        let id = self.record_id(&reading.reference, name);
        reading.made.drafts.push(PartDraft { part: name.to_owned(), id, draft });
        Ok(())
    }

    /// The same row of the same source names the same record on every machine.
    fn record_id(&self, reference: &str, part: &str) -> RecordId {
        let mapping = self.mapping;
        // Separated by a character that `tidy_line` never leaves in a name or reference.
        let seed = [&mapping.name, &mapping.origin_system, &mapping.origin_agency, reference, part].join("\u{1F}");
        RecordId::derived(seed.as_bytes())
    }

    fn cell<'c>(&self, cells: &'c [String], column: &str) -> &'c str {
        self.columns.get(column).and_then(|at| cells.get(*at)).map_or("", String::as_str)
    }

    /// Question marks where letters were: the file lost them before it came here.
    fn lost_letters(&self, cells: &[String]) -> Vec<Reason> {
        let lost = |(name, at): (&&str, &usize)| {
            let text = cells.get(*at)?;
            has_lost_letters(text).then(|| reason!("row-lost-letters", column = *name, text = text))
        };
        self.columns.iter().filter_map(lost).collect()
    }
}

/// Two question marks in a row, or one directly before a letter.
fn has_lost_letters(text: &str) -> bool {
    let pairs = text.chars().zip(text.chars().skip(1));
    pairs.into_iter().any(|(first, second)| first == '?' && (second == '?' || second.is_alphabetic()))
}

/// The draft's remarks with the words that have no code below them.
fn kept_words(draft: &RecordDraft, unlisted: &[Unlisted]) -> Option<String> {
    let lines = unlisted.iter().map(|Unlisted { column, text }| format!("{column}: {text}"));
    let all: Vec<String> = draft.text("remarks").map(str::to_owned).into_iter().chain(lines).collect();
    (!unlisted.is_empty()).then(|| all.join("\n"))
}

fn bad_date(column: &str, text: &str, formats: &str, fault: &DateFault) -> Refusal {
    let reason = match fault {
        DateFault::Form => reason!("row-date-form", column = column, text = text, formats = formats),
        DateFault::Calendar => reason!("row-date-calendar", column = column, text = text),
        DateFault::Ambiguous => reason!("row-date-two-ways", column = column, text = text, formats = formats),
    };
    ("bad-date", reason)
}
