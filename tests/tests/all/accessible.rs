//! Every page as axe-core judges it by WCAG 2.2 AA: light and dark, both writing directions, desk and telephone.
//!
//! A tour goes through the pages as people of each role meet them, failures and refusals among them. At each page axe
//! runs once in each theme; the tour is made in English and in the mirrored language of the tests. What is too wide for the
//! window is a finding as well.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;

use cairn_tests::site::{PASSWORD, sample};
use cairn_tests::{Region, Running, Site};
use serde_json::{Value, json};

use crate::browser::Browser;

/// What axe is asked for, once colours have stopped changing: the rules of WCAG up to 2.2 AA, and what its makers hold to
/// be good practice.
const ASK: &str = "const done = arguments[arguments.length - 1];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const told = (node) => node.target.join(' ') + ': ' + node.failureSummary;
    const settled = Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)));
    settled.then(() => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })).then(
        (found) => done(found.violations.flatMap((rule) => rule.nodes.map((node) => rule.id + ' at ' + told(node)))),
        (error) => done([String(error)]));";

/// A passport of the specimen state whose check digits fit.
const PASSPORT: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

/// Pages that anybody who writes records meets.
const OF_AN_OFFICER: [&str; 22] = [
    "/",
    "/check",
    "/search",
    "/search?text=astra",
    "/search?text=zzzzqqqq",
    "/records/new",
    "/records/new?kind=person",
    "/records/new?kind=organisation",
    "/records/new?kind=vehicle",
    "/records/new?kind=document",
    "/records/new?kind=phone",
    "/records/new?kind=location",
    "/records/new?kind=event",
    "/records/new?kind=report",
    "/drafts",
    "/me",
    "/go",
    "/about",
    "/sync",
    "/people",
    "/no/such/page",
    "/records/018f0000-0000-7000-8000-000000000000",
];

/// Somebody who walks through the pages with axe in hand.
struct Tour<'a> {
    browser: &'a Browser,
    axe: String,
    language: &'static str,
    found: RefCell<BTreeSet<String>>,
    seen: RefCell<BTreeSet<String>>,
}

impl<'a> Tour<'a> {
    fn new(browser: &'a Browser, language: &'static str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vendor/axe.min.js");
        let axe = std::fs::read_to_string(path).unwrap();
        Self { browser, axe, language, found: RefCell::default(), seen: RefCell::default() }
    }

    /// Judges the page that is open, in both themes.
    fn judge(&self, page: &str) {
        self.seen.borrow_mut().insert(page.to_owned());
        self.browser.script(&self.axe, Vec::new());
        for theme in ["light", "dark"] {
            self.browser.script("document.documentElement.dataset.theme = arguments[0]", vec![json!(theme)]);
            let mut findings = self.browser.script_that_takes_time(ASK).as_array().unwrap().clone();
            let beyond = "const all = document.documentElement; return all.scrollWidth - all.clientWidth";
            if let Some(pixels) = self.browser.script(beyond, Vec::new()).as_f64().filter(|pixels| *pixels > 0.0) {
                findings.push(json!(format!("{pixels} pixels are beyond the window")));
            }
            let told = findings.iter().map(|finding| format!("{page}, {theme}, {}: {finding}", self.language));
            self.found.borrow_mut().extend(told);
        }
    }

    fn go(&self, at: &Running, path: &str) {
        self.browser.go(&at.http.url(path));
        self.judge(path);
    }

    fn fill(&self, id: &str, text: &str) {
        self.browser.script("document.getElementById(arguments[0]).value = arguments[1]", vec![json!(id), json!(text)]);
    }

    /// Sends a form of the open page and judges the answer.
    fn send(&self, form: &str, page: &str) {
        self.browser.submit(form);
        self.judge(page);
    }

    fn sign_in(&self, at: &Running, user: &str) {
        self.browser.go(&at.http.url("/about"));
        let keep = "document.cookie = 'lang=' + arguments[0] + '; path=/'";
        self.browser.script(keep, vec![json!(self.language)]);
        self.go(at, "/sign-in");
        self.fill("user", user);
        self.fill("password", PASSWORD);
        self.browser.submit("main form");
    }

    /// A check, and its answer.
    fn check(&self, at: &Running, text: &str) {
        self.browser.go(&at.http.url("/check"));
        self.browser.script(&format!("document.getElementById('text').value = \"{text}\""), Vec::new());
        self.send("main form", &format!("check {text}"));
    }

    fn upload(&self, at: &Running, file: &Path) {
        self.browser.go(&at.http.url("/imports"));
        self.browser.give_file("file", file);
        self.browser.submit("main form");
    }
}

/// A region whose hub does not answer, with what a post can hold: imports with rejected rows, a marker, two values.
struct Stage {
    region: Region,
    fresh: Site,
    vehicle: String,
}

impl Stage {
    fn set() -> Self {
        let region = Region::new();
        [&region.hub, &region.alpha].iter().for_each(|site| site.add_people());
        region.alpha.import("northmark-crime");
        let runs = region.alpha.run();
        let officer = runs.http.signed_in("officer");
        let post = |body: Value| officer.post("/api/v1/records", &body).unwrap().json();
        let car = post(json!({"kind": "vehicle", "fields": {"plate": "QX77 ABC", "make_model": "Skoda"}}));
        let vehicle = car["id"].as_str().unwrap().to_owned();
        for make in ["Skoda Octavia", "Skoda Superb"] {
            let change = json!({"kind": "vehicle", "version": car["version"], "fields": {"make_model": make}});
            let changed = officer.patch(&format!("/api/v1/records/{vehicle}"), &change).unwrap();
            assert_eq!(changed.status, 200, "{changed:?}");
        }
        let marker = json!({"kind": "marker", "fields": {
            "subject": vehicle, "marker": "firearms", "reason": "Seen at night", "contact": "Duty desk, 0102",
            "requested_action": "stop"}});
        assert!(post(marker)["id"].is_string());
        drop(runs);
        Self { region, fresh: Site::init("Echo", "post"), vehicle }
    }
}

/// Goes through all pages in one language. Returns what was found.
fn all_pages(stage: &Stage, browser: &Browser, language: &'static str) -> BTreeSet<String> {
    let tour = Tour::new(browser, language);
    let alpha = stage.region.alpha.run();
    before_anybody_is_signed_in(&tour, &stage.fresh.run());
    what_an_officer_sees(&tour, &alpha, &stage.vehicle);
    what_a_supervisor_sees(&tour, &alpha);
    what_an_auditor_sees(&tour, &alpha);
    what_an_administrator_sees(&tour, &alpha, &stage.region.hub.run());
    assert!(tour.seen.borrow().len() > 50, "every page was seen: {:?}", tour.seen.borrow());
    tour.found.into_inner()
}

fn before_anybody_is_signed_in(tour: &Tour<'_>, at: &Running) {
    tour.browser.go(&at.http.url("/about"));
    tour.browser.script("document.cookie = 'lang=' + arguments[0] + '; path=/'", vec![json!(tour.language)]);
    for path in ["/first-run", "/first-run?door=join", "/about", "/no/such/page"] {
        tour.go(at, path);
    }
    tour.browser.go(&at.http.url("/first-run"));
    for (id, text) in [("code", "1"), ("user", "ada"), ("display", "A."), ("password", PASSWORD), ("again", PASSWORD)] {
        tour.fill(id, text);
    }
    tour.send("main form", "a wrong start code");
}

fn what_an_officer_sees(tour: &Tour<'_>, at: &Running, vehicle: &str) {
    tour.sign_in(at, "nobody");
    tour.judge("a wrong password");
    tour.sign_in(at, "officer");
    OF_AN_OFFICER.iter().for_each(|path| tour.go(at, path));
    ["QX77 ABC", "OH333BL", "ZZ99ZZZ", "??", PASSPORT].iter().for_each(|text| tour.check(at, text));
    for page in ["", "/edit", "/private", "?private=yes", "/link", "/link?text=astra"] {
        tour.go(at, &format!("/records/{vehicle}{page}"));
    }
    tour.go(at, &format!("/records/new?kind=marker&subject={vehicle}"));
    tour.browser.go(&at.http.url("/records/new?kind=person"));
    tour.send("main form.form", "a person without anything");
}

fn what_a_supervisor_sees(tour: &Tour<'_>, at: &Running) {
    tour.sign_in(at, "supervisor");
    tour.go(at, "/imports");
    let batch = tour.browser.attribute("th a[href*=batches]", "href");
    tour.go(at, &batch);
    let unknown = std::env::temp_dir().join(format!("cairn-unknown-{}.csv", std::process::id()));
    std::fs::write(&unknown, "Log No,When,Boat\nH-1,03/11/2024,Sea Rose\nH-2,31/02/2024,Wave\n").unwrap();
    tour.upload(at, &unknown);
    tour.judge("a file of another system");
    let columns = tour.browser.attribute("a[href$=columns]", "href");
    tour.browser.script("document.querySelector('#mapping').value = 'northmark-crime'", Vec::new());
    tour.browser.submit("main form[action$=run]");
    tour.browser.attribute(".notice-grave", "role");
    tour.judge("a file that the mapping does not fit");
    tour.go(at, &columns);
    std::fs::remove_file(&unknown).unwrap();
    tour.upload(at, &sample("northmark-crime"));
    tour.judge("a file of a known system");
    tour.browser.submit("main form[action$=run]");
    tour.browser.text_of(".counts");
    tour.judge("a file that was checked");
    tour.go(at, "/sync/sticks");
    let no_stick = std::env::temp_dir().join(format!("cairn-no-stick-{}.age", std::process::id()));
    std::fs::write(&no_stick, "nothing of the kind").unwrap();
    tour.browser.give_file("file", &no_stick);
    tour.send("main form[action$=read]", "a stick that is none");
    std::fs::remove_file(&no_stick).unwrap();
}

fn what_an_auditor_sees(tour: &Tour<'_>, at: &Running) {
    tour.sign_in(at, "auditor");
    tour.go(at, "/audit");
    tour.send("main form[action='/audit/verify']", "the audit, verified");
}

fn what_an_administrator_sees(tour: &Tour<'_>, post: &Running, hub: &Running) {
    tour.sign_in(post, "administrator");
    ["/", "/people", "/people/officer", "/sync", "/sync/join", "/sync/sticks"]
        .iter()
        .for_each(|path| tour.go(post, path));
    tour.sign_in(hub, "administrator");
    ["/sync", "/sync/invite", "/sync/join"].iter().for_each(|path| tour.go(hub, path));
    tour.browser.go(&hub.http.url("/sync/invite"));
    tour.send("main form", "an invitation");
}

#[track_caller]
fn none(found: &BTreeSet<String>) {
    let all: Vec<&str> = found.iter().map(String::as_str).collect();
    assert!(all.is_empty(), "axe found:\n{}", all.join("\n"));
}

#[test]
fn every_page_at_a_desk_is_accessible_in_both_directions() {
    let (stage, browser) = (Stage::set(), Browser::of_width(1_280));
    none(&all_pages(&stage, &browser, "en"));
    none(&all_pages(&stage, &browser, "ar-XB"));
}

#[test]
fn every_page_on_a_telephone_is_accessible_in_both_directions() {
    let (stage, browser) = (Stage::set(), Browser::of_width(390));
    none(&all_pages(&stage, &browser, "en"));
    none(&all_pages(&stage, &browser, "ar-XB"));
}

#[test]
fn axe_is_what_its_package_ships() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vendor");
    let manifest: toml::Table =
        toml::from_str(&std::fs::read_to_string(folder.join("VENDORED.toml")).unwrap()).unwrap();
    for file in manifest["file"].as_array().unwrap() {
        let bytes = std::fs::read(folder.join(file["path"].as_str().unwrap())).unwrap();
        assert_eq!(blake3::hash(&bytes).to_hex().as_str(), file["blake3"].as_str().unwrap(), "{}", file["path"]);
    }
}
