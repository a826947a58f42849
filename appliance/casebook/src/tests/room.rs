//! A disk that is nearly full: sync says so by name, what it means and what to do.

use cairn_ledger::store::{Fault, SegmentOptions};
use cairn_ledger::{MemoryStore, SegmentStore};

use super::elsewhere::{Elsewhere, Journal};
use super::imports::{file, import};
use super::*;
use crate::place::Folder;
use crate::{CasebookError, NoticeKind, SignInError};

fn with_journal<'a>(folder: &'a Path, journal: Journal<'a>) -> Elsewhere<'a> {
    Elsewhere { folder: Folder(folder), journal: Some(journal), views: None }
}

impl Site {
    /// Ends the process, and starts it again when other files have nearly filled the disk.
    fn on_a_disk_that_is_nearly_full(self) -> Self {
        let Self { dir, book, seed } = self;
        drop(book);
        let options = SegmentOptions { floor_bytes: u64::MAX, ..SegmentOptions::without_reserve() };
        let logs = dir.path().join("logs");
        let place = with_journal(dir.path(), Box::new(|| Ok(Box::new(SegmentStore::open(&logs, options)?))));
        let book = Casebook::open_in(&place, &unlock(dir.path()), entropy(seed + (1 << 21)), NOW).unwrap();
        drop(place);
        Self { dir, book, seed: seed + (1 << 21) }
    }

    fn says_that_its_disk_is_low(&self) -> bool {
        let notices = self.book.sync_status(&self.officer(), NOW).unwrap().notices;
        notices
            .iter()
            .any(|notice| notice.kind == NoticeKind::DiskLow && notice.words.contains("Free space on this disk"))
    }
}

#[test]
fn a_post_whose_disk_is_nearly_full_says_so_when_it_cannot_keep_what_the_hub_sends() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    assert!(!alpha.book.disk_is_low() && !alpha.says_that_its_disk_is_low());
    import(&hub, &file(), false);
    let alpha = alpha.on_a_disk_that_is_nearly_full();
    assert!(alpha.book.disk_is_low() && alpha.says_that_its_disk_is_low());

    let space = hub.book.spaces_of_kind(cairn_ledger::registry::SpaceKind::Records)[0];
    let key = hub.book.frontier(space).0.into_keys().find(|key| key.lane == cairn_ledger::Lane::Bulk).unwrap();
    let parcel = hub.book.read_parcel(&LogId { space, key }, 1, 8_192).unwrap().unwrap();
    let sender = hub.book.identity().replica;
    let CasebookError::PeerRefused { name, detail } = alpha.book.keep_parcel(sender, parcel, NOW).unwrap_err() else {
        panic!("refused for another reason")
    };
    assert_eq!(name, "no-room", "{detail}");
    let refused = PeerEvent::Refused { name: name.into(), detail: detail.to_string() };
    alpha.book.note_peer(sender, refused, NOW).unwrap();
    let failure = alpha.book.sync_status(&alpha.officer(), NOW).unwrap().peers.remove(0).failure;
    assert!(
        failure.contains("disk of this machine is nearly full") && failure.contains("nothing is lost"),
        "{failure}"
    );

    // What people write goes on, and what they write elsewhere arrives.
    alpha.save(Kind::Vehicle, &[("plate", "AA11AAA")]);
    let car = hub.save(Kind::Vehicle, &[("plate", "BB22BBB")]);
    carry_log(&hub, &alpha, &hub.book.entries_of(car.id).unwrap()[0].0);
    assert!(alpha.book.row(car.id).unwrap().is_some());
}

#[test]
fn on_a_full_disk_nobody_can_sign_in_and_everybody_is_told_why() {
    let disk = Arc::new(MemoryStore::new());
    let dir = TempDir::new().unwrap();
    let place = with_journal(dir.path(), Box::new(|| Ok(Box::new(disk.clone()))));
    let (agency, site, country) = ("Border Service".into(), "Alpha".into(), "GBR".into());
    let request = InitRequest { agency, site, country, hub: false, demo: true };
    let book = Casebook::init_in(&place, &request, &unlock(dir.path()), entropy(9), NOW).unwrap();
    book.add_person(&Actor::terminal(), &person("k.daniels", Role::Officer), NOW).unwrap();
    (0..2).for_each(|append| disk.inject(append, Fault::Full));
    for password in ["a long password", "wrong"] {
        let refused = book.sign_in("k.daniels", password, Via::Screen, NOW).unwrap_err();
        assert!(matches!(refused, SignInError::NoRoom(_)), "{refused:?}");
        let said = refused.to_string();
        assert!(said.contains("disk of this machine is full") && said.contains("Nothing is lost"), "{said}");
    }
    assert!(book.sign_in("k.daniels", "a long password", Via::Screen, NOW + 60_000).is_ok(), "there is room again");
}
