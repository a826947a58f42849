//! The task that keeps a replica in touch with its peers.
//!
//! Three loops: one accepts connections, one dials, one listens for neighbours. All sessions are tasks of their own,
//! so a slow peer costs the others nothing. Cutting the links ends every session and refuses new ones at once.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cairn_casebook::{Change, HeldBack, MaySync, Member, PeerEvent, reason};
use cairn_ledger::ReplicaId;
use quinn::{Connection, Endpoint, Incoming, VarInt};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use crate::LinkError;
use crate::book::{Book, Clock, Random};
use crate::dial::{Call, CallEnd, Callable, Plan, Target};
use crate::discover;
use crate::drive::{self, Link};
use crate::endpoint::{self, DialFailure, HANDSHAKE, HANDSHAKES_MAX};
use crate::enrol;
use crate::network;
use crate::probe;
use crate::sessions::{Place, Sessions};
use crate::tls::{Expected, Identity, JOIN_ALPN, PROBE_ALPN, SYNC_ALPN, URGENT_ALPN, peer_of};

/// Enrolments answered at a time.
const JOINS_MAX: usize = 4;
/// Without anything to wait for, the plan is looked at this often: members and their addresses may have changed.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long sessions may take to end when the task stops.
const STOP: Duration = Duration::from_secs(4);
/// Code of a connection closed because of who the peer is.
const CODE_STRANGER: u32 = 1;
/// Code of a connection that is not needed.
const CODE_DUPLICATE: u32 = 2;
/// Code of a call that is not taken at this time.
const CODE_NOT_NOW: u32 = 3;
/// When to call again a machine whose link a person has to open.
const ASK_AGAIN_S: u64 = 3_600;
/// While sessions run under rules, they are looked at this often.
const LOOK_AT_RULES: Duration = Duration::from_secs(1);
/// How long a peer that called because of urgent entries is listened to.
const URGENT_GRACE: Duration = Duration::from_secs(30);

/// What the sync task needs.
#[derive(Clone)]
pub struct SyncConfig {
    /// Where to listen, UDP.
    pub listen: SocketAddr,
    /// The casebook.
    pub casebook: Arc<dyn Book>,
    /// Whether to look for peers on the local network and be found there.
    pub discovery: bool,
    /// The time.
    pub clock: Clock,
    /// Randomness for jitter and for names on the local network.
    pub random: Random,
}

/// The running task. Dropping it stops it without ceremony; [`SyncTask::stop`] ends sessions in good order.
pub struct SyncTask {
    shared: Arc<Shared>,
    local: SocketAddr,
    loops: Vec<JoinHandle<()>>,
    _neighbours: Option<discover::Neighbours>,
}

/// What the loops share.
pub(crate) struct Shared {
    book: Arc<dyn Book>,
    clock: Clock,
    random: Random,
    identity: Identity,
    endpoint: Endpoint,
    sessions: Arc<Sessions>,
    plan: Mutex<Plan>,
    cut: AtomicBool,
    /// The dialling loop has something to look at.
    wake: Notify,
    handshakes: Arc<Semaphore>,
    joins: Semaphore,
    stop: watch::Sender<bool>,
}

impl SyncTask {
    /// Starts listening and dialling. Must be called within a tokio runtime.
    pub fn start(config: SyncConfig) -> Result<Self, LinkError> {
        let identity = Identity::new(config.casebook.replica(), &config.casebook.replica_seed())?;
        let endpoint = endpoint::listen(&identity, config.listen)?;
        let local = endpoint.local_addr().map_err(|error| LinkError::Listen(config.listen, error))?;
        let shared = Arc::new(Shared {
            cut: AtomicBool::new(config.casebook.is_cut()),
            book: config.casebook,
            clock: config.clock,
            random: config.random,
            identity,
            endpoint,
            sessions: Arc::default(),
            plan: Mutex::default(),
            wake: Notify::new(),
            handshakes: Arc::new(Semaphore::new(HANDSHAKES_MAX)),
            joins: Semaphore::new(JOINS_MAX),
            stop: watch::Sender::new(false),
        });
        listen_for_changes(&shared);
        let neighbours = if config.discovery { discover::start(&shared, local) } else { None };
        let loops = vec![tokio::spawn(accept(shared.clone())), tokio::spawn(tend(shared.clone()))];
        Ok(Self { shared, local, loops, _neighbours: neighbours })
    }

    /// The address it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Addresses at which a member was met nearby or from which it called, besides those that are known of it.
    pub fn nearby(&self, member: ReplicaId) -> Vec<String> {
        self.shared.plan().nearby(&member)
    }

    /// Ends all sessions in good order and stops.
    pub async fn stop(self) {
        self.shared.stop.send_replace(true);
        self.shared.sessions.close_all("stopping");
        let _ = tokio::time::timeout(STOP, self.shared.sessions.wait_empty()).await;
        self.shared.endpoint.close(VarInt::from_u32(0), b"stopping");
        let _ = tokio::time::timeout(Duration::from_secs(1), self.shared.endpoint.wait_idle()).await;
    }
}

impl Drop for SyncTask {
    fn drop(&mut self) {
        self.shared.stop.send_replace(true);
        self.shared.endpoint.close(VarInt::from_u32(0), b"stopping");
        self.loops.iter().for_each(JoinHandle::abort);
    }
}

impl Shared {
    pub(crate) fn book(&self) -> &Arc<dyn Book> {
        &self.book
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }

    pub(crate) fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }

    /// A call to the casebook, on a thread that may wait. `None` when it failed in a way that is a defect.
    async fn ask<T: Send + 'static>(self: &Arc<Self>, ask: impl FnOnce(&dyn Book) -> T + Send + 'static) -> Option<T> {
        let book = self.book.clone();
        tokio::task::spawn_blocking(move || ask(book.as_ref())).await.ok()
    }

    async fn members(self: &Arc<Self>) -> Vec<Member> {
        self.ask(|book| book.members()).await.unwrap_or_default()
    }

    /// The members, and whether the links with them may be used now.
    async fn callable(self: &Arc<Self>) -> Vec<Callable> {
        let now_ms = (self.clock)();
        let patient = self.plan().patient();
        let asked = self.ask(move |book| {
            let callable = |member: Member| {
                let (peer, may) = (member.replica, book.may_link(&member.replica, now_ms));
                let urgent = may == MaySync::Urgent || (patient.contains(&peer) && book.urgent_waits_for(&peer));
                Callable { member, may, urgent }
            };
            book.members().into_iter().map(callable).collect()
        });
        asked.await.unwrap_or_default()
    }

    async fn may_link(self: &Arc<Self>, peer: ReplicaId) -> MaySync {
        let now_ms = (self.clock)();
        let never = MaySync::NotBefore { at_ms: None, because: HeldBack::Metered };
        self.ask(move |book| book.may_link(&peer, now_ms)).await.unwrap_or(never)
    }

    fn link(&self, connection: Connection, peer: ReplicaId, dialled: bool, place: Place) -> Link {
        Link { book: self.book.clone(), clock: self.clock.clone(), peer, connection, dialled, place, once: false }
    }
}

/// The callback returns at once, and does nothing when the task is gone.
fn listen_for_changes(shared: &Arc<Shared>) {
    let weak = Arc::downgrade(shared);
    shared.book.on_change(Box::new(move |change| {
        let Some(shared) = weak.upgrade() else { return };
        shared.sessions.tell(&change);
        match change {
            Change::Entries { audit: true, .. } => {}
            Change::Entries { urgent, .. } => {
                shared.plan().news(urgent, Instant::now());
                shared.wake();
            }
            Change::Attachments => {
                shared.plan().news(false, Instant::now());
                shared.wake();
            }
            Change::Registry | Change::Links => shared.wake(),
        }
    }));
}

// ---- accepting -------------------------------------------------------------------------------------------------

/// The connections end with this loop.
async fn accept(shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Some(incoming) = shared.endpoint.accept().await {
        let Ok(place) = shared.handshakes.clone().try_acquire_owned() else {
            incoming.refuse();
            continue;
        };
        if shared.is_cut() || *shared.stop.borrow() {
            incoming.refuse();
        } else if shared.handshakes.available_permits() < HANDSHAKES_MAX / 2 && incoming.may_retry() {
            // Under load, only those who can receive at the address they name.
            let _ = incoming.retry();
        } else {
            connections.spawn(answer(shared.clone(), incoming, place));
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(shared: Arc<Shared>, incoming: Incoming, budget: OwnedSemaphorePermit) {
    let Ok(connecting) = incoming.accept() else { return };
    let Ok(Ok(connection)) = tokio::time::timeout(HANDSHAKE, connecting).await else { return };
    let Some((peer, alpn)) = peer_of(&connection) else {
        return connection.close(VarInt::from_u32(CODE_STRANGER), b"no-key");
    };
    if alpn == JOIN_ALPN {
        return match shared.joins.try_acquire() {
            Ok(_place) => enrol::answer(shared.book.clone(), shared.clock.clone(), peer, connection).await,
            Err(_) => connection.close(VarInt::from_u32(CODE_DUPLICATE), b"busy"),
        };
    }
    if !shared.members().await.iter().any(|member| member.replica == peer) {
        tracing::info!(%peer, from = %connection.remote_address(), "an unknown replica was refused");
        return connection.close(VarInt::from_u32(CODE_STRANGER), b"unknown-replica");
    }
    if alpn == PROBE_ALPN {
        return probe::answer(&connection, (shared.clock)());
    }
    drop(budget);
    shared.plan().heard(peer, connection.remote_address());
    let urgent = alpn == URGENT_ALPN;
    if let MaySync::NotBefore { at_ms, .. } = shared.may_link(peer).await
        && !urgent
    {
        let wait_s = at_ms.map_or(ASK_AGAIN_S, |at_ms| at_ms.saturating_sub((shared.clock)()).div_ceil(1_000));
        return connection.close(VarInt::from_u32(CODE_NOT_NOW), endpoint::not_now(wait_s).as_bytes());
    }
    let Some(place) = shared.sessions.enter(peer, peer).filter(|_| !shared.is_cut()) else {
        return connection.close(VarInt::from_u32(CODE_DUPLICATE), b"duplicate");
    };
    if urgent {
        shared.sessions.is_urgent(&peer);
    }
    endpoint::welcome(&connection);
    drive::run(shared.link(connection, peer, false, place)).await;
    shared.wake();
}

// ---- dialling --------------------------------------------------------------------------------------------------

/// Watches over the links: cuts and restores them, dials whoever is due. The calls end with this loop.
async fn tend(shared: Arc<Shared>) {
    let mut calls = JoinSet::new();
    let mut stop = shared.stop.subscribe();
    let mut network = network::addresses();
    while !*stop.borrow_and_update() {
        heed_people(&shared).await;
        heed_network(&shared, &mut network);
        let mut latest = Instant::now() + LOOK_EVERY;
        if !shared.is_cut() {
            let members = shared.callable().await;
            if close_held_back(&shared, &members) {
                latest = Instant::now() + LOOK_AT_RULES;
            }
            dial_due(&shared, &members, &mut calls);
            while calls.try_join_next().is_some() {}
        }
        let next = shared.plan().next_due().filter(|_| !shared.is_cut());
        tokio::select! {
            () = shared.wake.notified() => {}
            () = tokio::time::sleep_until(next.map_or(latest, |due| due.min(latest))) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Takes up what people asked for: links cut or restored, a sync now, or none.
async fn heed_people(shared: &Arc<Shared>) {
    let Some((cut, request)) = shared.ask(|book| (book.is_cut(), book.take_sync_request())).await else { return };
    let was_cut = shared.cut.swap(cut, Ordering::Relaxed);
    if cut {
        shared.sessions.close_all("links-cut");
    } else if was_cut || request == Some(true) {
        shared.plan().hurry(Instant::now());
        shared.sessions.tell(&Change::Registry);
    } else if request == Some(false) {
        shared.sessions.close_all("cancelled");
    }
}

/// The machine is on another network than before: who could not be reached is tried at once.
fn heed_network(shared: &Shared, before: &mut BTreeSet<IpAddr>) {
    let now = network::addresses();
    if !now.is_subset(before) {
        tracing::info!("this machine has another network address; everybody is tried at once");
        shared.plan().hurry(Instant::now());
    }
    *before = now;
}

/// Ends sessions whose links may not be used any more. Whether sessions run that may come to that.
fn close_held_back(shared: &Shared, members: &[Callable]) -> bool {
    let running = shared.sessions.peers(Duration::ZERO, Instant::now());
    let settled = shared.sessions.peers(URGENT_GRACE, Instant::now());
    for one in members.iter().filter(|one| settled.contains(&one.member.replica)) {
        if matches!(one.may, MaySync::NotBefore { .. }) {
            shared.sessions.close(&one.member.replica, "not-now");
        }
    }
    running.len() > settled.len() || members.iter().any(|one| one.may == MaySync::Urgent)
}

fn dial_due(shared: &Arc<Shared>, members: &[Callable], calls: &mut JoinSet<()>) {
    let due = shared.plan().take_due(members, |peer| shared.sessions.has(peer), Instant::now());
    for call in due {
        let shared = shared.clone();
        calls.spawn(async move {
            let end = make(&shared, &call).await;
            let [random] = shared.random();
            let wait = shared.plan().ended(&call.target, &end, random, Instant::now());
            note_failure(&shared, &call.target, end, wait).await;
            shared.wake();
        });
    }
}

async fn make(shared: &Arc<Shared>, call: &Call) -> CallEnd {
    let mut failure = DialFailure::Silent(reason!("link-no-such-address"));
    for name in &call.addresses {
        for address in endpoint::resolve(Some(&shared.endpoint), name).await {
            let expected = Expected::Members(call.expected.iter().copied().collect());
            let alpn = if call.urgent { URGENT_ALPN } else { SYNC_ALPN };
            match endpoint::dial(&shared.endpoint, &shared.identity, alpn, expected, address).await {
                Ok(connection) => return converse(shared, call, connection).await,
                // The most telling failure is the one to report: somebody was there.
                Err(silent @ DialFailure::Silent(_)) if !matches!(failure, DialFailure::Silent(_)) => drop(silent),
                Err(other) => failure = other,
            }
        }
    }
    CallEnd::Failed(failure)
}

async fn converse(shared: &Arc<Shared>, call: &Call, connection: Connection) -> CallEnd {
    let Some((peer, _)) = peer_of(&connection) else { return CallEnd::Failed(DialFailure::Stranger) };
    shared.plan().recognised(&call.target, peer);
    let place = if shared.is_cut() { None } else { shared.sessions.enter(peer, shared.book.replica()) };
    let Some(place) = place else {
        connection.close(VarInt::from_u32(CODE_DUPLICATE), b"duplicate");
        return CallEnd::Yielded;
    };
    endpoint::welcome(&connection);
    let ended = drive::run(shared.link(connection, peer, true, place)).await;
    match ended.call_again_s {
        Some(wait_s) => CallEnd::NotNow(Duration::from_secs(wait_s)),
        None => CallEnd::Session(ended),
    }
}

async fn note_failure(shared: &Arc<Shared>, target: &Target, end: CallEnd, wait: Duration) {
    let reason = match end {
        CallEnd::Failed(failure) => Some(failure.reason()),
        CallEnd::Session(ended) => ended.reason,
        CallEnd::NotNow(_) => Some(reason!("link-not-now")),
        CallEnd::Yielded => None,
    };
    let Some(reason) = reason else { return };
    let Target::Member(peer) = *target else { return };
    if shared.sessions.has(&peer) {
        // Meanwhile it was reached another way.
        return;
    }
    let now_ms = (shared.clock)();
    let event = PeerEvent::Failed { reason, next_attempt_ms: Some(now_ms + wait.as_millis() as u64) };
    if let Some(Err(error)) = shared.ask(move |book| book.note_peer(peer, event, now_ms)).await {
        tracing::warn!(%error, "a failed attempt could not be noted");
    }
}
