//! A day at a post through the API; every answer has the shape that the document promises.

use axum::body::Body;
use axum::http::{StatusCode, header};
use cairn_casebook::Role;
use serde_json::{Value, json};

use crate::common::shape::differences;
use crate::common::{Answer, Caller, Post, request};

/// A caller who checks each answer against the document.
struct Strict<'a> {
    caller: Caller<'a>,
    document: Value,
}

impl<'a> Strict<'a> {
    async fn new(post: &'a Post, role: Role) -> Self {
        let document = post.send(request("GET", "/api/openapi.json").body(Body::empty()).unwrap()).await.json();
        Self { caller: post.caller(role), document }
    }

    /// Sends to `path`, which the document knows as `known`, and expects this status.
    async fn ask(&self, status: u16, method: &str, known: &str, path: &str, body: Value) -> Value {
        let answer = self.caller.send(method, path, body).await;
        self.fits(status, method, known, &answer)
    }

    fn fits(&self, status: u16, method: &str, known: &str, answer: &Answer) -> Value {
        assert_eq!(answer.status.as_u16(), status, "{method} {known}: {}", answer.text);
        let operation = &self.document["paths"][known][method.to_ascii_lowercase()];
        let promised = &operation["responses"][status.to_string()];
        let (content, kind) = match promised {
            Value::Null => {
                (&self.document["components"]["responses"]["Problem"]["content"], "application/problem+json")
            }
            promised => (&promised["content"], "application/json"),
        };
        if content.is_null() {
            assert!(answer.text.is_empty(), "{method} {known} promised nothing and answered {}", answer.text);
            return Value::Null;
        }
        assert_eq!(answer.header("content-type"), kind, "{method} {known}");
        let json = answer.json();
        let found = differences(&self.document, &content[kind]["schema"], &json);
        assert!(found.is_empty(), "{method} {known}: {found:#?}\n{json:#}");
        json
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(200, "GET", path, path, Value::Null).await
    }

    async fn post(&self, status: u16, path: &str, body: Value) -> Value {
        self.ask(status, "POST", path, path, body).await
    }

    async fn record(&self, id: &Value) -> Value {
        let path = format!("/api/v1/records/{}", id.as_str().unwrap());
        self.ask(200, "GET", "/api/v1/records/{id}", &path, Value::Null).await
    }

    async fn change(&self, status: u16, id: &Value, body: Value) -> Value {
        let path = format!("/api/v1/records/{}", id.as_str().unwrap());
        self.ask(status, "PATCH", "/api/v1/records/{id}", &path, body).await
    }
}

/// Texts of a field of a record.
fn texts(record: &Value, key: &str) -> Vec<String> {
    let fields = record["fields"].as_array().unwrap();
    let field = fields.iter().find(|field| field["key"] == key);
    let values = field.map(|field| field["values"].as_array().unwrap().as_slice()).unwrap_or_default();
    values.iter().map(|value| value["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_record_is_written_checked_found_changed_and_its_conflict_settled() {
    let post = Post::new();
    let officer = Strict::new(&post, Role::Officer).await;
    let draft = json!({"kind": "vehicle", "fields": {"plate": "RH29 YFL", "make_model": "Opel Astra"}});
    let saved = officer.post(201, "/api/v1/records", draft).await;
    let (id, first) = (&saved["id"], saved["version"].clone());

    let check = officer.post(200, "/api/v1/check", json!({"text": "rh29yfl"})).await;
    assert_eq!((&check["verdict"], &check["hits"][0]["id"]), (&json!("hit"), id));

    let change = |words: &str| json!({"kind": "vehicle", "version": first, "fields": {"make_model": words}});
    assert_eq!(officer.change(200, id, change("Opel Corsa")).await["conflict"], false);
    assert_eq!(officer.change(200, id, change("Opel Vectra")).await["conflict"], true);
    let rivals = officer.record(id).await;
    let mut values = texts(&rivals, "make_model");
    values.sort();
    assert_eq!(values, ["Opel Corsa", "Opel Vectra"]);
    assert_eq!(officer.get("/api/v1/home").await["conflicts_total"], 1);

    let decision = json!({
        "kind": "vehicle", "field": "make_model", "value": "Opel Corsa", "version": rivals["version"],
    });
    let path = format!("/api/v1/records/{}/settle", id.as_str().unwrap());
    officer.ask(200, "POST", "/api/v1/records/{id}/settle", &path, decision).await;
    let settled = officer.record(id).await;
    assert_eq!(texts(&settled, "make_model"), ["Opel Corsa"]);
    assert!(settled["history"].as_array().unwrap().iter().any(|step| step["settles"] == true), "{settled:#}");
    assert_eq!(officer.get("/api/v1/home").await["conflicts_total"], 0);

    post.state.casebook.tick(true, post.state.now_ms()).unwrap();
    let search = json!({"text": "corsa", "kinds": ["vehicle"], "limit": 5});
    let found = officer.post(200, "/api/v1/search", search).await;
    assert_eq!((&found["total"], &found["hits"][0]["id"]), (&json!(1), id));
    assert_eq!(found["ignored"], json!([]));
}

#[tokio::test]
async fn a_search_says_which_words_it_did_not_look_for() {
    let post = Post::new();
    let officer = Strict::new(&post, Role::Officer).await;
    let words: Vec<String> = (1..=14).map(|number| format!("street{number}")).collect();
    let found = officer.post(200, "/api/v1/search", json!({"text": words.join(" ")})).await;
    assert_eq!(found["ignored"], json!(["street13", "street14"]));
}

#[tokio::test]
async fn a_marker_shows_at_the_check_of_what_it_marks() {
    let post = Post::new();
    let officer = Strict::new(&post, Role::Officer).await;
    let draft = json!({"kind": "vehicle", "fields": {"plate": ["OH3338L"]}});
    let vehicle = officer.post(201, "/api/v1/records", draft).await;
    let marker = json!({"kind": "marker", "fields": {
        "subject": vehicle["id"], "marker": "firearms", "reason": "Seen at a sale of weapons", "discreet": true,
    }});
    officer.post(201, "/api/v1/records", marker).await;
    let check = officer.post(200, "/api/v1/check", json!({"text": "OH3338L"})).await;
    let shown = &check["hits"][0]["markers"][0];
    assert_eq!((&shown["code"], &shown["discreet"]), (&json!("firearms"), &json!(true)), "{check:#}");
}

#[tokio::test]
async fn a_draft_that_breaks_rules_names_the_fields_and_is_not_saved() {
    let post = Post::new();
    let officer = Strict::new(&post, Role::Officer).await;
    let broken = json!({"kind": "person", "fields": {"surname": "Fairfax", "date_of_birth": "31/02/1990"}});
    let problem = officer.post(422, "/api/v1/records", broken).await;
    assert_eq!((&problem["code"], &problem["problems"][0]["field"]), (&json!("invalid"), &json!("date_of_birth")));
    for (draft, word) in [
        (json!({"kind": "person", "fields": {"plate": "RH29 YFL"}}), "plate"),
        (json!({"kind": "ghost", "fields": {}}), "ghost"),
        (json!({"kind": "person", "fields": {"surname": {"text": "Fairfax"}}}), "JSON"),
        (json!({"kind": "person", "fields": {}, "colour": 1}), "colour"),
        (json!({"kind": "person", "fields": {}, "version": "1"}), "version"),
    ] {
        let problem = officer.post(400, "/api/v1/records", draft).await;
        assert!(problem["detail"].as_str().unwrap().contains(word), "{problem}");
    }
    assert_eq!(officer.get("/api/v1/home").await["records"], 0);
}

#[tokio::test]
async fn a_change_must_say_what_it_is_based_on() {
    let post = Post::new();
    let officer = Strict::new(&post, Role::Officer).await;
    let draft = json!({"kind": "phone", "fields": {"number": "+44 7700 900123"}});
    let saved = officer.post(201, "/api/v1/records", draft.clone()).await;
    let problem = officer.change(400, &saved["id"], draft).await;
    assert!(problem["detail"].as_str().unwrap().contains("version"), "{problem}");
    officer.ask(400, "GET", "/api/v1/records/{id}", "/api/v1/records/7", Value::Null).await;
    let nowhere = "/api/v1/records/018f0000-0000-7000-8000-000000000000";
    officer.ask(404, "GET", "/api/v1/records/{id}", nowhere, Value::Null).await;
}

/// Three rows that can be read, and one whose date cannot.
const ROWS: &str = "Stop No,Date,Surname,VRM\r\n\
    S1,11/06/2025,Holloway,OH3338L\r\n\
    S2,12/06/2025,Ruiz,\r\n\
    S3,99/99/2025,Fairfax,0060LBP\r\n\
    S4,13/06/2025,Sedgwick,RH29 YFL\r\n";

fn mapping() -> Value {
    json!({
        "name": "riverside-stops", "title": "Riverside stops", "encoding": "utf-8", "separator": ",",
        "origin_system": "riverside-stops", "origin_agency": "Riverside Police", "country": "GBR",
        "reference": "Stop No",
        "part": [
            {"name": "stop", "kind": "event", "set": {"event_kind": "stop"},
             "from": {"reference": "Stop No", "occurred": {"columns": ["Date"], "date": ["dd/mm/yyyy"]}}},
            {"name": "vehicle", "kind": "vehicle", "when": ["VRM"], "from": {"plate": "VRM"}},
        ],
    })
}

async fn send_form(analyst: &Strict<'_>, dry_run: bool) -> Value {
    let part =
        |name: &str, value: &str| format!("--x7\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let file = "--x7\r\nContent-Disposition: form-data; name=\"file\"; filename=\"C:\\day\\stops.csv\"\r\n\r\n";
    let mapping = part("mapping_json", &mapping().to_string());
    let body = format!("{mapping}{}{file}{ROWS}\r\n--x7--\r\n", part("dry_run", &dry_run.to_string()));
    let asked = analyst.caller.request("POST", "/api/v1/imports");
    let asked = asked.header(header::CONTENT_TYPE, "multipart/form-data; boundary=x7");
    let answer = analyst.caller.post.send(asked.body(Body::from(body)).unwrap()).await;
    analyst.fits(200, "POST", "/api/v1/imports", &answer)
}

#[tokio::test]
async fn a_file_is_tried_imported_and_taken_back() {
    let post = Post::new();
    let analyst = Strict::new(&post, Role::Analyst).await;
    let tried = send_form(&analyst, true).await;
    assert_eq!((&tried["dry_run"], &tried["read"], &tried["imported"]), (&json!(true), &json!(4), &json!(3)));
    assert_eq!(analyst.get("/api/v1/home").await["records"], 0, "a dry run writes nothing");

    let done = send_form(&analyst, false).await;
    assert_eq!((&done["imported"], &done["file"]), (&json!(3), &json!("stops.csv")));
    assert_eq!(done["rejected"][0]["line"], 4, "{done:#}");
    let batches = analyst.get("/api/v1/imports").await;
    assert_eq!((&batches[0]["batch"], &batches[0]["undone_ms"]), (&done["batch"], &Value::Null));

    let batch = done["batch"].as_str().unwrap();
    let csv = analyst.caller.get(&format!("/api/v1/imports/{batch}/rejected.csv")).await;
    assert_eq!((csv.status, csv.header("content-type")), (StatusCode::OK, "text/csv; charset=utf-8"));
    assert!(csv.text.lines().nth(1).unwrap().contains("99/99/2025"), "{}", csv.text);

    let undo = format!("/api/v1/imports/{batch}/undo");
    let undone = analyst.ask(200, "POST", "/api/v1/imports/{batch}/undo", &undo, Value::Null).await;
    assert!(undone["withdrawn"].as_u64().unwrap() > 0, "{undone}");
    let check = analyst.post(200, "/api/v1/check", json!({"text": "OH3338L"})).await;
    assert_eq!(check["verdict"], "nothing_held", "{check:#}");
}

#[tokio::test]
async fn a_saved_mapping_reads_a_bare_file() {
    let post = Post::new();
    let analyst = Strict::new(&post, Role::Analyst).await;
    let path = "/api/v1/mappings/riverside-stops";
    analyst.ask(204, "PUT", "/api/v1/mappings/{name}", path, mapping()).await;
    analyst.ask(400, "PUT", "/api/v1/mappings/{name}", "/api/v1/mappings/other", mapping()).await;
    assert!(analyst.get("/api/v1/mappings").await.as_array().unwrap().contains(&json!("riverside-stops")));
    let kept = analyst.ask(200, "GET", "/api/v1/mappings/{name}", path, Value::Null).await;
    assert_eq!(kept["title"], "Riverside stops");

    let asked = analyst.caller.request("POST", "/api/v1/imports?mapping=riverside-stops&file=stops.csv&dry_run=true");
    let answer = post.send(asked.header(header::CONTENT_TYPE, "text/csv").body(Body::from(ROWS)).unwrap()).await;
    let report = analyst.fits(200, "POST", "/api/v1/imports", &answer);
    assert_eq!((&report["imported"], &report["mapping"]), (&json!(3), &json!("riverside-stops")));

    let asked = analyst.caller.request("POST", "/api/v1/imports?mapping=unknown");
    let answer = post.send(asked.header(header::CONTENT_TYPE, "text/csv").body(Body::from(ROWS)).unwrap()).await;
    analyst.fits(404, "POST", "/api/v1/imports", &answer);
}

#[tokio::test]
async fn the_administrator_keeps_people_and_links_and_sees_no_records() {
    let post = Post::new();
    let boss = Strict::new(&post, Role::Administrator).await;
    let who = boss.get("/api/v1/identity").await;
    assert_eq!((&who["site"], &who["person"]["role"]), (&json!("Post Delta"), &json!("administrator")));
    let person = json!({
        "user": "k.daniels", "display": "Officer K. Daniels", "role": "officer", "password": crate::common::PASSWORD,
    });
    boss.post(201, "/api/v1/people", person).await;
    let path = "/api/v1/people/k.daniels";
    boss.ask(204, "PATCH", "/api/v1/people/{user}", path, json!({"role": "supervisor"})).await;
    let known = "/api/v1/people/{user}/password";
    let password = json!({"new": "yet another horse"});
    boss.ask(204, "PUT", known, "/api/v1/people/k.daniels/password", password).await;
    let people = boss.get("/api/v1/people").await;
    let added = people.as_array().unwrap().iter().find(|person| person["user"] == "k.daniels").unwrap();
    assert_eq!((&added["role"], &added["disabled"]), (&json!("supervisor"), &json!(false)));
    boss.ask(404, "PATCH", "/api/v1/people/{user}", "/api/v1/people/nobody", json!({"disabled": true})).await;

    boss.post(204, "/api/v1/sync/cut", Value::Null).await;
    let cut = boss.get("/api/v1/sync").await;
    assert_eq!((&cut["cut"], &cut["state"]), (&json!(true), &json!("cut")));
    boss.post(204, "/api/v1/sync/restore", Value::Null).await;
    assert_eq!(boss.get("/api/v1/sync").await["cut"], false);
    let refused = boss.post(409, "/api/v1/enrol/join", json!({"code": "AAAA-BBBB"})).await;
    assert_eq!(refused["detail"], "No hub answered; nothing was changed; try again later.");
    boss.ask(403, "POST", "/api/v1/check", "/api/v1/check", json!({"text": "RH29 YFL"})).await;
}

#[tokio::test]
async fn the_auditor_reads_who_asked_what_and_verifies_the_logs() {
    let post = Post::new();
    let officer = Strict::new(&post, Role::Officer).await;
    officer.post(200, "/api/v1/check", json!({"text": "RH29 YFL"})).await;
    let auditor = Strict::new(&post, Role::Auditor).await;
    let path = "/api/v1/audit?action=check&user=officer&limit=5";
    let lines = auditor.ask(200, "GET", "/api/v1/audit", path, Value::Null).await;
    assert_eq!(lines.as_array().unwrap().len(), 1, "{lines:#}");
    assert!(lines[0]["detail"].as_str().unwrap().contains("RH29 YFL"), "{lines:#}");
    auditor.ask(400, "GET", "/api/v1/audit", "/api/v1/audit?limit=many", Value::Null).await;
    auditor.ask(400, "GET", "/api/v1/audit", "/api/v1/audit?record=7", Value::Null).await;
    let verified = auditor.post(200, "/api/v1/audit/verify", json!({"audit_only": false})).await;
    assert_eq!(verified["sound"], true, "{verified:#}");
    assert!(!verified["logs"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn the_schema_of_records_is_told_in_full() {
    let post = Post::new();
    let officer = Strict::new(&post, Role::Officer).await;
    let kinds = officer.get("/api/v1/schema").await;
    assert_eq!(kinds.as_array().unwrap().len(), cairn_record::Kind::ALL.len());
    let marker = kinds.as_array().unwrap().iter().find(|kind| kind["key"] == "marker").unwrap();
    let code = marker["fields"].as_array().unwrap().iter().find(|field| field["key"] == "marker").unwrap();
    assert_eq!((&code["holds"], &code["codes"][0]["code"]), (&json!("code"), &json!("firearms")));
}
