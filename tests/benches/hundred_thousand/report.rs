//! What was measured, beside what was aimed at.

/// One line: what, how much, the aim where there is one.
struct Line {
    what: String,
    measured: String,
    aim: String,
    ratio: String,
}

/// All lines.
pub struct Report {
    records: u64,
    seed: u64,
    lines: Vec<Line>,
}

impl Report {
    /// An empty report.
    pub fn new(records: u64, seed: u64) -> Self {
        Self { records, seed, lines: Vec::new() }
    }

    /// Something that has no aim.
    pub fn note(&mut self, what: &str, measured: String) {
        eprintln!("{what}: {measured}");
        self.lines.push(Line { what: what.into(), measured, aim: String::new(), ratio: String::new() });
    }

    /// Something that should be at most `aim`; the ratio is above 1 when it is not.
    pub fn at_most(&mut self, what: &str, measured: f64, aim: f64, unit: &str) {
        self.compared(what, measured, measured / aim, format!("at most {} {unit}", figure(aim)), unit);
    }

    /// Something that should be at least `aim`; the ratio is above 1 when it is not.
    pub fn at_least(&mut self, what: &str, measured: f64, aim: f64, unit: &str) {
        self.compared(what, measured, aim / measured, format!("at least {} {unit}", figure(aim)), unit);
    }

    fn compared(&mut self, what: &str, measured: f64, ratio: f64, aim: String, unit: &str) {
        let measured = format!("{} {unit}", figure(measured));
        eprintln!("{what}: {measured} ({aim})");
        self.lines.push(Line { what: what.into(), measured, aim, ratio: format!("{ratio:.2}") });
    }

    /// Prints a table that can stand in BENCHMARKS.md as it is.
    pub fn print(&self) {
        println!("\n{} records, seed {}, {}\n", self.records, self.seed, machine());
        println!("| what | measured | aim | measured ÷ aim (1 or less is good) |\n|---|---|---|---|");
        for Line { what, measured, aim, ratio } in &self.lines {
            println!("| {what} | {measured} | {aim} | {ratio} |");
        }
    }
}

/// Three significant figures, more for large numbers.
fn figure(number: f64) -> String {
    match number {
        100.0.. => format!("{number:.0}"),
        1.0.. => format!("{number:.1}"),
        _ => format!("{number:.3}"),
    }
}

/// Processor, cores and kernel.
fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model =
        cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{}, {cores} cores, Linux {}",
        model.unwrap_or("unknown processor"),
        read("/proc/sys/kernel/osrelease").trim()
    )
}
