//! Files under import: kept between the steps of the wizard, with what the running step has done so far.
//!
//! Everything is in memory and bounded: an uploaded file is records in clear, so it never touches the disk
//! before the casebook has sealed it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use cairn_casebook::{Actor, Entropy, ImportReport, Mapping};
use tokio::sync::Semaphore;

use crate::state::{AppState, blocking};
use crate::{Failure, session};
use cairn_record::reason;

/// Files kept at one time.
const FILES_MAX: usize = 8;
/// Bytes of all files kept at one time.
const BYTES_MAX: usize = 192 * 1024 * 1024;
/// A file that nobody touched for this long is dropped.
const IDLE_MAX_MS: u64 = 30 * 60 * 1000;
/// Imports running at one time; others wait their turn.
const RUNNING_MAX: usize = 1;

/// Files under import.
pub struct Workbench {
    entropy: Arc<dyn Entropy>,
    files: Mutex<BTreeMap<String, Arc<File>>>,
    turns: Semaphore,
}

/// One file under import.
pub struct File {
    /// Its name on the bench: 32 hexadecimal digits.
    pub id: String,
    /// Sign-in name of who sent it; nobody else sees it.
    pub user: String,
    /// Its name as sent.
    pub name: String,
    /// What is in it.
    pub bytes: Bytes,
    touched_ms: AtomicU64,
    run: Mutex<Run>,
    read: AtomicU64,
    imported: AtomicU64,
    stop: AtomicBool,
}

/// Where a file's import stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// Nothing was started yet.
    Waiting,
    /// Rows are being read.
    Going {
        /// Whether nothing is written.
        dry_run: bool,
        /// When it began.
        since_ms: u64,
    },
    /// The last run came to this.
    Done(ImportReport),
    /// The last run failed.
    Failed(Failure),
}

impl File {
    /// Where the import stands.
    pub fn run(&self) -> Run {
        self.run.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Rows read and rows imported by the run that is going or the last one.
    pub fn counts(&self) -> (u64, u64) {
        (self.read.load(Ordering::Relaxed), self.imported.load(Ordering::Relaxed))
    }

    /// Stops the run that is going; what was imported until then stays and can be undone.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn set(&self, run: Run) {
        *self.run.lock().unwrap_or_else(PoisonError::into_inner) = run;
    }

    /// Marks a run as going, unless one is.
    fn begin(&self, dry_run: bool, since_ms: u64) -> Result<(), Failure> {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*run, Run::Going { .. }) {
            return Err(Failure::new(axum::http::StatusCode::CONFLICT, "not-now", reason!("file-running")));
        }
        *run = Run::Going { dry_run, since_ms };
        self.read.store(0, Ordering::Relaxed);
        self.imported.store(0, Ordering::Relaxed);
        self.stop.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn is_going(&self) -> bool {
        matches!(self.run(), Run::Going { .. })
    }

    fn is_stale(&self, now_ms: u64) -> bool {
        !self.is_going() && now_ms.saturating_sub(self.touched_ms.load(Ordering::Relaxed)) >= IDLE_MAX_MS
    }
}

impl Workbench {
    /// An empty bench.
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, files: Mutex::default(), turns: Semaphore::new(RUNNING_MAX) }
    }

    /// Keeps a file that somebody sent.
    pub fn keep(&self, actor: &Actor, name: &str, bytes: Bytes, now_ms: u64) -> Result<Arc<File>, Failure> {
        let mut files = self.lock();
        files.retain(|_, file| !file.is_stale(now_ms));
        let held: usize = files.values().map(|file| file.bytes.len()).sum();
        if files.len() >= FILES_MAX || held + bytes.len() > BYTES_MAX {
            return Err(Failure::busy(reason!("imports-busy"), 60));
        }
        let mut id = [0; 16];
        self.entropy.fill(&mut id);
        let file = Arc::new(File {
            id: session::hex(&id),
            user: actor.user.clone(),
            name: crate::forms::plain_name(name),
            bytes,
            touched_ms: AtomicU64::new(now_ms),
            run: Mutex::new(Run::Waiting),
            read: AtomicU64::new(0),
            imported: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        });
        files.insert(file.id.clone(), file.clone());
        Ok(file)
    }

    /// A file that this person sent.
    pub fn file(&self, actor: &Actor, id: &str, now_ms: u64) -> Result<Arc<File>, Failure> {
        let file = self.lock().get(id).filter(|file| file.user == actor.user && !file.is_stale(now_ms)).cloned();
        let file = file.ok_or_else(|| Failure::not_found(reason!("file-gone")))?;
        file.touched_ms.store(now_ms, Ordering::Relaxed);
        Ok(file)
    }

    /// Drops a file of this person; a run that is going is stopped.
    pub fn drop_file(&self, actor: &Actor, id: &str) {
        let mut files = self.lock();
        if files.get(id).is_some_and(|file| file.user == actor.user) {
            files.remove(id).inspect(|file| file.stop());
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<File>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts reading a kept file, in the background; [`File::run`] and [`File::counts`] say how it goes.
pub fn start(state: &AppState, actor: &Actor, file: Arc<File>, mapping: Mapping, dry_run: bool) -> Result<(), Failure> {
    file.begin(dry_run, state.now_ms())?;
    let (state, actor) = (state.clone(), actor.clone());
    tokio::spawn(async move {
        let outcome = read_through(&state, actor, file.clone(), mapping, dry_run).await;
        file.touched_ms.store(state.now_ms(), Ordering::Relaxed);
        file.set(match outcome {
            Ok(report) => Run::Done(report),
            Err(failure) => Run::Failed(failure),
        });
    });
    Ok(())
}

/// Reads a file at once, without keeping it, and says what it came to.
pub async fn import_now(
    state: &AppState,
    actor: &Actor,
    name: &str,
    bytes: Bytes,
    mapping: Mapping,
    dry_run: bool,
) -> Result<ImportReport, Failure> {
    let file = state.workbench.keep(actor, name, bytes, state.now_ms())?;
    file.begin(dry_run, state.now_ms())?;
    let going = Abandon { state, actor, file: file.clone() };
    let outcome = read_through(state, actor.clone(), file, mapping, dry_run).await;
    drop(going);
    outcome
}

/// Stops the run and drops the file when the caller hangs up before it is done.
struct Abandon<'a> {
    state: &'a AppState,
    actor: &'a Actor,
    file: Arc<File>,
}

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.state.workbench.drop_file(self.actor, &self.file.id);
    }
}

async fn read_through(
    state: &AppState,
    actor: Actor,
    file: Arc<File>,
    mapping: Mapping,
    dry_run: bool,
) -> Result<ImportReport, Failure> {
    let _turn = state.workbench.turns.acquire().await.map_err(|_| Failure::busy(reason!("stopping"), 60))?;
    let report = blocking(state, move |casebook, now_ms| {
        let mut progress = |read, imported| {
            file.read.store(read, Ordering::Relaxed);
            file.imported.store(imported, Ordering::Relaxed);
            !file.stop.load(Ordering::Relaxed)
        };
        casebook.import(&actor, &file.name, &file.bytes, &mapping, dry_run, &mut progress, now_ms)
    });
    Ok(report.await?)
}

#[cfg(test)]
mod tests {
    use cairn_casebook::{Role, Via};

    use super::*;

    /// Counts upwards, so that no two draws are the same.
    #[derive(Default)]
    struct Counted(AtomicU64);

    impl Entropy for Counted {
        fn fill(&self, buffer: &mut [u8]) {
            let number = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
            buffer[..8].copy_from_slice(&number);
        }
    }

    fn bench() -> Workbench {
        Workbench::new(Arc::new(Counted::default()))
    }

    fn actor(user: &str) -> Actor {
        Actor { user: user.into(), display: user.into(), role: Some(Role::Analyst), via: Via::Screen }
    }

    #[test]
    fn only_who_sent_a_file_sees_it_and_not_for_ever() {
        let bench = bench();
        let file = bench.keep(&actor("one"), "stops.csv", Bytes::from_static(b"a"), 0).unwrap();
        assert!(bench.file(&actor("two"), &file.id, 1).is_err());
        assert!(bench.file(&actor("one"), &file.id, IDLE_MAX_MS - 1).is_ok(), "this counts as a touch");
        assert!(bench.file(&actor("one"), &file.id, 2 * IDLE_MAX_MS - 2).is_ok());
        assert!(bench.file(&actor("one"), &file.id, 4 * IDLE_MAX_MS).is_err());
        bench.drop_file(&actor("two"), &file.id);
        assert_eq!(bench.lock().len(), 1);
        bench.drop_file(&actor("one"), &file.id);
        assert!(bench.lock().is_empty());
    }

    #[test]
    fn the_bench_has_room_for_so_many_files_and_bytes() {
        let bench = bench();
        let keep = |bytes: Bytes, now_ms| bench.keep(&actor("one"), "stops.csv", bytes, now_ms);
        for _ in 0..FILES_MAX {
            keep(Bytes::new(), 0).unwrap();
        }
        assert_eq!(keep(Bytes::new(), 0).err().map(|failure| failure.code), Some("busy"));
        assert!(keep(Bytes::from(vec![0; BYTES_MAX]), IDLE_MAX_MS).is_ok(), "the old ones are dropped");
        assert!(keep(Bytes::from_static(b"a"), IDLE_MAX_MS).is_err(), "one byte too many");
    }

    #[test]
    fn one_run_of_a_file_at_a_time() {
        let bench = bench();
        let file = bench.keep(&actor("one"), "stops.csv", Bytes::new(), 0).unwrap();
        file.begin(true, 0).unwrap();
        assert_eq!(file.begin(false, 0).map_err(|failure| failure.code), Err("not-now"));
        assert!(!file.is_stale(10 * IDLE_MAX_MS), "a file in use is kept");
        file.set(Run::Done(ImportReport::default()));
        assert!(file.begin(false, 0).is_ok());
    }
}
