//! What was measured.

use std::time::Duration;

use crate::round::Seen;

/// Lines of a table.
pub struct Report {
    title: String,
    lines: Vec<(String, String)>,
}

/// What the hub may take while posts are connected, in MB.
const HUB_MB_MAX: f64 = 256.0;

impl Report {
    /// An empty report.
    pub fn new(title: String) -> Self {
        Self { title, lines: Vec::new() }
    }

    /// One line.
    pub fn note(&mut self, what: &str, measured: String) {
        eprintln!("{what}: {measured}");
        self.lines.push((what.to_owned(), measured));
    }

    /// What was seen in a night.
    pub fn night(&mut self, which: &str, seen: &Seen) {
        let last = seen.done_s.last().copied().unwrap_or_default();
        let relayed = seen.entries as f64 * (seen.done_s.len() as f64 - 1.0);
        let spread = |times: &[f64]| {
            let at = |share: f64| times.get(((times.len() as f64 - 1.0) * share) as usize).copied().unwrap_or_default();
            format!("{:.1} / {:.1} / {:.1} s", at(0.0), at(0.5), at(1.0))
        };
        let mut note = |what: &str, measured: String| self.note(&format!("{which}: {what}"), measured);
        note("entries about records brought", seen.entries.to_string());
        note("an ordinary post is rid of its work, fastest / median / slowest", spread(&seen.given_s));
        note("… and holds that of all others", spread(&seen.done_s));
        note(
            "entries brought a second, and relayed",
            format!("{:.0}, {:.0}", seen.entries as f64 / last, relayed / last),
        );
        note("an urgent entry meanwhile, to each other post", spread(&seen.urgent_s));
        note("urgent entries times posts", seen.urgent_s.len().to_string());
        note("bytes a relayed entry", format!("{:.1}", seen.bytes as f64 / relayed));
        note("processor time of the hub", format!("{:.1} s", seen.cpu_s));
        note("threads of the hub, most", seen.threads.to_string());
        note("resident memory of the hub, peak", format!("{:.1} MB (at most {HUB_MB_MAX} MB)", seen.peak_mb));
    }

    /// What the slow ones cost the others.
    pub fn compared(&mut self, even: &Seen, odd: &Seen) {
        let median = |times: &[f64]| times.get(times.len() / 2).copied().unwrap_or_default();
        let last = |times: &[f64]| times.last().copied().unwrap_or_default();
        let ratio = |of: &dyn Fn(&[f64]) -> f64| format!("{:.2}", of(&odd.done_s) / of(&even.done_s));
        self.note("with the slow ones ÷ without, median ordinary post", ratio(&median));
        self.note("with the slow ones ÷ without, slowest ordinary post", ratio(&last));
    }

    /// Prints a table that can stand in BENCHMARKS.md as it is.
    pub fn print(&self) {
        println!("\n{}\n\n| what | measured |\n|---|---|", self.title);
        self.lines.iter().for_each(|(what, measured)| println!("| {what} | {measured} |"));
    }
}

/// Half and 99 of 100 of some times.
pub fn spread_ms(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |part: usize| times[times.len() * part / 100].as_secs_f64() * 1_000.0;
    format!("{:.1} / {:.1} ms", at(50), at(99))
}
