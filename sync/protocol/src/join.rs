//! The frames of enrolment: one request, one answer, on a connection of their own.
//!
//! The content is JSON that the casebooks of both sides understand; here it is only framed and bounded.

use crate::Refusal;
use crate::bytes::Reader;
use crate::frame::{put_reason, read_reason, wrap};

/// Longest request or grant in bytes.
pub const JOIN_BYTES_MAX: usize = 64 * 1024;

const REQUEST: u8 = 0x20;
const GRANT: u8 = 0x21;
const REFUSED: u8 = 0x22;

/// A frame of enrolment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JoinFrame {
    /// What a new replica sends: a JSON object.
    Request(Vec<u8>),
    /// What the hub answers: a JSON object.
    Grant(Vec<u8>),
    /// Or why not: name and explanation.
    Refused(String, String),
}

impl JoinFrame {
    /// The frame with its type and length.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Request(json) => wrap(REQUEST, json),
            Self::Grant(json) => wrap(GRANT, json),
            Self::Refused(name, detail) => {
                let mut body = Vec::new();
                put_reason(&mut body, name, detail);
                wrap(REFUSED, &body)
            }
        }
    }
}

/// Reads the one frame that a side of an enrolment sends. `bytes` is the whole stream.
pub fn decode_join_frame(bytes: &[u8]) -> Result<JoinFrame, Refusal> {
    let mut reader = Reader::new(bytes, "an enrolment");
    let kind = reader.byte()?;
    let length = reader.count(JOIN_BYTES_MAX)?;
    let body = reader.take(length)?;
    reader.finish()?;
    match kind {
        REQUEST => Ok(JoinFrame::Request(body.to_vec())),
        GRANT => Ok(JoinFrame::Grant(body.to_vec())),
        REFUSED => {
            let mut reader = Reader::new(body, "an enrolment");
            let (name, detail) = read_reason(&mut reader)?;
            reader.finish()?;
            Ok(JoinFrame::Refused(name, detail))
        }
        kind => Err(Refusal::UnknownFrame(kind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = decode_join_frame(&bytes);
        }
    }

    #[test]
    fn frames_of_enrolment_come_back() {
        for frame in [
            JoinFrame::Request(b"{}".to_vec()),
            JoinFrame::Grant(b"{\"agency\":\"x\"}".to_vec()),
            JoinFrame::Refused("wrong-code".into(), "the code is wrong or was used".into()),
        ] {
            assert_eq!(decode_join_frame(&frame.encode()), Ok(frame));
        }
    }

    #[test]
    fn too_long_a_request_is_refused() {
        let frame = JoinFrame::Request(vec![b' '; JOIN_BYTES_MAX + 1]);
        assert_eq!(decode_join_frame(&frame.encode()), Err(Refusal::TooLarge("an enrolment")));
    }
}
