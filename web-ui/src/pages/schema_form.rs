//! Forms made from the schema: a field added there has its box here, and is read back, without further work.
//!
//! A form carries the values it was opened with (`base`), so that only what the person changed is proposed: fields
//! that somebody else changed meanwhile, or that hold rival values, are left alone.

use std::collections::BTreeMap;

use cairn_record::grade::{SCHEMES, Scheme};
use cairn_record::{Field, FieldNo, FieldType, Kind, Problem, RecordDraft, Value, schema};

use super::frame::Trouble;
use crate::words::Words;

/// Texts by field key: what a form shows, and what it was opened with.
pub(super) type Texts = BTreeMap<String, Vec<String>>;

/// Empty boxes offered for a field that takes several values.
const SPARE_BOXES: usize = 1;

/// A form as the page shows it.
pub(super) struct SchemaForm {
    /// Fields of the kind itself.
    pub own: Vec<FormField>,
    /// Grade, handling and remarks, which every kind has.
    pub common: Vec<FormField>,
    /// Whether the common part holds something or has something wrong.
    pub common_open: bool,
    /// The values it was opened with, for the hidden field `base`.
    pub base: String,
    /// Whether any field names a country.
    pub countries: bool,
}

/// One field of a form.
pub(super) struct FormField {
    /// Its key: name of the input.
    pub key: &'static str,
    /// Its label.
    pub label: String,
    /// How it is filled in, if that is not plain.
    pub hint: String,
    /// What is wrong with it.
    pub wrong: Option<String>,
    /// Whether a record must have it.
    pub required: bool,
    /// Whether it needs the whole width.
    pub wide: bool,
    /// How it is entered.
    pub widget: Widget,
}

/// How a field is entered.
pub(super) enum Widget {
    /// One line for each value.
    Lines { values: Vec<String>, many: bool, max: usize, class: &'static str, list: bool, numeric: bool },
    /// Several lines of text.
    Long { value: String, max: usize },
    /// A choice; groups are for codes that mean something only within their scheme.
    Choice { groups: Vec<Group> },
    /// Day, month and year, each of which may be unknown from the small end, and a time of day.
    Date { day: String, month: String, year: String, time: Option<String> },
    /// Yes, no, or not recorded.
    YesNo { value: String },
    /// Another record, chosen before.
    Record { id: String, title: String },
    /// Rival values wait for a decision; this form leaves them alone.
    Locked,
}

/// Options of a choice under one heading.
pub(super) struct Group {
    pub label: String,
    pub options: Vec<Choice>,
}

pub(super) struct Choice {
    pub code: String,
    pub label: String,
    pub chosen: bool,
}

/// What a form is filled with.
pub(super) struct Filling<'a> {
    /// Texts shown.
    pub texts: &'a Texts,
    /// Texts it was opened with.
    pub base: &'a Texts,
    /// Keys of fields that hold rival values.
    pub locked: &'a [String],
    /// Titles of records that fields name, by their id.
    pub titles: &'a BTreeMap<String, String>,
    /// What is wrong, by the id of the box.
    pub troubles: &'a [Trouble],
}

impl SchemaForm {
    /// The form of a kind, filled in.
    pub fn new(w: Words, kind: Kind, filling: &Filling<'_>) -> Self {
        let entered = schema(kind).fields.iter().filter(|field| field.entered);
        let (common, own): (Vec<&'static Field>, Vec<&'static Field>) = entered.partition(|field| field.no.is_common());
        let boxes = |fields: Vec<&'static Field>| {
            fields.into_iter().map(|field| FormField::new(w, kind, field, filling)).collect()
        };
        let (own, common): (Vec<FormField>, Vec<FormField>) = (boxes(own), boxes(common));
        let filled = |one: &FormField| filling.texts.get(one.key).is_some_and(|texts| !texts.is_empty());
        Self {
            common_open: common.iter().any(|one| one.wrong.is_some() || filled(one)),
            countries: schema(kind).fields.iter().any(|field| field.entered && field.holds == FieldType::Country),
            base: serde_json::to_string(filling.base).unwrap_or_default(),
            own,
            common,
        }
    }
}

impl FormField {
    fn new(w: Words, kind: Kind, field: &'static Field, filling: &Filling<'_>) -> Self {
        let texts = filling.texts.get(field.key).map_or(&[] as &[String], Vec::as_slice);
        let locked = filling.locked.iter().any(|key| key == field.key);
        Self {
            key: field.key,
            label: w.field(kind, field),
            hint: hint(w, field),
            wrong: filling.troubles.iter().find(|trouble| trouble.at == field.key).map(|trouble| trouble.text.clone()),
            required: field.required,
            wide: field.holds == FieldType::LongText || (field.many && field.max_chars > 100),
            widget: if locked { Widget::Locked } else { widget(w, kind, field, texts, filling) },
        }
    }
}

fn hint(w: Words, field: &Field) -> String {
    match field.holds {
        FieldType::Date | FieldType::DateTime => w.t("form-hint-date"),
        FieldType::Country => w.t("form-hint-country"),
        _ => w.find(&format!("form-hint-{}", field.key.replace('_', "-")), &[]).unwrap_or_default(),
    }
}

fn widget(w: Words, kind: Kind, field: &'static Field, texts: &[String], filling: &Filling<'_>) -> Widget {
    let first = || texts.first().cloned().unwrap_or_default();
    match field.holds {
        FieldType::LongText => Widget::Long { value: first(), max: field.max_chars },
        FieldType::Code(_) => Widget::Choice { groups: groups(w, kind, field, texts, filling.texts) },
        FieldType::Date => date_widget(&first(), false),
        FieldType::DateTime => date_widget(&first(), true),
        FieldType::Bool => Widget::YesNo { value: first() },
        FieldType::Record => {
            let id = first();
            Widget::Record { title: filling.titles.get(&id).cloned().unwrap_or_default(), id }
        }
        FieldType::Country => {
            let named = |text: &String| w.country(text).unwrap_or_else(|| text.clone());
            lines(field, texts.iter().map(named).collect())
        }
        _ => lines(field, texts.to_vec()),
    }
}

fn lines(field: &Field, mut values: Vec<String>) -> Widget {
    if field.many {
        values.extend(std::iter::repeat_n(String::new(), SPARE_BOXES));
    } else {
        values.truncate(1);
        values.resize(1, String::new());
    }
    let coded = matches!(field.holds, FieldType::Plate | FieldType::Phone | FieldType::DocumentNumber | FieldType::Vin);
    let list = field.holds == FieldType::Country;
    Widget::Lines {
        values,
        many: field.many,
        max: if list { 60 } else { field.max_chars },
        class: if coded { "input-ltr" } else { "" },
        list,
        numeric: field.holds == FieldType::Int,
    }
}

/// `2021-02-28T14:02` in its parts; what is not a date stays in the box of the year, for the person to see.
fn date_widget(text: &str, timed: bool) -> Widget {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let mut parts = date.split('-').map(str::to_string);
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let or_empty = |part: Option<String>| part.unwrap_or_default();
    Widget::Date {
        year: or_empty(year),
        month: or_empty(month),
        day: or_empty(day),
        time: timed.then(|| time.to_string()),
    }
}

/// The codes of a field; grades by scheme, with what they mean there.
fn groups(w: Words, kind: Kind, field: &'static Field, texts: &[String], all: &Texts) -> Vec<Group> {
    let chosen = texts.first().map_or("", String::as_str);
    let scheme = all.get("grade_scheme").and_then(|texts| texts.first()).map_or("", String::as_str);
    let source = match field.key {
        "grade_source" => true,
        "grade_information" => false,
        _ => {
            let codes = w.codes(kind, field).into_iter();
            let options = codes.map(|(code, label)| Choice { code: code.into(), label, chosen: code == chosen });
            return vec![Group { label: String::new(), options: options.collect() }];
        }
    };
    let group = |of: &Scheme| {
        let option = |(code, _): &(&str, &str)| {
            let meaning = w.grade_meaning(of, source, code).unwrap_or_default();
            let label = format!("{code} – {meaning}");
            Choice { code: (*code).into(), label, chosen: of.key == scheme && *code == chosen }
        };
        let meanings = if source { of.source } else { of.information };
        Group { label: of.key.into(), options: meanings.iter().map(option).collect() }
    };
    SCHEMES.iter().map(group).collect()
}

/// What a person sent, as texts by field key.
pub(super) fn read(w: Words, kind: Kind, fields: &[(String, String)]) -> Texts {
    let entered = schema(kind).fields.iter().filter(|field| field.entered);
    entered.filter_map(|field| Some((field.key.to_string(), read_field(w, field, fields)?))).collect()
}

/// The texts of one field; `None` when the form did not have it.
fn read_field(w: Words, field: &Field, fields: &[(String, String)]) -> Option<Vec<String>> {
    if matches!(field.holds, FieldType::Date | FieldType::DateTime) {
        return read_date(field.key, fields);
    }
    let mut sent = fields.iter().filter(|(key, _)| key == field.key).map(|(_, text)| text).peekable();
    sent.peek()?;
    let plain = sent.map(|text| text.replace("\r\n", "\n").trim().to_string()).filter(|text| !text.is_empty());
    let is_country = field.holds == FieldType::Country;
    let stored = |text: String| match is_country.then(|| w.country_code(&text)).flatten() {
        Some(code) => code.to_string(),
        None => text,
    };
    Some(plain.map(stored).collect())
}

/// Day, month and year put together in the order of ISO 8601; what does not fit together is left for the rules of
/// the record to refuse, in words.
fn read_date(key: &str, fields: &[(String, String)]) -> Option<Vec<String>> {
    let part = |name: &str| {
        let wanted = format!("{key}.{name}");
        fields.iter().find(|(key, _)| *key == wanted).map(|(_, text)| text.trim().to_string())
    };
    let year = part("year")?;
    let padded = |text: String| if text.len() == 1 { format!("0{text}") } else { text };
    let (month, day) = (padded(part("month").unwrap_or_default()), padded(part("day").unwrap_or_default()));
    let time = part("time").unwrap_or_default();
    let mut date = year;
    if !month.is_empty() || !day.is_empty() {
        date = format!("{date}-{month}");
    }
    if !day.is_empty() {
        date = format!("{date}-{day}");
    }
    if !time.is_empty() {
        date = format!("{date}T{time}");
    }
    Some(if date.is_empty() { Vec::new() } else { vec![date] })
}

/// The draft that proposes what the person changed, and nothing else.
pub(super) fn draft(kind: Kind, texts: &Texts, base: &Texts) -> RecordDraft {
    let mut draft = RecordDraft::new(kind);
    for field in schema(kind).fields.iter().filter(|field| field.entered) {
        let Some(now) = texts.get(field.key) else { continue };
        let then = base.get(field.key).map_or(&[] as &[String], Vec::as_slice);
        if now.as_slice() != then {
            draft.fields.insert(field.no, now.iter().map(|text| Value::Text(text.clone())).collect());
        }
    }
    draft
}

/// A stored value as the form's text.
pub(super) fn text_of(value: &Value) -> String {
    value.to_text()
}

/// What the rules found wrong, for the summary and for the boxes.
pub(super) fn troubles(w: Words, kind: Kind, problems: &[Problem]) -> Vec<Trouble> {
    let key = |no: FieldNo| schema(kind).field(no).map_or(String::new(), |field| field.key.to_string());
    problems
        .iter()
        .map(|problem| Trouble { at: problem.field.map(key).unwrap_or_default(), text: w.sentence(&problem.said()) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    const ENGLISH: Words = Words::new(Language::English);

    fn sent(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, text)| ((*key).to_string(), (*text).to_string())).collect()
    }

    #[test]
    fn dates_are_put_together_as_far_as_they_are_known() {
        let date = |pairs: &[(&str, &str)]| read_date("d", &sent(pairs)).unwrap();
        assert_eq!(date(&[("d.year", "1997"), ("d.month", "4"), ("d.day", "8")]), ["1997-04-08"]);
        assert_eq!(date(&[("d.year", "1997"), ("d.month", "4"), ("d.day", "")]), ["1997-04"]);
        assert_eq!(date(&[("d.year", "1997"), ("d.month", ""), ("d.day", "")]), ["1997"]);
        assert_eq!(
            date(&[("d.year", "1997"), ("d.month", "4"), ("d.day", "8"), ("d.time", "14:02")]),
            ["1997-04-08T14:02"]
        );
        assert!(date(&[("d.year", ""), ("d.month", ""), ("d.day", "")]).is_empty());
        assert_eq!(read_date("d", &sent(&[("other", "1")])), None);
    }

    #[test]
    fn only_what_changed_is_proposed() {
        let base: Texts = [("surname".into(), vec!["Marsh".into()]), ("alias".into(), vec!["Em".into()])].into();
        let fields = sent(&[("surname", "Marsh "), ("alias", "Em"), ("alias", "Emm"), ("alias", "")]);
        let draft = draft(Kind::Person, &read(ENGLISH, Kind::Person, &fields), &base);
        assert_eq!(draft.fields.len(), 1);
        assert_eq!(draft.get("alias"), [Value::from("Em"), Value::from("Emm")]);
    }

    #[test]
    fn a_field_that_was_emptied_is_cleared_and_one_that_was_not_sent_is_left_alone() {
        let base: Texts = [("surname".into(), vec!["Marsh".into()]), ("forenames".into(), vec!["Ada".into()])].into();
        let texts = read(ENGLISH, Kind::Person, &sent(&[("surname", "")]));
        let draft = draft(Kind::Person, &texts, &base);
        let surname = schema(Kind::Person).by_key("surname").unwrap().no;
        assert_eq!(draft.fields, [(surname, Vec::new())].into());
    }

    #[test]
    fn countries_are_taken_by_name_too() {
        let texts = read(ENGLISH, Kind::Person, &sent(&[("nationality", "North Macedonia"), ("nationality", "xyz")]));
        assert_eq!(texts["nationality"], ["MKD", "xyz"]);
    }

    #[test]
    fn a_form_shows_a_country_by_its_name_and_reads_it_back() {
        for language in Language::ALL {
            let w = Words::new(language);
            let texts: Texts = [("nationality".to_string(), vec!["MKD".to_string(), "xyz".to_string()])].into();
            let filling = Filling { texts: &texts, base: &texts, locked: &[], titles: &BTreeMap::new(), troubles: &[] };
            let form = SchemaForm::new(w, Kind::Person, &filling);
            let box_of = form.own.iter().find(|one| one.key == "nationality").unwrap();
            let Widget::Lines { values, .. } = &box_of.widget else { panic!("a country has lines") };
            assert_eq!(values[..2], [w.country("MKD").unwrap(), "xyz".to_string()]);
            let shown: Vec<(String, String)> =
                values.iter().map(|value| ("nationality".into(), value.clone())).collect();
            assert!(
                draft(Kind::Person, &read(w, Kind::Person, &shown), &texts).fields.is_empty(),
                "nothing was changed"
            );
        }
    }

    #[test]
    fn every_field_that_a_person_enters_has_a_box_and_is_read_back() {
        let w = ENGLISH;
        let empty = Texts::new();
        let filling = Filling { texts: &empty, base: &empty, locked: &[], titles: &BTreeMap::new(), troubles: &[] };
        for kind in Kind::ALL {
            let form = SchemaForm::new(w, kind, &filling);
            let keys: Vec<&str> = form.own.iter().chain(&form.common).map(|one| one.key).collect();
            let wanted: Vec<&str> =
                schema(kind).fields.iter().filter(|field| field.entered).map(|field| field.key).collect();
            assert_eq!(keys, wanted);
        }
    }
}
