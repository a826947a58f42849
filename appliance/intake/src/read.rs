//! Walks a file row by row.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use cairn_record::normalise::{folded, tidy_line};
use cairn_record::{Arg, Date, Reason, RecordDraft, RecordId, reason};

use crate::row::{Made, Refusal, RowMaker};
use crate::rows::{Cutter, Fault, Place, RawRow};
use crate::{COLUMNS_MAX, Encoding, FILE_BYTES_MAX, Mapping, MappingError, RAW_CHARS_MAX, ROW_BYTES_MAX, ROWS_MAX};

/// What a row becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowDrafts {
    /// Line on which the row begins, from 1, which is the header.
    pub line: u64,
    /// What the source system calls the row.
    pub reference: String,
    /// The row as it stands in the file, cut at [`RAW_CHARS_MAX`].
    pub raw: String,
    /// Its records: parts first, then the links between them.
    pub drafts: Vec<PartDraft>,
    /// What a person should know about the row although it was read.
    pub remarks: Vec<Reason>,
}

/// One record of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartDraft {
    /// Name of the part or link in the mapping.
    pub part: String,
    /// The record it is, derived from the source, the row's reference and the part: the same row imported
    /// again, here or elsewhere, names the same record.
    pub id: RecordId,
    /// What the row says about it, normalised and valid. Its own `id` is empty, because whether the
    /// record exists already is for the store to say.
    pub draft: RecordDraft,
}

/// A row that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Line on which the row begins, from 1, which is the header.
    pub line: u64,
    /// Stable: `empty-row`, `too-few-columns`, `too-many-columns`, `unterminated-quote`,
    /// `text-after-quote`, `row-too-long`, `bad-encoding`, `control-character`, `no-reference`,
    /// `repeated-reference`, `bad-date`, `invalid` or `too-many-rows`.
    pub code: String,
    /// What is wrong with it.
    pub reason: Reason,
    /// The row as far as it can be shown, cut at [`RAW_CHARS_MAX`].
    pub raw: String,
}

/// Why a file cannot be read at all. Nothing of it has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// It is larger than [`FILE_BYTES_MAX`].
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It has no header.
    Empty,
    /// The first row cannot be read.
    Header {
        /// The encoding that the mapping states.
        encoding: &'static str,
        /// What is wrong with it.
        reason: Reason,
    },
    /// Columns that the mapping reads are not there.
    MissingColumns {
        /// The missing ones.
        missing: String,
        /// Those in the file.
        found: String,
    },
    /// Two columns have the same name and the mapping reads it.
    RepeatedColumn {
        /// The name.
        name: String,
    },
    /// The mapping cannot be used.
    Mapping(MappingError),
    /// `today` is no full date.
    Today,
}

impl ReadError {
    /// The same as data, for those who say it in other words.
    pub fn reason(&self) -> Reason {
        match self {
            Self::TooLarge { bytes } => reason!("file-too-large", bytes = *bytes, most = FILE_BYTES_MAX),
            Self::Empty => reason!("file-empty"),
            Self::Header { encoding, reason } => reason!("file-header", encoding = *encoding, why = reason.clone()),
            Self::MissingColumns { missing, found } => reason!("file-no-column", missing = missing, found = found),
            Self::RepeatedColumn { name } => reason!("file-column-twice", name = name),
            Self::Mapping(error) => error.reason(),
            Self::Today => reason!("file-no-today"),
        }
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.reason())
    }
}

impl std::error::Error for ReadError {}

impl From<MappingError> for ReadError {
    fn from(error: MappingError) -> Self {
        Self::Mapping(error)
    }
}

/// Reads a file by a mapping. `today` is the date as `YYYY-MM-DD`. The rows are read as the iterator is
/// driven; memory grows only by about a hundred bytes a row, to know repeated references.
pub fn read<'a>(bytes: &'a [u8], mapping: &'a Mapping, today: &str) -> Result<RowReader<'a>, ReadError> {
    let today: Date = today.parse().map_err(|_| ReadError::Today)?;
    mapping.check()?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(ReadError::TooLarge { bytes: bytes.len() });
    }
    let (bytes, encoding) = mapping.encoding.single_bytes(bytes);
    // One ASCII byte: the mapping was checked.
    let mut cutter = Cutter::new(&bytes, mapping.separator as u8);
    let mut place = Place::START;
    let header = header(&cutter, &bytes, &mut place, encoding)?;
    cutter.expect_columns(header.len());
    let maker = RowMaker::new(mapping, find_columns(mapping, &header)?, today);
    Ok(RowReader { bytes, encoding, cutter, place, header, maker, seen: BTreeMap::new(), rows: 0 })
}

/// Gives the rows of a file one by one. One row of another is never held up or changed by a broken one.
///
/// A row whose reference stood on an earlier line is rejected, unless the two are alike to the byte: then
/// it gives the same drafts again, and whoever stores them finds nothing new.
pub struct RowReader<'a> {
    bytes: Cow<'a, [u8]>,
    encoding: Encoding,
    cutter: Cutter,
    place: Place,
    header: Vec<String>,
    maker: RowMaker<'a>,
    /// Line and place of the first row of every reference.
    seen: BTreeMap<Box<str>, (u64, Range<usize>)>,
    rows: u64,
}

impl RowReader<'_> {
    /// Names of the columns, in the order of the file.
    pub fn columns(&self) -> &[String] {
        &self.header
    }

    /// How far the file has been read, in bytes of the whole.
    pub fn progress(&self) -> (usize, usize) {
        (self.place.at.min(self.bytes.len()), self.bytes.len())
    }
}

impl Iterator for RowReader<'_> {
    type Item = Result<RowDrafts, Rejected>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.place.at;
        let raw = self.cutter.next(&self.bytes, &mut self.place)?;
        let (line, shown) = (raw.line, shown(self.encoding, raw.bytes));
        let rejected = |(code, reason): Refusal| Rejected { line, code: code.into(), reason, raw: shown.clone() };
        self.rows += 1;
        if self.rows > ROWS_MAX {
            self.place.at = self.bytes.len();
            return Some(Err(rejected(("too-many-rows", reason!("row-too-many", most = ROWS_MAX)))));
        }
        let row = start..start + raw.bytes.len();
        let cells = match texts(&raw, self.encoding, &self.header) {
            Ok(cells) => cells,
            Err(refusal) => return Some(Err(rejected(refusal))),
        };
        let reference = self.maker.reference(&cells);
        if let Some((first, earlier)) = self.seen.get(reference.as_str())
            && self.bytes.get(earlier.clone()) != self.bytes.get(row.clone())
        {
            let reason = reason!("row-repeated", line = *first, reference = reference);
            return Some(Err(rejected(("repeated-reference", reason))));
        }
        match self.maker.make(&cells) {
            Ok(made) => {
                self.seen.entry(reference.into_boxed_str()).or_insert((line, row));
                let Made { reference, drafts, remarks } = made;
                Some(Ok(RowDrafts { line, reference, raw: shown, drafts, remarks }))
            }
            Err(refusal) => Some(Err(rejected(refusal))),
        }
    }
}

/// The names of the columns.
fn header(cutter: &Cutter, bytes: &[u8], place: &mut Place, encoding: Encoding) -> Result<Vec<String>, ReadError> {
    let raw = cutter.next(bytes, place).ok_or(ReadError::Empty)?;
    let unreadable = |reason: Reason| ReadError::Header { encoding: encoding.key(), reason };
    let cells = raw.cells.map_err(|fault| unreadable(fault_refusal(fault).1))?;
    let text = |cell: &Cow<'_, [u8]>| encoding.text(cell).map(|text| tidy_line(&text));
    let names: Option<Vec<String>> = cells.iter().map(text).collect();
    names.ok_or_else(|| unreadable(reason!("header-encoding")))
}

/// Where the columns of the mapping stand. Names are compared without case, accents and stray spaces.
fn find_columns<'a>(mapping: &'a Mapping, header: &[String]) -> Result<BTreeMap<&'a str, usize>, ReadError> {
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, name) in header.iter().enumerate() {
        places.entry(folded(name)).or_default().push(at);
    }
    let (mut columns, mut missing) = (BTreeMap::new(), Vec::new());
    for name in mapping.columns() {
        match places.get(&folded(&tidy_line(name))).map(Vec::as_slice) {
            Some([at]) => {
                columns.insert(name, *at);
            }
            Some(_) => return Err(ReadError::RepeatedColumn { name: name.to_owned() }),
            None => missing.push(format!("{name:?}")),
        }
    }
    if missing.is_empty() {
        return Ok(columns);
    }
    let found: Vec<String> = header.iter().take(COLUMNS_MAX).map(|name| format!("{name:?}")).collect();
    Err(ReadError::MissingColumns { missing: missing.join(", "), found: found.join(", ") })
}

/// The texts of a row's cells, exactly as many as there are columns, or why it has none.
fn texts(raw: &RawRow<'_>, encoding: Encoding, header: &[String]) -> Result<Vec<String>, Refusal> {
    let cells = raw.cells.as_ref().map_err(|fault| fault_refusal(*fault))?;
    let mut texts = Vec::with_capacity(cells.len());
    for (at, cell) in cells.iter().enumerate() {
        let column = || header.get(at).map_or_else(|| Arg::from(at + 1), Arg::from);
        let Some(text) = encoding.text(cell) else {
            return Err(("bad-encoding", reason!("row-encoding", column = column(), encoding = encoding.key())));
        };
        if let Some(control) = text.chars().find(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
            let control = format!("U+{:04X}", control as u32);
            return Err(("control-character", reason!("row-control", column = column(), control = control)));
        }
        texts.push(text.into_owned());
    }
    count(&mut texts, header.len())?;
    Ok(texts)
}

/// Refuses rows that are empty or do not have the columns of the header. Empty cells at the end that no
/// column belongs to are dropped; nothing is ever filled up, because what is missing may be in the middle.
fn count(texts: &mut Vec<String>, columns: usize) -> Result<(), Refusal> {
    if texts.iter().all(|text| text.trim().is_empty()) {
        return Err(("empty-row", reason!("row-empty")));
    }
    while texts.len() > columns && texts.last().is_some_and(|text| text.trim().is_empty()) {
        texts.pop();
    }
    let found = texts.len();
    if found < columns {
        return Err(("too-few-columns", reason!("row-columns-cut", found = found, columns = columns)));
    }
    if found > columns {
        return Err(("too-many-columns", reason!("row-columns-more", found = found, columns = columns)));
    }
    Ok(())
}

fn fault_refusal(fault: Fault) -> Refusal {
    match fault {
        Fault::UnterminatedQuote => ("unterminated-quote", reason!("row-quote-open")),
        Fault::TextAfterQuote => ("text-after-quote", reason!("row-quote-after")),
        Fault::TooLong => ("row-too-long", reason!("row-too-long", most = ROW_BYTES_MAX)),
        Fault::TooManyColumns => ("too-many-columns", reason!("row-too-many-columns", most = COLUMNS_MAX)),
    }
}

/// The row for a person to look at.
fn shown(encoding: Encoding, bytes: &[u8]) -> String {
    // Cut before decoding, so that a hostile row costs no more than what is shown of it.
    let some = &bytes[..bytes.len().min(RAW_CHARS_MAX * 4)];
    encoding.text_lossy(some).chars().take(RAW_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_beyond_the_limit_are_refused_by_one_rejection() {
        let mapping = Mapping::parse(crate::shipped()[2].1).unwrap_or_else(|error| panic!("{error}"));
        let file = "Log,Opened,Caller Tel,Location,Narrative,Grade\nA,31/12/2024,,,x,1\nB,31/12/2024,,,x,1\nC,31/12/2024,,,x,1\n";
        let mut reader = read(file.as_bytes(), &mapping, "2026-11-23").unwrap();
        reader.rows = ROWS_MAX - 1;
        assert!(reader.next().unwrap().is_ok());
        let rejected = reader.next().unwrap().unwrap_err();
        assert_eq!((rejected.line, rejected.code.as_str()), (3, "too-many-rows"));
        assert!(reader.next().is_none());
    }
}
