//! Sticks in words.

use cairn_casebook::{StickLine, StickReport};

use super::table::Table;
use super::words::{bytes, count, moment};
use crate::sticks::StickWritten;

/// What was written.
pub fn written(stick: &StickWritten) -> String {
    let mut text = format!(
        "Stick {} for {}: {}{}, {}, good until {}.\nWritten to {}; only {} can open it.\n",
        stick.number,
        stick.site,
        count(stick.entries, "entry", "entries"),
        and_files(stick.files, stick.files_bytes),
        bytes(stick.bytes),
        moment(stick.expires_ms),
        stick.file.display(),
        stick.site
    );
    if stick.files_left > 0 {
        let files = count(stick.files_left, "file", "files");
        text += &format!("Did not fit: {files}. Write another stick for them, or one with a larger --files-max.\n");
    }
    for reason in &stick.left_out {
        text += &format!("Left out: {reason}\n");
    }
    text
}

/// What reading one came to.
pub fn read(report: &StickReport) -> String {
    let mut text = format!(
        "Stick {} from {}, made {}: {}{} new here, {} held before.\n",
        report.number,
        report.site,
        moment(report.made_ms),
        count(report.entries, "entry", "entries"),
        and_files(report.files, report.files_bytes),
        report.held_before
    );
    if report.files_left > 0 {
        let files = count(report.files_left, "file", "files");
        text += &format!("Not whole here: {files} of the stick. It can be read again for them.\n");
    }
    if report.files_missing > 0 {
        let files = count(report.files_missing, "file", "files");
        text += &format!("Still missing here: {files}.\n");
    }
    if !report.missing.is_empty() {
        let numbers: Vec<String> = report.missing.iter().map(u64::to_string).collect();
        text += &format!(
            "Never read here: stick {}. Nothing is lost: this one carries the same and more.\n",
            numbers.join(", ")
        );
    }
    if !report.received.is_empty() {
        let numbers: Vec<String> = report.received.iter().map(u64::to_string).collect();
        text += &format!("{} has read our stick {}.\n", report.site, numbers.join(", "));
    }
    for reason in &report.set_aside {
        text += &format!("Set aside: {reason}\n");
    }
    text
}

/// " and 3 files (12 MB)", or nothing.
fn and_files(files: u64, size: u64) -> String {
    match files {
        0 => String::new(),
        _ => format!(" and {} ({})", count(files, "file", "files"), bytes(size)),
    }
}

/// Sticks written and read.
pub fn list(sticks: &[StickLine]) -> String {
    if sticks.is_empty() {
        return "No stick was written or read here.".into();
    }
    let mut table = Table::new(["stick", "", "site", "when", "entries", "files", "state", "good until"]);
    for stick in sticks {
        let state = match stick.state.as_str() {
            "on_the_way" => "on the way",
            "received" => "received there",
            "expired" => "expired, not known to be received",
            _ => "read here",
        };
        table.row([
            &stick.number.to_string(),
            if stick.direction == "written" { "to" } else { "from" },
            &stick.site,
            &moment(stick.at_ms),
            &stick.entries.to_string(),
            &stick.files.to_string(),
            state,
            &moment(stick.expires_ms),
        ]);
    }
    table.to_string()
}
