//! Bytes to text, in the encoding that the mapping states.

use std::borrow::Cow;

use encoding_rs as rs;
use serde::{Deserialize, Serialize};

/// Encodings of files. A byte order mark in front is accepted for every Unicode one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8 without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-8 with a byte order mark, as spreadsheets write it.
    #[serde(rename = "utf-8-bom")]
    Utf8Bom,
    /// Latin-1. Read as Windows-1252, which is the same but for characters that Latin-1 files never mean.
    #[serde(rename = "iso-8859-1")]
    Latin1,
    /// Windows, Western Europe.
    #[serde(rename = "windows-1252")]
    Windows1252,
    /// Windows, Central Europe.
    #[serde(rename = "windows-1250")]
    Windows1250,
    /// Windows, Cyrillic.
    #[serde(rename = "windows-1251")]
    Windows1251,
    /// Latin-2.
    #[serde(rename = "iso-8859-2")]
    Latin2,
    /// ISO Cyrillic.
    #[serde(rename = "iso-8859-5")]
    IsoCyrillic,
    /// UTF-16, low byte first, as spreadsheets save "Unicode text".
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
}

impl Encoding {
    /// Every encoding, in the order in which a page offers them.
    pub const ALL: [Self; 10] = [
        Self::Utf8,
        Self::Utf8Bom,
        Self::Windows1252,
        Self::Latin1,
        Self::Windows1250,
        Self::Latin2,
        Self::Windows1251,
        Self::IsoCyrillic,
        Self::Utf16Le,
        Self::Utf16Be,
    ];

    /// The name in mappings.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf8Bom => "utf-8-bom",
            Self::Latin1 => "iso-8859-1",
            Self::Windows1252 => "windows-1252",
            Self::Windows1250 => "windows-1250",
            Self::Windows1251 => "windows-1251",
            Self::Latin2 => "iso-8859-2",
            Self::IsoCyrillic => "iso-8859-5",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
        }
    }

    /// The encoding with this name.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.key() == key)
    }

    fn codec(self) -> &'static rs::Encoding {
        match self {
            Self::Utf8 | Self::Utf8Bom => rs::UTF_8,
            Self::Latin1 | Self::Windows1252 => rs::WINDOWS_1252,
            Self::Windows1250 => rs::WINDOWS_1250,
            Self::Windows1251 => rs::WINDOWS_1251,
            Self::Latin2 => rs::ISO_8859_2,
            Self::IsoCyrillic => rs::ISO_8859_5,
            Self::Utf16Le => rs::UTF_16LE,
            Self::Utf16Be => rs::UTF_16BE,
        }
    }

    const fn is_utf16(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }

    /// The bytes without a byte order mark and in an encoding of which line ends, separators and quotes
    /// are single bytes, with that encoding: UTF-16 becomes UTF-8, everything else stays.
    pub(crate) fn single_bytes(self, bytes: &[u8]) -> (Cow<'_, [u8]>, Self) {
        let bytes = bytes.strip_prefix(self.byte_order_mark()).unwrap_or(bytes);
        if !self.is_utf16() {
            return (Cow::Borrowed(bytes), self);
        }
        // Code units that are no text become U+FFFD, by which their row is refused below.
        let (text, _) = self.codec().decode_without_bom_handling(bytes);
        (Cow::Owned(text.into_owned().into_bytes()), self)
    }

    const fn byte_order_mark(self) -> &'static [u8] {
        match self {
            Self::Utf8 | Self::Utf8Bom => &[0xEF, 0xBB, 0xBF],
            Self::Utf16Le => &[0xFF, 0xFE],
            Self::Utf16Be => &[0xFE, 0xFF],
            _ => &[],
        }
    }

    /// The text of bytes that [`Encoding::single_bytes`] returned, or `None` when some of them stand for
    /// no letter in this encoding.
    pub(crate) fn text<'a>(self, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
        if self.is_utf16() {
            return std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\u{FFFD}')).map(Cow::Borrowed);
        }
        let text = self.codec().decode_without_bom_handling_and_without_replacement(bytes)?;
        // Bytes that Windows encodings leave unassigned come out as control characters nobody types.
        let unassigned = text.chars().any(|c| matches!(c, '\u{80}'..='\u{9F}'));
        (!unassigned).then_some(text)
    }

    /// The text of bytes as far as it can be shown.
    pub(crate) fn text_lossy(self, bytes: &[u8]) -> String {
        let codec = if self.is_utf16() { rs::UTF_8 } else { self.codec() };
        codec.decode_without_bom_handling(bytes).0.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_their_own() {
        for encoding in Encoding::ALL {
            assert_eq!(Encoding::from_key(encoding.key()), Some(encoding));
            assert_eq!(serde_json::to_string(&encoding).unwrap(), format!("\"{}\"", encoding.key()));
        }
    }

    #[test]
    fn bytes_that_are_no_letters_are_not_text() {
        assert_eq!(Encoding::Latin1.text(b"Mu\xf1oz").as_deref(), Some("Muñoz"));
        assert_eq!(Encoding::Latin1.text(b"Mu\x81oz"), None);
        assert_eq!(Encoding::Utf8.text(b"Mu\xf1oz"), None);
    }

    #[test]
    fn utf_16_becomes_single_bytes() {
        let units: Vec<u8> = "\u{feff}a;ж\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (bytes, encoding) = Encoding::Utf16Le.single_bytes(&units);
        assert_eq!(encoding.text(&bytes).as_deref(), Some("a;ж\n"));
    }
}
