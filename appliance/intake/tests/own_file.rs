//! A person's own file through the wizard's path: look, choose columns, read. And bytes of any kind.

#![expect(clippy::unwrap_used, reason = "these are tests, and their helpers fail like them")]

use cairn_intake::{Century, ColumnChoice, DateRule, FileFormat, Mapping, read, shipped, sniff};
use cairn_record::Kind;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

const TODAY: &str = "2026-11-23";
const FILE: &str = "No;Name;First;Born;Reg;Tel;Seen\n1;Ashdown;Peter;01.02.80;RH29YFL;07431038804;05.06.2025\n2;;;;GL35KAT;;06.06.2025\n";

fn choice(column: &str, kind: Kind, field: &str, date: Option<(&str, Option<Century>)>) -> ColumnChoice {
    let rule = |(pattern, century): (&str, _)| DateRule { formats: vec![pattern.parse().unwrap()], century };
    ColumnChoice { column: column.into(), kind, field: field.into(), date: date.map(rule) }
}

#[test]
fn columns_chosen_on_a_page_become_linked_records() {
    let seen = sniff(FILE.as_bytes());
    assert_eq!((seen.separator, seen.mapping.as_deref(), seen.rows_about), (';', None, 2));
    assert_eq!(seen.columns[3].date_formats, ["dd.mm.yy"]);
    let format = FileFormat { encoding: seen.encoding, separator: seen.separator };
    let choices = [
        choice("Name", Kind::Person, "surname", None),
        choice("First", Kind::Person, "forenames", None),
        choice("Born", Kind::Person, "date_of_birth", Some(("dd.mm.yy", Some(Century::Past)))),
        choice("Reg", Kind::Vehicle, "plate", None),
        choice("Tel", Kind::Phone, "number", None),
        choice("Seen", Kind::Event, "occurred", Some(("dd.mm.yyyy", None))),
    ];
    let mapping = Mapping::from_columns("gate-book", "Riverside Police", Some("GBR"), format, "No", &choices).unwrap();
    assert_eq!(Mapping::parse(&mapping.to_toml()).unwrap(), mapping);
    let rows: Vec<_> = read(FILE.as_bytes(), &mapping, TODAY).unwrap().map(Result::unwrap).collect();
    let names: Vec<Vec<&str>> =
        rows.iter().map(|row| row.drafts.iter().map(|part| part.part.as_str()).collect()).collect();
    assert_eq!(
        names[0],
        [
            "person",
            "vehicle",
            "phone",
            "event",
            "person-event",
            "vehicle-event",
            "phone-event",
            "person-vehicle",
            "person-phone",
        ]
    );
    assert_eq!(names[1], ["vehicle", "event", "vehicle-event"]);
    assert_eq!(rows[0].drafts[0].draft.text("date_of_birth"), Some("1980-02-01"));
}

#[test]
fn a_choice_that_cannot_be_is_refused() {
    let format = FileFormat { encoding: cairn_intake::Encoding::Utf8, separator: ';' };
    let bare = [choice("Born", Kind::Person, "date_of_birth", None)];
    let error = Mapping::from_columns("x", "A", None, format, "No", &bare).unwrap_err().to_string();
    assert!(error.contains("state how its dates are written"), "{error}");
}

#[test]
fn two_columns_of_one_field_are_joined() {
    let format = FileFormat { encoding: cairn_intake::Encoding::Utf8, separator: ',' };
    let choices = [
        choice("Day", Kind::Event, "occurred", Some(("dd/mm/yyyy HH:MM", None))),
        choice("Clock", Kind::Event, "occurred", None),
        choice("Reg 1", Kind::Event, "plates", None),
        choice("Reg 2", Kind::Event, "plates", None),
    ];
    let mapping = Mapping::from_columns("gate", "A", None, format, "No", &choices).unwrap();
    let file = "No,Day,Clock,Reg 1,Reg 2\n7,05/06/2025,14:02,RH29YFL,GL35KAT\n";
    let row = read(file.as_bytes(), &mapping, TODAY).unwrap().next().unwrap().unwrap();
    assert_eq!(row.drafts[0].draft.text("occurred"), Some("2025-06-05T14:02"));
    assert_eq!(row.drafts[0].draft.get("plates").len(), 2);
}

/// Bytes that look like a file more often than not.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b",".to_vec()),
        Just(b"\t".to_vec()),
        Just(b";".to_vec()),
        Just(b"\"".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"11/06/2025".to_vec()),
        Just("Ќосев".as_bytes().to_vec()),
        Just(b"RH29YFL".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
}

/// Failures are kept beside this file: the default looks for a crate root above it.
fn kept_failures() -> ProptestConfig {
    let beside = FileFailurePersistence::WithSource("regressions");
    ProptestConfig { failure_persistence: Some(Box::new(beside)), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(kept_failures())]

    #[test]
    fn any_bytes_are_answered_row_by_row(bytes in bytes(), which in 0usize..9) {
        let _ = sniff(&bytes);
        let mapping = Mapping::parse(shipped()[which].1).unwrap();
        let (mark, header) = header_of(&mapping);
        let file = [mark, header, bytes].concat();
        let mut line = 1;
        for row in read(&file, &mapping, TODAY).unwrap() {
            let at = match &row {
                Ok(row) => row.line,
                Err(row) => row.line,
            };
            prop_assert!(at > line);
            line = at;
        }
    }

    #[test]
    fn a_broken_row_changes_nothing_for_the_others(junk in "[a-z,;\" ]{0,40}", at in 0usize..3) {
        let mapping = Mapping::parse(shipped()[2].1).unwrap();
        let good = ["A1,31/12/2024 16:52,,Mill Lane,seen,1", "A2,01/01/2025 10:00,,Mill Lane,seen,1", "A3,02/01/2025,,Mill Lane,seen,1"];
        let header = "Log,Opened,Caller Tel,Location,Narrative,Grade";
        let plain = [&[header][..], &good].concat().join("\n");
        let mut lines = [&[header][..], &good].concat();
        lines.insert(1 + at, &junk);
        let broken = lines.join("\n");
        let drafts = |file: &str| -> Vec<_> {
            read(file.as_bytes(), &mapping, TODAY).unwrap().filter_map(Result::ok).filter(|row| row.reference.starts_with('A')).map(|row| row.drafts).collect()
        };
        prop_assert_eq!(drafts(&broken), drafts(&plain));
    }
}

/// The header row of a mapping, in its encoding.
fn header_of(mapping: &Mapping) -> (Vec<u8>, Vec<u8>) {
    let separator = mapping.separator.to_string();
    let text = mapping.columns().join(&separator) + "\r\n";
    match mapping.encoding {
        cairn_intake::Encoding::Latin1 => (Vec::new(), text.chars().map(|c| c as u8).collect()),
        _ => (vec![0xEF, 0xBB, 0xBF], text.into_bytes()),
    }
}
