//! Finds whoever holds the store: a running Cairn, through its control socket, or nobody, and then this process opens it.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cairn_casebook::Casebook;

use crate::cli::Common;
use crate::config::{Config, data_dir};
use crate::control;
use crate::execute::{Desk, execute};
use crate::failure::{Failure, While as _};
use crate::links::Links;
use crate::request::{Request, Response};
use crate::secrets;
use crate::system::{SystemEntropy, now_ms};

/// How long a command waits for another process that holds the store but does not answer (it is starting or ending).
const PATIENCE: Duration = Duration::from_secs(15);

/// Gets one request answered, whoever holds the store.
pub fn answered(common: &Common, request: Request) -> Result<Response, Failure> {
    let data = data_dir(common);
    let config = Config::load(&data)?;
    let began = Instant::now();
    loop {
        if let Some(mut line) = control::Line::open(&data) {
            return line.ask(&request);
        }
        if let Some(_held) = Held::take(&data)? {
            let casebook = Arc::new(open(common, &data, &config)?);
            let desk = Desk { casebook, config: Arc::new(config), links: Links::alone() };
            let response = execute(&desk, request);
            desk.casebook.close()?;
            return response;
        }
        if began.elapsed() > PATIENCE {
            return Err(in_use(&data));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Opens the store of an installation.
pub fn open(common: &Common, data: &Path, config: &Config) -> Result<Casebook, Failure> {
    let unlock = secrets::unlock(common, data, config)?;
    Ok(Casebook::open(data, &unlock, Arc::new(SystemEntropy), now_ms())?)
}

/// The right of one process at a time to open the store. The lock ends with the process, however it ends.
pub struct Held {
    _lock: File,
}

impl Held {
    /// Takes it, unless another process has it.
    pub fn take(data: &Path) -> Result<Option<Self>, Failure> {
        let file = data.join("held.lock");
        let doing = || format!("lock {}", file.display());
        let lock = File::options().create(true).write(true).truncate(false).open(&file).while_doing(doing)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self { _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).while_doing(doing),
        }
    }

    /// Takes it, or waits for a process that is just ending.
    pub fn wait(data: &Path) -> Result<Self, Failure> {
        let began = Instant::now();
        loop {
            if let Some(held) = Self::take(data)? {
                return Ok(held);
            }
            if control::Line::open(data).is_some() || began.elapsed() > PATIENCE {
                return Err(in_use(data));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

fn in_use(data: &Path) -> Failure {
    Failure::new(
        "not_now",
        format!("another Cairn is using {}; nothing was changed, stop it or wait for it to end", data.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_holds_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let held = Held::take(folder.path()).unwrap();
        assert!(held.is_some());
        assert!(Held::take(folder.path()).unwrap().is_none());
        drop(held);
        assert!(Held::take(folder.path()).unwrap().is_some());
    }
}
