use cairn_ledger::EntryRef;
use cairn_ledger::blob::CHUNK_BYTES;
use cairn_record::Kind;

use super::*;
use crate::{AttachmentLine, CasebookError, OpenAttachment, Whole};

/// A file of so many parts that compresses badly and is the same each time.
fn dump(parts: usize, seed: u64) -> Vec<u8> {
    let mut content = vec![0; parts * CHUNK_BYTES - 7];
    blake3::Hasher::new().update(&seed.to_be_bytes()).finalize_xof().fill(&mut content);
    content
}

/// A plate, drawn.
fn picture() -> Vec<u8> {
    let plate = image::RgbImage::from_fn(640, 160, |x, y| {
        if (x / 16 + y / 16) % 3 == 0 { image::Rgb([20, 20, 20]) } else { image::Rgb([240, 210, 40]) }
    });
    let mut out = std::io::Cursor::new(Vec::new());
    plate.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

impl Site {
    fn attach(&self, record: RecordId, name: &str, content: &[u8]) -> AttachmentLine {
        self.book.attach(&self.officer(), record, name, content, NOW).unwrap()
    }

    fn files(&self, record: RecordId) -> Vec<AttachmentLine> {
        self.book.record(&self.officer(), record, NOW).unwrap().attachments
    }

    fn read(&self, record: RecordId, id: EntryRef) -> Result<Vec<u8>, CasebookError> {
        let open: OpenAttachment = self.book.open_attachment(&self.officer(), record, id, NOW)?;
        let mut content = Vec::new();
        for part in 0..open.parts() {
            content.extend_from_slice(&self.book.attachment_part(record, id, &open, part)?);
        }
        Ok(content)
    }
}

/// Fetches what `to` wants from `from`, at most so many chunks. Gives how many came.
fn fetch(from: &Site, to: &Site, most: usize) -> usize {
    let (sender, receiver) = (from.book.identity().replica, to.book.identity().replica);
    let mut came = 0;
    for file in to.book.files_to_fetch(sender, None).unwrap().files {
        for name in file.missing {
            let Some(bytes) = from.book.read_chunk(receiver, file.space, name).unwrap() else { break };
            if came == most {
                return came;
            }
            to.book.keep_chunk(sender, file.space, name, bytes).unwrap();
            came += 1;
        }
    }
    to.book.files_to_fetch(sender, None).unwrap();
    came
}

#[test]
fn a_file_is_attached_listed_opened_and_in_the_audit() {
    let hub = Site::hub();
    let car = hub.save(Kind::Vehicle, &[("plate", "RH29YFL")]).id;
    let line = hub.attach(car, "C:\\photos\\plate.png", &picture());
    assert_eq!((line.name.as_str(), line.media_type.as_str(), line.whole), ("plate.png", "image/png", Whole::Here));
    assert!(line.thumbnail && line.picture && line.shown);
    assert_eq!(hub.files(car), std::slice::from_ref(&line));
    assert_eq!(hub.read(car, line.id).unwrap(), picture());
    let thumbnail = hub.book.thumbnail(&hub.officer(), car, line.id, NOW).unwrap();
    assert!(thumbnail.starts_with(&[0xff, 0xd8, 0xff]) && thumbnail.len() <= 4_096);
    let query = crate::AuditQuery { record: Some(car), ..Default::default() };
    let audit = hub.book.audit(&hub.as_role(Role::Auditor), &query, NOW).unwrap();
    let count = |action: &str| audit.iter().filter(|line| line.action == action).count();
    assert_eq!(
        (count("attach"), count("attachment_open"), count("view")),
        (1, 1, 1),
        "the thumbnail was part of a look"
    );
    let page = hub.book.record(&hub.officer(), car, NOW).unwrap();
    assert_eq!(page.history[0].changes[0].after, ["plate.png"]);
}

#[test]
fn taking_a_file_from_view_is_a_step_that_can_be_taken_back() {
    let hub = Site::hub();
    let car = hub.save(Kind::Vehicle, &[("plate", "RH29YFL")]).id;
    let line = hub.attach(car, "plate.png", &picture());
    let again = hub.book.attach(&hub.officer(), car, "plate.png", &picture(), NOW).unwrap_err();
    assert!(again.to_string().contains("attached already"), "{again}");
    let hidden = hub.book.show_attachment(&hub.officer(), car, line.id, false, NOW + 1).unwrap();
    assert!(!hidden.shown);
    let hub = hub.restart();
    assert!(!hub.files(car)[0].shown);
    assert_eq!(hub.read(car, line.id).unwrap(), picture(), "nothing is deleted");
    assert!(hub.attach(car, "plate.png", &picture()).shown, "the same file comes back as itself");
    let page = hub.book.record(&hub.officer(), car, NOW).unwrap();
    let steps: Vec<_> = page.history.iter().filter(|line| line.changes[0].key == "attachment").collect();
    assert_eq!(steps.len(), 3);
    hub.book.rebuild(&Actor::terminal(), NOW).unwrap();
    assert_eq!(hub.book.record(&hub.officer(), car, NOW).unwrap(), page);
}

#[test]
fn limits_and_roles_are_said_in_words() {
    let hub = Site::hub();
    let car = hub.save(Kind::Vehicle, &[("plate", "RH29YFL")]).id;
    let refused = |content: &[u8]| hub.book.attach(&hub.officer(), car, "x", content, NOW).unwrap_err().to_string();
    assert!(refused(b"").contains("empty"));
    assert!(refused(&vec![0; 32_000_001]).contains("the file has 33 MB, and one may have at most 32 MB"));
    let auditor = hub.as_role(Role::Auditor);
    assert!(matches!(hub.book.attach(&auditor, car, "x", b"x", NOW), Err(CasebookError::Refused(_))));
    let line = hub.attach(car, "x", b"x");
    for error in [
        hub.book.open_attachment(&auditor, car, line.id, NOW).err(),
        hub.book.thumbnail(&auditor, car, line.id, NOW).err(),
        hub.book.want_attachment(&auditor, car, line.id, NOW).err(),
        hub.book.show_attachment(&auditor, car, line.id, false, NOW).err(),
    ] {
        assert!(matches!(error, Some(CasebookError::Refused(_))), "{error:?}");
    }
    for number in 1..crate::ATTACHMENTS_MAX {
        hub.attach(car, &format!("x{number}"), b"x");
    }
    let full = hub.book.attach(&hub.officer(), car, "one more", b"x", NOW).unwrap_err();
    assert!(full.to_string().contains("100 files"), "{full}");
}

#[test]
fn a_hub_fetches_everything_and_a_post_what_is_wanted() {
    let hub = Site::hub();
    let (alpha, bravo) = (Site::post("Alpha", &hub, 2), Site::post("Bravo", &hub, 3));
    let car = alpha.save(Kind::Vehicle, &[("plate", "RH29YFL")]).id;
    let content = dump(3, 1);
    let line = alpha.attach(car, "messages.zip", &content);
    exchange(&alpha, &hub);
    exchange(&hub, &bravo);
    assert_eq!(hub.files(car)[0].whole, Whole::Not);
    assert!(hub.files(car)[0].wanted);
    assert_eq!(fetch(&alpha, &hub, 1), 1);
    assert_eq!((hub.files(car)[0].whole, hub.files(car)[0].parts_here), (Whole::Partly, 1));
    assert_eq!(fetch(&alpha, &hub, 99), 2, "what came before the cut is not fetched again");
    assert_eq!(hub.read(car, line.id).unwrap(), content);
    assert_eq!(fetch(&hub, &bravo, 99), 0, "nobody at Bravo wants it");
    let unfetched = bravo.read(car, line.id).unwrap_err();
    assert!(unfetched.to_string().contains("fetch it first"), "{unfetched}");
    assert!(bravo.book.want_attachment(&bravo.officer(), car, line.id, NOW).unwrap().wanted);
    bravo.book.rebuild(&Actor::terminal(), NOW).unwrap();
    assert!(bravo.files(car)[0].wanted, "a wish outlives a rebuild");
    assert_eq!(fetch(&hub, &bravo, 99), 3);
    assert_eq!(bravo.read(car, line.id).unwrap(), content);
    assert!(!bravo.files(car)[0].wanted);
}

#[test]
fn the_hub_has_everything_only_when_it_has_the_files() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    let there = hub.book.identity().replica;
    alpha.book.note_peer(there, PeerEvent::Connected { address: String::new() }, NOW).unwrap();
    let car = alpha.save(Kind::Vehicle, &[("plate", "RH29YFL")]).id;
    exchange(&alpha, &hub);
    assert_eq!(alpha.book.sync_says().in_english(NOW), "The hub has everything.");
    alpha.attach(car, "messages.zip", &dump(2, 1));
    exchange(&alpha, &hub);
    assert_eq!(alpha.book.sync_says().in_english(NOW), "The hub has every record. 1 file to follow.");
    let said = |lacking, known| alpha.book.note_peer(there, PeerEvent::Files { lacking, known }, NOW).unwrap();
    said(0, 0);
    assert_eq!(alpha.book.sync_says().state(), "waiting", "it has all files that it knows, and does not know this one");
    said(1, 1);
    assert_eq!(alpha.book.sync_says().state(), "waiting");
    said(0, 1);
    assert_eq!(alpha.book.sync_says().in_english(NOW), "The hub has everything.");
    let alpha = alpha.restart();
    assert_eq!(alpha.book.sync_says().state(), "waiting", "not connected");
    assert!(alpha.book.sync_says().in_english(NOW).contains("has everything from here"));
}

#[test]
fn a_damaged_part_is_set_aside_and_fetched_again() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    let car = alpha.save(Kind::Vehicle, &[("plate", "RH29YFL")]).id;
    let line = alpha.attach(car, "messages.zip", &dump(3, 1));
    exchange(&alpha, &hub);
    fetch(&alpha, &hub, 99);
    let damage = |site: &Site| {
        let mut files = Vec::new();
        site.book.blobs.each(&mut |space, name| files.push((space, name))).unwrap();
        let (space, name) = files[1];
        let path = format!("blobs/{space}/{:x}/{name}", name.0[0] >> 4);
        let path = site.dir.path().join(path);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[99] ^= 1;
        std::fs::write(path, bytes).unwrap();
    };
    damage(&hub);
    let found = hub.book.doctor(&Actor::terminal(), NOW).unwrap().findings;
    assert!(found.iter().any(|line| line.reason.contains("set aside: 1;")), "{found:?}");
    assert_eq!((hub.files(car)[0].parts_here, hub.files(car)[0].wanted), (2, true));
    assert_eq!(fetch(&alpha, &hub, 99), 1);
    damage(&alpha);
    let error = alpha.read(car, line.id).unwrap_err();
    assert!(error.to_string().contains("set aside"), "{error}");
    assert_eq!(fetch(&hub, &alpha, 99), 1);
    assert_eq!(alpha.read(car, line.id).unwrap(), dump(3, 1));
    let crate::Diagnosis { findings, notes, verification } = hub.book.doctor(&Actor::terminal(), NOW).unwrap();
    assert_eq!((findings, notes, verification.sound), (vec![], vec![], true));
}

#[test]
fn what_an_attempt_left_behind_is_cleared_away_and_nothing_else() {
    let hub = Site::hub();
    let car = hub.save(Kind::Vehicle, &[("plate", "RH29YFL")]).id;
    let line = hub.attach(car, "one.zip", &dump(2, 1));
    let space = hub.book.row(car).unwrap().unwrap().space;
    let (_, key) = hub.book.ledger.keyring().current_chunk_key(&space).unwrap();
    let leftover = key.seal(b"a file whose entry was never written").unwrap();
    hub.book.blobs.put(&space, std::slice::from_ref(&leftover)).unwrap();
    let notes = hub.book.doctor(&Actor::terminal(), NOW).unwrap().notes;
    assert!(notes[0].reason.contains("removed: 1;"), "{notes:?}");
    assert!(!hub.book.blobs.has(&space, &leftover.name()));
    assert_eq!(hub.read(car, line.id).unwrap(), dump(2, 1));
}

#[test]
fn a_peer_gets_and_brings_only_what_it_may() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    let stranger = Site::new("Stranger", false, 9 << 44);
    let car = hub.save(Kind::Vehicle, &[("plate", "RH29YFL")]).id;
    let line = hub.attach(car, "one.zip", &dump(1, 1));
    let mut names = Vec::new();
    hub.book.blobs.each(&mut |space, name| names.push((space, name))).unwrap();
    let (space, name) = names[0];
    let refused = |error: CasebookError| match error {
        CasebookError::PeerRefused { name, .. } => name,
        other => panic!("{other}"),
    };
    let (peer, other) = (alpha.book.identity().replica, stranger.book.identity().replica);
    assert_eq!(refused(hub.book.read_chunk(other, space, name).unwrap_err()), "not-shared");
    assert_eq!(refused(hub.book.has_chunks(other, &names).unwrap_err()), "not-shared");
    assert_eq!(refused(hub.book.read_chunk(peer, cairn_ledger::SpaceId([1; 16]), name).unwrap_err()), "not-shared");
    assert_eq!(hub.book.has_chunks(peer, &names).unwrap(), [true]);
    assert_eq!(refused(hub.book.file_on_stick(other, car, line.id).unwrap_err()), "not-shared");
    assert_eq!(refused(hub.book.file_on_stick(peer, car, EntryRef([1; 16])).unwrap_err()), "unknown-file");
    assert!(hub.book.file_on_stick(peer, car, line.id).unwrap().missing.is_empty());
    let mut bytes = hub.book.read_chunk(peer, space, name).unwrap().unwrap();
    bytes[5] ^= 1;
    let hub_id = hub.book.identity().replica;
    assert_eq!(refused(alpha.book.keep_chunk(hub_id, space, name, bytes).unwrap_err()), "bad-chunk");
}
