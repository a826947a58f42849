//! Failures become what the caller can read: problem JSON (RFC 9457) for the API, a page for a person.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::gate::{SignedIn, is_api};
use crate::state::AppState;
use crate::{Failure, api, pages};
use cairn_record::reason;

/// What an error page knows about the request that failed.
#[derive(Clone, Debug)]
pub struct ErrorContext {
    /// Who asked, when the gate knew.
    pub signed_in: Option<SignedIn>,
    /// What was asked for.
    pub uri: Uri,
    /// The headers of the request (language, whether htmx asked).
    pub headers: HeaderMap,
}

/// Shows failures that handlers, extractors and layers returned.
pub(super) async fn show_failures(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let mut answer = next.run(request).await;
    let Some(failure) = failure_in(&mut answer) else { return answer };
    let mut shown = if is_api(uri.path()) {
        api::problem(&failure)
    } else {
        let signed_in = answer.extensions_mut().remove::<SignedIn>();
        pages::error_page(&state, &ErrorContext { signed_in, uri, headers }, &failure).await
    };
    *shown.status_mut() = failure.status;
    keep_headers(&answer, &mut shown, &failure);
    shown
}

/// The failure that an answer carries. What the framework itself refuses (an address that cannot be decoded)
/// carries only a status and a line of text.
fn failure_in(answer: &mut Response) -> Option<Failure> {
    if let Some(failure) = answer.extensions_mut().remove::<Failure>() {
        return Some(failure);
    }
    let status = answer.status();
    let is_bare =
        answer.headers().get(header::CONTENT_TYPE).is_none_or(|value| value.as_bytes().starts_with(b"text/plain"));
    if !is_bare || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let detail = reason!("sent-not-understood");
    Some(Failure { status, ..Failure::bad_request(detail) })
}

/// Headers that the failing layer set (`allow`, `hx-redirect`, cookies) stay.
fn keep_headers(from: &Response, to: &mut Response, failure: &Failure) {
    for (name, value) in from.headers() {
        if !matches!(*name, header::CONTENT_TYPE | header::CONTENT_LENGTH) {
            to.headers_mut().append(name, value.clone());
        }
    }
    if let Some(seconds) = failure.retry_after_s {
        to.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}

impl Failure {
    /// The failure as an answer that the outer layers leave as it is (a form shown again with what is wrong).
    pub fn answered_with(&self, page: impl IntoResponse) -> Response {
        let mut answer = page.into_response();
        *answer.status_mut() = self.status;
        answer
    }
}
