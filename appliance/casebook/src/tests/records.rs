use cairn_record::{Kind, Value};

use super::*;
use crate::{CasebookError, MatchKind, SearchRequest, SettleRequest, Verdict};

#[test]
fn a_saved_vehicle_is_found_by_its_plate_however_it_is_written_and_the_check_is_audited() {
    let hub = Site::hub();
    let saved = hub.save(Kind::Vehicle, &[("plate", "RH29 YFL"), ("make_model", "Peugeot 308")]);
    let answer = hub.book.check(&hub.officer(), "rh-29-yfl", NOW + 60_000).unwrap();
    assert_eq!(answer.verdict, Verdict::Hit);
    let hit = &answer.hits[0];
    assert_eq!((hit.record.id, hit.matched, hit.field.as_str()), (saved.id, MatchKind::Exact, "plate"));
    assert_eq!((hit.record.holder.person.as_str(), hit.record.holder.site.as_str()), ("Officer K.", "Hub"));
    assert_eq!(hit.age_ms, 60_000);
    let lookalike = hub.book.check(&hub.officer(), "RH29YF1", NOW).unwrap();
    assert_eq!(lookalike.verdict, Verdict::Possible);
    let lines = hub.book.audit(&hub.as_role(Role::Auditor), &Default::default(), NOW).unwrap();
    assert!(lines.iter().any(|line| line.action == "check" && line.records == [saved.id]));
}

#[test]
fn nothing_held_says_so_and_a_surname_alone_still_finds_the_person() {
    let hub = Site::hub();
    hub.save(Kind::Person, &[("surname", "Fairfax"), ("forenames", "William"), ("date_of_birth", "1997-04-08")]);
    assert_eq!(hub.book.check(&hub.officer(), "AB12CDE", NOW).unwrap().verdict, Verdict::NothingHeld);
    assert_eq!(hub.book.check(&hub.officer(), "Fairfax", NOW).unwrap().verdict, Verdict::Possible);
    assert_eq!(hub.book.check(&hub.officer(), "William Fairfax", NOW).unwrap().verdict, Verdict::Possible);
    assert_eq!(hub.book.check(&hub.officer(), "William Fairfax 1997-04-08", NOW).unwrap().verdict, Verdict::Hit);
}

#[test]
fn a_plate_with_a_letter_unseen_finds_every_plate_it_could_be() {
    let hub = Site::hub();
    let saved = hub.save(Kind::Vehicle, &[("plate", "GL35KAT")]);
    hub.save(Kind::Vehicle, &[("plate", "XS14GYC")]);
    let answer = hub.book.check(&hub.officer(), "GL35K?T", NOW).unwrap();
    assert_eq!(answer.hits.iter().map(|hit| hit.record.id).collect::<Vec<_>>(), [saved.id]);
}

#[test]
fn a_marker_shows_with_the_car_and_with_the_person_linked_to_it() {
    let hub = Site::hub();
    let car = hub.save(Kind::Vehicle, &[("plate", "NY15JRP")]).id;
    let marker = hub.mark(car, "seen at two armed robberies");
    let hit = hub.book.check(&hub.officer(), "NY15JRP", NOW).unwrap().hits.remove(0);
    assert_eq!(hit.markers.iter().map(|line| line.id).collect::<Vec<_>>(), [marker]);
    assert_eq!(hit.markers[0].reason, "seen at two armed robberies");
}

#[test]
fn two_posts_that_change_one_field_while_apart_both_keep_their_value_until_a_person_decides() {
    let hub = Site::hub();
    let (alpha, bravo) = (Site::post("Alpha", &hub, 2), Site::post("Bravo", &hub, 3));
    let car = alpha.save(Kind::Vehicle, &[("plate", "OH3338L"), ("make_model", "Opel Astra")]);
    exchange(&alpha, &hub);
    exchange(&hub, &bravo);
    alpha.edit(car.id, &car.version, &[("make_model", "Opel Astra, dented")], NOW + 1_000);
    bravo.edit(car.id, &car.version, &[("make_model", "Opel Astra Sports Tourer")], NOW + 2_000);
    exchange(&alpha, &hub);
    exchange(&bravo, &hub);
    exchange(&alpha, &hub);
    let pages: Vec<_> =
        [&alpha, &hub, &bravo].map(|site| site.book.record(&site.officer(), car.id, NOW).unwrap()).into();
    for page in &pages {
        let field = page.fields.iter().find(|field| field.key == "make_model").unwrap();
        assert!(field.conflict && page.summary.conflict);
        let mut said: Vec<_> = field.values.iter().map(|v| (v.holder.site.as_str(), v.text.as_str())).collect();
        said.sort();
        assert_eq!(said, [("Alpha", "Opel Astra, dented"), ("Bravo", "Opel Astra Sports Tourer")]);
        assert_eq!(page.version, pages[0].version);
    }
    let request = SettleRequest {
        record: car.id,
        field: field(Kind::Vehicle, "make_model"),
        value: Value::from("Opel Astra Sports Tourer"),
        version: pages[1].version.clone(),
    };
    assert_eq!(hub.book.home(&hub.officer(), NOW).unwrap().conflicts_total, 1);
    hub.book.settle(&hub.officer(), &request, NOW + 3_000).unwrap();
    exchange(&hub, &alpha);
    let page = alpha.book.record(&alpha.officer(), car.id, NOW).unwrap();
    assert!(!page.summary.conflict);
    assert!(page.history[0].settles, "the decision is a step of the history: {:?}", page.history[0]);
    assert_eq!(page.history.len(), 4);
    assert_eq!(hub.book.home(&hub.officer(), NOW).unwrap().conflicts_total, 0);
}

#[test]
fn a_form_that_was_open_too_long_does_not_overwrite_what_a_colleague_saved_meanwhile() {
    let hub = Site::hub();
    let car = hub.save(Kind::Vehicle, &[("plate", "KX16ERD"), ("description", "parked")]);
    hub.edit(car.id, &car.version, &[("description", "moving north")], NOW + 1);
    let stale = hub.edit(car.id, &car.version, &[("description", "empty")], NOW + 2);
    assert!(stale.conflict);
    let page = hub.book.record(&hub.officer(), car.id, NOW).unwrap();
    assert_eq!(page.fields.iter().find(|field| field.key == "description").unwrap().values.len(), 2);
}

#[test]
fn a_bad_draft_is_refused_with_a_reason_and_nothing_is_written() {
    let hub = Site::hub();
    let draft = draft(None, Kind::Person, &[("surname", "Holloway"), ("date_of_birth", "2999-01-01")]);
    let refused = hub.book.save_record(&hub.officer(), &SaveRequest { draft, version: None }, NOW);
    assert!(matches!(refused, Err(CasebookError::Invalid(_))), "{refused:?}");
    assert_eq!(hub.book.home(&hub.officer(), NOW).unwrap().records, 0);
}

#[test]
fn what_was_saved_at_one_post_is_checked_at_another_and_says_whose_it_is_and_how_old() {
    let hub = Site::hub();
    let (alpha, bravo) = (Site::post("Alpha", &hub, 2), Site::post("Bravo", &hub, 3));
    alpha.save(Kind::Phone, &[("number", "+44 79 528 76624")]);
    exchange(&alpha, &hub);
    // The receipt waits for company.
    hub.book.note_peer(alpha.book.identity().replica, PeerEvent::Passing, NOW + crate::receipts::GAP_MS).unwrap();
    exchange(&hub, &bravo);
    let answer = bravo.book.check(&bravo.officer(), "07952876624", NOW + 1_000).unwrap();
    assert_eq!(answer.verdict, Verdict::Hit);
    assert_eq!(answer.hits[0].record.holder.site, "Alpha");
    let alpha_line = answer.freshness.iter().find(|line| line.site == "Alpha").unwrap();
    assert_eq!(alpha_line.newest_ms, Some(NOW));
    assert!(alpha_line.complete_ms.is_some(), "the hub's receipt tells: {alpha_line:?}");
    assert_eq!(alpha.book.home(&alpha.officer(), NOW).unwrap().waiting, 0);
}

#[test]
fn a_search_further_down_than_any_list_goes_is_told_to_narrow_it() {
    let hub = Site::hub();
    let far = |offset| SearchRequest { text: "x".into(), offset, limit: 1, ..SearchRequest::default() };
    assert!(hub.book.search(&hub.officer(), &far(crate::SEARCH_OFFSET_MAX), NOW).is_ok());
    let refused = hub.book.search(&hub.officer(), &far(crate::SEARCH_OFFSET_MAX + 1), NOW).unwrap_err();
    assert!(matches!(&refused, CasebookError::BadRequest(text) if text.to_string().contains("narrow")), "{refused:?}");
    let long = SearchRequest { text: "x".repeat(201), ..SearchRequest::default() };
    let refused = hub.book.search(&hub.officer(), &long, NOW).unwrap_err();
    assert!(matches!(&refused, CasebookError::BadRequest(text) if text.to_string().contains("200")), "{refused:?}");
}
