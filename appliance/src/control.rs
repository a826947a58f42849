//! The control socket: how a command asks a running Cairn.
//!
//! A Unix socket in the data folder that only its owner may open (mode 0600). One line of JSON asks
//! ([`Request`]), one line answers: `{"answer": …}` or `{"failure": …}`. Whoever can open the socket could open the store
//! as well, so the one who asks is the terminal.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;

use crate::execute::{Desk, execute};
use crate::failure::{Failure, While as _};
use crate::request::{Request, Response};

/// Longest request; the largest is a search of 200 characters or a path.
const REQUEST_BYTES_MAX: u64 = 64 * 1024;

/// What goes back.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Answer(Response),
    Failure(Failure),
}

/// A line to a running Cairn.
pub struct Line {
    stream: BufReader<UnixStream>,
}

impl Line {
    /// Opens a line to the Cairn that runs on this folder, if one does.
    pub fn open(data: &Path) -> Option<Self> {
        let folder = std::fs::File::open(data).ok()?;
        let stream = UnixStream::connect(socket_path(data, &folder)).ok()?;
        Some(Self { stream: BufReader::new(stream) })
    }

    /// Asks, and waits for the answer.
    pub fn ask(&mut self, request: &Request) -> Result<Response, Failure> {
        let broken = |error: std::io::Error| {
            Failure::new(
                "not_now",
                format!(
                    "the running Cairn ended before it answered ({error}); what it had acknowledged is kept, ask again"
                ),
            )
        };
        let mut asked = serde_json::to_string(request).map_err(|error| Failure::setup(error.to_string()))?;
        asked.push('\n');
        self.stream.get_mut().write_all(asked.as_bytes()).map_err(broken)?;
        let mut reply = String::new();
        self.stream.read_line(&mut reply).map_err(broken)?;
        match serde_json::from_str(&reply).map_err(|error| broken(error.into()))? {
            Reply::Answer(response) => Ok(response),
            Reply::Failure(failure) => Err(failure),
        }
    }
}

/// The running Cairn's end.
pub struct Counter {
    listener: UnixListener,
}

impl Counter {
    /// Opens the socket; a leftover of a Cairn that was killed is replaced (the caller holds the store).
    pub fn open(data: &Path) -> Result<Self, Failure> {
        let doing = || format!("open the control socket in {}", data.display());
        let folder = std::fs::File::open(data).while_doing(doing)?;
        let path = socket_path(data, &folder);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).while_doing(doing),
            _ => {}
        }
        let listener = UnixListener::bind(&path).while_doing(doing)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).while_doing(doing)?;
        Ok(Self { listener })
    }

    /// Answers until dropped.
    pub async fn answer(self, desk: Desk) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(serve(stream, desk.clone()))),
                Err(error) => {
                    tracing::warn!("the control socket refused a command: {error}");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }
}

async fn serve(stream: tokio::net::UnixStream, desk: Desk) {
    let (read, mut write) = stream.into_split();
    let mut lines = tokio::io::BufReader::new(read);
    loop {
        let mut line = String::new();
        match (&mut lines).take(REQUEST_BYTES_MAX).read_line(&mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let Ok(mut reply) = serde_json::to_string(&reply(&desk, line).await) else { return };
        reply.push('\n');
        if write.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn reply(desk: &Desk, line: String) -> Reply {
    let request = match serde_json::from_str::<Request>(&line) {
        Ok(request) => request,
        Err(error) => return Reply::Failure(Failure::new("bad_request", format!("not understood: {error}"))),
    };
    let desk = desk.clone();
    match tokio::task::spawn_blocking(move || execute(&desk, request)).await {
        Ok(Ok(response)) => Reply::Answer(response),
        Ok(Err(failure)) => Reply::Failure(failure),
        Err(stopped) => Reply::Failure(Failure::new("not_now", format!("the request was not finished: {stopped}"))),
    }
}

/// The socket's path; a folder whose path is too long for a socket address (108 bytes) is named by its open handle.
fn socket_path(data: &Path, folder: &std::fs::File) -> PathBuf {
    let path = data.join("control.sock");
    if path.as_os_str().len() < 100 {
        return path;
    }
    use std::os::fd::AsRawFd as _;
    PathBuf::from(format!("/proc/self/fd/{}/control.sock", folder.as_raw_fd()))
}
