//! Whatever was written comes back byte for byte from a parcel, whatever the receiver holds.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up may stop at once")]

mod support;

use cairn_ledger::{LogId, OpenParcel};
use cairn_sync_protocol::parcel::{
    Coder, Known, LogNames, PackError, Prepared, decode_parcel, put_parcel, put_referring, read_parcel,
};
use cairn_sync_protocol::{Lookup, Refusal, lookup};
use support::Dice;
use support::history::Worker;
use support::store::{AUDIT, RECORDS, Store};

const CODER: Coder = Coder { level: 3, dictionary: true };

fn history(seed: u64, steps: u64) -> Store {
    let (mut store, mut worker) = (Store::new(1), Worker::new(seed));
    (0..steps).for_each(|_| worker.work(&mut store));
    store
}

/// What the sender would refer to when the receiver holds what `there` holds.
fn known(here: &Store, there: &Store, prepared: &Prepared) -> Known {
    Known::of(here, prepared, |place| there.len(&place.log) >= place.number)
}

/// Sends everything in parcels of random sizes, logs in random turns, and compares.
fn carry(here: &Store, seed: u64, refer: bool) -> usize {
    let mut there = Store::new(2);
    let mut dice = Dice::new(seed);
    let (mut out_names, mut in_names) = (LogNames::default(), LogNames::default());
    let mut bytes = 0;
    loop {
        let left: Vec<LogId> =
            here.logs().filter(|(log, count)| there.len(log) < *count).map(|(log, _)| *log).collect();
        let Some(log) = left.get(dice.roll(left.len() as u64) as usize) else { break };
        let parcel = here.read(log, there.len(log) + 1, dice.roll(2_000) as usize).unwrap();
        let mut packed = Vec::new();
        let came = if refer {
            let prepared = Prepared::new(Box::new(parcel.clone()));
            out_names.add(*log);
            in_names.add(*log);
            put_referring(&mut packed, &prepared, &known(here, &there, &prepared), &mut out_names, CODER).unwrap();
            let read = read_parcel(*log, &packed, Some(&mut in_names)).unwrap();
            read.unpack(&lookup::look_up(&there, &read.needs())).unwrap()
        } else {
            put_parcel(&mut packed, &parcel, 3).unwrap();
            decode_parcel(*log, &packed).unwrap()
        };
        bytes += packed.len();
        assert_eq!((came.log, came.first, &came.seal.signature), (parcel.log, parcel.first, &parcel.seal.signature));
        there.keep(&came).unwrap_or_else(|name| panic!("seed {seed}: {name}: {parcel:#?}\n{came:#?}"));
    }
    for (log, count) in here.logs() {
        for number in 1..=count {
            assert_eq!(here.open(log, number), there.open(log, number), "seed {seed}");
        }
    }
    bytes
}

#[test]
fn any_history_comes_back_byte_for_byte_with_any_receiver() {
    let mut sums = (0, 0);
    for seed in 0..400 {
        let store = history(seed, 1 + seed % 90);
        sums.0 += carry(&store, seed, false);
        sums.1 += carry(&store, seed, true);
    }
    assert!(sums.1 < sums.0 * 4 / 5, "{} bytes referring, {} by themselves", sums.1, sums.0);
}

#[test]
fn a_receiver_that_lacks_what_is_referred_to_says_so() {
    let store = history(5, 80);
    let mut refused = 0;
    for (log, count) in store.logs().filter(|(_, count)| *count > 1) {
        let parcel = store.read(log, count, 1).unwrap();
        let prepared = Prepared::new(Box::new(parcel));
        let mut packed = Vec::new();
        put_referring(&mut packed, &prepared, &known(&store, &store, &prepared), &mut LogNames::default(), CODER)
            .unwrap();
        let read = read_parcel(*log, &packed, Some(&mut LogNames::default())).unwrap();
        let nothing = lookup::look_up(&Store::new(2), &read.needs());
        assert_eq!(read.unpack(&nothing), Err(Refusal::UnknownReference));
        assert_eq!(decode_parcel(*log, &packed), Err(Refusal::UnknownReference));
        refused += 1;
    }
    assert!(refused > 3);
}

/// A receiver under whose numbers other entries stand: what comes out is refused by its seal, or is right.
#[test]
fn a_receiver_that_holds_other_entries_is_never_fooled() {
    for seed in 0..60 {
        let (here, there) = (history(seed, 60), history(seed + 1_000, 60));
        for (log, count) in here.logs().filter(|(_, count)| *count > 1) {
            let prepared = Prepared::new(Box::new(here.read(log, count, 1).unwrap()));
            let mut packed = Vec::new();
            put_referring(&mut packed, &prepared, &known(&here, &here, &prepared), &mut LogNames::default(), CODER)
                .unwrap();
            let read = read_parcel(*log, &packed, Some(&mut LogNames::default())).unwrap();
            if let Ok(parcel) = read.unpack(&lookup::look_up(&there, &read.needs())) {
                let mut honest = there.len(log) + 1 >= parcel.first;
                honest &= there.open(log, parcel.first - 1) == here.open(log, parcel.first - 1);
                let mut copy = history(seed + 1_000, 60);
                assert!(copy.keep(&parcel).is_err() || honest, "seed {seed}");
            }
        }
    }
}

#[test]
fn changed_bytes_are_answered_and_never_accepted_as_something_else() {
    let store = history(11, 120);
    let mut dice = Dice::new(3);
    for (log, count) in store.logs() {
        let parcel = store.read(log, 1, 100_000).unwrap();
        assert!(parcel.seal.number <= count);
        let mut packed = Vec::new();
        put_parcel(&mut packed, &parcel, 3).unwrap();
        for _ in 0..300 {
            let mut bytes = packed.clone();
            let at = dice.roll(bytes.len() as u64) as usize;
            bytes[at] ^= 1 << dice.roll(8);
            if let Ok(parcel) = decode_parcel(*log, &bytes) {
                let mut empty = Store::new(2);
                if empty.keep(&parcel).is_ok() {
                    assert!((1..=empty.len(log)).all(|number| empty.open(log, number) == store.open(log, number)));
                }
            }
        }
    }
}

#[test]
fn an_edit_on_its_own_is_short() {
    let (store, mut worker) = (&mut Store::new(1), Worker::new(77));
    (0..40).for_each(|_| worker.work(store));
    let biggest = |space| store.logs().filter(|(log, _)| log.space == space).max_by_key(|(_, count)| *count).unwrap();
    for space in [RECORDS, AUDIT] {
        let (log, count) = biggest(space);
        let prepared = Prepared::new(Box::new(store.read(log, count, 1).unwrap()));
        let mut packed = Vec::new();
        let mut names = LogNames::default();
        store.logs().for_each(|(log, _)| names.add(*log));
        put_referring(&mut packed, &prepared, &known(store, store, &prepared), &mut names, CODER).unwrap();
        assert!(packed.len() < 200, "{} bytes", packed.len());
    }
}

#[test]
fn what_does_not_belong_together_is_not_packed() {
    let store = history(2, 30);
    let (log, _) = store.logs().max_by_key(|(_, count)| *count).unwrap();
    let mut parcel: OpenParcel = store.read(log, 1, 10_000).unwrap();
    parcel.seal.number += 1;
    assert_eq!(put_parcel(&mut Vec::new(), &parcel, 3), Err(PackError::Inconsistent));
}
