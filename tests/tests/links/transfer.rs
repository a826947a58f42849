//! One transfer of generated records from the post to the hub, measured.

use std::time::{Duration, Instant};

use cairn_tests::Running;
use cairn_tests::generator::Generator;
use cairn_tests::net::{Apart, Direction, Passed};

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

/// Imports so many generated rows at the post.
pub fn import(apart: &Apart, rows: u64, seed: u64) {
    let export = Generator::new(seed).export(rows).replace("GEN", &format!("G{seed}-"));
    let file = apart.post.write("generated.csv", &export);
    let report = apart.post.json(&["import", file.to_str().unwrap(), "--mapping", "northmark-crime"]);
    assert_eq!(report["imported"], rows, "generated rows are sound: {report:#}");
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

    /// Waits until the records are at the hub, and then until all is equal; stops the post. Counted is the first part.
    #[track_caller]
    pub fn finish(self, limit: Duration) -> Took {
        self.apart.deliver(limit);
        let time = self.began.elapsed();
        let [there, back] = passed(self.apart);
        self.apart.converge(limit);
        Took { time, there: there.since(&self.before[0]), back: back.since(&self.before[1]) }
    }
}
