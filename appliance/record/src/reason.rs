//! Why something is as it is, as data: a stable name and arguments.
//!
//! Libraries say *which* reason; whoever shows it says it in the reader's language. The English sentences stand in one
//! catalogue, `words/reasons.ftl`: the screens read it with Fluent beside their own, and [`Reason`]'s `Display` fills it in
//! for the command line, the API and the log. So that both can, its sentences have arguments and no other machinery.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::Field;

/// The catalogue of reasons in English: lines `reason-NAME = TEXT` with arguments as `{ $argument }`.
pub const ENGLISH: &str = include_str!("../words/reasons.ftl");

/// The name of a reason that only has English words: `text` holds them.
pub const PLAIN: &str = "plain";

/// A reason: the name of its sentence and what stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Stable name; the key in the catalogues is `reason-` and this.
    pub name: Cow<'static, str>,
    /// What stands in the sentence, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<Cow<'static, str>, Arg>,
}

/// What can stand in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    /// A count.
    Number(u64),
    /// Words that a person or a machine gave: a name, a number, a date.
    Text(String),
    /// Another reason.
    Reason(Box<Reason>),
    /// Several of them.
    List(Vec<Arg>),
    /// Words of the schema: the key of a label, such as `field-person-surname`, and the label in English.
    Label {
        /// Key of the label in the catalogues.
        label: String,
        /// In English.
        english: String,
    },
}

/// Which sentence, with what in it: `reason!("row-empty")`, `reason!("user-taken", user = name)`.
#[macro_export]
macro_rules! reason {
    ($name:literal $(, $arg:ident = $value:expr)* $(,)?) => {
        $crate::Reason::new($name)$(.with(stringify!($arg), $value))*
    };
}

impl Reason {
    /// The reason of this name, with nothing in it.
    pub fn new(name: &'static str) -> Self {
        Self { name: Cow::Borrowed(name), args: BTreeMap::new() }
    }

    /// With something in it.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Arg>) -> Self {
        self.args.insert(Cow::Borrowed(name), value.into());
        self
    }

    /// The words of a reason that has no sentence of its own.
    pub fn as_plain(&self) -> Option<&str> {
        match self.args.get("text") {
            Some(Arg::Text(text)) if self.name == PLAIN => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(sentence) = sentence(&self.name) else {
            // From a newer Cairn: its name and what it says are better than nothing.
            f.write_str(&self.name)?;
            return self.args.values().try_for_each(|arg| write!(f, " {arg}"));
        };
        let mut rest = sentence;
        while let Some((before, after)) = rest.split_once('{') {
            f.write_str(before)?;
            let (inside, after) = after.split_once('}').unwrap_or((after, ""));
            if let Some(arg) = self.args.get(inside.trim().trim_start_matches('$')) {
                write!(f, "{arg}")?;
            }
            rest = after;
        }
        f.write_str(rest)
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Reason(reason) => write!(f, "{reason}"),
            Self::List(all) => {
                let mut all = all.iter();
                all.next().into_iter().try_for_each(|first| write!(f, "{first}"))?;
                all.try_for_each(|next| write!(f, ", {next}"))
            }
            Self::Label { english, .. } => f.write_str(english),
        }
    }
}

/// The English sentence of this name.
fn sentence(name: &str) -> Option<&'static str> {
    static SENTENCES: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
        let entries = ENGLISH.lines().filter_map(|line| line.strip_prefix("reason-")?.split_once(" = "));
        entries.collect()
    });
    SENTENCES.get(name).copied()
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Self::new(PLAIN).with("text", text)
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::new(PLAIN).with("text", text)
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Arg {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&Field> for Arg {
    /// The label of a field. [`Problem`](crate::Problem) completes its key when the kind is known.
    fn from(field: &Field) -> Self {
        Self::Label { label: field.key.into(), english: field.label.into() }
    }
}

impl From<Reason> for Arg {
    fn from(reason: Reason) -> Self {
        Self::Reason(Box::new(reason))
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {
        $(impl From<$number> for Arg {
            fn from(number: $number) -> Self {
                Self::Number(number as u64)
            }
        })+
    };
}

numbers!(u8, u16, u32, u64, usize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_reads_as_a_sentence_in_english() {
        let reason = reason!("row-columns-cut", found = 6_usize, columns = 12_u64);
        assert_eq!(
            reason.to_string(),
            "The row has 6 columns and the header 12: it was cut off, and which columns are missing cannot be known."
        );
        assert_eq!(Reason::from("as it was said").to_string(), "as it was said");
        assert_eq!(Reason::new("of-another-time").with("a", 3_u8).to_string(), "of-another-time 3");
    }

    #[test]
    fn a_reason_survives_being_kept() {
        let label = Arg::Label { label: "field-person-surname".into(), english: "Surname".into() };
        let inner = reason!("problem-required", field = label);
        let reason = reason!("row-invalid", part = "person", why = inner);
        let kept = serde_json::to_string(&reason).unwrap();
        assert_eq!(serde_json::from_str::<Reason>(&kept).unwrap(), reason, "{kept}");
        assert_eq!(reason.to_string(), "person: Surname is missing. Fill it in.");
    }

    #[test]
    fn every_line_of_the_catalogue_is_a_sentence_that_both_readers_take() {
        for line in ENGLISH.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (key, text) = line.split_once(" = ").unwrap_or_else(|| panic!("not an entry: {line}"));
            assert!(key.starts_with("reason-"), "{key}");
            let inside = text.split('{').skip(1).map(|rest| rest.split_once('}').map(|(inside, _)| inside.trim()));
            for argument in inside {
                assert!(argument.is_some_and(|name| name.starts_with('$') && !name.contains(' ')), "{key}: {text}");
            }
        }
    }
}
