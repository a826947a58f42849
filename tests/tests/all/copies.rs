//! Copies of a data folder, made with `cp -a`: a backup that is put back, and a card that is cloned and runs twice. Both are
//! recognised, go on under a new incarnation, lose nothing, and say so in words.

use cairn_tests::{Running, Site, eventually};
use serde_json::{Value, json};

/// A hub and a post that has joined it.
fn pair() -> (Site, Site) {
    let (hub, alpha) = (Site::init("Hub", "hub"), Site::init("Alpha", "post"));
    [&hub, &alpha].iter().for_each(|site| ["supervisor", "auditor"].iter().for_each(|role| site.add_person(role)));
    let running = hub.run();
    let file = hub.desk().join("alpha.json");
    let invitation = hub.json(&["enrol", "invite", "--out", file.to_str().unwrap()]);
    let code = invitation["code"].as_str().unwrap();
    alpha.json(&["enrol", "join", "--code", code, "--hub", &format!("127.0.0.1:{}", hub.listen)]);
    drop(running);
    (hub, alpha)
}

fn records(site: &Site) -> u64 {
    site.json(&["status"])["records"].as_u64().unwrap()
}

fn told(site: &Site) -> Vec<String> {
    let status = site.json(&["status"]);
    let kind = |notice: &Value| notice["kind"].as_str().unwrap().to_owned();
    status["sync"]["notices"].as_array().unwrap().iter().map(kind).collect()
}

/// What `cairn status` says to a person.
fn status_words(site: &Site) -> String {
    let json = site.command(&["status"]);
    let mut command = std::process::Command::new(json.get_program());
    command.args(json.get_args().filter(|argument| *argument != "--json")).env_remove("CAIRN_PASSPHRASE_FILE");
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

/// What the home page and the sync page say.
fn pages(site: &Site, running: &Running) -> [String; 2] {
    let replica = site.json(&["status"])["replica"].as_str().unwrap().to_owned();
    let person = running.http.signed_in("supervisor");
    ["/", "/sync"].map(|path| person.page(&replica, path))
}

/// Two machines save two persons each, one after the other.
fn save_by_turns(one: &Running, other: &Running) {
    for (number, running) in [one, other, one, other].into_iter().enumerate() {
        let fields = json!({ "surname": format!("Twinford {number}"), "forenames": "Ada" });
        let person = running.http.signed_in("supervisor");
        let saved = person.post("/api/v1/records", &json!({ "kind": "person", "fields": fields })).unwrap();
        assert_eq!(saved.status, 201, "{saved:?}");
    }
}

/// How many of those persons a site finds.
fn found(site: &Site) -> u64 {
    site.json(&["search", "Twinford"])["total"].as_u64().unwrap()
}

fn found_everywhere(sites: &[&Site]) {
    eventually("what both wrote to be everywhere", || sites.iter().all(|site| found(site) == 4).then_some(()));
}

/// How often the audit of a site that runs notes a new incarnation.
fn incarnations_noted(running: &Running) -> usize {
    let auditor = running.http.signed_in("auditor");
    auditor.get("/api/v1/audit?action=new_incarnation").unwrap().json().as_array().unwrap().len()
}

#[test]
fn a_backup_that_is_put_back_is_recognised_and_everything_comes_back() {
    let (hub, alpha) = pair();
    alpha.import("northmark-crime");
    let hub_runs = hub.run();
    alpha.json(&["sync", "--now"]);
    let backup = alpha.back_up();
    let before = records(&alpha);
    alpha.import("northmark-custody");
    alpha.json(&["sync", "--now"]);
    let all = records(&alpha);
    assert!(all > before && records(&hub) == all);

    alpha.restore(&backup);
    assert_eq!(records(&alpha), before, "the old folder is back");
    assert_eq!(told(&alpha), ["came_back"]);
    let words = status_words(&alpha);
    assert!(
        words.contains("Note: This machine came back from a copy of its data, or lost some of what it wrote, on"),
        "{words}"
    );
    assert!(words.contains("What other sites hold of what is missing comes back at the next sync"), "{words}");
    alpha.import("northmark-command");
    let fresh = records(&alpha) - before;
    assert!(fresh > 0);

    let reached = alpha.json(&["sync", "--now"]);
    assert_eq!(reached["reached"], true, "{reached:#}");
    assert_eq!(records(&alpha), all + fresh, "what was written after the backup came back from the hub");
    assert_eq!(records(&hub), all + fresh, "what was written on the old folder is at the hub");
    assert_eq!(told(&alpha), ["came_back_whole"]);
    assert_eq!(told(&hub), ["came_back_there"]);
    assert!(status_words(&alpha).contains("has everything again that other sites held of its past"));

    let alpha_runs = alpha.run();
    for page in pages(&alpha, &alpha_runs) {
        assert!(
            page.contains("This machine came back from a copy of its data, or lost some of what it wrote, on"),
            "{page}"
        );
        assert!(page.contains(
            "If it was a copy, and the machine from which it was made still runs, switch one of the two off."
        ));
    }
    for page in pages(&hub, &hub_runs) {
        assert!(page.contains("Alpha came back from a copy of its data, or lost some of what it wrote, on"), "{page}");
        assert!(page.contains("If nobody at Alpha knows of it, somebody may have copied its card: ask."));
    }
    assert_eq!(incarnations_noted(&alpha_runs), 1, "the audit says when and why");
    for site in [&hub, &alpha] {
        assert_eq!(site.json(&["doctor"])["well"], true);
    }
    drop((alpha_runs, hub_runs));
    let again = alpha.run();
    assert_eq!(incarnations_noted(&again), 1, "a start on the same folder is no copy");
    drop(again);
}

#[test]
fn a_cloned_card_that_runs_beside_the_first_loses_nothing_and_everybody_is_told() {
    let (hub, alpha) = pair();
    alpha.import("northmark-crime");
    let hub_runs = hub.run();
    alpha.json(&["sync", "--now"]);
    let twin = alpha.cloned();
    let (alpha_runs, twin_runs) = (alpha.run(), twin.run());
    save_by_turns(&alpha_runs, &twin_runs);
    found_everywhere(&[&hub, &alpha, &twin]);
    eventually("the hub to know of the twin", || (told(&hub) == ["twin_there"]).then_some(()));
    for site in [&alpha, &twin] {
        eventually("each to know of the other", || (told(site) == ["twin_here"]).then_some(()));
        assert!(status_words(site).contains("Note: Another machine runs with a copy of this one's data"));
    }
    for page in pages(&hub, &hub_runs) {
        assert!(page.contains("Two machines run under the name of Alpha"), "{page}");
        assert!(page.contains("Find out which is the right one and switch the other off."), "{page}");
    }
    for page in pages(&alpha, &alpha_runs) {
        assert!(
            page.contains("Another machine runs with a copy of this one’s data, and wrote in its name on"),
            "{page}"
        );
    }
    for site in [&hub, &alpha, &twin] {
        let report = site.json(&["doctor"]);
        assert_eq!(report["well"], true, "no log has two histories: {report:#}");
    }
    drop((alpha_runs, twin_runs, hub_runs));
}

/// The card was copied block by block, so that neither machine can tell: both go on under the same numbers.
#[test]
fn what_two_machines_with_one_imaged_card_wrote_reaches_everybody() {
    let (hub, alpha) = pair();
    alpha.import("northmark-crime");
    let hub_runs = hub.run();
    alpha.json(&["sync", "--now"]);
    drop(hub_runs);
    let twin = alpha.cloned();
    cairn_ledger::birthplace::settle(&twin.data()).unwrap();
    let (alpha_runs, twin_runs) = (alpha.run(), twin.run());
    save_by_turns(&alpha_runs, &twin_runs);
    assert_eq!((found(&alpha), found(&twin)), (2, 2), "no hub, and neither knows of the other");
    let hub_runs = hub.run();
    found_everywhere(&[&hub, &alpha, &twin]);
    for site in [&hub, &alpha, &twin] {
        eventually("everybody to know", || told(site).contains(&"two_histories".to_owned()).then_some(()));
    }
    for page in pages(&hub, &hub_runs) {
        assert!(page.contains("Two histories were written under the same numbers at Alpha."), "{page}");
        assert!(page.contains("what came after is carried on by the machines that hold it"), "{page}");
    }
    drop((alpha_runs, twin_runs, hub_runs));
    let everywhere: Vec<u64> = [&hub, &alpha, &twin].iter().map(|site| records(site)).collect();
    assert!(everywhere.iter().all(|count| *count == everywhere[0]), "{everywhere:?}");
}
