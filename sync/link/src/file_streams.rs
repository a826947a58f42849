//! Carries chunks of files over QUIC: two tasks beside a session, one that asks and one that answers.
//!
//! Each works on a stream of its own, of lower priority than the session's, so that a chunk never delays a record. A
//! task does one thing after the other: it reads, asks the casebook, writes. Both end with the connection.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use cairn_ledger::ReplicaId;
use quinn::{Connection, RecvStream, SendStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::book::{Book, Clock};
use crate::desk::{Matter, Room};
use crate::drive::Link;
use crate::files::{FileAct, FileAnswer, FileErrand, FileEvent, FileSide};
use crate::nudge::Nudge;

/// Below the session's stream, which has 0.
const PRIORITY: i32 = -1;
/// Most bytes taken from the link at a time.
const READ_BYTES: usize = 64 * 1024;
const TICK: Duration = Duration::from_secs(1);

/// What the session needs to know of the files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileNews {
    /// Nothing more is to be had from the peer now.
    pub asking_rests: bool,
    /// The peer has said that nothing more is to be had from us.
    pub peer_rests: bool,
    /// Of how many files this side knows.
    pub known: u64,
    /// Grows with everything that happens.
    pub steps: u64,
}

impl FileNews {
    /// Whether nothing of files moves any more in either direction.
    pub fn is_rest(&self) -> bool {
        self.asking_rests && (self.known == 0 || self.peer_rests)
    }
}

/// The two tasks. They end when this is dropped.
pub struct FileStreams {
    /// What they report.
    pub news: watch::Receiver<FileNews>,
    settled: watch::Sender<bool>,
    tasks: [JoinHandle<()>; 2],
}

impl FileStreams {
    /// Starts both beside a session whose stream is open.
    pub fn start(link: &Link) -> Self {
        let (told, news) = watch::channel(FileNews::default());
        let (settled, records) = watch::channel(false);
        let carrier = |side| Carrier {
            book: link.book.clone(),
            clock: link.clock.clone(),
            peer: link.peer,
            connection: link.connection.clone(),
            room: link.place.room(),
            nudge: link.place.nudge.clone(),
            news: told.clone(),
            side,
            streams: None,
        };
        let asker = tokio::spawn(carrier(FileSide::asking()).ask(records));
        let answerer = tokio::spawn(carrier(FileSide::answering()).answer());
        Self { news, settled, tasks: [asker, answerer] }
    }

    /// The records are through: files may follow.
    pub fn settled(&self) {
        self.settled.send_replace(true);
    }
}

impl Drop for FileStreams {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

struct Carrier {
    book: Arc<dyn Book>,
    clock: Clock,
    peer: ReplicaId,
    connection: Connection,
    room: Room,
    nudge: Arc<Nudge>,
    news: watch::Sender<FileNews>,
    side: FileSide,
    streams: Option<(SendStream, RecvStream)>,
}

impl Carrier {
    /// Begins when the records are through. The stream is opened when there is something to say.
    async fn ask(self, mut records: watch::Receiver<bool>) {
        if records.wait_for(|settled| *settled).await.is_ok() {
            self.carry(VecDeque::from([FileEvent::Wake])).await;
        }
    }

    /// Answers on the one stream that the peer may open besides the session's.
    async fn answer(mut self) {
        let Ok((send, recv)) = self.connection.accept_bi().await else { return };
        let _ = send.set_priority(PRIORITY);
        self.streams = Some((send, recv));
        self.carry(VecDeque::new()).await;
    }

    async fn carry(mut self, mut events: VecDeque<FileEvent>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            while let Some(event) = events.pop_front() {
                for act in self.side.step((self.clock)(), event) {
                    match self.carry_out(act).await {
                        Ok(answer) => events.extend(answer.map(FileEvent::Answer)),
                        Err(Over) => return self.tell(),
                    }
                }
                self.tell();
            }
            let asks = matches!(self.side, FileSide::Asking { .. });
            let recv = self.streams.as_mut().map(|(_, recv)| recv);
            let event = tokio::select! {
                () = self.nudge.files_wanted(), if asks => FileEvent::Wake,
                bytes = read(recv) => match bytes {
                    Some(bytes) => FileEvent::Received(bytes),
                    None => return self.tell(),
                },
                _ = tick.tick() => FileEvent::Tick,
                _ = self.connection.closed() => return,
            };
            events.push_back(event);
        }
    }

    async fn carry_out(&mut self, act: FileAct) -> Result<Option<FileAnswer>, Over> {
        match act {
            FileAct::Send(bytes) => self.send(&bytes).await.map(|()| None),
            FileAct::Errand(errand) => self.run(errand).await,
            FileAct::End => {
                if let Some((send, _)) = &mut self.streams {
                    let _ = send.finish();
                }
                Err(Over)
            }
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), Over> {
        if self.streams.is_none() {
            let streams = self.connection.open_bi().await.map_err(|_| Over)?;
            let _ = streams.0.set_priority(PRIORITY);
            self.streams = Some(streams);
        }
        let Some((send, _)) = &mut self.streams else { return Err(Over) };
        send.write_all(bytes).await.map_err(|_| Over)
    }

    async fn run(&self, errand: FileErrand) -> Result<Option<FileAnswer>, Over> {
        let (book, peer, clock) = (self.book.clone(), self.peer, self.clock.clone());
        let done = self.room.call(Matter::Files, move || errand.run(book.as_ref(), peer, clock())).await;
        done.map_err(|error| {
            tracing::error!(%error, "a call to the casebook failed; no more files move with this peer");
            Over
        })
    }

    fn tell(&self) {
        self.news.send_modify(|news| {
            news.steps += 1;
            match &self.side {
                FileSide::Asking { .. } => (news.asking_rests, news.known) = (self.side.rests(), self.side.known()),
                FileSide::Answering { .. } => news.peer_rests = self.side.rests(),
            }
        });
    }
}

/// The stream ended.
struct Over;

/// The next bytes; `None` at the end. Without a stream, nothing ever comes.
async fn read(recv: Option<&mut RecvStream>) -> Option<Vec<u8>> {
    match recv {
        Some(recv) => recv.read_chunk(READ_BYTES, true).await.ok().flatten().map(|chunk| chunk.bytes.to_vec()),
        None => std::future::pending().await,
    }
}
