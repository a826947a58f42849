//! The standard `age` tool opens what is sealed here, and the other way round.

use std::io::Write as _;
use std::process::{Command, Stdio};

use cairn_ledger::age_file::{OpenedFile, SealedWriter};
use cairn_ledger::keyring::new_age_identity;

/// Whether the tool is there; says clearly when it is not.
fn tool() -> bool {
    let there = Command::new("age").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !there {
        eprintln!(
            "NOT CHECKED: the `age` tool is not installed (apt-get install age); the format is checked by other tests"
        );
    }
    there
}

#[test]
fn the_standard_tool_opens_a_stick_given_the_identity() {
    if !tool() {
        return;
    }
    let (identity, recipient) = new_age_identity();
    let content = vec![42; 200_000];
    let mut writer = SealedWriter::begin(&recipient, Vec::new()).unwrap();
    writer.write_all(&content).unwrap();
    let sealed = writer.finish().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (key, file) = (folder.path().join("key"), folder.path().join("stick.age"));
    std::fs::write(&key, identity.as_bytes()).unwrap();
    std::fs::write(&file, &sealed).unwrap();
    let opened = Command::new("age").arg("--decrypt").arg("--identity").arg(&key).arg(&file).output().unwrap();
    assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
    assert_eq!(opened.stdout[..content.len()], content);
    assert!(opened.stdout[content.len()..].iter().all(|byte| *byte == 0));
}

#[test]
fn what_the_standard_tool_seals_opens_here() {
    if !tool() {
        return;
    }
    let (identity, recipient) = new_age_identity();
    let folder = tempfile::tempdir().unwrap();
    let (plain, file) = (folder.path().join("plain"), folder.path().join("sealed.age"));
    std::fs::write(&plain, vec![7; 1024]).unwrap();
    let sealing =
        Command::new("age").arg("--recipient").arg(&recipient).arg("--output").arg(&file).arg(&plain).status();
    assert!(sealing.unwrap().success());
    let sealed = std::fs::read(&file).unwrap();
    let mut opened = OpenedFile::open(&identity, sealed.as_slice(), sealed.len() as u64).unwrap();
    let mut buffer = [0; 4096];
    assert_eq!(opened.read_some(&mut buffer).unwrap(), 1024);
    assert_eq!(opened.read_some(&mut buffer).unwrap(), 0);
}
