//! Stories at the door, with real stores in temporary folders and no network: entries are carried by hand.

mod attachments;
mod damage;
mod drafts;
mod elsewhere;
mod enrolment;
mod imports;
mod linking;
mod loss;
mod mending;
mod notices;
mod people;
mod questions;
mod records;
mod relay;
mod rescue;
mod room;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cairn_ledger::LogId;
use cairn_record::{FieldNo, Kind, RecordDraft, RecordId, Value, schema};
use tempfile::TempDir;

use crate::{Actor, Casebook, Entropy, InitRequest, NewPerson, PeerEvent, Role, SaveRequest, Saved, Unlock, Via};

/// A morning in 2026.
pub const NOW: u64 = 1_790_000_000_000;

/// Randomness from a counter: every test is the same each time.
pub struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(32) {
            let next = self.0.fetch_add(1, Ordering::Relaxed);
            chunk.copy_from_slice(&blake3::hash(&next.to_be_bytes()).as_bytes()[..chunk.len()]);
        }
    }
}

/// The part of the journal that is written now, in the folder of an installation.
const JOURNAL: &str = "logs/00000001.seg";

/// A site with its folder.
pub struct Site {
    pub dir: TempDir,
    pub book: Casebook,
    seed: u64,
}

impl Site {
    pub fn new(name: &str, hub: bool, seed: u64) -> Self {
        let dir = TempDir::new().unwrap();
        let request =
            InitRequest { agency: "Border Service".into(), site: name.into(), country: "GBR".into(), hub, demo: true };
        let book = Casebook::init(dir.path(), &request, &unlock(dir.path()), entropy(seed), NOW).unwrap();
        Self { dir, book, seed }
    }

    pub fn hub() -> Self {
        Self::new("Hub", true, 1 << 32)
    }

    /// A post that has joined the hub and has everything.
    pub fn post(name: &str, hub: &Self, seed: u64) -> Self {
        let post = Self::new(name, false, seed << 40);
        post.join(hub);
        exchange(hub, &post);
        post
    }

    pub fn join(&self, hub: &Self) {
        let terminal = Actor::terminal();
        let invitation = hub.book.invite(&terminal, &["127.0.0.1:4440".into()], 3_600_000, NOW).unwrap();
        let request = self.book.join_request(&terminal, &invitation.code).unwrap();
        let grant = hub.book.accept_join(self.book.identity().replica, &request, NOW).unwrap();
        self.book.complete_join(&terminal, &grant, "127.0.0.1:4440", NOW).unwrap();
    }

    /// Ends the process and starts it again.
    pub fn restart(self) -> Self {
        self.restart_with(|_| ())
    }

    /// Ends the process, does something to its folder, and starts it again.
    pub fn restart_with(self, change: impl FnOnce(&Path)) -> Self {
        let Self { dir, book, seed } = self;
        drop(book);
        change(dir.path());
        let book = Casebook::open(dir.path(), &unlock(dir.path()), entropy(seed + (1 << 20)), NOW).unwrap();
        Self { dir, book, seed: seed + (1 << 20) }
    }

    /// Ends the process, throws away what grows back from the logs, and starts it again.
    pub fn without_views(self) -> Self {
        self.restart_with(|folder| {
            std::fs::remove_dir_all(folder.join("views")).unwrap();
            std::fs::remove_dir_all(folder.join("search")).unwrap();
        })
    }

    pub fn officer(&self) -> Actor {
        Actor { user: "k.daniels".into(), display: "Officer K.".into(), role: Some(Role::Officer), via: Via::Screen }
    }

    pub fn as_role(&self, role: Role) -> Actor {
        Actor { role: Some(role), ..self.officer() }
    }

    pub fn save(&self, kind: Kind, fields: &[(&str, &str)]) -> Saved {
        let draft = draft(None, kind, fields);
        self.book.save_record(&self.officer(), &SaveRequest { draft, version: None }, NOW).unwrap()
    }

    pub fn edit(&self, id: RecordId, version: &str, fields: &[(&str, &str)], now_ms: u64) -> Saved {
        let kind = self.book.row(id).unwrap().unwrap().state.kind;
        let draft = draft(Some(id), kind, fields);
        let request = SaveRequest { draft, version: Some(version.into()) };
        self.book.save_record(&self.officer(), &request, now_ms).unwrap()
    }

    pub fn mark(&self, subject: RecordId, reason: &str) -> RecordId {
        let mut draft = draft(None, Kind::Marker, &[("marker", "firearms"), ("reason", reason)]);
        draft.fields.insert(field(Kind::Marker, "subject"), vec![Value::Record(subject)]);
        let request = SaveRequest { draft, version: None };
        self.book.save_record(&self.officer(), &request, NOW).unwrap().id
    }
}

pub fn unlock(dir: &Path) -> Unlock {
    Unlock::KeyFile(dir.join("machine.key"))
}

pub fn entropy(seed: u64) -> Arc<dyn Entropy> {
    Arc::new(Counted(AtomicU64::new(seed)))
}

pub fn field(kind: Kind, key: &str) -> FieldNo {
    schema(kind).by_key(key).unwrap_or_else(|| panic!("{kind:?} has no field {key}")).no
}

pub fn draft(id: Option<RecordId>, kind: Kind, fields: &[(&str, &str)]) -> RecordDraft {
    let value = |text: &&str| if text.is_empty() { Vec::new() } else { vec![Value::from(*text)] };
    RecordDraft { id, kind, fields: fields.iter().map(|(key, text)| (field(kind, key), value(text))).collect() }
}

pub fn person(user: &str, role: Role) -> NewPerson {
    NewPerson { user: user.into(), display: format!("Officer {user}"), role, password: "a long password".into() }
}

/// Carries everything both ways until neither has anything that the other lacks.
pub fn exchange(one: &Site, other: &Site) {
    for _ in 0..10 {
        let moved = carry(one, other) + carry(other, one);
        if moved == 0 {
            return;
        }
    }
    panic!("the two sites do not come to an end");
}

fn carry(from: &Site, to: &Site) -> u64 {
    let (sender, receiver) = (from.book.identity().replica, to.book.identity().replica);
    let mut moved = 0;
    for shared in from.book.shared_spaces(receiver) {
        if !to.book.shared_spaces(sender).iter().any(|theirs| theirs.space == shared.space) {
            continue;
        }
        for key in from.book.frontier(shared.space).0.into_keys() {
            moved += carry_log(from, to, &LogId { space: shared.space, key });
        }
        let frontier = to.book.frontier(shared.space);
        from.book.note_peer(receiver, PeerEvent::Frontier { space: shared.space, frontier }, NOW).unwrap();
    }
    moved
}

fn carry_log(from: &Site, to: &Site, log: &LogId) -> u64 {
    carry_log_at(from, to, log, NOW)
}

/// As a session does: sealed where one of the two is a relay.
fn carry_log_at(from: &Site, to: &Site, log: &LogId, now_ms: u64) -> u64 {
    let (sender, receiver) = (from.book.identity().replica, to.book.identity().replica);
    let sealed = from.book.goes_sealed(receiver, log.space);
    let mut moved = 0;
    loop {
        let held = to.book.frontier(log.space).number(&log.key);
        if sealed {
            let Some(batch) = from.book.read_sealed(log, held + 1, 8_192).unwrap() else { return moved };
            moved += to.book.keep_sealed(sender, batch, now_ms).unwrap().new;
            continue;
        }
        let Some(parcel) = from.book.read_parcel(log, held + 1, 8_192).unwrap() else { return moved };
        moved += to.book.keep_parcel(sender, parcel, now_ms).unwrap().new;
    }
}
