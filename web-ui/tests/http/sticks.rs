//! Sticks through the API and the pages.

use axum::body::Body;
use axum::http::{StatusCode, header};
use cairn_casebook::Role;
use serde_json::json;

use crate::common::shape::differences;
use crate::common::{Post, request};

#[tokio::test]
async fn a_stick_is_written_as_a_file_and_read_from_one() {
    let post = Post::new();
    let caller = post.caller(Role::Supervisor);
    let answer = caller.send("POST", "/api/v1/sticks", json!({"to": "Hub", "valid_days": 7})).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "sealed"));
    assert_eq!(answer.header("content-type"), "application/octet-stream");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"cairn-stick.age\"");
    caller.expect(400, "POST", "/api/v1/sticks", json!({"to": "Hub", "valid_days": 401})).await;
    caller.expect(400, "POST", "/api/v1/sticks", json!({"to": "Hub", "files_bytes_max": -1})).await;
    let answer = caller.send("POST", "/api/v1/sticks", json!({"to": "Hub", "files_bytes_max": 0})).await;
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"cairn-stick-records.age\"");
    assert_eq!(caller.expect(200, "GET", "/api/v1/sticks", json!({})).await, json!([]));

    let document = caller.get("/api/openapi.json").await.json();
    let read = |body: &'static [u8]| {
        let asked = caller.request("POST", "/api/v1/sticks/read");
        post.send(asked.header(header::CONTENT_TYPE, "application/octet-stream").body(Body::from(body)).unwrap())
    };
    let report = read(b"sealed").await;
    assert_eq!(report.status, StatusCode::OK);
    let shape = &document["components"]["schemas"]["StickReport"];
    assert_eq!(differences(&document, shape, &report.json()), Vec::<String>::new());
    let refused = read(b"a photograph").await;
    assert_eq!(
        (refused.status, refused.json()["code"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("not-a-stick"))
    );
}

#[tokio::test]
async fn the_page_says_what_came_of_a_stick_and_what_was_wrong_with_one() {
    let post = Post::new();
    let session = post.session(Role::Officer);
    let send = |content: &str| {
        let part =
            |head: &str, body: &str| format!("--cut\r\ncontent-disposition: form-data; {head}\r\n\r\n{body}\r\n");
        let body =
            part("name=\"csrf\"", &session.csrf) + &part("name=\"file\"; filename=\"a.age\"", content) + "--cut--\r\n";
        let asked = request("POST", "/sync/sticks/read")
            .header(header::COOKIE, format!("{}={}", post.state.cookie, session.token))
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut");
        post.send(asked.body(Body::from(body)).unwrap())
    };
    let done = send("sealed").await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    for words in [
        "The stick was read.",
        "12 entries were new",
        "2 files are now whole here (3.4 MB)",
        "Never read here: stick 2.",
    ] {
        assert!(done.text.contains(words), "{words}: {}", done.text);
    }
    let wrong = send("a photograph").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("not a Cairn stick"), "{}", wrong.text);
    assert!(!wrong.text.contains("/sync/sticks/write"), "an officer reads sticks and does not write them");
}

#[tokio::test]
async fn the_page_writes_files_too_unless_the_box_is_emptied() {
    let post = Post::new();
    let session = post.session(Role::Supervisor);
    let send = |more: &str| {
        let asked = request("POST", "/sync/sticks/write")
            .header(header::COOKIE, format!("{}={}", post.state.cookie, session.token))
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        post.send(asked.body(Body::from(format!("csrf={}&to=Hub&days=7{more}", session.csrf))).unwrap())
    };
    let both = send("&files=yes").await;
    assert_eq!(both.header("content-disposition"), "attachment; filename=\"cairn-stick.age\"", "{}", both.text);
    let records = send("").await;
    assert_eq!(records.header("content-disposition"), "attachment; filename=\"cairn-stick-records.age\"");
}
