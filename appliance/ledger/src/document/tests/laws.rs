//! Laws that hold for any history: readings agree, replicas converge, nothing panics.

use super::*;

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
