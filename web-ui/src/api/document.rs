//! The OpenAPI 3.1 document, made from the same table as the router.

use serde_json::{Map, Value, json};

use super::schemas::schemas;
use super::table::{Endpoint, Gives, Takes, endpoints};
use crate::rights::{self, Need, Rule};

/// The document.
pub(super) fn document() -> Value {
    let mut paths = Map::new();
    for endpoint in endpoints() {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.to_ascii_lowercase()] = operation(&endpoint);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Cairn",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "What the screens do, for other programs.",
            "description": "Times are milliseconds since 1970 (`_ms`). Errors are problem JSON (RFC 9457). \
                            Each route names the right it needs as `x-cairn-right`.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "responses": {"Problem": {
                "description": "Not done; the answer says why.",
                "content": {"application/problem+json": {"schema": reference("Problem")}},
            }},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "The token that signIn answers."},
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "cairn-*",
                    "description": "The cookie of the screens (named after the installation); requests that change \
                                    something then carry the page's form token in X-CSRF-Token.",
                },
            },
        },
    })
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn operation(endpoint: &Endpoint) -> Value {
    let rule = rights::API.iter().find(|rule| rule.method == endpoint.method && rule.path == endpoint.path);
    let mut operation = json!({
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": parameters(endpoint),
        "responses": responses(&endpoint.gives),
        "security": security(rule),
        "x-cairn-right": needed(rule),
    });
    match endpoint.takes {
        Takes::Nothing => {}
        Takes::Json(schema) => {
            operation["requestBody"] =
                json!({"required": true, "content": {"application/json": {"schema": reference(schema)}}});
        }
        Takes::File => operation["requestBody"] = file_body(rule),
        Takes::Bytes => {
            operation["requestBody"] = json!({"required": true, "content": {"application/octet-stream": {}}});
        }
    }
    operation
}

fn file_body(rule: Option<&Rule>) -> Value {
    let megabytes = rule.map_or(0, |rule| rule.body_max_bytes / 1_000_000);
    json!({
        "required": true,
        "description": format!("At most {megabytes} MB."),
        "content": {
            "multipart/form-data": {"schema": reference("ImportForm")},
            "application/octet-stream": {},
            "text/csv": {},
        },
    })
}

fn parameters(endpoint: &Endpoint) -> Vec<Value> {
    let in_path = endpoint.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path =
        in_path.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
    let in_query = endpoint.query.iter().map(|(name, holds, meaning)| {
        json!({"name": name, "in": "query", "description": meaning, "schema": {"type": holds}})
    });
    in_path.chain(in_query).collect()
}

fn responses(gives: &Gives) -> Value {
    let json_of = |schema: Value| json!({"application/json": {"schema": schema}});
    let (status, content) = match gives {
        Gives::Status(status) => (*status, None),
        Gives::Json(status, schema) => (*status, Some(json_of(reference(schema)))),
        Gives::List(schema) => (200, Some(json_of(json!({"type": "array", "items": reference(schema)})))),
        Gives::Bytes => (200, Some(json!({"application/octet-stream": {}}))),
        Gives::Csv => (200, Some(json!({"text/csv": {"schema": {"type": "string"}}}))),
    };
    let mut done = json!({"description": "Done."});
    if let Some(content) = content {
        done["content"] = content;
    }
    json!({status.to_string(): done, "default": {"$ref": "#/components/responses/Problem"}})
}

fn security(rule: Option<&Rule>) -> Value {
    if rule.is_some_and(|rule| rule.need == Need::Nothing) {
        json!([])
    } else {
        json!([{"bearer": []}, {"cookie": []}])
    }
}

fn needed(rule: Option<&Rule>) -> Value {
    match rule.map(|rule| rule.need) {
        Some(Need::Right(right)) => json!([right]),
        Some(Need::AnyOf(rights)) => json!(rights),
        Some(Need::Nothing | Need::SignedIn) | None => json!([]),
    }
}
