//! Every page and every route, asked by every role and by nobody.

use axum::body::Body;
use axum::http::{StatusCode, header};
use cairn_casebook::{AuditQuery, Role};
use cairn_web_ui::rights::{API, Need, PAGES, Rule};

use crate::common::{Answer, Post, request};

/// The path of a rule with something in its gaps.
fn path_of(rule: &Rule) -> String {
    rule.path
        .replace("{*name}", "app.css")
        .replace("{hash}", "0")
        .replace("{id}", "018f0000-0000-7000-8000-000000000000")
        .replace(['{', '}'], "")
}

fn is_api(rule: &Rule) -> bool {
    rule.path.starts_with("/api/")
}

/// Asks as a browser (pages) or a program (API) of somebody with this role would; empty-handed, so that what
/// is allowed still does nothing.
async fn ask(post: &Post, rule: &Rule, role: Role) -> Answer {
    let session = post.session(role);
    let asked = request(rule.method, &path_of(rule));
    let (asked, body) = if is_api(rule) {
        let asked = asked.header(header::AUTHORIZATION, format!("Bearer {}", session.token));
        (asked.header(header::CONTENT_TYPE, "application/json"), "{}".to_owned())
    } else {
        let asked = asked
            .header(header::COOKIE, format!("{}={}", post.state.cookie, session.token))
            .header("sec-fetch-site", "same-origin");
        (asked.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"), format!("csrf={}", session.csrf))
    };
    let body = if rule.method == "GET" { Body::empty() } else { Body::from(body) };
    post.send(asked.body(body).unwrap()).await
}

#[tokio::test]
async fn each_role_comes_in_where_the_table_says_and_nowhere_else() {
    let post = Post::new();
    for rule in PAGES.iter().chain(API) {
        for role in Role::ALL {
            let answer = ask(&post, rule, role).await;
            let name = format!("{} {} by {}: {} {}", rule.method, rule.path, role.key(), answer.status, answer.text);
            let allowed = rule.need.met_by(&post.actor(role));
            assert_eq!(answer.status == StatusCode::FORBIDDEN, !allowed, "{name}");
            assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{name}");
            // Whoever is in may be told that a password or a code is wrong, but not that they are signed out.
            assert!(!answer.text.contains("You are not signed in"), "{name}");
            assert!(!answer.status.is_server_error(), "{name}");
        }
    }
}

#[tokio::test]
async fn every_row_of_the_table_has_a_route() {
    let post = Post::new();
    for rule in PAGES.iter().chain(API) {
        // The gate answers 405 to an unknown method only where the router knows the path.
        let answer = post.send(request("TRACE", &path_of(rule)).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{} {}", rule.method, rule.path);
    }
}

#[tokio::test]
async fn nobody_comes_further_than_the_sign_in_page() {
    let post = Post::new();
    for rule in PAGES.iter().chain(API).filter(|rule| rule.need != Need::Nothing) {
        let answer = post.send(request(rule.method, &path_of(rule)).body(Body::empty()).unwrap()).await;
        let name = format!("{} {}: {} {}", rule.method, rule.path, answer.status, answer.text);
        if is_api(rule) {
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{name}");
            assert_eq!(answer.json()["code"], "signed-out", "{name}");
        } else {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name}");
            assert!(answer.header("location").starts_with("/sign-in"), "{name}");
        }
    }
}

#[tokio::test]
async fn a_refusal_stands_in_the_audit() {
    let post = Post::new();
    let answer = post.caller(Role::Auditor).get("/api/v1/people").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let query = AuditQuery { action: "refused".into(), limit: 10, ..AuditQuery::default() };
    let lines = post.state.casebook.audit(&post.actor(Role::Auditor), &query, post.state.now_ms()).unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((lines[0].user.as_str(), lines[0].detail.as_str()), ("auditor", "GET /api/v1/people"));
}

#[test]
fn the_table_names_each_route_once() {
    let mut seen = std::collections::BTreeSet::new();
    for rule in PAGES.iter().chain(API) {
        assert!(seen.insert((rule.method, rule.path)), "{} {} stands twice", rule.method, rule.path);
    }
}
