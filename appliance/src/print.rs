//! Answers as a person at a terminal reads them: plain aligned text, short, and nothing claimed that is not so.

mod attachments;
mod questions;
mod records;
mod sticks;
mod table;
mod words;

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use cairn_casebook::{
    Identity, ImportBatch, ImportReport, Invitation, LinkRules, LinkWhen, PeerSync, Person, ReplicaRole, SyncStatus,
    UndoReport, Verification, WhyOutcome, join_line, windows_words,
};
use cairn_web_ui::WhySaid;
use cairn_web_ui::words::{Clock, Language, Words};

use crate::failure::Failure;
use crate::request::{DoctorReport, Response, StatusReport, SyncReport};
use crate::system::now_ms;
use table::Table;
use words::{ago, bytes, count, moment};

/// Prints an answer, in JSON or in words. `invitation` is the file that an invitation was written to.
pub fn response(json: bool, response: &Response, invitation: Option<&Path>) -> Result<(), Failure> {
    let text = if json { json_body(response)? } else { in_words(response, invitation) };
    out(&text)
}

/// Prints one state of a watched sync: one line of JSON, or a block of words.
pub fn watched(json: bool, response: &Response) -> Result<(), Failure> {
    let text = match response {
        Response::Sync(report) if json => serde_json::to_string(report).map_err(not_json)?,
        other => in_words(other, None),
    };
    out(&text)
}

/// Says what `init` made.
pub fn initialised(json: bool, data: &Path, identity: &Identity) -> Result<(), Failure> {
    if json {
        return out(&serde_json::to_string_pretty(identity).map_err(not_json)?);
    }
    let next = match identity.role.as_str() {
        "hub" => "Next: `cairn user add`, then `cairn run`, then `cairn enrol invite` for each post.",
        _ => "Next: `cairn user add`, then `cairn run`, then `cairn enrol join` with an invitation of the hub.",
    };
    let Identity { site, agency, role, .. } = identity;
    out(&format!("{site}, {role} of {agency}, is ready in {}.\n{next}", data.display()))
}

fn json_body(response: &Response) -> Result<String, Failure> {
    response.body().map_err(not_json)
}

fn not_json(error: serde_json::Error) -> Failure {
    Failure::setup(format!("the answer cannot be written as JSON: {error}"))
}

/// Writes to standard output; a reader that went away (`cairn … | head`) is no failure.
pub fn out(text: &str) -> Result<(), Failure> {
    match writeln!(std::io::stdout(), "{}", text.trim_end()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::setup(format!("cannot print the answer: {error}")))
        }
        _ => Ok(()),
    }
}

fn in_words(response: &Response, file: Option<&Path>) -> String {
    match response {
        Response::Status(report) => status(report),
        Response::People(people) => people_table(people),
        Response::Done(done) => format!("Done: {}.", done.done),
        Response::Invitation(invitation) => invited(invitation, file),
        Response::Joined(identity) => format!("{} now belongs to {}.", identity.site, identity.agency),
        Response::Import(report) => imported(report),
        Response::Imports(batches) => imports_table(batches),
        Response::Undone(report) => undone(report),
        Response::Check(answer) => records::check(answer),
        Response::Asked(line) => questions::asked(line),
        Response::Question(page) => questions::page(page),
        Response::Questions(lines) => questions::list(lines),
        Response::AskedHere(lines) => questions::asked_here(lines),
        Response::Search(answer) => records::search(answer),
        Response::Record(page) => records::page(page),
        Response::Sync(report) => sync(report),
        Response::Why(why) => said_why(why),
        Response::LinkRules(rules) => link_rules(rules),
        Response::StickWritten(stick) => sticks::written(stick),
        Response::StickRead(report) => sticks::read(report),
        Response::Sticks(list) => sticks::list(list),
        Response::Attachments(response) => attachments::response(response),
        Response::Verified(verification) => verified(verification),
        Response::Doctor(report) => doctor(report),
    }
}

fn status(report: &StatusReport) -> String {
    let identity = &report.identity;
    let enrolled = if identity.enrolled { "" } else { ", not enrolled with a hub yet" };
    let demo = if identity.demo { " (demonstration)" } else { "" };
    let running = match report.running {
        true => format!("http://{}, other Cairns at {}", report.http, report.listen),
        false => "not running".to_owned(),
    };
    let mut table = Table::new(["", ""]);
    table.row(["Site", &format!("{}, {} of {}{enrolled}{demo}", identity.site, identity.role, identity.agency)]);
    table.row(["Key", &identity.replica.to_string()]);
    table.row(["Running", &running]);
    table.row(["Records", &report.records.to_string()]);
    table.row(["Conflicts", &report.conflicts.to_string()]);
    table.row(["Waiting", &format!("{} not yet proved to be at a hub", count(report.waiting, "entry", "entries"))]);
    format!("{table}\n{}{}", carried(report), sync_words(&report.sync))
}

/// What a relay carries, in lines; nothing elsewhere.
fn carried(report: &StatusReport) -> String {
    if report.identity.role != "relay" {
        return String::new();
    }
    let mut table = Table::new(["carried", "from", "entries"]);
    for line in &report.carried {
        table.row([&line.space, &line.site, &line.entries.to_string()]);
    }
    format!("This machine is a relay: it carries records that it cannot read.\n{table}\n")
}

fn people_table(people: &[Person]) -> String {
    if people.is_empty() {
        return "Nobody can sign in here yet; add a person with `cairn user add`.".into();
    }
    let mut table = Table::new(["name", "role", "shown as", "signed in"]);
    for person in people {
        let last = match (person.disabled, person.last_sign_in_ms) {
            (true, _) => "switched off".to_owned(),
            (false, Some(at)) => moment(at),
            (false, None) => "not since the start".to_owned(),
        };
        table.row([&person.user, person.role.key(), &person.display, &last]);
    }
    table.to_string()
}

fn invited(invitation: &Invitation, file: Option<&Path>) -> String {
    let written = file.map(|file| format!("Written to {}.\n", file.display())).unwrap_or_default();
    let line = join_line(&invitation.code, &invitation.addresses);
    // Only where somebody can hold a camera to it.
    let square = std::io::stdout().is_terminal().then(|| cairn_web_ui::qr::blocks(&line)).flatten().unwrap_or_default();
    format!(
        "{square}Code: {}\nHub:  {}\nLine: {line}\n{written}Good once, for one {}, until {}.",
        invitation.code,
        invitation.addresses.join(", "),
        match invitation.role() {
            ReplicaRole::Hub => "more hub",
            ReplicaRole::Relay => "relay, which can read nothing",
            ReplicaRole::Post => "post",
        },
        moment(invitation.expires_ms)
    )
}

fn imported(report: &ImportReport) -> String {
    let verb = if report.dry_run { "would be imported" } else { "imported" };
    let mut text = format!(
        "{}: {} read, {} {verb}, {} the same as before, {} rejected.\n",
        report.file,
        count(report.read, "row", "rows"),
        report.imported,
        report.same,
        report.rejected.len()
    );
    let created: Vec<String> = report.created.iter().map(|(kind, number)| format!("{kind} {number}")).collect();
    if !created.is_empty() {
        text += &format!("Records created: {}. Changed: {}.\n", created.join(", "), report.changed);
    }
    for row in &report.rejected {
        text += &format!("  line {}: {}\n", row.line, row.reason);
    }
    if !report.remarks.is_empty() {
        text += &format!("Kept as text because it could not be read: {}\n", report.remarks.len());
    }
    for row in report.remarks.iter().take(20) {
        text += &format!("  line {}: {}\n", row.line, row.reason);
    }
    if !report.batch.is_empty() {
        text += &format!("Take it back with: cairn undo {}\n", report.batch);
    }
    text
}

fn imports_table(batches: &[ImportBatch]) -> String {
    if batches.is_empty() {
        return "Nothing was imported here.".into();
    }
    let mut table = Table::new(["batch", "when", "who", "file", "imported", "rejected", "undone"]);
    for batch in batches {
        table.row([
            &batch.batch,
            &moment(batch.at_ms),
            &batch.person,
            &batch.report.file,
            &batch.report.imported.to_string(),
            &batch.report.rejected.len().to_string(),
            &batch.undone_ms.map(moment).unwrap_or_default(),
        ]);
    }
    table.to_string()
}

fn undone(report: &UndoReport) -> String {
    let changed = match report.changed_since {
        0 => String::new(),
        number => format!(" {number} of them had been changed since; their history is kept."),
    };
    format!("{} withdrawn.{changed}", count(report.withdrawn, "record", "records"))
}

fn sync(report: &SyncReport) -> String {
    let ended = match (report.reached, report.missed.join(", ")) {
        (Some(true), missed) if missed.is_empty() => "Everything was exchanged.\n".to_owned(),
        (Some(true), missed) => {
            format!("Everything was exchanged with who was reached. Not reached, and not compared: {missed}.\n")
        }
        (Some(false), _) => "Not everything could be exchanged.\n".to_owned(),
        (None, _) => String::new(),
    };
    format!("{ended}{}", sync_words(&report.status))
}

fn link_rules(rules: &LinkRules) -> String {
    let offset = rules.offset_minutes;
    let sign = if offset < 0 { '-' } else { '+' };
    let mut table = Table::new(["site", "used", "bytes a day"]);
    let sites = rules.sites.iter().map(|site| (site.replica.to_string()[..8].to_owned(), &site.rule));
    for (site, rule) in std::iter::once(("every other".to_owned(), &rules.general)).chain(sites) {
        let when = match rule.when {
            LinkWhen::Always => "always".to_owned(),
            LinkWhen::Windows => windows_words(&rule.windows),
            LinkWhen::Metered => "only when somebody says sync --now".to_owned(),
        };
        table.row([&site, &when, &rule.bytes_a_day.map(bytes).unwrap_or_default()]);
    }
    let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
    format!("{table}Times are UTC{sign}{hours:02}:{minutes:02}. An urgent entry goes at once whatever the rules say.\n")
}

/// Each step on a line, with what to do below it.
fn said_why(why: &WhySaid) -> String {
    let mut text = format!("{}, {}\n", why.site, why.role);
    for step in &why.steps {
        let mark = match step.outcome {
            WhyOutcome::Well => "ok  ",
            WhyOutcome::Care => "note",
            WhyOutcome::Bad => "BAD ",
            WhyOutcome::Untried => "-   ",
        };
        text += &format!("{mark}  {}: {}\n", step.title, step.said);
        if !step.advice.is_empty() {
            text += &format!("      {}\n", step.advice);
        }
    }
    text
}

fn sync_words(status: &SyncStatus) -> String {
    let mut text = format!("{}\n", status.words);
    for notice in &status.notices {
        text += &format!("\nNote: {}\n", notice.words);
    }
    for peer in &status.peers {
        text += &format!("\n{}", peer_words(peer));
    }
    text
}

fn peer_words(peer: &PeerSync) -> String {
    let contact = match (peer.connected, peer.last_contact_ms) {
        (true, _) => "connected".to_owned(),
        (false, Some(at)) => format!("last contact {}", ago(at, now_ms())),
        (false, None) => "never met".to_owned(),
    };
    let moved = format!("{} sent, {} received", bytes(peer.bytes_sent), bytes(peer.bytes_received));
    let mut text = format!("{} ({}): {contact}; {moved}\n", peer.site, peer.role);
    if !peer.failure.is_empty() {
        text += &format!("  last attempt: {}\n", peer.failure);
    }
    let clock = Clock { words: Words::new(Language::English), now_ms: now_ms() };
    for said in [clock.link_waits(&peer.link), clock.link_used(&peer.link)].into_iter().flatten() {
        text += &format!("  {said}\n");
    }
    let mut table = Table::new(["  space", "equal", "to send", "to receive"]);
    for space in &peer.spaces {
        let equal = match space.equal {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not compared",
        };
        let title = format!("  {}", space.title);
        table.row([title.as_str(), equal, &space.to_send.to_string(), &space.to_receive.to_string()]);
    }
    text + &table.to_string()
}

fn verified(verification: &Verification) -> String {
    let mut table = Table::new(["space", "site", "lane", "entries", "result"]);
    for log in &verification.logs {
        let lane = format!("{:?}", log.lane).to_lowercase();
        let result = if log.fault.is_empty() { "sound" } else { &log.fault };
        table.row([&log.space, &log.site, &lane, &log.entries.to_string(), result]);
    }
    let sum = match verification.sound {
        true => format!("All {} sound.", count(verification.logs.len() as u64, "log is", "logs are")),
        false => "Not every log is sound; the lines above say which are not, and why.".to_owned(),
    };
    format!("{table}{sum}")
}

fn doctor(report: &DoctorReport) -> String {
    let mut text = String::new();
    if let (Some(records), Some(took)) = (report.rebuilt, report.rebuild_ms) {
        text += &format!("{} rebuilt from the logs in {took} ms.\n", count(records, "record", "records"));
    }
    text += &verified(&report.diagnosis.verification);
    for line in report.diagnosis.findings.iter().chain(&report.diagnosis.notes) {
        text += &format!("\n{}: {} ({})", line.what, line.reason, moment(line.at_ms));
    }
    text + if report.well { "\nNothing is wrong." } else { "" }
}
