//! A proof that stands behind another fork is not passed on as an entry, so it is shown.

use super::*;

#[test]
fn a_proof_behind_another_fork_is_shown_to_whoever_has_not_heard_of_it() {
    let (original, clone) = cloned(&["one"]);
    original.write(&["left"]);
    clone.write(&["right"]);
    let log = original.log(Lane::Normal);
    let ben = Replica::new(2);
    ben.pull(&original, &log, 1).unwrap();
    let twin = ben.restarted();
    assert_eq!(ben.pull(&clone, &log, 2).unwrap_err().name(), "fork");
    let proofs = ben.log(Lane::Urgent);
    let (hub, zoe) = (Replica::new(3), Replica::new(4));
    for replica in [&hub, &zoe] {
        replica.pull(&original, &log, 1).unwrap();
    }
    hub.pull(&ben, &proofs, 1).unwrap();
    let (number, hash) = zoe.ledger.last(&log);
    let shown = || hub.ledger.evidence_for(&log, number, &hash).unwrap();
    assert!(shown().is_empty(), "the proof will come as an entry");

    twin.ledger.commit(vec![draft(SPACE, Lane::Urgent, "x")], 1, ClockQuality::Local).unwrap();
    assert_eq!(hub.pull(&twin, &proofs, 1).unwrap_err().name(), "fork");
    zoe.pull(&hub, &hub.log(Lane::Urgent), 1).unwrap();
    assert_eq!(zoe.ledger.frozen_logs(), [(proofs, 0)], "of the first fork it cannot know yet");
    let proved = shown().into_iter().map(|evidence| zoe.ledger.take_evidence(evidence).unwrap());
    assert!(proved.collect::<Vec<_>>().contains(&true));
    assert_eq!(zoe.ledger.frozen_after(&log), Some(1));
    assert_eq!(
        zoe.ledger.frontier(&SPACE).unwrap().number(&log.key),
        hub.ledger.frontier(&SPACE).unwrap().number(&log.key)
    );
}
