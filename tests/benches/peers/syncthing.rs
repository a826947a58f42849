//! Syncthing as its users would run it: a file a record, two instances on loopback, no relays and no discovery.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cairn_tests::ports::free_port;
use cairn_tests::process::Process;
use serde_json::Value;

use crate::data::{Record, Work};
use crate::measured::{Measured, Sync};
use crate::tcp::Counted;

/// How long a sync may take.
const PATIENCE: Duration = Duration::from_secs(600);
const GLANCE: Duration = Duration::from_millis(100);
const KEY: &str = "of-the-bench";

/// The program: what the system has, or Debian's package unpacked into `target`.
pub fn install(into: &Path) -> Result<PathBuf, String> {
    let installed = PathBuf::from("/usr/bin/syncthing");
    let unpacked = into.join("syncthing/usr/bin/syncthing");
    if installed.exists() || unpacked.exists() {
        return Ok(if installed.exists() { installed } else { unpacked });
    }
    let folder = into.join("packages");
    std::fs::create_dir_all(&folder).unwrap();
    ran(Command::new("apt-get").args(["download", "syncthing"]).current_dir(&folder))?;
    let package = std::fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path());
    let package = package.filter(|path| path.extension().is_some_and(|ends| ends == "deb")).last();
    let package = package.ok_or("apt-get downloaded nothing")?;
    ran(Command::new("dpkg-deb").arg("-x").arg(package).arg(into.join("syncthing")))?;
    Ok(unpacked)
}

fn ran(command: &mut Command) -> Result<(), String> {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

/// Everything to an empty folder, then what changed while the two were apart.
pub fn syncthing(program: &Path, work: &Work) -> Result<Measured, String> {
    let folder = tempfile::Builder::new().prefix("cairn-peers-").tempdir().unwrap();
    let (holder, fresh) =
        (Instance::new(program, folder.path(), "holder")?, Instance::new(program, folder.path(), "fresh")?);
    let wire = Counted::to(holder.listens);
    write(&holder.files, &work.first);
    holder.configure(&fresh, None);
    fresh.configure(&holder, Some(wire.port));
    let at_holder = holder.run()?;
    at_holder.wait(&holder, work.first.len())?;
    let mut peak_mb: f64 = 0.0;
    let mut sync = |files: usize| {
        let mut outcome = Ok(());
        let seen = Sync::of(
            || wire.passed(),
            || {
                outcome = fresh.run().and_then(|running| {
                    let waited = running.wait(&fresh, files);
                    peak_mb = peak_mb.max(running.process().peak_mb());
                    waited
                });
            },
        );
        outcome.map(|()| seen)
    };
    let first = sync(work.first.len())?;
    edit(&holder.files, &work.edits);
    write(&holder.files, &work.fresh);
    holder.scan()?;
    let edits = sync(work.first.len() + work.fresh.len())?;
    let same = work.edits.iter().chain(&work.fresh).all(|record| {
        let read = |of: &Instance| std::fs::read(of.files.join(&record.id)).ok();
        read(&holder).is_some() && read(&holder) == read(&fresh)
    });
    if !same {
        return Err("it said that it was done and was not".to_owned());
    }
    let peaks_mb = Some([at_holder.process().peak_mb(), peak_mb]);
    let name = format!("Syncthing {}, a file a record", version(program));
    Ok(Measured { name, records: work.first.len() as u64, syncs: [first, edits], peaks_mb })
}

fn version(program: &Path) -> String {
    let said = Command::new(program).arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&said).split(' ').nth(1).unwrap_or_default().to_owned()
}

fn write(folder: &Path, records: &[Record]) {
    records.iter().for_each(|record| std::fs::write(folder.join(&record.id), record.line()).unwrap());
}

fn edit(folder: &Path, edits: &[Record]) {
    for edit in edits {
        let path = folder.join(&edit.id);
        let mut held: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        held.as_object_mut().unwrap().extend(edit.fields.clone());
        std::fs::write(path, format!("{held}\n")).unwrap();
    }
}

/// One installation.
struct Instance {
    program: PathBuf,
    home: PathBuf,
    files: PathBuf,
    device: String,
    listens: u16,
    pages: u16,
}

impl Instance {
    fn new(program: &Path, folder: &Path, name: &str) -> Result<Self, String> {
        let (home, files) = (folder.join(name).join("home"), folder.join(name).join("files"));
        std::fs::create_dir_all(&files).unwrap();
        let generate =
            |command: &mut Command| ran(command.arg("generate").arg("--home").arg(&home).env("HOME", folder));
        generate(&mut Command::new(program))?;
        let device = Command::new(program).arg("--device-id").arg("--home").arg(&home).env("HOME", folder).output();
        let device = device.map_err(|error| error.to_string())?.stdout;
        let device = String::from_utf8_lossy(&device).trim().to_owned();
        Ok(Self { program: program.to_owned(), home, files, device, listens: free_port(), pages: free_port() })
    }

    /// Knows the other, and dials it where a port is given.
    fn configure(&self, other: &Self, dial: Option<u16>) {
        let address = dial.map_or_else(|| "dynamic".to_owned(), |port| format!("tcp://127.0.0.1:{port}"));
        let (files, own, theirs) = (self.files.display(), &self.device, &other.device);
        let config = format!(
            r#"<configuration version="35">
<folder id="records" path="{files}" type="sendreceive" rescanIntervalS="3600" fsWatcherEnabled="false">
<device id="{own}"/><device id="{theirs}"/></folder>
<device id="{own}"><address>dynamic</address></device>
<device id="{theirs}"><address>{address}</address></device>
<gui enabled="true" tls="false"><address>127.0.0.1:{}</address><apikey>{KEY}</apikey></gui>
<options><listenAddress>tcp://127.0.0.1:{}</listenAddress><globalAnnounceEnabled>false</globalAnnounceEnabled>
<localAnnounceEnabled>false</localAnnounceEnabled><relaysEnabled>false</relaysEnabled><natEnabled>false</natEnabled>
<startBrowser>false</startBrowser><urAccepted>-1</urAccepted><autoUpgradeIntervalH>0</autoUpgradeIntervalH>
<crashReportingEnabled>false</crashReportingEnabled><reconnectionIntervalS>1</reconnectionIntervalS></options>
</configuration>"#,
            self.pages, self.listens
        );
        std::fs::write(self.home.join("config.xml"), config).unwrap();
    }

    fn run(&self) -> Result<Running, String> {
        let log = std::fs::File::create(self.home.join("run.log")).unwrap();
        let mut command = Command::new(&self.program);
        // Without the process that watches over it and starts it again.
        command.env("STMONITORED", "yes").env("STNOUPGRADE", "1").env("HOME", &self.home);
        command.arg("--home").arg(&self.home).arg("--no-browser").stdout(log).stderr(Stdio::null());
        command.spawn().map(Running).map_err(|error| error.to_string())
    }

    fn ask(&self, method: &str, path: &str) -> Result<Value, String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.pages)).map_err(|error| error.to_string())?;
        let request =
            format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\nX-API-Key: {KEY}\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(request.as_bytes()).map_err(|error| error.to_string())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        if !head.contains(" 200 ") {
            return Err(format!("{path}: {head}"));
        }
        Ok(serde_json::from_str(body).unwrap_or_default())
    }

    fn scan(&self) -> Result<(), String> {
        self.ask("POST", "/rest/db/scan?folder=records").map(drop)
    }
}

/// A running instance; ends when dropped.
struct Running(Child);

impl Running {
    fn process(&self) -> Process {
        Process(self.0.id())
    }

    /// Until it holds so many files and lacks nothing that it has heard of.
    fn wait(&self, of: &Instance, files: usize) -> Result<(), String> {
        let began = Instant::now();
        loop {
            let status = of.ask("GET", "/rest/db/status?folder=records");
            let whole = |status: &Value| {
                status["state"] == "idle" && status["localFiles"] == files && status["needTotalItems"] == 0
            };
            if status.as_ref().is_ok_and(whole) {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                let log = std::fs::read_to_string(of.home.join("run.log")).unwrap_or_default();
                let last: Vec<&str> = log.lines().rev().take(3).collect();
                return Err(format!("it does not get done: {status:?} {last:?}"));
            }
            std::thread::sleep(GLANCE);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = (self.0.kill(), self.0.wait());
    }
}
