//! Bounded reading and writing of bytes: the only way bytes become values in this crate.
//!
//! Every length is checked against a limit before anything is allocated, every decoder must consume its
//! input to the end, and every value has exactly one encoding. Numbers are big-endian. A text is a `u16`
//! length in bytes and UTF-8; a byte string is a `u32` length and the bytes.

/// Why bytes are not the value they should be. Nothing is kept of input that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The input ended inside a value.
    #[error("the bytes end in the middle of {0}")]
    Truncated(&'static str),
    /// A length is over its limit.
    #[error("{0} is longer than the {1} allowed")]
    TooLong(&'static str, usize),
    /// Bytes are left over after the last value.
    #[error("there are bytes after the end of {0}")]
    Trailing(&'static str),
    /// A value is outside its range, or not in its one canonical form.
    #[error("{0} has a value that is not allowed")]
    BadValue(&'static str),
    /// Written by a version or suite that this program does not know.
    #[error("{0} has version {1}, which this program does not know; a newer Cairn may read it")]
    Version(&'static str, u8),
}

/// Reads values off the front of a byte slice.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which are `what` in error messages.
    pub fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(DecodeError::Truncated(self.what))?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(DecodeError::Truncated(self.what))?;
        self.rest = rest;
        Ok(*taken)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Two bytes, big-endian.
    pub fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes, big-endian.
    pub fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Eight bytes, big-endian.
    pub fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_be_bytes)
    }

    /// A text of at most `chars_max` characters.
    pub fn text(&mut self, what: &'static str, chars_max: usize) -> Result<String, DecodeError> {
        let len = usize::from(self.u16()?);
        if len > chars_max * 4 {
            return Err(DecodeError::TooLong(what, chars_max));
        }
        let text = std::str::from_utf8(self.take(len)?).map_err(|_| DecodeError::BadValue(what))?;
        if text.chars().count() > chars_max {
            return Err(DecodeError::TooLong(what, chars_max));
        }
        Ok(text.to_owned())
    }

    /// A byte string of at most `len_max` bytes.
    pub fn bytes(&mut self, what: &'static str, len_max: usize) -> Result<&'a [u8], DecodeError> {
        let len = self.u32()? as usize;
        if len > len_max {
            return Err(DecodeError::TooLong(what, len_max));
        }
        self.take(len)
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Refuses bytes that nobody asked for.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DecodeError::Trailing(self.what)) }
    }
}

/// Appends a text as [`Reader::text`] reads it. The caller has checked its length; a text that does not
/// fit is cut at a character, so that what is written can always be read.
pub fn put_text(out: &mut Vec<u8>, text: &str, chars_max: usize) {
    let cut = text.char_indices().nth(chars_max).map_or(text.len(), |(at, _)| at);
    let bytes = &text.as_bytes()[..cut];
    out.extend_from_slice(&(bytes.len() as u16).to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Appends a byte string as [`Reader::bytes`] reads it.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_bytes_come_back() {
        let mut out = Vec::new();
        put_text(&mut out, "Čiernohorská", 64);
        put_bytes(&mut out, b"abc");
        let mut reader = Reader::new(&out, "a test");
        assert_eq!(reader.text("name", 64).unwrap(), "Čiernohorská");
        assert_eq!(reader.bytes("data", 3).unwrap(), b"abc");
        reader.finish().unwrap();
    }

    #[test]
    fn a_length_over_the_limit_is_refused_before_reading() {
        let bytes = [0xff; 8];
        let text = Reader::new(&bytes, "a test").text("name", 64);
        assert_eq!(text, Err(DecodeError::TooLong("name", 64)));
        let data = Reader::new(&bytes, "a test").bytes("data", 1024);
        assert_eq!(data, Err(DecodeError::TooLong("data", 1024)));
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let mut out = Vec::new();
        put_text(&mut out, "ééé", 2);
        assert_eq!(Reader::new(&out, "a test").text("name", 2).unwrap(), "éé");
    }

    #[test]
    fn leftover_bytes_are_refused() {
        let mut reader = Reader::new(&[1, 2], "a test");
        reader.u8().unwrap();
        assert_eq!(reader.left(), 1);
        assert_eq!(reader.finish(), Err(DecodeError::Trailing("a test")));
    }
}
