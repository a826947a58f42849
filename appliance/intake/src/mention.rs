//! Plates and telephone numbers that a text marks as such.
//!
//! A text is not searched for things that look like a number: only what stands between words that the
//! mapping names, and has the form of one, is taken. Everything else stays text, which search finds.

use cairn_record::normalise;

/// Most mentions taken from one text.
const MENTIONS_MAX: usize = 20;
/// Longest mention in characters, spaces included.
const MENTION_CHARS_MAX: usize = 24;

/// What kind of thing is mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mentioned {
    Plate,
    Phone,
}

/// The mentions in `text` that follow one of `after` and, where `before` names words, are followed by one
/// of them; otherwise they reach to the next punctuation or the end.
pub(crate) fn mentions(text: &str, what: Mentioned, after: &[String], before: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(tail) = after_first_marker(rest, after) {
        if let Some(candidate) = up_to_end_marker(tail, before).filter(|candidate| has_form(candidate, what)) {
            found.push(candidate.to_owned());
        }
        if found.len() == MENTIONS_MAX {
            break;
        }
        rest = tail;
    }
    found
}

/// What follows the first marker in the text; of two that begin at one place the longer counts.
fn after_first_marker<'a>(text: &'a str, markers: &[String]) -> Option<&'a str> {
    let places = markers.iter().filter(|marker| !marker.is_empty()).filter_map(|marker| {
        let at = text.match_indices(marker.as_str()).map(|(at, _)| at).find(|at| stands_alone(text, *at, marker))?;
        Some((at, std::cmp::Reverse(marker.len())))
    });
    let (at, std::cmp::Reverse(length)) = places.min()?;
    text.get(at + length..)
}

/// A marker counts only as a word of its own: `tel.` is not the end of `hotel.`.
fn stands_alone(text: &str, at: usize, marker: &str) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at + marker.len()..].chars().next();
    let joins = |inner: Option<char>, outer: Option<char>| {
        inner.is_some_and(char::is_alphanumeric) && outer.is_some_and(char::is_alphanumeric)
    };
    !joins(marker.chars().next(), before) && !joins(marker.chars().next_back(), after)
}

fn up_to_end_marker<'a>(tail: &'a str, markers: &[String]) -> Option<&'a str> {
    let end = if markers.is_empty() {
        let punctuation = |(at, c): (usize, char)| {
            let next = tail[at + c.len_utf8()..].chars().next();
            (matches!(c, ',' | ';' | '\n') || (c == '.' && !next.is_some_and(char::is_alphanumeric))).then_some(at)
        };
        tail.char_indices().find_map(punctuation).unwrap_or(tail.len())
    } else {
        let word = |marker: &String| {
            tail.match_indices(marker.as_str()).map(|(at, _)| at).find(|at| stands_alone(tail, *at, marker))
        };
        markers.iter().filter(|marker| !marker.is_empty()).filter_map(word).min()?
    };
    Some(tail[..end].trim().trim_end_matches(['.', ',', ';', ':']).trim_start_matches([':', '.']).trim())
}

fn has_form(candidate: &str, what: Mentioned) -> bool {
    let words = candidate.split_whitespace().count();
    if words > 4 || candidate.chars().count() > MENTION_CHARS_MAX {
        return false;
    }
    match what {
        Mentioned::Plate => {
            let plate = normalise::plate(candidate);
            let length = plate.chars().count();
            words <= 3 && (4..=9).contains(&length) && plate.bytes().any(|byte| byte.is_ascii_digit())
        }
        Mentioned::Phone => normalise::phone(candidate, None)
            .is_some_and(|number| number.exact.bytes().filter(u8::is_ascii_digit).count() >= 7),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, what: Mentioned, after: &[&str], before: &[&str], expected: &[&str]) {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(mentions(text, what, &owned(after), &owned(before)), expected, "{text}");
    }

    #[test]
    fn what_is_marked_is_taken() {
        let text = "Coche rojo matrícula BT 69BFV en Plaza Nueva, tel. +34 69 619 3274.";
        check(text, Mentioned::Plate, &["matrícula"], &["en"], &["BT 69BFV"]);
        check(text, Mentioned::Phone, &["tel."], &[], &["+34 69 619 3274"]);
        check(
            "red Fiat 500 RH29YFL outside, blue Fiat GL35KAT outside",
            Mentioned::Plate,
            &["Fiat", "Fiat 500"],
            &["outside"],
            &["RH29YFL", "GL35KAT"],
        );
    }

    #[test]
    fn what_is_not_marked_or_has_no_form_stays_text() {
        check("RH29YFL outside the hotel. 07431038804", Mentioned::Phone, &["tel."], &[], &[]);
        check("tel. unknown. Later tel. 07431038804; no answer", Mentioned::Phone, &["tel."], &[], &["07431038804"]);
        check("matrícula ilegible en Plaza Nueva", Mentioned::Plate, &["matrícula"], &["en"], &[]);
        check("matrícula BT69BFV", Mentioned::Plate, &["matrícula"], &["en"], &[]);
    }
}
