//! Nothing that a record says can be found by searching the bytes of the data folder.

use std::path::{Path, PathBuf};

use cairn_tests::site::{PASSWORD, sample};
use cairn_tests::{Region, Site};

/// Every file in a folder and the folders in it.
pub fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_under(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

/// Things that stand in the samples: names, plates, telephones, documents, streets, as an import reads them.
pub const SECRETS: [&str; 14] = [
    "Holloway",
    "Thorneycrfot",
    "OH3338L",
    "JP 06RVV",
    "JP06RVV",
    "K5091921",
    "07578721875",
    "447593554170",
    "Canal Wharf",
    "Opel Astra",
    "facilitating unlawful immigration",
    "Echeverría",
    "Партениј",
    "Чавдаров",
];

/// The forms in which a text could lie in a file.
fn forms(secret: &str) -> Vec<(String, Vec<u8>)> {
    let reversed: String = secret.chars().rev().collect();
    let variants = [secret.to_owned(), secret.to_lowercase(), secret.to_uppercase(), reversed];
    let mut forms = Vec::new();
    for text in variants {
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        forms.push((format!("{text} (UTF-16)"), little));
        forms.push((format!("{text} (UTF-16, big end first)"), big));
        forms.push((format!("{text} (hexadecimal)"), hex.into_bytes()));
        forms.push((text.clone(), text.into_bytes()));
    }
    forms
}

/// Every secret in every form that is found in the folder.
pub fn in_clear(folder: &Path, secrets: &[&str]) -> Vec<String> {
    let forms: Vec<_> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    // The first two bytes decide quickly for nearly every place that nothing begins there.
    let mut begins = vec![false; 1 << 16];
    forms.iter().for_each(|(_, form)| begins[pair(form)] = true);
    let mut found = Vec::new();
    for file in files_under(folder) {
        let bytes = std::fs::read(&file).unwrap();
        for place in (0..bytes.len().saturating_sub(1)).filter(|place| begins[pair(&bytes[*place..])]) {
            let here = forms.iter().filter(|(_, form)| bytes[place..].starts_with(form));
            found.extend(here.map(|(name, _)| format!("{name} in {}", file.display())));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn pair(bytes: &[u8]) -> usize {
    (usize::from(bytes[0]) << 8) | usize::from(bytes[1])
}

#[test]
fn the_search_for_secrets_would_find_them() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(sample("northmark-crime"), folder.path().join("export.csv")).unwrap();
    assert!(in_clear(folder.path(), &SECRETS).iter().any(|found| found.starts_with("OH3338L in ")));
}

#[test]
fn nothing_from_a_record_lies_in_clear_in_the_data_folder() {
    let region = Region::new();
    let running = region.run();
    region.alpha.add_people();
    for mapping in ["northmark-crime", "northmark-custody", "sierra-norte-crime", "vardara-crime"] {
        region.alpha.import(mapping);
    }
    for asked in ["OH3338L", "Holloway", "+447593554170"] {
        region.alpha.json(&["check", asked]);
        region.alpha.json(&["search", asked]);
    }
    region.wait_until_equal();
    let while_running = [&region.alpha, &region.hub].map(|site| in_clear(&site.data(), &SECRETS));
    drop(running);
    for site in [&region.alpha, &region.hub, &region.bravo] {
        let mut found = in_clear(&site.data(), &SECRETS);
        found.extend(in_clear(&site.data(), &[PASSWORD]));
        assert!(found.is_empty(), "at {}: {found:#?}", site.name);
    }
    assert!(while_running.iter().all(Vec::is_empty), "{while_running:#?}");
}

#[test]
fn only_the_owner_can_look_into_the_folder_and_its_secrets() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = Site::init("Delta", "post");
    let running = site.run();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&site.data()), 0o700);
    assert_eq!(mode(&site.data().join("control.sock")), 0o600);
    assert_eq!(mode(&site.desk().join("key")) & 0o077, 0, "others cannot read the key file");
    drop(running);
}
