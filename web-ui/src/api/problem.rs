//! Errors of the API: problem JSON after RFC 9457.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use cairn_record::schema::schema;
use cairn_record::{Kind, Problem};
use serde::Serialize;

use crate::Failure;

/// What the API answers when something was not done.
#[derive(Serialize)]
struct ProblemJson<'a> {
    title: &'a str,
    status: u16,
    detail: String,
    code: &'a str,
    problems: Vec<FieldProblem>,
}

/// What is wrong with one field, or worth a look.
#[derive(Debug, Serialize)]
pub(super) struct FieldProblem {
    /// Key of the field; none when it concerns the whole record.
    field: Option<&'static str>,
    /// Stable name of the rule.
    code: String,
    /// A sentence: what is wrong and what to do.
    text: String,
}

impl FieldProblem {
    /// The problem with the field's key, which only the kind knows.
    pub(super) fn of(problem: &Problem, kind: Option<Kind>) -> Self {
        let field = kind.zip(problem.field).and_then(|(kind, no)| schema(kind).field(no));
        Self { field: field.map(|field| field.key), code: problem.code.clone(), text: problem.text.clone() }
    }
}

/// A failure as problem JSON.
pub fn problem(failure: &Failure) -> Response {
    let problems = failure.problems.iter().map(|problem| FieldProblem::of(problem, failure.kind));
    let body = ProblemJson {
        title: failure.title(),
        status: failure.status.as_u16(),
        detail: failure.in_english(),
        code: failure.code,
        problems: problems.collect(),
    };
    let mut answer = (failure.status, axum::Json(body)).into_response();
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    answer
}
