//! What pages say: Fluent catalogues, the language of a request, and times in words.
//!
//! No template holds prose. A page asks [`Words`] for a sentence by key; labels of kinds, fields and codes come from
//! the schema in English and from the catalogue of another language under `kind-…`, `field-…` and `code-…`.

mod catalogue;
mod labels;
mod language;
mod linking;
mod notices;
mod pseudo;
mod reasons;
mod saying;
mod times;
mod why;

use std::borrow::Borrow;

use fluent_bundle::{FluentArgs, FluentValue};

pub use language::Language;
pub(crate) use reasons::sentence;
pub use times::Clock;
pub use why::{StepSaid, WhySaid};

/// Markup that was escaped where it was made and goes into a page as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Html(pub(crate) String);

impl std::fmt::Display for Html {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Html {}

/// The words of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    language: Language,
}

impl Words {
    /// The words of this language.
    pub const fn new(language: Language) -> Self {
        Self { language }
    }

    /// Which language.
    pub const fn language(self) -> Language {
        self.language
    }

    /// The text under this key. A key that no catalogue has comes back in brackets that no page may contain; a test
    /// looks for them.
    pub fn t(self, key: &str) -> String {
        self.find(key, &[]).unwrap_or_else(|| format!("⟦{key}⟧"))
    }

    /// The text under this key with a number called `count`.
    pub fn n(self, key: &str, count: impl Count) -> String {
        self.with(key, &[("count", number(count))])
    }

    /// The text under this key with one text argument.
    pub fn a(self, key: &str, name: &str, value: &str) -> String {
        self.with(key, &[(name, value.into())])
    }

    /// The text under this key with several arguments.
    pub fn with(self, key: &str, args: &[(&str, FluentValue<'_>)]) -> String {
        self.find(key, args).unwrap_or_else(|| format!("⟦{key}⟧"))
    }

    /// The text under this key, if there is one.
    pub fn find(self, key: &str, args: &[(&str, FluentValue<'_>)]) -> Option<String> {
        let bundle = catalogue::bundle(self.language);
        let pattern = bundle.get_message(key)?.value()?;
        // `who` is never shown: it chooses between the forms of a sentence.
        let args: FluentArgs<'_> = args
            .iter()
            .map(|(name, value)| (*name, if *name == "who" { value.clone() } else { self.isolated(value) }))
            .collect();
        let mut faults = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&args), &mut faults).into_owned();
        if faults.is_empty() { Some(text) } else { Some(format!("⟦{key}: {faults:?}⟧")) }
    }

    /// A number with its thousands grouped, as everywhere else.
    pub fn number(self, count: impl Count) -> String {
        catalogue::grouped(count.count())
    }

    /// Bytes in words: "1.2 kB".
    pub fn bytes(self, bytes: impl Borrow<u64>) -> String {
        let bytes = *bytes.borrow();
        let (key, scaled) = match bytes {
            0..1_000 => return self.with("bytes-plain", &[("size", bytes.into())]),
            1_000..1_000_000 => ("bytes-kilo", bytes as f64 / 1e3),
            1_000_000..1_000_000_000 => ("bytes-mega", bytes as f64 / 1e6),
            _ => ("bytes-giga", bytes as f64 / 1e9),
        };
        self.with(key, &[("size", format!("{scaled:.1}").into())])
    }

    /// A text argument that may be of the other writing direction than the page is fenced off, so that it does not
    /// reorder the sentence around it.
    fn isolated<'a>(self, value: &FluentValue<'a>) -> FluentValue<'a> {
        match value {
            FluentValue::String(text) if self.language.is_mirrored() || text.chars().any(is_right_to_left) => {
                format!("\u{2068}{text}\u{2069}").into()
            }
            other => other.clone(),
        }
    }
}

/// What can be counted in a sentence. Templates hand over references as well as values.
pub trait Count {
    /// How many.
    fn count(self) -> u64;
}

macro_rules! count {
    ($($number:ty),+) => {
        $(
            impl Count for $number {
                fn count(self) -> u64 {
                    self as u64
                }
            }

            impl Count for &$number {
                fn count(self) -> u64 {
                    *self as u64
                }
            }
        )+
    };
}

count!(u8, u32, u64, usize);

/// A number as an argument of a sentence.
pub fn number(count: impl Count) -> FluentValue<'static> {
    count.count().into()
}

/// Hebrew, Arabic and their neighbours, and the presentation forms.
fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: Words = Words::new(Language::English);

    #[test]
    fn sentences_take_numbers_and_names() {
        assert_eq!(ENGLISH.n("search-count", 1_u64), "1 record");
        assert_eq!(ENGLISH.n("search-count", 12_345_u64), "12,345 records");
    }

    #[test]
    fn a_missing_key_cannot_be_overlooked() {
        assert_eq!(ENGLISH.t("no-such-key"), "⟦no-such-key⟧");
    }

    #[test]
    fn text_of_the_other_direction_is_fenced_off() {
        let fenced = ENGLISH.a("search-heading-for", "text", "محمد");
        assert!(fenced.contains("\u{2068}محمد\u{2069}"), "{fenced}");
        assert!(!ENGLISH.a("search-heading-for", "text", "Marsh").contains('\u{2068}'));
    }

    #[test]
    fn bytes_are_told_in_the_unit_a_person_would_use() {
        assert_eq!(ENGLISH.bytes(0), "0 bytes");
        assert_eq!(ENGLISH.bytes(1_240), "1.2 kB");
        assert_eq!(ENGLISH.bytes(5_000_000_000), "5.0 GB");
    }
}
