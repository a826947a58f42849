//! What is said of clocks and copies: whose clock is wrong, since when, and whether two machines run under one name.

use super::*;
use crate::{Notice, NoticeKind};

const DAY_MS: u64 = 86_400_000;
const YEAR_2050_MS: u64 = 2_524_608_000_000;

fn at(site: &Site, now_ms: u64) -> Vec<Notice> {
    site.book.sync_status(&site.officer(), now_ms).unwrap().notices
}

fn kinds(notices: &[Notice]) -> Vec<(NoticeKind, &str)> {
    notices.iter().map(|notice| (notice.kind, notice.site.as_str())).collect()
}

fn compared(site: &Site, with: &Site, ahead_ms: i64) {
    let event = PeerEvent::ClockSkew { ms: ahead_ms };
    site.book.note_peer(with.book.identity().replica, event, NOW).unwrap();
}

fn region() -> [Site; 3] {
    let hub = Site::hub();
    let (alpha, bravo) = (Site::post("Alpha", &hub, 1), Site::post("Bravo", &hub, 2));
    exchange(&hub, &alpha);
    [hub, alpha, bravo]
}

#[test]
fn clocks_that_agree_are_not_spoken_of() {
    let [hub, alpha, bravo] = region();
    compared(&hub, &alpha, 4 * 60_000);
    compared(&hub, &bravo, -20_000);
    assert_eq!(at(&hub, NOW), []);
    assert!(!hub.book.clock_is_wrong(NOW));
}

#[test]
fn a_clock_that_cannot_be_right_is_named_on_both_sides() {
    let [hub, alpha, _] = region();
    for (shown_ms, word) in [(DAY_MS, "1970-01-02"), (YEAR_2050_MS, "2050-01-01")] {
        let ahead_ms = shown_ms as i64 - NOW as i64;
        compared(&hub, &alpha, ahead_ms);
        compared(&alpha, &hub, -ahead_ms);
        assert_eq!(kinds(&at(&hub, NOW)), [(NoticeKind::ClockThere, "Alpha")]);
        assert!(at(&hub, NOW)[0].words.contains(word), "{:?}", at(&hub, NOW));
        let here = at(&alpha, shown_ms);
        assert_eq!(kinds(&here), [(NoticeKind::ClockHere, "Hub")]);
        assert_eq!(here[0].at_ms / DAY_MS, NOW / DAY_MS, "what is written now bears a time of today");
        assert!(alpha.book.clock_is_wrong(shown_ms) && !hub.book.clock_is_wrong(NOW));
    }
}

#[test]
fn of_clocks_an_hour_apart_the_odd_one_out_is_named_and_of_two_neither() {
    let [hub, alpha, bravo] = region();
    let hour_ms = 3_600_000;
    compared(&hub, &alpha, hour_ms);
    assert_eq!(kinds(&at(&hub, NOW)), [(NoticeKind::ClocksDiffer, "Alpha")]);
    compared(&hub, &bravo, 0);
    assert_eq!(kinds(&at(&hub, NOW)), [(NoticeKind::ClockThere, "Alpha")]);
    compared(&hub, &bravo, hour_ms + 10_000);
    assert_eq!(kinds(&at(&hub, NOW)), [(NoticeKind::ClockHere, "Alpha")]);
    compared(&hub, &bravo, -hour_ms);
    let notices = at(&hub, NOW);
    let mut said = kinds(&notices);
    said.sort_by_key(|(_, site)| *site);
    let both = [(NoticeKind::ClocksDiffer, "Alpha"), (NoticeKind::ClocksDiffer, "Bravo")];
    assert_eq!(said, both, "two that contradict each other prove nothing");
}

#[test]
fn a_clock_that_was_ahead_and_is_set_back_says_what_entries_bear_meanwhile() {
    let [_, alpha, _] = region();
    let ahead_ms = NOW + 40 * DAY_MS;
    let draft = draft(None, Kind::Person, &[("surname", "Tanbury")]);
    alpha.book.save_record(&alpha.officer(), &SaveRequest { draft, version: None }, ahead_ms).unwrap();
    let said = at(&alpha, NOW);
    assert_eq!(kinds(&said), [(NoticeKind::ClockWentBack, "")]);
    assert_eq!(said[0].at_ms, ahead_ms);
    assert_eq!(at(&alpha, ahead_ms + DAY_MS), [], "time has passed it");
}

#[test]
fn a_comparison_that_is_still_to_come_by_the_clock_counts_for_nothing() {
    let [hub, alpha, _] = region();
    let there = hub.book.identity().replica;
    for shared in alpha.book.shared_spaces(there) {
        let frontier = alpha.book.frontier(shared.space);
        alpha.book.note_peer(there, PeerEvent::Frontier { space: shared.space, frontier }, YEAR_2050_MS).unwrap();
    }
    let complete = |now_ms| {
        let answer = alpha.book.check(&alpha.officer(), "AB12CDE", now_ms).unwrap();
        answer.freshness.into_iter().find(|line| line.replica == there).unwrap().complete_ms
    };
    assert_eq!(complete(YEAR_2050_MS), Some(YEAR_2050_MS));
    assert_eq!(complete(NOW), None, "it would be an all-clear that nobody can give");
    let words = alpha.book.sync_status(&alpha.officer(), NOW).unwrap().words;
    assert!(words.contains("in the future by this machine's clock"), "{words}");
}
