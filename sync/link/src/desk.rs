//! Carries a session's questions to the casebook, on threads that may wait.
//!
//! Two queues: one for keeping, one for everything else, so that reading what goes out never waits for the disk
//! that takes what comes in. Each queue is in order. Both are as short as the protocol's window.
//!
//! All sessions share the [`Room`] in front of the casebook: few calls at a time, and who waits is served in turn. Hundreds of
//! posts that call at once then cost neither hundreds of threads nor the luck of who gets a lock first.

use std::sync::Arc;

use cairn_ledger::ReplicaId;
use cairn_sync_protocol::Event;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinError, JoinHandle};

use crate::book::{Book, Clock};
use crate::errand::Errand;

/// Parcels kept at a time by all sessions together. The casebook writes one after the other; the second is ready when it is free.
const KEEPS_MAX: usize = 2;
/// Other calls about records at a time.
const ASKS_MAX: usize = 8;
/// Calls about files at a time.
const FILES_MAX: usize = 2;
/// Errands other than keeping that one call carries out in a row: at a greeting there are some for every space.
const IN_A_ROW_MAX: usize = 64;

/// How many calls to the casebook run at a time.
#[derive(Clone, Debug)]
pub struct Room {
    keeping: Arc<Semaphore>,
    asking: Arc<Semaphore>,
    files: Arc<Semaphore>,
}

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// Keeping a parcel.
    Keeping,
    /// Anything else about records.
    Asking,
    /// Chunks of files.
    Files,
}

impl Default for Room {
    fn default() -> Self {
        let [keeping, asking, files] = [KEEPS_MAX, ASKS_MAX, FILES_MAX].map(|most| Arc::new(Semaphore::new(most)));
        Self { keeping, asking, files }
    }
}

impl Room {
    /// Makes a call on a thread that may wait, when it is its turn.
    pub async fn call<T: Send + 'static>(
        &self,
        matter: Matter,
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        let room = match matter {
            Matter::Keeping => &self.keeping,
            Matter::Asking => &self.asking,
            Matter::Files => &self.files,
        };
        let turn = room.acquire().await;
        let called = tokio::task::spawn_blocking(call).await;
        drop(turn);
        called
    }
}

/// The two queues and those who work them.
pub struct Desk {
    asking: mpsc::UnboundedSender<Errand>,
    keeping: mpsc::UnboundedSender<Errand>,
    workers: [JoinHandle<()>; 2],
}

impl Desk {
    /// Opens a desk for the session with this peer. Answers come out of the receiver.
    pub fn open(
        book: Arc<dyn Book>,
        clock: Clock,
        peer: ReplicaId,
        room: Room,
    ) -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (answers, events) = mpsc::unbounded_channel();
        let start = |matter, answers| {
            let (errands, queue) = mpsc::unbounded_channel();
            let clerk = Clerk { book: book.clone(), clock: clock.clone(), peer, room: room.clone(), matter, answers };
            (errands, tokio::spawn(clerk.work(queue)))
        };
        let (asking, asker) = start(Matter::Asking, answers.clone());
        let (keeping, keeper) = start(Matter::Keeping, answers);
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

/// Who works one of the queues.
struct Clerk {
    book: Arc<dyn Book>,
    clock: Clock,
    peer: ReplicaId,
    room: Room,
    matter: Matter,
    answers: mpsc::UnboundedSender<Event>,
}

impl Clerk {
    async fn work(self, mut queue: mpsc::UnboundedReceiver<Errand>) {
        let in_a_row = if self.matter == Matter::Keeping { 1 } else { IN_A_ROW_MAX };
        loop {
            let mut errands = Vec::new();
            if queue.recv_many(&mut errands, in_a_row).await == 0 {
                return;
            }
            let (book, clock, peer, answers) = (self.book.clone(), self.clock.clone(), self.peer, self.answers.clone());
            let run = move || {
                for errand in errands {
                    if let Some(answer) = errand.run(book.as_ref(), peer, clock()) {
                        // Nobody listens any more when the session is over.
                        let _ = answers.send(answer);
                    }
                }
            };
            if let Err(error) = self.room.call(self.matter, run).await {
                tracing::error!(%error, "a call to the casebook failed; the session with this peer ends");
                let _ = self.answers.send(Event::CloseAsked("internal-error"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn few_calls_run_at_a_time_and_keeping_does_not_hold_up_asking() {
        let (room, running, most) = (Room::default(), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let gate = Arc::new(Barrier::new(KEEPS_MAX + 1));
        let keep = |_| {
            let (room, running, most, gate) = (room.clone(), running.clone(), most.clone(), gate.clone());
            let call = move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                gate.wait();
                running.fetch_sub(1, Ordering::SeqCst);
            };
            tokio::spawn(async move { room.call(Matter::Keeping, call).await })
        };
        let keeps: Vec<_> = (0..KEEPS_MAX * 10).map(keep).collect();
        room.call(Matter::Asking, || {}).await.unwrap();
        for _ in 0..10 {
            let gate = gate.clone();
            tokio::task::spawn_blocking(move || gate.wait()).await.unwrap();
        }
        for keep in keeps {
            keep.await.unwrap().unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), KEEPS_MAX);
    }
}
