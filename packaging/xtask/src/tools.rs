//! What the tests need beside Rust: a browser and its driver; for the guest, an emulator of machines. On Debian and its
//! kin they are installed when that is possible without asking; elsewhere it is said exactly what is missing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// A program and the Debian package that brings it.
type Tool = (&'static str, &'static str);

const BROWSER: [Tool; 2] = [("chromium", "chromium"), ("chromedriver", "chromium-driver")];
const GUEST: [Tool; 5] = [
    ("qemu-system-x86_64", "qemu-system-x86"),
    ("busybox", "busybox-static"),
    ("ip", "iproute2"),
    ("tc", "iproute2"),
    ("dpkg-deb", "dpkg"),
];

/// Makes sure that the browser tests can run.
pub fn browser() -> Result<()> {
    have("the browser tests", &BROWSER)
}

/// Makes sure that a guest can be made and booted.
pub fn guest() -> Result<()> {
    have("the guest", &GUEST)
}

fn have(who: &str, tools: &[Tool]) -> Result<()> {
    if missing(tools).is_empty() {
        return Ok(());
    }
    if find("apt-get").is_some() && is_root() {
        install(who, &missing(tools))?;
    }
    let still = missing(tools);
    if still.is_empty() {
        return Ok(());
    }
    bail!("missing for {who}: {}; on Debian: sudo apt-get install {}", still.join(" and "), still.join(" "))
}

/// Says so when the tests over bad links will be ignored, and why: they need root and network namespaces.
pub fn say_whether_links_can_be_tested() {
    let name = format!("cairn-{}-probe", std::process::id());
    let ip = |what| Command::new("ip").args(["netns", what, &name]).output();
    let obstacle = match ip("add") {
        Err(error) => format!("the program ip cannot be run ({error}); on Debian: sudo apt-get install iproute2"),
        Ok(added) if !added.status.success() => String::from_utf8_lossy(&added.stderr).trim().to_owned(),
        Ok(_) => {
            drop(ip("delete"));
            if Path::new("/dev/net/tun").exists() {
                return;
            }
            "there is no /dev/net/tun".to_owned()
        }
    };
    eprintln!("\n== the tests over bad links are NOT RUN on this machine and count as ignored: {obstacle}");
}

/// Whether the runner that gives each test a process of its own is there.
pub fn has_nextest() -> bool {
    find("cargo-nextest").is_some()
}

/// Debian packages whose program is not found.
fn missing(tools: &[Tool]) -> Vec<&'static str> {
    let mut packages: Vec<_> =
        tools.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect();
    packages.dedup();
    packages
}

fn install(who: &str, packages: &[&str]) -> Result<()> {
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        crate::run(&format!("install what is missing for {who}"), &mut command)
    };
    apt(&["update", "--quiet"])?;
    let mut arguments = vec!["install", "--quiet", "--yes", "--no-install-recommends"];
    arguments.extend(packages);
    apt(&arguments)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").stderr(Stdio::null()).output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Where a program is: in the search path, or where programs of the system's keeper are.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let system = [PathBuf::from("/usr/sbin"), PathBuf::from("/sbin")];
    std::env::split_paths(&path).chain(system).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}
