//! A card that was copied block by block: both machines wrote under the same numbers, and what either wrote reaches everybody.

use cairn_ledger::rescue::Rescued;
use cairn_ledger::{Author, Body, ClockQuality, EntryDraft, EntryKind, Lane, birthplace};

use super::*;
use crate::{AuditQuery, Verdict};

/// A second machine with this one's data, which knows of nothing: the card was copied as a whole.
fn with_image(site: Site) -> (Site, Site) {
    let Site { dir, book, seed } = site;
    drop(book);
    let image = TempDir::new().unwrap();
    super::mending::copy(dir.path(), image.path());
    birthplace::settle(image.path()).unwrap();
    let open = |dir: &TempDir, seed| Casebook::open(dir.path(), &unlock(dir.path()), entropy(seed), NOW).unwrap();
    let (book, twin) = (open(&dir, seed + 11), open(&image, seed + 22));
    assert_eq!(book.ledger.incarnation(), twin.ledger.incarnation(), "neither knows of the other");
    (Site { dir, book, seed: seed + 11 }, Site { dir: image, book: twin, seed: seed + 22 })
}

/// A link on which both compare, show what contradicts, and carry the rest, as often as there is something new.
fn meet(one: &Site, other: &Site) {
    for _ in 0..12 {
        show(one, other);
        show(other, one);
        let moved = carry_what_goes(one, other) + carry_what_goes(other, one);
        if moved == 0 {
            return;
        }
    }
    panic!("the two sites do not come to an end");
}

/// Says how far this site holds every log; the other answers with evidence where it holds another history.
fn show(from: &Site, to: &Site) {
    let (sender, receiver) = (from.book.identity().replica, to.book.identity().replica);
    for shared in from.book.shared_spaces(receiver) {
        for (key, (number, hash)) in from.book.frontier(shared.space).0 {
            let log = LogId { space: shared.space, key };
            for evidence in to.book.peer_knows(sender, &log, number, hash, NOW).unwrap() {
                from.book.take_evidence(receiver, &log, &evidence, NOW).unwrap();
            }
        }
        let frontier = from.book.frontier(shared.space);
        to.book.note_peer(sender, PeerEvent::Frontier { space: shared.space, frontier }, NOW).unwrap();
    }
}

/// Like [`carry`], but a log that the other refuses is left alone.
fn carry_what_goes(from: &Site, to: &Site) -> u64 {
    let (sender, receiver) = (from.book.identity().replica, to.book.identity().replica);
    let mut moved = 0;
    for shared in from.book.shared_spaces(receiver) {
        for (key, (last, _)) in from.book.frontier(shared.space).0 {
            let log = LogId { space: shared.space, key };
            loop {
                let held = to.book.frontier(log.space).number(&log.key);
                let parcel = if held < last { from.book.read_parcel(&log, held + 1, 8_192).unwrap() } else { None };
                let Some(kept) = parcel.and_then(|parcel| to.book.keep_parcel(sender, parcel, NOW).ok()) else { break };
                moved += kept.new;
            }
        }
    }
    moved
}

fn verdicts(site: &Site, plates: &[&str]) -> Vec<Verdict> {
    plates.iter().map(|plate| site.book.check(&site.officer(), plate, NOW).unwrap().verdict).collect()
}

#[test]
fn what_both_machines_with_one_card_wrote_reaches_everybody() {
    let hub = Site::hub();
    let (alpha, beta) = (Site::post("Alpha", &hub, 2), Site::post("Beta", &hub, 3));
    let car = alpha.save(Kind::Vehicle, &[("plate", "AA11AAA")]);
    exchange(&alpha, &hub);
    exchange(&beta, &hub);
    let (alpha, twin) = with_image(alpha);

    alpha.save(Kind::Vehicle, &[("plate", "BB22BBB")]);
    alpha.edit(car.id, &car.version, &[("remarks", "red")], NOW);
    let late = twin.save(Kind::Vehicle, &[("plate", "CC33CCC")]);
    twin.edit(late.id, &late.version, &[("remarks", "blue")], NOW);
    meet(&alpha, &hub);
    // At the hub somebody goes on from what will turn out to stand behind a fork.
    let version = hub.book.record(&hub.officer(), car.id, NOW).unwrap().version;
    hub.edit(car.id, &version, &[("grade_reason", "seen at the gate")], NOW);

    meet(&twin, &hub);
    meet(&beta, &hub);
    meet(&alpha, &hub);
    meet(&twin, &hub);
    meet(&beta, &hub);
    let everybody = [&hub, &alpha, &twin, &beta];
    for site in everybody {
        let plates = ["AA11AAA", "BB22BBB", "CC33CCC"];
        assert_eq!(verdicts(site, &plates), [Verdict::Hit; 3], "{}", site.book.identity().site);
        assert_eq!(site.book.record_digests().unwrap(), hub.book.record_digests().unwrap());
    }
    assert!(!beta.book.ledger.frozen_logs().is_empty());
    // The record's page knows whose they are and who has them, wherever they came from.
    let page = beta.book.record(&beta.officer(), late.id, NOW).unwrap();
    assert_eq!(page.history[0].holder.site, "Alpha");
    assert!(page.whereabouts.iter().all(|line| line.has_it), "{:?}", page.whereabouts);
    // Who searched what before the fork was known can be read at every site.
    let auditor = |site: &Site| site.as_role(Role::Auditor);
    let query = AuditQuery { action: "create".into(), ..AuditQuery::default() };
    let lines = beta.book.audit(&auditor(&beta), &query, NOW).unwrap();
    let of_both = lines.iter().filter(|line| line.records.contains(&late.id) || line.records.contains(&car.id)).count();
    assert_eq!(of_both, 2, "{lines:#?}");
    // Everything stays as it is when the views are built anew, and nobody carries anything twice.
    for site in [hub, beta, twin] {
        let before = site.book.record_digests().unwrap();
        site.book.rebuild(&Actor::terminal(), NOW).unwrap();
        assert_eq!(site.book.record_digests().unwrap(), before);
        let site = site.restart();
        assert_eq!(site.book.record_digests().unwrap(), before);
        assert_eq!(site.book.ledger.rescue_drafts(true).unwrap(), []);
    }
}

#[test]
fn what_a_machine_wrote_that_is_gone_for_ever_is_carried_on_by_the_hub() {
    let hub = Site::hub();
    let (alpha, beta) = (Site::post("Alpha", &hub, 2), Site::post("Beta", &hub, 3));
    let (alpha, image) = with_image(alpha);
    alpha.save(Kind::Vehicle, &[("plate", "BB22BBB")]);
    meet(&alpha, &hub);
    drop(alpha);
    // An old image is put into a new machine, which works for a day before it meets the hub.
    image.save(Kind::Vehicle, &[("plate", "CC33CCC")]);
    for _ in 0..2 {
        meet(&image, &hub);
        meet(&beta, &hub);
    }
    for site in [&hub, &image, &beta] {
        assert_eq!(verdicts(site, &["BB22BBB", "CC33CCC"]), [Verdict::Hit; 2], "{}", site.book.identity().site);
    }
}

/// A member of ill will puts carriers into carriers: each is opened once, and what is innermost counts.
#[test]
fn carriers_within_carriers_are_opened_once() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    let car = alpha.save(Kind::Vehicle, &[("plate", "AA11AAA")]);
    let (mut log, mut number, _) = alpha.book.entries_of(car.id).unwrap()[0];
    for _ in 0..40 {
        let (entry, seal) = (alpha.book.ledger.entry(&log, number).unwrap(), alpha.book.ledger.seal_at(&log, number));
        let (entries, seal) = (entry.into_iter().collect(), seal.unwrap().unwrap());
        let payload = Rescued { entries, links: Vec::new(), seal }.encode();
        let body = Body { author: Author::default(), purpose: None, record: None, payload };
        let draft = EntryDraft { space: log.space, lane: Lane::Urgent, kind: EntryKind::Rescued, body };
        let position = alpha.book.ledger.commit(vec![draft], NOW, ClockQuality::Local).unwrap()[0];
        (log, number) = (position.log, position.number);
    }
    carry_log(&alpha, &hub, &log);
    assert_eq!(verdicts(&hub, &["AA11AAA"]), [Verdict::Hit]);
    assert_eq!(hub.book.doctor(&Actor::terminal(), NOW).unwrap().findings, []);
}
