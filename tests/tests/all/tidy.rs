//! The rules of the house, held by tests: which crate may know which, who alone knows HTML, the disk and the network,
//! how long a file may grow, what may lie at the top.

mod dependencies;
mod layout;
mod planted;
mod sources;

use std::path::{Path, PathBuf};

/// The root of the repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Folders that hold what we wrote.
const OURS: [&str; 5] = ["appliance", "web-ui", "sync", "packaging", "tests"];

/// Files that their parent module compiles for tests only.
const TEST_ONLY: [&str; 3] =
    ["appliance/ledger/src/vectors.rs", "web-ui/src/pages/gallery.rs", "web-ui/src/pages/gallery_questions.rs"];

/// A file that we wrote, with its path from the root.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The file up to its unit tests: what is shipped.
    fn shipped(&self) -> &str {
        self.text.split("#[cfg(test)]").next().unwrap_or_default()
    }

    /// Whether the file is only ever compiled for tests.
    fn is_test(&self) -> bool {
        TEST_ONLY.contains(&self.path.as_str())
            || self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || self.path.contains("/benches/")
            || self.path.ends_with("/tests.rs")
            || self.path.ends_with("_tests.rs")
    }
}

/// Every file with one of these endings.
fn sources(endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in OURS {
        collect(&root().join(folder), endings, &mut found);
    }
    assert!(!found.is_empty(), "no file ends in {endings:?}: is the repository complete?");
    found
}

fn collect(folder: &Path, endings: &[&str], found: &mut Vec<Source>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, endings, found);
        } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| *wanted == ending)) {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source { path, text });
        }
    }
}

/// Fails with all offences at once, one a line.
#[track_caller]
fn none(what: &str, offences: Vec<String>) {
    assert!(offences.is_empty(), "{what}:\n  {}", offences.join("\n  "));
}
