//! Numbers and values in bytes: one shortest form each, read from a slice without copying more than is there.

use cairn_record::{RecordId, Value};

use super::CodecError;

const FALSE: u8 = 1;
const TRUE: u8 = 2;
const INT: u8 = 3;
const RECORD: u8 = 4;
const TEXT: u8 = 5;

/// Appends an unsigned number: seven bits a byte, lowest first, the top bit says that more follow.
pub(crate) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number as u8 & 0x7f) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The tag of a value's type; booleans are their tag alone.
pub(crate) fn tag(value: &Value) -> u8 {
    match value {
        Value::Bool(false) => FALSE,
        Value::Bool(true) => TRUE,
        Value::Int(_) => INT,
        Value::Record(_) => RECORD,
        Value::Text(_) => TEXT,
    }
}

/// Appends what follows the tag.
pub(crate) fn put_payload(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Bool(_) => {}
        Value::Int(number) => put_number(out, ((number << 1) ^ (number >> 63)) as u64),
        Value::Record(id) => out.extend_from_slice(&id.0),
        Value::Text(text) => {
            put_number(out, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        }
    }
}

/// What is left to read.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], CodecError> {
        let (head, rest) = self.0.split_at_checked(len).ok_or(CodecError::Truncated)?;
        self.0 = rest;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(CodecError::Truncated)?;
        self.0 = rest;
        Ok(*head)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, CodecError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn number(&mut self) -> Result<u64, CodecError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            let overflows = shift == 63 && bits > 1;
            let padded = byte == 0 && shift > 0;
            if overflows || padded {
                return Err(CodecError::BadNumber);
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(CodecError::BadNumber)
    }

    /// A number that must not be above `max`; `over` is the refusal.
    pub(crate) fn count(&mut self, max: usize, over: CodecError) -> Result<usize, CodecError> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= max).ok_or(over)
    }

    /// What follows `tag`; `None` when there is no such tag.
    pub(crate) fn payload(&mut self, tag: u8, text_bytes_max: usize) -> Result<Option<Value>, CodecError> {
        Ok(Some(match tag {
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            INT => {
                let folded = self.number()?;
                Value::Int((folded >> 1) as i64 ^ -((folded & 1) as i64))
            }
            RECORD => Value::Record(RecordId(self.array()?)),
            TEXT => Value::Text(self.text(text_bytes_max)?.to_owned()),
            _ => return Ok(None),
        }))
    }

    fn text(&mut self, bytes_max: usize) -> Result<&'a str, CodecError> {
        let len = self.count(bytes_max, CodecError::TextTooLong)?;
        std::str::from_utf8(self.take(len)?).map_err(|_| CodecError::BadText)
    }
}
