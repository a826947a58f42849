//! One session over one connection: carries out the effects of the state machine.
//!
//! One bidirectional stream carries the frames of both sides. Three things run side by side: this loop, which owns
//! the session; a writer; and the [`Desk`] that asks the casebook.

use std::sync::Arc;
use std::time::Duration;

use cairn_casebook::PeerEvent;
use cairn_ledger::ledger::ReplicaKey;
use cairn_ledger::{ClockQuality, ReplicaId};
use cairn_sync_protocol::session::CloseReason;
use cairn_sync_protocol::{Effect, Event, Limits, Session, SessionConfig, Side};
use quinn::{Connection, ReadError, RecvStream, SendStream, VarInt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::book::{Book, Clock};
use crate::desk::{Desk, Errand};
use crate::endpoint::{HANDSHAKE, describe};
use crate::sessions::Place;

/// Frames that may wait for the link; the protocol's window keeps an honest session far below.
const FRAMES_WAITING_MAX: usize = 128;
/// Most bytes taken from the link at a time.
const CHUNK_BYTES: usize = 64 * 1024;
const TICK: Duration = Duration::from_millis(250);
/// How often the bytes that moved are noted while a session runs.
const BYTES_NOTED_EVERY_MS: u64 = 2_000;
/// How long what was sent may take to get through when a session ends.
const FAREWELL: Duration = Duration::from_secs(2);
/// A session in which a log was set aside is begun anew after so long.
const TRY_AGAIN_MS: u64 = 300_000;

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

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Both sides were proved to hold the same at some time in the session.
    pub equal: bool,
    /// Why it ended; empty when in good order.
    pub reason: String,
    /// Bytes sent, with everything QUIC adds.
    pub sent: u64,
    /// Bytes received.
    pub received: u64,
    /// Why something was set aside, if anything was.
    pub set_aside: Vec<String>,
}

/// Runs a session to its end.
pub async fn run(link: Link) -> Ended {
    let address = if link.dialled { link.connection.remote_address().to_string() } else { String::new() };
    let (desk, answers) = Desk::open(link.book.clone(), link.clock.clone(), link.peer);
    desk.hand_in(Errand::Note(PeerEvent::Connected { address }));
    let mut drive = Drive::new(&link, desk, answers);
    match streams(&link).await {
        Ok((send, recv)) => {
            let writer = drive.start_writer(send);
            drive.talk(recv).await;
            drive.frames = None;
            let _ = tokio::time::timeout(FAREWELL, writer).await;
        }
        Err(reason) => drive.reason = reason,
    }
    link.connection.close(VarInt::from_u32(0), drive.goodbye.as_bytes());
    drive.end().await
}

/// The one stream: the side that dialled opens it, and its greeting makes it visible to the other.
async fn streams(link: &Link) -> Result<(SendStream, RecvStream), String> {
    let opened =
        async { if link.dialled { link.connection.open_bi().await } else { link.connection.accept_bi().await } };
    match tokio::time::timeout(HANDSHAKE, opened).await {
        Ok(Ok(streams)) => Ok(streams),
        Ok(Err(error)) => Err(describe(&error)),
        Err(_) => Err("the peer did not begin the session in time".to_owned()),
    }
}

struct Drive<'a> {
    link: &'a Link,
    session: Session,
    desk: Desk,
    answers: mpsc::UnboundedReceiver<Event>,
    frames: Option<mpsc::Sender<Vec<u8>>>,
    over: bool,
    equal: bool,
    reason: String,
    goodbye: String,
    set_aside: Vec<String>,
    set_aside_ms: Option<u64>,
    noted: (u64, u64),
    noted_ms: u64,
}

impl<'a> Drive<'a> {
    fn new(link: &'a Link, desk: Desk, answers: mpsc::UnboundedReceiver<Event>) -> Self {
        let config = SessionConfig {
            me: link.book.replica(),
            peer: link.peer,
            clock: ClockQuality::Local,
            limits: Limits::default(),
        };
        let session = Session::new(config, ReplicaKey::from_seed(&link.book.replica_seed()));
        Self {
            link,
            session,
            desk,
            answers,
            frames: None,
            over: false,
            equal: false,
            reason: String::new(),
            goodbye: String::new(),
            set_aside: Vec::new(),
            set_aside_ms: None,
            noted: (0, 0),
            noted_ms: 0,
        }
    }

    fn start_writer(&mut self, send: SendStream) -> JoinHandle<()> {
        let (frames, queue) = mpsc::channel(FRAMES_WAITING_MAX);
        self.frames = Some(frames);
        tokio::spawn(write(send, queue))
    }

    async fn talk(&mut self, mut recv: RecvStream) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.step(Event::Started);
        while !self.over {
            tokio::select! {
                chunk = recv.read_chunk(CHUNK_BYTES, true) => match chunk {
                    Ok(Some(chunk)) => self.step(Event::Received(chunk.bytes.to_vec())),
                    Ok(None) => self.lost("the peer ended the session".to_owned()),
                    Err(ReadError::ConnectionLost(error)) => self.lost(describe(&error)),
                    Err(error) => self.lost(error.to_string()),
                },
                Some(answer) = self.answers.recv() => self.step(answer),
                news = self.link.place.nudge.next() => news.into_iter().for_each(|event| self.step(event)),
                _ = tick.tick() => self.tick(),
            }
        }
    }

    fn lost(&mut self, reason: String) {
        self.step(Event::LinkClosed);
        self.reason = reason;
        self.over = true;
    }

    fn tick(&mut self) {
        self.step(Event::Tick);
        let now_ms = (self.link.clock)();
        if now_ms >= self.noted_ms.saturating_add(BYTES_NOTED_EVERY_MS) {
            self.noted_ms = now_ms;
            self.note_bytes();
        }
        if self.set_aside_ms.is_some_and(|since_ms| now_ms >= since_ms.saturating_add(TRY_AGAIN_MS)) {
            self.step(Event::CloseAsked("again"));
        }
    }

    fn step(&mut self, event: Event) {
        if self.set_aside_ms.is_some() && matches!(event, Event::RightsChanged) {
            // What could not be kept before may now be right; a new session offers it again.
            return self.step(Event::CloseAsked("again"));
        }
        for effect in self.session.step((self.link.clock)(), event) {
            self.carry_out(effect);
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send(bytes) => self.send(bytes),
            Effect::AskSpaces => self.desk.hand_in(Errand::Spaces),
            Effect::AskFrontier(space) => self.desk.hand_in(Errand::Frontier(space)),
            Effect::ReadParcel { log, from, bytes_max } => self.desk.hand_in(Errand::Read(log, from, bytes_max)),
            Effect::KeepParcel(parcel) => self.desk.hand_in(Errand::Keep(parcel)),
            Effect::PeerKnows { log, number, hash } => self.desk.hand_in(Errand::Knows(log, number, hash)),
            Effect::PeerFrontier(space, frontier) => self.note(PeerEvent::Frontier { space, frontier }),
            Effect::PeerClock { skew_ms } => self.note(PeerEvent::ClockSkew { ms: skew_ms }),
            Effect::SetAside { by, name, detail, .. } => self.note_set_aside(by, name, detail),
            Effect::Receipt(receipt) => self.note(PeerEvent::Receipt {
                spaces: receipt.spaces,
                at_ms: receipt.at_ms,
                signature: receipt.signature.to_vec(),
            }),
            Effect::Equal => {
                self.equal = true;
                self.finish_if_once();
            }
            Effect::Settled => self.finish_if_once(),
            Effect::Close(reason) => self.close(reason),
        }
    }

    fn finish_if_once(&mut self) {
        if self.link.once && !self.over {
            self.step(Event::CloseAsked("done"));
        }
    }

    /// A peer that does not take what it asked for is cut off; it must not make this machine's memory grow.
    fn send(&mut self, bytes: Vec<u8>) {
        let sent = self.frames.as_ref().is_some_and(|frames| frames.try_send(bytes).is_ok());
        if !sent && !self.over {
            self.over = true;
            self.reason = "the peer does not take what is sent to it".to_owned();
        }
    }

    fn note(&self, event: PeerEvent) {
        self.desk.hand_in(Errand::Note(event));
    }

    fn note_set_aside(&mut self, by: Side, name: String, detail: String) {
        self.set_aside_ms.get_or_insert((self.link.clock)());
        match by {
            Side::Here => self.note(PeerEvent::Refused { name: name.clone(), detail: detail.clone() }),
            Side::There => {
                let reason = format!("the peer did not take some entries ({name}): {detail}");
                self.note(PeerEvent::Failed { reason, next_attempt_ms: None });
            }
        }
        if self.set_aside.len() < 16 {
            self.set_aside.push(format!("{name}: {detail}"));
        }
    }

    fn close(&mut self, reason: CloseReason) {
        self.over = true;
        self.goodbye = reason.name().to_owned();
        match &reason {
            CloseReason::Refused(refusal) => {
                self.reason = format!("the peer broke a rule of the protocol: {refusal}");
                self.note(PeerEvent::Refused { name: refusal.name().to_owned(), detail: refusal.to_string() });
            }
            CloseReason::Asked(name) => self.reason = why(name, "this machine", ""),
            CloseReason::Peer(name, detail) => self.reason = why(name, "the peer", detail),
        }
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
            self.note(PeerEvent::Disconnected { reason: self.reason.clone() });
        }
        self.desk.close().await;
        let (sent, received) = self.noted;
        Ended { equal: self.equal, reason: self.reason, sent, received, set_aside: self.set_aside }
    }
}

/// A sentence for the reason a side gave; empty for an end in good order.
fn why(name: &str, who: &str, detail: &str) -> String {
    match name {
        "done" | "stopping" | "again" | "replaced" => String::new(),
        "links-cut" => format!("{who} cut its links"),
        "cancelled" => format!("{who} cancelled the sync"),
        _ if detail.is_empty() => format!("{who} ended the session: {name}"),
        _ => format!("{who} ended the session: {detail}"),
    }
}

async fn write(mut send: SendStream, mut queue: mpsc::Receiver<Vec<u8>>) {
    while let Some(frame) = queue.recv().await {
        if send.write_all(&frame).await.is_err() {
            return;
        }
    }
    if send.finish().is_ok() {
        let _ = send.stopped().await;
    }
}
