//! What may and may not stand in the sources.

use std::collections::{BTreeMap, BTreeSet};

use super::{Source, none, root, sources};

/// Places in shipped Rust code where `found` is true of a line.
fn offences(exempt: &[&str], found: impl Fn(&str) -> bool) -> Vec<String> {
    let shipped = |source: &Source| !source.is_test() && !exempt.iter().any(|start| source.path.starts_with(start));
    let mut offences = Vec::new();
    for source in sources(&["rs"]).iter().filter(|source| shipped(source)) {
        for (number, line) in source.shipped().lines().enumerate() {
            if !line.trim_start().starts_with("//") && found(line) {
                offences.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    offences
}

#[test]
fn nothing_that_is_shipped_can_be_unwrapped() {
    let panics = [".unwrap()", ".expect(", "panic!(", "unreachable!(", "todo!(", "unimplemented!("];
    none(
        "calls that end the process where an error should be told",
        offences(&["packaging/xtask"], |line| panics.iter().any(|call| line.contains(call))),
    );
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    none("lints that are allowed", offences(&[], |line| line.contains("#[allow(") || line.contains("#![allow(")));
}

#[test]
fn nothing_is_left_to_be_done_later() {
    let marks = ["TODO", "FIXME", "HACK"];
    let mut left = Vec::new();
    for source in sources(&["rs", "html", "css", "js", "ftl", "toml", "md"]) {
        if source.path.starts_with("tests/tests/all/tidy/") || source.path.contains("/vendor") {
            continue;
        }
        let lines = source.text.lines().enumerate();
        let marked =
            lines.filter(|(_, line)| line.split(|c: char| !c.is_alphanumeric()).any(|word| marks.contains(&word)));
        left.extend(marked.map(|(number, line)| format!("{}:{}: {}", source.path, number + 1, line.trim())));
    }
    none("notes to do something later", left);
}

/// Every use of `reason!("name", argument = …)`: its name and its arguments.
fn reasons_used() -> Vec<(String, BTreeSet<String>)> {
    let mut used = Vec::new();
    for source in sources(&["rs"]).iter().filter(|source| !source.is_test()) {
        for call in source.text.split("reason!(").skip(1) {
            let Some((name, rest)) = call.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"')) else {
                continue;
            };
            used.push((name.to_owned(), arguments(rest)));
        }
    }
    used
}

/// The names before ` = ` at the first level of a call, up to its end.
fn arguments(call: &str) -> BTreeSet<String> {
    let (mut depth, mut quoted, mut part, mut parts) = (0, false, String::new(), Vec::new());
    for c in call.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted && depth == 0 => break,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => parts.push(std::mem::take(&mut part)),
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    let named = parts.iter().filter_map(|part| part.trim_start_matches(',').split_once(" = "));
    named.map(|(name, _)| name.trim().to_owned()).collect()
}

#[test]
fn every_reason_has_its_sentence_and_every_sentence_its_reason() {
    let catalogue = std::fs::read_to_string(root().join("appliance/record/words/reasons.ftl")).unwrap();
    let entries = catalogue.lines().filter_map(|line| line.strip_prefix("reason-")?.split_once(" = "));
    let sentences: BTreeMap<&str, BTreeSet<String>> = entries
        .map(|(name, text)| {
            let inside = text.split("{ $").skip(1).filter_map(|rest| rest.split_once(" }"));
            (name, inside.map(|(argument, _)| argument.to_owned()).collect())
        })
        .collect();
    let used = reasons_used();
    let wrong = used.iter().filter(|(name, given)| sentences.get(name.as_str()) != Some(given));
    none("reasons whose sentence is missing or has other arguments", wrong.map(|one| format!("{one:?}")).collect());
    let idle = sentences.keys().filter(|name| **name != "plain" && !used.iter().any(|(used, _)| used == *name));
    none("sentences that nothing says", idle.map(|name| (*name).to_owned()).collect());
}

#[test]
fn only_the_screens_know_html() {
    let tags = ["text/html", "<html", "<div", "<span", "<form", "<table", "</a>"];
    none("HTML outside web-ui", offences(&["web-ui/"], |line| tags.iter().any(|tag| line.contains(tag))));
}

#[test]
fn only_the_ledger_and_the_binary_know_the_disk() {
    // The binary reads settings, secrets and the file to import; the search index lives in files of its own, sealed;
    // the developer's commands are not shipped.
    let exempt = ["appliance/ledger/", "appliance/src/", "appliance/finder/", "packaging/xtask"];
    none(
        "use of the disk outside its crates",
        offences(&exempt, |line| line.contains("std::fs::") || line.contains("fs::File")),
    );
}

#[test]
fn libraries_read_no_clock() {
    let exempt = ["appliance/src/", "packaging/xtask", "sync/link/", "web-ui/"];
    none(
        "clocks below the binary",
        offences(&exempt, |line| {
            line.contains("SystemTime::now") || line.contains("Instant::now") || line.contains("now_utc()")
        }),
    );
}

#[test]
fn style_sheets_know_no_left_and_no_right() {
    let mut sides = Vec::new();
    for source in sources(&["css"]).iter().filter(|source| !source.path.contains("/vendor")) {
        for (number, line) in without_comments(&source.text).lines().enumerate() {
            if line.split(|c: char| !c.is_ascii_alphabetic()).any(|word| word == "left" || word == "right") {
                sides.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    none("sides that do not mirror in a right-to-left script", sides);
}

/// The sheet with its comments blanked out, line for line.
fn without_comments(sheet: &str) -> String {
    let mut kept = String::new();
    let mut rest = sheet;
    while let Some((before, after)) = rest.split_once("/*") {
        let (comment, next) = after.split_once("*/").unwrap_or((after, ""));
        kept.push_str(before);
        kept.extend(comment.chars().filter(|c| *c == '\n'));
        rest = next;
    }
    kept + rest
}

#[test]
fn the_comments_of_a_style_sheet_are_left_out() {
    assert_eq!(without_comments("a { /* left\n of */ margin: 0 }"), "a { \n margin: 0 }");
}
