//! Questions to other sites in words: where they stand, what was answered, what this site was asked.

use cairn_casebook::QuestionState as State;
use cairn_casebook::{AnswerResult, AskedLine, Outcome, QuestionAnswer, QuestionHit, QuestionLine, QuestionPage};

use super::records::person_at;
use super::table::Table;
use super::words::{count, moment};

/// A question that was just asked.
pub fn asked(line: &QuestionLine) -> String {
    format!("{}\nQuestion {}; see what became of it with: cairn questions {}", state(line), line.id, line.id)
}

/// A question with its answers.
pub fn page(page: &QuestionPage) -> String {
    let line = &page.line;
    let mut text = format!("{}: {} ({})\n{}\n", line.to, line.asked, line.reason, state(line));
    for answer in &page.answers {
        text += &answer_words(answer, &line.to);
    }
    text
}

fn state(line: &QuestionLine) -> String {
    let to = &line.to;
    match (line.state, line.result) {
        (State::Waiting, _) => format!("WAITS: it goes to {to} at the next sync."),
        (State::Sent, _) => format!("SENT: {to} has it and has not answered yet."),
        (State::Expired, _) => format!("ENDED: nobody answered until {}.", moment(line.expires_ms)),
        (State::Answered, Some(AnswerResult::Held)) => {
            format!("HELD: {to} knows of {}.", count(line.hits as u64, "record", "records"))
        }
        (State::Answered, Some(AnswerResult::Contact)) => {
            "CALL: something is held on this; call its holder before you act.".into()
        }
        (State::Answered, _) => {
            format!("NOTHING TO TELL: {to} has nothing to tell on this. That is no proof that nothing is known.")
        }
    }
}

fn answer_words(answer: &QuestionAnswer, to: &str) -> String {
    let mut text = String::new();
    for hit in &answer.hits {
        text += &format!("\n{}", hit_words(hit));
    }
    if answer.more > 0 {
        text += &format!("\nand {} more\n", answer.more);
    }
    text += &format!("\n{to} looked at {}.", moment(answer.as_of_ms));
    let (damaged, unheard) = answer.damaged_and_unheard(to);
    if damaged {
        text += " It is not whole: damage of its disk took part of what it held.";
    }
    if !unheard.is_empty() {
        let more = if answer.unheard_more > 0 { format!(" and {} more", answer.unheard_more) } else { String::new() };
        text += &format!(" It had not heard within a day from: {}{more}.", unheard.join(", "));
    }
    text + "\n"
}

fn hit_words(hit: &QuestionHit) -> String {
    let holder = &hit.holder;
    if hit.record.is_none() {
        let call = if hit.contact.is_empty() { &holder.site } else { &hit.contact };
        return format!("Call {call} ({}, {})\n", holder.site, holder.agency);
    }
    let kind = hit.kind.map_or("", cairn_record::Kind::key);
    let mut text = format!("{kind} {}\n  held by {}", hit.title, person_at(holder));
    if let Some(grade) = &hit.grade {
        text += &format!("; grade {} {}{}", grade.scheme, grade.source, grade.information);
    }
    text += &format!("; last changed {}\n", moment(hit.changed_ms));
    for marker in &hit.markers {
        let discreet = if marker.discreet { " (DISCREET)" } else { "" };
        text += &format!("  ! {}{discreet}: {}", marker.label, marker.reason);
        if !marker.requested_action.is_empty() {
            text += &format!("; {}", marker.requested_action);
        }
        if !marker.contact.is_empty() {
            text += &format!("; call {}", marker.contact);
        }
        text.push('\n');
    }
    text
}

/// Questions asked from here.
pub fn list(lines: &[QuestionLine]) -> String {
    if lines.is_empty() {
        return "Nothing was asked from here.".into();
    }
    let mut table = Table::new(["question", "asked", "who", "of", "about", "state"]);
    for line in lines {
        let state = match (line.state, line.result) {
            (State::Waiting, _) => "waits",
            (State::Sent, _) => "sent",
            (State::Expired, _) => "ended",
            (State::Answered, Some(AnswerResult::Held)) => "held",
            (State::Answered, Some(AnswerResult::Contact)) => "call the holder",
            (State::Answered, _) => "nothing to tell",
        };
        table.row([&line.id.to_string(), &moment(line.asked_ms), &line.person, &line.to, &line.asked, state]);
    }
    table.to_string()
}

/// What other sites asked this one.
pub fn asked_here(lines: &[AskedLine]) -> String {
    if lines.is_empty() {
        return "No other site has asked anything here.".into();
    }
    let mut table = Table::new(["when", "site", "who", "about", "why", "told"]);
    for line in lines {
        let told: Vec<String> =
            line.matched.iter().map(|one| format!("{}: {}", told(one.outcome), one.title)).collect();
        let told = if told.is_empty() { "nothing matched".into() } else { told.join("; ") };
        table.row([&moment(line.answered_ms), &line.site, &line.person, &line.asked, &line.reason, &told]);
    }
    table.to_string()
}

fn told(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Open => "all",
        Outcome::Contact => "whom to call",
        Outcome::Silent => "nothing",
    }
}
