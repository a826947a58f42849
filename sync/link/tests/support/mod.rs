//! Sites on this machine, with real casebooks in temporary folders and real QUIC over loopback.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up may stop at once")]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cairn_casebook::{Actor, Casebook, Entropy, InitRequest, Invitation, Role, SaveRequest, Unlock, Via};
use cairn_record::{FieldNo, Kind, RecordDraft, RecordId, Value, schema};
use cairn_sync_link::{Book, Clock, JoinOffer, Random, SyncConfig, SyncTask, join};
use tempfile::TempDir;

/// Randomness from a counter; every site has its own.
struct Counted(AtomicU64);

impl Counted {
    fn fill_from(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let mut next = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            next = (next ^ (next >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            next = (next ^ (next >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(next ^ (next >> 31)).to_be_bytes()[..chunk.len()]);
        }
    }
}

impl Entropy for Counted {
    fn fill(&self, buffer: &mut [u8]) {
        self.fill_from(buffer);
    }
}

pub fn clock() -> Clock {
    Arc::new(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64)
}

pub fn random(seed: u64) -> Random {
    let counted = Counted(AtomicU64::new(seed));
    Arc::new(move |buffer| counted.fill_from(buffer))
}

pub struct Site {
    _dir: TempDir,
    pub book: Arc<Casebook>,
    pub task: Option<SyncTask>,
}

impl Site {
    pub fn new(name: &str, hub: bool, seed: u64) -> Self {
        let dir = TempDir::new().unwrap();
        let request = InitRequest {
            agency: "Northmark Border Service".into(),
            site: name.into(),
            country: "GBR".into(),
            hub,
            demo: true,
        };
        let entropy = Arc::new(Counted(AtomicU64::new(seed << 8)));
        let unlock = unlock(dir.path());
        let book = Casebook::init(dir.path(), &request, &unlock, entropy, clock()()).unwrap();
        Self { _dir: dir, book: Arc::new(book), task: None }
    }

    pub fn start(&mut self) -> SocketAddr {
        self.start_at("127.0.0.1:0".parse().unwrap(), self.book.clone())
    }

    pub fn start_at(&mut self, listen: SocketAddr, casebook: Arc<dyn Book>) -> SocketAddr {
        let config = SyncConfig { listen, casebook, discovery: false, clock: clock(), random: random(7) };
        let task = SyncTask::start(config).unwrap();
        let address = task.local_addr();
        self.task = Some(task);
        address
    }

    pub async fn stop(&mut self) {
        if let Some(task) = self.task.take() {
            task.stop().await;
        }
    }

    pub fn invite(&self, address: SocketAddr) -> Invitation {
        self.book.invite(&Actor::terminal(), &[address.to_string()], 3_600_000, clock()()).unwrap()
    }

    pub async fn join(&self, invitation: &Invitation) -> Result<(), cairn_sync_link::JoinError> {
        let offer =
            JoinOffer { code: invitation.code.clone(), addresses: invitation.addresses.clone(), reachable: Vec::new() };
        join(self.book.clone(), Actor::terminal(), offer, clock()).await.map(|_| ())
    }

    pub fn officer(&self) -> Actor {
        Actor { user: "k.daniels".into(), display: "Officer K.".into(), role: Some(Role::Officer), via: Via::Screen }
    }

    pub fn save_vehicle(&self, plate: &str) -> RecordId {
        let mut draft = RecordDraft::new(Kind::Vehicle);
        draft.fields.insert(field(Kind::Vehicle, "plate"), vec![Value::from(plate)]);
        let request = SaveRequest { draft, version: None };
        self.book.save_record(&self.officer(), &request, clock()()).unwrap().id
    }

    pub fn save_marker(&self, subject: RecordId, reason: &str) -> RecordId {
        let mut draft = RecordDraft::new(Kind::Marker);
        draft.fields.insert(field(Kind::Marker, "marker"), vec![Value::from("firearms")]);
        draft.fields.insert(field(Kind::Marker, "reason"), vec![Value::from(reason)]);
        draft.fields.insert(field(Kind::Marker, "subject"), vec![Value::Record(subject)]);
        let request = SaveRequest { draft, version: None };
        self.book.save_record(&self.officer(), &request, clock()()).unwrap().id
    }

    pub fn holds(&self, id: RecordId) -> bool {
        self.book.record(&self.officer(), id, clock()()).is_ok()
    }

    /// Registry and records are proved equal with every connected peer.
    pub fn is_equal_with(&self, other: &Self) -> bool {
        let replica = other.book.identity().replica;
        let status = self.book.sync_status(&self.officer(), clock()()).unwrap();
        let peer = status.peers.iter().find(|peer| peer.replica == replica);
        peer.is_some_and(|peer| peer.connected && peer.last_equal_ms.is_some())
    }

    pub fn is_connected_to(&self, other: &Self) -> bool {
        let replica = other.book.identity().replica;
        let status = self.book.sync_status(&self.officer(), clock()()).unwrap();
        status.peers.iter().any(|peer| peer.replica == replica && peer.connected)
    }
}

fn field(kind: Kind, key: &str) -> FieldNo {
    schema(kind).by_key(key).unwrap_or_else(|| panic!("{kind:?} has no field {key}")).no
}

fn unlock(dir: &Path) -> Unlock {
    Unlock::KeyFile(dir.join("machine.key"))
}

/// Waits for a condition, which may look at the disk.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !tokio::task::block_in_place(&condition) {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited for a minute: {what}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}
