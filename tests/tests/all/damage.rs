//! A byte of the journal goes bad on the card of a post: what is missing is said everywhere, and the next sync brings it back.

use cairn_tests::{Site, eventually};
use serde_json::Value;

/// Lets one byte of the journal go bad, well behind its beginning.
fn wear_out(site: &Site) {
    let journal = site.data().join("logs/00000001.seg");
    let mut bytes = std::fs::read(&journal).unwrap();
    let at = bytes.len() * 3 / 5;
    bytes[at] ^= 0x10;
    std::fs::write(&journal, bytes).unwrap();
}

/// Whether the status of a site says that something is missing.
fn says_lost(site: &Site) -> bool {
    let status = site.json(&["status"]);
    let mut notices = status["sync"]["notices"].as_array().unwrap().iter();
    notices.any(|notice| notice["kind"] == "damaged" || notice["kind"] == "lost")
}

#[test]
fn what_a_worn_card_lost_is_named_and_comes_back_from_the_hub() {
    let (hub, alpha) = (Site::init("Hub", "hub"), Site::init("Alpha", "post"));
    alpha.add_person("supervisor");
    let hub_runs = hub.run();
    alpha.join(&hub, &[]);
    alpha.import("northmark-crime");
    alpha.json(&["sync", "--now"]);
    let records = alpha.json(&["status"])["records"].clone();
    drop(hub_runs);

    wear_out(&alpha);
    let found = alpha.command(&["doctor"]).output().unwrap();
    assert!(!found.status.success());
    let report: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!(report["well"], false, "{report:#}");
    assert!(report["findings"].to_string().contains("Alpha"), "it names who wrote what is missing: {report:#}");
    assert!(says_lost(&alpha));
    let alpha_runs = alpha.run();
    let replica = alpha.json(&["status"])["replica"].as_str().unwrap().to_owned();
    let person = alpha_runs.http.signed_in("supervisor");
    let page = person.page(&replica, "/sync");
    assert!(page.contains("damaged on this machine’s disk"), "{page}");
    let checked = person.post("/api/v1/check", &serde_json::json!({ "text": "ZZ99ZZZ" })).unwrap().json();
    let here = checked["freshness"].as_array().unwrap().iter().find(|line| line["here"] == true).unwrap();
    assert_eq!(here["complete_ms"], Value::Null, "nobody may take this for a whole answer: {checked:#}");

    let hub_runs = hub.run();
    eventually("everything to be back", || (!says_lost(&alpha)).then_some(()));
    assert_eq!(alpha.json(&["status"])["records"], records);
    assert_eq!(hub.json(&["status"])["records"], records);
    drop((alpha_runs, hub_runs));
    for site in [&hub, &alpha] {
        let report = site.json(&["doctor"]);
        assert_eq!(report["well"], true, "{report:#}");
    }
}

/// What no other site had yet is gone, but not what was written after it.
#[test]
fn what_a_post_wrote_behind_the_damage_before_it_met_the_hub_again_arrives() {
    let (hub, alpha) = (Site::init("Hub", "hub"), Site::init("Alpha", "post"));
    let hub_runs = hub.run();
    alpha.join(&hub, &[]);
    alpha.json(&["sync", "--now"]);
    drop(hub_runs);
    alpha.import("northmark-crime");
    let records = alpha.json(&["status"])["records"].as_u64().unwrap();
    wear_out(&alpha);
    let report = alpha.command(&["doctor"]).output().unwrap();
    assert!(!report.status.success());

    let (_hub_runs, _alpha_runs) = (hub.run(), alpha.run());
    eventually("what stands behind the damage to arrive", || {
        hub.json(&["status"])["records"].as_u64().filter(|arrived| *arrived + 1 >= records)
    });
    assert!(says_lost(&alpha), "and that is said until somebody has it");
}
