//! Text into the words it is found by. The same function reads records and questions, so that both agree.
//!
//! A word is a run of letters and digits, folded ([`cairn_record::normalise::folded`]: compatibility forms resolved,
//! accents dropped, lower case, its own script kept). Apostrophes do not part a word. A date becomes one word in
//! ISO 8601 whatever way it was written; day comes before month, as in the countries this is made for.

use cairn_record::date::Date;
use cairn_record::normalise;

/// Longer words are cut to this many characters, in records and questions alike.
const WORD_CHARS_MAX: usize = 60;
/// Shortest word that is looked for with one letter wrong: in shorter ones every letter matters.
const MISSPELT_CHARS_MIN: usize = 4;
/// Shortest sound form that is looked for.
const SOUND_CHARS_MIN: usize = 2;

/// The words of a text in their order.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().flat_map(words_of_chunk).collect()
}

/// The words of a piece of text without white space.
pub(crate) fn words_of_chunk(chunk: &str) -> Vec<String> {
    let folded = normalise::folded(chunk);
    let trimmed = folded.trim_matches(|c: char| !c.is_alphanumeric());
    if let Some(date) = date(trimmed) {
        return vec![date.to_string()];
    }
    let joined: String = trimmed.chars().filter(|c| !is_apostrophe(*c)).collect();
    joined.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(cut).collect()
}

/// A date, its month and its year as words, from text in ISO 8601.
pub(crate) fn date_words(iso: &str) -> Vec<String> {
    let Ok(date) = iso.split('T').next().unwrap_or_default().parse::<Date>() else { return Vec::new() };
    let month = date.month().and_then(|month| Date::month_of(date.year(), month));
    let wider = [month, Date::year_only(date.year())];
    let mut words: Vec<String> = wider.into_iter().flatten().chain([date]).map(|date| date.to_string()).collect();
    words.dedup();
    words
}

/// What a word of a name has in common with its spellings in other languages and scripts. More than one form where
/// the spellings part ways: an x is KS to some and H to others.
pub(crate) fn sounds(word: &str) -> Vec<String> {
    if has_digit(word) {
        return Vec::new();
    }
    let mut forms = vec![normalise::skeleton(word)];
    if word.contains('x') {
        forms.push(normalise::skeleton(&word.replace('x', "ks")));
    }
    forms.retain(|form| form.chars().count() >= SOUND_CHARS_MIN);
    forms
}

/// Whether the word is also looked for with one letter wrong.
pub(crate) fn may_be_misspelt(word: &str) -> bool {
    !has_digit(word) && word.chars().count() >= MISSPELT_CHARS_MIN
}

pub(crate) fn has_digit(text: &str) -> bool {
    text.chars().any(char::is_numeric)
}

/// Whether one word becomes the other when one letter is changed, added, left out, or exchanged with its neighbour.
/// Says the same as tantivy's automaton of distance one.
pub(crate) fn one_letter_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a[..], &b[..]) } else { (&b[..], &a[..]) };
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[same..], &long[same..]);
    match (short, long) {
        ([], []) => true,
        ([a, b, rest_a @ ..], [c, d, rest_b @ ..]) if a == d && b == c && rest_a == rest_b => true,
        (short, [_, rest @ ..]) => short == rest || short.get(1..) == Some(rest),
        _ => false,
    }
}

fn cut(word: &str) -> String {
    word.chars().take(WORD_CHARS_MAX).collect()
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | '`' | '´')
}

/// Reads `28.02.2021`, `28/2/2021`, `28-2-2021`, `2021-2-28` and `2021-02`.
fn date(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['.', '/', '-']).collect();
    let number = |text: &str| text.parse::<u8>().ok().filter(|_| text.len() <= 2);
    let year = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() == 4);
    match parts[..] {
        [y, m, d] if y.len() == 4 => Date::full(year(y)?, number(m)?, number(d)?),
        [d, m, y] => Date::full(year(y)?, number(m)?, number(d)?),
        [y, m] if m.len() == 2 => Date::month_of(year(y)?, number(m)?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(words(text), expected, "{text}");
    }

    #[test]
    fn words_are_folded_and_keep_their_script() {
        check("Núñez, José-Luis", &["nunez", "jose", "luis"]);
        check("Чавдаров  ЈОВАНА", &["чавдаров", "јована"]);
        check("O’Brien (d'Arcy)", &["obrien", "darcy"]);
        check("ＣＢ-1234", &["cb", "1234"]);
        check(" — … ", &[]);
    }

    #[test]
    fn a_date_is_one_word_however_written() {
        for written in ["28.02.2021", "28/2/2021,", "28-02-2021", "2021-02-28", "(2021-2-28)"] {
            check(written, &["2021-02-28"]);
        }
        check("2021-02", &["2021-02"]);
        check("31.02.2021", &["31", "02", "2021"]);
        check("192.168.1.1", &["192", "168", "1", "1"]);
        assert_eq!(date_words("2021-02-28T14:02"), ["2021-02", "2021", "2021-02-28"]);
        assert_eq!(date_words("2021"), ["2021"]);
        assert!(date_words("yesterday").is_empty());
    }

    #[test]
    fn spellings_share_a_sound_form() {
        let share = |a: &str, b: &str| sounds(a).iter().any(|form| sounds(b).contains(form));
        assert!(share("fairfax", "fairfaks"));
        assert!(share("чавдаров", "chavdarov"));
        assert!(share("cavdarov", "chavdarov"));
        assert!(!share("fairfax", "fairfield"));
        assert!(sounds("cb1234").is_empty());
    }

    #[test]
    fn one_letter_may_differ_and_no_more() {
        for (a, b) in [
            ("cole", "cole"),
            ("cole", "cale"),
            ("cole", "coles"),
            ("cole", "ole"),
            ("cole", "colle"),
            ("cole", "cloe"),
            ("чавдар", "чаврад"),
        ] {
            assert_eq!(one_letter_apart(a, b), b != "чаврад", "{a} {b}");
            assert_eq!(one_letter_apart(b, a), b != "чаврад", "{b} {a}");
        }
        assert!(!one_letter_apart("cole", "le"));
        assert!(!one_letter_apart("cole", "clae"));
        assert!(one_letter_apart("", "a"));
    }
}
