//! Columns that line up.

use std::fmt;

/// Rows of text under headings; an empty heading row is not printed.
pub struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// An empty table with these headings.
    pub fn new(headings: [&str; N]) -> Self {
        let mut table = Self { rows: Vec::new() };
        if headings.iter().any(|heading| !heading.is_empty()) {
            table.row(headings);
        }
        table
    }

    /// Adds a row.
    pub fn row(&mut self, cells: [&str; N]) {
        self.rows.push(cells.map(str::to_owned));
    }

    fn width(&self, column: usize) -> usize {
        self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: [usize; N] = std::array::from_fn(|column| self.width(column));
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(widths) {
                line += &format!("{cell:width$}  ");
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_script() {
        let mut table = Table::new(["site", "role"]);
        table.row(["Вардара", "hub"]);
        assert_eq!(table.to_string(), "site     role\nВардара  hub\n");
    }
}
