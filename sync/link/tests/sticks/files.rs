//! Photographs that travel by stick: to the hub all that it is not known to have, to a post those of the records it gets.

use cairn_casebook::Whole;
use cairn_ledger::blob::CHUNK_BYTES;

use super::*;
use crate::files::{attach, dump, file, is_here, read as content};

fn written(from: &Site, to: &str, files_bytes_max: u64) -> (Vec<u8>, Vec<u64>, u64) {
    let order = StickOrder { to: to.into(), everything: false, valid_ms: 30 * DAY_MS, files_bytes_max };
    let plan = from.book.plan_stick(&Actor::terminal(), &order, clock()()).unwrap();
    (write_planned(from, &plan), plan.files.iter().map(|file| file.bytes).collect(), plan.files_left)
}

/// Bytes of the files that the next stick carries.
fn carries(from: &Site, to: &str) -> Vec<u64> {
    plan(from, to).files.iter().map(|file| file.bytes).collect()
}

/// A hub and two posts without any link that know of each other.
fn acquainted() -> Region {
    let region = Region::new();
    for (post, name) in [(&region.alpha, "Alpha"), (&region.bravo, "Bravo")] {
        read(post, &write(&region.hub, name)).unwrap();
    }
    region
}

#[test]
fn a_post_without_a_link_brings_a_photograph_to_the_hub_and_from_there_to_another_post() {
    let Region { hub, alpha, bravo } = acquainted();
    let record = alpha.save_vehicle("KX51 VRT");
    attach(&alpha, record, &dump(3));
    let report = read(&hub, &write(&alpha, "hub")).unwrap();
    assert_eq!((report.files, report.files_bytes), (1, dump(3).len() as u64), "{report:?}");
    assert_eq!((report.files_left, report.files_missing, report.set_aside.len()), (0, 0, 0), "{report:?}");
    assert_eq!(content(&hub, record), dump(3));
    let line = &list(&hub)[0];
    assert_eq!((line.direction.as_str(), line.files, line.files_left), ("read", 1, 0));

    // Nobody has told Alpha: the stick may be lost, so the next one heals it.
    assert_eq!(carries(&alpha, "hub").len(), 1);
    assert_eq!(alpha.book.sync_says().state(), "waiting");
    let back = write(&hub, "Alpha");
    assert_eq!(carries(&hub, "Alpha"), Vec::<u64>::new(), "it was attached there");
    read(&alpha, &back).unwrap();
    assert_eq!(carries(&alpha, "hub"), Vec::<u64>::new(), "the receipt came: the photograph does not go again");
    let says = alpha.book.sync_says().in_english(clock()());
    assert!(!says.contains("file"), "no file is to follow: {says}");

    assert_eq!(read(&bravo, &write(&hub, "Bravo")).unwrap().files, 1);
    assert_eq!(content(&bravo, record), dump(3));
}

#[test]
fn what_does_not_fit_goes_on_the_next_stick_although_no_receipt_came() {
    let Region { hub, alpha, .. } = acquainted();
    let record = |plate, parts| {
        let record = alpha.save_vehicle(plate);
        attach(&alpha, record, &dump(parts));
        record
    };
    let (old, new) = (record("KX51 VRT", 4), record("LR62 DPN", 5));
    let (none, carried, left) = written(&alpha, "hub", 0);
    assert_eq!((carried, left), (vec![], 2), "records only");
    let report = read(&hub, &none).unwrap();
    assert_eq!((report.files, report.files_missing), (0, 2));
    let most = 6 * CHUNK_BYTES as u64;
    let (first, carried, left) = written(&alpha, "hub", most);
    assert_eq!((carried, left), (vec![dump(5).len() as u64], 1), "the newer goes first");
    let (second, carried, left) = written(&alpha, "hub", most);
    assert_eq!((carried, left), (vec![dump(4).len() as u64], 1), "then what no stick has carried yet");
    let report = read(&hub, &second).unwrap();
    assert_eq!((report.files, report.files_missing), (1, 1));
    assert!(is_here(&hub, old) && !is_here(&hub, new));
    assert_eq!(read(&hub, &first).unwrap().files_missing, 0);
    assert!(is_here(&hub, new));
}

/// To a post go the files of the entries on its stick. What did not fit is owed, also when the entries are proved to be there.
#[test]
fn what_does_not_fit_for_a_post_is_owed_to_it_until_it_says_that_it_has_it() {
    let Region { hub, alpha, .. } = acquainted();
    let record = hub.save_vehicle("KX51 VRT");
    attach(&hub, record, &dump(4));
    let (none, _, left) = written(&hub, "Alpha", 0);
    assert_eq!(left, 1);
    assert!(read(&alpha, &none).unwrap().entries > 0);
    read(&hub, &write(&alpha, "hub")).unwrap();
    let lost = plan(&hub, "Alpha");
    let shared = hub.book.shared_spaces(alpha.book.identity().replica);
    let records = shared.iter().filter(|shared| !shared.registry && !shared.audit);
    assert!(records.into_iter().all(|shared| lost.runs.iter().all(|run| run.log.space != shared.space)));
    assert_eq!(lost.files.len(), 1, "the entry is there, the file is owed");
    write_planned(&hub, &lost);
    let second = plan(&hub, "Alpha");
    assert_eq!(second.files.len(), 1, "nobody has said that it came");
    assert_eq!(read(&alpha, &write_planned(&hub, &second)).unwrap().files, 1);
    read(&hub, &write(&alpha, "hub")).unwrap();
    assert_eq!(carries(&hub, "Alpha"), Vec::<u64>::new());
    assert!(is_here(&alpha, record));
}

#[test]
fn a_stick_that_breaks_off_or_was_altered_leaves_the_chunks_before() {
    let Region { hub, alpha, .. } = acquainted();
    let record = alpha.save_vehicle("KX51 VRT");
    attach(&alpha, record, &dump(20));
    let stick = write(&alpha, "hub");
    let parts = || file(&hub, record).map_or(0, |file| file.parts_here);
    let error = read(&hub, &stick[..stick.len() / 2]).unwrap_err();
    assert_eq!(error.name(), "stick-truncated");
    let half = parts();
    assert!((5..15).contains(&half), "{half} of 20 parts are here");
    let mut altered = stick.clone();
    altered[stick.len() * 3 / 4] ^= 0x40;
    assert_eq!(read(&hub, &altered).unwrap_err().name(), "stick-altered");
    assert!(parts() > half, "the parts before the damage were kept");
    assert_eq!(file(&hub, record).unwrap().whole, Whole::Partly);
    assert_eq!(read(&hub, &stick).unwrap().files, 1, "the stick itself is still good");
    assert_eq!(content(&hub, record), dump(20));
    assert_eq!(read(&hub, &stick).unwrap_err().name(), "stick-replayed");
}

/// Over a link a hub says that it has every file; only what is attached after that goes on a stick.
#[test]
fn what_a_hub_has_by_link_does_not_go_by_stick() {
    let Region { hub, alpha, .. } = acquainted();
    let hub_key = hub.book.identity().replica;
    let before = alpha.save_vehicle("KX51 VRT");
    attach(&alpha, before, &dump(4));
    let said = |lacking, known| {
        alpha.book.note_peer(hub_key, PeerEvent::Files { lacking, known }, clock()()).unwrap();
    };
    said(0, 0);
    assert_eq!(carries(&alpha, "hub").len(), 1, "it does not know of this one");
    said(0, 1);
    assert_eq!(carries(&alpha, "hub"), Vec::<u64>::new());
    let after = alpha.save_vehicle("LR62 DPN");
    attach(&alpha, after, &dump(5));
    assert_eq!(carries(&alpha, "hub"), [dump(5).len() as u64]);
    said(1, 2);
    assert_eq!(carries(&alpha, "hub"), [dump(5).len() as u64], "it lacks the new one, as was known");
    said(2, 2);
    assert_eq!(carries(&alpha, "hub").len(), 2, "it has lost what it had");
}

/// A stick of a writer that names a file of which no entry is here.
#[test]
fn files_of_entries_that_are_not_here_are_set_aside_and_the_stick_can_be_read_again() {
    let Region { hub, alpha, .. } = acquainted();
    let record = alpha.save_vehicle("KX51 VRT");
    attach(&alpha, record, &dump(3));
    let whole = plan(&alpha, "hub");
    let without_entries = StickPlan { runs: Vec::new(), ..whole.clone() };
    let file = write_planned(&alpha, &without_entries);
    let report = read(&hub, &file).unwrap();
    assert_eq!((report.files, report.files_left), (0, 1));
    assert!(report.set_aside[0].starts_with("unknown-file"), "{report:?}");
    let stick = write(&alpha, "hub");
    let chunks = |at: &Site| at.book.attachments(&at.officer(), record, clock()()).unwrap()[0].parts_here;
    assert_eq!(read(&hub, &stick).unwrap().files, 1);
    assert_eq!(chunks(&hub), 3);
    let again = read(&hub, &file).unwrap();
    assert_eq!((again.files, again.files_left), (0, 0), "now the entry is here, and the file too");
    assert_eq!(read(&hub, &file).unwrap_err().name(), "stick-replayed");
}
