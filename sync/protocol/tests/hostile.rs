//! A peer that breaks the rules is refused by name, at once, and without growth.

mod support;

use cairn_ledger::{ClockQuality, EntryHash, Frontier, Lane, LogId, SpaceId};
use cairn_sync_protocol::frame::{Frame, Hello, LogName, SpaceLine};
use cairn_sync_protocol::holdings::{self, Holdings};
use cairn_sync_protocol::parcel::put_parcel;
use cairn_sync_protocol::session::CloseReason;
use cairn_sync_protocol::{Effect, Event, FrameReader, Limits, Session, SessionConfig, decode_frame, lookup};
use support::Dice;
use support::store::{RECORDS, REGISTRY, Store};

/// An honest session and the hand of its peer.
struct Table {
    honest: Store,
    peer: Store,
    session: Session,
    now_ms: u64,
    sent: Vec<Frame>,
    closed: Option<CloseReason>,
    kept: u64,
    refused: Vec<String>,
}

impl Table {
    fn new(honest: Store, peer: Store) -> Self {
        let config = SessionConfig {
            me: honest.replica,
            peer: peer.replica,
            clock: ClockQuality::Local,
            agreed: Holdings::new(),
            limits: Limits::default(),
        };
        let session = Session::new(config);
        let mut table = Self {
            honest,
            peer,
            session,
            now_ms: 1_000_000,
            sent: Vec::new(),
            closed: None,
            kept: 0,
            refused: Vec::new(),
        };
        table.step(Event::Started);
        table
    }

    /// Both hold the same registry; the records of the peer are not here yet, but it has said what it holds.
    fn greeted() -> Self {
        let mut table = Self::asked();
        table.answer();
        table
    }

    /// The peer has greeted, and was asked what it holds.
    fn asked() -> Self {
        let (mut honest, mut peer) = (Store::new(1), Store::new(2));
        honest.write(RECORDS, Lane::Normal, 3, 100);
        peer.write(RECORDS, Lane::Normal, 5, 100);
        peer.write(RECORDS, Lane::Normal, 5, 100);
        let mut table = Self::new(honest, peer);
        let hello = table.hello();
        table.say(&hello);
        table
    }

    fn hello(&self) -> Frame {
        let held = self.peer.spaces.iter().map(|line| (line.space, self.peer.frontier(line.space))).collect();
        Frame::Hello(Hello {
            version_min: 3,
            version_max: 3,
            unix_ms: self.now_ms,
            clock: ClockQuality::Local,
            dictionary: 1,
            digest: holdings::digest_of(&REGISTRY, &held),
            moved: None,
        })
    }

    fn listed(&self) -> Frame {
        let line = |line: &cairn_sync_protocol::ListedSpace| SpaceLine {
            space: line.space,
            digest: self.peer.frontier(line.space).digest(),
        };
        Frame::Listed(self.peer.spaces.iter().map(line).collect())
    }

    fn answer(&mut self) {
        let listed = self.listed();
        self.say(&listed);
        self.say_frontier();
    }

    fn log(&self) -> LogId {
        LogId { space: RECORDS, key: *self.peer.frontier(RECORDS).0.keys().next().expect("the peer wrote") }
    }

    fn parcel(&self, from: u64, change: impl FnOnce(&mut cairn_ledger::OpenParcel)) -> Frame {
        let mut parcel = self.peer.read(&self.log(), from, 1).expect("the peer has it");
        change(&mut parcel);
        let mut packed = Vec::new();
        put_parcel(&mut packed, &parcel, 3).expect("it packs");
        Frame::Parcel(LogName::Full(self.log()), packed)
    }

    fn say_frontier(&mut self) {
        let frontier = Frame::Frontier(RECORDS, self.peer.frontier(RECORDS));
        self.say(&frontier);
    }

    fn say(&mut self, frame: &Frame) {
        self.step(Event::Received(frame.encode()));
    }

    fn step(&mut self, event: Event) {
        let mut events = vec![event];
        while let Some(event) = events.pop() {
            for effect in self.session.step(self.now_ms, event) {
                match effect {
                    Effect::Send(bytes) => self.sent.extend(frames(&bytes)),
                    Effect::AskSpaces => events.push(Event::Spaces(self.honest.spaces.clone())),
                    Effect::AskFrontier(space) => events.push(Event::LocalFrontier(space, self.honest.frontier(space))),
                    Effect::ReadParcel { log, from, bytes_max } => {
                        events.push(Event::ParcelRead(
                            log,
                            from,
                            self.honest.read(&log, from, bytes_max).map(Box::new),
                        ));
                    }
                    Effect::KeepParcel(parcel) => {
                        let log = parcel.log;
                        events.push(match self.honest.keep(&parcel) {
                            Ok((number, hash, new)) => {
                                self.kept += new;
                                Event::ParcelKept { log, number, hash, new }
                            }
                            Err(name) => {
                                self.refused.push(name.to_owned());
                                Event::ParcelRefused { log, name: name.to_owned(), detail: String::new() }
                            }
                        });
                    }
                    Effect::Locate(records) => {
                        events.push(Event::Located(lookup::locate(&self.honest, &records)));
                    }
                    Effect::LookUp(side, places) => {
                        events.push(Event::LookedUp(side, lookup::look_up(&self.honest, &places)));
                    }
                    Effect::Close(reason) => self.closed = Some(reason),
                    _ => {}
                }
            }
        }
    }

    #[track_caller]
    fn is_closed_for(&self, name: &str) {
        assert_eq!(self.closed.as_ref().map(CloseReason::name), Some(name));
        let Some(Frame::Bye(said, _)) = self.sent.last() else { panic!("the peer was told nothing") };
        assert_eq!(said, name);
    }
}

fn frames(bytes: &[u8]) -> Vec<Frame> {
    let mut reader = FrameReader::default();
    reader.feed(bytes);
    let mut frames = Vec::new();
    while let Some((kind, body)) = reader.next_frame().expect("an honest side sends frames") {
        frames.push(decode_frame(kind, body).expect("an honest side sends frames"));
    }
    frames
}

#[test]
fn an_honest_peer_is_not_refused() {
    let mut table = Table::greeted();
    let parcel = table.parcel(1, |_| ());
    table.say(&parcel);
    assert_eq!((table.kept, &table.closed), (5, &None));
    assert!(matches!(table.sent.last(), Some(Frame::Held(None))));
}

#[test]
fn frames_before_the_greeting_are_out_of_phase() {
    for frame in [Frame::RegistryDone, Frame::Held(None), Frame::Ask(Vec::new()), Frame::Spaces(Vec::new())] {
        let mut table = Table::new(Store::new(1), Store::new(2));
        table.say(&frame);
        table.is_closed_for("out-of-phase");
    }
    let mut table = Table::greeted();
    let hello = table.hello();
    table.say(&hello);
    table.is_closed_for("out-of-phase");
}

#[test]
fn content_before_the_registry_is_out_of_phase() {
    for content in [0, 1] {
        let (mut honest, mut peer) = (Store::new(1), Store::new(2));
        honest.write(REGISTRY, Lane::Normal, 2, 100);
        peer.write(RECORDS, Lane::Normal, 2, 100);
        let mut table = Table::new(honest, peer);
        let hello = table.hello();
        table.say(&hello);
        table.answer();
        let registry = Frame::Frontier(REGISTRY, table.peer.frontier(REGISTRY));
        table.say(&registry);
        let frame = if content == 0 { Frame::Frontier(RECORDS, Frontier::default()) } else { table.parcel(1, |_| ()) };
        table.say(&frame);
        table.is_closed_for("out-of-phase");
    }
}

#[test]
fn another_version_or_agency_is_named() {
    let mut table = Table::new(Store::new(1), Store::new(2));
    let Frame::Hello(mut hello) = table.hello() else { unreachable!() };
    (hello.version_min, hello.version_max) = (4, 5);
    table.say(&Frame::Hello(hello));
    table.is_closed_for("no-common-version");

    let mut table = Table::asked();
    table.say(&Frame::Listed(vec![SpaceLine { space: SpaceId([9; 16]), digest: [0; 32] }]));
    table.is_closed_for("other-agency");
}

#[test]
fn an_answer_that_does_not_fit_the_greeting_closes_the_session() {
    let mut table = Table::asked();
    let Frame::Listed(mut lines) = table.listed() else { unreachable!() };
    lines[1].digest[0] ^= 1;
    table.say(&Frame::Listed(lines));
    table.is_closed_for("bad-value");

    let mut table = Table::asked();
    let listed = table.listed();
    table.say(&listed);
    table.say(&Frame::Frontier(RECORDS, Frontier::default()));
    table.is_closed_for("bad-value");

    let mut table = Table::asked();
    let listed = table.listed();
    table.say(&listed);
    table.say(&Frame::Frontier(REGISTRY, Frontier::default()));
    table.is_closed_for("unsolicited");

    let mut table = Table::asked();
    table.say_frontier();
    table.is_closed_for("unsolicited");
}

#[test]
fn a_greeting_that_lies_about_an_agreement_is_asked_and_believed_only_with_its_digest() {
    let mut honest = Store::new(1);
    honest.write(RECORDS, Lane::Normal, 3, 100);
    let mut table = Table::new(honest, Store::new(2));
    let agreed = Holdings::from([(REGISTRY, Frontier::default())]);
    let base = holdings::base_of(&holdings::digest_of(&REGISTRY, &agreed));
    let Frame::Hello(mut hello) = table.hello() else { unreachable!() };
    hello.moved = Some((base, holdings::Moved::default()));
    table.say(&Frame::Hello(hello));
    assert!(matches!(table.sent.last(), Some(Frame::Ask(_))), "{:?}", table.sent);
}

#[test]
fn what_comes_before_the_answer_waits_within_limits() {
    let mut table = Table::asked();
    let parcel = table.parcel(1, |_| ());
    table.say(&parcel);
    assert_eq!(table.kept, 0);
    table.answer();
    assert_eq!((table.kept, &table.closed), (5, &None));

    let mut table = Table::asked();
    for _ in 0..8 {
        let parcel = table.parcel(1, |_| ());
        table.say(&parcel);
    }
    table.is_closed_for("window-exceeded");

    let mut table = Table::asked();
    for _ in 0..33 {
        table.say(&Frame::RegistryDone);
    }
    table.is_closed_for("too-large");
}

#[test]
fn a_question_is_answered_once() {
    let mut table = Table::greeted();
    table.say(&Frame::Ask(Vec::new()));
    table.is_closed_for("unsolicited");

    let mut table = Table::asked();
    table.say(&Frame::Ask(Vec::new()));
    assert!(table.sent.iter().any(|frame| matches!(frame, Frame::Listed(lines) if lines.len() == 3)));
    assert_eq!(table.sent.iter().filter(|frame| matches!(frame, Frame::Frontier(..))).count(), 3);
    table.say(&Frame::Ask(Vec::new()));
    table.is_closed_for("unsolicited");
}

#[test]
fn a_replica_that_is_no_member_is_told_so() {
    let mut honest = Store::new(1);
    honest.spaces.clear();
    let table = Table::new(honest, Store::new(2));
    table.is_closed_for("not-a-member");
}

#[test]
fn forged_entries_are_refused_and_the_log_set_aside() {
    let mut table = Table::greeted();
    let forged = table.parcel(1, |parcel| parcel.entries[2].body[0] ^= 1);
    table.say(&forged);
    assert_eq!(table.refused, ["bad-seal"]);
    assert!(matches!(table.sent.last(), Some(Frame::Refused(name, _)) if name == "bad-seal"));
    let next = table.parcel(6, |_| ());
    table.say(&next);
    assert!(matches!(table.sent.last(), Some(Frame::Refused(name, _)) if name == "set-aside"));
    assert_eq!((table.kept, &table.closed), (0, &None));
}

#[test]
fn reordered_entries_are_refused() {
    let mut table = Table::greeted();
    let reordered = table.parcel(1, |parcel| parcel.entries.swap(0, 1));
    table.say(&reordered);
    assert_eq!((table.kept, table.refused.as_slice()), (0, ["bad-seal".to_owned()].as_slice()));
}

#[test]
fn entries_out_of_turn_are_refused() {
    let mut table = Table::greeted();
    let later = table.parcel(6, |_| ());
    table.say(&later);
    assert_eq!((table.kept, table.refused.as_slice()), (0, ["gap".to_owned()].as_slice()));
    let earlier = table.parcel(1, |_| ());
    table.say(&earlier);
    table.is_closed_for("sent-again");
}

#[test]
fn the_same_entries_twice_close_the_session() {
    let mut table = Table::greeted();
    let parcel = table.parcel(1, |_| ());
    table.say(&parcel);
    table.say(&parcel);
    table.is_closed_for("sent-again");
    assert_eq!(table.kept, 5);
}

#[test]
fn a_space_that_is_not_shared_is_refused() {
    let mut table = Table::greeted();
    let mut stranger = Store::new(2);
    stranger.write(SpaceId([9; 16]), Lane::Normal, 1, 10);
    let log = LogId { space: SpaceId([9; 16]), key: table.log().key };
    let mut packed = Vec::new();
    put_parcel(&mut packed, &stranger.read(&log, 1, 1).unwrap(), 3).unwrap();
    table.say(&Frame::Parcel(LogName::Full(log), packed));
    assert!(matches!(table.sent.last(), Some(Frame::Refused(name, _)) if name == "not-shared"));
    assert_eq!(table.kept, 0);
}

#[test]
fn more_parcels_than_the_window_close_the_session() {
    // A store that does not answer: parcels pile up until the limit.
    let mut table = Table::greeted();
    let mut bytes = Vec::new();
    for life in 0..=cairn_sync_protocol::limits::WINDOW as u64 {
        let mut log = table.log();
        log.key.incarnation = cairn_ledger::Incarnation(100 + life);
        let mut parcel = table.peer.read(&table.log(), 1, 1).unwrap();
        (parcel.log, parcel.seal.log) = (log, log);
        let mut packed = Vec::new();
        put_parcel(&mut packed, &parcel, 3).unwrap();
        bytes.extend(Frame::Parcel(LogName::Full(log), packed).encode());
    }
    let effects = table.session.step(table.now_ms, Event::Received(bytes));
    let keeps = effects.iter().filter(|effect| matches!(effect, Effect::KeepParcel(_))).count();
    assert_eq!(keeps, 1, "one at a time");
    let Some(Effect::Close(reason)) = effects.last() else { panic!("{effects:?}") };
    assert_eq!(reason.name(), "window-exceeded");
}

#[test]
fn answers_to_nothing_and_wrong_answers_close_the_session() {
    let mut table = Table::greeted();
    table.say(&Frame::Held(None));
    table.say(&Frame::Held(None));
    table.is_closed_for("unsolicited");

    for answer in [Frame::Held(Some((1, EntryHash([7; 32])))), Frame::Held(Some((3, EntryHash([7; 32]))))] {
        let mut table = Table::greeted();
        assert!(table.sent.iter().any(|frame| matches!(frame, Frame::Parcel(..))));
        table.say(&answer);
        table.is_closed_for("bad-answer");
    }
}

#[test]
fn a_peer_that_knows_no_reference_is_sent_each_log_by_itself_once() {
    let mut table = Table::greeted();
    let no = Frame::Refused("unknown-reference".to_owned(), String::new());
    for _ in 0..5 {
        let parcels = table.sent.iter().filter(|frame| matches!(frame, Frame::Parcel(..))).count();
        if parcels > 2 {
            break;
        }
        table.say(&no);
        if table.closed.is_some() {
            break;
        }
    }
    let parcels = table.sent.iter().filter(|frame| matches!(frame, Frame::Parcel(..))).count();
    assert_eq!(parcels, 2, "once referring, once by itself, then the log is set aside");
    table.is_closed_for("unsolicited");
}

#[test]
fn malformed_parcels_close_the_session() {
    let mut dice = Dice::new(5);
    for _ in 0..300 {
        let mut table = Table::greeted();
        let Frame::Parcel(name, mut packed) = table.parcel(1, |_| ()) else { unreachable!() };
        let at = dice.roll(packed.len() as u64) as usize;
        packed[at] ^= 1 << dice.roll(8);
        packed[0] |= dice.roll(2) as u8;
        table.say(&Frame::Parcel(name, packed));
        // Some bits of a compressed stream say nothing: then what is kept is what was written.
        let log = table.log();
        for number in 1..=table.kept {
            assert_eq!(table.honest.bytes(&log, number), table.peer.bytes(&log, number));
        }
    }
}

#[test]
fn a_frontier_said_twice_or_unasked_closes_the_session() {
    let mut table = Table::greeted();
    table.say_frontier();
    table.is_closed_for("unsolicited");

    let mut table = Table::greeted();
    table.say(&Frame::Frontier(SpaceId([9; 16]), Frontier::default()));
    table.is_closed_for("unsolicited");
}

#[test]
fn a_flood_of_lists_closes_the_session() {
    let mut table = Table::greeted();
    let Frame::Listed(lines) = table.listed() else { unreachable!() };
    for _ in 0..200 {
        table.say(&Frame::Spaces(lines.clone()));
    }
    table.is_closed_for("flood");
}

#[test]
fn oversized_and_unknown_frames_are_refused_by_their_header() {
    let mut table = Table::greeted();
    table.step(Event::Received(vec![5, 0xff, 0xff, 0xff, 0x7f]));
    table.is_closed_for("too-large");

    let mut table = Table::greeted();
    table.step(Event::Received(vec![0x55]));
    table.is_closed_for("unknown-frame");
}

#[test]
fn silence_is_not_waited_for_without_end() {
    let mut table = Table::new(Store::new(1), Store::new(2));
    table.now_ms += 21_000;
    table.step(Event::Tick);
    table.is_closed_for("greet-timeout");

    let mut table = Table::greeted();
    table.now_ms += 301_000;
    table.step(Event::Tick);
    table.is_closed_for("answer-timeout");
}

#[test]
fn after_the_end_nothing_has_an_effect() {
    let mut table = Table::greeted();
    table.step(Event::Received(vec![0x55]));
    let before = table.sent.len();
    table.say_frontier();
    table.step(Event::Tick);
    assert_eq!(table.sent.len(), before);
}

/// Anything at all, in any order: never a panic, and what comes out stays in proportion to what went in.
#[test]
fn random_frames_and_bytes_never_panic_and_never_multiply() {
    for seed in 0..400 {
        let mut dice = Dice::new(seed);
        let mut table = if seed % 2 == 0 { Table::greeted() } else { Table::asked() };
        for _ in 0..40 {
            let before = table.sent.len();
            let frame = random_frame(&table, &mut dice);
            let mut bytes = frame.encode();
            if dice.roll(4) == 0 {
                let at = dice.roll(bytes.len() as u64) as usize;
                bytes[at] ^= 1 << dice.roll(8);
            }
            table.now_ms += dice.roll(2_000);
            table.step(Event::Received(bytes));
            assert!(table.sent.len() <= before + 8, "seed {seed}");
            if table.closed.is_some() {
                break;
            }
        }
        assert!(table.honest.entries() <= 13, "seed {seed}: only what verifies is kept");
    }
}

fn random_frame(table: &Table, dice: &mut Dice) -> Frame {
    match dice.roll(11) {
        0 => table.hello(),
        1 => Frame::Spaces(vec![SpaceLine { space: RECORDS, digest: [dice.roll(3) as u8; 32] }]),
        2 => Frame::Frontier(RECORDS, table.peer.frontier(RECORDS)),
        3 => Frame::RegistryDone,
        4 => table.parcel(1, |_| ()),
        5 => table.parcel(6, |_| ()),
        6 => Frame::Held(Some((dice.roll(5), EntryHash([dice.roll(2) as u8; 32])))),
        7 => Frame::Refused("no".to_owned(), String::new()),
        8 => Frame::Held(None),
        9 => Frame::Ask(vec![SpaceLine { space: RECORDS, digest: [dice.roll(3) as u8; 32] }]),
        _ => table.listed(),
    }
}
