use super::*;
use crate::frontier::lane;
use cairn_ledger::{Incarnation, LogKey, ReplicaId};
use proptest::prelude::*;

fn lines() -> impl Strategy<Value = Vec<SpaceLine>> {
    proptest::collection::btree_map(any::<[u8; 16]>(), any::<[u8; 32]>(), 0..6)
        .prop_map(|map| map.into_iter().map(|(space, digest)| SpaceLine { space: SpaceId(space), digest }).collect())
}

fn hello() -> impl Strategy<Value = Frame> {
    let held = (1_u64.., any::<[u8; 32]>()).prop_map(|(number, hash)| (number, EntryHash(hash)));
    let moved =
        (0_usize..9, lines(), proptest::option::of(held.clone()), held).prop_map(|(place, lines, log, fresh)| {
            let spaces = lines.iter().map(|line| line.space).collect();
            Moved { gone: vec![place], spaces, logs: vec![(place, log)], fresh: vec![(some_log(), fresh.0, fresh.1)] }
        });
    let moved = proptest::option::of((any::<[u8; 8]>(), moved));
    (any::<[u8; 32]>(), 0..=UNIX_MS_MAX, moved).prop_map(|(digest, unix_ms, moved)| {
        Frame::Hello(Hello {
            version_min: VERSION,
            version_max: VERSION,
            unix_ms,
            clock: ClockQuality::Local,
            dictionary: 3,
            digest,
            moved,
        })
    })
}

fn log_name() -> impl Strategy<Value = LogName> {
    let full =
        (any::<[u8; 16]>(), any::<[u8; 32]>(), any::<u64>(), 0_u8..3).prop_map(|(space, replica, life, number)| {
            let key =
                LogKey { replica: ReplicaId(replica), incarnation: Incarnation(life), lane: lane(number).unwrap() };
            LogName::Full(LogId { space: SpaceId(space), key })
        });
    prop_oneof![full, (1_usize..5000).prop_map(LogName::Short)]
}

fn some_log() -> LogId {
    let key = LogKey { replica: ReplicaId([3; 32]), incarnation: Incarnation(4), lane: lane(1).unwrap() };
    LogId { space: SpaceId([5; 16]), key }
}

fn frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        hello(),
        lines().prop_map(Frame::Spaces),
        (log_name(), proptest::collection::vec(any::<u8>(), 0..300)).prop_map(|(name, shown)| {
            let log = if let LogName::Full(log) = name { log } else { some_log() };
            Frame::Evidence(log, shown)
        }),
        Just(Frame::Frontier(SpaceId([2; 16]), Frontier::default())),
        Just(Frame::RegistryDone),
        (log_name(), proptest::collection::vec(any::<u8>(), 0..50))
            .prop_map(|(log, packed)| Frame::Parcel(log, packed)),
        proptest::option::of((any::<u64>(), any::<[u8; 32]>()))
            .prop_map(|further| Frame::Held(further.map(|(number, hash)| (number, EntryHash(hash))))),
        ("[a-z-]{0,64}", "[a-zé ]{0,300}").prop_map(|(name, detail)| Frame::Refused(name, detail)),
        lines().prop_map(Frame::Ask),
        lines().prop_map(Frame::Listed),
        ("[a-z-]{0,64}", "[a-zé ]{0,300}").prop_map(|(name, detail)| Frame::Bye(name, detail)),
    ]
}

proptest! {
    #[test]
    fn frames_come_back_however_the_stream_is_cut(frames in proptest::collection::vec(frame(), 1..5), cut in 1_usize..40) {
        let stream: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
        let mut reader = FrameReader::default();
        let mut seen = Vec::new();
        for piece in stream.chunks(cut) {
            reader.feed(piece);
            while let Some((kind, body)) = reader.next_frame().unwrap() {
                seen.push(decode_frame(kind, body).unwrap());
            }
        }
        prop_assert_eq!(seen, frames);
    }

    #[test]
    fn any_bytes_are_answered(kind: u8, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode_frame(kind, &bytes);
        let mut reader = FrameReader::default();
        reader.feed(&bytes);
        while let Ok(Some(_)) = reader.next_frame() {}
    }
}

#[test]
fn an_oversized_frame_is_refused_by_its_header() {
    let mut reader = FrameReader::default();
    let mut header = vec![PARCEL];
    put_number(&mut header, FRAME_BYTES_MAX as u64 + 1);
    reader.feed(&header);
    assert_eq!(reader.next_frame().map(|_| ()), Err(Refusal::TooLarge("a frame")));
}

#[test]
fn an_unknown_type_is_refused_by_its_first_byte() {
    let mut reader = FrameReader::default();
    reader.feed(&[77]);
    assert_eq!(reader.next_frame().map(|_| ()), Err(Refusal::UnknownFrame(77)));
}

#[test]
fn a_newer_program_may_say_more_in_its_greeting() {
    let Frame::Hello(mut hello) = Frame::Hello(Hello {
        version_min: 3,
        version_max: 5,
        unix_ms: 4,
        clock: ClockQuality::Unknown,
        dictionary: 3,
        digest: [2; 32],
        moved: None,
    }) else {
        unreachable!()
    };
    let mut body = Vec::new();
    hello.put(&mut body);
    body.extend_from_slice(b"more");
    assert_eq!(decode_frame(HELLO, &body), Ok(Frame::Hello(hello.clone())));
    hello.version_max = 3;
    let mut body = Vec::new();
    hello.put(&mut body);
    body.extend_from_slice(b"more");
    assert_eq!(decode_frame(HELLO, &body), Err(Refusal::Trailing("a frame")));
    hello.version_min = 4;
    hello.version_max = 5;
    let mut body = Vec::new();
    hello.put(&mut body);
    assert_eq!(decode_frame(HELLO, &body), Err(Refusal::NoCommonVersion(4, 5)));
}
