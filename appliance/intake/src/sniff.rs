//! A first look at an unknown file: how it seems to be written, and a sample to show.
//!
//! What comes out is a suggestion for a person to confirm. Nothing is imported by it alone.

use std::collections::BTreeMap;

use cairn_record::Date;
use cairn_record::normalise::{folded, tidy_line};

use crate::dates::DATE_FORMATS;
use crate::rows::{Cutter, Place};
use crate::{Century, DateFormat, DateRule, Encoding, Mapping, shipped};

/// Bytes that are looked at.
const SNIFF_BYTES_MAX: usize = 256 * 1024;
/// Rows that are looked at.
const SNIFF_ROWS_MAX: usize = 500;
/// Rows that are shown.
const SAMPLE_ROWS: usize = 20;
/// Characters of a cell that are shown.
const SAMPLE_CHARS_MAX: usize = 200;

/// What a file seems to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sniffed {
    /// Its encoding.
    pub encoding: Encoding,
    /// Whether the bytes themselves prove the encoding; otherwise a person should look at the letters of
    /// the sample.
    pub encoding_certain: bool,
    /// What stands between cells.
    pub separator: char,
    /// Names of the columns: the first row.
    pub header: Vec<String>,
    /// The first rows that have all columns.
    pub sample: Vec<Vec<String>>,
    /// What the values of each column look like, in the order of the header.
    pub columns: Vec<ColumnGuess>,
    /// About how many rows the file has.
    pub rows_about: u64,
    /// The shipped mapping that reads exactly these columns.
    pub mapping: Option<String>,
}

/// What the values of a column look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnGuess {
    /// Name of the column.
    pub name: String,
    /// Formats of [`crate::DATE_FORMATS`] that read every filled cell of the sample; of two, a person must
    /// choose. Empty when the column holds no dates.
    pub date_formats: Vec<String>,
}

/// Looks at the beginning of a file. Any bytes are answered.
pub fn sniff(bytes: &[u8]) -> Sniffed {
    let start = &bytes[..bytes.len().min(SNIFF_BYTES_MAX)];
    let (encoding, encoding_certain) = encoding(start, bytes.len() > start.len());
    let (plain, encoding) = encoding.single_bytes(start);
    let (separator, mut rows) = [',', ';', '\t', '|']
        .map(|separator| (separator, rows(&plain, encoding, separator)))
        .into_iter()
        .max_by_key(|(_, rows)| regularity(rows))
        .unwrap_or((',', Vec::new()));
    let header = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
    rows.retain(|row| row.len() == header.len() && row.iter().any(|cell| !cell.is_empty()));
    let columns = header.iter().enumerate().map(|(at, name)| guess(name, at, &rows)).collect();
    let mapping = suggested(encoding, separator, &header);
    rows.truncate(SAMPLE_ROWS);
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    Sniffed {
        encoding,
        encoding_certain,
        separator,
        header,
        sample: rows,
        columns,
        rows_about: lines.saturating_sub(1),
        mapping,
    }
}

/// A byte order mark proves an encoding and text that is UTF-8 is almost certainly meant as it. Otherwise
/// much of what is not ASCII tells Cyrillic from Western text.
fn encoding(bytes: &[u8], cut: bool) -> (Encoding, bool) {
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return (Encoding::Utf8Bom, true);
    }
    if bytes.starts_with(&[0xFF, 0xFE]) {
        return (Encoding::Utf16Le, true);
    }
    if bytes.starts_with(&[0xFE, 0xFF]) {
        return (Encoding::Utf16Be, true);
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => return (Encoding::Utf8, true),
        // The last letter may have been cut in two.
        Err(error) if cut && error.error_len().is_none() => return (Encoding::Utf8, true),
        Err(_) => {}
    }
    let high = bytes.iter().filter(|byte| **byte >= 0x80).count();
    let ascii_letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    if high > ascii_letters { (Encoding::Windows1251, false) } else { (Encoding::Windows1252, false) }
}

fn rows(bytes: &[u8], encoding: Encoding, separator: char) -> Vec<Vec<String>> {
    let cutter = Cutter::new(bytes, separator as u8);
    let mut place = Place::START;
    let text = |cell: &[u8]| tidy_line(&encoding.text_lossy(cell)).chars().take(SAMPLE_CHARS_MAX).collect::<String>();
    std::iter::from_fn(|| cutter.next(bytes, &mut place))
        .take(SNIFF_ROWS_MAX)
        .filter_map(|row| row.cells.ok())
        .map(|cells| cells.iter().map(|cell| text(cell)).collect())
        .collect()
}

/// How many cells stand in rows of the commonest width; a separator that cuts nothing counts for nothing.
fn regularity(rows: &[Vec<String>]) -> usize {
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.len() > 1) {
        *widths.entry(row.len()).or_default() += 1;
    }
    widths.into_iter().map(|(width, rows)| width * rows).max().unwrap_or(0)
}

fn guess(name: &str, at: usize, rows: &[Vec<String>]) -> ColumnGuess {
    let filled: Vec<&str> =
        rows.iter().filter_map(|row| row.get(at)).map(String::as_str).filter(|cell| !cell.is_empty()).collect();
    let reads_all = |pattern: &&str| {
        // Any day will do: whether the text is a date does not depend on it.
        let (Ok(format), Some(today)) = (pattern.parse::<DateFormat>(), Date::full(2100, 1, 1)) else { return false };
        let rule = DateRule { formats: vec![format], century: Some(Century::Past) };
        // A few broken cells do not make it another column.
        let broken = filled.iter().filter(|cell| rule.read(cell, today).is_err()).count();
        broken * 20 <= filled.len()
    };
    let dated = !filled.is_empty();
    let date_formats = DATE_FORMATS
        .iter()
        .filter(|pattern| dated && reads_all(pattern))
        .map(|pattern| (*pattern).to_owned())
        .collect();
    ColumnGuess { name: name.to_owned(), date_formats }
}

/// The shipped mapping of which every column is there, in a file written as it says.
fn suggested(encoding: Encoding, separator: char, header: &[String]) -> Option<String> {
    let names: Vec<String> = header.iter().map(|name| folded(name)).collect();
    let reads = |mapping: &Mapping| {
        let written = mapping.separator == separator && similar(mapping.encoding, encoding);
        written && mapping.columns().iter().all(|column| names.contains(&folded(column)))
    };
    shipped()
        .iter()
        .filter_map(|(_, text)| Mapping::parse(text).ok())
        .find(|mapping| reads(mapping))
        .map(|mapping| mapping.name)
}

/// Whether a file of the one can look like the other: pure ASCII is every encoding.
fn similar(stated: Encoding, seen: Encoding) -> bool {
    let unicode = |encoding| matches!(encoding, Encoding::Utf8 | Encoding::Utf8Bom);
    let western = |encoding| matches!(encoding, Encoding::Latin1 | Encoding::Windows1252);
    stated == seen
        || (unicode(stated) && unicode(seen))
        || (western(stated) && (western(seen) || seen == Encoding::Utf8))
}
