//! A hub that holds records before the posts bring theirs: how it is filled, how it is kept for the next run, and what the
//! records cost it while no post is connected.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cairn_tests::generator::{Generator, forename, plate, surname};
use cairn_tests::process::Process;
use cairn_tests::random::Random;
use cairn_tests::site::copy;
use cairn_tests::{Running, Site, bytes_in};
use serde_json::{Value, json};

use crate::report::{Report, spread_ms};

/// Rows of one generated export.
const EXPORT_ROWS: u64 = 5_000;
/// How long a process has to do nothing before it counts as idle.
const SETTLE: Duration = Duration::from_secs(10);
/// How often each question is asked.
const TIMES: usize = 200;
/// What the hub says each time it loads the document of a record.
const LOADED: &str = "the document of a record is loaded";

/// What the hub is to hold.
pub struct Wanted {
    /// At least so many records.
    pub records: u64,
    /// Seed of the generator.
    pub seed: u64,
    /// Where filled hubs are kept from one run to the next.
    pub keep: Option<PathBuf>,
}

impl Wanted {
    /// Gives the hub its records, by import or from one that an earlier run filled.
    pub fn fill(&self, hub: &Site, report: &mut Report) {
        let kept = self.keep.as_ref().map(|keep| keep.join(format!("held-{}-{}", self.records, self.seed)));
        let filled = match kept.as_ref().filter(|kept| kept.exists()) {
            Some(kept) => take(kept, hub),
            None => self.import(hub),
        };
        if let Some(kept) = kept.filter(|kept| !kept.exists()) {
            keep(&kept, hub, &filled);
        }
        let records = filled["records"].as_u64().unwrap();
        report.note("records that the hub held before", records.to_string());
        report.note("import, records a second: all, first export, last export", text(&filled["rates"]));
        disk(hub, records, report);
    }

    /// Imports generated exports until there are enough records; how many there are, and how fast it went.
    fn import(&self, hub: &Site) -> Value {
        let mut generator = Generator::new(self.seed);
        let (mut records, mut rates, began) = (0, Vec::new(), Instant::now());
        while records < self.records {
            let file = hub.write("generated.csv", &generator.export(EXPORT_ROWS.min(self.records)));
            let export = Instant::now();
            let imported = hub.json(&["import", file.to_str().unwrap(), "--mapping", "northmark-crime"]);
            let created: u64 = imported["created"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
            records += created;
            rates.push(created as f64 / export.elapsed().as_secs_f64());
            eprintln!("{records} records, {:.0} a second", rates.last().unwrap());
        }
        let all = records as f64 / began.elapsed().as_secs_f64();
        let rates = format!("{all:.0}, {:.0}, {:.0}", rates.first().unwrap(), rates.last().unwrap());
        json!({ "records": records, "rates": rates })
    }
}

/// What the records cost a hub that was just filled: until it is open, while it is idle, and while somebody asks it.
pub fn measure(hub: &Site, seed: u64, report: &mut Report) -> Running {
    hub.add_person("officer");
    // The first start after a folder was copied gives it a new incarnation: the ordinary one is the second.
    for which in ["the first time", "again"] {
        let began = Instant::now();
        let running = hub.run();
        let what = format!("from the start of the hub to its first page, {which}");
        report.note(&what, format!("{:.2} s", began.elapsed().as_secs_f64()));
        drop(running);
    }
    let running = hub.run();
    let process = Process(running.pid());
    let note_memory = |report: &mut Report, when: &str| {
        let measured = format!("{:.1} MB, peak {:.1} MB", process.resident_mb(), process.peak_mb());
        report.note(&format!("resident memory of the hub, {when}"), measured);
    };
    note_memory(report, "just opened");
    std::thread::sleep(SETTLE);
    note_memory(report, "idle");
    check(&running, &mut Random::new(seed ^ 0x00c0_ffee), report);
    note_memory(report, "after the checks");
    running
}

/// How often the hub loaded a document since it was made.
pub fn documents_loaded(hub: &Site) -> usize {
    let said = fs::read_to_string(hub.desk().join("run.log")).unwrap();
    said.lines().filter(|line| line.contains(LOADED)).count()
}

fn check(running: &Running, random: &mut Random, report: &mut Report) {
    let officer = running.http.signed_in("officer");
    let mut ask = |what: &str, text: &mut dyn FnMut(&mut Random) -> String| {
        let times = (0..TIMES).map(|_| {
            let question = json!({ "text": text(random) });
            let began = Instant::now();
            assert_eq!(officer.post("/api/v1/check", &question).unwrap().status, 200);
            began.elapsed()
        });
        let times = times.collect();
        report.note(&format!("{what} over HTTP, median / 99 of 100"), spread_ms(times));
    };
    ask("check of a plate", &mut plate);
    ask("check of a name", &mut |random| format!("{} {}", forename(random), surname(random)));
}

fn disk(hub: &Site, records: u64, report: &mut Report) {
    let note = |report: &mut Report, what: &str, bytes: u64| {
        let measured = format!("{:.0} MB, {:.0} B a record", bytes as f64 / 1e6, bytes as f64 / records as f64);
        report.note(what, measured);
    };
    note(report, "bytes on disk", bytes_in(&hub.data()));
    for entry in fs::read_dir(hub.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            note(report, &format!("… of which {}", path.file_name().unwrap().to_string_lossy()), bytes_in(&path));
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Keeps a copy of a filled hub and of the key that opens it, under its name only once it is whole.
fn keep(kept: &Path, hub: &Site, filled: &Value) {
    let unfinished = kept.with_extension("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    fs::create_dir_all(&unfinished).unwrap();
    copy(&hub.data(), &unfinished.join("data"));
    copy(&hub.desk().join("key"), &unfinished.join("key"));
    fs::write(unfinished.join("filled.json"), filled.to_string()).unwrap();
    fs::rename(unfinished, kept).unwrap();
}

/// Puts a kept hub in the place of a new one, which keeps its settings.
fn take(kept: &Path, hub: &Site) -> Value {
    let settings = fs::read(hub.data().join("config.toml")).unwrap();
    hub.restore(&kept.join("data"));
    fs::write(hub.data().join("config.toml"), settings).unwrap();
    copy(&kept.join("key"), &hub.desk().join("key"));
    serde_json::from_str(&fs::read_to_string(kept.join("filled.json")).unwrap()).unwrap()
}
