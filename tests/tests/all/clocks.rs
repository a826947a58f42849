//! Clocks that lie: a post in 1970 and one in 2050 work and sync, nothing is lost, nobody else's time follows them, and both
//! sides say on the page what is wrong, what it means and what to do.

use std::time::{SystemTime, UNIX_EPOCH};

use cairn_tests::http::Http;
use cairn_tests::{Region, Running, Site, eventually};
use serde_json::{Value, json};

/// The plate of the first row of `northmark-crime.csv`.
const PLATE: &str = "OH3338L";
const DAY_MS: i64 = 86_400_000;
const YEAR_2050_MS: i64 = 2_524_608_000_000;

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

fn notices(site: &Site) -> Vec<Value> {
    site.json(&["status"])["sync"]["notices"].as_array().unwrap().clone()
}

fn notice(site: &Site, kind: &str) -> Option<Value> {
    notices(site).into_iter().find(|notice| notice["kind"] == kind)
}

/// What the home page and the sync page say; the text of both.
fn pages(site: &Site, running: &Running) -> String {
    let replica = site.json(&["status"])["replica"].as_str().unwrap().to_owned();
    let person = running.http.signed_in("supervisor");
    ["/", "/sync"].map(|path| person.page(&replica, path)).concat()
}

fn save(person: &Http, surname: &str) -> Value {
    let record = json!({ "kind": "person", "fields": { "surname": surname, "forenames": "Ada" } });
    let saved = person.post("/api/v1/records", &record).unwrap();
    assert_eq!(saved.status, 201, "{saved:?}");
    let id = saved.json()["id"].as_str().unwrap().to_owned();
    person.get(&format!("/api/v1/records/{id}")).unwrap().json()
}

/// By how much the time that a record bears is off.
fn off_ms(record: &Value) -> u64 {
    record["changed_ms"].as_i64().unwrap_or_else(|| panic!("{record:#}")).abs_diff(now_ms())
}

#[test]
fn posts_in_1970_and_2050_lose_nothing_and_both_sides_say_what_is_wrong() {
    let region = Region::new();
    let Region { hub, alpha, bravo } = &region;
    [hub, alpha, bravo].iter().for_each(|site| site.add_person("supervisor"));
    alpha.set_clock_ahead(DAY_MS - now_ms());
    bravo.set_clock_ahead(YEAR_2050_MS - now_ms());
    let running = region.run();
    alpha.import("northmark-crime");
    let late = save(&running[2].http.signed_in("supervisor"), "Fiftyford");
    assert!(off_ms(&late) < 600_000, "a clock that leaps by years is not followed: {late:#}");
    region.wait_until_equal();
    for site in [hub, bravo] {
        assert_eq!(site.json(&["check", PLATE])["verdict"], "hit", "at {}", site.name);
    }

    for (site, running, shown) in [(alpha, &running[1], "2 January 1970"), (bravo, &running[2], "1 January 2050")] {
        let said = notice(site, "clock_here").unwrap_or_else(|| panic!("{}: {:#?}", site.name, notices(site)));
        assert!(said["words"].as_str().unwrap().contains("This machine's clock is wrong: it shows"), "{said:#}");
        let pages = pages(site, running);
        assert!(pages.contains(&format!("This machine’s clock is wrong: it shows {shown}")), "{}: {pages}", site.name);
        for words in ["Nothing is lost, and changes keep their order.", "Set the date and the time of this machine."] {
            assert_eq!(pages.matches(words).count(), 2, "home and sync page: {words}");
        }
        let person = running.http.signed_in("supervisor");
        let replica = site.json(&["status"])["replica"].as_str().unwrap().to_owned();
        assert!(
            person.page(&replica, "/check").contains("<strong>This machine’s clock is wrong.</strong>"),
            "the footer"
        );
    }
    let at_hub = pages(hub, &running[0]);
    for (site, shown) in [("Alpha", "2 January 1970"), ("Bravo", "1 January 2050")] {
        assert!(at_hub.contains(&format!("The clock of {site} is wrong: it shows {shown}")), "{at_hub}");
        assert!(at_hub.contains(&format!("Ask somebody at {site} to set the date and the time of that machine.")));
    }
    assert!(notice(hub, "clock_here").is_none(), "two that lie do not make the hub doubt itself");
    let record = save(&running[0].http.signed_in("supervisor"), "Hubford");
    assert!(off_ms(&record) < 60_000, "nobody is taken along: {record:#}");
    drop(running);

    alpha.set_clock_ahead(0);
    bravo.set_clock_ahead(0);
    let running = region.run();
    for running in &running {
        let record = save(&running.http.signed_in("supervisor"), "Rightly");
        assert!(off_ms(&record) < 60_000, "once the clock is right, so are dates: {record:#}");
    }
    region.wait_until_equal();
    let quiet = || [hub, alpha, bravo].iter().all(|site| notices(site).is_empty()).then_some(());
    eventually("nobody to complain any more", quiet);
    for site in [hub, alpha, bravo] {
        assert_eq!(site.json(&["audit", "verify"])["sound"], true);
    }
}

#[test]
fn a_post_that_began_in_1970_joins_and_goes_by_its_clock_once_that_is_set() {
    let hub = Site::init("Hub", "hub");
    let post = Site::init_with_clock("Delta", "post", DAY_MS - now_ms());
    post.add_person("supervisor");
    post.import("northmark-crime");
    let hub_runs = hub.run();
    let file = hub.desk().join("delta.json");
    let invitation = hub.json(&["enrol", "invite", "--out", file.to_str().unwrap()]);
    let code = invitation["code"].as_str().unwrap();
    post.json(&["enrol", "join", "--code", code, "--hub", &format!("127.0.0.1:{}", hub.listen)]);
    let said = notice(&post, "clock_here").unwrap();
    assert!(said["words"].as_str().unwrap().contains("bears the date 1970-01-0"), "{said:#}");
    post.json(&["sync", "--now"]);
    assert_eq!(hub.json(&["check", PLATE])["verdict"], "hit");
    assert!(notice(&hub, "clock_there").is_some());

    post.set_clock_ahead(0);
    let runs = post.run();
    assert!(off_ms(&save(&runs.http.signed_in("supervisor"), "Rightly")) < 60_000);
    eventually("the hub to hear that the clock was set", || notices(&hub).is_empty().then_some(()));
    drop((runs, hub_runs));
}

#[test]
fn two_clocks_an_hour_apart_are_named_without_saying_which_is_wrong() {
    let region = Region::new();
    let Region { hub, alpha, .. } = &region;
    alpha.set_clock_ahead(3_600_000);
    let running = hub.run();
    alpha.json(&["sync", "--now"]);
    for (site, other) in [(hub, "Alpha"), (alpha, "Hub")] {
        let said = notice(site, "clocks_differ").unwrap_or_else(|| panic!("{}: {:#?}", site.name, notices(site)));
        assert_eq!(said["site"], other);
        assert!(
            said["words"].as_str().unwrap().contains("minutes apart, and it is not known which is wrong"),
            "{said:#}"
        );
    }
    drop(running);
}
