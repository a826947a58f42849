//! What goes wrong on the way to an answer, in one shape for pages and API.
//!
//! Handlers, extractors and the gate all return a [`Failure`]. It travels in the extensions of an empty
//! response; [`crate::server`] then shows it as problem JSON under `/api/` and as a page elsewhere.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cairn_casebook::{CasebookError, SignInError};
use cairn_record::{Kind, Problem, Reason, reason};

use crate::state::{JoinRefused, Stopped};
use crate::words::{Words, sentence};

/// When to ask again after an error of the disk, in seconds: the appliance looks after itself more often.
const MENDING_RETRY_S: u64 = 5;

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Status of the answer.
    pub status: StatusCode,
    /// Stable name of the reason; also the key of its title in the catalogues (`failure-<code>`).
    pub code: &'static str,
    /// What happened, whether anything was lost, what to do.
    pub detail: Reason,
    /// What is wrong with which field.
    pub problems: Vec<Problem>,
    /// The kind whose fields the problems speak of, so that the API can name them.
    pub kind: Option<Kind>,
    /// When trying again makes sense, in seconds.
    pub retry_after_s: Option<u64>,
}

impl Failure {
    /// A failure with a sentence for the person.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Reason>) -> Self {
        Self { status, code, detail: detail.into(), problems: Vec::new(), kind: None, retry_after_s: None }
    }

    /// A failure for a caller that does not know of HTTP.
    pub fn of_reason(status: u16, code: &'static str, reason: Reason) -> Self {
        Self::new(StatusCode::from_u16(status).unwrap_or(StatusCode::CONFLICT), code, reason)
    }

    /// What happened, in a sentence of the reader's language.
    pub fn in_words(&self, words: Words) -> String {
        words.sentence(&self.detail)
    }

    /// What happened, in an English sentence.
    pub fn in_english(&self) -> String {
        sentence(&self.detail.to_string())
    }

    /// The request does not make sense as it stands.
    pub fn bad_request(detail: impl Into<Reason>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    /// There is no such page or thing.
    pub fn not_found(detail: impl Into<Reason>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    /// The role may not.
    pub fn refused() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "refused",
            "Your role does not allow this. Nothing was read or changed. Ask an administrator if you need it.",
        )
    }

    /// Nobody is signed in.
    pub fn signed_out() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "signed-out",
            "You are not signed in, or your session has ended. Nothing was changed. Sign in and try again.",
        )
    }

    /// The form did not come from a page of this session.
    pub fn not_from_here() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "not-from-here",
            "This form was not sent from a page of your present session, so nothing was changed. \
             Open the page again and send the form from there.",
        )
    }

    /// The body is larger than this route takes.
    pub fn too_large(max_bytes: usize) -> Self {
        let limit = match max_bytes {
            0..1_000_000 => format!("{} kB", max_bytes / 1_000),
            _ => format!("{} MB", max_bytes / 1_000_000),
        };
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", reason!("sent-too-large", most = limit))
    }

    /// Too much is going on at this moment.
    pub fn busy(detail: impl Into<Reason>, retry_after_s: u64) -> Self {
        let mut failure = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail);
        failure.retry_after_s = Some(retry_after_s);
        failure
    }

    /// The appliance puts itself right within seconds.
    fn mending(code: &'static str, detail: Reason) -> Self {
        let mut failure = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
        failure.retry_after_s = Some(MENDING_RETRY_S);
        failure
    }

    /// A fault of the appliance itself.
    pub fn fault(detail: impl Into<Reason>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "fault", detail)
    }

    /// Says which kind's fields the problems speak of.
    pub fn of_kind(self, kind: Kind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// A short English title for the reason.
    pub fn title(&self) -> &'static str {
        match self.code {
            "bad-request" => "The request could not be understood",
            "busy" => "Too much at once",
            "fault" => "A fault in the appliance",
            "invalid" => "The record was not saved",
            "mending" => "Not possible for a moment",
            "method-not-allowed" => "Not possible here",
            "no-such-address" => "No such page",
            "not-found" => "Not held here",
            "not-from-here" => "The form was not sent from here",
            "no-room" => "No room on the disk",
            "not-now" => "Not possible now",
            "peer-refused" => "The other side was refused",
            "refused" => "Your role does not allow this",
            "saved-unseen" => "Saved, but not shown yet",
            "sign-in-wait" => "Too many failed attempts",
            "sign-in-wrong" => "Sign-in failed",
            "signed-out" => "You are not signed in",
            "too-large" => "Too large",
            code if code.contains("stick") => "The stick was not read",
            "wrong-host" => "Unknown address",
            _ => "Not done",
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<CasebookError> for Failure {
    fn from(error: CasebookError) -> Self {
        let detail = error.reason();
        match error {
            CasebookError::Refused(_) => Self::refused(),
            CasebookError::Invalid(problems) => {
                Self { problems, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail) }
            }
            CasebookError::NotFound(_) => Self::not_found(detail),
            CasebookError::BadRequest(_) => Self::bad_request(detail),
            CasebookError::NotNow(_) => Self::new(StatusCode::CONFLICT, "not-now", detail),
            CasebookError::PeerRefused { .. } => Self::new(StatusCode::CONFLICT, "peer-refused", detail),
            CasebookError::NoRoom(_) => Self::new(StatusCode::INSUFFICIENT_STORAGE, "no-room", detail),
            CasebookError::Mending(_) => Self::mending("mending", detail),
            CasebookError::SavedUnseen(_) => Self::mending("saved-unseen", detail),
            CasebookError::Storage(_) => Self::fault(detail),
        }
    }
}

impl From<SignInError> for Failure {
    fn from(error: SignInError) -> Self {
        let detail = error.to_string();
        match error {
            SignInError::Wrong => Self::new(StatusCode::UNAUTHORIZED, "sign-in-wrong", detail),
            SignInError::Wait { seconds } => {
                let mut failure = Self::new(StatusCode::TOO_MANY_REQUESTS, "sign-in-wait", detail);
                failure.retry_after_s = Some(seconds);
                failure
            }
            SignInError::NoRoom(why) => Self::new(StatusCode::INSUFFICIENT_STORAGE, "no-room", why),
            SignInError::Storage(_) => Self::fault(detail),
        }
    }
}

impl From<JoinRefused> for Failure {
    fn from(refused: JoinRefused) -> Self {
        Self::new(StatusCode::CONFLICT, "not-now", refused.0)
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        CasebookError::from(stopped).into()
    }
}
