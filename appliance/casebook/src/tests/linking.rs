//! When links are used: rules, bytes, and what a person asked for.

use cairn_ledger::registry::SpaceKind;

use super::*;
use crate::{CasebookError, HeldBack, LinkRule, LinkRules, LinkWhen, MaySync, SiteRule, read_windows};

const MINUTE: u64 = 60_000;

fn rules(general: LinkRule) -> LinkRules {
    LinkRules { general, ..LinkRules::default() }
}

fn set(site: &Site, rules: LinkRules) {
    site.book.set_link_rules(&Actor::terminal(), rules, NOW).unwrap();
}

fn because(may: MaySync) -> Option<HeldBack> {
    match may {
        MaySync::NotBefore { because, .. } => Some(because),
        MaySync::Yes | MaySync::Urgent => None,
    }
}

#[test]
fn bytes_count_against_the_day_and_are_not_forgotten_by_a_restart() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let peer = hub.book.identity().replica;
    set(&post, rules(LinkRule { bytes_a_day: Some(100_000), ..LinkRule::default() }));
    assert_eq!(post.book.may_link(&peer, NOW), MaySync::Yes);
    let bytes = PeerEvent::Bytes { sent: 60_000, received: 50_000 };
    post.book.note_peer(peer, bytes, NOW).unwrap();
    assert_eq!(because(post.book.may_link(&peer, NOW)), Some(HeldBack::Budget));
    let post = post.restart();
    assert_eq!(because(post.book.may_link(&peer, NOW)), Some(HeldBack::Budget));
    let link = post.book.sync_status(&Actor::terminal(), NOW).unwrap().peers[0].link.clone();
    assert_eq!((link.used_today, link.own), (110_000, false));
    assert_eq!(post.book.may_link(&peer, NOW + 24 * 60 * MINUTE), MaySync::Yes, "a new day has its own bytes");
}

#[test]
fn a_site_with_a_rule_of_its_own_has_bytes_of_its_own() {
    let hub = Site::hub();
    let (alpha, bravo) = (Site::post("Alpha", &hub, 2), Site::post("Bravo", &hub, 3));
    let (alpha, bravo) = (alpha.book.identity().replica, bravo.book.identity().replica);
    let small = LinkRule { bytes_a_day: Some(50_000), ..LinkRule::default() };
    let sites = vec![SiteRule { replica: bravo, rule: small.clone() }];
    set(&hub, LinkRules { sites, ..rules(small) });
    hub.book.note_peer(bravo, PeerEvent::Bytes { sent: 50_000, received: 0 }, NOW).unwrap();
    assert_eq!(because(hub.book.may_link(&bravo, NOW)), Some(HeldBack::Budget));
    assert_eq!(hub.book.may_link(&alpha, NOW), MaySync::Yes);
}

#[test]
fn an_urgent_entry_opens_the_link_until_the_peer_has_it() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let peer = hub.book.identity().replica;
    let car = post.save(Kind::Vehicle, &[("plate", "SM68AHJ")]).id;
    set(&post, rules(LinkRule { when: LinkWhen::Metered, ..LinkRule::default() }));
    assert_eq!(because(post.book.may_link(&peer, NOW)), Some(HeldBack::Metered));
    post.mark(car, "seen with a rifle");
    assert_eq!(post.book.may_link(&peer, NOW), MaySync::Urgent);
    exchange(&hub, &post);
    for space in post.book.shared_spaces(peer) {
        let frontier = hub.book.frontier(space.space);
        post.book.note_peer(peer, PeerEvent::Frontier { space: space.space, frontier }, NOW).unwrap();
    }
    assert_eq!(because(post.book.may_link(&peer, NOW)), Some(HeldBack::Metered));
}

#[test]
fn a_persons_word_opens_the_link_until_both_hold_the_same_and_a_cancel_closes_it_for_a_while() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let peer = hub.book.identity().replica;
    set(&post, rules(LinkRule { when: LinkWhen::Metered, ..LinkRule::default() }));
    post.book.ask_sync(&post.officer(), true, NOW + MINUTE).unwrap();
    assert_eq!(post.book.may_link(&peer, NOW + MINUTE), MaySync::Yes);
    assert_eq!(because(post.book.may_link(&peer, NOW + 90 * MINUTE)), Some(HeldBack::Metered), "not for ever");

    set(&post, LinkRules::default());
    post.book.ask_sync(&post.officer(), false, NOW).unwrap();
    assert_eq!(post.book.take_sync_request(), Some(false));
    assert_eq!(because(post.book.may_link(&peer, NOW + 14 * MINUTE)), Some(HeldBack::Cancelled));
    assert_eq!(post.book.may_link(&peer, NOW + 16 * MINUTE), MaySync::Yes);
    assert_eq!(
        post.book.may_link(&peer, NOW - 300 * MINUTE),
        MaySync::Yes,
        "a clock that was set back does not hold it"
    );
}

#[test]
fn only_an_administrator_sets_rules_and_only_rules_that_make_sense() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let refused = post.book.set_link_rules(&post.officer(), LinkRules::default(), NOW);
    assert!(matches!(refused, Err(CasebookError::Refused(_))));
    assert!(post.book.link_rules(&post.officer()).is_ok());
    let administrator = post.as_role(Role::Administrator);
    let tiny = rules(LinkRule { bytes_a_day: Some(10), ..LinkRule::default() });
    assert!(post.book.set_link_rules(&administrator, tiny, NOW).is_err());
    let nobody = SiteRule { replica: crate::ReplicaId([9; 32]), rule: LinkRule::default() };
    let unknown = LinkRules { sites: vec![nobody], ..LinkRules::default() };
    assert!(post.book.set_link_rules(&administrator, unknown, NOW).is_err());
    let windows = read_windows("22:00-05:00").unwrap();
    let night = rules(LinkRule { when: LinkWhen::Windows, windows, bytes_a_day: None });
    post.book.set_link_rules(&administrator, night.clone(), NOW).unwrap();
    let post = post.restart();
    assert_eq!(post.book.link_rules(&post.officer()).unwrap(), night);
}

#[test]
fn no_next_attempt_is_promised_while_links_are_cut() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let peer = hub.book.identity().replica;
    let next_attempt_ms = Some(NOW + 5 * MINUTE);
    let promised = || {
        let peer = post.book.sync_status(&Actor::terminal(), NOW).unwrap().peers.remove(0);
        (peer.next_attempt_ms, peer.link.waits.is_some())
    };
    let reason = crate::reason!("link-no-answer");
    post.book.note_peer(peer, PeerEvent::Failed { reason, next_attempt_ms }, NOW).unwrap();
    assert_eq!(promised(), (next_attempt_ms, false));
    post.book.set_cut(&Actor::terminal(), true, NOW).unwrap();
    assert_eq!(promised(), (None, false));

    // Nor when hours are set, whose beginning would be the next attempt otherwise.
    let hour = (NOW / 3_600_000 + 2) % 24;
    let windows = read_windows(&format!("{hour:02}:00-{hour:02}:30")).unwrap();
    set(&post, rules(LinkRule { when: LinkWhen::Windows, windows, bytes_a_day: None }));
    assert_eq!(promised(), (None, false));
    post.book.set_cut(&Actor::terminal(), false, NOW).unwrap();
    let (next_ms, waits) = promised();
    assert!(next_ms > Some(NOW) && waits);
}

#[test]
fn the_audit_counts_what_moved_over_a_link_without_what_it_says_itself() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let peer = hub.book.identity().replica;
    let of_kind = |kind| post.book.spaces_of_kind(kind)[0];
    let [records, audit] = [SpaceKind::Records, SpaceKind::Audit].map(of_kind);
    let note = |event| post.book.note_peer(peer, event, NOW).unwrap();
    note(PeerEvent::Connected { address: "127.0.0.1:4440".into() });
    note(PeerEvent::Sending { space: records, entries: 2 });
    note(PeerEvent::Sending { space: audit, entries: 5 });
    post.book.note_received(peer, audit, 3, NOW);
    note(PeerEvent::Disconnected { reason: None });
    let query = crate::AuditQuery { action: "sync".into(), ..crate::AuditQuery::default() };
    let lines = post.book.audit(&Actor::terminal(), &query, NOW).unwrap();
    let closed = lines.iter().find(|line| line.detail.contains("closed")).unwrap();
    assert!(closed.detail.ends_with("entries received: 0, sent: 2"), "{closed:?}");
    assert_eq!(closed.count, 2);
}

#[test]
fn a_sync_that_is_asked_for_while_links_are_cut_is_refused_and_says_where_to_restore_them() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    post.book.set_cut(&Actor::terminal(), true, NOW).unwrap();
    let said = post.book.ask_sync(&post.officer(), true, NOW).unwrap_err();
    assert!(matches!(said, CasebookError::NotNow(_)), "{said:?}");
    assert!(said.to_string().contains("cut on purpose") && said.to_string().contains("restore the link"), "{said}");
    assert_eq!(post.book.take_sync_request(), None);
    post.book.ask_sync(&post.officer(), false, NOW).unwrap();
    post.book.set_cut(&Actor::terminal(), false, NOW).unwrap();
    post.book.ask_sync(&post.officer(), true, NOW).unwrap();
}
