//! What every request meets before a handler: host, origin, limits, sessions; and what every answer carries.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use cairn_casebook::Role;
use cairn_web_ui::Settings;
use cairn_web_ui::entry::{self, SetupCode};
use cairn_web_ui::rights::BODY_MAX_BYTES;
use cairn_web_ui::session::{AGE_MAX_MS, IDLE_MAX_MS};
use serde_json::json;

use crate::common::{Answer, HOST, PASSWORD, Post, request};

#[tokio::test]
async fn only_the_exact_hosts_are_answered() {
    let post = Post::new();
    for (host, expected) in [
        (HOST, StatusCode::OK),
        ("POST.example:8080", StatusCode::OK),
        ("post.example", StatusCode::MISDIRECTED_REQUEST),
        ("post.example:8080.evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let asked = Request::builder().uri("/api/openapi.json").header(header::HOST, host);
        assert_eq!(post.send(asked.body(Body::empty()).unwrap()).await.status, expected, "{host}");
    }
    let twice = request("GET", "/api/openapi.json").header(header::HOST, HOST);
    let twice = post.send(twice.body(Body::empty()).unwrap()).await;
    assert_eq!(twice.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn every_answer_carries_the_strict_headers() {
    let post = Post::new();
    for path in ["/api/openapi.json", "/api/v1/identity", "/nowhere", "/api/nowhere", "/sign-in", "/"] {
        let answer = post.send(request("GET", path).body(Body::empty()).unwrap()).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(answer.headers.contains_key("permissions-policy"), "{path}");
    }
}

#[tokio::test]
async fn failures_are_problem_json_for_programs_and_pages_for_people() {
    let post = Post::new();
    let program = post.send(request("GET", "/api/nowhere").body(Body::empty()).unwrap()).await;
    assert_eq!((program.status, program.header("content-type")), (StatusCode::NOT_FOUND, "application/problem+json"));
    assert_eq!(program.json()["code"], "no-such-address");
    let person = post.send(request("GET", "/nowhere").body(Body::empty()).unwrap()).await;
    assert_eq!(person.status, StatusCode::NOT_FOUND);
    assert!(person.header("content-type").starts_with("text/html"), "{}", person.header("content-type"));
    let strange = post.caller(Role::Officer).get("/api/v1/records/%ff").await;
    assert_eq!((strange.status, strange.header("content-type")), (StatusCode::BAD_REQUEST, "application/problem+json"));
}

/// A form that signs in, with these headers.
async fn sign_in_from(post: &Post, headers: &[(&str, &str)]) -> StatusCode {
    let mut asked = request("POST", "/api/v1/sign-in").header(header::CONTENT_TYPE, "application/json");
    for (name, value) in headers {
        asked = asked.header(*name, *value);
    }
    let body = json!({"user": "nobody-here", "password": "wrong"}).to_string();
    post.send(asked.body(Body::from(body)).unwrap()).await.status
}

#[tokio::test]
async fn what_comes_from_another_site_changes_nothing() {
    let post = Post::new();
    // A wrong password is refused with 401: the request went through to the casebook.
    let through = StatusCode::UNAUTHORIZED;
    let stopped = StatusCode::FORBIDDEN;
    let cookie = format!("{}=anything", post.state.cookie);
    for (headers, expected) in [
        (vec![], through),
        (vec![("cookie", cookie.as_str())], stopped),
        (vec![("sec-fetch-site", "same-origin"), ("cookie", cookie.as_str())], through),
        (vec![("sec-fetch-site", "cross-site")], stopped),
        (vec![("sec-fetch-site", "same-site")], stopped),
        (vec![("origin", "http://post.example:8080"), ("cookie", cookie.as_str())], through),
        (vec![("origin", "http://evil.example")], stopped),
        (vec![("origin", "http://post.example:9090")], stopped),
        (vec![("origin", "null")], stopped),
    ] {
        // Each failed attempt makes the next one wait; the test is not about that.
        post.wait_ms(60 * 60 * 1000);
        assert_eq!(sign_in_from(&post, &headers).await, expected, "{headers:?}");
    }
}

#[tokio::test]
async fn the_cookie_alone_changes_nothing_through_the_api() {
    let post = Post::new();
    let session = post.session(Role::Officer);
    let asked = |csrf: Option<&str>| {
        let asked = request("POST", "/api/v1/check")
            .header(header::COOKIE, format!("theme=dark; {}={}", post.state.cookie, session.token))
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/json");
        let asked = match csrf {
            Some(csrf) => asked.header("x-csrf-token", csrf),
            None => asked,
        };
        asked.body(Body::from(json!({"text": "RH29 YFL"}).to_string())).unwrap()
    };
    assert_eq!(post.send(asked(None)).await.status, StatusCode::FORBIDDEN);
    assert_eq!(post.send(asked(Some("0"))).await.status, StatusCode::FORBIDDEN);
    assert_eq!(post.send(asked(Some(&session.csrf))).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_it_says_its_length_or_not() {
    let post = Post::new();
    let caller = post.caller(Role::Officer);
    let long = json!({"text": "a".repeat(BODY_MAX_BYTES)}).to_string();
    let asked = || caller.request("POST", "/api/v1/check").header(header::CONTENT_TYPE, "application/json");
    let silent = post.send(asked().body(Body::from(long.clone())).unwrap()).await;
    let stated = asked().header(header::CONTENT_LENGTH, long.len());
    let stated = post.send(stated.body(Body::from(long)).unwrap()).await;
    for answer in [silent, stated] {
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(answer.json()["code"], "too-large");
    }
}

#[tokio::test]
async fn sessions_end_when_idle_and_when_old() {
    let post = Post::new();
    let caller = post.caller(Role::Officer);
    let mut waited = 0;
    while waited + IDLE_MAX_MS - 1 < AGE_MAX_MS {
        assert_eq!(caller.get("/api/v1/identity").await.status, StatusCode::OK, "after {waited} ms");
        post.wait_ms(IDLE_MAX_MS - 1);
        waited += IDLE_MAX_MS - 1;
    }
    assert_eq!(caller.get("/api/v1/identity").await.status, StatusCode::OK);
    post.wait_ms(AGE_MAX_MS - waited);
    assert_eq!(caller.get("/api/v1/identity").await.status, StatusCode::UNAUTHORIZED, "it is too old");
    let idle = post.caller(Role::Officer);
    post.wait_ms(IDLE_MAX_MS);
    assert_eq!(idle.get("/api/v1/identity").await.status, StatusCode::UNAUTHORIZED, "it was idle too long");
}

#[tokio::test]
async fn who_is_switched_off_or_given_another_role_feels_it_at_the_next_request() {
    let post = Post::new();
    let (analyst, auditor) = (post.caller(Role::Analyst), post.caller(Role::Auditor));
    let boss = post.actor(Role::Administrator);
    let casebook = &post.state.casebook;
    casebook.change_person(&boss, "analyst", Role::Officer, false, crate::common::START_MS).unwrap();
    casebook.change_person(&boss, "auditor", Role::Auditor, true, crate::common::START_MS).unwrap();
    assert_eq!(analyst.get("/api/v1/imports").await.status, StatusCode::FORBIDDEN);
    assert_eq!(auditor.get("/api/v1/audit").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn signing_in_and_out_by_password() {
    let post = Post::new();
    let sign_in = |password: &str| {
        let asked = request("POST", "/api/v1/sign-in").header(header::CONTENT_TYPE, "application/json");
        asked.body(Body::from(json!({"user": "officer", "password": password}).to_string())).unwrap()
    };
    let wrong = post.send(sign_in("wrong password")).await;
    assert_eq!((wrong.status, wrong.json()["code"].as_str()), (StatusCode::UNAUTHORIZED, Some("sign-in-wrong")));
    let right = post.send(sign_in(PASSWORD)).await;
    assert_eq!(right.status, StatusCode::OK, "{}", right.text);
    let token = right.json()["token"].as_str().unwrap().to_owned();
    let caller = crate::common::Caller { post: &post, token };
    assert_eq!(caller.get("/api/v1/identity").await.json()["person"]["role"], "officer");
    caller.expect(204, "POST", "/api/v1/sign-out", json!({})).await;
    assert_eq!(caller.get("/api/v1/identity").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_of_its_owner() {
    let post = Post::new();
    let (here, elsewhere) = (post.caller(Role::Officer), post.caller(Role::Officer));
    let body = json!({"old": PASSWORD, "new": "another horse battery"});
    here.expect(204, "PUT", "/api/v1/password", body).await;
    assert_eq!(here.get("/api/v1/identity").await.status, StatusCode::OK);
    assert_eq!(elsewhere.get("/api/v1/identity").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_page_leads_to_the_sign_in_page_and_back() {
    let post = Post::new();
    let page = post.send(request("GET", "/search?text=a%20b&kind=person").body(Body::empty()).unwrap()).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(page.header("location"), "/sign-in?next=/search%3Ftext%3Da%2520b%26kind%3Dperson");
    let part = request("GET", "/search").header("hx-request", "true");
    let part = post.send(part.body(Body::empty()).unwrap()).await;
    assert_eq!((part.status, part.header("hx-redirect")), (StatusCode::UNAUTHORIZED, "/sign-in?next=/search"));
}

/// A form of a page, as a browser sends it.
async fn send_form(post: &Post, path: &str, token: &str, body: String) -> Answer {
    let asked = request("POST", path)
        .header(header::COOKIE, format!("{}={token}", post.state.cookie))
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    post.send(asked.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_form_of_another_session_changes_nothing() {
    let post = Post::new();
    let (mine, other) = (post.session(Role::Officer), post.session(Role::Officer));
    for body in [String::new(), "csrf=".into(), format!("csrf={}", other.csrf), format!("csrf={}", mine.token)] {
        let refused = send_form(&post, "/sign-out", &mine.token, body.clone()).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{body}");
    }
    assert!(post.state.sessions.find(&mine.token, post.state.now_ms()).is_some(), "still signed in");
    let left = send_form(&post, "/sign-out", &mine.token, format!("csrf={}", mine.csrf)).await;
    assert_eq!(left.status, StatusCode::SEE_OTHER);
    assert!(left.header("set-cookie").contains("Max-Age=0"), "{}", left.header("set-cookie"));
    assert!(post.state.sessions.find(&mine.token, post.state.now_ms()).is_none());
}

#[tokio::test]
async fn signing_in_begins_a_new_session_in_a_guarded_cookie() {
    for (tls_in_front, expected) in
        [(false, "; Path=/; HttpOnly; SameSite=Strict"), (true, "; Path=/; HttpOnly; SameSite=Strict; Secure")]
    {
        let post = Post::with(Settings { tls_in_front, ..Settings::default() });
        let old = post.session(Role::Officer).token;
        let body = format!("user=officer&password={}&next=/check", PASSWORD.replace(' ', "+"));
        let entered = send_form(&post, "/sign-in", &old, body).await;
        assert_eq!((entered.status, entered.header("location")), (StatusCode::SEE_OTHER, "/check"));
        let cookie = entered.header("set-cookie");
        let (name, rest) = cookie.split_once('=').unwrap();
        let (token, attributes) = rest.split_at(64);
        assert_eq!((attributes, name.starts_with("__Host-")), (expected, tls_in_front), "{cookie}");
        let found = |token: &str| post.state.sessions.find(token, post.state.now_ms());
        assert!(found(token).is_some_and(|session| session.actor.user == "officer"));
        assert!(found(&old).is_none(), "the session from before has ended");
    }
}

#[tokio::test]
async fn embedded_files_are_kept_by_browsers_until_they_change() {
    let post = Post::new();
    for asset in cairn_web_ui::pages::ASSETS {
        let address = cairn_web_ui::assets::url(asset.name);
        let file = post.send(request("GET", &address).body(Body::empty()).unwrap()).await;
        assert_eq!((file.status, file.text.as_bytes()), (StatusCode::OK, asset.bytes), "{address}");
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable", "{address}");
        let elsewhere = format!("/assets/0/{}", asset.name);
        let again = request("GET", &elsewhere).header("if-none-match", file.header("etag"));
        let again = post.send(again.body(Body::empty()).unwrap()).await;
        assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{elsewhere}");
        assert_eq!(again.header("cache-control"), "no-cache", "{elsewhere}");
    }
    let missing = post.send(request("GET", "/assets/0/../Cargo.toml").body(Body::empty()).unwrap()).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_setup_code_cannot_be_found_by_guessing() {
    let post = Post::with(Settings { setup_code: Some("1234-5678".into()), ..Settings::default() });
    assert_eq!(entry::setup_code(&post.state, " 1234-5678 "), SetupCode::Right);
    for _ in 0..19 {
        assert_eq!(entry::setup_code(&post.state, "0000-0000"), SetupCode::Wrong);
    }
    assert_eq!(entry::setup_code(&post.state, "1234-5678"), SetupCode::Closed);
    assert_eq!(entry::setup_code(&Post::new().state, ""), SetupCode::Closed);
}
