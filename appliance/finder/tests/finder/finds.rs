//! What is found, why, and by whom. Every case is asked twice: while the records wait, and when they are written.

use cairn_finder::{FinderError, IndexedRecord, LIMIT_MAX, MatchedBy, Query, SearchIndex};
use cairn_record::Kind;

use crate::made_up::{SECRET, SHARED, ask, found, id, open, person, record};

/// Runs `look` on the records while they wait and again when they are written.
#[track_caller]
fn check(records: &[IndexedRecord], look: impl Fn(&SearchIndex)) {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    for record in records {
        index.put(record.clone()).unwrap();
    }
    assert_eq!(index.pending(), records.len());
    look(&index);
    index.commit(b"1").unwrap();
    assert_eq!(index.pending(), 0);
    look(&index);
    index.rest().unwrap();
    look(&index);
}

#[track_caller]
fn check_found(records: &[IndexedRecord], text: &str, expected: &[(u64, MatchedBy)]) {
    let expected: Vec<_> = expected.iter().map(|(number, by)| (id(*number), *by)).collect();
    check(records, |index| assert_eq!(found(&index.search(&ask(text)).unwrap()), expected, "{text}"));
}

#[test]
fn a_name_is_found_in_every_script_and_spelling_exact_ones_first() {
    let people = [
        person(1, "Јован", "Чавдаров"),
        person(2, "Jovan", "Chavdarov"),
        person(3, "Jovan", "Čavdarov"),
        person(4, "Jovan", "Petrov"),
    ];
    use MatchedBy::{Name, SoundsLike};
    check_found(&people, "Чавдаров", &[(1, Name), (3, SoundsLike), (2, SoundsLike)]);
    check_found(&people, "chavdarov", &[(2, Name), (3, SoundsLike), (1, SoundsLike)]);
    check_found(&people, "CAVDAROV", &[(3, Name), (2, SoundsLike), (1, SoundsLike)]);
}

#[test]
fn a_misheard_and_a_mistyped_name_are_found_and_say_so() {
    let people = [person(1, "Elin", "Fairfax"), person(2, "Elin", "Fairfield"), person(3, "Tove", "Hartwell")];
    use MatchedBy::{Misspelt, Name, Prefix, SoundsLike};
    check_found(&people, "Fairfaks", &[(1, SoundsLike)]);
    check_found(&people, "Fiarfax", &[(1, Misspelt)]);
    check_found(&people, "Fairfax", &[(1, Name)]);
    check_found(&people, "fairf", &[(2, Prefix), (1, Prefix)]);
    check_found(&people, "fairfax elin", &[(1, Name)]);
    check_found(&people, "fairfax tove", &[]);
}

#[test]
fn every_word_of_the_question_has_its_own_reason() {
    let people =
        [person(1, "Elin", "Fairfax"), record(2, Kind::Report, &[("title", "Note"), ("text", "Elin in a van")])];
    check(&people, |index| {
        let answer = index.search(&ask("elin fairfaks")).unwrap();
        let why: Vec<_> = answer.hits[0].why.iter().map(|found| (found.word.as_str(), found.by)).collect();
        assert_eq!(why, [("elin", MatchedBy::Name), ("fairfaks", MatchedBy::SoundsLike)]);
        let also: Vec<_> = answer.also_searched.iter().map(|also| (also.word.as_str(), also.form.as_str())).collect();
        assert!(also.is_empty(), "both words are their own sound forms");
        let also = index.search(&ask("fairfax CB1234")).unwrap().also_searched;
        let ways: Vec<_> = also.iter().map(|also| (also.word.as_str(), also.by)).collect();
        let (sounds, looks) = (MatchedBy::SoundsLike, MatchedBy::LookAlike);
        assert_eq!(ways, [("fairfax", sounds), ("fairfax", sounds), ("cb1234", looks), ("fairfax cb1234", looks)]);
        let answer = index.search(&ask("elin")).unwrap();
        assert_eq!(found(&answer), [(id(1), MatchedBy::Name), (id(2), MatchedBy::Word)], "a name before a mention");
    });
}

#[test]
fn a_plate_is_found_however_it_is_written_and_however_it_was_misread() {
    let cars = [
        record(1, Kind::Vehicle, &[("plate", "CB-1234-AO"), ("make_model", "Testa Modena")]),
        record(2, Kind::Vehicle, &[("plate", "CB 9999 AO")]),
    ];
    use MatchedBy::{Identifier, LookAlike, Prefix};
    for written in ["CB1234AO", "cb 1234 ao", "CB-1234-AO", "СВ-1234 АО"] {
        check_found(&cars, written, &[(1, Identifier)]);
    }
    check_found(&cars, "C8-I234-A0", &[(1, LookAlike)]);
    check_found(&cars, "CB12", &[(1, Prefix)]);
    check(&cars, |index| {
        let answer = index.search(&ask("CB-1234-AO modena")).unwrap();
        let why: Vec<_> = answer.hits[0].why.iter().map(|found| found.by).collect();
        assert_eq!(why, [Identifier, Identifier, Identifier, MatchedBy::Word]);
    });
}

#[test]
fn a_telephone_is_found_with_and_without_its_country() {
    let phones = [record(1, Kind::Phone, &[("number", "+389 72 036-739")])];
    check_found(&phones, "+38972036739", &[(1, MatchedBy::Identifier)]);
    check_found(&phones, "00389 72 036 739", &[(1, MatchedBy::Identifier)]);
    check_found(&phones, "072 036 739", &[(1, MatchedBy::LookAlike)]);
    check_found(&phones, "072 036 738", &[]);
}

#[test]
fn a_date_is_found_in_the_form_people_write() {
    let people = [
        record(1, Kind::Person, &[("surname", "Hartwell"), ("date_of_birth", "1985-03-07")]),
        record(2, Kind::Person, &[("surname", "Hartwell"), ("date_of_birth", "1985")]),
    ];
    for written in ["7.3.1985", "07/03/1985", "1985-03-07"] {
        check_found(&people, written, &[(1, MatchedBy::Word)]);
    }
    check_found(&people, "1985 hartwell", &[(2, MatchedBy::Word), (1, MatchedBy::Word)]);
}

#[test]
fn who_may_not_read_a_space_neither_finds_nor_counts_it() {
    let mut hidden = person(2, "Elin", "Fairfax");
    hidden.space = SECRET;
    check(&[person(1, "Elin", "Fairfax"), hidden], |index| {
        let shared = index.search(&ask("fairfax")).unwrap();
        assert_eq!((shared.total, shared.kinds.as_slice()), (1, &[(Kind::Person, 1)][..]));
        assert_eq!(shared.holders, [("Bridge post".to_string(), 1)]);
        assert_eq!(found(&shared), [(id(1), MatchedBy::Name)]);
        let both = index.search(&Query { spaces: vec![SHARED, SECRET], ..ask("fairfax") }).unwrap();
        assert_eq!(both.total, 2);
        let none = index.search(&Query { spaces: Vec::new(), ..ask("fairfax") }).unwrap();
        assert_eq!((none.total, none.hits.len()), (0, 0));
    });
}

#[test]
fn kinds_are_counted_beside_the_ones_asked_for_and_holders_within_them() {
    let mut from_hub = record(3, Kind::Organisation, &[("name", "Fairfax Haulage")]);
    from_hub.holder = "Hub".into();
    let records = [person(1, "Elin", "Fairfax"), person(2, "Ove", "Fairfax"), from_hub];
    check(&records, |index| {
        let answer = index.search(&Query { kinds: vec![Kind::Organisation], ..ask("fairfax") }).unwrap();
        assert_eq!(answer.total, 1);
        assert_eq!(answer.kinds, [(Kind::Person, 2), (Kind::Organisation, 1)]);
        assert_eq!(answer.holders, [("Hub".to_string(), 1)]);
        let answer = index.search(&Query { holders: vec!["Bridge post".into()], ..ask("fairfax") }).unwrap();
        assert_eq!(found(&answer).len(), 2);
    });
}

#[test]
fn pages_follow_each_other_newest_first() {
    let people: Vec<_> = (0..30).map(|number| person(number, "Elin", "Fairfax")).collect();
    check(&people, |index| {
        let page = |offset, limit| {
            let answer = index.search(&Query { offset, limit, ..ask("fairfax") }).unwrap();
            assert_eq!(answer.total, 30);
            answer.hits.iter().map(|hit| hit.record).collect::<Vec<_>>()
        };
        let newest_first: Vec<_> = (0..30).rev().map(id).collect();
        assert_eq!([page(0, 12), page(12, 12), page(24, 12)].concat(), newest_first);
        assert!(page(40, 12).is_empty());
        assert!(page(0, 0).is_empty(), "a limit of 0 counts only");
    });
}

#[test]
fn questions_over_the_limits_are_refused_with_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    let long = index.search(&ask(&"x".repeat(201)));
    assert!(matches!(long, Err(FinderError::QueryTooLong { chars: 201, max: 200 })));
    let wide = index.search(&Query { limit: LIMIT_MAX + 1, ..ask("x") });
    assert!(matches!(wide, Err(FinderError::PageTooLarge { .. })));
    let words = index.search(&ask(&"ab ".repeat(20))).unwrap();
    assert_eq!(words.ignored.len(), 8);
    for nothing in ["", "  ", "-", "🦀", "\u{0}"] {
        assert_eq!(index.search(&ask(nothing)).unwrap().total, 0, "{nothing:?}");
    }
}

#[test]
fn what_changes_is_found_as_it_is_now() {
    let dir = tempfile::tempdir().unwrap();
    let (index, _) = open(dir.path());
    let count = |text| index.search(&ask(text)).unwrap().total;
    index.put(person(1, "Elin", "Fairfax")).unwrap();
    index.commit(b"1").unwrap();
    index.put(person(1, "Elin", "Hartwell")).unwrap();
    assert_eq!((count("fairfax"), count("hartwell"), count("elin")), (0, 1, 1), "the change waits");
    index.commit(b"2").unwrap();
    assert_eq!((count("fairfax"), count("hartwell"), count("elin")), (0, 1, 1), "the change is written");
    index.remove(id(1)).unwrap();
    assert_eq!(count("elin"), 0, "the removal waits");
    index.commit(b"3").unwrap();
    assert_eq!(count("elin"), 0, "the removal is written");
    index.put(person(1, "Elin", "Fairfax")).unwrap();
    index.commit(b"4").unwrap();
    assert_eq!(count("elin"), 1, "back again");
}
