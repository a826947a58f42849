//! The screens by themselves: the first minutes of a new post, a form that is interrupted, hands that stay on the keys, and a
//! browser whose scripts are switched off.

use cairn_tests::site::{PASSWORD, sample};
use cairn_tests::{Running, Site};

use crate::browser::Browser;

fn sign_in(browser: &Browser, at: &Running, user: &str) {
    browser.go(&at.http.url("/sign-in"));
    browser.fill("user", user);
    browser.fill("password", PASSWORD);
    browser.press("Sign in");
    browser.sees(&["Sign out"]);
}

/// The first person adds themselves with the code that the machine showed when it was started.
fn first_person(browser: &Browser, at: &Running, user: &str) {
    browser.go(&at.http.url("/"));
    browser.sees(&["The first person"]);
    browser.fill("code", &at.setup_code());
    browser.fill("user", user);
    browser.fill("display", "B. Okafor");
    browser.fill("password", PASSWORD);
    browser.fill("again", PASSWORD);
    browser.press("Add and sign in");
    browser.sees(&["You are the first person here, and its administrator."]);
}

#[test]
fn a_new_agency_begins_and_a_new_post_joins_it_through_the_pages() {
    let (hub, post) = (Site::init("Hub", "hub"), Site::init("Delta", "post"));
    let (hub_runs, post_runs) = (hub.run(), post.run());
    let browser = Browser::open();

    first_person(&browser, &hub_runs, "ada");
    browser.go(&hub_runs.http.url("/sync/invite"));
    browser.press("Make a code");
    browser.sees(&["It is good once"]);
    let code = browser.text_of("#invite-code");

    first_person(&browser, &post_runs, "bela");
    browser.press("Join a hub");
    browser.fill("code", &code);
    browser.fill("address", &format!("127.0.0.1:{}", hub.listen));
    browser.press("Join");
    browser.sees(&["This post has joined."]);
    browser.sees(&["The hub has everything."]);
    let peers = post.json(&["sync"])["peers"].clone();
    assert_eq!(peers[0]["site"], "Hub", "{peers}");
}

#[test]
fn a_form_that_was_interrupted_is_offered_again_to_its_writer_alone() {
    let post = Site::init("Delta", "post");
    post.add_people();
    let runs = post.run();
    let browser = Browser::open();
    sign_in(&browser, &runs, "officer");
    browser.go(&runs.http.url("/records/new?kind=person"));
    browser.fill("surname", "Fairf");
    browser.sees(&["Draft kept at"]);

    // The machine is restarted: sessions end, and what was begun is still there.
    drop(runs);
    let runs = post.run();
    sign_in(&browser, &runs, "supervisor");
    browser.go(&runs.http.url("/records/new?kind=person"));
    let others = browser.sees(&["New record: Person"]);
    assert!(!others.contains("unsaved draft"), "nobody else sees it:\n{others}");
    browser.press_in_frame("Sign out");
    browser.sees(&["You are signed out."]);

    sign_in(&browser, &runs, "officer");
    browser.sees(&["New record: Person: Fairf"]);
    browser.go(&runs.http.url("/records/new?kind=person"));
    browser.sees(&["You have an unsaved draft of this form from"]);
    browser.press("Go on with it");
    browser.sees(&["This is your draft."]);
    assert_eq!(browser.property("#surname", "value"), "Fairf");
    browser.fill("surname", "Fairfax");
    browser.press("Save");
    browser.sees(&["Recorded on this machine.", "Fairfax"]);
    browser.go(&runs.http.url("/drafts"));
    browser.sees(&["You have no drafts."]);
}

#[test]
fn a_person_who_stays_on_the_keys_gets_everywhere_and_can_switch_single_keys_off() {
    let post = Site::init("Delta", "post");
    post.add_people();
    let runs = post.run();
    let browser = Browser::open();
    sign_in(&browser, &runs, "officer");
    browser.keys("?");
    browser.sees(&["Go to a page, a record or a check"]);
    browser.keys("\u{e00c}");
    browser.keys("\u{e009}k\u{e000}");
    browser.sees(&["Arrow keys choose", "New record: Vehicle"]);
    browser.keys("new vehicle\u{e015}\u{e007}");
    browser.sees(&["New record: Vehicle", "Keep as draft"]);
    browser.keys("\u{e009}k\u{e000}");
    browser.sees(&["Arrow keys choose"]);
    browser.keys("ZZ99ZZZ\u{e007}");
    browser.sees(&["Nothing held"]);

    browser.go(&runs.http.url("/me"));
    browser.pick("Off");
    browser.press("Keep");
    browser.sees(&["Kept for this browser."]);
    browser.keys("c");
    browser.keys("\u{e009}k\u{e000}");
    browser.sees(&["Arrow keys choose"]);
    assert!(browser.address().contains("/me"), "a single letter does nothing now: {}", browser.address());
}

#[test]
fn with_scripts_switched_off_everything_still_works() {
    let post = Site::init("Delta", "post");
    post.add_people();
    let runs = post.run();
    let browser = Browser::without_scripts();
    sign_in(&browser, &runs, "supervisor");
    browser.go(&runs.http.url("/imports"));
    browser.give_file("file", &sample("northmark-crime"));
    browser.press("Look at the file");
    browser.press("Check the file");
    browser.reload_until(&["Checked; nothing is written yet", "Rejected rows"]);
    browser.press_starting("Import ");
    browser.reload_until(&["are saved on this machine"]);

    browser.go(&runs.http.url("/check"));
    browser.fill("text", "OH3338L");
    browser.press("Check");
    browser.sees(&["Hit", "Vehicle"]);
    browser.go(&runs.http.url("/search?text=astra"));
    browser.sees(&["record", "Opel Astra"]);
    browser.press_in_frame("Go to …");
    browser.sees(&["New record: Person"]);
    browser.press("New record: Person");
    browser.fill("surname", "Half writ");
    browser.press("Keep as draft");
    browser.sees(&["Kept as a draft on this machine.", "Half writ"]);

    browser.go(&runs.http.url("/imports"));
    browser.press("northmark-crime.csv");
    browser.press("Undo this import");
    browser.sees(&["The import was undone: its records are withdrawn, their history stays."]);
    browser.go(&runs.http.url("/check"));
    browser.fill("text", "OH3338L");
    browser.press("Check");
    browser.sees(&["Nothing held"]);
}
