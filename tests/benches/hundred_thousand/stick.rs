//! What it takes to bring a new post everything by stick: bytes, time, and the most memory of each process.

use std::time::{Duration, Instant};

use cairn_tests::Site;
use serde_json::Value;

use crate::report::Report;

/// How often the memory of a process is looked at; the kernel keeps its highest value itself.
const GLANCE: Duration = Duration::from_millis(20);

/// Enrols another post with the loaded hub, writes everything for it, and reads it there.
pub fn measure(hub: &Site, records: u64, report: &mut Report) {
    let post = Site::init("Bravo", "post");
    let running = hub.run();
    post.join(hub, &["--address", &format!("127.0.0.1:{}", hub.listen)]);
    drop(running);

    let (said, seconds, megabytes) = watched(hub, &["stick", "write", "--to", "Bravo", "--out", desk(hub)]);
    let bytes = said["bytes"].as_f64().unwrap();
    report.note("stick with everything, B a record", format!("{:.1}", bytes / records as f64));
    report.note("… written in, s, with at most, MB", format!("{seconds:.1}, {megabytes:.0}"));
    let stick = said["file"].as_str().unwrap();
    let (read, seconds, megabytes) = watched(&post, &["stick", "read", stick]);
    assert_eq!(read["entries"], said["entries"], "everything was new: {read:#}");
    report.note("… read in, s, with at most, MB", format!("{seconds:.1}, {megabytes:.0}"));
}

fn desk(site: &Site) -> &str {
    site.desk().to_str().unwrap()
}

/// Runs a command to its end; its answer, how long it took, and the most memory that it held.
fn watched(site: &Site, arguments: &[&str]) -> (Value, f64, f64) {
    let (began, out) = (Instant::now(), site.desk().join("answer.json"));
    let mut command = site.command(arguments);
    let mut process = command.stdout(std::fs::File::create(&out).unwrap()).spawn().unwrap();
    let mut most = 0.0_f64;
    let status = loop {
        most = most.max(highest(process.id()));
        if let Some(status) = process.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(GLANCE);
    };
    assert!(status.success(), "{arguments:?}");
    let answer = serde_json::from_slice(&std::fs::read(out).unwrap()).unwrap();
    (answer, began.elapsed().as_secs_f64(), most)
}

/// The most memory that a process has held, in megabytes; 0 once it has ended.
fn highest(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
