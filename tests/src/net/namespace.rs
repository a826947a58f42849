//! A network namespace: a machine of its own as far as sockets, addresses and routes are concerned.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use super::link::Kind;

/// Names begin so, then come the process that made it and a number.
const PREFIX: &str = "cairn";

static MADE: AtomicU32 = AtomicU32::new(0);

/// A namespace, removed when dropped.
#[derive(Debug)]
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Why this machine cannot make namespaces with links between them, if it cannot.
    pub fn obstacle() -> Option<String> {
        if Kind::asked() == Kind::Emulated && !Path::new("/dev/net/tun").exists() {
            return Some("there is no /dev/net/tun".to_owned());
        }
        if let Err(error) = Command::new("ip").arg("-Version").output() {
            return Some(format!("the program ip cannot be run ({error}); on Debian it is in iproute2"));
        }
        Self::new("probe").err().map(|error| format!("a network namespace cannot be made: {error}"))
    }

    /// Makes one, with its loopback up.
    pub fn new(role: &str) -> io::Result<Self> {
        remove_left_behind();
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}-{}-{number}-{role}", std::process::id());
        run(Command::new("ip").args(["netns", "add", &name]))?;
        let made = Self { name };
        made.ip(&["link", "set", "lo", "up"])?;
        Ok(made)
    }

    /// What `ip` calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs `ip` on this namespace.
    pub fn ip(&self, arguments: &[&str]) -> io::Result<()> {
        run(Command::new("ip").args(["-n", &self.name]).args(arguments))
    }

    /// A program that will run in it.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// Does something on a thread that is in it, so that the sockets and devices made there belong to it.
    pub fn within<T: Send>(&self, what: impl FnOnce() -> T + Send) -> io::Result<T> {
        let space = File::open(Path::new("/run/netns").join(&self.name))?;
        let inside = || {
            enter(&space)?;
            Ok(what())
        };
        std::thread::scope(|scope| scope.spawn(inside).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let removed = run(Command::new("ip").args(["netns", "delete", &self.name]));
        if let Err(error) = removed {
            eprintln!("the network namespace {} is left behind: {error}", self.name);
        }
    }
}

#[cfg(target_os = "linux")]
fn enter(space: &File) -> io::Result<()> {
    use std::os::fd::AsFd as _;

    use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

    Ok(move_into_link_name_space(space.as_fd(), Some(LinkNameSpaceType::Network))?)
}

#[cfg(not(target_os = "linux"))]
fn enter(_: &File) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

/// Removes what tests that were killed could not remove.
fn remove_left_behind() {
    let Ok(names) = std::fs::read_dir("/run/netns") else { return };
    for name in names.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
        let maker = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').nth(1)?.parse::<u32>().ok());
        if maker.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists()) {
            // Another test may be removing it, too.
            drop(run(Command::new("ip").args(["netns", "delete", &name])));
        }
    }
}

fn run(command: &mut Command) -> io::Result<()> {
    ask(command).map(drop)
}

/// Runs a program and returns what it says; when it fails, its complaint is the error.
pub fn ask(command: &mut Command) -> io::Result<String> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(io::Error::other(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim())))
}
