//! What the tests need beside Rust: a browser and its driver. On Debian and its kin they are installed when that is
//! possible without asking; elsewhere it is said exactly what is missing.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// Programs and the Debian packages that bring them.
const BROWSER: [(&str, &str); 2] = [("chromium", "chromium"), ("chromedriver", "chromium-driver")];

/// Makes sure that the browser tests can run.
pub fn browser() -> Result<()> {
    if missing().is_empty() {
        return Ok(());
    }
    if find("apt-get").is_some() && is_root() {
        install(&missing())?;
    }
    let still = missing();
    if still.is_empty() {
        return Ok(());
    }
    bail!("the browser tests need {}; on Debian: sudo apt-get install {}", still.join(" and "), still.join(" "))
}

/// Whether the runner that gives each test a process of its own is there.
pub fn has_nextest() -> bool {
    find("cargo-nextest").is_some()
}

/// Debian packages whose program is not found.
fn missing() -> Vec<&'static str> {
    BROWSER.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect()
}

fn install(packages: &[&str]) -> Result<()> {
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        crate::run("install what the browser tests need", &mut command)
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

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}
