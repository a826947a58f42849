//! A mapping: how one system's file becomes records. Written as TOML, saved per source, checked when read.
//!
//! ```toml
//! name = "riverside-stops"            # names the records together with the reference of each row
//! title = "Riverside stops"           # what a page shows
//! encoding = "utf-8"                  # see Encoding
//! separator = ";"
//! origin_system = "riverside-stops"   # stored with every record
//! origin_agency = "Riverside Police"
//! country = "GBR"                     # where its telephone numbers were written down
//! reference = "Stop No"               # column that names the row
//!
//! [values.role]                       # a list of what the file says and which code that is
//! "driver" = "driver"
//! "passenger" = "passenger"
//!
//! [[part]]                            # one record of each row
//! name = "stop"
//! kind = "event"
//! set = { event_kind = "stop" }       # the same in every row
//! [part.from]                         # field = column, or with what is needed to read it
//! reference = "Stop No"
//! occurred = { columns = ["Date", "Time"], date = ["dd/mm/yyyy HH:MM"] }
//! narrative = "Notes"
//! [[part.mention]]                    # numbers that a text marks as such
//! field = "plates"
//! column = "Notes"
//! after = ["reg."]
//!
//! [[part]]
//! name = "person"
//! kind = "person"
//! when = ["Surname", "Forename"]      # only in rows where one of these is filled
//! [part.from]
//! surname = "Surname"
//! forenames = "Forename"
//! date_of_birth = { columns = ["Born"], date = ["dd/mm/yy"], century = "past" }
//!
//! [[link]]                            # made when both ends are
//! name = "role"
//! from = "person"
//! to = "stop"
//! relation = { columns = ["Role"], values = "role", otherwise = "involved" }
//! ```
//!
//! Several columns of one field are joined with a space, or are several values where the field takes
//! several. A value that is not in its list becomes `otherwise`, or is left out; either way its own words
//! stay in the record's remarks and the row carries a remark about it.

mod check;
mod form;

use std::collections::BTreeMap;

use cairn_record::Kind;
use serde::{Deserialize, Serialize};

use crate::{Century, DateFormat, DateRule, Encoding};

pub use check::MappingError;

/// How one system's file becomes records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Lower-case letters, digits and hyphens; names the records together with each row's reference.
    pub name: String,
    /// What a page shows.
    pub title: String,
    /// Encoding of the file.
    pub encoding: Encoding,
    /// What stands between cells: one ASCII character.
    pub separator: char,
    /// The system that the file comes from, stored with every record.
    pub origin_system: String,
    /// The force that the file comes from, stored with every record.
    pub origin_agency: String,
    /// Country (alpha-3) in which its telephone numbers were written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Column that names the row.
    pub reference: String,
    /// Lists of what the file says and which code that is; compared without case and accents.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// The records of each row.
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
    /// The links between them.
    #[serde(rename = "link", default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}

/// One record of each row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its name within the mapping.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Columns of which one must be filled for the record to be made; none means always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<String>,
    /// Fields with the same value in every row, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// Fields and where their values stand, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub from: BTreeMap<String, Source>,
    /// Numbers that a text marks as such.
    #[serde(rename = "mention", default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<Mention>,
}

/// Where the value of a field stands and how it is read. In TOML the name of a column alone will do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "form::SourceForm", into = "form::SourceForm")]
pub struct Source {
    /// Columns, in the order in which they are joined.
    pub columns: Vec<String>,
    /// How dates are written; required for fields that hold dates, and for no others.
    pub date: Vec<DateFormat>,
    /// The century of two-digit years; required when a format has them.
    pub century: Option<Century>,
    /// The list in [`Mapping::values`] that gives the codes.
    pub values: Option<String>,
    /// The code for what is not in the list.
    pub otherwise: Option<String>,
}

/// Plates or telephone numbers that a text marks as such, put into a field that takes several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mention {
    /// Key of the field; decides whether plates or telephone numbers are looked for.
    pub field: String,
    /// Column with the text.
    pub column: String,
    /// Words directly before a mention.
    pub after: Vec<String>,
    /// Words directly after it; without any, it reaches to the next punctuation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<String>,
}

/// A link between two parts of a row, made when the row has both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Its name within the mapping.
    pub name: String,
    /// The part it leads from.
    pub from: String,
    /// The part it leads to.
    pub to: String,
    /// What the first is to the second.
    pub relation: Relation,
}

/// What one part of a row is to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Relation {
    /// The same in every row: a code of [`cairn_record::schema::codes::RELATION`].
    Always(String),
    /// What a column says.
    Column(Source),
}

impl Source {
    /// A field that is one column as it stands.
    pub fn column(name: &str) -> Self {
        Self { columns: vec![name.to_owned()], ..Self::default() }
    }

    pub(crate) fn date_rule(&self) -> Option<DateRule> {
        (!self.date.is_empty()).then(|| DateRule { formats: self.date.clone(), century: self.century })
    }
}

impl Mapping {
    /// Reads and checks a mapping.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let mapping: Self = toml::from_str(text).map_err(|error| MappingError::Form(error.to_string()))?;
        mapping.check()?;
        Ok(mapping)
    }

    /// The mapping as TOML, which [`Mapping::parse`] reads again.
    pub fn to_toml(&self) -> String {
        // Tables, lists and text always have a TOML form. Should that ever change, the empty text is
        // refused by `parse` instead of standing for a mapping.
        toml::to_string(self).unwrap_or_default()
    }

    /// Every column that the mapping reads, each once.
    pub fn columns(&self) -> Vec<&str> {
        let mut columns = vec![self.reference.as_str()];
        columns.extend(self.parts.iter().flat_map(Part::columns));
        columns.extend(self.links.iter().flat_map(Link::columns));
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

impl Part {
    fn columns(&self) -> impl Iterator<Item = &str> {
        let sources = self.from.values().flat_map(|source| source.columns.iter());
        let mentions = self.mentions.iter().map(|mention| &mention.column);
        self.when.iter().chain(sources).chain(mentions).map(String::as_str)
    }
}

impl Link {
    fn columns(&self) -> impl Iterator<Item = &str> {
        let columns = match &self.relation {
            Relation::Column(source) => source.columns.as_slice(),
            Relation::Always(_) => &[],
        };
        columns.iter().map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
