//! Labels of kinds, fields, codes, grades and countries, and names of spaces: from the catalogue where it has them, else
//! in English from the tables of `cairn-record`.

use std::borrow::Borrow;

use cairn_casebook::{FORMER_REGISTRY, Grade, Role, Summary, founded_title};
use cairn_record::grade::{SCHEMES, Scheme};
use cairn_record::schema::schema;
use cairn_record::{Field, FieldType, Kind, country};

use super::{Words, pseudo};

impl Words {
    /// "Person".
    pub fn kind(self, kind: impl Borrow<Kind>) -> String {
        let kind = *kind.borrow();
        self.label(&format!("kind-{}", kind.key()), schema(kind).label)
    }

    /// "People".
    pub fn kind_plural(self, kind: impl Borrow<Kind>) -> String {
        let kind = *kind.borrow();
        self.label(&format!("kinds-{}", kind.key()), schema(kind).plural)
    }

    /// "Officer".
    pub fn role(self, role: impl Borrow<Role>) -> String {
        self.t(&format!("role-{}", role.borrow().key()))
    }

    /// Label of a field of a kind.
    pub fn field(self, kind: Kind, field: &Field) -> String {
        self.label(&format!("field-{}-{}", kind.key(), field.key), field.label)
    }

    /// Label of a field by its key, with the English one at hand.
    pub fn field_by_key(self, kind: Kind, key: &str, english: &str) -> String {
        self.label(&format!("field-{}-{key}", kind.key()), english)
    }

    /// The codes of a field with their labels, in form order; empty when it holds no codes.
    pub fn codes(self, kind: Kind, field: &Field) -> Vec<(&'static str, String)> {
        let FieldType::Code(list) = field.holds else { return Vec::new() };
        let key = |code: &str| format!("code-{}-{}-{code}", kind.key(), field.key);
        list.iter().map(|(code, english)| (*code, self.label(&key(code), english))).collect()
    }

    /// A code by the English label that the casebook gives it; what is no label of this field comes back as it is.
    pub fn code(self, kind: impl Borrow<Kind>, key: &str, english: &str) -> String {
        let kind = *kind.borrow();
        let held = schema(kind).by_key(key).map(|field| field.holds);
        let Some(FieldType::Code(list)) = held else { return english.to_string() };
        let code = list.iter().find(|(_, label)| *label == english).map(|(code, _)| *code);
        code.map_or_else(
            || english.to_string(),
            |code| self.label(&format!("code-{}-{key}-{code}", kind.key()), english),
        )
    }

    /// The name of a country by the code that records store (ISO 3166-1 alpha-3, or one of ICAO's).
    pub fn country(self, code: &str) -> Option<String> {
        country::name(code).map(|english| self.label(&format!("country-{code}"), english))
    }

    /// The code of a country as a person writes it: a code, its English name, or its name in this language.
    pub fn country_code(self, text: &str) -> Option<&'static str> {
        let typed = text.trim().to_lowercase();
        let named = |code: &&str| self.country(code).is_some_and(|name| name.to_lowercase() == typed);
        country::read(text).or_else(|| country::codes().find(named))
    }

    /// What a scheme says under a code: of the source, or of the information.
    pub fn grade_meaning(self, scheme: &Scheme, source: bool, code: &str) -> Option<String> {
        let (part, list) = if source { ("source", scheme.source) } else { ("information", scheme.information) };
        let english = list.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning)?;
        Some(self.label(&format!("grade-{}-{part}-{code}", scheme.key), english))
    }

    /// A grade in words: how far the source and the information are trusted.
    pub fn grade(self, grade: &Grade) -> String {
        let scheme = SCHEMES.iter().find(|scheme| scheme.key == grade.scheme);
        let meaning = |source, code: &str| scheme.and_then(|scheme| self.grade_meaning(scheme, source, code));
        let said = |source, code: &String| meaning(source, code).unwrap_or_else(|| code.clone());
        let (source, information) = (said(true, &grade.source), said(false, &grade.information));
        self.with("grade-in-words", &[("source", source.into()), ("information", information.into())])
    }

    /// A space by its kind and title: what founding named is said in the reader's words, other titles are as people
    /// gave them.
    pub fn space(self, kind: &str, title: &str) -> String {
        match (kind, founded_title(kind, title)) {
            ("local", _) => self.t("space-local"),
            ("registry", _) if title == FORMER_REGISTRY => self.t("space-former-registry"),
            (_, None) => title.to_string(),
            ("registry", Some(agency)) => self.a("space-registry", "agency", agency),
            ("audit", Some(agency)) => self.a("space-audit", "agency", agency),
            (_, Some(agency)) => self.a("space-records", "agency", agency),
        }
    }

    /// What a record is called: titles are in no language, and one that begins with a code begins with its label here.
    pub fn title(self, summary: &Summary) -> String {
        let title = summary.title.as_str();
        let key = match summary.kind {
            Kind::Marker => "marker",
            Kind::Link => "relation",
            Kind::Event => "event_kind",
            _ => return title.to_string(),
        };
        let Some(field) = schema(summary.kind).by_key(key) else { return title.to_string() };
        let (code, rest) = title.split_at(title.find(" · ").unwrap_or(title.len()));
        let label = self.codes(summary.kind, field).into_iter().find(|(known, _)| *known == code);
        label.map_or_else(|| title.to_string(), |(_, label)| format!("{label}{rest}"))
    }

    /// The label under this key, else the English one that the schema has.
    pub(super) fn label(self, key: &str, english: &str) -> String {
        self.find(key, &[]).unwrap_or_else(|| {
            if self.language().is_for_tests() { pseudo::lengthened(english).into_owned() } else { english.to_string() }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn countries_are_said_and_read_in_the_words_of_the_reader() {
        for language in Language::ALL {
            let words = Words::new(language);
            for code in country::codes() {
                let name = words.country(code).unwrap();
                assert_eq!(words.country_code(&name), Some(code), "{name} in {language:?}");
                assert_eq!(words.country_code(code), Some(code));
            }
        }
        assert_eq!(Words::new(Language::English).country_code("Atlantis"), None);
        assert_ne!(Words::new(Language::Longer).country("MKD").unwrap(), "North Macedonia");
    }

    #[test]
    fn spaces_that_founding_named_are_said_and_others_left_as_they_are() {
        let (english, longer) = (Words::new(Language::English), Words::new(Language::Longer));
        assert_eq!(english.space("records", "Records of Northmark"), "Records of Northmark");
        assert!(!longer.space("records", "Records of Northmark").contains("Records of"));
        assert!(longer.space("registry", "Registry of Northmark").contains("Northmark"));
        assert_eq!(longer.space("records", "Harbour cases"), "Harbour cases");
        assert_eq!(english.space("registry", FORMER_REGISTRY), FORMER_REGISTRY);
        assert!(!longer.space("registry", FORMER_REGISTRY).contains("this site alone"));
    }

    #[test]
    fn a_grade_is_told_by_what_it_means() {
        let grade = Grade { scheme: "3x5x2".into(), source: "2".into(), information: "A".into() };
        let said = Words::new(Language::English).grade(&grade);
        assert_eq!(said, "Source: Untested. Information: Known directly to the source.");
        assert!(!Words::new(Language::Longer).grade(&grade).contains("Untested"));
    }

    #[test]
    fn labels_come_from_the_schema_unless_the_catalogue_knows_better() {
        let english = Words::new(Language::English);
        let surname = schema(Kind::Person).by_key("surname").unwrap();
        assert_eq!(english.field(Kind::Person, surname), "Surname");
        assert_eq!(english.kind_plural(Kind::Person), "People");
        let longer = Words::new(Language::Longer);
        assert_ne!(longer.kind(Kind::Person), "Person");
        assert_eq!(english.code(Kind::Marker, "requested_action", "Stop"), "Stop");
        assert_ne!(longer.code(Kind::Marker, "requested_action", "Stop"), "Stop");
        assert_eq!(longer.code(Kind::Marker, "reason", "Stop"), "Stop", "what a person wrote stays as it is");
    }
}
