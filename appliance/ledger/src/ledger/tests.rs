//! Replicas that write, receive, fork, roll back and lie.

mod holes;
mod rescue;
mod stranded;
mod verifying;

use std::sync::Arc;

use cairn_record::RecordId;
use proptest::prelude::*;

use super::*;
use crate::body::Author;
use crate::entry::{EntryKind, Position};
use crate::fork::{BadProof, ForkProof};
use crate::names::{ClockQuality, Hlc, Lane, LogKey};
use crate::store::{Fault, MemoryStore, StoredItem, Verified};

const SPACE: SpaceId = SpaceId([7; 16]);
const AUDIT: SpaceId = SpaceId([8; 16]);

fn keyring() -> Keyring {
    let mut keyring = Keyring::new();
    keyring.insert(SPACE, 1, EpochKey::new([70; 32])).unwrap();
    keyring.insert(AUDIT, 1, EpochKey::new([80; 32])).unwrap();
    keyring
}

struct Replica {
    ledger: Ledger,
    store: Arc<MemoryStore>,
    seed: u8,
}

impl Replica {
    fn new(seed: u8) -> Self {
        Self::over(seed, MemoryStore::new())
    }

    fn over(seed: u8, store: MemoryStore) -> Self {
        let store = Arc::new(store);
        let key = ReplicaKey::from_seed(&[seed; 32]);
        let ledger = Ledger::open(Box::new(store.clone()), key, Incarnation(1), keyring()).unwrap();
        Self { ledger, store, seed }
    }

    /// The same replica after a restart, with its disk as it is.
    fn restarted(&self) -> Self {
        Self::over(self.seed, MemoryStore::from_bytes(self.store.bytes()))
    }

    fn log(&self, lane: Lane) -> LogId {
        let (replica, incarnation) = (self.ledger.replica(), self.ledger.incarnation());
        LogId { space: SPACE, key: LogKey { replica, incarnation, lane } }
    }

    fn write(&self, texts: &[&str]) -> Vec<Position> {
        let drafts = texts.iter().map(|text| draft(SPACE, Lane::Normal, text)).collect();
        self.ledger.commit(drafts, 1_000, ClockQuality::Local).unwrap()
    }

    /// Receives everything that the other one has of a log, as one batch.
    fn pull(&self, other: &Self, log: &LogId, from: u64) -> Result<Kept, Refusal> {
        self.ledger.receive(other.batch(log, from), &anybody)
    }

    fn batch(&self, log: &LogId, from: u64) -> ReceivedBatch {
        self.ledger.sealed_run(log, from, usize::MAX).unwrap().unwrap()
    }

    fn texts(&self, log: &LogId) -> Vec<String> {
        let entries = self.ledger.read(log, 1, usize::MAX).unwrap();
        let payload = |entry| String::from_utf8(self.ledger.open_body(entry).unwrap().payload).unwrap();
        entries.iter().map(payload).collect()
    }

    fn findings(&self) -> (Verified, Vec<String>) {
        let mut findings = Vec::new();
        let verified = self.ledger.verify_all(&mut |finding| findings.push(finding.text));
        (verified, findings)
    }
}

fn draft(space: SpaceId, lane: Lane, text: &str) -> EntryDraft {
    let author = Author { user: "vera".to_owned(), display: "Vera Lindqvist".to_owned(), role: 1 };
    let record = Some(RecordId([text.len() as u8; 16]));
    let body = Body { author, purpose: Some("routine check".to_owned()), record, payload: text.as_bytes().to_vec() };
    EntryDraft { space, lane, kind: EntryKind::RecordChange, body }
}

fn anybody(_: &LogId, _: EntryKind, _: u64) -> Result<(), Refusal> {
    Ok(())
}

#[test]
fn a_commit_is_chained_sealed_readable_and_survives_a_restart() {
    let replica = Replica::new(1);
    let both = vec![
        draft(SPACE, Lane::Normal, "one"),
        draft(AUDIT, Lane::Normal, "looked"),
        draft(SPACE, Lane::Normal, "two"),
    ];
    let positions = replica.ledger.commit(both, 1_000, ClockQuality::Local).unwrap();
    assert_eq!(positions.iter().map(|position| position.number).collect::<Vec<_>>(), [1, 1, 2]);
    assert_eq!(positions[1].log.space, AUDIT);
    replica.write(&["three"]);

    let replica = replica.restarted();
    let log = replica.log(Lane::Normal);
    assert_eq!(replica.texts(&log), ["one", "two", "three"]);
    let entry = replica.ledger.entry(&log, 2).unwrap().unwrap();
    assert_eq!(entry.header.hash(), positions[2].hash);
    let body = replica.ledger.open_body(&entry).unwrap();
    assert_eq!(body, draft(SPACE, Lane::Normal, "two").body);
    let (verified, findings) = replica.findings();
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!((verified.logs, verified.entries, verified.bodies, verified.seals), (2, 4, 4, 3));
}

#[test]
fn nothing_of_a_body_can_be_found_on_the_disk() {
    let replica = Replica::new(1);
    replica.write(&["Plate XK 4471 seen at the ferry"]);
    let bytes = replica.store.bytes();
    for needle in ["XK 4471", "ferry", "vera", "Lindqvist", "routine"] {
        assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()), "{needle}");
    }
}

#[test]
fn time_goes_on_after_a_restart_with_a_clock_that_went_back() {
    let replica = Replica::new(1);
    let log = replica.log(Lane::Normal);
    replica.ledger.commit(vec![draft(SPACE, Lane::Normal, "a")], 9_000, ClockQuality::Local).unwrap();
    let replica = replica.restarted();
    replica.ledger.commit(vec![draft(SPACE, Lane::Normal, "b")], 10, ClockQuality::Unknown).unwrap();
    let times: Vec<_> =
        replica.ledger.read(&log, 1, usize::MAX).unwrap().iter().map(|entry| entry.header.core.hlc).collect();
    assert_eq!(times, [Hlc { unix_ms: 9_000, counter: 0 }, Hlc { unix_ms: 9_000, counter: 1 }]);
}

#[test]
fn a_space_without_a_key_cannot_be_written() {
    let replica = Replica::new(1);
    let elsewhere = draft(SpaceId([1; 16]), Lane::Normal, "x");
    let both = vec![draft(SPACE, Lane::Normal, "y"), elsewhere];
    assert!(matches!(replica.ledger.commit(both, 1, ClockQuality::Local), Err(CommitError::NoKey(_))));
    assert_eq!(replica.ledger.stats().entries, 0, "nothing of the commit was kept");
}

#[test]
fn a_long_commit_can_travel_in_parts() {
    let replica = Replica::new(1);
    let drafts = vec![draft(SPACE, Lane::Bulk, "row"); 1500];
    replica.ledger.commit(drafts, 1, ClockQuality::Local).unwrap();
    let log = replica.log(Lane::Bulk);
    let other = Replica::new(2);
    let mut parts = 0;
    while let Some(batch) = replica.ledger.sealed_run(&log, other.ledger.last(&log).0 + 1, 1).unwrap() {
        assert!(batch.entries.iter().map(Entry::encoded_len).sum::<usize>() < 66 * 1024);
        other.ledger.receive(batch, &anybody).unwrap();
        parts += 1;
    }
    assert!(parts > 4);
    assert_eq!(other.ledger.last(&log), replica.ledger.last(&log));
    let whole = replica.ledger.sealed_run(&log, 1, usize::MAX).unwrap().unwrap();
    assert!(whole.entries.len() > 700 && whole.entries.len() <= 1024, "{}", whole.entries.len());
}

#[test]
fn authority_may_ask_the_ledger_while_it_receives() {
    let (ada, ben) = (Replica::new(1), Replica::new(2));
    ada.write(&["one"]);
    let asked = |log: &LogId, _: EntryKind, number: u64| {
        assert_eq!((ben.ledger.last(log).0 + 1, ben.ledger.incarnation()), (number, Incarnation(1)));
        Ok(())
    };
    ben.ledger.receive(ada.batch(&ada.log(Lane::Normal), 1), &asked).unwrap();
}

#[test]
fn a_batch_is_kept_and_frontiers_become_equal() {
    let (ada, ben) = (Replica::new(1), Replica::new(2));
    ada.write(&["one", "two"]);
    ada.write(&["three"]);
    let log = ada.log(Lane::Normal);
    let kept = ben.pull(&ada, &log, 1).unwrap();
    assert_eq!((kept.entries.len(), kept.held_before), (3, 0));
    assert_eq!(ben.texts(&log), ["one", "two", "three"]);
    assert_eq!(ada.ledger.frontier(&SPACE).unwrap(), ben.ledger.frontier(&SPACE).unwrap());

    ada.write(&["four"]);
    let kept = ben.pull(&ada, &log, 2).unwrap();
    assert_eq!((kept.entries.len(), kept.held_before), (1, 2));
    assert_eq!(ben.pull(&ada, &log, 1).unwrap(), Kept { entries: Vec::new(), held_before: 4 });
    assert_eq!(ben.restarted().findings().1, Vec::<String>::new());
}

#[test]
fn a_parcel_in_clear_gives_the_same_bytes() {
    let (ada, ben) = (Replica::new(1), Replica::new(2));
    ada.write(&["one", "two"]);
    ada.write(&["three"]);
    let log = ada.log(Lane::Normal);
    for from in [1, 3] {
        let parcel = ada.ledger.open_run(&log, from, if from == 1 { 400 } else { usize::MAX }).unwrap().unwrap();
        ben.ledger.receive(ben.ledger.seal_parcel(&parcel).unwrap(), &anybody).unwrap();
    }
    assert_eq!(ada.ledger.read(&log, 1, usize::MAX).unwrap(), ben.ledger.read(&log, 1, usize::MAX).unwrap());
}

#[test]
fn a_parcel_that_was_tampered_with_is_refused() {
    let (ada, ben) = (Replica::new(1), Replica::new(2));
    ada.write(&["one", "two"]);
    let honest = ada.ledger.open_run(&ada.log(Lane::Normal), 1, usize::MAX).unwrap().unwrap();
    let tamper: [fn(&mut crate::OpenParcel); 6] = [
        |parcel| parcel.entries[0].body.push(1),
        |parcel| parcel.entries[0].kind = 3,
        |parcel| parcel.entries[1].hlc.counter += 1,
        |parcel| parcel.entries[1].record = None,
        |parcel| parcel.entries.swap(0, 1),
        |parcel| parcel.seal.signature[5] ^= 1,
    ];
    for (at, tamper) in tamper.iter().enumerate() {
        let mut parcel = honest.clone();
        tamper(&mut parcel);
        let batch = ben.ledger.seal_parcel(&parcel).unwrap();
        assert_eq!(ben.ledger.receive(batch, &anybody).unwrap_err().name(), "bad-seal", "case {at}");
    }
    let mut parcel = honest.clone();
    parcel.entries[0].epoch = 2;
    assert_eq!(ben.ledger.seal_parcel(&parcel).unwrap_err().name(), "unknown-epoch");
    assert_eq!(ben.ledger.stats().entries, 0);
    ben.ledger.receive(ben.ledger.seal_parcel(&honest).unwrap(), &anybody).unwrap();
}

/// Every byte of what goes over the wire, changed: refused, nothing kept.
#[test]
fn any_changed_byte_of_a_batch_is_refused() {
    let (ada, ben) = (Replica::new(1), Replica::new(2));
    ada.write(&["one"]);
    let batch = ada.batch(&ada.log(Lane::Normal), 1);
    let (entry, seal) = (batch.entries[0].encode(), batch.seal.encode());
    for at in 0..entry.len() + seal.len() {
        let (mut entry, mut seal) = (entry.clone(), seal);
        match at.checked_sub(entry.len()) {
            None => entry[at] ^= 0x04,
            Some(at) => seal[at] ^= 0x04,
        }
        let (Ok(entry), Ok(seal)) = (Entry::decode(&entry), Seal::decode(&seal)) else { continue };
        let changed = ReceivedBatch { log: entry.header.core.log, entries: vec![entry], seal };
        assert!(ben.ledger.receive(changed, &anybody).is_err(), "byte {at}");
    }
    assert_eq!(ben.ledger.stats().entries, 0);
    ben.ledger.receive(batch, &anybody).unwrap();
}

#[test]
fn each_way_to_cheat_has_its_name() {
    let (ada, ben) = (Replica::new(1), Replica::new(2));
    ada.write(&["one", "two", "three", "four"]);
    let log = ada.log(Lane::Normal);
    let honest = ada.batch(&log, 1);
    let refused = |change: &dyn Fn(&mut ReceivedBatch)| {
        let mut batch = honest.clone();
        change(&mut batch);
        ben.ledger.receive(batch, &anybody).unwrap_err().name()
    };
    assert_eq!(refused(&|batch| batch.entries.clear()), "empty");
    assert_eq!(refused(&|batch| batch.entries = vec![batch.entries[0].clone(); 1025]), "too-large");
    assert_eq!(refused(&|batch| batch.entries.swap(1, 2)), "not-consecutive");
    assert_eq!(refused(&|batch| drop(batch.entries.remove(1))), "not-consecutive");
    assert_eq!(refused(&|batch| drop(batch.entries.pop())), "not-consecutive");
    assert_eq!(refused(&|batch| batch.log.space = AUDIT), "not-consecutive");
    assert_eq!(refused(&|batch| batch.entries[1].header.core.prev.0[0] ^= 1), "bad-chain");
    assert_eq!(refused(&|batch| batch.entries[3].header.core.kind = EntryKind::Audit), "bad-seal");
    assert_eq!(refused(&|batch| batch.entries[2].body.as_mut().unwrap()[30] ^= 1), "bad-body-hash");
    assert_eq!(refused(&|batch| batch.entries[2].body = None), "missing-body");
    assert_eq!(refused(&|batch| drop(batch.entries.drain(..2))), "gap");
    assert_eq!(refused(&|batch| batch.seal.signature = [0; 64]), "bad-seal");
    assert_eq!(ben.ledger.stats().entries, 0);
}

#[test]
fn authority_is_asked_for_every_entry_and_one_no_refuses_all() {
    let (ada, ben) = (Replica::new(1), Replica::new(2));
    ada.write(&["one", "two", "three"]);
    let batch = ada.batch(&ada.log(Lane::Normal), 1);
    let asked = std::cell::RefCell::new(Vec::new());
    let refusal = ben.ledger.receive(batch, &|log, kind, number| {
        asked.borrow_mut().push((log.space, kind, number));
        if number == 2 { Err(Refusal::NotAuthorised("not certified".to_owned())) } else { Ok(()) }
    });
    assert_eq!(refusal.unwrap_err().name(), "not-authorised");
    assert_eq!(*asked.borrow(), [(SPACE, EntryKind::RecordChange, 1), (SPACE, EntryKind::RecordChange, 2)]);
    assert_eq!(ben.ledger.stats().entries, 0);
}

/// Signs whatever it is told to, as a dishonest member could.
fn forged(core: impl FnOnce(&mut Core), plain: &[u8], epoch: u32, key: [u8; 32]) -> ReceivedBatch {
    let (signer, epoch_key) = (SigningKey::from_bytes(&[66; 32]), EpochKey::new(key));
    let replica = ReplicaId(signer.verifying_key().to_bytes());
    let log = LogId { space: SPACE, key: LogKey { replica, incarnation: Incarnation(1), lane: Lane::Normal } };
    let mut first = Core {
        log,
        number: 1,
        key_epoch: epoch,
        key_id: epoch_key.id(&SPACE),
        record_tag: [0; 16],
        hlc: Hlc { unix_ms: 1, counter: 0 },
        clock: ClockQuality::Local,
        kind: EntryKind::RecordChange,
        prev: EntryHash([0; 32]),
    };
    core(&mut first);
    let sealed = crate::crypto::SpaceKey::derive(&first.log.space, epoch, &epoch_key).seal(&first, plain).unwrap();
    let header = Header::new(first, &sealed);
    let seal = Seal::sign(&header.position(), &signer);
    ReceivedBatch { log: first.log, entries: vec![Entry { header, body: Some(sealed) }], seal }
}

#[test]
fn a_dishonest_member_gets_no_further() {
    let ben = Replica::new(2);
    let plain = draft(SPACE, Lane::Normal, "x").body;
    let (with_record, without) = (plain.encode().unwrap(), Body { record: None, ..plain }.encode().unwrap());
    let name = |batch| ben.ledger.receive(batch, &anybody).unwrap_err().name();
    assert_eq!(name(forged(|_| {}, &with_record, 1, [70; 32])), "bad-record-tag");
    assert_eq!(name(forged(|core| core.record_tag = [9; 16], &without, 1, [70; 32])), "bad-record-tag");
    assert_eq!(name(forged(|_| {}, &without, 1, [71; 32])), "unknown-epoch");
    assert_eq!(name(forged(|_| {}, &without, 2, [70; 32])), "unknown-epoch");
    let true_id = EpochKey::new([70; 32]).id(&SPACE);
    assert_eq!(name(forged(|core| core.key_id = true_id, &without, 1, [71; 32])), "undecryptable");
    assert_eq!(name(forged(|core| core.log.space = SpaceId([3; 16]), &without, 1, [70; 32])), "wrong-space");
    assert_eq!(ben.ledger.stats().entries, 0);
    // A body or a kind from a newer Cairn is kept: its writer may know more than we do.
    ben.ledger
        .receive(forged(|core| core.kind = EntryKind::Unknown(99), b"\x09future", 1, [70; 32]), &anybody)
        .unwrap();
    assert_eq!(ben.findings().1, Vec::<String>::new());
}

#[test]
fn a_disk_that_fails_while_receiving_refuses_and_keeps_nothing() {
    let (ada, ben) = (Replica::new(1), Replica::new(2));
    ada.write(&["one", "two"]);
    let log = ada.log(Lane::Normal);
    ben.store.inject(0, Fault::Full);
    ben.store.inject(1, Fault::Tear(200));
    assert_eq!(ben.pull(&ada, &log, 1).unwrap_err().name(), "no-room");
    assert_eq!(ben.pull(&ada, &log, 1).unwrap_err().name(), "store");
    assert!(matches!(
        ben.ledger.commit(vec![draft(SPACE, Lane::Normal, "x")], 1, ClockQuality::Local),
        Err(CommitError::Store(StoreError::NeedsReopen))
    ));
    let ben = ben.restarted();
    assert_eq!(ben.ledger.stats().entries, 0);
    ben.pull(&ada, &log, 1).unwrap();
}

/// The same replica twice: a cloned card. Both write on from entry `common`.
fn cloned(common: &[&str]) -> (Replica, Replica) {
    let original = Replica::new(1);
    common.iter().for_each(|text| drop(original.write(&[text])));
    let clone = original.restarted();
    (original, clone)
}

#[test]
fn two_histories_are_proven_frozen_and_passed_on() {
    let (original, clone) = cloned(&["one", "two"]);
    original.write(&["left", "left again"]);
    clone.write(&["right"]);
    let log = original.log(Lane::Normal);
    let (ben, eve) = (Replica::new(2), Replica::new(3));
    ben.pull(&original, &log, 1).unwrap();
    eve.pull(&clone, &log, 1).unwrap();

    let Err(Refusal::Fork(proof)) = ben.pull(&clone, &log, 3) else { panic!("no proof") };
    assert_eq!(proof.verify().unwrap().common, 2);
    assert_eq!(ForkProof::decode(&proof.encode()).unwrap(), *proof);
    assert_eq!(ben.ledger.frozen_logs(), [(log, 2)]);
    assert_eq!(ben.pull(&clone, &log, 3).unwrap_err().name(), "frozen");
    assert_eq!(ben.ledger.logs().len(), 2, "one proof was written, not two");

    let ben = ben.restarted();
    assert_eq!(ben.ledger.frozen_logs(), [(log, 2)], "a restart does not forget");
    eve.pull(&ben, &ben.log(Lane::Urgent), 1).unwrap();
    assert_eq!(eve.ledger.frozen_logs(), [(log, 2)], "the proof freezes wherever it arrives");
    assert_eq!(ben.ledger.frontier(&SPACE).unwrap(), eve.ledger.frontier(&SPACE).unwrap());

    let zoe = Replica::new(4);
    zoe.pull(&ben, &ben.log(Lane::Urgent), 1).unwrap();
    assert_eq!(zoe.pull(&ben, &log, 1).unwrap().entries.len(), 2, "the common history is still taken");
    assert_eq!(zoe.pull(&ben, &log, 3).unwrap_err().name(), "frozen");
    assert_eq!(zoe.ledger.frontier(&SPACE).unwrap(), ben.ledger.frontier(&SPACE).unwrap());
    for replica in [&ben, &eve, &zoe] {
        assert_eq!(replica.findings().1, Vec::<String>::new());
    }
}

#[test]
fn a_fork_is_found_when_only_the_next_entry_contradicts() {
    let (original, clone) = cloned(&["one"]);
    original.write(&["left"]);
    clone.write(&["right"]);
    clone.write(&["right again"]);
    let log = original.log(Lane::Normal);
    let ben = Replica::new(2);
    ben.pull(&original, &log, 1).unwrap();
    let Err(Refusal::Fork(proof)) = ben.pull(&clone, &log, 3) else { panic!("no proof") };
    assert_eq!(proof.verify().unwrap().common, 1);
}

#[test]
fn a_fork_in_the_middle_of_a_commit_is_proven_through_its_seal() {
    let (original, clone) = cloned(&["one"]);
    original.write(&["a", "b", "c", "d"]);
    clone.write(&["a", "B", "c", "d", "e"]);
    let log = original.log(Lane::Normal);
    let ben = Replica::new(2);
    ben.pull(&original, &log, 1).unwrap();
    let Err(Refusal::Fork(proof)) = ben.pull(&clone, &log, 1) else { panic!("no proof") };
    assert_eq!(proof.verify().unwrap().common, 2, "the first difference, not the end, is where they part");
    assert_eq!((proof.left.links.len(), proof.right.links.len()), (2, 3));
}

#[test]
fn nobody_can_frame_a_replica_that_wrote_one_history() {
    let ada = Replica::new(1);
    ada.write(&["one", "two"]);
    ada.write(&["three"]);
    let log = ada.log(Lane::Normal);
    let evidence = |from, number: usize| {
        let batch = ada.batch(&log, from);
        crate::fork::Evidence::new(&batch.entries[number].header, &batch.entries[number + 1..], batch.seal)
    };
    let (one, two) = (evidence(1, 0), evidence(1, 1));
    let proof = |left: &crate::fork::Evidence, right: &crate::fork::Evidence| {
        ForkProof { left: left.clone(), right: right.clone() }.verify().unwrap_err()
    };
    assert_eq!(proof(&one, &one), BadProof::NoContradiction);
    assert_eq!(proof(&one, &two), BadProof::NoContradiction);
    let mut lie = two.clone();
    lie.header.core.record_tag = [1; 16];
    assert_eq!(proof(&two, &lie), BadProof::BadChain);
    let mut lie = two.clone();
    lie.header.core.record_tag = [1; 16];
    lie.links.clear();
    lie.seal.hash = lie.header.hash();
    assert_eq!(proof(&two, &lie), BadProof::BadSeal);
    let mut lie = two.clone();
    lie.header.core.log.space = AUDIT;
    assert_eq!(proof(&two, &lie), BadProof::DifferentLogs);
}

#[test]
fn a_restored_replica_takes_a_new_incarnation_and_fetches_its_own_past() {
    let original = Replica::new(1);
    original.write(&["one"]);
    let backup = original.store.bytes();
    original.write(&["two"]);
    let log = original.log(Lane::Normal);
    let ben = Replica::new(2);
    ben.pull(&original, &log, 1).unwrap();

    let restored = Replica::over(1, MemoryStore::from_bytes(backup));
    let (known, hash) = ben.ledger.last(&log);
    let rollback = restored.ledger.rollback_check(&log, known, &hash).unwrap().unwrap();
    assert_eq!((rollback.held, rollback.known), (1, 2));
    assert_eq!(restored.pull(&ben, &log, 2).unwrap_err().name(), "rolled-back");
    assert_eq!(restored.ledger.rollback_check(&ben.log(Lane::Normal), 9, &hash).unwrap(), None, "others are not us");

    restored.ledger.take_new_incarnation(Incarnation(2));
    assert_eq!(restored.pull(&ben, &log, 1).unwrap().entries.len(), 1);
    restored.write(&["three"]);
    let new_log = restored.log(Lane::Normal);
    assert_ne!(new_log, log);
    ben.pull(&restored, &new_log, 1).unwrap();
    assert_eq!(ben.ledger.frontier(&SPACE).unwrap(), restored.ledger.frontier(&SPACE).unwrap());
    assert_eq!(ben.texts(&log), ["one", "two"]);
    assert!(ben.ledger.frozen_logs().is_empty(), "an honest restore is not a fork");
}

#[test]
fn a_replica_whose_own_log_is_frozen_writes_again_under_a_new_incarnation() {
    let (original, clone) = cloned(&["one"]);
    original.write(&["left"]);
    clone.write(&["right"]);
    let log = original.log(Lane::Normal);
    assert_eq!(original.pull(&clone, &log, 2).unwrap_err().name(), "fork");
    let refused = original.ledger.commit(vec![draft(SPACE, Lane::Normal, "x")], 1, ClockQuality::Local);
    assert!(matches!(refused, Err(CommitError::Frozen(frozen)) if *frozen == log));
    original.ledger.take_new_incarnation(Incarnation(5));
    original.write(&["x"]);
}

#[test]
fn a_proof_waits_for_its_key() {
    let (original, clone) = cloned(&[]);
    original.write(&["left"]);
    clone.write(&["right"]);
    let log = original.log(Lane::Normal);
    let ben = Replica::new(2);
    ben.pull(&original, &log, 1).unwrap();
    assert_eq!(ben.pull(&clone, &log, 1).unwrap_err().name(), "fork");

    let store = MemoryStore::from_bytes(ben.store.bytes());
    let key = ReplicaKey::from_seed(&[2; 32]);
    let ledger = Ledger::open(Box::new(store), key, Incarnation(1), Keyring::new()).unwrap();
    assert!(ledger.frozen_logs().is_empty());
    ledger.add_key(SPACE, 1, EpochKey::new([70; 32])).unwrap();
    assert_eq!(ledger.frozen_logs(), [(log, 0)]);
    assert!(ledger.frontier(&SPACE).unwrap().number(&log.key) == 0);
}

#[test]
fn verification_names_what_is_wrong() {
    let ada = Replica::new(1);
    ada.write(&["one"]);
    ada.write(&["two"]);
    let other = Replica::new(2);
    let log = ada.log(Lane::Normal);
    let batch = ada.batch(&log, 1);
    let seal = Seal { signature: other.ledger.key().sign("x", b"y"), ..batch.seal };
    let items = batch.entries.into_iter().map(StoredItem::Entry).chain([StoredItem::Seal(seal)]).collect::<Vec<_>>();
    other.store.append(&items).unwrap();
    let (verified, findings) = other.findings();
    assert_eq!(verified.findings, findings.len() as u64);
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings[0].contains("not a signature") && findings[1].contains("not covered"), "{findings:?}");
}

#[test]
fn signatures_of_other_protocols_are_kept_apart() {
    let key = ReplicaKey::from_seed(&[1; 32]);
    let signature = key.sign("receipt", b"message");
    assert!(verify_signature(&key.id(), "receipt", b"message", &signature));
    assert!(!verify_signature(&key.id(), "greeting", b"message", &signature));
    assert!(!verify_signature(&ReplicaKey::from_seed(&[2; 32]).id(), "receipt", b"message", &signature));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the order of commits, pulls, clones' absence and restarts: what is equal by frontier is equal.
    #[test]
    fn honest_replicas_converge(steps in proptest::collection::vec((0usize..3, 0usize..3, 0usize..2, 1u64..400), 1..30)) {
        let mut replicas: Vec<_> = (1..=3).map(Replica::new).collect();
        for (from, to, action, size) in steps {
            let text = "x".repeat(size as usize);
            match action {
                0 => drop(replicas[from].write(&[&text, "y"])),
                _ => pull_all(&replicas[to], &replicas[from], size as usize),
            }
            if size % 7 == 0 {
                replicas[to] = replicas[to].restarted();
            }
        }
        for (from, to) in [(0, 1), (1, 2), (2, 0), (2, 1), (0, 2), (0, 1)] {
            pull_all(&replicas[to], &replicas[from], usize::MAX);
        }
        let frontier = replicas[0].ledger.frontier(&SPACE).unwrap();
        for replica in &replicas {
            prop_assert_eq!(&replica.ledger.frontier(&SPACE).unwrap(), &frontier);
            prop_assert_eq!(replica.findings().1, Vec::<String>::new());
        }
    }
}

fn pull_all(to: &Replica, from: &Replica, bytes_max: usize) {
    for log in from.ledger.logs() {
        while let Some(batch) = from.ledger.sealed_run(&log, to.ledger.last(&log).0 + 1, bytes_max).unwrap() {
            to.ledger.receive(batch, &anybody).unwrap();
        }
    }
}
