//! The index against a plain scan over the records: whatever is put, removed, committed, rested or lost in a kill, in
//! whatever order, both find the same records in the same order for the same reasons.

use std::collections::{BTreeMap, BTreeSet};

use cairn_finder::{Answer, IndexedRecord, MatchedBy, Query, SearchIndex, SpaceKey};
use cairn_record::{Kind, RecordId, Value, normalise};
use proptest::prelude::*;

use crate::made_up::{SECRET, SHARED, id, killed, open, record};

const WORDS: &[&str] = &[
    "fairfax",
    "fairfaks",
    "fairfield",
    "fair",
    "chavdarov",
    "cavdarov",
    "чавдаров",
    "cole",
    "coles",
    "cloe",
    "cale",
    "col",
    "anna",
    "ana",
    "hanna",
    "ab12",
    "ab1",
    "12",
];

#[derive(Clone, Debug)]
enum Step {
    Put {
        number: u64,
        name: Vec<usize>,
        text: Vec<usize>,
        organisation: bool,
        secret: bool,
        hub: bool,
    },
    Remove(u64),
    Commit,
    Rest,
    Kill,
    Search {
        words: Vec<usize>,
        organisations_only: bool,
        secrets_too: bool,
        hub_only: bool,
        offset: usize,
        limit: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let words = |most| prop::collection::vec(0..WORDS.len(), 0..=most);
    let put = (0..12_u64, words(3), words(4), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(number, name, text, organisation, secret, hub)| Step::Put { number, name, text, organisation, secret, hub },
    );
    let search = (
        prop::collection::vec(0..WORDS.len(), 1..4),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        0..3_usize,
        0..15_usize,
    )
        .prop_map(|(words, organisations_only, secrets_too, hub_only, offset, limit)| Step::Search {
            words,
            organisations_only,
            secrets_too,
            hub_only,
            offset,
            limit,
        });
    prop_oneof![
        8 => put,
        2 => (0..12_u64).prop_map(Step::Remove),
        2 => Just(Step::Commit),
        1 => Just(Step::Rest),
        1 => Just(Step::Kill),
        8 => search,
    ]
}

/// A record as the plain scan knows it.
#[derive(Clone, Debug)]
struct Plain {
    kind: Kind,
    space: SpaceKey,
    holder: String,
    age: u64,
    names: BTreeSet<String>,
    words: BTreeSet<String>,
}

fn texts(words: &[usize]) -> Vec<&'static str> {
    words.iter().map(|at| WORDS[*at]).collect()
}

fn both(step: &Step, age: u64) -> Option<(IndexedRecord, Plain)> {
    let Step::Put { number, name, text, organisation, secret, hub } = step else { return None };
    let (name, text) = (texts(name), texts(text));
    let (kind, key) = if *organisation { (Kind::Organisation, "name") } else { (Kind::Person, "surname") };
    let mut indexed = record(*number, kind, &[(key, &name.join(" ")), ("description", &text.join(", "))]);
    indexed.space = if *secret { SECRET } else { SHARED };
    indexed.holder = if *hub { "Hub".into() } else { "Bridge post".into() };
    indexed.recorded_ms = age * 1000;
    // A field that is not searched never matters.
    let grade = cairn_record::schema::schema(kind).by_key("handling_conditions").unwrap();
    indexed.fields.insert(grade.no, vec![Value::from("fairfax cole anna")]);
    let names: BTreeSet<String> = name.iter().map(|word| word.to_string()).collect();
    let words = names.iter().cloned().chain(text.iter().map(|word| word.to_string())).collect();
    let plain = Plain { kind, space: indexed.space, holder: indexed.holder.clone(), age, names, words };
    Some((indexed, plain))
}

/// Edit distance with exchanged neighbours, by the book.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = match (i, j) {
                (0, far) | (far, 0) => far,
                _ => {
                    let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                    let exchange = if exchanged { rows[i - 2][j - 2] + 1 } else { usize::MAX };
                    change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(exchange)
                }
            };
        }
    }
    rows[a.len()][b.len()]
}

fn sound_alike(a: &str, b: &str) -> bool {
    let forms = |word: &str| [normalise::skeleton(word), normalise::skeleton(&word.replace('x', "ks"))];
    let digits = |word: &str| word.chars().any(|c| c.is_ascii_digit());
    !digits(a) && !digits(b) && forms(a).iter().any(|form| forms(b).contains(form))
}

/// How the record holds one word.
fn best(plain: &Plain, word: &str, last: bool) -> Option<MatchedBy> {
    let letters_only = !word.chars().any(|c| c.is_ascii_digit());
    let ways = [
        (MatchedBy::Name, plain.names.contains(word)),
        (MatchedBy::Word, plain.words.contains(word)),
        (MatchedBy::Prefix, last && plain.words.iter().any(|held| held.starts_with(word))),
        (MatchedBy::SoundsLike, plain.names.iter().any(|held| sound_alike(held, word))),
        (
            MatchedBy::Misspelt,
            letters_only && word.chars().count() >= 4 && plain.words.iter().any(|held| distance(held, word) <= 1),
        ),
    ];
    ways.into_iter().find(|(_, does)| *does).map(|(by, _)| by)
}

type Line = (RecordId, Vec<MatchedBy>);

/// What a plain scan answers: every hit in order, and the counts.
fn scan(records: &BTreeMap<u64, Plain>, query: &Query) -> (Vec<Line>, BTreeMap<Kind, usize>, BTreeMap<String, usize>) {
    let words: Vec<&str> = query.text.split(' ').collect();
    let (mut hits, mut kinds, mut holders) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
    for (number, plain) in records {
        let whys = words.iter().enumerate().map(|(at, word)| best(plain, word, at + 1 == words.len()));
        let Some(why) = whys.collect::<Option<Vec<_>>>() else { continue };
        let holder_asked = query.holders.is_empty() || query.holders.contains(&plain.holder);
        if !query.spaces.contains(&plain.space) || !holder_asked {
            continue;
        }
        *kinds.entry(plain.kind).or_default() += 1;
        if query.kinds.is_empty() || query.kinds.contains(&plain.kind) {
            *holders.entry(plain.holder.clone()).or_default() += 1;
            let rank: Vec<usize> =
                MatchedBy::ALL.iter().map(|by| why.iter().filter(|found| *found == by).count()).collect();
            hits.push((rank, plain.age, (id(*number), why)));
        }
    }
    hits.sort_by(|a, b| (&b.0, b.1).cmp(&(&a.0, a.1)));
    (hits.into_iter().map(|(_, _, line)| line).collect(), kinds, holders)
}

fn compare(answer: &Answer, records: &BTreeMap<u64, Plain>, query: &Query) -> Result<(), TestCaseError> {
    let (lines, kinds, holders) = scan(records, query);
    prop_assert_eq!(answer.total, lines.len(), "{:?}", query);
    let page: Vec<Line> = lines.into_iter().skip(query.offset).take(query.limit).collect();
    let given: Vec<Line> =
        answer.hits.iter().map(|hit| (hit.record, hit.why.iter().map(|found| found.by).collect())).collect();
    prop_assert_eq!(given, page, "{:?}", query);
    prop_assert_eq!(answer.kinds.iter().copied().collect::<BTreeMap<_, _>>(), kinds);
    prop_assert_eq!(answer.holders.iter().cloned().collect::<BTreeMap<_, _>>(), holders);
    Ok(())
}

fn run(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut dir = tempfile::tempdir().unwrap();
    let mut index: SearchIndex = open(dir.path()).0;
    let (mut now, mut committed) = (BTreeMap::new(), (Vec::new(), BTreeMap::new()));
    for (age, step) in steps.iter().enumerate() {
        match step {
            Step::Put { number, .. } => {
                let Some((indexed, plain)) = both(step, age as u64) else { continue };
                index.put(indexed).unwrap();
                now.insert(*number, plain);
            }
            Step::Remove(number) => {
                index.remove(id(*number)).unwrap();
                now.remove(number);
            }
            Step::Commit => {
                committed = (age.to_le_bytes().to_vec(), now.clone());
                index.commit(&committed.0).unwrap();
            }
            Step::Rest => index.rest().unwrap(),
            Step::Kill => {
                let after = killed(dir.path());
                let (again, opened) = open(after.path());
                prop_assert_eq!((&opened.stamp, &opened.wiped), (&committed.0, &None));
                index = again;
                dir = after;
                now = committed.1.clone();
            }
            Step::Search { words, organisations_only, secrets_too, hub_only, offset, limit } => {
                let query = Query {
                    text: texts(words).join(" "),
                    kinds: if *organisations_only { vec![Kind::Organisation] } else { Vec::new() },
                    spaces: if *secrets_too { vec![SHARED, SECRET] } else { vec![SHARED] },
                    holders: if *hub_only { vec!["Hub".into()] } else { Vec::new() },
                    offset: *offset,
                    limit: *limit,
                };
                compare(&index.search(&query).unwrap(), &now, &query)?;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn finds_what_a_plain_scan_finds(steps in prop::collection::vec(step(), 1..60)) {
        run(&steps)?;
    }

    #[test]
    fn any_question_is_answered(text in "\\PC{0,40}") {
        let dir = tempfile::tempdir().unwrap();
        let (index, _) = open(dir.path());
        index.put(record(1, Kind::Person, &[("surname", &text), ("description", &text)])).unwrap();
        let query = Query { text, spaces: vec![SHARED], limit: 10, ..Query::default() };
        let waiting = index.search(&query).unwrap();
        index.commit(b"1").unwrap();
        let written = index.search(&query).unwrap();
        prop_assert_eq!(&waiting, &written);
        prop_assert!(waiting.hits.iter().all(|hit| !hit.why.is_empty()));
    }
}
