//! Names and values as addresses and plain forms carry them.

use super::{FIELDS_MAX, too_many_fields};
use crate::Failure;
use cairn_record::reason;

/// Text made safe as the value of one query parameter.
pub fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The page to go to after sign-in: only a path of this server, never another site.
pub fn own_path(next: &str) -> &str {
    let is_own = next.starts_with('/') && !next[1..].starts_with(['/', '\\']);
    let is_plain = next.len() <= 2000 && next.bytes().all(|byte| byte.is_ascii_graphic());
    if is_own && is_plain { next } else { "/" }
}

/// The fields of a plain form, in their order.
pub(super) fn pairs(body: &[u8]) -> Result<Vec<(String, String)>, Failure> {
    let text = std::str::from_utf8(body).map_err(|_| Failure::bad_request(reason!("sent-not-text")))?;
    let pairs = text.split('&').filter(|pair| !pair.is_empty()).take(FIELDS_MAX + 1).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decoded(key)?, decoded(value)?))
    });
    let fields: Option<Vec<_>> = pairs.collect();
    let fields = fields.ok_or_else(|| Failure::bad_request(reason!("sent-not-text")))?;
    if fields.len() > FIELDS_MAX { Err(too_many_fields()) } else { Ok(fields) }
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                (high * 16 + low) as u8
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded_in_their_order() {
        let fields = pairs(b"a=1+2&b=%C3%A9%2b&a=&c").unwrap();
        let expected =
            [("a", "1 2"), ("b", "\u{e9}+"), ("a", ""), ("c", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(fields, expected);
        for broken in [&b"a=%"[..], b"a=%4", b"a=%+1", b"a=%zz", b"a=%ff", b"\xff=1"] {
            assert!(pairs(broken).is_err(), "{}", String::from_utf8_lossy(broken));
        }
        assert!(pairs("a&".repeat(FIELDS_MAX).as_bytes()).is_ok());
        assert!(pairs("a&".repeat(FIELDS_MAX + 1).as_bytes()).is_err());
    }

    #[test]
    fn after_sign_in_nobody_is_led_elsewhere() {
        for own in ["/", "/search?text=a%20b", "/records/7"] {
            assert_eq!(own_path(own), own);
        }
        for foreign in
            ["", "//evil.example", "/\\evil.example", "https://evil.example", "search", "/a\r\nSet-Cookie: x"]
        {
            assert_eq!(own_path(foreign), "/", "{foreign}");
        }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        let text = "a b&c=d/\u{e9}%+?";
        assert_eq!(decoded(&percent_encoded(text)).as_deref(), Some(text));
    }
}
