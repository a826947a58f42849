//! What a machine-readable zone says, as a person and a document to fill in a form with.

use cairn_record::mrz::Mrz;
use cairn_record::{Kind, RecordDraft, country, normalised};

/// The two records of a travel document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassportDrafts {
    /// Its holder.
    pub person: RecordDraft,
    /// The document itself.
    pub document: RecordDraft,
}

/// The holder and the document of a zone, as drafts. Names come in the capitals of the zone, without the
/// accents that it cannot write: whoever has the document in hand puts them right.
pub fn drafts(mrz: &Mrz) -> PassportDrafts {
    let mut person = RecordDraft::new(Kind::Person);
    let mut document = RecordDraft::new(Kind::Document);
    put(&mut person, "surname", Some(mrz.surname.as_str()));
    put(&mut person, "forenames", Some(mrz.forenames.as_str()));
    put(&mut person, "date_of_birth", mrz.date_of_birth.as_deref());
    put(&mut person, "gender", mrz.sex.map(gender));
    put(&mut person, "nationality", country::read(&mrz.nationality));
    put(&mut document, "document_kind", Some(mrz.document_kind()));
    put(&mut document, "number", Some(mrz.number.as_str()));
    put(&mut document, "issuing_country", country::read(&mrz.issuer));
    put(&mut document, "holder_name", Some(&format!("{} {}", mrz.surname, mrz.forenames)));
    put(&mut document, "holder_date_of_birth", mrz.date_of_birth.as_deref());
    put(&mut document, "valid_until", mrz.valid_until.as_deref());
    PassportDrafts { person: normalised(person), document: normalised(document) }
}

fn put(draft: &mut RecordDraft, key: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
        draft.add(key, value);
    }
}

fn gender(sex: char) -> &'static str {
    match sex {
        'M' => "male",
        'F' => "female",
        _ => "not_specified",
    }
}

#[cfg(test)]
mod tests {
    use cairn_record::{mrz, validate};

    use super::*;

    #[test]
    fn a_passport_fills_in_its_holder_and_itself() {
        let zone = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
        let drafts = drafts(&mrz::parse(zone, "2026-11-23").unwrap());
        assert_eq!(drafts.person.text("forenames"), Some("ANNA MARIA"));
        assert_eq!(drafts.person.text("gender"), Some("female"));
        assert_eq!(drafts.document.text("holder_name"), Some("ERIKSSON ANNA MARIA"));
        assert_eq!(drafts.document.text("issuing_country"), Some("UTO"));
        assert!(validate(&drafts.person, "2026-11-23", true).is_empty());
        assert!(validate(&drafts.document, "2026-11-23", true).is_empty());
    }
}
