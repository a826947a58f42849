//! How this installation reaches others: through the sync task while it runs, or for one exchange when it does not.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cairn_casebook::{Actor, Casebook, CasebookError, LinkWhy, PeerSync, Probe, ReplicaId, SpaceSync, reason};
use cairn_sync_link::{Clock, JoinError, JoinOffer, LinkError, Outcome, SyncConfig, SyncTask, join, probe, sync_once};
use cairn_web_ui::state::{Joining, Trying};
use cairn_web_ui::{JoinRefused, Reach};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::failure::{Failure, While as _};
use crate::system::{SystemEntropy, now_ms};

/// How long a forced sync may take before the command says how far it came; it goes on in the background.
const SYNC_NOW_MAX: Duration = Duration::from_secs(120);
/// How many people may have the way to a site tried at a time.
const PROBES_MAX: usize = 4;
/// How often a forced sync of a running Cairn is looked at.
const GLANCE: Duration = Duration::from_millis(50);

/// The links of an open installation.
#[derive(Clone)]
pub struct Links {
    running: Option<Arc<Running>>,
}

struct Running {
    runtime: Handle,
    task: Mutex<Option<SyncTask>>,
}

impl Links {
    /// Those of a command that opened the store for itself.
    pub const fn alone() -> Self {
        Self { running: None }
    }

    /// Those of a running Cairn: starts the sync task. Must be called within the runtime.
    pub fn running(casebook: &Arc<Casebook>, config: &Config) -> Result<Self, Failure> {
        let task = SyncTask::start(SyncConfig {
            listen: config.listen,
            casebook: casebook.clone(),
            discovery: config.discovery,
            clock: clock(),
            random: Arc::new(|buffer| cairn_casebook::Entropy::fill(&SystemEntropy, buffer)),
        })?;
        let running = Running { runtime: Handle::current(), task: Mutex::new(Some(task)) };
        Ok(Self { running: Some(Arc::new(running)) })
    }

    /// Whether a sync task runs.
    pub const fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Ends all sessions in good order.
    pub async fn stop(&self) {
        let Some(running) = &self.running else { return };
        let task = running.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.stop().await;
        }
    }

    /// Joins the agency of the hub that made the code.
    pub fn join(
        &self,
        casebook: &Arc<Casebook>,
        code: &str,
        addresses: &[String],
        reachable: Vec<String>,
    ) -> Result<(), Failure> {
        let offer = JoinOffer { code: code.into(), addresses: addresses.to_vec(), reachable };
        let joining = join(casebook.clone(), Actor::terminal(), offer, clock());
        match &self.running {
            Some(running) => running.runtime.block_on(joining)?,
            None => own_runtime()?.block_on(joining)?,
        };
        Ok(())
    }

    /// How the screens reach others.
    pub fn reach(&self, casebook: Arc<Casebook>, reachable: Vec<String>) -> Arc<dyn Reach> {
        Arc::new(ScreenReach { casebook, reachable, links: self.clone(), probes: Semaphore::new(PROBES_MAX) })
    }

    /// Tries every step on the way to a site and says how each went. Takes up to 15 seconds.
    pub fn why(&self, casebook: &Arc<Casebook>, actor: &Actor, site: ReplicaId) -> Result<LinkWhy, Failure> {
        let trying = self.try_steps(casebook.clone(), actor.clone(), site);
        match &self.running {
            Some(running) => running.runtime.block_on(trying),
            None => own_runtime()?.block_on(trying),
        }
        .map_err(Failure::from)
    }

    async fn try_steps(
        &self,
        casebook: Arc<Casebook>,
        actor: Actor,
        site: ReplicaId,
    ) -> Result<LinkWhy, CasebookError> {
        let (book, who) = (casebook.clone(), actor.clone());
        let peers = blocking(move || book.sync_status(&who, now_ms())).await?.peers;
        let linked = peers.iter().any(|peer| peer.replica == site && peer.connected);
        let places = probe(casebook.clone(), clock(), site, self.nearby(site), linked).await;
        let places = places.map_err(|error| CasebookError::NotNow(error.to_string().into()))?;
        let probe = Probe { running: self.is_running(), places };
        blocking(move || casebook.why(&actor, site, &probe, now_ms())).await
    }

    fn nearby(&self, site: ReplicaId) -> Vec<String> {
        let Some(running) = &self.running else { return Vec::new() };
        let task = running.task.lock().unwrap_or_else(PoisonError::into_inner);
        task.as_ref().map(|task| task.nearby(site)).unwrap_or_default()
    }

    /// Exchanges records now.
    pub fn sync_now(&self, casebook: &Arc<Casebook>) -> Result<Exchanged, Failure> {
        if self.is_running() { asked_of_the_task(casebook) } else { once(casebook) }
    }
}

fn clock() -> Clock {
    Arc::new(now_ms)
}

fn own_runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().while_doing(|| "start the runtime".into())
}

/// How a sync ended that somebody asked for.
pub struct Exchanged {
    /// At least one site was reached, and what was reached holds the same.
    pub reached: bool,
    /// The sites with a known address that were not reached.
    pub missed: Vec<String>,
}

fn once(casebook: &Arc<Casebook>) -> Result<Exchanged, Failure> {
    let outcomes = own_runtime()?.block_on(sync_once(casebook.clone(), clock(), SYNC_NOW_MAX))?;
    let (missed, reached): (Vec<_>, Vec<_>) =
        outcomes.into_iter().partition(|peer| matches!(peer.outcome, Outcome::Failed(_)));
    Ok(Exchanged {
        reached: !reached.is_empty() && reached.iter().all(|peer| peer.outcome == Outcome::Equal),
        missed: missed.into_iter().map(|peer| peer.site).collect(),
    })
}

/// What has become of one peer since a sync was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Since {
    Pending,
    Equal,
    Failed,
}

fn asked_of_the_task(casebook: &Casebook) -> Result<Exchanged, Failure> {
    let terminal = &Actor::terminal();
    let (asked_ms, began) = (now_ms(), Instant::now());
    let before = casebook.sync_status(terminal, asked_ms)?.peers;
    if casebook.is_cut() {
        return Err(LinkError::Cut.into());
    }
    casebook.ask_sync(terminal, true, asked_ms)?;
    loop {
        let peers = casebook.sync_status(terminal, now_ms())?.peers;
        let reachable = peers.iter().filter(|peer| peer.connected || !peer.addresses.is_empty());
        let outcomes: Vec<(&str, Since)> =
            reachable.map(|peer| (peer.site.as_str(), since(peer, asked_ms, &before))).collect();
        if outcomes.is_empty() {
            return Err(LinkError::Nobody.into());
        }
        let ended = |how| outcomes.iter().any(|(_, since)| *since == how);
        let late = began.elapsed() > SYNC_NOW_MAX;
        if late || !ended(Since::Pending) {
            let missed = outcomes.iter().filter(|(_, since)| *since == Since::Failed);
            return Ok(Exchanged {
                reached: !late && ended(Since::Equal),
                missed: missed.map(|(site, _)| (*site).to_owned()).collect(),
            });
        }
        std::thread::sleep(GLANCE);
    }
}

/// A failure counts once it is a new one: it names another time for the next attempt than before.
fn since(peer: &PeerSync, asked_ms: u64, before: &[PeerSync]) -> Since {
    if peer.last_equal_ms.is_some_and(|at| at >= asked_ms) || (peer.connected && holds_the_same(&peer.spaces)) {
        return Since::Equal;
    }
    let earlier = before.iter().find(|earlier| earlier.replica == peer.replica);
    let failed_anew = earlier.is_none_or(|earlier| earlier.next_attempt_ms != peer.next_attempt_ms);
    if !peer.connected && !peer.failure.is_empty() && failed_anew { Since::Failed } else { Since::Pending }
}

/// Whether all that is shared is equal. Before its first sync a post knows of no space but the registry, which is soon equal:
/// without a space of records nothing has been compared that counts.
fn holds_the_same(spaces: &[SpaceSync]) -> bool {
    spaces.iter().any(|space| space.kind == "records") && spaces.iter().all(|space| space.equal == Some(true))
}

/// A call that may wait for the disk.
async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, CasebookError> + Send + 'static,
) -> Result<T, CasebookError> {
    let failed = |error: tokio::task::JoinError| CasebookError::Storage(error.to_string().into());
    tokio::task::spawn_blocking(call).await.map_err(failed)?
}

struct ScreenReach {
    casebook: Arc<Casebook>,
    /// Where others reach this machine.
    reachable: Vec<String>,
    links: Links,
    probes: Semaphore,
}

impl Reach for ScreenReach {
    fn join<'a>(&'a self, actor: &'a Actor, code: &'a str, addresses: &'a [String]) -> Joining<'a> {
        let reachable = self.reachable.clone();
        let offer = JoinOffer { code: code.into(), addresses: addresses.to_vec(), reachable };
        let joining = join(self.casebook.clone(), actor.clone(), offer, clock());
        Box::pin(async { joining.await.map(drop).map_err(|error| JoinRefused(error.reason())) })
    }

    fn why<'a>(&'a self, actor: &'a Actor, site: ReplicaId) -> Trying<'a> {
        Box::pin(async move {
            let busy = || cairn_web_ui::Failure::busy(reason!("probes-busy"), 10);
            let _place = self.probes.try_acquire().map_err(|_| busy())?;
            Ok(self.links.try_steps(self.casebook.clone(), actor.clone(), site).await?)
        })
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        let kind = if matches!(error, LinkError::Listen(..)) { "setup" } else { "not_now" };
        Self::new(kind, error.to_string())
    }
}

impl From<JoinError> for Failure {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::Casebook(error) => error.into(),
            JoinError::Link(error) => error.into(),
            JoinError::Refused(..) | JoinError::WrongHub(_) => Self::new("peer_refused", error.to_string()),
            other => Self::new("not_now", other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn space(kind: &str, equal: Option<bool>) -> SpaceSync {
        let zeros = "0".repeat(32);
        let said =
            json!({ "space": zeros, "title": kind, "kind": kind, "equal": equal, "to_send": 0, "to_receive": 0 });
        serde_json::from_value(said).unwrap()
    }

    #[test]
    fn a_registry_that_is_equal_is_not_yet_everything() {
        let [registry, records] = ["registry", "records"].map(|kind| space(kind, Some(true)));
        assert!(!holds_the_same(&[]));
        assert!(!holds_the_same(std::slice::from_ref(&registry)));
        assert!(!holds_the_same(&[registry.clone(), space("records", None)]));
        assert!(holds_the_same(&[registry, records]));
    }
}
