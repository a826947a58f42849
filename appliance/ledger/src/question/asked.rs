//! What is asked.

use cairn_record::IdentifierKind;

use crate::names::ReplicaId;
use crate::wire::{DecodeError, Reader, put_text};

/// Most characters of the text that is asked about.
pub const QUESTION_CHARS_MAX: usize = 400;
/// Most characters of one identifier.
pub const IDENTIFIER_CHARS_MAX: usize = 512;
/// Most ways in which one text is read.
pub const READINGS_MAX: usize = 16;
/// Longest time for which a question is open, in seconds: 30 days.
pub const VALID_S_MAX: u32 = 30 * 24 * 3_600;

const VERSION: u8 = 1;
const WHAT: &str = "a question";

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Who is asked.
    pub to: ReplicaId,
    /// How long later records are matched with it, in seconds, 1 to [`VALID_S_MAX`].
    pub valid_s: u32,
    /// Whether the text is the machine-readable zone of a document: its words are no search.
    pub zone: bool,
    /// The text as it was checked.
    pub text: String,
    /// What it may mean, surest first; at least one.
    pub readings: Vec<AskedReading>,
}

/// One thing that the text may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedReading {
    /// What it identifies.
    pub kind: IdentifierKind,
    /// Whether it is a plate with wildcards.
    pub pattern: bool,
    /// Its normal form.
    pub exact: String,
    /// Its look-alike form; may be empty.
    pub lookalike: String,
}

impl Question {
    /// The one encoding. Texts over their limit are cut, readings over theirs left out: check before.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        out.extend_from_slice(&self.to.0);
        out.extend_from_slice(&self.valid_s.to_be_bytes());
        out.push(u8::from(self.zone));
        put_text(&mut out, &self.text, QUESTION_CHARS_MAX);
        let readings = &self.readings[..self.readings.len().min(READINGS_MAX)];
        out.push(readings.len() as u8);
        for reading in readings {
            out.push(code_of(reading.kind) | u8::from(reading.pattern) << 7);
            put_text(&mut out, &reading.exact, IDENTIFIER_CHARS_MAX);
            put_text(&mut out, &reading.lookalike, IDENTIFIER_CHARS_MAX);
        }
        out
    }

    /// Reads what [`Question::encode`] wrote, and nothing else.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, WHAT);
        match reader.u8()? {
            VERSION => {}
            other => return Err(DecodeError::Version(WHAT, other)),
        }
        let to = ReplicaId(reader.array()?);
        let valid_s = reader.u32()?;
        if !(1..=VALID_S_MAX).contains(&valid_s) {
            return Err(DecodeError::BadValue("how long a question is open"));
        }
        let zone = flag(reader.u8()?, "the zone flag of a question")?;
        let text = filled(reader.text("what a question asks", QUESTION_CHARS_MAX)?, "what a question asks")?;
        let count = usize::from(reader.u8()?);
        if !(1..=READINGS_MAX).contains(&count) {
            return Err(DecodeError::TooLong("the readings of a question", READINGS_MAX));
        }
        let readings = (0..count).map(|_| reading(&mut reader)).collect::<Result<_, _>>()?;
        reader.finish()?;
        Ok(Self { to, valid_s, zone, text, readings })
    }
}

fn reading(reader: &mut Reader<'_>) -> Result<AskedReading, DecodeError> {
    const IDENTIFIER: &str = "an identifier in a question";
    let code = reader.u8()?;
    let kind = kind_of(code & 0x7f).ok_or(DecodeError::BadValue(IDENTIFIER))?;
    let exact = filled(reader.text(IDENTIFIER, IDENTIFIER_CHARS_MAX)?, IDENTIFIER)?;
    let lookalike = reader.text(IDENTIFIER, IDENTIFIER_CHARS_MAX)?;
    Ok(AskedReading { kind, pattern: code & 0x80 != 0, exact, lookalike })
}

fn filled(text: String, what: &'static str) -> Result<String, DecodeError> {
    if text.is_empty() { Err(DecodeError::BadValue(what)) } else { Ok(text) }
}

pub(super) fn flag(byte: u8, what: &'static str) -> Result<bool, DecodeError> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::BadValue(what)),
    }
}

fn code_of(kind: IdentifierKind) -> u8 {
    match kind {
        IdentifierKind::Plate => 1,
        IdentifierKind::Phone => 2,
        IdentifierKind::Document => 3,
        IdentifierKind::Vin => 4,
        IdentifierKind::Name => 5,
    }
}

fn kind_of(code: u8) -> Option<IdentifierKind> {
    use IdentifierKind::{Document, Name, Phone, Plate, Vin};
    [Plate, Phone, Document, Vin, Name].into_iter().find(|kind| code_of(*kind) == code)
}
