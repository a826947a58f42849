//! SIGKILL at random moments of writing and syncing, again and again: nothing that was acknowledged is lost, every log
//! verifies, and all sites come to hold the same.
//!
//! Three threads, one a site. Each round starts its site, looks for what was acknowledged before, writes through the API
//! as fast as it is acknowledged, and is killed at a moment drawn at random, sometimes before it has come up. All the
//! while the sites exchange what they have.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use cairn_tests::http::Http;
use cairn_tests::random::Random;
use cairn_tests::{Region, Running, Site};
use serde_json::{Value, json};

/// Kills at each of the three sites; 201 in all.
const KILLS_AT_EACH: u64 = 67;
/// One kill in this many falls while the site is coming up.
const EARLY_ONE_IN: u64 = 5;
/// How often the whole of a site's logs is verified while the killing goes on.
const VERIFY_EVERY: u64 = 8;

/// A record that was acknowledged.
#[derive(Clone)]
struct Acknowledged {
    id: String,
    surname: String,
}

/// What one site was told is safe.
#[derive(Default)]
struct Ledger {
    all: Vec<Acknowledged>,
    /// Those of the last round, not looked at since.
    fresh: Vec<Acknowledged>,
}

#[test]
fn two_hundred_kills_lose_nothing_that_was_acknowledged() {
    let region = Region::new();
    let sites = [&region.hub, &region.alpha, &region.bravo];
    sites.iter().for_each(|site| site.add_person("officer"));
    let seed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64;
    println!("seed {seed}");

    let acknowledged: Mutex<Vec<Acknowledged>> = Mutex::default();
    let kills: Mutex<u64> = Mutex::default();
    std::thread::scope(|scope| {
        for (number, site) in sites.iter().enumerate() {
            let (acknowledged, kills) = (&acknowledged, &kills);
            scope.spawn(move || {
                let ledger = torment(site, Random::new(seed ^ number as u64), kills);
                acknowledged.lock().unwrap().extend(ledger.all);
            });
        }
    });
    assert_eq!(*kills.lock().unwrap(), 3 * KILLS_AT_EACH);

    let acknowledged = acknowledged.into_inner().unwrap();
    println!("{} records were acknowledged", acknowledged.len());
    assert!(acknowledged.len() as u64 > KILLS_AT_EACH, "the kills left time to write");
    let running = region.run();
    region.wait_until_equal();
    std::thread::scope(|scope| {
        for (site, running) in sites.iter().zip(&running) {
            let acknowledged = &acknowledged;
            scope.spawn(move || assert_held(site, &running.http.signed_in("officer"), acknowledged));
        }
    });
    for site in sites {
        let output = site.command(&["doctor"]).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["well"], true, "at {}: {report:#}", site.name);
    }
    assert_same_everywhere(&running, &acknowledged);
}

/// Starts, writes and kills one site again and again.
fn torment(site: &Site, mut random: Random, kills: &Mutex<u64>) -> Ledger {
    let mut ledger = Ledger::default();
    for round in 0..KILLS_AT_EACH {
        if random.one_in(EARLY_ONE_IN) {
            Running::start_and_kill_within(site, Duration::from_millis(random.below(400)));
        } else {
            let running = Running::start(site);
            let officer = running.http.signed_in("officer");
            assert_held(site, &officer, &ledger.fresh);
            if round % VERIFY_EVERY == 0 {
                assert_eq!(site.json(&["audit", "verify"])["sound"], true, "at {}", site.name);
            }
            ledger.fresh = write_until_killed(running, &officer, &mut random, round);
            ledger.all.extend(ledger.fresh.iter().cloned());
        }
        *kills.lock().unwrap() += 1;
    }
    ledger
}

/// Writes until the site no longer answers because it was killed.
fn write_until_killed(running: Running, officer: &Http, random: &mut Random, round: u64) -> Vec<Acknowledged> {
    let moment = Duration::from_micros(random.below(400_000));
    let killer = std::thread::spawn(move || {
        std::thread::sleep(moment);
        running.kill();
    });
    let mut safe = Vec::new();
    while let Some(written) = write(officer, random, round) {
        safe.push(written);
    }
    killer.join().unwrap();
    safe
}

/// Writes a record; `None` when no acknowledgement came.
fn write(officer: &Http, random: &mut Random, round: u64) -> Option<Acknowledged> {
    let surname = format!("Killstory {:08x}", random.below(1 << 32));
    let fields = json!({ "surname": surname, "forenames": "Ada", "remarks": format!("round {round}") });
    let answer = officer.post("/api/v1/records", &json!({ "kind": "person", "fields": fields })).ok()?;
    assert_eq!(answer.status, 201, "{answer:?}");
    Some(Acknowledged { id: answer.json()["id"].as_str().unwrap().to_owned(), surname })
}

/// Every one of these records can be opened and says what was written.
fn assert_held(site: &Site, officer: &Http, records: &[Acknowledged]) {
    for record in records {
        let page = officer.get(&format!("/api/v1/records/{}", record.id)).unwrap();
        assert_eq!(page.status, 200, "{} lost {} ({}): {page:?}", site.name, record.surname, record.id);
        assert_eq!(surname(&page.json()), record.surname);
    }
}

fn surname(record: &Value) -> &str {
    let field = record["fields"].as_array().unwrap().iter().find(|field| field["key"] == "surname").unwrap();
    field["values"][0]["text"].as_str().unwrap()
}

/// Some of the records, read at every site, say the same.
fn assert_same_everywhere(running: &[Running; 3], acknowledged: &[Acknowledged]) {
    let officers = running.each_ref().map(|site| site.http.signed_in("officer"));
    for record in acknowledged.iter().step_by(acknowledged.len() / 50 + 1) {
        let pages = officers.each_ref().map(|officer| {
            let page = officer.get(&format!("/api/v1/records/{}", record.id)).unwrap().json();
            (page["version"].clone(), page["fields"].clone(), page["history"].clone())
        });
        assert!(pages[0] == pages[1] && pages[1] == pages[2], "{} differs: {pages:#?}", record.surname);
    }
}
