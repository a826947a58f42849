//! What can go wrong, and what to do then.

use std::io;

/// Why the search index could not do what it was asked.
///
/// Nothing is ever lost by one of these: every record is in its log, and the index is built from the logs.
#[derive(Debug, thiserror::Error)]
pub enum FinderError {
    /// A file of the index is missing, cut short, swapped or changed.
    #[error("The search index is damaged ({0}). No record is lost. Build it again from the logs.")]
    Damaged(String),
    /// Too many records could not be written, so the index no longer follows the logs.
    #[error("The search index has fallen behind. No record is lost. Build it again from the logs.")]
    Behind,
    /// The disk has no room left.
    #[error(
        "The disk is full, so the search index could not be written. No record is lost. Free some space, then try again."
    )]
    Full,
    /// The operating system refused to read or write.
    #[error(
        "The search index could not be read or written: {0}. No record is lost. Check the disk, then open the index again."
    )]
    Io(#[source] io::Error),
    /// The search engine failed in another way.
    #[error(
        "The search engine failed: {0}. No record is lost. Open the index again; if that does not help, build it again from the logs."
    )]
    Engine(String),
    /// The question is longer than the limit.
    #[error("The search text has {chars} characters; at most {max} can be searched. Shorten it.")]
    QueryTooLong {
        /// How long it is.
        chars: usize,
        /// The limit.
        max: usize,
    },
    /// The page asked for is too large or too far down.
    #[error(
        "A search shows at most {limit} hits at a time, and only the first of more than {offset}: narrow it with another word or a kind of record."
    )]
    PageTooLarge {
        /// The most hits on one page.
        limit: usize,
        /// The last first hit.
        offset: usize,
    },
    /// The stamp is longer than the limit.
    #[error("The stamp of the search index has {bytes} bytes; at most {max} fit. Nothing was written.")]
    StampTooLong {
        /// How long it is.
        bytes: usize,
        /// The limit.
        max: usize,
    },
}

/// Turns what tantivy says into what a person can act on.
pub(crate) fn from_tantivy(error: tantivy::TantivyError) -> FinderError {
    use tantivy::TantivyError as T;
    match error {
        T::IoError(io) => from_io(io::Error::new(io.kind(), io.to_string())),
        T::DataCorruption(what) => FinderError::Damaged(format!("{what:?}")),
        T::OpenReadError(what) => from_open_read(&what),
        T::IncompatibleIndex(what) => FinderError::Damaged(format!("{what:?}")),
        other => FinderError::Engine(other.to_string()),
    }
}

fn from_open_read(error: &tantivy::directory::error::OpenReadError) -> FinderError {
    use tantivy::directory::error::OpenReadError as O;
    match error {
        O::FileDoesNotExist(_) => FinderError::Damaged("a file is missing".into()),
        O::IoError { io_error, .. } => from_io(io::Error::new(io_error.kind(), io_error.to_string())),
        O::IncompatibleIndex(what) => FinderError::Damaged(format!("{what:?}")),
    }
}

/// Turns an error of the operating system, or of the seals, into what a person can act on.
pub(crate) fn from_io(error: io::Error) -> FinderError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::NotFound => {
            FinderError::Damaged(error.to_string())
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FinderError::Full,
        _ => FinderError::Io(error),
    }
}
