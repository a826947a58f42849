//! Telephone numbers: to E.164 where the country can be known, otherwise the digits as dialled.

use unicode_normalization::UnicodeNormalization;

use crate::country::{self, Country};

/// Most digits of a number in E.164, country calling code included.
const DIGITS_MAX: usize = 15;
/// Fewest digits that are taken for a number with its country. Shorter ones are short codes.
const INTERNATIONAL_DIGITS_MIN: usize = 7;
/// How many last digits are compared when the country of one of two numbers is not known.
const TAIL_DIGITS: usize = 8;

/// A telephone number in the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneNumber {
    /// `+` and digits (E.164) when the country is certain, otherwise the digits as they were dialled.
    pub exact: String,
    /// Whether `exact` is E.164.
    pub international: bool,
    /// The extension, if one was given.
    pub extension: Option<String>,
}

/// Reads a telephone number. `default_country` is the alpha-3 code of the country in which it was written
/// down, for numbers without a calling code; when the number cannot belong to that country's plan, its
/// digits stay as they are rather than becoming some other subscriber's number. `None` when there are
/// fewer than three digits or letters that do not belong.
pub fn phone(raw: &str, default_country: Option<&str>) -> Option<PhoneNumber> {
    let ascii: String = raw.nfkc().collect();
    let (number, extension) = split_extension(ascii.trim());
    if number.chars().any(|c| !(c.is_ascii_digit() || is_separator(c) || c == '+')) {
        return None;
    }
    // "+44 (0)20 …": the bracket tells callers from inside the country what to add.
    let without_hint = if number.contains('+') { number.replace("(0)", "") } else { number.to_owned() };
    let plus = without_hint.trim_start_matches(|c: char| is_separator(c)).starts_with('+');
    let digits: String = without_hint.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < 3 || number.trim_start_matches(is_separator).chars().skip(1).any(|c| c == '+') {
        return None;
    }
    let home = default_country.and_then(country::by_alpha3).filter(|country| !country.calling_code.is_empty());
    let e164 = if plus { international(&digits) } else { dialled(&digits, home) };
    let extension = extension.filter(|text| !text.is_empty());
    Some(match e164 {
        Some(exact) => PhoneNumber { exact, international: true, extension },
        None => PhoneNumber { exact: digits, international: false, extension },
    })
}

/// The last eight digits of a normalised number: what a number with and the same number without its
/// country have in common. Shorter numbers are compared whole.
pub fn phone_tail(exact: &str) -> String {
    let digits: Vec<char> = exact.chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(TAIL_DIGITS)..].iter().collect()
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '(' | ')' | '-' | '.' | '/' | '‐' | '‑' | '–' | '·' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}')
}

/// Splits `… ext. 12`, `… x12` and `…;ext=12`.
fn split_extension(text: &str) -> (&str, Option<String>) {
    let lower = text.to_ascii_lowercase();
    for mark in [";ext=", "ext.", "ext", "x", "#"] {
        let Some(at) = lower.find(mark) else { continue };
        let extension = text[at + mark.len()..].trim();
        if extension.bytes().all(|byte| byte.is_ascii_digit()) {
            return (text[..at].trim_end(), Some(extension.to_owned()));
        }
    }
    (text, None)
}

/// Digits that followed a plus: the calling code comes first.
fn international(digits: &str) -> Option<String> {
    if !(INTERNATIONAL_DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) || digits.starts_with('0') {
        return None;
    }
    // A trunk zero kept by mistake after the calling code (+44 07…) is dropped where the plan proves it.
    let corrected = country::all().iter().find_map(|country| {
        let national = digits.strip_prefix(country.calling_code).filter(|_| !country.calling_code.is_empty())?;
        if fits(national, country) {
            return None;
        }
        let rest = national.strip_prefix('0').filter(|rest| fits(rest, country))?;
        Some(format!("+{}{rest}", country.calling_code))
    });
    let fits_as_it_is = country::all().iter().any(|country| {
        let national = digits.strip_prefix(country.calling_code).filter(|_| !country.calling_code.is_empty());
        national.is_some_and(|national| fits(national, country))
    });
    match corrected {
        Some(corrected) if !fits_as_it_is => Some(corrected),
        _ => Some(format!("+{digits}")),
    }
}

/// Digits as somebody in `home` dials them.
fn dialled(digits: &str, home: Option<&Country>) -> Option<String> {
    if let Some(rest) = digits.strip_prefix("00") {
        return international(rest);
    }
    let home = home?;
    if home.calling_code == "1"
        && let Some(rest) = digits.strip_prefix("011")
    {
        return international(rest);
    }
    let trunk = (!home.trunk.is_empty()).then(|| digits.strip_prefix(home.trunk)).flatten();
    // Where no trunk prefix exists a zero in front is a habit of people from elsewhere.
    let national = [Some(digits), trunk, digits.strip_prefix('0'), digits.strip_prefix(home.calling_code)]
        .into_iter()
        .flatten()
        .find(|national| fits(national, home))?;
    Some(format!("+{}{national}", home.calling_code))
}

/// Whether a national number can belong to the country's numbering plan.
fn fits(national: &str, country: &Country) -> bool {
    let whole = country.calling_code.len() + national.len();
    (INTERNATIONAL_DIGITS_MIN..=DIGITS_MAX).contains(&whole)
        && country.plan.iter().any(|(length, first_digits)| {
            usize::from(*length) == national.len() && national.starts_with(|first| first_digits.contains(first))
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(raw: &str, home: Option<&str>, expected: &str) {
        assert_eq!(phone(raw, home).map(|number| number.exact).as_deref(), Some(expected), "{raw}");
    }

    #[test]
    fn numbers_with_a_calling_code_need_no_country() {
        check("+44 79 528 76624", None, "+447952876624");
        check("00447946462670", None, "+447946462670");
        check("+389 72 036-739", Some("GBR"), "+38972036739");
        check("+44 (0)7952 876624", None, "+447952876624");
        check("+4407952876624", None, "+447952876624");
        check("011 44 7952 876624", Some("USA"), "+447952876624");
    }

    #[test]
    fn national_numbers_get_the_country_they_were_written_in() {
        check("07431038804", Some("GBR"), "+447431038804");
        check("072 036 739", Some("MKD"), "+38972036739");
        check("612172676", Some("ESP"), "+34612172676");
        check("0612172676", Some("ESP"), "+34612172676");
        check("06 49 12 34 5", Some("ITA"), "+39064912345");
        check("447431038804", Some("GBR"), "+447431038804");
        check("(202) 555-0143", Some("USA"), "+12025550143");
    }

    #[test]
    fn a_number_that_cannot_be_of_that_country_keeps_its_digits() {
        check("072785057", Some("ESP"), "072785057");
        check("07249698110", Some("MKD"), "07249698110");
        check("0637804801", Some("GBR"), "0637804801");
        check("0712345678", Some("GBR"), "0712345678");
        check("07431038804", None, "07431038804");
        check("112", Some("MKD"), "112");
    }

    #[test]
    fn the_tail_joins_numbers_with_and_without_a_country() {
        let tail = |raw: &str, home| phone_tail(&phone(raw, home).unwrap().exact);
        assert_eq!(tail("+38972785057", None), tail("072785057", Some("ESP")));
        assert_eq!(tail("+447249698110", None), tail("07249698110", Some("MKD")));
    }

    #[test]
    fn an_extension_is_kept_apart() {
        let number = phone("+44 20 7946 0123 ext. 12", None).unwrap();
        assert_eq!((number.exact.as_str(), number.extension.as_deref()), ("+442079460123", Some("12")));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for raw in ["", "12", "RH29YFL", "call me", "+44+44123456"] {
            assert_eq!(phone(raw, Some("GBR")), None, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered_and_a_normal_form_stays(raw in any::<String>()) {
            let _ = phone(&raw, Some("MKD"));
        }

        #[test]
        fn normalising_twice_is_the_same_as_once(raw in "(\\+|00|0)?[0-9 ()/-]{3,18}", home in 0usize..250) {
            let home = country::all().get(home).map(|country| country.alpha3);
            if let Some(once) = phone(&raw, home).filter(|once| once.international) {
                prop_assert_eq!(phone(&once.exact, home).map(|twice| twice.exact), Some(once.exact));
            }
        }
    }
}
