//! A post and a hub that have no path to each other, and a relay between them that can read nothing.

use cairn_casebook::{Actor, CasebookError, ReplicaRole};

use crate::support::{Site, clock, until};

const HOUR_MS: u64 = 3_600_000;

/// Whether the relay has all entries of the spaces of records that a site has.
fn carries(relay: &Site, from: &Site) -> bool {
    let spaces = from.book.shared_spaces(relay.book.identity().replica);
    let mut records = spaces.iter().filter(|space| !space.registry && !space.audit).map(|space| space.space).peekable();
    records.peek().is_some() && records.all(|space| from.book.frontier(space) == relay.book.frontier(space))
}

/// A hub, a relay and a post of one agency. Everybody knows everybody; then post and hub stop, and only the relay runs, which
/// both know how to call.
async fn apart() -> (Site, Site, Site) {
    let mut hub = Site::new("Harrow Point", true, 1);
    let address = hub.start();
    let mut relay = Site::new("Harbour relay", false, 200);
    let terminal = Actor::terminal();
    let invitation = hub
        .book
        .invite_as(&terminal, ReplicaRole::Relay, &[address.to_string()], HOUR_MS, clock()())
        .expect("the hub invites");
    relay.join(&invitation).await.expect("the relay joins");
    let mut post = Site::new("Quay Gate", false, 100);
    post.join(&hub.invite(address)).await.expect("the post joins");
    let relay_address = relay.start();
    post.start();
    until("the registry is everywhere", || post.is_equal_with(&hub) && relay.is_equal_with(&hub)).await;
    post.stop().await;
    hub.stop().await;
    let relay_key = relay.book.identity().replica;
    for site in [&post, &hub] {
        site.book
            .add_address(&terminal, Some(relay_key), &relay_address.to_string(), clock()())
            .expect("the address is noted");
    }
    (hub, relay, post)
}

#[tokio::test(flavor = "multi_thread")]
async fn records_and_markers_pass_a_relay_both_ways_and_it_reads_none() {
    let (mut hub, relay, mut post) = apart().await;
    let plain = post.save_vehicle("ZZ99 UNX");
    let urgent = post.save_marker(plain, "Quillonbrathe");
    post.start();
    until("the relay carries them", || carries(&relay, &post)).await;
    assert_ne!(post.book.sync_says().state(), "ok", "that the relay has it does not say that the hub has");
    post.stop().await;

    hub.start();
    until("they are at the hub", || hub.holds(plain) && hub.holds(urgent)).await;
    let back = hub.save_vehicle("LR62 DPN");
    until("the relay carries what the hub wrote", || carries(&relay, &hub)).await;
    hub.stop().await;

    post.start();
    until("one of the hub is at the post", || post.holds(back)).await;
    let refused = relay.book.record(&relay.officer(), plain, clock()()).unwrap_err();
    assert!(matches!(&refused, CasebookError::NotNow(reason) if reason.name == "relay-cannot-read"), "{refused}");
    let carried = relay.book.carried(&Actor::terminal()).expect("the terminal may see");
    assert!(carried.iter().any(|line| line.site == "Quay Gate" && line.entries > 0), "{carried:?}");
}
