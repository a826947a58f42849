//! The nine exports, each with its own encoding, separator and dates.

use cairn_tests::Site;
use cairn_tests::site::sample;
use serde_json::Value;

/// What a file holds: the mapping and file, a search that finds somebody in it, and a plate, telephone or document to
/// check.
struct Export {
    name: &'static str,
    search: &'static str,
    check: &'static str,
}

fn export(name: &'static str, search: &'static str, check: &'static str) -> Export {
    Export { name, search, check }
}

/// Imports a sample at a new site and looks for what is in it.
#[track_caller]
fn imports(export: &Export) -> Value {
    let site = Site::init("Delta", "post");
    let report = site.import(export.name);
    let number = |key: &str| report[key].as_u64().unwrap();
    let rejected = report["rejected"].as_array().unwrap();
    assert_eq!(number("read"), data_rows(export.name), "every row is counted");
    assert_eq!(number("imported") + number("same") + rejected.len() as u64, number("read"), "{report:#}");
    assert!(number("imported") >= 130, "{report:#}");
    for row in rejected {
        assert!(row["line"].as_u64().unwrap() > 1 && !row["reason"].as_str().unwrap().is_empty(), "{row:#}");
    }
    let found = site.json(&["search", export.search]);
    assert!(found["total"].as_u64().unwrap() > 0, "{}: {found:#}", export.search);
    let checked = site.json(&["check", export.check]);
    assert_eq!(checked["verdict"], "hit", "{}: {checked:#}", export.check);
    report
}

/// Lines after the first.
fn data_rows(name: &str) -> u64 {
    let bytes = std::fs::read(sample(name)).unwrap();
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64 - 1
}

macro_rules! exports {
    ($($test:ident: $name:literal, $search:literal, $check:literal;)*) => {
        $(#[test]
        fn $test() {
            imports(&export($name, $search, $check));
        })*
    };
}

exports! {
    crimes_of_northmark: "northmark-crime", "Holloway", "OH3338L";
    custody_of_northmark: "northmark-custody", "Blackwood", "K5091921";
    commands_of_northmark: "northmark-command", "Sedgwick", "+447249698110";
    crimes_of_vardara: "vardara-crime", "Ќосев", "TL27DNF";
    custody_of_vardara: "vardara-custody", "Џамбазов", "A5099398";
    commands_of_vardara: "vardara-command", "Илинденска", "+38977268014";
    crimes_of_sierra_norte: "sierra-norte-crime", "Echeverría", "XL 77SEY";
    custody_of_sierra_norte: "sierra-norte-custody", "Concepción", "J9298582";
    commands_of_sierra_norte: "sierra-norte-command", "Plaza Nueva", "+34654815021";
}

#[test]
fn broken_rows_are_refused_one_by_one_with_line_and_reason() {
    let site = Site::init("Delta", "post");
    let file = sample("northmark-crime");
    let text = std::fs::read_to_string(&file).unwrap();
    let report = site.import("northmark-crime");
    let broken = text.lines().enumerate().skip(1).filter(|(_, line)| line.split(',').count() < 12);
    let broken: Vec<u64> = broken.map(|(index, _)| index as u64 + 1).collect();
    assert!(!broken.is_empty(), "the sample holds rows that are too short");
    let lines: Vec<u64> =
        report["rejected"].as_array().unwrap().iter().map(|row| row["line"].as_u64().unwrap()).collect();
    assert!(broken.iter().all(|line| lines.contains(line)), "short rows {broken:?}, rejected {lines:?}");
}

#[test]
fn a_date_that_cannot_be_is_listed_and_never_guessed() {
    let site = Site::init("Delta", "post");
    let report = site.import("sierra-norte-crime");
    let bytes = std::fs::read(sample("sierra-norte-crime")).unwrap();
    let impossible: Vec<u64> = bytes
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| line.windows(8).any(|date| date == b"99-99-99"))
        .map(|(index, _)| index as u64 + 1)
        .collect();
    assert!(!impossible.is_empty());
    let listed = |kind: &str| -> Vec<u64> {
        report[kind].as_array().unwrap().iter().map(|row| row["line"].as_u64().unwrap()).collect()
    };
    let told: Vec<u64> = listed("rejected").into_iter().chain(listed("remarks")).collect();
    assert!(impossible.iter().all(|line| told.contains(line)), "impossible dates {impossible:?}, told of {told:?}");
}

#[test]
fn all_nine_live_side_by_side_at_one_site() {
    let site = Site::init("Delta", "post");
    let mut rows = 0;
    for force in ["northmark", "vardara", "sierra-norte"] {
        for kind in ["crime", "custody", "command"] {
            rows += site.import(&format!("{force}-{kind}"))["imported"].as_u64().unwrap();
        }
    }
    assert!(rows > 1_200);
    let report = site.json(&["doctor"]);
    assert_eq!(report["well"], true, "{report:#}");
}
