//! How a file is read: a mapping that is kept already, or one made here from the columns of the file.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use cairn_casebook::CasebookError;
use cairn_intake::{
    Century, ColumnChoice, DATE_FORMATS, DateFormat, DateRule, Encoding, FileFormat, Mapping, Sniffed, sniff,
};
use cairn_record::{Field, FieldType, Kind, Reason, schema};

use super::{Frame, Section, Trouble, Visit, packed_page, page, page_with};
use crate::Failure;
use crate::forms::{CheckedForm, percent_encoded};
use crate::gate::SignedIn;
use crate::state::{AppState, blocking};
use crate::words::Words;

/// Sample values shown for a column.
const SAMPLES: usize = 3;
/// Separators that a page offers, with the key of their words.
const SEPARATORS: [(char, &str); 4] =
    [(',', "separator-comma"), (';', "separator-semicolon"), ('\t', "separator-tab"), ('|', "separator-bar")];

#[derive(Template)]
#[template(path = "import_choose.html")]
pub(super) struct ChoosePage {
    pub frame: Frame,
    pub file: String,
    pub name: String,
    pub mappings: Vec<(String, bool)>,
    pub suggested: Option<String>,
    pub sniffed: Sniffed,
}

#[derive(Template)]
#[template(path = "import_columns.html")]
pub(super) struct ColumnsPage {
    pub frame: Frame,
    pub file: String,
    pub name: String,
    pub form: ColumnsForm,
}

/// The form as it is filled in.
pub(super) struct ColumnsForm {
    pub mapping: String,
    pub agency: String,
    pub country: String,
    pub encodings: Vec<(&'static str, bool)>,
    pub encoding_certain: bool,
    pub separators: Vec<(String, &'static str, bool)>,
    pub reference: String,
    pub columns: Vec<Column>,
}

/// One column of the file.
pub(super) struct Column {
    pub name: String,
    pub samples: Vec<String>,
    pub groups: Vec<Group>,
    pub dates: Vec<(String, bool)>,
    pub century: String,
    pub looks_dated: bool,
}

impl Column {
    /// Whether the sample looks like dates, or the person said so.
    pub fn is_dated(&self) -> bool {
        let chosen = self.groups.iter().flat_map(|group| &group.fields).any(|field| field.chosen && field.dated);
        self.looks_dated || chosen || self.dates.iter().any(|(_, chosen)| *chosen)
    }
}

/// Fields of one kind.
pub(super) struct Group {
    pub label: String,
    pub fields: Vec<FieldChoice>,
}

/// A field that a column can become.
pub(super) struct FieldChoice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
    pub dated: bool,
}

/// What a person typed, or nothing yet.
struct Typed<'a>(Option<&'a CheckedForm>);

impl Typed<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.map(|form| form.get(name))
    }
}

/// The first look at a file, and the mappings that can read it.
pub(super) async fn choose(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let file = state.workbench.file(&who.actor, &id, state.now_ms())?;
    let bytes = file.bytes.clone();
    let (names, sniffed) =
        blocking(&state, move |casebook, _| Ok::<_, Failure>((casebook.mappings(), sniff(&bytes)))).await?;
    page(&ChoosePage::of(visit, &id, &file.name, names, sniffed))
}

/// The columns of a file, to say what each of them is.
pub(super) async fn columns(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let file = state.workbench.file(&who.actor, &id, state.now_ms())?;
    let bytes = file.bytes.clone();
    let sniffed = blocking(&state, move |_, _| Ok::<_, Failure>(sniff(&bytes))).await?;
    packed_page(&headers, &ColumnsPage::of(visit, &id, &file.name, &sniffed))
}

/// Keeps the mapping that a person made, and goes on with it.
pub(super) async fn save(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<String>,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let actor = sent.signed_in.actor.clone();
    let file = state.workbench.file(&actor, &id, state.now_ms())?;
    let bytes = file.bytes.clone();
    let sniffed = blocking(&state, move |_, _| Ok::<_, Failure>(sniff(&bytes))).await?;
    let refused = match mapping_of(visit.words(), &sent, &sniffed) {
        Ok(mapping) => {
            let name = mapping.name.clone();
            match blocking(&state, move |casebook, now_ms| casebook.save_mapping(&actor, &mapping, now_ms)).await {
                Ok(()) => return Ok(to_chosen(&id, &name)),
                Err(error @ (CasebookError::BadRequest(_) | CasebookError::NotNow(_))) => error.reason(),
                Err(error) => return Err(error.into()),
            }
        }
        Err(refused) => refused,
    };
    let mut shown = ColumnsPage::of(visit, &id, &file.name, &sniffed);
    let words = shown.frame.words;
    shown.form = columns_form(shown.frame.words, &file.name, &sniffed, &Typed(Some(&sent)));
    shown.frame.troubles.push(Trouble { at: String::new(), text: words.sentence(&refused) });
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

fn to_chosen(id: &str, name: &str) -> Response {
    Redirect::to(&format!("/imports/{id}?mapping={}", percent_encoded(name))).into_response()
}

/// The mapping that a form describes, or what is wrong with it.
fn mapping_of(words: Words, sent: &CheckedForm, sniffed: &Sniffed) -> Result<Mapping, Reason> {
    let encoding = Encoding::from_key(sent.get("encoding")).unwrap_or(sniffed.encoding);
    let separator = separator_of(sent.exact("separator")).unwrap_or(sniffed.separator);
    let choices: Result<Vec<ColumnChoice>, Reason> =
        sniffed.header.iter().enumerate().filter_map(|(at, column)| choice(sent, at, column).transpose()).collect();
    let country =
        Some(sent.get("country")).filter(|text| !text.is_empty()).map(|text| words.country_code(text).unwrap_or(text));
    let format = FileFormat { encoding, separator };
    Mapping::from_columns(sent.get("mapping"), sent.get("agency"), country, format, sent.get("reference"), &choices?)
        .map_err(|error| error.reason())
}

/// What was chosen for one column; `None` when it is left out.
fn choice(sent: &CheckedForm, at: usize, column: &str) -> Result<Option<ColumnChoice>, Reason> {
    let Some((kind, field)) = sent.get(&format!("field-{at}")).split_once('.') else { return Ok(None) };
    let Some((kind, field)) = Kind::from_key(kind).and_then(|kind| Some((kind, schema(kind).by_key(field)?))) else {
        return Ok(None);
    };
    let date = if is_date(field) { Some(date_rule(sent, at)?) } else { None };
    Ok(Some(ColumnChoice { column: column.into(), kind, field: field.key.into(), date }))
}

fn date_rule(sent: &CheckedForm, at: usize) -> Result<DateRule, Reason> {
    let formats: Result<Vec<DateFormat>, _> =
        sent.all(&format!("date-{at}")).filter(|text| !text.is_empty()).map(str::parse).collect();
    let formats = formats.map_err(Reason::from)?;
    let century = match sent.get(&format!("century-{at}")) {
        "past" => Some(Century::Past),
        "current" => Some(Century::Current),
        _ => None,
    };
    Ok(DateRule { formats, century })
}

fn is_date(field: &Field) -> bool {
    matches!(field.holds, FieldType::Date | FieldType::DateTime)
}

fn separator_of(text: &str) -> Option<char> {
    SEPARATORS.into_iter().map(|(separator, _)| separator).find(|separator| text.chars().eq([*separator]))
}

impl ChoosePage {
    pub(super) fn of(visit: Visit, file: &str, name: &str, names: Vec<String>, sniffed: Sniffed) -> Self {
        let title = visit.words().t("import-choose-title");
        let made = visit.path.split_once("mapping=").map(|(_, made)| made.to_string());
        let suggested = made.filter(|made| names.contains(made)).or_else(|| sniffed.mapping.clone());
        let chosen = |name: &String| suggested.as_ref() == Some(name);
        let mappings = names.into_iter().map(|name| (name.clone(), chosen(&name))).collect();
        Self {
            frame: visit.frame(Section::Import, title),
            file: file.into(),
            name: name.into(),
            mappings,
            suggested,
            sniffed,
        }
    }
}

impl ColumnsPage {
    pub(super) fn of(visit: Visit, file: &str, name: &str, sniffed: &Sniffed) -> Self {
        let w = visit.words();
        let frame = visit.frame(Section::Import, w.t("columns-title"));
        Self { frame, file: file.into(), name: name.into(), form: columns_form(w, name, sniffed, &Typed(None)) }
    }
}

fn columns_form(w: Words, file: &str, sniffed: &Sniffed, typed: &Typed<'_>) -> ColumnsForm {
    let text = |name: &str| typed.get(name).unwrap_or_default().to_string();
    let encoding = typed.get("encoding").and_then(Encoding::from_key).unwrap_or(sniffed.encoding);
    let separator = typed.0.and_then(|form| separator_of(form.exact("separator"))).unwrap_or(sniffed.separator);
    ColumnsForm {
        mapping: typed.get("mapping").map_or_else(|| name_for(file), str::to_string),
        agency: text("agency"),
        country: text("country"),
        encodings: Encoding::ALL.into_iter().map(|one| (one.key(), one == encoding)).collect(),
        encoding_certain: sniffed.encoding_certain,
        separators: SEPARATORS.map(|(one, key)| (one.to_string(), key, one == separator)).into(),
        reference: typed
            .get("reference")
            .map_or_else(|| sniffed.header.first().cloned().unwrap_or_default(), str::to_string),
        columns: (0..sniffed.header.len()).map(|at| column(w, sniffed, at, typed)).collect(),
    }
}

fn column(w: Words, sniffed: &Sniffed, at: usize, typed: &Typed<'_>) -> Column {
    let chosen = typed.get(&format!("field-{at}")).unwrap_or_default().to_string();
    let guesses = sniffed.columns.get(at).map(|guess| guess.date_formats.as_slice()).unwrap_or_default();
    let wanted = typed.get(&format!("date-{at}")).map(str::to_string);
    let wanted = wanted.or_else(|| guesses.first().filter(|_| guesses.len() == 1).cloned()).unwrap_or_default();
    let samples = sniffed.sample.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.is_empty()).take(SAMPLES);
    Column {
        name: sniffed.header.get(at).cloned().unwrap_or_default(),
        samples: samples.cloned().collect(),
        groups: Kind::ALL
            .into_iter()
            .filter(|kind| !matches!(kind, Kind::Link | Kind::Marker))
            .map(|kind| group(w, kind, &chosen))
            .collect(),
        dates: DATE_FORMATS.into_iter().map(|format| (format.to_string(), format == wanted)).collect(),
        century: typed.get(&format!("century-{at}")).unwrap_or_default().to_string(),
        looks_dated: !guesses.is_empty(),
    }
}

fn group(w: Words, kind: Kind, chosen: &str) -> Group {
    let entered = schema(kind).fields.iter().filter(|field| field.entered && field.holds != FieldType::Record);
    let option = |field: &'static Field| {
        let value = format!("{}.{}", kind.key(), field.key);
        FieldChoice { chosen: value == chosen, value, label: w.field(kind, field), dated: is_date(field) }
    };
    Group { label: w.kind(kind), fields: entered.map(option).collect() }
}

/// A name for a mapping from the name of a file: `Harbour log (2).csv` becomes `harbour-log-2`.
fn name_for(file: &str) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_lowercase();
    let parts = stem.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_for_a_mapping_comes_from_the_file() {
        assert_eq!(name_for("Harbour log (2).csv"), "harbour-log-2");
        assert_eq!(name_for("…"), "");
    }

    #[test]
    fn separators_are_read_back_as_they_are_sent() {
        for (separator, _) in SEPARATORS {
            assert_eq!(separator_of(&separator.to_string()), Some(separator));
        }
        assert_eq!(separator_of("x"), None);
    }
}
