//! Attachments in words.

use cairn_casebook::{AttachmentLine, Whole};

use super::records::person_at;
use super::table::Table;
use super::words::{bytes, moment};
use crate::attachments::AttachmentResponse;

/// What came of a request.
pub fn response(response: &AttachmentResponse) -> String {
    match response {
        AttachmentResponse::One(line) => {
            format!("{} ({}, {}): {}\n", line.name, line.id, bytes(line.size), state(line))
        }
        AttachmentResponse::List(lines) if lines.is_empty() => "No files belong to this record.\n".to_owned(),
        AttachmentResponse::List(lines) => list(lines),
        AttachmentResponse::Saved(saved) => format!("{} written to {}.\n", bytes(saved.bytes), saved.file.display()),
        AttachmentResponse::FetchAll { done } => format!("Done: {done}.\n"),
    }
}

/// A table of attachments.
pub fn list(lines: &[AttachmentLine]) -> String {
    let mut table = Table::new(["File", "Name", "Size", "Attached", "By", "State"]);
    for line in lines {
        let by = person_at(&line.holder);
        let (id, size, at) = (line.id.to_string(), bytes(line.size), moment(line.attached_ms));
        table.row([id.as_str(), line.name.as_str(), &size, &at, &by, &state(line)]);
    }
    table.to_string()
}

fn state(line: &AttachmentLine) -> String {
    let here = match line.whole {
        Whole::Here => "on this machine".to_owned(),
        Whole::Not => "not on this machine yet".to_owned(),
        Whole::Partly => format!("{} of {} parts on this machine", line.parts_here, line.parts),
    };
    let coming = if line.wanted { ", fetched as soon as a link allows" } else { "" };
    let hidden = if line.shown { "" } else { ", taken from view" };
    format!("{here}{coming}{hidden}")
}
