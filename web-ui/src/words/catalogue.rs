//! The catalogues, read once from the files in `locales/`.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentResource, FluentValue};

use super::{Language, pseudo};

type Bundle = FluentBundle<FluentResource>;

/// The files of the English catalogue with their names.
pub(super) const ENGLISH: &[(&str, &str)] = &[
    ("frame.ftl", include_str!("../../locales/en/frame.ftl")),
    ("times.ftl", include_str!("../../locales/en/times.ftl")),
    ("start.ftl", include_str!("../../locales/en/start.ftl")),
    ("check.ftl", include_str!("../../locales/en/check.ftl")),
    ("questions.ftl", include_str!("../../locales/en/questions.ftl")),
    ("records.ftl", include_str!("../../locales/en/records.ftl")),
    ("import.ftl", include_str!("../../locales/en/import.ftl")),
    ("sync.ftl", include_str!("../../locales/en/sync.ftl")),
    ("rules.ftl", include_str!("../../locales/en/rules.ftl")),
    ("why.ftl", include_str!("../../locales/en/why.ftl")),
    ("notices.ftl", include_str!("../../locales/en/notices.ftl")),
    ("sticks.ftl", include_str!("../../locales/en/sticks.ftl")),
    ("people.ftl", include_str!("../../locales/en/people.ftl")),
    ("reasons.ftl", cairn_record::reason::ENGLISH),
];

static BUNDLES: LazyLock<[Bundle; 3]> = LazyLock::new(|| Language::ALL.map(read));

/// The catalogue of a language.
pub(super) fn bundle(language: Language) -> &'static Bundle {
    &BUNDLES[language as usize]
}

/// Reads the files of a language. A file with a fault keeps its good messages; a test shows that there are no faults.
fn read(language: Language) -> Bundle {
    let mut bundle = Bundle::new_concurrent(language.tag().parse().into_iter().collect());
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(|value, _| match value {
        FluentValue::Number(number) if number.value.fract() == 0.0 => Some(grouped(number.value as u64)),
        _ => None,
    }));
    if language.is_for_tests() {
        bundle.set_transform(Some(pseudo::lengthened));
    }
    for (name, text) in ENGLISH {
        let (resource, faults) = match FluentResource::try_new((*text).to_string()) {
            Ok(resource) => (resource, Vec::new()),
            Err((resource, faults)) => (resource, faults),
        };
        for fault in faults {
            tracing::error!("{name} of the catalogue has a fault: {fault:?}");
        }
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// Digits in groups of three.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_files_have_no_faults_and_no_key_twice() {
        let mut seen = BTreeMap::new();
        for (name, text) in ENGLISH {
            let parsed = FluentResource::try_new((*text).to_string());
            assert!(parsed.is_ok(), "{name}: {:?}", parsed.err().map(|(_, faults)| faults));
            for key in text.lines().filter_map(|line| line.split_once(" =")).map(|(key, _)| key) {
                if key.starts_with(|c: char| c.is_ascii_lowercase()) {
                    assert_eq!(seen.insert(key, name), None, "{key} is in {name} again");
                }
            }
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
