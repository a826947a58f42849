//! The link breaks again and again in one transfer.

use std::time::{Duration, Instant};

use cairn_tests::net::apart::{is_connected, is_equal, peer, records_are_equal};
use cairn_tests::net::{Apart, Conditions, Kind};
use cairn_tests::random::Random;
use cairn_tests::wait::{patience, within};

use crate::transfer::{Took, Transfer, begin};

const CUTS: u64 = 50;
/// Of so many parts of the uncut transfer one goes between two cuts: it must not be over before the last, although packets that
/// found no room in the queue count in it, and cuts leave less of them.
const STEPS: u64 = CUTS + 15;
/// What a cut that ends the connection may cost besides the packets that the link lost: calls while it is cut; a handshake,
/// greetings, and the receipts and audit of another session; packets for which a new connection, which does not know the link
/// yet, finds no room in the queue; and parcels, of which some had arrived in part, and which begin small again.
const ANOTHER_SESSION: u64 = 28_000;

/// Rows that make a transfer of some minutes at 256 kbit/s.
const ROWS: u64 = 32_000;

/// Fifty cuts that the connection survives: nothing comes again but the packets that the link lost. In the kernel's link these
/// are more, since its queue runs out into the cut, while what waited in that of the emulated link arrives.
pub fn fifty_short() {
    let apart = Apart::new(41);
    let hub = apart.hub.run();
    apart.link.set(Conditions { rate: 256_000, delay: Duration::from_millis(50), ..Conditions::default() });
    let uncut = begin(&apart, ROWS, 1).finish(Duration::from_secs(400));
    let mut random = Random::new(41);
    let transfer = begin(&apart, ROWS, 2);
    for cut in 0..CUTS {
        carry_on(&apart, &transfer, uncut.payload() / STEPS, cut);
        apart.link.cut();
        std::thread::sleep(Duration::from_millis(200 + random.below(800)));
        apart.link.restore();
        assert!(!has_all(&apart), "the transfer was over before cut {}", cut + 1);
    }
    let part = judge(&uncut, &transfer.finish(Duration::from_secs(600)), 0);
    assert!(part < 1.1 || Kind::asked() == Kind::Netem, "{part:.3} times the uncut transfer");
    drop(hub);
    apart.assert_sound();
}

/// Fifty cuts that end the connection each time, in a transfer of some minutes at 64 kbit/s. What each costs is measured: the
/// handshakes alone are more than a tenth of so small a transfer.
pub fn fifty_long() {
    let apart = Apart::new(42);
    let hub = apart.hub.run();
    apart.link.set(Conditions::thin(0));
    let uncut = begin(&apart, 10_000, 1).finish(Duration::from_secs(1_200));
    let session = empty_session(&apart);
    println!("a session with nothing to bring, handshake and audit of itself: {session} B");
    let transfer = begin(&apart, 10_000, 2);
    let officer = transfer.post().http.signed_in("officer");
    for cut in 0..CUTS {
        carry_on(&apart, &transfer, uncut.payload() / STEPS, cut);
        apart.link.cut();
        within(Duration::from_secs(40), "both sides to see that the link is gone", || {
            let gone = [&apart.hub, &apart.post].iter().all(|site| !is_connected(&site.json(&["sync"])));
            gone.then_some(())
        });
        assert!(!has_all(&apart), "the transfer was over before cut {}", cut + 1);
        apart.link.restore();
        let answer = officer.post("/api/v1/sync/start", &serde_json::json!({})).unwrap();
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    judge(&uncut, &transfer.finish(Duration::from_secs(1_200)), ANOTHER_SESSION);
    drop(hub);
    apart.assert_sound();
}

/// Up for some seconds, down for some, again and again, with loss while it is up: everything arrives, and soon after the
/// link stays up.
pub fn flapping() {
    let apart = Apart::new(43);
    let hub = apart.hub.run();
    let mut random = Random::new(43);
    apart.link.set(Conditions::thin(5));
    let transfer = begin(&apart, 2_500, 1);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(180) {
        std::thread::sleep(Duration::from_millis(2_000 + random.below(10_000)));
        apart.link.cut();
        std::thread::sleep(Duration::from_millis(500 + random.below(15_000)));
        apart.link.restore();
    }
    let took = transfer.finish(Duration::from_secs(300));
    println!("flapping for 180 s: all there after {:?}, {} B", took.time, took.payload());
    drop(hub);
    apart.assert_sound();
}

/// Bytes of a session between two that hold the same.
fn empty_session(apart: &Apart) -> u64 {
    let before = apart.payload();
    let _post = apart.post.run();
    within(patience(), "a session with nothing to bring", || {
        let sync = apart.post.json(&["sync"]);
        (is_connected(&sync) && is_equal(&sync)).then(|| apart.payload() - before)
    })
}

/// Waits until so many bytes more have set out. When that takes long, it says how the transfer stands.
fn carry_on(apart: &Apart, transfer: &Transfer<'_>, bytes: u64, cut: u64) {
    let (from, began) = (transfer.payload(), Instant::now());
    let mut said = false;
    within(patience(), &format!("the transfer to go on to cut {cut}"), || {
        let on = transfer.payload() >= from + bytes;
        if !on && !said && began.elapsed() > patience() / 2 {
            said = true;
            assert!(!has_all(apart), "the transfer was over before cut {cut}");
            println!("slow to go on to cut {cut}: {:#}", peer(&apart.post.json(&["sync"])));
        }
        on.then_some(())
    });
}

fn has_all(apart: &Apart) -> bool {
    records_are_equal(&apart.post.json(&["sync"]))
}

/// Returns how many times the bytes of the uncut transfer it took. A cut may cost the packets that the link lost, a quarter
/// more for their part in the size of others, and so many bytes besides.
fn judge(uncut: &Took, cut: &Took, besides: u64) -> f64 {
    let lost = [cut.there, cut.back].map(|way| way.payload() * way.lost / way.packets).iter().sum::<u64>();
    let limit = lost / CUTS * 5 / 4 + besides;
    let more = cut.payload().saturating_sub(uncut.payload()) / CUTS;
    let part = cut.payload() as f64 / uncut.payload() as f64;
    println!("uncut {} B, {uncut:?}; cut {} B, {cut:?}", uncut.payload(), cut.payload());
    println!(
        "{CUTS} cuts: {part:.3} times the bytes, {more} B for each cut ({} lost; at most {limit}): under 1.1 times from {} B up",
        lost / CUTS,
        more * CUTS * 10
    );
    assert!(more <= limit, "each cut cost {more} B, more than {limit}");
    part
}
