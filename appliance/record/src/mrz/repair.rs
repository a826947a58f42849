//! Confusions of optical readers: letters where only digits can stand, and digits where only letters can.

use super::Repair;
use super::layout::{Format, Span};

/// The lines with every impossible character replaced by the one it is mistaken for, and the list of what
/// was replaced. Characters of numbers and optional data, where both letters and digits occur, stay.
pub(super) fn repaired(format: Format, lines: &[String]) -> (Vec<String>, Vec<Repair>) {
    let mut lines: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
    let mut repairs = Vec::new();
    for span in digit_spans(format) {
        replace(&mut lines, span, digit_for, &mut repairs);
    }
    for span in letter_spans(format) {
        replace(&mut lines, span, letter_for, &mut repairs);
    }
    repairs.sort_by_key(|repair| (repair.line, repair.column));
    (lines.into_iter().map(|line| line.into_iter().collect()).collect(), repairs)
}

fn replace(lines: &mut [Vec<char>], span: Span, meant: fn(char) -> Option<char>, repairs: &mut Vec<Repair>) {
    let (line, from, to) = span;
    let Some(characters) = lines.get_mut(line) else { return };
    for (column, character) in characters.iter_mut().enumerate().take(to).skip(from) {
        if let Some(to) = meant(*character) {
            repairs.push(Repair { line: line + 1, column: column + 1, from: *character, to });
            *character = to;
        }
    }
}

fn digit_for(read: char) -> Option<char> {
    Some(match read {
        'O' | 'Q' | 'D' => '0',
        'I' | 'L' => '1',
        'Z' => '2',
        'S' => '5',
        'G' => '6',
        'B' => '8',
        _ => return None,
    })
}

fn letter_for(read: char) -> Option<char> {
    Some(match read {
        '0' => 'O',
        '1' => 'I',
        '2' => 'Z',
        '5' => 'S',
        '6' => 'G',
        '8' => 'B',
        _ => return None,
    })
}

/// Dates with their check digits, the check digit of the number and the composite one.
fn digit_spans(format: Format) -> Vec<Span> {
    let layout = format.layout();
    let with_digit = |(line, from, to): Span| (line, from, to + 1);
    let after = |(line, _, to): Span| (line, to, to + 1);
    let mut spans = vec![with_digit(layout.birth), with_digit(layout.expiry), after(layout.number)];
    spans.extend(layout.optional_digit);
    spans.extend(layout.composite.map(|(_, digit)| digit));
    spans
}

/// Document code, issuer, nationality, sex and names.
fn letter_spans(format: Format) -> [Span; 4] {
    let layout = format.layout();
    [(0, 0, 5), layout.nationality, layout.sex, layout.names]
}
