//! What stands behind a fork is carried on, as it was written, and nobody can slip anything in.

use super::*;
use crate::rescue::{BadRescue, Rescued};

/// Two machines with one name, what each wrote behind the fork, and a third that holds one history and knows of the other.
fn forked() -> (Replica, Replica, Replica, LogId) {
    let (original, clone) = cloned(&["one"]);
    original.write(&["left"]);
    clone.write(&["right", "right again"]);
    let log = original.log(Lane::Normal);
    let hub = Replica::new(3);
    hub.pull(&original, &log, 1).unwrap();
    assert_eq!(hub.pull(&clone, &log, 2).unwrap_err().name(), "fork");
    (original, clone, hub, log)
}

fn rescue(replica: &Replica, all: bool) -> usize {
    let drafts = replica.ledger.rescue_drafts(all).unwrap();
    replica.ledger.commit(drafts, 1_000, ClockQuality::Local).unwrap().len()
}

fn carried(replica: &Replica) -> Vec<String> {
    let text = |entry: &Entry| String::from_utf8(replica.ledger.open_body(entry).unwrap().payload).unwrap();
    let mut texts = Vec::new();
    for (log, number) in replica.ledger.carriers_in(&SPACE) {
        let carrier = replica.ledger.entry(&log, number).unwrap().unwrap();
        let rescued = replica.ledger.rescued_in(&carrier).unwrap();
        texts.extend(rescued.iter().filter(|entry| entry.header.core.kind == EntryKind::RecordChange).map(text));
    }
    texts.sort();
    texts
}

#[test]
fn both_histories_reach_who_held_neither() {
    let (_, clone, hub, log) = forked();
    // The machine with the other history hears of the fork, goes on under a new incarnation, and carries on what it wrote.
    clone.ledger.take_new_incarnation(Incarnation(2));
    clone.pull(&hub, &hub.log(Lane::Urgent), 1).unwrap();
    assert_eq!(rescue(&clone, false), 1);
    // The first machine is gone for ever; the hub has what it wrote.
    assert_eq!(rescue(&hub, false), 0, "it is not its own");
    assert_eq!(rescue(&hub, true), 1);
    assert_eq!(rescue(&hub, true), 0, "once is enough");
    let zoe = Replica::new(4);
    for (from, log) in [(&hub, hub.log(Lane::Urgent)), (&clone, clone.log(Lane::Urgent)), (&hub, log)] {
        let run = from.ledger.sealed_run(&log, 1, usize::MAX).unwrap().unwrap();
        zoe.ledger.receive(run, &anybody).ok();
    }
    assert_eq!(carried(&zoe), ["left", "right", "right again"]);
    assert_eq!(rescue(&zoe, true), 0, "others have done it");
    let right = clone.ledger.entry(&log, 2).unwrap().unwrap();
    let name = right.header.hash().short();
    assert_eq!(zoe.ledger.entry_named(&log, 2, name).unwrap(), Some(right), "it is the very entry");
    let zoe = zoe.restarted();
    assert_eq!(carried(&zoe), ["left", "right", "right again"]);
    assert_eq!(rescue(&zoe, true), 0);
}

#[test]
fn what_was_carried_in_a_log_that_forks_itself_is_carried_again() {
    let (_, clone, hub, log) = forked();
    clone.pull(&hub, &hub.log(Lane::Urgent), 1).unwrap();
    let twin = clone.restarted();
    assert_eq!(rescue(&clone, false), 1);
    let carriers = clone.log(Lane::Urgent);
    twin.ledger.commit(vec![draft(SPACE, Lane::Urgent, "x")], 1, ClockQuality::Local).unwrap();
    let zoe = Replica::new(4);
    zoe.pull(&clone, &carriers, 1).unwrap();
    assert_eq!(zoe.pull(&twin, &carriers, 1).unwrap_err().name(), "fork");
    assert!(carried(&zoe).is_empty(), "what it holds there does not reach others");
    assert_eq!(rescue(&zoe, true), 1);
    assert_eq!(carried(&zoe), ["right", "right again"]);
    assert!(zoe.ledger.entry_named(&log, 3, clone.ledger.last(&log).1.short()).unwrap().is_some());
}

/// A member of ill will writes a carrier of rubbish behind a fork of its own: it is carried on like anything, once.
#[test]
fn a_carrier_of_rubbish_behind_a_fork_is_carried_once_and_is_no_carrier() {
    let (original, clone) = cloned(&[]);
    let body = Body { author: Author::default(), purpose: None, record: None, payload: vec![1, 0, 9, 9] };
    let rubbish = EntryDraft { space: SPACE, lane: Lane::Urgent, kind: EntryKind::Rescued, body };
    original.ledger.commit(vec![rubbish], 1_000, ClockQuality::Local).unwrap();
    clone.ledger.commit(vec![draft(SPACE, Lane::Urgent, "x")], 1_000, ClockQuality::Local).unwrap();
    let log = original.log(Lane::Urgent);
    let hub = Replica::new(3);
    hub.pull(&original, &log, 1).unwrap();
    assert_eq!(hub.pull(&clone, &log, 1).unwrap_err().name(), "fork");
    assert_eq!(rescue(&hub, true), 1);
    assert_eq!(rescue(&hub, true), 0, "and not for ever");
    assert!(carried(&hub).is_empty());
}

/// Five entries of one commit, and one seal behind the last.
#[test]
fn what_stands_before_and_behind_damage_reaches_others_from_its_writer() {
    let alice = Replica::new(1);
    alice.write(&["one", "two", "three", "four", "five"]);
    let (log, hub, zoe) = (alice.log(Lane::Normal), Replica::new(2), Replica::new(3));
    zoe.pull(&alice, &log, 1).unwrap();
    assert!(
        zoe.damaged(&log, 3).ledger.sealed_run(&log, 1, usize::MAX).unwrap().is_none(),
        "only who wrote it seals it"
    );
    let alice = alice.damaged(&log, 3);
    alice.ledger.take_new_incarnation(Incarnation(2));
    let carry = || {
        let drafts = alice.ledger.rescue_drafts_behind(&alice.ledger.lost()).unwrap();
        alice.ledger.commit(drafts, 1_000, ClockQuality::Local).unwrap().len()
    };
    assert_eq!((carry(), carry()), (1, 0));
    hub.pull(&alice, &log, 1).unwrap();
    hub.pull(&alice, &alice.log(Lane::Urgent), 1).unwrap();
    assert_eq!(
        (hub.texts(&log), carried(&hub)),
        (vec!["one".into(), "two".into()], vec!["five".into(), "four".into()])
    );
    // Whoever has the one that is missing brings all of it back, and it is the same history.
    hub.pull(&zoe, &log, 3).unwrap();
    assert_eq!(hub.texts(&log), zoe.texts(&log));
}

#[test]
fn a_long_history_goes_in_several_carriers() {
    let (original, clone) = cloned(&["one"]);
    let long = "x".repeat(20_000);
    original.write(&["left"]);
    clone.write(&vec![long.as_str(); 30]);
    let log = original.log(Lane::Normal);
    assert_eq!(clone.pull(&original, &log, 2).unwrap_err().name(), "fork");
    clone.ledger.take_new_incarnation(Incarnation(2));
    let mut carriers = 0;
    loop {
        match rescue(&clone, false) {
            0 => break,
            more => carriers += more,
        }
    }
    assert!((13..=16).contains(&carriers), "{carriers}");
    assert_eq!(carried(&clone).len(), 30);
}

#[test]
fn nobody_can_slip_in_what_the_writer_did_not_sign() {
    let (_, clone, _, log) = forked();
    let run = clone.batch(&log, 2);
    let rescued = Rescued::parts(&run).remove(0);
    assert_eq!(rescued.verify(&SPACE), Ok(()));
    assert_eq!(Rescued::decode(&rescued.encode()), Ok(rescued.clone()));
    assert_eq!(rescued.verify(&AUDIT), Err(BadRescue::Misplaced));
    let spoilt = |spoil: &dyn Fn(&mut Rescued)| {
        let mut spoilt = rescued.clone();
        spoil(&mut spoilt);
        spoilt.verify(&SPACE)
    };
    assert_eq!(spoilt(&|it| it.entries[0].header.core.record_tag = [1; 16]), Err(BadRescue::BadChain));
    assert_eq!(spoilt(&|it| it.entries[1].header.core.hlc.counter += 1), Err(BadRescue::BadChain));
    assert_eq!(spoilt(&|it| it.entries.truncate(1)), Err(BadRescue::BadChain));
    assert_eq!(spoilt(&|it| it.entries.clear()), Err(BadRescue::BadChain));
    assert_eq!(spoilt(&|it| it.seal.number += 1), Err(BadRescue::BadChain));
    assert_eq!(spoilt(&|it| it.seal.signature[3] ^= 1), Err(BadRescue::BadSeal));
    let other = Replica::new(9).log(Lane::Normal);
    assert_eq!(spoilt(&|it| it.seal.log = other), Err(BadRescue::Misplaced));
}
