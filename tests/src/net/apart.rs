//! A hub and a post that has joined it, each in a namespace of its own, and the link between them.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::link::{DEVICE, Direction, Link};
use super::namespace::Namespace;
use crate::running::Running;
use crate::site::Site;
use crate::wait::{patience, within};

const HUB: &str = "10.77.0.1";
const POST: &str = "10.77.0.2";

/// A hub and a post apart. The post dials the hub; [`Direction::There`] is towards the hub.
pub struct Apart {
    /// The hub.
    pub hub: Site,
    /// The post, which listens on every address.
    pub post: Site,
    /// What is between them.
    pub link: Link,
    /// Last octet of the post's address.
    post_at: Cell<u8>,
    /// Last, because the devices of the link have to be gone before it.
    post_space: Arc<Namespace>,
}

impl Apart {
    /// Makes them over a perfect link, somebody of each role at both. Nothing runs yet.
    pub fn new(seed: u64) -> Self {
        let [post_space, hub_space] = ["post", "hub"].map(|role| Arc::new(Namespace::new(role).unwrap()));
        let ends = [(&*post_space, POST), (&*hub_space, HUB)].map(|(space, at)| (space, format!("{at}/24")));
        let link = Link::between(ends.each_ref().map(|(space, at)| (*space, at.as_str())), seed).unwrap();
        let hub = Site::init_at("Hub", "hub", Some(hub_space), HUB);
        let post = Site::init_at("Alpha", "post", Some(post_space.clone()), "0.0.0.0");
        let running = hub.run();
        post.join(&hub, &[]);
        drop(running);
        [&hub, &post].iter().for_each(|site| site.add_person("officer"));
        Self { hub, post, link, post_at: Cell::new(2), post_space }
    }

    /// Runs both and waits until they hold the same.
    pub fn run(&self) -> [Running; 2] {
        let running = [self.hub.run(), self.post.run()];
        self.converge(patience());
        running
    }

    /// Waits until each side says of the other that all spaces are equal, and both hold as many records.
    #[track_caller]
    pub fn converge(&self, limit: Duration) {
        within(limit, "hub and post to hold the same", || {
            let equal = [&self.hub, &self.post].iter().all(|site| is_equal(&site.json(&["sync"])));
            equal.then_some(())
        });
        let [hub, post] = [&self.hub, &self.post].map(|site| site.json(&["status"])["records"].clone());
        assert_eq!(hub, post, "equal frontiers and different records");
    }

    /// Waits until the post says that the hub holds the same records. The audit of the exchange itself follows later.
    #[track_caller]
    pub fn deliver(&self, limit: Duration) {
        within(limit, "the records to be at the hub", || records_are_equal(&self.post.json(&["sync"])).then_some(()));
    }

    /// The post loses its address and has another one from now on.
    pub fn move_post(&self) {
        let before = self.post_at.replace(self.post_at.get() + 1);
        for (what, octet) in [("delete", before), ("add", before + 1)] {
            self.post_space.ip(&["address", what, &format!("10.77.0.{octet}/24"), "dev", DEVICE]).unwrap();
        }
    }

    /// Bytes of UDP that set out in both directions.
    pub fn payload(&self) -> u64 {
        [Direction::There, Direction::Back].iter().map(|way| self.link.passed(*way).payload()).sum()
    }

    /// Every log at both sites verifies and nothing is damaged.
    #[track_caller]
    pub fn assert_sound(&self) {
        for site in [&self.hub, &self.post] {
            let report = site.json(&["audit", "verify"]);
            assert_eq!(report["sound"], true, "at {}: {report:#}", site.name);
        }
    }
}

/// The one peer of an account of sync.
pub fn peer(sync: &Value) -> &Value {
    &sync["peers"][0]
}

/// Whether an account of sync says that there is a session with the one peer.
pub fn is_connected(sync: &Value) -> bool {
    peer(sync)["connected"] == true
}

/// Whether an account of sync says that the one peer holds the same registry and records; audit may still be on its way.
pub fn records_are_equal(sync: &Value) -> bool {
    let spaces = peer(sync)["spaces"].as_array().map_or(&[][..], Vec::as_slice);
    let equal = |kind| {
        let mut of_kind = spaces.iter().filter(|space| space["kind"] == kind).peekable();
        // Until the registry has come a post shares nothing else: then nothing is equal yet.
        of_kind.peek().is_some() && of_kind.all(|space| space["equal"] == true)
    };
    equal("records") && equal("registry")
}

/// Whether an account of sync says that all spaces are equal with the one peer.
pub fn is_equal(sync: &Value) -> bool {
    let spaces = peer(sync)["spaces"].as_array();
    records_are_equal(sync) && spaces.is_some_and(|spaces| spaces.iter().all(|space| space["equal"] == true))
}
