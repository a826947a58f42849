//! One session over one connection of QUIC: [`Conduct`] says what is to be done, this does it.
//!
//! One bidirectional stream carries the frames of both sides. Three things run side by side: this loop, which owns
//! the session; a writer; and the [`Desk`] that asks the casebook. Chunks of files go beside it ([`FileStreams`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cairn_casebook::{PeerEvent, Reason, reason};
use cairn_ledger::ReplicaId;
use cairn_sync_protocol::Event;
use quinn::{Connection, ReadError, RecvStream, SendStream, VarInt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::book::{Book, Clock};
use crate::conduct::{Act, Conduct, Ended};
use crate::desk::Desk;
use crate::endpoint::{HANDSHAKE, call_again_s, describe};
use crate::errand::Errand;
use crate::file_streams::FileStreams;
use crate::sessions::Place;

/// Bytes of frames that may wait for the link. An honest session stays far below: parcels wait for their answers, and what a
/// greeting calls forth, the frontier of every space that differs, is said once. It is bytes that are counted, because the frames
/// of a greeting are as many as an agency has spaces, and those are as many as it has posts.
const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most bytes taken from the link at a time.
const CHUNK_BYTES: usize = 64 * 1024;
const TICK: Duration = Duration::from_millis(250);
/// How often the bytes that moved are noted while a session runs.
const BYTES_NOTED_EVERY_MS: u64 = 2_000;
/// A session that ends as soon as all is done waits for files as long as some of them move.
const FILES_QUIET_MS: u64 = 15_000;
/// How long what was sent may take to get through when a session ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// Everything a session needs.
pub struct Link {
    /// The casebook.
    pub book: Arc<dyn Book>,
    /// The time.
    pub clock: Clock,
    /// The peer, as the connection proved it.
    pub peer: ReplicaId,
    /// The connection.
    pub connection: Connection,
    /// Whether this side dialled.
    pub dialled: bool,
    /// Its place among the running sessions.
    pub place: Place,
    /// End as soon as both sides hold the same, or it is clear that they will not.
    pub once: bool,
}

/// Runs a session to its end.
pub async fn run(link: Link) -> Ended {
    let address = if link.dialled { link.connection.remote_address().to_string() } else { String::new() };
    let (desk, answers) = Desk::open(link.book.clone(), link.clock.clone(), link.peer, link.place.room());
    desk.hand_in(Errand::Note(PeerEvent::Connected { address }));
    let mut drive = Drive::new(&link, desk, answers);
    match streams(&link).await {
        Ok((send, recv)) => {
            let writer = drive.start_writer(send);
            drive.files = Some(FileStreams::start(&link));
            drive.talk(recv).await;
            (drive.frames, drive.files) = (None, None);
            let _ = tokio::time::timeout(FAREWELL, writer).await;
        }
        Err(reason) => drive.lost(reason),
    }
    // Asked before closing: afterwards the connection only knows that this side closed it.
    let call_again_s = link.connection.close_reason().as_ref().and_then(call_again_s);
    link.connection.close(VarInt::from_u32(0), drive.conduct.goodbye().as_bytes());
    Ended { call_again_s, ..drive.end().await }
}

/// The one stream: the side that dialled opens it, and its greeting makes it visible to the other.
async fn streams(link: &Link) -> Result<(SendStream, RecvStream), Reason> {
    let opened =
        async { if link.dialled { link.connection.open_bi().await } else { link.connection.accept_bi().await } };
    match tokio::time::timeout(HANDSHAKE, opened).await {
        Ok(Ok(streams)) => Ok(streams),
        Ok(Err(error)) => Err(describe(&error)),
        Err(_) => Err(reason!("link-late")),
    }
}

struct Drive<'a> {
    link: &'a Link,
    conduct: Conduct,
    desk: Desk,
    answers: mpsc::UnboundedReceiver<Event>,
    frames: Option<Outbox>,
    files: Option<FileStreams>,
    /// When something of files moved last.
    files_ms: u64,
    noted: (u64, u64),
    noted_ms: u64,
}

impl<'a> Drive<'a> {
    fn new(link: &'a Link, desk: Desk, answers: mpsc::UnboundedReceiver<Event>) -> Self {
        let conduct = Conduct::new(&*link.book, link.peer, link.once);
        Self { link, conduct, desk, answers, frames: None, files: None, files_ms: 0, noted: (0, 0), noted_ms: 0 }
    }

    fn start_writer(&mut self, send: SendStream) -> JoinHandle<()> {
        let (frames, queue) = mpsc::unbounded_channel();
        let outbox = Outbox { frames, waiting: Arc::default() };
        let writer = tokio::spawn(write(send, queue, outbox.waiting.clone()));
        self.frames = Some(outbox);
        writer
    }

    async fn talk(&mut self, mut recv: RecvStream) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.step(Event::Started);
        while !self.conduct.is_over() {
            tokio::select! {
                chunk = recv.read_chunk(CHUNK_BYTES, true) => match chunk {
                    Ok(Some(chunk)) => self.step(Event::Received(chunk.bytes.to_vec())),
                    Ok(None) => self.lost(reason!("link-closed")),
                    Err(ReadError::ConnectionLost(error)) => self.lost(describe(&error)),
                    Err(error) => self.lost(reason!("link-other", detail = error.to_string())),
                },
                Some(answer) = self.answers.recv() => self.step(answer),
                () = files_moved(&mut self.files) => self.files_moved(),
                news = self.link.place.nudge.next() => news.into_iter().for_each(|event| self.step(event)),
                _ = tick.tick() => self.tick(),
            }
        }
    }

    fn lost(&mut self, reason: Reason) {
        self.conduct.lost((self.link.clock)(), reason);
    }

    fn tick(&mut self) {
        let now_ms = (self.link.clock)();
        if now_ms >= self.noted_ms.saturating_add(BYTES_NOTED_EVERY_MS) {
            self.noted_ms = now_ms;
            self.note_bytes();
        }
        if self.conduct.waits_for_files() && now_ms >= self.files_ms.saturating_add(FILES_QUIET_MS) {
            self.files_rest(now_ms, true);
        }
        self.step(Event::Tick);
    }

    fn files_moved(&mut self) {
        self.files_ms = (self.link.clock)();
        let rest = self.files.as_ref().is_none_or(|files| files.news.borrow().is_rest());
        self.files_rest(self.files_ms, rest);
    }

    fn files_rest(&mut self, now_ms: u64, rest: bool) {
        let acts = self.conduct.files_rest(now_ms, rest);
        self.carry_out(acts);
    }

    fn step(&mut self, event: Event) {
        let acts = self.conduct.step((self.link.clock)(), event);
        self.carry_out(acts);
        if let Some(files) = self.files.as_ref().filter(|_| self.conduct.has_settled()) {
            files.settled();
            self.files_ms = self.files_ms.max((self.link.clock)());
        }
    }

    fn carry_out(&mut self, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Send(bytes) => self.send(bytes),
                Act::Errand(errand) => self.desk.hand_in(errand),
            }
        }
    }

    /// A peer that does not take what it asked for is cut off; it must not make this machine's memory grow.
    fn send(&mut self, bytes: Vec<u8>) {
        if self.frames.as_ref().is_none_or(|frames| !frames.put(bytes)) {
            self.conduct.peer_takes_nothing();
        }
    }

    fn note(&self, event: PeerEvent) {
        self.desk.hand_in(Errand::Note(event));
    }

    fn note_bytes(&mut self) {
        let stats = self.link.connection.stats();
        let (sent, received) = (stats.udp_tx.bytes, stats.udp_rx.bytes);
        let (sent_before, received_before) = std::mem::replace(&mut self.noted, (sent, received));
        if (sent, received) != (sent_before, received_before) {
            self.note(PeerEvent::Bytes { sent: sent - sent_before, received: received - received_before });
        }
    }

    async fn end(mut self) -> Ended {
        self.note_bytes();
        // A session that another one replaced must not say that the peer is gone.
        if self.link.place.is_current() {
            self.note(PeerEvent::Disconnected { reason: self.conduct.reason().cloned() });
        }
        self.desk.close().await;
        let (sent, received) = self.noted;
        self.conduct.ended(sent, received)
    }
}

async fn files_moved(files: &mut Option<FileStreams>) {
    let moved = match files {
        Some(files) => files.news.changed().await.is_ok(),
        None => false,
    };
    if !moved {
        std::future::pending().await
    }
}

/// Frames on their way to the link.
struct Outbox {
    frames: mpsc::UnboundedSender<Vec<u8>>,
    /// Their bytes.
    waiting: Arc<AtomicUsize>,
}

impl Outbox {
    /// Takes a frame, unless too much waits already or nobody writes any more.
    fn put(&self, frame: Vec<u8>) -> bool {
        let before = self.waiting.fetch_add(frame.len(), Ordering::Relaxed);
        before.saturating_add(frame.len()) <= WAITING_BYTES_MAX && self.frames.send(frame).is_ok()
    }
}

async fn write(mut send: SendStream, mut queue: mpsc::UnboundedReceiver<Vec<u8>>, waiting: Arc<AtomicUsize>) {
    while let Some(frame) = queue.recv().await {
        if send.write_all(&frame).await.is_err() {
            return;
        }
        waiting.fetch_sub(frame.len(), Ordering::Relaxed);
    }
    if send.finish().is_ok() {
        let _ = send.stopped().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn many_small_frames_may_wait_and_too_many_bytes_may_not() {
        let (frames, mut queue) = mpsc::unbounded_channel();
        let outbox = Outbox { frames, waiting: Arc::default() };
        assert!((0..1_000).all(|_| outbox.put(vec![0; 128])), "as many as an agency has spaces");
        let large = || vec![0; 1024 * 1024];
        let taken = (0..100).take_while(|_| outbox.put(large())).count();
        assert_eq!(taken, 7, "a peer that takes nothing must not make this machine's memory grow");
        assert_eq!(queue.recv().await.map(|frame| frame.len()), Some(128));
    }
}
