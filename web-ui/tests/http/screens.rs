//! The screens as a browser without scripts meets them: forms sent, redirects followed, over a real casebook.

use axum::body::Body;
use axum::http::{StatusCode, header};
use cairn_casebook::Role;
use cairn_web_ui::session::Opened;

use crate::common::{Answer, Post, request};

/// A browser without scripts.
struct Browser<'a> {
    post: &'a Post,
    session: Opened,
}

impl<'a> Browser<'a> {
    fn of(post: &'a Post, role: Role) -> Self {
        Self { post, session: post.session(role) }
    }

    fn asked(&self, method: &str, path: &str) -> axum::http::request::Builder {
        request(method, path)
            .header(header::COOKIE, format!("{}={}", self.post.state.cookie, self.session.token))
            .header("sec-fetch-site", "same-origin")
    }

    async fn get(&self, path: &str) -> String {
        let answer = self.post.send(self.asked("GET", path).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
    }

    /// Sends a form.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let pairs = fields.iter().map(|(name, value)| format!("&{name}={}", encoded(value)));
        let body = format!("csrf={}{}", self.session.csrf, pairs.collect::<String>());
        let asked = self.asked("POST", path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.post.send(asked.body(Body::from(body)).unwrap()).await
    }

    /// Sends a form that is carried out, and opens the page that it leads to.
    async fn done(&self, path: &str, fields: &[(&str, &str)]) -> (String, String) {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text);
        let target = answer.header("location").to_string();
        (self.get(&target).await, target)
    }

    async fn upload(&self, path: &str, name: &str, text: &str) -> Answer {
        let field = |name: &str, more: &str, value: &str| {
            format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
        };
        let body = field("csrf", "", &self.session.csrf) + &field("file", &format!("; filename=\"{name}\""), text) + "--edge--\r\n";
        let asked = self.asked("POST", path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        self.post.send(asked.body(Body::from(body)).unwrap()).await
    }

    /// A new car; returns the address of its page.
    async fn car(&self) -> String {
        let (page, target) = self.done("/records", &[("kind", "vehicle"), ("plate", "ZX 9911 Q"), ("colour", "white")]).await;
        assert!(page.contains("Recorded on this machine"), "{page}");
        target.split_once('?').unwrap().0.to_string()
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (value, _) = page.split_once(&start).unwrap().1.split_once('"').unwrap();
    value.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")
}

#[tokio::test]
async fn an_officer_records_marks_and_checks() {
    let post = Post::new();
    let officer = Browser::of(&post, Role::Officer);
    let form = officer.get("/records/new?kind=vehicle").await;
    assert!(form.contains("name=\"plate\"") && form.contains("name=\"status_date.year\""));
    let car = officer.car().await;
    let id = car.rsplit('/').next().unwrap();
    let marker = [
        ("kind", "marker"),
        ("subject", id),
        ("marker", "firearms"),
        ("reason", "Seen with <b>a rifle</b>"),
        ("contact", "Duty desk 117"),
        ("review_by.year", "2025"),
        ("review_by.month", "6"),
        ("review_by.day", "9"),
    ];
    let (page, target) = officer.done("/records", &marker).await;
    assert!(target.starts_with(&car) && page.contains("The marker is set"), "{target}");
    let hit = officer.post("/check", &[("text", "zx9911q")]).await;
    assert!(hit.text.contains("data-verdict=\"hit\"") && hit.text.contains("Duty desk 117"), "{}", hit.text);
    assert!(hit.text.contains("Seen with &#60;b&#62;a rifle") && hit.text.contains("review by 9 June 2025"));
    let none = officer.post("/check", &[("text", "AA 11 AA")]).await;
    assert!(none.text.contains("data-verdict=\"nothing_held\"") && none.text.contains("How fresh this is"));
    assert!(officer.get("/search?text=zx9911q").await.contains("ZX 9911 Q"));
    assert!(officer.get("/").await.contains("Seen with"), "the review that is due is on the task list");
}

#[tokio::test]
async fn a_discreet_marker_stays_off_every_screen_until_it_is_asked_for() {
    let post = Post::new();
    let officer = Browser::of(&post, Role::Officer);
    let car = officer.car().await;
    let id = car.rsplit('/').next().unwrap();
    let marker = [("kind", "marker"), ("subject", id), ("marker", "firearms"), ("reason", "Quietly, for Harrow"), ("discreet", "yes")];
    officer.done("/records", &marker).await;
    for page in [
        officer.post("/check", &[("text", "zx9911q")]).await.text,
        officer.get(&car).await,
        officer.get("/").await,
        officer.get("/search?text=Harrow").await,
        officer.get("/search?text=zx9911q").await,
        officer.get(&format!("{car}/private")).await,
    ] {
        assert!(!page.contains("Quietly"), "{page}");
    }
    let private = officer.get(&format!("{car}?private=yes")).await;
    assert!(private.contains("Quietly, for Harrow"));
    let (_, own) = private.split_once("open the marker").map(|(before, rest)| (rest, before.rsplit_once("href=\"").unwrap().1)).unwrap();
    let own = own.split_once('"').unwrap().0;
    let asked = post.send(officer.asked("GET", own).body(Body::empty()).unwrap()).await;
    assert_eq!((asked.status, asked.header("location")), (StatusCode::SEE_OTHER, format!("{own}/private").as_str()));
}

#[tokio::test]
async fn a_change_says_only_what_was_changed_and_a_refused_form_keeps_what_was_typed() {
    let post = Post::new();
    let officer = Browser::of(&post, Role::Officer);
    let car = officer.car().await;
    let form = officer.get(&format!("{car}/edit")).await;
    let (version, base) = (hidden(&form, "version"), hidden(&form, "base"));
    let known = [("kind", "vehicle"), ("version", version.as_str()), ("base", base.as_str())];
    let sent = |more: &[(&'static str, &'static str)]| [&known[..], more].concat();
    let wrong = officer.post(&car, &sent(&[("plate", "ZX 9911 Q"), ("colour", "white"), ("year", "soon")])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("error-summary") && wrong.text.contains("href=\"#year\"") && wrong.text.contains("value=\"soon\""));
    let (page, _) = officer.done(&car, &sent(&[("plate", "ZX 9911 Q"), ("colour", "white"), ("year", "2019")])).await;
    assert!(page.contains("Saved on this machine"), "{page}");
    let step = page.split_once("<ol class=\"timeline\"").unwrap().1.split_once("</li>").unwrap().0;
    assert!(step.contains("2019") && !step.contains("Plate") && !step.contains("Colour"), "{step}");
    let (page, _) = officer.done(&car, &sent(&[("plate", "ZX 9911 Q"), ("colour", "white")])).await;
    assert!(page.contains("nothing was saved"), "{page}");
}

#[tokio::test]
async fn two_people_who_change_one_field_both_keep_their_value_until_one_decides() {
    let post = Post::new();
    let (officer, analyst) = (Browser::of(&post, Role::Officer), Browser::of(&post, Role::Analyst));
    let car = officer.car().await;
    let form = officer.get(&format!("{car}/edit")).await;
    let (version, base) = (hidden(&form, "version"), hidden(&form, "base"));
    let sent = |colour| [("kind", "vehicle"), ("version", version.as_str()), ("base", base.as_str()), ("plate", "ZX 9911 Q"), ("colour", colour)];
    officer.done(&car, &sent("grey")).await;
    let (page, _) = analyst.done(&car, &sent("silver")).await;
    assert!(page.contains("both values are kept"), "{page}");
    assert!(page.contains("Colour: two values wait for a decision") && page.contains("The officer, Post Delta"), "{page}");
    assert!(officer.get("/").await.contains("Two values wait for a decision"));
    assert!(officer.get(&format!("{car}/edit")).await.contains("Settle them on the page of the record"));
    let settle = [("kind", "vehicle"), ("field", "colour"), ("version", &hidden(&page, "version")), ("value", "\"grey\"")];
    let (page, _) = officer.done(&format!("{car}/settle"), &settle).await;
    assert!(page.contains("Settled.") && page.contains("Settled two values") && !page.contains("wait for a decision"), "{page}");
    let nothing = officer.post(&format!("{car}/settle"), &[("kind", "vehicle"), ("field", "colour")]).await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn two_records_are_linked_by_finding_the_other_and_saying_how() {
    let post = Post::new();
    let officer = Browser::of(&post, Role::Officer);
    let car = officer.car().await;
    let (_, person) = officer.done("/records", &[("kind", "person"), ("surname", "Fairfax"), ("forenames", "William")]).await;
    let (car_id, person_id) = (car.rsplit('/').next().unwrap(), person.split('?').next().unwrap().rsplit('/').next().unwrap());
    let found = officer.get(&format!("{car}/link?text=fairfax")).await;
    assert!(found.contains(&format!("kind=link&amp;from={car_id}&amp;to={person_id}")), "{found}");
    let form = officer.get(&format!("/records/new?kind=link&from={car_id}&to={person_id}")).await;
    assert!(form.contains("Fairfax") && form.contains("ZX 9911 Q"), "both ends are named");
    let link = [("kind", "link"), ("from", car_id), ("to", person_id), ("relation", "related")];
    let (page, target) = officer.done("/records", &link).await;
    assert!(target.starts_with(&car) && page.contains("Fairfax"), "{page}");
}

const HARBOUR: &str = "Log No,Date,Who,Plate\nH-1,03.11.2024,Okonkwo,BX 117 K\nH-2,31.02.2024,Visser,CC 22 DD\nH-3,05.11.2024,Marsh,ZZ 1 A\n";

#[tokio::test]
async fn a_file_of_an_unknown_system_is_mapped_checked_applied_and_undone() {
    let post = Post::new();
    let analyst = Browser::of(&post, Role::Analyst);
    let sent = analyst.upload("/imports", "harbour.csv", HARBOUR).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    let file = sent.header("location").to_string();
    assert!(analyst.get(&file).await.contains("BX 117 K"), "the first rows are shown");
    let choices = [
        ("mapping", "harbour-log"),
        ("agency", "Harbour Police"),
        ("reference", "Log No"),
        ("encoding", "utf-8"),
        ("separator", ","),
        ("field-1", "event.occurred"),
        ("field-2", "person.surname"),
        ("field-3", "vehicle.plate"),
    ];
    let columns = format!("{file}/columns");
    let undated = analyst.post(&columns, &choices).await;
    assert_eq!(undated.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(undated.text.contains("error-summary") && undated.text.contains("value=\"event.occurred\" selected"), "{}", undated.text);
    let (page, target) = analyst.done(&columns, &[&choices[..], &[("date-1", "dd.mm.yyyy")]].concat()).await;
    assert!(target.ends_with("?mapping=harbour-log") && page.contains("value=\"harbour-log\" selected"), "{target}");

    let tried = run(&analyst, &file, &[("mapping", "harbour-log")]).await;
    assert!(tried.contains("Checked; nothing is written yet") && tried.contains("31.02.2024"), "{tried}");
    assert!(analyst.get("/imports").await.contains("Nothing has been imported"));
    let rejected = analyst.get(&format!("{file}/rejected.csv")).await;
    assert!(rejected.lines().count() == 2 && rejected.contains("\"H-2,31.02.2024,Visser,CC 22 DD\""), "{rejected}");

    let applied = run(&analyst, &file, &[("mapping", "harbour-log"), ("apply", "yes")]).await;
    assert!(applied.contains("2 rows were imported"), "{applied}");
    let list = analyst.get("/imports").await;
    let batch = list.split_once("/imports/batches/").unwrap().1.split_once('"').unwrap().0.to_string();
    assert!(analyst.post("/check", &[("text", "BX117K")]).await.text.contains("Harbour Police"));
    let (page, _) = analyst.done(&format!("/imports/batches/{batch}/undo"), &[]).await;
    assert!(page.contains("The import was undone"), "{page}");
    assert!(analyst.post("/check", &[("text", "BX117K")]).await.text.contains("data-verdict=\"nothing_held\""));
    assert_eq!(analyst.upload("/imports", "", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

/// Starts a run and asks until it has come to its end.
async fn run(browser: &Browser<'_>, file: &str, fields: &[(&str, &str)]) -> String {
    let (mut page, target) = browser.done(&format!("{file}/run"), fields).await;
    while page.contains("<progress") {
        tokio::task::yield_now().await;
        page = browser.get(&target).await;
    }
    page
}

#[tokio::test]
async fn an_administrator_adds_changes_and_switches_off() {
    let post = Post::new();
    let administrator = Browser::of(&post, Role::Administrator);
    let new = [("user", "n.new"), ("display", "Officer N. New"), ("role", "officer"), ("password", "three quiet words")];
    let differs = administrator.post("/people", &[&new[..], &[("again", "other words than those")]].concat()).await;
    assert_eq!(differs.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(differs.text.contains("The two passwords are not the same") && !differs.text.contains("three quiet words"));
    let (page, _) = administrator.done("/people", &[&new[..], &[("again", "three quiet words")]].concat()).await;
    assert!(page.contains("Officer N. New"), "{page}");
    let (page, _) = administrator.done("/people/n.new", &[("role", "analyst"), ("disabled", "yes")]).await;
    assert!(page.contains("Switched off"), "{page}");
    let last = administrator.post("/people/administrator", &[("role", "officer"), ("disabled", "no")]).await;
    assert_eq!(last.status, StatusCode::UNPROCESSABLE_ENTITY, "the last administrator stays: {}", last.text);
}

#[tokio::test]
async fn links_are_cut_and_restored_from_any_page_of_a_demonstration_and_lead_back_to_it() {
    let post = Post::new();
    let officer = Browser::of(&post, Role::Officer);
    let (page, target) = officer.done("/sync/cut", &[("back", "/search?text=x")]).await;
    assert!(target.starts_with("/search?text=x&done=cut") && page.contains("Restore the link"), "{target}");
    // The page that answers a form has no address of its own: from there the way leads home.
    let refused = officer.post("/records", &[("kind", "organisation")]).await;
    assert!(refused.text.contains("name=\"back\" value=\"/\""), "{}", refused.text);
    let (page, _) = officer.done("/sync/restore", &[("back", "//elsewhere.example")]).await;
    assert!(page.contains("Cut the link"), "{page}");
}

#[tokio::test]
async fn how_pages_look_is_kept_in_the_browser_and_languages_go_both_ways() {
    let post = Post::new();
    let kept = Browser::of(&post, Role::Officer).post("/look", &[("theme", "dark"), ("rows", "compact"), ("back", "/about")]).await;
    let cookies: Vec<_> = kept.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
    assert!(cookies[0].starts_with("theme=dark;") && cookies[1].starts_with("rows=compact;"), "{cookies:?}");
    let asked = request("GET", "/about").header(header::COOKIE, "theme=dark; rows=compact; lang=ar-XB");
    let page = post.send(asked.body(Body::empty()).unwrap()).await.text;
    assert!(page.contains("dir=\"rtl\" data-theme=\"dark\" data-rows=\"compact\""), "{page}");
    let asked = request("GET", "/about").header(header::ACCEPT_LANGUAGE, "ar-XB, fr;q=0.5");
    let page = post.send(asked.body(Body::empty()).unwrap()).await.text;
    assert!(page.contains("lang=\"en\" dir=\"ltr\""), "{page}");
}

#[tokio::test]
async fn a_refusal_says_what_the_role_may_do() {
    let post = Post::new();
    let officer = Browser::of(&post, Role::Officer);
    let refused = post.send(officer.asked("GET", "/people").body(Body::empty()).unwrap()).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("What your role may do here") && refused.text.contains("Check a plate"), "{}", refused.text);
    assert!(!refused.text.contains("Invite a post"));
}
