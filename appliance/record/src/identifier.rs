//! Identifiers: what makes two records point at the same thing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::normalise::{self, lookalike};
use crate::schema::schema;
use crate::{FieldNo, FieldType, Kind, Value};

/// What an identifier identifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// A registration mark.
    Plate,
    /// A telephone number.
    Phone,
    /// A document number.
    Document,
    /// A vehicle identification number.
    Vin,
    /// A name with or without a date of birth.
    Name,
}

/// A value in the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Identifier {
    /// What it identifies.
    pub kind: IdentifierKind,
    /// Normalised: equal text means the same identifier. A name is its folded words, sorted, and when the
    /// date of birth is known `|` and the date: `fairfax william|1997-04-08`.
    pub exact: String,
    /// Equal text means possibly the same: look-alike folded (O/0, I/1, B/8 …) for plates, documents and
    /// VINs, the last eight digits of a phone, the spelling-independent skeleton of a name.
    pub lookalike: String,
}

impl Identifier {
    /// A plate; `None` when nothing of it is left after normalising. The others likewise.
    pub fn plate(raw: &str) -> Option<Self> {
        Self::folded(IdentifierKind::Plate, normalise::plate(raw))
    }

    /// A document number.
    pub fn document(raw: &str) -> Option<Self> {
        Self::folded(IdentifierKind::Document, normalise::document(raw))
    }

    /// A vehicle identification number.
    pub fn vin(raw: &str) -> Option<Self> {
        Self::folded(IdentifierKind::Vin, normalise::vin(raw))
    }

    /// A telephone number written down in `default_country` (alpha-3).
    pub fn phone(raw: &str, default_country: Option<&str>) -> Option<Self> {
        let number = normalise::phone(raw, default_country)?;
        let lookalike = normalise::phone_tail(&number.exact);
        Some(Self { kind: IdentifierKind::Phone, exact: number.exact, lookalike })
    }

    /// A name, with the date of birth (ISO 8601, possibly partial) when it is known.
    pub fn name(raw: &str, date_of_birth: Option<&str>) -> Option<Self> {
        let (exact, lookalike) = (normalise::name_key(raw), normalise::skeleton_key(raw));
        if exact.is_empty() {
            return None;
        }
        let dated = |key: String| date_of_birth.map_or(key.clone(), |date| format!("{key}|{date}"));
        Some(Self { kind: IdentifierKind::Name, exact: dated(exact), lookalike: dated(lookalike) })
    }

    fn folded(kind: IdentifierKind, exact: String) -> Option<Self> {
        let lookalike = lookalike(&exact);
        (!exact.is_empty()).then_some(Self { kind, exact, lookalike })
    }
}

/// Everything a record is found by when somebody checks an identifier, without repeats: the values of all
/// fields that identify, and the names of people and organisations. A person is listed under every name
/// alone and, when the date of birth is known, under every name with it. `default_country` (alpha-3) is
/// where a telephone number was written down, unless the record itself has a country.
pub fn identifiers(
    kind: Kind,
    fields: &BTreeMap<FieldNo, Vec<Value>>,
    default_country: Option<&str>,
) -> Vec<Identifier> {
    let record = Reader { kind, fields };
    let own_country = record.first("country");
    let country = own_country.as_deref().or(default_country);
    let mut found = BTreeSet::new();
    for field in schema(kind).fields.iter().filter(|field| field.identifies) {
        for text in record.all(field.key) {
            found.extend(match field.holds {
                FieldType::Plate => Identifier::plate(&text),
                FieldType::Phone => Identifier::phone(&text, country),
                FieldType::DocumentNumber => Identifier::document(&text),
                FieldType::Vin => Identifier::vin(&text),
                // Names are put together from several fields below.
                _ => None,
            });
        }
    }
    found.extend(names(&record));
    found.into_iter().collect()
}

/// The names of a person, an organisation or the holder of a document.
fn names(record: &Reader<'_>) -> Vec<Identifier> {
    match record.kind {
        Kind::Person => {
            let surname = record.first("surname").unwrap_or_default();
            let forenames = record.first("forenames").unwrap_or_default();
            let mut whole = vec![format!("{surname} {forenames}")];
            for alias in record.all("alias") {
                // An alias is a whole other name or only another forename (Liz for Elizabeth).
                if normalise::name_tokens(&alias).len() == 1 && !surname.is_empty() {
                    whole.push(format!("{surname} {alias}"));
                }
                whole.push(alias);
            }
            with_and_without_birth(&whole, record.first("date_of_birth").as_deref())
        }
        Kind::Organisation => {
            let all = record.all("name").into_iter().chain(record.all("alias"));
            all.filter_map(|name| Identifier::name(&name, None)).collect()
        }
        Kind::Document => {
            let holder: Vec<String> = record.all("holder_name");
            with_and_without_birth(&holder, record.first("holder_date_of_birth").as_deref())
        }
        _ => Vec::new(),
    }
}

fn with_and_without_birth(names: &[String], birth: Option<&str>) -> Vec<Identifier> {
    let dated = |name: &String| birth.and_then(|date| Identifier::name(name, Some(date)));
    names.iter().flat_map(|name| [Identifier::name(name, None), dated(name)]).flatten().collect()
}

/// Reads a record's values by the keys of its fields.
struct Reader<'a> {
    kind: Kind,
    fields: &'a BTreeMap<FieldNo, Vec<Value>>,
}

impl Reader<'_> {
    fn all(&self, key: &str) -> Vec<String> {
        let values = schema(self.kind).by_key(key).and_then(|field| self.fields.get(&field.no));
        values.into_iter().flatten().map(Value::to_text).collect()
    }

    fn first(&self, key: &str) -> Option<String> {
        self.all(key).into_iter().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(kind: Kind, values: &[(&str, &str)]) -> BTreeMap<FieldNo, Vec<Value>> {
        let mut fields = BTreeMap::<_, Vec<_>>::new();
        for (key, text) in values {
            fields.entry(schema(kind).by_key(key).unwrap().no).or_default().push(Value::from(*text));
        }
        fields
    }

    #[track_caller]
    fn check(kind: Kind, values: &[(&str, &str)], expected: &[(IdentifierKind, &str)]) {
        let found = identifiers(kind, &fields(kind, values), Some("MKD"));
        let found: Vec<_> = found.iter().map(|id| (id.kind, id.exact.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn things_are_found_by_what_identifies_them() {
        use IdentifierKind::{Document, Name, Phone, Plate, Vin};
        check(
            Kind::Vehicle,
            &[("plate", "rh-29y-fl"), ("vin", "1M8GDM9AXKPO42788")],
            &[(Plate, "RH29YFL"), (Vin, "1M8GDM9AXKP042788")],
        );
        check(Kind::Phone, &[("number", "072 036 739")], &[(Phone, "+38972036739")]);
        check(Kind::Phone, &[("number", "07431038804"), ("country", "GBR")], &[(Phone, "+447431038804")]);
        check(Kind::Event, &[("plates", "0060LBP"), ("phones", "112")], &[(Plate, "0060LBP"), (Phone, "112")]);
        check(
            Kind::Document,
            &[("number", "a 123"), ("holder_name", "Eriksson Anna")],
            &[(Document, "A123"), (Name, "anna eriksson")],
        );
    }

    #[test]
    fn a_person_is_found_by_every_name_with_and_without_the_date_of_birth() {
        let person =
            [("surname", "Fairfax"), ("forenames", "Elizabeth"), ("alias", "Liz"), ("date_of_birth", "1996-02-18")];
        use IdentifierKind::Name;
        check(
            Kind::Person,
            &person,
            &[
                (Name, "elizabeth fairfax"),
                (Name, "elizabeth fairfax|1996-02-18"),
                (Name, "fairfax liz"),
                (Name, "fairfax liz|1996-02-18"),
                (Name, "liz"),
                (Name, "liz|1996-02-18"),
            ],
        );
        check(Kind::Person, &[("description", "tall")], &[]);
    }

    #[test]
    fn scripts_meet_in_the_lookalike() {
        let cyrillic = Identifier::name("Чавдаров Ѓорѓи", Some("1974-07-12")).unwrap();
        let latin = Identifier::name("Gjorgji Chavdarov", Some("1974-07-12")).unwrap();
        assert_ne!(cyrillic.exact, latin.exact);
        assert_eq!(cyrillic.lookalike, latin.lookalike);
    }
}
