//! Files that belong to a record: add one, see the thumbnails, open, fetch, take from view.
//!
//! What people attached here or elsewhere is never trusted by a browser: a JPEG or PNG that begins like one is shown as a
//! picture, everything else is a download, and both come with a policy that lets them do nothing.

use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use cairn_casebook::{Actor, AttachmentLine, EntryRef, OpenAttachment, Right, Whole, reason};
use cairn_record::RecordId;

use super::record_form::record_id;
use super::{Done, Frame, Section, Visit, page};
use crate::Failure;
use crate::forms::{CheckedForm, CheckedUpload, percent_encoded};
use crate::gate::SignedIn;
use crate::server::Sandboxed;
use crate::state::{AppState, blocking};
use crate::words::{Clock, Html};

/// Parts that may wait for a browser that reads slowly.
const PARTS_WAITING_MAX: usize = 4;

/// The files of a record, as its page and the fragment that follows a transfer show them.
pub(crate) struct FilesShown {
    pub record: RecordId,
    pub shown: Vec<FileShown>,
    pub hidden: Vec<FileShown>,
    /// Whether the person may add and take from view.
    pub may_edit: bool,
}

pub(crate) struct FileShown {
    pub line: AttachmentLine,
    pub size: String,
    pub by: String,
    pub at: Html,
}

#[derive(Template)]
#[template(path = "files.html")]
struct FilesFragment {
    frame: Frame,
    files: FilesShown,
}

impl FilesShown {
    pub fn of(clock: &Clock, record: RecordId, files: Vec<AttachmentLine>, may_edit: bool) -> Self {
        let one = |line: AttachmentLine| FileShown {
            size: clock.words.bytes(line.size),
            by: clock.words.holding(&line.holder),
            at: clock.at(line.attached_ms),
            line,
        };
        let (shown, hidden) = files.into_iter().map(one).partition(|file| file.line.shown);
        Self { record, shown, hidden, may_edit }
    }

    /// Whether some of them are on their way.
    pub fn any_coming(&self) -> bool {
        self.shown.iter().any(|file| file.line.wanted)
    }
}

impl FileShown {
    /// Whether all of it is on this machine.
    pub fn is_here(&self) -> bool {
        self.line.whole == Whole::Here
    }
}

/// The files alone, for the page that follows a transfer; to a browser without scripts, the record.
pub(super) async fn list(
    State(state): State<AppState>,
    visit: Visit,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let id = record_id(&id)?;
    let actor = who.actor.clone();
    let files = blocking(&state, move |casebook, now_ms| casebook.attachments(&actor, id, now_ms)).await?;
    let frame = visit.frame(Section::Search, String::new());
    let files = FilesShown::of(&frame.clock, id, files, frame.may(Right::Edit));
    page(&FilesFragment { frame, files })
}

/// Attaches a file.
pub(super) async fn add(
    State(state): State<AppState>,
    Path(id): Path<String>,
    sent: CheckedUpload,
) -> Result<Response, Failure> {
    let id = record_id(&id)?;
    let Some(file) = sent.file.filter(|file| !file.bytes.is_empty()) else {
        return Err(Failure::bad_request(reason!("file-none-chosen")));
    };
    attach(&state, &sent.signed_in.actor, id, file.name, file.bytes).await?;
    Ok(Done::Attached.at(&format!("/records/{id}")))
}

/// Attaches what came in a form or as a bare body.
pub(crate) async fn attach(
    state: &AppState,
    actor: &Actor,
    record: RecordId,
    name: String,
    bytes: Bytes,
) -> Result<AttachmentLine, Failure> {
    let actor = actor.clone();
    Ok(blocking(state, move |casebook, now_ms| casebook.attach(&actor, record, &name, &bytes, now_ms)).await?)
}

/// The file itself.
pub(super) async fn open(
    State(state): State<AppState>,
    who: SignedIn,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, Failure> {
    content(&state, &who.actor, record_id(&id)?, file_id(&file)?).await
}

/// The thumbnail of a file.
pub(super) async fn thumbnail(
    State(state): State<AppState>,
    who: SignedIn,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, Failure> {
    small(&state, &who.actor, record_id(&id)?, file_id(&file)?).await
}

/// Fetches a file that is not here yet.
pub(super) async fn fetch(
    State(state): State<AppState>,
    Path((id, file)): Path<(String, String)>,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let (id, file, actor) = (record_id(&id)?, file_id(&file)?, sent.signed_in.actor.clone());
    blocking(&state, move |casebook, now_ms| casebook.want_attachment(&actor, id, file, now_ms)).await?;
    Ok(Done::FileWanted.at(&format!("/records/{id}")))
}

/// Takes a file from view, or shows it again.
pub(super) async fn show_or_hide(
    State(state): State<AppState>,
    Path((id, file)): Path<(String, String)>,
    sent: CheckedForm,
) -> Result<Response, Failure> {
    let (id, file, actor) = (record_id(&id)?, file_id(&file)?, sent.signed_in.actor.clone());
    let shown = sent.get("shown") == "yes";
    blocking(&state, move |casebook, now_ms| casebook.show_attachment(&actor, id, file, shown, now_ms)).await?;
    let done = if shown { Done::FileShown } else { Done::FileHidden };
    Ok(done.at(&format!("/records/{id}")))
}

pub(crate) fn file_id(text: &str) -> Result<EntryRef, Failure> {
    text.parse().map_err(|_| Failure::not_found(reason!("file-no-such")))
}

/// A file, part by part, as a browser may have it.
pub(crate) async fn content(
    state: &AppState,
    actor: &Actor,
    record: RecordId,
    file: EntryRef,
) -> Result<Response, Failure> {
    let asker = actor.clone();
    let open = blocking(state, move |casebook, now_ms| casebook.open_attachment(&asker, record, file, now_ms)).await?;
    let way = if open.is_picture() { "inline" } else { "attachment" };
    let disposition = format!("{way}; filename*=UTF-8''{}", percent_encoded(open.name()));
    let headers = [
        (header::CONTENT_TYPE, open.served_as.to_owned()),
        (header::CONTENT_LENGTH, open.size().to_string()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    let mut answer = (headers, parts(state, record, file, open)).into_response();
    answer.extensions_mut().insert(Sandboxed);
    Ok(answer)
}

/// The parts of an open file, each read when the one before is on its way.
fn parts(state: &AppState, record: RecordId, file: EntryRef, open: OpenAttachment) -> Body {
    let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, axum::BoxError>>(PARTS_WAITING_MAX);
    let casebook = state.casebook.clone();
    tokio::task::spawn_blocking(move || {
        for number in 0..open.parts() {
            let part = casebook.attachment_part(record, file, &open, number);
            let part = part.map(|part| Bytes::copy_from_slice(&part)).map_err(axum::BoxError::from);
            let failed = part.is_err();
            if sender.blocking_send(part).is_err() || failed {
                return;
            }
        }
    });
    Body::new(crate::server::PartsBody(receiver))
}

/// A thumbnail: a JPEG that this program or a peer's made.
pub(crate) async fn small(
    state: &AppState,
    actor: &Actor,
    record: RecordId,
    file: EntryRef,
) -> Result<Response, Failure> {
    let actor = actor.clone();
    let bytes = blocking(state, move |casebook, now_ms| casebook.thumbnail(&actor, record, file, now_ms)).await?;
    let mut answer = ([(header::CONTENT_TYPE, "image/jpeg")], bytes).into_response();
    answer.extensions_mut().insert(Sandboxed);
    Ok(answer)
}
