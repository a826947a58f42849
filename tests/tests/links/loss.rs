//! Loss, disorder and duplicates.

use std::time::Duration;

use cairn_tests::net::{Apart, Conditions};

use crate::transfer::{Took, begin};

/// Rows of an import; each makes about four records, in all some 450 kB on the wire: a minute at 64 kbit/s.
const ROWS: u64 = 2_500;

/// Goodput at 64 kbit/s and 600 ms: bytes that the session sends when nothing is lost, by the time it takes when
/// packets are.
pub fn goodput() {
    let apart = Apart::new(31);
    let hub = apart.hub.run();
    let undisturbed = begin(&apart, ROWS, 1).finish(Duration::from_secs(120));
    println!("undisturbed: {} B of the session, {} B in all", undisturbed.session_bytes(), undisturbed.payload());
    let mut missed = Vec::new();
    // The aims of the design; and what a run may not fall below, a tenth or two under what was measured: which packets
    // are lost depends on how the programs on the link are scheduled.
    for (seed, lost, aim, least) in [(2, 0, 50.0, 50.0), (3, 5, 50.0, 43.0), (4, 10, 45.0, 34.0), (5, 20, 30.0, 27.0)] {
        apart.link.set(Conditions::thin(lost));
        let took = begin(&apart, ROWS, seed).finish(Duration::from_secs(600));
        apart.link.set(Conditions::default());
        let goodput = kbit_per_s(&undisturbed, took.time);
        println!("{lost} % lost: {goodput:.1} kbit/s (aim {aim}), {took:?}");
        if goodput < least {
            missed.push(format!("{goodput:.1} instead of {least} kbit/s at {lost} % loss"));
        }
    }
    drop(hub);
    apart.assert_sound();
    assert!(missed.is_empty(), "{missed:?}");
}

fn kbit_per_s(undisturbed: &Took, time: Duration) -> f64 {
    undisturbed.session_bytes() as f64 * 8.0 / 1_000.0 / time.as_secs_f64()
}

/// Half of all packets come twice or late; it costs no bytes worth speaking of, and nothing is kept twice.
pub fn duplicates_and_disorder() {
    let apart = Apart::new(32);
    let hub = apart.hub.run();
    let undisturbed = begin(&apart, ROWS, 1).finish(Duration::from_secs(120));
    let disorder = Conditions { twice: 25, overtaken: 25, jitter: Duration::from_millis(40), ..Conditions::default() };
    apart.link.set(Conditions { rate: 1_000_000, delay: Duration::from_millis(50), ..disorder });
    let took = begin(&apart, ROWS, 2).finish(Duration::from_secs(300));
    println!("undisturbed {} B, in disorder {} B in {:?}", undisturbed.payload(), took.payload(), took.time);
    assert!(took.there.twice > 20, "disorder struck: {took:?}");
    assert!(took.payload() * 10 < undisturbed.payload() * 13, "{took:?} and undisturbed {undisturbed:?}");
    apart.link.set(Conditions::default());
    drop(hub);
    apart.assert_sound();
}
