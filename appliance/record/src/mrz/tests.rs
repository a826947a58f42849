use proptest::prelude::*;

use super::*;

const TODAY: &str = "2026-11-23";
const TD3: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
const TD2: &str = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6";
const TD1: &str = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<";
const LONG: &str = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<";

#[test]
fn a_passport_is_read() {
    let mrz = parse(TD3, TODAY).unwrap();
    assert_eq!((mrz.format, mrz.document_kind()), (Format::Td3, "passport"));
    assert_eq!((mrz.surname.as_str(), mrz.forenames.as_str()), ("ERIKSSON", "ANNA MARIA"));
    assert_eq!((mrz.number.as_str(), mrz.issuer.as_str(), mrz.nationality.as_str()), ("L898902C3", "UTO", "UTO"));
    assert_eq!(mrz.date_of_birth.as_deref(), Some("1974-08-12"));
    assert_eq!(mrz.valid_until.as_deref(), Some("2012-04-15"));
    assert_eq!((mrz.sex, mrz.optional.as_str()), (Some('F'), "ZE184226B"));
    assert!(mrz.all_agree() && mrz.repairs.is_empty() && !mrz.name_may_be_cut);
    assert_eq!(mrz.checks.len(), 5);
}

#[test]
fn cards_are_read() {
    for zone in [TD1, TD2] {
        let mrz = parse(zone, TODAY).unwrap();
        assert_eq!((mrz.number.as_str(), mrz.surname.as_str()), ("D23145890", "ERIKSSON"));
        assert!(mrz.all_agree(), "{:?}", mrz.checks);
        assert_eq!(mrz.document_kind(), "identity_card");
    }
}

#[test]
fn a_long_number_goes_on_in_the_optional_data() {
    let mrz = parse(LONG, TODAY).unwrap();
    assert_eq!((mrz.number.as_str(), mrz.optional.as_str()), ("D23145890734", ""));
    assert!(mrz.all_agree(), "{:?}", mrz.checks);
    assert_eq!(mrz.date_of_birth.as_deref(), Some("1934-07-12"));
}

#[test]
fn visas_have_no_composite_digit() {
    let visa = format!("V<{}\n{}", &TD3[2..44], "L8988901C4XXX4009078F96121096ZE184226B<<<<<<");
    let mrz = parse(&visa, TODAY).unwrap();
    assert_eq!((mrz.format, mrz.document_kind()), (Format::MrvA, "visa"));
    assert_eq!(mrz.checks.len(), 3);
    assert!(mrz.all_agree(), "{:?}", mrz.checks);
}

#[test]
fn a_swipe_without_line_ends_is_cut() {
    for zone in [TD1, TD2, TD3] {
        assert_eq!(parse(&zone.replace('\n', ""), TODAY), parse(zone, TODAY));
        assert_eq!(
            parse(&format!("  {}\r\n\r\n", zone.replace('\n', "\r\n").to_lowercase()), TODAY),
            parse(zone, TODAY)
        );
    }
}

#[test]
fn confusions_of_a_reader_are_repaired_and_told() {
    let misread = TD3.replace("7408122F", "74O8I22F").replace("UTOERIKSSON", "UT0ER1KSSON");
    let mrz = parse(&misread, TODAY).unwrap();
    assert_eq!(mrz.lines.join("\n"), TD3);
    let told: Vec<_> = mrz.repairs.iter().map(|repair| (repair.line, repair.column, repair.from, repair.to)).collect();
    assert_eq!(told, [(1, 5, '0', 'O'), (1, 8, '1', 'I'), (2, 16, 'O', '0'), (2, 18, 'I', '1')]);
}

#[test]
fn a_repair_that_does_not_make_the_digits_agree_is_not_made() {
    let misread = TD3.replace("7408122F", "74O9122F");
    let mrz = parse(&misread, TODAY).unwrap();
    assert!(mrz.repairs.is_empty() && !mrz.all_agree());
    assert_eq!(mrz.date_of_birth, None);
    assert_eq!(mrz.number, "L898902C3");
}

#[test]
fn a_wrong_digit_is_named() {
    let mrz = parse(&TD3.replace("L898902C36", "L898902C37"), TODAY).unwrap();
    let wrong: Vec<_> = mrz.checks.iter().filter(|check| !check.agrees).map(|check| check.covers.as_str()).collect();
    assert_eq!(wrong, ["number", "composite"]);
}

#[test]
fn a_birth_is_never_in_the_future_and_may_be_partial() {
    let born = |date: &str| {
        let digit = crate::normalise::check_digit::icao(date).unwrap();
        parse(&TD2.replace("7408122", &format!("{date}{digit}")), TODAY).unwrap().date_of_birth
    };
    assert_eq!(born("261124").as_deref(), Some("1926-11-24"));
    assert_eq!(born("261123").as_deref(), Some("2026-11-23"));
    assert_eq!(born("7408<<").as_deref(), Some("1974-08"));
    assert_eq!(born("74<<<<").as_deref(), Some("1974"));
    assert_eq!(born("740231"), None);
}

#[test]
fn what_is_no_zone_is_refused_with_its_reason() {
    assert!(matches!(parse("hello", TODAY), Err(MrzError::Shape { .. })));
    assert!(matches!(parse("", TODAY), Err(MrzError::Shape { .. })));
    assert_eq!(
        parse(&TD3.replace("ANNA", "AN/A"), TODAY),
        Err(MrzError::Character { line: 1, column: 18, character: '/' })
    );
    assert_eq!(parse(TD3, "soon"), Err(MrzError::Today));
    assert!(looks_like(TD1) && !looks_like("a <<< b"));
}

proptest! {
    #[test]
    fn reading_never_panics(text in any::<String>(), zone in "[A-Z0-9<]{90}|[A-Z0-9<]{88}|[A-Z0-9<]{72}") {
        let _ = parse(&text, TODAY);
        let _ = parse(&zone, TODAY).unwrap();
        let _ = parse(&zone, &text);
    }

    #[test]
    fn what_was_repaired_reads_the_same_again(mut at in 0usize..44, letter in "[OIZSBG]") {
        at += 45;
        let mut misread = TD3.to_owned();
        misread.replace_range(at..at + 1, &letter);
        let mrz = parse(&misread, TODAY).unwrap();
        if !mrz.repairs.is_empty() {
            prop_assert!(mrz.all_agree());
            let again = parse(&mrz.lines.join("\n"), TODAY).unwrap();
            prop_assert!(again.repairs.is_empty());
        }
    }
}
