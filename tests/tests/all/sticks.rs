//! Records that travel by hand: posts without any link exchange by stick through the real binary, also when it is killed
//! while it reads one.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use cairn_tests::generator::Generator;
use cairn_tests::{Region, Site};
use serde_json::Value;

/// The first row of `northmark-crime.csv`.
const PLATE: &str = "OH3338L";

fn write(site: &Site, to: &str) -> (PathBuf, Value) {
    let folder = tempfile::Builder::new().prefix("stick").tempdir_in(site.desk()).unwrap().keep();
    let said = site.json(&["stick", "write", "--to", to, "--out", folder.to_str().unwrap()]);
    let file = PathBuf::from(said["file"].as_str().unwrap());
    let names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(names, std::slice::from_ref(&file), "one file and nothing unfinished beside it");
    assert_eq!(std::fs::metadata(&file).unwrap().len(), said["bytes"].as_u64().unwrap());
    (file, said)
}

fn read(site: &Site, file: &std::path::Path) -> Value {
    site.json(&["stick", "read", file.to_str().unwrap()])
}

#[track_caller]
fn refused(site: &Site, file: &std::path::Path) -> String {
    site.ask(&["stick", "read", file.to_str().unwrap()]).unwrap_err().kind
}

fn verdict(site: &Site) -> Value {
    site.json(&["check", PLATE])["verdict"].clone()
}

#[test]
fn a_region_without_a_link_exchanges_by_stick() {
    let region = Region::new();
    let Region { hub, alpha, bravo } = &region;
    for site in [hub, alpha, bravo] {
        site.json(&["links", "cut"]);
    }
    alpha.import("northmark-crime");
    assert_eq!((verdict(hub), verdict(bravo)), ("nothing_held".into(), "nothing_held".into()));

    let (for_alpha, _) = write(hub, "Alpha");
    read(alpha, &for_alpha);
    let (for_hub, said) = write(alpha, "hub");
    let report = read(hub, &for_hub);
    assert_eq!(report["entries"], said["entries"], "{report:#} {said:#}");
    assert_eq!((verdict(hub), report["received"].clone()), ("hit".into(), serde_json::json!([1])));
    assert_eq!(hub.json(&["stick", "list"])[1]["state"], "received", "the receipt came back with the stick of Alpha");

    // The hub carries for a third; the posts also reach each other directly.
    let (for_bravo, _) = write(hub, "Bravo");
    read(bravo, &for_bravo);
    assert_eq!(verdict(bravo), "hit");
    let (direct, _) = write(bravo, "Alpha");
    read(alpha, &direct);

    assert_eq!(refused(hub, &for_hub), "stick-replayed");
    assert_eq!(refused(bravo, &for_hub), "stick-foreign");
    let whole = std::fs::read(write(hub, "Alpha").0).unwrap();
    assert_eq!(refused(alpha, &alpha.write_bytes("cut.age", &whole[..whole.len() - 100])), "stick-truncated");
    let mut altered = whole.clone();
    altered[whole.len() - 100] ^= 1;
    assert_eq!(refused(alpha, &alpha.write_bytes("altered.age", &altered)), "stick-altered");
    assert_eq!(refused(alpha, &alpha.write("photo.jpg", "no stick at all")), "not-a-stick");
    let report = read(alpha, &write(hub, "Alpha").0);
    assert_eq!(report["missing"], serde_json::json!([2]), "the stick that was only read in pieces is named");
    for site in [hub, alpha, bravo] {
        assert_eq!(site.json(&["audit", "verify"])["sound"], true);
    }
}

/// A photograph by stick: seen whole at the hub, and not carried again once the hub has said so.
#[test]
fn a_post_that_never_has_a_link_brings_a_photograph_to_the_hub() {
    let region = Region::new();
    let Region { hub, alpha, .. } = &region;
    read(alpha, &write(hub, "Alpha").0);
    alpha.import("northmark-crime");
    let id = alpha.json(&["check", PLATE])["hits"][0]["id"].as_str().unwrap().to_owned();
    let noise = |at: u64| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 41) as u8;
    let content: Vec<u8> = (0..300_000).map(noise).collect();
    let photograph = alpha.write_bytes("plate.jpg", &[&[0xff, 0xd8, 0xff][..], &content].concat());
    alpha.json(&["attach", &id, photograph.to_str().unwrap()]);

    let folder = alpha.desk().join("small.age");
    let small = ["stick", "write", "--to", "hub", "--files-max", "0", "--out", folder.to_str().unwrap()];
    let said = alpha.json(&small);
    assert_eq!((&said["files"], &said["files_left"]), (&0.into(), &1.into()), "{said:#}");
    let (file, said) = write(alpha, "hub");
    assert_eq!((&said["files"], &said["files_bytes"], &said["files_left"]), (&1.into(), &300_003.into(), &0.into()));
    let whole = std::fs::read(&file).unwrap();
    assert_eq!(refused(hub, &hub.write_bytes("cut.age", &whole[..whole.len() - 100_000])), "stick-truncated");
    let list = || hub.json(&["attachment", "list", &id])[0].clone();
    assert_eq!(list()["whole"], "partly", "the parts before the end of the piece are here: {:#}", list());
    let report = read(hub, &file);
    assert_eq!((&report["files"], &report["files_missing"]), (&1.into(), &0.into()), "{report:#}");
    let saved = hub.desk().join("saved.jpg");
    let name = list()["id"].as_str().unwrap().to_owned();
    hub.json(&["attachment", "save", &id, &name, "--out", saved.to_str().unwrap()]);
    assert!(std::fs::read(saved).unwrap() == std::fs::read(photograph).unwrap(), "it came as it was");

    assert_eq!(write(alpha, "hub").1["files"], 1, "the hub has not said yet that it has it");
    read(alpha, &write(hub, "Alpha").0);
    assert_eq!(write(alpha, "hub").1["files"], 0);
    let line = &hub.json(&["stick", "list"]).as_array().unwrap().clone();
    assert!(line.iter().any(|line| line["direction"] == "read" && line["files"] == 1), "{line:#?}");
}

#[test]
fn a_stick_into_a_running_post_and_a_name_that_is_taken() {
    let region = Region::new();
    let Region { hub, alpha, .. } = &region;
    hub.import("northmark-crime");
    let (file, _) = write(hub, "Alpha");
    let taken = hub.ask(&["stick", "write", "--to", "Alpha", "--out", file.to_str().unwrap()]).unwrap_err();
    assert!(taken.text.contains("exists already; it was left as it is"), "{}", taken.text);
    let nobody = hub.ask(&["stick", "write", "--to", "Charlie"]).unwrap_err();
    assert!(nobody.kind == "not_found" && nobody.text.contains("Alpha"), "{}", nobody.text);
    let running = alpha.run();
    read(alpha, &file);
    assert_eq!(verdict(alpha), "hit");
    drop(running);
}

#[test]
fn a_post_that_is_killed_while_it_reads_a_stick_reads_it_again_and_has_everything_once() {
    const ROWS: u64 = 1_500;
    let region = Region::new();
    let Region { hub, alpha, .. } = &region;
    let export = Generator::new(7).export(ROWS);
    let file = hub.write("generated.csv", &export);
    hub.json(&["import", file.to_str().unwrap(), "--mapping", "northmark-crime"]);
    let (file, said) = write(hub, "Alpha");
    let mut interrupted = 0;
    for round in 1..=6 {
        let mut reading = alpha.command(&["stick", "read", file.to_str().unwrap()]);
        let mut reading = reading.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // The moment is drawn by the clock on purpose: a power cut does not wait for a condition.
        std::thread::sleep(Duration::from_millis(150 * round));
        interrupted += u64::from(reading.try_wait().unwrap().is_none());
        reading.kill().unwrap_or_default();
        reading.wait().unwrap();
    }
    assert!(interrupted > 0, "the stick is large enough to be interrupted");
    let report = alpha.ask(&["stick", "read", file.to_str().unwrap()]);
    match report {
        Ok(report) => {
            let all = report["entries"].as_u64().unwrap() + report["held_before"].as_u64().unwrap();
            assert_eq!(all, said["entries"].as_u64().unwrap());
        }
        Err(refusal) => assert_eq!(refusal.kind, "stick-replayed", "{}", refusal.text),
    }
    assert_eq!(alpha.json(&["status"])["records"], hub.json(&["status"])["records"]);
    let running = alpha.run();
    for row in export.lines().skip(1).step_by(7) {
        let plate = row.split(',').nth(8).unwrap();
        assert_eq!(alpha.json(&["check", plate])["verdict"], "hit", "{plate}");
    }
    drop(running);
    let compared = alpha.json(&["sync"])["peers"][0]["spaces"].clone();
    let records = |space: &&Value| space["kind"] == "records";
    assert!(compared.as_array().unwrap().iter().filter(records).all(|space| space["equal"] == true), "{compared:#}");
    assert_eq!(alpha.json(&["stick", "list"]).as_array().unwrap().len(), 1);
    assert_eq!(alpha.json(&["audit", "verify"])["sound"], true);
}
