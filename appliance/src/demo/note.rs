//! `demo.json`: what makes a folder recognisable as a demonstration, and what a later start has to know.

use std::path::Path;

use cairn_casebook::Entropy as _;
use serde::{Deserialize, Serialize};

use super::region::SITES;
use crate::failure::{Failure, While as _};
use crate::system::SystemEntropy;

/// What the first line of the note says, so that no other file of the same name passes for one.
const MARK: &str = "Cairn demonstration: invented records, wiped by `cairn demo --reset`";

/// Words that a password is put together from.
const WORDS: [&str; 32] = [
    "amber", "anchor", "barley", "basalt", "bramble", "candle", "cedar", "copper", "ember", "fennel", "garnet",
    "harbour", "hazel", "heron", "juniper", "kettle", "lantern", "linen", "maple", "meadow", "nettle", "orchard",
    "otter", "pebble", "quartz", "saddle", "slate", "thistle", "tundra", "velvet", "walnut", "willow",
];

/// The note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    what: String,
    /// Whether the first start came to its end.
    pub ready: bool,
    /// The first port of the last start.
    pub port: u16,
    /// The password of everybody.
    pub password: String,
}

impl Note {
    /// The note of a demonstration that can go on. With `reset`, and after a first start that was interrupted, what is
    /// there is wiped and there is none. A folder that holds anything else is refused.
    pub fn find(dir: &Path, reset: bool) -> Result<Option<Self>, Failure> {
        let Some(note) = Self::load(dir)? else { return Ok(None) };
        if note.ready && !reset {
            return Ok(Some(note));
        }
        wipe(dir)?;
        Ok(None)
    }

    /// Writes the note of a new demonstration.
    pub fn new(dir: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(dir).while_doing(|| format!("make {}", dir.display()))?;
        let note = Self { what: MARK.into(), ready: false, port: 0, password: password() };
        note.save(dir)?;
        Ok(note)
    }

    /// The note of a demonstration that has come up at this port.
    pub fn ready_at(&self, port: u16) -> Self {
        Self { ready: true, port, ..self.clone() }
    }

    /// Writes the note.
    pub fn save(&self, dir: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Failure::setup(error.to_string()))?;
        let file = dir.join("demo.json");
        std::fs::write(&file, text).while_doing(|| format!("write {}", file.display()))
    }

    fn load(dir: &Path) -> Result<Option<Self>, Failure> {
        let file = dir.join("demo.json");
        let text = match std::fs::read_to_string(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return empty_or_missing(dir).map(|()| None),
            other => other.while_doing(|| format!("read {}", file.display()))?,
        };
        match serde_json::from_str::<Self>(&text) {
            Ok(note) if note.what == MARK => Ok(Some(note)),
            _ => Err(no_demonstration(dir)),
        }
    }
}

fn empty_or_missing(dir: &Path) -> Result<(), Failure> {
    match std::fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => match other.while_doing(|| format!("look into {}", dir.display()))?.next() {
            None => Ok(()),
            Some(_) => Err(no_demonstration(dir)),
        },
    }
}

fn no_demonstration(dir: &Path) -> Failure {
    Failure::setup(format!(
        "{} holds something that is not a demonstration; nothing was changed, name another folder with --dir",
        dir.display()
    ))
}

/// Removes what a demonstration made, and nothing else.
fn wipe(dir: &Path) -> Result<(), Failure> {
    let folders = SITES.iter().map(|site| site.folder).chain(["keys", "samples"]);
    for path in folders.map(|folder| dir.join(folder)).filter(|path| path.exists()) {
        std::fs::remove_dir_all(&path).while_doing(|| format!("remove {}", path.display()))?;
    }
    let logs = SITES.iter().map(|site| dir.join(format!("{}.log", site.folder)));
    for path in logs.chain([dir.join("demo.json")]).filter(|path| path.exists()) {
        std::fs::remove_file(&path).while_doing(|| format!("remove {}", path.display()))?;
    }
    Ok(())
}

/// Two words and four digits: easy to type from across the room, different in every demonstration.
fn password() -> String {
    let mut random = [0; 4];
    SystemEntropy.fill(&mut random);
    let [first, second, digits @ ..] = random;
    let word = |byte: u8| WORDS[usize::from(byte) % WORDS.len()];
    format!("{}-{}-{:04}", word(first), word(second), u16::from_be_bytes(digits) % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_something_else_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("letters.txt"), "mine").unwrap();
        assert!(Note::find(dir.path(), true).is_err());
        std::fs::write(dir.path().join("demo.json"), r#"{"what":"my demo"}"#).unwrap();
        assert!(Note::find(dir.path(), true).is_err());
        assert!(dir.path().join("letters.txt").exists());
    }

    #[test]
    fn a_demonstration_goes_on_unless_it_is_reset() {
        let dir = tempfile::tempdir().unwrap();
        let note = Note { ready: true, ..Note::new(dir.path()).unwrap() };
        note.save(dir.path()).unwrap();
        std::fs::create_dir(dir.path().join("hub")).unwrap();
        std::fs::write(dir.path().join("mine.txt"), "kept").unwrap();
        assert_eq!(Note::find(dir.path(), false).unwrap(), Some(note));
        assert_eq!(Note::find(dir.path(), true).unwrap(), None);
        assert!(!dir.path().join("hub").exists());
        assert!(dir.path().join("mine.txt").exists());
    }

    #[test]
    fn an_interrupted_first_start_begins_again() {
        let dir = tempfile::tempdir().unwrap();
        Note::new(dir.path()).unwrap();
        std::fs::create_dir(dir.path().join("alpha")).unwrap();
        assert_eq!(Note::find(dir.path(), false).unwrap(), None);
        assert!(!dir.path().join("alpha").exists());
    }
}
