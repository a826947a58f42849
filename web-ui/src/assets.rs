//! Files that pages need, built into the binary.
//!
//! `pages::ASSETS` lists them. A page names a file by [`url`], which carries the hash of its content, so that
//! a browser may keep it for ever and still never shows an old one after an update. They travel compressed where the
//! browser takes it: they hold nothing secret. Pages mostly do not:
//! `appliance/decisions/0009-pages-are-not-compressed.md` says why.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use std::io::Write as _;

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
    /// The same, compressed; absent where that would not be smaller.
    gzip: Option<Vec<u8>>,
}

static KEPT: LazyLock<BTreeMap<&'static str, Kept>> = LazyLock::new(|| {
    let kept = |asset: &'static Asset| Kept {
        asset,
        hash: blake3::hash(asset.bytes).to_hex()[..16].to_owned(),
        gzip: gzip(asset.bytes).filter(|packed| packed.len() < asset.bytes.len()),
    };
    pages::ASSETS.iter().map(|asset| (asset.name, kept(asset))).collect()
});

/// Bytes, compressed.
pub(crate) fn gzip(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

/// Whether the browser says that it takes gzip.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    offers.flat_map(|value| value.split(',')).any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
        let weight: String = weight.split_whitespace().collect();
        let refused = weight.strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok()).is_some_and(|q| q <= 0.0);
        matches!(name.trim(), "gzip" | "*") && !refused
    })
}

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
    let packed = kept.gzip.as_deref().filter(|_| takes_gzip(&headers));
    let tag = format!("\"{}{}\"", kept.hash, if packed.is_some() { "-gzip" } else { "" });
    let same = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let mut answer = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        packed.unwrap_or(kept.asset.bytes).into_response()
    };
    let out = answer.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(kept.asset.name)));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if packed.is_some() && !same {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
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

/// Bytes of an embedded file on the way to a browser of today.
#[cfg(test)]
pub(crate) fn sent_bytes(name: &str) -> usize {
    KEPT[name].gzip.as_ref().map_or(KEPT[name].asset.bytes.len(), Vec::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(accepts: Option<&str>) -> (Option<HeaderValue>, HeaderValue, Vec<u8>) {
        let mut headers = HeaderMap::new();
        if let Some(accepts) = accepts {
            headers.insert(header::ACCEPT_ENCODING, accepts.parse().unwrap());
        }
        let answer = serve(Path(("0".into(), "cairn.css".into())), headers).await;
        let encoding = answer.headers().get(header::CONTENT_ENCODING).cloned();
        let tag = answer.headers()[header::ETAG].clone();
        (encoding, tag, axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec())
    }

    #[tokio::test]
    async fn files_travel_compressed_only_to_those_who_take_it() {
        let plain = pages::ASSETS.iter().find(|asset| asset.name == "cairn.css").unwrap().bytes;
        let (encoding, tag, bytes) = asked(Some("br, gzip;q=0.8")).await;
        assert_eq!(encoding.unwrap(), "gzip");
        assert!(bytes.len() * 3 < plain.len(), "{} of {}", bytes.len(), plain.len());
        let mut back = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut back).unwrap();
        assert_eq!(back, plain);
        for accepts in [None, Some("br"), Some("gzip;q=0, br"), Some("gzip; q=0.0")] {
            let (encoding, other, bytes) = asked(accepts).await;
            assert_eq!((encoding, bytes.as_slice()), (None, plain), "{accepts:?}");
            assert_ne!(other, tag, "two encodings are two things to a cache");
        }
    }
}
