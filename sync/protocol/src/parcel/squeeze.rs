//! The columns of a parcel as a zstd frame, and back.
//!
//! To load the dictionary takes as long as to compress a short parcel, and a hub packs hundreds a second: each thread keeps the
//! contexts that have it, one for each level. What is compressed with it is short, so these stay small; a context for more
//! is made and given back each time.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;

use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::CParameter;

use super::DICTIONARY;
use crate::Refusal;

/// Every zstd frame begins so; it is not sent.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

thread_local! {
    static COMPRESSORS: RefCell<BTreeMap<i32, Compressor<'static>>> = const { RefCell::new(BTreeMap::new()) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The stream without its beginning; `None` when zstd will not.
pub(super) fn compressed(plain: &[u8], with_dictionary: bool, level: i32) -> Option<Vec<u8>> {
    let stream = if with_dictionary {
        COMPRESSORS.with_borrow_mut(|kept| match kept.get_mut(&level) {
            Some(compressor) => compressor.compress(plain),
            None => {
                let mut compressor = compressor(level, DICTIONARY)?;
                let stream = compressor.compress(plain);
                kept.insert(level, compressor);
                stream
            }
        })
    } else {
        compressor(level, &[]).and_then(|mut compressor| compressor.compress(plain))
    };
    stream.ok()?.strip_prefix(&MAGIC).map(<[u8]>::to_vec)
}

fn compressor(level: i32, dictionary: &[u8]) -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::with_dictionary(level, dictionary)?;
    compressor.set_parameter(CParameter::DictIdFlag(false))?;
    Ok(compressor)
}

/// Exactly `len` bytes or nothing: the output buffer is allocated once and never grows.
pub(super) fn decompressed(stream: &[u8], len: usize, with_dictionary: bool) -> Result<Vec<u8>, Refusal> {
    let mut plain = Vec::with_capacity(len);
    let frame = [&MAGIC, stream].concat();
    let written = if with_dictionary {
        DECOMPRESSOR.with_borrow_mut(|kept| {
            let decompressor = match kept {
                Some(decompressor) => decompressor,
                None => kept.insert(Decompressor::with_dictionary(DICTIONARY)?),
            };
            decompressor.decompress_to_buffer(&frame, &mut plain)
        })
    } else {
        Decompressor::new().and_then(|mut decompressor| decompressor.decompress_to_buffer(&frame, &mut plain))
    };
    if written.is_ok_and(|written| written == len) { Ok(plain) } else { Err(Refusal::BadCompression) }
}
