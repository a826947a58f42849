//! The shapes of the API as JSON Schema (2020-12, as OpenAPI 3.1 takes it).
//!
//! Answers are checked against these shapes by the tests, so that they cannot drift from what is sent.

mod files;
mod links;
mod questions;

use cairn_casebook::{Right, Role};
use cairn_record::Kind;
use serde_json::{Map, Value, json};

use super::exchange::{ADDRESSES_MAX, INVITATION_MAX_MINUTES};
use super::records::SEARCH_MAX;
use super::session::HOLDS;
use super::sticks::VALID_MAX_DAYS;

/// All named shapes.
pub(super) fn schemas() -> Value {
    let groups = [
        inputs(),
        shared(),
        people(),
        records(),
        questions::shapes(),
        files::shapes(),
        imports(),
        links::exchange(),
        audit(),
    ];
    Value::Object(groups.into_iter().flatten().map(|(name, shape)| (name.to_owned(), shape)).collect())
}

type Shapes = Vec<(&'static str, Value)>;

fn text() -> Value {
    json!({"type": "string"})
}

fn text_to(max_chars: usize) -> Value {
    json!({"type": "string", "maxLength": max_chars})
}

fn whole() -> Value {
    json!({"type": "integer"})
}

fn yes_or_no() -> Value {
    json!({"type": "boolean"})
}

/// Milliseconds since 1970.
fn time() -> Value {
    json!({"type": "integer", "description": "Milliseconds since 1970-01-01T00:00Z."})
}

fn id() -> Value {
    json!({"type": "string", "format": "uuid"})
}

fn hex(bytes: usize) -> Value {
    json!({"type": "string", "pattern": format!("^[0-9a-f]{{{}}}$", bytes * 2)})
}

fn codes<'a>(codes: impl IntoIterator<Item = &'a str>) -> Value {
    json!({"type": "string", "enum": codes.into_iter().collect::<Vec<_>>()})
}

/// What a site is for.
fn site_role() -> Value {
    codes(["hub", "post", "relay"])
}

fn kind() -> Value {
    codes(Kind::ALL.map(Kind::key))
}

fn role() -> Value {
    codes(Role::ALL.map(Role::key))
}

fn of(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

fn or_null(shape: Value) -> Value {
    json!({"anyOf": [shape, {"type": "null"}]})
}

/// An object with exactly these properties; those whose name ends in `?` may be absent.
fn object<'a>(properties: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let (mut shapes, mut required) = (Map::new(), Vec::new());
    for (name, shape) in properties {
        let plain = name.trim_end_matches('?');
        if plain == name {
            required.push(plain);
        }
        shapes.insert(plain.to_owned(), shape);
    }
    json!({"type": "object", "properties": shapes, "required": required, "additionalProperties": false})
}

fn inputs() -> Shapes {
    let draft = |version: &'static str| object([("kind", kind()), ("fields", of("Draft")), (version, or_null(text()))]);
    vec![
        ("SignIn", object([("user", text()), ("password", text())])),
        ("OwnPassword", object([("old", text()), ("new", text())])),
        ("NewPassword", object([("new", text())])),
        ("Check", object([("text", text_to(1000))])),
        (
            "Search",
            object([
                ("text", text_to(200)),
                ("kinds?", list(kind())),
                ("offset?", json!({"type": "integer", "minimum": 0, "default": 0})),
                ("limit?", json!({"type": "integer", "minimum": 0, "maximum": SEARCH_MAX, "default": 20})),
            ]),
        ),
        (
            "Value",
            json!({
                "type": ["string", "integer", "boolean"],
                "description": "Text, a whole number, yes or no, or the id of another record. Dates are ISO 8601, \
                                possibly only a month or a year.",
            }),
        ),
        (
            "Draft",
            json!({
                "type": "object",
                "description": "Values by field key (see /api/v1/schema): one value, or a list; an empty list clears the field.",
                "additionalProperties": {"anyOf": [of("Value"), list(of("Value"))]},
            }),
        ),
        ("NewRecord", draft("version?")),
        ("ChangedRecord", draft("version")),
        ("Settle", object([("kind", kind()), ("field", text()), ("value", of("Value")), ("version", text())])),
        (
            "NewPerson",
            object([("user", text_to(32)), ("display", text_to(64)), ("role", role()), ("password", text())]),
        ),
        ("ChangedPerson", object([("role?", role()), ("disabled?", yes_or_no())])),
        ("PeerAddress", object([("replica?", or_null(hex(32))), ("address", text_to(260))])),
        (
            "StickOrder",
            object([
                ("to", text_to(120)),
                ("everything?", yes_or_no()),
                ("valid_days?", json!({"type": "integer", "minimum": 1, "maximum": VALID_MAX_DAYS})),
                ("files_bytes_max?", whole()),
            ]),
        ),
        (
            "Invite",
            object([
                ("addresses?", json!({"type": "array", "items": text_to(260), "maxItems": ADDRESSES_MAX})),
                ("valid_minutes?", json!({"type": "integer", "minimum": 1, "maximum": INVITATION_MAX_MINUTES})),
                ("hub?", yes_or_no()),
                ("relay?", yes_or_no()),
            ]),
        ),
        (
            "Join",
            object([
                ("code", text_to(600)),
                ("addresses?", json!({"type": "array", "items": text_to(260), "maxItems": ADDRESSES_MAX})),
            ]),
        ),
        ("Verify", object([("audit_only?", yes_or_no())])),
    ]
}

fn shared() -> Shapes {
    vec![
        (
            "Problem",
            object([
                ("title", text()),
                ("status", whole()),
                ("detail", text()),
                ("code", text()),
                ("problems", list(of("FieldProblem"))),
            ]),
        ),
        ("FieldProblem", object([("field", or_null(text())), ("code", text()), ("text", text())])),
        ("Names", list(text())),
        (
            "Holder",
            object([
                ("agency", text()),
                ("site", text()),
                ("person", text()),
                ("origin_agency", text()),
                ("origin_ref", text()),
            ]),
        ),
        ("Grade", object([("scheme", text()), ("source", text()), ("information", text())])),
        (
            "Freshness",
            object([
                ("replica", hex(32)),
                ("site", text()),
                ("role", site_role()),
                ("here", yes_or_no()),
                ("complete_ms", or_null(time())),
                ("newest_ms", or_null(time())),
            ]),
        ),
    ]
}

fn people() -> Shapes {
    let rights: Vec<Value> = Right::ALL.iter().filter_map(|right| serde_json::to_value(right).ok()).collect();
    let person = object([
        ("user", text()),
        ("display", text()),
        ("role", or_null(role())),
        ("rights", list(json!({"type": "string", "enum": rights}))),
    ]);
    vec![
        ("SignedInPerson", person),
        (
            "Session",
            object([
                ("token", hex(32)),
                ("person", of("SignedInPerson")),
                ("idle_max_ms", whole()),
                ("age_max_ms", whole()),
            ]),
        ),
        (
            "Identity",
            object([
                ("replica", hex(32)),
                ("agency", text()),
                ("site", text()),
                ("country", text()),
                ("role", site_role()),
                ("enrolled", yes_or_no()),
                ("keeps_registry", yes_or_no()),
                ("demo", yes_or_no()),
                ("person", of("SignedInPerson")),
            ]),
        ),
        (
            "Person",
            object([
                ("user", text()),
                ("display", text()),
                ("role", role()),
                ("disabled", yes_or_no()),
                ("last_sign_in_ms", or_null(time())),
            ]),
        ),
    ]
}

fn summary() -> Vec<(&'static str, Value)> {
    vec![
        ("id", id()),
        ("kind", kind()),
        ("title", text()),
        ("holder", of("Holder")),
        ("space", hex(16)),
        ("space_title", text()),
        ("grade", or_null(of("Grade"))),
        ("changed_ms", time()),
        ("conflict", yes_or_no()),
        ("part_lost", yes_or_no()),
        ("withdrawn", yes_or_no()),
        ("discreet", yes_or_no()),
    ]
}

fn summary_and(more: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    object(summary().into_iter().chain(more))
}

fn records() -> Shapes {
    let mut shapes = kinds_and_fields();
    shapes.extend(answers());
    shapes.extend(one_record());
    shapes
}

fn kinds_and_fields() -> Shapes {
    let field = object([
        ("key", text()),
        ("label", text()),
        ("holds", codes(HOLDS)),
        ("codes", list(object([("code", text()), ("label", text())]))),
        ("max_chars", whole()),
        ("many", yes_or_no()),
        ("required", yes_or_no()),
        ("identifies", yes_or_no()),
        ("searched", yes_or_no()),
        ("entered", yes_or_no()),
    ]);
    vec![
        ("Field", field),
        ("Kind", object([("key", kind()), ("label", text()), ("plural", text()), ("fields", list(of("Field")))])),
    ]
}

fn answers() -> Shapes {
    vec![
        (
            "CheckHit",
            summary_and([
                ("matched", codes(["exact", "look_alike", "name"])),
                ("field", text()),
                ("value", text()),
                ("age_ms", whole()),
                ("markers", list(of("Marker"))),
                ("linked", list(of("Linked"))),
            ]),
        ),
        (
            "CheckAnswer",
            object([
                ("asked", text()),
                ("read_as", list(text())),
                ("verdict", codes(["hit", "possible", "nothing_held", "not_understood"])),
                ("hits", list(of("CheckHit"))),
                ("more", whole()),
                ("freshness", list(of("Freshness"))),
                ("answered_ms", time()),
                ("warnings", list(text())),
            ]),
        ),
        ("SearchHit", summary_and([("why", text())])),
        (
            "SearchAnswer",
            object([
                ("asked", text()),
                ("hits", list(of("SearchHit"))),
                ("total", whole()),
                (
                    "facets",
                    list(json!({"type": "array", "prefixItems": [kind(), whole()], "minItems": 2, "maxItems": 2})),
                ),
                ("also_searched", list(text())),
                ("ignored", list(text())),
                ("freshness", list(of("Freshness"))),
                ("answered_ms", time()),
            ]),
        ),
        (
            "Home",
            object([
                ("conflicts", list(of("Summary"))),
                ("conflicts_total", whole()),
                ("reviews", list(of("Marker"))),
                ("answers", list(of("Question"))),
                ("alerts", list(of("AskedHere"))),
                ("recent", list(of("Summary"))),
                ("waiting", whole()),
                ("set_aside", list(object([("what", text()), ("reason", text()), ("at_ms", time())]))),
                ("records", whole()),
            ]),
        ),
    ]
}

fn one_record() -> Shapes {
    let value = object([("value", of("Value")), ("text", text()), ("holder", of("Holder")), ("written_ms", time())]);
    let change = object([("key", text()), ("label", text()), ("before", list(text())), ("after", list(text()))]);
    vec![
        ("Summary", object(summary())),
        (
            "Marker",
            object([
                ("id", id()),
                ("code", text()),
                ("label", text()),
                ("reason", text()),
                ("requested_action", text()),
                ("contact", text()),
                ("discreet", yes_or_no()),
                ("holder", of("Holder")),
                ("set_ms", time()),
                ("review_by", text()),
            ]),
        ),
        (
            "Linked",
            object([
                ("link", id()),
                ("relation", text()),
                ("label", text()),
                ("other", id()),
                ("kind", or_null(kind())),
                ("title", text()),
            ]),
        ),
        ("HeldField", object([("key", text()), ("label", text()), ("values", list(value)), ("conflict", yes_or_no())])),
        (
            "HistoryStep",
            object([
                ("entry", hex(16)),
                ("holder", of("Holder")),
                ("written_ms", time()),
                ("changes", list(change)),
                ("settles", yes_or_no()),
            ]),
        ),
        ("LostPart", object([("waiting", whole()), ("words", text())])),
        (
            "Record",
            summary_and([
                ("version", text()),
                ("lost", or_null(of("LostPart"))),
                ("fields", list(of("HeldField"))),
                ("links", list(of("Linked"))),
                ("markers", list(of("Marker"))),
                ("attachments", list(of("Attachment"))),
                ("history", list(of("HistoryStep"))),
                (
                    "whereabouts",
                    list(object([
                        ("site", text()),
                        ("role", site_role()),
                        ("has_it", yes_or_no()),
                        ("since_ms", or_null(time())),
                    ])),
                ),
            ]),
        ),
        (
            "Saved",
            object([
                ("id", id()),
                ("version", text()),
                ("changed", yes_or_no()),
                ("conflict", yes_or_no()),
                ("warnings", list(of("FieldProblem"))),
            ]),
        ),
    ]
}

fn imports() -> Shapes {
    vec![
        (
            "RejectedRow",
            object([("line", whole()), ("code", text()), ("reason", text()), ("said?", of("Reason")), ("raw", text())]),
        ),
        ("Reason", object([("name", text()), ("args?", json!({"type": "object"}))])),
        (
            "ImportReport",
            object([
                ("batch", text()),
                ("dry_run", yes_or_no()),
                ("mapping", text()),
                ("file", text()),
                ("read", whole()),
                ("imported", whole()),
                ("same", whole()),
                ("rejected", list(of("RejectedRow"))),
                ("created", json!({"type": "object", "additionalProperties": whole()})),
                ("changed", whole()),
                ("remarks", list(of("RejectedRow"))),
            ]),
        ),
        (
            "ImportBatch",
            object([
                ("batch", text()),
                ("report", of("ImportReport")),
                ("person", text()),
                ("at_ms", time()),
                ("undone_ms", or_null(time())),
            ]),
        ),
        ("UndoReport", object([("batch", text()), ("withdrawn", whole()), ("changed_since", whole())])),
        (
            "Mapping",
            json!({
                "type": "object",
                "description": "How a file's columns become records; take a shipped one as the model.",
                "properties": {"name": text()},
                "required": ["name"],
            }),
        ),
        (
            "ImportForm",
            json!({
                "type": "object",
                "properties": {
                    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                    "mapping": {"type": "string", "description": "Name of a mapping."},
                    "mapping_json": {"type": "string", "contentMediaType": "application/json"},
                    "dry_run": codes(["true", "false"]),
                },
                "required": ["file"],
            }),
        ),
    ]
}

fn audit() -> Shapes {
    let log = object([
        ("space", text()),
        ("kind", text()),
        ("site", text()),
        ("lane", codes(["urgent", "normal", "bulk"])),
        ("entries", whole()),
        ("fault", text()),
    ]);
    vec![
        (
            "AuditLine",
            object([
                ("site", text()),
                ("number", whole()),
                ("at_ms", time()),
                ("person", text()),
                ("user", text()),
                ("role", text()),
                ("action", text()),
                ("records", list(id())),
                ("detail", text()),
                ("count", whole()),
                ("witnessed", yes_or_no()),
            ]),
        ),
        ("Verification", object([("sound", yes_or_no()), ("logs", list(log))])),
    ]
}
