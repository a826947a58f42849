//! The side that wants chunks.

use std::collections::VecDeque;

use cairn_ledger::blob::SealedChunk;
use cairn_ledger::{ChunkName, SpaceId};

use super::{AGAIN_MAX_MS, AGAIN_MIN_MS, ASKED_MAX, FILE_ANSWER_TIMEOUT_MS, FileFrame, FileFrames};
use crate::Refusal;

/// A file of which chunks are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedFile {
    /// Its space.
    pub space: SpaceId,
    /// The chunks that are missing, in order, at least one.
    pub missing: Vec<ChunkName>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchEvent {
    /// Something new may be wanted; also the beginning, when the records are through.
    Wake,
    /// Answer to [`FetchEffect::AskWanted`]: at most [`ASKED_MAX`] files, whether there are more, and how many are known.
    Wanted(Vec<WantedFile>, bool, u64),
    /// Bytes of the stream.
    Received(Vec<u8>),
    /// Answer to [`FetchEffect::Keep`].
    Kept(KeptChunk),
    /// Time has passed.
    Tick,
}

/// What became of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptChunk {
    /// It is durable, and was not here before.
    New,
    /// It was here before: another session fetches the same file, which is left to that one.
    Held,
    /// It could not be kept: the round ends and is tried again later.
    Failed,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchEffect {
    /// Which files are wanted? From the newest on, or where the last answer ended.
    AskWanted {
        /// From the newest on.
        from_start: bool,
    },
    /// Send these bytes on the stream.
    Send(Vec<u8>),
    /// Keep this chunk, which bears its right name.
    Keep(SpaceId, SealedChunk),
    /// Nothing more is to be had now; so many files are missing.
    Rest(u64),
    /// The peer broke a rule: the stream ends.
    Refused(Refusal),
    /// The peer refuses to answer: the stream ends.
    Denied(String, String),
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Until somebody wakes it, or this time comes.
    Resting(Option<u64>),
    AskedBook,
    AskedWhich(Vec<WantedFile>),
    AskedChunk(SpaceId, ChunkName),
    Keeping,
    Over,
}

/// Fetches chunks from one peer.
#[derive(Debug)]
pub struct Fetch {
    state: State,
    frames: FileFrames,
    /// Files that the peer has the first missing chunk of; the one under way in front.
    queue: VecDeque<(SpaceId, VecDeque<ChunkName>)>,
    more: bool,
    lacking: u64,
    known: u64,
    /// What the peer was last told: at first nothing, which is as good as having nothing to want.
    said: (u64, u64),
    /// Whether a round has come to its end.
    rested: bool,
    woken: bool,
    wait_ms: u64,
    asked_ms: u64,
    now_ms: u64,
    effects: Vec<FetchEffect>,
}

impl Default for Fetch {
    fn default() -> Self {
        Self {
            state: State::Resting(None),
            frames: FileFrames::default(),
            queue: VecDeque::new(),
            more: false,
            lacking: 0,
            known: 0,
            said: (0, 0),
            rested: false,
            woken: false,
            wait_ms: AGAIN_MIN_MS,
            asked_ms: 0,
            now_ms: 0,
            effects: Vec::new(),
        }
    }
}

impl Fetch {
    /// Takes what happened, gives what is to be done.
    pub fn step(&mut self, now_ms: u64, event: FetchEvent) -> Vec<FetchEffect> {
        self.now_ms = now_ms;
        if let Err(refusal) = self.take(event) {
            self.state = State::Over;
            self.effects.push(FetchEffect::Refused(refusal));
        }
        std::mem::take(&mut self.effects)
    }

    /// Whether nothing is under way and everything to be had now has been had.
    pub fn is_resting(&self) -> bool {
        matches!(self.state, State::Resting(_) | State::Over) && self.rested
    }

    /// Of how many files this side knows.
    pub fn known(&self) -> u64 {
        self.known
    }

    fn take(&mut self, event: FetchEvent) -> Result<(), Refusal> {
        match event {
            FetchEvent::Wake => self.wake(),
            FetchEvent::Wanted(files, more, known) => self.take_wanted(files, more, known),
            FetchEvent::Received(bytes) => return self.receive(&bytes),
            FetchEvent::Kept(kept) => self.take_kept(kept),
            FetchEvent::Tick => return self.tick(),
        }
        Ok(())
    }

    fn wake(&mut self) {
        self.wait_ms = AGAIN_MIN_MS;
        match self.state {
            State::Resting(_) => self.begin(),
            _ => self.woken = true,
        }
    }

    fn tick(&mut self) -> Result<(), Refusal> {
        match self.state {
            State::Resting(Some(due_ms)) if self.now_ms >= due_ms => self.begin(),
            State::AskedWhich(_) | State::AskedChunk(..)
                if self.now_ms >= self.asked_ms.saturating_add(FILE_ANSWER_TIMEOUT_MS) =>
            {
                return Err(Refusal::AnswerTimeout);
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self) {
        (self.lacking, self.woken) = (0, false);
        self.state = State::AskedBook;
        self.effects.push(FetchEffect::AskWanted { from_start: true });
    }

    fn take_wanted(&mut self, mut files: Vec<WantedFile>, more: bool, known: u64) {
        if self.state != State::AskedBook {
            return;
        }
        files.retain(|file| !file.missing.is_empty());
        files.truncate(ASKED_MAX);
        (self.more, self.known) = (more, known);
        self.lacking += files.len() as u64;
        if files.is_empty() {
            return self.next_page();
        }
        let first = |file: &WantedFile| Some((file.space, *file.missing.first()?));
        self.ask(&FileFrame::Which(files.iter().filter_map(first).collect()));
        self.state = State::AskedWhich(files);
    }

    fn ask(&mut self, question: &FileFrame) {
        self.asked_ms = self.now_ms;
        self.effects.push(FetchEffect::Send(question.encode()));
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.frames.feed(bytes);
        while let Some(frame) = self.frames.next_frame()? {
            self.take_frame(frame)?;
        }
        Ok(())
    }

    fn take_frame(&mut self, frame: FileFrame) -> Result<(), Refusal> {
        match (std::mem::replace(&mut self.state, State::Over), frame) {
            (State::Over, _) => {}
            (_, FileFrame::No(name, detail)) => self.effects.push(FetchEffect::Denied(name, detail)),
            (State::AskedWhich(files), FileFrame::Has(has)) => {
                if has.len() != files.len() {
                    return Err(Refusal::BadAnswer);
                }
                let there = files.into_iter().zip(has).filter_map(|(file, has)| has.then_some(file));
                self.queue = there.map(|file| (file.space, file.missing.into())).collect();
                self.next_chunk();
            }
            (State::AskedChunk(space, name), FileFrame::Chunk(bytes)) => {
                let chunk = SealedChunk::checked(name, bytes).ok_or(Refusal::BadChunk)?;
                self.effects.push(FetchEffect::Keep(space, chunk));
                self.state = State::Keeping;
            }
            (State::AskedChunk(..), FileFrame::Lacking) => {
                self.queue.pop_front();
                self.next_chunk();
            }
            _ => return Err(Refusal::Unsolicited("a frame about files")),
        }
        Ok(())
    }

    fn next_chunk(&mut self) {
        match self.queue.front().and_then(|(space, names)| Some((*space, *names.front()?))) {
            Some((space, name)) => {
                self.ask(&FileFrame::Give(space, name));
                self.state = State::AskedChunk(space, name);
            }
            None => self.next_page(),
        }
    }

    fn take_kept(&mut self, kept: KeptChunk) {
        if self.state != State::Keeping {
            return;
        }
        match kept {
            KeptChunk::New => {
                self.wait_ms = AGAIN_MIN_MS;
                let names = self.queue.front_mut().map(|(_, names)| names);
                if names.is_some_and(|names| names.pop_front().is_some() && names.is_empty()) {
                    self.queue.pop_front();
                    self.lacking = self.lacking.saturating_sub(1);
                }
            }
            KeptChunk::Held => _ = self.queue.pop_front(),
            // The disk is full or sick: more would not help it.
            KeptChunk::Failed => {
                self.queue.clear();
                self.woken = false;
                return self.rest();
            }
        }
        self.next_chunk();
    }

    fn next_page(&mut self) {
        if self.more {
            self.state = State::AskedBook;
            self.effects.push(FetchEffect::AskWanted { from_start: false });
        } else if self.woken {
            self.begin();
        } else {
            self.rest();
        }
    }

    fn rest(&mut self) {
        let due_ms = (self.lacking > 0).then(|| self.now_ms.saturating_add(self.wait_ms));
        self.wait_ms = (self.wait_ms * 2).min(AGAIN_MAX_MS);
        self.state = State::Resting(due_ms);
        self.rested = true;
        let said = (self.lacking, self.known);
        if std::mem::replace(&mut self.said, said) != said {
            self.effects.push(FetchEffect::Send(FileFrame::Lack(self.lacking, self.known).encode()));
        }
        self.effects.push(FetchEffect::Rest(self.lacking));
        if self.woken {
            self.begin();
        }
    }
}
