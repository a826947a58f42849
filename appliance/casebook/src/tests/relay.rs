//! A relay between a post and the hub, with no other way: what it carries arrives, and nobody reads it there.

use cairn_ledger::registry::ReplicaRole;
use cairn_ledger::{Author, Body, ClockQuality, EntryDraft, EntryKind, EpochKey, Lane, OpenError, ReceivedBatch};

use super::*;
use crate::{CasebookError, Verdict};

const PLATE: &str = "ZZ99UNX";
const NAME: &str = "Quillonbrathe";

/// The hub, a post that joined it and has everything, and a relay that joined it.
fn region() -> (Site, Site, Site) {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let relay = Site::new("Harbour relay", false, 11 << 40);
    join_as_relay(&relay, &hub).unwrap();
    exchange(&hub, &relay);
    exchange(&hub, &post);
    (hub, relay, post)
}

fn join_as_relay(relay: &Site, hub: &Site) -> Result<(), CasebookError> {
    let terminal = Actor::terminal();
    let invitation = hub.book.invite_as(&terminal, ReplicaRole::Relay, &[], 3_600_000, NOW)?;
    let request = relay.book.join_request(&terminal, &invitation.code)?;
    let grant = hub.book.accept_join(relay.book.identity().replica, &request, NOW)?;
    relay.book.complete_join(&terminal, &grant, "127.0.0.1:4440", NOW)
}

fn sealed_for(from: &Site, to: &Site, log: &LogId) -> Option<ReceivedBatch> {
    from.book.read_sealed(log, to.book.frontier(log.space).number(&log.key) + 1, 8_192).unwrap()
}

fn name_of(error: CasebookError) -> String {
    match error {
        CasebookError::PeerRefused { name, .. } => name.to_owned(),
        CasebookError::NotNow(reason) => reason.name.into_owned(),
        other => panic!("not a refusal: {other}"),
    }
}

/// Every entry that a site holds outside its own local space.
fn entries_of(site: &Site) -> Vec<cairn_ledger::Entry> {
    let local = site.book.local_space();
    let logs = site.book.ledger.logs().into_iter().filter(|log| log.space != local);
    let mut entries = Vec::new();
    for log in logs {
        site.book.ledger.pages(&log, 1).for_each(|page| entries.extend(page.unwrap()));
    }
    entries
}

/// An entry in this space under a key that its writer made up.
fn made_up_by(writer: &Site, space: cairn_ledger::SpaceId) -> ReceivedBatch {
    let ledger = &writer.book.ledger;
    ledger.add_key(space, 1, EpochKey::new([5; 32])).unwrap();
    let body = Body { author: Author::default(), purpose: None, record: None, payload: b"made up".to_vec() };
    let draft = EntryDraft { space, lane: Lane::Normal, kind: EntryKind::RecordChange, body };
    let at = ledger.commit(vec![draft], NOW, ClockQuality::Local).unwrap()[0];
    ledger.sealed_run(&at.log, 1, 8_192).unwrap().unwrap()
}

fn files_under(dir: &Path, found: &mut Vec<Vec<u8>>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_under(&path, found) } else { found.push(std::fs::read(path).unwrap()) }
    }
}

#[test]
fn a_record_reaches_the_hub_and_an_edit_comes_back_and_the_relay_reads_none_of_it() {
    let (hub, relay, post) = region();
    let saved = post.save(Kind::Vehicle, &[("plate", PLATE), ("make_model", NAME)]);
    post.mark(saved.id, NAME);
    exchange(&post, &relay);
    exchange(&relay, &hub);
    let found = hub.book.check(&hub.officer(), PLATE, NOW).unwrap();
    assert_eq!(found.verdict, Verdict::Hit);
    let version = hub.book.record(&hub.officer(), saved.id, NOW).unwrap().version;
    hub.edit(saved.id, &version, &[("make_model", "Ostrevane")], NOW);
    exchange(&hub, &relay);
    exchange(&relay, &post);
    assert!(entries_of(&post).iter().all(|entry| {
        let core = &entry.header.core;
        hub.book.ledger.entry(&core.log, core.number).unwrap().is_none_or(|same| same == *entry)
    }));
    let page = post.book.record(&post.officer(), saved.id, NOW).unwrap();
    assert_ne!(page.version, version, "the edit of the hub came back");

    let secrets = [PLATE, NAME, "Ostrevane"];
    let hides = |bytes: &[u8]| secrets.iter().all(|secret| !contains(bytes, secret.as_bytes()));
    let mut carried = 0;
    for entry in entries_of(&relay) {
        let kind = relay.book.space_kind(entry.header.core.log.space);
        match relay.book.ledger.open_plain(&entry) {
            Ok(plain) => assert!(hides(&plain), "the relay opens an entry of {kind:?}"),
            Err(error) => {
                assert!(matches!(error, OpenError::UnknownEpoch(_)), "{error}");
                carried += 1;
            }
        }
    }
    assert!(carried >= 6, "{carried} entries are sealed to the relay");
    assert!(post.book.ledger.keyring().epoch_keys().count() > relay.book.ledger.keyring().epoch_keys().count());
    let relay = relay.restart();
    assert!(relay.book.is_relay());
    let mut files = Vec::new();
    files_under(relay.dir.path(), &mut files);
    assert!(files.len() > 3 && files.iter().all(|bytes| hides(bytes)));
    let lines = relay.book.carried(&Actor::terminal()).unwrap();
    assert!(lines.iter().any(|line| line.site == "Alpha" && line.entries > 0), "{lines:?}");
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
fn every_key_granted_at_the_joining_of_others_and_later_passes_the_relay_by() {
    let (hub, relay, _post) = region();
    let before = relay.book.ledger.keyring().epoch_keys().count();
    let later = Site::new("Bravo", false, 12 << 40);
    later.save(Kind::Vehicle, &[("plate", PLATE)]);
    later.join(&hub);
    exchange(&hub, &later);
    exchange(&hub, &relay);
    assert_eq!(relay.book.ledger.keyring().epoch_keys().count(), before);
    let memory = hub.book.memory();
    let recipient = memory.registry.member(&relay.book.identity().replica).unwrap().recipient.clone();
    assert!(!memory.registry.recipients().contains(&recipient));
    drop(memory);
    let records = hub.book.records_space().unwrap();
    assert!(!relay.book.ledger.keyring().is_member(&records));
}

#[test]
fn a_relay_says_that_it_cannot_read_and_not_that_nothing_is_held() {
    let (_hub, relay, _post) = region();
    let officer = relay.officer();
    assert_eq!(name_of(relay.book.check(&officer, PLATE, NOW).unwrap_err()), "relay-cannot-read");
    let draft = draft(None, Kind::Vehicle, &[("plate", PLATE)]);
    let refused = relay.book.save_record(&officer, &SaveRequest { draft, version: None }, NOW).unwrap_err();
    assert_eq!(name_of(refused), "relay-cannot-read");
    assert_eq!(relay.book.identity().role, "relay");
    assert_eq!(name_of(relay.book.may_read_sticks(&officer).unwrap_err()), "relay-no-sticks");
}

/// Changes what a relay passes on.
type Forge = fn(&mut ReceivedBatch);

#[test]
fn nothing_that_a_relay_or_a_stranger_makes_up_is_kept_by_anybody() {
    let (hub, relay, post) = region();
    post.save(Kind::Vehicle, &[("plate", PLATE)]);
    post.save(Kind::Vehicle, &[("plate", "AB12CDE")]);
    let records = post.book.records_space().unwrap();
    let key = *post.book.frontier(records).0.keys().find(|key| key.replica == post.book.identity().replica).unwrap();
    let log = LogId { space: records, key };
    let whole = sealed_for(&post, &relay, &log).unwrap();
    let (from_post, from_relay) = (post.book.identity().replica, relay.book.identity().replica);
    let forgeries: [(&str, Forge); 4] = [
        ("bad-body-hash", |batch| batch.entries[0].body.as_mut().unwrap()[30] ^= 1),
        ("bad-seal", |batch| batch.entries.last_mut().unwrap().header.core.hlc.unix_ms += 1),
        ("not-consecutive", |batch| batch.entries.swap(0, 1)),
        ("gap", |batch| drop(batch.entries.remove(0))),
    ];
    for (name, forge) in forgeries {
        let mut forged = whole.clone();
        forge(&mut forged);
        assert_eq!(name_of(relay.book.keep_sealed(from_post, forged.clone(), NOW).unwrap_err()), name);
        assert_eq!(name_of(hub.book.keep_sealed(from_relay, forged, NOW).unwrap_err()), name);
    }
    let stranger = Site::new("Stranger", false, 13 << 40);
    // What the relay withholds is seen as missing: its frontier does not have it.
    assert_eq!(relay.book.frontier(records).number(&key), 0);
    assert_eq!(relay.book.keep_sealed(from_post, whole.clone(), NOW).unwrap().new, 2);
    // Whoever writes into the space without being a member, or as the relay, with a key made up for it.
    for writer in [&stranger, &relay] {
        let made_up = made_up_by(writer, records);
        if writer.book.identity().replica != from_relay {
            assert_eq!(name_of(relay.book.keep_sealed(from_post, made_up.clone(), NOW).unwrap_err()), "not-authorised");
        }
        assert_eq!(name_of(hub.book.keep_sealed(from_relay, made_up.clone(), NOW).unwrap_err()), "not-authorised");
        assert_eq!(name_of(post.book.keep_sealed(from_relay, made_up, NOW).unwrap_err()), "not-authorised");
    }
    assert_eq!(
        name_of(relay.book.keep_sealed(stranger.book.identity().replica, whole, NOW).unwrap_err()),
        "not-shared"
    );
}

#[test]
fn only_a_machine_without_records_becomes_a_relay_and_a_post_never_does() {
    let hub = Site::hub();
    let used = Site::new("Used", false, 14 << 40);
    used.save(Kind::Vehicle, &[("plate", PLATE)]);
    assert_eq!(name_of(join_as_relay(&used, &hub).unwrap_err()), "wrong-role");
    assert!(!used.book.is_relay());
    assert_eq!(used.book.check(&used.officer(), PLATE, NOW).unwrap().verdict, Verdict::Hit);
}
