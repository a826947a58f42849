use cairn_ledger::question::{ANSWER_UNIT_BYTES, Answer, Question};
use cairn_ledger::registry::SpaceKind;
use cairn_ledger::{Body, Entry, EntryDraft, EntryKind, EntryRef, Lane, LogId};

use super::*;
use crate::answering::{ANSWER_AFTER_MS, LIVE_PER_SITE_MAX};
use crate::{
    AnswerResult, AskRequest, CasebookError, OPEN_QUESTIONS_PER_PERSON_MAX, Outcome, QuestionLine, QuestionState,
    VALID_MS,
};

const PLATE: &str = "OH3338L";
const REASON: &str = "stopped at the crossing";

fn asked(text: &str) -> AskRequest {
    AskRequest { text: text.into(), reason: REASON.into(), to: None }
}

fn ask(site: &Site, text: &str) -> QuestionLine {
    site.book.ask(&site.officer(), &asked(text), NOW).unwrap()
}

/// Lets a site answer until it has nothing more to do.
fn answer(site: &Site, now_ms: u64) {
    for round in 1..200 {
        match site.book.answer_questions(now_ms + round * ANSWER_AFTER_MS).unwrap() {
            Some(_) => {}
            None => return,
        }
    }
    panic!("the site does not come to rest");
}

fn line(site: &Site, id: EntryRef, now_ms: u64) -> QuestionLine {
    let lines = site.book.questions(&site.officer(), false, now_ms).unwrap();
    lines.into_iter().find(|line| line.id == id).unwrap()
}

/// A car that bears a marker with this answer policy.
fn marked_car(site: &Site, plate: &str, when_asked: &str) -> RecordId {
    let car = site.save(Kind::Vehicle, &[("plate", plate), ("make_model", "Opel Astra")]).id;
    let fields = [
        ("marker", "firearms"),
        ("reason", "seen with one"),
        ("contact", "Desk 4, 555 0100"),
        ("when_asked", when_asked),
    ];
    let mut draft = draft(None, Kind::Marker, &fields);
    draft.fields.insert(field(Kind::Marker, "subject"), vec![Value::Record(car)]);
    site.book.save_record(&site.officer(), &SaveRequest { draft, version: None }, NOW).unwrap();
    car
}

/// All entries of a kind in spaces of a kind, by writer and number.
fn entries(site: &Site, space: SpaceKind, kind: EntryKind) -> Vec<Entry> {
    let mut found = Vec::new();
    for space in site.book.spaces_of_kind(space) {
        for key in site.book.frontier(space).0.into_keys() {
            let read = site.book.ledger.read(&LogId { space, key }, 1, 1 << 24).unwrap();
            found.extend(read.into_iter().filter(|entry| entry.header.core.kind == kind));
        }
    }
    found
}

fn answers(site: &Site) -> Vec<(Entry, Answer)> {
    let read = |entry: Entry| {
        let answer = Answer::decode(&site.book.ledger.open_body(&entry).unwrap().payload).unwrap();
        (entry, answer)
    };
    entries(site, SpaceKind::Records, EntryKind::Answer).into_iter().map(read).collect()
}

fn write(site: &Site, kind: EntryKind, role: Role, purpose: Option<&str>, payload: Vec<u8>) {
    let author = crate::auditing::author_of(&site.as_role(role));
    let body = Body { author, purpose: purpose.map(Into::into), record: None, payload };
    let draft = EntryDraft { space: site.book.records_space().unwrap(), lane: Lane::Urgent, kind, body };
    site.book.commit(&mut site.book.writing(), vec![draft], NOW).unwrap();
}

#[test]
fn what_is_asked_without_a_link_waits_and_its_answer_stands_in_the_home_list_until_it_is_read() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let car = hub.save(Kind::Vehicle, &[("plate", PLATE), ("grade_scheme", "3x5x2"), ("grade_source", "1")]).id;
    hub.mark(car, "seen at two armed robberies");
    let id = ask(&post, "oh-3338-l").id;
    let waiting = line(&post, id, NOW);
    assert_eq!((waiting.state, waiting.to.as_str(), waiting.reason.as_str()), (QuestionState::Waiting, "Hub", REASON));
    exchange(&post, &hub);
    assert_eq!(line(&post, id, NOW).state, QuestionState::Sent);
    assert!(post.book.home(&post.officer(), NOW).unwrap().answers.is_empty());
    answer(&hub, NOW);
    exchange(&hub, &post);
    let home = post.book.home(&post.officer(), NOW).unwrap();
    let news = &home.answers[0];
    assert_eq!((news.id, news.result, news.hits), (id, Some(AnswerResult::Held), 1));
    assert_eq!(news.held_by, ["Hub"]);
    let page = post.book.question(&post.officer(), id, NOW).unwrap();
    let hit = &page.answers[0].hits[0];
    assert_eq!((hit.record, hit.title.contains(PLATE), hit.here), (Some(car), true, true));
    assert_eq!((hit.markers[0].code.as_str(), hit.markers[0].label.as_str()), ("firearms", "Firearms"));
    assert!(post.book.home(&post.officer(), NOW).unwrap().answers.is_empty(), "it is read");
    let audit = hub.book.audit(&hub.as_role(Role::Auditor), &Default::default(), NOW).unwrap();
    let consulted = audit.iter().find(|line| line.action == "answer").unwrap();
    assert_eq!((consulted.person.as_str(), consulted.records.as_slice()), ("Officer K.", [car].as_slice()));
    assert!(consulted.detail.contains(REASON) && consulted.detail.contains("Alpha asked: "), "{}", consulted.detail);
    assert!(audit.iter().any(|line| line.action == "ask" && line.site == "Alpha"));
}

#[test]
fn a_hub_that_lost_some_of_its_own_says_so_in_its_answers() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let answered = |hub: &Site| {
        let id = ask(&post, PLATE).id;
        exchange(&post, hub);
        answer(hub, NOW);
        exchange(hub, &post);
        let page = post.book.question(&post.officer(), id, NOW).unwrap();
        let (damaged, unheard) = page.answers[0].damaged_and_unheard("Hub");
        assert_eq!((page.answers[0].result, unheard), (AnswerResult::None, vec![]));
        damaged
    };
    assert!(!answered(&hub));
    let torn = hub.place_of(hub.save(Kind::Vehicle, &[("plate", "AB12CDE")]).id);
    hub.save(Kind::Vehicle, &[("plate", "BB22BBB")]);
    assert!(answered(&hub.with_damage(&[torn])));
}

#[test]
fn nothing_and_nothing_for_you_are_the_same_bytes_at_the_same_time_and_only_the_hub_knows() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let (nothing, silent) = (ask(&post, "AB12CDE").id, ask(&post, PLATE).id);
    exchange(&post, &hub);
    let car = marked_car(&hub, PLATE, "silent");
    answer(&hub, NOW);
    let answers = answers(&hub);
    let of = |id| answers.iter().find(|(_, answer)| answer.question == id).unwrap();
    let ((first, none), (second, other)) = (of(nothing), of(silent));
    assert_eq!(none.encode().len(), ANSWER_UNIT_BYTES);
    assert_eq!(Answer { question: nothing, ..other.clone() }.encode(), none.encode());
    assert_eq!(first.encoded_len(), second.encoded_len());
    assert_eq!(first.header.core.hlc.unix_ms, second.header.core.hlc.unix_ms);
    // The entries around them are as many, so that the counters within the millisecond move alike.
    let step = first.header.core.hlc.counter.abs_diff(second.header.core.hlc.counter);
    assert_eq!(step, 3, "audit line, answer, note");
    let audit = hub.book.audit(&hub.as_role(Role::Auditor), &Default::default(), NOW).unwrap();
    let lines: Vec<_> = audit.iter().filter(|line| line.action == "answer").collect();
    assert!(lines.iter().all(|line| line.records.is_empty() && line.count == 0), "{lines:?}");

    let alert = hub.book.home(&hub.officer(), NOW).unwrap().alerts.remove(0);
    assert_eq!((alert.id, alert.site.as_str(), alert.reason.as_str()), (silent, "Alpha", REASON));
    assert_eq!((alert.matched[0].record, alert.matched[0].outcome), (car, Outcome::Silent));
    let other_officer = Actor { user: "m.oakes".into(), ..hub.officer() };
    assert!(hub.book.home(&other_officer, NOW).unwrap().alerts.is_empty(), "not theirs");
    assert_eq!(hub.book.home(&hub.as_role(Role::Supervisor), NOW).unwrap().alerts.len(), 1);
    hub.book.read_alert(&hub.officer(), alert.id, alert.look).unwrap();
    assert!(hub.book.home(&hub.officer(), NOW).unwrap().alerts.is_empty());

    exchange(&hub, &post);
    for id in [nothing, silent] {
        assert_eq!(line(&post, id, NOW).result, Some(AnswerResult::None));
    }
    assert!(post.book.asked_here(&post.as_role(Role::Supervisor), NOW).unwrap().is_empty());
    let told = hub.book.asked_here(&hub.as_role(Role::Supervisor), NOW).unwrap();
    assert_eq!(told.len(), 2, "who asked about what, also without a hit");
}

#[test]
fn a_marker_may_tell_only_whom_to_call_and_one_that_is_told_goes_before_one_that_is_not() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let (call, both) = (ask(&post, "NY15JRP").id, ask(&post, PLATE).id);
    exchange(&post, &hub);
    marked_car(&hub, "NY15JRP", "contact");
    let car = marked_car(&hub, PLATE, "silent");
    hub.mark(car, "armed, approach with care");
    answer(&hub, NOW);
    exchange(&hub, &post);
    assert_eq!(line(&post, call, NOW).result, Some(AnswerResult::Contact));
    let hit = post.book.question(&post.officer(), call, NOW).unwrap().answers.remove(0).hits.remove(0);
    assert_eq!((hit.record, hit.title.as_str(), hit.contact.as_str()), (None, "", "Desk 4, 555 0100"));
    let hit = post.book.question(&post.officer(), both, NOW).unwrap().answers.remove(0).hits.remove(0);
    let reasons: Vec<_> = hit.markers.iter().map(|marker| marker.reason.as_str()).collect();
    assert_eq!(reasons, ["armed, approach with care"], "the silent one is not mentioned");
}

#[test]
fn a_record_that_comes_later_is_told_in_a_further_answer_until_the_question_ends() {
    let hub = Site::hub();
    let (alpha, bravo) = (Site::post("Alpha", &hub, 2), Site::post("Bravo", &hub, 3));
    let id = ask(&alpha, PLATE).id;
    exchange(&alpha, &hub);
    answer(&hub, NOW);
    exchange(&hub, &alpha);
    assert_eq!(line(&alpha, id, NOW).result, Some(AnswerResult::None));
    alpha.book.question(&alpha.officer(), id, NOW).unwrap();
    bravo.save(Kind::Vehicle, &[("plate", PLATE)]);
    exchange(&bravo, &hub);
    answer(&hub, NOW + VALID_MS / 2);
    exchange(&hub, &alpha);
    let news = alpha.book.home(&alpha.officer(), NOW).unwrap().answers.remove(0);
    assert_eq!((news.result, news.held_by.as_slice()), (Some(AnswerResult::Held), ["Bravo".to_owned()].as_slice()));
    hub.save(Kind::Vehicle, &[("plate", "OH3338L"), ("colour", "red")]);
    answer(&hub, NOW + 2 * VALID_MS);
    exchange(&hub, &alpha);
    assert_eq!(alpha.book.question(&alpha.officer(), id, NOW).unwrap().answers.len(), 2, "the question had ended");
}

#[test]
fn a_silent_record_that_comes_later_alerts_its_owner_and_tells_the_asker_nothing() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    ask(&post, PLATE);
    exchange(&post, &hub);
    answer(&hub, NOW);
    let audited = hub.book.audit(&Actor::terminal(), &Default::default(), NOW).unwrap().len();
    marked_car(&hub, PLATE, "silent");
    answer(&hub, NOW);
    assert_eq!(answers(&hub).len(), 1);
    assert_eq!(hub.book.home(&hub.officer(), NOW).unwrap().alerts.len(), 1);
    let after = hub.book.audit(&Actor::terminal(), &Default::default(), NOW).unwrap().len();
    assert_eq!(after, audited + 3, "the car, the marker, and the reading of the audit: nothing of the alert");
}

#[test]
fn a_question_is_answered_once_also_by_a_hub_that_was_restarted_in_between_and_by_one_that_was_rebuilt() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    hub.save(Kind::Vehicle, &[("plate", PLATE)]);
    let id = ask(&post, PLATE).id;
    exchange(&post, &hub);
    let hub = hub.restart();
    answer(&hub, NOW);
    assert_eq!(answers(&hub).len(), 1);
    let hub = hub.restart();
    answer(&hub, NOW);
    hub.book.rebuild(&Actor::terminal(), NOW).unwrap();
    answer(&hub, NOW);
    assert_eq!(answers(&hub).len(), 1);
    exchange(&hub, &post);
    let before = post.book.question(&post.officer(), id, NOW).unwrap();
    post.book.rebuild(&Actor::terminal(), NOW).unwrap();
    let after = post.book.question(&post.officer(), id, NOW).unwrap();
    assert_eq!(after.answers, before.answers);
    assert!(post.book.home(&post.officer(), NOW).unwrap().answers.is_empty(), "what was read stays read");
}

#[test]
fn asking_the_same_again_while_it_waits_is_the_same_question() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let (first, again) = (ask(&post, PLATE), ask(&post, "OH3338L"));
    assert_eq!(first.id, again.id);
    let other = Actor { user: "m.oakes".into(), ..post.officer() };
    assert_ne!(post.book.ask(&other, &asked(PLATE), NOW).unwrap().id, first.id, "a colleague asks for themselves");
    exchange(&post, &hub);
    answer(&hub, NOW);
    exchange(&hub, &post);
    assert_ne!(ask(&post, PLATE).id, first.id, "after the answer it is a new question");
}

#[test]
fn a_question_that_ended_without_an_answer_says_so_until_it_was_seen() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let id = ask(&post, PLATE).id;
    let later = NOW + VALID_MS;
    assert_eq!(line(&post, id, later - 1).state, QuestionState::Waiting);
    assert_eq!(line(&post, id, later).state, QuestionState::Expired);
    assert_eq!(post.book.home(&post.officer(), later).unwrap().answers.len(), 1);
    post.book.question(&post.officer(), id, later).unwrap();
    assert!(post.book.home(&post.officer(), later).unwrap().answers.is_empty());
}

#[test]
fn each_role_asks_and_oversees_as_it_may_and_nobody_reads_a_colleagues_question() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    for role in Role::ALL {
        let actor = post.as_role(role);
        let asks = post.book.ask(&actor, &asked(PLATE), NOW).is_ok();
        assert_eq!(asks, role.may(crate::Right::Ask), "{role:?} asks");
        assert_eq!(post.book.questions(&actor, false, NOW).is_ok(), asks, "{role:?} lists");
        let oversees = post.book.questions(&actor, true, NOW).is_ok();
        assert_eq!(oversees, role == Role::Supervisor, "{role:?} oversees");
    }
    let id = ask(&post, PLATE).id;
    let colleague = Actor { user: "m.oakes".into(), ..post.officer() };
    assert!(matches!(post.book.question(&colleague, id, NOW), Err(CasebookError::NotFound(_))));
    let supervisor = Actor { user: "s.wray".into(), ..post.as_role(Role::Supervisor) };
    assert_eq!(post.book.question(&supervisor, id, NOW).unwrap().line.user, "k.daniels");
}

#[test]
fn a_question_without_a_reason_or_a_meaning_or_anybody_to_ask_is_not_asked() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let alone = Site::new("Bravo", false, 3 << 40);
    let refused = |site: &Site, text: &str, reason: &str, to| {
        let request = AskRequest { text: text.into(), reason: reason.into(), to };
        site.book.ask(&site.officer(), &request, NOW).unwrap_err()
    };
    assert!(matches!(refused(&post, PLATE, " a ", None), CasebookError::BadRequest(_)));
    assert!(matches!(refused(&post, PLATE, &"x".repeat(201), None), CasebookError::BadRequest(_)));
    assert!(matches!(refused(&post, "?", REASON, None), CasebookError::BadRequest(_)));
    let stranger = Some(alone.book.identity().replica);
    assert!(matches!(refused(&post, PLATE, REASON, stranger), CasebookError::BadRequest(_)));
    assert!(matches!(refused(&alone, PLATE, REASON, None), CasebookError::NotNow(_)));
    assert!(post.book.questions(&post.officer(), false, NOW).unwrap().is_empty());
}

#[test]
fn an_answer_by_a_machine_that_was_not_asked_does_not_count_and_is_named() {
    let hub = Site::hub();
    let (alpha, bravo) = (Site::post("Alpha", &hub, 2), Site::post("Bravo", &hub, 3));
    let id = ask(&alpha, PLATE).id;
    let asker = alpha.book.identity().replica;
    let forged = Answer {
        question: id,
        asker,
        number: 0,
        as_of_ms: NOW,
        hits: Vec::new(),
        more: 0,
        unheard: Vec::new(),
        unheard_more: 0,
    };
    write(&bravo, EntryKind::Answer, Role::Officer, None, forged.encode());
    exchange(&bravo, &hub);
    exchange(&hub, &alpha);
    assert_ne!(line(&alpha, id, NOW).state, QuestionState::Answered);
    let home = alpha.book.home(&alpha.officer(), NOW).unwrap();
    assert_eq!(home.set_aside.len(), 1);
    assert!(home.set_aside[0].reason.contains("was not asked"), "{:?}", home.set_aside);
    answer(&hub, NOW);
    exchange(&hub, &alpha);
    assert_eq!(line(&alpha, id, NOW).result, Some(AnswerResult::None));
}

#[test]
fn whoever_may_not_ask_is_not_answered_whatever_their_post_lets_them_write() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let question = Question {
        to: hub.book.identity().replica,
        valid_s: 60,
        zone: false,
        text: PLATE.into(),
        readings: vec![cairn_ledger::question::AskedReading {
            kind: cairn_record::IdentifierKind::Plate,
            pattern: false,
            exact: PLATE.into(),
            lookalike: String::new(),
        }],
    };
    write(&post, EntryKind::Question, Role::Auditor, Some(REASON), question.encode());
    write(&post, EntryKind::Question, Role::Officer, None, question.encode());
    write(&post, EntryKind::Question, Role::Officer, Some(REASON), vec![9; 40]);
    exchange(&post, &hub);
    answer(&hub, NOW);
    assert!(answers(&hub).is_empty());
    assert_eq!(hub.book.home(&hub.officer(), NOW).unwrap().set_aside.len(), 2, "one line a site, one unreadable");
}

#[test]
fn a_flood_of_questions_is_bounded_on_both_sides_and_keeps_nobody_else_waiting() {
    let hub = Site::hub();
    let (flooder, post) = (Site::post("Alpha", &hub, 2), Site::post("Bravo", &hub, 3));
    for number in 0..OPEN_QUESTIONS_PER_PERSON_MAX {
        ask(&flooder, &format!("AB{number:02}CDE"));
    }
    let refused = flooder.book.ask(&flooder.officer(), &asked("ZZ99ZZZ"), NOW);
    assert!(matches!(&refused, Err(CasebookError::NotNow(text)) if text.to_string().contains("50")), "{refused:?}");
    let question = entries(&flooder, SpaceKind::Records, EntryKind::Question).remove(0);
    let payload = flooder.book.ledger.open_body(&question).unwrap().payload;
    for _ in OPEN_QUESTIONS_PER_PERSON_MAX..LIVE_PER_SITE_MAX + 20 {
        write(&flooder, EntryKind::Question, Role::Officer, Some(REASON), payload.clone());
    }
    let id = ask(&post, PLATE).id;
    exchange(&flooder, &hub);
    exchange(&post, &hub);
    hub.book.answer_questions(NOW + ANSWER_AFTER_MS).unwrap();
    exchange(&hub, &post);
    assert_eq!(line(&post, id, NOW).state, QuestionState::Answered, "in the first pass");
    answer(&hub, NOW);
    assert_eq!(answers(&hub).len(), LIVE_PER_SITE_MAX + 1);
    let set_aside = hub.book.home(&hub.officer(), NOW).unwrap().set_aside;
    assert!(set_aside.len() == 1 && set_aside[0].reason.contains("Alpha has 500"), "{set_aside:?}");
}
