//! Drafts over HTTP: kept from forms of the session only, and gone with the record they became.

use axum::body::Body;
use axum::http::{StatusCode, header};
use cairn_casebook::Role;
use cairn_web_ui::session::Opened;

use crate::common::{Answer, Post, request};

async fn send(post: &Post, session: &Opened, path: &str, form: String, in_background: bool) -> Answer {
    let mut asked = request("POST", path)
        .header(header::COOKIE, format!("{}={}", post.state.cookie, session.token))
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if in_background {
        asked = asked.header("x-cairn-draft", "1");
    }
    post.send(asked.body(Body::from(form)).unwrap()).await
}

#[tokio::test]
async fn a_draft_is_kept_from_a_form_of_the_session_and_goes_when_it_is_saved() {
    let post = Post::new();
    let session = post.session(Role::Officer);
    let form = |csrf: &str, about: &str| {
        format!("csrf={csrf}&kind=person&base=%7B%7D&draft=new+person+1&about={about}&surname=Fairfax")
    };
    let forged = send(&post, &session, "/drafts", form("0", "new+person"), true).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let odd = send(&post, &session, "/drafts", form(&session.csrf, "elsewhere"), true).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    let drafts = |post: &Post| post.state.casebook.drafts(&post.actor(Role::Officer), post.state.now_ms()).unwrap();
    assert_eq!(drafts(&post), []);

    let kept = send(&post, &session, "/drafts", form(&session.csrf, "new+person"), true).await;
    assert_eq!(kept.status, StatusCode::OK);
    assert!(kept.text.starts_with("Draft kept at"), "{}", kept.text);
    let pressed = send(&post, &session, "/drafts", form(&session.csrf, "new+person"), false).await;
    assert_eq!((pressed.status, pressed.header("location")), (StatusCode::SEE_OTHER, "/drafts?done=draft-kept"));
    assert_eq!(drafts(&post).len(), 1, "the same draft, kept twice");

    let saved = send(&post, &session, "/records", form(&session.csrf, "new+person"), false).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    assert_eq!(drafts(&post), []);
}
