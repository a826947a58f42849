//! Chunks fetched over a stream that breaks, and what a peer that breaks the rules gets.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use cairn_ledger::blob::{CHUNK_BYTES, ChunkKey};
use cairn_ledger::{ChunkName, EpochKey, SealedChunk, SpaceId};
use cairn_sync_protocol::Refusal;
use cairn_sync_protocol::files::{
    AGAIN_MAX_MS, Fetch, FetchEffect, FetchEvent, FileFrame, KeptChunk, QUESTIONS_A_MINUTE, Serve, ServeEffect,
    ServeEvent, WantedFile,
};

const SPACE: SpaceId = SpaceId([7; 16]);

fn chunks(count: u8) -> Vec<SealedChunk> {
    let key = ChunkKey::derive(&SPACE, &EpochKey::new([3; 32]));
    (0..count).map(|at| key.seal(&[at; CHUNK_BYTES]).unwrap()).collect()
}

/// One side that wants, one that has, and a stream between them.
struct Pair {
    fetch: Fetch,
    serve: Serve,
    files: Vec<Vec<SealedChunk>>,
    has: BTreeSet<ChunkName>,
    kept: Vec<ChunkName>,
    sent: usize,
    /// The stream breaks when this many chunks have been sent.
    breaks_at: usize,
    rest: Option<u64>,
    said: Vec<(u64, u64)>,
    now_ms: u64,
}

impl Pair {
    fn new(files: Vec<Vec<SealedChunk>>) -> Self {
        let has = files.iter().flatten().map(SealedChunk::name).collect();
        Self {
            fetch: Fetch::default(),
            serve: Serve::default(),
            files,
            has,
            kept: Vec::new(),
            sent: 0,
            breaks_at: usize::MAX,
            rest: None,
            said: Vec::new(),
            now_ms: 0,
        }
    }

    fn wanted(&self) -> Vec<WantedFile> {
        let missing = |file: &Vec<SealedChunk>| {
            file.iter().map(SealedChunk::name).filter(|name| !self.kept.contains(name)).collect::<Vec<_>>()
        };
        let files = self.files.iter().map(missing).filter(|missing| !missing.is_empty());
        files.map(|missing| WantedFile { space: SPACE, missing }).collect()
    }

    fn fetch(&mut self, event: FetchEvent) {
        for effect in self.fetch.step(self.now_ms, event) {
            match effect {
                FetchEffect::AskWanted { .. } => {
                    let (files, known) = (self.wanted(), self.files.len() as u64);
                    self.fetch(FetchEvent::Wanted(files, false, known));
                }
                FetchEffect::Send(bytes) => {
                    bytes.chunks(50).for_each(|some| self.serve(ServeEvent::Received(some.into())))
                }
                FetchEffect::Keep(space, chunk) => {
                    assert_eq!(space, SPACE);
                    assert!(!self.kept.contains(&chunk.name()), "a chunk was sent again");
                    self.kept.push(chunk.name());
                    self.fetch(FetchEvent::Kept(KeptChunk::New));
                }
                FetchEffect::Rest(lacking) => self.rest = Some(lacking),
                FetchEffect::Refused(refusal) => panic!("{refusal}"),
                FetchEffect::Denied(name, detail) => panic!("{name}: {detail}"),
            }
        }
    }

    fn serve(&mut self, event: ServeEvent) {
        for effect in self.serve.step(self.now_ms, event) {
            match effect {
                ServeEffect::Look(names) => {
                    let has = names.iter().map(|(_, name)| self.has.contains(name)).collect();
                    self.serve(ServeEvent::Looked(has));
                }
                ServeEffect::Read(_, name) => {
                    let chunk = self.files.iter().flatten().find(|chunk| chunk.name() == name);
                    let bytes = chunk.filter(|_| self.has.contains(&name)).map(|chunk| chunk.bytes().to_vec());
                    self.sent += usize::from(bytes.is_some());
                    if self.sent < self.breaks_at {
                        self.serve(ServeEvent::Read(bytes));
                    }
                }
                ServeEffect::Send(bytes) => {
                    bytes.chunks(9_999).for_each(|some| self.fetch(FetchEvent::Received(some.into())));
                }
                ServeEffect::PeerLacks(lacking, known) => self.said.push((lacking, known)),
                ServeEffect::Refused(name, detail) => panic!("{name}: {detail}"),
            }
        }
    }

    /// The connection is gone, and a new one is made.
    fn reconnect(&mut self) {
        (self.fetch, self.serve) = (Fetch::default(), Serve::default());
        self.breaks_at = usize::MAX;
        self.fetch(FetchEvent::Wake);
    }
}

#[test]
fn all_files_come_newest_first_and_then_it_rests() {
    let all = chunks(5);
    let mut pair = Pair::new(vec![all[..2].to_vec(), all[2..].to_vec()]);
    pair.fetch(FetchEvent::Wake);
    assert_eq!(pair.kept, all.iter().map(SealedChunk::name).collect::<Vec<_>>());
    assert_eq!((pair.rest, pair.said.as_slice()), (Some(0), [(0, 2)].as_slice()));
    pair.fetch(FetchEvent::Wake);
    assert_eq!(pair.said.len(), 1, "what has been said is not said again");
}

#[test]
fn after_each_cut_one_chunk_is_sent_again() {
    let all = chunks(20);
    let mut pair = Pair::new(vec![all.clone()]);
    pair.breaks_at = 3;
    pair.fetch(FetchEvent::Wake);
    for cut in 1..=8 {
        assert_eq!(pair.sent, pair.kept.len() + cut, "one chunk was lost with each of {cut} cuts");
        pair.breaks_at = pair.sent + 2;
        (pair.fetch, pair.serve) = (Fetch::default(), Serve::default());
        pair.fetch(FetchEvent::Wake);
    }
    pair.reconnect();
    assert_eq!((pair.kept.len(), pair.sent, pair.rest), (20, 29, Some(0)));
}

#[test]
fn what_the_peer_lacks_is_asked_for_again_each_time_later() {
    let all = chunks(4);
    let mut pair = Pair::new(vec![all.clone()]);
    pair.has.remove(&all[2].name());
    pair.fetch(FetchEvent::Wake);
    assert_eq!((pair.kept.len(), pair.rest, pair.said.as_slice()), (2, Some(1), [(1, 1)].as_slice()));
    let mut asked = 0;
    for _ in 0..100 {
        pair.now_ms += 30_000;
        pair.rest = None;
        pair.fetch(FetchEvent::Tick);
        asked += usize::from(pair.rest.is_some());
    }
    assert!((8..=18).contains(&asked), "asked {asked} times in 50 minutes");
    pair.has.insert(all[2].name());
    pair.now_ms += AGAIN_MAX_MS;
    pair.fetch(FetchEvent::Tick);
    assert_eq!((pair.kept.len(), pair.rest), (4, Some(0)));
    assert_eq!(pair.said, [(1, 1), (0, 1)]);
}

#[test]
fn a_file_that_another_session_fetches_is_left_to_it_and_a_sick_disk_to_later() {
    let name = chunks(2)[0].name();
    let file = || WantedFile { space: SPACE, missing: chunks(2).iter().map(SealedChunk::name).collect() };
    for kept in [KeptChunk::Held, KeptChunk::Failed] {
        let mut fetch = Fetch::default();
        fetch.step(0, FetchEvent::Wake);
        fetch.step(0, FetchEvent::Wanted(vec![file()], false, 1));
        let give = fetch.step(0, FetchEvent::Received(FileFrame::Has(vec![true]).encode()));
        assert_eq!(give, [FetchEffect::Send(FileFrame::Give(SPACE, name).encode())]);
        fetch.step(0, FetchEvent::Received(FileFrame::Chunk(chunks(1)[0].bytes().to_vec()).encode()));
        let rests = fetch.step(0, FetchEvent::Kept(kept));
        assert_eq!(rests, [FetchEffect::Send(FileFrame::Lack(1, 1).encode()), FetchEffect::Rest(1)]);
        assert!(fetch.is_resting());
    }
}

#[test]
fn a_peer_that_answers_wrongly_is_refused_by_name() {
    let chunk = &chunks(1)[0];
    let asked = || {
        let mut fetch = Fetch::default();
        fetch.step(0, FetchEvent::Wake);
        fetch.step(0, FetchEvent::Wanted(vec![WantedFile { space: SPACE, missing: vec![chunk.name()] }], false, 1));
        fetch
    };
    let refused = |mut fetch: Fetch, frame: &FileFrame| match fetch.step(0, FetchEvent::Received(frame.encode())).pop()
    {
        Some(FetchEffect::Refused(refusal)) => refusal.name(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(asked(), &FileFrame::Has(vec![true, true])), "bad-answer");
    assert_eq!(refused(asked(), &FileFrame::Chunk(chunk.bytes().to_vec())), "unsolicited");
    let mut giving = asked();
    giving.step(0, FetchEvent::Received(FileFrame::Has(vec![true]).encode()));
    assert_eq!(refused(giving, &FileFrame::Chunk(vec![9; 100])), "bad-chunk");
    assert_eq!(refused(Fetch::default(), &FileFrame::Lacking), "unsolicited");
    let mut silent = asked();
    assert_eq!(silent.step(u64::MAX, FetchEvent::Tick), [FetchEffect::Refused(Refusal::AnswerTimeout)]);
}

#[test]
fn a_peer_that_asks_wrongly_is_refused_by_name() {
    let name = chunks(1)[0].name();
    let refused = |effects: Vec<ServeEffect>| match effects.last() {
        Some(ServeEffect::Refused(name, _)) => name.clone(),
        other => panic!("{other:?}"),
    };
    let which = FileFrame::Which(vec![(SPACE, name)]).encode();
    let twice = [which.clone(), which].concat();
    assert_eq!(refused(Serve::default().step(0, ServeEvent::Received(twice))), "out-of-phase");
    assert_eq!(refused(Serve::default().step(0, ServeEvent::Received(FileFrame::Lacking.encode()))), "unsolicited");
    assert_eq!(refused(Serve::default().step(0, ServeEvent::Received(vec![1, 5]))), "unknown-frame");
    assert_eq!(refused(Serve::default().step(0, ServeEvent::Received(vec![35, 0xff, 0xff, 0x7f]))), "too-large");
    let denied = Serve::default().step(0, ServeEvent::NoRight("not-shared".into(), "no".into()));
    assert_eq!(denied[0], ServeEffect::Send(FileFrame::No("not-shared".into(), "no".into()).encode()));
    let mut flooded = Serve::default();
    let lack = FileFrame::Lack(0, 0).encode();
    let flood: Vec<u8> = (0..=QUESTIONS_A_MINUTE).flat_map(|_| lack.clone()).collect();
    assert_eq!(refused(flooded.step(5, ServeEvent::Received(flood))), "flood");
    assert_eq!(flooded.step(9, ServeEvent::Received(lack)), [], "after a refusal nothing is heard");
}
