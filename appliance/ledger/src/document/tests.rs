use std::collections::{BTreeMap, BTreeSet, HashSet};

use automerge::legacy::{Key as MapKey, Op as Operation, OpType};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{Automerge, Change, ExpandedChange, ROOT, ReadDoc, ScalarValue};
use cairn_record::{FieldNo, Kind, RecordId, Value};
use proptest::prelude::*;

use super::*;
use crate::codec::{self, Action, Op, RecordChange};
use crate::{EntryRef, Incarnation, ReplicaId};

const RECORD: RecordId = RecordId([7; 16]);
const COLOUR: FieldNo = FieldNo(33);
const PLATE: FieldNo = FieldNo(32);
const ALIASES: FieldNo = FieldNo(40);

fn meta(replica: u8, entry: u16) -> ChangeMeta {
    let mut name = *blake3::hash(&entry.to_be_bytes()).as_bytes();
    name[0] = replica;
    let (entry_ref, _) = name.split_first_chunk().unwrap();
    ChangeMeta {
        entry: EntryRef(*entry_ref),
        replica: ReplicaId([replica; 32]),
        incarnation: Incarnation(1),
        unix_ms: 1_790_000_000_000 + u64::from(entry) * 1_000,
    }
}

fn one(text: &str) -> Wanted {
    Wanted::One(Some(text.into()))
}

fn many(texts: &[&str]) -> Wanted {
    Wanted::Many(texts.iter().map(|text| Value::from(*text)).collect())
}

fn texts(state: &RecordState, field: FieldNo) -> Vec<String> {
    state.values(field).map(Value::to_text).collect()
}

/// A record with some history to test on: everything it was told, in one place.
struct Story {
    document: RecordDocument,
    changes: Vec<(ChangeMeta, RecordChange)>,
}

impl Story {
    fn new() -> Self {
        Self { document: RecordDocument::new(RECORD), changes: Vec::new() }
    }

    fn edit(&mut self, replica: u8, wanted: &[(FieldNo, Wanted)], based_on: Option<&[EntryRef]>) -> Vec<EntryRef> {
        let change = self.document.edit(Kind::Vehicle, wanted, based_on).unwrap().expect("something to change");
        let meta = meta(replica, self.changes.len() as u16);
        self.document.apply(&meta, &change).unwrap();
        self.changes.push((meta, change));
        vec![meta.entry]
    }

    fn state(&self) -> RecordState {
        self.document.state().unwrap()
    }
}

#[test]
fn two_posts_that_change_one_field_while_apart_both_keep_their_value() {
    let mut story = Story::new();
    let start = story.edit(1, &[(COLOUR, one("white")), (PLATE, one("NB 1234"))], None);
    story.edit(1, &[(COLOUR, one("grey"))], Some(&start));
    story.edit(2, &[(COLOUR, one("silver")), (PLATE, one("NB 1235"))], Some(&start));

    let state = story.state();
    assert_eq!(state.conflicts().collect::<Vec<_>>(), [COLOUR]);
    let mut colours = texts(&state, COLOUR);
    colours.sort();
    assert_eq!(colours, ["grey", "silver"]);
    let writers: BTreeSet<u8> = state.fields[&COLOUR].values.iter().map(|held| held.replica.0[0]).collect();
    assert_eq!(writers, BTreeSet::from([1, 2]));
    assert_eq!(texts(&state, PLATE), ["NB 1235"]);

    story.edit(1, &[(COLOUR, one("grey"))], None);
    let state = story.state();
    assert_eq!(state.conflicts().count(), 0);
    assert_eq!(texts(&state, COLOUR), ["grey"]);
    assert_eq!(state.changes, 4);
}

#[test]
fn the_same_value_written_twice_is_no_conflict() {
    let mut story = Story::new();
    let start = story.edit(1, &[(COLOUR, one("white"))], None);
    story.edit(1, &[(COLOUR, one("grey"))], Some(&start));
    story.edit(2, &[(COLOUR, one("grey"))], Some(&start));
    assert_eq!(story.state().conflicts().count(), 0);
    assert_eq!(texts(&story.state(), COLOUR), ["grey"]);
    assert_eq!(story.document.edit(Kind::Vehicle, &[(COLOUR, one("grey"))], None), Ok(None));
}

#[test]
fn a_stale_form_of_the_same_post_shows_as_a_conflict_and_overwrites_nothing() {
    let mut story = Story::new();
    let start = story.edit(1, &[(COLOUR, one("white"))], None);
    story.edit(1, &[(COLOUR, one("grey"))], Some(&start));
    story.edit(1, &[(COLOUR, one("silver"))], Some(&start));
    assert_eq!(story.state().conflicts().collect::<Vec<_>>(), [COLOUR]);
    // A form that does not touch the field takes no side.
    story.edit(1, &[(COLOUR, one("white")), (PLATE, one("NB 1"))], Some(&start));
    assert_eq!(texts(&story.state(), COLOUR).len(), 2);
}

#[test]
fn elements_of_a_set_never_conflict() {
    let mut story = Story::new();
    let start = story.edit(1, &[(ALIASES, many(&["the owl", "old ben"]))], None);
    story.edit(1, &[(ALIASES, many(&["the owl", "old ben", "ash"]))], Some(&start));
    story.edit(2, &[(ALIASES, many(&["old ben", "birch"]))], Some(&start));
    assert_eq!(texts(&story.state(), ALIASES), ["ash", "birch", "old ben"]);
    assert_eq!(story.state().conflicts().count(), 0);
}

#[test]
fn clearing_a_field_leaves_nothing_and_clearing_it_again_is_no_change() {
    let mut story = Story::new();
    story.edit(1, &[(COLOUR, one("white"))], None);
    story.edit(1, &[(COLOUR, Wanted::One(None))], None);
    assert_eq!(story.state().fields, BTreeMap::new());
    assert_eq!(story.document.edit(Kind::Vehicle, &[(COLOUR, Wanted::One(None))], None), Ok(None));
}

#[test]
fn history_tells_who_changed_what_from_what_to_what() {
    let mut story = Story::new();
    let start = story.edit(1, &[(COLOUR, one("white")), (ALIASES, many(&["a"]))], None);
    let grey = story.edit(1, &[(COLOUR, one("grey"))], Some(&start));
    let silver = story.edit(2, &[(COLOUR, one("silver")), (ALIASES, many(&["a", "b"]))], Some(&start));
    story.edit(1, &[(COLOUR, one("grey"))], None);

    let told: Vec<(EntryRef, u16, Vec<String>, Vec<String>)> = story
        .document
        .history()
        .into_iter()
        .map(|item| {
            let texts = |values: &[Value]| values.iter().map(Value::to_text).collect::<Vec<_>>();
            let mut before = texts(&item.before);
            before.sort();
            (item.entry, item.field.0, before, texts(&item.after))
        })
        .collect();
    let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect::<Vec<_>>();
    let last = story.changes[3].0.entry;
    assert_eq!(
        told,
        [
            (start[0], 33, vec![], words(&["white"])),
            (start[0], 40, vec![], words(&["a"])),
            (grey[0], 33, words(&["white"]), words(&["grey"])),
            (silver[0], 33, words(&["white"]), words(&["silver"])),
            (silver[0], 40, words(&["a"]), words(&["a", "b"])),
            (last, 33, words(&["grey", "silver"]), words(&["grey"])),
        ]
    );
}

#[test]
fn a_form_based_on_a_version_that_is_not_here_is_refused() {
    let story = Story::new();
    let unknown = [EntryRef([3; 16])];
    let edit = story.document.edit(Kind::Vehicle, &[(COLOUR, one("white"))], Some(&unknown));
    assert_eq!(edit, Err(EditError::UnknownBase(unknown.to_vec())));
}

#[test]
fn a_change_waits_for_what_it_depends_on() {
    let mut story = Story::new();
    story.edit(1, &[(COLOUR, one("white"))], None);
    story.edit(1, &[(COLOUR, one("grey"))], None);
    let (first, later) = (&story.changes[0], &story.changes[1]);

    let mut elsewhere = RecordDocument::new(RECORD);
    assert_eq!(elsewhere.apply(&later.0, &later.1), Err(ApplyError::Missing(vec![first.0.entry])));
    assert!(elsewhere.state().is_none());
    elsewhere.apply(&first.0, &first.1).unwrap();
    elsewhere.apply(&later.0, &later.1).unwrap();
    assert_eq!(elsewhere.state(), story.document.state());
    assert_eq!(elsewhere.apply(&later.0, &later.1), Ok(Applied::default()));

    let (document, aside) = RecordDocument::from_changes(RECORD, [later.clone()]);
    assert!(document.state().is_none());
    let reason = ApplyError::Missing(vec![first.0.entry]);
    assert_eq!(aside, [SetAside { entry: later.0.entry, reason }]);
}

#[test]
fn what_can_never_be_applied_is_refused_by_name_on_both_paths_and_changes_nothing() {
    let mut story = Story::new();
    let start = story.edit(1, &[(COLOUR, one("white"))], None);
    let before = story.state();
    let op = |action| vec![Op { field: PLATE, action }];
    let good = RecordChange { record: RECORD, kind: Kind::Vehicle, deps: start, ops: op(Action::Set("x".into())) };
    let cases = [
        (RecordChange { record: RecordId([8; 16]), ..good.clone() }, Refusal::WrongRecord),
        (RecordChange { kind: Kind::Person, ..good.clone() }, Refusal::WrongKind),
        (RecordChange { ops: op(Action::Clear), ..good.clone() }, Refusal::NothingToRemove(PLATE)),
        (RecordChange { ops: op(Action::Exclude("x".into())), ..good.clone() }, Refusal::NothingToRemove(PLATE)),
    ];
    for (change, refusal) in cases {
        let meta = meta(9, 99);
        assert_eq!(story.document.apply(&meta, &change), Err(refusal.clone().into()));
        let mut state = before.clone();
        assert_eq!(state.apply_linear(&meta, &change), Err(refusal.into()));
        assert_eq!(state, before);
        assert_eq!(story.state(), before);
    }
    story.document.apply(&meta(9, 99), &good).unwrap();
}

/// An entry cannot pretend to be another's: the codec has no place for an actor, and the actor that is used
/// follows from the verified header. The same body in two entries gives two actors and converges; the
/// classic attack, one actor and number for two changes, cannot be written down.
#[test]
fn the_actor_follows_from_the_header_alone() {
    let one_meta = meta(1, 1);
    let variants = [
        ChangeMeta { entry: EntryRef([1; 16]), ..one_meta },
        ChangeMeta { replica: ReplicaId([2; 32]), ..one_meta },
        ChangeMeta { incarnation: Incarnation(2), ..one_meta },
    ];
    let mine = build::actor(RECORD, &one_meta);
    assert!(variants.iter().all(|other| build::actor(RECORD, other) != mine));
    assert_ne!(build::actor(RecordId([8; 16]), &one_meta), mine);
    assert_eq!(build::actor(RECORD, &ChangeMeta { unix_ms: 0, ..one_meta }), mine);

    let ops = vec![Op { field: COLOUR, action: Action::Set("white".into()) }];
    let change = RecordChange { record: RECORD, kind: Kind::Vehicle, deps: vec![], ops };
    let claimed = [(one_meta, change.clone()), (variants[0], change)];
    let (forth, aside) = RecordDocument::from_changes(RECORD, claimed.clone());
    let (back, _) = RecordDocument::from_changes(RECORD, claimed.into_iter().rev());
    assert!(aside.is_empty());
    assert_eq!(forth.automerge_heads().len(), 2);
    assert_eq!(forth.automerge_heads(), back.automerge_heads());
    assert_eq!(forth.state(), back.state());
}

#[test]
fn kinds_that_disagree_at_the_root_end_the_same_everywhere() {
    let root = |kind| RecordChange {
        record: RECORD,
        kind,
        deps: vec![],
        ops: vec![Op { field: COLOUR, action: Action::Set("white".into()) }],
    };
    let changes = [(meta(1, 1), root(Kind::Vehicle)), (meta(2, 2), root(Kind::Person))];
    let (forth, _) = RecordDocument::from_changes(RECORD, changes.clone());
    let (back, _) = RecordDocument::from_changes(RECORD, changes.into_iter().rev());
    assert_eq!(forth.state(), back.state());
    assert_eq!(forth.state().unwrap().kind, Kind::Person);
    let mut state = forth.state().unwrap();
    let next = state.edit(&[(COLOUR, one("grey"))]).unwrap().unwrap();
    let mut document = forth;
    document.apply(&meta(1, 3), &next).unwrap();
    state.apply_linear(&meta(1, 3), &next).unwrap();
    assert_eq!(Some(state), document.state());
}

#[test]
fn a_record_with_more_open_ends_than_one_change_can_name_can_still_be_edited() {
    let mut story = Story::new();
    let start = story.edit(1, &[(COLOUR, one("white"))], None);
    for end in 0..=codec::DEPS_MAX {
        story.edit(2, &[(COLOUR, one(&format!("colour {end}")))], Some(&start));
    }
    assert_eq!(story.document.heads().len(), codec::DEPS_MAX + 1);
    story.edit(1, &[(COLOUR, one("grey"))], None);
    assert_eq!(texts(&story.state(), COLOUR).len(), 2);
    story.edit(1, &[(COLOUR, one("grey"))], None);
    assert_eq!(texts(&story.state(), COLOUR), ["grey"]);
}

#[test]
fn the_state_of_an_ordinary_record_is_small() {
    let mut story = Story::new();
    let start: Vec<(FieldNo, Wanted)> = (32..40).map(|no| (FieldNo(no), one("ten letter"))).collect();
    story.edit(1, &start, None);
    let bytes = story.state().encode();
    assert!(bytes.len() <= 250, "{} bytes", bytes.len());
    story.edit(2, &[(COLOUR, one("grey")), (PLATE, one("NB 1234"))], None);
    let bytes = story.state().encode();
    assert!(bytes.len() <= 300, "{} bytes after an edit", bytes.len());
}

#[derive(Clone, Debug)]
enum Step {
    Edit { replica: u8, stale: bool, wanted: Vec<(FieldNo, Wanted)> },
    Sync { from: u8, to: u8 },
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => prop::sample::select(&["white", "grey", "silver"][..]).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => (-2i64..3).prop_map(Value::Int),
        1 => (0u8..2).prop_map(|id| Value::Record(RecordId([id; 16]))),
    ]
}

fn any_wanted() -> impl Strategy<Value = (FieldNo, Wanted)> {
    prop_oneof![
        ((32u16..36), prop::option::weighted(0.8, any_value()))
            .prop_map(|(no, value)| (FieldNo(no), Wanted::One(value))),
        ((40u16..42), prop::collection::vec(any_value(), 0..4))
            .prop_map(|(no, many)| (FieldNo(no), Wanted::Many(many))),
        // A field that one version of the program takes for a set and another for a single value.
        (Just(FieldNo(36)), any_value()).prop_map(|(no, value)| (no, Wanted::Many(vec![value]))),
        (Just(FieldNo(36)), any_value()).prop_map(|(no, value)| (no, Wanted::One(Some(value)))),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let wanted = prop::collection::vec(any_wanted(), 1..4)
        .prop_map(|wanted| wanted.into_iter().collect::<BTreeMap<_, _>>().into_iter().collect());
    prop_oneof![
        3 => (0u8..3, prop::bool::weighted(0.3), wanted)
            .prop_map(|(replica, stale, wanted)| Step::Edit { replica, stale, wanted }),
        1 => (0u8..3, 0u8..3).prop_map(|(from, to)| Step::Sync { from, to }),
    ]
}

/// One replica of the simulation: a document, and beside it the state as the views keep it, which goes
/// through the fast path whenever it can.
struct Replica {
    document: RecordDocument,
    state: Option<RecordState>,
    before: Vec<EntryRef>,
    log: Vec<(ChangeMeta, RecordChange)>,
    fast: usize,
}

impl Replica {
    fn new() -> Self {
        Self { document: RecordDocument::new(RECORD), state: None, before: vec![], log: vec![], fast: 0 }
    }

    fn take(&mut self, meta: &ChangeMeta, change: &RecordChange) {
        let change = codec::decode(&codec::encode(change).unwrap()).unwrap();
        self.before = self.document.heads();
        self.document.apply(meta, &change).unwrap();
        self.log.push((*meta, change.clone()));
        let mut state = self.state.take().unwrap_or_else(|| RecordState::new(RECORD, change.kind));
        match state.apply_linear(meta, &change) {
            Ok(_) => self.fast += 1,
            Err(NotLinear::OtherPast) => state = self.document.state().unwrap(),
            Err(NotLinear::Refused(refusal)) => panic!("{refusal}"),
        }
        assert_eq!(Some(&state), self.document.state().as_ref(), "fast path and document disagree");
        let kept = RecordState::decode(&state.encode()).unwrap();
        assert_eq!(kept, state);
        self.state = Some(kept);
    }
}

fn play(steps: &[Step]) -> Vec<Replica> {
    let mut replicas: Vec<Replica> = (0..3).map(|_| Replica::new()).collect();
    for (number, step) in (0..).zip(steps) {
        match step {
            Step::Edit { replica, stale, wanted } => {
                let here = &mut replicas[usize::from(*replica)];
                let base = if *stale { here.before.clone() } else { here.document.heads() };
                let change = here.document.edit(Kind::Vehicle, wanted, Some(&base)).unwrap();
                if let (false, Some(state)) = (*stale, &here.state) {
                    assert_eq!(state.edit(wanted).unwrap(), change, "state and document make different changes");
                }
                if let Some(change) = change {
                    let meta = meta(*replica, number);
                    here.take(&meta, &change);
                    assert_is_what_automerge_writes(here, &meta, &change);
                }
            }
            Step::Sync { from, to } => sync(&mut replicas, usize::from(*from), usize::from(*to)),
        }
    }
    for (from, to) in [(0, 1), (1, 2), (2, 0), (2, 1)] {
        sync(&mut replicas, from, to);
    }
    replicas
}

fn sync(replicas: &mut [Replica], from: usize, to: usize) {
    let known: HashSet<EntryRef> = replicas[to].log.iter().map(|(meta, _)| meta.entry).collect();
    let missing: Vec<_> = replicas[from].log.iter().filter(|(meta, _)| !known.contains(&meta.entry)).cloned().collect();
    missing.iter().for_each(|(meta, change)| replicas[to].take(meta, change));
}

/// What we built from the codec is, hash and all, what Automerge's own transaction writes at the same
/// version; and that transaction's change comes back from the codec as it was.
fn assert_is_what_automerge_writes(here: &Replica, meta: &ChangeMeta, change: &RecordChange) {
    let deps = here.document.hashes(&change.deps);
    let mut past = if deps.is_empty() { Automerge::new() } else { here.document.automerge.fork_at(&deps).unwrap() };
    past.set_actor(build::actor(RECORD, meta));
    let options = CommitOptions::default().with_time(meta.unix_ms as i64);
    let written = past
        .transact_with::<_, _, automerge::AutomergeError, _>(
            |_| options,
            |transaction| {
                for op in &change.ops {
                    let key = build::key_name(op.key());
                    match &op.action {
                        Action::Set(value) => transaction.put(ROOT, key, build::scalar(value))?,
                        Action::Include(_) => transaction.put(ROOT, key, true)?,
                        Action::Clear | Action::Exclude(_) => transaction.delete(ROOT, key)?,
                    }
                }
                Ok(())
            },
        )
        .unwrap();
    let written = past.get_change_by_hash(&written.hash.unwrap()).unwrap();
    let ours = here.document.automerge.get_changes(&[]).into_iter().find(|ours| ours.actor_id() == written.actor_id());
    let ours = ours.unwrap().decode();
    if settles_for_the_winner(&past, &written.decode(), &ours) {
        return;
    }
    assert_eq!(ours, written.decode(), "not what a transaction writes");
    assert_eq!(ours.hash, written.decode().hash);

    let read_back = from_expanded(&written.decode(), change);
    let decoded = codec::decode(&codec::encode(&read_back).unwrap()).unwrap();
    let mut again = RecordDocument::from_changes(RECORD, here.log[..here.log.len() - 1].to_vec()).0;
    again.apply(meta, &decoded).unwrap();
    let built: Vec<Change> = again.automerge.get_changes(&[]);
    assert!(built.iter().any(|built| built.hash() == written.hash()), "the hash changed on the way");
}

/// The one place where we write something else on purpose: when a person settles a conflict for the value
/// that Automerge shows anyway, its transaction only deletes the others, and the decision would be nobody's.
/// Ours puts the value again, in the name of who decided.
fn settles_for_the_winner(after: &Automerge, theirs: &ExpandedChange, ours: &ExpandedChange) -> bool {
    let mut pairs = theirs.operations.iter().zip(&ours.operations);
    let differing = pairs.find(|(theirs, ours)| theirs.action == OpType::Delete && theirs.action != ours.action);
    let Some((_, Operation { action: OpType::Put(put), key: MapKey::Map(key), .. })) = differing else { return false };
    let (kept, _) = after.get(ROOT, key.as_str()).unwrap().unwrap();
    assert_eq!(kept.as_scalar(), Some(put));
    true
}

/// The codec's form of what Automerge wrote: everything but record, kind and dependencies, which are names
/// of ours, is taken from the Automerge change.
fn from_expanded(expanded: &ExpandedChange, ours: &RecordChange) -> RecordChange {
    let op = |op: &Operation| {
        let MapKey::Map(key) = &op.key else { panic!("not a map key") };
        let (field, element) = match key.split_once(':') {
            Some((field, element)) => (field, Some(read_element(element))),
            None => (key.as_str(), None),
        };
        let action = match (&op.action, element) {
            (OpType::Put(value), None) => Action::Set(build::value(value).unwrap()),
            (OpType::Put(ScalarValue::Boolean(true)), Some(element)) => Action::Include(element),
            (OpType::Delete, None) => Action::Clear,
            (OpType::Delete, Some(element)) => Action::Exclude(element),
            other => panic!("{other:?}"),
        };
        Op { field: FieldNo(field.parse().unwrap()), action }
    };
    RecordChange { ops: expanded.operations.iter().map(op).collect(), ..ours.clone() }
}

fn read_element(element: &str) -> Value {
    let (kind, rest) = element.split_at(1);
    match kind {
        "t" => Value::from(rest),
        "i" => Value::Int(rest.parse().unwrap()),
        "r" => Value::Record(rest.parse().unwrap()),
        "b" => Value::Bool(rest.parse().unwrap()),
        other => panic!("{other}"),
    }
}

/// The plain reading, without Automerge: an operation counts unless another on the same key was written by
/// someone who had seen it.
fn plain_reading(log: &[(ChangeMeta, RecordChange)]) -> BTreeMap<FieldNo, BTreeSet<(bool, Value)>> {
    let mut past: BTreeMap<EntryRef, BTreeSet<EntryRef>> = BTreeMap::new();
    for (meta, change) in log {
        let mut seen: BTreeSet<EntryRef> = change.deps.iter().copied().collect();
        seen.extend(change.deps.iter().flat_map(|dep| past[dep].iter().copied()));
        past.insert(meta.entry, seen);
    }
    let mut fields: BTreeMap<FieldNo, BTreeSet<(bool, Value)>> = BTreeMap::new();
    for (meta, change) in log {
        for op in &change.ops {
            let replaced = log.iter().any(|(later, other)| {
                past[&later.entry].contains(&meta.entry) && other.ops.iter().any(|newer| newer.key() == op.key())
            });
            if let (false, Action::Set(value) | Action::Include(value)) = (replaced, &op.action) {
                let element = matches!(op.action, Action::Include(_));
                fields.entry(op.field).or_default().insert((element, value.clone()));
            }
        }
    }
    fields
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn replicas_converge_and_every_reading_agrees(
        steps in prop::collection::vec(any_step(), 1..30),
        shuffle in any::<u64>(),
    ) {
        let replicas = play(&steps);
        let Some(state) = replicas[0].document.state() else { return Ok(()) };
        for replica in &replicas[1..] {
            prop_assert_eq!(replica.document.state(), Some(state.clone()));
            prop_assert_eq!(replica.document.automerge_heads(), replicas[0].document.automerge_heads());
        }
        let read = state.fields.iter().map(|(field, held)| {
            (*field, held.values.iter().map(|held| (held.element, held.value.clone())).collect())
        });
        prop_assert_eq!(read.collect::<BTreeMap<_, _>>(), plain_reading(&replicas[0].log));

        let mut delivery = replicas[1].log.clone();
        delivery.sort_by_key(|(meta, _)| blake3::hash(&[&meta.entry.0[..], &shuffle.to_be_bytes()].concat()).as_bytes()[0]);
        let (late, aside) = RecordDocument::from_changes(RECORD, delivery);
        prop_assert!(aside.is_empty());
        prop_assert_eq!(late.automerge_heads(), replicas[0].document.automerge_heads());
        prop_assert_eq!(late.history(), replicas[0].document.history());
        prop_assert_eq!(late.state(), Some(state));
    }

    /// Changes that the codec lets through but no honest program writes: any past, any operations. Whatever
    /// order they come in, the same ones are refused and the rest gives one state; nothing panics.
    #[test]
    fn well_formed_hostile_changes_end_the_same_in_any_order(
        bodies in prop::collection::vec((any::<u64>(), prop::collection::vec((32u16..35, any_action()), 1..4)), 1..12),
    ) {
        let changes = hostile(&bodies);
        let (forth, refused) = RecordDocument::from_changes(RECORD, changes.clone());
        let (back, refused_back) = RecordDocument::from_changes(RECORD, changes.iter().rev().cloned());
        let names = |aside: &[SetAside]| aside.iter().map(|aside| aside.entry).collect::<BTreeSet<_>>();
        prop_assert_eq!(names(&refused), names(&refused_back));
        prop_assert_eq!(forth.state(), back.state());
        prop_assert_eq!(forth.automerge_heads(), back.automerge_heads());

        let kept: Vec<_> = changes.into_iter().filter(|(meta, _)| !names(&refused).contains(&meta.entry)).collect();
        let mut replica = Replica::new();
        kept.iter().for_each(|(meta, change)| replica.take(meta, change));
        prop_assert_eq!(replica.state, forth.state());
    }

    #[test]
    fn any_bytes_are_a_state_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = RecordState::decode(&bytes);
    }

    #[test]
    fn a_damaged_state_never_panics(steps in prop::collection::vec(any_step(), 1..10), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let replicas = play(&steps);
        if let Some(state) = replicas[0].document.state() {
            let mut bytes = state.encode();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(other) = RecordState::decode(&bytes) {
                prop_assert!(other.encode().len() <= bytes.len() * 40);
            }
            prop_assert!(RecordState::decode(&bytes[..at]).is_err());
        }
    }
}

fn any_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => any_value().prop_map(Action::Set),
        1 => Just(Action::Clear),
        2 => any_value().prop_map(Action::Include),
        1 => any_value().prop_map(Action::Exclude),
    ]
}

/// Each change depends on any of those before it, as the bits of a number say.
fn hostile(bodies: &[(u64, Vec<(u16, Action)>)]) -> Vec<(ChangeMeta, RecordChange)> {
    let mut changes: Vec<(ChangeMeta, RecordChange)> = Vec::new();
    for (number, (past, ops)) in (0..).zip(bodies) {
        let earlier = changes.iter().enumerate().filter(|(index, _)| past >> index & 1 == 1);
        let deps: BTreeSet<EntryRef> = earlier.map(|(_, (meta, _))| meta.entry).collect();
        let mut ops: Vec<Op> =
            ops.iter().map(|(field, action)| Op { field: FieldNo(*field), action: action.clone() }).collect();
        ops.sort_by(|one, other| one.key().cmp(&other.key()));
        ops.dedup_by(|one, other| one.key() == other.key());
        let kind = if past >> 63 == 1 { Kind::Person } else { Kind::Vehicle };
        let change = RecordChange { record: RECORD, kind, deps: deps.into_iter().collect(), ops };
        changes.push((meta(number as u8 % 3, number), change));
    }
    changes
}

#[test]
fn straight_lines_take_the_fast_path() {
    let edit = |text: &str| Step::Edit { replica: 0, stale: false, wanted: vec![(COLOUR, one(text))] };
    let replicas = play(&[edit("white"), edit("grey"), Step::Sync { from: 0, to: 1 }, edit("silver")]);
    assert_eq!(replicas.iter().map(|replica| replica.fast).collect::<Vec<_>>(), [3, 3, 3]);
}
