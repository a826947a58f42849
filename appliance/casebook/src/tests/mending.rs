use cairn_ledger::view::{Fault, MemoryViews};
use cairn_record::Kind;

use super::elsewhere::Elsewhere;
use super::*;
use crate::place::Folder;
use crate::{CasebookError, Diagnosis, SearchRequest, Verdict};

#[test]
fn after_a_full_disk_nothing_is_answered_until_everything_is_in_view_again() {
    let Site { dir, book, seed } = Site::hub();
    drop(book);
    let views = MemoryViews::new();
    let place = Elsewhere { folder: Folder(dir.path()), journal: None, views: Some(views.clone()) };
    let book = Casebook::open_in(&place, &unlock(dir.path()), entropy(seed + 77), NOW).unwrap();
    let faults = views.faults().clone();
    let hub = Site { dir: TempDir::new().unwrap(), book, seed };
    let request = SaveRequest { draft: draft(None, Kind::Vehicle, &[("plate", "RH29YFL")]), version: None };
    let words = SearchRequest { text: "RH29YFL".into(), limit: 5, ..SearchRequest::default() };
    faults.after(0, Fault::Full);
    let told = hub.book.save_record(&hub.officer(), &request, NOW);
    assert!(matches!(&told, Err(CasebookError::SavedUnseen(why)) if why.to_string().contains("full")), "{told:?}");
    let told = hub.book.check(&hub.officer(), "RH29YFL", NOW);
    assert!(matches!(told, Err(CasebookError::Mending(_))), "a wrong \"nothing held\" here: {told:?}");
    // Still full, and what was held in reserve does not help.
    (0..2).for_each(|calls| faults.after(calls, Fault::Full));
    assert!(matches!(hub.book.tick(true, NOW), Err(CasebookError::Mending(_))));
    assert!(matches!(hub.book.search(&hub.officer(), &words, NOW), Err(CasebookError::Mending(_))));
    // Somebody has made room; the next look-after finds it.
    hub.book.tick(true, NOW).unwrap();
    assert_eq!(hub.book.check(&hub.officer(), "RH29YFL", NOW).unwrap().verdict, Verdict::Hit);
    assert_eq!(hub.book.search(&hub.officer(), &words, NOW).unwrap().total, 1);
    assert_eq!(hub.book.home(&hub.officer(), NOW).unwrap().records, 1);
}

#[test]
fn a_restart_finds_everything_again_and_so_does_a_rebuild() {
    let hub = Site::hub();
    let car = hub.save(Kind::Vehicle, &[("plate", "RH29YFL")]).id;
    hub.mark(car, "stolen from a yard");
    let hub = hub.restart();
    assert_eq!(hub.book.check(&hub.officer(), "RH29YFL", NOW).unwrap().hits[0].markers.len(), 1);
    let before = hub.book.record(&hub.officer(), car, NOW).unwrap();
    assert_eq!(hub.book.rebuild(&Actor::terminal(), NOW).unwrap(), 2);
    assert_eq!(hub.book.record(&hub.officer(), car, NOW).unwrap(), before);
    assert_eq!(hub.book.check(&hub.officer(), "RH29YFL", NOW).unwrap().verdict, Verdict::Hit);
    let Diagnosis { findings, notes, verification } = hub.book.doctor(&Actor::terminal(), NOW).unwrap();
    assert_eq!((findings, notes, verification.sound), (vec![], vec![], true));
}

#[test]
fn a_write_that_a_power_cut_tore_is_a_note_and_no_finding() {
    let hub = Site::hub();
    hub.save(Kind::Person, &[("surname", "Fairfax")]);
    let hub = hub.restart_with(|folder| {
        let mut bytes = std::fs::read(folder.join(JOURNAL)).unwrap();
        bytes.extend_from_slice(&[0, 0, 1, 200, 7, 7, 7, 7, 1, 9, 9]);
        std::fs::write(folder.join(JOURNAL), bytes).unwrap();
    });
    let diagnosis = hub.book.doctor(&Actor::terminal(), NOW).unwrap();
    assert_eq!(diagnosis.findings, []);
    assert!(diagnosis.notes[0].reason.contains("nothing is lost"), "{diagnosis:?}");
}

#[test]
fn views_and_search_that_were_thrown_away_grow_back_from_the_logs() {
    let hub = Site::hub();
    hub.save(Kind::Person, &[("surname", "Fairfax"), ("forenames", "William")]);
    let hub = hub.without_views();
    assert_eq!(hub.book.check(&hub.officer(), "Fairfax", NOW).unwrap().verdict, Verdict::Possible);
    assert_eq!(hub.book.home(&hub.officer(), NOW).unwrap().records, 1);
}

#[test]
fn a_restored_backup_takes_a_new_incarnation_and_loses_nothing() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    alpha.save(Kind::Vehicle, &[("plate", "AA11AAA")]);
    exchange(&alpha, &hub);
    let backup = TempDir::new().unwrap();
    let Site { dir, book, seed } = alpha;
    let before = book.ledger.incarnation();
    drop(book);
    copy(dir.path(), backup.path());
    let book = Casebook::open(dir.path(), &unlock(dir.path()), entropy(seed + 11), NOW).unwrap();
    let alpha = Site { dir, book, seed };
    alpha.save(Kind::Vehicle, &[("plate", "BB22BBB")]);
    exchange(&alpha, &hub);
    drop(alpha);
    let book = Casebook::open(backup.path(), &unlock(backup.path()), entropy(seed + 999), NOW).unwrap();
    let restored = Site { dir: backup, book, seed };
    tell_what_the_hub_knows(&hub, &restored);
    assert_ne!(restored.book.ledger.incarnation(), before);
    restored.save(Kind::Vehicle, &[("plate", "CC33CCC")]);
    exchange(&restored, &hub);
    for plate in ["AA11AAA", "BB22BBB", "CC33CCC"] {
        for site in [&hub, &restored] {
            assert_eq!(site.book.check(&site.officer(), plate, NOW).unwrap().verdict, Verdict::Hit, "{plate}");
        }
    }
    assert!(hub.book.ledger.frozen_logs().is_empty(), "an innocent rollback is no fork");
}

fn tell_what_the_hub_knows(hub: &Site, post: &Site) {
    let replica = post.book.identity().replica;
    let peer = hub.book.identity().replica;
    for shared in hub.book.shared_spaces(replica) {
        for (key, (number, hash)) in hub.book.frontier(shared.space).0 {
            if key.replica == replica {
                let log = LogId { space: shared.space, key };
                post.book.peer_knows(peer, &log, number, hash, NOW).unwrap();
            }
        }
    }
}

pub(super) fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// The simulator's seed 0: a change and what it follows on, in two logs that are folded in one batch, in either order.
#[test]
fn a_rebuild_keeps_changes_that_follow_on_another_sites() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    for (writer, editor) in [(&hub, &alpha), (&alpha, &hub)] {
        let saved = writer.save(Kind::Person, &[("surname", "Fairfax")]);
        exchange(&hub, &alpha);
        editor.edit(saved.id, &saved.version, &[("surname", "Pell")], NOW);
        exchange(&hub, &alpha);
    }
    for site in [&hub, &alpha] {
        let before = site.book.record_digests().unwrap();
        assert_eq!(before.len(), 2);
        site.book.rebuild(&Actor::terminal(), NOW).unwrap();
        assert_eq!(site.book.record_digests().unwrap(), before);
    }
    assert_eq!(hub.book.record_digests().unwrap(), alpha.book.record_digests().unwrap());
}

/// The simulator's seed 1909: what Alpha said of Beta after it was last equal with the hub is no word about what the hub
/// holds of Beta.
#[test]
fn what_was_said_later_does_not_count_as_complete() {
    let hub = Site::hub();
    let (alpha, beta) = (Site::post("Alpha", &hub, 2), Site::post("Beta", &hub, 3));
    exchange(&hub, &alpha);
    let both_ways = |one: &Site, other: &Site, now_ms: u64| {
        let (me, peer) = (one.book.identity().replica, other.book.identity().replica);
        for shared in one.book.shared_spaces(peer) {
            for (from, to) in [(one, other), (other, one)] {
                for key in from.book.frontier(shared.space).0.into_keys() {
                    carry_log_at(from, to, &LogId { space: shared.space, key }, now_ms);
                }
            }
        }
        for (here, whom, there) in [(one, peer, other), (other, me, one)] {
            for shared in here.book.shared_spaces(whom) {
                let frontier = there.book.frontier(shared.space);
                here.book.note_peer(whom, PeerEvent::Frontier { space: shared.space, frontier }, now_ms).unwrap();
            }
        }
    };
    let of_beta = || {
        let answer = hub.book.check(&hub.officer(), "AB?2CD", NOW + 5_400_000).unwrap();
        answer.freshness.into_iter().find(|line| line.site == "Beta").unwrap().complete_ms
    };
    assert_eq!(of_beta(), Some(NOW));
    beta.save(Kind::Vehicle, &[("plate", "AA11AAA")]);
    both_ways(&hub, &alpha, NOW + 1_200_000);
    both_ways(&alpha, &beta, NOW + 3_600_000);
    let audit = alpha.book.shared_spaces(hub.book.identity().replica).into_iter().filter(|shared| shared.audit);
    for space in audit.map(|shared| shared.space) {
        for key in alpha.book.frontier(space).0.into_keys() {
            carry_log_at(&alpha, &hub, &LogId { space, key }, NOW + 3_600_000);
        }
    }
    assert_eq!(of_beta(), Some(NOW), "the car is not here");
    both_ways(&hub, &alpha, NOW + 4_800_000);
    assert_eq!(of_beta(), Some(NOW + 3_600_000), "now it is, and Alpha's word counts");
}
