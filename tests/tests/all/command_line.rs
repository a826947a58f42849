//! A region stood up by a script: nothing here has a terminal.

use cairn_tests::site::{PASSWORD, sample};
use cairn_tests::{Region, Site, eventually};
use serde_json::Value;

/// The plate of the first row of `northmark-crime.csv`.
const PLATE: &str = "OH3338L";

#[test]
fn a_script_stands_up_a_region_and_every_post_finds_what_one_imported() {
    let region = Region::new();
    let running = region.run();
    region.alpha.import("northmark-crime");
    region.wait_until_equal();

    for site in [&region.alpha, &region.hub, &region.bravo] {
        let answer = site.json(&["check", PLATE]);
        assert_eq!(answer["verdict"], "hit", "at {}: {answer:#}", site.name);
        let hit = &answer["hits"][0];
        assert_eq!(hit["holder"]["site"], "Alpha", "the record stays Alpha's wherever it is read");
        assert!(hit["space"].is_string() && hit["changed_ms"].is_u64() && hit["age_ms"].is_u64(), "{hit:#}");
        assert!(hit.as_object().unwrap().contains_key("grade"));
    }
    let shown = region.bravo.json(&["check", PLATE]);
    let id = shown["hits"][0]["id"].as_str().unwrap();
    assert_eq!(region.bravo.json(&["show", id])["id"], id);
    drop(running);
}

#[test]
fn an_answer_says_how_fresh_each_source_is() {
    let region = Region::new();
    let running = region.run();
    region.wait_until_equal();
    let answer = region.bravo.json(&["check", PLATE]);
    assert_eq!(answer["verdict"], "nothing_held");
    let sources = answer["freshness"].as_array().unwrap();
    let source = |site: &str| sources.iter().find(|source| source["site"] == site).unwrap();
    assert_eq!(source("Bravo")["here"], true);
    assert!(source("Hub")["complete_ms"].as_u64().unwrap() <= answer["answered_ms"].as_u64().unwrap());
    drop(running);
}

#[test]
fn sync_now_says_per_peer_and_space_what_is_equal_and_what_waits() {
    let region = Region::new();
    let hub = region.hub.run();
    // Which spaces there are to share, a post learns from the hub's registry at the first sync.
    region.alpha.json(&["sync", "--now"]);
    region.alpha.import("northmark-custody");
    let before = region.alpha.json(&["sync"]);
    let waits = |sync: &Value| spaces(sync).iter().map(|space| space["to_send"].as_u64().unwrap()).sum::<u64>();
    assert!(waits(&before) > 0, "{before:#}");

    let after = region.alpha.json(&["sync", "--now"]);
    assert_eq!(after["reached"], true, "{after:#}");
    assert_eq!(waits(&after), 0, "{after:#}");
    assert!(spaces(&after).iter().all(|space| space["equal"] == true), "{after:#}");
    let peer = &after["peers"][0];
    assert!(peer["bytes_sent"].as_u64().unwrap() > 0 && peer["bytes_received"].as_u64().unwrap() > 0, "{peer:#}");
    drop(hub);

    let status = region.alpha.json(&["status"]);
    assert_eq!(status["site"], "Alpha");
    assert_eq!(status["running"], false);
    assert!(status["records"].as_u64().unwrap() > 0);
    assert!(status["sync"]["peers"].is_array());
}

/// Spaces shared with the hub, without the audit: that a link was closed is an audit entry that waits for the next one.
fn spaces(sync: &Value) -> Vec<&Value> {
    let hub = sync["peers"].as_array().unwrap().iter().find(|peer| peer["role"] == "hub").unwrap();
    hub["spaces"].as_array().unwrap().iter().filter(|space| space["kind"] != "audit").collect()
}

#[test]
fn a_sync_that_reaches_nobody_fails_and_says_so() {
    let region = Region::new();
    let output = region.alpha.command(&["sync", "--now"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["reached"], false);
    assert_ne!(answer["peers"][0]["failure"], "");
}

#[test]
fn what_is_in_the_way_is_told_step_by_step() {
    let region = Region::new();
    let hub = region.hub.run();
    let alpha = region.alpha.run();
    region.alpha.json(&["sync", "--now"]);
    let why = region.alpha.json(&["sync", "--why"]);
    assert_eq!((&why["site"], &why["linked"]), (&"Hub".into(), &true.into()), "{why:#}");
    assert_eq!(step(&why, "port")["finding"], "port-linked");

    drop(hub);
    let asked = || region.alpha.command(&["sync", "--why", "hub"]).output().unwrap();
    let why = eventually("the dead hub to leave the screen", || {
        let output = asked();
        let why: Value = serde_json::from_slice(&output.stdout).unwrap();
        (why["linked"] == false && output.status.code() == Some(1)).then_some(why)
    });
    assert_eq!(step(&why, "port")["finding"], "port-closed", "{why:#}");
    assert_eq!(step(&why, "key")["outcome"], "untried");
    assert!(step(&why, "last")["finding"].as_str().unwrap().starts_with("last-"));
    assert!(step(&why, "port")["advice"].as_str().unwrap().contains("Hub"));

    region.alpha.json(&["links", "cut"]);
    let why: Value = serde_json::from_slice(&asked().stdout).unwrap();
    assert_eq!(step(&why, "rules")["finding"], "rules-cut");
    assert_eq!(step(&why, "next")["finding"], "next-cut");
    drop(alpha);
    let why: Value = serde_json::from_slice(&asked().stdout).unwrap();
    assert_eq!(step(&why, "next")["finding"], "next-stopped");
    let nobody = region.alpha.ask(&["sync", "--why", "Nowhere"]).unwrap_err();
    assert!(nobody.text.contains("known sites"), "{}", nobody.text);
}

fn step<'a>(why: &'a Value, name: &str) -> &'a Value {
    why["steps"].as_array().unwrap().iter().find(|step| step["step"] == name).unwrap()
}

#[test]
fn cut_links_carry_nothing_until_they_are_restored() {
    let region = Region::new();
    region.alpha.json(&["links", "cut"]);
    let running = region.run();
    region.alpha.import("northmark-crime");
    assert_eq!(region.alpha.json(&["sync"])["cut"], true);
    assert_eq!(region.hub.json(&["check", PLATE])["verdict"], "nothing_held");
    region.alpha.json(&["links", "restore"]);
    region.wait_until_equal();
    assert_eq!(region.hub.json(&["check", PLATE])["verdict"], "hit");
    drop(running);
}

#[test]
fn a_photograph_is_not_taken_for_an_invitation() {
    let site = Site::init("Delta", "post");
    let contents: [&[u8]; 3] = [b"\xff\xd8\xff\xe0 a photograph", b"a letter", b"{\"code\": 7}"];
    for content in contents {
        let file = site.write_bytes("invitation.json", content);
        let refused = site.ask(&["enrol", "join", "--file", file.to_str().unwrap()]).unwrap_err();
        assert!(refused.text.contains("is not an invitation of a hub; nothing was changed"), "{}", refused.text);
        assert!(!refused.text.contains("UTF-8"), "{}", refused.text);
    }
    assert_eq!(site.json(&["status"])["enrolled"], false);
}

#[test]
fn a_search_with_too_many_words_says_which_it_did_not_look_for() {
    let site = Site::init("Delta", "post");
    let words: Vec<String> = (1..=13).map(|number| format!("street{number}")).collect();
    let text = words.join(" ");
    assert_eq!(site.json(&["search", &text])["ignored"], serde_json::json!(["street13"]));
    let said = site.text(&["search", &text]);
    assert!(said.contains("NOT looked for, since a search takes the first 12 words only: street13"), "{said}");
}

#[test]
fn commands_answer_the_same_whether_cairn_runs_or_not() {
    let site = Site::init("Delta", "post");
    site.import("northmark-crime");
    let alone = site.json(&["search", "Holloway"]);
    let running = site.run();
    let asked = site.json(&["search", "Holloway"]);
    assert_eq!(alone["hits"], asked["hits"]);
    assert!(asked["total"].as_u64().unwrap() > 0, "{asked:#}");
    assert_eq!(site.json(&["status"])["running"], true);
    drop(running);
}

/// It starts itself once more for that, and is then the same process to whoever started it.
#[test]
#[cfg(target_env = "gnu")]
fn a_running_cairn_keeps_little_memory_that_it_does_not_use() {
    let site = Site::init("Alpha", "post");
    let running = site.run();
    let environment = std::fs::read(format!("/proc/{}/environ", running.pid())).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.contains("glibc.malloc.arena_max=2"), "{environment}");
}

#[test]
fn people_are_added_listed_and_sign_in_with_the_password_they_were_last_given() {
    let site = Site::init("Delta", "post");
    site.add_people();
    let people = site.json(&["user", "list"]);
    assert_eq!(people.as_array().unwrap().len(), 5, "{people:#}");
    let running = site.run();
    running.http.signed_in("officer");

    let file = site.write("new-password", "another-quiet-4471\n");
    site.json(&["user", "passwd", "officer", "--password-file", file.to_str().unwrap()]);
    let old = serde_json::json!({ "user": "officer", "password": PASSWORD });
    assert_eq!(running.http.post("/api/v1/sign-in", &old).unwrap().status, 401);
    let new = serde_json::json!({ "user": "officer", "password": "another-quiet-4471" });
    assert_eq!(running.http.post("/api/v1/sign-in", &new).unwrap().status, 200);
}

#[test]
fn an_invitation_is_good_once() {
    let region = Region::new();
    let hub = region.hub.run();
    let file = region.hub.desk().join("once.json");
    let file = file.to_str().unwrap();
    region.hub.json(&["enrol", "invite", "--out", file]);
    let (first, second) = (Site::init("Charlie", "post"), Site::init("Delta", "post"));
    assert_eq!(first.json(&["enrol", "join", "--file", file])["enrolled"], true);
    let refusal = second.ask(&["enrol", "join", "--file", file]).unwrap_err();
    assert!(!refusal.text.is_empty());
    assert_eq!(second.json(&["status"])["enrolled"], false);
    drop(hub);
}

#[test]
fn a_wrong_code_lets_nobody_in() {
    let hub = Site::init("Hub", "hub");
    let running = hub.run();
    let file = hub.desk().join("invitation.json");
    let invitation = hub.json(&["enrol", "invite", "--out", file.to_str().unwrap()]);
    let code = invitation["code"].as_str().unwrap();
    let last = code.chars().last().unwrap();
    let wrong = format!("{}{}", &code[..code.len() - last.len_utf8()], if last == '2' { '3' } else { '2' });
    let post = Site::init("Charlie", "post");
    let hub_address = format!("127.0.0.1:{}", hub.listen);
    post.ask(&["enrol", "join", "--code", &wrong, "--hub", &hub_address]).unwrap_err();
    assert_eq!(post.json(&["status"])["enrolled"], false);
    drop(running);
}

#[test]
fn an_import_is_tried_first_applied_and_taken_back_as_a_whole() {
    let site = Site::init("Delta", "post");
    let file = sample("northmark-crime");
    let file = file.to_str().unwrap();
    let dry = site.json(&["import", file, "--mapping", "northmark-crime", "--dry-run"]);
    assert_eq!(dry["dry_run"], true);
    assert_eq!(site.json(&["status"])["records"], 0, "a dry run writes nothing");

    let applied = site.json(&["import", file, "--mapping", "northmark-crime"]);
    for count in ["read", "imported", "same", "rejected"] {
        assert_eq!(applied[count], dry[count], "the dry run told the truth about {count}");
    }
    assert_eq!(site.json(&["check", PLATE])["verdict"], "hit");
    let again = site.json(&["import", file, "--mapping", "northmark-crime"]);
    assert_eq!((&again["imported"], &again["same"]), (&0.into(), &applied["imported"]), "{again:#}");

    let batch = applied["batch"].as_str().unwrap();
    assert!(site.json(&["undo", batch])["withdrawn"].as_u64().unwrap() > 0);
    assert_eq!(site.json(&["check", PLATE])["verdict"], "nothing_held");
    let undone = site.json(&["imports"]);
    let line = undone.as_array().unwrap().iter().find(|line| line["batch"] == batch).unwrap();
    assert!(line["undone_ms"].is_u64());
}

#[test]
fn the_audit_verifies_and_the_views_grow_back() {
    let site = Site::init("Delta", "post");
    site.import("vardara-crime");
    let before = site.json(&["status"])["records"].clone();
    assert_eq!(site.json(&["audit", "verify"])["sound"], true);
    let report = site.json(&["doctor", "--rebuild"]);
    assert_eq!(report["well"], true, "{report:#}");
    assert_eq!(site.json(&["status"])["records"], before);
}

#[test]
fn a_damaged_log_is_found_and_the_command_fails() {
    let site = Site::init("Delta", "post");
    site.import("northmark-crime");
    let segment = largest_segment(&site.data());
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x40;
    std::fs::write(&segment, bytes).unwrap();
    let output = site.command(&["doctor"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
}

/// The largest segment of the logs: the import's.
fn largest_segment(data: &std::path::Path) -> std::path::PathBuf {
    let segments =
        crate::at_rest::files_under(data).into_iter().filter(|file| file.extension().is_some_and(|it| it == "seg"));
    segments.max_by_key(|file| std::fs::metadata(file).unwrap().len()).unwrap()
}

#[test]
fn what_cannot_be_done_is_said_in_one_sentence_and_a_failing_exit() {
    let site = Site::init("Delta", "post");
    let refused = |arguments: &[&str], words: &str| {
        let refusal = site.ask(arguments).unwrap_err();
        assert!(refusal.text.contains(words), "{arguments:?}: {refusal:?}");
        assert!(!refusal.text.contains('\n') && !refusal.kind.is_empty(), "{refusal:?}");
    };
    refused(&["import", "/nowhere.csv", "--mapping", "northmark-crime"], "/nowhere.csv");
    refused(&["import", sample("northmark-crime").to_str().unwrap(), "--mapping", "nobodys"], "nobodys");
    refused(&["show", "not-an-id"], "not a record id");
    refused(&["show", "01890a5d-ac96-774b-bcce-b302099a8057"], "not held here");
    refused(&["search", "x", "--kind", "dragon"], "dragon");
    refused(&["undo", "nothing"], "nothing");
    refused(&["enrol", "invite"], "hub");
    refused(&["sync", "--watch"], "cairn run");
    refused(&["user", "passwd", "nobody"], "no terminal");
    refused(&["init", "--agency", "A", "--site", "S", "--country", "XTR", "--role", "hub"], "passphrase");
}

#[test]
fn a_folder_without_an_installation_is_named_as_such() {
    let site = Site::init("Delta", "post");
    std::fs::remove_file(site.data().join("config.toml")).unwrap();
    assert!(site.ask(&["status"]).unwrap_err().text.contains("there is no installation in"));
}

#[test]
fn a_passphrase_opens_what_it_closed_and_another_does_not() {
    let site = Site::init("Delta", "post");
    let data = site.desk().join("by-passphrase");
    let (right, wrong) = (site.write("right", "stones in the river\n"), site.write("wrong", "stones in the rivet\n"));
    let with = |secret: &std::path::Path, arguments: &[&str]| {
        let mut command = std::process::Command::new(cairn_tests::binary::cairn());
        command.arg("--data").arg(&data).arg("--json").args(arguments);
        command.env("CAIRN_PASSPHRASE_FILE", secret).output().unwrap()
    };
    let init = ["init", "--agency", "A", "--site", "S", "--country", "XTR", "--role", "post"];
    assert!(with(&right, &init).status.success());
    assert!(with(&right, &["status"]).status.success());
    assert_eq!(with(&wrong, &["status"]).status.code(), Some(1));
}

#[test]
fn a_second_run_on_the_same_folder_is_refused() {
    let site = Site::init("Delta", "post");
    let running = site.run();
    let second = site.command(&["run"]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another Cairn is using"));
    drop(running);
}

#[test]
fn watching_a_sync_prints_a_line_for_each_change() {
    use std::io::{BufRead as _, BufReader};
    let region = Region::new();
    let running = region.run();
    let mut watching = region.alpha.command(&["sync", "--watch"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["cut"], false);
    region.alpha.json(&["links", "cut"]);
    eventually("the watch to say that the links are cut", || {
        let line: Value = serde_json::from_str(&lines.next()?.ok()?).ok()?;
        (line["cut"] == true).then_some(())
    });
    watching.kill().unwrap();
    watching.wait().unwrap();
    drop(running);
}
