//! Whole files sealed to one member: what a stick is made of on the outside.
//!
//! The file is an ordinary age file (version 1), so that the standard tool opens it given the right identity. It
//! is written and read as a stream. age itself cannot tell a file that was cut off from one that was altered;
//! what is sealed here is padded to a multiple of [`PAD`], so that the length of the file tells.

use std::io::{self, BufRead, Cursor, Read, Write};

use crate::keyring::{KeyError, parse_identity, parse_recipient};

/// What is sealed is a multiple of so many bytes long.
pub const PAD: u64 = 1024;

const FIRST_LINE: &[u8] = b"age-encryption.org/v1\n";
const HEADER_BYTES_MAX: u64 = 64 * 1024;
const NONCE_LEN: u64 = 16;
const CHUNK_LEN: u64 = 64 * 1024;
const TAG_LEN: u64 = 16;

/// An age file cannot be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum AgeFileError {
    /// It is something else.
    #[error("the file is not an age file")]
    NotAge,
    /// It is for somebody else.
    #[error("the file is sealed to another machine")]
    NotForUs,
    /// It breaks off.
    #[error("the file breaks off before its end")]
    Truncated,
    /// It is not as it was written.
    #[error("the file is not as it was written")]
    Altered,
    /// A recipient or the identity of this machine is not one.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The medium said no.
    #[error("the medium answered: {0}")]
    Io(io::Error),
}

/// Seals what is written to it. Call [`SealedWriter::finish`]; without it the file counts as cut off.
pub struct SealedWriter<W: Write> {
    inner: age::stream::StreamWriter<W>,
    written: u64,
}

impl<W: Write> SealedWriter<W> {
    /// Begins a file for this recipient (`age1…`).
    pub fn begin(recipient: &str, out: W) -> Result<Self, AgeFileError> {
        let recipient = parse_recipient(recipient)?;
        let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            .map_err(|error| KeyError::Damaged(error.to_string()))?;
        let inner = encryptor.wrap_output(out).map_err(AgeFileError::Io)?;
        Ok(Self { inner, written: 0 })
    }

    /// Pads, writes the last piece, and gives the output back.
    pub fn finish(mut self) -> io::Result<W> {
        let padding = (PAD - self.written % PAD) % PAD;
        self.inner.write_all(&vec![0; padding as usize])?;
        self.inner.finish()
    }
}

impl<W: Write> Write for SealedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// An opened file. Each piece is checked before any of it is given out.
pub struct OpenedFile<R: BufRead> {
    inner: age::stream::StreamReader<io::Chain<Cursor<Vec<u8>>, R>>,
    whole: bool,
}

impl<R: BufRead> OpenedFile<R> {
    /// Opens a file of this length with an age identity (`AGE-SECRET-KEY-1…`).
    pub fn open(identity: &str, mut input: R, length: u64) -> Result<Self, AgeFileError> {
        let identity = parse_identity(identity)?;
        let header = read_header(&mut input)?;
        let whole = is_whole(length, header.len() as u64);
        let damaged = || if whole { AgeFileError::Altered } else { AgeFileError::Truncated };
        let decryptor =
            age::Decryptor::new_buffered(Cursor::new(header).chain(input)).map_err(|error| match error {
                age::DecryptError::Io(error) => of_io(error, whole),
                _ => damaged(),
            })?;
        match decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)) {
            Ok(inner) => Ok(Self { inner, whole }),
            Err(age::DecryptError::NoMatchingKeys) => Err(AgeFileError::NotForUs),
            Err(_) => Err(damaged()),
        }
    }

    /// The next bytes; 0 at the end of a file that is whole.
    pub fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, AgeFileError> {
        loop {
            match self.inner.read(buffer) {
                Ok(read) => return Ok(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(of_io(error, self.whole)),
            }
        }
    }
}

/// Everything up to the line that ends the header.
fn read_header(input: &mut impl BufRead) -> Result<Vec<u8>, AgeFileError> {
    let mut limited = input.take(HEADER_BYTES_MAX);
    let mut header = Vec::new();
    loop {
        let start = header.len();
        limited.read_until(b'\n', &mut header).map_err(AgeFileError::Io)?;
        let line = &header[start..];
        if start == 0 && line != FIRST_LINE {
            let cut = !line.is_empty() && FIRST_LINE.starts_with(line);
            return Err(if cut { AgeFileError::Truncated } else { AgeFileError::NotAge });
        }
        if !line.ends_with(b"\n") {
            return Err(if limited.limit() == 0 { AgeFileError::NotAge } else { AgeFileError::Truncated });
        }
        if line.starts_with(b"--- ") {
            return Ok(header);
        }
    }
}

/// Whether a file of this length can be one that was finished.
fn is_whole(length: u64, header: u64) -> bool {
    let Some(sealed) = length.checked_sub(header + NONCE_LEN) else { return false };
    let (chunks, rest) = (sealed / (CHUNK_LEN + TAG_LEN), sealed % (CHUNK_LEN + TAG_LEN));
    if chunks == 0 && rest == 0 || (rest > 0 && rest <= TAG_LEN) {
        return false;
    }
    (chunks * CHUNK_LEN + rest.saturating_sub(TAG_LEN)).is_multiple_of(PAD)
}

fn of_io(error: io::Error, whole: bool) -> AgeFileError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof if whole => AgeFileError::Altered,
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => AgeFileError::Truncated,
        _ => AgeFileError::Io(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::new_age_identity;

    fn sealed(recipient: &str, content: &[u8]) -> Vec<u8> {
        let mut writer = SealedWriter::begin(recipient, Vec::new()).unwrap();
        writer.write_all(content).unwrap();
        writer.finish().unwrap()
    }

    fn opened(identity: &str, file: &[u8]) -> Result<Vec<u8>, AgeFileError> {
        let mut opened = OpenedFile::open(identity, file, file.len() as u64)?;
        let (mut content, mut buffer) = (Vec::new(), [0; 1000]);
        loop {
            match opened.read_some(&mut buffer)? {
                0 => return Ok(content),
                read => content.extend_from_slice(&buffer[..read]),
            }
        }
    }

    #[test]
    fn a_file_comes_back_padded_for_its_recipient_and_nobody_else() {
        let (identity, recipient) = new_age_identity();
        for length in [0_usize, 1, 1023, 1024, 65_536, 65_537, 200_000] {
            let content = vec![7; length];
            let back = opened(&identity, &sealed(&recipient, &content)).unwrap();
            assert_eq!(back.len() as u64 % PAD, 0);
            assert_eq!(back[..length], content);
            assert!(back[length..].iter().all(|byte| *byte == 0));
        }
        let (other, _) = new_age_identity();
        assert!(matches!(opened(&other, &sealed(&recipient, b"x")), Err(AgeFileError::NotForUs)));
    }

    #[test]
    fn a_file_that_was_cut_is_told_from_one_that_was_altered() {
        let (identity, recipient) = new_age_identity();
        let file = sealed(&recipient, &vec![7; 150_000]);
        for cut in [1, 100, 70_000, file.len() / 2, file.len() - 1, file.len() - 512] {
            let result = opened(&identity, &file[..cut]);
            assert!(matches!(result, Err(AgeFileError::Truncated)), "cut at {cut}: {:?}", result.err());
        }
        for at in [file.len() / 2, file.len() - 1] {
            let mut altered = file.clone();
            altered[at] ^= 1;
            assert!(matches!(opened(&identity, &altered), Err(AgeFileError::Altered)), "altered at {at}");
        }
        assert!(matches!(opened(&identity, b"a photograph"), Err(AgeFileError::NotAge)));
    }
}
