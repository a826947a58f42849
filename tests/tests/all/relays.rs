//! A borrowed machine carries records between a post and a hub that never meet, and none of it can be read there.

use cairn_tests::{Site, eventually};
use serde_json::Value;

use crate::at_rest::{SECRETS, in_clear};

const PLATE: &str = "OH3338L";

/// Whether a site says that it holds in every space what this other one holds.
fn is_equal_with(site: &Site, other: &str) -> bool {
    let sync = site.json(&["sync"]);
    let peer = sync["peers"].as_array().unwrap().iter().find(|peer| peer["site"] == other).cloned();
    let spaces = peer.map(|peer| peer["spaces"].as_array().cloned().unwrap_or_default()).unwrap_or_default();
    !spaces.is_empty() && spaces.iter().all(|space| space["equal"] == true)
}

#[test]
fn a_relay_carries_what_it_cannot_read_between_a_post_and_a_hub_that_never_meet() {
    let (hub, relay, post) = (Site::init("Hub", "hub"), Site::init("Relay", "post"), Site::init("Alpha", "post"));
    let running = hub.run();
    relay.join(&hub, &["--relay"]);
    post.join(&hub, &[]);
    let carrying = relay.run();
    let meeting = post.run();
    eventually("the registry to be everywhere", || {
        (is_equal_with(&post, "Hub") && is_equal_with(&relay, "Hub")).then_some(())
    });
    drop((running, meeting));

    // The post is there while the hub is not.
    let meeting = post.run();
    post.import("northmark-crime");
    eventually("the relay to carry it", || is_equal_with(&post, "Relay").then_some(()));
    let status = relay.json(&["status"]);
    assert_eq!((&status["role"], &status["records"]), (&Value::from("relay"), &Value::from(0)));
    let from_post = status["carried"].as_array().unwrap().iter().filter(|line| line["site"] == "Alpha");
    assert!(from_post.filter_map(|line| line["entries"].as_u64()).sum::<u64>() > 0, "{status}");
    assert_ne!(post.json(&["sync"])["state"], "ok", "nobody says that the hub has it");
    let refused = relay.ask(&["check", PLATE]).unwrap_err();
    assert!(refused.text.contains("carries records that it cannot read"), "{}", refused.text);
    drop(meeting);

    // The hub is there while the post is not.
    let running = hub.run();
    eventually("the hub to have it", || (hub.json(&["check", PLATE])["verdict"] == "hit").then_some(()));
    let while_running = in_clear(&relay.data(), &SECRETS);
    drop((running, carrying));
    let found = in_clear(&relay.data(), &SECRETS);
    assert!(found.is_empty() && while_running.is_empty(), "{found:#?} {while_running:#?}");
}
