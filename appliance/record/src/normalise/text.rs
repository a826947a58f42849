//! Tidying and folding of plain text.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// One line as it is stored: NFC, control characters and runs of white space as one space, trimmed.
pub fn tidy_line(text: &str) -> String {
    let spaced: String = text.nfc().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Several lines as they are stored: NFC, line ends as `\n`, other control characters dropped, no white
/// space at line ends or around the whole.
pub fn tidy_text(text: &str) -> String {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept: String = unix.nfc().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect();
    let lines: Vec<&str> = kept.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

/// Marks that say nothing to a reader but make two equal texts differ: byte order marks, zero-width
/// spaces and the direction marks that are pasted along with Arabic and Hebrew.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}')
}

/// Text for comparison in its own script: compatibility forms resolved, accents dropped, lower case.
/// Folding twice gives the same as folding once.
pub fn folded(text: &str) -> String {
    let mut now = fold_once(text);
    // Lower case can bring new marks (Turkish İ) and new compatibility forms, in a step or two.
    for _ in 0..4 {
        let next = fold_once(&now);
        if next == now {
            break;
        }
        now = next;
    }
    now
}

fn fold_once(text: &str) -> String {
    text.nfkd()
        .filter(|c| !is_combining_mark(*c) && !is_invisible(*c))
        .flat_map(char::to_lowercase)
        .filter(|c| !is_combining_mark(*c))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_loses_what_nobody_sees() {
        assert_eq!(tidy_line("\u{feff} de la\u{200b}  Cruz\r\n"), "de la Cruz");
        assert_eq!(tidy_line("Nu\u{301}n\u{303}ez"), "Núñez");
        assert_eq!(tidy_text("first \r\nsecond\r\n\r\n"), "first\nsecond");
    }

    #[test]
    fn folding_keeps_the_script() {
        assert_eq!(folded("Núñez"), "nunez");
        assert_eq!(folded("Ѓорѓи"), "горги");
        assert_eq!(folded("İBRAHİM"), "ibrahim");
    }

    proptest! {
        #[test]
        fn tidying_and_folding_twice_is_the_same_as_once(text in any::<String>()) {
            prop_assert_eq!(tidy_line(&tidy_line(&text)), tidy_line(&text));
            prop_assert_eq!(tidy_text(&tidy_text(&text)), tidy_text(&text));
            prop_assert_eq!(folded(&folded(&text)), folded(&text));
        }
    }
}
