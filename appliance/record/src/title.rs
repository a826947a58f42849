//! How a record is called on one line, and what search finds it by.

use std::collections::BTreeMap;

use crate::schema::schema;
use crate::{FieldNo, FieldType, Kind, Value};

/// Longest title in characters; longer ones are cut and end in `…`.
pub const TITLE_CHARS_MAX: usize = 120;

/// One line that names a record, in no particular language: `Fairfax, William · 1997-04-08`,
/// `RH29YFL · Peugeot 308`, `NOCR00012 · burglary dwelling`. Codes stay codes, dates stay ISO 8601, so a
/// page in any language can show it. Empty when the record has none of its naming fields; the page then
/// says the kind.
pub fn title(kind: Kind, fields: &BTreeMap<FieldNo, Vec<Value>>) -> String {
    let get = |key: &str| first_text(kind, fields, key);
    let parts = match kind {
        Kind::Person => {
            let name = join(&[get("surname"), get("forenames")], ", ");
            vec![name.or_else(|| get("alias")).or_else(|| get("description")), get("date_of_birth")]
        }
        Kind::Organisation => vec![get("name"), get("country")],
        Kind::Vehicle => vec![get("plate").or_else(|| get("vin")), get("make_model"), get("colour")],
        Kind::Document => vec![join(&[get("issuing_country"), get("number")], " "), get("holder_name")],
        Kind::Phone => vec![get("number")],
        Kind::Location => vec![join(&[get("address"), get("place")], ", ").or_else(|| get("description"))],
        Kind::Event => vec![
            get("reference").or_else(|| get("event_kind")),
            get("offence_words").or_else(|| get("offence")).or_else(|| get("narrative")),
            get("occurred").or_else(|| get("recorded")),
        ],
        Kind::Report => vec![get("reference"), get("title")],
        Kind::Marker => vec![get("marker"), get("reason")],
        Kind::Link => vec![get("relation")],
    };
    shortened(&join(&parts, " · ").unwrap_or_default())
}

/// Every text that free search finds the record by, with the field it stands in, in field order. Codes,
/// dates, numbers and references to other records are left out.
pub fn searchable(kind: Kind, fields: &BTreeMap<FieldNo, Vec<Value>>) -> Vec<(FieldNo, String)> {
    let searched = |no: &FieldNo| schema(kind).field(*no).is_some_and(|field| field.searched);
    fields
        .iter()
        .filter(|(no, _)| searched(no))
        .flat_map(|(no, values)| values.iter().map(|value| (*no, value.to_text())))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// The first value of the field with this key as text, if it has one.
fn first_text(kind: Kind, fields: &BTreeMap<FieldNo, Vec<Value>>, key: &str) -> Option<String> {
    let field = schema(kind).by_key(key)?;
    let text = fields.get(&field.no)?.first()?.to_text();
    // A title is one line: a narrative's line ends become spaces.
    let one_line =
        if field.holds == FieldType::LongText { text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text };
    (!one_line.is_empty()).then_some(one_line)
}

/// The parts that exist, joined; `None` when none does.
fn join(parts: &[Option<String>], between: &str) -> Option<String> {
    let present: Vec<&str> = parts.iter().flatten().map(String::as_str).collect();
    (!present.is_empty()).then(|| present.join(between))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= TITLE_CHARS_MAX {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(TITLE_CHARS_MAX - 1).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(kind: Kind, values: &[(&str, &str)]) -> BTreeMap<FieldNo, Vec<Value>> {
        values.iter().map(|(key, text)| (schema(kind).by_key(key).unwrap().no, vec![Value::from(*text)])).collect()
    }

    #[track_caller]
    fn check(kind: Kind, values: &[(&str, &str)], expected: &str) {
        assert_eq!(title(kind, &fields(kind, values)), expected);
    }

    #[test]
    fn titles_name_the_record_on_one_line() {
        let person = [("surname", "Fairfax"), ("forenames", "William"), ("date_of_birth", "1997-04-08")];
        check(Kind::Person, &person, "Fairfax, William · 1997-04-08");
        check(Kind::Person, &[("forenames", "Suharto")], "Suharto");
        check(Kind::Person, &[], "");
        check(Kind::Vehicle, &[("plate", "RH-29Y-FL"), ("make_model", "Opel Astra")], "RH-29Y-FL · Opel Astra");
        check(Kind::Document, &[("issuing_country", "UTO"), ("number", "L898902C3")], "UTO L898902C3");
        check(Kind::Event, &[("event_kind", "stop"), ("narrative", "Seen\nat dawn")], "stop · Seen at dawn");
    }

    #[test]
    fn a_long_title_is_cut_and_says_so() {
        let long =
            title(Kind::Marker, &fields(Kind::Marker, &[("marker", "violent"), ("reason", &"word ".repeat(99))]));
        assert!(long.chars().count() <= TITLE_CHARS_MAX && long.ends_with('…'));
    }

    #[test]
    fn search_sees_words_but_not_codes() {
        let values = fields(Kind::Vehicle, &[("plate", "RH29YFL"), ("colour", "green"), ("description", "dent")]);
        let texts: Vec<String> = searchable(Kind::Vehicle, &values).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["RH29YFL", "dent"]);
    }
}
