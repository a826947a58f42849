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

fn accented(c: char) -> char {
    const PLAIN: &str = "aceilnosuyzACEILNOSUYZ";
    const ACCENTED: &str = "áçéîļñöšúýžÁÇÉÎĻÑÖŠÚÝŽ";
    PLAIN.chars().position(|plain| plain == c).and_then(|at| ACCENTED.chars().nth(at)).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_grows_and_stays_readable_and_spaces_stay_at_its_ends() {
        assert_eq!(lengthened("Sign in "), "Šîgñ îñ·~ ");
        assert_eq!(lengthened(" – "), " – ");
    }
}
