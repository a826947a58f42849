//! A real hub and posts that enrol with it, each with a key of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cairn_casebook::{Actor, Casebook, SaveRequest};
use cairn_record::{Kind, RecordDraft, Value, schema};
use cairn_sync_link::{Book, JoinOffer, SyncConfig, SyncTask, join};
use cairn_tests::Site;

use crate::archive::Archive;
use crate::memory::{Memory, System};
use crate::{clock, now_ms};

/// How long the first sync of everything may take.
const PATIENCE: Duration = Duration::from_secs(1_800);

/// Invites and enrols a post through the hub's own commands and over QUIC, as people do.
pub async fn enrol(hub: &Site, name: &str, key_file: &Path) -> (Memory, Arc<Casebook>) {
    let memory = Memory::new(name, key_file);
    let made = Casebook::init_in(&memory, &memory.request(), &memory.unlock(), Arc::new(System), now_ms());
    let book = Arc::new(made.unwrap());
    let file = hub.desk().join("invitation.json");
    let address = format!("127.0.0.1:{}", hub.listen);
    let invited = ["enrol", "invite", "--out", file.to_str().unwrap(), "--address", &address];
    let code = hub.json(&invited)["code"].as_str().unwrap().to_owned();
    let offer = JoinOffer { code, addresses: vec![address], reachable: Vec::new() };
    join(book.clone(), Actor::terminal(), offer, clock()).await.unwrap();
    (memory, book)
}

/// A task that keeps a post in touch with the hub.
pub fn start(book: Arc<dyn Book>) -> SyncTask {
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let random = Arc::new(|buffer: &mut [u8]| getrandom::fill(buffer).unwrap());
    SyncTask::start(SyncConfig { listen, casebook: book, discovery: false, clock: clock(), random }).unwrap()
}

/// The last member to join syncs everything and records one person; what it holds then is what all posts hold.
pub async fn archive(hub: &Site, key_file: &Path) -> Archive {
    let (memory, book) = enrol(hub, "Observer", key_file).await;
    let task = start(book.clone());
    until_equal(&book).await;
    let mut draft = RecordDraft::new(Kind::Person);
    let surname = schema(Kind::Person).by_key("surname").unwrap().no;
    draft.fields.insert(surname, vec![Value::from("Observer")]);
    let at_the_end = now_ms();
    book.save_record(&Actor::terminal(), &SaveRequest { draft, version: None }, at_the_end).unwrap();
    until_equal(&book).await;
    task.stop().await;
    let hub = book.members().into_iter().find(|member| member.is_hub()).unwrap();
    let shared = book.shared_spaces(hub.replica);
    Archive::of(&memory, hub, shared)
}

/// Until registry, records and audit are proved to be the same here and at the hub.
async fn until_equal(book: &Casebook) {
    let begun = std::time::Instant::now();
    loop {
        let status = book.sync_status(&Actor::terminal(), now_ms()).unwrap();
        let hub = status.peers.iter().find(|peer| peer.role == "hub");
        let equal = |hub: &cairn_casebook::PeerSync| {
            hub.connected && hub.spaces.len() > 2 && hub.spaces.iter().all(|space| space.equal == Some(true))
        };
        if hub.is_some_and(equal) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "the observer and the hub do not become equal: {hub:#?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
