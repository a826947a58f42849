//! Peers that run in Node: installed from the ordinary registry into `target`, by the lock file beside this.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use cairn_tests::ports::free_port;
use cairn_tests::process::Process;

use crate::data::Work;
use crate::measured::{Measured, Sync};
use crate::tcp::Counted;

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers");
const SCRIPTS: [&str; 3] = ["commands.mjs", "pouchdb.mjs", "automerge-repo.mjs"];

/// Installs what the scripts need; where that is, or why it is not.
pub fn install(into: &Path) -> Result<PathBuf, String> {
    let folder = into.join("node");
    std::fs::create_dir_all(&folder).unwrap();
    for file in SCRIPTS.into_iter().chain(["package.json", "package-lock.json"]) {
        std::fs::copy(Path::new(HERE).join(file), folder.join(file)).unwrap();
    }
    let mut npm = Command::new("npm");
    // Not `ci`, which refuses where a registry lacks an optional package for another system. Versions are those of the lock file.
    let options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"];
    npm.arg("install").args(options);
    match npm.current_dir(&folder).stdout(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(folder),
        Ok(status) => Err(format!("npm install in {}: {status}", folder.display())),
        Err(error) => Err(format!("npm: {error}")),
    }
}

/// PouchDB pulls from a PouchDB server.
pub fn pouchdb(installed: &Path, work: &Work) -> Result<Measured, String> {
    let pair = Pair::start(installed, "pouchdb.mjs")?;
    let [first, edits, fresh] = work.write(pair.folder.path()).map(|path| path.display().to_string());
    let (mut server, mut client) = (pair.server, pair.client);
    server.ask(&format!("load {first}"))?;
    let mut outcome = Ok(());
    let everything = Sync::of(|| pair.wire.passed(), || outcome = client.ask("sync"));
    outcome?;
    server.ask(&format!("edit {edits}"))?;
    server.ask(&format!("load {fresh}"))?;
    let mut outcome = Ok(());
    let changes = Sync::of(|| pair.wire.passed(), || outcome = client.ask("sync"));
    outcome?;
    client.ask(&format!("check {edits} {fresh}"))?;
    let peaks_mb = Some([server.peak_mb(), client.peak_mb()]);
    let name = "PouchDB 9.0 pulling from a PouchDB server over HTTP".to_owned();
    Ok(Measured { name, records: work.first.len() as u64, syncs: [everything, changes], peaks_mb })
}

/// automerge-repo over WebSocket, a document a record. For the edits the client is started again, as after a cut.
pub fn automerge_repo(installed: &Path, work: &Work) -> Result<Measured, String> {
    let Pair { folder, wire, mut server, client, port, .. } = Pair::start(installed, "automerge-repo.mjs")?;
    let [first, edits, fresh] = work.write(folder.path()).map(|path| path.display().to_string());
    server.ask(&format!("load {first}"))?;
    drop(client);
    let mut client = Script::start(installed, "automerge-repo.mjs", "client", folder.path(), port)?;
    let mut outcome = Ok(());
    let everything = Sync::of(|| wire.passed(), || outcome = client.ask(&format!("sync {first}")));
    outcome?;
    let first_peak_mb = client.peak_mb();
    drop(client);
    server.ask(&format!("edit {edits}"))?;
    server.ask(&format!("load {fresh}"))?;
    let mut client = Script::start(installed, "automerge-repo.mjs", "client", folder.path(), port)?;
    let mut outcome = Ok(());
    let changes = Sync::of(|| wire.passed(), || outcome = client.ask(&format!("sync {first} {edits} {fresh}")));
    outcome?;
    let peaks_mb = Some([server.peak_mb(), client.peak_mb().max(first_peak_mb)]);
    let name = "automerge-repo 2.5 over WebSocket, a document a record".to_owned();
    Ok(Measured { name, records: work.first.len() as u64, syncs: [everything, changes], peaks_mb })
}

/// A server, a client and the wire between them.
struct Pair {
    folder: tempfile::TempDir,
    wire: Counted,
    /// Where the wire begins.
    port: u16,
    server: Script,
    client: Script,
}

impl Pair {
    fn start(installed: &Path, script: &str) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("cairn-peers-").tempdir().unwrap();
        let listens = free_port();
        let server = Script::start(installed, script, "server", folder.path(), listens)?;
        let wire = Counted::to(listens);
        let client = Script::start(installed, script, "client", folder.path(), wire.port)?;
        Ok(Self { port: wire.port, folder, wire, server, client })
    }
}

/// One of the scripts as a process.
struct Script {
    process: Child,
    commands: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
}

impl Script {
    fn start(installed: &Path, script: &str, role: &str, folder: &Path, port: u16) -> Result<Self, String> {
        std::fs::create_dir_all(folder.join(role)).unwrap();
        let mut node = Command::new("node");
        node.current_dir(installed).arg(script).arg(role);
        let own = if script == "pouchdb.mjs" { folder.join(role) } else { folder.to_owned() };
        node.arg(own).arg(port.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = node.spawn().map_err(|error| format!("node: {error}"))?;
        let (commands, said) = (process.stdin.take(), BufReader::new(process.stdout.take().unwrap()));
        Ok(Self { process, commands, said })
    }

    /// Has it do something, and waits until it is done.
    fn ask(&mut self, command: &str) -> Result<(), String> {
        let asked = self.commands.as_mut().map(|commands| writeln!(commands, "{command}"));
        if !matches!(asked, Some(Ok(()))) {
            return Err(format!("the script ended before it was told to {command}"));
        }
        // What a library has to say comes between.
        for line in self.said.by_ref().lines().map_while(Result::ok) {
            if line == "done" {
                return Ok(());
            }
            if line.starts_with("failed ") {
                return Err(format!("{command}: {line}"));
            }
            eprintln!("  {line}");
        }
        Err(format!("the script ended when it was told to {command}"))
    }

    fn peak_mb(&self) -> f64 {
        Process(self.process.id()).peak_mb()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        drop(self.commands.take());
        // It ends with its input; should it not, it is ended.
        let _ = (self.process.kill(), self.process.wait());
    }
}
