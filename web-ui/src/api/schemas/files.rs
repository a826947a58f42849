//! Shapes of files that belong to records.

use super::{Shapes, codes, hex, object, of, text, text_to, time, whole, yes_or_no};

pub(super) fn shapes() -> Shapes {
    vec![
        ("ShownAttachment", object([("shown", yes_or_no())])),
        (
            "Attachment",
            object([
                ("id", hex(16)),
                ("name", text_to(120)),
                ("media_type", text()),
                ("size", whole()),
                ("shown", yes_or_no()),
                ("whole", codes(["here", "partly", "not"])),
                ("parts_here", whole()),
                ("parts", whole()),
                ("wanted", yes_or_no()),
                ("thumbnail", yes_or_no()),
                ("picture", yes_or_no()),
                ("holder", of("Holder")),
                ("attached_ms", time()),
            ]),
        ),
    ]
}
