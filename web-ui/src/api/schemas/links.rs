//! Shapes of what is said of sync: peers, rules of links, why a site cannot be seen, notices, sticks.

use cairn_casebook::{BUDGET_BYTES_MAX, BUDGET_BYTES_MIN, NoticeKind, WhyPart};
use serde_json::{Value, json};

use super::{Shapes, codes, hex, list, object, or_null, site_role, text, time, whole, yes_or_no};

fn link_rule() -> Value {
    let minute = json!({"type": "integer", "minimum": 0, "maximum": 1439});
    object([
        ("when", codes(["always", "windows", "metered"])),
        ("windows", list(object([("from", minute.clone()), ("until", minute)]))),
        ("bytes_a_day", or_null(json!({"type": "integer", "minimum": BUDGET_BYTES_MIN, "maximum": BUDGET_BYTES_MAX}))),
    ])
}

fn link_rules() -> Value {
    object([
        ("offset_minutes", whole()),
        ("general", link_rule()),
        ("sites", list(object([("replica", hex(32)), ("rule", link_rule())]))),
    ])
}

fn link_use() -> Value {
    let waits =
        object([("because", codes(["window", "budget", "metered", "cancelled"])), ("until_ms", or_null(time()))]);
    object([
        ("rule", link_rule()),
        ("own", yes_or_no()),
        ("offset_minutes", whole()),
        ("used_today", whole()),
        ("waits", or_null(waits)),
    ])
}

fn link_why() -> Value {
    let step = object([
        ("step", codes(WhyPart::ALL.map(WhyPart::key))),
        ("title", text()),
        ("outcome", codes(["well", "care", "bad", "untried"])),
        ("finding", text()),
        ("said", text()),
        ("advice", text()),
    ]);
    object([
        ("replica", hex(32)),
        ("site", text()),
        ("role", site_role()),
        ("at_ms", time()),
        ("linked", yes_or_no()),
        ("steps", list(step)),
    ])
}

fn notice() -> Value {
    let kind = codes(NoticeKind::ALL.map(NoticeKind::key));
    object([
        ("kind", kind),
        ("site", text()),
        ("at_ms", time()),
        ("apart_ms", whole()),
        ("entries", whole()),
        ("words", text()),
    ])
}

pub(super) fn exchange() -> Shapes {
    let space = object([
        ("space", hex(16)),
        ("title", text()),
        ("kind", codes(["registry", "records", "audit"])),
        ("equal", or_null(yes_or_no())),
        ("to_send", whole()),
        ("to_receive", whole()),
    ]);
    let peer = object([
        ("replica", hex(32)),
        ("site", text()),
        ("role", site_role()),
        ("addresses", list(text())),
        ("connected", yes_or_no()),
        ("last_contact_ms", or_null(time())),
        ("last_equal_ms", or_null(time())),
        ("bytes_sent", whole()),
        ("bytes_received", whole()),
        ("failure", text()),
        ("next_attempt_ms", or_null(time())),
        ("link", link_use()),
        ("spaces", list(space)),
    ]);
    vec![
        (
            "SyncStatus",
            object([
                ("cut", yes_or_no()),
                ("cancelled_until_ms", or_null(time())),
                ("peers", list(peer)),
                ("words", text()),
                ("state", codes(["ok", "waiting", "cut", "alone", "trouble"])),
                ("notices", list(notice())),
            ]),
        ),
        ("LinkWhy", link_why()),
        ("LinkRules", link_rules()),
        (
            "StickLine",
            object([
                ("direction", codes(["written", "read"])),
                ("number", whole()),
                ("replica", hex(32)),
                ("site", text()),
                ("at_ms", time()),
                ("made_ms", time()),
                ("expires_ms", time()),
                ("entries", whole()),
                ("bytes", whole()),
                ("files", whole()),
                ("files_left", whole()),
                ("state", codes(["on_the_way", "received", "expired", "read"])),
                ("received_ms", or_null(time())),
            ]),
        ),
        (
            "StickReport",
            object([
                ("number", whole()),
                ("site", text()),
                ("made_ms", time()),
                ("entries", whole()),
                ("held_before", whole()),
                ("files", whole()),
                ("files_bytes", whole()),
                ("files_left", whole()),
                ("files_missing", whole()),
                ("missing", list(whole())),
                ("received", list(whole())),
                ("set_aside", list(text())),
            ]),
        ),
        (
            "Invitation",
            object([
                ("code", text()),
                ("addresses", list(text())),
                ("agency", text()),
                ("site", text()),
                ("expires_ms", time()),
                ("hub", yes_or_no()),
                ("relay", yes_or_no()),
            ]),
        ),
    ]
}
