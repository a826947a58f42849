//! Carries a session's questions to the casebook, on threads that may wait.
//!
//! Two queues: one for keeping, one for everything else, so that reading what goes out never waits for the disk
//! that takes what comes in. Each queue is in order. Both are as short as the protocol's window.

use std::sync::Arc;

use cairn_casebook::{CasebookError, Kept, PeerEvent};
use cairn_ledger::{EntryHash, LogId, OpenParcel, ReplicaId, SpaceId};
use cairn_sync_protocol::{Event, ListedSpace};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::book::{Book, Clock};

/// Something to ask or tell the casebook.
#[derive(Debug)]
pub enum Errand {
    /// Which spaces are shared with the peer?
    Spaces,
    /// How far is this space held?
    Frontier(SpaceId),
    /// Read entries to send.
    Read(LogId, u64, usize),
    /// Keep entries that came.
    Keep(Box<OpenParcel>),
    /// The peer knows so much of a log of ours.
    Knows(LogId, u64, EntryHash),
    /// Note what happened.
    Note(PeerEvent),
}

/// The two queues and those who work them.
pub struct Desk {
    asking: mpsc::UnboundedSender<Errand>,
    keeping: mpsc::UnboundedSender<Errand>,
    workers: [JoinHandle<()>; 2],
}

impl Desk {
    /// Opens a desk for the session with this peer. Answers come out of the receiver.
    pub fn open(book: Arc<dyn Book>, clock: Clock, peer: ReplicaId) -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (answers, events) = mpsc::unbounded_channel();
        let start = |answers: mpsc::UnboundedSender<Event>| {
            let (errands, queue) = mpsc::unbounded_channel();
            (errands, tokio::spawn(work(book.clone(), clock.clone(), peer, queue, answers)))
        };
        let (asking, asker) = start(answers.clone());
        let (keeping, keeper) = start(answers);
        (Self { asking, keeping, workers: [asker, keeper] }, events)
    }

    /// Hands in an errand.
    pub fn hand_in(&self, errand: Errand) {
        let queue = if matches!(errand, Errand::Keep(_)) { &self.keeping } else { &self.asking };
        // A send fails only when the worker has panicked; the session then ends for want of answers.
        let _ = queue.send(errand);
    }

    /// Waits until everything handed in is done.
    pub async fn close(self) {
        drop((self.asking, self.keeping));
        for worker in self.workers {
            let _ = worker.await;
        }
    }
}

async fn work(
    book: Arc<dyn Book>,
    clock: Clock,
    peer: ReplicaId,
    mut queue: mpsc::UnboundedReceiver<Errand>,
    answers: mpsc::UnboundedSender<Event>,
) {
    while let Some(errand) = queue.recv().await {
        let (book, clock) = (book.clone(), clock.clone());
        match tokio::task::spawn_blocking(move || run(book.as_ref(), peer, errand, clock())).await {
            Ok(Some(answer)) => _ = answers.send(answer),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "a call to the casebook failed; the session with this peer ends");
                _ = answers.send(Event::CloseAsked("internal-error"));
            }
        }
    }
}

fn run(book: &dyn Book, peer: ReplicaId, errand: Errand, now_ms: u64) -> Option<Event> {
    match errand {
        Errand::Spaces => Some(Event::Spaces(spaces(book, peer))),
        Errand::Frontier(space) => Some(Event::LocalFrontier(space, book.frontier(space))),
        Errand::Read(log, from, bytes_max) => Some(read(book, log, from, bytes_max)),
        Errand::Keep(parcel) => {
            let log = parcel.log;
            Some(kept(log, book.keep_parcel(peer, *parcel, now_ms)))
        }
        Errand::Knows(log, number, hash) => {
            warn(book.peer_knows(peer, &log, number, hash, now_ms));
            None
        }
        Errand::Note(event) => {
            warn(book.note_peer(peer, event, now_ms));
            None
        }
    }
}

fn spaces(book: &dyn Book, peer: ReplicaId) -> Vec<ListedSpace> {
    let listed = |shared: cairn_casebook::SharedSpace| ListedSpace {
        space: shared.space,
        registry: shared.registry,
        audit: shared.audit,
    };
    book.shared_spaces(peer).into_iter().map(listed).collect()
}

fn read(book: &dyn Book, log: LogId, from: u64, bytes_max: usize) -> Event {
    let parcel = book.read_parcel(&log, from, bytes_max).unwrap_or_else(|error| {
        tracing::warn!(%error, "entries that a peer lacks cannot be read");
        None
    });
    Event::ParcelRead(log, from, parcel.map(Box::new))
}

fn kept(log: LogId, kept: Result<Kept, CasebookError>) -> Event {
    match kept {
        Ok(Kept { number, hash, new }) => Event::ParcelKept { log, number, hash, new },
        Err(CasebookError::PeerRefused { name, detail }) => Event::ParcelRefused { log, name: name.to_owned(), detail },
        Err(error) => {
            tracing::warn!(%error, "a parcel could not be kept");
            // What went wrong on this machine's disk is nothing for the peer to read.
            let detail = "it could not be stored; it will be asked for again".to_owned();
            Event::ParcelRefused { log, name: "storage".to_owned(), detail }
        }
    }
}

fn warn(outcome: Result<(), CasebookError>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "what happened with a peer could not be noted");
    }
}
