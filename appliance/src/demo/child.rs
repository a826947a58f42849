//! The three processes of a demonstration.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use crate::control::Line;
use crate::failure::{Failure, While as _};
use crate::request::{Request, Response};

/// How long a child may take to start, and to end when it is told to.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a condition is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// A running installation. It ends when its standard input does, and that end is held here.
pub struct Child {
    folder: &'static str,
    dir: PathBuf,
    process: std::process::Child,
}

impl Child {
    /// Starts `cairn run` on a folder of the demonstration; what it says goes to a file beside it.
    pub fn start(dir: &Path, folder: &'static str) -> Result<Self, Failure> {
        let doing = || format!("start {folder}");
        let said = File::create(log(dir, folder)).while_doing(doing)?;
        let process = Command::new(std::env::current_exe().while_doing(doing)?)
            .arg("run")
            .arg("--until-stdin-ends")
            .arg("--data")
            .arg(dir.join(folder))
            .env_remove("CAIRN_PASSPHRASE_FILE")
            .stdin(Stdio::piped())
            .stdout(said.try_clone().while_doing(doing)?)
            .stderr(said)
            .spawn()
            .while_doing(doing)?;
        Ok(Self { folder, dir: dir.to_owned(), process })
    }

    /// Asks the running installation, as soon as it answers.
    pub fn ask(&mut self, request: &Request) -> Result<Response, Failure> {
        let data = self.dir.join(self.folder);
        let line = wait_for(|| match self.has_ended() {
            true => Some(None),
            false => Line::open(&data).map(Some),
        });
        let mut line = line.flatten().ok_or_else(|| self.last_words())?;
        line.ask(request).map_err(|failure| Failure { text: format!("{}: {}", self.folder, failure.text), ..failure })
    }

    /// What is said of a child that does not run: the last thing it said itself.
    fn last_words(&self) -> Failure {
        let log = log(&self.dir, self.folder);
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("nothing");
        Failure::new("not_now", format!("{} does not run; it said: {last} ({})", self.folder, log.display()))
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.process.try_wait(), Ok(None))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        if wait_for(|| self.has_ended().then_some(())).is_none() {
            tracing::warn!("{} did not end in time and is stopped; what it had acknowledged is kept", self.folder);
            self.process.kill().and_then(|()| self.process.wait().map(drop)).unwrap_or_default();
        }
    }
}

/// Waits until a signal tells the demonstration to end, or a child ends by itself.
pub fn watch(mut children: Vec<Child>) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .while_doing(|| "watch the demonstration".into())?;
    runtime.block_on(async {
        let told = crate::run::told_to_end()?;
        tokio::pin!(told);
        loop {
            tokio::select! {
                () = &mut told => break,
                () = tokio::time::sleep(Duration::from_millis(250)) => {}
            }
            if let Some(ended) = children.iter_mut().find_map(|child| child.has_ended().then_some(child)) {
                return Err(ended.last_words());
            }
        }
        Ok(())
    })?;
    // All at once, so that the end takes as long as the slowest and not as long as the three.
    children.iter_mut().for_each(|child| drop(child.process.stdin.take()));
    Ok(ExitCode::SUCCESS)
}

/// Looks until there is something to see, or patience ends.
fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return Some(seen);
        }
        if began.elapsed() > PATIENCE {
            return None;
        }
        std::thread::sleep(GLANCE);
    }
}

fn log(dir: &Path, folder: &str) -> PathBuf {
    dir.join(format!("{folder}.log"))
}
