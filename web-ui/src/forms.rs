//! Forms that people send: read within limits, and only from a page of their own session.

mod query;

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{StatusCode, header};
use serde::de::DeserializeOwned;
use tokio::sync::SemaphorePermit;

use crate::Failure;
use crate::gate::SignedIn;
use crate::rights::BODY_MAX_BYTES;
use crate::session::same_secret;
use crate::state::AppState;
use cairn_record::reason;

pub use query::{own_path, percent_encoded};

/// Fields in one form.
const FIELDS_MAX: usize = 1000;
/// Bytes in one text field of a form with a file.
const FIELD_MAX_BYTES: usize = 64 * 1024;

/// Limit of the body of this request, set by the gate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyMax(pub usize);

/// A form of a signed-in person, whose field `csrf` was right. Fields may repeat; their order is kept.
#[derive(Clone, Debug)]
pub struct CheckedForm {
    /// Who sent it.
    pub signed_in: SignedIn,
    /// Its fields in the order of the form, without `csrf`.
    pub fields: Vec<(String, String)>,
}

impl CheckedForm {
    /// The first value of a field, without blanks around it; empty when it is missing.
    pub fn get(&self, name: &str) -> &str {
        self.exact(name).trim()
    }

    /// Every value of a field, without blanks around it.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// A field exactly as sent (passwords keep their blanks); empty when it is missing.
    pub fn exact(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

impl FromRequest<AppState> for CheckedForm {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Failure> {
        let signed_in = signed_in(&request)?;
        let OpenForm { fields } = OpenForm::from_request(request, state).await?;
        let fields = checked(&signed_in, fields)?;
        Ok(Self { signed_in, fields })
    }
}

/// A form of somebody who need not be signed in (sign-in, first run). The server has checked that it came
/// from a page of this server.
#[derive(Clone, Debug)]
pub struct OpenForm {
    /// Its fields in the order of the form.
    pub fields: Vec<(String, String)>,
}

impl OpenForm {
    /// The first value of a field, without blanks around it; empty when it is missing.
    pub fn get(&self, name: &str) -> &str {
        self.exact(name).trim()
    }

    /// A field exactly as sent; empty when it is missing.
    pub fn exact(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

impl FromRequest<AppState> for OpenForm {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Failure> {
        if !has_type(&request, "application/x-www-form-urlencoded") {
            return Err(wrong_type("a form"));
        }
        let body = body_of(request, state).await?;
        let fields = query::pairs(&body)?;
        Ok(Self { fields })
    }
}

/// A file that came with a form.
#[derive(Clone, Debug)]
pub struct SentFile {
    /// Its name, without any folder, at most 120 characters.
    pub name: String,
    /// What is in it.
    pub bytes: Bytes,
}

/// A form with a file, of a signed-in person, whose field `csrf` was right.
#[derive(Clone, Debug)]
pub struct CheckedUpload {
    /// Who sent it.
    pub signed_in: SignedIn,
    /// Its text fields; of a repeated one the last value counts.
    pub fields: BTreeMap<String, String>,
    /// The file, unless none was chosen.
    pub file: Option<SentFile>,
}

impl FromRequest<AppState> for CheckedUpload {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Failure> {
        let signed_in = signed_in(&request)?;
        let (fields, file) = read_multipart(request, state).await?;
        let fields = checked(&signed_in, fields)?.into_iter().collect();
        Ok(Self { signed_in, fields, file })
    }
}

/// JSON that a caller of the API sent.
#[derive(Clone, Debug)]
pub struct SentJson<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for SentJson<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Failure> {
        if !has_type(&request, "application/json") {
            return Err(wrong_type("application/json"));
        }
        let body = body_of(request, state).await?;
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| Failure::bad_request(format!("The JSON could not be read: {error}. Nothing was changed.")))
    }
}

/// The text fields and the first file of a multipart body.
pub(crate) async fn read_multipart(
    request: Request,
    state: &AppState,
) -> Result<(Vec<(String, String)>, Option<SentFile>), Failure> {
    let max = body_max(&request);
    let _place = place(state, max)?;
    let mut parts = Multipart::from_request(request, state).await.map_err(|_| wrong_type("a form with a file"))?;
    let (mut fields, mut file) = (Vec::new(), None);
    while let Some(part) = parts.next_field().await.map_err(|error| unreadable(error.status(), max))? {
        let name = part.name().unwrap_or_default().to_owned();
        let file_name = part.file_name().map(plain_name);
        let bytes = part.bytes().await.map_err(|error| unreadable(error.status(), max))?;
        match file_name {
            Some(name) if file.is_none() && !(name.is_empty() && bytes.is_empty()) => {
                file = Some(SentFile { name, bytes });
            }
            Some(_) => {}
            None => fields.push((name, text_field(&bytes)?)),
        }
        if fields.len() > FIELDS_MAX {
            return Err(too_many_fields());
        }
    }
    Ok((fields, file))
}

/// The whole body, at most as long as the route allows.
pub(crate) async fn body_of(request: Request, state: &AppState) -> Result<Bytes, Failure> {
    let max = body_max(&request);
    let _place = place(state, max)?;
    Bytes::from_request(request, state).await.map_err(|error| unreadable(error.status(), max))
}

/// Whether the request says that its body is of this type.
pub(crate) fn has_type(request: &Request, wanted: &str) -> bool {
    let stated = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    stated.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
}

pub(crate) fn wrong_type(wanted: &str) -> Failure {
    Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad-request", reason!("sent-wrong-type", wanted = wanted))
}

/// A file's name without folders and control characters, at most 120 characters.
pub(crate) fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|letter| !letter.is_control()).take(120).collect()
}

fn signed_in(request: &Request) -> Result<SignedIn, Failure> {
    request.extensions().get::<SignedIn>().cloned().ok_or_else(Failure::signed_out)
}

fn body_max(request: &Request) -> usize {
    request.extensions().get::<BodyMax>().map_or(BODY_MAX_BYTES, |max| max.0)
}

/// A place for a large body while it comes in; small ones need none.
fn place(state: &AppState, max: usize) -> Result<Option<SemaphorePermit<'_>>, Failure> {
    if max <= BODY_MAX_BYTES {
        return Ok(None);
    }
    let full = |_| Failure::busy(reason!("uploads-busy"), 30);
    state.uploads.try_acquire().map(Some).map_err(full)
}

fn unreadable(status: StatusCode, max: usize) -> Failure {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Failure::too_large(max);
    }
    Failure::bad_request(reason!("sent-broken"))
}

fn too_many_fields() -> Failure {
    Failure::bad_request(reason!("form-too-many-fields", most = FIELDS_MAX))
}

fn text_field(bytes: &[u8]) -> Result<String, Failure> {
    if bytes.len() > FIELD_MAX_BYTES {
        return Err(Failure::too_large(FIELD_MAX_BYTES));
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| Failure::bad_request(reason!("sent-not-text")))
}

fn checked(signed_in: &SignedIn, mut fields: Vec<(String, String)>) -> Result<Vec<(String, String)>, Failure> {
    let sent = fields.iter().find(|(key, _)| key == "csrf").map(|(_, value)| value.as_str()).unwrap_or_default();
    if !same_secret(sent, &signed_in.csrf) {
        return Err(Failure::not_from_here());
    }
    fields.retain(|(key, _)| key != "csrf");
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_lose_their_folders() {
        assert_eq!(plain_name("C:\\day\\stops.csv"), "stops.csv");
        assert_eq!(plain_name("../../etc/pass\nwd"), "passwd");
        assert_eq!(plain_name(&"a".repeat(500)).len(), 120);
    }
}
