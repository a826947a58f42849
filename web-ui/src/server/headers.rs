//! Strict headers on every answer.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

/// What a page may load and where it may send: nothing but this server.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a file that somebody attached may do: nothing, and not as a page of this server.
const SANDBOX: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// Marks an answer that is a file which somebody attached.
#[derive(Clone, Copy, Debug)]
pub struct Sandboxed;

const ALWAYS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), bluetooth=()",
    ),
];

/// Puts the headers on the answer. What was not marked otherwise is not kept anywhere (`no-store`): pages
/// show records, and the machine may be shared. Pages are not compressed, so that no length betrays a secret.
pub(super) async fn strict(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let sandboxed = answer.extensions().get::<Sandboxed>().is_some();
    let out = answer.headers_mut();
    for (name, value) in ALWAYS {
        out.insert(name, HeaderValue::from_static(value));
    }
    if sandboxed {
        out.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(SANDBOX));
    }
    out.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}
