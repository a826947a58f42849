//! Rejected rows as a file that a spreadsheet opens.

use cairn_casebook::RejectedRow;

/// The rows as CSV in UTF-8 with a byte order mark (spreadsheets guess wrongly without it): line, reason's
/// code, reason, and the row as it stood.
///
/// Spreadsheets run cells that begin like a formula; such cells get an apostrophe before them.
pub fn rejected_csv(rows: &[RejectedRow]) -> String {
    let mut csv = String::from("\u{feff}line,code,reason,row\r\n");
    for row in rows {
        let line = row.line.to_string();
        let cells = [line.as_str(), &row.code, &row.reason, &row.raw].map(cell);
        csv.push_str(&cells.join(","));
        csv.push_str("\r\n");
    }
    csv
}

fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(raw: &str) -> RejectedRow {
        RejectedRow {
            line: 7,
            code: "bad-date".into(),
            reason: "No date, but a comma".into(),
            said: None,
            raw: raw.into(),
        }
    }

    #[test]
    fn quotes_and_separators_stay_inside_their_cell() {
        let csv = rejected_csv(&[row("a,\"b\",c")]);
        let expected =
            "\u{feff}line,code,reason,row\r\n\"7\",\"bad-date\",\"No date, but a comma\",\"a,\"\"b\"\",c\"\r\n";
        assert_eq!(csv, expected);
    }

    #[test]
    fn a_cell_that_begins_like_a_formula_is_disarmed() {
        for raw in ["=1+1", "+49", "-2", "@x"] {
            assert!(rejected_csv(&[row(raw)]).contains(&format!("\"'{raw}\"")), "{raw}");
        }
    }
}
