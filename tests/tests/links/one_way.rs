//! Links that are gone, or carry in one direction only: what the pages say meanwhile, and that it mends by itself.

use std::time::{Duration, Instant};

use cairn_tests::net::apart::{is_connected, peer};
use cairn_tests::net::{Apart, Direction};
use cairn_tests::within;
use serde_json::Value;

use crate::transfer::import;

/// A dead peer leaves the screen within this, with some seconds for a busy machine: 10 s of silence, and where one side
/// still hears the other call again, that one waits another 10 s for the end of a call that nobody goes on with.
const DEAD_WITHIN: Duration = Duration::from_secs(35);
/// Trying again waits no longer than this after so short a silence.
const BACK_WITHIN: Duration = Duration::from_secs(60);

/// Nothing passes in either direction.
pub fn cut_and_mended() {
    partition(61, &[Direction::There, Direction::Back]);
}

/// What the post sends is lost; what the hub sends arrives.
pub fn towards_the_hub() {
    partition(62, &[Direction::There]);
}

/// What the hub sends is lost; what the post sends arrives.
pub fn towards_the_post() {
    partition(63, &[Direction::Back]);
}

fn partition(seed: u64, closed: &[Direction]) {
    let apart = Apart::new(seed);
    let running = apart.run();
    let says = apart.post.json(&["sync"]);
    assert_eq!((&says["words"], &says["state"]), (&Value::from("The hub has everything."), &Value::from("ok")));

    closed.iter().for_each(|way| apart.link.open(*way, false));
    let cut = Instant::now();
    import(&apart, 20, seed);
    // Before the silence is noticed, and afterwards.
    waits_for_the_hub(&apart.post.json(&["sync"]));
    within(DEAD_WITHIN, "both sides to see that nothing is heard", || {
        let gone = [&apart.hub, &apart.post].iter().all(|site| !is_connected(&site.json(&["sync"])));
        gone.then_some(())
    });
    println!("both knew after {:?}", cut.elapsed());
    failed_attempts_are_told(&apart);

    closed.iter().for_each(|way| apart.link.open(*way, true));
    let mended = Instant::now();
    apart.converge(BACK_WITHIN);
    println!("mended after {:?}", mended.elapsed());
    let says = apart.post.json(&["sync"]);
    assert_eq!((&says["words"], &says["state"]), (&Value::from("The hub has everything."), &Value::from("ok")));
    assert_eq!((&peer(&says)["failure"], &peer(&says)["next_attempt_ms"]), (&Value::from(""), &Value::Null));
    drop(running);
    apart.assert_sound();
}

/// At least two attempts fail, and all the while each side says that there is no link, and the post that records wait.
fn failed_attempts_are_told(apart: &Apart) {
    let mut announced = Vec::new();
    within(BACK_WITHIN, "attempts that are told", || {
        let (post, hub) = (apart.post.json(&["sync"]), apart.hub.json(&["sync"]));
        waits_for_the_hub(&post);
        assert!(post["words"].as_str().unwrap().starts_with("Saved here."), "{post:#}");
        for says in [&post, &hub] {
            assert!(!is_connected(says), "nobody is connected through a link that carries one way: {says:#}");
            assert_ne!(says["state"], "ok", "{says:#}");
        }
        let next = peer(&post)["next_attempt_ms"].as_u64();
        if let Some(next) = next.filter(|next| announced.last() != Some(next)) {
            assert_ne!(peer(&post)["failure"], "", "an attempt that failed says why: {post:#}");
            announced.push(next);
        }
        (announced.len() >= 2).then_some(())
    });
}

fn waits_for_the_hub(says: &Value) {
    let words = says["words"].as_str().unwrap();
    assert!(!words.contains("has everything") && words.contains("entries"), "records wait here: {says:#}");
    let mut spaces = peer(says)["spaces"].as_array().unwrap().iter().filter(|space| space["kind"] == "records");
    assert!(spaces.any(|space| space["equal"] != true && space["to_send"].as_u64() > Some(0)), "{says:#}");
}
