//! Two machines with a cable between them: they find each other by mDNS alone.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use cairn_tests::binary::cairn;
use cairn_tests::eventually;
use cairn_tests::net::Namespace;
use cairn_tests::site::PASSWORD;
use serde_json::Value;
use tempfile::TempDir;

/// UDP port of every Cairn here; each has a network of its own.
const PORT: u16 = 8471;
/// 224.0.0.251, the group of mDNS, as `/proc/net/igmp` writes it.
const MDNS_GROUP: &str = "FB0000E0";

/// Name of the cable's end in either namespace.
const CABLE: &str = "cable0";

/// Two namespaces with a cable between them, which carries multicast like a switch.
fn pair() -> [Namespace; 2] {
    let [here, there] = ["here", "there"].map(|role| Namespace::new(role).unwrap());
    here.ip(&["link", "add", CABLE, "type", "veth", "peer", "name", CABLE, "netns", there.name()]).unwrap();
    [&here, &there].iter().for_each(|space| space.ip(&["link", "set", CABLE, "up"]).unwrap());
    [here, there]
}

/// From now on the machine has this address and no other.
fn move_to(space: &Namespace, address: &str) {
    space.ip(&["address", "flush", "dev", CABLE, "scope", "global"]).unwrap();
    space.ip(&["address", "add", &format!("{address}/24"), "dev", CABLE]).unwrap();
}

/// Whether anything in it listens to mDNS.
fn hears_mdns(space: &Namespace) -> bool {
    let groups = space.command("cat").arg("/proc/net/igmp").output().unwrap();
    String::from_utf8_lossy(&groups.stdout).contains(MDNS_GROUP)
}

/// An installation in a namespace.
struct Machine<'a> {
    space: &'a Namespace,
    folder: TempDir,
}

impl<'a> Machine<'a> {
    fn init(space: &'a Namespace, site: &str, role: &str, more: &[&str]) -> Self {
        let machine = Self { space, folder: tempfile::tempdir().unwrap() };
        let key = machine.folder.path().join("key");
        let listen = format!("0.0.0.0:{PORT}");
        let mut init = vec!["init", "--agency", "Three Rivers Border Service", "--country", "XTR", "--site", site];
        init.extend(["--role", role, "--listen", &listen, "--key-file", key.to_str().unwrap()]);
        init.extend(more);
        machine.json(&init);
        machine
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.space.command(cairn());
        command.arg("--json").arg("--data").arg(self.folder.path().join("data")).args(arguments);
        command
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn run(&self) -> Running {
        let log = std::fs::File::create(self.folder.path().join("run.log")).unwrap();
        let mut run = self.command(&["run", "--until-stdin-ends"]);
        let process = run.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        eventually("it to answer", || self.command(&["status"]).output().unwrap().status.success().then_some(()));
        Running(process)
    }

    /// Whether it says that it holds the same as its one peer over a link.
    fn is_equal(&self) -> bool {
        let peer = &self.json(&["sync"])["peers"][0];
        let spaces = peer["spaces"].as_array().map_or(&[][..], Vec::as_slice);
        let records = spaces.iter().filter(|space| space["kind"] != "audit");
        peer["connected"] == true && !spaces.is_empty() && records.into_iter().all(|space| space["equal"] == true)
    }
}

/// `cairn run`, ended when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        eventually("a running Cairn to end", || self.0.try_wait().unwrap());
    }
}

/// Neighbours find each other by mDNS alone, and not when it is switched off.
pub fn by_mdns_alone() {
    let spaces = pair();
    let [here, there] = &spaces;
    move_to(here, "10.66.0.1");
    move_to(there, "10.66.0.2");
    let hub = Machine::init(here, "Hub", "hub", &[]);
    let post = Machine::init(there, "Post Alpha", "post", &[]);
    let password = post.write("password", PASSWORD);
    post.json(&["user", "add", "officer", "--role", "officer", "--password-file", password.to_str().unwrap()]);
    let hub_runs = hub.run();
    eventually("the hub to show itself", || hears_mdns(here).then_some(()));

    // The code is all that the post is given; where the hub is, it finds out.
    let out = hub.folder.path().join("invitation.json");
    let invited = ["enrol", "invite", "--address", "10.66.0.1:8471", "--out", out.to_str().unwrap()];
    let invitation = hub.json(&invited);
    post.json(&["enrol", "join", "--code", invitation["code"].as_str().unwrap()]);

    // The hub is no longer where it was. Nobody is told.
    drop(hub_runs);
    move_to(here, "10.66.0.77");
    let hub_runs = hub.run();
    let post_runs = post.run();
    eventually("the post to find the hub at its new address", || (post.is_equal() && hub.is_equal()).then_some(()));
    let peer = &post.json(&["sync"])["peers"][0];
    assert!(peer["bytes_sent"].as_u64().unwrap() > 0, "{peer:#}");
    drop((post_runs, hub_runs));

    // Switched off, a machine neither asks nor shows itself.
    let quiet = Machine::init(there, "Post Bravo", "post", &["--no-discovery"]);
    let quiet_runs = quiet.run();
    assert!(!hears_mdns(there), "nobody there listens to mDNS");
    drop(quiet_runs);
    let post_runs = post.run();
    eventually("and switched on it does", || hears_mdns(there).then_some(()));
    drop(post_runs);
}
