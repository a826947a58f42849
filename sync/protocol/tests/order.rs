//! What goes first, what waits, and what is left alone.

mod support;

use cairn_ledger::Lane;
use cairn_sync_protocol::Event;
use support::history::Worker;
use support::net::Net;
use support::store::{AUDIT, RECORDS, REGISTRY, Store};

#[test]
fn an_urgent_entry_overtakes_an_import_on_a_slow_link() {
    let mut a = Store::new(1);
    for _ in 0..100 {
        a.write(RECORDS, Lane::Bulk, 50, 1_000);
    }
    let mut net = Net::new(a, Store::new(2));
    (net.bytes_per_s, net.delay_ms) = (8_000, 300);
    net.run_until(net.now_ms + 60_000);
    assert!(net.sides[1].store.entries() > 0, "the import is on its way");
    assert!(net.sides[1].store.entries() < 5_000);
    let written_ms = net.now_ms;
    net.write(0, RECORDS, Lane::Urgent, 1, 200);
    net.run_until(net.now_ms + 30_000);
    let arrived_ms = net.sides[1].told.urgent_ms.expect("the marker is there");
    // Commits of 50 kB are larger than any parcel asked for; two of them may be on their way, 6.3 s each.
    assert!(arrived_ms - written_ms < 15_000, "{} ms", arrived_ms - written_ms);
}

#[test]
fn the_registry_goes_first_then_lanes_by_urgency_and_audit_last() {
    let mut a = Store::new(1);
    for _ in 0..3 {
        a.write(AUDIT, Lane::Normal, 5, 4_000);
        a.write(RECORDS, Lane::Bulk, 5, 4_000);
        a.write(RECORDS, Lane::Normal, 5, 4_000);
        a.write(RECORDS, Lane::Urgent, 5, 4_000);
        a.write(REGISTRY, Lane::Normal, 5, 4_000);
    }
    let mut net = Net::new(a, Store::new(2));
    net.run_until_equal(60_000);
    let class = |log: &cairn_ledger::LogId| match (log.space, log.key.lane) {
        (REGISTRY, _) => 0,
        (AUDIT, _) => 4,
        (_, lane) => 1 + lane as u8,
    };
    let order: Vec<u8> = net.sides[1].told.order.iter().map(class).collect();
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(*order.last().unwrap(), 4);
}

#[test]
fn rights_are_asked_anew_once_the_registry_is_complete() {
    let (mut a, mut b) = (Store::new(1), Store::new(2));
    a.write(REGISTRY, Lane::Normal, 2, 100);
    a.write(RECORDS, Lane::Normal, 3, 100);
    // Before it has the registry, the newcomer knows of no other space.
    let everything = b.spaces.clone();
    b.spaces.truncate(1);
    let mut net = Net::new(a, b);
    net.run_until(net.now_ms + net.delay_ms * 2 + 1);
    net.sides[1].store.spaces = everything;
    net.run_until_equal(10_000);
    assert_eq!(net.sides[1].store.entries(), 5);
}

#[test]
fn a_space_shared_later_follows_in_the_open_session() {
    let (mut a, mut b) = (Store::new(1), Store::new(2));
    a.write(RECORDS, Lane::Normal, 3, 100);
    let everything = a.spaces.clone();
    for store in [&mut a, &mut b] {
        store.spaces.truncate(1);
    }
    let mut net = Net::new(a, b);
    net.run_until(net.now_ms + 5_000);
    assert_eq!(net.sides[1].store.entries(), 0);
    for side in 0..2 {
        net.sides[side].store.spaces = everything.clone();
        net.step(side, Event::RightsChanged);
    }
    net.run_until(net.now_ms + 2_000);
    assert_eq!(net.sides[1].store.entries(), 3);
    // And a space no longer shared stops at once.
    net.sides[0].store.spaces.truncate(1);
    net.step(0, Event::RightsChanged);
    net.write(0, RECORDS, Lane::Normal, 1, 100);
    net.run_until(net.now_ms + 5_000);
    assert_eq!(net.sides[1].store.entries(), 3);
    assert!(net.sides.iter().all(|end| end.told.closed.is_none()));
}

#[test]
fn a_log_that_is_refused_is_set_aside_and_the_others_go_on() {
    let mut a = Store::new(1);
    for _ in 0..5 {
        a.write(RECORDS, Lane::Normal, 5, 4_000);
        a.write(RECORDS, Lane::Bulk, 5, 4_000);
    }
    let mut b = Store::new(2);
    b.refuses = Some(Lane::Normal);
    let mut net = Net::new(a, b);
    net.run_until(net.now_ms + 20_000);
    assert_eq!(net.sides[1].store.entries(), 25, "the other lane is there");
    for end in &net.sides {
        assert_eq!(end.told.equal, 0);
        assert_eq!(end.told.settled, 1, "it is said that this is as far as it goes");
        let names: Vec<_> = end.told.set_aside.iter().map(|(log, name)| (log.key.lane, name.as_str())).collect();
        assert_eq!(names, [(Lane::Normal, "not-authorised")]);
    }
}

#[test]
fn what_a_peer_cannot_look_up_comes_again_by_itself_and_nothing_is_set_aside() {
    let mut net = Net::new(Store::new(1), Store::new(2));
    net.run_until_equal(5_000);
    net.sides[1].store.forgetful = true;
    let mut worker = Worker::new(4);
    for _ in 0..6 {
        (0..15).for_each(|_| worker.work(&mut net.sides[0].store));
        for space in [RECORDS, AUDIT] {
            net.step(0, Event::LocalChange(space));
        }
        net.run_until(net.now_ms + 15_000);
    }
    assert!(net.sides[1].told.asked_again > 0, "it had to ask again");
    assert!(net.sides[1].told.asked_again < 20, "and then no more: {}", net.sides[1].told.asked_again);
    for end in &net.sides {
        assert!(end.told.set_aside.is_empty() && end.told.closed.is_none());
    }
    for space in [RECORDS, AUDIT] {
        assert_eq!(net.sides[0].store.frontier(space), net.sides[1].store.frontier(space));
    }
}

#[test]
fn a_machine_that_was_rolled_back_hears_of_it_and_gets_its_past_back() {
    let mut old = Store::new(1);
    old.write(RECORDS, Lane::Normal, 2, 100);
    let mut hub = Store::new(2);
    let mut now = Store::new(1);
    now.write(RECORDS, Lane::Normal, 2, 100);
    now.write(RECORDS, Lane::Normal, 3, 100);
    let log = cairn_ledger::LogId { space: RECORDS, key: *now.frontier(RECORDS).0.keys().next().unwrap() };
    hub.keep(&now.read(&log, 1, 1_000_000).unwrap()).unwrap();
    let mut net = Net::new(old, hub);
    net.run_until_equal(10_000);
    assert_eq!(net.sides[0].told.knows, [(log, 5)]);
    assert_eq!(net.sides[0].store.entries(), 5);
}

#[test]
fn two_histories_under_one_number_are_named_and_nothing_is_sent() {
    let (mut a, mut b) = (Store::new(1), Store::new(2));
    a.write(RECORDS, Lane::Normal, 1, 100);
    let mut other = Store::new(1);
    other.write(RECORDS, Lane::Normal, 1, 101);
    let log = cairn_ledger::LogId { space: RECORDS, key: *other.frontier(RECORDS).0.keys().next().unwrap() };
    b.keep(&other.read(&log, 1, 1_000).unwrap()).unwrap();
    let mut net = Net::new(a, b);
    net.run_until(net.now_ms + 10_000);
    assert_eq!(net.sides[0].told.set_aside, [(log, "forked".to_owned())]);
    assert_eq!(net.sides[0].told.knows, [(log, 1)]);
    assert!(net.sides[0].told.order.is_empty() && net.sides[1].told.order.is_empty());
}

#[test]
fn what_is_urgent_in_the_audit_does_not_wait_for_company() {
    let mut net = Net::new(Store::new(1), Store::new(2));
    net.run_until_equal(5_000);
    net.write(0, AUDIT, Lane::Urgent, 1, 100);
    net.run_until(net.now_ms + 2_000);
    assert_eq!(net.sides[1].store.entries(), 0, "a line of the audit waits");
    net.step(0, Event::Hurry);
    net.run_until(net.now_ms + 2_000);
    assert_eq!(net.sides[1].store.entries(), 1);
}

#[test]
fn a_session_can_be_cancelled() {
    let mut net = Net::new(Store::new(1), Store::new(2));
    net.run_until_equal(5_000);
    net.step(0, Event::CloseAsked("cancelled"));
    net.run_until(net.now_ms + 100);
    let reasons: Vec<_> = net.sides.iter().map(|end| end.told.closed.as_ref().unwrap().name().to_owned()).collect();
    assert_eq!(reasons, ["cancelled", "cancelled"]);
}
