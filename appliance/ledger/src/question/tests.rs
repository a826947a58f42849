use cairn_record::{IdentifierKind, Kind, RecordId};
use proptest::prelude::*;

use super::*;
use crate::names::{EntryRef, ReplicaId};

fn question() -> impl Strategy<Value = Question> {
    use IdentifierKind::{Document, Name, Phone, Plate, Vin};
    let kind = proptest::sample::select(&[Plate, Phone, Document, Vin, Name][..]);
    let reading = (kind, any::<bool>(), "\\PC{1,40}", "\\PC{0,40}")
        .prop_map(|(kind, pattern, exact, lookalike)| AskedReading { kind, pattern, exact, lookalike });
    let readings = proptest::collection::vec(reading, 1..=READINGS_MAX);
    (any::<[u8; 32]>(), 1..=VALID_S_MAX, any::<bool>(), "\\PC{1,60}", readings)
        .prop_map(|(to, valid_s, zone, text, readings)| Question { to: ReplicaId(to), valid_s, zone, text, readings })
}

fn marker() -> impl Strategy<Value = AnswerMarker> {
    ("[a-z_]{0,40}", "[a-z_]{0,40}", "\\PC{0,200}", "\\PC{0,140}", any::<bool>())
        .prop_map(|(code, action, reason, contact, discreet)| AnswerMarker { code, action, reason, contact, discreet })
}

fn hit() -> impl Strategy<Value = AnswerHit> {
    let markers = proptest::collection::vec(marker(), 0..=MARKERS_MAX);
    let grade = ["[0-9x]{0,5}", "[A-F1-6]?", "[A-F1-6]?"];
    let open =
        (any::<[u8; 16]>(), "\\PC{0,120}", proptest::array::uniform5("\\PC{0,20}"), grade, any::<u64>(), markers)
            .prop_map(|(record, title, names, grade, changed_ms, markers)| {
                let [agency, site, person, origin_agency, origin_ref] = names;
                AnswerHit::Open(Box::new(OpenHit {
                    record: RecordId(record),
                    kind: Kind::Vehicle,
                    matched: Likeness::LookAlike,
                    title,
                    agency,
                    site,
                    person,
                    origin_agency,
                    origin_ref,
                    grade,
                    changed_ms,
                    markers,
                }))
            });
    let contact = ("\\PC{0,64}", "\\PC{0,64}", "\\PC{0,140}")
        .prop_map(|(agency, site, contact)| AnswerHit::Contact(ContactHit { agency, site, contact }));
    prop_oneof![open, contact]
}

fn answer() -> impl Strategy<Value = Answer> {
    let hits = proptest::collection::vec(hit(), 0..14);
    let unheard = proptest::collection::vec("\\PC{0,64}", 0..=UNHEARD_MAX);
    (any::<[u8; 16]>(), 0..=NUMBER_MAX, any::<u64>(), hits, any::<u16>(), unheard, any::<u16>()).prop_map(
        |(question, number, as_of_ms, hits, more, unheard, unheard_more)| Answer {
            question: EntryRef(question),
            asker: ReplicaId([3; 32]),
            number,
            as_of_ms,
            hits,
            more,
            unheard,
            unheard_more,
        },
    )
}

proptest! {
    #[test]
    fn a_question_comes_back(question in question()) {
        prop_assert_eq!(Question::decode(&question.encode()).unwrap(), question);
    }

    #[test]
    fn an_answer_that_fits_comes_back_and_is_a_whole_number_of_units_long(answer in answer()) {
        let fitting = answer.clone().fit();
        let bytes = fitting.encode();
        prop_assert_eq!(bytes.len() % ANSWER_UNIT_BYTES, 0);
        prop_assert!(bytes.len() <= ANSWER_BYTES_MAX);
        let left_out = answer.hits.len() - fitting.hits.len();
        prop_assert_eq!(usize::from(fitting.more), usize::from(answer.more).saturating_add(left_out).min(0xffff));
        prop_assert_eq!(Answer::decode(&bytes).unwrap(), fitting);
    }
}

#[test]
fn an_answer_has_one_length_and_one_filling() {
    let answer = Answer {
        question: EntryRef([1; 16]),
        asker: ReplicaId([2; 32]),
        number: 0,
        as_of_ms: 3,
        hits: Vec::new(),
        more: 0,
        unheard: Vec::new(),
        unheard_more: 0,
    };
    let bytes = answer.encode();
    assert_eq!(bytes.len(), ANSWER_UNIT_BYTES);
    let longer = [bytes.as_slice(), &[0; ANSWER_UNIT_BYTES]].concat();
    let cut = bytes[..ANSWER_UNIT_BYTES - 1].to_vec();
    let mut dirty = bytes;
    dirty[ANSWER_UNIT_BYTES - 1] = 1;
    for wrong in [longer, cut, dirty, Vec::new()] {
        assert!(Answer::decode(&wrong).is_err(), "{} bytes", wrong.len());
    }
}
