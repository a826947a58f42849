//! What every handler is given, and the way from async handlers to the blocking casebook.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use cairn_casebook::{
    Actor, Casebook, CasebookError, Entropy, LinkWhy, ReplicaId, SignInError, StickOrder, StickReport,
};
use tokio::sync::Semaphore;

use crate::Failure;
use crate::entry::WAITING_MAX;
use crate::session::Sessions;
use crate::workbench::Workbench;
use cairn_record::{Reason, reason};

/// Password checks at a time: each one takes tens of megabytes and a core on purpose.
const SIGN_INS_AT_ONCE_MAX: usize = 2;
/// Files that may be on their way in at one time: each may fill its limit in memory.
const UPLOADS_AT_ONCE_MAX: usize = 3;

/// What handlers share; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The one door to everything that is kept.
    pub casebook: Arc<Casebook>,
    /// The time in milliseconds since 1970.
    pub clock: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// Who is signed in.
    pub sessions: Arc<Sessions>,
    /// How to reach others, given by the binary.
    pub reach: Arc<dyn Reach>,
    /// How to write and read sticks, given by the binary.
    pub sticks: Arc<dyn Sticks>,
    /// Uploaded files and imports under way.
    pub workbench: Arc<Workbench>,
    /// What the configuration says.
    pub settings: Arc<Settings>,
    /// Name of the session cookie: it names this installation, because cookies do not tell ports apart and a
    /// demonstration runs three installations on one address.
    pub cookie: Arc<str>,
    pub(crate) setup_tries: Arc<AtomicU32>,
    pub(crate) waiting: Arc<Semaphore>,
    pub(crate) sign_ins: Arc<Semaphore>,
    pub(crate) uploads: Arc<Semaphore>,
}

/// What the configuration says about the screens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether TLS ends in front of this server, so that cookies must never travel without it.
    pub tls_in_front: bool,
    /// Addresses of this hub that invitations name.
    pub addresses: Vec<String>,
    /// The code that the first visitor types before they may add the first person; shown where the appliance
    /// was started. `None`: the first person is added on the command line only.
    pub setup_code: Option<String>,
}

impl AppState {
    /// Puts the shared state together.
    pub fn new(
        casebook: Arc<Casebook>,
        clock: Arc<dyn Fn() -> u64 + Send + Sync>,
        entropy: Arc<dyn Entropy>,
        reach: Arc<dyn Reach>,
        sticks: Arc<dyn Sticks>,
        settings: Settings,
    ) -> Self {
        let replica = casebook.identity().replica.to_string();
        let prefix = if settings.tls_in_front { "__Host-" } else { "" };
        let cookie = format!("{prefix}cairn-{}", &replica[..16]);
        Self {
            casebook,
            clock,
            sessions: Arc::new(Sessions::new(entropy.clone())),
            reach,
            sticks,
            workbench: Arc::new(Workbench::new(entropy)),
            settings: Arc::new(settings),
            cookie: cookie.into(),
            setup_tries: Arc::default(),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            sign_ins: Arc::new(Semaphore::new(SIGN_INS_AT_ONCE_MAX)),
            uploads: Arc::new(Semaphore::new(UPLOADS_AT_ONCE_MAX)),
        }
    }

    /// The time now.
    pub fn now_ms(&self) -> u64 {
        (self.clock)()
    }
}

/// What [`Reach::join`] comes to.
pub type Joining<'a> = Pin<Box<dyn Future<Output = Result<(), JoinRefused>> + Send + 'a>>;

/// What [`Reach::why`] comes to.
pub type Trying<'a> = Pin<Box<dyn Future<Output = Result<LinkWhy, Failure>> + Send + 'a>>;

/// Reaches other machines: the screens may not open connections to peers themselves.
pub trait Reach: Send + Sync {
    /// Asks the hub that the code pins, at these addresses (`host:port`; empty: look for it nearby), to take
    /// this post in, and takes its answer. Done when the post is a member.
    fn join<'a>(&'a self, actor: &'a Actor, code: &'a str, addresses: &'a [String]) -> Joining<'a>;

    /// Tries every step on the way to a site, in at most 15 seconds, and says how each went.
    fn why<'a>(&'a self, actor: &'a Actor, site: ReplicaId) -> Trying<'a>;
}

/// Why a hub could not be joined. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JoinRefused(pub Reason);

/// Writes and reads sticks: the screens may not make or open a sealed file themselves. Both block.
pub trait Sticks: Send + Sync {
    /// Writes a stick, at most as long as a file that a browser may send back; noted in the audit when this returns.
    fn write(&self, actor: &Actor, order: &StickOrder) -> Result<StickFile, Failure>;

    /// Reads a stick.
    fn read(&self, actor: &Actor, file: &[u8]) -> Result<StickReport, Failure>;
}

/// A stick that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StickFile {
    /// A name to save it under.
    pub name: String,
    /// The whole file.
    pub bytes: Vec<u8>,
}

/// The thread that did the work stopped; the fault is in the log.
#[derive(Debug)]
pub struct Stopped;

impl From<Stopped> for CasebookError {
    fn from(_: Stopped) -> Self {
        Self::Storage(reason!("stopped-inside"))
    }
}

impl From<Stopped> for SignInError {
    fn from(_: Stopped) -> Self {
        Self::Storage(reason!("stopped-inside").to_string())
    }
}

/// Runs `work` with the casebook and the time on a thread that may block.
///
/// The work runs to its end even when the person leaves before it is done.
pub async fn blocking<T, E, F>(state: &AppState, work: F) -> Result<T, E>
where
    F: FnOnce(&Casebook, u64) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Stopped> + Send + 'static,
{
    let (casebook, now_ms) = (state.casebook.clone(), state.now_ms());
    match tokio::task::spawn_blocking(move || work(&casebook, now_ms)).await {
        Ok(answer) => answer,
        Err(fault) => {
            tracing::error!(%fault, "a request stopped");
            Err(Stopped.into())
        }
    }
}
