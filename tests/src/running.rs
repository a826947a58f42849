//! A running installation.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use crate::http::Http;
use crate::site::Site;
use crate::wait::eventually;

/// `cairn run` on a site. Ends in good order when dropped, and with the test whatever happens to it.
pub struct Running {
    process: Child,
    /// Kept open: a process whose output nobody takes is not what is tested.
    said: Mutex<BufReader<ChildStdout>>,
    /// Its pages.
    pub http: Http,
}

impl Running {
    /// Starts it and waits until it serves its pages.
    pub fn start(site: &Site) -> Self {
        let mut process = spawn(site);
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let mut announced = String::new();
        said.read_line(&mut announced).unwrap();
        assert!(
            announced.contains("http://127.0.0.1:"),
            "{} did not start: {announced} {}",
            site.name,
            std::fs::read_to_string(site.desk().join("run.log")).unwrap_or_default()
        );
        Self { process, said: Mutex::new(said), http: site.pages() }
    }

    /// Starts it and kills it after this time, whether it has come up or not.
    pub fn start_and_kill_within(site: &Site, time: Duration) {
        let mut process = spawn(site);
        std::thread::sleep(time);
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// The code that it asks the first visitor for, as it said when it was started. Only while nobody can sign in, and once.
    pub fn setup_code(&self) -> String {
        let mut line = String::new();
        self.said.lock().unwrap().read_line(&mut line).unwrap();
        line.rsplit(' ').next().unwrap().trim().to_owned()
    }

    /// Its process, for looking at its memory.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Ends it as a power cut would end the process: SIGKILL, no farewell.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn spawn(site: &Site) -> Child {
    let log = std::fs::File::options().create(true).append(true).open(site.desk().join("run.log")).unwrap();
    let mut run = site.command(&["run", "--until-stdin-ends"]);
    run.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().unwrap()
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        if std::thread::panicking() {
            self.process.kill().unwrap_or_default();
        }
        eventually("a running Cairn to end", || self.process.try_wait().unwrap());
    }
}
