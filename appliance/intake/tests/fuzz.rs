//! Targets for a fuzzer, run for a bounded time by the ordinary tests: whatever the bytes, every reader
//! answers and none panics.

use cairn_intake::{Mapping, mrz, passport, read, shipped, sniff};

const TODAY: &str = "2026-11-23";

#[test]
fn files() {
    let mappings: Vec<Mapping> = shipped().iter().map(|(_, text)| Mapping::parse(text).unwrap()).collect();
    bolero::check!().for_each(|bytes: &[u8]| {
        let _ = sniff(bytes);
        for mapping in &mappings {
            if let Ok(rows) = read(bytes, mapping, TODAY) {
                rows.for_each(drop);
            }
        }
    });
}

#[test]
fn mappings() {
    bolero::check!().for_each(|bytes: &[u8]| {
        if let Ok(mapping) = Mapping::parse(&String::from_utf8_lossy(bytes)) {
            assert_eq!(Mapping::parse(&mapping.to_toml()).as_ref(), Ok(&mapping));
        }
    });
}

#[test]
fn machine_readable_zones() {
    bolero::check!().for_each(|bytes: &[u8]| {
        if let Ok(zone) = mrz::parse(&String::from_utf8_lossy(bytes), TODAY) {
            let _ = passport::drafts(&zone);
        }
    });
}
