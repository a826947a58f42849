use ed25519_dalek::SigningKey;
use proptest::prelude::*;

use super::*;
use crate::names::{ClockQuality, EntryHash, Hlc, Incarnation, Lane, LogId, LogKey, ReplicaId, SpaceId};

fn log() -> impl Strategy<Value = LogId> {
    (any::<[u8; 16]>(), any::<[u8; 32]>(), any::<u64>(), 0u8..3).prop_map(|(space, replica, incarnation, lane)| {
        let lane = Lane::from_code(lane).unwrap();
        let key = LogKey { replica: ReplicaId(replica), incarnation: Incarnation(incarnation), lane };
        LogId { space: SpaceId(space), key }
    })
}

prop_compose! {
    fn core()(
        log in log(), number in 2u64.., key_epoch: u32, key_id: [u8; 8], record_tag: [u8; 16],
        unix_ms in 0..=UNIX_MS_MAX, counter: u16, clock in 0usize..3, kind: u8, prev in any::<[u8; 32]>(),
    ) -> Core {
        let clock = [ClockQuality::Unknown, ClockQuality::Local, ClockQuality::Witnessed][clock];
        let (hlc, kind) = (Hlc { unix_ms, counter }, EntryKind::from_code(kind));
        let prev = if prev == [0; 32] { [1; 32] } else { prev };
        Core { log, number, key_epoch, key_id, record_tag, hlc, clock, kind, prev: EntryHash(prev) }
    }
}

fn entry() -> impl Strategy<Value = Entry> {
    (core(), proptest::collection::vec(any::<u8>(), 0..200), any::<bool>())
        .prop_map(|(core, sealed, held)| Entry { header: Header::new(core, &sealed), body: held.then_some(sealed) })
}

proptest! {
    #[test]
    fn cores_headers_and_entries_come_back(entry in entry()) {
        let core = entry.header.core;
        prop_assert_eq!(Core::decode(&core.encode()).unwrap(), core);
        prop_assert_eq!(Header::decode(&entry.header.encode()).unwrap(), entry.header);
        prop_assert_eq!(entry.encode().len(), entry.encoded_len());
        prop_assert_eq!(Entry::decode(&entry.encode()).unwrap(), entry);
    }

    #[test]
    fn bytes_that_decode_are_canonical(entry in entry(), at in any::<prop::sample::Index>(), flip in 1u8..) {
        let mut bytes = entry.encode();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(other) = Entry::decode(&bytes) {
            prop_assert_eq!(other.encode(), bytes);
            prop_assert_ne!(other.header.hash(), entry.header.hash());
        }
    }

    #[test]
    fn cut_or_lengthened_bytes_are_refused(entry in entry(), cut in any::<prop::sample::Index>()) {
        let bytes = entry.encode();
        prop_assert!(Entry::decode(&bytes[..cut.index(bytes.len())]).is_err());
        prop_assert!(Entry::decode(&[bytes.as_slice(), &[0]].concat()).is_err());
    }

    #[test]
    fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = (Core::decode(&bytes), Header::decode(&bytes), Entry::decode(&bytes), Seal::decode(&bytes));
    }

    #[test]
    fn a_seal_holds_for_its_entry_and_no_other(entry in entry(), seed: [u8; 32], bit in 0..SEAL_LEN * 8) {
        let key = SigningKey::from_bytes(&seed);
        let mut position = entry.header.position();
        position.log.key.replica = ReplicaId(key.verifying_key().to_bytes());
        let seal = Seal::sign(&position, &key);
        prop_assert!(seal.verify().is_ok());
        prop_assert_eq!(&Seal::decode(&seal.encode()).unwrap(), &seal);

        let mut bytes = seal.encode();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(forged) = Seal::decode(&bytes) else { return Ok(()) };
        // Space, incarnation, lane and number are inside the hash; alone they are only an address.
        let address = (0..16).chain(48..LogId::LEN + 8);
        if !address.into_iter().any(|byte| byte == bit / 8) {
            prop_assert!(forged.verify().is_err());
        }
    }
}

#[test]
fn every_kind_has_its_own_number() {
    for code in 0..=u8::MAX {
        assert_eq!(EntryKind::from_code(code).code(), code);
    }
    assert_eq!(EntryKind::from_code(200), EntryKind::Unknown(200));
}

fn sample() -> Core {
    let key = LogKey { replica: ReplicaId([2; 32]), incarnation: Incarnation(3), lane: Lane::Normal };
    Core {
        log: LogId { space: SpaceId([1; 16]), key },
        number: 1,
        key_epoch: 1,
        key_id: [4; 8],
        record_tag: [5; 16],
        hlc: Hlc { unix_ms: 6, counter: 7 },
        clock: ClockQuality::Local,
        kind: EntryKind::Audit,
        prev: EntryHash([0; 32]),
    }
}

#[test]
fn only_the_first_entry_has_nothing_before_it() {
    assert!(Core::decode(&sample().encode()).is_ok());
    for wrong in
        [Core { number: 0, ..sample() }, Core { number: 2, ..sample() }, Core { prev: EntryHash([1; 32]), ..sample() }]
    {
        assert!(Core::decode(&wrong.encode()).is_err());
    }
}

#[test]
fn unknown_versions_and_suites_are_named() {
    let mut bytes = sample().encode();
    bytes[0] = 9;
    assert_eq!(Core::decode(&bytes), Err(crate::DecodeError::Version("an entry", 9)));
    bytes[0] = FORMAT_VERSION;
    bytes[1] = 9;
    assert_eq!(Core::decode(&bytes), Err(crate::DecodeError::Version("the cipher suite of an entry", 9)));
}

#[test]
fn a_body_longer_than_allowed_is_refused_before_it_is_read() {
    let mut header = Header::new(sample(), &[]);
    header.body_len = MAX_BODY_LEN as u32 + 1;
    assert!(matches!(Header::decode(&header.encode()), Err(crate::DecodeError::TooLong(..))));
}
