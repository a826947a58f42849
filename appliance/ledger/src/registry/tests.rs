use proptest::prelude::*;

use super::*;
use crate::body::{Author, Body};
use crate::crypto::EpochKey;
use crate::entry::EntryKind;
use crate::keyring::{KeyError, Keyring, grant, new_age_identity};
use crate::ledger::{EntryDraft, Ledger, ReplicaKey};
use crate::names::{ClockQuality, Hlc, Incarnation, Lane, LogId, LogKey, ReplicaId, SpaceId};
use crate::store::MemoryStore;

fn replica(seed: u8) -> ReplicaId {
    ReplicaKey::from_seed(&[seed; 32]).id()
}

fn root() -> RootKey {
    RootKey::from_seed(&[42; 32])
}

fn space() -> SpaceId {
    registry_space(&root().public())
}

fn origin(writer: ReplicaId, number: u64) -> StatementOrigin {
    let key = LogKey { replica: writer, incarnation: Incarnation(1), lane: Lane::Normal };
    StatementOrigin { log: LogId { space: space(), key }, number, hlc: Hlc { unix_ms: number, counter: 0 } }
}

fn founded() -> Founded {
    Founded::sign(&root(), "Northern Coast Guard", "NM", replica(1)).unwrap()
}

fn certified(seed: u8, site: &str) -> ReplicaCertified {
    ReplicaCertified {
        replica: replica(seed),
        recipient: "age1invented".to_owned(),
        site: site.to_owned(),
        role: if seed == 1 { ReplicaRole::Hub } else { ReplicaRole::Post },
        addresses: vec!["127.0.0.1:4433".to_owned()],
    }
}

fn opened(space: u8, kind: SpaceKind) -> SpaceOpened {
    SpaceOpened { space: SpaceId([space; 16]), kind, title: "Records of the region".to_owned() }
}

fn statements() -> impl Strategy<Value = Statement> {
    let name = "\\PC{1,120}";
    let kinds = [SpaceKind::Registry, SpaceKind::Records, SpaceKind::Audit, SpaceKind::Local];
    prop_oneof![
        ("\\PC{1,40}", "[A-Z]{2}", any::<[u8; 32]>()).prop_map(|(agency, country, registrar)| {
            Statement::Founded(Founded::sign(&root(), &agency, &country, ReplicaId(registrar)).unwrap())
        }),
        (any::<[u8; 32]>(), name, 0usize..3, proptest::collection::vec("[a-z.:0-9]{1,60}", 0..=MAX_ADDRESSES))
            .prop_map(|(replica, site, role, addresses)| {
                let role = [ReplicaRole::Hub, ReplicaRole::Post, ReplicaRole::Relay][role];
                let (replica, recipient) = (ReplicaId(replica), "age1x".to_owned());
                Statement::ReplicaCertified(ReplicaCertified { replica, recipient, site, role, addresses })
            }),
        (any::<[u8; 16]>(), 0usize..4, name).prop_map(move |(space, kind, title)| {
            Statement::SpaceOpened(SpaceOpened { space: SpaceId(space), kind: kinds[kind], title })
        }),
        (any::<[u8; 16]>(), any::<u32>(), any::<[u8; 8]>(), proptest::collection::vec(any::<u8>(), 0..400)).prop_map(
            |(space, epoch, key_id, grant)| {
                Statement::EpochKey(EpochKeyGrant { space: SpaceId(space), epoch, key_id, grant })
            }
        ),
        (5u8.., proptest::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(tag, bytes)| Statement::Unknown { tag, bytes }),
    ]
}

proptest! {
    #[test]
    fn statements_come_back(statement in statements(), at in any::<prop::sample::Index>(), flip in 1u8..) {
        let mut bytes = statement.encode().unwrap();
        prop_assert_eq!(&Statement::decode(&bytes).unwrap(), &statement);
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(other) = Statement::decode(&bytes) {
            prop_assert_ne!(&other, &statement);
            // A text may have become empty, which is read but never written.
            prop_assert!(other.encode().is_err() || other.encode().unwrap() == bytes);
        }
    }

    #[test]
    fn noise_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Statement::decode(&bytes);
    }
}

fn registry(statements: Vec<Statement>) -> (Registry, Vec<StatementRefused>) {
    let mut registry = Registry::new(space());
    let refused = statements
        .into_iter()
        .zip(1..)
        .filter_map(|(statement, number)| registry.apply(&origin(replica(1), number), statement).err())
        .collect();
    (registry, refused)
}

#[test]
fn a_relay_is_a_member_to_whom_no_key_is_granted() {
    let relay = ReplicaCertified {
        role: ReplicaRole::Relay,
        recipient: "age1relay".to_owned(),
        ..certified(3, "Harbour relay")
    };
    let (registry, refused) = registry(vec![
        Statement::Founded(founded()),
        Statement::ReplicaCertified(certified(2, "East ferry")),
        Statement::ReplicaCertified(relay),
    ]);
    assert_eq!(refused, []);
    assert!(registry.is_relay(&replica(3)) && !registry.is_relay(&replica(2)));
    assert_eq!(registry.members().count(), 2);
    assert_eq!(registry.recipients(), ["age1invented"]);
}

#[test]
fn the_registrar_states_and_the_registry_knows() {
    let (registry, refused) = registry(vec![
        Statement::Founded(founded()),
        Statement::ReplicaCertified(certified(1, "Harbour office")),
        Statement::ReplicaCertified(certified(2, "East ferry")),
        Statement::ReplicaCertified(certified(2, "East ferry terminal")),
        Statement::SpaceOpened(opened(5, SpaceKind::Records)),
        Statement::Unknown { tag: 77, bytes: vec![1] },
        Statement::Founded(founded()),
    ]);
    assert_eq!(refused, []);
    assert_eq!(registry.founded().unwrap().agency, "Northern Coast Guard");
    assert_eq!(registry.registrar(), Some(replica(1)));
    assert_eq!(registry.site_name(&replica(2)), Some("East ferry terminal"));
    assert_eq!(registry.hubs().count(), 1);
    assert_eq!(registry.members().count(), 2);
    assert_eq!(registry.space_of_kind(SpaceKind::Records).unwrap().space, SpaceId([5; 16]));
    assert_eq!(registry.set_aside(), 1);
}

#[test]
fn nobody_else_may_state() {
    let mut registry = Registry::new(space());
    let certify = || Statement::ReplicaCertified(certified(2, "East ferry"));
    assert_eq!(registry.apply(&origin(replica(1), 1), certify()), Err(StatementRefused::NotFounded));
    let stranger = registry.apply(&origin(replica(9), 1), Statement::Founded(founded()));
    assert_eq!(stranger, Err(StatementRefused::NotTheRegistrar(replica(1), replica(9))));
    registry.apply(&origin(replica(1), 1), Statement::Founded(founded())).unwrap();
    let stranger = registry.apply(&origin(replica(9), 1), certify());
    assert_eq!(stranger, Err(StatementRefused::NotTheRegistrar(replica(1), replica(9))));
    let mut elsewhere = origin(replica(1), 2);
    elsewhere.log.space = SpaceId([1; 16]);
    assert_eq!(registry.apply(&elsewhere, certify()), Err(StatementRefused::WrongSpace));
    assert!(registry.member(&replica(2)).is_none());
}

#[test]
fn only_the_root_founds_and_only_once() {
    let other = Founded::sign(&RootKey::from_seed(&[43; 32]), "Northern Coast Guard", "NM", replica(1)).unwrap();
    let forged = Founded { agency: "Somebody else".to_owned(), ..founded() };
    let renamed = Founded::sign(&root(), "Another name", "NM", replica(1)).unwrap();
    let (registry, refused) = registry(vec![
        Statement::Founded(other),
        Statement::Founded(forged),
        Statement::Founded(founded()),
        Statement::Founded(renamed),
    ]);
    use StatementRefused::{FoundedAlready, NotByTheRoot};
    assert_eq!(refused, [NotByTheRoot, NotByTheRoot, FoundedAlready]);
    assert_eq!(registry.founded().unwrap(), &founded());
}

#[test]
fn an_epoch_has_one_key_and_a_space_one_kind() {
    let grant = |key_id, file: &[u8]| {
        let (space, grant) = (SpaceId([5; 16]), file.to_vec());
        Statement::EpochKey(EpochKeyGrant { space, epoch: 1, key_id, grant })
    };
    let (registry, refused) = registry(vec![
        Statement::Founded(founded()),
        grant([1; 8], b"early"),
        Statement::SpaceOpened(opened(5, SpaceKind::Records)),
        grant([1; 8], b"first"),
        grant([1; 8], b"second member"),
        grant([2; 8], b"other key"),
        Statement::SpaceOpened(opened(5, SpaceKind::Audit)),
    ]);
    let space = SpaceId([5; 16]);
    use StatementRefused::{EpochConflict, SpaceKindChanged, UnknownSpace};
    assert_eq!(refused, [UnknownSpace(space), EpochConflict(space, 1), SpaceKindChanged(space)]);
    assert_eq!(registry.current_epoch(&space), Some((1, [1; 8])));
}

#[test]
fn limits_of_statements_are_refused_when_written() {
    let long = ReplicaCertified { site: "x".repeat(121), ..certified(2, "x") };
    assert!(Statement::ReplicaCertified(long).encode().is_err());
    let many = ReplicaCertified { addresses: vec!["a:1".to_owned(); MAX_ADDRESSES + 1], ..certified(2, "x") };
    assert!(Statement::ReplicaCertified(many).encode().is_err());
    assert!(Founded::sign(&root(), "", "NM", replica(1)).is_err());
}

/// The whole way: a hub founds, opens a space, grants its key to a post; the post receives and reads.
#[test]
fn a_post_learns_its_keys_from_the_registry() {
    let (hub_identity, hub_recipient) = new_age_identity();
    let (post_identity, post_recipient) = new_age_identity();
    let (registry_key, records_key) = (EpochKey::new([1; 32]), EpochKey::new([2; 32]));
    let records = SpaceId([5; 16]);
    let ledger_of = |seed: u8| {
        let mut keyring = Keyring::new();
        keyring.insert(space(), 1, registry_key.clone()).unwrap();
        let key = ReplicaKey::from_seed(&[seed; 32]);
        Ledger::open(Box::new(MemoryStore::new()), key, Incarnation(1), keyring).unwrap()
    };
    let (hub, post) = (ledger_of(1), ledger_of(2));
    let file = grant(&records_key, &[hub_recipient, post_recipient]).unwrap();
    let key_id = records_key.id(&records);
    let statements = [
        Statement::Founded(founded()),
        Statement::ReplicaCertified(certified(2, "East ferry")),
        Statement::SpaceOpened(opened(5, SpaceKind::Records)),
        Statement::EpochKey(EpochKeyGrant { space: records, epoch: 1, key_id, grant: file }),
    ];
    let drafts = statements.iter().map(|statement| EntryDraft {
        space: space(),
        lane: Lane::Normal,
        kind: EntryKind::Statement,
        body: Body { author: Author::default(), purpose: None, record: None, payload: statement.encode().unwrap() },
    });
    let positions = hub.commit(drafts.collect(), 1, ClockQuality::Local).unwrap();
    let batch = hub.sealed_run(&positions[0].log, 1, usize::MAX).unwrap().unwrap();
    post.receive(batch, &|_, _, _| Ok(())).unwrap();

    let (registry, refused) = Registry::load(&post, space()).unwrap();
    assert_eq!(refused, []);
    assert_eq!(registry.clone().take_keys(&post, &post_identity), (1, Vec::new()));
    assert!(post.keyring().current(&records).is_some());
    assert_eq!(registry.clone().take_keys(&post, &post_identity), (0, Vec::new()), "held keys are not taken again");
    assert_eq!(registry.clone().take_keys(&hub, &hub_identity).0, 1);

    let stranger = ledger_of(3);
    let (identity, _) = new_age_identity();
    let mut at_stranger = registry.clone();
    assert_eq!(at_stranger.take_keys(&stranger, &identity), (0, Vec::new()), "a grant for others is not a problem");
    assert_eq!(at_stranger.take_keys(&post, &post_identity), (0, Vec::new()), "it is looked at once and forgotten");
}

/// What was applied before is not read again, and it comes to the same.
#[test]
fn a_registry_that_goes_on_says_what_one_says_that_is_read_whole() {
    let ledger_of = |incarnation| {
        let mut keyring = Keyring::new();
        keyring.insert(space(), 1, EpochKey::new([1; 32])).unwrap();
        let key = ReplicaKey::from_seed(&[1; 32]);
        Ledger::open(Box::new(MemoryStore::new()), key, Incarnation(incarnation), keyring).unwrap()
    };
    let state = |ledger: &Ledger, statement: &Statement, at_ms| {
        let body =
            Body { author: Author::default(), purpose: None, record: None, payload: statement.encode().unwrap() };
        let draft = EntryDraft { space: space(), lane: Lane::Normal, kind: EntryKind::Statement, body };
        ledger.commit(vec![draft], at_ms, ClockQuality::Local).unwrap()[0]
    };
    let (hub, earlier) = (ledger_of(2), ledger_of(1));
    let mut registry = Registry::new(space());
    state(&hub, &Statement::Founded(founded()), 1_000);
    for (at_ms, statement) in [
        (2_000, Statement::ReplicaCertified(certified(2, "East ferry"))),
        (3_000, Statement::SpaceOpened(opened(5, SpaceKind::Records))),
        (4_000, Statement::ReplicaCertified(certified(2, "West ferry"))),
    ] {
        state(&hub, &statement, at_ms);
        assert_eq!(registry.catch_up(&hub).unwrap(), []);
        assert_eq!(registry.catch_up(&hub).unwrap(), [], "nothing is applied twice");
    }
    assert_eq!(registry.site_name(&replica(2)), Some("West ferry"));
    // A statement of an earlier life of the registrar comes to light: it does not count above the later one.
    let at = state(&earlier, &Statement::ReplicaCertified(certified(2, "Old ferry")), 2_500);
    let batch = earlier.sealed_run(&at.log, 1, usize::MAX).unwrap().unwrap();
    hub.receive(batch, &|_, _, _| Ok(())).unwrap();
    assert_eq!(registry.catch_up(&hub).unwrap(), []);
    assert_eq!(format!("{registry:?}"), format!("{:?}", Registry::load(&hub, space()).unwrap().0));
    assert_eq!(registry.site_name(&replica(2)), Some("West ferry"));
}

#[test]
fn a_grant_opens_for_its_members_only_and_damage_is_named() {
    let (ours, our_recipient) = new_age_identity();
    let (theirs, _) = new_age_identity();
    let key = EpochKey::new([3; 32]);
    let file = grant(&key, &[our_recipient]).unwrap();
    assert_eq!(crate::keyring::open_grant(&file, &ours).unwrap(), key);
    assert_eq!(crate::keyring::open_grant(&file, &theirs), Err(KeyError::NotForUs));
    for at in 0..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 1;
        assert!(crate::keyring::open_grant(&damaged, &ours).is_err(), "byte {at}");
    }
    assert!(matches!(crate::keyring::open_grant(&vec![0; 65 * 1024], &ours), Err(KeyError::Damaged(_))));
    assert_eq!(grant(&key, &[]), Err(KeyError::Recipients(0)));
    assert!(matches!(grant(&key, &["me".to_owned()]), Err(KeyError::BadRecipient(_))));
    assert!(matches!(crate::keyring::open_grant(&file, "nonsense"), Err(KeyError::BadIdentity)));
}
