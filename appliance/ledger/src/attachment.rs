//! The payload of an entry about a file that belongs to a record: its manifest, or a step in whether it is shown.
//!
//! The entry is small and travels with the records; the file's content is in chunks ([`crate::blob`]) that follow. An
//! attachment is called by the short name of the entry that brought it. Of several steps about one attachment the
//! newest counts, by time and then by name of the entry, so that all replicas show the same.

use crate::blob::CHUNK_BYTES;
use crate::names::{ChunkName, EntryRef};
use crate::wire::{DecodeError, Reader, put_text};

/// Most bytes of a file.
pub const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Most chunks of a file.
pub const CHUNKS_MAX: usize = FILE_BYTES_MAX as usize / CHUNK_BYTES;
/// Most bytes of a thumbnail: it travels in the entry.
pub const THUMBNAIL_BYTES_MAX: usize = 4 * 1024;
/// Most characters of a file's name.
pub const FILE_NAME_CHARS_MAX: usize = 120;
/// Most characters of a media type.
pub const MEDIA_TYPE_CHARS_MAX: usize = 80;

const WHAT: &str = "an attachment";
const VERSION: u8 = 1;
const ATTACH: u8 = 1;
const SHOW: u8 = 2;
/// How a JPEG begins; thumbnails are nothing else.
const JPEG: [u8; 3] = [0xff, 0xd8, 0xff];

/// What such an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttachmentStep {
    /// A file now belongs to the record.
    Attach(Box<Manifest>),
    /// An attachment is shown with the record from now on, or not any more. Nothing is deleted.
    Show {
        /// Which one.
        attachment: EntryRef,
        /// Whether it is shown.
        shown: bool,
    },
}

/// What is known of a file before any of its chunks is here. Use [`Manifest::check`] on one that was made by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Its name, 1 to [`FILE_NAME_CHARS_MAX`] characters, no control characters and no slashes.
    pub name: String,
    /// Its media type as whoever attached it took it to be. A claim: never serve a file by it alone.
    pub media_type: String,
    /// Its bytes, 1 to [`FILE_BYTES_MAX`].
    pub size: u64,
    /// The epoch of the space's key that seals its chunks.
    pub epoch: u32,
    /// Its chunks in order: all of [`CHUNK_BYTES`], the last of what is left.
    pub chunks: Vec<ChunkName>,
    /// A small JPEG, or nothing.
    pub thumbnail: Vec<u8>,
}

impl Manifest {
    /// Whether it is one that can be written.
    pub fn check(&self) -> Result<(), DecodeError> {
        let bad = |what| Err(DecodeError::BadValue(what));
        let chars = self.name.chars().count();
        let odd = |letter: char| letter.is_control() || matches!(letter, '/' | '\\');
        if chars == 0 || chars > FILE_NAME_CHARS_MAX || self.name.chars().any(odd) {
            return bad("the name of an attachment");
        }
        if !is_media_type(&self.media_type) {
            return bad("the media type of an attachment");
        }
        if self.size == 0 || self.size > FILE_BYTES_MAX {
            return bad("the size of an attachment");
        }
        if self.chunks.len() as u64 != self.size.div_ceil(CHUNK_BYTES as u64) {
            return bad("the number of chunks of an attachment");
        }
        let thumbnail = &self.thumbnail;
        if thumbnail.len() > THUMBNAIL_BYTES_MAX || !(thumbnail.is_empty() || thumbnail.starts_with(&JPEG)) {
            return bad("the thumbnail of an attachment");
        }
        Ok(())
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_text(out, &self.name, FILE_NAME_CHARS_MAX);
        put_text(out, &self.media_type, MEDIA_TYPE_CHARS_MAX);
        out.extend_from_slice(&self.size.to_be_bytes());
        out.extend_from_slice(&self.epoch.to_be_bytes());
        out.extend_from_slice(&(self.thumbnail.len() as u32).to_be_bytes());
        out.extend_from_slice(&self.thumbnail);
        self.chunks.iter().for_each(|name| out.extend_from_slice(&name.0));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let name = reader.text(WHAT, FILE_NAME_CHARS_MAX)?;
        let media_type = reader.text(WHAT, MEDIA_TYPE_CHARS_MAX)?;
        let (size, epoch) = (reader.u64()?, reader.u32()?);
        let thumbnail = reader.bytes(WHAT, THUMBNAIL_BYTES_MAX)?.to_vec();
        if reader.left() > CHUNKS_MAX * 32 {
            return Err(DecodeError::TooLong(WHAT, CHUNKS_MAX));
        }
        let mut chunks = Vec::with_capacity(reader.left() / 32);
        while reader.left() > 0 {
            chunks.push(ChunkName(reader.array()?));
        }
        let manifest = Self { name, media_type, size, epoch, chunks, thumbnail };
        manifest.check()?;
        Ok(manifest)
    }
}

/// `type/subtype` of visible ASCII without anything that a header could trip over.
fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    text.len() <= MEDIA_TYPE_CHARS_MAX && text.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub))
}

impl AttachmentStep {
    /// The one encoding of this step.
    pub fn encode(&self) -> Result<Vec<u8>, DecodeError> {
        let mut out = vec![VERSION];
        match self {
            Self::Attach(manifest) => {
                manifest.check()?;
                out.push(ATTACH);
                manifest.put(&mut out);
            }
            Self::Show { attachment, shown } => {
                out.push(SHOW);
                out.extend_from_slice(&attachment.0);
                out.push(u8::from(*shown));
            }
        }
        Ok(out)
    }

    /// Reads what [`AttachmentStep::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes, WHAT);
        match reader.u8()? {
            VERSION => {}
            other => return Err(DecodeError::Version(WHAT, other)),
        }
        let step = match reader.u8()? {
            ATTACH => Self::Attach(Box::new(Manifest::read(&mut reader)?)),
            SHOW => {
                let attachment = EntryRef(reader.array()?);
                let shown = match reader.u8()? {
                    0 => false,
                    1 => true,
                    _ => return Err(DecodeError::BadValue(WHAT)),
                };
                Self::Show { attachment, shown }
            }
            _ => return Err(DecodeError::BadValue(WHAT)),
        };
        reader.finish()?;
        Ok(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn manifest() -> Manifest {
        Manifest {
            name: "plate.jpg".into(),
            media_type: "image/jpeg".into(),
            size: CHUNK_BYTES as u64 + 1,
            epoch: 1,
            chunks: vec![ChunkName([1; 32]), ChunkName([2; 32])],
            thumbnail: vec![0xff, 0xd8, 0xff, 0xe0],
        }
    }

    proptest! {
        #[test]
        fn a_step_comes_back(size in 1..200_000_u64, epoch: u32, name in "[^/\\\\\\p{C}]{1,120}", attachment: [u8; 16], shown: bool) {
            let chunks = (0..size.div_ceil(CHUNK_BYTES as u64)).map(|at| ChunkName([at as u8; 32])).collect();
            let attach = AttachmentStep::Attach(Box::new(Manifest { name, size, epoch, chunks, ..manifest() }));
            let show = AttachmentStep::Show { attachment: EntryRef(attachment), shown };
            for step in [attach, show] {
                prop_assert_eq!(AttachmentStep::decode(&step.encode().unwrap()).unwrap(), step);
            }
        }
    }

    #[test]
    fn what_could_harm_whoever_opens_it_is_refused() {
        let wrong: [fn(&mut Manifest); 9] = [
            |it| it.name = "../plate.jpg".into(),
            |it| it.name = "plate\r\nSet-Cookie.jpg".into(),
            |it| it.name.clear(),
            |it| it.media_type = "image/jpeg; charset=x".into(),
            |it| it.media_type = "jpeg".into(),
            |it| it.size = 0,
            |it| it.size = CHUNK_BYTES as u64,
            |it| it.thumbnail = b"<svg/>".to_vec(),
            |it| it.thumbnail = [JPEG.to_vec(), vec![0; THUMBNAIL_BYTES_MAX]].concat(),
        ];
        for (nth, change) in wrong.into_iter().enumerate() {
            let mut bad = manifest();
            change(&mut bad);
            assert!(AttachmentStep::Attach(Box::new(bad.clone())).encode().is_err(), "change {nth} can be written");
            let mut bytes = vec![VERSION, ATTACH];
            bad.put(&mut bytes);
            assert!(AttachmentStep::decode(&bytes).is_err(), "change {nth} can be read");
        }
    }
}
