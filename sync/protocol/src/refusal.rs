//! Every reason to refuse what a peer sent, by name.
//!
//! The names are part of the protocol: they travel in `Bye` and `Refused` frames and stand in the audit.

/// Why something a peer sent is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The bytes end inside a value.
    #[error("the bytes end in the middle of {0}")]
    Truncated(&'static str),
    /// A length or count is over its limit.
    #[error("{0} is larger than allowed")]
    TooLarge(&'static str),
    /// Bytes are left over after the last value.
    #[error("there are bytes after the end of {0}")]
    Trailing(&'static str),
    /// A value is outside its range or not in its one canonical form.
    #[error("{0} has a value that is not allowed")]
    BadValue(&'static str),
    /// A frame type that version 3 does not have.
    #[error("there is no frame of type {0}")]
    UnknownFrame(u8),
    /// A parcel in a form that version 3 does not have.
    #[error("there is no parcel form {0}")]
    UnknownForm(u8),
    /// A parcel compressed with a dictionary that this program does not have.
    #[error("there is no dictionary {0}")]
    UnknownDictionary(u64),
    /// A parcel refers to an entry that is not held here. It is asked for again, by itself.
    #[error("a parcel refers to an entry that is not held here")]
    UnknownReference,
    /// The compressed stream is damaged or does not give the length it states.
    #[error("the compressed part of the parcel is damaged")]
    BadCompression,
    /// No protocol version in common.
    #[error("this machine speaks protocol version 3, the peer versions {0} to {1}; update the older one")]
    NoCommonVersion(u8, u8),
    /// The peer does not list the registry of this agency.
    #[error("the peer belongs to another agency")]
    OtherAgency,
    /// This machine shares no space with the peer.
    #[error("the peer is no member in good standing in the registry held here")]
    NotAMember,
    /// A frame that has no place at this point of the session.
    #[error("a frame came out of turn: {0}")]
    OutOfPhase(&'static str),
    /// A frame that nobody asked for.
    #[error("a frame came unasked: {0}")]
    Unsolicited(&'static str),
    /// More parcels than may wait for an answer.
    #[error("more parcels came than may wait for their answer")]
    WindowExceeded,
    /// Entries came that this machine had said it holds.
    #[error("entries came that this machine had said it holds")]
    SentAgain,
    /// An answer that fits no parcel sent.
    #[error("an answer came that does not fit the parcel it answers")]
    BadAnswer,
    /// A chunk whose bytes do not have the name that was asked for.
    #[error("a chunk came that is not the one asked for")]
    BadChunk,
    /// Lists of spaces or evidence came in a flood.
    #[error("too many lists or headers came in a short time")]
    Flood,
    /// No greeting came in time.
    #[error("the peer did not greet in time")]
    GreetTimeout,
    /// A parcel was not answered in time.
    #[error("the peer did not answer a parcel in time")]
    AnswerTimeout,
}

impl Refusal {
    /// The stable name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Truncated(_) => "truncated",
            Self::TooLarge(_) => "too-large",
            Self::Trailing(_) => "trailing-bytes",
            Self::BadValue(_) => "bad-value",
            Self::UnknownFrame(_) => "unknown-frame",
            Self::UnknownForm(_) => "unknown-form",
            Self::UnknownDictionary(_) => "unknown-dictionary",
            Self::UnknownReference => "unknown-reference",
            Self::BadCompression => "bad-compression",
            Self::NoCommonVersion(..) => "no-common-version",
            Self::OtherAgency => "other-agency",
            Self::NotAMember => "not-a-member",
            Self::OutOfPhase(_) => "out-of-phase",
            Self::Unsolicited(_) => "unsolicited",
            Self::WindowExceeded => "window-exceeded",
            Self::SentAgain => "sent-again",
            Self::BadAnswer => "bad-answer",
            Self::BadChunk => "bad-chunk",
            Self::Flood => "flood",
            Self::GreetTimeout => "greet-timeout",
            Self::AnswerTimeout => "answer-timeout",
        }
    }
}
