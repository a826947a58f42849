//! What lies at the top, how long files are, and which files are documents that must be there.

use super::{none, root, sources};

/// The folders and files at the top; beside them only files that tools or newcomers insist on finding there.
const TOP: [&str; 20] = [
    "Cargo.toml",
    "appliance",
    "web-ui",
    "sync",
    "packaging",
    "tests",
    "README.md",
    "ARCHITECTURE.md",
    "BENCHMARKS.md",
    "Cargo.lock",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "clippy.toml",
    "rustfmt.toml",
    ".cargo",
    ".ci",
    ".git",
    ".gitignore",
    ".config",
    "target",
];

/// Longest file: it should hold one idea.
const LINES_MAX: usize = 600;

/// Tables and fixtures, which are as long as what they list.
const TABLES: [&str; 3] =
    ["appliance/record/src/schema/table.rs", "appliance/record/src/schema/codes.rs", "web-ui/src/pages/gallery.rs"];

#[test]
fn the_top_level_stays_as_it_is() {
    let names = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    none("strangers at the top level", names.filter(|name| !TOP.contains(&name.as_str())).collect());
}

#[test]
fn no_file_grows_beyond_one_idea() {
    let long = sources(&["rs", "css", "js", "html"])
        .into_iter()
        .filter(|source| !TABLES.contains(&source.path.as_str()) && !source.path.contains("/vendor"))
        .map(|source| (source.text.lines().count(), source.path))
        .filter(|(lines, _)| *lines > LINES_MAX);
    none("files that should be split", long.map(|(lines, path)| format!("{path}: {lines} lines")).collect());
}

#[test]
fn the_documents_that_strangers_need_are_there() {
    let documents = ["README.md", "ARCHITECTURE.md", "BENCHMARKS.md", "sync/PROTOCOL.md", "appliance/ledger/FORMAT.md"];
    let missing = documents.into_iter().filter(|path| !root().join(path).is_file());
    none("missing documents", missing.map(str::to_owned).collect());
}

#[test]
fn ci_runs_what_the_readme_says() {
    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(ci.contains("cargo xtask ci") && readme.contains("cargo xtask ci"));
    assert!(readme.contains("cargo run --release -- demo"));
}
