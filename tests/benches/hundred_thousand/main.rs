//! Measures the appliance with 100,000 generated records and prints what was measured beside what was aimed at.
//!
//! Run it with `cargo xtask bench`, which builds for release. The records are invented, the same from the same seed.
//! Loading, memory and the wire go through the real binary; the times of a check, a search and a save are taken in this
//! process on the same folder, so that they hold no start of a process and no HTTP.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on says where it stopped")]

mod floor;
mod report;
mod speed;
mod stick;
mod stored;
mod traffic;

use std::time::Instant;

use cairn_tests::Site;
use cairn_tests::generator::Generator;

use report::Report;

/// Rows of one generated export.
const EXPORT_ROWS: u64 = 5_000;

fn main() {
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (records, seed) = (number("CAIRN_BENCH_RECORDS", 100_000), number("CAIRN_BENCH_SEED", 2026));
    let mut report = Report::new(records, seed);

    let hub = Site::init("Hub", "hub");
    let post = Site::init("Alpha", "post");
    let held = load(&post, records, seed, &mut report);
    stored::measure(&post, held, &mut report);
    speed::measure(&post, held, seed, &mut report);
    traffic::measure(&hub, &post, held, seed, &mut report);
    stick::measure(&hub, held, &mut report);
    report.print();
}

/// Imports generated exports until there are this many records; returns how many there are.
fn load(site: &Site, records: u64, seed: u64, report: &mut Report) -> u64 {
    let mut generator = Generator::new(seed);
    let began = Instant::now();
    let mut held = 0;
    while held < records {
        let file = site.write("generated.csv", &generator.export(EXPORT_ROWS.min(records)));
        let imported = site.json(&["import", file.to_str().unwrap(), "--mapping", "northmark-crime"]);
        assert_eq!(imported["rejected"].as_array().unwrap().len(), 0, "generated rows are sound");
        let created = imported["created"].as_object().unwrap();
        held += created.values().map(|count| count.as_u64().unwrap()).sum::<u64>();
        eprintln!("{held} records");
    }
    let rate = held as f64 / began.elapsed().as_secs_f64();
    report.note("records loaded by import", format!("{held}"));
    report.note("import, records a second", format!("{rate:.0}"));
    held
}
