//! A card lost a change that nobody else has: whoever looks at the record is told that it has to be written anew.

use super::*;
use crate::{CasebookError, LostPart};

impl Site {
    fn lost(&self, record: RecordId) -> Option<LostPart> {
        self.book.record(&self.officer(), record, NOW).unwrap().lost
    }

    /// What a check of a plate finds, and whether it says that part of it was lost.
    fn found(&self, plate: &str) -> Vec<bool> {
        let hits = self.book.check(&self.officer(), plate, NOW).unwrap().hits;
        hits.into_iter().map(|hit| hit.record.part_lost).collect()
    }

    /// Where the last change of a record stands, after it was changed.
    fn changed(&self, car: &mut Saved, fields: &[(&str, &str)]) -> (LogId, u64) {
        *car = self.edit(car.id, &car.version, fields, NOW);
        self.place_of(car.id)
    }

    /// What a doctor says of records.
    fn lost_records(&self) -> Vec<String> {
        let findings = self.book.doctor(&Actor::terminal(), NOW).unwrap().findings;
        findings.into_iter().filter(|line| line.what == "record").map(|line| line.reason).collect()
    }
}

#[test]
fn a_record_whose_change_is_lost_says_everywhere_that_it_has_to_be_written_anew() {
    let hub = Site::hub();
    let (alpha, beta) = (Site::post("Alpha", &hub, 2), Site::post("Beta", &hub, 3));
    let mut car = alpha.save(Kind::Vehicle, &[("plate", "AA11AAA")]);
    let whole = alpha.save(Kind::Vehicle, &[("plate", "BB22BBB")]).id;
    exchange(&alpha, &hub);
    let torn = alpha.changed(&mut car, &[("remarks", "no lights")]);
    alpha.changed(&mut car, &[("remarks", "no lights, one plate")]);
    let alpha = alpha.with_damage(&[torn]);
    let lost = alpha.lost(car.id).unwrap();
    assert_eq!(lost.waiting, 0, "the views still show all of it");
    assert!(lost.words.contains("write it anew"), "{lost:?}");
    for _ in 0..2 {
        exchange(&alpha, &hub);
        exchange(&beta, &hub);
    }

    let alpha = alpha.without_views();
    for site in [&hub, &alpha, &beta] {
        let name = site.book.identity().site;
        let lost = site.lost(car.id).unwrap_or_else(|| panic!("{name} does not say it"));
        assert_eq!(lost.waiting, 1, "{name}");
        assert!(lost.words.contains("1 change that builds on it waits and is not shown"), "{lost:?}");
        let named = site.lost_records();
        assert!(named.len() == 1 && named[0].contains(&car.id.to_string()), "{name}: {named:?}");
        assert_eq!(site.lost(whole), None, "{name}: nothing is the matter with the other one");
        assert_eq!((site.found("AA11AAA"), site.found("BB22BBB")), (vec![true], vec![false]), "{name}");
    }
}

#[test]
fn a_record_whose_beginning_is_lost_is_not_said_to_be_still_on_its_way() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    exchange(&alpha, &hub);
    let mut car = alpha.save(Kind::Vehicle, &[("plate", "AA11AAA")]);
    let torn = alpha.place_of(car.id);
    alpha.changed(&mut car, &[("remarks", "no lights")]);
    alpha.changed(&mut car, &[("remarks", "no lights, one plate")]);
    let alpha = alpha.with_damage(&[torn]);
    exchange(&alpha, &hub);
    let said = hub.book.record(&hub.officer(), car.id, NOW).unwrap_err();
    let CasebookError::NotFound(said) = said else { panic!("{said:?}") };
    assert!(said.to_string().contains("write it anew"), "{said}");
    assert_eq!(hub.lost_records().len(), 1);
}

#[test]
fn a_change_that_only_waits_for_the_next_sync_is_not_called_lost() {
    let hub = Site::hub();
    let (alpha, beta) = (Site::post("Alpha", &hub, 2), Site::post("Beta", &hub, 3));
    let mut car = alpha.save(Kind::Vehicle, &[("plate", "AA11AAA")]);
    for post in [&alpha, &beta, &alpha] {
        exchange(post, &hub);
    }
    // Beta learns of a change by a way of its own, goes on from it, and meets the hub before Alpha does.
    alpha.changed(&mut car, &[("remarks", "no lights")]);
    carry_log(&alpha, &beta, &alpha.place_of(car.id).0);
    let (log, _) = beta.changed(&mut car, &[("vin", "WVWZZZ1JZ3W386752")]);
    carry_log(&beta, &hub, &log);
    assert_eq!((hub.lost(car.id), hub.lost_records()), (None, vec![]));
    exchange(&alpha, &hub);
    assert_eq!(hub.book.row(car.id).unwrap().unwrap().entries.len(), 3);
}
