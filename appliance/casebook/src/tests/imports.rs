use cairn_record::Kind;

use super::*;
use crate::Verdict;

const HEADER: &str = "Crime No,Recorded,Offence,Role,Surname,Forename,DOB,Address,VRM,Make/Model,Colour,MO\n";
const ROWS: &str = "\
NOCR90001,11/06/2025,burglary dwelling,suspect,Tanbury,Maude,11/04/1997,53 Canal Wharf,QQ33ZZL,Opel Astra,green,burglary dwelling.
NOCR90002,16/06/2025,burglary dwelling,witness,Oakes,Ned,29/02/1976,1 Mill Lane,,,,burglary dwelling.
NOCR90003,too few columns
NOCR90004,31/02/2025,burglary dwelling,victim,Pell,Ann,08/04/1997,81 Mill Lane,,,,burglary dwelling.
";

pub(super) fn file() -> Vec<u8> {
    format!("{HEADER}{ROWS}").into_bytes()
}

pub(super) fn import(site: &Site, bytes: &[u8], dry_run: bool) -> crate::ImportReport {
    let mapping = site.book.mapping("northmark-crime").unwrap();
    let analyst = site.as_role(Role::Analyst);
    site.book.import(&analyst, "northmark-crime.csv", bytes, &mapping, dry_run, &mut |_, _| true, NOW).unwrap()
}

#[test]
fn broken_rows_are_rejected_one_by_one_and_the_rest_is_imported() {
    let hub = Site::hub();
    let dry = import(&hub, &file(), true);
    assert_eq!(hub.book.home(&hub.officer(), NOW).unwrap().records, 0, "a dry run writes nothing");
    let report = import(&hub, &file(), false);
    assert_eq!((report.read, report.imported, report.same), (4, 2, 0));
    assert_eq!(report.rejected.iter().map(|row| row.line).collect::<Vec<_>>(), [4, 5]);
    assert_eq!((dry.imported, &dry.rejected, &dry.created), (report.imported, &report.rejected, &report.created));
    let answer = hub.book.check(&hub.officer(), "QQ33ZZL", NOW).unwrap();
    assert_eq!(answer.verdict, Verdict::Hit);
    let hit = answer.hits.iter().find(|hit| hit.record.kind == Kind::Vehicle).unwrap();
    assert_eq!(hit.record.holder.origin_ref, "NOCR90001");
    assert!(hit.linked.iter().any(|line| line.kind == Some(Kind::Event)), "{:?}", hit.linked);
}

#[test]
fn the_same_file_again_is_all_the_same_and_a_correction_by_a_person_is_not_overwritten() {
    let hub = Site::hub();
    import(&hub, &file(), false);
    let again = import(&hub, &file(), false);
    assert_eq!((again.imported, again.same, again.changed), (0, 2, 0));
    let car = hub.book.check(&hub.officer(), "QQ33ZZL", NOW).unwrap().hits;
    let car = car.iter().find(|hit| hit.record.kind == Kind::Vehicle).unwrap().record.id;
    let version = hub.book.record(&hub.officer(), car, NOW).unwrap().version;
    hub.edit(car, &version, &[("make_model", "Opel Astra H")], NOW);
    assert_eq!(import(&hub, &file(), false).same, 2);
    let page = hub.book.record(&hub.officer(), car, NOW).unwrap();
    let model = page.fields.iter().find(|field| field.key == "make_model").unwrap();
    assert_eq!((model.values.len(), model.values[0].text.as_str()), (1, "Opel Astra H"));
    let holder = &model.values[0].holder;
    assert_eq!(
        (holder.person.as_str(), holder.origin_ref.as_str()),
        ("Officer K.", ""),
        "a person wrote it, not the force"
    );
    assert_eq!(page.summary.holder.origin_ref, "NOCR90001");
    let changed = String::from_utf8(file()).unwrap().replace("Opel Astra", "Opel Corsa");
    assert_eq!(import(&hub, changed.as_bytes(), false).changed, 1);
    let page = hub.book.record(&hub.officer(), car, NOW).unwrap();
    assert!(page.fields.iter().find(|field| field.key == "make_model").unwrap().conflict);
}

#[test]
fn an_import_is_undone_as_a_whole_and_can_be_done_again() {
    let hub = Site::hub();
    let report = import(&hub, &file(), false);
    let supervisor = hub.as_role(Role::Supervisor);
    let undone = hub.book.undo_import(&supervisor, &report.batch, NOW).unwrap();
    assert_eq!(undone.withdrawn, report.created.values().sum::<u64>());
    assert_eq!(hub.book.check(&hub.officer(), "QQ33ZZL", NOW).unwrap().verdict, Verdict::NothingHeld);
    assert_eq!(hub.book.home(&hub.officer(), NOW).unwrap().records, 0);
    assert!(hub.book.undo_import(&supervisor, &report.batch, NOW).is_err(), "once is enough");
    let again = import(&hub, &file(), false);
    assert_eq!(again.imported, 2);
    assert_eq!(hub.book.check(&hub.officer(), "QQ33ZZL", NOW).unwrap().verdict, Verdict::Hit);
    let undone = hub.book.undo_import(&supervisor, &again.batch, NOW).unwrap();
    assert_eq!(undone.withdrawn, report.created.values().sum::<u64>());
    assert_eq!(hub.book.check(&hub.officer(), "QQ33ZZL", NOW).unwrap().verdict, Verdict::NothingHeld);
}

#[test]
fn two_sites_that_import_the_same_file_hold_one_set_of_records() {
    let hub = Site::hub();
    let alpha = Site::post("Alpha", &hub, 2);
    import(&hub, &file(), false);
    import(&alpha, &file(), false);
    exchange(&alpha, &hub);
    let (one, other) = (hub.book.home(&hub.officer(), NOW).unwrap(), alpha.book.home(&alpha.officer(), NOW).unwrap());
    assert_eq!(one.records, other.records);
    assert_eq!(one.conflicts_total, other.conflicts_total);
    let vehicles = |site: &Site| {
        let hits = site.book.check(&site.officer(), "QQ33ZZL", NOW).unwrap().hits;
        hits.iter().filter(|hit| hit.record.kind == Kind::Vehicle).count()
    };
    assert_eq!((vehicles(&hub), vehicles(&alpha)), (1, 1));
}
