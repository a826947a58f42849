mod laws;

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
