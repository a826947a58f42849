//! What a session asks and tells the casebook, and how each is answered.
//!
//! Without tasks and queues, so that the simulator runs the same.

use cairn_casebook::{CasebookError, Kept, PeerEvent};
use cairn_ledger::{EntryHash, LogId, OpenEntry, OpenParcel, ReceivedBatch, ReplicaId, SpaceId};
use cairn_sync_protocol::lookup::{self, RecordId};
use cairn_sync_protocol::{Event, ListedSpace, Lookup, Place, Side};

use crate::book::Book;

/// Something to ask or tell the casebook.
#[derive(Debug)]
pub enum Errand {
    /// Which spaces are shared with the peer?
    Spaces,
    /// How far is this space held?
    Frontier(SpaceId),
    /// Read entries to send.
    Read(LogId, u64, usize),
    /// Where do entries of these records stand?
    Locate(Vec<RecordId>),
    /// What do these entries say, for the next parcel out or one that came?
    LookUp(Side, Vec<(LogId, u64)>),
    /// Keep entries that came.
    Keep(Box<OpenParcel>),
    /// Keep entries that came sealed.
    KeepSealed(Box<ReceivedBatch>),
    /// The peer holds a log so far.
    Knows(LogId, u64, EntryHash),
    /// The peer shows a signed header of another history of a log.
    Evidence(LogId, Vec<u8>),
    /// Note what happened.
    Note(PeerEvent),
}

impl Errand {
    /// Whether it is for the queue of those that wait for the disk to take something.
    pub fn keeps(&self) -> bool {
        matches!(self, Self::Keep(_) | Self::KeepSealed(_))
    }

    /// Runs it in the session with this peer; the answer for the session, if it waits for one.
    pub fn run(self, book: &dyn Book, peer: ReplicaId, now_ms: u64) -> Option<Event> {
        match self {
            Self::Spaces => Some(Event::Spaces(spaces(book, peer))),
            Self::Frontier(space) => Some(Event::LocalFrontier(space, book.frontier(space))),
            Self::Read(log, from, bytes_max) => Some(read(book, peer, (log, from, bytes_max), now_ms)),
            Self::Locate(records) => Some(Event::Located(lookup::locate(&Held(book), &records))),
            Self::LookUp(side, places) => Some(Event::LookedUp(side, lookup::look_up(&Held(book), &places))),
            Self::Keep(parcel) => {
                let log = parcel.log;
                Some(kept(log, book.keep_parcel(peer, *parcel, now_ms)))
            }
            Self::KeepSealed(batch) => {
                let log = batch.log;
                Some(kept(log, book.keep_sealed(peer, *batch, now_ms)))
            }
            Self::Knows(log, number, hash) => match book.peer_knows(peer, &log, number, hash, now_ms) {
                Ok(shown) if shown.is_empty() => None,
                Ok(shown) => Some(Event::Forked(log, shown)),
                Err(error) => {
                    warn(Err(error));
                    None
                }
            },
            Self::Evidence(log, shown) => {
                warn(book.take_evidence(peer, &log, &shown, now_ms));
                None
            }
            Self::Note(event) => {
                warn(book.note_peer(peer, event, now_ms));
                None
            }
        }
    }
}

/// What the casebook holds, for the packing of parcels. What cannot be read counts as not held: it is not referred to.
pub struct Held<'a>(pub &'a dyn Book);

impl Lookup for Held<'_> {
    fn places(&self, record: &RecordId) -> Vec<Place> {
        let entries = self.0.entries_of(*record).unwrap_or_else(|error| {
            tracing::warn!(%error, "where the entries of a record stand cannot be read");
            Vec::new()
        });
        entries.into_iter().map(|(log, number, entry)| Place { log, number, entry }).collect()
    }

    fn open(&self, log: &LogId, number: u64) -> Option<(EntryHash, OpenEntry)> {
        self.0.open_entry(log, number).unwrap_or_else(|error| {
            tracing::warn!(%error, "an entry that a parcel refers to cannot be read");
            None
        })
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

/// Reads entries to be sent, sealed where a relay is one of the two. That they are is in the audit before they leave.
fn read(book: &dyn Book, peer: ReplicaId, (log, from, bytes_max): (LogId, u64, usize), now_ms: u64) -> Event {
    if book.goes_sealed(peer, log.space) {
        let batch = readable(book.read_sealed(&log, from, bytes_max));
        note_sending(book, peer, log.space, batch.as_ref().map(|batch| batch.entries.len()), now_ms);
        return Event::SealedRead(log, from, batch.map(Box::new));
    }
    let parcel = readable(book.read_parcel(&log, from, bytes_max));
    note_sending(book, peer, log.space, parcel.as_ref().map(|parcel| parcel.entries.len()), now_ms);
    Event::ParcelRead(log, from, parcel.map(Box::new))
}

fn readable<T>(read: Result<Option<T>, CasebookError>) -> Option<T> {
    read.unwrap_or_else(|error| {
        tracing::warn!(%error, "entries that a peer lacks cannot be read");
        None
    })
}

fn note_sending(book: &dyn Book, peer: ReplicaId, space: SpaceId, entries: Option<usize>, now_ms: u64) {
    if let Some(entries) = entries {
        warn(book.note_peer(peer, PeerEvent::Sending { space, entries: entries as u64 }, now_ms));
    }
}

fn kept(log: LogId, kept: Result<Kept, CasebookError>) -> Event {
    match kept {
        Ok(Kept { number, hash, new }) => Event::ParcelKept { log, number, hash, new },
        Err(CasebookError::PeerRefused { name, detail }) => {
            Event::ParcelRefused { log, name: name.to_owned(), detail: detail.to_string() }
        }
        Err(CasebookError::NoRoom(why)) => {
            Event::ParcelRefused { log, name: "no-room".to_owned(), detail: why.to_string() }
        }
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
