//! The side that is asked for chunks. One question at a time.

use cairn_ledger::{ChunkName, SpaceId};

use super::{FileFrame, FileFrames, QUESTIONS_A_MINUTE};
use crate::Refusal;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServeEvent {
    /// Bytes of the stream.
    Received(Vec<u8>),
    /// Answer to [`ServeEffect::Look`], in its order.
    Looked(Vec<bool>),
    /// Answer to [`ServeEffect::Read`]: the sealed chunk, or that it is not here.
    Read(Option<Vec<u8>>),
    /// Answer to either: the peer has no right to ask.
    NoRight(String, String),
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServeEffect {
    /// Which of these are here?
    Look(Vec<(SpaceId, ChunkName)>),
    /// Read this one.
    Read(SpaceId, ChunkName),
    /// Send these bytes on the stream.
    Send(Vec<u8>),
    /// The peer rests: how many files it lacks of those it wants, of how many it knows.
    PeerLacks(u64, u64),
    /// The peer broke a rule or has no right, by name and in words: the stream ends.
    Refused(String, String),
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Listening,
    Looking(usize),
    Reading,
    Over,
}

/// Answers one peer.
#[derive(Debug)]
pub struct Serve {
    state: State,
    frames: FileFrames,
    minute_ms: u64,
    questions: u32,
    effects: Vec<ServeEffect>,
}

impl Default for Serve {
    fn default() -> Self {
        Self { state: State::Listening, frames: FileFrames::default(), minute_ms: 0, questions: 0, effects: Vec::new() }
    }
}

impl Serve {
    /// Takes what happened, gives what is to be done.
    pub fn step(&mut self, now_ms: u64, event: ServeEvent) -> Vec<ServeEffect> {
        let outcome = match event {
            ServeEvent::Received(bytes) => self.receive(now_ms, &bytes),
            ServeEvent::Looked(has) => self.take_looked(has),
            ServeEvent::Read(bytes) => self.take_read(bytes),
            ServeEvent::NoRight(name, detail) => {
                self.refuse(name, detail);
                Ok(())
            }
        };
        if let Err(refusal) = outcome {
            self.refuse(refusal.name().to_owned(), refusal.to_string());
        }
        std::mem::take(&mut self.effects)
    }

    fn refuse(&mut self, name: String, detail: String) {
        if self.state != State::Over {
            self.state = State::Over;
            self.effects.push(ServeEffect::Send(FileFrame::No(name.clone(), detail.clone()).encode()));
            self.effects.push(ServeEffect::Refused(name, detail));
        }
    }

    fn receive(&mut self, now_ms: u64, bytes: &[u8]) -> Result<(), Refusal> {
        if self.state == State::Over {
            return Ok(());
        }
        self.frames.feed(bytes);
        while let Some(frame) = self.frames.next_frame()? {
            self.take_frame(now_ms, frame)?;
        }
        Ok(())
    }

    fn take_frame(&mut self, now_ms: u64, frame: FileFrame) -> Result<(), Refusal> {
        if self.state != State::Listening {
            return Err(Refusal::OutOfPhase("a question about files before the last one was answered"));
        }
        match frame {
            FileFrame::Which(names) => {
                self.count(now_ms)?;
                self.state = State::Looking(names.len());
                self.effects.push(ServeEffect::Look(names));
            }
            FileFrame::Give(space, name) => {
                self.state = State::Reading;
                self.effects.push(ServeEffect::Read(space, name));
            }
            FileFrame::Lack(lacking, known) => {
                self.count(now_ms)?;
                self.effects.push(ServeEffect::PeerLacks(lacking, known));
            }
            _ => return Err(Refusal::Unsolicited("an answer about files")),
        }
        Ok(())
    }

    fn count(&mut self, now_ms: u64) -> Result<(), Refusal> {
        if now_ms >= self.minute_ms.saturating_add(60_000) || now_ms < self.minute_ms {
            (self.minute_ms, self.questions) = (now_ms, 0);
        }
        self.questions += 1;
        if self.questions > QUESTIONS_A_MINUTE { Err(Refusal::Flood) } else { Ok(()) }
    }

    fn take_looked(&mut self, has: Vec<bool>) -> Result<(), Refusal> {
        if self.state == State::Looking(has.len()) {
            self.answer(&FileFrame::Has(has));
        }
        Ok(())
    }

    fn take_read(&mut self, bytes: Option<Vec<u8>>) -> Result<(), Refusal> {
        if self.state == State::Reading {
            self.answer(&bytes.map_or(FileFrame::Lacking, FileFrame::Chunk));
        }
        Ok(())
    }

    fn answer(&mut self, answer: &FileFrame) {
        self.state = State::Listening;
        self.effects.push(ServeEffect::Send(answer.encode()));
    }
}
