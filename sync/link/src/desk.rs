//! Carries a session's questions to the casebook, on threads that may wait.
//!
//! Two queues: one for keeping, one for everything else, so that reading what goes out never waits for the disk
//! that takes what comes in. Each queue is in order. Both are as short as the protocol's window.

use std::sync::Arc;

use cairn_ledger::ReplicaId;
use cairn_sync_protocol::Event;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::book::{Book, Clock};
use crate::errand::Errand;

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
        let queue = if errand.keeps() { &self.keeping } else { &self.asking };
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
        match tokio::task::spawn_blocking(move || errand.run(book.as_ref(), peer, clock())).await {
            Ok(Some(answer)) => _ = answers.send(answer),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "a call to the casebook failed; the session with this peer ends");
                _ = answers.send(Event::CloseAsked("internal-error"));
            }
        }
    }
}
