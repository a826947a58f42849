//! Errors of the API: problem JSON after RFC 9457.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use cairn_record::schema::schema;
use cairn_record::{FieldNo, Kind};
use serde::Serialize;

use crate::Failure;

/// What the API answers when something was not done.
#[derive(Debug, Serialize)]
pub struct ProblemJson<'a> {
    /// A short title for the reason.
    pub title: &'a str,
    /// The status of the answer once more.
    pub status: u16,
    /// A sentence: what happened, whether anything was lost, what to do.
    pub detail: &'a str,
    /// Stable name of the reason.
    pub code: &'a str,
    /// What is wrong with which field.
    pub problems: Vec<FieldProblem<'a>>,
}

/// What is wrong with one field.
#[derive(Debug, Serialize)]
pub struct FieldProblem<'a> {
    /// Key of the field, or `null` when it concerns the whole record.
    pub field: Option<&'a str>,
    /// Stable name of the rule.
    pub code: &'a str,
    /// A sentence: what is wrong and what to do.
    pub text: &'a str,
}

/// A failure as problem JSON.
pub fn problem(failure: &Failure) -> Response {
    let problems = failure.problems.iter().map(|problem| FieldProblem {
        field: field_key(failure.kind, problem.field),
        code: &problem.code,
        text: &problem.text,
    });
    let body = ProblemJson {
        title: failure.title(),
        status: failure.status.as_u16(),
        detail: &failure.detail,
        code: failure.code,
        problems: problems.collect(),
    };
    let mut answer = (failure.status, axum::Json(body)).into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    answer
}

fn field_key(kind: Option<Kind>, field: Option<FieldNo>) -> Option<&'static str> {
    Some(schema(kind?).field(field?)?.key)
}
