//! Sticks between real casebooks, without any link: exchanged, lost, repeated, altered, cut, expired, addressed to others.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed, and says where")]

mod files;

use std::io::{self, BufReader, Read};

use crate::support::{Site, clock};
use cairn_casebook::{Actor, Casebook, PeerEvent, StickLine, StickOrder, StickPlan, StickReport};
use cairn_sync_link::{StickError, read_stick, write_stick};

const DAY_MS: u64 = 24 * 3_600_000;
const MIB: u64 = 1024 * 1024;

/// A hub and two posts that have joined and have never exchanged anything.
struct Region {
    hub: Site,
    alpha: Site,
    bravo: Site,
}

impl Region {
    fn new() -> Self {
        let hub = Site::new("Hub", true, 1);
        let post = |name, seed| {
            let post = Site::new(name, false, seed);
            enrol(&hub.book, &post.book);
            post
        };
        let (alpha, bravo) = (post("Alpha", 2), post("Bravo", 3));
        Self { hub, alpha, bravo }
    }
}

fn enrol(hub: &Casebook, post: &Casebook) {
    let (terminal, now) = (Actor::terminal(), clock()());
    let invitation = hub.invite(&terminal, &[], 3_600_000, now).unwrap();
    let request = post.join_request(&terminal, &invitation.code).unwrap();
    let grant = hub.accept_join(post.identity().replica, &request, now).unwrap();
    post.complete_join(&terminal, &grant, "192.0.2.1:4440", now).unwrap();
}

fn plan(from: &Site, to: &str) -> StickPlan {
    let order = StickOrder { to: to.into(), everything: false, valid_ms: 30 * DAY_MS, files_bytes_max: MIB };
    from.book.plan_stick(&Actor::terminal(), &order, clock()()).unwrap()
}

fn write_planned(from: &Site, plan: &StickPlan) -> Vec<u8> {
    let (file, written) = write_stick(&from.book, plan, Vec::new(), &mut |_| ()).unwrap();
    assert_eq!(written.left_out, Vec::<String>::new());
    let sums = written.sums(file.len() as u64);
    from.book.note_stick_written(&Actor::terminal(), plan, written.id, sums, clock()()).unwrap();
    file
}

fn write(from: &Site, to: &str) -> Vec<u8> {
    write_planned(from, &plan(from, to))
}

fn read(at: &Site, file: &[u8]) -> Result<StickReport, StickError> {
    read_at(at, file, clock()())
}

fn read_at(at: &Site, file: &[u8], now_ms: u64) -> Result<StickReport, StickError> {
    read_stick(&at.book, &Actor::terminal(), (file, file.len() as u64), &|| now_ms, &mut |_| ())
}

#[track_caller]
fn refused(at: &Site, file: &[u8]) -> String {
    let before = entries(at);
    let error = read(at, file).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("nothing") || text.contains("kept"), "it says whether anything was lost: {text}");
    assert_eq!(entries(at), before, "nothing of a refused stick is kept");
    error.name().to_owned()
}

/// How many entries of shared records and registry a site holds.
fn entries(at: &Site) -> u64 {
    let hub = at.book.members()[0].replica;
    let shared = at.book.shared_spaces(hub).into_iter().filter(|space| !space.audit);
    shared.map(|space| at.book.frontier(space.space).0.values().map(|(number, _)| number).sum::<u64>()).sum()
}

fn list(at: &Site) -> Vec<StickLine> {
    at.book.sticks(&Actor::terminal(), clock()()).unwrap()
}

#[test]
fn sites_that_never_had_a_link_come_to_hold_the_same_and_each_knows_what_arrived() {
    let Region { hub, alpha, bravo } = Region::new();
    let at_hub = hub.save_vehicle("SM68AHJ");
    let report = read(&alpha, &write(&hub, "Alpha")).unwrap();
    assert!(report.entries > 0 && report.number == 1 && report.site == "Hub", "{report:?}");
    assert!(alpha.holds(at_hub));
    assert_eq!(list(&hub)[0].state, "on_the_way", "nobody has said that it arrived");

    let at_alpha = alpha.save_vehicle("TE7855BF");
    let back = plan(&alpha, "hub");
    assert!(back.runs.iter().all(|run| run.log.key.replica == alpha.book.identity().replica), "{:?}", back.runs);
    let report = read(&hub, &write_planned(&alpha, &back)).unwrap();
    assert_eq!(report.received, [1]);
    assert!(hub.holds(at_alpha));
    let written = list(&hub).into_iter().find(|line| line.direction == "written").unwrap();
    assert!(written.state == "received" && written.received_ms.is_some(), "{written:?}");

    // The hub as courier for a third site, and then the posts among themselves.
    read(&bravo, &write(&hub, "Bravo")).unwrap();
    assert!(bravo.holds(at_hub) && bravo.holds(at_alpha));
    let at_bravo = bravo.save_vehicle("HL21ESJ");
    read(&alpha, &write(&bravo, "Alpha")).unwrap();
    assert!(alpha.holds(at_bravo));
    read(&hub, &write(&alpha, "Hub")).unwrap();
    assert!(hub.holds(at_bravo), "what Bravo wrote reached the hub through Alpha");
}

#[test]
fn a_lost_stick_heals_by_itself_and_its_number_is_named() {
    let Region { hub, alpha, .. } = Region::new();
    hub.save_vehicle("SM68AHJ");
    read(&alpha, &write(&hub, "Alpha")).unwrap();
    let lost = write(&hub, "Alpha");
    let second = hub.save_vehicle("TE7855BF");
    let report = read(&alpha, &write(&hub, "Alpha")).unwrap();
    assert_eq!(report.missing, [2]);
    assert!(alpha.holds(second));
    let late = read(&alpha, &lost).unwrap();
    assert_eq!((late.entries, late.missing), (0, vec![]), "one that comes late changes nothing");
}

#[test]
fn a_stick_that_was_read_is_replayed_and_says_so() {
    let Region { hub, alpha, .. } = Region::new();
    let file = write(&hub, "Alpha");
    read(&alpha, &file).unwrap();
    assert_eq!(refused(&alpha, &file), "stick-replayed");
}

#[test]
fn a_stick_for_another_is_foreign() {
    let Region { hub, alpha, bravo } = Region::new();
    assert_eq!(refused(&bravo, &write(&hub, "Alpha")), "stick-foreign");
    stranger_at(&alpha);
}

/// A stick of another agency that is sealed to us all the same.
fn stranger_at(victim: &Site) {
    let (stranger, accomplice) = (Site::new("Stranger", true, 9), Site::new("Accomplice", false, 10));
    enrol(&stranger.book, &accomplice.book);
    let (recipient, to) = (victim.book.age_recipient().unwrap(), victim.book.identity().replica);
    let plan = StickPlan { recipient, to, ..plan(&stranger, "Accomplice") };
    let (file, _) = write_stick(&stranger.book, &plan, Vec::new(), &mut |_| ()).unwrap();
    assert_eq!(refused(victim, &file), "stick-foreign");
    let plan = StickPlan { registry: registry_of(victim), ..plan };
    let (file, _) = write_stick(&stranger.book, &plan, Vec::new(), &mut |_| ()).unwrap();
    assert_eq!(refused(victim, &file), "stick-unknown-writer");
    let plan = StickPlan { from: victim.book.members()[0].replica, ..plan };
    let (file, _) = write_stick(&stranger.book, &plan, Vec::new(), &mut |_| ()).unwrap();
    assert_eq!(refused(victim, &file), "stick-altered", "the hub's name without the hub's signature");
}

fn registry_of(site: &Site) -> cairn_ledger::SpaceId {
    let hub = site.book.members()[0].replica;
    site.book.shared_spaces(hub).iter().find(|space| space.registry).unwrap().space
}

#[test]
fn a_stick_that_was_cut_or_altered_or_is_none_is_named_as_such() {
    let Region { hub, alpha, .. } = Region::new();
    for n in 0..30 {
        hub.save_vehicle(&format!("SM68A{n:02}"));
    }
    let file = write(&hub, "Alpha");
    for cut in [30, file.len() / 3, file.len() - 1] {
        assert_eq!(refused(&alpha, &file[..cut]), "stick-truncated", "cut at {cut} of {}", file.len());
    }
    for at in [file.len() / 2, file.len() - 1] {
        let mut altered = file.clone();
        altered[at] ^= 0x40;
        assert_eq!(refused(&alpha, &altered), "stick-altered", "altered at {at}");
    }
    assert_eq!(refused(&alpha, b"holiday photographs"), "not-a-stick");
    assert!(read(&alpha, &file).unwrap().entries > 30, "the stick itself is still good");
}

#[test]
fn an_expired_stick_is_refused_and_a_clock_that_went_back_does_not_help_it() {
    let Region { hub, alpha, .. } = Region::new();
    let file = write(&hub, "Alpha");
    let late = clock()() + 31 * DAY_MS;
    let error = read_at(&alpha, &file, late).unwrap_err();
    assert_eq!(error.name(), "stick-expired");
    // Days are written as the pages write them.
    let year = 1970 + late / (365 * DAY_MS + DAY_MS / 4);
    let said = error.to_string();
    assert!(said.contains(&format!(" {year}")) && !said.contains(&format!("{year}-")), "{said}");
    // The refusal was written to the audit at that time, and time does not go back.
    let error = read_at(&alpha, &file, clock()()).unwrap_err();
    assert_eq!(error.name(), "stick-expired");
}

#[test]
fn a_stick_that_goes_on_from_what_is_not_here_is_named_and_healed_by_one_with_everything() {
    let Region { hub, alpha, .. } = Region::new();
    let saved = hub.save_vehicle("SM68AHJ");
    read(&alpha, &write(&hub, "Alpha")).unwrap();
    read(&hub, &write(&alpha, "hub")).unwrap();
    // Alpha's card breaks; the same machine comes back from a backup of before.
    let alpha_key = alpha.book.identity().replica;
    let later = hub.save_vehicle("TE7855BF");
    for shared in hub.book.shared_spaces(alpha_key) {
        let frontier = hub.book.frontier(shared.space);
        hub.book.note_peer(alpha_key, PeerEvent::Frontier { space: shared.space, frontier }, clock()()).unwrap();
    }
    let last = hub.save_vehicle("HL21ESJ");
    let error = read(&alpha, &write(&hub, "Alpha")).unwrap_err();
    assert_eq!(error.name(), "stick-missing");
    assert!(error.to_string().contains("ask Hub for a stick with everything"), "{error}");
    assert!(alpha.holds(saved) && !alpha.holds(later) && !alpha.holds(last));
    let order = StickOrder { to: "Alpha".into(), everything: true, valid_ms: DAY_MS, files_bytes_max: MIB };
    let plan = hub.book.plan_stick(&Actor::terminal(), &order, clock()()).unwrap();
    read(&alpha, &write_planned(&hub, &plan)).unwrap();
    assert!(alpha.holds(later) && alpha.holds(last));
}

/// Gives so many bytes and then fails, as a stick that is pulled out.
struct Pulled<'a> {
    file: &'a [u8],
    left: usize,
}

impl Read for Pulled<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("no such device"));
        }
        let take = buffer.len().min(self.left).min(self.file.len());
        buffer[..take].copy_from_slice(&self.file[..take]);
        (self.file, self.left) = (&self.file[take..], self.left - take);
        Ok(take)
    }
}

#[test]
fn a_stick_that_is_pulled_out_goes_on_where_it_was() {
    let Region { hub, alpha, .. } = Region::new();
    let saved: Vec<_> = (0..4000).map(|n| hub.save_vehicle(&format!("SM68 {n:04}"))).collect();
    let file = write(&hub, "Alpha");
    // age checks pieces of 64 KiB: the first holds whole parcels, and the rest is still to come.
    assert!(file.len() > 75_000, "{} bytes are more than the first piece", file.len());
    let pulled = BufReader::with_capacity(8_192, Pulled { file: &file, left: 70_000 });
    let length = file.len() as u64;
    let error = read_stick(&alpha.book, &Actor::terminal(), (pulled, length), &|| clock()(), &mut |_| ()).unwrap_err();
    assert_eq!(error.name(), "stick-medium");
    let kept = entries(&alpha);
    let report = read(&alpha, &file).unwrap();
    assert!(report.entries > 0 && report.held_before > 0, "{kept} were kept, then {report:?}");
    assert!(saved.into_iter().all(|id| alpha.holds(id)));
    assert_eq!(list(&alpha).len(), 1, "one stick was read, once");
}

#[test]
fn what_a_peer_pretends_on_a_stick_is_checked_as_over_a_link() {
    let Region { hub, alpha, .. } = Region::new();
    hub.save_vehicle("SM68AHJ");
    let mut plan = plan(&hub, "Alpha");
    // A manifest that promises more than the stick holds is believed for the future only, never for what is here.
    plan.runs.truncate(1);
    let report = read(&alpha, &write_planned(&hub, &plan)).unwrap();
    assert!(report.entries > 0);
    let status = alpha.book.sync_status(&Actor::terminal(), clock()()).unwrap();
    let peer = &status.peers[0];
    assert!(peer.spaces.iter().any(|space| space.to_receive > 0), "what was announced and did not come is awaited");
    assert!(peer.last_equal_ms.is_none(), "nothing was equal");
}
