//! Attachments on the command line: files go in from the disk and come out to it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use cairn_casebook::{Actor, AttachmentLine, Casebook, EntryRef};
use cairn_record::RecordId;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, While as _};
use crate::system::now_ms;

/// What is asked about the attachments of a record.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentRequest {
    /// The file is named by an absolute path: the process that holds the store reads it itself.
    Attach {
        record: RecordId,
        file: PathBuf,
    },
    List {
        record: RecordId,
    },
    /// Likewise an absolute path, of a file or a folder.
    Save {
        record: RecordId,
        attachment: EntryRef,
        out: PathBuf,
    },
    Fetch {
        record: RecordId,
        attachment: EntryRef,
    },
    Show {
        record: RecordId,
        attachment: EntryRef,
        shown: bool,
    },
    FetchAll {
        all: bool,
    },
}

/// An attachment that was saved to the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentSaved {
    /// The file written.
    pub file: PathBuf,
    /// Its bytes.
    pub bytes: u64,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentResponse {
    One(AttachmentLine),
    List(Vec<AttachmentLine>),
    Saved(AttachmentSaved),
    FetchAll { done: String },
}

/// Carries out one request.
pub fn execute(casebook: &Casebook, request: AttachmentRequest) -> Result<AttachmentResponse, Failure> {
    let (terminal, now) = (&Actor::terminal(), now_ms());
    Ok(match request {
        AttachmentRequest::Attach { record, file } => AttachmentResponse::One(attach(casebook, record, &file)?),
        AttachmentRequest::List { record } => AttachmentResponse::List(casebook.attachments(terminal, record, now)?),
        AttachmentRequest::Save { record, attachment, out } => {
            AttachmentResponse::Saved(save(casebook, record, attachment, &out)?)
        }
        AttachmentRequest::Fetch { record, attachment } => {
            AttachmentResponse::One(casebook.want_attachment(terminal, record, attachment, now)?)
        }
        AttachmentRequest::Show { record, attachment, shown } => {
            AttachmentResponse::One(casebook.show_attachment(terminal, record, attachment, shown, now)?)
        }
        AttachmentRequest::FetchAll { all } => {
            casebook.fetch_all_attachments(terminal, all, now)?;
            let done =
                if all { "every attachment is fetched from now on" } else { "attachments are fetched when wanted" };
            AttachmentResponse::FetchAll { done: done.to_owned() }
        }
    })
}

fn attach(casebook: &Casebook, record: RecordId, file: &Path) -> Result<AttachmentLine, Failure> {
    let doing = || format!("read {}", file.display());
    let bytes = std::fs::metadata(file).while_doing(doing)?.len();
    let limit = cairn_casebook::ATTACH_BYTES_MAX;
    if bytes > limit {
        return Err(Failure::setup(format!(
            "{} is larger than {} MB; nothing was attached",
            file.display(),
            limit / 1_000_000
        )));
    }
    let content = std::fs::read(file).while_doing(doing)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(casebook.attach(&Actor::terminal(), record, &name, &content, now_ms())?)
}

/// Writes the file under a name that does not exist yet; when a part cannot be read, what was written is removed.
fn save(casebook: &Casebook, record: RecordId, id: EntryRef, out: &Path) -> Result<AttachmentSaved, Failure> {
    let open = casebook.open_attachment(&Actor::terminal(), record, id, now_ms())?;
    let path = if out.is_dir() { out.join(open.name()) } else { out.to_owned() };
    let doing = || format!("write {}", path.display());
    let mut file: File = OpenOptions::new().write(true).create_new(true).open(&path).while_doing(doing)?;
    for number in 0..open.parts() {
        let part = casebook.attachment_part(record, id, &open, number).map_err(Failure::from);
        let written = part.and_then(|part| file.write_all(&part).while_doing(doing));
        if let Err(failure) = written {
            let _ = std::fs::remove_file(&path);
            return Err(failure);
        }
    }
    file.sync_all().while_doing(doing)?;
    Ok(AttachmentSaved { file: path, bytes: open.size() })
}
