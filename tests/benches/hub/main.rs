//! Two hundred posts bring a night's work to one real hub, all at once, and what that costs it.
//!
//! Run it with `cargo xtask bench hub`; with `--held 1000000` the hub holds so many records before, and what they cost it is
//! measured first ([`held`]). The hub is the release binary as a process of its own. The posts are simulated in this
//! one: each has enrolled for real, has its own key and logs, and runs real sessions over QUIC; what they get from each other
//! they verify once for all ([`archive`]). Two nights of the same shape: in the first all posts are ordinary, in the second some
//! have thin links, keep slowly, stop in the middle or say nothing; what that costs the others is the ratio of the two.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on says where it stopped")]

mod archive;
mod held;
mod memory;
mod night;
mod post;
mod region;
mod report;
mod round;
mod thin;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use cairn_sync_link::Clock;
use cairn_tests::Site;
use cairn_tests::process::Process;
use cairn_tests::random::Random;
use tempfile::TempDir;

use held::Wanted;
use post::{Post, Temper};
use report::Report;

/// Of so many posts, one is behind a thin link, one keeps slowly, one stops, and of the first hundred one is silent.
const ODD_ONE_IN: usize = 60;

fn main() {
    let number = |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let (posts, records) = (number("CAIRN_BENCH_POSTS", 200), number("CAIRN_BENCH_RECORDS_A_POST", 300));
    let seed = number("CAIRN_BENCH_SEED", 2026);
    let keep = std::env::var_os("CAIRN_BENCH_KEEP_HELD").map(Into::into);
    let held = Wanted { records: number("CAIRN_BENCH_HELD", 0), seed, keep };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(2_048).build().unwrap();
    runtime.block_on(measure(posts as usize, records, held, seed));
    runtime.shutdown_background();
}

async fn measure(count: usize, records: u64, held: Wanted, seed: u64) {
    let mut report = Report::new(format!("{count} posts, {records} records each a night, seed {seed}"));
    let (hub, keys) = (Site::init("Hub", "hub"), TempDir::new().unwrap());
    let key_file = keys.path().join("machine.key");
    let running = if held.records > 0 {
        held.fill(&hub, &mut report);
        held::measure(&hub, seed, &mut report)
    } else {
        hub.run()
    };
    let process = Process(running.pid());
    report.note("resident memory of the hub, nobody enrolled", format!("{:.1} MB", process.resident_mb()));

    let began = Instant::now();
    let mut members = Vec::new();
    for number in 0..count {
        members.push(region::enrol(&hub, &format!("Post {number:03}"), &key_file).await.0);
    }
    report.note("enrolling the posts, one after the other", format!("{:.1} s", began.elapsed().as_secs_f64()));
    let began = Instant::now();
    let archive = Arc::new(region::archive(&hub, &key_file).await);
    report.note("one more post enrols and gets everything", format!("{:.1} s", began.elapsed().as_secs_f64()));
    report.note("spaces that a post shares with the hub", archive.shared.len().to_string());
    let posts: Vec<Post> = members.iter().map(|memory| Post::new(memory, &archive)).collect();

    let address = SocketAddr::from(([127, 0, 0, 1], hub.listen));
    let began = Instant::now();
    let posts = round::evening(posts, address).await;
    report.note("all posts meet the hub for the first time", format!("{:.1} s", began.elapsed().as_secs_f64()));
    report.note("resident memory of the hub then", format!("{:.1} MB", process.resident_mb()));

    let mut random = Random::new(seed);
    let work = (records, &mut random);
    let (posts, even) = round::night(posts, address, process, work, |_| Temper::Ordinary).await;
    report.night("all ordinary", &even);
    let (_, odd) = round::night(posts, address, process, (records, &mut random), temper).await;
    report.night("some slow", &odd);
    report.compared(&even, &odd);
    report.note("resident memory of the hub at the end", format!("{:.1} MB", process.resident_mb()));
    report.note("documents that the hub loaded", held::documents_loaded(&hub).to_string());
    report.print();
}

/// How a post behaves in the second night.
fn temper(number: usize) -> Temper {
    match number % ODD_ONE_IN {
        _ if number == 7 => Temper::Silent,
        10 => Temper::Thin,
        20 => Temper::Slow,
        30 => Temper::Stops,
        _ => Temper::Ordinary,
    }
}

/// Milliseconds since 1970.
fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64
}

fn clock() -> Clock {
    Arc::new(now_ms)
}
