//! The test languages: English, longer and accented, so that a person still reads it.

use std::borrow::Cow;

/// Accents every letter and adds about a third of the length, as German or Macedonian would.
pub(super) fn lengthened(text: &str) -> Cow<'_, str> {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if letters == 0 {
        return Cow::Borrowed(text);
    }
    let mut longer: String = text.chars().map(accented).collect();
    let end = longer.trim_end().len();
    let padding: String = "·~".chars().cycle().take(letters.div_ceil(3)).collect();
    longer.insert_str(end, &padding);
    Cow::Owned(longer)
}

/// Every letter changes, so that a plain one on a page did not come from a catalogue.
fn accented(c: char) -> char {
    const PLAIN: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const ACCENTED: &str = "áƀçďéƒĝĥîĵķļɱñöþǫřšťúṽŵẋýžÁƁÇĎÉƑĜĤÎĴĶĻṀÑÖÞǪŘŠŤÚṼŴẊÝŽ";
    PLAIN.chars().position(|plain| plain == c).and_then(|at| ACCENTED.chars().nth(at)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_grows_and_stays_readable_and_spaces_stay_at_its_ends() {
        assert_eq!(lengthened("Sign in "), "Šîĝñ îñ·~ ");
        assert_eq!(lengthened(" – "), " – ");
    }

    #[test]
    fn no_letter_stays_plain() {
        let letters: String = ('a'..='z').chain('A'..='Z').collect();
        assert!(!lengthened(&letters).contains(|c: char| c.is_ascii_alphabetic()));
    }
}
