//! Registration marks.

use unicode_normalization::UnicodeNormalization;

/// A plate for comparison: upper case letters and digits only, Cyrillic and Greek letters that look Latin
/// as the Latin ones (plates of such countries use only these).
pub fn plate(raw: &str) -> String {
    letters_and_digits(raw, |_| false)
}

/// A plate as somebody typed it for a search, keeping the wildcards `?` (one character) and `*` (any
/// number).
pub fn plate_pattern(raw: &str) -> String {
    letters_and_digits(raw, |c| matches!(c, '?' | '*'))
}

fn letters_and_digits(raw: &str, keep: impl Fn(char) -> bool) -> String {
    raw.nfkc()
        .flat_map(char::to_uppercase)
        .map(latin_twin)
        .filter(|c| c.is_alphanumeric() || keep(*c))
        .collect::<String>()
        .nfkc()
        .collect()
}

/// The Latin letter that looks like this Cyrillic or Greek one.
fn latin_twin(c: char) -> char {
    match c {
        'А' | 'Α' => 'A',
        'В' | 'Β' => 'B',
        'Е' | 'Ε' => 'E',
        'К' | 'Κ' => 'K',
        'М' | 'Μ' => 'M',
        'Н' | 'Η' => 'H',
        'О' | 'Ο' => 'O',
        'Р' | 'Ρ' => 'P',
        'С' => 'C',
        'Т' | 'Τ' => 'T',
        'У' | 'Υ' => 'Y',
        'Х' | 'Χ' => 'X',
        'Ј' => 'J',
        'Ѕ' => 'S',
        'І' | 'Ι' => 'I',
        'Ζ' => 'Z',
        'Ν' => 'N',
        other => other,
    }
}

/// The skeleton of a normalised plate, document number or VIN: characters that are mistaken for each other
/// become one (O, Q, D as 0; I, L as 1; Z as 2; S as 5; B as 8; G as 6).
pub fn lookalike(normalised: &str) -> String {
    normalised
        .chars()
        .map(|c| match c {
            'O' | 'Q' | 'D' => '0',
            'I' | 'L' => '1',
            'Z' => '2',
            'S' => '5',
            'B' => '8',
            'G' => '6',
            other => other,
        })
        .collect()
}

/// Whether a normalised plate fits a pattern of [`plate_pattern`].
pub fn plate_matches(pattern: &str, plate: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let plate: Vec<char> = plate.chars().collect();
    let (mut at, mut seen) = (0, 0);
    // Where the last `*` stands and how far it has swallowed: the only place one can go back to.
    let mut star: Option<(usize, usize)> = None;
    while seen < plate.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(c) if *c == '?' || *c == plate[seen] => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((star_at, swallowed)) = star else { return false };
                star = Some((star_at, swallowed + 1));
                at = star_at + 1;
                seen = swallowed + 1;
            }
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spacing_case_and_script_do_not_matter() {
        for written in ["RH-29Y-FL", "rh29 yfl", "RH·29YFL", " ＲＨ29ＹＦＬ"] {
            assert_eq!(plate(written), "RH29YFL", "{written}");
        }
        assert_eq!(plate("СК 1234 АВ"), "CK1234AB");
        assert_eq!(plate("ЅК-5678-ЈІ"), "SK5678JI");
        assert_eq!(plate(" - "), "");
    }

    #[test]
    fn lookalikes_share_a_skeleton() {
        assert_eq!(lookalike(&plate("OH 3239 BH")), lookalike(&plate("0H 3Z39 8H")));
        assert_ne!(lookalike("RH29YFL"), lookalike("RH28YFL"));
    }

    #[test]
    fn wildcards_stand_for_what_was_not_seen() {
        let fits = |pattern: &str, plate: &str| plate_matches(&plate_pattern(pattern), plate);
        assert!(fits("rh29 ?fl", "RH29YFL"));
        assert!(fits("RH*", "RH29YFL"));
        assert!(fits("*29*FL", "RH29YFL"));
        assert!(fits("*", ""));
        assert!(!fits("RH29?", "RH29YFL"));
        assert!(!fits("?RH29YFL", "RH29YFL"));
    }

    proptest! {
        #[test]
        fn normalising_twice_is_the_same_as_once(raw in any::<String>()) {
            prop_assert_eq!(plate(&plate(&raw)), plate(&raw));
            prop_assert_eq!(lookalike(&lookalike(&raw)), lookalike(&raw));
        }

        #[test]
        fn a_plate_fits_itself_and_any_part_of_it(text in "[A-Z0-9]{1,10}", from in 0usize..10) {
            let rest: String = text.chars().skip(from).collect();
            prop_assert!(plate_matches(&text, &text));
            let pattern = format!("*{rest}");
            prop_assert!(plate_matches(&pattern, &text));
        }
    }
}
