//! One small file of each known system through its shipped mapping: what the rows become, and why the
//! broken ones do not.

#![expect(clippy::unwrap_used, reason = "these are tests, and their helpers fail like them")]

use cairn_intake::{Mapping, Rejected, RowDrafts, read, shipped, sniff};
use cairn_record::{IdentifierKind, Kind, RecordDraft, identifiers, title};

const TODAY: &str = "2026-11-23";

const FILES: &[(&str, &[u8])] = &[
    ("northmark-crime", include_bytes!("data/northmark-crime.csv")),
    ("northmark-custody", include_bytes!("data/northmark-custody.csv")),
    ("northmark-command", include_bytes!("data/northmark-command.csv")),
    ("vardara-crime", include_bytes!("data/vardara-crime.csv")),
    ("vardara-custody", include_bytes!("data/vardara-custody.csv")),
    ("vardara-command", include_bytes!("data/vardara-command.csv")),
    ("sierra-norte-crime", include_bytes!("data/sierra-norte-crime.csv")),
    ("sierra-norte-custody", include_bytes!("data/sierra-norte-custody.csv")),
    ("sierra-norte-command", include_bytes!("data/sierra-norte-command.csv")),
];

fn mapping(name: &str) -> Mapping {
    let (_, text) = shipped().iter().find(|(known, _)| *known == name).unwrap();
    Mapping::parse(text).unwrap()
}

fn file(name: &str) -> &'static [u8] {
    FILES.iter().find(|(known, _)| *known == name).unwrap().1
}

fn rows(name: &str) -> (Vec<RowDrafts>, Vec<Rejected>) {
    let mapping = mapping(name);
    let (mut read_rows, mut rejected) = (Vec::new(), Vec::new());
    for row in read(file(name), &mapping, TODAY).unwrap() {
        match row {
            Ok(row) => read_rows.push(row),
            Err(row) => rejected.push(row),
        }
    }
    (read_rows, rejected)
}

/// The records of a row, one a line: part, title, and what identifies them.
fn shown(row: &RowDrafts) -> String {
    let line = |part: &cairn_intake::PartDraft| {
        let RecordDraft { kind, fields, .. } = &part.draft;
        let found = identifiers(*kind, fields, None);
        let exact: Vec<&str> =
            found.iter().filter(|id| id.kind != IdentifierKind::Name).map(|id| id.exact.as_str()).collect();
        let line = format!("{}: {} [{}]\n", part.part, title(*kind, fields), exact.join(" "));
        line.replace(" []", "")
    };
    row.drafts.iter().map(line).collect()
}

#[track_caller]
fn check_rejected(name: &str, expected: &[(u64, &str)]) {
    let (_, rejected) = rows(name);
    let found: Vec<(u64, &str)> = rejected.iter().map(|row| (row.line, row.code.as_str())).collect();
    assert_eq!(found, expected, "{name}");
    for row in &rejected {
        assert!(row.reason.to_string().ends_with('.'), "{}", row.reason);
    }
}

#[test]
fn broken_rows_are_refused_with_their_line_and_the_rest_goes_on() {
    check_rejected(
        "northmark-crime",
        &[
            (4, "too-few-columns"),
            (5, "bad-date"),
            (6, "empty-row"),
            (7, "unterminated-quote"),
            (11, "repeated-reference"),
            (12, "no-reference"),
            (13, "invalid"),
            (14, "too-many-columns"),
        ],
    );
    let lines: Vec<u64> = rows("northmark-crime").0.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 3, 8, 10, 15]);
    check_rejected("northmark-custody", &[(4, "too-few-columns")]);
    check_rejected("northmark-command", &[(4, "too-few-columns")]);
    check_rejected("vardara-crime", &[(3, "bad-date")]);
    check_rejected("vardara-custody", &[(3, "empty-row")]);
    check_rejected("vardara-command", &[]);
    check_rejected("sierra-norte-crime", &[(4, "bad-date"), (5, "bad-encoding"), (6, "empty-row")]);
    check_rejected("sierra-norte-custody", &[]);
    check_rejected("sierra-norte-command", &[]);
}

#[test]
fn a_reason_says_what_stands_there() {
    let (_, rejected) = rows("northmark-crime");
    assert_eq!(rejected[1].reason.to_string(), "Recorded: \"31/02/2024\" is no date of the calendar.");
    assert_eq!(
        rejected[0].raw,
        "NOCR90002,10/06/2025,possession with intent to supply class A,witness,Blackwood,James"
    );
    assert!(rejected[4].reason.to_string().starts_with("Line 2 already has the reference \"NOCR90000\""));
}

#[test]
fn a_crime_becomes_its_event_person_vehicle_and_home() {
    let (read_rows, _) = rows("northmark-crime");
    assert_eq!(
        shown(&read_rows[0]),
        "event: NOCR90000 · facilitating unlawful immigration · 2025-06-11\n\
         person: Holloway, Margaret · 1997-04-11\n\
         vehicle: OH3338L · Opel Astra · green [OH3338L]\n\
         home: 53 Canal Wharf\n\
         role: suspect\n\
         vehicle-in-event: mentioned\n\
         lives-at: home\n"
    );
    assert!(!shown(&read_rows[1]).contains("\nvehicle"));
    let (vardara, _) = rows("vardara-crime");
    assert!(
        shown(&vardara[0])
            .contains("person: Ќосев, Зоран · 1984-10-02\nvehicle: XS 14GYC · Volkswagen Golf · green [XS14GYC]")
    );
}

#[test]
fn custody_becomes_its_event_person_document_phone_and_home() {
    let (vardara, _) = rows("vardara-custody");
    assert_eq!(
        shown(&vardara[0]),
        "event: VACU90000 · перење пари · 2024-02-05\n\
         person: Џамбазов, Горан · 1991-11-10\n\
         document: A5099398 · Џамбазов Горан [A5099398]\n\
         phone: 076538353 [+38976538353]\n\
         home: Маршал Тито 151\n\
         detained: detainee\n\
         holds: holder\n\
         uses: user\n\
         lives-at: home\n"
    );
    let (spain, _) = rows("sierra-norte-custody");
    assert!(shown(&spain[0]).contains("person: Ruiz Prieto, Concepción · 1952-08-18"));
    assert!(shown(&spain[0]).contains("phone: 0699594626 [+34699594626]"));
}

#[test]
fn a_call_becomes_its_event_with_what_the_text_marks_and_its_caller() {
    let (english, _) = rows("northmark-command");
    assert!(shown(&english[0]).starts_with("event: NOCO90000 · Caller reports silver Peugeot 308"));
    assert!(
        shown(&english[0])
            .contains("[RH29YFL +447952876624]\ncaller: +44 79 528 76624 [+447952876624]\ncalled-in: reporter")
    );
    // "a blue van 0060LBP" is no vehicle of the list: it stays text.
    assert!(english[1].drafts[0].draft.get("plates").is_empty());
    assert_eq!(english[1].drafts[0].draft.text("occurred"), Some("2024-12-31"));
    let (macedonian, _) = rows("vardara-command");
    assert!(shown(&macedonian[0]).contains("[8685EKB +38977268014]"));
    let (spanish, _) = rows("sierra-norte-command");
    assert!(shown(&spanish[0]).contains("[BT69BFV +34654815021]"));
    assert_eq!(spanish[0].drafts[0].draft.text("occurred"), Some("2025-03-17T05:47"));
}

#[test]
fn words_without_a_code_are_kept_and_told() {
    let (read_rows, _) = rows("northmark-crime");
    let goose = &read_rows[2];
    assert_eq!(goose.line, 8);
    let find = |part: &str| &goose.drafts.iter().find(|draft| draft.part == part).unwrap().draft;
    assert_eq!(find("event").text("narrative"), Some("said \"honk\", then\nran."));
    assert_eq!(find("event").text("remarks"), Some("Offence: kidnapping a goose"));
    assert_eq!(find("vehicle").text("remarks"), Some("Colour: turquoise"));
    assert!(find("vehicle").get("colour").is_empty());
    assert_eq!(
        (find("role").text("relation"), find("role").text("remarks")),
        (Some("involved"), Some("Role: bystander"))
    );
    assert_eq!(goose.remarks.len(), 3);
    let (custody, _) = rows("northmark-custody");
    assert!(custody[1].remarks[0].to_string().contains("Atlantis"));
}

#[test]
fn lost_letters_are_told_and_never_filled_in() {
    let (spain, _) = rows("sierra-norte-crime");
    assert_eq!(spain[0].drafts[2].draft.text("make_model"), Some("?koda Octavia"));
    let remarks: Vec<String> = spain[0].remarks.iter().map(ToString::to_string).collect();
    assert_eq!(remarks, ["Vehículo: letters were lost before this file was written: \"?koda Octavia\"."]);
    assert_eq!(spain[1].drafts[1].draft.text("surname"), Some("de la Cruz"));
}

#[test]
fn every_record_carries_where_it_came_from() {
    for (name, _) in FILES {
        for part in rows(name).0.iter().flat_map(|row| &row.drafts) {
            assert_eq!(part.draft.text("origin_system"), Some(*name));
            assert!(part.draft.text("origin_ref").unwrap().contains('9'));
            assert!(part.draft.text("origin_agency").unwrap().ends_with("Police"));
        }
    }
}

#[test]
fn the_same_row_names_the_same_records_again_and_links_join_them() {
    let (first, _) = rows("northmark-crime");
    let (second, _) = rows("northmark-crime");
    assert_eq!(first, second);
    // The row on line 10 repeats the one on line 2 to the byte.
    assert_eq!(first[0].drafts, first[3].drafts);
    let part = |name: &str| first[0].drafts.iter().find(|part| part.part == name).unwrap();
    let role = part("role");
    assert_eq!(role.draft.kind, Kind::Link);
    assert_eq!(role.draft.get("from")[0].as_record(), Some(part("person").id));
    assert_eq!(role.draft.get("to")[0].as_record(), Some(part("event").id));
    assert_ne!(part("person").id, first[1].drafts.iter().find(|part| part.part == "person").unwrap().id);
}

#[test]
fn a_first_look_finds_the_mapping_of_every_file() {
    for (name, bytes) in FILES {
        let seen = sniff(bytes);
        assert_eq!(seen.mapping.as_deref(), Some(*name), "{name}");
        assert!(!seen.sample.is_empty());
    }
    let northmark = sniff(file("northmark-crime"));
    let dob = northmark.columns.iter().find(|column| column.name == "DOB").unwrap();
    assert_eq!(dob.date_formats, ["dd/mm/yyyy", "mm/dd/yyyy"]);
    assert!(northmark.columns[4].date_formats.is_empty());
}

#[test]
fn a_file_that_the_mapping_does_not_fit_is_refused_whole() {
    let crime = mapping("northmark-crime");
    let wrong = read(file("northmark-custody"), &crime, TODAY).map(|_| ()).unwrap_err().to_string();
    assert!(wrong.contains("no column \"Address\", \"Colour\""), "{wrong}");
    let latin = read(file("sierra-norte-crime"), &crime, TODAY).map(|_| ()).unwrap_err().to_string();
    assert!(latin.contains("cannot be read as utf-8"), "{latin}");
    assert_eq!(read(b"\r\n", &crime, TODAY).map(|_| ()).unwrap_err().to_string(), "the file is empty");
}
