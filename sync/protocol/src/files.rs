//! Chunks of attachments, on streams of their own: whoever wants some asks, one at a time.
//!
//! The side that wants chunks opens a stream and runs [`Fetch`] on it; the other side answers with [`Serve`]. Nobody
//! assumes who has what: [`FileFrame::Which`] asks it, for the first missing chunk of each wanted file, and then
//! [`FileFrame::Give`] asks for one chunk after the other. The next is asked for when the last is durable, so that after a
//! cut or a kill no more than one chunk is sent again. When there is nothing more to be had, [`FileFrame::Lack`] says what
//! is still missing; the question is put again later, each time later.
//!
//! All this is beside the session: it begins when the records are through, and its streams yield to the session's.

mod fetch;
mod frame;
mod serve;

pub use fetch::{Fetch, FetchEffect, FetchEvent, KeptChunk, WantedFile};
pub(crate) use frame::CHUNK;
pub use frame::{FileFrame, FileFrames, decode_file_frame};
pub use serve::{Serve, ServeEffect, ServeEvent};

/// Most chunks that one question names.
pub const ASKED_MAX: usize = 64;
/// Questions of a minute, chunks not counted.
pub const QUESTIONS_A_MINUTE: u32 = 240;
/// After a round that left something missing, the next comes after so long, then twice as long each time.
pub const AGAIN_MIN_MS: u64 = 5_000;
/// But no later than this.
pub const AGAIN_MAX_MS: u64 = 300_000;
/// How long a question may wait for its answer.
pub const FILE_ANSWER_TIMEOUT_MS: u64 = 300_000;
