//! Two replicas come to hold the same, however often the link breaks.

mod support;

use cairn_ledger::{Incarnation, Lane};
use cairn_sync_protocol::Event;
use support::Dice;
use support::history::Worker;
use support::net::Net;
use support::store::{AUDIT, RECORDS, REGISTRY, Store};

const LANES: [Lane; 3] = [Lane::Urgent, Lane::Normal, Lane::Bulk];

fn two_sides_with_work(seed: u64) -> (Store, Store) {
    let mut dice = Dice::new(seed);
    let (mut a, mut b) = (Store::new(1), Store::new(2));
    a.write(REGISTRY, Lane::Normal, 3, 200);
    for store in [&mut a, &mut b] {
        for _ in 0..dice.roll(6) {
            let space = if dice.roll(4) == 0 { AUDIT } else { RECORDS };
            store.write(space, LANES[dice.roll(3) as usize], 1 + dice.roll(20), 50 + dice.roll(500) as usize);
        }
    }
    (a, b)
}

#[test]
fn nothing_new_takes_one_greeting_each_way_whoever_remembers_what() {
    let (mut a, b) = (Store::new(1), Store::new(2));
    a.write(REGISTRY, Lane::Normal, 3, 200);
    let mut net = Net::new(a, b);
    net.run_until_equal(10_000);
    for remembers in [true, false] {
        if !remembers {
            net.sides[0].agreed.clear();
        }
        let (before, begun_ms) = (net.bytes(), net.now_ms);
        net.reconnect();
        net.run_until_equal(10_000);
        assert!(net.now_ms - begun_ms <= net.delay_ms + 10, "half a round trip");
        assert!(net.bytes() - before <= 2 * 64, "{} bytes", net.bytes() - before);
    }
}

/// Two sides that hold many logs, with something new on both.
fn many_logs() -> Net {
    let (mut a, b) = (Store::new(1), Store::new(2));
    a.write(REGISTRY, Lane::Normal, 3, 200);
    for life in 0..300 {
        a.incarnation = Incarnation(life);
        a.write(RECORDS, Lane::Normal, 1, 100);
    }
    let mut net = Net::new(a, b);
    net.run_until_equal(120_000);
    net
}

#[test]
fn after_a_cut_what_moved_flows_after_half_a_round_trip_and_no_bytes_are_spent_on_what_did_not() {
    let mut net = many_logs();
    net.sides[0].store.write(RECORDS, Lane::Normal, 1, 100);
    net.sides[1].store.write(RECORDS, Lane::Normal, 1, 100);
    let (before, begun_ms) = (net.bytes(), net.now_ms);
    net.reconnect();
    net.run_until_equal(10_000);
    assert!(net.now_ms - begun_ms <= 3 * net.delay_ms + 10, "{} ms", net.now_ms - begun_ms);
    assert!(net.bytes() - before < 1_000, "{} bytes", net.bytes() - before);
}

#[test]
fn a_side_that_remembers_another_agreement_asks_and_loses_nothing() {
    type Forget = fn(&mut Net);
    let forgets: [Forget; 5] = [
        |net| net.sides[0].agreed.clear(),
        |net| net.sides[1].agreed.clear(),
        |net| net.sides.iter_mut().for_each(|end| end.agreed.clear()),
        // Restored from a backup: it remembers what was agreed long ago.
        |net| {
            let remembered = net.sides[0].agreed.get_mut(&RECORDS).unwrap();
            let first = remembered.0.keys().next().copied();
            first.map(|first| remembered.0.remove(&first));
        },
        |net| {
            net.sides[1].agreed.remove(&AUDIT);
        },
    ];
    for (case, forget) in forgets.into_iter().enumerate() {
        let mut net = many_logs();
        for side in 0..2 {
            net.sides[side].store.write(RECORDS, Lane::Normal, 1, 100);
            net.sides[side].store.write(RECORDS, Lane::Bulk, 30, 900);
            net.sides[side].store.write(AUDIT, Lane::Normal, 1, 100);
            if case % 2 == 0 {
                net.sides[0].store.write(REGISTRY, Lane::Normal, 1, 100);
            }
        }
        forget(&mut net);
        net.reconnect();
        net.run_until_equal(20_000);
        assert!(net.sides.iter().all(|end| end.told.set_aside.is_empty() && end.told.closed.is_none()), "case {case}");
        assert_eq!(net.sides.iter().map(|end| end.store.duplicates).sum::<u64>(), 0, "case {case}");
    }
}

#[test]
fn an_open_session_at_rest_sends_nothing() {
    let (a, b) = two_sides_with_work(7);
    let mut net = Net::new(a, b);
    net.run_until_equal(60_000);
    net.run_until(net.now_ms + 5_000);
    let before = net.bytes();
    net.run_until(net.now_ms + 3_600_000);
    assert_eq!(net.bytes(), before);
}

#[test]
fn a_change_goes_out_over_the_open_session_in_half_a_round_trip() {
    let (a, b) = two_sides_with_work(8);
    let mut net = Net::new(a, b);
    net.run_until_equal(60_000);
    net.run_until(net.now_ms + 2_000);
    let (before, begun_ms) = (net.bytes(), net.now_ms);
    net.write(0, RECORDS, Lane::Urgent, 1, 60);
    net.run_until(begun_ms + net.delay_ms + 2);
    assert_eq!(net.sides[1].told.urgent_ms.map(|at_ms| at_ms >= begun_ms), Some(true));
    net.run_until(begun_ms + 1_500);
    assert!(net.is_equal());
    assert!(net.bytes() - before < 240, "{} bytes", net.bytes() - before);
}

#[test]
fn audit_alone_waits_for_company_and_then_rests() {
    let (a, b) = two_sides_with_work(9);
    let mut net = Net::new(a, b);
    net.run_until_equal(60_000);
    net.run_until(net.now_ms + 2_000);
    let before = net.bytes();
    net.write(0, AUDIT, Lane::Normal, 1, 60);
    net.run_until(net.now_ms + 8_000);
    assert_eq!(net.bytes(), before);
    net.run_until(net.now_ms + 5_000);
    assert_eq!(net.sides[0].store.frontier(AUDIT), net.sides[1].store.frontier(AUDIT));
    let after = net.bytes();
    net.run_until(net.now_ms + 600_000);
    assert_eq!(net.bytes(), after, "what is received is not witnessed for ever");
}

#[test]
fn cut_anywhere_any_number_of_times_both_sides_converge_and_little_is_sent_twice() {
    for seed in 0..2_000 {
        let (a, b) = two_sides_with_work(seed);
        let mut dice = Dice::new(seed ^ 0xcafe);
        let mut net = Net::new(a, b);
        (net.bytes_per_s, net.delay_ms) = (20_000 + dice.roll(400_000), dice.roll(300));
        let cuts = dice.roll(6);
        for _ in 0..cuts {
            net.run_until(net.now_ms + dice.roll(2_500));
            if dice.roll(3) == 0 {
                net.write(dice.roll(2) as usize, RECORDS, LANES[dice.roll(3) as usize], 1 + dice.roll(4), 300);
            }
            let again = net.sides.iter().map(|end| end.store.duplicates).sum::<u64>();
            assert_eq!(again, 0, "seed {seed}: an entry that was durable was sent again");
            net.reconnect();
        }
        net.run_until_equal(120_000);
        let total = net.sides[0].store.entries();
        let offered: u64 = net.sides.iter().map(|end| end.store.offered).sum();
        assert!(offered <= total, "seed {seed}: {offered} entries offered of {total}");
    }
}

/// Real work of two posts, cut at any time, over receivers that now and then deny what they hold.
#[test]
fn work_of_two_posts_comes_together_byte_for_byte_however_it_is_cut() {
    for seed in 0..150 {
        let mut dice = Dice::new(seed);
        let mut workers = [Worker::new(seed), Worker::new(seed + 9_000)];
        let mut net = Net::new(Store::new(1), Store::new(2));
        (net.bytes_per_s, net.delay_ms) = (2_000 + dice.roll(40_000), dice.roll(300));
        for _ in 0..dice.roll(12) {
            let side = dice.roll(2) as usize;
            for _ in 0..1 + dice.roll(12) {
                workers[side].work(&mut net.sides[side].store);
            }
            for space in [RECORDS, AUDIT] {
                net.step(side, Event::LocalChange(space));
            }
            net.sides[1 - side].store.forgetful = dice.roll(4) == 0;
            net.run_until(net.now_ms + dice.roll(3_000));
            if dice.roll(3) == 0 {
                net.reconnect();
            }
        }
        for side in 0..2 {
            assert!(net.sides[side].told.set_aside.is_empty(), "seed {seed}: {:?}", net.sides[side].told.set_aside);
        }
        net.reconnect();
        net.run_until_equal(300_000);
        let [a, b] = &net.sides;
        for (log, count) in a.store.logs() {
            for number in 1..=count {
                assert_eq!(a.store.bytes(log, number), b.store.bytes(log, number), "seed {seed}");
            }
        }
        assert_eq!(a.store.entries(), b.store.entries(), "seed {seed}");
    }
}

#[test]
fn a_cut_costs_no_more_than_the_parcels_on_their_way() {
    let uncut = {
        let mut net = Net::new(with_import(400), Store::new(2));
        net.bytes_per_s = 50_000;
        net.run_until_equal(600_000);
        net.bytes()
    };
    let mut net = Net::new(with_import(400), Store::new(2));
    net.bytes_per_s = 50_000;
    let mut lost = 0;
    for _ in 0..50 {
        net.run_until(net.now_ms + 1_600);
        // Two parcels in flight, each up to a commit longer than asked for, and a greeting.
        lost += 2 * (net.sides[0].told.parcel_bytes as u64 + 10_000) + 2_000;
        net.reconnect();
    }
    net.run_until_equal(600_000);
    assert!(net.bytes() <= uncut + lost, "{} bytes against {uncut} and {lost}", net.bytes());
}

/// Commits of ten entries of 1,000 bytes.
fn with_import(commits: u64) -> Store {
    let mut store = Store::new(1);
    store.write(REGISTRY, Lane::Normal, 2, 100);
    for _ in 0..commits {
        store.write(RECORDS, Lane::Bulk, 10, 1_000);
    }
    store
}
