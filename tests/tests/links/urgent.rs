//! An urgent marker behind a large import.

use std::time::{Duration, Instant};

use cairn_tests::bytes_in;
use cairn_tests::net::{Apart, Conditions};
use cairn_tests::wait::{is_slow, stretched, within};
use serde_json::json;

use crate::transfer::begin;

/// Rows of an export; the entries of all its records take more than 50 MB in the post's logs.
const ROWS: u64 = 22_500;
const IMPORT_BYTES: u64 = 50_000_000;
/// A marker is at the other side within this.
const WITHIN: Duration = Duration::from_secs(15);

/// At 64 kbit/s, 600 ms and 10 % loss, three times, each at another moment of the import's way.
pub fn marker_overtakes() {
    let apart = Apart::new(71);
    let hub = apart.hub.run();
    apart.link.set(Conditions::thin(10));
    let import = begin(&apart, ROWS, 2);
    let held = bytes_in(&apart.post.data().join("logs"));
    println!("the import takes {held} B in the logs");
    // A slow processor is given the same bytes for the link in fewer entries.
    assert!(is_slow() || held > IMPORT_BYTES, "the import takes {held} B in the logs");
    let at_post = import.post().http.signed_in("officer");
    let at_hub = hub.http.signed_in("officer");
    let suspect = at_post.post("/api/v1/records", &json!({ "kind": "person", "fields": { "surname": "Ashford" } }));
    let suspect = suspect.unwrap().json()["id"].clone();
    for (number, sent) in [20_000, 120_000, 250_000].into_iter().enumerate() {
        within(stretched(Duration::from_secs(300)), "the import to be on its way", || {
            (import.payload() > sent).then_some(())
        });
        let fields = json!({ "subject": suspect, "marker": "firearms", "reason": format!("seen armed, {number}") });
        let set = at_post.post("/api/v1/records", &json!({ "kind": "marker", "fields": fields })).unwrap();
        assert_eq!(set.status, 201, "{set:?}");
        let (began, marker) = (Instant::now(), set.json()["id"].as_str().unwrap().to_owned());
        within(Duration::from_secs(120), "the marker to be at the hub", || {
            (at_hub.get(&format!("/api/v1/records/{marker}")).unwrap().status == 200).then_some(())
        });
        let took = began.elapsed();
        println!("marker {number}, set with {} B of the import gone out: at the hub after {took:?}", import.payload());
        assert!(took < WITHIN, "marker {number} took {took:?}");
    }
}
