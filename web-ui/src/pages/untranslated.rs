//! No page says a word that is not in a catalogue.
//!
//! Every page of the gallery is made in the test language, which accents every letter, with data that have no letters:
//! a plain letter that is left was put there by a template or by the code. What people see or hear in attributes counts.

use cairn_intake::{DATE_FORMATS, Encoding};
use cairn_record::country;

use super::gallery::Flavour;
use crate::words::Language;

/// Attributes that are shown or read out.
const SAID: &[&str] = &["title", "aria-label", "aria-description", "placeholder", "alt", "label", "data-label"];

/// Elements whose text is typed as it stands: keys and commands.
const TYPED: &[&str] = &["kbd", "code"];

/// Codes that are the same in every language: grading schemes, a grade, universal time, what
/// begins the line of an invitation.
const CODES: &[&str] = &["3x5x2", "4x4", "5x5x5", "6x6", "2B", "UTC", "CAIRN-JOIN"];

/// A tag or the text between two tags.
enum Piece<'a> {
    Tag(&'a str),
    Text(&'a str),
}

/// The pieces of a page in their order.
fn pieces(html: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').unwrap_or((after, ""));
        found.extend([Piece::Text(text), Piece::Tag(tag)]);
        rest = after;
    }
    found.push(Piece::Text(rest));
    found
}

/// The value of an attribute in a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\"")).and_then(|(_, rest)| rest.split_once('"')).map(|(value, _)| value)
}

/// Everything in a page that a person sees or hears.
fn said(html: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut within = "";
    for piece in pieces(html) {
        match piece {
            Piece::Text(text) if !TYPED.contains(&within) => found.push(text),
            Piece::Text(_) => {}
            Piece::Tag(tag) => {
                within = tag.split_whitespace().next().unwrap_or_default();
                found.extend(SAID.iter().filter_map(|name| attribute(tag, name)));
                if tag.starts_with("input") && tag.contains("type=\"submit\"") {
                    found.extend(attribute(tag, "value"));
                }
            }
        }
    }
    found
}

/// Whether a word is data that the gallery cannot hide: a code, a letter of a grade, a country's code, an encoding, a
/// way of writing dates, the number of a record or of a machine.
fn is_data(word: &str) -> bool {
    let hex = |part: &str| part.chars().all(|c| c.is_ascii_hexdigit());
    let number = word.len() >= 8 && word.split('-').all(hex);
    let grade = word.len() == 1 && word.chars().all(|c| c.is_ascii_uppercase());
    let country = word.len() == 3 && country::name(word).is_some();
    let encoding = Encoding::ALL.into_iter().any(|encoding| encoding.key() == word);
    let date = DATE_FORMATS
        .iter()
        .any(|format| *format == word || format.split(['/', '.', ' ', ':']).any(|part| part == word));
    CODES.contains(&word) || number || grade || country || encoding || date
}

/// The words of a text that have plain letters and are not data. Escaped signs are no words.
fn foreign(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '-').filter(|word| !word.starts_with('#'));
    let plain = |word: &&str| word.contains(|c: char| c.is_ascii_alphabetic());
    words.map(|word| word.trim_matches('-')).filter(plain).filter(|word| !is_data(word)).collect()
}

#[test]
fn every_word_of_every_page_is_in_a_catalogue() {
    let flavour = Flavour { language: Language::Longer, hostile: false, demo: true, mute: true };
    let mut found = Vec::new();
    for (name, html) in flavour.pages() {
        for text in said(&html).into_iter().filter(|text| !foreign(text).is_empty()) {
            found.push(format!("{name}: {}", text.trim()));
        }
    }
    assert!(found.is_empty(), "not from a catalogue:\n{}", found.join("\n"));
}

#[test]
fn a_plain_word_is_found_wherever_it_stands() {
    let found = |html: &str| said(html).into_iter().flat_map(foreign).map(str::to_string).collect::<Vec<_>>();
    assert_eq!(found("<p class=\"lead\">Çáîřñ</p><p>Saved <b>here</b></p>"), ["Saved", "here"]);
    assert_eq!(found("<input title=\"Grade\" name=\"user\"><img alt=\"A map\">"), ["Grade", "map"]);
    assert_eq!(found("<code>cairn demo</code> <kbd>Esc</kbd> 018bcfe5-6800 MKD 3x5x2 B utf-8"), [""; 0]);
}
