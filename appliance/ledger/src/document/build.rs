//! From a checked change to an Automerge change, and from Automerge's values back.

use std::num::NonZeroU64;

use automerge::legacy::{self, Key, ObjectId, OpId, OpType, SortedVec};
use automerge::{ActorId, Change, ChangeHash, ExpandedChange, ScalarValue};
use cairn_record::{RecordId, Value};

use super::ChangeMeta;
use crate::codec::{Action, Op, OpKey, RecordChange};

/// The actor of the change in this entry. See the module's docs for why it is one an entry.
pub(super) fn actor(record: RecordId, meta: &ChangeMeta) -> ActorId {
    let mut hasher = blake3::Hasher::new_derive_key("cairn 2026 actor of a record change v1");
    hasher.update(&meta.replica.0);
    hasher.update(&meta.incarnation.0.to_be_bytes());
    hasher.update(&record.0);
    hasher.update(&meta.entry.0);
    let mut bytes = [0; 16];
    hasher.finalize_xof().fill(&mut bytes);
    ActorId::from(bytes)
}

/// The name of a map key in the document: `33`, or for an element of a set `33:t<text>`, `33:i<number>`,
/// `33:r<record>`, `33:byes`.
pub(super) fn key_name(key: OpKey<'_>) -> String {
    let field = key.field.0;
    match key.element {
        None => field.to_string(),
        Some(Value::Text(text)) => format!("{field}:t{text}"),
        Some(Value::Int(number)) => format!("{field}:i{number}"),
        Some(Value::Record(id)) => format!("{field}:r{id}"),
        Some(Value::Bool(truth)) => format!("{field}:b{truth}"),
    }
}

/// The Automerge change of `change`; `preds` are the predecessors of each operation in order.
pub(super) fn expanded(
    change: &RecordChange,
    meta: &ChangeMeta,
    start: NonZeroU64,
    mut deps: Vec<ChangeHash>,
    preds: Vec<Vec<OpId>>,
) -> ExpandedChange {
    deps.sort_unstable();
    let operations = change.ops.iter().zip(preds).map(|(op, pred)| operation(op, pred)).collect();
    ExpandedChange {
        operations,
        actor_id: actor(change.record, meta),
        hash: None,
        seq: 1,
        start_op: start,
        time: i64::try_from(meta.unix_ms).unwrap_or(i64::MAX),
        message: None,
        deps,
        extra_bytes: Vec::new(),
        author: None,
    }
}

/// Builds the change. Automerge panics here on what it does not expect; the caller catches that.
pub(super) fn built(expanded: ExpandedChange) -> Change {
    Change::from(expanded)
}

fn operation(op: &Op, pred: Vec<OpId>) -> legacy::Op {
    let action = match &op.action {
        Action::Set(value) => OpType::Put(scalar(value)),
        Action::Include(_) => OpType::Put(ScalarValue::Boolean(true)),
        Action::Clear | Action::Exclude(_) => OpType::Delete,
    };
    let key = Key::Map(key_name(op.key()).into());
    legacy::Op { action, obj: ObjectId::Root, key, pred: SortedVec::from(pred), insert: false }
}

pub(super) fn scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Bool(truth) => ScalarValue::Boolean(*truth),
        Value::Int(number) => ScalarValue::Int(*number),
        Value::Record(id) => ScalarValue::Bytes(id.0.to_vec()),
        Value::Text(text) => ScalarValue::Str(text.as_str().into()),
    }
}

/// The value of a key of the document; `None` when it is nothing that [`expanded`] writes.
pub(super) fn value(found: &ScalarValue) -> Option<Value> {
    Some(match found {
        ScalarValue::Boolean(truth) => Value::Bool(*truth),
        ScalarValue::Int(number) => Value::Int(*number),
        ScalarValue::Bytes(bytes) => Value::Record(RecordId(bytes.as_slice().try_into().ok()?)),
        ScalarValue::Str(text) => Value::Text(text.to_string()),
        _ => return None,
    })
}
