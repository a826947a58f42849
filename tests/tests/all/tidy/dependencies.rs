//! Dependencies point down only, some libraries belong to one crate only, and each one is accounted for.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

use super::{none, root};

/// What each crate may know of the others. A crate that is missing here fails the test.
const MAY_KNOW: [(&str, &[&str]); 12] = [
    ("cairn-record", &[]),
    ("cairn-ledger", &["cairn-record"]),
    ("cairn-finder", &["cairn-record"]),
    ("cairn-intake", &["cairn-record"]),
    ("cairn-casebook", &["cairn-record", "cairn-ledger", "cairn-finder", "cairn-intake"]),
    ("cairn-sync-protocol", &["cairn-record", "cairn-ledger"]),
    ("cairn-sync-link", &["cairn-casebook", "cairn-ledger", "cairn-sync-protocol"]),
    ("cairn-web-ui", &["cairn-casebook", "cairn-intake", "cairn-record"]),
    ("cairn", &["cairn-web-ui", "cairn-sync-link", "cairn-casebook", "cairn-record"]),
    ("xtask", &[]),
    (
        "cairn-simulator",
        &["cairn-record", "cairn-ledger", "cairn-finder", "cairn-casebook", "cairn-sync-protocol", "cairn-sync-link"],
    ),
    (
        "cairn-tests",
        &[
            "cairn-record",
            "cairn-ledger",
            "cairn-finder",
            "cairn-intake",
            "cairn-casebook",
            "cairn-sync-protocol",
            "cairn-sync-link",
            "cairn-web-ui",
        ],
    ),
];

/// Libraries that one crate alone may know: the engines, the parsers, the wire, HTTP and HTML.
const BELONGS_TO: [(&str, &str); 13] = [
    ("sled", "cairn-ledger"),
    ("automerge", "cairn-ledger"),
    ("ed25519-dalek", "cairn-ledger"),
    ("age", "cairn-ledger"),
    ("tantivy", "cairn-finder"),
    ("csv", "cairn-intake"),
    ("encoding_rs", "cairn-intake"),
    ("quinn", "cairn-sync-link"),
    ("quinn-proto", "cairn-sync-link"),
    ("mdns-sd", "cairn-sync-link"),
    ("axum", "cairn-web-ui"),
    ("askama", "cairn-web-ui"),
    ("fluent-bundle", "cairn-web-ui"),
];

fn metadata() -> Metadata {
    MetadataCommand::new().current_dir(root()).no_deps().other_options(["--offline".to_owned()]).exec().unwrap()
}

fn shipped_dependencies(package: &Package) -> impl Iterator<Item = &str> {
    package.dependencies.iter().filter(|it| it.kind != DependencyKind::Development).map(|it| it.name.as_str())
}

#[test]
fn dependencies_point_down_only() {
    let metadata = metadata();
    let rules: BTreeMap<&str, &[&str]> = MAY_KNOW.into_iter().collect();
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut offences = Vec::new();
    for package in &metadata.packages {
        let Some(allowed) = rules.get(package.name.as_str()) else {
            offences.push(format!("{} has no place in the architecture", package.name));
            continue;
        };
        let unallowed = shipped_dependencies(package).filter(|name| ours.contains(name) && !allowed.contains(name));
        offences.extend(unallowed.map(|name| format!("{} must not know {name}", package.name)));
    }
    none("dependencies that do not point down", offences);
}

#[test]
fn each_engine_is_known_to_one_crate() {
    let metadata = metadata();
    let mut offences = Vec::new();
    for (library, owner) in BELONGS_TO {
        let users =
            metadata.packages.iter().filter(|package| shipped_dependencies(package).any(|name| name == library));
        let others = users.filter(|package| package.name.as_str() != owner);
        offences.extend(others.map(|package| format!("{} uses {library}, which belongs to {owner}", package.name)));
    }
    none("libraries in the wrong crate", offences);
}

#[test]
fn nothing_that_is_shipped_depends_on_the_tests() {
    let metadata = metadata();
    let users = metadata.packages.iter().filter(|it| it.dependencies.iter().any(|it| it.name == "cairn-tests"));
    none("crates that depend on the tests", users.map(|package| package.name.to_string()).collect());
}

#[test]
fn every_crate_follows_the_lints_and_the_licence_of_the_workspace() {
    let mut offences = Vec::new();
    for package in &metadata().packages {
        let manifest = std::fs::read_to_string(&package.manifest_path).unwrap();
        if !manifest.contains("[lints]\nworkspace = true") {
            offences.push(format!("{} does not take the workspace's lints", package.name));
        }
        if package.license.as_deref() != Some("MIT OR Apache-2.0") {
            offences.push(format!("{} has another licence", package.name));
        }
    }
    none("crates that go their own way", offences);
}

#[test]
fn every_direct_dependency_has_its_reason_in_the_architecture_page() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md at the root");
    let metadata = metadata();
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let direct: BTreeSet<&str> = metadata
        .packages
        .iter()
        .flat_map(|package| package.dependencies.iter().map(|it| it.name.as_str()))
        .filter(|name| !ours.contains(name))
        .collect();
    let unnamed = direct.into_iter().filter(|name| !page.contains(&format!("`{name}`")));
    none("direct dependencies without a reason in ARCHITECTURE.md", unnamed.map(str::to_owned).collect());
}
