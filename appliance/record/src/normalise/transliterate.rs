//! Cyrillic and Greek in Latin letters.
//!
//! One table for all languages, because a foreign name rarely says which it is from. Where languages
//! differ (Ѓ is GJ in Macedonian passports, Ђ is D or DJ in Serbian ones, Ц is C or TS) the skeleton of
//! [`super::name`] folds the spellings together afterwards.

/// `text` with Cyrillic and Greek letters, and the Latin letters that no accent explains (Đ, Ø, ß …), in
/// plain lower-case Latin; everything else stays as it is. Expects composed letters; accents on Latin
/// letters stay.
pub fn transliterate(text: &str) -> String {
    let mut latin = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match letter(c) {
            Some(replacement) => latin.push_str(replacement),
            None => latin.push(c),
        }
    }
    latin
}

fn letter(c: char) -> Option<&'static str> {
    cyrillic(c).or_else(|| greek(c)).or_else(|| special_latin(c))
}

fn cyrillic(c: char) -> Option<&'static str> {
    Some(match c {
        'а' | 'ъ' => "a",
        'б' => "b",
        'в' => "v",
        'г' | 'ґ' => "g",
        'ѓ' => "gj",
        'д' => "d",
        'ђ' => "dj",
        'е' | 'ё' | 'э' | 'є' | 'ѐ' => "e",
        'ж' => "zh",
        'з' => "z",
        'ѕ' => "dz",
        'и' | 'і' | 'ї' | 'ы' | 'ѝ' => "i",
        'й' | 'ј' => "j",
        'к' => "k",
        'ќ' => "kj",
        'л' => "l",
        'љ' => "lj",
        'м' => "m",
        'н' => "n",
        'њ' => "nj",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'ћ' => "c",
        'у' | 'ў' => "u",
        'ф' => "f",
        'х' => "h",
        'ц' => "c",
        'ч' => "ch",
        'џ' => "dj",
        'ш' => "sh",
        'щ' => "sht",
        'ь' => "",
        'ю' => "ju",
        'я' => "ja",
        _ => return None,
    })
}

fn greek(c: char) -> Option<&'static str> {
    Some(match c {
        'α' | 'ά' => "a",
        'β' => "v",
        'γ' => "g",
        'δ' => "d",
        'ε' | 'έ' => "e",
        'ζ' => "z",
        'η' | 'ή' | 'ι' | 'ί' | 'ϊ' | 'ΐ' => "i",
        'θ' => "th",
        'κ' => "k",
        'λ' => "l",
        'μ' => "m",
        'ν' => "n",
        'ξ' => "ks",
        'ο' | 'ό' | 'ω' | 'ώ' => "o",
        'π' => "p",
        'ρ' => "r",
        'σ' | 'ς' => "s",
        'τ' => "t",
        'υ' | 'ύ' | 'ϋ' | 'ΰ' => "i",
        'φ' => "f",
        'χ' => "h",
        'ψ' => "ps",
        _ => return None,
    })
}

fn special_latin(c: char) -> Option<&'static str> {
    Some(match c {
        'đ' | 'ð' => "d",
        'ø' => "o",
        'æ' => "ae",
        'œ' => "oe",
        'ß' => "ss",
        'ł' => "l",
        'ħ' => "h",
        'ı' => "i",
        'þ' => "th",
        'ŧ' => "t",
        'ə' => "e",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_the_balkans() {
        for (written, latin) in [
            ("Чавдар", "chavdar"),
            ("Никола", "nikola"),
            ("Ќамил Ѓорѓиев", "kjamil gjorgjiev"),
            ("Његош", "njegosh"),
            ("Џамбазов", "djambazov"),
            ("Γιώργος", "giorgos"),
            ("Đorđe", "dorde"),
        ] {
            assert_eq!(transliterate(written), latin, "{written}");
        }
    }
}
