//! Bounded reading and writing of the bytes of frames.
//!
//! Numbers are variable-length, seven bits a byte, least significant first, in their shortest form. Lengths
//! are checked before anything is allocated.

use crate::Refusal;

/// Reads values off the front of a byte slice.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which are `what` in refusals.
    pub fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Refusal::Truncated(self.what))?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Refusal::Truncated(self.what))?;
        self.rest = rest;
        Ok(*taken)
    }

    /// One byte.
    pub fn byte(&mut self) -> Result<u8, Refusal> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// A number in its shortest form.
    pub fn number(&mut self) -> Result<u64, Refusal> {
        let mut value = 0_u64;
        for position in 0..10_u32 {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if position == 9 && bits > 1 {
                return Err(Refusal::BadValue(self.what));
            }
            value |= bits << (position * 7);
            if byte & 0x80 == 0 {
                let padded = byte == 0 && position > 0;
                return if padded { Err(Refusal::BadValue(self.what)) } else { Ok(value) };
            }
        }
        Err(Refusal::BadValue(self.what))
    }

    /// A signed number, folded so that small ones of either sign are short.
    pub fn signed(&mut self) -> Result<i64, Refusal> {
        self.number().map(|folded| ((folded >> 1) as i64) ^ -((folded & 1) as i64))
    }

    /// A count or length of at most `max`.
    pub fn count(&mut self, max: usize) -> Result<usize, Refusal> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= max).ok_or(Refusal::TooLarge(self.what))
    }

    /// A text of at most `chars_max` characters.
    pub fn text(&mut self, chars_max: usize) -> Result<String, Refusal> {
        let len = self.count(chars_max * 4)?;
        let text = std::str::from_utf8(self.take(len)?).map_err(|_| Refusal::BadValue(self.what))?;
        if text.chars().count() > chars_max { Err(Refusal::TooLarge(self.what)) } else { Ok(text.to_owned()) }
    }

    /// Everything that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// Refuses bytes that nobody asked for.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.rest.is_empty() { Ok(()) } else { Err(Refusal::Trailing(self.what)) }
    }
}

/// Appends a number as [`Reader::number`] reads it.
pub fn put_number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed number as [`Reader::signed`] reads it.
pub fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_number(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Appends a text as [`Reader::text`] reads it, cut at a character when it is too long.
pub fn put_text(out: &mut Vec<u8>, text: &str, chars_max: usize) {
    let cut = text.char_indices().nth(chars_max).map_or(text.len(), |(at, _)| at);
    put_number(out, cut as u64);
    out.extend_from_slice(&text.as_bytes()[..cut]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(value: u64, signed: i64) {
            let mut out = Vec::new();
            put_number(&mut out, value);
            put_signed(&mut out, signed);
            let mut reader = Reader::new(&out, "a test");
            prop_assert_eq!(reader.number(), Ok(value));
            prop_assert_eq!(reader.signed(), Ok(signed));
            prop_assert_eq!(reader.finish(), Ok(()));
        }

        #[test]
        fn a_number_has_one_form(bytes in proptest::collection::vec(any::<u8>(), 1..12)) {
            let mut reader = Reader::new(&bytes, "a test");
            if let Ok(value) = reader.number() {
                let mut out = Vec::new();
                put_number(&mut out, value);
                prop_assert_eq!(&bytes[..out.len()], &out[..]);
            }
        }
    }

    #[test]
    fn a_long_text_is_cut_at_a_character() {
        let mut out = Vec::new();
        put_text(&mut out, "ééé", 2);
        assert_eq!(Reader::new(&out, "a test").text(2).as_deref(), Ok("éé"));
    }

    #[test]
    fn a_count_over_the_limit_is_refused() {
        let mut out = Vec::new();
        put_number(&mut out, 9);
        assert_eq!(Reader::new(&out, "a test").count(8), Err(Refusal::TooLarge("a test")));
    }
}
