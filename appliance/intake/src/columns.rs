//! A mapping from what a person chose on the page that shows a file's columns.

use std::collections::BTreeMap;

use cairn_record::{Kind, schema};

use crate::{DateRule, Encoding, Link, Mapping, MappingError, Part, Relation, Source};

/// How a file is cut into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFormat {
    /// Its encoding.
    pub encoding: Encoding,
    /// What stands between cells.
    pub separator: char,
}

/// What a person chose for one column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnChoice {
    /// Name of the column.
    pub column: String,
    /// The kind of record it belongs to; a row makes one record of each kind chosen.
    pub kind: Kind,
    /// Key of the field. Columns chosen for one field are joined.
    pub field: String,
    /// How its dates are written, for fields that hold dates.
    pub date: Option<DateRule>,
}

/// Which kinds are linked when a row has both, and what the first is to the second.
const LINKS: &[(Kind, Kind, &str)] = &[
    (Kind::Person, Kind::Event, "involved"),
    (Kind::Organisation, Kind::Event, "involved"),
    (Kind::Vehicle, Kind::Event, "used_in"),
    (Kind::Phone, Kind::Event, "mentioned"),
    (Kind::Document, Kind::Event, "mentioned"),
    (Kind::Event, Kind::Location, "place"),
    (Kind::Person, Kind::Location, "related"),
    (Kind::Person, Kind::Vehicle, "related"),
    (Kind::Person, Kind::Phone, "user"),
    (Kind::Person, Kind::Document, "holder"),
    (Kind::Person, Kind::Organisation, "related"),
    (Kind::Person, Kind::Report, "mentioned"),
    (Kind::Vehicle, Kind::Report, "mentioned"),
    (Kind::Phone, Kind::Report, "mentioned"),
];

impl Mapping {
    /// A mapping for a person's own file. `name` is also the name of the system that the file is from.
    /// Every kind chosen becomes one record a row, made when any of its columns is filled, and records of
    /// one row are linked as far as the kinds say how. An event of a kind that no column gives is of the
    /// kind "other".
    pub fn from_columns(
        name: &str,
        origin_agency: &str,
        country: Option<&str>,
        format: FileFormat,
        reference: &str,
        choices: &[ColumnChoice],
    ) -> Result<Self, MappingError> {
        let parts = parts(choices);
        let links = LINKS.iter().filter(|(from, to, _)| parts.contains_key(from) && parts.contains_key(to));
        let mapping = Self {
            name: name.to_owned(),
            title: name.to_owned(),
            encoding: format.encoding,
            separator: format.separator,
            origin_system: name.to_owned(),
            origin_agency: origin_agency.to_owned(),
            country: country.map(str::to_owned),
            reference: reference.to_owned(),
            values: BTreeMap::new(),
            links: links.map(|(from, to, relation)| link(*from, *to, relation)).collect(),
            parts: parts.into_values().collect(),
        };
        mapping.check()?;
        Ok(mapping)
    }
}

/// One part for every kind that was chosen.
fn parts(choices: &[ColumnChoice]) -> BTreeMap<Kind, Part> {
    let mut parts: BTreeMap<Kind, Part> = BTreeMap::new();
    for choice in choices {
        let part = parts.entry(choice.kind).or_insert_with(|| empty_part(choice.kind));
        if !part.when.contains(&choice.column) {
            part.when.push(choice.column.clone());
        }
        let source = part.from.entry(choice.field.clone()).or_default();
        source.columns.push(choice.column.clone());
        if let Some(rule) = &choice.date {
            source.date.clone_from(&rule.formats);
            source.century = rule.century;
        }
    }
    for part in parts.values_mut() {
        let event_kind = part.kind == Kind::Event && !part.from.contains_key("event_kind");
        if event_kind {
            part.set.insert("event_kind".into(), "other".into());
        }
    }
    parts
}

fn empty_part(kind: Kind) -> Part {
    Part {
        name: schema(kind).kind.key().to_owned(),
        kind,
        when: Vec::new(),
        set: BTreeMap::new(),
        from: BTreeMap::<String, Source>::new(),
        mentions: Vec::new(),
    }
}

fn link(from: Kind, to: Kind, relation: &str) -> Link {
    Link {
        name: format!("{}-{}", from.key(), to.key()),
        from: from.key().to_owned(),
        to: to.key().to_owned(),
        relation: Relation::Always(relation.to_owned()),
    }
}
