//! Shapes of questions to other sites and of their answers.

use cairn_casebook::REASON_CHARS_MAX;

use super::{
    Shapes, codes, hex, id, kind, list, object, of, or_null, site_role, text, text_to, time, whole, yes_or_no,
};

const RESULTS: [&str; 3] = ["none", "held", "contact"];

pub(super) fn shapes() -> Shapes {
    let mut shapes = vec![
        ("AskedQuestion", object([("text", text_to(400)), ("reason", text_to(REASON_CHARS_MAX)), ("to?", hex(32))])),
        (
            "Askable",
            object([("replica", hex(32)), ("site", text()), ("role", site_role()), ("connected", yes_or_no())]),
        ),
        ("Question", object(line())),
        ("QuestionWithAnswers", object(line().into_iter().chain([("answers", list(of("Answer")))]))),
        ("AskedHere", asked_here()),
    ];
    shapes.extend(answer());
    shapes
}

fn line() -> Vec<(&'static str, serde_json::Value)> {
    vec![
        ("id", hex(16)),
        ("asked", text()),
        ("read_as", list(text())),
        ("reason", text()),
        ("person", text()),
        ("user", text()),
        ("asked_ms", time()),
        ("to", text()),
        ("to_role", site_role()),
        ("connected", yes_or_no()),
        ("state", codes(["waiting", "sent", "answered", "expired"])),
        ("expires_ms", time()),
        ("result", or_null(codes(RESULTS))),
        ("hits", whole()),
        ("held_by", list(text())),
        ("answered_ms", or_null(time())),
        ("unread", yes_or_no()),
    ]
}

fn answer() -> Shapes {
    let marker = object([
        ("code", text()),
        ("label", text()),
        ("requested_action", text()),
        ("reason", text()),
        ("contact", text()),
        ("discreet", yes_or_no()),
    ]);
    let hit = object([
        ("record", or_null(id())),
        ("here", yes_or_no()),
        ("kind", or_null(kind())),
        ("title", text()),
        ("matched", or_null(codes(["exact", "look_alike", "name", "mention"]))),
        ("holder", of("Holder")),
        ("grade", or_null(of("Grade"))),
        ("changed_ms", time()),
        ("contact", text()),
        ("markers", list(marker)),
    ]);
    let answer = object([
        ("number", whole()),
        ("result", codes(RESULTS)),
        ("as_of_ms", time()),
        ("hits", list(hit)),
        ("more", whole()),
        ("unheard", list(text())),
        ("unheard_more", whole()),
    ]);
    vec![("Answer", answer)]
}

fn asked_here() -> serde_json::Value {
    let matched = object([
        ("record", id()),
        ("title", text()),
        ("discreet", yes_or_no()),
        ("outcome", codes(["open", "contact", "silent"])),
    ]);
    object([
        ("id", hex(16)),
        ("look", whole()),
        ("site", text()),
        ("person", text()),
        ("reason", text()),
        ("asked", text()),
        ("asked_ms", time()),
        ("answered_ms", time()),
        ("matched", list(matched)),
        ("alert", yes_or_no()),
    ])
}
