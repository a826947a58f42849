//! Targets for a fuzzer, run for a bounded time by the ordinary tests: whatever the bytes, every decoder answers, none
//! panics, and what it accepts is encoded to the same bytes again.

use cairn_ledger::attachment::{AttachmentStep, Manifest};
use cairn_ledger::blob::{CHUNK_BYTES, SealedChunk};
use cairn_ledger::codec::{self, Action, Op, RecordChange};
use cairn_ledger::document::{ChangeMeta, RecordDocument, RecordState};
use cairn_ledger::question::{Answer, AnswerHit, AskedReading, ContactHit, Question};
use cairn_ledger::registry::{SpaceKind, SpaceOpened, Statement};
use cairn_ledger::rescue::Rescued;
use cairn_ledger::{
    Author, Body, ChunkName, ClockQuality, Core, Entry, EntryHash, EntryKind, EntryRef, ForkProof, Header, Hlc,
    Incarnation, Lane, LogId, LogKey, ReplicaId, Seal, SpaceId, keystore, store,
};
use cairn_record::{FieldNo, IdentifierKind, Kind, RecordId, Value};
use ed25519_dalek::SigningKey;

/// Runs a target on any bytes, and on `valid` with a few of its bytes replaced, cut or grown: most bytes would not get
/// past the first check of a decoder.
fn on_bytes_near(valid: &[u8], target: impl Fn(&[u8]) + std::panic::RefUnwindSafe) {
    target(valid);
    bolero::check!().for_each(|bytes: &[u8]| {
        target(bytes);
        let mut near = valid.to_vec();
        for edit in bytes.chunks_exact(3) {
            let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % (near.len() + 1);
            match near.get_mut(at) {
                Some(byte) => *byte = edit[2],
                None if edit[2] < 128 => near.push(edit[2]),
                None => near.truncate(usize::from(edit[2])),
            }
        }
        target(&near);
    });
}

const REPLICA: ReplicaId = ReplicaId([2; 32]);

fn change() -> RecordChange {
    let op = |field, action| Op { field: FieldNo(field), action };
    RecordChange {
        record: RecordId([7; 16]),
        kind: Kind::Person,
        deps: Vec::new(),
        ops: vec![
            op(32, Action::Set(Value::from("Fairfax"))),
            op(34, Action::Include(Value::from("Liz"))),
            op(44, Action::Set(Value::Int(-181))),
            op(50, Action::Set(Value::Bool(true))),
        ],
    }
}

fn meta() -> ChangeMeta {
    ChangeMeta { entry: EntryRef([1; 16]), replica: REPLICA, incarnation: Incarnation(3), unix_ms: 4 }
}

fn entry() -> Entry {
    let key = LogKey { replica: REPLICA, incarnation: Incarnation(3), lane: Lane::Normal };
    let core = Core {
        log: LogId { space: SpaceId([4; 16]), key },
        number: 9,
        prev: EntryHash([5; 32]),
        key_epoch: 1,
        key_id: [6; 8],
        record_tag: [7; 16],
        hlc: Hlc { unix_ms: 1_790_000_000_000, counter: 1 },
        clock: ClockQuality::Local,
        kind: EntryKind::RecordChange,
    };
    let sealed = vec![8; 60];
    Entry { header: Header::new(core, &sealed), body: Some(sealed) }
}

#[test]
fn entries_headers_and_seals() {
    on_bytes_near(&entry().encode(), |bytes| {
        if let Ok(entry) = Entry::decode(bytes) {
            assert_eq!(entry.encode(), bytes);
        }
    });
    on_bytes_near(&entry().header.encode(), |bytes| {
        if let Ok(header) = Header::decode(bytes) {
            assert_eq!(header.encode(), bytes);
        }
    });
    let seal = Seal::sign(&entry().header.position(), &SigningKey::from_bytes(&[3; 32]));
    on_bytes_near(&seal.encode(), |bytes| {
        if let Ok(seal) = Seal::decode(bytes) {
            assert_eq!(seal.encode(), bytes);
            let _ = seal.verify();
        }
    });
}

#[test]
fn bodies_and_statements() {
    let author = Author { user: "k.daniels".into(), display: "Officer K.".into(), role: 1 };
    let body = Body { author, purpose: None, record: Some(RecordId([7; 16])), payload: vec![1, 2, 3] };
    on_bytes_near(&body.encode().unwrap(), |bytes| {
        if let Ok(body) = Body::decode(bytes) {
            assert_eq!(body.encode().as_deref(), Ok(bytes));
        }
    });
    let opened = SpaceOpened { space: SpaceId([4; 16]), kind: SpaceKind::Records, title: "Records".into() };
    on_bytes_near(&Statement::SpaceOpened(opened).encode().unwrap(), |bytes| {
        if let Ok(statement) = Statement::decode(bytes) {
            assert_eq!(statement.encode().as_deref(), Ok(bytes));
        }
        if let Ok(proof) = ForkProof::decode(bytes) {
            let _ = proof.verify();
        }
    });
}

#[test]
fn rescued_entries() {
    let entry = entry();
    let seal = Seal::sign(&entry.header.position(), &SigningKey::from_bytes(&[1; 32]));
    let rescued = Rescued { entries: vec![entry], links: Vec::new(), seal };
    on_bytes_near(&rescued.encode(), |bytes| {
        if let Ok(rescued) = Rescued::decode(bytes) {
            assert_eq!(rescued.encode(), bytes);
            let _ = rescued.verify(&SpaceId([4; 16]));
        }
    });
}

#[test]
fn questions_and_answers() {
    let reading = AskedReading {
        kind: IdentifierKind::Plate,
        pattern: false,
        exact: "OH3338L".into(),
        lookalike: "0H33381".into(),
    };
    let question =
        Question { to: REPLICA, valid_s: 604_800, zone: false, text: "oh3338l".into(), readings: vec![reading] };
    on_bytes_near(&question.encode(), |bytes| {
        if let Ok(question) = Question::decode(bytes) {
            assert_eq!(question.encode(), bytes);
        }
    });
    let contact = ContactHit { agency: "Northmark".into(), site: "Hub".into(), contact: "Desk 4".into() };
    let answer = Answer {
        question: EntryRef([1; 16]),
        asker: REPLICA,
        number: 1,
        as_of_ms: 1_790_000_000_000,
        hits: vec![AnswerHit::Contact(contact)],
        more: 2,
        unheard: vec!["Post Delta".into()],
        unheard_more: 0,
    };
    on_bytes_near(&answer.encode(), |bytes| {
        if let Ok(answer) = Answer::decode(bytes) {
            assert_eq!(answer.encode(), bytes);
        }
    });
}

/// What the codec accepts also goes through the merge engine, the one place where its promises matter.
#[test]
fn record_changes() {
    on_bytes_near(&codec::encode(&change()).unwrap(), |bytes| {
        let Ok(change) = codec::decode(bytes) else { return };
        assert_eq!(codec::encode(&change).as_deref(), Ok(bytes));
        let mut document = RecordDocument::new(change.record);
        let by_document = document.apply(&meta(), &change).is_ok();
        let by_fast_path = RecordState::new(change.record, change.kind).apply_linear(&meta(), &change).is_ok();
        assert_eq!(by_document, by_fast_path, "both ways take the same first changes");
    });
}

#[test]
fn states_journals_and_key_stores() {
    let mut state = RecordState::new(change().record, change().kind);
    state.apply_linear(&meta(), &change()).unwrap();
    on_bytes_near(&state.encode(), |bytes| {
        if let Ok(state) = RecordState::decode(bytes) {
            assert_eq!(RecordState::decode(&state.encode()), Ok(state));
        }
        let _ = store::scan(bytes);
        let _ = keystore::decode_head(bytes);
    });
}

#[test]
fn attachments_and_chunks() {
    let manifest = Manifest {
        name: "plate.jpg".into(),
        media_type: "image/jpeg".into(),
        size: CHUNK_BYTES as u64 + 1,
        epoch: 1,
        chunks: vec![ChunkName([1; 32]), ChunkName([2; 32])],
        thumbnail: vec![0xff, 0xd8, 0xff],
    };
    let show = AttachmentStep::Show { attachment: EntryRef([3; 16]), shown: false };
    for step in [AttachmentStep::Attach(Box::new(manifest)), show] {
        on_bytes_near(&step.encode().unwrap(), |bytes| {
            if let Ok(step) = AttachmentStep::decode(bytes) {
                assert_eq!(step.encode().as_deref(), Ok(bytes));
            }
            assert!(SealedChunk::checked(ChunkName([1; 32]), bytes.to_vec()).is_none());
        });
    }
}
