//! What is still good in a damaged segment, written anew as a segment.
//!
//! Every frame has its own CRC, so the frames around the damage are read as before. They become commits again: those of a
//! commit that is whole as they were, those of a commit that lost some without them, and where the end of a commit is
//! lost, those of it together with the next.

use super::frame::{COMMIT, ENTRY, SEAL, SEGMENT_HEAD_LEN, close_group, read_frame, segment_head};
use crate::entry::Entry;
use crate::wire::Reader;

/// Frames that are not closed by the end of a commit yet.
#[derive(Default)]
struct Group {
    bytes: Vec<u8>,
    frames: u32,
    seal_allowed: bool,
}

/// Segment `segment`, before which `commits_before` commits were made, without what is damaged in it. The end of a closed
/// segment is the end of a commit; that of the last one may be a torn write, which never counts.
pub(super) fn salvage(bytes: &[u8], segment: u32, commits_before: u64, closed: bool) -> Vec<u8> {
    let mut out = segment_head(segment, commits_before).to_vec();
    let mut commit = commits_before;
    let mut group = Group::default();
    let mut at = SEGMENT_HEAD_LEN;
    while at < bytes.len() {
        let Ok(frame) = read_frame(&bytes[at..]) else {
            group.seal_allowed = false;
            at += 1;
            continue;
        };
        let whole = &bytes[at..at + frame.len];
        match frame.kind {
            ENTRY => group.take_entry(frame.payload, whole),
            SEAL => group.take_seal(whole),
            COMMIT => {
                let number = Reader::new(frame.payload, "the end of a commit").u64().unwrap_or_default();
                if number > commit {
                    commit = number;
                    group.close(commit, &mut out);
                }
            }
            _ => group.seal_allowed = false,
        }
        at += frame.len;
    }
    if closed {
        group.close(commit + 1, &mut out);
    }
    out
}

impl Group {
    fn take_entry(&mut self, payload: &[u8], whole: &[u8]) {
        self.seal_allowed = Entry::decode(payload).is_ok_and(|entry| entry.body_matches());
        if self.seal_allowed {
            self.bytes.extend_from_slice(whole);
            self.frames += 1;
        }
    }

    fn take_seal(&mut self, whole: &[u8]) {
        if std::mem::take(&mut self.seal_allowed) {
            self.bytes.extend_from_slice(whole);
            self.frames += 1;
        }
    }

    fn close(&mut self, commit: u64, out: &mut Vec<u8>) {
        let mut closed = std::mem::take(self);
        if closed.frames > 0 {
            close_group(&mut closed.bytes, commit, closed.frames);
            out.extend_from_slice(&closed.bytes);
        }
    }
}
