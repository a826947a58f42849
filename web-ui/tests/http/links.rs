//! Link settings and what is in the way, through the API and the pages.

use axum::body::Body;
use axum::http::{StatusCode, header};
use cairn_casebook::Role;
use serde_json::json;

use crate::common::shape::differences;
use crate::common::{Answer, Post, request};

/// Sends a form as a browser would.
async fn form(post: &Post, role: Role, path: &str, fields: &str) -> Answer {
    let session = post.session(role);
    let asked = request("POST", path)
        .header(header::COOKIE, format!("{}={}", post.state.cookie, session.token))
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    post.send(asked.body(Body::from(format!("csrf={}&{fields}", session.csrf))).unwrap()).await
}

#[tokio::test]
async fn link_rules_are_set_by_an_administrator_and_read_by_everybody_who_sees_sync() {
    let post = Post::new();
    let administrator = post.caller(Role::Administrator);
    let rule = json!({"when": "windows", "windows": [{"from": 1320, "until": 300}], "bytes_a_day": 5_000_000});
    let rules = json!({"offset_minutes": 120, "general": rule, "sites": []});
    administrator.send("PUT", "/api/v1/sync/rules", rules.clone()).await;
    let held = post.caller(Role::Officer).expect(200, "GET", "/api/v1/sync/rules", json!({})).await;
    assert_eq!(held, rules);
    let document = administrator.get("/api/openapi.json").await.json();
    let shape = &document["components"]["schemas"]["LinkRules"];
    assert_eq!(differences(&document, shape, &held), Vec::<String>::new());
    administrator.expect(400, "PUT", "/api/v1/sync/rules", json!({})).await;
    post.caller(Role::Officer).expect(403, "PUT", "/api/v1/sync/rules", rules).await;
}

#[tokio::test]
async fn the_form_takes_hours_and_megabytes_as_people_write_them_and_says_what_is_wrong() {
    let post = Post::new();
    let saved =
        form(&post, Role::Administrator, "/sync/rules", "of=&when=windows&hours=22:00-5&megabytes=0,5&offset=60");
    let saved = saved.await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "/sync/rules?done=rules-saved"));
    let held = post.caller(Role::Officer).expect(200, "GET", "/api/v1/sync/rules", json!({})).await;
    let rule = json!({"when": "windows", "windows": [{"from": 1320, "until": 300}], "bytes_a_day": 500_000});
    assert_eq!(held, json!({"offset_minutes": 60, "general": rule, "sites": []}));
    for (fields, words) in [
        ("when=windows&hours=night", "night is not a window"),
        ("when=windows&hours=", "at which hours"),
        ("when=always&megabytes=much", "not a number of megabytes"),
        ("when=always&megabytes=0.001", "at least 50 kB"),
    ] {
        let wrong = form(&post, Role::Administrator, "/sync/rules", fields).await;
        assert!(
            wrong.status.is_client_error() && wrong.text.to_lowercase().contains(&words.to_lowercase()),
            "{fields}: {}",
            wrong.text
        );
    }
    let kept = post.caller(Role::Officer).expect(200, "GET", "/api/v1/sync/rules", json!({})).await;
    assert_eq!(kept, held, "what is wrong changes nothing");
    assert_eq!(form(&post, Role::Officer, "/sync/rules", "when=metered").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn with_nobody_to_see_the_page_and_the_api_say_so() {
    let post = Post::new();
    let officer = post.caller(Role::Officer);
    let answer = officer.get("/api/v1/sync/why").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text.contains("nobody to see"), "{}", answer.text);
    officer.expect(400, "GET", "/api/v1/sync/why?of=nobody", json!({})).await;
}
