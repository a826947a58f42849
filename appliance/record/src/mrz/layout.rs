//! Which characters of a zone mean what.

use serde::{Deserialize, Serialize};

use super::{INPUT_CHARS_MAX, MrzError};

/// The layouts of ICAO 9303.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Card, 3 lines of 30.
    Td1,
    /// Card, 2 lines of 36.
    Td2,
    /// Passport, 2 lines of 44.
    Td3,
    /// Visa, 2 lines of 44.
    MrvA,
    /// Visa, 2 lines of 36.
    MrvB,
}

/// A stretch of one line: line, first column and end, from 0.
pub(super) type Span = (usize, usize, usize);

/// Where the fields stand. `number` is followed by its check digit, and so are `birth` and `expiry`.
pub(super) struct Layout {
    pub names: Span,
    pub number: Span,
    pub nationality: Span,
    pub birth: Span,
    pub sex: Span,
    pub expiry: Span,
    pub optional: &'static [Span],
    /// Column of the check digit of the optional data (TD3 only).
    pub optional_digit: Option<Span>,
    /// What the last check digit covers, and where it stands.
    pub composite: Option<(&'static [Span], Span)>,
}

impl Format {
    pub(super) const fn columns(self) -> usize {
        match self {
            Self::Td1 => 30,
            Self::Td2 | Self::MrvB => 36,
            Self::Td3 | Self::MrvA => 44,
        }
    }

    pub(super) const fn layout(self) -> Layout {
        let columns = self.columns();
        // The second line of passports, two-line cards and visas begins alike.
        let two_lines = Layout {
            names: (0, 5, columns),
            number: (1, 0, 9),
            nationality: (1, 10, 13),
            birth: (1, 13, 19),
            sex: (1, 20, 21),
            expiry: (1, 21, 27),
            optional: &[],
            optional_digit: None,
            composite: None,
        };
        match self {
            Self::Td1 => Layout {
                names: (2, 0, 30),
                number: (0, 5, 14),
                nationality: (1, 15, 18),
                birth: (1, 0, 6),
                sex: (1, 7, 8),
                expiry: (1, 8, 14),
                optional: &[(0, 15, 30), (1, 18, 29)],
                optional_digit: None,
                composite: Some((&[(0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29)], (1, 29, 30))),
            },
            Self::Td2 => Layout {
                optional: &[(1, 28, 35)],
                composite: Some((&[(1, 0, 10), (1, 13, 20), (1, 21, 35)], (1, 35, 36))),
                ..two_lines
            },
            Self::Td3 => Layout {
                optional: &[(1, 28, 42)],
                optional_digit: Some((1, 42, 43)),
                composite: Some((&[(1, 0, 10), (1, 13, 20), (1, 21, 43)], (1, 43, 44))),
                ..two_lines
            },
            Self::MrvA => Layout { optional: &[(1, 28, 44)], ..two_lines },
            Self::MrvB => Layout { optional: &[(1, 28, 36)], ..two_lines },
        }
    }
}

/// Tidies delivered text and cuts it into the lines of a layout.
pub(super) fn cut(text: &str) -> Result<(Format, Vec<String>), MrzError> {
    let lines: Vec<String> = text
        .chars()
        .take(INPUT_CHARS_MAX)
        .collect::<String>()
        .lines()
        .map(tidy)
        .filter(|line| !line.is_empty())
        .collect();
    let lines = match lines.as_slice() {
        [whole] => split(whole),
        _ => lines,
    };
    let lengths: Vec<usize> = lines.iter().map(|line| line.chars().count()).collect();
    let visa = lines.first().is_some_and(|line| line.starts_with('V'));
    let format = match (lengths.as_slice(), visa) {
        ([44, 44], false) => Format::Td3,
        ([44, 44], true) => Format::MrvA,
        ([36, 36], false) => Format::Td2,
        ([36, 36], true) => Format::MrvB,
        ([30, 30, 30], _) => Format::Td1,
        _ => return Err(MrzError::Shape { found: listed(&lengths) }),
    };
    match stray_character(&lines) {
        Some(error) => Err(error),
        None => Ok((format, lines)),
    }
}

/// Upper case without spaces; the quotation mark that some readers make of two fillers becomes them.
fn tidy(line: &str) -> String {
    let unspaced: String = line.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    unspaced.replace(['«', '»'], "<<").replace(['‹', '›'], "<").to_uppercase()
}

/// A swipe without line ends: the length says where the lines end.
fn split(whole: &str) -> Vec<String> {
    let characters: Vec<char> = whole.chars().collect();
    let columns = match characters.len() {
        88 => 44,
        72 => 36,
        90 => 30,
        _ => return vec![whole.to_owned()],
    };
    characters.chunks(columns).map(|line| line.iter().collect()).collect()
}

fn stray_character(lines: &[String]) -> Option<MrzError> {
    let places =
        lines.iter().zip(1..).flat_map(|(text, line)| text.chars().zip(1..).map(move |(c, column)| (line, column, c)));
    places
        .into_iter()
        .find(|(_, _, c)| !(c.is_ascii_digit() || c.is_ascii_uppercase() || *c == '<'))
        .map(|(line, column, character)| MrzError::Character { line, column, character })
}

/// The lengths of the lines, the first five.
fn listed(lengths: &[usize]) -> String {
    match lengths {
        [] => "0".into(),
        some => some.iter().take(5).map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}
