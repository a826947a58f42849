//! Sticks in words.

use cairn_casebook::{StickLine, StickReport};

use super::table::Table;
use super::words::{bytes, count, moment};
use crate::sticks::StickWritten;

/// What was written.
pub fn written(stick: &StickWritten) -> String {
    let mut text = format!(
        "Stick {} for {}: {}, {}, good until {}.\nWritten to {}; only {} can open it.\n",
        stick.number,
        stick.site,
        count(stick.entries, "entry", "entries"),
        bytes(stick.bytes),
        moment(stick.expires_ms),
        stick.file.display(),
        stick.site
    );
    for reason in &stick.left_out {
        text += &format!("Left out: {reason}\n");
    }
    text
}

/// What reading one came to.
pub fn read(report: &StickReport) -> String {
    let mut text = format!(
        "Stick {} from {}, made {}: {} new here, {} held before.\n",
        report.number,
        report.site,
        moment(report.made_ms),
        count(report.entries, "entry", "entries"),
        report.held_before
    );
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

/// Sticks written and read.
pub fn list(sticks: &[StickLine]) -> String {
    if sticks.is_empty() {
        return "No stick was written or read here.".into();
    }
    let mut table = Table::new(["stick", "", "site", "when", "entries", "state", "good until"]);
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
            state,
            &moment(stick.expires_ms),
        ]);
    }
    table.to_string()
}
