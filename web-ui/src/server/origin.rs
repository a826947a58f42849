//! Which host the request names, and which page it comes from.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Failure;
use crate::gate;
use crate::state::AppState;
use cairn_record::reason;

/// Turns away requests for another host (so that no foreign name can be pointed at this machine to read it),
/// and requests that would change something and come from another site.
pub(super) async fn check(
    State((state, hosts)): State<(AppState, Arc<[String]>)>,
    request: Request,
    next: Next,
) -> Response {
    let tls_in_front = state.settings.tls_in_front;
    let Some(host) = host_of(&request, tls_in_front).filter(|host| hosts.contains(host)) else {
        return wrong_host().into_response();
    };
    if !request.method().is_safe() && !is_from_here(request.headers(), &host, &state) {
        return Failure::not_from_here().into_response();
    }
    next.run(request).await
}

/// A host as it is compared: in small letters, without the port that browsers leave out.
pub(super) fn plain_host(host: &str, tls_in_front: bool) -> String {
    let usual = if tls_in_front { ":443" } else { ":80" };
    host.strip_suffix(usual).unwrap_or(host).to_ascii_lowercase()
}

fn host_of(request: &Request, tls_in_front: bool) -> Option<String> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let host = match (request.uri().authority(), named.next(), named.next()) {
        (Some(authority), _, None) => authority.as_str(),
        (None, Some(host), None) => host.to_str().ok()?,
        _ => return None,
    };
    Some(plain_host(host, tls_in_front))
}

/// Browsers say where a request comes from in `Sec-Fetch-Site`, older ones in `Origin`. A request that says
/// neither comes from no browser; it may pass only if it brings no cookie of ours.
fn is_from_here(headers: &HeaderMap, host: &str, state: &AppState) -> bool {
    let text = |name| headers.get(name).map(|value: &axum::http::HeaderValue| value.to_str().unwrap_or_default());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    if let Some(origin) = text(header::ORIGIN) {
        let named = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        return named.is_some_and(|named| plain_host(named, state.settings.tls_in_front) == host);
    }
    gate::cookie(headers, &state.cookie).is_none()
}

fn wrong_host() -> Failure {
    Failure::new(StatusCode::MISDIRECTED_REQUEST, "wrong-host", reason!("wrong-host"))
}

#[cfg(test)]
mod tests {
    use super::plain_host;

    #[test]
    fn the_port_that_browsers_leave_out_makes_no_difference() {
        assert_eq!(plain_host("Post.example:80", false), "post.example");
        assert_eq!(plain_host("post.example:443", true), "post.example");
        assert_eq!(plain_host("post.example:443", false), "post.example:443");
        assert_eq!(plain_host("[::1]:8080", false), "[::1]:8080");
    }
}
