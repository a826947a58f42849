//! A hub and posts over real QUIC on loopback.

mod files;
mod relay;
mod sticks;
mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cairn_casebook::{
    Actor, Casebook, CasebookError, Change, FetchPlace, FilesToFetch, HeldBack, JoinGrant, JoinRequest, JoiningSpace,
    Kept, LinkRule, LinkRules, LinkWhen, Member, Met, PeerEvent, ReplicaRole, SharedSpace,
};
use cairn_ledger::{
    ChunkName, EntryHash, EntryRef, Frontier, LogId, OpenEntry, OpenParcel, ReceivedBatch, ReplicaId, SpaceId,
};
use cairn_record::RecordId;
use cairn_sync_link::{Book, JoinError, Outcome, probe, sync_once};
use support::{Site, clock, until};
use zeroize::Zeroizing;

/// A hub that listens, and posts that joined it by code.
async fn region(posts: &[&str]) -> (Site, Vec<Site>) {
    let mut hub = Site::new("Harrow Point", true, 1);
    let address = hub.start();
    let mut joined = Vec::new();
    for (at, name) in posts.iter().enumerate() {
        let post = Site::new(name, false, 100 + at as u64);
        post.join(&hub.invite(address)).await.expect("the post joins");
        joined.push(post);
    }
    (hub, joined)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_written_at_one_post_reaches_the_other_through_the_hub() {
    let (hub, mut posts) = region(&["Quay Gate", "North Ferry"]).await;
    let before = posts[0].save_vehicle("KX51 VRT");
    posts.iter_mut().for_each(|post| _ = post.start());
    until("the record written before is everywhere", || hub.holds(before) && posts[1].holds(before)).await;
    let after = posts[1].save_vehicle("LR62 DPN");
    until("a record written over the open link is everywhere", || hub.holds(after) && posts[0].holds(after)).await;
    until("everyone says so", || posts.iter().all(|post| post.is_equal_with(&hub) && hub.is_equal_with(post))).await;
}

/// Each post that joins brings spaces of its own, so that an agency with a hundred posts shares hundreds.
#[tokio::test(flavor = "multi_thread")]
async fn a_post_meets_the_hub_of_an_agency_with_more_spaces_than_frames_once_might_wait() {
    let (hub, mut posts) = region(&["Quay Gate"]).await;
    let other = Site::new("North Ferry", false, 200);
    let anywhere = "127.0.0.1:9".parse().unwrap();
    for member in 1..=20 {
        let mut request = other.book.join_request(&Actor::terminal(), &hub.invite(anywhere).code).unwrap();
        let brought = |number| JoiningSpace {
            space: SpaceId([member, number, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]),
            kind: "records".into(),
            title: format!("Records {number} of member {member}"),
            epoch: 1,
            key: [member; 32],
        };
        request.spaces = (0..8).map(brought).collect();
        hub.book.accept_join(ReplicaId([member; 32]), &request, clock()()).unwrap();
    }
    assert!(hub.book.shared_spaces(posts[0].book.identity().replica).len() > 160);
    posts[0].start();
    until("the post and the hub hold the same", || posts[0].is_equal_with(&hub)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_ends_the_session_at_once_and_restoring_resumes_at_once() {
    let (hub, mut posts) = region(&["Quay Gate"]).await;
    let post = &mut posts[0];
    post.start();
    until("they are connected", || post.is_equal_with(&hub)).await;
    for side in [&*post, &hub] {
        side.book.set_cut(&Actor::terminal(), true, clock()()).unwrap();
        until("both show it", || !post.is_connected_to(&hub) && !hub.is_connected_to(post)).await;
        let id = post.save_vehicle("AB12 CDE");
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert!(!hub.holds(id) && !post.is_connected_to(&hub), "nothing moves while cut");
        side.book.set_cut(&Actor::terminal(), false, clock()()).unwrap();
        until("it moves again", || hub.holds(id)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metered_link_carries_urgent_entries_at_once_and_the_rest_when_a_person_says_so() {
    let (hub, mut posts) = region(&["Quay Gate"]).await;
    let post = &mut posts[0];
    let known = post.save_vehicle("KX51 VRT");
    post.start();
    until("they hold the same", || post.is_equal_with(&hub) && hub.holds(known)).await;
    let general = LinkRule { when: LinkWhen::Metered, ..LinkRule::default() };
    let rules = LinkRules { general, ..LinkRules::default() };
    post.book.set_link_rules(&Actor::terminal(), rules, clock()()).unwrap();
    let closed = || !post.is_connected_to(&hub) && !hub.is_connected_to(post);
    until("the session ends", closed).await;

    let plain = post.save_vehicle("LR62 DPN");
    let at_hub = hub.save_vehicle("AB12 CDE");
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(!hub.holds(plain) && !post.holds(at_hub), "what is not urgent waits, whoever calls");
    until("the hub was told when to call again, and does not knock meanwhile", || {
        let status = hub.book.sync_status(&Actor::terminal(), clock()()).unwrap();
        status.peers[0].next_attempt_ms.is_some_and(|at_ms| at_ms > clock()() + 30 * 60_000)
    })
    .await;

    let warning = post.save_marker(known, "seen with a rifle");
    until("a warning goes at once", || hub.holds(warning)).await;
    until("and the link is closed after it", closed).await;
    let warning = hub.save_marker(known, "seen at the river");
    until("a warning of the hub comes at once", || post.holds(warning)).await;

    let plain = post.save_vehicle("EF34 GHJ");
    post.book.ask_sync(&Actor::terminal(), true, clock()()).unwrap();
    until("a person's word opens the link", || hub.holds(plain) && post.holds(at_hub)).await;
    until("and once both hold the same it is closed", closed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_cancelled_stays_cancelled_until_they_say_so() {
    let (hub, mut posts) = region(&["Quay Gate"]).await;
    let post = &mut posts[0];
    post.start();
    until("they are connected", || post.is_equal_with(&hub)).await;
    post.book.ask_sync(&Actor::terminal(), false, clock()()).unwrap();
    until("the session ends", || !post.is_connected_to(&hub)).await;
    let plain = post.save_vehicle("LR62 DPN");
    let at_hub = hub.save_vehicle("AB12 CDE");
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    assert!(!hub.holds(plain) && !post.holds(at_hub), "neither news nor a call of the hub begins it again");
    let status = post.book.sync_status(&Actor::terminal(), clock()()).unwrap();
    assert!(status.cancelled_until_ms.is_some());
    assert_eq!(status.peers[0].link.waits.unwrap().because, HeldBack::Cancelled);
    post.book.ask_sync(&Actor::terminal(), true, clock()()).unwrap();
    until("it goes on", || hub.holds(plain) && post.holds(at_hub)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_restarts_is_found_again() {
    let (mut hub, mut posts) = region(&["Quay Gate"]).await;
    posts[0].start();
    until("they are connected", || posts[0].is_equal_with(&hub)).await;
    let address = hub.task.as_ref().unwrap().local_addr();
    hub.stop().await;
    until("the post shows it", || !posts[0].is_connected_to(&hub)).await;
    let id = posts[0].save_vehicle("AB12 CDE");
    hub.start_at(address, hub.book.clone());
    until("the record arrives", || hub.holds(id)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sync_from_the_command_line_says_how_it_went() {
    let (mut hub, posts) = region(&["Quay Gate"]).await;
    let id = posts[0].save_vehicle("AB12 CDE");
    let outcomes = sync_once(posts[0].book.clone(), clock(), Duration::from_secs(30)).await.unwrap();
    assert_eq!(outcomes.len(), 1);
    assert_eq!((&outcomes[0].outcome, outcomes[0].site.as_str()), (&Outcome::Equal, "Harrow Point"));
    assert!(outcomes[0].sent > 0 && outcomes[0].received > 0);
    assert!(hub.holds(id));

    hub.stop().await;
    let outcomes = sync_once(posts[0].book.clone(), clock(), Duration::from_secs(2)).await.unwrap();
    assert!(matches!(&outcomes[0].outcome, Outcome::Failed(_)), "{outcomes:?}");

    posts[0].book.set_cut(&Actor::terminal(), true, clock()()).unwrap();
    let refused = sync_once(posts[0].book.clone(), clock(), Duration::from_secs(2)).await.unwrap_err();
    assert!(refused.to_string().contains("cut"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_joins_once_and_only_at_the_hub_that_made_it() {
    let mut hub = Site::new("Harrow Point", true, 1);
    let mut other = Site::new("Far Side", true, 2);
    let (address, elsewhere) = (hub.start(), other.start());
    let invitation = hub.invite(address);

    let post = Site::new("Quay Gate", false, 3);
    let mut misdirected = invitation.clone();
    misdirected.addresses = vec![elsewhere.to_string()];
    assert!(matches!(post.join(&misdirected).await, Err(JoinError::WrongHub(_))));
    misdirected.addresses = vec!["127.0.0.1:9".to_owned(), address.to_string()];
    post.join(&misdirected).await.expect("the second address is the hub's");

    let late = Site::new("North Ferry", false, 4);
    match late.join(&invitation).await {
        Err(JoinError::Refused(name, _)) => assert_eq!(name, "wrong-code"),
        other => panic!("a used code was taken: {other:?}"),
    }
    let unread = cairn_casebook::Invitation { code: "not a code".into(), ..invitation };
    assert!(matches!(late.join(&unread).await, Err(JoinError::Casebook(_))));
}

/// A casebook behind a door that the test holds.
struct Behind<F> {
    book: Arc<Casebook>,
    keep: F,
}

impl<F: Fn() + Send + Sync + 'static> Book for Behind<F> {
    fn replica(&self) -> ReplicaId {
        self.book.identity().replica
    }
    fn replica_seed(&self) -> Zeroizing<[u8; 32]> {
        self.book.replica_seed()
    }
    fn members(&self) -> Vec<Member> {
        self.book.members()
    }
    fn discovery_tag(&self, nonce: &[u8; 8]) -> [u8; 8] {
        self.book.discovery_tag(nonce)
    }
    fn shared_spaces(&self, peer: ReplicaId) -> Vec<SharedSpace> {
        self.book.shared_spaces(peer)
    }
    fn agreed(&self, peer: ReplicaId) -> BTreeMap<SpaceId, Frontier> {
        self.book.agreed(peer)
    }
    fn frontier(&self, space: SpaceId) -> Frontier {
        self.book.frontier(space)
    }
    fn read_parcel(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Option<OpenParcel>, CasebookError> {
        self.book.read_parcel(log, from, bytes_max)
    }
    fn entries_of(&self, record: RecordId) -> Result<Vec<(LogId, u64, EntryRef)>, CasebookError> {
        self.book.entries_of(record)
    }
    fn open_entry(&self, log: &LogId, number: u64) -> Result<Option<(EntryHash, OpenEntry)>, CasebookError> {
        self.book.open_entry(log, number)
    }
    fn read_sealed(&self, log: &LogId, from: u64, bytes_max: usize) -> Result<Option<ReceivedBatch>, CasebookError> {
        self.book.read_sealed(log, from, bytes_max)
    }
    fn keep_sealed(&self, peer: ReplicaId, batch: ReceivedBatch, now_ms: u64) -> Result<Kept, CasebookError> {
        (self.keep)();
        self.book.keep_sealed(peer, batch, now_ms)
    }
    fn keep_parcel(&self, peer: ReplicaId, parcel: OpenParcel, now_ms: u64) -> Result<Kept, CasebookError> {
        (self.keep)();
        self.book.keep_parcel(peer, parcel, now_ms)
    }
    fn peer_knows(
        &self,
        peer: ReplicaId,
        log: &LogId,
        number: u64,
        hash: EntryHash,
        now_ms: u64,
    ) -> Result<Vec<Vec<u8>>, CasebookError> {
        self.book.peer_knows(peer, log, number, hash, now_ms)
    }
    fn take_evidence(&self, peer: ReplicaId, log: &LogId, shown: &[u8], now_ms: u64) -> Result<(), CasebookError> {
        self.book.take_evidence(peer, log, shown, now_ms)
    }
    fn note_peer(&self, peer: ReplicaId, event: PeerEvent, now_ms: u64) -> Result<(), CasebookError> {
        self.book.note_peer(peer, event, now_ms)
    }
    fn is_cut(&self) -> bool {
        self.book.is_cut()
    }
    fn take_sync_request(&self) -> Option<bool> {
        self.book.take_sync_request()
    }
    fn files_to_fetch(&self, peer: ReplicaId, after: Option<FetchPlace>) -> Result<FilesToFetch, CasebookError> {
        self.book.files_to_fetch(peer, after)
    }
    fn has_chunks(&self, peer: ReplicaId, names: &[(SpaceId, ChunkName)]) -> Result<Vec<bool>, CasebookError> {
        self.book.has_chunks(peer, names)
    }
    fn read_chunk(&self, peer: ReplicaId, space: SpaceId, name: ChunkName) -> Result<Option<Vec<u8>>, CasebookError> {
        self.book.read_chunk(peer, space, name)
    }
    fn keep_chunk(
        &self,
        peer: ReplicaId,
        space: SpaceId,
        name: ChunkName,
        bytes: Vec<u8>,
    ) -> Result<bool, CasebookError> {
        self.book.keep_chunk(peer, space, name, bytes)
    }
    fn on_change(&self, callback: Box<dyn Fn(Change) + Send + Sync>) {
        self.book.on_change(callback);
    }
    fn accept_join(&self, replica: ReplicaId, request: &JoinRequest, now_ms: u64) -> Result<JoinGrant, CasebookError> {
        self.book.accept_join(replica, request, now_ms)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_does_not_get_on_costs_the_others_nothing() {
    let (hub, mut posts) = region(&["Quay Gate", "North Ferry"]).await;
    let (open, door) = std::sync::mpsc::channel::<()>();
    let door = std::sync::Mutex::new(door);
    let stuck = Behind { book: posts[0].book.clone(), keep: move || _ = door.lock().unwrap().recv() };
    posts[0].start_at("127.0.0.1:0".parse().unwrap(), Arc::new(stuck));
    until("the stuck post is connected", || hub.is_connected_to(&posts[0])).await;
    let ids: Vec<_> = (0..20).map(|at| hub.save_vehicle(&format!("AB{at} CDE"))).collect();
    posts[1].start();
    until("the other post has everything", || ids.iter().all(|id| posts[1].holds(*id))).await;
    assert!(!posts[0].holds(ids[0]));
    drop(open);
    until("the stuck post follows", || posts[0].holds(ids[19])).await;
}

/// Passes datagrams between one post and the hub, loses some, and goes dark now and then.
async fn bad_link(hub: std::net::SocketAddr) -> std::net::SocketAddr {
    let outside = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let inside = tokio::net::UdpSocket::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let address = outside.local_addr().expect("a bound socket has an address");
    tokio::spawn(async move {
        let (mut post, begun, mut count) = (None, std::time::Instant::now(), 0_u32);
        let (mut there, mut back) = (vec![0; 2048], vec![0; 2048]);
        loop {
            let (length, to_hub) = tokio::select! {
                Ok((length, from)) = outside.recv_from(&mut there) => {
                    post = Some(from);
                    (length, true)
                }
                Ok((length, _)) = inside.recv_from(&mut back) => (length, false),
            };
            count = count.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let dark = (1_000..2_500).contains(&(begun.elapsed().as_millis() % 5_000));
            if dark || count >> 24 < 38 {
                continue;
            }
            match (to_hub, post) {
                (true, _) => _ = inside.send_to(&there[..length], hub).await,
                (false, Some(post)) => _ = outside.send_to(&back[..length], post).await,
                (false, None) => {}
            }
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_loses_packets_and_flaps_still_brings_everything() {
    let mut hub = Site::new("Harrow Point", true, 1);
    let address = hub.start();
    let mut post = Site::new("Quay Gate", false, 100);
    let link = bad_link(address).await;
    post.join(&hub.invite(link)).await.expect("the post joins over the bad link");
    let ids: Vec<_> = (0..150).map(|at| post.save_vehicle(&format!("AB{at:03} CDE"))).collect();
    post.start();
    until("the hub has everything", || ids.iter().all(|id| hub.holds(*id))).await;
    let back = hub.save_vehicle("KX51 VRT");
    until("and the way back works", || post.holds(back)).await;
}

/// What a probe from one site to another meets.
async fn probed(from: &Site, to: &Site) -> Met {
    let peer = to.book.identity().replica;
    let linked = from.is_connected_to(to);
    let places = probe(from.book.clone(), clock(), peer, Vec::new(), linked).await.expect("the key is sound");
    places.first().expect("an address is known").met
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_tells_what_is_in_the_way_without_a_session() {
    let (mut hub, posts) = region(&["Quay Gate"]).await;
    let post = &posts[0];
    let address = hub.task.as_ref().unwrap().local_addr();
    let Met::Known { ahead_ms, .. } = probed(post, &hub).await else { panic!("the hub knows its post") };
    assert!(ahead_ms.abs() < 5_000, "one machine has one clock: {ahead_ms}");
    assert!(!hub.is_connected_to(post), "a probe is no session");

    hub.book.set_cut(&Actor::terminal(), true, clock()()).unwrap();
    let comes_to_meet = |met: Met, hub: &Site| tokio::runtime::Handle::current().block_on(probed(post, hub)) == met;
    until("the hub has noticed", || comes_to_meet(Met::Refusal, &hub)).await;

    // Until its last sessions are gone its socket still answers.
    hub.stop().await;
    hub.task = None;
    until("its port is closed", || comes_to_meet(Met::Closed, &hub)).await;

    // Somebody else now has the hub's address.
    let mut other = Site::new("Elsewhere", true, 55);
    other.start_at(address, other.book.clone());
    assert_eq!(probed(post, &hub).await, Met::Stranger);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_tells_that_this_machine_is_not_known_there() {
    let (hub, posts) = region(&["Quay Gate"]).await;
    let unrelated = Site::new("Elsewhere", false, 77);
    let replica = hub.book.identity().replica;
    let member = posts[0].book.members().into_iter().find(|member| member.replica == replica).unwrap();
    let stranger =
        Stranger { seed: *unrelated.book.replica_seed(), replica: unrelated.book.identity().replica, hub: member };
    let places = probe(Arc::new(stranger), clock(), replica, Vec::new(), false).await.unwrap();
    assert!(matches!(places[0].met, Met::NotKnown { .. }), "{places:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_stands_for_nothing_is_told() {
    let (hub, posts) = region(&["Quay Gate"]).await;
    let replica = hub.book.identity().replica;
    let more = vec!["no-such-host.invalid:4440".to_owned()];
    let places = probe(posts[0].book.clone(), clock(), replica, more, false).await.unwrap();
    assert!(matches!(places[0].met, Met::Known { .. }), "{places:?}");
    assert_eq!((places[1].met, places[1].found.len()), (Met::NoName, 0));
    assert!(probe(posts[0].book.clone(), clock(), replica, Vec::new(), true).await.unwrap().is_empty());
}

/// Someone who has the hub's address and key but is no member.
struct Stranger {
    seed: [u8; 32],
    replica: ReplicaId,
    hub: Member,
}

impl Book for Stranger {
    fn replica(&self) -> ReplicaId {
        self.replica
    }
    fn replica_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.seed)
    }
    fn members(&self) -> Vec<Member> {
        vec![self.hub.clone()]
    }
    fn discovery_tag(&self, _: &[u8; 8]) -> [u8; 8] {
        [0; 8]
    }
    fn read_sealed(&self, _: &LogId, _: u64, _: usize) -> Result<Option<ReceivedBatch>, CasebookError> {
        Ok(None)
    }
    fn keep_sealed(&self, _: ReplicaId, _: ReceivedBatch, _: u64) -> Result<Kept, CasebookError> {
        Err(CasebookError::NotNow(cairn_casebook::reason!("no-key-yet")))
    }
    fn shared_spaces(&self, _: ReplicaId) -> Vec<SharedSpace> {
        vec![SharedSpace { space: SpaceId([1; 16]), registry: true, audit: false }]
    }
    fn agreed(&self, _: ReplicaId) -> BTreeMap<SpaceId, Frontier> {
        BTreeMap::new()
    }
    fn frontier(&self, _: SpaceId) -> Frontier {
        Frontier::default()
    }
    fn read_parcel(&self, _: &LogId, _: u64, _: usize) -> Result<Option<OpenParcel>, CasebookError> {
        Ok(None)
    }
    fn entries_of(&self, _: RecordId) -> Result<Vec<(LogId, u64, EntryRef)>, CasebookError> {
        Ok(Vec::new())
    }
    fn open_entry(&self, _: &LogId, _: u64) -> Result<Option<(EntryHash, OpenEntry)>, CasebookError> {
        Ok(None)
    }
    fn keep_parcel(&self, _: ReplicaId, parcel: OpenParcel, _: u64) -> Result<Kept, CasebookError> {
        panic!("a stranger was given {parcel:?}")
    }
    fn peer_knows(&self, _: ReplicaId, _: &LogId, _: u64, _: EntryHash, _: u64) -> Result<Vec<Vec<u8>>, CasebookError> {
        Ok(Vec::new())
    }
    fn take_evidence(&self, _: ReplicaId, _: &LogId, _: &[u8], _: u64) -> Result<(), CasebookError> {
        Ok(())
    }
    fn note_peer(&self, _: ReplicaId, _: PeerEvent, _: u64) -> Result<(), CasebookError> {
        Ok(())
    }
    fn is_cut(&self) -> bool {
        false
    }
    fn take_sync_request(&self) -> Option<bool> {
        None
    }
    fn files_to_fetch(&self, _: ReplicaId, _: Option<FetchPlace>) -> Result<FilesToFetch, CasebookError> {
        Ok(FilesToFetch::default())
    }
    fn has_chunks(&self, _: ReplicaId, names: &[(SpaceId, ChunkName)]) -> Result<Vec<bool>, CasebookError> {
        Ok(vec![false; names.len()])
    }
    fn read_chunk(&self, _: ReplicaId, _: SpaceId, _: ChunkName) -> Result<Option<Vec<u8>>, CasebookError> {
        Ok(None)
    }
    fn keep_chunk(&self, _: ReplicaId, _: SpaceId, _: ChunkName, _: Vec<u8>) -> Result<bool, CasebookError> {
        Err(CasebookError::NotNow("no".into()))
    }
    fn on_change(&self, _: Box<dyn Fn(Change) + Send + Sync>) {}
    fn accept_join(&self, _: ReplicaId, _: &JoinRequest, _: u64) -> Result<JoinGrant, CasebookError> {
        Err(CasebookError::NotNow("no".into()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_is_refused_by_name_and_gets_nothing() {
    let (hub, _posts) = region(&[]).await;
    let unrelated = Site::new("Elsewhere", false, 77);
    let address = hub.task.as_ref().unwrap().local_addr().to_string();
    let member = Member {
        replica: hub.book.identity().replica,
        site: "hub".into(),
        role: ReplicaRole::Hub,
        addresses: vec![address],
    };
    let stranger = Stranger {
        seed: *unrelated.book.replica_seed(),
        replica: unrelated.book.identity().replica,
        hub: member.clone(),
    };
    let outcomes = sync_once(Arc::new(stranger), clock(), Duration::from_secs(10)).await.unwrap();
    let reason = format!("{:?}", outcomes[0].outcome);
    assert!(reason.contains("unknown-replica"), "{reason}");

    // And one who says it is somebody else has no key to prove it.
    let impostor = Stranger { seed: [5; 32], replica: unrelated.book.identity().replica, hub: member };
    let outcomes = sync_once(Arc::new(impostor), clock(), Duration::from_secs(10)).await;
    assert!(!matches!(outcomes.as_deref(), Ok([one]) if one.outcome == Outcome::Equal));
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_on_the_port_disturbs_nobody() {
    let (hub, mut posts) = region(&["Quay Gate"]).await;
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = hub.task.as_ref().unwrap().local_addr();
    for at in 0..500_u32 {
        let noise: Vec<u8> = (0..1200_u32).map(|byte| (at.wrapping_mul(2_654_435_761) >> (byte % 24)) as u8).collect();
        socket.send_to(&noise, address).unwrap();
    }
    posts[0].start();
    until("the post is served", || posts[0].is_equal_with(&hub)).await;
}
