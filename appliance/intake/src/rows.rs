//! Rows of separated text, with the line each begins on.
//!
//! Quoted text may run over several lines. When its end does not come, or what it closes does not have the
//! columns of the header, only the line where it began is given up and reading goes on with the next one:
//! one forgotten quotation mark must not swallow the rest of the file. For the same reason two lines are
//! never joined outside quotation marks, so a row that was cut off cannot shift the columns of the next.

use std::borrow::Cow;

use crate::{COLUMNS_MAX, ROW_BYTES_MAX, ROW_LINES_MAX};

/// Why a row could not be cut into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A quotation mark has no end.
    UnterminatedQuote,
    /// Text follows the end of a quotation.
    TextAfterQuote,
    /// Longer than [`ROW_BYTES_MAX`].
    TooLong,
    /// More than [`COLUMNS_MAX`].
    TooManyColumns,
}

/// One row as it stands in the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RawRow<'a> {
    /// Line on which it begins, from 1.
    pub line: u64,
    /// Its bytes without the line end.
    pub bytes: &'a [u8],
    /// Its cells, quotation marks removed.
    pub cells: Result<Vec<Cow<'a, [u8]>>, Fault>,
}

/// How far a file has been walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Byte at which the next row begins.
    pub at: usize,
    /// Line on which it begins.
    pub line: u64,
}

impl Place {
    /// Before the first row.
    pub(crate) const START: Self = Self { at: 0, line: 1 };
}

/// Cuts the rows of one file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cutter {
    separator: u8,
    /// What ends a line: a carriage return alone only in files that have no line feed.
    line_end: u8,
    /// Where the text ends; line ends after it are not rows.
    text_end: usize,
    columns: Option<usize>,
}

/// A cell, the byte after it and how many line ends it holds.
type Cut<'b> = (Cow<'b, [u8]>, usize, u64);
/// The cells of a row, the byte after them and how many lines they take.
type CutRow<'b> = (Vec<Cow<'b, [u8]>>, usize, u64);

impl Cutter {
    pub(crate) fn new(bytes: &[u8], separator: u8) -> Self {
        let last = bytes.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n'));
        let line_end = if bytes.contains(&b'\n') { b'\n' } else { b'\r' };
        Self { separator, line_end, text_end: last.map_or(0, |last| last + 1), columns: None }
    }

    /// States how many columns rows have, which helps to see where a quotation went wrong.
    pub(crate) fn expect_columns(&mut self, columns: usize) {
        self.columns = Some(columns);
    }

    /// The row at `place`, which moves on to the next; `None` at the end. `bytes` are those of `new`.
    pub(crate) fn next<'b>(&self, bytes: &'b [u8], place: &mut Place) -> Option<RawRow<'b>> {
        let bytes = bytes.get(..self.text_end)?;
        if place.at >= bytes.len() {
            return None;
        }
        let (start, line) = (place.at, place.line);
        let fits = |cells: usize, lines: u64| lines == 1 || self.columns.is_none_or(|columns| columns == cells);
        let (cells, end, lines) = match self.row(bytes, start) {
            Ok((cells, end, lines)) if fits(cells.len(), lines) => (Ok(cells), end, lines),
            Ok(_) => (Err(Fault::UnterminatedQuote), self.end_of_line(bytes, start), 1),
            Err(fault) => (Err(fault), self.end_of_line(bytes, start), 1),
        };
        *place = Place { at: end + 1, line: line + lines };
        let row = &bytes[start..end];
        Some(RawRow { line, bytes: row.strip_suffix(b"\r").unwrap_or(row), cells })
    }

    /// The cells of the row that begins at `start`, its end, and how many lines it has.
    fn row<'b>(&self, bytes: &'b [u8], start: usize) -> Result<CutRow<'b>, Fault> {
        let (mut cells, mut at, mut lines) = (Vec::new(), start, 1);
        loop {
            if cells.len() == COLUMNS_MAX {
                return Err(Fault::TooManyColumns);
            }
            let quoted = bytes.get(at) == Some(&b'"');
            let (cell, end, breaks) = if quoted { self.quoted(bytes, at)? } else { self.plain(bytes, at) };
            cells.push(cell);
            lines += breaks;
            if end - start > ROW_BYTES_MAX {
                return Err(Fault::TooLong);
            }
            if lines > ROW_LINES_MAX as u64 {
                return Err(Fault::UnterminatedQuote);
            }
            if bytes.get(end) != Some(&self.separator) {
                return Ok((cells, end, lines));
            }
            at = end + 1;
        }
    }

    fn plain<'b>(&self, bytes: &'b [u8], from: usize) -> Cut<'b> {
        let rest = &bytes[from..];
        let length = rest.iter().position(|byte| *byte == self.separator || *byte == self.line_end);
        let end = from + length.unwrap_or(rest.len());
        let cell = &bytes[from..end];
        let at_line_end = bytes.get(end) != Some(&self.separator);
        let cell = if at_line_end { cell.strip_suffix(b"\r").unwrap_or(cell) } else { cell };
        (Cow::Borrowed(cell), end, 0)
    }

    fn quoted<'b>(&self, bytes: &'b [u8], from: usize) -> Result<Cut<'b>, Fault> {
        let (mut text, mut at, mut breaks) = (Vec::new(), from + 1, 0);
        loop {
            let byte = *bytes.get(at).ok_or(Fault::UnterminatedQuote)?;
            at += 1;
            if byte != b'"' {
                breaks += u64::from(byte == self.line_end);
                if breaks >= ROW_LINES_MAX as u64 || text.len() >= ROW_BYTES_MAX {
                    return Err(Fault::UnterminatedQuote);
                }
                text.push(byte);
            } else if bytes.get(at) == Some(&b'"') {
                text.push(b'"');
                at += 1;
            } else {
                break;
            }
        }
        let carriage_return = self.line_end == b'\n' && bytes.get(at) == Some(&b'\r');
        let end = if carriage_return && matches!(bytes.get(at + 1), None | Some(b'\n')) { at + 1 } else { at };
        match bytes.get(end) {
            None => Ok((Cow::Owned(text), end, breaks)),
            Some(byte) if *byte == self.line_end || *byte == self.separator => Ok((Cow::Owned(text), end, breaks)),
            // Past the end of its line it met the opening mark of another text.
            Some(_) if breaks > 0 => Err(Fault::UnterminatedQuote),
            Some(_) => Err(Fault::TextAfterQuote),
        }
    }

    /// Where the line that begins at `start` ends.
    fn end_of_line(&self, bytes: &[u8], start: usize) -> usize {
        let rest = &bytes[start..];
        start + rest.iter().position(|byte| *byte == self.line_end).unwrap_or(rest.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn walk(bytes: &[u8], columns: usize) -> Vec<RawRow<'_>> {
        let mut cutter = Cutter::new(bytes, b',');
        cutter.expect_columns(columns);
        let mut place = Place::START;
        std::iter::from_fn(|| cutter.next(bytes, &mut place)).collect()
    }

    /// One line per row: `line: cell|cell` or `line: fault`.
    #[track_caller]
    fn check(file: &str, expected: &[&str]) {
        let found: Vec<String> = walk(file.as_bytes(), 3)
            .into_iter()
            .map(|row| match row.cells {
                Ok(cells) => {
                    let cells: Vec<_> = cells.iter().map(|cell| String::from_utf8_lossy(cell)).collect();
                    format!("{}: {}", row.line, cells.join("|").replace('\n', "/"))
                }
                Err(fault) => format!("{}: {fault:?}", row.line),
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_kind_of_line_end_is_one() {
        check("a,b,c\r\nd,e,f\r\n", &["1: a|b|c", "2: d|e|f"]);
        check("a,b,c\nd,e,f", &["1: a|b|c", "2: d|e|f"]);
        check("a,b,\"c\"\rd,\"e\",f\r", &["1: a|b|c", "2: d|e|f"]);
        check("a,b,c\r\n\r\n,,\r\n\r\n\r\n", &["1: a|b|c", "2: ", "3: ||"]);
    }

    #[test]
    fn quoted_text_keeps_separators_quotes_and_lines() {
        check("a,\"b, \"\"B\"\"\",c\n", &["1: a|b, \"B\"|c"]);
        check("a,\"b\nB\",c\nd,e,f\n", &["1: a|b/B|c", "3: d|e|f"]);
        check("a,5\" knife,c\n", &["1: a|5\" knife|c"]);
        check("\"a\",\"b\",\"c\"\r\n\"\",\"\",\"\"\r\n", &["1: a|b|c", "2: ||"]);
    }

    #[test]
    fn a_forgotten_quote_costs_its_own_line_only() {
        check("a,\"b,c\nd,e,f\ng,h,i\n", &["1: UnterminatedQuote", "2: d|e|f", "3: g|h|i"]);
        check("a,\"b,c\nd,\"e\",f\n", &["1: UnterminatedQuote", "2: d|e|f"]);
        check("a,\"b\"b,c\nd,e,f\n", &["1: TextAfterQuote", "2: d|e|f"]);
    }

    #[test]
    fn a_row_that_was_cut_off_does_not_shift_the_next() {
        check("a,b\nc,d,e\n", &["1: a|b", "2: c|d|e"]);
    }

    #[test]
    fn rows_have_limits() {
        let long = "x".repeat(ROW_BYTES_MAX + 1);
        check(&format!("{long},b,c\nd,e,f\n"), &["1: TooLong", "2: d|e|f"]);
        check(&format!("{}\nd,e,f\n", ",".repeat(COLUMNS_MAX)), &["1: TooManyColumns", "2: d|e|f"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_the_end(bytes in proptest::collection::vec(prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200)) {
            let mut line = 0;
            for row in walk(&bytes, 2) {
                prop_assert!(row.line > line);
                line = row.line;
            }
            prop_assert!(line <= 1 + bytes.len() as u64);
        }

        #[test]
        fn quoted_cells_come_back_as_they_were(cells in proptest::collection::vec("[a,\"\n ]{0,9}", 1..5)) {
            let quoted: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            let file = quoted.join(",");
            let rows = walk(file.as_bytes(), cells.len());
            let found: Vec<_> = rows[0].cells.iter().flatten().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
            prop_assert_eq!(found, cells);
            prop_assert_eq!(rows.len(), 1);
        }
    }
}
