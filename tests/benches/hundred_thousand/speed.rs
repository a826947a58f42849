//! How long a person waits: opening, a check, a search, a save.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use cairn_casebook::{Actor, Casebook, Entropy, SaveRequest, SearchRequest, Unlock};
use cairn_record::{Kind, RecordDraft, Value};
use cairn_tests::Site;
use cairn_tests::generator::{forename, plate, surname};
use cairn_tests::random::Random;

use crate::report::Report;

/// How often each thing is done.
const TIMES: usize = 300;

/// Randomness of the system.
pub struct System;

impl Entropy for System {
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).unwrap();
    }
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as u64
}

/// Opens the records of a site in this process.
pub fn open(site: &Site) -> Casebook {
    let unlock = Unlock::KeyFile(site.desk().join("key"));
    Casebook::open(&site.data(), &unlock, std::sync::Arc::new(System), now_ms()).unwrap()
}

/// Measures a loaded site that nobody holds.
pub fn measure(site: &Site, records: u64, seed: u64, report: &mut Report) {
    open(site).close().unwrap();
    let began = Instant::now();
    let casebook = open(site);
    report.at_most("opening, nothing wrong", began.elapsed().as_secs_f64(), 1.0, "s");
    report
        .note("records held", format!("{}", casebook.home(&Actor::terminal(), now_ms()).unwrap().records.max(records)));

    let random = &mut Random::new(seed ^ 0xc0ffee);
    let terminal = &Actor::terminal();
    timed(report, "check of a plate", || {
        casebook.check(terminal, &plate(random), now_ms()).unwrap();
    });
    timed(report, "check of a name", || {
        casebook.check(terminal, &format!("{} {}", forename(random), surname(random)), now_ms()).unwrap();
    });
    timed(report, "search for two words", || {
        let text = format!("{} {}", forename(random), surname(random));
        let request = SearchRequest { text, kinds: vec![], offset: 0, limit: 20 };
        casebook.search(terminal, &request, now_ms()).unwrap();
    });
    timed(report, "save of a new person", || {
        let fields = [("surname", surname(random)), ("forenames", forename(random).to_owned())];
        casebook
            .save_record(terminal, &SaveRequest { draft: draft(Kind::Person, &fields), version: None }, now_ms())
            .unwrap();
    });
    casebook.close().unwrap();
}

/// A draft of a new record from keys and values.
pub fn draft(kind: Kind, fields: &[(&str, String)]) -> RecordDraft {
    let field = |key: &str| cairn_record::schema::schema(kind).fields.iter().find(|field| field.key == key).unwrap().no;
    let fields: BTreeMap<_, _> =
        fields.iter().map(|(key, value)| (field(key), vec![Value::Text(value.clone())])).collect();
    RecordDraft { id: None, kind, fields }
}

fn timed(report: &mut Report, what: &str, mut once: impl FnMut()) {
    let mut times: Vec<Duration> = (0..TIMES)
        .map(|_| {
            let began = Instant::now();
            once();
            began.elapsed()
        })
        .collect();
    times.sort();
    let at = |part: usize| times[(TIMES * part / 100).min(TIMES - 1)].as_secs_f64() * 1000.0;
    report.note(
        &format!("{what}, ms: half, 99 of 100, longest"),
        format!("{:.2}, {:.2}, {:.2}", at(50), at(99), at(100)),
    );
}
