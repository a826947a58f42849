//! What a mapping must satisfy before it is used.

use cairn_record::schema::codes;
use cairn_record::{Field, FieldType, Kind, Reason, country, reason, schema};
use std::collections::BTreeSet;

use super::{Link, Mapping, Mention, Part, Relation, Source};

/// Most parts, and most links, of one mapping.
const PARTS_MAX: usize = 50;

/// Why a mapping cannot be used. Nothing has been read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingError {
    /// It is not the TOML of a mapping.
    Form(String),
    /// It says something that cannot be done.
    Meaning(Reason),
}

impl MappingError {
    /// The same as data, for those who say it in other words.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Form(why) => reason!("mapping-unreadable", why = why),
            Self::Meaning(why) => reason!("mapping-unusable", why = why.clone()),
        }
    }
}

impl std::fmt::Display for MappingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.reason())
    }
}

impl std::error::Error for MappingError {}

impl Mapping {
    /// Checks that every field, column, list and code that the mapping names can be what it says.
    pub fn check(&self) -> Result<(), MappingError> {
        self.problem().map_or(Ok(()), |problem| Err(MappingError::Meaning(problem)))
    }

    /// The first problem. What only somebody who writes a mapping by hand can do wrong is told in English.
    fn problem(&self) -> Option<Reason> {
        self.head_problem().or_else(|| {
            self.names_problem()
                .or_else(|| self.parts.iter().find_map(|part| self.part_problem(part)))
                .or_else(|| self.links.iter().find_map(|link| self.link_problem(link)))
                .map(Reason::from)
        })
    }

    fn head_problem(&self) -> Option<Reason> {
        let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let said = [&self.title, &self.origin_system, &self.origin_agency, &self.reference];
        if self.name.is_empty() || self.name.len() > 60 || !self.name.chars().all(named) {
            return Some(reason!("mapping-name"));
        }
        if said.iter().any(|text| text.trim().is_empty() || text.chars().count() > 70) {
            return Some(reason!("mapping-titles"));
        }
        if !self.separator.is_ascii() || self.separator.is_ascii_alphanumeric() || "\"\r\n ".contains(self.separator) {
            return Some(reason!("mapping-separator", separator = self.separator.to_string()));
        }
        match &self.country {
            Some(code) if country::by_alpha3(code).is_none() => Some(reason!("mapping-country", code = code)),
            _ => None,
        }
    }

    fn names_problem(&self) -> Option<String> {
        let names: Vec<&str> = self
            .parts
            .iter()
            .map(|part| part.name.as_str())
            .chain(self.links.iter().map(|link| link.name.as_str()))
            .collect();
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        if self.parts.is_empty() {
            return Some("it makes no record: add a part".into());
        }
        if self.parts.len() > PARTS_MAX || self.links.len() > PARTS_MAX {
            return Some(format!("it has more than {PARTS_MAX} parts or links"));
        }
        (distinct.len() != names.len() || distinct.contains(""))
            .then(|| "parts and links need names of their own".into())
    }

    fn part_problem(&self, part: &Part) -> Option<String> {
        if matches!(part.kind, Kind::Link) {
            return Some(format!("part {} is a link: write it as [[link]]", part.name));
        }
        let field = |key: &str| {
            let field = schema(part.kind).by_key(key);
            field.ok_or_else(|| format!("part {}: a {} has no field {key:?}", part.name, part.kind.key()))
        };
        for (key, value) in &part.set {
            match field(key) {
                Err(problem) => return Some(problem),
                Ok(field) if !field.entered => {
                    return Some(format!("part {}: {key} is set by the appliance", part.name));
                }
                Ok(field) => {
                    if let Some(problem) = code_problem(field, value) {
                        return Some(format!("part {}: {problem}", part.name));
                    }
                }
            }
        }
        for (key, source) in &part.from {
            match field(key).map(|field| self.source_problem(field, source)) {
                Err(problem) => return Some(problem),
                Ok(Some(problem)) => return Some(format!("part {}, field {key}: {problem}", part.name)),
                Ok(None) => {}
            }
        }
        part.mentions.iter().find_map(|mention| mention_problem(part, mention))
    }

    fn source_problem(&self, field: &Field, source: &Source) -> Option<String> {
        if !field.entered {
            return Some("it is set by the appliance".into());
        }
        if source.columns.is_empty() || source.columns.iter().any(|name| name.trim().is_empty()) {
            return Some("it names no column".into());
        }
        if matches!(field.holds, FieldType::Record) {
            return Some("it holds another record, which a column cannot name".into());
        }
        let dated = matches!(field.holds, FieldType::Date | FieldType::DateTime);
        if dated == source.date.is_empty() {
            return Some(if dated { "state how its dates are written".into() } else { "it holds no date".into() });
        }
        if source.century.is_none() && source.date.iter().any(super::DateFormat::has_short_year) {
            return Some("its years have two digits: state the century".into());
        }
        if dated && source.values.is_some() {
            return Some("a date is not looked up in a list".into());
        }
        self.list_problem(field, source)
    }

    /// The list of values exists and gives only values that the field takes.
    fn list_problem(&self, field: &Field, source: &Source) -> Option<String> {
        let codes = match &source.values {
            Some(name) => match self.values.get(name) {
                Some(list) => list.values().collect(),
                None => return Some(format!("there is no list [values.{name}]")),
            },
            None if source.otherwise.is_some() => return Some("`otherwise` goes with a list of values".into()),
            None => Vec::new(),
        };
        codes.into_iter().chain(&source.otherwise).find_map(|code| code_problem(field, code))
    }

    fn link_problem(&self, link: &Link) -> Option<String> {
        let unknown = [&link.from, &link.to].into_iter().find(|end| !self.parts.iter().any(|part| part.name == **end));
        if let Some(end) = unknown {
            return Some(format!("link {}: there is no part {end:?}", link.name));
        }
        if link.from == link.to {
            return Some(format!("link {}: it joins a part to itself", link.name));
        }
        let relation = schema(Kind::Link).by_key("relation")?;
        match &link.relation {
            Relation::Always(code) => {
                code_problem(relation, code).map(|problem| format!("link {}: {problem}", link.name))
            }
            Relation::Column(source) => self
                .source_problem(relation, source)
                .or_else(|| {
                    source
                        .otherwise
                        .is_none()
                        .then(|| "state the relation of rows that say nothing: `otherwise`".into())
                })
                .map(|problem| format!("link {}: {problem}", link.name)),
        }
    }
}

/// A constant must be a code of the field's list, where it has one.
fn code_problem(field: &Field, value: &str) -> Option<String> {
    let known = match field.holds {
        FieldType::Code(_) => field.code_label(value).is_some(),
        FieldType::Country => country::name(value).is_some(),
        _ => !value.trim().is_empty(),
    };
    let relation = matches!(field.holds, FieldType::Code(list) if list == codes::RELATION);
    let what = if relation { "relation" } else { field.label };
    (!known).then(|| format!("{what} cannot be {value:?}"))
}

fn mention_problem(part: &Part, mention: &Mention) -> Option<String> {
    let field = schema(part.kind).by_key(&mention.field);
    let fits = field.is_some_and(|field| field.many && matches!(field.holds, FieldType::Plate | FieldType::Phone));
    if !fits {
        return Some(format!("part {}: {:?} takes no plates or telephone numbers", part.name, mention.field));
    }
    mention
        .after
        .iter()
        .all(|word| word.trim().is_empty())
        .then(|| format!("part {}: say which words stand before the numbers in {:?}", part.name, mention.column))
}
