//! The post's address changes while it sends: the connection goes on, nothing begins anew.

use std::time::Duration;

use cairn_tests::net::apart::{is_connected, records_are_equal};
use cairn_tests::net::{Apart, Conditions};
use cairn_tests::wait::{patience, within};

use crate::transfer::begin;

const ROWS: u64 = 1_500;

/// The post is given another address.
pub fn another_address() {
    in_mid_transfer(51, Apart::move_post);
}

/// A box of the operator between the two forgets which port was whose.
pub fn another_port() {
    in_mid_transfer(52, |apart| apart.link.rebind());
}

fn in_mid_transfer(seed: u64, change: impl Fn(&Apart)) {
    let apart = Apart::new(seed);
    let hub = apart.hub.run();
    apart.link.set(Conditions { rate: 512_000, delay: Duration::from_millis(100), ..Conditions::default() });
    let still = begin(&apart, ROWS, 1).finish(Duration::from_secs(120));
    let transfer = begin(&apart, ROWS, 2);
    for part in 1..=3 {
        let at = still.payload() * part / 5;
        within(patience(), "a part of the transfer", || (transfer.payload() > at).then_some(()));
        assert!(!records_are_equal(&apart.post.json(&["sync"])), "still in mid transfer");
        change(&apart);
    }
    within(patience(), "the transfer to end over the same connection", || {
        let sync = apart.post.json(&["sync"]);
        assert!(is_connected(&sync), "the connection was lost: {sync:#}");
        records_are_equal(&sync).then_some(())
    });
    let took = transfer.finish(Duration::from_secs(60));
    println!("still {still:?}\nchanged {took:?}");
    // A path that is new begins slowly, and what was in the air is sent again.
    assert!(took.payload() * 100 < still.payload() * 115, "{took:?}, still {still:?}");
    drop(hub);
    apart.assert_sound();
}
