//! Files of records through the API and the page.

use axum::body::Body;
use axum::http::{StatusCode, header};
use cairn_casebook::Role;
use serde_json::{Value, json};

use crate::common::shape::differences;
use crate::common::{Caller, Post, request};

/// The smallest PNG there is: one grey point.
const POINT: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49,
    0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

async fn vehicle(caller: &Caller<'_>) -> String {
    let draft = json!({"kind": "vehicle", "fields": {"plate": "RH29 YFL"}});
    caller.expect(201, "POST", "/api/v1/records", draft).await["id"].as_str().unwrap().to_owned()
}

async fn attach(caller: &Caller<'_>, record: &str, name: &str, content: &'static [u8]) -> Value {
    let asked = caller.request("POST", &format!("/api/v1/records/{record}/attachments?name={name}"));
    let asked = asked.header(header::CONTENT_TYPE, "application/octet-stream");
    let answer = caller.post.send(asked.body(Body::from(content)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn a_file_is_attached_listed_opened_and_taken_from_view() {
    let post = Post::new();
    let officer = post.caller(Role::Officer);
    let record = vehicle(&officer).await;
    let picture = attach(&officer, &record, "plate.png", POINT).await;
    let page = attach(&officer, &record, "page.html", b"<script>alert(1)</script>").await;
    let document = officer.get("/api/openapi.json").await.json();
    let shape = &document["components"]["schemas"]["Attachment"];
    assert_eq!(differences(&document, shape, &picture), Vec::<String>::new());
    let at = |file: &Value| format!("/api/v1/records/{record}/attachments/{}", file["id"].as_str().unwrap());

    let open = officer.get(&at(&picture)).await;
    assert_eq!((open.status, open.header("content-type")), (StatusCode::OK, "image/png"));
    assert_eq!(open.header("content-disposition"), "inline; filename*=UTF-8''plate.png");
    let download = officer.get(&at(&page)).await;
    assert_eq!(download.header("content-type"), "application/octet-stream");
    assert_eq!(download.header("content-disposition"), "attachment; filename*=UTF-8''page.html");
    assert_eq!(download.text, "<script>alert(1)</script>");
    for answer in [&open, &download] {
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; sandbox; frame-ancestors 'none'");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    officer.expect(404, "GET", &format!("{}/thumbnail", at(&page)), json!({})).await;
    assert_eq!(officer.get(&format!("{}/thumbnail", at(&picture))).await.header("content-type"), "image/jpeg");

    let hidden = officer.expect(200, "PUT", &format!("{}/shown", at(&page)), json!({"shown": false})).await;
    assert_eq!(hidden["shown"], false);
    let list = officer.expect(200, "GET", &format!("/api/v1/records/{record}/attachments"), json!({})).await;
    let listed = |file: &Value| list.as_array().unwrap().iter().find(|one| one["id"] == file["id"]).unwrap().clone();
    assert_eq!((&listed(&picture)["shown"], &listed(&page)["shown"]), (&json!(true), &json!(false)));
    let fetched = officer.expect(200, "POST", &format!("{}/fetch", at(&page)), json!({})).await;
    assert_eq!(fetched["whole"], "here", "there is nothing to fetch");
    let unknown = format!("/api/v1/records/{record}/attachments/{}", "ab".repeat(16));
    officer.expect(404, "GET", &unknown, json!({})).await;
    post.caller(Role::Administrator).expect(403, "GET", &at(&picture), json!({})).await;
}

#[tokio::test]
async fn a_form_without_scripts_attaches_and_the_record_shows_it() {
    let post = Post::new();
    let record = vehicle(&post.caller(Role::Officer)).await;
    let session = post.session(Role::Officer);
    let cookie = format!("{}={}", post.state.cookie, session.token);
    let send = |path: String, kind: &'static str, body: String| {
        let asked = request("POST", &path)
            .header(header::COOKIE, &cookie)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, kind);
        post.send(asked.body(Body::from(body)).unwrap())
    };
    let show =
        |path: String| post.send(request("GET", &path).header(header::COOKIE, &cookie).body(Body::empty()).unwrap());
    let part = |head: &str, body: &str| format!("--cut\r\ncontent-disposition: form-data; {head}\r\n\r\n{body}\r\n");
    let form = |content: &str| {
        part("name=\"csrf\"", &session.csrf) + &part("name=\"file\"; filename=\"notes.txt\"", content) + "--cut--\r\n"
    };
    let files = format!("/records/{record}/files");
    let done = send(files.clone(), "multipart/form-data; boundary=cut", form("seen at noon")).await;
    assert_eq!(done.header("location"), format!("/records/{record}?done=attached"), "{}", done.text);
    let none = send(files.clone(), "multipart/form-data; boundary=cut", form("")).await;
    assert!(none.status == StatusCode::BAD_REQUEST && none.text.contains("Nothing was attached"), "{}", none.text);

    let page = show(format!("/records/{record}")).await.text;
    assert!(page.contains("notes.txt") && page.contains("Photographs and files"), "{page}");
    let id = post.caller(Role::Officer).get(&format!("/api/v1/records/{record}/attachments")).await.json();
    let id = id[0]["id"].as_str().unwrap().to_owned();
    let hide = send(
        format!("{files}/{id}/show"),
        "application/x-www-form-urlencoded",
        format!("csrf={}&shown=no", session.csrf),
    );
    assert_eq!(hide.await.header("location"), format!("/records/{record}?done=file-hidden"));
    let fragment = show(files).await.text;
    assert!(fragment.contains("1 file taken from view") && !fragment.contains("<html"), "{fragment}");
}
