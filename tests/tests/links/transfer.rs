//! One transfer of generated records from the post to the hub, measured.

use std::time::{Duration, Instant};

use cairn_tests::Running;
use cairn_tests::generator::Generator;
use cairn_tests::net::{Apart, Direction, Passed};
use cairn_tests::random::Random;
use cairn_tests::wait::{is_slow, stretched};

/// What a transfer took.
#[derive(Debug)]
pub struct Took {
    /// From when the post is up to the proof that the hub holds its records.
    pub time: Duration,
    /// To the hub.
    pub there: Passed,
    /// To the post.
    pub back: Passed,
}

impl Took {
    /// Bytes of UDP both ways, as they set out.
    pub const fn payload(&self) -> u64 {
        self.there.payload() + self.back.payload()
    }

    /// Bytes of the session that went to the hub when nothing was lost: without what QUIC adds to each packet.
    pub const fn session_bytes(&self) -> u64 {
        self.there.payload() - self.there.packets * PER_PACKET
    }
}

/// What QUIC adds to a packet at least: a byte, eight of connection, two of number, sixteen of seal, six of stream.
const PER_PACKET: u64 = 33;

/// So many rows of ordinary length are as many bytes on the wire as one ...
const IN_ONE: u64 = 6;
/// ... with an account of so many words of eight letters.
const WORDS: u64 = 140;
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A post with generated records that the hub has not seen, and the hub running.
pub struct Transfer<'a> {
    apart: &'a Apart,
    began: Instant,
    before: [Passed; 2],
    post: Running,
}

/// Imports so many rows at the post, which does not run, and starts it. `seed` makes them different ones.
pub fn begin(apart: &Apart, rows: u64, seed: u64) -> Transfer<'_> {
    import(apart, rows, seed);
    let (before, post) = (passed(apart), apart.post.run());
    Transfer { apart, began: Instant::now(), before, post }
}

/// Imports so many generated rows at the post; where the processor is slow, [`IN_ONE`] times fewer that are as many bytes.
pub fn import(apart: &Apart, rows: u64, seed: u64) {
    let rows = if is_slow() { rows / IN_ONE } else { rows };
    let mut export = Generator::new(seed).export(rows).replace("GEN", &format!("G{seed}-"));
    if is_slow() {
        export = at_length(&export, seed);
    }
    let file = apart.post.write("generated.csv", &export);
    let report = apart.post.json(&["import", file.to_str().unwrap(), "--mapping", "northmark-crime"]);
    assert_eq!(report["imported"], rows, "generated rows are sound: {report:#}");
}

/// The same rows, at the end of each an account that cannot be compressed: more for the link, little more for the processor.
fn at_length(export: &str, seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut word = || (0..8).map(|_| char::from(*random.one_of(LETTERS))).collect::<String>();
    let mut account = || (0..WORDS).map(|_| word()).collect::<Vec<_>>().join(" ");
    let (header, rows) = export.split_once('\n').unwrap();
    rows.lines().fold(format!("{header}\n"), |text, row| format!("{text}{row} {}\n", account()))
}

fn passed(apart: &Apart) -> [Passed; 2] {
    [Direction::There, Direction::Back].map(|way| apart.link.passed(way))
}

impl Transfer<'_> {
    /// The post.
    pub const fn post(&self) -> &Running {
        &self.post
    }

    /// Payload so far, both ways.
    pub fn payload(&self) -> u64 {
        let [there, back] = passed(self.apart);
        there.since(&self.before[0]).payload() + back.since(&self.before[1]).payload()
    }

    /// Waits until the records are at the hub, and then until all is equal; stops the post. Counted is the first part. The
    /// limit is for an ordinary processor.
    #[track_caller]
    pub fn finish(self, limit: Duration) -> Took {
        let limit = stretched(limit);
        self.apart.deliver(limit);
        let time = self.began.elapsed();
        let [there, back] = passed(self.apart);
        self.apart.converge(limit);
        Took { time, there: there.since(&self.before[0]), back: back.since(&self.before[1]) }
    }
}
