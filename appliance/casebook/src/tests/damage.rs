//! Journals that went bad on the disk: what peers hold comes back, what nobody holds is named, and nothing that is answered
//! meanwhile says that it is complete.

use cairn_ledger::Entry;
use cairn_ledger::registry::SpaceKind;

use super::*;
use crate::{NoticeKind, Verdict};

impl Site {
    /// Ends the process, lets a byte of the sealed body of these entries go bad, and starts it again.
    pub(super) fn with_damage(self, entries: &[(LogId, u64)]) -> Self {
        let bodies: Vec<Vec<u8>> =
            entries.iter().map(|(log, number)| self.entry(log, *number).unwrap().body.unwrap()).collect();
        self.restart_with(|folder| {
            let mut bytes = std::fs::read(folder.join(JOURNAL)).unwrap();
            for body in bodies {
                let at = place_in(&bytes, &body);
                bytes[at + body.len() / 2] ^= 4;
            }
            std::fs::write(folder.join(JOURNAL), bytes).unwrap();
        })
    }

    fn entry(&self, log: &LogId, number: u64) -> Option<Entry> {
        self.book.ledger.entry(log, number).unwrap()
    }

    /// Where the last change of a record stands.
    pub(super) fn place_of(&self, record: RecordId) -> (LogId, u64) {
        let (log, number, _) = *self.book.entries_of(record).unwrap().last().unwrap();
        (log, number)
    }

    fn verdict(&self, plate: &str) -> Verdict {
        self.book.check(&self.officer(), plate, NOW).unwrap().verdict
    }

    /// Whether an answer given here says that all of this machine's own is in it.
    fn is_whole(&self) -> bool {
        let answer = self.book.check(&self.officer(), "ZZ99ZZZ", NOW).unwrap();
        answer.freshness.into_iter().find(|line| line.here).unwrap().complete_ms.is_some()
    }

    /// What the verification of all logs finds, up to where its sentence goes on.
    fn unsound_logs(&self) -> Vec<String> {
        let verification = self.book.verify(&Actor::terminal(), false, NOW).unwrap();
        let faults: Vec<_> =
            verification.logs.into_iter().map(|log| log.fault).filter(|fault| !fault.is_empty()).collect();
        assert_eq!(verification.sound, faults.is_empty());
        faults.iter().map(|fault| fault.split(';').next().unwrap().to_owned()).collect()
    }

    fn told(&self) -> Vec<(NoticeKind, u64)> {
        let status = self.book.sync_status(&Actor::terminal(), NOW).unwrap();
        let about = status.notices.into_iter().filter(|notice| notice.entries > 0);
        about.map(|notice| (notice.kind, notice.entries)).collect()
    }

    /// A session begins: the other site says how far it holds a space.
    fn hears_of(&self, other: &Self, space: cairn_ledger::SpaceId) {
        let (peer, frontier) = (other.book.identity().replica, other.book.frontier(space));
        self.book.note_peer(peer, PeerEvent::Frontier { space, frontier }, NOW).unwrap();
    }
}

/// Where the sealed body of an entry stands in the bytes of a journal.
fn place_in(bytes: &[u8], body: &[u8]) -> usize {
    bytes.windows(body.len()).position(|window| window == body).unwrap()
}

const PLATES: [&str; 4] = ["AA11AAA", "BB22BBB", "CC33CCC", "DD44DDD"];

fn vehicles(site: &Site) -> Vec<RecordId> {
    PLATES.iter().map(|plate| site.save(Kind::Vehicle, &[("plate", plate)]).id).collect()
}

#[test]
fn a_post_whose_journal_went_bad_gets_its_own_past_back_from_the_hub() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    let records = vehicles(&alpha);
    exchange(&alpha, &hub);
    let (log, number) = alpha.place_of(records[1]);
    let honest = alpha.entry(&log, number).unwrap();
    let before = alpha.book.ledger.incarnation();

    let alpha = alpha.with_damage(&[(log, number)]);
    assert_ne!(alpha.book.ledger.incarnation(), before, "numbers that it wrote are taken");
    assert_eq!(alpha.entry(&log, number), None);
    assert_eq!(alpha.book.frontier(log.space).number(&log.key), number - 1, "equal would be a lie");
    assert_eq!(alpha.told(), [(NoticeKind::Lost, 1)]);
    alpha.hears_of(&hub, log.space);
    assert_eq!(alpha.told(), [(NoticeKind::Damaged, 1)]);
    assert!(!alpha.is_whole());
    let words = format!("{:?}", alpha.book.doctor(&Actor::terminal(), NOW).unwrap().findings);
    assert!(words.contains(&format!("under number {number} (log")), "{words}");
    assert_eq!(alpha.unsound_logs(), [format!("number {number} was damaged on this disk and is missing")]);

    exchange(&alpha, &hub);
    assert_eq!(alpha.unsound_logs(), [""; 0]);
    assert_eq!(alpha.entry(&log, number), Some(honest), "byte for byte");
    assert_eq!(alpha.book.frontier(log.space), hub.book.frontier(log.space));
    assert_eq!((alpha.told(), alpha.is_whole()), (vec![], true));
    assert!(PLATES.iter().all(|plate| alpha.verdict(plate) == Verdict::Hit));
    assert!(hub.book.ledger.frozen_logs().is_empty());
}

#[test]
fn what_stands_behind_the_damage_is_found_even_when_views_are_built_anew() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    let records = vehicles(&alpha);
    exchange(&alpha, &hub);
    let place = alpha.place_of(records[1]);
    let alpha = alpha.with_damage(&[place]).without_views();
    let hits = |site: &Site| PLATES.map(|plate| site.verdict(plate) == Verdict::Hit);
    assert_eq!(hits(&alpha), [true, false, true, true]);
    assert!(!alpha.is_whole(), "a wrong \"nothing held\"");
    exchange(&alpha, &hub);
    assert_eq!(hits(&alpha), [true; 4]);
    let alpha = alpha.without_views();
    assert_eq!((hits(&alpha), alpha.is_whole()), ([true; 4], true));
}

#[test]
fn two_posts_give_a_damaged_hub_back_what_each_of_them_wrote() {
    let hub = Site::hub();
    let (alpha, beta) = (Site::post("Alpha", &hub, 2), Site::post("Beta", &hub, 3));
    let mine = alpha.save(Kind::Vehicle, &[("plate", "AA11AAA")]).id;
    alpha.save(Kind::Vehicle, &[("plate", "DD44DDD")]);
    exchange(&alpha, &hub);
    let theirs = beta.save(Kind::Vehicle, &[("plate", "BB22BBB")]).id;
    beta.save(Kind::Vehicle, &[("plate", "CC33CCC")]);
    carry(&beta, &hub);
    let places = [hub.place_of(mine), hub.place_of(theirs)];
    let hub = hub.with_damage(&places).without_views();
    assert_eq!(hub.told().iter().map(|(_, entries)| entries).sum::<u64>(), 2);

    exchange(&alpha, &hub);
    assert_eq!((hub.verdict("AA11AAA"), hub.book.ledger.lost().len()), (Verdict::Hit, 1));
    exchange(&beta, &hub);
    assert_eq!(hub.told(), []);
    assert!(PLATES.iter().all(|plate| hub.verdict(plate) == Verdict::Hit));
    for (log, number) in places {
        assert!(hub.entry(&log, number).is_some());
    }
}

#[test]
fn what_no_site_holds_is_named_until_somebody_does() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    exchange(&alpha, &hub);
    let records = vehicles(&alpha);
    let (log, number) = alpha.place_of(records[2]);
    let alpha = alpha.with_damage(&[(log, number)]);
    exchange(&alpha, &hub);
    assert_eq!(alpha.told(), [(NoticeKind::Lost, 1)]);
    let said = alpha.book.doctor(&Actor::terminal(), NOW).unwrap().findings;
    let named = said.iter().find(|line| line.reason.contains(&format!("under number {number} (log"))).unwrap();
    assert!(named.reason.contains("Alpha") && named.reason.contains("no site is known to hold it"), "{named:?}");
    let alpha = alpha.restart();
    assert_eq!(alpha.told(), [(NoticeKind::Lost, 1)], "also after a restart");

    // Work goes on, and what is written now arrives.
    alpha.save(Kind::Vehicle, &[("plate", "EE55EEE")]);
    exchange(&alpha, &hub);
    assert_eq!((hub.verdict("AA11AAA"), hub.verdict("EE55EEE")), (Verdict::Hit, Verdict::Hit));
}

/// Nobody else has seen it, and the card may be gone tomorrow.
#[test]
fn what_was_written_behind_the_damage_reaches_the_hub_over_a_link_and_on_a_stick() {
    for (by_stick, lost) in [(false, &[1][..]), (true, &[1]), (false, &[0, 2])] {
        let hub = Site::hub();
        let alpha = Site::post("Alpha", &hub, 2);
        exchange(&alpha, &hub);
        let records = vehicles(&alpha);
        let last = alpha.book.record(&alpha.officer(), records[3], NOW).unwrap();
        alpha.edit(records[3], &last.version, &[("remarks", "no lights")], NOW);
        let places: Vec<(LogId, u64)> = lost.iter().map(|index| alpha.place_of(records[*index])).collect();
        let alpha = alpha.with_damage(&places);
        let waiting = |site: &Site| site.book.home(&site.officer(), NOW).unwrap().waiting;
        assert!(waiting(&alpha) >= 3, "what stands behind the damage waits: {}", waiting(&alpha));
        if by_stick {
            let order =
                crate::StickOrder { to: "hub".into(), everything: false, valid_ms: 86_400_000, files_bytes_max: 0 };
            alpha.book.plan_stick(&Actor::terminal(), &order, NOW).unwrap();
            assert!(carriers(&alpha) > 0);
            carry(&alpha, &hub);
        } else {
            exchange(&alpha, &hub);
        }
        let hits = |site: &Site| PLATES.map(|plate| site.verdict(plate) == Verdict::Hit);
        let all_but_lost: [bool; 4] = std::array::from_fn(|index| !lost.contains(&index));
        assert_eq!(hits(&hub), all_but_lost);
        assert_eq!(hub.book.row(records[3]).unwrap().unwrap().entries.len(), 2);
        assert_eq!(alpha.told(), [(NoticeKind::Lost, lost.len() as u64)], "nobody has these");
        // Others get them from there, they are carried once, and they are found when views are built anew.
        let beta = Site::post("Beta", &hub, 3);
        for _ in 0..2 {
            exchange(&beta, &hub);
            exchange(&alpha, &hub);
        }
        assert_eq!(waiting(&alpha), 0);
        let (hub, alpha) = (hub.restart().without_views(), alpha.restart());
        assert_eq!(alpha.book.own_behind_damage(), [], "nothing is left to be carried on");
        assert_eq!([hits(&hub), hits(&beta)], [all_but_lost; 2]);
        let page = hub.book.record(&hub.officer(), records[3], NOW).unwrap();
        assert_eq!(page.history[0].holder.site, "Alpha");
        assert_eq!(carriers(&hub), carriers(&alpha));
        assert!(carriers(&hub) > 0);
        exchange(&alpha, &hub);
        exchange(&beta, &hub);
        assert_eq!(carriers(&hub), carriers(&alpha), "nothing is carried twice");
    }
}

fn carriers(site: &Site) -> usize {
    let spaces = site.book.spaces_of_kind(SpaceKind::Records);
    spaces.iter().map(|space| site.book.ledger.carriers_in(space).len()).sum()
}

#[test]
fn a_damaged_registry_and_a_damaged_note_do_not_stop_a_post() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    vehicles(&alpha);
    exchange(&alpha, &hub);
    let registry = alpha.book.memory().registry.space();
    let (key, (last, _)) = alpha.book.frontier(registry).0.into_iter().next().unwrap();
    let log = LogId { space: registry, key };
    assert_eq!(alpha.book.space_kind(registry), Some(SpaceKind::Registry));
    let alpha = alpha.with_damage(&[(log, last - 1)]);
    exchange(&alpha, &hub);
    assert_eq!(alpha.told(), []);
    assert_eq!(alpha.book.frontier(registry), hub.book.frontier(registry));
}

/// The simulator's seed 9712: without the statement, what was saved was in no answer, though it was in the journal.
#[test]
fn a_post_whose_registry_lost_what_opens_the_records_finds_what_it_saves() {
    for views_gone in [false, true] {
        let hub = Site::hub();
        let alpha = Site::post("Alpha", &hub, 2);
        vehicles(&alpha);
        exchange(&alpha, &hub);
        let registry = alpha.book.memory().registry.space();
        let key = *alpha.book.frontier(registry).0.keys().next().unwrap();
        let founding: Vec<(LogId, u64)> = (1..=3).map(|number| (LogId { space: registry, key }, number)).collect();
        let alpha = alpha.with_damage(&founding);
        let alpha = if views_gone { alpha.without_views() } else { alpha };
        assert_eq!(alpha.book.memory().registry.spaces().count(), 0, "nothing states what the spaces are");
        alpha.save(Kind::Vehicle, &[("plate", "EE55EEE")]);
        assert_eq!((alpha.verdict("EE55EEE"), alpha.verdict("AA11AAA")), (Verdict::Hit, Verdict::Hit));
        exchange(&alpha, &hub);
        assert_eq!(hub.verdict("EE55EEE"), Verdict::Hit);
    }
}

/// The simulator's seed 11832: nothing shows that the only entry of a log is gone, and what the hub once said of Alpha is not
/// true of the hub any more.
#[test]
fn the_word_of_a_hub_from_before_it_lost_something_counts_no_longer() {
    let hub = Site::hub();
    let (alpha, beta) = (Site::post("Alpha", &hub, 2), Site::post("Beta", &hub, 3));
    let car = alpha.save(Kind::Vehicle, &[("plate", "AA11AAA")]);
    let says = |hub: &Site, now_ms| {
        exchange(&alpha, hub);
        // The receipt waits for company.
        hub.book.note_peer(alpha.book.identity().replica, PeerEvent::Passing, now_ms).unwrap();
    };
    says(&hub, NOW + crate::receipts::GAP_MS);
    let hub = hub.with_damage(&[alpha.place_of(car.id)]);
    assert_eq!(hub.told(), [], "no gap is seen");
    exchange(&hub, &beta);
    let of_alpha = |hub: &Site| {
        exchange(hub, &beta);
        let answer = beta.book.check(&beta.officer(), "AA11AAA", NOW + 1_000).unwrap();
        (answer.verdict, answer.freshness.into_iter().find(|line| line.site == "Alpha").unwrap().complete_ms)
    };
    assert_eq!(of_alpha(&hub), (Verdict::NothingHeld, None), "not everything of Alpha");
    says(&hub, NOW + 3 * crate::receipts::GAP_MS);
    assert_eq!(of_alpha(&hub), (Verdict::Hit, Some(NOW)));
}

/// Both hold the same, and what Alpha wrote behind the damage has still to come.
#[test]
fn of_a_post_that_lost_something_nothing_is_complete_before_it_says_that_it_is_whole() {
    let hub = Site::hub();
    let (alpha, beta) = (Site::post("Alpha", &hub, 2), Site::post("Beta", &hub, 3));
    exchange(&alpha, &hub);
    let records = vehicles(&alpha);
    let place = alpha.place_of(records[1]);
    let alpha = alpha.with_damage(&[place]);
    let of_alpha = |site: &Site| {
        exchange(&hub, &beta);
        let answer = site.book.check(&site.officer(), "CC33CCC", NOW + 1_000).unwrap();
        let line = answer.freshness.into_iter().find(|line| line.site == "Alpha").unwrap();
        (answer.verdict, line.complete_ms.is_some())
    };
    // What Alpha holds goes to the hub, and the link breaks.
    carry(&alpha, &hub);
    for shared in hub.book.shared_spaces(alpha.book.identity().replica) {
        hub.hears_of(&alpha, shared.space);
    }
    assert_eq!([of_alpha(&hub), of_alpha(&beta)], [(Verdict::NothingHeld, false); 2]);
    exchange(&alpha, &hub);
    alpha.book.note_peer(hub.book.identity().replica, PeerEvent::Passing, NOW + crate::receipts::GAP_MS).unwrap();
    exchange(&alpha, &hub);
    hub.book.note_peer(alpha.book.identity().replica, PeerEvent::Passing, NOW + crate::receipts::GAP_MS).unwrap();
    assert_eq!([of_alpha(&hub), of_alpha(&beta)], [(Verdict::Hit, true); 2]);
}

/// The simulator's seed 146: two changes that follow on a lost one wait for it, and neither they nor it is forgotten.
#[test]
fn changes_that_follow_on_what_was_lost_are_merged_when_it_comes_back() {
    let hub = Site::hub();
    let posts = [("Alpha", 2), ("Beta", 3), ("Gamma", 4)].map(|(name, seed)| Site::post(name, &hub, seed));
    let [alpha, beta, gamma] = &posts;
    let car = alpha.save(Kind::Vehicle, &[("plate", "AA11AAA")]);
    let car = alpha.edit(car.id, &car.version, &[("remarks", "no lights")], NOW);
    alpha.save(Kind::Vehicle, &[("plate", "DD44DDD")]);
    posts.iter().chain(&posts).for_each(|post| exchange(post, &hub));
    let place = hub.place_of(car.id);
    let hub = hub.with_damage(&[place]);
    beta.edit(car.id, &car.version, &[("grade_reason", "seen")], NOW);
    gamma.edit(car.id, &car.version, &[("vin", "WVWZZZ1JZ3W386752")], NOW);
    for post in [beta, gamma] {
        // Only what it wrote itself arrives.
        carry_log(post, &hub, &post.place_of(car.id).0);
    }
    assert_eq!(hub.book.row(car.id).unwrap().unwrap().entries.len(), 3, "the second of them waits");
    let hub = hub.restart();
    posts.iter().chain(&posts).for_each(|post| exchange(post, &hub));
    assert_eq!(hub.book.row(car.id).unwrap().unwrap().entries.len(), 4);
    let digests = posts.iter().chain([&hub]).map(|site| site.book.record_digests().unwrap()[&car.id]);
    assert_eq!(digests.collect::<std::collections::BTreeSet<_>>().len(), 1);
}

/// Nobody else has these: that it joined, and who may sign in.
#[test]
fn a_post_whose_own_notes_went_bad_still_knows_its_hub_and_its_people() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    alpha.book.add_person(&Actor::terminal(), &person("k.daniels", Role::Officer), NOW).unwrap();
    let local = alpha.book.local_space();
    let logs: Vec<LogId> = alpha.book.ledger.logs().into_iter().filter(|log| log.space == local).collect();
    let last = |log: &LogId| alpha.book.ledger.last(log).0;
    let all: Vec<(LogId, u64)> = logs.iter().flat_map(|log| (1..last(log)).map(|number| (*log, number))).collect();
    let before = alpha.book.identity();
    let alpha = alpha.with_damage(&all);
    assert_eq!(alpha.book.identity(), before);
    assert_eq!(alpha.book.people(&Actor::terminal()).unwrap().len(), 1);
    assert_eq!((alpha.told(), alpha.is_whole()), (vec![], true), "no answer is the worse for it");
    let said = format!("{:?}", alpha.book.doctor(&Actor::terminal(), NOW).unwrap().findings);
    assert!(said.contains("copies of the notes are in use"), "{said}");
    alpha.save(Kind::Vehicle, &[("plate", "AA11AAA")]);
    exchange(&alpha, &hub);
    assert_eq!(hub.verdict("AA11AAA"), Verdict::Hit);
    alpha.book.rebuild(&Actor::terminal(), NOW).unwrap();
    let alpha = alpha.restart();
    assert_eq!(alpha.book.identity(), before);
}

/// The simulator's seed 9712: the last commit of the journal went bad and looks like a write that a power cut tore.
#[test]
fn a_post_that_lost_its_last_commit_unnoticed_does_not_use_its_numbers_again() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    let car = alpha.save(Kind::Vehicle, &[("plate", "AA11AAA")]);
    exchange(&alpha, &hub);
    let space = alpha.place_of(car.id).0.space;
    let peer = hub.book.identity().replica;
    alpha.hears_of(&hub, space);
    alpha.book.note_peer(peer, PeerEvent::Disconnected { reason: None }, NOW).unwrap();
    let (log, number) = alpha.place_of(car.id);
    let before = alpha.book.ledger.incarnation();
    let entry = hub.entry(&log, number).unwrap().body.unwrap();
    let alpha = alpha.restart_with(|folder| {
        // Cut off before the car was written: as if nothing had ever come behind.
        let bytes = std::fs::read(folder.join(JOURNAL)).unwrap();
        std::fs::write(folder.join(JOURNAL), &bytes[..place_in(&bytes, &entry)]).unwrap();
    });
    assert_ne!(alpha.book.ledger.incarnation(), before);
    alpha.save(Kind::Vehicle, &[("plate", "BB22BBB")]);
    exchange(&alpha, &hub);
    assert!(hub.book.ledger.frozen_logs().is_empty(), "one history");
    assert_eq!((hub.verdict("BB22BBB"), alpha.verdict("AA11AAA")), (Verdict::Hit, Verdict::Hit));
}
