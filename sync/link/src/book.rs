//! What the sync task asks the casebook for.
//!
//! Every call may block on the disk, so it is made from a thread that may wait. The trait has one
//! implementation that ships, the [`Casebook`]; tests and the simulator bring their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use cairn_casebook::{
    Casebook, CasebookError, Change, FetchPlace, FilesToFetch, JoinGrant, JoinRequest, Kept, MaySync, Member,
    PeerEvent, SharedSpace,
};
use cairn_ledger::{
    ChunkName, EntryHash, EntryRef, Frontier, LogId, OpenEntry, OpenParcel, ReceivedBatch, ReplicaId, SpaceId,
};
use cairn_sync_protocol::lookup::RecordId;
use zeroize::Zeroizing;

/// Milliseconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Fills a buffer with unpredictable bytes.
pub type Random = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The casebook as the sync task sees it.
pub trait Book: Send + Sync + 'static {
    /// This replica.
    fn replica(&self) -> ReplicaId;
    /// Its Ed25519 seed, for TLS.
    fn replica_seed(&self) -> Zeroizing<[u8; 32]>;
    /// The other members of the agency.
    fn members(&self) -> Vec<Member>;
    /// What members recognise each other by on the local network.
    fn discovery_tag(&self, nonce: &[u8; 8]) -> [u8; 8];
    /// Spaces shared with a peer; empty when it is no member in good standing.
    fn shared_spaces(&self, peer: ReplicaId) -> Vec<SharedSpace>;
    /// What both held when this replica and a peer were last equal; empty when that is not known.
    fn agreed(&self, peer: ReplicaId) -> BTreeMap<SpaceId, Frontier>;
    /// Frontier of a space.
    fn frontier(&self, space: SpaceId) -> Frontier;
    /// Entries of a log from a number on, about so many bytes, ending at a seal.
    fn read_parcel(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Option<OpenParcel>, CasebookError>;
    /// Whether entries of this space go sealed to this peer: one of the two is a relay.
    fn goes_sealed(&self, _peer: ReplicaId, _space: SpaceId) -> bool {
        false
    }
    /// What [`Book::read_parcel`] reads, sealed.
    fn read_sealed(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Option<ReceivedBatch>, CasebookError>;
    /// Checks and keeps entries that came sealed; durable when it returns.
    fn keep_sealed(&self, peer: ReplicaId, batch: ReceivedBatch, now_ms: u64) -> Result<Kept, CasebookError>;
    /// Where the entries of a record stand that are known here: log, number, short name.
    fn entries_of(&self, record: RecordId) -> Result<Vec<(LogId, u64, EntryRef)>, CasebookError>;
    /// One entry in clear, with its hash; `None` when it is not held or not readable here.
    fn open_entry(&self, log: &LogId, number: u64) -> Result<Option<(EntryHash, OpenEntry)>, CasebookError>;
    /// Checks and keeps a parcel; durable when it returns.
    fn keep_parcel(&self, peer: ReplicaId, parcel: OpenParcel, now_ms: u64) -> Result<Kept, CasebookError>;
    /// A peer said how far it holds a log; what it should see of ours when the log has two histories.
    fn peer_knows(
        &self,
        peer: ReplicaId,
        log: &LogId,
        number: u64,
        hash: EntryHash,
        now_ms: u64,
    ) -> Result<Vec<Vec<u8>>, CasebookError>;
    /// A peer showed a signed header of a log of which it holds another history.
    fn take_evidence(&self, peer: ReplicaId, log: &LogId, shown: &[u8], now_ms: u64) -> Result<(), CasebookError>;
    /// Notes what happened with a peer.
    fn note_peer(&self, peer: ReplicaId, event: PeerEvent, now_ms: u64) -> Result<(), CasebookError>;
    /// Whether the links are cut on purpose.
    fn is_cut(&self) -> bool;
    /// Whether the link with a peer may be used now, by the rules of this machine.
    fn may_link(&self, _peer: &ReplicaId, _now_ms: u64) -> MaySync {
        MaySync::Yes
    }
    /// Whether urgent entries about records are held here that a peer is not proved to hold.
    fn urgent_waits_for(&self, _peer: &ReplicaId) -> bool {
        false
    }
    /// The pending request to sync (`true`) or to stop (`false`).
    fn take_sync_request(&self) -> Option<bool>;
    /// Files of which chunks are to be fetched from a peer, from a place on.
    fn files_to_fetch(&self, peer: ReplicaId, after: Option<FetchPlace>) -> Result<FilesToFetch, CasebookError>;
    /// Which of these chunks are here, for a peer.
    fn has_chunks(&self, peer: ReplicaId, names: &[(SpaceId, ChunkName)]) -> Result<Vec<bool>, CasebookError>;
    /// A sealed chunk for a peer.
    fn read_chunk(&self, peer: ReplicaId, space: SpaceId, name: ChunkName) -> Result<Option<Vec<u8>>, CasebookError>;
    /// Keeps a chunk that a peer sent; durable when it returns. Whether it is new.
    fn keep_chunk(
        &self,
        peer: ReplicaId,
        space: SpaceId,
        name: ChunkName,
        bytes: Vec<u8>,
    ) -> Result<bool, CasebookError>;
    /// Registers a callback for changes.
    fn on_change(&self, callback: Box<dyn Fn(Change) + Send + Sync>);
    /// Answers a request to join.
    fn accept_join(&self, replica: ReplicaId, request: &JoinRequest, now_ms: u64) -> Result<JoinGrant, CasebookError>;
}

impl Book for Casebook {
    fn replica(&self) -> ReplicaId {
        self.identity().replica
    }

    fn replica_seed(&self) -> Zeroizing<[u8; 32]> {
        Self::replica_seed(self)
    }

    fn members(&self) -> Vec<Member> {
        Self::members(self)
    }

    fn discovery_tag(&self, nonce: &[u8; 8]) -> [u8; 8] {
        Self::discovery_tag(self, nonce)
    }

    fn shared_spaces(&self, peer: ReplicaId) -> Vec<SharedSpace> {
        Self::shared_spaces(self, peer)
    }

    fn agreed(&self, peer: ReplicaId) -> BTreeMap<SpaceId, Frontier> {
        Self::agreed(self, peer)
    }

    fn frontier(&self, space: SpaceId) -> Frontier {
        Self::frontier(self, space)
    }

    fn read_parcel(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Option<OpenParcel>, CasebookError> {
        Self::read_parcel(self, log, from, bytes_max)
    }

    fn goes_sealed(&self, peer: ReplicaId, space: SpaceId) -> bool {
        Self::goes_sealed(self, peer, space)
    }

    fn read_sealed(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Option<ReceivedBatch>, CasebookError> {
        Self::read_sealed(self, log, from, bytes_max)
    }

    fn keep_sealed(&self, peer: ReplicaId, batch: ReceivedBatch, now_ms: u64) -> Result<Kept, CasebookError> {
        Self::keep_sealed(self, peer, batch, now_ms)
    }

    fn entries_of(&self, record: RecordId) -> Result<Vec<(LogId, u64, EntryRef)>, CasebookError> {
        Self::entries_of(self, record)
    }

    fn open_entry(&self, log: &LogId, number: u64) -> Result<Option<(EntryHash, OpenEntry)>, CasebookError> {
        Self::open_entry(self, log, number)
    }

    fn keep_parcel(&self, peer: ReplicaId, parcel: OpenParcel, now_ms: u64) -> Result<Kept, CasebookError> {
        Self::keep_parcel(self, peer, parcel, now_ms)
    }

    fn peer_knows(
        &self,
        peer: ReplicaId,
        log: &LogId,
        number: u64,
        hash: EntryHash,
        now_ms: u64,
    ) -> Result<Vec<Vec<u8>>, CasebookError> {
        Self::peer_knows(self, peer, log, number, hash, now_ms)
    }

    fn take_evidence(&self, peer: ReplicaId, log: &LogId, shown: &[u8], now_ms: u64) -> Result<(), CasebookError> {
        Self::take_evidence(self, peer, log, shown, now_ms)
    }

    fn note_peer(&self, peer: ReplicaId, event: PeerEvent, now_ms: u64) -> Result<(), CasebookError> {
        Self::note_peer(self, peer, event, now_ms)
    }

    fn is_cut(&self) -> bool {
        Self::is_cut(self)
    }

    fn may_link(&self, peer: &ReplicaId, now_ms: u64) -> MaySync {
        Self::may_link(self, peer, now_ms)
    }

    fn urgent_waits_for(&self, peer: &ReplicaId) -> bool {
        Self::urgent_waits_for(self, peer)
    }

    fn take_sync_request(&self) -> Option<bool> {
        Self::take_sync_request(self)
    }

    fn files_to_fetch(&self, peer: ReplicaId, after: Option<FetchPlace>) -> Result<FilesToFetch, CasebookError> {
        Self::files_to_fetch(self, peer, after)
    }

    fn has_chunks(&self, peer: ReplicaId, names: &[(SpaceId, ChunkName)]) -> Result<Vec<bool>, CasebookError> {
        Self::has_chunks(self, peer, names)
    }

    fn read_chunk(&self, peer: ReplicaId, space: SpaceId, name: ChunkName) -> Result<Option<Vec<u8>>, CasebookError> {
        Self::read_chunk(self, peer, space, name)
    }

    fn keep_chunk(
        &self,
        peer: ReplicaId,
        space: SpaceId,
        name: ChunkName,
        bytes: Vec<u8>,
    ) -> Result<bool, CasebookError> {
        Self::keep_chunk(self, peer, space, name, bytes)
    }

    fn on_change(&self, callback: Box<dyn Fn(Change) + Send + Sync>) {
        Self::on_change(self, callback);
    }

    fn accept_join(&self, replica: ReplicaId, request: &JoinRequest, now_ms: u64) -> Result<JoinGrant, CasebookError> {
        Self::accept_join(self, replica, request, now_ms)
    }
}
