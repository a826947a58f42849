//! A hub and its posts, enrolled through the command line.

use serde_json::Value;

use crate::running::Running;
use crate::site::Site;
use crate::wait::eventually;

/// A hub and two posts; the posts have joined with invitations of the hub. Nothing runs yet.
pub struct Region {
    /// The hub.
    pub hub: Site,
    /// Post Alpha.
    pub alpha: Site,
    /// Post Bravo.
    pub bravo: Site,
}

impl Region {
    /// Makes the three and enrols the posts: Alpha by file, Bravo by code and address.
    pub fn new() -> Self {
        let region = Self {
            hub: Site::init("Hub", "hub"),
            alpha: Site::init("Alpha", "post"),
            bravo: Site::init("Bravo", "post"),
        };
        let running = region.hub.run();
        region.alpha.join(&region.hub, &[]);
        let file = region.hub.desk().join("bravo.json");
        let invitation = region.hub.json(&["enrol", "invite", "--out", file.to_str().unwrap(), "--valid", "5"]);
        let hub = format!("127.0.0.1:{}", region.hub.listen);
        region.bravo.json(&["enrol", "join", "--code", invitation["code"].as_str().unwrap(), "--hub", &hub]);
        drop(running);
        region
    }

    /// Runs all three.
    pub fn run(&self) -> [Running; 3] {
        [self.hub.run(), self.alpha.run(), self.bravo.run()]
    }

    /// Waits until each post and the hub hold the same entries in every space.
    #[track_caller]
    pub fn wait_until_equal(&self) {
        eventually("the hub and both posts to hold the same", || {
            let sites = [&self.hub, &self.alpha, &self.bravo];
            let all = sites.iter().all(|site| all_equal(&site.json(&["sync"]), site.name == "Hub"));
            all.then_some(())
        });
    }
}

impl Default for Region {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a site's own account of its peers says that all spaces are equal: a hub with both posts, a post with the hub.
pub fn all_equal(sync: &Value, hub: bool) -> bool {
    let peers: Vec<&Value> =
        sync["peers"].as_array().unwrap().iter().filter(|peer| hub || peer["role"] == "hub").collect();
    let equal = |peer: &&Value| {
        let spaces = peer["spaces"].as_array().unwrap();
        !spaces.is_empty() && spaces.iter().all(|space| space["equal"] == true)
    };
    peers.len() == if hub { 2 } else { 1 } && peers.iter().all(equal)
}
