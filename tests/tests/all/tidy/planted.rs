//! The planted bugs of the simulator fit the code that they are planted in: a patch that no longer applies proves nothing.

use std::fs;

use super::root;

/// What a hunk looks for, and in which file.
struct Hunk {
    path: String,
    before: String,
}

fn hunks(patch: &str) -> Vec<Hunk> {
    let mut found: Vec<Hunk> = Vec::new();
    let mut path = String::new();
    for line in patch.lines() {
        if let Some(name) = line.strip_prefix("--- a/") {
            path = name.to_owned();
        } else if line.starts_with("@@ ") {
            found.push(Hunk { path: path.clone(), before: String::new() });
        } else if let (Some(hunk), Some(kept)) = (found.last_mut(), line.strip_prefix([' ', '-']))
            && !line.starts_with("---")
        {
            hunk.before += kept;
            hunk.before.push('\n');
        } else if let (Some(hunk), true) = (found.last_mut(), line.is_empty()) {
            hunk.before.push('\n');
        }
    }
    found
}

#[test]
fn every_planted_bug_fits_the_code_it_is_planted_in() {
    let mut patches = 0;
    for entry in fs::read_dir(root().join("tests/simulator/planted")).unwrap() {
        let patch = entry.unwrap().path();
        patches += 1;
        let hunks = hunks(&fs::read_to_string(&patch).unwrap());
        assert!(!hunks.is_empty(), "{} plants nothing", patch.display());
        for Hunk { path, before } in hunks {
            let text = fs::read_to_string(root().join(&path)).unwrap();
            assert!(
                text.contains(&before),
                "{} does not fit {path} any more; it looks for:\n{before}",
                patch.display()
            );
        }
    }
    assert!(patches >= 10, "at least ten bugs are planted");
}
