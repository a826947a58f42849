use super::*;
use cairn_ledger::Lane;
use proptest::prelude::*;

fn holdings() -> impl Strategy<Value = Holdings> {
    let key = (0_u8..3, 0_u64..2, 0_u8..3).prop_map(|(replica, life, number)| LogKey {
        replica: ReplicaId([replica; 32]),
        incarnation: Incarnation(life),
        lane: lane(number).unwrap(),
    });
    let held = (1_u64..4, 0_u8..2).prop_map(|(number, hash)| (number, EntryHash([hash; 32])));
    let frontier = proptest::collection::btree_map(key, held, 0..8).prop_map(|logs| Frontier(logs.into()));
    proptest::collection::btree_map((0_u8..5).prop_map(|space| SpaceId([space; 16])), frontier, 0..5)
}

proptest! {
    #[test]
    fn who_remembers_the_same_common_state_learns_what_is_held(agreed in holdings(), now in holdings()) {
        let moved = Moved::between(&agreed, &now).unwrap();
        prop_assert_eq!(moved.apply(&agreed), Some(now));
        let mut bytes = Vec::new();
        moved.put(&mut bytes);
        let mut reader = Reader::new(&bytes, "a greeting");
        prop_assert_eq!(Moved::read(&mut reader), Ok(moved));
        prop_assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn different_holdings_have_different_digests(one in holdings(), other in holdings()) {
        let registry = SpaceId([9; 16]);
        prop_assert_eq!(digest_of(&registry, &one) == digest_of(&registry, &other), one == other);
        prop_assert_ne!(digest_of(&registry, &one), digest_of(&SpaceId([8; 16]), &one));
    }

    #[test]
    fn who_remembers_something_else_never_panics(agreed in holdings(), other in holdings(), now in holdings()) {
        let moved = Moved::between(&agreed, &now).unwrap();
        let _ = moved.apply(&other);
    }
}

#[test]
fn too_much_is_said_in_full() {
    let log =
        |number: u64| LogKey { replica: ReplicaId([1; 32]), incarnation: Incarnation(number), lane: Lane::Normal };
    let many = (0..=MOVED_MAX as u64).map(|number| (log(number), (1, EntryHash([1; 32])))).collect();
    let many = Holdings::from([(SpaceId([1; 16]), Frontier(many))]);
    assert_eq!(Moved::between(&Holdings::new(), &many), None);
}
