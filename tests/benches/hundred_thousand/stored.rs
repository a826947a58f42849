//! What the records cost at rest: bytes on disk, memory of the idle process, time to open, rate of a rebuild.

use std::time::{Duration, Instant};

use cairn_tests::{Site, bytes_in};

use crate::report::Report;

/// How long a process has to do nothing before it counts as idle.
const SETTLE: Duration = Duration::from_secs(10);

/// Measures a loaded site.
pub fn measure(site: &Site, records: u64, report: &mut Report) {
    disk(site, records, report);
    let rebuilt = site.json(&["doctor", "--rebuild"]);
    let seconds = rebuilt["rebuild_ms"].as_f64().unwrap() / 1000.0;
    report.at_least("rebuild of the views", rebuilt["rebuilt"].as_f64().unwrap() / seconds, 5_000.0, "records/s");
    disk(site, records, report);
    memory(site, report);
}

fn disk(site: &Site, records: u64, report: &mut Report) {
    report.at_most("bytes on disk a record, all in all", bytes_in(&site.data()) as f64 / records as f64, 1_200.0, "B");
    for entry in std::fs::read_dir(site.data()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            report.note(
                &format!("… of which {name}/, B a record"),
                format!("{:.0}", bytes_in(&path) as f64 / records as f64),
            );
        }
    }
}

fn memory(site: &Site, report: &mut Report) {
    let began = Instant::now();
    let running = site.run();
    report.note("from the start of `cairn run` to its first page, s", format!("{:.2}", began.elapsed().as_secs_f64()));
    std::thread::sleep(SETTLE);
    report.at_most("resident memory, idle after the start", resident(running.pid()), 64.0, "MB");
    for text in ["Ashbridge", "Canal Wharf", "Opel", "GEN0000001", "AB12CDE"] {
        site.json(&["search", text]);
        site.json(&["check", text]);
    }
    std::thread::sleep(SETTLE);
    report.at_most("resident memory, idle after ten questions", resident(running.pid()), 64.0, "MB");
}

/// Resident memory of a process in megabytes.
fn resident(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<f64>().unwrap() / 1024.0
}
