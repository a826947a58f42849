//! An agency with two hubs: a post finds the other one when its own is gone, and what it writes reaches everybody.

use cairn_tests::{Running, Site, eventually};
use serde_json::Value;

const PLATE: &str = "OH3338L";

fn peer<'a>(sync: &'a Value, site: &str) -> Option<&'a Value> {
    sync["peers"].as_array().unwrap().iter().find(|peer| peer["site"] == site)
}

fn is_connected(site: &Site, to: &str) -> bool {
    peer(&site.json(&["sync"]), to).is_some_and(|peer| peer["connected"] == true)
}

fn has(site: &Site, plate: &str) -> bool {
    site.json(&["check", plate])["verdict"] == "hit"
}

#[test]
fn a_post_turns_to_the_second_hub_when_the_first_dies_and_records_flow_from_hub_to_hub() {
    let (first, second) = (Site::init("Harrow Point", "hub"), Site::init("River House", "hub"));
    let (alpha, bravo) = (Site::init("Alpha", "post"), Site::init("Bravo", "post"));
    let first_runs = first.run();
    second.join(&first, &["--hub"]);
    [&alpha, &bravo].iter().for_each(|post| post.join(&first, &[]));
    let refused = second.ask(&["enrol", "invite"]).unwrap_err();
    assert!(refused.text.contains("another one of its hubs"), "{}", refused.text);

    let running: Vec<Running> = [&second, &alpha, &bravo].map(Site::run).into();
    eventually("each post to have both hubs on the line, and the hubs each other", || {
        let posts =
            [&alpha, &bravo].iter().all(|post| is_connected(post, "Harrow Point") && is_connected(post, "River House"));
        (posts && is_connected(&second, "Harrow Point")).then_some(())
    });
    let learnt = alpha.json(&["sync"]);
    let address = format!("127.0.0.1:{}", second.listen);
    let second_hub = peer(&learnt, "River House").unwrap();
    assert_eq!((&second_hub["role"], &second_hub["addresses"][0]), (&"hub".into(), &address.into()), "{learnt:#}");

    // From post to hub to hub to post: bravo hears of it although its own link with the first hub is the only one.
    alpha.import("northmark-crime");
    eventually("the record to be everywhere", || {
        [&first, &second, &bravo].iter().all(|site| has(site, PLATE)).then_some(())
    });
    eventually("the post to name the hub that has everything", || {
        let words = alpha.json(&["sync"])["words"].as_str().unwrap().to_owned();
        (words == "Harrow Point has everything." || words == "River House has everything.").then_some(())
    });
    eventually("the hub to speak of all sites", || {
        (first.json(&["sync"])["words"] == "All 3 other sites have everything.").then_some(())
    });

    // The first hub dies. What is written now goes by way of the second.
    first_runs.kill();
    eventually("the dead hub to leave the screen", || (!is_connected(&alpha, "Harrow Point")).then_some(()));
    alpha.import("northmark-custody");
    eventually("the post to say where it is", || {
        (alpha.json(&["sync"])["words"] == "River House has everything.").then_some(())
    });
    let count = |site: &Site| site.json(&["status"])["records"].as_u64().unwrap();
    eventually("the other post to hold the same", || (count(&bravo) == count(&alpha)).then_some(()));

    let asked = alpha.json(&["sync", "--now"]);
    assert_eq!(
        (&asked["reached"], &asked["missed"]),
        (&true.into(), &serde_json::json!(["Harrow Point"])),
        "{asked:#}"
    );

    // And when it is back it hears of it from the second.
    let first_runs = first.run();
    eventually("the first hub to catch up", || (count(&first) == count(&alpha)).then_some(()));
    drop((first_runs, running));
}
