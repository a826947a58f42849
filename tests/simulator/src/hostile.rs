//! An enrolled peer that lies: a casebook behind a book that changes what it gives out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cairn_casebook::{
    Casebook, CasebookError, Change, FetchPlace, FilesToFetch, JoinGrant, JoinRequest, Kept, Member, PeerEvent,
    SharedSpace,
};
use cairn_ledger::ledger::EntryDraft;
use cairn_ledger::{
    Author, Body, ChunkName, ClockQuality, EntryHash, EntryKind, EntryRef, Frontier, Lane, Ledger, LogId, OpenEntry,
    OpenParcel, ReceivedBatch, ReplicaId, SpaceId,
};
use cairn_record::RecordId;
use cairn_sync_link::Book;

use zeroize::Zeroizing;

use crate::counts::{Counts, Sometimes};
use crate::dice::Dice;

/// What it is up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Nothing.
    Quiet,
    /// Changes bodies.
    Body,
    /// Changes seals.
    Seal,
    /// Writes in the name of others, with chain and hashes made to fit.
    Writer,
    /// Writes what it has no right to, under its own seal.
    Outlaw,
    /// Sends frames again.
    Replay,
    /// Hides logs.
    Withhold,
    /// Announces more than it holds.
    Boast,
    /// Sends frames without end.
    Flood,
}

/// All moods.
pub const MOODS: [Mood; 9] = [
    Mood::Quiet,
    Mood::Body,
    Mood::Seal,
    Mood::Writer,
    Mood::Outlaw,
    Mood::Replay,
    Mood::Withhold,
    Mood::Boast,
    Mood::Flood,
];

/// The book of a liar.
pub struct Hostile {
    book: Arc<Casebook>,
    /// The same journal without the casebook's rules.
    raw: Ledger,
    mood: Mood,
    dice: Mutex<Dice>,
    counts: Arc<Counts>,
}

impl Hostile {
    /// For one session.
    pub fn new(book: Arc<Casebook>, raw: Ledger, mood: Mood, dice: Dice, counts: Arc<Counts>) -> Self {
        let hostile = Self { book, raw, mood, dice: Mutex::new(dice), counts };
        if mood == Mood::Outlaw {
            hostile.write_outlawed();
        }
        hostile
    }

    fn dice(&self) -> MutexGuard<'_, Dice> {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something in a space where its kind or its writer does not belong.
    fn write_outlawed(&self) {
        let peers = self.book.members();
        let Some(peer) = peers.first() else { return };
        let spaces = self.book.shared_spaces(peer.replica);
        let registry = self.dice().chance(50);
        let Some(space) = spaces.iter().find(|space| space.registry == registry && !space.audit) else { return };
        let kind = if registry { EntryKind::Statement } else { EntryKind::Account };
        let body = Body { author: Author::default(), purpose: None, record: None, payload: vec![7; 40] };
        let draft = EntryDraft { space: space.space, lane: Lane::Normal, kind, body };
        if self.raw.commit(vec![draft], crate::clock::BEGIN_MS, ClockQuality::Local).is_ok() {
            self.counts.hit(Sometimes::NoRight);
        }
    }

    fn twist(&self, parcel: &mut OpenParcel) {
        let place = self.dice().below(parcel.entries.len() as u64) as usize;
        let Some(entry) = parcel.entries.get_mut(place) else { return };
        match self.mood {
            Mood::Body => {
                if let Some(byte) = entry.body.last_mut() {
                    *byte ^= 0x20;
                    self.counts.hit(Sometimes::ForgedBody);
                }
            }
            Mood::Seal => {
                parcel.seal.signature[5] ^= 1;
                self.counts.hit(Sometimes::ForgedSeal);
            }
            Mood::Writer => {
                entry.hlc.counter ^= 1;
                if let Ok(batch) = self.raw.seal_parcel(parcel)
                    && let Some(last) = batch.entries.last()
                {
                    parcel.seal.hash = last.header.hash();
                    self.counts.hit(Sometimes::ForgedWriter);
                }
            }
            _ => {}
        }
    }
}

impl Book for Hostile {
    fn replica(&self) -> ReplicaId {
        Book::replica(&*self.book)
    }

    fn replica_seed(&self) -> Zeroizing<[u8; 32]> {
        Book::replica_seed(&*self.book)
    }

    fn members(&self) -> Vec<Member> {
        self.book.members()
    }

    fn discovery_tag(&self, nonce: &[u8; 8]) -> [u8; 8] {
        self.book.discovery_tag(nonce)
    }

    fn shared_spaces(&self, peer: ReplicaId) -> Vec<SharedSpace> {
        self.book.shared_spaces(peer)
    }

    fn agreed(&self, peer: ReplicaId) -> BTreeMap<SpaceId, Frontier> {
        self.book.agreed(peer)
    }

    fn frontier(&self, space: SpaceId) -> Frontier {
        let mut frontier = self.book.frontier(space);
        match self.mood {
            Mood::Withhold => {
                let mut dice = self.dice();
                frontier.0.retain(|_, _| dice.chance(50));
                self.counts.hit(Sometimes::Withheld);
            }
            Mood::Boast => {
                let boasted = frontier.0.iter().map(|(log, (number, _))| {
                    self.counts.hit(Sometimes::Boasted);
                    (*log, (number + 1 + self.dice().below(5), EntryHash([9; 32])))
                });
                frontier = Frontier(boasted.collect());
            }
            _ => {}
        }
        frontier
    }

    fn goes_sealed(&self, peer: ReplicaId, space: SpaceId) -> bool {
        self.book.goes_sealed(peer, space)
    }

    fn read_sealed(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Option<ReceivedBatch>, CasebookError> {
        self.book.read_sealed(log, from, bytes_max)
    }

    fn keep_sealed(&self, peer: ReplicaId, batch: ReceivedBatch, now_ms: u64) -> Result<Kept, CasebookError> {
        self.book.keep_sealed(peer, batch, now_ms)
    }

    fn read_parcel(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Option<OpenParcel>, CasebookError> {
        let mut parcel = self.book.read_parcel(log, from, bytes_max)?;
        if let Some(parcel) = &mut parcel {
            self.twist(parcel);
        }
        Ok(parcel)
    }

    fn entries_of(&self, record: RecordId) -> Result<Vec<(LogId, u64, EntryRef)>, CasebookError> {
        self.book.entries_of(record)
    }

    fn open_entry(&self, log: &LogId, number: u64) -> Result<Option<(EntryHash, OpenEntry)>, CasebookError> {
        self.book.open_entry(log, number)
    }

    fn keep_parcel(&self, peer: ReplicaId, parcel: OpenParcel, now_ms: u64) -> Result<Kept, CasebookError> {
        self.book.keep_parcel(peer, parcel, now_ms)
    }

    fn peer_knows(
        &self,
        peer: ReplicaId,
        log: &LogId,
        number: u64,
        hash: EntryHash,
        now_ms: u64,
    ) -> Result<Vec<Vec<u8>>, CasebookError> {
        self.book.peer_knows(peer, log, number, hash, now_ms)
    }

    fn take_evidence(&self, peer: ReplicaId, log: &LogId, shown: &[u8], now_ms: u64) -> Result<(), CasebookError> {
        self.book.take_evidence(peer, log, shown, now_ms)
    }

    fn note_peer(&self, peer: ReplicaId, event: PeerEvent, now_ms: u64) -> Result<(), CasebookError> {
        self.book.note_peer(peer, event, now_ms)
    }

    fn is_cut(&self) -> bool {
        self.book.is_cut()
    }

    fn take_sync_request(&self) -> Option<bool> {
        self.book.take_sync_request()
    }

    fn files_to_fetch(&self, peer: ReplicaId, after: Option<FetchPlace>) -> Result<FilesToFetch, CasebookError> {
        self.book.files_to_fetch(peer, after)
    }

    fn has_chunks(&self, peer: ReplicaId, names: &[(SpaceId, ChunkName)]) -> Result<Vec<bool>, CasebookError> {
        self.book.has_chunks(peer, names)
    }

    fn read_chunk(&self, peer: ReplicaId, space: SpaceId, name: ChunkName) -> Result<Option<Vec<u8>>, CasebookError> {
        self.book.read_chunk(peer, space, name)
    }

    fn keep_chunk(
        &self,
        peer: ReplicaId,
        space: SpaceId,
        name: ChunkName,
        bytes: Vec<u8>,
    ) -> Result<bool, CasebookError> {
        self.book.keep_chunk(peer, space, name, bytes)
    }

    fn on_change(&self, callback: Box<dyn Fn(Change) + Send + Sync>) {
        self.book.on_change(callback);
    }

    fn accept_join(&self, replica: ReplicaId, request: &JoinRequest, now_ms: u64) -> Result<JoinGrant, CasebookError> {
        self.book.accept_join(replica, request, now_ms)
    }
}
