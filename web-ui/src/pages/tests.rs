//! Rules that every page keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cairn_record::Kind;

use super::gallery::{Flavour, HOSTILE};
use super::{ASSETS, STYLES};
use crate::words::{Language, Words};

fn every_page(check: impl Fn(&str, &str)) {
    for (name, html) in Flavour::PLAIN.pages() {
        check(name, &html);
    }
}

/// Values of every attribute of this name.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.split(&start).skip(1).filter_map(|rest| rest.split_once('"')).map(|(value, _)| value).collect()
}

/// Files below a folder of this crate with this ending.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&format!("{folder}/{name}"), ending));
        } else if name.ends_with(ending) {
            found.push((format!("{folder}/{name}"), std::fs::read_to_string(path).unwrap()));
        }
    }
    found
}

#[test]
fn gallery() {
    let Some(folder) = std::env::var_os("CAIRN_GALLERY") else {
        assert!(Flavour::PLAIN.pages().len() > 50, "every page is shown");
        return;
    };
    for language in Language::ALL {
        let to = Path::new(&folder).join(language.tag());
        std::fs::create_dir_all(&to).unwrap();
        for (name, html) in (Flavour { language, ..Flavour::PLAIN }).pages() {
            std::fs::write(to.join(format!("{name}.html")), html).unwrap();
        }
    }
    for asset in ASSETS {
        let path = Path::new(&folder).join(crate::assets::url(asset.name).trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, asset.bytes).unwrap();
    }
}

#[test]
fn nothing_that_a_person_or_a_peer_wrote_breaks_out_of_any_page() {
    for language in Language::ALL {
        let mut met = 0;
        for (name, html) in (Flavour { language, hostile: true, demo: false, mute: false }).pages() {
            assert!(!html.contains("<script>alert"), "{name}");
            assert!(!html.contains("<img src=x"), "{name}");
            assert!(!html.contains(HOSTILE), "{name}");
            met += html.matches("&#60;script&#62;").count();
        }
        assert!(met > 200, "the hostile text is on the pages: {met}");
    }
}

#[test]
fn a_title_that_begins_with_a_code_begins_with_its_label() {
    let titled = |language, kind, title: &str| {
        let holder = Flavour::PLAIN.holder("Officer K. Daniels", "Post Delta");
        Words::new(language).title(&Flavour::PLAIN.summary(1, kind, title, holder, 0))
    };
    let english = |kind, title: &str| titled(Language::English, kind, title);
    assert_eq!(english(Kind::Marker, "mental_health · Seen at night"), "Mental health · Seen at night");
    assert_eq!(english(Kind::Link, "suspect"), "Suspect in");
    assert_eq!(english(Kind::Event, "NOCR00012 · burglary"), "NOCR00012 · burglary");
    assert_eq!(english(Kind::Person, "suspect"), "suspect", "what a person wrote stays as it is");
    assert!(!titled(Language::Longer, Kind::Marker, "mental_health · ×").contains("health"));
}

#[test]
fn every_sentence_is_in_the_catalogue() {
    for language in Language::ALL {
        for (name, html) in (Flavour { language, ..Flavour::PLAIN }).pages() {
            let missing = html.split_once('⟦').and_then(|(_, rest)| rest.split_once('⟧'));
            assert_eq!(missing.map(|(key, _)| key), None, "{name} in {language:?}");
        }
    }
}

#[test]
fn every_key_in_the_code_is_in_the_catalogue_and_every_key_there_is_used() {
    let catalogue: BTreeSet<String> = files("locales/en", ".ftl")
        .iter()
        .flat_map(|(_, text)| text.lines())
        .filter_map(|line| line.split_once(" ="))
        .map(|(key, _)| key.to_string())
        .filter(|key| key.starts_with(|c: char| c.is_ascii_lowercase()))
        .collect();
    let sources: Vec<(String, String)> = files("src", ".rs").into_iter().chain(files("templates", ".html")).collect();
    let calls = ["w.t(\"", "w.n(\"", "w.a(\"", "w.with(\"", "words.t(\"", "words.n(\"", "words.a(\"", "words.with(\""];
    for (name, text) in sources.iter().filter(|(name, _)| !name.contains("words/") && !name.contains("api")) {
        for call in calls {
            for key in text.split(call).skip(1).filter_map(|rest| rest.split_once('"')).map(|(key, _)| key) {
                assert!(catalogue.contains(key), "{name} uses {key}, which the catalogue does not have");
            }
        }
    }
    // Keys put together from a prefix and a code.
    let made =
        ["new-title-", "failure-", "done-", "role-", "action-", "month-", "verdict-", "form-hint-", "why-", "notice-"];
    let all: String = sources.into_iter().map(|(_, text)| text).collect();
    for key in catalogue {
        let used = all.contains(&format!("\"{key}\"")) || made.iter().any(|prefix| key.starts_with(prefix));
        assert!(used, "nothing uses {key}");
    }
}

#[test]
fn templates_hold_no_prose() {
    for (name, text) in files("templates", ".html") {
        let mut plain = text;
        for (open, close) in [("{{", "}}"), ("{%", "%}"), ("<kbd>", "</kbd>"), ("<code>", "</code>"), ("<", ">")] {
            plain = without(&plain, open, close);
        }
        let prose: Vec<&str> = plain.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).collect();
        assert!(prose.is_empty(), "{name} says {prose:?}");
    }
}

fn without(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        kept.push_str(before);
        kept.push(' ');
        rest = after.split_once(close).map_or("", |(_, rest)| rest);
    }
    kept + rest
}

#[test]
fn no_page_has_a_script_or_a_style_of_its_own() {
    every_page(|name, html| {
        assert!(!html.contains(" style="), "{name}");
        assert!(!html.contains("<style"), "{name}");
        assert_eq!(html.matches("<script").count(), html.matches("<script defer src=\"/assets/").count(), "{name}");
        for handler in [" onclick=", " onload=", " onsubmit=", " onchange=", "javascript:", " hx-on"] {
            assert!(!html.contains(handler), "{name} has {handler}");
        }
    });
}

#[test]
fn every_form_that_changes_something_carries_the_token_of_its_session() {
    // These come before there is a session, or keep only how pages look.
    let open = ["/sign-in", "/first-run", "/look"];
    every_page(|name, html| {
        for form in html.split("<form").skip(1).filter_map(|rest| rest.split_once("</form>")).map(|(form, _)| form) {
            let posts = form.contains("method=\"post\"");
            let action = form
                .split_once("action=\"")
                .and_then(|(_, rest)| rest.split_once('"'))
                .map_or("", |(action, _)| action);
            if posts && !open.contains(&action) {
                assert!(form.contains("name=\"csrf\" value=\""), "{name}: the form to {action}");
                assert!(!form.contains("name=\"csrf\" value=\"\""), "{name}: the form to {action}");
            }
        }
    });
}

#[test]
fn names_within_a_page_are_unique_and_what_refers_to_them_finds_them() {
    every_page(|name, html| {
        let mut ids: BTreeMap<&str, u32> = BTreeMap::new();
        attributes(html, "id").into_iter().for_each(|id| *ids.entry(id).or_default() += 1);
        let twice: Vec<&&str> = ids.iter().filter(|(_, count)| **count > 1).map(|(id, _)| id).collect();
        assert!(twice.is_empty(), "{name} has twice {twice:?}");
        let lists = ["for", "aria-labelledby", "aria-describedby", "list", "data-copy", "data-picks"];
        for id in lists.iter().flat_map(|attribute| attributes(html, attribute)) {
            assert!(ids.contains_key(id), "{name} refers to {id}");
        }
        for id in attributes(html, "href").into_iter().filter_map(|href| href.strip_prefix('#')) {
            assert!(ids.contains_key(id), "{name} leads to {id}");
        }
    });
}

#[test]
fn every_page_names_itself_once_and_every_box_has_a_label() {
    every_page(|name, html| {
        if name == "sync-line" {
            return;
        }
        assert_eq!(html.matches("<h1").count(), 1, "{name}");
        assert_eq!(html.matches("<main").count(), 1, "{name}");
        let labelled: BTreeSet<&str> = attributes(html, "for").into_iter().collect();
        for tag in ["<input", "<select", "<textarea"] {
            for rest in html.split(tag).skip(1) {
                let (tag, _) = rest.split_once('>').unwrap();
                let quiet =
                    tag.contains("type=\"hidden\"") || tag.contains("type=\"radio\"") || tag.contains("aria-label=");
                let id = tag.split_once(" id=\"").and_then(|(_, rest)| rest.split_once('"')).map_or("", |(id, _)| id);
                assert!(quiet || labelled.contains(id), "{name}: a box without a label: {tag}");
            }
        }
    });
}

#[test]
fn a_discreet_marker_never_shows_on_the_check_page_nor_on_a_record_that_was_not_asked_for_it() {
    for (name, html) in Flavour::PLAIN.pages() {
        let may = name == "record-private" || name == "question-private";
        assert!(may || !html.contains("Discreet check"), "{name} shows it");
    }
    let pages: BTreeMap<_, _> = Flavour::PLAIN.pages().into_iter().collect();
    assert!(pages["record-private"].contains("Discreet check"));
    assert!(!pages["home"].contains("Discreet check"), "the task list only says that one is to be reviewed");
    assert!(pages["check-possible"].contains("/private"), "the way there tells nothing: it is on every hit");
}

#[test]
fn verdicts_are_told_by_word_and_sign_as_well_as_by_colour() {
    let pages: BTreeMap<_, _> = Flavour::PLAIN.pages().into_iter().collect();
    for (page, word, look) in [
        ("check-hit", "Hit", "hit"),
        ("check-possible", "Possible", "possible"),
        ("check-nothing", "Nothing held", "nothing"),
        ("check-unread", "Not understood", "unread"),
    ] {
        let html = &pages[page];
        assert!(html.contains(&format!("<span class=\"verdict-word\">{word}</span>")), "{page}");
        assert!(html.contains(&format!("verdict verdict-{look}")), "{page}");
    }
    let nothing = &pages["check-nothing"];
    assert!(nothing.contains("as of 09:12"), "it says as of when");
    assert!(
        nothing.contains("Post Foxtrot (never)") && nothing.contains("Post Alpha (4 days ago)"),
        "and who is silent"
    );
}

#[test]
fn a_demonstration_says_so_on_every_page_and_live_pages_never_do() {
    every_page(|name, html| {
        assert!(name == "sync-line" || html.contains("demo-band"), "{name}");
    });
    for (name, html) in (Flavour { demo: false, ..Flavour::PLAIN }).pages() {
        assert!(!html.contains("demo-band"), "{name}");
    }
}

// ---- the look ---------------------------------------------------------------------------------------------------

#[test]
fn the_stylesheet_knows_no_side() {
    let plain = without(STYLES, "/*", "*/");
    let words = plain.split(|c: char| !c.is_ascii_alphabetic());
    let sided: Vec<&str> = words.filter(|word| matches!(*word, "left" | "right")).collect();
    assert!(sided.is_empty(), "use logical properties instead: {sided:?}");
}

fn tokens(text: &str) -> BTreeMap<String, String> {
    let lines = text.split([';', '{']).filter_map(|part| part.trim().strip_prefix("--")?.split_once(':'));
    lines.map(|(name, value)| (name.to_string(), value.trim().to_string())).collect()
}

fn luminance(colour: &str) -> f64 {
    let digits = colour.strip_prefix('#').unwrap();
    let part = |at: usize| f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()) / 255.0;
    let linear = |value: f64| if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
    0.2126 * linear(part(0)) + 0.7152 * linear(part(2)) + 0.0722 * linear(part(4))
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_text_stands_out_from_its_ground_in_light_and_dark() {
    let light = tokens(include_str!("../../assets/css/tokens.css"));
    let mut dark = light.clone();
    dark.extend(tokens(include_str!("../../assets/css/dark.css")));
    let texts = [
        (
            "ink",
            &[
                "paper",
                "sheet",
                "sunk",
                "accent-soft",
                "hit-soft",
                "possible-soft",
                "well-soft",
                "demo-soft",
                "added",
                "removed",
            ][..],
        ),
        ("ink-soft", &["paper", "sheet", "sunk", "hit-soft", "possible-soft"]),
        ("bar-ink", &["bar"]),
        ("bar-soft", &["bar"]),
        ("accent", &["paper", "sheet", "sunk", "possible-soft", "hit-soft"]),
        ("accent-strong", &["accent-soft", "sheet"]),
        ("on-accent", &["accent", "accent-strong"]),
        ("on-hit", &["hit"]),
        ("on-demo", &["demo"]),
        ("hit-text", &["hit-soft", "sheet", "paper"]),
        ("possible-text", &["possible-soft", "sheet", "paper"]),
        ("well-text", &["well-soft", "sheet", "paper"]),
    ];
    let shapes =
        [("line-strong", &["sheet", "paper"][..]), ("focus", &["sheet", "paper", "sunk"]), ("possible", &["sheet"])];
    for (theme, colours) in [("light", &light), ("dark", &dark)] {
        for (wanted, pairs) in [(4.5, &texts[..]), (3.0, &shapes[..])] {
            for (fore, grounds) in pairs {
                for ground in *grounds {
                    let found = contrast(&colours[*fore], &colours[*ground]);
                    assert!(found >= wanted, "{theme}: {fore} on {ground} is {found:.2}, wanted {wanted}");
                }
            }
        }
    }
}

#[test]
fn dark_changes_every_colour_that_light_has() {
    let coloured = |text: &str| -> BTreeSet<String> {
        tokens(text).into_iter().filter(|(_, value)| value.starts_with('#')).map(|(name, _)| name).collect()
    };
    let light = coloured(include_str!("../../assets/css/tokens.css"));
    let dark = coloured(include_str!("../../assets/css/dark.css"));
    // On a dark ground "well" and "possible" are told by their text; only filled shapes keep their own pair.
    assert_eq!(light.symmetric_difference(&dark).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_class_that_a_page_uses_is_known_to_the_stylesheet() {
    // Hooks for scripts and tests, and words for what something is that need no look of their own.
    let bare = ["hit-possible", "wide", "conflict"];
    every_page(|name, html| {
        for class in attributes(html, "class").into_iter().flat_map(str::split_whitespace) {
            assert!(STYLES.contains(&format!(".{class}")) || bare.contains(&class), "{name} uses .{class}");
        }
    });
}

#[test]
fn a_first_visit_weighs_less_than_80_kb_compressed() {
    // As they are sent: files and the columns of an import in gzip, other pages as they are.
    let files: usize = ASSETS.iter().map(|asset| crate::assets::sent_bytes(asset.name)).sum();
    for (name, html) in Flavour::PLAIN.pages() {
        let packed = name == "import-columns";
        let page = if packed { crate::assets::gzip(html.as_bytes()).unwrap().len() } else { html.len() };
        assert!(files + page < 80 * 1024, "{name}: {files} bytes of files and {page} of the page");
    }
}

#[test]
fn files_of_others_are_what_their_packages_ship() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let text = std::fs::read_to_string(folder.join("VENDORED.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&text).unwrap();
    let listed = manifest["file"].as_array().unwrap();
    for file in listed {
        let get = |key: &str| file[key].as_str().unwrap();
        let bytes = std::fs::read(folder.join(get("path"))).unwrap();
        assert_eq!(blake3::hash(&bytes).to_hex().as_str(), get("blake3"), "{}", get("path"));
        assert!(!get("licence").is_empty() && !get("version").is_empty() && get("sha256").len() == 64);
    }
    let shipped = std::fs::read_dir(folder.join("vendor"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let scripts = shipped.filter(|name| name.ends_with(".js")).count();
    assert_eq!(scripts, listed.len(), "every file of others is in the manifest");
}

/// Sizes are counted in thousands, as disks and files are labelled, and called so.
#[test]
fn sizes_are_said_in_kilobytes_and_megabytes_of_a_thousand() {
    let catalogues = files("locales", ".ftl").into_iter().map(|(_, text)| text);
    for text in catalogues.chain([cairn_record::reason::ENGLISH.to_string()]) {
        let other = text.lines().find(|line| ["KiB", "MiB", "GiB"].iter().any(|unit| line.contains(unit)));
        assert_eq!(other, None);
    }
    every_page(|name, html| assert!(!html.contains("KiB") && !html.contains("MiB"), "{name}"));
    let limit = |bytes| crate::Failure::too_large(bytes).detail.to_string();
    assert!(limit(64_000_000).contains("64 MB") && limit(256 * 1024).contains("262 kB"), "{}", limit(64_000_000));
}

#[test]
fn what_a_search_left_out_and_what_damage_took_is_said_on_the_page() {
    let pages: BTreeMap<_, _> = Flavour::PLAIN.pages().into_iter().collect();
    let search = &pages["search-found"];
    assert!(search.contains("Only the first 12 words were looked for. Not looked for:"), "{search}");
    assert!(search.contains("<bdi>lane</bdi>, <bdi>riverside</bdi>"), "{search}");
    let record = &pages["record-lost"];
    assert!(record.contains("2 changes that build on it wait and are not shown"), "{record}");
    assert!(record.contains("href=\"/records/new?kind=vehicle\">Write it anew</a>"), "{record}");
    assert!(!pages["record"].contains("no site is known to hold it"));
    let (hit, damaged) = (&pages["check-possible"], &pages["check-damaged"]);
    assert!(hit.contains("Part lost</span>") && hit.contains("what is shown of it may be old"), "{hit}");
    assert!(damaged.contains("Part of what this machine held was damaged on its disk"), "{damaged}");
    assert!(!pages["check-nothing"].contains("was damaged on its disk"));
    let verified = &pages["audit-broken"];
    assert!(verified.contains("Number 22–23 was damaged on this disk and is missing"), "{verified}");
    let question = &pages["question-damaged"];
    assert!(question.contains("Regional bureau is not whole"), "{question}");
    assert!(question.contains("Regional bureau had heard from every other site"), "{question}");
    assert!(pages["sync"].contains("The disk of this machine is nearly full."));
}
