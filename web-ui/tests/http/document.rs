//! The OpenAPI document says what the router does.

use std::collections::BTreeSet;

use axum::body::Body;
use cairn_web_ui::rights::API;
use serde_json::Value;

use crate::common::{Post, request};

async fn document(post: &Post) -> Value {
    post.send(request("GET", "/api/openapi.json").body(Body::empty()).unwrap()).await.json()
}

fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation.clone()))
    });
    each.collect()
}

#[tokio::test]
async fn it_has_the_routes_of_the_table_of_rights_and_no_others() {
    let post = Post::new();
    let document = document(&post).await;
    let said: BTreeSet<_> = operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    let kept = API.iter().filter(|rule| rule.path != "/api/openapi.json");
    let kept: BTreeSet<_> = kept.map(|rule| (rule.method.to_owned(), rule.path.to_owned())).collect();
    assert_eq!(said, kept);
}

#[tokio::test]
async fn operations_are_named_once_and_described() {
    let post = Post::new();
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations(&document(&post).await) {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        assert!(!name.is_empty() && names.insert(name), "{method} {path}");
        assert!(operation["summary"].as_str().unwrap().ends_with('.'), "{method} {path}");
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_shape_is_used() {
    let post = Post::new();
    let document = document(&post).await;
    let mut named = BTreeSet::new();
    references(&document, &mut named);
    for name in &named {
        assert!(document.pointer(name.trim_start_matches('#')).is_some(), "{name} leads nowhere");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(named.contains(&format!("#/components/schemas/{name}")), "{name} is used nowhere");
    }
}

fn references(value: &Value, named: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member.as_str() {
                    Some(name) if key == "$ref" => drop(named.insert(name.to_owned())),
                    _ => references(member, named),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, named)),
        _ => {}
    }
}
