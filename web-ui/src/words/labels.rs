//! Labels of kinds, fields and codes: from the catalogue where it has them, else in English from the schema.

use std::borrow::Borrow;

use cairn_casebook::Role;
use cairn_record::schema::schema;
use cairn_record::{Field, FieldType, Kind};

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
