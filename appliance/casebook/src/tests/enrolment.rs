use cairn_ledger::SpaceId;
use cairn_ledger::registry::SHARED_SPACES_MAX;
use cairn_record::Kind;

use super::*;
use crate::{CasebookError, JoiningSpace, Verdict};

fn name_of(error: CasebookError) -> &'static str {
    match error {
        CasebookError::PeerRefused { name, .. } => name,
        other => panic!("not a refusal of a peer: {other}"),
    }
}

#[test]
fn a_post_works_before_it_joins_and_brings_along_what_it_wrote() {
    let hub = Site::hub();
    let post = Site::new("Delta", false, 5 << 40);
    post.save(Kind::Vehicle, &[("plate", "SM68AHJ")]);
    post.join(&hub);
    post.save(Kind::Vehicle, &[("plate", "TE7855BF")]);
    exchange(&hub, &post);
    post.save(Kind::Vehicle, &[("plate", "HL21ESJ")]);
    exchange(&hub, &post);
    for plate in ["SM68AHJ", "TE7855BF", "HL21ESJ"] {
        let answer = hub.book.check(&hub.officer(), plate, NOW).unwrap();
        assert_eq!(answer.verdict, Verdict::Hit, "{plate}");
        assert_eq!(answer.hits[0].record.holder.site, "Delta");
    }
    let identity = post.book.identity();
    assert!(identity.enrolled);
    let post = post.restart();
    assert_eq!(post.book.check(&post.officer(), "SM68AHJ", NOW).unwrap().verdict, Verdict::Hit);
    assert_eq!(post.book.members().len(), 1);
}

#[test]
fn every_log_of_a_post_that_joined_has_a_name_also_the_registry_from_before() {
    let hub = Site::hub();
    let post = Site::post("Delta", &hub, 5);
    let logs = post.restart().book.verify(&Actor::terminal(), false, NOW).unwrap().logs;
    let unnamed: Vec<_> = logs.iter().filter(|log| log.space.starts_with("space ") || log.kind == "unknown").collect();
    assert!(unnamed.is_empty(), "{unnamed:#?}");
    let before = logs.iter().filter(|log| log.space == "Registry of this site alone, from before it joined");
    assert_eq!(before.map(|log| log.kind.as_str()).collect::<Vec<_>>(), ["registry"]);
}

#[test]
fn a_code_is_good_once_and_for_a_limited_time_and_guessing_closes_the_door() {
    let hub = Site::hub();
    let (one, other) = (Site::new("One", false, 6 << 40), Site::new("Other", false, 7 << 40));
    let terminal = Actor::terminal();
    let invitation = hub.book.invite(&terminal, &[], 60_000, NOW).unwrap();
    let first = one.book.join_request(&terminal, &invitation.code).unwrap();
    let second = other.book.join_request(&terminal, &invitation.code).unwrap();
    let replica = other.book.identity().replica;
    let late = hub.book.accept_join(replica, &second, NOW + 60_001).unwrap_err();
    assert_eq!(name_of(late), "wrong-code");
    hub.book.accept_join(one.book.identity().replica, &first, NOW).unwrap();
    assert_eq!(name_of(hub.book.accept_join(replica, &second, NOW).unwrap_err()), "wrong-code");
    for _ in 0..8 {
        assert_eq!(name_of(hub.book.accept_join(replica, &second, NOW).unwrap_err()), "wrong-code");
    }
    assert_eq!(name_of(hub.book.accept_join(replica, &second, NOW).unwrap_err()), "door-closed");
    assert!(hub.book.invitations(&terminal, NOW).unwrap().is_empty());
}

#[test]
fn a_stranger_gets_nothing_and_can_give_nothing() {
    let hub = Site::hub();
    let post = Site::post("Alpha", &hub, 2);
    let stranger = Site::new("Stranger", false, 9 << 40);
    let replica = stranger.book.identity().replica;
    assert!(hub.book.shared_spaces(replica).is_empty());
    post.save(Kind::Vehicle, &[("plate", "RH48LRF")]);
    let shared = post.book.shared_spaces(hub.book.identity().replica);
    let records =
        shared.iter().find(|space| !space.registry && !space.audit && !post.book.frontier(space.space).0.is_empty());
    let space = records.unwrap().space;
    let key = *post.book.frontier(space).0.keys().next().unwrap();
    let parcel = post.book.read_parcel(&LogId { space, key }, 1, 8_192).unwrap().unwrap();
    assert_eq!(name_of(hub.book.keep_parcel(replica, parcel.clone(), NOW).unwrap_err()), "not-shared");
    let mut forged = parcel.clone();
    forged.entries[0].hlc.unix_ms += 1;
    let post_replica = post.book.identity().replica;
    assert_eq!(name_of(hub.book.keep_parcel(post_replica, forged, NOW).unwrap_err()), "bad-seal");
    let mut other_actor = parcel;
    other_actor.log.key.replica = replica;
    assert!(hub.book.keep_parcel(post_replica, other_actor, NOW).is_err());
}

/// The simulator's seed 50: the hub has certified the post, and the post never heard of it.
#[test]
fn a_post_whose_answer_was_lost_joins_with_another_code() {
    let hub = Site::hub();
    let post = Site::new("Delta", false, 8 << 40);
    post.save(Kind::Vehicle, &[("plate", "SM68AHJ")]);
    let terminal = Actor::terminal();
    let invitation = hub.book.invite(&terminal, &[], 60_000, NOW).unwrap();
    let request = post.book.join_request(&terminal, &invitation.code).unwrap();
    hub.book.accept_join(post.book.identity().replica, &request, NOW).unwrap();
    post.join(&hub);
    exchange(&hub, &post);
    assert_eq!(hub.book.check(&hub.officer(), "SM68AHJ", NOW).unwrap().verdict, Verdict::Hit);

    let thief = Site::new("Thief", false, 9 << 40);
    let invitation = hub.book.invite(&terminal, &[], 60_000, NOW).unwrap();
    let mut claim = thief.book.join_request(&terminal, &invitation.code).unwrap();
    claim.spaces.clone_from(&request.spaces);
    claim.spaces.iter_mut().for_each(|space| space.key[0] ^= 1);
    let refused = hub.book.accept_join(thief.book.identity().replica, &claim, NOW).unwrap_err();
    assert_eq!(name_of(refused), "bad-space");
}

/// A session lists at most so many spaces. What it left out would never reach anybody, and nobody would know.
#[test]
fn a_post_for_whose_spaces_there_is_no_room_is_told_so_and_its_code_stays_good() {
    let hub = Site::hub();
    let terminal = Actor::terminal();
    let shared = || hub.book.memory().registry.spaces().count() + 1;
    let request = |seed: u64, count: usize| {
        let post = Site::new("Delta", false, seed << 40);
        let invitation = hub.book.invite(&terminal, &[], 60_000, NOW).unwrap();
        let mut request = post.book.join_request(&terminal, &invitation.code).unwrap();
        let pattern = request.spaces[0].clone();
        let space = |n| JoiningSpace {
            space: SpaceId([seed as u8, n as u8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
            ..pattern.clone()
        };
        request.spaces = (0..count).map(space).collect();
        (post.book.identity().replica, request)
    };
    let mut seed = 2;
    while shared() < SHARED_SPACES_MAX {
        let (replica, request) = request(seed, (SHARED_SPACES_MAX - shared()).min(8));
        hub.book.accept_join(replica, &request, NOW).unwrap();
        seed += 1;
    }
    let (replica, mut late) = request(seed, 1);
    let refused = hub.book.accept_join(replica, &late, NOW).unwrap_err();
    assert!(refused.to_string().contains("at most 512 spaces"), "{refused}");
    assert_eq!(name_of(refused), "agency-full");
    assert_eq!(hub.book.shared_spaces(replica), []);
    late.spaces.clear();
    hub.book.accept_join(replica, &late, NOW).unwrap();
    assert_eq!(hub.book.shared_spaces(replica).len(), SHARED_SPACES_MAX);
}

/// The simulator's seed 6: a hub that was put back to last week is not said to have everything before it has spoken.
#[test]
fn nothing_is_said_of_a_peer_before_it_has_spoken_in_this_session() {
    let hub = Site::hub();
    let post = Site::post("Delta", &hub, 3);
    let replica = hub.book.identity().replica;
    let connect = || {
        let address = "127.0.0.1:4440".to_owned();
        post.book.note_peer(replica, PeerEvent::Connected { address }, NOW).unwrap();
    };
    connect();
    exchange(&hub, &post);
    assert_eq!(post.book.sync_says().state(), "ok");
    post.book.note_peer(replica, PeerEvent::Disconnected { reason: None }, NOW).unwrap();
    connect();
    assert_eq!(post.book.sync_says().state(), "waiting");
    exchange(&hub, &post);
    assert_eq!(post.book.sync_says().state(), "ok");
}
