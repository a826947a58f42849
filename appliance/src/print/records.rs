//! Checks, searches and records in words: what was found, whose it is, how old.

use cairn_casebook::{
    CheckAnswer, CheckHit, Freshness, Grade, HistoryLine, Holder, LinkLine, MarkerLine, MatchKind, RecordPage,
    SEARCH_WORDS_MAX, SearchAnswer, Summary, Verdict,
};

use super::table::Table;
use super::words::{ago, count, moment};

/// The answer to a check.
pub fn check(answer: &CheckAnswer) -> String {
    let verdict = match answer.verdict {
        Verdict::Hit => "HIT",
        Verdict::Possible => "POSSIBLE",
        Verdict::NothingHeld => "NOTHING HELD",
        Verdict::NotUnderstood => "NOT UNDERSTOOD",
    };
    let mut text = format!("{verdict}: {}\n", answer.asked);
    if !answer.read_as.is_empty() {
        text += &format!("read as {}\n", answer.read_as.join(", "));
    }
    for warning in &answer.warnings {
        text += &format!("warning: {warning}\n");
    }
    for hit in &answer.hits {
        text += &format!("\n{}", check_hit(hit, answer.answered_ms));
    }
    if answer.more > 0 {
        text += &format!("\nand {} more\n", answer.more);
    }
    format!("{text}\n{}", freshness(&answer.freshness, answer.answered_ms))
}

fn check_hit(hit: &CheckHit, now_ms: u64) -> String {
    let matched = match hit.matched {
        MatchKind::Exact => "the same",
        MatchKind::LookAlike => "the same but for look-alike characters",
        MatchKind::Name => "a similar name",
        MatchKind::Mention => "mentioned in its text",
    };
    let matching = if hit.field.is_empty() { String::new() } else { format!("{} {}, ", hit.field, hit.value) };
    let mut text = format!("{}: {matching}{matched}\n", heading(&hit.record));
    text += &provenance(&hit.record, now_ms);
    text += &markers(&hit.markers);
    text += &links(&hit.linked);
    text
}

/// The answer to a search.
pub fn search(answer: &SearchAnswer) -> String {
    let mut text = format!("{} for: {}\n", count(answer.total as u64, "record", "records"), answer.asked);
    if !answer.also_searched.is_empty() {
        text += &format!("also searched: {}\n", answer.also_searched.join(", "));
    }
    if !answer.ignored.is_empty() {
        text += &format!(
            "NOT looked for, since a search takes the first {SEARCH_WORDS_MAX} words only: {}\n",
            answer.ignored.join(", ")
        );
    }
    for hit in &answer.hits {
        text += &format!("\n{}\n  {}\n{}", heading(&hit.record), hit.why, provenance(&hit.record, answer.answered_ms));
    }
    format!("{text}\n{}", freshness(&answer.freshness, answer.answered_ms))
}

/// A record with everything that is known of it.
pub fn page(page: &RecordPage) -> String {
    let mut text = format!("{}\n{}\n", heading(&page.summary), held_by(&page.summary));
    if let Some(lost) = &page.lost {
        text += &format!("LOST: {}\n", lost.words);
    }
    text += &fields(page);
    text += &markers(&page.markers);
    text += &links(&page.links);
    if !page.attachments.is_empty() {
        text += "\nFiles\n";
        text += &super::attachments::list(&page.attachments);
    }
    text += "\nHistory, newest first\n";
    for line in &page.history {
        text += &history(line);
    }
    for place in &page.whereabouts {
        let known = match (place.has_it, place.since_ms) {
            (true, Some(since)) => format!("has it since {}", moment(since)),
            (true, None) => "has it".to_owned(),
            (false, _) => "is not proved to have it".to_owned(),
        };
        text += &format!("\n{} ({}) {known}", place.site, place.role);
    }
    text
}

fn fields(page: &RecordPage) -> String {
    let mut table = Table::new(["", "", ""]);
    for field in &page.fields {
        for (number, held) in field.values.iter().enumerate() {
            let label = if number == 0 { field.label.as_str() } else { "" };
            let rival = if field.conflict { "CONFLICT " } else { "" };
            let by = format!("{rival}{}, {}", person_at(&held.holder), moment(held.written_ms));
            table.row([label, &held.text, &by]);
        }
    }
    table.to_string()
}

fn history(line: &HistoryLine) -> String {
    let settles = if line.settles { ", settled a conflict" } else { "" };
    let mut text = format!("  {} {}{settles}\n", moment(line.written_ms), person_at(&line.holder));
    for change in &line.changes {
        let after = if change.after.is_empty() { "(nothing)".to_owned() } else { change.after.join(" | ") };
        text += &match change.before.is_empty() {
            true => format!("    {}: {after}\n", change.label),
            false => format!("    {}: {} -> {after}\n", change.label, change.before.join(" | ")),
        };
    }
    text
}

fn heading(record: &Summary) -> String {
    let lost = if record.part_lost { " [part lost]" } else { "" };
    let state = match (record.withdrawn, record.conflict) {
        (true, _) => " [withdrawn]",
        (false, true) => " [conflict]",
        (false, false) => "",
    };
    format!("{} {}{state}{lost}  {}", record.kind.key(), record.title, record.id)
}

fn provenance(record: &Summary, now_ms: u64) -> String {
    format!("  {}, changed {}\n", held_by(record), ago(record.changed_ms, now_ms))
}

fn held_by(record: &Summary) -> String {
    let grade = record.grade.as_ref().map(|grade| format!(", grade {}", grade_words(grade))).unwrap_or_default();
    let origin = match (record.holder.origin_agency.as_str(), record.holder.origin_ref.as_str()) {
        ("", _) => String::new(),
        (agency, "") => format!(", from {agency}"),
        (agency, reference) => format!(", from {agency} ({reference})"),
    };
    format!("held by {}, {}{origin}, in {}{grade}", record.holder.agency, record.holder.site, record.space_title)
}

fn grade_words(grade: &Grade) -> String {
    format!("{}{} ({})", grade.source, grade.information, grade.scheme)
}

/// Who wrote something, and where; only where, when the entry that names the person is lost.
pub(super) fn person_at(holder: &Holder) -> String {
    if holder.person.is_empty() { holder.site.clone() } else { format!("{}, {}", holder.person, holder.site) }
}

fn markers(markers: &[MarkerLine]) -> String {
    let line = |marker: &MarkerLine| {
        let discreet = if marker.discreet { " (discreet)" } else { "" };
        let review =
            if marker.review_by.is_empty() { String::new() } else { format!(", review by {}", marker.review_by) };
        format!(
            "  MARKER {}{discreet}: {}\n    action: {}; contact: {}; set {} by {}{review}\n",
            marker.label,
            marker.reason,
            marker.requested_action,
            marker.contact,
            moment(marker.set_ms),
            person_at(&marker.holder)
        )
    };
    markers.iter().map(line).collect()
}

fn links(links: &[LinkLine]) -> String {
    let line = |link: &LinkLine| {
        let title = if link.title.is_empty() { "(not here yet)" } else { &link.title };
        format!("  {}: {title}  {}\n", link.label, link.other)
    };
    links.iter().map(line).collect()
}

/// How old the answer may be, source by source.
fn freshness(sources: &[Freshness], now_ms: u64) -> String {
    let mut table = Table::new(["source", "complete", "newest entry"]);
    for source in sources {
        let at = |time: Option<u64>, none: &str| time.map_or(none.to_owned(), |then| ago(then, now_ms));
        let complete = if source.here && source.complete_ms.is_none() {
            "not whole: damaged".to_owned()
        } else if source.here {
            "this machine".to_owned()
        } else {
            at(source.complete_ms, "never")
        };
        let site = format!("{} ({})", source.site, source.role);
        table.row([site.as_str(), &complete, &at(source.newest_ms, "nothing")]);
    }
    table.to_string()
}
