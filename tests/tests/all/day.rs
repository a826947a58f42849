//! A whole day: a post that is cut off imports, checks and warns; the link comes back and the others see it; two posts
//! change the same field while apart and a person decides; an inspector reads who did what; the import is taken back.

use cairn_tests::site::{PASSWORD, sample};
use cairn_tests::{Region, Running};

use crate::browser::Browser;

/// The first row of `northmark-crime.csv`: a green Opel Astra.
const PLATE: &str = "OH3338L";

/// Somebody in front of the browser at one site.
struct At<'a> {
    browser: &'a Browser,
    site: &'a Running,
}

impl At<'_> {
    fn go(&self, path: &str) {
        self.browser.go(&self.site.http.url(path));
    }

    /// Signs in, does something, signs out.
    fn as_person(&self, user: &str, what: impl FnOnce(&Self)) {
        self.go("/sign-in");
        self.browser.fill("user", user);
        self.browser.fill("password", PASSWORD);
        self.browser.press("Sign in");
        self.browser.sees(&["Sign out"]);
        what(self);
        self.browser.press_in_frame("Sign out");
        self.browser.sees(&["You are signed out."]);
    }

    fn set_links(&self, button: &str, words: &str) {
        self.as_person("administrator", |at| {
            at.go("/sync");
            at.browser.press_in_frame(button);
            at.browser.sees(&[words]);
        });
    }

    fn cut_links(&self) {
        self.set_links("Cut the link", "The links of this machine are cut.");
    }

    fn restore_links(&self) {
        self.set_links("Restore the link", "The links of this machine are restored.");
    }

    /// Checks a text and returns what the page answers.
    fn check(&self, text: &str, words: &[&str]) -> String {
        self.go("/check");
        self.browser.fill("text", text);
        self.browser.press("Check");
        self.browser.sees(words)
    }

    /// Opens the first hit of a check and returns the record's id.
    fn open_hit(&self) -> String {
        self.browser.press("Open the record");
        self.browser.sees(&["What is held"]);
        let address = self.browser.address();
        address.rsplit('/').next().unwrap().to_owned()
    }

    /// Writes another make and model into a record.
    fn change_make(&self, record: &str, make: &str) {
        self.go(&format!("/records/{record}/edit"));
        self.browser.fill("make_model", make);
        self.browser.press("Save");
        self.browser.sees(&["Saved on this machine."]);
    }
}

#[test]
fn the_whole_day() {
    let region = Region::new();
    [&region.hub, &region.alpha, &region.bravo].iter().for_each(|site| site.add_people());
    let running = region.run();
    region.wait_until_equal();
    let browser = Browser::open();
    let [hub, alpha, bravo] = running.each_ref().map(|site| At { browser: &browser, site });

    alpha.cut_links();
    alpha.as_person("supervisor", import_the_export);
    let vehicle = alpha_checks_and_marks(&alpha);
    hub.as_person("officer", |at| drop(at.check(PLATE, &["Nothing held"])));

    alpha.restore_links();
    region.wait_until_equal();
    for site in [&hub, &bravo] {
        site.as_person("officer", |at| {
            let page = at.check(PLATE, &["Hit", "Vehicle", "Stop", "Seen at the crossing at night", "Duty desk, 0102"]);
            assert!(page.contains("brought in at Alpha"), "whose record it is stays in sight:\n{page}");
        });
    }

    both_posts_change_the_make(&alpha, &bravo, &vehicle);
    region.wait_until_equal();
    bravo_settles(&bravo, &vehicle);
    region.wait_until_equal();
    for site in [&alpha, &hub] {
        site.as_person("officer", |at| settled(at, &vehicle));
    }

    alpha.as_person("auditor", read_the_audit);
    alpha.as_person("supervisor", undo_the_import);
    region.wait_until_equal();
    hub.as_person("officer", |at| drop(at.check("JP 06RVV", &["Nothing held"])));
}

fn import_the_export(at: &At<'_>) {
    at.go("/imports");
    at.browser.give_file("file", &sample("northmark-crime"));
    at.browser.press("Look at the file");
    at.browser.sees(&["How is this file read?", "northmark-crime"]);
    at.browser.press("Check the file");
    let tried = at.browser.sees(&["Checked; nothing is written yet", "Would be imported", "Rejected rows"]);
    assert!(broken_lines().iter().all(|line| says_line(&tried, *line)), "{:?} in\n{tried}", broken_lines());
    at.browser.press_starting("Import ");
    let done = at.browser.sees(&["are saved on this machine", "Rejected rows"]);
    assert!(broken_lines().iter().all(|line| says_line(&done, *line)), "{:?} in\n{done}", broken_lines());
}

/// Lines of the sample that have too few columns.
fn broken_lines() -> Vec<usize> {
    let text = std::fs::read_to_string(sample("northmark-crime")).unwrap();
    let short = text.lines().enumerate().skip(1).filter(|(_, line)| line.split(',').count() < 12);
    let lines: Vec<usize> = short.map(|(index, _)| index + 1).collect();
    assert!(!lines.is_empty());
    lines
}

fn says_line(page: &str, line: usize) -> bool {
    page.split_whitespace().any(|word| word == line.to_string())
}

/// Returns the vehicle's record.
fn alpha_checks_and_marks(alpha: &At<'_>) -> String {
    let mut vehicle = String::new();
    alpha.as_person("officer", |at| {
        let page = at.check(PLATE, &["Hit", "How fresh this is"]);
        assert!(page.contains("brought in at Alpha") && page.contains("NOCR00000"), "whose record it is:\n{page}");
        assert!(page.contains("Last changed") && page.contains("This machine, up to now"), "how old it is:\n{page}");
        vehicle = at.open_hit();
        at.browser.press("Set a marker");
        at.browser.choose("marker", "Firearms");
        at.browser.fill("reason", "Seen at the crossing at night");
        at.browser.choose("requested_action", "Stop");
        at.browser.fill("contact", "Duty desk, 0102");
        at.browser.press("Save");
        at.browser.sees(&["The marker is set.", "Seen at the crossing at night"]);
    });
    vehicle
}

fn both_posts_change_the_make(alpha: &At<'_>, bravo: &At<'_>, vehicle: &str) {
    alpha.cut_links();
    alpha.as_person("officer", |at| at.change_make(vehicle, "Opel Astra Estate"));
    bravo.as_person("officer", |at| at.change_make(vehicle, "Opel Astra Van"));
    alpha.restore_links();
}

fn bravo_settles(bravo: &At<'_>, vehicle: &str) {
    bravo.as_person("officer", |at| {
        at.go("/");
        at.browser.sees(&["Two values wait for a decision"]);
        at.go(&format!("/records/{vehicle}"));
        let page = at.browser.sees(&["two values wait for a decision", "Opel Astra Estate", "Opel Astra Van"]);
        assert!(page.contains("officer at Alpha") && page.contains("officer at Bravo"), "who wrote which:\n{page}");
        at.browser.pick("Opel Astra Estate");
        at.browser.press("Let this hold");
        at.browser.sees(&["Settled. The decision is part of the record’s history."]);
        settled(at, vehicle);
    });
}

fn settled(at: &At<'_>, vehicle: &str) {
    at.go(&format!("/records/{vehicle}"));
    let page = at.browser.sees(&["Opel Astra Estate", "Settled two values", "officer at Bravo"]);
    assert!(!page.contains("wait for a decision"), "{page}");
}

fn read_the_audit(at: &At<'_>) {
    at.go("/audit");
    let page = at.browser.sees(&["Who did what.", "Import", "Check", "Recorded", "Changed", "Signed in"]);
    assert!(page.contains(PLATE), "the audit says what was checked:\n{page}");
    at.browser.press("Verify the audit");
    at.browser.sees(&["audit", "Entries"]);
    let verdict = at.browser.attribute(".notice", "class");
    assert!(verdict.contains("notice-well"), "{verdict}: {}", at.browser.text());
}

fn undo_the_import(at: &At<'_>) {
    at.go("/imports");
    at.browser.press("northmark-crime.csv");
    at.browser.press("Undo this import");
    at.browser.sees(&["The import was undone: its records are withdrawn, their history stays."]);
}
