//! Files that pages need, built into the binary.
//!
//! `pages::ASSETS` lists them. A page names a file by [`url`], which carries the hash of its content, so that
//! a browser may keep it for ever and still never shows an old one after an update.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::{Failure, pages};

/// One embedded file.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Its path below `assets/`, e.g. `app.css`.
    pub name: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

struct Kept {
    asset: &'static Asset,
    hash: String,
}

static KEPT: LazyLock<BTreeMap<&'static str, Kept>> = LazyLock::new(|| {
    let kept = |asset: &'static Asset| Kept { asset, hash: blake3::hash(asset.bytes).to_hex()[..16].to_owned() };
    pages::ASSETS.iter().map(|asset| (asset.name, kept(asset))).collect()
});

/// The address of an embedded file; of an unknown name, an address that is not found.
pub fn url(name: &str) -> String {
    let hash = KEPT.get(name).map_or("none", |kept| kept.hash.as_str());
    format!("/assets/{hash}/{name}")
}

/// Answers `/assets/{hash}/{*name}`.
///
/// Under its own hash a file may be kept for a year; under any other (a stylesheet names its neighbours
/// relatively, with its own hash) the browser asks again each time and is told when nothing changed.
pub async fn serve(Path((hash, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let Some(kept) = KEPT.get(name.as_str()) else {
        return Failure::not_found("There is no such file.").into_response();
    };
    let caching = if hash == kept.hash { "public, max-age=31536000, immutable" } else { "no-cache" };
    let tag = format!("\"{}\"", kept.hash);
    let same = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut answer = if same { StatusCode::NOT_MODIFIED.into_response() } else { kept.asset.bytes.into_response() };
    let out = answer.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(kept.asset.name)));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    answer
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("webmanifest" | "json") => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}
