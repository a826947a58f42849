//! One installation, asked through the command line.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use crate::binary::cairn;
use crate::http::Http;
use crate::net::Namespace;
use crate::ports::free_port;
use crate::running::Running;

/// The password of everybody in the stories.
pub const PASSWORD: &str = "quiet-harbour-1204";

/// One person of each role, as they sign in.
pub const ROLES: [&str; 5] = ["officer", "analyst", "supervisor", "administrator", "auditor"];

/// An installation in a folder of its own, with a key file beside it.
pub struct Site {
    /// Its name.
    pub name: String,
    /// Port of its pages.
    pub http: u16,
    /// UDP port for other Cairns.
    pub listen: u16,
    /// Where it runs, when that is not the network of this process.
    namespace: Option<Arc<Namespace>>,
    /// By how many milliseconds the clock is ahead that its commands are given.
    clock_ahead_ms: AtomicI64,
    folder: TempDir,
}

/// What a command said when it refused.
#[derive(Debug)]
pub struct Refusal {
    /// Stable name.
    pub kind: String,
    /// The sentence.
    pub text: String,
}

impl Site {
    /// Makes an installation that listens on loopback.
    pub fn init(name: &str, role: &str) -> Self {
        Self::init_at(name, role, None, "127.0.0.1")
    }

    /// Makes an installation whose clock is ahead by so much, or behind.
    pub fn init_with_clock(name: &str, role: &str, ahead_ms: i64) -> Self {
        let site = Self::nowhere(name, None);
        site.set_clock_ahead(ahead_ms);
        site.made(role, "127.0.0.1")
    }

    /// Makes an installation in a namespace, listening at this address.
    pub fn init_at(name: &str, role: &str, namespace: Option<Arc<Namespace>>, address: &str) -> Self {
        Self::nowhere(name, namespace).made(role, address)
    }

    fn made(self, role: &str, address: &str) -> Self {
        let key = self.folder.path().join("key");
        let (http, listen) = (format!("127.0.0.1:{}", self.http), format!("{address}:{}", self.listen));
        let mut init = vec!["init", "--agency", "Three Rivers Border Service", "--country", "XTR"];
        init.extend(["--site", &self.name, "--role", role, "--http", &http, "--listen", &listen, "--no-discovery"]);
        init.extend(["--key-file", key.to_str().unwrap()]);
        self.json(&init);
        self
    }

    /// Its pages.
    pub fn pages(&self) -> Http {
        Http::new(self.http).inside(self.namespace.clone())
    }

    fn nowhere(name: &str, namespace: Option<Arc<Namespace>>) -> Self {
        let folder = tempfile::Builder::new().prefix("cairn-story-").tempdir().unwrap();
        let clock_ahead_ms = AtomicI64::new(0);
        Self { name: name.into(), http: free_port(), listen: free_port(), namespace, clock_ahead_ms, folder }
    }

    /// A second machine with a copy of this one's data folder, made with `cp -a`, on ports of its own.
    pub fn cloned(&self) -> Self {
        let twin = Self::nowhere(&self.name, None);
        copy(&self.data(), &twin.data());
        let settings = std::fs::read_to_string(twin.data().join("config.toml")).unwrap();
        let own = |port: u16| format!("127.0.0.1:{port}");
        let settings = settings.replace(&own(self.http), &own(twin.http)).replace(&own(self.listen), &own(twin.listen));
        std::fs::write(twin.data().join("config.toml"), settings).unwrap();
        twin
    }

    /// Copies the data folder with `cp -a` to a folder beside it.
    pub fn back_up(&self) -> PathBuf {
        let backup = self.desk().join("backup");
        copy(&self.data(), &backup);
        backup
    }

    /// Puts a copy in the place of the data folder.
    pub fn restore(&self, backup: &Path) {
        std::fs::remove_dir_all(self.data()).unwrap();
        copy(backup, &self.data());
    }

    /// From now on its commands are given a clock that is ahead by so much, or behind.
    pub fn set_clock_ahead(&self, ms: i64) {
        self.clock_ahead_ms.store(ms, Ordering::Relaxed);
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A folder for files that are not the installation's.
    pub fn desk(&self) -> &Path {
        self.folder.path()
    }

    /// A command on this installation, in JSON.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_for_people(&[&["--json"], arguments].concat())
    }

    /// What a command says to a person.
    pub fn text(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.command_for_people(arguments).output().unwrap().stdout).unwrap()
    }

    fn command_for_people(&self, arguments: &[&str]) -> Command {
        let mut command = match &self.namespace {
            Some(namespace) => namespace.command(cairn()),
            None => Command::new(cairn()),
        };
        command.arg("--data").arg(self.data()).args(arguments);
        command.env_remove("CAIRN_DATA").env_remove("CAIRN_PASSPHRASE_FILE").env_remove("CAIRN_PASSWORD_FILE");
        command.env("CAIRN_CLOCK_AHEAD_MS", self.clock_ahead_ms.load(Ordering::Relaxed).to_string());
        command
    }

    /// What a command answers, or how it refuses.
    pub fn ask(&self, arguments: &[&str]) -> Result<Value, Refusal> {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let (said, complaint) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        if status.success() {
            return Ok(serde_json::from_str(&said).unwrap_or_else(|error| panic!("{arguments:?}: {error} in: {said}")));
        }
        let error: Value = serde_json::from_str(complaint.lines().last().unwrap_or_default())
            .unwrap_or_else(|_| panic!("{arguments:?} failed without an error object: {status} {said} {complaint}"));
        let text = |key: &str| error["error"][key].as_str().unwrap_or_default().to_owned();
        Err(Refusal { kind: text("kind"), text: text("text") })
    }

    /// What a command answers; a refusal fails the story.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        self.ask(arguments)
            .unwrap_or_else(|refusal| panic!("{}: {arguments:?} was refused: {}", self.name, refusal.text))
    }

    /// Adds somebody of each role.
    pub fn add_people(&self) {
        ROLES.iter().for_each(|role| self.add_person(role));
    }

    /// Adds somebody whose name is their role.
    pub fn add_person(&self, role: &str) {
        let file = self.write("password", &format!("{PASSWORD}\n"));
        let display = format!("{role} at {}", self.name);
        self.json(&[
            "user",
            "add",
            role,
            "--role",
            role,
            "--display",
            &display,
            "--password-file",
            file.to_str().unwrap(),
        ]);
    }

    /// Writes a file beside the installation.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.desk().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Writes a file of bytes beside the installation.
    pub fn write_bytes(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.desk().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Enrols it by a file at a hub that runs; `invite` says more to the hub's command, such as `--relay`.
    #[track_caller]
    pub fn join(&self, hub: &Self, invite: &[&str]) {
        let file = hub.desk().join(format!("{}.json", self.name));
        let file = file.to_str().unwrap();
        hub.json(&[&["enrol", "invite", "--out", file], invite].concat());
        self.json(&["enrol", "join", "--file", file]);
    }

    /// Imports one of the sample exports under its shipped mapping.
    pub fn import(&self, mapping: &str) -> Value {
        self.json(&["import", sample(mapping).to_str().unwrap(), "--mapping", mapping])
    }

    /// Runs it until the answer is dropped.
    pub fn run(&self) -> Running {
        Running::start(self)
    }
}

/// A sample of one of the nine exports.
pub fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../appliance/demo-data").join(format!("{name}.csv"))
}

/// Copies a file, or a folder with all that is in it, as it is.
pub fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success(), "cp -a failed");
}
