//! Questions through the API and the pages, with a hub whose entries are carried by hand.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::body::Body;
use axum::http::{StatusCode, header};
use cairn_casebook::{Actor, Casebook, InitRequest, LogId, Role, Unlock};
use serde_json::{Value, json};

use crate::common::shape::differences;
use crate::common::{Counted, Post, START_MS, request};

/// A hub that the post has joined.
struct Hub {
    book: Casebook,
    _folder: tempfile::TempDir,
}

impl Hub {
    fn of(post: &Post) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let request = InitRequest {
            agency: "Northmark Police".into(),
            site: "Bureau".into(),
            country: "GBR".into(),
            hub: true,
            demo: true,
        };
        let unlock = Unlock::KeyFile(folder.path().join("key"));
        let data = folder.path().join("data");
        let book =
            Casebook::init(&data, &request, &unlock, Arc::new(Counted(AtomicU64::new(1 << 40))), START_MS).unwrap();
        let terminal = Actor::terminal();
        let invitation = book.invite(&terminal, &["127.0.0.1:4440".into()], 3_600_000, START_MS).unwrap();
        let joining = post.state.casebook.join_request(&terminal, &invitation.code).unwrap();
        let grant = book.accept_join(post.state.casebook.identity().replica, &joining, START_MS).unwrap();
        post.state.casebook.complete_join(&terminal, &grant, "127.0.0.1:4440", START_MS).unwrap();
        let hub = Self { book, _folder: folder };
        hub.sync(post);
        hub
    }

    fn sync(&self, post: &Post) {
        for _ in 0..4 {
            carry(&self.book, &post.state.casebook);
            carry(&post.state.casebook, &self.book);
        }
    }
}

fn carry(from: &Casebook, to: &Casebook) {
    let (sender, receiver) = (from.identity().replica, to.identity().replica);
    let known = to.shared_spaces(sender);
    for shared in from.shared_spaces(receiver).into_iter().filter(|one| known.iter().any(|two| two.space == one.space))
    {
        for key in from.frontier(shared.space).0.into_keys() {
            let log = LogId { space: shared.space, key };
            while let Some(parcel) = from.read_parcel(&log, to.frontier(shared.space).number(&key) + 1, 65_536).unwrap()
            {
                to.keep_parcel(sender, parcel, START_MS).unwrap();
            }
        }
    }
}

async fn fits(post: &Post, name: &str, answer: &Value) {
    let document = post.send(request("GET", "/api/openapi.json").body(Body::empty()).unwrap()).await.json();
    let shape = &document["components"]["schemas"][name];
    assert_eq!(differences(&document, shape, answer), Vec::<String>::new(), "{name}: {answer:#}");
}

#[tokio::test]
async fn a_question_is_asked_answered_read_and_listed() {
    let post = Post::new();
    let (officer, asked) = (post.caller(Role::Officer), json!({"text": "oh 3338 l", "reason": "stopped here"}));
    officer.expect(409, "POST", "/api/v1/questions", asked.clone()).await;
    let hub = Hub::of(&post);
    let whom = officer.expect(200, "GET", "/api/v1/questions/whom", json!({})).await;
    fits(&post, "Askable", &whom[0]).await;
    assert_eq!((&whom[0]["site"], &whom[0]["role"]), (&json!("Bureau"), &json!("hub")));
    officer.expect(400, "POST", "/api/v1/questions", json!({"text": "oh3338l", "reason": ""})).await;
    let line = officer.expect(201, "POST", "/api/v1/questions", asked).await;
    fits(&post, "Question", &line).await;
    assert_eq!(line["state"], "waiting");

    hub.sync(&post);
    hub.book.answer_questions(START_MS + 1_000).unwrap();
    hub.sync(&post);
    let home = officer.expect(200, "GET", "/api/v1/home", json!({})).await;
    fits(&post, "Home", &home).await;
    assert_eq!((&home["answers"][0]["result"], &home["answers"][0]["unread"]), (&json!("none"), &json!(true)));
    let path = format!("/api/v1/questions/{}", line["id"].as_str().unwrap());
    let read = officer.expect(200, "GET", &path, json!({})).await;
    fits(&post, "QuestionWithAnswers", &read).await;
    assert_eq!(read["answers"][0]["result"], "none");
    assert_eq!(officer.expect(200, "GET", "/api/v1/home", json!({})).await["answers"], json!([]));

    officer.expect(403, "GET", "/api/v1/questions?site=true", json!({})).await;
    let all = post.caller(Role::Supervisor).expect(200, "GET", "/api/v1/questions?site=true", json!({})).await;
    assert_eq!(all[0]["user"], "officer");
    assert_eq!(officer.expect(200, "GET", "/api/v1/questions/here", json!({})).await, json!([]));
    officer.expect(404, "GET", "/api/v1/questions/nonsense", json!({})).await;
}

#[tokio::test]
async fn the_check_page_offers_to_ask_and_the_page_of_the_question_renews_itself_until_it_is_answered() {
    let post = Post::new();
    let hub = Hub::of(&post);
    let session = post.session(Role::Officer);
    let send = |method: &str, path: &str, body: String| {
        let asked = request(method, path)
            .header(header::COOKIE, format!("{}={}", post.state.cookie, session.token))
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        post.send(asked.body(Body::from(body)).unwrap())
    };
    let checked = send("POST", "/check", format!("csrf={}&text=oh3338l", session.csrf)).await;
    assert!(checked.text.contains("Ask Bureau"), "{}", checked.text);
    let body = format!("csrf={}&text=oh3338l&reason=stopped+here", session.csrf);
    let asked = send("POST", "/questions", body).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
    let page = asked.header("location").to_owned();
    let waiting = send("GET", &page, String::new()).await;
    assert!(
        waiting.text.contains("hx-trigger=\"every 10s\"") && waiting.text.contains("next sync"),
        "{}",
        waiting.text
    );
    hub.sync(&post);
    hub.book.answer_questions(START_MS + 1_000).unwrap();
    hub.sync(&post);
    let home = send("GET", "/", String::new()).await;
    assert!(home.text.contains("Plate OH3338L: Bureau answered your question. Nothing to tell."), "{}", home.text);
    let answered = send("GET", &page, String::new()).await;
    assert!(
        !answered.text.contains("hx-trigger=\"every 10s") && answered.text.contains("no proof"),
        "{}",
        answered.text
    );
    let list = send("GET", "/questions", String::new()).await;
    assert!(list.text.contains("Nothing to tell") && !list.text.contains("Asked from this site"), "{}", list.text);
}
