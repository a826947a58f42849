use super::*;
use crate::{CasebookError, DRAFT_AGE_MAX_MS, DRAFT_BYTES_MAX, DRAFTS_MAX, DRAFTS_PER_PERSON_MAX, Draft};

fn draft(name: &str, kept_ms: u64) -> Draft {
    let fields = vec![("surname".to_string(), format!("Half written {name}"))];
    Draft { name: name.into(), about: "new-person".into(), fields, kept_ms }
}

fn names(site: &Site, actor: &Actor, now_ms: u64) -> Vec<String> {
    site.book.drafts(actor, now_ms).unwrap().into_iter().map(|draft| draft.name).collect()
}

#[test]
fn a_draft_outlives_a_restart_and_a_rebuild_and_goes_when_it_is_dropped() {
    let hub = Site::hub();
    hub.book.keep_draft(&hub.officer(), draft("one", NOW)).unwrap();
    hub.book.keep_draft(&hub.officer(), draft("one", NOW + 3_000)).unwrap();
    let hub = hub.restart();
    hub.book.rebuild(&Actor::terminal(), NOW).unwrap();
    let kept = hub.book.draft(&hub.officer(), "one", NOW + 4_000).unwrap();
    assert_eq!(kept, Some(draft("one", NOW + 3_000)));
    hub.book.drop_draft(&hub.officer(), "one").unwrap();
    assert_eq!(hub.book.draft(&hub.officer(), "one", NOW + 4_000).unwrap(), None);
}

#[test]
fn nobody_else_sees_or_drops_a_draft_and_it_goes_to_no_other_site() {
    let hub = Site::hub();
    let bravo = Site::post("Bravo", &hub, 2);
    let other = Actor { user: "l.maric".into(), ..bravo.as_role(Role::Supervisor) };
    bravo.book.keep_draft(&bravo.officer(), draft("mine", NOW)).unwrap();
    assert_eq!(names(&bravo, &other, NOW), [""; 0]);
    bravo.book.drop_draft(&other, "mine").unwrap();
    exchange(&bravo, &hub);
    assert_eq!(names(&hub, &hub.officer(), NOW), [""; 0]);
    assert_eq!(names(&bravo, &bravo.officer(), NOW), ["mine"]);
    let auditor = bravo.book.drafts(&bravo.as_role(Role::Auditor), NOW);
    assert!(matches!(auditor, Err(CasebookError::Refused(_))));
}

#[test]
fn drafts_are_bounded_in_size_number_and_age() {
    let hub = Site::hub();
    let huge = Draft { fields: vec![("x".into(), "y".repeat(DRAFT_BYTES_MAX))], ..draft("huge", NOW) };
    assert!(matches!(hub.book.keep_draft(&hub.officer(), huge), Err(CasebookError::BadRequest(_))));
    for number in 0..=DRAFTS_PER_PERSON_MAX as u64 {
        hub.book.keep_draft(&hub.officer(), draft(&format!("draft {number}"), NOW + number)).unwrap();
    }
    let kept = names(&hub, &hub.officer(), NOW + 100);
    assert_eq!(kept.len(), DRAFTS_PER_PERSON_MAX);
    assert_eq!(kept.first().map(String::as_str), Some("draft 20"), "newest first");
    assert!(!kept.contains(&"draft 0".to_string()), "the oldest made room");
    for number in 0..DRAFTS_MAX as u64 {
        let writer = Actor { user: format!("user{number}"), ..hub.officer() };
        hub.book.keep_draft(&writer, draft("only", NOW + 1_000 + number)).unwrap();
    }
    assert_eq!(names(&hub, &hub.officer(), NOW + 2_000), [""; 0], "the oldest of the machine made room");
    let last = Actor { user: "user399".into(), ..hub.officer() };
    assert_eq!(names(&hub, &last, NOW + 2_000), ["only"]);
    assert_eq!(names(&hub, &last, NOW + 2_000 + DRAFT_AGE_MAX_MS), [""; 0]);
}
