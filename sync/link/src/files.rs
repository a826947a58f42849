//! Chunks of files with one peer, without IO: what the effects of `cairn_sync_protocol::files` mean for the link and for
//! the casebook.
//!
//! There are two of these to a session: one [`FileSide`] asks for what is wanted here, on a stream that it opens; the
//! other answers the peer, on the stream that the peer opened. QUIC carries them in [`crate::file_streams`], virtual time
//! in the simulator.

use cairn_casebook::{CasebookError, FetchPlace, FilesToFetch, MaySync, PeerEvent, reason, why_refused};
use cairn_ledger::{ChunkName, ReplicaId, SealedChunk, SpaceId};
use cairn_sync_protocol::files::{
    Fetch, FetchEffect, FetchEvent, KeptChunk, Serve, ServeEffect, ServeEvent, WantedFile,
};

use crate::book::Book;

/// Something to do.
#[derive(Debug)]
pub enum FileAct {
    /// Send these bytes on the stream.
    Send(Vec<u8>),
    /// Ask or tell the casebook.
    Errand(FileErrand),
    /// The stream ends.
    End,
}

/// What happened.
#[derive(Debug)]
pub enum FileEvent {
    /// Chunks are wanted, or may be.
    Wake,
    /// Bytes of the stream.
    Received(Vec<u8>),
    /// The casebook answered.
    Answer(FileAnswer),
    /// Time has passed.
    Tick,
}

/// Something to ask or tell the casebook.
#[derive(Debug)]
pub enum FileErrand {
    /// Which files are wanted, from this place on?
    Wanted(Option<FetchPlace>),
    /// Keep a chunk.
    Keep(SpaceId, SealedChunk),
    /// Which of these are here?
    Look(Vec<(SpaceId, ChunkName)>),
    /// Read this one.
    Read(SpaceId, ChunkName),
    /// Note what happened.
    Note(PeerEvent),
}

/// What the casebook answered.
#[derive(Debug)]
pub enum FileAnswer {
    /// To [`FileErrand::Wanted`].
    Wanted(FilesToFetch),
    /// To [`FileErrand::Keep`].
    Kept(KeptChunk),
    /// To [`FileErrand::Look`].
    Looked(Vec<bool>),
    /// To [`FileErrand::Read`].
    Read(Option<Vec<u8>>),
    /// The peer has no right to ask.
    NoRight(String, String),
}

impl FileErrand {
    /// Runs it; the answer, if one is waited for.
    pub fn run(self, book: &dyn Book, peer: ReplicaId, now_ms: u64) -> Option<FileAnswer> {
        // A link that is kept for urgent entries now carries no files.
        let may = || book.may_link(&peer, now_ms) == MaySync::Yes;
        match self {
            Self::Wanted(_) if !may() => Some(FileAnswer::Wanted(FilesToFetch::default())),
            Self::Look(names) if !may() => Some(FileAnswer::Looked(vec![false; names.len()])),
            Self::Wanted(after) => Some(FileAnswer::Wanted(book.files_to_fetch(peer, after).unwrap_or_else(|error| {
                tracing::warn!(%error, "which files are to be fetched cannot be told");
                FilesToFetch::default()
            }))),
            Self::Keep(space, chunk) => {
                let (name, bytes) = (chunk.name(), chunk.into_bytes());
                Some(FileAnswer::Kept(match book.keep_chunk(peer, space, name, bytes) {
                    Ok(true) => KeptChunk::New,
                    Ok(false) => KeptChunk::Held,
                    Err(error) => {
                        tracing::warn!(%error, "a part of a file could not be kept; it is fetched again later");
                        KeptChunk::Failed
                    }
                }))
            }
            Self::Look(names) => Some(answer(book.has_chunks(peer, &names).map(FileAnswer::Looked))),
            Self::Read(space, name) => Some(answer(book.read_chunk(peer, space, name).map(FileAnswer::Read))),
            Self::Note(event) => {
                if let Err(error) = book.note_peer(peer, event, now_ms) {
                    tracing::warn!(%error, "what happened with a peer could not be noted");
                }
                None
            }
        }
    }
}

fn answer(outcome: Result<FileAnswer, CasebookError>) -> FileAnswer {
    outcome.unwrap_or_else(|error| match error {
        CasebookError::PeerRefused { name, detail } => FileAnswer::NoRight(name.to_owned(), detail.to_string()),
        other => {
            tracing::warn!(error = %other, "a part of a file could not be read for a peer");
            FileAnswer::Read(None)
        }
    })
}

/// One side of one stream.
#[derive(Debug)]
pub enum FileSide {
    /// It asks.
    Asking {
        /// The state machine.
        fetch: Box<Fetch>,
        /// Where the list of wanted files goes on.
        next: Option<FetchPlace>,
    },
    /// It answers.
    Answering {
        /// The state machine.
        serve: Box<Serve>,
        /// Whether the peer has said that it rests.
        peer_rests: bool,
    },
}

impl FileSide {
    /// The side that asks.
    pub fn asking() -> Self {
        Self::Asking { fetch: Box::default(), next: None }
    }

    /// The side that answers.
    pub fn answering() -> Self {
        Self::Answering { serve: Box::default(), peer_rests: false }
    }

    /// Whether nothing is under way on this stream, and nothing more to be had now. Not before there was a first round; a
    /// side that knows of no files says nothing, so that it need not be waited for.
    pub fn rests(&self) -> bool {
        match self {
            Self::Asking { fetch, .. } => fetch.is_resting(),
            Self::Answering { peer_rests, .. } => *peer_rests,
        }
    }

    /// Of how many files the side that asks knows.
    pub fn known(&self) -> u64 {
        match self {
            Self::Asking { fetch, .. } => fetch.known(),
            Self::Answering { .. } => 0,
        }
    }

    /// Takes what happened, gives what is to be done.
    pub fn step(&mut self, now_ms: u64, event: FileEvent) -> Vec<FileAct> {
        match self {
            Self::Asking { fetch, next } => {
                let event = match event {
                    FileEvent::Wake => FetchEvent::Wake,
                    FileEvent::Tick => FetchEvent::Tick,
                    FileEvent::Received(bytes) => FetchEvent::Received(bytes),
                    FileEvent::Answer(FileAnswer::Kept(kept)) => FetchEvent::Kept(kept),
                    FileEvent::Answer(FileAnswer::Wanted(page)) => {
                        *next = page.next;
                        wanted(page)
                    }
                    FileEvent::Answer(_) => return Vec::new(),
                };
                fetch.step(now_ms, event).into_iter().flat_map(|effect| asked(effect, *next)).collect()
            }
            Self::Answering { serve, peer_rests } => {
                let event = match event {
                    FileEvent::Received(bytes) => ServeEvent::Received(bytes),
                    FileEvent::Answer(FileAnswer::Looked(has)) => ServeEvent::Looked(has),
                    FileEvent::Answer(FileAnswer::Read(bytes)) => ServeEvent::Read(bytes),
                    FileEvent::Answer(FileAnswer::NoRight(name, detail)) => ServeEvent::NoRight(name, detail),
                    _ => return Vec::new(),
                };
                serve.step(now_ms, event).into_iter().flat_map(|effect| answered(effect, peer_rests)).collect()
            }
        }
    }
}

fn wanted(page: FilesToFetch) -> FetchEvent {
    let files = page.files.into_iter().map(|file| WantedFile { space: file.space, missing: file.missing }).collect();
    FetchEvent::Wanted(files, page.next.is_some(), page.known)
}

fn asked(effect: FetchEffect, next: Option<FetchPlace>) -> Vec<FileAct> {
    match effect {
        FetchEffect::AskWanted { from_start: true } => vec![FileAct::Errand(FileErrand::Wanted(None))],
        FetchEffect::AskWanted { from_start: false } => vec![FileAct::Errand(FileErrand::Wanted(next))],
        FetchEffect::Send(bytes) => vec![FileAct::Send(bytes)],
        FetchEffect::Keep(space, chunk) => vec![FileAct::Errand(FileErrand::Keep(space, chunk))],
        FetchEffect::Rest(_) => Vec::new(),
        FetchEffect::Refused(refusal) => {
            let (name, detail) = (refusal.name().to_owned(), refusal.to_string());
            vec![FileAct::Errand(FileErrand::Note(PeerEvent::Refused { name, detail })), FileAct::End]
        }
        FetchEffect::Denied(name, detail) => {
            tracing::info!(name, detail, "the peer gives no parts of files");
            let reason = reason!("link-no-files", why = why_refused(&name));
            let event = PeerEvent::Failed { reason, next_attempt_ms: None };
            vec![FileAct::Errand(FileErrand::Note(event)), FileAct::End]
        }
    }
}

fn answered(effect: ServeEffect, peer_rests: &mut bool) -> Vec<FileAct> {
    match effect {
        ServeEffect::Look(names) => {
            *peer_rests = false;
            vec![FileAct::Errand(FileErrand::Look(names))]
        }
        ServeEffect::Read(space, name) => vec![FileAct::Errand(FileErrand::Read(space, name))],
        ServeEffect::Send(bytes) => vec![FileAct::Send(bytes)],
        ServeEffect::PeerLacks(lacking, known) => {
            *peer_rests = true;
            vec![FileAct::Errand(FileErrand::Note(PeerEvent::Files { lacking, known }))]
        }
        ServeEffect::Refused(name, detail) => {
            *peer_rests = true;
            vec![FileAct::Errand(FileErrand::Note(PeerEvent::Refused { name, detail })), FileAct::End]
        }
    }
}
